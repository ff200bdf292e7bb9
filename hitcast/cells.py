"""What a raw cell says: numbers, words for numbers, lengths of time, names, dates, ids.

A column that is numeric already never goes through Python cell by cell; others do so once per
distinct value.
"""

import ast
import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# Spellings of "nothing here" where a number is wanted, and where text is: a song may well be called None.
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "<na>", "null", "none", "undefined", "-", "?"})
MISSING_TEXT = frozenset({"", "nan", "<NA>", "undefined"})
LONGEST_TEXT = 500

_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:[.,]\d{0,40})?|[.,]\d{1,40})(?:[eE][+-]?\d{1,4})?", re.ASCII)
# What nearly all cells look like, read by the column; the others one by one.
_PLAIN_NUMBER = r"^-?[0-9]{1,20}(\.[0-9]{1,30})?(e-?[0-9]{1,2})?$"
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d(?:[.,]\d{1,6})?)", re.ASCII)
_SPOTIFY_ID = re.compile(r"tracks?[/:]([0-9A-Za-z]{22})(?![0-9A-Za-z])")
_DATE = re.compile(r"[12]\d{3}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?(?![\d-])", re.ASCII)
_CONTROL = re.compile(r"\s*[\x00-\x1f\x7f][\s\x00-\x1f\x7f]*")
_FEATURING = re.compile(r"\s+(?:feat\.?|ft\.?|featuring)\s+", re.IGNORECASE)

BETWEEN_NAMES = re.compile(r"[;|]")
# "Tyler, The Creator" and "Earth, Wind & Fire" are one artist each.
COMMA_OR_BETWEEN_NAMES = re.compile(r"[;|]|,(?!\s*the\b)(?![^,]*\s(?:&|and)\s)", re.IGNORECASE)
# Some exporters separate names by commas and write a comma within a name as `\,`.
UNESCAPED_COMMA = re.compile(r"[;|]|(?<!\\),\s*")
_BETWEEN_GENRES = re.compile(r"[,;|]")

_PITCHES = dict(zip("cdefgab", (0, 2, 4, 5, 7, 9, 11), strict=True))
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_KEYS = {
    letter + sign: float((pitch + step) % 12)
    for letter, pitch in _PITCHES.items()
    for sign, step in _ACCIDENTALS.items()
}
WORDS = {
    "key": _KEYS
    | {f"{one}/{other}": key for one, key in _KEYS.items() for other in _KEYS if _KEYS[other] == key}
    | {"not detected": -1.0},
    "mode": {"major": 1.0, "maj": 1.0, "minor": 0.0, "min": 0.0},
    "explicit": dict.fromkeys(("true", "t", "yes", "y", "explicit"), 1.0)
    | dict.fromkeys(("false", "f", "no", "n", "clean", "not explicit"), 0.0),
    "time_signature": {f"{beats}/4": float(beats) for beats in range(1, 8)},
}


