"""Which rows are one recording, and a track that is known again."""

import numpy as np
import pandas as pd
import pytest

from hitcast.features import FULL
from hitcast.tracks import recordings
from hitcast.tracks.recordings import Known


@pytest.fixture(scope="module")
def table(bundle):
    return bundle.tracks.iloc[::200].reset_index(drop=True)


@pytest.fixture(scope="module")
def known(table):
    return Known(table, FULL)


def features_of(rows):
    return rows[[name for name in FULL if name in rows]]


def which(rows):
    return rows.drop(columns=features_of(rows).columns)


def found(known, rows):
    place, same = known.find(features_of(rows), which(rows))
    return place.tolist(), same.tolist()


def test_every_track_is_found_where_it_stands(known, table):
    for rows in (table, features_of(table), table.drop(columns=["track_id"])):
        assert found(known, rows) == (list(range(len(table))), [True] * len(table))


def test_the_order_of_the_rows_does_not_matter(known, table):
    order = np.random.default_rng(0).permutation(len(table))
    assert found(known, table.iloc[order])[0] == order.tolist()


@pytest.mark.parametrize("own", [["track_id"], ["title", "artist"]])
def test_a_row_alone_is_found_where_it_is_among_others(known, table, own):
    rows = features_of(table).assign(energy=table["energy"] + 0.2).join(table[own])
    assert [found(known, rows.iloc[[at]])[0][0] for at in range(20)] == list(range(20))


def test_single_precision_is_the_same_track(known, table):
    assert all(found(known, features_of(table).astype("float32"))[1])


@pytest.mark.parametrize(
    ("own", "change", "place", "same"),
    [
        ([], {"energy": 0.004}, True, True),
        ([], {"energy": 0.02}, False, False),
        ([], {"key": 1}, False, False),
        (["track_id"], {"energy": 0.2}, True, False),
        (["title", "artist"], {"energy": -0.01}, True, True),
        (["title", "artist"], {"energy": 0.2}, True, False),
        ([], {"explicit": 1}, True, False),
        (["track_id"], {"key": 1}, True, False),
    ],
)
def test_what_may_differ_in_a_track_that_is_the_same(known, table, own, change, place, same):
    rows = features_of(table).join(table[own])
    moved = rows.assign(
        **{name: 1 - rows[name] if name == "explicit" else rows[name] + by for name, by in change.items()}
    )
    places, sames = known.find(features_of(moved), which(moved))
    assert set(places >= 0) == {place} and set(sames) == {same}


def test_names_are_compared_without_case_and_spaces(known, table):
    rows = features_of(table).assign(
        energy=table["energy"] + 0.003, title=table["title"].str.upper(), artist="  " + table["artist"]
    )
    assert all(found(known, rows)[1])


def test_the_first_of_several_artists_is_enough(known, table):
    rows = features_of(table).assign(
        energy=table["energy"] + 0.2, title=table["title"], artist=table["artist"] + ", Somebody Else"
    )
    assert found(known, rows)[0] == list(range(len(table)))


def test_a_track_rounded_as_on_screen_is_the_same(known, table):
    digits = {
        "energy": 2,
        "tempo": 0,
        "loudness": 1,
        "acousticness": 2,
        "instrumentalness": 2,
        "duration_ms": -3,
    }
    assert all(found(known, features_of(table).round(digits))[1])


def test_what_a_row_lacks_does_not_differ(known, table):
    rows = features_of(table).assign(liveness=np.nan, track_id=table["track_id"])
    assert found(known, rows) == (list(range(len(table))), [True] * len(table))


@pytest.mark.parametrize(
    ("lacking", "place"),
    [(["liveness"], True), (["time_signature", "loudness"], True), (["key", "mode", "tempo"], False)],
)
def test_a_track_that_lacks_one_or_two_values_is_known_by_the_others(known, table, lacking, place):
    rows = features_of(table).assign(**dict.fromkeys(lacking, np.nan))
    assert found(known, rows) == (
        list(range(len(table))) if place else [-1] * len(table),
        [place] * len(table),
    )


def test_few_features_must_be_those_of_the_track_themselves(table):
    core = ["danceability", "energy", "valence", "tempo"]
    few = Known(table, core)
    assert found(few, table[core])[1] == [True] * len(table)
    assert found(few, table[core] + 0.005) == ([-1] * len(table), [False] * len(table))


@pytest.mark.parametrize("title", ["Unknown", "-", "N/A", "None", " untitled "])
def test_a_word_for_no_title_makes_no_two_rows_one(title):
    rows = pd.DataFrame({"title": title, "artist": "X", "energy": [0.1, 0.2]})
    assert len(set(recordings.numbers(rows, ["energy"]))) == 2


def test_ids_that_repeat_over_different_audio_are_named(table):
    rows = features_of(table)
    for ids, share in ((["x"] * len(rows), 1), (table["track_id"], 0), ([None] * len(rows), 0)):
        assert recordings.misnamed(rows.assign(track_id=ids), FULL) == share
    twice = pd.concat([rows, rows.assign(energy=rows["energy"] + 0.004)])
    assert recordings.misnamed(twice.assign(track_id=[*table["track_id"]] * 2), FULL) == 0
    assert recordings.misnamed(rows.drop(columns="explicit"), FULL) == 0


def test_what_has_no_value_is_nobody(known, table):
    rows = features_of(table).assign(track_id=None, title=None, artist=None)
    rows[["tempo", "energy", "valence"]] = np.nan
    assert found(known, rows)[0] == [-1] * len(table)


def test_no_rows_are_found_nowhere(known, table):
    assert found(known, table.head(0)) == ([], [])


def test_a_number_is_shared_through_any_key():
    rows = pd.DataFrame(
        {
            "track_id": ["a", "a", "b", "c", None],
            "title": ["One", "Two", "two ", "Three", "Three"],
            "artist": ["X", "X", "x", "Y", "Z"],
            "energy": [0.1, 0.2, 0.3, 0.4, 0.4],
        }
    )
    first, second, third, fourth, fifth = recordings.numbers(rows, ["energy"])
    assert first == second == third != fourth == fifth


def test_a_row_goes_for_what_it_shares_with_an_earlier_one():
    rows = pd.DataFrame(
        {
            "track_id": ["a", "b", "b", "c", "d"],
            "title": ["One", "one", "Two", "Three", "Four"],
            "artist": "X",
            "energy": [0.1, 0.2, 0.3, 0.1, 0.5],
        }
    )
    reasons = recordings.repeated(rows, ["energy"]).tolist()
    assert reasons == ["", "same title and artist", "same track id", "identical audio", ""]


def test_a_row_that_a_later_one_joins_goes_for_what_it_shares_with_that():
    rows = pd.DataFrame({"track_id": ["a", "b", "b"], "energy": [0.1, 0.2, 0.1]})
    assert recordings.repeated(rows, ["energy"]).tolist() == ["", "same track id", "same track id"]
