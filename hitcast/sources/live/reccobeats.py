"""Audio features and popularity from ReccoBeats: by Spotify id, by ISRC, or from an audio file.

ReccoBeats needs no key. It answers at most 40 ids at once, leaves out what it does not know and
keeps no order, so answers are joined on the Spotify id in `href` or on the ISRC, never by position.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hitcast import features
from hitcast.errors import SourceError
from hitcast.progress import Progress, part, silent
from hitcast.sources.live import audio_file
from hitcast.sources.live import settings as settings_
from hitcast.sources.live.answers import CONTENT, OBJECT, has_form
from hitcast.sources.live.cache import Answers
from hitcast.sources.live.ids import isrc_of, track_in
from hitcast.sources.live.rows import (
    Row,
    add_features,
    artists_of,
    has_core,
    in_range,
    number,
    numbers,
    popularity_of,
    text,
)
from hitcast.sources.live.settings import Settings
from hitcast.sources.live.web import ServiceError, Session

NAME = "ReccoBeats"
BATCH = 40
USABLE: dict[str, Callable[[Row], bool]] = {"audio-features": has_core, "track": bool}


@dataclass(frozen=True)
class Found:
    """What could be had about one track, and in `notes` what could not, a sentence each."""

    features: dict[str, float]
    features_source: str = ""
    track_id: str = ""
    title: str = ""
    artist: str = ""
    release_date: str = ""
    popularity: float | None = None
    popularity_source: str = ""
    notes: tuple[str, ...] = ()


class ReccoBeats:
    """Asks for many ids with few requests, and for none that the cache knows.

    The first lasting failure ends the asking and is `stopped`; `by_isrc` are the ids that were only
    found under their ISRC.
    """

    def __init__(self, settings: Settings, notify: Callable[[str], None] | None = None) -> None:
        self.url = settings.reccobeats_api
        self.session = Session(NAME, settings, pace=settings.pace, notify=notify)
        self.answers = Answers(settings.cache_dir / "answers.sqlite")
        self.stopped: ServiceError | None = None
        self.by_isrc: set[str] = set()

    def fill(self, rows: Mapping[str, Row], progress: Progress = silent) -> None:
        """Fill in the features, names, lengths and popularity that the rows lack, by Spotify id.

        A track whose name is known but whose features are not is of no use, so its popularity is not
        asked for.
        """
        isrcs = {track_id: str(row.get("isrc", "")) for track_id, row in rows.items()}
        wanted = [i for i, row in rows.items() if not has_core(row)]
        for track_id, answer in self.find("audio-features", wanted, isrcs, part(progress, 0, 0.5)).items():
            add_features(rows[track_id], answer, "reccobeats")
        wanted = [i for i, row in rows.items() if not row.get("title") or _lacks_only_popularity(row)]
        for track_id, answer in self.find("track", wanted, isrcs, part(progress, 0.5, 1)).items():
            add_details(rows[track_id], answer)

    def close(self) -> None:
        """Let go of the connection and the cache."""
        self.session.close()
        self.answers.close()

    def find(
        self, endpoint: str, ids: Iterable[str], isrcs: Mapping[str, str], progress: Progress = silent
    ) -> dict[str, Row]:
        """What an endpoint of `USABLE` says by Spotify id, as ReccoBeats writes it, the unusable left out."""
        ids = list(dict.fromkeys(ids))
        rows = self._rows(endpoint, ids, _spotify_id, part(progress, 0, 0.6))
        codes = {i: isrc_of(isrcs.get(i)) for i in ids if i not in rows}
        wanted = list(dict.fromkeys(code for code in codes.values() if code))
        others = self._rows(endpoint, wanted, _isrc, part(progress, 0.6, 1))
        by_isrc = {i: others[code] for i, code in codes.items() if code in others}
        self.by_isrc |= by_isrc.keys()
        return rows | by_isrc

    def _rows(
        self, endpoint: str, keys: list[str], key_of: Callable[[Row], str], progress: Progress
    ) -> dict[str, Row]:
        kind = f"{self.url}/{endpoint}"
        answers = self.answers.known(kind, keys)
        unknown = [key for key in keys if key not in answers]
        for start in range(0, len(unknown), BATCH):
            if self.stopped:
                break
            progress(start / len(unknown), f"{NAME}: {start:,} of {len(unknown):,} tracks")
            batch = unknown[start : start + BATCH]
            try:
                rows = self._ask(kind, batch)
            except ServiceError as error:
                self.stopped = error
                break
            by_key = {key_of(row): row for row in rows if USABLE[endpoint](row)}
            new = {key: by_key.get(key) for key in batch}
            self.answers.keep(kind, new)
            answers |= new
        return {key: row for key, row in answers.items() if row}

    def _ask(self, url: str, keys: list[str]) -> list[Row]:
        body = self.session.get(url, params={"ids": ",".join(keys)}).json()
        if not has_form(body, CONTENT):
            raise ServiceError(f"{NAME} answered in a form that HitCast does not know.", status=200)
        # Two releases of a recording share an ISRC: the best known one is read last and wins.
        return sorted((row for row in body["content"] if isinstance(row, dict)), key=_rank)


def add_details(row: Row, answer: Row) -> None:
    """Put ReccoBeats' title, artists, length and popularity into a row that lacks them."""
    artists, length, popularity = artists_of(answer), number(answer.get("durationMs")), popularity_of(answer)
    new: Row = {"title": text(answer.get("trackTitle"))}
    if artists:
        new |= {"artist": artists[0], "artists": "; ".join(artists)}
    if length:
        new |= {"duration_ms": length}
    if popularity is not None:
        new |= {"popularity": popularity, "popularity_source": "reccobeats"}
    row |= new | row


