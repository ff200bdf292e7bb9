"""A column is read in the unit that it is in, or not at all."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitcast.tracks import schema, units
from hitcast.tracks.units import Unit


def read(header, *cells):
    """The values of a column by itself, and which cells are empty."""
    raw = pd.DataFrame({header: pd.Series(list(cells), dtype=object)})
    settled = schema.settle(raw)
    name = next(iter(settled.positions))
    return units.read(name, raw[header], settled.unit(name))


def refusal(**columns):
    """The first refusal of a table's columns, empty where all are read."""
    settled = schema.settle(pd.DataFrame(columns))
    return next((unit.scale.refusal for unit in settled.units.values() if unit.scale.refusal), "")


NUMBERS = [
    ("energy", "0.5", 0.5),
    ("energy", " 0,5 ", 0.5),
    ("energy", "0,634", 0.634),
    ("energy", "5e-1", 0.5),
    ("energy", ".5", 0.5),
    ("energy", "50%", 0.5),
    ("energy", "50 %", 0.5),
    ("energy", "０．５", 0.5),
    ("energy", "'0.5", 0.5),
    ("energy", Decimal("0.5"), 0.5),
    ("energy_%", 50, 0.5),
    ("energy_%", "50%", 0.5),
    ("loudness", "-7,25", -7.25),
    ("loudness", "-5,934", -5.934),
    ("loudness", "\u22127.25", -7.25),
    ("loudness", "\u20137.25", -7.25),
    ("loudness", "-7.25 dB", -7.25),
    ("tempo", "120 BPM", 120),
    ("tempo", "120,018", 120.018),
    ("tempo", "inf", np.inf),
    ("Energy (%)", "63,400", 0.634),
    ("Energy [0-1]", 0.5, 0.5),
    ("Key (0-11)", 7, 7),
    ("key", "C# minor", 1),
    ("key", "C#", 1),
    ("key", "B♭", 10),
    ("key", "G♯/A♭", 8),
    ("key", 7, 7),
    ("mode", "Major", 1),
    ("mode", "minor", 0),
    ("is_major", True, 1),
    ("time_signature", "3/4", 3),
    ("explicit", "TRUE", 1),
    ("explicit", "No", 0),
    ("explicit", "WAHR", 1),
    ("explicit", "FALSCH", 0),
    ("explicit", "oui", 1),
    ("mode", "FAUX", 0),
    ("explicit", True, 1),
    ("explicit", False, 0),
    ("duration_ms", 207_959, 207_959),
    ("duration_ms", "207,959", 207_959),
    ("duration_ms", "207'959", 207_959),
    ("duration_ms", "207\u00a0959", 207_959),
    ("duration_ms", "207\u202f959", 207_959),
    ("duration_ms", "3:27", 207_000),
    ("duration_ms", timedelta(minutes=3, seconds=27), 207_000),
    ("duration_s", 207.959, 207_959),
    ("Duration (seconds)", "207,959", 207_959),
    ("duration_min", 3.5, 210_000),
    ("duration", 207, 207_000),
    ("duration", 207_959, 207_959),
    ("duration", "207,959", 207_959),
    ("duration", "3:27", 207_000),
    ("duration", "3:27 min", 207_000),
    ("duration", "3'27\"", 207_000),
    ("duration", "3’27”", 207_000),
    ("Duration (min:sec)", "3:27", 207_000),
    ("duration", 4.8, 288_000),
    ("duration", 1_020_000, 1_020_000),
    ("duration", "75 min", 4_500_000),
    ("duration", "3600000 ms", 3_600_000),
    ("duration", "0:03:27", 207_000),
    ("duration", "3 min 27 s", 207_000),
    ("duration", "3m27s", 207_000),
    ("duration", "0 days 00:03:27", 207_000),
    ("Duration (m:ss)", "3:27", 207_000),
    ("% Energy", 50, 0.5),
    ("Energy (0-100)", 50, 0.5),
    ("energy_pct", 50, 0.5),
    ("Energy (0-1)", 0.5, 0.5),
    ("Beats Per Minute (BPM)", 120, 120),
    ("Popularity (0-100)", 50, 50),
    ("duration", "PT3M27S", 207_000),
    ("duration", "207 s", 207_000),
    ("duration", "207959 ms", 207_959),
    ("length", "1:03:27", 3_807_000),
]


