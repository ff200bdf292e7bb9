"""Spotipy, kept from waiting, asking and telling: its tokens, the user's login, its silence.

Spotipy logs tokens and secrets at DEBUG level, asks questions with `input()` and waits without an
end for a login. None of that can happen through a `Connection`.
"""

import json
import logging
import os
import re
import secrets
import time
import warnings
import webbrowser
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import spotipy
from filelock import FileLock
from spotipy.cache_handler import CacheHandler, MemoryCacheHandler
from spotipy.exceptions import SpotifyBaseException
from spotipy.oauth2 import RequestHandler, SpotifyClientCredentials, SpotifyPKCE, start_local_http_server

from hitcast.replacing import replacing
from hitcast.sources.live.refusals import wants_user
from hitcast.sources.live.settings import Settings
from hitcast.sources.live.web import ServiceError, Session
from hitcast.wording import duration

NAME = "Spotify"
SCOPE = "playlist-read-private playlist-read-collaborative"


class Connection:
    """Spotipy with the app's own token, or the user's where there is no secret or Spotify demands it.

    `old_address` says whether playlists may still be asked for under `/tracks`.
    """

    def __init__(self, settings: Settings, notify: Callable[[str], None] | None = None) -> None:
        _silence()
        self.settings, self.notify = settings, notify or (lambda text: None)
        self.session = Session(NAME, settings, notify=self.notify)
        self.old_address = True
        if settings.client_secret:
            self._use(self._app())
        else:
            self.log_in()

    def ask(self, question: Callable[[spotipy.Spotify], Any]) -> Any:
        """What Spotipy answers to the question; a token that is no longer accepted is renewed once.

        Raises ServiceError for everything else that can go wrong.
        """
        try:
            return self._ask_once(question)
        except ServiceError as error:
            if error.status != 401 or wants_user(error):
                raise
        tokens = self.spotify.auth_manager.cache_handler
        tokens.save_token_to_cache((tokens.get_cached_token() or {}) | {"expires_at": 0})
        return self._ask_once(question)

    def log_in(self) -> None:
        """Go on as the user, in the browser unless an earlier login is kept.

        Raises ServiceError (without a status) where no user can or does log in.
        """
        self._use(self._user())
        self._ask_once(lambda spotify: spotify.auth_manager.get_access_token())

    def close(self) -> None:
        """Let go of the connection."""
        self.session.close()

    def _ask_once(self, question: Callable[[spotipy.Spotify], Any]) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                return question(self.spotify)
            except (SpotifyBaseException, AttributeError, KeyError, TypeError, ValueError):
                # `from None`: Spotipy's own frames hold the token.
                raise ServiceError(f"{NAME} answered in a form that HitCast does not know.") from None

    def _use(self, auth: SpotifyClientCredentials | SpotifyPKCE) -> None:
        auth.OAUTH_TOKEN_URL = f"{self.settings.spotify_accounts}/api/token"
        self.logged_in = isinstance(auth, SpotifyPKCE)
        self.spotify = spotipy.Spotify(auth_manager=auth, requests_session=self.session)
        self.spotify.prefix = self.settings.spotify_api

    def _app(self) -> SpotifyClientCredentials:
        return SpotifyClientCredentials(
            self.settings.client_id,
            self.settings.client_secret,
            requests_session=self.session,
            cache_handler=MemoryCacheHandler(),
        )

    def _user(self) -> "_Login":
        name = sha256(self.settings.client_id.encode()).hexdigest()[:8]
        login = _Login(
            self.settings.client_id,
            self.settings.redirect_uri,
            state=secrets.token_urlsafe(16),
            scope=SCOPE,
            requests_session=self.session,
            cache_handler=_TokenFile(self.settings.cache_dir / f"spotify-login-{name}.json"),
        )
        login.OAUTH_AUTHORIZE_URL = f"{self.settings.spotify_accounts}/authorize"
        login.seconds, login.notify = self.settings.login_within, self.notify
        return login


class _Login(SpotifyPKCE):
    """The user's login in the browser, which answers to a server of our own, or not at all."""

    seconds: float
    notify: Callable[[str], None]

    def refresh_access_token(self, refresh_token: str) -> dict:
        try:
            return super().refresh_access_token(refresh_token)
        except ServiceError as error:
            if error.status != 400:
                raise
        # Revoked: only a new login helps.
        self.get_access_token(check_cache=False)
        return self.cache_handler.get_cached_token()

    def _get_auth_response(self, open_browser: bool | None = None) -> str:
        browser = graphical_browser()
        if browser is None:
            raise ServiceError(
                f"{NAME} shows playlists only to a user who has logged in, and there is no browser here: "
                "log in once on your own computer, where the login is then kept."
            )
        with self._callback_server() as server:
            browser.open(self.get_authorize_url())
            self.notify(f"Log in to {NAME} in the browser window that has opened ({duration(self.seconds)})")
            return self._code(server)

    def _callback_server(self) -> Any:
        address = re.fullmatch(r"http://127\.0\.0\.1:(\d{1,5})(/\S*)?", self.redirect_uri)
        if not address or not 0 < (port := int(address[1])) < 65_536:
            raise ServiceError(
                "SPOTIPY_REDIRECT_URI should look like http://127.0.0.1:8888/callback, the same here and "
                f"in the Spotify developer dashboard; it is {self.redirect_uri}."
            )
        try:
            return start_local_http_server(port, _Callback)
        except OSError:
            raise ServiceError(
                f"Port {port} of this computer is taken, so {NAME}'s login cannot come back to it: "
                "choose another one in SPOTIPY_REDIRECT_URI and in the Spotify developer dashboard."
            ) from None

    def _code(self, server: Any) -> str:
        until = time.monotonic() + self.seconds
        while (left := until - time.monotonic()) > 0:
            server.timeout = left
            server.handle_request()
            if server.error:
                raise ServiceError(f"{NAME} did not log you in: the request was declined.")
            # An answer without our own state is not the answer to our question.
            if server.auth_code and server.state == self.state:
                return server.auth_code
        raise ServiceError(f"No user logged in to {NAME} within {duration(self.seconds)}.")


class _Callback(RequestHandler):
    timeout = 5


class _TokenFile(CacheHandler):
    """The user's token in a file that only this user of the computer may read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.token: dict | None = None

    def get_cached_token(self) -> dict | None:
        if self.token is None:
            try:
                token = json.loads(self.path.read_text())
            except (OSError, ValueError):
                return None
            wanted = {"access_token", "refresh_token", "expires_at"}
            self.token = token if isinstance(token, dict) and wanted <= token.keys() else None
        return self.token

    def save_token_to_cache(self, token_info: dict) -> None:
        # A renewed token may come without its scope, at which Spotipy would ask for a new login.
        self.token = token_info | {"scope": SCOPE}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Another process may be renewing its token.
            with FileLock(f"{self.path}.lock", timeout=5), replacing(self.path, mode=0o600) as stream:
                stream.write(json.dumps(self.token).encode())
        except OSError:
            logging.getLogger(__name__).warning("The login cannot be kept at %s.", self.path)


def graphical_browser() -> webbrowser.BaseBrowser | None:
    """The browser of this desktop; None in CI, on a server, and where there is only one for the terminal."""
    if os.environ.get("CI"):
        return None
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return None
    # A GenericBrowser takes over the terminal and returns when it is closed.
    return None if type(browser) is webbrowser.GenericBrowser else browser


def _silence() -> None:
    for name in ("spotipy.client", "spotipy.oauth2", "spotipy.util"):
        logging.getLogger(name).addFilter(_drop)


def _drop(record: logging.LogRecord) -> bool:
    return False
