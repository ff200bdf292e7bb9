import sys
import time
import traceback
import webbrowser

import pandas as pd
import pytest
from support import ROOT
from support.fake_servers import CLIENT_ID, CLIENT_SECRET, EPISODE, HTML, LOCAL, NOT_LISTED, PLAYLIST, PREMIUM

from hitcast import features
from hitcast.errors import SourceError
from hitcast.sources.live import settings, spotify

OTHER = "PL" + "b" * 20
EDITORIAL = "37i9dQZF1DXcBWIGoYBM5M"


@pytest.fixture
def pull(fake, tmp_path):
    return lambda *playlists, **changes: spotify.load(playlists, settings=fake.settings(tmp_path, **changes))


@pytest.fixture
def refusal(pull):
    """The sentence that a failed pull ends in; its traceback holds no secret."""

    def of(*playlists, **changes):
        with pytest.raises(SourceError) as caught:
            pull(*playlists, **changes)
        shown = "".join(traceback.format_exception(caught.value))
        assert CLIENT_SECRET not in shown and "-secret" not in shown
        return str(caught.value)

    return of


def total(counts, what):
    return sum(n for name, n in counts.items() if name.startswith(what))


# What a pull returns


def test_a_playlist_of_two_pages_comes_back_whole_and_in_order(fake, pull):
    got = pull()
    assert list(got.rows.track_id) == list(fake.tracks)
    assert len(fake.asked("/items")) == 2
    assert got.counts["asked for"] == got.counts["fetched"] == 60


@pytest.mark.parametrize("key", ["item", "track"])
def test_both_shapes_of_an_entry_are_read(fake, pull, key):
    fake.item_key = key
    assert len(pull().rows) == 60


def test_columns_are_the_tables_own(pull):
    row = pull().rows.iloc[0]
    assert (row.title, row.artist, row.artists) == ("Song 0", "Artist 0", "Artist 0; Guest")
    assert (row.release_date, row.isrc, row.features_source) == ("2017-05", "USRC10000000", "reccobeats")


def test_what_is_not_a_track_is_skipped_and_counted(fake, pull):
    odd = EPISODE | {"type": "track", "id": "short"}
    fake.playlists[PLAYLIST] = [None, LOCAL, EPISODE, odd, *list(fake.tracks)[:5], next(iter(fake.tracks))]
    counts = pull().counts
    assert counts["asked for"] == 10 == counts["fetched"] + total(counts, "skipped")
    assert {name.removeprefix("skipped: ") for name in counts if name.startswith("skipped")} == {
        "no longer on Spotify",
        "local file",
        "podcast episode",
        "no usable id",
        "more than once",
    }


def test_a_track_of_two_playlists_comes_once(fake, pull):
    fake.playlists[OTHER] = list(fake.tracks)[50:]
    got = pull(PLAYLIST, OTHER)
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
def test_a_playlist_may_be_a_link_an_uri_or_an_id(pull, link):
    assert len(pull(link).rows) == 60


def test_one_playlist_need_not_be_a_list(fake, tmp_path):
    fake.playlists[OTHER] = list(fake.tracks)[:3]
    got = spotify.load(f"{PLAYLIST}, spotify:playlist:{OTHER}", settings=fake.settings(tmp_path))
    assert got.counts["asked for"] == 63


def test_entries_with_nothing_in_them_do_no_harm(fake, pull):
    bare = {
        "type": "track",
        "id": "9" * 22,
        "artists": None,
        "album": None,
        "external_ids": None,
        "name": None,
    }
    fake.playlists[PLAYLIST] = [bare, *list(fake.tracks)[:2]]
    assert pull().rows.iloc[0].artist == ""


# Popularity and features: who gave them


def test_absent_popularity_is_missing_and_never_zero(fake, pull):
    fake.at_reccobeats = set(list(fake.tracks)[:20])
    fake.by_isrc = set()
    got = pull()
    assert got.rows.popularity.isna().sum() == 40 == got.counts["popularity missing"]
    assert set(got.rows.popularity_source.dropna()) == {"reccobeats"}


def test_spotifys_own_popularity_comes_first(fake, pull):
    fake.spotify_popularity = True
    got = pull()
    assert set(got.rows.popularity_source) == {"spotify"} and not fake.asked("reccobeats/v1/track")
    assert list(got.rows.popularity) == [track["popularity"] for track in fake.tracks.values()]


def test_the_first_403_for_audio_features_is_remembered(fake, pull):
    fake.tracks.update(
        {f"{i:022d}": fake.tracks[next(iter(fake.tracks))] | {"id": f"{i:022d}"} for i in range(150)}
    )
    fake.playlists[PLAYLIST] = list(fake.tracks)
    fake.at_reccobeats = set(fake.tracks)
    got = pull()
    assert len(fake.asked("spotify/v1/audio-features")) == 1
    assert "27 November 2024" in got.detail


