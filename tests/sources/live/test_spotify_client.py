"""The token, the login, and a service that pauses, breaks down or talks nonsense."""

import sys
import time
import webbrowser

import pytest
from support.fake_servers import HTML, OTHER, PLAYLIST

# The token and the login


def test_a_token_that_expires_is_renewed_once_and_loading_goes_on(fake, load):
    fake.token_lasts = 1
    assert len(load().rows) == 60
    assert len(fake.asked("/api/token")) == 3


def test_a_token_that_is_never_accepted_ends_the_loading(fake, refusal):
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


def test_the_user_logs_in_once_and_the_login_is_kept(fake, load, browser, redirect, tmp_path):
    fake.app_may_read = False
    assert len(load(redirect_uri=redirect).rows) == 60
    assert len(load(redirect_uri=redirect).rows) == 60
    assert len(fake.asked("/authorize")) == 1
    (kept,) = tmp_path.glob("spotify-login-*.json")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_login_works_without_a_secret(fake, load, browser, redirect):
    assert len(load(client_secret="", redirect_uri=redirect).rows) == 60


def test_a_users_token_is_refreshed_when_it_expires(fake, load, browser, redirect):
    fake.app_may_read = False
    load(redirect_uri=redirect)
    fake.token_lasts = 2
    fake.tokens = {}
    assert len(load(redirect_uri=redirect).rows) == 60
    assert len(fake.asked("/authorize")) == 1


def test_a_revoked_login_asks_for_a_new_one(fake, load, browser, redirect):
    fake.app_may_read = False
    load(redirect_uri=redirect)
    fake.tokens, fake.refresh_works = {}, False
    assert len(load(redirect_uri=redirect).rows) == 60
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


@pytest.mark.parametrize(
    "address",
    ["http://localhost/x", "http://127.0.0.1/x", "http://127.0.0.1:port/x", "http://127.0.0.1:70000/x", "x"],
)
def test_a_redirect_address_that_cannot_work_is_explained(refusal, browser, address):
    assert "http://127.0.0.1:8888/callback" in refusal(client_secret="", redirect_uri=address)


def test_a_port_that_is_taken_is_explained(fake, refusal, browser):
    taken = f"{fake.url}/callback"
    assert "taken" in refusal(client_secret="", redirect_uri=taken)


# Limits and breakdowns


def test_a_short_pause_is_kept_and_loading_goes_on(fake, load):
    fake.fail(
        "/items",
        429,
        {"error": {"status": 429, "message": "API rate limit exceeded"}},
        headers={"Retry-After": "1"},
    )
    started = time.monotonic()
    assert len(load().rows) == 60
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


def test_what_was_loaded_before_a_used_up_quota_is_kept(fake, load):
    body = {"error": {"status": 429, "reason": "QUOTA_EXCEEDED"}}
    fake.fail("/items", 429, body, skip=1)
    got = load()
    assert got.counts["fetched"] == 50 and got.counts["skipped: not reached"] == 10
    assert "quota" in got.detail


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_two_breakdowns_and_an_answer_are_an_answer(fake, load, status):
    fake.fail("/items", status, HTML, times=2)
    assert len(load().rows) == 60


def test_a_lasting_breakdown_is_named(fake, refusal):
    fake.fail("/items", 503, HTML, times=None)
    assert "status 503" in refusal()


def test_a_breakdown_of_the_accounts_service_is_tried_again(fake, load):
    fake.fail("/api/token", 503, "", times=2)
    assert len(load().rows) == 60


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
def test_nonsense_instead_of_features_leaves_them_to_reccobeats(fake, load, body):
    fake.fail("spotify/v1/audio-features", 200, body, times=None)
    assert load().counts["features from ReccoBeats"] == 60


def test_a_body_that_breaks_off_is_asked_for_again(fake, load):
    fake.fail("/items", 200, '{"items": []}' * 50, truncate=True, times=2)
    assert len(load().rows) == 60


def test_the_token_never_goes_to_another_address(fake, load):
    other = "http://127.0.0.2:9/spotify/v1/x"
    page = {"items": [fake.entry(next(iter(fake.tracks)), "item")], "total": 60, "next": other}
    fake.fail("/items", 200, page, times=None)
    assert "not its own" in load().detail


def test_a_redirect_is_not_followed(fake, refusal):
    fake.fail("/items", 302, "", headers={"Location": f"{fake.url}/elsewhere"}, times=None)
    assert "another address" in refusal()
    assert not fake.asked("/elsewhere")


def test_a_playlist_that_goes_in_circles_ends(fake, load):
    here = f"{fake.url}/spotify/v1/playlists/{PLAYLIST}/items?offset=50&limit=50"
    entry = fake.entry(next(iter(fake.tracks)), "item")
    fake.fail("offset=50", 200, {"items": [entry], "total": 60, "next": here}, times=None)
    assert "not its own" in load().detail
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
