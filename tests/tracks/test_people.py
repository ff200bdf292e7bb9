"""Who is on a track, by its artists and its title."""

import pandas as pd
import pytest

from hitcast import tracks


def of(**cells):
    others = {"title": "Song", "artist": "Somebody else", "artists": "Somebody else"}
    table = pd.DataFrame([cells, *[{name: others[name] for name in cells}] * 2])
    return set(tracks.everybody(table)) - {"somebody else"}


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


@pytest.mark.parametrize(("count", "first", "is_somebody"), [(11, 0, False), (10, 0, True), (20, 1, True)])
def test_who_is_on_more_than_half_of_the_tracks_and_first_on_none_is_nobody(count, first, is_somebody):
    artists = ["A Label"] * first + [f"Artist {number}" for number in range(20 - first)]
    all_ = [f"{name}; A Label" if number < count else name for number, name in enumerate(artists)]
    people = tracks.everybody(pd.DataFrame({"artist": artists, "artists": all_}))
    assert ("a label" in set(people)) == is_somebody and set(people) >= {
        name.casefold() for name in artists[first:]
    }


def test_names_stand_once_at_the_positions_of_their_rows():
    table = pd.DataFrame(
        {"title": ["Song (feat. Cleo)", "Song"], "artist": ["Ana", "Ben"], "artists": ["Ana; Cleo", "Ben"]},
        index=[7, 3],
    )
    assert tracks.everybody(table).groupby(level=0).agg(list).tolist() == [["ana", "cleo"], ["ben"]]