def found(row: Row, notes: Iterable[str], service: ReccoBeats) -> Found:
    """A filled row as `Found`. Raises SourceError where nothing is known of the track."""
    if not has_core(row) and service.stopped:
        raise service.stopped
    if not has_core(row) and not row.get("title"):
        raise SourceError(
            f"{NAME} does not know this track; it lacks many new and regional releases. Try the link of "
            "another release of the song, or drop its audio file."
        )
    values = numbers(row)
    return Found(
        features=in_range(values),
        features_source=str(row.get("features_source", "")),
        track_id=str(row["track_id"]),
        title=str(row.get("title", "")),
        artist=str(row.get("artist", "")),
        release_date=str(row.get("release_date") or ""),
        popularity=popularity_of(row),
        popularity_source=str(row.get("popularity_source", "")),
        notes=(*notes, *_lacking(row, values, service)),
    )


def _lacking(row: Row, values: Mapping[str, float], service: ReccoBeats) -> list[str]:
    notes = []
    if not has_core(row):
        notes.append("Neither service knows the audio features of this track.")
    if popularity_of(row) is None:
        notes.append("Neither service knows the popularity of this track.")
    if row["track_id"] in service.by_isrc:
        notes.append("Some values are those of another release of the same recording.")
    if service.stopped:
        notes.append(str(service.stopped))
    return [*notes, *_outside(values)]


def _outside(values: Mapping[str, float]) -> list[str]:
    outside = [features.BY_NAME[name].label for name in values if name not in in_range(dict(values))]
    return [f"Left out, because it is no possible value: {', '.join(outside)}."] if outside else []


def analyse(audio: bytes | Path, name: str = "", settings: Settings | None = None) -> Found:
    """The features of a recording, measured by ReccoBeats from 30 seconds of it.

    Only a mono excerpt without tags or file name leaves the machine. Length is read from the file;
    key, mode, time signature and `explicit` are not to be had this way. Raises SourceError where
    the file holds no sound that can be read, and where the service refuses or cannot be reached.
    """
    excerpt = audio_file.excerpt(audio, name)
    settings = settings or settings_.read()
    with Session(NAME, settings) as session:
        body = session.post(
            f"{settings.reccobeats_api}/analysis/audio-features",
            files={"audioFile": ("excerpt.wav", excerpt.wav, "audio/wav")},
        ).json()
    found = numbers(body) if has_form(body, OBJECT) else {}
    if not has_core(found):
        raise SourceError(f"{NAME} answered without the features of this recording: try another excerpt.")
    found |= excerpt.duration
    return Found(
        features=in_range(found),
        features_source="reccobeats analysis",
        title=Path(name).stem,
        notes=(
            f"{NAME} measured {excerpt.seconds:.0f} seconds of the recording, not the whole.",
            "A recording that is not released has no popularity.",
            *_outside(found),
        ),
    )


def _lacks_only_popularity(row: Row) -> bool:
    return has_core(row) and "popularity" not in row


def _spotify_id(row: Row) -> str:
    return track_in(row.get("href"))


def _isrc(row: Row) -> str:
    return isrc_of(row.get("isrc"))


def _rank(row: Row) -> tuple[float, str]:
    return (number(row.get("popularity")) or 0.0, str(row.get("id")))
