"""The link that names a track, and the search for one."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import track
from hitcast.features import BY_NAME, FEATURES, FULL

NUMBERS = st.floats(allow_nan=True, allow_infinity=True).map(str)
TRACKS = pd.DataFrame(
    {
        "title": ["Help!", "Let It Be", "Yesterday"],
        "artist": ["The Beatles"] * 3,
        "popularity": [60.0, 80, 70],
    }
)


@given(st.dictionaries(st.sampled_from(FULL), NUMBERS | st.text()))
def test_whatever_a_link_says_the_track_is_one_that_could_be(parameters):
    row = track.from_link(parameters, FULL)
    assert list(row.index) == list(FULL)
    for name, value in row.dropna().items():
        assert BY_NAME[name].low <= value <= BY_NAME[name].high
        assert not BY_NAME[name].choices or value in dict(BY_NAME[name].choices)


@given(st.fixed_dictionaries({f.name: st.floats(f.low, f.high) for f in FEATURES if not f.choices}))
def test_a_link_says_what_the_track_is(values):
    row = pd.Series(values)
    assert track.from_link(track.to_link(row), row.index).to_dict() == pytest.approx(values, rel=1e-7)


def test_what_a_link_does_not_say_nobody_knows():
    row = track.from_link({"energy": "0.5", "tempo": "fast"}, FULL)
    assert row.dropna().to_dict() == {"energy": 0.5}
    assert track.to_link(row) == {"energy": "0.5"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("BEATLES", ["Let It Be", "Yesterday", "Help!"]),
        ("it be", ["Let It Be"]),
        ("Help!", ["Help!"]),
        (".*", []),
    ],
)
def test_a_search_finds_titles_and_artists_the_most_popular_first(text, found):
    assert list(track.matches(TRACKS, text)["title"]) == found
