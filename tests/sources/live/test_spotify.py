"""What comes back of a playlist, who gave it, and what Spotify refuses."""

import pandas as pd
import pytest
from support.fake_servers import EPISODE, LOCAL, NOT_LISTED, OTHER, PLAYLIST, PREMIUM

from hitcast.sources.live import spotify

EDITORIAL = "37i9dQZF1DXcBWIGoYBM5M"


def total(counts, what):
    return sum(n for name, n in counts.items() if name.startswith(what))


# What comes back


def test_a_playlist_of_two_pages_comes_back_whole_and_in_order(fake, load):
    got = load()
    assert list(got.rows.track_id) == list(fake.tracks)
    assert len(fake.asked("/items")) == 2
    assert got.counts["asked for"] == got.counts["fetched"] == 60


@pytest.mark.parametrize("key", ["item", "track"])
def test_both_shapes_of_an_entry_are_read(fake, load, key):
    fake.item_key = key
    assert len(load().rows) == 60


def test_columns_are_the_tables_own(load):
    row = load().rows.iloc[0]
    assert (row.title, row.artist, row.artists) == ("Song 0", "Artist 0", "Artist 0; Guest")
    assert (row.release_date, row.isrc, row.features_source) == ("2017-05", "USRC10000000", "reccobeats")


def test_what_is_not_a_track_is_skipped_and_counted(fake, load):
    odd = EPISODE | {"type": "track", "id": "short"}
    fake.playlists[PLAYLIST] = [None, LOCAL, EPISODE, odd, *list(fake.tracks)[:5], next(iter(fake.tracks))]
    counts = load().counts
    assert counts["asked for"] == 10 == counts["fetched"] + total(counts, "skipped")
    assert {name.removeprefix("skipped: ") for name in counts if name.startswith("skipped")} == {
        "no longer on Spotify",
        "local file",
        "podcast episode",
        "no usable id",
        "more than once",
    }


def test_a_track_of_two_playlists_comes_once(fake, load):
    fake.playlists[OTHER] = list(fake.tracks)[50:]
    got = load(PLAYLIST, OTHER)
    assert got.rows.track_id.is_unique and got.counts["skipped: more than once"] == 10


@pytest.mark.parametrize(
    "link",
    [
        PLAYLIST,
        f"spotify:playlist:{PLAYLIST}",
        f"spotify:user:bob:playlist:{PLAYLIST}",
        f"https://open.spotify.com/playlist/{PLAYLIST}?si=abc",
        f"https://open.spotify.com/intl-de/playlist/{PLAYLIST}/",
        f"open.spotify.com/user/bob/playlist/{PLAYLIST}",
    ],
)
def test_a_playlist_may_be_a_link_an_uri_or_an_id(load, link):
    assert len(load(link).rows) == 60


def test_one_playlist_need_not_be_a_list(fake, tmp_path):
    fake.playlists[OTHER] = list(fake.tracks)[:3]
    got = spotify.load(f"{PLAYLIST}, spotify:playlist:{OTHER}", settings=fake.settings(tmp_path))
    assert got.counts["asked for"] == 63


def test_entries_with_nothing_in_them_do_no_harm(fake, load):
    bare = {
        "type": "track",
        "id": "9" * 22,
        "artists": None,
        "album": None,
        "external_ids": None,
        "name": None,
    }
    fake.playlists[PLAYLIST] = [bare, *list(fake.tracks)[:2]]
    assert load().rows.iloc[0].artist == ""


# Popularity and features: who gave them


def test_absent_popularity_is_missing_and_never_zero(fake, load):
    fake.at_reccobeats = set(list(fake.tracks)[:20])
    fake.by_isrc = set()
    got = load()
    assert got.rows.popularity.isna().sum() == 40 == got.counts["popularity missing"]
    assert set(got.rows.popularity_source.dropna()) == {"reccobeats"}


def test_spotifys_own_popularity_comes_first(fake, load):
    fake.spotify_popularity = True
    got = load()
    assert set(got.rows.popularity_source) == {"spotify"} and not fake.asked("reccobeats/v1/track")
    assert list(got.rows.popularity) == [track["popularity"] for track in fake.tracks.values()]


