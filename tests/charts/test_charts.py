"""Charts: valid, in the fixed colours, showing the numbers that they were given."""

import json
import re
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import vl_convert

from hitcast import charts, explain, profiles, tracks
from hitcast.charts import COLOURS, filled, rows
from hitcast.choices import BLEND, LABELS, NAMES
from hitcast.features import BY_NAME
from hitcast.story import Step

STEPS = [
    Step("start", "where the models start", 0.04, 0.04),
    Step("factor", "a happy mood", 0.04, 0.06),
    Step("rest", "all else", 0.06, 0.03),
    Step("end", "this track", 0.03, 0.03),
]
WHITE, DARK = "#ffffff", "#0e1117"


@pytest.fixture(scope="module")
def row(bundle):
    return profiles.typical(bundle.tracks, bundle.features)


@pytest.fixture(scope="module")
def curves(bundle, row):
    return explain.response_curves(
        bundle.models, row, explain.curve_ranges(bundle.tracks, bundle.features, points=5)
    )


def shares(row):
    return pd.Series(np.linspace(-0.3, 0.4, len(row)), row.index)


def every_chart(bundle, row, curves):
    profile = profiles.profile(bundle.tracks, bundle.features)
    hit = tracks.label(bundle.tracks, bundle.card["threshold"])
    yield filled(charts.waterfall(), rows.waterfall(STEPS))
    yield filled(charts.contributions("log-odds"), rows.contributions(shares(row), row, "log-odds"))
    yield filled(charts.contributions("probability"), rows.contributions(shares(row) * 0, row, "probability"))
    yield charts.importance(shares(row).abs(), "rf")
    yield filled(charts.compared("Top-100"), rows.compared(row, profile, profile))
    yield charts.popularity(bundle.tracks["popularity"], 80)
    yield charts.chances(charts.chance_counts(bundle.out_of_fold["blend"].to_numpy()), 0.04)
    yield charts.chances(charts.chance_counts(np.array([0.04, np.nan])), 0.04)
    yield charts.correlations(bundle.tracks[bundle.features].corr("spearman"))
    for name in bundle.features:
        curve = rows.response_curve(curves[curves["feature"] == name], name, row[name], (0.001, 0.1))
        yield filled(charts.response_curve(name, bundle.tracks[name].unique()), curve)
        yield charts.distribution(charts.binned(bundle.tracks[name], hit, name), name)


def test_every_chart_is_valid_and_its_data_is_json(bundle, row, curves):
    for chart in every_chart(bundle, row, curves):
        json.dumps(chart.to_dict(), allow_nan=False)


def test_a_waterfall_falls_from_each_step_to_the_next():
    shown = pd.DataFrame(rows.waterfall(STEPS))
    assert shown[["start", "end"]].to_numpy().tolist() == [[0, 40], [40, 60], [60, 30], [0, 30]]
    assert list(shown["kind"]) == ["level", "up", "down", "level"]
    assert list(shown["said"]) == ["40 in 1,000", "× 1.5", "× 0.50", "30 in 1,000"]


@pytest.mark.parametrize(
    ("chance", "dots"), [(0.0, 0), (0.0004, 0.4), (0.048, 48), (0.25, 250), (0.9999, 999.9), (1.0, 1000)]
)
def test_of_a_thousand_dots_as_many_are_filled_as_the_chance_says(chance, dots):
    """The filled area: whole rows, and a part of one."""
    whole, part = re.findall(
        r"width:([\d.]+)%;height:([\d.]+)%", charts.thousand(chance, 0.04).split('class="average"')[0]
    )
    filled_dots = sum(float(width) * float(height) / 10 for width, height in (whole, part))
    assert filled_dots == pytest.approx(dots, abs=0.06)


def test_contributions_come_largest_first_with_their_sign_and_the_tracks_values(row):
    given = shares(row)
    chart = filled(charts.contributions("log-odds"), rows.contributions(given, row, "log-odds"))
    picture = vl_convert.vegalite_to_svg(chart.to_dict())
    names = given.abs().sort_values(ascending=False).index
    places = [picture.index(f">{BY_NAME[name].label} {BY_NAME[name].text(row[name])}<") for name in names]
    assert places == sorted(places)
    shown = pd.DataFrame(rows.contributions(given, row, "log-odds"))
    assert np.allclose(shown["share"], given) and (shown["text"].str[0] == "+").equals(shown["share"] >= 0)


def test_contributions_in_probability_are_drawn_in_thousandths(row):
    assert np.allclose(
        pd.DataFrame(rows.contributions(shares(row), row, "probability"))["share"], shares(row) * 1000
    )


