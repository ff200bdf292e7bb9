"""The tracks table: what comes in is kept or counted, once a recording, whatever the order."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitcast import tracks
from hitcast.errors import MissingColumn, TableError
from hitcast.features import BY_NAME, CORE, FULL
from hitcast.sources import sample


def made_up(rows=40, **columns):
    """Tracks that differ from one another, with `columns` in place of their own."""
    random = np.random.default_rng(rows)
    table = {
        "track_id": [f"id{number}" for number in range(rows)],
        "title": [f"Song {number}" for number in range(rows)],
        "artist": [f"Artist {number % 9}" for number in range(rows)],
        "popularity": np.arange(rows) * 100 // rows,
        **{name: random.uniform(0.1, 0.9, rows) for name in ("danceability", "energy", "valence")},
        "tempo": random.uniform(60, 180, rows),
        "loudness": random.uniform(-20, -2, rows),
        "duration_ms": random.integers(90_000, 400_000, rows),
    }
    return pd.DataFrame(table | columns)


def with_cell(name, cell, row=3):
    raw = made_up().astype({name: object})
    raw.loc[row, name] = cell
    return raw


FAULTS = {
    "no energy": ("energy", None, "energy is missing"),
    "energy not readable": ("energy", "high", "energy high is not a number"),
    "energy out of range": ("energy", 70, "energy 70 is outside 0 to 1; a percentage must be divided by 100"),
    "tempo 0": ("tempo", 0, "tempo 0 means that the track was not analysed"),
    "tempo out of range": ("tempo", 1e308, "tempo 1e+308 is outside 1 to 300 BPM"),
    "valence out of range": ("valence", float("inf"), "valence inf is outside 0 to 1"),
    "loudness out of range": ("loudness", 90, "loudness 90 is outside -60 to 6 dB"),
    "duration_ms out of range": ("duration_ms", 210, "duration_ms 210 is outside 1 second to 10 hours"),
}


@pytest.mark.parametrize(("reason", "fault"), FAULTS.items(), ids=FAULTS)
def test_a_row_that_cannot_be_used_is_counted_and_said(reason, fault):
    name, cell, sentence = fault
    raw = with_cell(name, cell)
    table, report = tracks.conform(raw)
    _, problem = tracks.check(raw)
    assert report.dropped == {reason: 1} and len(table) == 39
    assert problem[problem != ""].index.tolist() == [3]
    assert problem[3].startswith(sentence)


@pytest.mark.parametrize(
    ("reason", "name", "cell"),
    [
        ("no popularity", "popularity", None),
        ("popularity not readable", "popularity", "many"),
        ("popularity out of range", "popularity", 101),
        ("no artist", "artist", ""),
    ],
)
def test_what_only_a_label_needs_is_asked_only_for_labels(reason, name, cell):
    raw = with_cell(name, cell)
    assert tracks.conform(raw)[1].dropped == {reason: 1}
    table, report = tracks.conform(raw, labelled=False)
    assert report.dropped == {}
    assert table[name].isna().sum() == 1


@pytest.mark.parametrize("name", ["danceability", "key", "mode", "explicit", "time_signature"])
def test_the_ends_of_a_range_are_inside_and_what_lies_beyond_is_not(name):
    feature = BY_NAME[name]
    usual = list(made_up().get(name, pd.Series([feature.low] * 40)).iloc[4:])
    ends = [feature.low - 1, feature.low, feature.high, feature.high + 1]
    _, problem = tracks.check(made_up(**{name: ends + usual}))
    assert (problem != "").tolist() == [True, False, False, True] + [False] * 36


def test_half_a_key_is_not_a_key():
    _, problem = tracks.check(made_up(rows=4, key=[0, 5, 5.5, 11]))
    assert problem.tolist() == ["", "", "key 5.5 is not a whole number", ""]


def test_loudness_on_a_scale_of_0_to_1_is_refused_as_a_whole():
    random = np.random.default_rng(0)
    raw = made_up(loudness=random.uniform(0, 1, 40))
    table, report = tracks.conform(raw)
    assert len(table) == 40 and "loudness" not in table and "scale of 0 to 1" in report.left_out["loudness"]
    assert tracks.check(raw)[1].str.contains("decibels").all()


def test_a_loud_track_among_others_is_no_fault():
    _, problem = tracks.check(with_cell("loudness", 0.9))
    assert (problem == "").all()


@pytest.mark.parametrize(
    ("name", "scale"), [("danceability", 100), ("energy", 10), ("valence", -1), ("popularity", 0.01)]
)
def test_a_needed_column_in_an_unknown_unit_stops_the_table_with_a_reason(name, scale):
    with pytest.raises(TableError, match=name.capitalize()) as error:
        tracks.conform(made_up().assign(**{name: lambda d: d[name] * scale}))
    assert str(error.value)[0].isupper() and str(error.value).endswith(".")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["-7.0", ""] * 20, "50 % of its cells are empty."),
        (["-7.0"] * 36 + ["-90"] * 4, "10 % cannot be used, such as '-90'."),
        (["-7.0", "loud"] * 20, "50 % cannot be used, such as 'loud'."),
        (
            ["-7.0", "", "loud", "-8"] * 10,
            "25 % of its cells are empty, 25 % cannot be used, such as 'loud'.",
        ),
    ],
)
def test_a_feature_that_is_left_out_is_named_with_its_share_and_an_example(cells, words):
    table, report = tracks.conform(made_up(loudness=cells))
    assert "loudness" not in table and report.left_out == {"loudness": words}


@pytest.mark.parametrize("minus", "\u2212\u2013\uff0d")
def test_another_minus_does_not_cost_a_feature(minus):
    raw = made_up()
    table, report = tracks.conform(raw.assign(loudness=raw["loudness"].astype(str).str.replace("-", minus)))
    assert "loudness" in table and not report.left_out


@pytest.mark.parametrize("name", ["row_damage", "problem", "basis", "p_blend", "row", "hit", "index"])
def test_a_column_of_ones_own_may_have_any_name(name):
    raw = made_up().assign(**{name: "mine"})
    assert len(tracks.conform(raw)[0]) == 40
    assert (tracks.check(raw)[1] == "").all()


def test_check_keeps_the_index_and_every_row():
    raw = with_cell("energy", "loud").set_axis(["same"] * 40)
    values, problem = tracks.check(raw)
    assert values.index.tolist() == problem.index.tolist() == ["same"] * 40
    assert (values.dtypes == float).all() and list(values) == [name for name in FULL if name in raw]


def test_check_wants_the_features_it_is_asked_for():
    lacking = made_up().drop(columns=["energy", "valence"])
    with pytest.raises(MissingColumn, match="no column for energy, valence"):
        tracks.check(lacking, ["energy", "tempo", "valence", "liveness"])
    values, problem = tracks.check(lacking, ["energy", "tempo", "liveness"], allow_missing=True)
    assert values[["energy", "liveness"]].isna().all(axis=None) and (problem == "").all()


def test_what_is_no_core_feature_may_be_missing():
    values, problem = tracks.check(made_up(mode=[None, "odd", *[1] * 38]), ["energy", "mode", "liveness"])
    assert problem.tolist() == ["", "mode odd is not a number", *[""] * 38]
    assert values["liveness"].isna().all() and np.isnan(values["mode"][0])


def test_what_is_missing_may_be_allowed_but_not_everything_and_not_nonsense():
    raw = made_up(rows=3, energy=[None, None, "loud"], tempo=[120, None, 120])
    _, problem = tracks.check(raw, ["energy", "tempo"], allow_missing=True)
    assert problem.tolist() == ["", "no feature is known", "energy loud is not a number"]


def test_damage_that_a_reader_found_comes_first():
    raw, damage = with_cell("energy", None), ["line 2 is odd", *[""] * 39]
    _, problem = tracks.check(raw, damage=damage)
    assert problem[0] == "line 2 is odd" and problem[3] == "energy is missing"
    dropped = tracks.conform(raw, damage=damage)[1].dropped
    assert dropped == {"row damaged in the file": 1, "no energy": 1}


def test_a_feature_that_would_cost_many_rows_is_left_out_instead():
    half = [0, 1] * 10 + [None] * 20
    table, report = tracks.conform(made_up(explicit=half, mode=[None, *[1] * 39]))
    assert "explicit" not in table and "explicit" in report.absent
    assert report.dropped == {"no mode": 1} and len(table) == 39


def test_rows_without_any_features_do_not_cost_the_others_a_column():
    raw = made_up(explicit=[0, 1] * 20)
    raw.loc[:19, ["danceability", "energy", "valence", "tempo", "explicit"]] = np.nan
    table, report = tracks.conform(raw)
    assert "explicit" in table and report.rows_out == 20


def test_one_row_a_recording_and_the_most_popular_is_kept():
    raw = made_up(rows=6)
    raw.loc[1, "track_id"] = raw.loc[0, "track_id"]
    raw.loc[3, [*CORE, "loudness", "duration_ms"]] = raw.loc[2, [*CORE, "loudness", "duration_ms"]]
    raw.loc[5, ["title", "artist"]] = [" sOng  4", raw.loc[4, "artist"].upper()]
    table, report = tracks.conform(raw)
    assert report.dropped == {"same track id": 1, "identical audio": 1, "same title and artist": 1}
    assert sorted(table["popularity"]) == sorted(raw.loc[[1, 3, 5], "popularity"])


def test_ids_of_something_else_than_tracks_cost_no_rows():
    table, report = tracks.conform(made_up(track_id=[f"id{row % 10}" for row in range(40)]))
    assert len(table) == 40 and "track_id" not in table
    assert report.left_out == {"track_id": "100 % of the rows that repeat an id sound unlike its first row."}


def test_the_same_audio_marked_explicit_and_clean_is_one_recording():
    raw = pd.concat(
        [made_up(rows=1, explicit=True), made_up(rows=1, explicit=False, track_id="x", title="y")]
    )
    assert len(tracks.conform(raw)[0]) == 1


def test_tracks_without_id_or_title_are_not_one_recording():
    table, _ = tracks.conform(made_up(track_id=None, title=None))
    assert len(table) == 40 and "track_id" not in table and "title" not in table


def test_a_missing_popularity_is_never_zero():
    table, _ = tracks.conform(with_cell("popularity", "undefined"), labelled=False)
    assert table["popularity"].isna().sum() == 1
    with pytest.raises(TableError, match="no popularity"):
        tracks.label(table)


def test_a_table_that_knows_charts_but_no_popularity_can_be_scored_and_not_trained_on():
    raw = made_up(target=1).drop(columns="popularity")
    with pytest.raises(TableError, match="no column for popularity"):
        tracks.conform(raw)
    assert "popularity" not in tracks.conform(raw, labelled=False)[0]


def test_an_unknown_table_is_named_by_what_it_lacks():
    with pytest.raises(
        TableError, match="no column for danceability, energy, valence, tempo, popularity, artist"
    ):
        tracks.conform(pd.DataFrame({"miles": [1], "gallons": [2]}))


def test_the_report_tells_what_was_renamed_and_what_is_absent():
    _, report = tracks.conform(made_up().rename(columns={"title": "Track Name", "tempo": "BPM"}))
    assert report.renamed == {"Track Name": "title", "BPM": "tempo"}
    assert {"genre", "speechiness", "key"} <= set(report.absent)


cell = st.one_of(st.none(), st.sampled_from(["", "x", "0,5", -1, 70, np.inf]), st.floats(0, 1, width=16))
row = st.fixed_dictionaries(
    {
        "track_id": st.sampled_from(["a", "b", "c", None, "spotify:track:" + "a" * 22]),
        "title": st.sampled_from(["One", "ONE ", "two", "", None]),
        "artists": st.sampled_from(["A;B", "A", "a", "['C', 'D']", None]),
        "popularity": st.sampled_from([None, 0, 50, 50.0, 90, "x", 101]),
        "danceability": cell,
        "energy": st.sampled_from([0.25, 0.5, "0.5", None]),
        "valence": st.sampled_from([0.25, 0.5]),
        "tempo": st.sampled_from([0, 90, 120]),
        "explicit": st.sampled_from([True, False, "yes", None]),
        "duration_ms": st.sampled_from([180_000, 180_001, "3:00", 7]),
    }
)
tables = st.lists(row, max_size=25).map(
    lambda rows: pd.DataFrame(rows, columns=list(row.wrapped_strategy.mapping))
)


@settings(max_examples=50, deadline=None)
@given(tables, st.booleans(), st.randoms(use_true_random=False))
def test_any_table_is_conformed_completely_in_any_order_and_for_good(raw, labelled, random):
    before = raw.copy(deep=True)
    shuffled = raw.iloc[random.sample(range(len(raw)), len(raw))]
    try:
        table, report = tracks.conform(raw, labelled)
    except TableError:
        with pytest.raises(TableError):
            tracks.conform(shuffled, labelled)
        return

    assert report.rows_in == len(raw) == len(table) + sum(report.dropped.values())
    pd.testing.assert_frame_equal(raw, before)
    pd.testing.assert_frame_equal(tracks.conform(shuffled, labelled)[0], table)
    again, second = tracks.conform(table, labelled)
    pd.testing.assert_frame_equal(again, table)
    assert second.dropped == {}
    for name in set(FULL) & set(table):
        assert table[name].between(BY_NAME[name].low, BY_NAME[name].high).all()


@settings(max_examples=40, deadline=None)
@given(tables)
def test_a_row_has_a_problem_exactly_when_conform_would_drop_it_for_its_cells(raw):
    _, problem = tracks.check(raw, CORE)
    try:
        _, report = tracks.conform(raw[[*CORE]], labelled=False)
    except TableError:
        assert (problem != "").all()
        return
    by_cells = sum(count for reason, count in report.dropped.items() if reason != "identical audio")
    assert (problem != "").sum() == by_cells


def test_labels_are_hits_from_the_threshold_on():
    table, _ = tracks.conform(made_up(rows=100))
    hit = tracks.label(table, 80)
    assert hit.name == "hit" and hit.dtype == bool
    assert hit.tolist() == (table["popularity"] >= 80).tolist()


@pytest.mark.parametrize("threshold", [81, 100, 0, 19])
def test_too_few_of_either_kind_are_counted_and_a_way_out_is_named(threshold):
    table, _ = tracks.conform(made_up(rows=100))
    with pytest.raises(TableError, match=r"of 100 tracks .*A threshold from 20 to 80 would do"):
        tracks.require_trainable(table, threshold)
    tracks.require_trainable(table, 20)
    tracks.require_trainable(table, 80)


def test_a_table_that_no_threshold_can_split_says_so():
    table, _ = tracks.conform(made_up(rows=39))
    with pytest.raises(TableError, match="No threshold would do; add tracks"):
        tracks.require_trainable(table)


def test_one_artist_is_not_enough():
    table, _ = tracks.conform(made_up(rows=100, artist="Only One"))
    with pytest.raises(TableError, match="by 1 artist"):
        tracks.require_trainable(table, 50)


def test_a_table_survives_its_file_to_the_last_bit(tmp_path):
    title = ["=1+1", 'a "b"', "NA", "None", "1979", "a,b", "Ünï", "007"] * 5
    raw = made_up(title=title, genre=[None, "pop"] * 20, energy=np.nextafter(np.linspace(0.1, 0.3, 40), 1))
    table, _ = tracks.conform(raw)
    tracks.write(table, tmp_path / "tracks.csv")
    pd.testing.assert_frame_equal(tracks.read(tmp_path / "tracks.csv"), table)


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"\x80\x04pickle", b"energy\nloud\n", gzip.compress(b"x", mtime=0)]
)
def test_a_file_that_is_no_tracks_table_is_said_in_one_sentence(tmp_path, content):
    path = tmp_path / "tracks.csv"
    path.write_bytes(content)
    with pytest.raises(TableError):
        tracks.read(path)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(TableError, match="cannot be read as a tracks table"):
        tracks.read(tmp_path / "none.csv")


def test_the_sample_gives_the_tracks_it_should():
    table, report = tracks.conform(sample.load().rows)
    assert report.rows_in == 6000 and report.absent == ("release_date",)
    assert 4_400 < len(table) < 4_600
    assert tracks.label(table).sum() == 184
    tracks.require_trainable(table)
    assert table["track_id"].is_unique and table["popularity"].is_monotonic_decreasing
