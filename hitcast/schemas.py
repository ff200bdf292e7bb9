"""The known spellings of a tracks table: which raw column is which, and what its cells say.

Spotify exports, Kaggle files and API answers name and write the same things differently. Headers
are compared with case, spaces, punctuation and prefixes such as `track_` set aside; the unit of a
duration is told by its header, never guessed from a whole column.
"""

import ast
import difflib
import json
import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from hitcast import features
from hitcast.errors import TableError

TEXT = ("track_id", "title", "artist", "artists", "album", "genre", "release_date", "isrc")
PROVENANCE = ("popularity_source", "features_source")
TEXT_COLUMNS = TEXT + PROVENANCE
# Added by readers to say why a row of a file is not what its writer meant.
DAMAGE = "row_damage"
CANONICAL = (*TEXT, "popularity", *PROVENANCE, *features.FULL)

# In each row the first spelling found wins.
SPELLINGS = {
    "track_id": "trackid spotifyid spotifytrackid trackuri uri spotifyuri trackhref href trackurl url id",
    "title": "trackname tracktitle songname songtitle title name track song",
    "artist": "artist artistname performer",
    "artists": "artists artistnames artistsname artistsnames",
    "album": "albumname albumtitle album",
    "genre": "trackgenre playlistgenre genre genres artistgenres topgenre",
    "release_date": "releasedate albumreleasedate releaseyear year",
    "isrc": "isrc externalidsisrc",
    "popularity": "trackpopularity popularity",
    "popularity_source": "popularitysource",
    "features_source": "featuressource",
    "tempo": "tempo tempobpm bpm beatsperminute",
    "loudness": "loudness loudnessdb",
    "key": "key",
    "mode": "mode",
    "time_signature": "timesignature",
    "explicit": "explicit isexplicit",
    "duration_ms": "durationms lengthms durations durationsec durationseconds lengthseconds"
    " durationmin durationminutes duration length",
} | {
    feature.name: f"{feature.name} {feature.name}percent"
    for feature in features.FEATURES
    if feature.kind == "share"
}
RANK = {
    spelling: (name, rank)
    for name, spellings in SPELLINGS.items()
    for rank, spelling in enumerate(spellings.split())
}
PREFIX = re.compile(r"^(?:track|song|spotify|audiofeatures|audio|features|feature)+(?=.)")

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "<na>", "null", "none", "undefined", "-", "?"})
MISSING_TEXT = frozenset({"", "nan", "<NA>", "undefined"})
TEXT_LIMIT = 500

NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:[.,]\d{0,40})?|[.,]\d{1,40})(?:[eE][+-]?\d{1,4})?", re.ASCII)
CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2}(?:[.,]\d{1,6})?)", re.ASCII)
SPOTIFY_ID = re.compile(r"tracks?[/:]([0-9A-Za-z]{22})(?![0-9A-Za-z])")
DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?![\d-])", re.ASCII)
FEATURING = re.compile(r"\s+(?:feat\.?|ft\.?|featuring)\s+", re.IGNORECASE)
# "Tyler, The Creator" and "Earth, Wind & Fire" are one artist each.
COMMA_BETWEEN_NAMES = re.compile(r",\s*(?!the\b)(?![^,]*(?:\s&\s|\sand\s))", re.IGNORECASE)
UNESCAPED_COMMA = re.compile(r"(?<!\\),\s*")

_PITCHES = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_KEYS = {
    f"{letter}{sign}".lower(): float((pitch + step) % 12)
    for letter, pitch in _PITCHES.items()
    for sign, step in _ACCIDENTALS.items()
}
WORDS = {
    "key": _KEYS
    | {f"{a}/{b}": x for a, x in _KEYS.items() for b, y in _KEYS.items() if x == y}
    | {"not detected": -1.0},
    "mode": {"major": 1.0, "maj": 1.0, "minor": 0.0, "min": 0.0},
    "explicit": dict.fromkeys(("true", "t", "yes", "y", "explicit"), 1.0)
    | dict.fromkeys(("false", "f", "no", "n", "clean", "not explicit"), 0.0),
    "time_signature": {f"{beats}/4": float(beats) for beats in range(1, 8)},
}


def recognise(columns: Iterable[Any]) -> dict[Any, str]:
    """The canonical name of every column that is recognised by its header.

    Raises
    ------
    TableError
        When two headers say the same feature or popularity equally well.
    """
    headers = list(columns)
    return {headers[position]: name for name, position in locate(headers).items()}


