"""What a raw cell says: numbers, words for numbers, lengths of time, names, dates, ids.

A column that is numeric already never goes through Python cell by cell; others do so once per
distinct value.
"""

import ast
import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# Spellings of "nothing here" where a number is wanted, and where text is: a song may well be called None.
MISSING = frozenset(
    {"", "na", "n/a", "n.a.", "#n/a", "nan", "<na>", "null", "(null)", "nil", "none", "undefined", "-", "?"}
    | {"\\n", "#value!", "#ref!", "#div/0!"}
)
MISSING_TEXT = frozenset({"", "nan", "<NA>", "undefined"})
LONGEST_TEXT = 500

NUMBER = r"[+-]?(?:[0-9]{1,40}(?:[.,][0-9]{0,40})?|[.,][0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?"
# What nearly all cells look like, read by the column; the others one by one.
PLAIN_NUMBER = r"^-?[0-9]{1,20}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$"
_A_NUMBER = re.compile(NUMBER)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3}){1,12}(?:\.\d{0,40})?", re.ASCII)
_IN_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:[ '’]\d{3})+(?!\d)")
_SIGNS = str.maketrans(
    dict.fromkeys("−‐‑‒–—﹣", "-") | dict.fromkeys("´’′", "'") | dict.fromkeys("″”", '"') | {"\u2044": "/"}
)
_WITH_UNIT = re.compile(r"([+-]?[\d.,]{1,60}) ?([a-z%]{1,15})\.?", re.ASCII)
_SPELLED_TIME = re.compile(
    r"(?:pt)?(?:(\d{1,2}) ?h(?:ours?|rs?)? ?)?(?:(\d{1,4}) ?m(?:in(?:ute)?s?)? ?)?"
    r"(?:(\d{1,5}(?:[.,]\d{1,6})?) ?s(?:ec(?:ond)?s?)?)?",
    re.ASCII,
)
_MINUTES_OR_SECONDS = re.compile(r"\d{1,3}[.,][0-5]\d", re.ASCII)
_CLOCK = re.compile(r"(?:0 days? )?(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d(?:[.,]\d{1,6})?)(?: min)?", re.ASCII)
_PRIMES = re.compile(r"()(\d{1,3})' ?([0-5]\d)(?:\"|'')?")
_SPOTIFY_ID = re.compile(r"tracks?[/:]([0-9A-Za-z]{22})(?![0-9A-Za-z])")
_DATE = re.compile(r"[12]\d{3}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?(?![\d-])", re.ASCII)
_CONTROL = re.compile(r"\s*[\x00-\x1f\x7f][\s\x00-\x1f\x7f]*")
_FEATURING = re.compile(r"\s+(?:feat\.?|ft\.?|featuring)\s+", re.IGNORECASE)

BETWEEN_NAMES = re.compile(r"[;|]| / ")
# "Tyler, The Creator" and "Earth, Wind & Fire" are one artist each.
COMMA_OR_BETWEEN_NAMES = re.compile(r"[;|]|,(?!\s*the\b)(?![^,]*\s(?:&|and)\s)", re.IGNORECASE)
# Some exporters separate names by commas and write a comma within a name as `\,`.
UNESCAPED_COMMA = re.compile(r"[;|]|(?<!\\),\s*")
_BETWEEN_GENRES = re.compile(r"[,;|]")

_BETWEEN_TEXTS = re.compile(r"(?<=['\"])\s+(?=['\"])")

_PITCHES = dict(zip("cdefgab", (0, 2, 4, 5, 7, 9, 11), strict=True))
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_KEYS = {
    letter + sign: float((pitch + step) % 12)
    for letter, pitch in _PITCHES.items()
    for sign, step in _ACCIDENTALS.items()
}
# As Excel writes TRUE and FALSE in German, French, Spanish and Portuguese, Italian, Dutch.
_TRUE = dict.fromkeys(("true", "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar"), 1.0)
_FALSE = dict.fromkeys(("false", "falsch", "faux", "falso", "onwaar"), 0.0)
WORDS = {
    "key": _KEYS
    | {f"{one}/{other}": key for one, key in _KEYS.items() for other in _KEYS if _KEYS[other] == key}
    | {f"{one} {mode}": key for one, key in _KEYS.items() for mode in ("major", "maj", "minor", "min")}
    | {"not detected": -1.0},
    "mode": _TRUE | _FALSE | {"major": 1.0, "maj": 1.0, "minor": 0.0, "min": 0.0},
    "explicit": _TRUE
    | _FALSE
    | dict.fromkeys(("t", "yes", "y", "explicit", "ja", "oui", "sí", "sim", "sì"), 1.0)
    | dict.fromkeys(("f", "no", "n", "clean", "not explicit", "nein", "non", "não", "nee"), 0.0),
    "time_signature": {f"{beats}/4": float(beats) for beats in range(1, 8)},
}


class Numbers(NamedTuple):
    """Cells as float64: NaN where a cell is `missing` or no number; `is_exact` where it says its own unit.

    An exact value is in the canonical unit already; `is_clock` where it was written with colons.
    """

    values: np.ndarray
    missing: np.ndarray
    is_exact: np.ndarray
    is_clock: np.ndarray

    @property
    def plain(self) -> np.ndarray:
        """The numbers without a unit."""
        return self.values[~self.is_exact & ~np.isnan(self.values)]

    @property
    def exact(self) -> np.ndarray:
        """The values of the cells that say their unit."""
        return self.values[self.is_exact & ~np.isnan(self.values)]


def numbers(
    cells: pd.Series,
    words: Mapping[str, float] | None = None,
    suffixes: Mapping[str, float] | None = None,
    comma: str = "decimal",
) -> Numbers:
    """The numbers that cells say.

    Parameters
    ----------
    cells : Series
        Of any type. A boolean is a number only where `words` says so.
    words : dict, optional
        Numbers by their word, in lower case.
    suffixes : dict, optional
        Units that may stand behind a number, in lower case, and what to multiply it by. With `min`
        among them, lengths of time are read as well: `3:25`, `1:02:03`, `3 min 25 s`, `PT3M25S`.
    comma : str
        What a comma before exactly three digits is: `decimal`, `thousands`, or `unknown`, and then
        the cell is not read.
    """
    nothing = np.zeros(len(cells), dtype=bool)
    if pd.api.types.is_timedelta64_dtype(cells.dtype):
        values = (cells / pd.Timedelta(milliseconds=1)).to_numpy(dtype=np.float64)
        return Numbers(values, np.isnan(values), ~np.isnan(values), ~np.isnan(values))
    if pd.api.types.is_numeric_dtype(cells.dtype) and cells.dtype.kind not in "bc":
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return Numbers(values, np.isnan(values), nothing, nothing)
    # Through the text of each cell, which is exact for floats and decimals and keeps True from being 1.
    given = cells.astype(str).to_numpy(dtype=object)
    values, missing = np.full(len(given), np.nan), cells.isna().to_numpy()
    arrow = pa.array(given, pa.large_string())
    plain = pc.match_substring_regex(arrow, PLAIN_NUMBER)
    values[plain] = pc.cast(arrow.filter(plain), pa.float64())
    rest = np.flatnonzero(~missing & ~plain.to_numpy(zero_copy_only=False))
    codes, distinct = pd.factorize(given[rest])
    text = [tidy(cell) for cell in distinct]
    said = [_number(cell, words or {}, suffixes or {}, comma) for cell in text]
    is_clock, is_exact = np.zeros((2, len(given)), dtype=bool)
    is_clock[rest] = np.array([_CLOCK.fullmatch(cell) is not None for cell in text], dtype=bool)[codes]
    read = np.array(said, dtype=np.float64).reshape(-1, 2)[codes]
    values[rest], is_exact[rest] = read[:, 0], read[:, 1].astype(bool)
    missing[rest] = np.array([cell in MISSING for cell in text], dtype=bool)[codes]
    return Numbers(values, missing, is_exact, is_clock & is_exact)


def tidy(cell: str) -> str:
    """A cell in lower case and in plain spelling: full-width signs, other minus signs and spaces, thousands' marks.

    An apostrophe before it all is a spreadsheet's way to say that it is text.
    """
    # Of a footnote's mark, such as ², it would make a digit of the number.
    if not (cell.isascii() or any(unicodedata.category(sign) == "No" for sign in cell)):
        cell = unicodedata.normalize("NFKC", cell.translate(_SIGNS)).translate(_SIGNS)
    text = cell.strip().removeprefix("'").strip().lower()
    grouped = _IN_THOUSANDS.match(text)
    return re.sub("[ '’]", "", grouped[0]) + text[grouped.end() :] if grouped else text


def each(cells: pd.Series, function: Callable[[Any], Any]) -> pd.Series:
    """`function` of every cell that is not missing, None for the others; once per distinct text."""
    # One cell is read sooner than it is factorized.
    if len(cells) > 1 and pd.api.types.infer_dtype(cells, skipna=True) == "string":
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
    words = str(cell)[: 40 * LONGEST_TEXT]
    if not words.isprintable():
        words = _CONTROL.sub(" ", words)
    # A list is cut once it has been read.
    words = words.strip()
    words = words if words.startswith("[") else words[:LONGEST_TEXT].strip()
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
    clean = (part.replace("\\,", ",").strip()[:LONGEST_TEXT] for part in parts)
    return tuple(dict.fromkeys(part for part in clean if part not in MISSING_TEXT))


def first_genre(cell: Any) -> str | None:
    """The first genre of a list or of a text with separators."""
    return next(iter(names(cell, _BETWEEN_GENRES)), None)


def bare_id(cell: Any) -> str | None:
    """The id in a Spotify URI or link to a track; None for a word for nothing; anything else as it is."""
    match = _SPOTIFY_ID.search(str(cell))
    if match:
        return match.group(1)
    return None if str(cell).lower() in (*MISSING, "unknown", "0") else str(cell)


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


def _number(
    cell: str, words: Mapping[str, float], suffixes: Mapping[str, float], comma: str
) -> tuple[float, bool]:
    """What a tidied cell says, and whether that is in the canonical unit."""
    value = _plain_number(cell, comma)
    if value is not None:
        return value, False
    if cell.lstrip("+-") in ("inf", "infinity"):
        return float(cell), False
    match = _WITH_UNIT.fullmatch(cell)
    if match and match[2] in suffixes:
        factor, value = suffixes[match[2]], _plain_number(match[1], comma)
        # 4.03 min may well be 4:03.
        is_unclear = factor == 60_000 and _MINUTES_OR_SECONDS.fullmatch(match[1])
        return (np.nan if value is None or is_unclear else value * factor), True
    time = _milliseconds(cell) if "min" in suffixes else None
    if time is not None:
        return time, True
    return words.get(cell, np.nan), False


def _plain_number(cell: str, comma: str) -> float | None:
    if _THOUSANDS.fullmatch(cell) and (comma == "thousands" or cell.count(",") > 1 or "." in cell):
        return float(cell.replace(",", ""))
    if comma != "decimal" and _THOUSANDS.fullmatch(cell):
        return None
    return float(cell.replace(",", ".")) if _A_NUMBER.fullmatch(cell) else None


def _milliseconds(cell: str) -> float | None:
    """A length of time written with colons, with primes or with the letters of its units."""
    match = _CLOCK.fullmatch(cell) or _SPELLED_TIME.fullmatch(cell) or _PRIMES.fullmatch(cell)
    if not match or not any(match.groups()):
        return None
    hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in match.groups())
    return 1000 * (3600 * hours + 60 * minutes + seconds)


def _listed(cell: str) -> Any:
    """The list that a text spells, as JSON or Python write it; the text itself where it spells none."""
    if not cell.startswith(("[", "('", '("')):
        return cell
    # NumPy writes no commas between the texts of an array, and Python reads two such texts as one.
    cell = _BETWEEN_TEXTS.sub(", ", cell)
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(cell)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(value, list | tuple):
            return value
    # A list that was cut off is no name.
    return [] if cell.startswith(("['", '["', "('", '("')) else cell


def _is_nothing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell))
