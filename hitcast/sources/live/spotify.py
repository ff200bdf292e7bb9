"""Playlists through Spotipy, with what Spotify refuses filled in by ReccoBeats.

Spotify refuses audio features to every app registered since 27 November 2024, and popularity to
most since 2026. Its developer terms forbid training models on its content without permission, so
nothing here runs unless the user has set up credentials and playlists.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from operator import methodcaller
from typing import TYPE_CHECKING

import pandas as pd

from hitcast.errors import SourceError
from hitcast.progress import Progress, part, silent
from hitcast.sources.live import playlists as playlists_
from hitcast.sources.live import reccobeats, refusals
from hitcast.sources.live import settings as settings_
from hitcast.sources.live.answers import LIST, OBJECT, PAGE, has_form
from hitcast.sources.live.cache import Answers
from hitcast.sources.live.ids import playlist_id_of, track_id_of
from hitcast.sources.live.playlists import PlaylistTracks
from hitcast.sources.live.reccobeats import Found, ReccoBeats
from hitcast.sources.live.rows import Row, add_features, has_core, spotify_row, text
from hitcast.sources.live.settings import Settings, listed
from hitcast.sources.live.web import ServiceError
from hitcast.sources.raw import RawTracks
from hitcast.tracks.headers import CANONICAL

if TYPE_CHECKING:
    from hitcast.sources.live.spotify_client import Connection

NAME = "Spotify"
FEATURES_AT_ONCE = 100
MOST_ENTRIES = 11_000  # of a playlist; Spotify allows 10,000
MOST_PAGES = MOST_ENTRIES // 50  # it gives 100 at a time, in the name of some users 50
SHORT_WAIT = 5.0
COLUMNS = [name for name in CANONICAL if name != "genre"]


def load(
    playlists: Sequence[str] | str = (),
    progress: Progress = silent,
    settings: Settings | None = None,
) -> RawTracks:
    """The tracks of these playlists (links, URIs or ids), else of those in HITCAST_PLAYLISTS.

    One row a track in playlist order; features and popularity that could not be had are missing,
    never 0. What one playlist or ReccoBeats refuses does not lose the rest, and `detail` says so.
    Raises SourceError where Spotify is not set up or out of reach, and where nothing usable is left.
    """
    settings = settings or settings_.read()
    named = listed(playlists) if isinstance(playlists, str) else map(str, playlists)
    playlists = tuple(dict.fromkeys(named)) or settings.playlists
    _require(settings, playlists)
    report = _Report(progress)
    with (
        closing(_connect(settings, report.notify)) as connection,
        closing(ReccoBeats(settings, report.notify)) as service,
    ):
        found = read(connection, playlists, part(report, 0.0, 0.3))
        no_features = add_spotify_features(connection, found.rows, service.answers)
        service.fill(found.rows, part(report, 0.4, 1.0))
    playlists_.require_use(found, no_features, service.stopped)
    counts = playlists_.counts(found, service.by_isrc) | {
        "requests to Spotify": connection.session.sent,
        "requests to ReccoBeats": service.session.sent,
    }
    report(1.0, f"{len(found.rows):,} tracks fetched")
    table = pd.DataFrame(list(found.rows.values())).reindex(columns=COLUMNS)
    return RawTracks(
        table, "spotify", playlists_.detail(found, len(playlists), no_features, service.stopped), counts
    )


def track(link_or_id: str, settings: Settings | None = None) -> Found:
    """One track by its Spotify link, URI or id: features, name, artist, popularity.

    ReccoBeats is asked; Spotify too where an app's id and secret are set up. Nothing is sent for
    anything that is not a track's id. Raises SourceError for such, for an unknown track,
    and where the services cannot be reached; what else could not be had is said in `notes`.
    """
    track_id = track_id_of(link_or_id)
    settings = settings or settings_.read()
    settings = replace(settings, longest_wait=min(settings.longest_wait, SHORT_WAIT))
    row: Row = {"track_id": track_id}
    notes: list[str] = []
    with (
        closing(ReccoBeats(settings)) as service,
        closing(_connect(settings)) if settings.client_secret else nullcontext() as connection,
    ):
        if connection:
            notes += _add_spotify_track(connection, row)
        service.fill({track_id: row})
        if connection and not has_core(row):
            add_spotify_features(connection, {track_id: row}, service.answers)
    return reccobeats.found(row, notes, service)


def _add_spotify_track(connection: "Connection", row: Row) -> list[str]:
    try:
        item = connection.ask(lambda spotify: spotify.track(row["track_id"]))
    except ServiceError as error:
        return [refusals.advice(error, "")]
    if has_form(item, OBJECT) and item.get("name"):
        row |= spotify_row(item | {"id": row["track_id"]})
    return []


def read(connection: "Connection", playlists: Sequence[str], progress: Progress) -> PlaylistTracks:
    """The tracks of the playlists. Raises SourceError where there is not one in all of them."""
    found = PlaylistTracks()
    for number, link in enumerate(playlists):
        progress(number / len(playlists), f"{NAME}: playlist {number + 1} of {len(playlists)}")
        try:
            playlist = playlist_id_of(link)
            _read_one(connection, playlist, found)
        except ServiceError as error:
            found.refused.append(refusals.advice(error, playlist))
            if refusals.concerns_the_app(error):
                break
        except SourceError as error:
            found.refused.append(str(error))
    if not found.rows:
        raise SourceError(playlists_.nothing(found))
    return found


def _read_one(connection: "Connection", playlist: str, found: PlaylistTracks) -> None:
    seen = total = 0
    try:
        for page in _pages(connection, playlist):
            total = min(page.get("total") or total, MOST_ENTRIES)
            for entry in page["items"]:
                seen += 1
                found.add(entry)
    except ServiceError:
        found.skip("not reached", max(0, total - seen))
        raise


def _pages(connection: "Connection", playlist: str) -> Iterator[dict]:
    """The pages as far as the first one's total, and no more than a playlist can have."""
    page, asked, left = _first_page(connection, playlist), set(), MOST_ENTRIES
    for number in range(MOST_PAGES):
        if not has_form(page, PAGE):
            raise ServiceError(f"{NAME} answered in a form that HitCast does not know.", status=200)
        yield page
        address = page.get("next")
        if number == 0:
            left = min(left, page.get("total") or left)
        left -= len(page["items"])
        if not address or not page["items"] or left <= 0 or number == MOST_PAGES - 1:
            return
        # The token goes where `next` points, so it must point at Spotify, and not in a circle.
        if address in asked or not str(address).startswith(connection.settings.spotify_api):
            raise ServiceError(f"{NAME} continued a playlist at an address that is not its own.", status=200)
        asked.add(address)
        page = connection.ask(methodcaller("next", page))