def locate(columns: Iterable[Any]) -> dict[str, int]:
    """The position of the column that holds each canonical name, in canonical order."""
    best: dict[str, tuple[int, int, Any]] = {}
    for position, header in enumerate(columns):
        name, rank = _meaning(header)
        if name is None or (name in best and best[name][0] < rank):
            continue
        if name in best and best[name][0] == rank:
            if name not in TEXT_COLUMNS:
                raise TableError(
                    f"Two columns read as {name}: {best[name][2]!r} and {header!r}. Keep one of them."
                )
            continue
        best[name] = (rank, position, header)
    return {name: best[name][1] for name in CANONICAL if name in best}


def require(columns: Iterable[Any], names: Iterable[str]) -> None:
    """Raise TableError when a canonical column is not among `columns`, naming the nearest headers."""
    headers = [str(header) for header in columns]
    found = locate(headers)
    lacking = [name for name in names if name not in found and (name != "artist" or "artists" not in found)]
    if not lacking:
        return
    unused = {
        header.lower(): header for position, header in enumerate(headers) if position not in found.values()
    }
    near = {
        name: [unused[match] for match in difflib.get_close_matches(name, unused, n=2, cutoff=0.5)]
        for name in lacking
    }
    nearest = [f"{', '.join(matches)} for {name}" for name, matches in near.items() if matches]
    said = ", ".join(_short(header) for header in headers[:12]) or "none"
    raise TableError(
        f"The table has no column for {', '.join(lacking)}. "
        + (
            f"Nearest found: {'; '.join(nearest)}. Rename it if it is the same."
            if nearest
            else f"Its columns are: {said}{' and more' if len(headers) > 12 else ''}."
        )
    )


def canonical(raw: pd.DataFrame) -> pd.DataFrame:
    """The recognised columns under their canonical names, every cell read.

    Features and popularity become float64, NaN where a cell is missing or cannot be read; text is
    None where missing. Nothing is dropped and ranges are not checked.
    """
    numbers = {
        name: read_numbers(name, raw.columns[position], raw.iloc[:, position])[0]
        for name, position in locate(raw.columns).items()
        if name not in TEXT_COLUMNS
    }
    table = pd.concat([texts(raw), pd.DataFrame(numbers, index=raw.index)], axis=1)
    return table[[name for name in CANONICAL if name in table]]


def texts(raw: pd.DataFrame) -> pd.DataFrame:
    """The text columns: ids bare, dates ISO, `artist` the first of `artists` joined by `; `."""
    where = locate(raw.columns)
    found = {name: _text(raw.iloc[:, where[name]]) for name in TEXT_COLUMNS if name in where}
    if "track_id" in found:
        found["track_id"] = _each(found["track_id"], _bare_id)
    if "release_date" in found:
        found["release_date"] = _each(found["release_date"], _iso_date)
    if "genre" in found:
        found["genre"] = _each(found["genre"], _first_genre)
    lists = found.get("artists", found.get("artist"))
    if lists is not None:
        split = _artist_splitter(raw.columns, "artists" if "artist" not in where else "artist", lists)
        found["artists"] = _each(lists, lambda cell: "; ".join(split(cell)) or None)
        found["artist"] = _each(found.get("artist", lists), lambda cell: next(iter(split(cell)), None))
    return pd.DataFrame({name: found[name] for name in CANONICAL if name in found}, index=raw.index)


def read_numbers(name: str, header: Any, cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """The cells of one column as float64, and a mask of those that are empty.

    A cell that is NaN and not empty could not be read: it is not a number, a known word or, for
    durations, a length of time whose unit is certain.
    """
    scale = _milliseconds_per_unit(header) if name == "duration_ms" else None
    if pd.api.types.is_numeric_dtype(cells.dtype) and cells.dtype.kind not in "bc":
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        missing = np.isnan(values)
    else:
        values, missing = _from_text(name, cells, clock_unit=scale or 1)
    if name == "duration_ms":
        values = values * (scale or _guessed_scale(values))
    elif _plain(header).endswith("percent"):
        values = values / 100
    return values, missing


def _from_text(name: str, cells: pd.Series, clock_unit: float) -> tuple[np.ndarray, np.ndarray]:
    """Numbers from cells of any type, through their text: decimal commas, words, minutes and seconds."""
    empty = cells.isna().to_numpy()
    text = pd.Series(cells.astype(str).to_numpy(dtype=object), dtype=object).str.strip().str.lower()
    missing = empty | text.isin(MISSING).to_numpy()
    values = np.full(len(cells), np.nan)
    rest = np.flatnonzero(~missing)
    codes, distinct = pd.factorize(text.to_numpy()[rest])
    if len(distinct):
        read = [_duration(cell, clock_unit) if name == "duration_ms" else None for cell in distinct]
        numbers = [_number(cell, WORDS.get(name, {})) for cell in distinct]
        values[rest] = np.array(
            [number if clock is None else clock for clock, number in zip(read, numbers, strict=True)]
        )[codes]
    return values, missing


def _number(cell: str, words: dict[str, float]) -> float:
    if NUMBER.fullmatch(cell):
        return float(cell.replace(",", "."))
    if cell.lstrip("+-") in ("inf", "infinity"):
        return float(cell)
    return words.get(cell, np.nan)


def _duration(cell: str, unit: float) -> float | None:
    """`3:25` or `1:03:25` in units of `unit` milliseconds; None for anything else."""
    match = CLOCK.fullmatch(cell)
    if not match:
        return None
    hours, minutes, seconds = match.groups(default="0")
    return 1000 * (int(hours) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))) / unit