def numbers(
    cells: pd.Series, words: dict[str, float] | None = None, clock_unit: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The cells as float64, and a mask of those that are empty; NaN and not empty = not a number.

    Parameters
    ----------
    cells : Series
        Of any type. A boolean is a number only where `words` says so.
    words : dict, optional
        Numbers by their word, in lower case.
    clock_unit : float, optional
        Read `3:25` as a length of time, in units of so many milliseconds.
    """
    if pd.api.types.is_numeric_dtype(cells.dtype) and cells.dtype.kind not in "bc":
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return values, np.isnan(values)
    # Through the text of each cell, which is exact for floats and decimals and keeps True from being 1.
    given = cells.astype(str).to_numpy(dtype=object)
    values, missing = np.full(len(given), np.nan), cells.isna().to_numpy()
    arrow = pa.array(given, pa.large_string())
    plain = pc.match_substring_regex(arrow, _PLAIN_NUMBER)
    values[plain] = pc.cast(arrow.filter(plain), pa.float64())
    rest = np.flatnonzero(~missing & ~plain.to_numpy(zero_copy_only=False))
    codes, distinct = pd.factorize(given[rest])
    text = [cell.strip().lower() for cell in distinct]
    values[rest] = np.array([_number(cell, words or {}, clock_unit) for cell in text], dtype=np.float64)[
        codes
    ]
    missing[rest] = np.array([cell in MISSING for cell in text], dtype=bool)[codes]
    return values, missing


def each(cells: pd.Series, function: Callable[[Any], Any]) -> pd.Series:
    """`function` of every cell that is not missing, None for the others; once per distinct text."""
    if pd.api.types.infer_dtype(cells, skipna=True) == "string":
        codes, distinct = pd.factorize(cells)
        known = np.empty(len(distinct) + 1, dtype=object)
        known[:-1] = [function(cell) for cell in distinct]
        return pd.Series(known[codes], index=cells.index, dtype=object)
    return pd.Series(
        [None if _is_nothing(cell) else function(cell) for cell in cells], index=cells.index, dtype=object
    )


def text(cell: Any) -> Any:
    """A cell without control characters and outer spaces, cut to 500 characters; lists stay lists."""
    if isinstance(cell, list | tuple | np.ndarray):
        return tuple(cell)
    words = str(cell)[: 4 * LONGEST_TEXT]
    if not words.isprintable():
        words = _CONTROL.sub(" ", words)
    words = words.strip()[:LONGEST_TEXT].strip()
    return None if words in MISSING_TEXT else words


def names(cell: Any, separator: re.Pattern[str] = BETWEEN_NAMES) -> tuple[str, ...]:
    """The artists in a cell: a list of them, a list written as text, or names with separators between."""
    listed = _listed(cell) if isinstance(cell, str) else cell
    if isinstance(listed, str):
        parts = separator.split(_FEATURING.sub(";", listed))
    else:
        given = (part.get("name") if isinstance(part, dict) else part for part in listed)
        parts = [
            part
            for name in given
            if not _is_nothing(name)
            for part in BETWEEN_NAMES.split(_FEATURING.sub(";", str(name)))
        ]
    clean = (part.replace("\\,", ",").strip() for part in parts)
    return tuple(dict.fromkeys(part for part in clean if part not in MISSING_TEXT))


def first_genre(cell: Any) -> str | None:
    """The first genre of a list or of a text with separators."""
    return next(iter(names(cell, _BETWEEN_GENRES)), None)


def bare_id(cell: Any) -> str:
    """The id in a Spotify URI or link to a track; anything else as it is."""
    match = _SPOTIFY_ID.search(str(cell))
    return match.group(1) if match else str(cell)


def iso_date(cell: Any) -> str | None:
    """The date that a cell begins with, as `2019`, `2019-06` or `2019-06-14`."""
    match = _DATE.match(str(cell))
    return match.group(0) if match else None


def shown(cell: Any) -> str:
    """A cell as a message quotes it: one line, at most 60 characters."""
    words = _CONTROL.sub(" ", str(cell)[:200])
    words = " ".join(words.split())
    return words if len(words) <= 60 else words[:59] + "…"


def reason(error: Exception) -> str:
    """What a library says of a failure, fit for the middle of a sentence."""
    return shown(error).rstrip(".") or type(error).__name__


def _number(cell: str, words: dict[str, float], clock_unit: float | None) -> float:
    if _NUMBER.fullmatch(cell):
        return float(cell.replace(",", "."))
    if cell.lstrip("+-") in ("inf", "infinity"):
        return float(cell)
    match = _CLOCK.fullmatch(cell) if clock_unit else None
    if match and clock_unit:
        hours, minutes, seconds = match.groups(default="0")
        return 1000 * (int(hours) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))) / clock_unit
    return words.get(cell, np.nan)


def _listed(cell: str) -> Any:
    """The list that a text spells, as JSON or Python write it; the text itself where it spells none."""
    if not cell.startswith("["):
        return cell
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(cell)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(value, list):
            return value
    return cell


def _is_nothing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell))