def test_the_first_403_for_audio_features_is_remembered(fake, load):
    fake.tracks.update(
        {f"{i:022d}": fake.tracks[next(iter(fake.tracks))] | {"id": f"{i:022d}"} for i in range(150)}
    )
    fake.playlists[PLAYLIST] = list(fake.tracks)
    fake.at_reccobeats = set(fake.tracks)
    got = load()
    assert len(fake.asked("spotify/v1/audio-features")) == 1
    assert "27 November 2024" in got.detail


def test_audio_features_come_in_hundreds_while_spotify_gives_them(fake, load):
    fake.tracks.update(
        {f"{i:022d}": fake.tracks[next(iter(fake.tracks))] | {"id": f"{i:022d}"} for i in range(150)}
    )
    fake.playlists[PLAYLIST] = list(fake.tracks)
    fake.spotify_features = fake.spotify_popularity = True
    got = load()
    assert got.counts["features from Spotify"] == 210 and got.counts["requests to ReccoBeats"] == 0
    assert len(fake.asked("spotify/v1/audio-features")) == 3
    assert set(got.rows.time_signature) == {4.0}


def test_a_track_without_features_at_spotify_gets_them_from_reccobeats(fake, load):
    first, second = list(fake.tracks)[:2]
    fake.spotify_features = True
    fake.tracks[first]["features"], kept = None, fake.tracks[first]["features"]
    fake.fail(
        "reccobeats/v1/audio-features",
        body={"content": [kept | {"href": f"https://open.spotify.com/track/{first}"}]},
    )
    raw = load().rows.set_index("track_id")
    assert raw.features_source[first] == "reccobeats" and raw.features_source[second] == "spotify"
    assert raw.energy[first] == kept["energy"]


def test_length_is_the_track_objects_own(fake, load):
    fake.spotify_features = True
    raw = load().rows
    assert list(raw.duration_ms) == [float(track["duration_ms"]) for track in fake.tracks.values()]


# What Spotify refuses


def test_without_credentials_it_says_where_to_put_them(refusal):
    assert ".env" in refusal(client_id="", client_secret="")


def test_without_a_playlist_it_says_where_to_name_one(refusal):
    assert "PLAYLISTS" in refusal(playlists=())


def test_a_wrong_secret_is_named_as_such(fake, refusal):
    assert "client id and secret" in refusal(client_secret="wrong")
    assert len(fake.asked("/api/token")) == 1


def test_one_foreign_playlist_does_not_lose_the_others(fake, load):
    fake.playlists[OTHER] = []
    fake.foreign = {OTHER}
    got = load(OTHER, PLAYLIST)
    assert len(got.rows) == 60 and "owner and collaborators" in got.detail


def test_a_link_that_is_no_playlist_does_not_lose_the_others(fake, load):
    got = load("https://open.spotify.com/album/0tGPJ0bkWOUmH7MEOR77qc", "what", PLAYLIST)
    assert len(got.rows) == 60 and "'what'" in got.detail and "(album)" in got.detail


def test_an_editorial_playlist_is_explained(refusal):
    assert "own playlists" in refusal(EDITORIAL)


def test_a_playlist_that_is_not_there_is_named(refusal):
    assert OTHER in refusal(OTHER)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (PREMIUM, "Premium"),
        (NOT_LISTED, "add the account"),
        ("<html>Your client does not have permission to get URL /v1</html>", "network"),
    ],
)
def test_a_refusal_of_the_app_ends_the_loading_at_once(fake, refusal, body, word):
    fake.fail("/items", 403, body, times=None)
    assert word in refusal(PLAYLIST, OTHER)
    assert len(fake.asked("/playlists/")) == 1


@pytest.mark.parametrize(
    "body", [{"error": {"status": 403}}, {"error": "nope"}, [], "", "plain", None, {"error": None}]
)
def test_a_403_of_any_shape_is_a_refusal(fake, refusal, body):
    fake.fail("/playlists/", 403, body, times=None)
    assert PLAYLIST in refusal()


def test_an_old_app_reads_playlists_at_the_old_address(fake, load):
    fake.items_address, fake.old_address, fake.spotify_popularity = False, True, True
    got = load()
    assert len(got.rows) == 60 and set(got.rows.popularity_source) == {"spotify"}


def test_a_loaded_playlist_is_a_frame_of_numbers(load):
    raw = load().rows
    assert all(pd.api.types.is_float_dtype(raw[name]) for name in ("energy", "popularity", "explicit", "key"))
