"""What a service has said about each id, on disk, so that nothing is asked twice."""

import json
import logging
import math
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

DAY = 86_400.0
HITS_LAST = 30 * DAY
MISSES_LAST = 3 * DAY

log = logging.getLogger(__name__)


class Answers:
    """A small SQLite file of answers; None is remembered too, but not for as long.

    Each `keep` outlives a run that is killed, which goes on from there. Where the folder
    cannot be written to, nothing is remembered and the run goes on.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._file = _open(path)

    def known(self, kind: str, keys: Iterable[str]) -> dict[str, dict | None]:
        """The answers of this kind that are still fresh, by key; None where the service had nothing."""
        query = "SELECT body, at FROM answers WHERE kind = ? AND key = ?"
        try:
            rows = {key: self._file.execute(query, (kind, key)).fetchone() for key in keys}
        except sqlite3.Error as error:
            log.warning("The cache of answers cannot be read, so everything is asked again: %s", error)
            return {}
        answers = {key: _parsed(*row) for key, row in rows.items() if row}
        return {key: body for key, (body, at) in answers.items() if self._fresh(body, at)}

    def _fresh(self, body: dict | None, at: float) -> bool:
        return 0 <= self._now() - at < (MISSES_LAST if body is None else HITS_LAST)

    def keep(self, kind: str, answers: Mapping[str, dict | None]) -> None:
        """Remember these answers."""
        rows = [(kind, key, json.dumps(body), self._now()) for key, body in answers.items()]
        try:
            with self._file:
                self._file.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            log.warning("The cache of answers cannot be written, so a rerun asks again: %s", error)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _parsed(body: object, at: object) -> tuple[dict | None, float]:
    """An answer and its time; a damaged one is one that has long been too old."""
    try:
        answer, time = json.loads(str(body)), float(str(at))
    except ValueError:
        return None, -math.inf
    return (answer, time) if answer is None or isinstance(answer, dict) else (None, -math.inf)


def _open(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _repaired(path)
    except (OSError, sqlite3.Error) as error:
        log.warning("No cache of answers at %s: %s", path, error)
        return _connect(":memory:")


def _repaired(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        log.warning("The cache of answers at %s was damaged and starts afresh.", path)
        path.unlink(missing_ok=True)
        return _connect(path)


def _connect(path: Path | str) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=10)
    # A killed process loses nothing without fsync; after a power cut a damaged cache starts afresh.
    file.execute("PRAGMA synchronous = OFF")
    file.execute("CREATE TABLE IF NOT EXISTS answers (kind, key, body, at, PRIMARY KEY (kind, key))")
    file.execute("SELECT count(*) FROM answers")
    file.commit()
    return file
