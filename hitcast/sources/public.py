"""Public tables by name: downloaded once from where they were published, and known by their sha256."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from filelock import FileLock

from hitcast.errors import SourceError
from hitcast.progress import Progress, silent
from hitcast.sources.files import reader
from hitcast.sources.live import settings
from hitcast.sources.raw import RawTracks
from hitcast.sources.time_limit import cut, within
from hitcast.wording import duration

LONGEST_DOWNLOAD, NO_ANSWER_AFTER = 300.0, 60.0  # seconds
BLOCK = 1 << 16
ANOTHER = "Try again later, or name another table."


@dataclass(frozen=True)
class PublicTable:
    """A table that somebody has published: where, exactly which bytes, under which licence, and what it is."""

    address: str
    sha256: str
    size: int
    licence: str
    detail: str

    @property
    def said(self) -> str:
        """What it is and its licence, in sentences."""
        return f"{self.detail} Licence: {self.licence}."

    @property
    def host(self) -> str:
        """Who is asked for it."""
        return urlsplit(self.address).netloc


TABLES = {
    "tidytuesday": PublicTable(
        address="https://raw.githubusercontent.com/rfordatascience/tidytuesday/"
        "2c423bacc57e4632ff8550557e0bc823eefa31ab/data/2020/2020-01-21/spotify_songs.csv",
        sha256="9902920cfe4940f0914ebb6716801a42f7f19ac88fbd6693eaae7e2822b16845",
        size=7_971_379,
        licence="MIT (R for Data Science online learning community); audio features and popularity by Spotify",
        detail="32,833 rows about tracks on Spotify playlists of six genres, as they were in January 2020, from "
        "TidyTuesday.",
    ),
}


def load(name: str, progress: Progress = silent) -> RawTracks:
    """The rows of a public table, downloaded where they are not in the cache yet.

    Raises
    ------
    SourceError
        If it cannot be had, or is not the table that was published.
    """
    table, cache = TABLES[name], settings.read().cache_dir
    path = cache / f"{name}-{table.sha256[:12]}{Path(urlsplit(table.address).path).suffix}"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            if not (path.is_file() and _sha256(path) == table.sha256):
                _require_leave(table)
                _download(table, path.with_suffix(".part"), progress)
                path.with_suffix(".part").replace(path)
    except requests.RequestException as error:
        raise SourceError(
            f"{table.host} cannot be reached ({type(error).__name__}): is there a network?"
        ) from error
    except OSError as error:
        raise SourceError(
            f"The table cannot be kept in {cache} ({error.strerror or type(error).__name__}): name another folder with "
            f"{settings.NAMES['cache_dir']}."
        ) from error
    rows, damage = reader.read(path, path.name)
    progress(1.0, f"Read {len(rows):,} rows of {name}")
    return RawTracks(rows, name, table.said, damage=damage)


def _require_leave(table: PublicTable) -> None:
    if settings.is_offline():
        raise SourceError(f"Downloading from {table.host} is switched off here (HITCAST_OFFLINE is set).")


def _download(table: PublicTable, begun: Path, progress: Progress) -> None:
    """Fetch the whole table, going on with what an earlier try left behind; where that is no good, from the beginning."""
    was_begun = begun.exists()
    _go_on(table, begun, progress)
    if begun.exists() and _sha256(begun) == table.sha256:
        return
    begun.unlink(missing_ok=True)
    if not was_begun:
        raise SourceError(
            f"What {table.host} sent is not the table that HitCast knows (its sha256 is not {table.sha256[:12]}…), so it is "
            f"not used. {ANOTHER}"
        )
    _download(table, begun, progress)


def _go_on(table: PublicTable, begun: Path, progress: Progress) -> None:
    there = begun.stat().st_size if begun.exists() else 0
    if there >= table.size:
        return
    try:
        answer = within(NO_ANSWER_AFTER, lambda limit: _asked(table, there))
    except TimeoutError:
        raise SourceError(
            f"{table.host} did not answer within {duration(NO_ANSWER_AFTER)}. {ANOTHER}"
        ) from None
    with answer, _cut_in_the_end(answer):
        if there and answer.status_code == requests.codes.requested_range_not_satisfiable:
            begun.unlink()
        elif answer.status_code in (requests.codes.ok, requests.codes.partial_content):
            _append(answer, table, begun, progress)
        else:
            raise SourceError(f"{table.host} answered {answer.status_code} {answer.reason}. {ANOTHER}")


def _asked(table: PublicTable, there: int) -> requests.Response:
    # Of a packed answer the server would count other bytes than those that are kept.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={there}-"} if there else {})
    return requests.get(table.address, headers=headers, stream=True, timeout=(10, 30))


def _append(answer: requests.Response, table: PublicTable, begun: Path, progress: Progress) -> None:
    """The progress is shown from this thread: others have no page."""
    goes_on = answer.status_code == requests.codes.partial_content
    with begun.open("ab" if goes_on else "wb") as file:
        try:
            for block in answer.iter_content(BLOCK):
                file.write(block)
                progress(min(0.9, file.tell() / table.size), f"Downloading from {table.host}")
                if file.tell() > table.size:
                    return
        except requests.RequestException:
            raise SourceError(f"{table.host} broke off. Try again: what has come already is kept.") from None


@contextmanager
def _cut_in_the_end(answer: requests.Response) -> Iterator[None]:
    """The time-outs of requests bound the wait for the next byte, not the whole."""
    end = threading.Timer(LONGEST_DOWNLOAD, cut, [answer])
    end.start()
    try:
        yield
    finally:
        end.cancel()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