def test_a_value_beyond_the_strip_stands_at_its_edge(bundle, row):
    profile = profiles.profile(bundle.tracks, bundle.features)
    far = row.copy()
    far["tempo"] = 300
    shown = pd.DataFrame(rows.compared(far, profile, profile)).set_index("feature")
    assert shown["you"].between(-0.15, 1.15).all() and shown.loc["Tempo 300 BPM", "you"] > 1


def test_strips_stand_in_the_order_of_the_features(bundle, row):
    profile = profiles.profile(bundle.tracks, bundle.features)
    shown = rows.compared(row, profile, profile)
    picture = vl_convert.vegalite_to_svg(filled(charts.compared("Top-100"), shown).to_dict())
    places = [picture.index(f">{strip['feature']}<") for strip in shown]
    assert places == sorted(places)


def test_distributions_add_up_to_one(bundle):
    hit = tracks.label(bundle.tracks, 80)
    for name in bundle.features:
        binned = charts.binned(bundle.tracks[name], hit, name)
        assert np.allclose(binned.groupby("kind")["share"].sum(), 1)


def shares_of(values, hits, feature):
    """The share of hits and of the rest in the bins that are not empty, by their values."""
    binned = charts.binned(pd.Series(values), pd.Series(hits), feature)
    shares = binned.pivot(index="value", columns="kind", values="share")
    return {value: tuple(row) for value, row in shares[shares.any(axis=1)].round(3).iterrows()}


def test_a_distribution_counts_each_value_in_its_bin_and_unknown_ones_nowhere():
    energy = [*np.linspace(0.0, 1.0, 1001), 0.5, 0.5, np.nan]
    hits = [*np.zeros(1001, bool), True, False, True]
    counted = shares_of(energy, hits, "energy")
    assert [value for value, (hit, _) in counted.items() if hit] == [pytest.approx(0.469, abs=0.001)]
    assert counted[min(counted)][1] == pytest.approx(
        0.067, abs=0.001
    )  # with the half per cent below the first edge
    assert shares_of([4.0, 3.0, 4.0, 4.0, np.nan], [True, False, False, False, True], "time_signature") == {
        3.0: (0, 0.333),
        4.0: (1, 0.667),
    }


def test_a_feature_without_spread_and_hits_without_others_can_be_drawn():
    assert list(shares_of([0.5] * 4, [True, False, False, False], "energy").values()) == [(1, 1)]
    assert list(shares_of([0.5] * 4, [True] * 4, "energy").values()) == [(1, 0)]


def test_each_models_curve_shows_that_models_chances(curves, row):
    energy = curves[curves["feature"] == "energy"]
    drawn = pd.DataFrame(rows.response_curve(energy, "energy", row["energy"], (0.01, 0.1)))
    for name in (*NAMES, BLEND):
        of_model = drawn[drawn["label"] == LABELS[name]]
        assert np.allclose(of_model["chance"], 1000 * energy[name])
        assert np.allclose(of_model["shown"].astype(float), energy["value"])


def test_the_popularity_chart_counts_every_track_once(bundle):
    chart = charts.popularity(bundle.tracks["popularity"], 80)
    shown = pd.DataFrame(chart.to_dict()["layer"][0]["data"]["values"])
    assert shown["tracks"].sum() == len(bundle.tracks)
    assert shown.query("kind == 'hits'")["tracks"].sum() == bundle.card["hits"]


@pytest.mark.parametrize("name", COLOURS)
def test_every_colour_stands_out_on_both_backgrounds(name):
    assert min(contrast(COLOURS[name], WHITE), contrast(COLOURS[name], DARK)) >= 3


def contrast(first, second):
    """WCAG 2's ratio of relative luminances, 1 to 21."""
    low, high = sorted(map(luminance, (first, second)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour):
    return linear(colour) @ [0.2126, 0.7152, 0.0722]


def linear(colour):
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


# Machado, Oliveira and Fernandes (2009): full deuteranopia and protanopia, on linear RGB.
DEUTERANOPIA = [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]
PROTANOPIA = [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]


@pytest.mark.parametrize("seen", [np.eye(3), DEUTERANOPIA, PROTANOPIA], ids=["all", "no green", "no red"])
@pytest.mark.parametrize("together", [NAMES, ("you", "top100", "all"), ("hits", "rest")])
def test_colours_that_meet_can_be_told_apart(together, seen):
    for first, second in combinations(together, 2):
        distance = np.linalg.norm(lab(COLOURS[first], seen) - lab(COLOURS[second], seen))
        assert distance > 20, f"{first} and {second} look alike"


def lab(colour, seen):
    """CIE L*a*b* of the colour as that eye sees it."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = to_xyz @ np.clip(np.asarray(seen) @ linear(colour), 0, 1) / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