@pytest.mark.parametrize(("header", "cell", "value"), NUMBERS)
def test_numbers_in_the_usual_spellings(header, cell, value):
    assert read(header, cell)[0].tolist() == [value]


NO_NUMBERS = [
    ("energy", "high"),
    ("energy", True),
    ("energy", "1.234,5"),
    ("energy", [0.5]),
    ("energy", {"value": 0.5}),
    ("energy", "0x1"),
    ("energy", "1_0"),
    ("energy", "9" * 1000),
    ("energy", "0.5 dB"),
    ("energy", "0.63²"),
    ("energy", "0.1 234"),
    ("loudness", "-5¹"),
    ("energy", pd.Timestamp("2020-01-01")),
    ("tempo", "~120"),
    ("tempo", "3:27"),
    ("key", "H"),
    ("duration", "1,200"),
    ("duration", "PT"),
    ("duration", "4.03 min"),
]


@pytest.mark.parametrize(("header", "cell"), NO_NUMBERS)
def test_what_is_no_number_is_not_made_one_and_not_called_missing(header, cell):
    values, missing = read(header, cell)
    assert np.isnan(values[0]) and not missing[0]


@pytest.mark.parametrize("cell", ["", " ", "undefined", "NaN", "N/A", None, np.nan, pd.NA, pd.NaT])
def test_nothing_is_missing_however_it_is_written(cell):
    values, missing = read("energy", cell)
    assert np.isnan(values[0]) and missing[0]


def test_nullable_types_are_numbers_too():
    raw = pd.DataFrame({"tempo": pd.array([120, None], dtype="Int64")})
    values, missing = units.read("tempo", raw["tempo"], Unit())
    assert values[0] == 120 and missing.tolist() == [False, True]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["101,200", "90,5"], [101.2, 90.5]),
        (["120,018", "99,9"], [120.018, 99.9]),
        (["1,200", "1.5"], [1200.0, 1.5]),
        (["1,200,300", "2"], [1200300.0, 2.0]),
    ],
)
def test_a_comma_means_what_it_means_in_the_rest_of_its_column(cells, values):
    assert read("tempo", *cells)[0].tolist() == values


