import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitcast import profiles, tracks
from hitcast.features import BY_NAME
from hitcast.profiles import Neighbours, Reach, ordered
from hitcast.sources import sample


@pytest.fixture(scope="module")
def table():
    return tracks.conform(sample.load().rows)[0]


@pytest.fixture(scope="module")
def features(table):
    return [name for name in BY_NAME if name in table]


@pytest.fixture(scope="module")
def measured(features):
    return profiles.continuous(features)


def test_the_typical_track_is_in_the_middle_of_every_feature(table, features):
    typical = profiles.typical(table, features)
    for name, value in typical.items():
        if BY_NAME[name].kind == "choice":
            assert (table[name] == value).sum() == table[name].value_counts().max()
        else:
            assert profiles.percentile(ordered(table[name]), value) == pytest.approx(50, abs=0.5)
    assert Reach(table, features).outside(typical) == []
    assert profiles.usual_region(table, features).holds(typical)


def test_the_average_track_has_choices_that_exist(table, features):
    average = profiles.average(profiles.top100(table), features)
    assert average["energy"] == pytest.approx(profiles.top100(table)["energy"].mean())
    for name in set(features) - set(profiles.continuous(features)):
        assert average[name] in dict(BY_NAME[name].choices)


def test_the_top_100_are_the_most_popular_whatever_the_order_of_the_rows(table):
    top = profiles.top100(table)
    assert len(top) == 100
    assert top["popularity"].min() >= table.drop(top.index)["popularity"].max()
    shuffled = profiles.top100(table.sample(frac=1, random_state=1))
    assert list(shuffled["track_id"]) == list(top["track_id"])
    assert len(profiles.top100(table.head(7))) == 7


def test_a_profile_orders_its_quantiles_and_counts_known_values(table, features):
    holed = table.assign(energy=table["energy"].mask(table.index < 10))
    profile = profiles.profile(holed, features)
    assert list(profile.index) == features
    assert (profile[list(profiles.QUANTILES)].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert profile.loc["energy", "n"] == len(table) - 10
    assert profile.loc["tempo", "median"] == table["tempo"].median()


def test_a_profile_of_one_track_has_no_spread(table, features):
    profile = profiles.profile(table.head(1), features)
    np.testing.assert_array_equal(profile["q05"], profile["q95"])


numbers = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=30)


@given(numbers, st.integers(-6, 6))
def test_a_percentile_is_the_share_below_and_half_of_the_equal(reference, value):
    expected = 100 * np.mean([0.5 * (each == value) + (each < value) for each in reference])
    assert profiles.percentile(ordered(reference), value) == pytest.approx(expected)


@given(numbers)
def test_percentiles_keep_the_order_and_mirror(reference):
    places = profiles.percentile(ordered(reference), np.arange(-6, 7))
    mirrored = profiles.percentile(ordered(-np.array(reference)), -np.arange(-6, 7))
    assert (np.diff(places) >= 0).all() and (places[0], places[-1]) == (0, 100)
    np.testing.assert_allclose(places + mirrored, 100)


def test_missing_values_neither_count_nor_have_a_percentile():
    assert profiles.percentile(ordered([1, np.nan, 3]), 2) == 50
    assert np.isnan(profiles.percentile(ordered([1, 3]), np.nan))
    assert np.isnan(profiles.percentile(ordered([np.nan]), 1))


def test_what_no_track_reaches_is_outside(table, features):
    row = profiles.typical(table, features)
    row["tempo"], row["loudness"] = table["tempo"].max() + 2 * BY_NAME["tempo"].step, np.nan
    row["time_signature"] = 7.0
    assert not (table["time_signature"] == 7).any()
    assert Reach(table, features).outside(row) == ["tempo", "time_signature"]


def test_the_last_place_of_a_slider_and_a_rounded_value_are_not_outside(table, features):
    row = profiles.typical(table, features)
    row["tempo"] = np.ceil(table["tempo"].max())
    assert Reach(table, features).outside(row) == []


@pytest.fixture(scope="module")
def region(table, features):
    return profiles.usual_region(table, features)


def test_a_combination_can_be_unusual_though_each_value_is_common(table, features, region):
    row = profiles.typical(table, features)
    row["energy"], row["loudness"] = table["energy"].quantile(0.98), table["loudness"].quantile(0.98)
    assert region.holds(row)
    row["loudness"] = table["loudness"].quantile(0.02)
    assert Reach(table, features).outside(row) == []
    assert not region.holds(row)


def test_half_a_percent_of_the_tracks_is_unusual(table, region):
    assert (region.distance(table) > region.limit).mean() == pytest.approx(0.005, abs=1e-3)


def test_what_a_track_lacks_counts_as_typical(table, features, region):
    assert region.holds(pd.Series(np.nan, index=features))
    whole = profiles.typical(table, features)
    whole["danceability"] = table["danceability"].quantile(0.9)
    without = whole.mask(whole.index == "tempo")
    np.testing.assert_allclose(*(region.distance(row.to_frame().T) for row in (whole, without)), atol=0.01)


def test_a_feature_without_spread_breaks_nothing(table):
    flat = table.assign(tempo=120.0)
    assert profiles.usual_region(flat, ["energy", "tempo"]).holds(flat.iloc[0][["energy", "tempo"]])
    assert profiles.usual_region(flat, ["energy"]).holds(flat.iloc[0][["energy"]])


def test_the_most_similar_track_is_the_track_itself(table, features):
    for position in (0, 17, len(table) - 1):
        track = table.iloc[position]
        near = Neighbours(table, features).nearest(track[features].astype(float))
        assert near["track_id"].iloc[0] == track["track_id"]
        assert near["distance"].iloc[0] == 0
        assert len(near) == 5 and near["distance"].is_monotonic_increasing


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_similar_tracks_do_not_depend_on_the_order_of_the_rows(random):
    rows = pd.DataFrame(
        {
            "track_id": [f"t{i}" for i in range(12)],
            "popularity": [i % 3 for i in range(12)],
            "energy": [i % 4 / 4 for i in range(12)],
        }
    )
    order = random.sample(range(12), 12)
    asked = pd.Series({"energy": 0.3})
    expected = Neighbours(rows, ["energy"]).nearest(asked, n=3)
    found = Neighbours(rows.iloc[order], ["energy"]).nearest(asked, n=3)
    assert list(found["track_id"]) == list(expected["track_id"])
    assert expected["popularity"].is_monotonic_decreasing


def test_neighbours_are_found_without_what_the_track_lacks(table, features):
    track = table.iloc[3]
    row = track[features].astype(float)
    row["loudness"] = np.nan
    near = Neighbours(table, features).nearest(row, n=3)
    assert near["track_id"].iloc[0] == track["track_id"] and near["distance"].notna().all()


def test_nobody_edits_the_callers_table(table, features):
    before = table.copy()
    row = profiles.typical(table, features)
    profiles.profile(table, features)
    Neighbours(table, features).nearest(row)
    profiles.usual_region(table, features).holds(row)
    pd.testing.assert_frame_equal(table, before)
