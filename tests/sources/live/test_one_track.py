"""One track by its link: who knows what of it, and what is said where nobody does."""

import time

import pytest
from support.reccobeats import one

from hitcast import features
from hitcast.errors import SourceError
from hitcast.sources.live import spotify


@pytest.mark.parametrize(
    "spelling",
    [
        "{}",
        "  {}\n",
        "spotify:track:{}",
        "https://open.spotify.com/track/{}",
        "http://open.spotify.com/track/{}?si=0123456789abcdef",
        "https://open.spotify.com/intl-de/track/{}/",
        "https://open.spotify.com/embed/track/{}?utm_source=generator",
        "open.spotify.com/track/{}#x",
        "Listen: https://open.spotify.com/track/{}?si=1 now",
    ],
)
def test_a_track_may_be_a_link_an_uri_or_an_id(fake, here, spelling):
    track = one(fake)
    found = spotify.track(spelling.format(track["id"]), here)
    assert (found.track_id, found.title, found.artist) == (track["id"], "Song 0", "Artist 0")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a Spotify track"),
        ("hello", "is not a Spotify track"),
        ("11dFghVXANMlKmJXsNCbN", "is not a Spotify track"),
        ("11dFghVXANMlKmJXsNCbNlX", "is not a Spotify track"),
        ("https://open.spotify.com/track/short", "is not a Spotify track"),
        ("https://open.spotify.com/playlist/37i9dQZF1DXcBWIGoYBM5M", "playlist"),
        ("spotify:album:0tGPJ0bkWOUmH7MEOR77qc", "album"),
        ("https://spotify.link/abc", "short link"),
        ("https://evil.example/track/11dFghVXANMlKmJXsNCbNl", "is not a Spotify track"),
        ("http://127.0.0.1:8080/11dFghVXANMlKmJXsNCbNl", "is not a Spotify track"),
        ("11dFghVXANMlKmJXsNCb/.", "is not a Spotify track"),
        ("ééééééééééééééééééééééé", "is not a Spotify track"),
    ],
)
def test_anything_else_is_refused_and_nothing_is_sent(fake, here, text, words):
    with pytest.raises(SourceError, match=words):
        spotify.track(text, here)
    assert not fake.requests


def test_a_track_that_nobody_knows_says_what_to_do(fake, here):
    with pytest.raises(SourceError, match="audio file"):
        spotify.track("0" * 22, here)


def test_a_track_of_which_only_the_name_is_known_says_so(fake, here):
    fake.fail("audio-features", 200, {"content": []}, times=None)
    found = spotify.track(one(fake)["id"], here)
    assert found.title == "Song 0" and "audio features" in found.notes[0] and found.features_source == ""


def test_a_value_out_of_range_is_left_out_and_said(fake, here):
    one(fake)["features"]["loudness"] = -70
    found = spotify.track(one(fake)["id"], here)
    assert "loudness" not in found.features and "Loudness" in found.notes[0]


def test_a_choice_that_is_none_is_left_out_and_said(fake, here):
    one(fake)["features"]["key"] = 3.5
    found = spotify.track(one(fake)["id"], here)
    assert "key" not in found.features and "no possible value: Key" in found.notes[0]


def test_a_track_does_not_wait_a_minute(fake, here):
    fake.fail("reccobeats", 429, "", headers={"Retry-After": "30"}, times=None)
    started = time.monotonic()
    with pytest.raises(SourceError, match="30 seconds"):
        spotify.track(one(fake)["id"], here)
    assert time.monotonic() - started < 2


def test_a_track_with_credentials_has_what_both_services_know(fake, tmp_path):
    fake.spotify_popularity = True
    track = one(fake)
    found = spotify.track(track["id"], fake.settings(tmp_path))
    assert (found.title, found.artist, found.popularity_source) == ("Song 0", "Artist 0", "spotify")
    assert found.features["energy"] == track["features"]["energy"]
    assert found.features["explicit"] == float(track["explicit"]) and not found.notes


def test_a_track_without_credentials_asks_reccobeats_alone(fake, tmp_path):
    track_id = next(iter(fake.tracks))
    found = spotify.track(track_id, fake.settings(tmp_path, client_id="", client_secret=""))
    assert found.popularity == fake.tracks[track_id]["popularity"] and not fake.asked("/spotify/")
    assert set(features.FULL) - set(found.features) == {"time_signature", "explicit"}


def test_a_track_that_reccobeats_lacks_is_found_by_the_isrc_from_spotify(fake, tmp_path):
    track_id = next(iter(fake.tracks))
    fake.at_reccobeats = set()
    found = spotify.track(track_id, fake.settings(tmp_path))
    assert found.features_source == "reccobeats" and "another release" in " ".join(found.notes)


def test_a_track_gets_its_features_from_spotify_where_nobody_else_has_them(fake, tmp_path):
    fake.at_reccobeats, fake.by_isrc, fake.spotify_features = set(), set(), True
    found = spotify.track(next(iter(fake.tracks)), fake.settings(tmp_path))
    assert found.features_source == "spotify" and "popularity" in " ".join(found.notes)


def test_a_track_is_found_while_spotify_is_down(fake, tmp_path):
    fake.fail("/spotify/", 503, "", times=None)
    found = spotify.track(next(iter(fake.tracks)), fake.settings(tmp_path))
    assert found.features_source == "reccobeats" and "503" in found.notes[0]