def _first_page(connection: "Connection", playlist: str) -> dict:
    """The first page as the app, at the old address that some older apps still may use, or as the user."""
    try:
        return connection.ask(lambda spotify: spotify.playlist_items(playlist))
    except ServiceError as error:
        of_playlist = error.status == 403 and not refusals.concerns_the_app(error)
        if not (of_playlist or refusals.wants_user(error)):
            raise
        refusal = error
    if connection.old_address:
        try:
            address = {"next": f"{connection.settings.spotify_api}playlists/{playlist}/tracks?limit=100"}
            return connection.ask(lambda spotify: spotify.next(address))
        except ServiceError:
            connection.old_address = False
    if not refusals.wants_user(refusal) or connection.logged_in:
        raise refusal
    connection.log_in()
    return connection.ask(lambda spotify: spotify.playlist_items(playlist))


def add_spotify_features(
    connection: "Connection", rows: Mapping[str, Row], answers: Answers
) -> ServiceError | None:
    """Fill in the audio features while Spotify gives them; its first refusal ends that, and comes back."""
    kind = f"{connection.settings.spotify_api}audio-features"
    known = answers.known(kind, rows)
    unknown = [track_id for track_id in rows if track_id not in known]
    refusal = None
    for start in range(0, len(unknown), FEATURES_AT_ONCE):
        batch = unknown[start : start + FEATURES_AT_ONCE]
        try:
            new = connection.ask(methodcaller("audio_features", batch))
            if not has_form(new, LIST):
                raise ServiceError(f"{NAME} answered in a form that HitCast does not know.", status=200)
        except ServiceError as error:
            refusal = error
            break
        by_id = {text(row.get("id")): row for row in new if isinstance(row, dict) and has_core(row)}
        answered = {track_id: by_id.get(track_id) for track_id in batch}
        answers.keep(kind, answered)
        known |= answered
    for track_id, row in known.items():
        if row:
            add_features(rows[track_id], row, "spotify")
    return refusal


def _connect(settings: Settings, notify: Callable[[str], None] | None = None) -> "Connection":
    try:
        from hitcast.sources.live.spotify_client import Connection
    except ImportError:
        raise SourceError("Spotipy is not installed here: pip install spotipy.") from None
    return Connection(settings, notify)


def _require(settings: Settings, playlists: Sequence[str]) -> None:
    if not settings.client_id:
        raise SourceError(
            "Not asked, as no Spotify app is set up here. To have your playlists, put SPOTIPY_CLIENT_ID and "
            "SPOTIPY_CLIENT_SECRET into .env (.env.example shows how)."
        )
    if not playlists:
        raise SourceError(
            "Spotify is set up, but no playlist is named: put links into PLAYLISTS in the notebook or into "
            "HITCAST_PLAYLISTS."
        )


class _Report:
    """Progress in parts, and words in between that leave the bar where it is."""

    def __init__(self, progress: Progress) -> None:
        self._show = progress
        self._done = 0.0

    def __call__(self, done: float, text: str) -> None:
        self._done = done
        self._show(done, text)

    def notify(self, text: str) -> None:
        self._show(self._done, text)