def test_audio_features_come_in_hundreds_while_spotify_gives_them(fake, pull):
    fake.tracks.update(
        {f"{i:022d}": fake.tracks[next(iter(fake.tracks))] | {"id": f"{i:022d}"} for i in range(150)}
    )
    fake.playlists[PLAYLIST] = list(fake.tracks)
    fake.spotify_features = fake.spotify_popularity = True
    got = pull()
    assert got.counts["features from Spotify"] == 210 and got.counts["requests to ReccoBeats"] == 0
    assert len(fake.asked("spotify/v1/audio-features")) == 3
    assert set(got.rows.time_signature) == {4.0}


def test_a_track_without_features_at_spotify_gets_them_from_reccobeats(fake, pull):
    first, second = list(fake.tracks)[:2]
    fake.spotify_features = True
    fake.tracks[first]["features"], kept = None, fake.tracks[first]["features"]
    fake.fail(
        "reccobeats/v1/audio-features",
        body={"content": [kept | {"href": f"https://open.spotify.com/track/{first}"}]},
    )
    raw = pull().rows.set_index("track_id")
    assert raw.features_source[first] == "reccobeats" and raw.features_source[second] == "spotify"
    assert raw.energy[first] == kept["energy"]


def test_length_is_the_track_objects_own(fake, pull):
    fake.spotify_features = True
    raw = pull().rows
    assert list(raw.duration_ms) == [float(track["duration_ms"]) for track in fake.tracks.values()]


# What Spotify refuses


def test_without_credentials_it_says_where_to_put_them(refusal):
    assert ".env" in refusal(client_id="", client_secret="")


def test_without_a_playlist_it_says_where_to_name_one(refusal):
    assert "PLAYLISTS" in refusal(playlists=())


def test_a_wrong_secret_is_named_as_such(fake, refusal):
    assert "client id and secret" in refusal(client_secret="wrong")
    assert len(fake.asked("/api/token")) == 1


def test_one_foreign_playlist_does_not_lose_the_others(fake, pull):
    fake.playlists[OTHER] = []
    fake.foreign = {OTHER}
    got = pull(OTHER, PLAYLIST)
    assert len(got.rows) == 60 and "owner and collaborators" in got.detail


def test_a_link_that_is_no_playlist_does_not_lose_the_others(fake, pull):
    got = pull("https://open.spotify.com/album/0tGPJ0bkWOUmH7MEOR77qc", "what", PLAYLIST)
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
def test_a_refusal_of_the_app_ends_the_pull_at_once(fake, refusal, body, word):
    fake.fail("/items", 403, body, times=None)
    assert word in refusal(PLAYLIST, OTHER)
    assert len(fake.asked("/playlists/")) == 1


@pytest.mark.parametrize(
    "body", [{"error": {"status": 403}}, {"error": "nope"}, [], "", "plain", None, {"error": None}]
)
def test_a_403_of_any_shape_is_a_refusal(fake, refusal, body):
    fake.fail("/playlists/", 403, body, times=None)
    assert PLAYLIST in refusal()


def test_an_old_app_reads_playlists_at_the_old_address(fake, pull):
    fake.items_address, fake.old_address, fake.spotify_popularity = False, True, True
    got = pull()
    assert len(got.rows) == 60 and set(got.rows.popularity_source) == {"spotify"}


# The token and the login


def test_a_token_that_expires_is_renewed_once_and_the_pull_goes_on(fake, pull):
    fake.token_lasts = 1
    assert len(pull().rows) == 60
    assert len(fake.asked("/api/token")) == 3


def test_a_token_that_is_never_accepted_ends_the_pull(fake, refusal):
    fake.token_lasts = 0
    assert "login" in refusal()
    assert len(fake.asked("/api/token")) == 2


def test_without_a_browser_a_demanded_login_says_what_to_do(fake, refusal):
    fake.app_may_read = False
    started = time.monotonic()
    assert "no browser here" in refusal(PLAYLIST, OTHER)
    assert time.monotonic() - started < 3


@pytest.fixture
def browser(monkeypatch, tmp_path):
    """A browser that is a program of its own and follows every redirect, as the user's click would."""
    program = tmp_path / "browser.py"
    program.write_text("import sys, urllib.request as r\nr.urlopen(sys.argv[1]).read()\n")
    monkeypatch.setenv("BROWSER", f"{sys.executable} {program} %s &")
    monkeypatch.delenv("CI")
    monkeypatch.setattr(webbrowser, "_tryorder", None)


