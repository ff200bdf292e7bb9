"""Which column is which, and what its cells say, in the tables that are out there."""

import numpy as np
import pandas as pd
import pytest

from hitcast.errors import TableError
from hitcast.features import FULL
from hitcast.tracks import headers, schema
from hitcast.tracks.texts import texts

AUDIO = set(FULL) - {"duration_ms", "explicit", "time_signature"}

# Headers as the files have them, and what of theirs must be understood.
KNOWN = {
    "exportify.net": (
        (
            "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,Explicit,Added By,"
            "Added At,Genres,Record Label,Danceability,Energy,Key,Loudness,Mode,Speechiness,Acousticness,"
            "Instrumentalness,Liveness,Valence,Tempo,Time Signature"
        ),
        {
            "Track URI": "track_id",
            "Artist Name(s)": "artists",
            "Genres": "genre",
            "Duration (ms)": "duration_ms",
        },
        set(FULL) | {"popularity", "title", "album", "release_date"},
    ),
    "exportify.app": (
        (
            "Track URI,Track Name,Artist URI(s),Artist Name(s),Album URI,Album Name,Album Artist URI(s),"
            "Album Artist Name(s),Album Release Date,Album Image URL,Disc Number,Track Number,Track Duration (ms),"
            "Track Preview URL,Explicit,Popularity,ISRC,Added By,Added At,Artist Genres,Danceability,Energy,Key,"
            "Loudness,Mode,Speechiness,Acousticness,Instrumentalness,Liveness,Valence,Tempo,Time Signature,"
            "Album Genres,Label,Copyrights"
        ),
        {
            "Track Duration (ms)": "duration_ms",
            "Album Release Date": "release_date",
            "Artist Genres": "genre",
        },
        set(FULL) | {"popularity", "title", "album", "artists", "isrc", "track_id"},
    ),
    "TidyTuesday": (
        (
            "track_id,track_name,track_artist,track_popularity,track_album_id,track_album_name,track_album_release_date,"
            "playlist_name,playlist_id,playlist_genre,playlist_subgenre,danceability,energy,key,loudness,mode,"
            "speechiness,acousticness,instrumentalness,liveness,valence,tempo,duration_ms"
        ),
        {"track_artist": "artist", "track_popularity": "popularity", "playlist_genre": "genre"},
        AUDIO | {"duration_ms", "track_id", "title", "album", "release_date"},
    ),
    "Spotify Tracks Dataset": (
        (
            ",track_id,artists,album_name,track_name,popularity,duration_ms,explicit,danceability,energy,key,loudness,"
            "mode,speechiness,acousticness,instrumentalness,liveness,valence,tempo,time_signature,track_genre"
        ),
        {"artists": "artists", "track_genre": "genre", "track_name": "title", "album_name": "album"},
        set(FULL) | {"popularity", "track_id"},
    ),
    "600k tracks": (
        (
            "id,name,popularity,duration_ms,explicit,artists,id_artists,release_date,danceability,energy,key,loudness,"
            "mode,speechiness,acousticness,instrumentalness,liveness,valence,tempo,time_signature"
        ),
        {"id": "track_id", "name": "title", "artists": "artists"},
        set(FULL) | {"popularity", "release_date"},
    ),
    "1 million tracks": (
        (
            ",artist_name,track_name,track_id,popularity,year,genre,danceability,energy,key,loudness,mode,speechiness,"
            "acousticness,instrumentalness,liveness,valence,tempo,duration_ms,time_signature"
        ),
        {"artist_name": "artist", "year": "release_date"},
        AUDIO | {"popularity", "duration_ms", "time_signature", "genre", "track_id"},
    ),
    "ultimate tracks": (
        (
            "genre,artist_name,track_name,track_id,popularity,acousticness,danceability,duration_ms,energy,"
            "instrumentalness,key,liveness,loudness,mode,speechiness,tempo,time_signature,valence"
        ),
        {"artist_name": "artist"},
        AUDIO | {"popularity", "duration_ms", "time_signature", "genre", "track_id", "title"},
    ),
    "high and low popularity": (
        (
            "energy,tempo,danceability,playlist_genre,loudness,liveness,valence,track_artist,time_signature,speechiness,"
            "track_popularity,track_href,uri,track_album_name,playlist_name,analysis_url,track_id,track_name,"
            "track_album_release_date,instrumentalness,track_album_id,mode,key,duration_ms,acousticness,id,"
            "playlist_subgenre,type,playlist_id"
        ),
        {"track_id": "track_id", "track_name": "title", "track_popularity": "popularity"},
        AUDIO | {"duration_ms", "time_signature", "genre", "artist", "release_date"},
    ),
    "Hit Predictor": (
        (
            "track,artist,uri,danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,"
            "valence,tempo,duration_ms,time_signature,chorus_hit,sections,target"
        ),
        {"track": "title", "artist": "artist", "uri": "track_id"},
        AUDIO | {"duration_ms", "time_signature"},
    ),
    "Most streamed 2023": (
        (
            "track_name,artist(s)_name,artist_count,released_year,streams,bpm,key,mode,danceability_%,valence_%,energy_%,"
            "acousticness_%,instrumentalness_%,liveness_%,speechiness_%"
        ),
        {"artist(s)_name": "artists", "bpm": "tempo", "energy_%": "energy"},
        AUDIO - {"loudness"},
    ),
    "ReccoBeats": (
        "id,trackTitle,artists,durationMs,isrc,href,popularity,danceability,energy,valence,tempo",
        {"href": "track_id", "trackTitle": "title", "durationMs": "duration_ms"},
        {"danceability", "energy", "valence", "tempo", "popularity", "isrc"},
    ),
}


