"""Who is on a track, by its artists and its title."""

import pandas as pd
import pytest

from hitcast import tracks


def of(**cells):
    return set(tracks.everybody(pd.DataFrame([cells])))


def test_all_artists_are_on_a_track_in_any_case():
    assert of(title="Song", artist="Ana", artists="Ana; BEN") == {"ana", "ben"}


@pytest.mark.parametrize(
    ("title", "guests"),
    [
        ("Song (feat. Ben)", {"ben"}),
        ("Song (Feat.Ben)", {"ben"}),
        ("Song (with Ben) - Remix", {"ben"}),
        ("Song - with Ben", {"ben"}),
        ("Song featuring Ben - Radio Edit", {"ben"}),
        ("Song feat Ben - Original Mix", {"ben"}),
        ("Song (with Ben feat. Cleo)", {"ben", "cleo"}),
        ("Song (Ben feat. Cleo) - Remix", {"ben", "cleo"}),
        # A text is read in every way, whole and in parts.
        ("Song [ft. Ben & Cleo]", {"ben & cleo", "ben", "cleo"}),
        ("Song (feat. Ben x Cleo)", {"ben x cleo", "ben", "cleo"}),
        ("Song (feat. Tyler, The Creator)", {"tyler, the creator", "tyler", "the creator"}),
        (
            "Song feat. Ben, Cleo and Dan (Live)",
            {"ben, cleo and dan", "ben", "cleo and dan", "cleo", "dan"},
        ),
        ("Soft Song (Live)", set()),
        ("Song with Love", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_a_title_names_guests(title, guests):
    assert of(title=title, artist="Ana") == guests | {"ana"}


def test_a_table_without_titles_and_other_artists_has_the_primary_ones():
    assert of(artist="Ana") == {"ana"}


def test_who_is_missing_among_all_artists_is_still_the_primary_one():
    table = pd.DataFrame({"artist": ["Ana", "Ben"], "artists": ["Ana; Cleo", None]})
    assert set(tracks.everybody(table)) == {"ana", "cleo", "ben"}


def test_who_is_on_nearly_every_track_and_first_on_none_is_nobody():
    artists = [f"Artist {number}" for number in range(20)]
    table = pd.DataFrame({"artist": artists, "artists": [f"{name}; A Label" for name in artists]})
    assert set(tracks.everybody(table)) == {name.casefold() for name in artists}


def test_names_stand_once_at_the_positions_of_their_rows():
    table = pd.DataFrame(
        {"title": ["Song (feat. Cleo)", "Song"], "artist": ["Ana", "Ben"], "artists": ["Ana; Cleo", "Ben"]},
        index=[7, 3],
    )
    assert tracks.everybody(table).groupby(level=0).agg(list).tolist() == [["ana", "cleo"], ["ben"]]