@pytest.fixture
def redirect():
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/callback"


def test_the_user_logs_in_once_and_the_login_is_kept(fake, pull, browser, redirect, tmp_path):
    fake.app_may_read = False
    assert len(pull(redirect_uri=redirect).rows) == 60
    assert len(pull(redirect_uri=redirect).rows) == 60
    assert len(fake.asked("/authorize")) == 1
    (kept,) = tmp_path.glob("spotify-login-*.json")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_login_works_without_a_secret(fake, pull, browser, redirect):
    assert len(pull(client_secret="", redirect_uri=redirect).rows) == 60


def test_a_users_token_is_refreshed_when_it_expires(fake, pull, browser, redirect):
    fake.app_may_read = False
    pull(redirect_uri=redirect)
    fake.token_lasts = 2
    fake.tokens = {}
    assert len(pull(redirect_uri=redirect).rows) == 60
    assert len(fake.asked("/authorize")) == 1


def test_a_revoked_login_asks_for_a_new_one(fake, pull, browser, redirect):
    fake.app_may_read = False
    pull(redirect_uri=redirect)
    fake.tokens, fake.refresh_works = {}, False
    assert len(pull(redirect_uri=redirect).rows) == 60
    assert len(fake.asked("/authorize")) == 2


def test_a_login_that_nobody_answers_ends(fake, refusal, browser, redirect, monkeypatch):
    monkeypatch.setenv("BROWSER", f"{sys.executable} -c pass %s &")
    assert "No user logged in" in refusal(client_secret="", redirect_uri=redirect, login_within=0.5)


def test_an_answer_with_somebody_elses_state_is_not_the_login(
    fake, refusal, redirect, monkeypatch, browser, tmp_path
):
    program = tmp_path / "thief.py"
    program.write_text(
        f"import urllib.request as r\nr.urlopen('{redirect}?code=stolen&state=other').read()\n"
    )
    monkeypatch.setenv("BROWSER", f"{sys.executable} {program} %s &")
    assert "No user logged in" in refusal(client_secret="", redirect_uri=redirect, login_within=1.5)


def test_a_redirect_address_that_cannot_work_is_explained(refusal, browser):
    assert "http://127.0.0.1:8888/callback" in refusal(client_secret="", redirect_uri="http://localhost/x")


def test_a_port_that_is_taken_is_explained(fake, refusal, browser):
    taken = f"{fake.url}/callback"
    assert "taken" in refusal(client_secret="", redirect_uri=taken)


# Limits and breakdowns


def test_a_short_pause_is_kept_and_the_pull_goes_on(fake, pull):
    fake.fail(
        "/items",
        429,
        {"error": {"status": 429, "message": "API rate limit exceeded"}},
        headers={"Retry-After": "1"},
    )
    started = time.monotonic()
    assert len(pull().rows) == 60
    assert time.monotonic() - started >= 1


def test_it_does_not_wait_for_ever_in_small_portions(fake, refusal):
    fake.playlists = {f"PL{i:020d}": [] for i in range(20)}
    for playlist in fake.playlists:
        fake.fail(playlist, 429, "", headers={"Retry-After": "1"})
    started = time.monotonic()
    assert "asks to wait 1 second" in refusal(longest_wait=1)
    assert 4 < time.monotonic() - started < 9


def test_a_day_of_pause_is_named_and_not_waited_for(fake, refusal):
    fake.fail("/items", 429, "", headers={"Retry-After": "86400"}, times=None)
    assert "24 hours" in refusal()
    assert len(fake.asked("/items")) == 1


def test_a_used_up_quota_stops_at_once(fake, refusal):
    fake.fail(
        "/items",
        429,
        {"error": {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}},
        times=None,
    )
    assert "quota" in refusal(PLAYLIST, OTHER)
    assert len(fake.asked("/items")) == 1


def test_what_was_pulled_before_a_used_up_quota_is_kept(fake, pull):
    body = {"error": {"status": 429, "reason": "QUOTA_EXCEEDED"}}
    fake.fail("/items", 429, body, skip=1)
    got = pull()
    assert got.counts["fetched"] == 50 and got.counts["skipped: not reached"] == 10
    assert "quota" in got.detail


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_two_breakdowns_and_an_answer_are_an_answer(fake, pull, status):
    fake.fail("/items", status, HTML, times=2)
    assert len(pull().rows) == 60


def test_a_lasting_breakdown_is_named(fake, refusal):
    fake.fail("/items", 503, HTML, times=None)
    assert "status 503" in refusal()