def recognised(columns):
    return {columns[at]: name for name, at in headers.locate(columns).items()}


@pytest.mark.parametrize(("header", "renamed", "found"), KNOWN.values(), ids=KNOWN)
def test_every_known_header_is_understood(header, renamed, found):
    columns = recognised(header.split(","))
    assert renamed.items() <= columns.items()
    assert found <= set(columns.values())


@pytest.mark.parametrize("name", headers.CANONICAL)
def test_a_canonical_name_means_itself_however_it_is_spelled(name):
    for spelling in (name, name.upper(), name.replace("_", " ").title(), f" {name} ", name.replace("_", "-")):
        assert recognised([spelling]) == {spelling: name}


@pytest.mark.parametrize("prefix", ["track_", "song_", "Song ", "audio_features.", "spotify "])
def test_prefixes_are_set_aside(prefix):
    spelled = [f"{prefix}{name}" for name in ("energy", "tempo", "popularity", "duration_ms")]
    assert set(recognised(spelled).values()) == {"energy", "tempo", "popularity", "duration_ms"}


@pytest.mark.parametrize(
    "header",
    ["", "album_artist_names", "artist_popularity", "energy_confidence", "target", "loud", "Unnamed: 0"],
)
def test_what_only_resembles_a_column_is_not_taken_for_it(header):
    assert recognised([header]) == {}


def test_two_columns_for_one_feature_are_refused_by_name():
    with pytest.raises(TableError, match=r"energy.*'Energy' and 'song_energy'"):
        recognised(["Energy", "song_energy"])


@pytest.mark.parametrize(
    "lengths",
    [
        ("duration_min", "duration_s"),
        ("Length (mins)", "Length (seconds)"),
        ("duration_min", "duration_sec"),
        ("Length (sec)", "Length (min)"),
        ("track_duration_s", "lengthMin"),
        ("duration_min", "duration_sec", "length_seconds"),
    ],
)
def test_minutes_in_one_column_and_seconds_in_another_are_no_length(lengths):
    with pytest.raises(TableError, match="as 3:45"):
        headers.locate(["energy", *lengths])
    assert headers.locate([*lengths, "duration_ms"]) == {"duration_ms": len(lengths)}


def test_the_first_of_two_equal_text_columns_is_taken():
    assert recognised(["Genre", "genre"]) == {"Genre": "genre"}


def test_a_missing_column_is_named_with_the_nearest_ones():
    with pytest.raises(TableError, match=r"valence.*Nearest found: valense for valence"):
        headers.require(["valense", "energy"], ["valence", "energy"])