REFUSED = {
    "percent signs behind shares": {"energy": ["0.634%", "0.5%"]},
    "a percent sign behind a share": {"energy": ["0.634%"]},
    "decibels without their sign": {"loudness": ["5.3 dB", "7.2 dB"]},
    "beats a second that say beats a minute": {"tempo": ["2.03 bpm"]},
    "percent that holds shares and a slip": {"Energy (%)": [0.634, 0.5, 0.9] * 20 + [63.4]},
    "percent that holds shares of a skewed feature and a slip": {
        "Acousticness (%)": [0.634, 0.5] * 20 + [63.4]
    },
    "shares of a skewed feature beside percentages": {
        "Energy (%)": [63.0, 71.5] * 60,
        "Acousticness (%)": [0.634, 0.02] * 60,
    },
    "seconds and minutes": {"duration_s": [240, 200, 3.95, 3.2]},
    "minutes and seconds": {"duration_min": [3.95, 4.1, 2.7, 237] * 3},
    "lengths and hours and minutes of nothing": {"duration": ["3:27", "2:51", "4:00", "0:03"] * 2},
    "keys from 1 and none": {"key": [*range(13), 12, -1]},
    "yes and no as 1 and 2": {"explicit": [1] * 30 + [2] * 2},
    "loudness in tens": {"loudness": [-0.53, -0.72, -1.4, -0.3] * 5},
    "tempo of 250": {"tempo": [48, 36, 51, 60, 40]},
    "no and yes as 1 and 2, yes rare": {"explicit": [1] * 995 + [2] * 5},
    "nothing as 0 dB": {"loudness": [-7.1, 0, -8.2, 0, -5.0]},
    "percent that holds shares": {"Energy (%)": [0.634, 0.5, 0.9]},
    "percent that holds shares beside one that does not": {
        "Valence (%)": [63.0, 20.0],
        "Energy (%)": [0.63, 0.2],
    },
    "a share on 0 to 100": {"energy": [63, 80, 0.8, 12]},
    "a share on 0 to 10": {"energy": [6.3, 8.0, 0.8, 1.2]},
    "a share on 0 to 100 that mostly is nothing": {"instrumentalness": [0.0] * 60 + [0.2, 0.4, 70.3, 12.0]},
    "a share in standard scores": {"energy": [-1.2, 0.3, 0.8, 0.1]},
    "hours that were minutes": {"duration": ["04:01:00", "03:20:00"]},
    "hours and minutes of nothing": {"duration": ["0:03", "0:04"]},
    "minutes without a unit": {"duration": [4.03, 3.5]},
    "all four seconds long": {"duration_s": [4.03, 3.5]},
    "all four hours long": {"duration_min": [240, 200]},
    "minutes and seconds with a point": {
        "duration_min": [3.05, 4.59, 2.3, 3.11, 4.0, 3.2, 2.58, 3.4, 5.01, 2.2]
    },
    "minutes and seconds with a point, one track": {"Length (min)": [4.03]},
    "microseconds": {"duration_ms": [203_036_000, 193_800_000]},
    "seconds under another name": {"duration_ms": [203.0, 193.8, 241.5]},
    "loudness in tenths": {"loudness": [-73, -46, -102, -88]},
    "modes from 1": {"mode": [1, 2, 2, 1]},
    "keys from 1": {"key": [3, 1, 12, 7]},
    "keys in German": {"key": ["C", "H", "B"]},
    "tempo on 0 to 100": {"tempo": [0, 61, 43, 25, 22, 88, 100, 12, 7, 53]},
    "popularity of two sources": {"popularity": [0.81, 81, 0.4, 40, 0.77, 12]},
    "a length scaled to 0 to 1": {"duration": [0.3, 0.5]},
    "loudness without its sign": {"loudness": [5.9, 7.2, 10.1]},
    "loudness on 0 to 1": {"loudness": [0.3, 0.6]},
    "loudness on 0 to 1, constant": {"loudness": [0.7] * 4},
    "loudness of one row on 0 to 1": {"loudness": [0.7]},
    "loudness of some without its sign": {"loudness": [-7.0, -5.0, 6.1, -9.0, 4.0] * 4},
    "loudness of some on 0 to 1": {"loudness": [0.9, -5.1, -6.2, 0.87, -7.4, -4.9]},
    "loudness of some divided by 60": {"loudness": [-0.09, -5.1, -6.2, -0.12, -7.4, -4.9]},
    "minutes and seconds run together": {
        "duration_s": [349, 412, 258, 201, 333, 300, 427, 159, 246, 315, 222, 254, 403, 338, 229]
    },
    "minutes and seconds without a colon": {"duration_mmss": [349, 412]},
    "loudness from -1 to 0": {"loudness": [-0.5, -0.1, -0.9, 0.0, -0.3]},
    "some hours that were minutes": {"duration": ["3:23", "4:01", "03:23:00", "2:59"] * 5},
    "beats a second": {"tempo": [2.0, 1.6, 2.7]},
    "stars": {"popularity": [1, 5, 3, 2, 4] * 8},
    "streams": {"popularity": [1_234_567, 55, 200_000]},
    "popularity on 0 to 1": {"popularity": [0.3, 0.9]},
    "popularity on 0 to 10": {"popularity": [3.5, 9.1]},
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_column_in_an_unknown_unit_is_refused_with_a_reason(case):
    assert refusal(**REFUSED[case])


READ = {
    "percentages and a slip": {"Energy (%)": [63, 0.8, 12]},
    "percentages of a skewed feature with decimals": {
        "Valence (%)": [63.2, 40.1],
        "Instrumentalness (%)": [0.02, 0.4],
    },
    "some tracks above 0 dB": {"loudness": [-7.1, 0.3, 1.2, -3.0, -8.0]},
    "a track above 0 dB and one below": {"loudness": [-7.1, 0.3, -1.2, -3.0, -8.0, 0.4, -2.1]},
    "seconds about four minutes": {"duration_s": [*range(200, 260)]},
    "none as -1": {"energy": [-1, -1, 0.4, 0.7]},
    "two slips in a skewed feature": {"speechiness": [0.05] * 60 + [1.2, 1.3]},
    "a length of nothing among clear ones": {"duration": ["3:27"] * 20 + ["0"]},
    "a number without a unit among clear lengths": {"duration": ["3:27"] * 20 + ["5"]},
    "a number without a colon among clear lengths": {"Duration (min:sec)": ["3:27"] * 20 + ["225"]},
    "a percentage among shares": {"energy": [0.5, 0.7, "0.6%"] + [0.4] * 60},
    "two odd bars in a thousand": {"time_signature": [4] * 1000 + [8, 8]},
    "two unknown keys as 99": {"key": [*range(12)] * 5 + [99, 99]},
    "a podcast": {"duration": [3_600_000, 5_400_000]},
    "percentages of a skewed feature, recognised by another": {
        "Valence (%)": [63, 40],
        "Liveness (%)": [1, 0],
    },
    "percentages that are all nothing": {"Instrumentalness (%)": [0, 0, 0]},
    "shares with a slip": {"energy": [0.5] * 30 + [5.0]},
    "one number that stands for nothing": {"tempo": [-1, -1, 120, 90, 130]},
    "tracks that were not analysed": {"tempo": [0, 0, 0, 120, 98]},
    "slow music": {"tempo": [70, 62, 85, 90]},
    "a column of B": {"key": ["B", "C", "G#"]},
    "seconds": {"duration": [180, 200, 30]},
    "milliseconds": {"duration": [180_000, 200_000, 30_000]},
    "a long mix in milliseconds": {"duration_ms": [5_400_000]},
    "decimal minutes": {"duration_min": [3.05, 4.79, 2.3, 3.91, 4.0, 3.2, 2.58, 3.4, 5.01, 2.2]},
    "minutes and seconds": {"duration": ["4:01", "3:20"]},
    "quiet and loud": {"loudness": [-7.1, 0.3, -12.0, -3.0, -8.0]},
    "unpopular tracks": {"popularity": [0, 0, 0]},
    "rather unpopular tracks": {"popularity": [0, 3, 7]},
}


@pytest.mark.parametrize("case", READ)
def test_a_column_that_is_odd_but_clear_is_read(case):
    assert refusal(**READ[case]) == ""


@given(st.lists(st.floats(0.02, 1), min_size=1, max_size=20))
def test_shares_are_the_same_however_they_are_written(shares):
    texts = [f"{100 * share:.6f}%" for share in shares]
    given_as = {
        "energy": shares,
        "Energy ": [f"{share:.9f}" for share in shares],
        "energy_percent": texts,
        "ENERGY": texts,
    }
    for header, cells in given_as.items():
        assert np.allclose(read(header, *cells)[0], shares, atol=1e-6)


@given(st.lists(st.integers(90_000, 600_000), min_size=1, max_size=20))
def test_lengths_are_the_same_however_they_are_written(lengths):
    given_as = {
        "duration_ms": lengths,
        "length": lengths,
        "duration": [length / 1000 for length in lengths],
        "Duration (s)": [f"{length / 1000:.3f}" for length in lengths],
        "duration_minutes": [length / 60_000 + 1e-9 for length in lengths],
        "track_duration": [f"{length} ms" for length in lengths],
    }
    for header, cells in given_as.items():
        values, _ = read(header, *cells)
        assert np.allclose(values, lengths, atol=1) or (
            header == "duration_minutes" and np.isnan(values).all()
        )


def test_a_share_among_whole_percentages_is_no_number():
    values, missing = read("Energy (%)", 71, 0.63, 80)
    assert np.isnan(values).tolist() == [False, True, False] and not missing.any()


UNREAD = {
    "a share that got a percent sign": ("energy", ["63.4%"] * 20, "0.634%"),
    "minutes among seconds": ("duration_s", [240, 200] * 30, 3),
    "thousands among seconds": ("duration_s", ["240", "200"] * 30, "1.200"),
    "seconds among minutes": ("duration_min", [3.95, 4.17, 3.77] * 30, 237),
    "a number among clear lengths": ("duration", ["3:27"] * 30, "5"),
    "a sign that is lost from decibels": ("loudness", ["-7.1 dB", "-4.3 dB"] * 30, "4.3 dB"),
    "a sign that is lost": ("loudness", [-7.1, -4.3] * 30, 4.3),
}


@pytest.mark.parametrize("case", UNREAD)
def test_a_cell_that_is_in_another_unit_than_its_column_is_no_number(case):
    header, others, odd = UNREAD[case]
    values, missing = read(header, *others, odd)
    assert np.isnan(values).tolist() == [False] * len(others) + [True] and not missing.any()


def test_an_interlude_and_a_long_mix_are_read_among_songs():
    for header, songs, others in (
        ("duration_s", [240], [16, 5400]),
        ("duration_s", [800], [16]),
        ("duration_min", [4.81], [0.27, 90.0]),
        ("duration_min", [10.61], [200.0]),
    ):
        assert not np.isnan(read(header, *songs * 60, *others)[0]).any()


def test_a_few_numbers_among_clear_lengths_do_not_speak_against_them():
    rows = pd.DataFrame({"duration": ["3:27"] * 40 + ["45"]})
    seconds = pd.DataFrame({"duration": [207] * 40})
    for settled in (schema.settle(rows), schema.settle(seconds)):
        assert schema.contradiction(settled, rows) == ""


def test_a_minute_that_became_an_hour_is_no_length():
    values, missing = read("duration", *["3:23"] * 30, "04:01:00", "1:03:27")
    assert np.isnan(values).tolist() == [False] * 30 + [True, False] and not missing.any()


ELSEWHERE = {
    "percentages": {"energy": [63.0, 80.0] * 10},
    "minutes": {"duration": [3.5, 4.25] * 10},
    "milliseconds": {"duration": [200_000, 180_000] * 10},
    "lost signs": {"loudness": [7.0, 3.0] * 10},
    "thousands": {"tempo": ["1,200", "1.5"] * 10},
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_rows_in_another_unit_than_those_before_speak_against_it(case):
    before = pd.DataFrame(
        {"energy": [0.6] * 20, "duration": [210] * 20, "loudness": [-7.0] * 20, "tempo": [120] * 20}
    )
    settled = schema.settle(before)
    assert schema.contradiction(settled, before) == ""
    assert schema.contradiction(settled, before.assign(**ELSEWHERE[case]))


@pytest.mark.parametrize(
    "energy",
    [[0.5] * schema.ROWS + [50.0] * schema.ROWS, [0.5, 50.0] * schema.ROWS],
    ids=["one after the other", "in turn"],
)
def test_rows_from_all_over_a_table_settle_it(energy):
    assert schema.settle(pd.DataFrame({"energy": energy})).unit("energy").scale.refusal


def test_the_order_of_the_rows_settles_nothing():
    draws = np.random.default_rng(0)
    raw = pd.DataFrame({"energy": draws.random(500), "duration": draws.uniform(30, 900, 500)})
    assert schema.settle(raw) == schema.settle(raw.sample(frac=1, random_state=1))