def test_a_breakdown_of_the_accounts_service_is_tried_again(fake, pull):
    fake.fail("/api/token", 503, "", times=2)
    assert len(pull().rows) == 60


@pytest.mark.parametrize(
    "body", [HTML, "", "null", "[]", '{"items": 3}', '{"tracks": []}', '"x"', '{"items": null}']
)
def test_nonsense_with_status_200_is_not_a_playlist(fake, refusal, body):
    fake.fail("/items", 200, body, times=None)
    assert "Spotify answered" in refusal()


@pytest.mark.parametrize("body", [HTML, "null", "[]", "{}", '{"access_token": "x"}'])
def test_nonsense_from_the_accounts_service_is_not_a_token(fake, refusal, body):
    fake.fail("/api/token", 200, body, times=None)
    assert "Spotify answered" in refusal()


@pytest.mark.parametrize(
    "body", [HTML, "null", "[]", "{}", '{"audio_features": null}', '{"audio_features": [null, 1, {"id": 3}]}']
)
def test_nonsense_instead_of_features_leaves_them_to_reccobeats(fake, pull, body):
    fake.fail("spotify/v1/audio-features", 200, body, times=None)
    assert pull().counts["features from ReccoBeats"] == 60


def test_a_body_that_breaks_off_is_asked_for_again(fake, pull):
    fake.fail("/items", 200, '{"items": []}' * 50, truncate=True, times=2)
    assert len(pull().rows) == 60


def test_the_token_never_goes_to_another_address(fake, pull):
    other = "http://127.0.0.2:9/spotify/v1/x"
    page = {"items": [fake.entry(next(iter(fake.tracks)), "item")], "total": 60, "next": other}
    fake.fail("/items", 200, page, times=None)
    assert "not its own" in pull().detail


def test_a_redirect_is_not_followed(fake, refusal):
    fake.fail("/items", 302, "", headers={"Location": f"{fake.url}/elsewhere"}, times=None)
    assert "another address" in refusal()
    assert not fake.asked("/elsewhere")


def test_a_playlist_that_goes_in_circles_ends(fake, pull):
    here = f"{fake.url}/spotify/v1/playlists/{PLAYLIST}/items?offset=50&limit=50"
    entry = fake.entry(next(iter(fake.tracks)), "item")
    fake.fail("offset=50", 200, {"items": [entry], "total": 60, "next": here}, times=None)
    assert "not its own" in pull().detail
    assert len(fake.asked("/items")) <= 3


def test_a_spotify_that_is_not_there_is_said_quickly(refusal):
    started = time.monotonic()
    assert "cannot be reached" in refusal(
        spotify_api="http://127.0.0.1:9/v1/", spotify_accounts="http://127.0.0.1:9"
    )
    assert time.monotonic() - started < 5


def test_an_empty_playlist_is_said_to_be_empty(fake, refusal):
    fake.playlists[PLAYLIST] = []
    assert "empty" in refusal()


# One track


def test_a_track_with_credentials_has_what_both_services_know(fake, tmp_path):
    fake.spotify_popularity = True
    track = fake.tracks[next(iter(fake.tracks))]
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


# Settings


def test_the_environment_wins_over_dotenv_and_dotenv_over_secrets(tmp_path):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(
        'SPOTIPY_CLIENT_ID = "aa"\nSPOTIPY_CLIENT_SECRET = "bb"\n'
    )
    (tmp_path / ".env").write_text("export SPOTIPY_CLIENT_SECRET='cc' # mine\nHITCAST_PLAYLISTS=x, y # two\n")
    found = settings.read(tmp_path, {"SPOTIPY_CLIENT_ID": "dd", "SPOTIPY_CLIENT_SECRET": " "})
    assert (found.client_id, found.client_secret, found.playlists) == ("dd", "cc", ("x", "y"))


def test_the_example_file_sets_nothing():
    example = ROOT / ".env.example"
    assert {name: value for name, value in settings._dotenv(example).items() if value} == {
        "SPOTIPY_REDIRECT_URI": settings.Settings().redirect_uri
    }


def test_settings_do_not_show_the_secret():
    assert CLIENT_SECRET not in repr(settings.Settings(client_id=CLIENT_ID, client_secret=CLIENT_SECRET))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".env", "SPOTIPY_CLIENT_SECRET=s3cret é"),
        (".streamlit/secrets.toml", "SPOTIPY_CLIENT_SECRET = s3cret"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_without_its_value(tmp_path, file, text):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        settings.read(tmp_path, {})
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_the_pull_is_a_frame_of_numbers(pull):
    raw = pull().rows
    assert all(pd.api.types.is_float_dtype(raw[name]) for name in ("energy", "popularity", "explicit", "key"))