def test_a_table_of_something_else_is_told_by_its_columns():
    with pytest.raises(TableError, match=r"no column for energy, tempo.*Its columns are mpg, cylinders"):
        headers.require(["mpg", "cylinders"], ["energy", "tempo"])


def one(**cells):
    raw = pd.DataFrame({name: [cell] for name, cell in cells.items()})
    return texts(raw, schema.settle(raw)).iloc[0]


@pytest.mark.parametrize("nothing", ["NA", "None", "null", "unknown", "0"])
def test_a_word_for_nothing_is_no_id(nothing):
    assert one(track_id=nothing)["track_id"] is None


def test_a_number_on_an_album_is_no_title():
    assert recognised(["Track #", "Song"]) == {"Song": "title"}


def test_long_lists_of_artists_are_read_to_their_end():
    names = [f"Artist number {number}" for number in range(60)]
    assert one(artists=str(names))["artists"] == "; ".join(names)
    details = [
        {"external_urls": {"spotify": "https://open.spotify.com/" + "x" * 200}, "name": name} for name in "AB"
    ]
    assert one(artists=str(details * 2))["artist"] == "A"


ARTISTS = {
    "['Drake' '21 Savage']": "Drake; 21 Savage",
    "A": "A",
    "A;B": "A; B",
    "A; B ;C": "A; B; C",
    "A|B": "A; B",
    "['A', 'B']": "A; B",
    '["A", "B"]': "A; B",
    "[\"Destiny's Child\", 'B']": "Destiny's Child; B",
    "A feat. B": "A; B",
    "A Featuring B": "A; B",
    "Tyler, The Creator": "Tyler, The Creator",
    "Earth, Wind & Fire": "Earth, Wind & Fire",
    "A, B": "A; B",
    "AC/DC": "AC/DC",
    "[unnamed]": "[unnamed]",
    "A;A": "A",
}


@pytest.mark.parametrize(("written", "meant"), ARTISTS.items())
def test_artists_in_the_usual_spellings(written, meant):
    track = one(artists=written)
    assert (track["artists"], track["artist"]) == (meant, meant.split("; ")[0])


@pytest.mark.parametrize(
    "cell",
    [["A", "B"], ("A", "B"), np.array(["A", "B"]), [{"name": "A", "id": "1"}, {"name": "B", "id": None}]],
)
def test_artists_as_lists(cell):
    assert one(artists=cell)["artists"] == "A; B"


def test_a_comma_in_a_column_of_single_artists_is_part_of_the_name():
    assert one(track_artist="Crosby, Stills")["artist"] == "Crosby, Stills"


def test_commas_escaped_by_the_exporter_are_part_of_the_name():
    raw = {
        "Artist URI(s)": "spotify:artist:1, spotify:artist:2",
        "Artist Name(s)": "Tyler\\, The Creator, Ye",
    }
    assert one(**raw)["artists"] == "Tyler, The Creator; Ye"


TEXTS = [
    ("track_id", "spotify:track:11dFghVXANMlKmJXsNCbNl", "11dFghVXANMlKmJXsNCbNl"),
    ("uri", "https://open.spotify.com/intl-de/track/11dFghVXANMlKmJXsNCbNl?si=1", "11dFghVXANMlKmJXsNCbNl"),
    ("track_id", "spotify:local:A:B:C:1", "spotify:local:A:B:C:1"),
    ("track_id", 17, "17"),
    ("release_date", "2017-05-26", "2017-05-26"),
    ("release_date", "2017-05", "2017-05"),
    ("year", 2017, "2017"),
    ("release_date", pd.Timestamp("2017-05-26"), "2017-05-26"),
    ("release_date", "05/26/2017", None),
    ("release_date", "0000", None),
    ("genre", "pop,rock", "pop"),
    ("genres", ["pop", "rock"], "pop"),
    ("title", " So\tmany\x00 \r\nlines ", "So many lines"),
    ("title", "None", "None"),
    ("title", "1979", "1979"),
    ("title", "undefined", None),
    ("album", "x" * 10_000, "x" * 500),
]


@pytest.mark.parametrize(("header", "cell", "text"), TEXTS)
def test_text_is_read_plainly(header, cell, text):
    assert one(**{header: cell})[recognised([header])[header]] == text