def _milliseconds_per_unit(header: Any) -> float | None:
    unit = PREFIX.sub("", _plain(header))
    units = {"ms": 1.0, "durations": 1000.0, "sec": 1000.0, "seconds": 1000.0, "min": 6e4, "minutes": 6e4}
    return next((scale for ending, scale in units.items() if unit.endswith(ending)), None)


def _guessed_scale(values: np.ndarray) -> np.ndarray:
    """For a header without a unit: an hour in seconds is 3,600, ten seconds in milliseconds are 10,000.

    Between the two nobody can tell: NaN.
    """
    return np.where(values <= 3600, 1000.0, np.where(values >= 10_000, 1.0, np.nan))


def _plain(header: Any) -> str:
    return re.sub(r"[\W_]+", "", str(header).replace("%", "percent").casefold())


def _meaning(header: Any) -> tuple[str | None, int]:
    plain = _plain(header)
    return RANK.get(plain) or RANK.get(PREFIX.sub("", plain)) or (None, 0)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _text(cells: pd.Series) -> pd.Series:
    """Cells as text or lists; None where missing; control characters and outer spaces gone."""
    return _each(cells, _clean)


def _clean(cell: Any) -> Any:
    if isinstance(cell, list | tuple | np.ndarray):
        return tuple(cell)
    if isinstance(cell, float) and math.isnan(cell):
        return None
    text = re.sub(r"[\x00-\x1f\x7f]+", " ", str(cell)[: TEXT_LIMIT * 4]).strip()[:TEXT_LIMIT]
    return None if text in MISSING_TEXT else text


def _each(cells: pd.Series, function: Any) -> pd.Series:
    """`function` of every cell that is not missing; None for the others."""
    return pd.Series(
        [None if cell is None or cell is pd.NA or cell is pd.NaT else function(cell) for cell in cells],
        index=cells.index,
        dtype=object,
    )


def _bare_id(cell: str) -> str:
    match = SPOTIFY_ID.search(cell)
    return match.group(1) if match else cell


def _iso_date(cell: str) -> str | None:
    match = DATE.match(cell)
    return match.group(0) if match else None


def _first_genre(cell: Any) -> str | None:
    return next(iter(_names(cell, re.compile(r"[,;|]"))), None)


def _artist_splitter(columns: Iterable[Any], name: str, cells: pd.Series) -> Any:
    """How this table separates artists: `;` or `|` always, commas where they cannot be part of a name."""
    plain = {_plain(header) for header in columns}
    if plain & {"artisturis", "artisturi"}:
        separator = re.compile(rf"[;|]|{UNESCAPED_COMMA.pattern}")
    elif name == "artists" and not any(";" in cell for cell in cells if isinstance(cell, str)):
        separator = re.compile(rf"[;|]|{COMMA_BETWEEN_NAMES.pattern}", re.IGNORECASE)
    else:
        separator = re.compile(r"[;|]")
    return lambda cell: _names(cell, separator)


def _names(cell: Any, separator: re.Pattern[str]) -> list[str]:
    """The names in a cell: a list, a list written as text, or names with separators between them."""
    if isinstance(cell, str) and cell.startswith("["):
        cell = _listed(cell)
    if isinstance(cell, str):
        parts: list[Any] = separator.split(FEATURING.sub(";", cell))
    else:
        parts = [part.get("name") if isinstance(part, dict) else part for part in cell]
    clean = (str(part).replace("\\,", ",").strip() for part in parts if part is not None)
    return list(dict.fromkeys(part for part in clean if part not in MISSING_TEXT))


def _listed(cell: str) -> Any:
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(cell)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(value, list):
            return value
    return cell
