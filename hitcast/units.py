"""In which unit a table's numbers are written: settled for a whole column before one cell of it is read.

A cell by itself says too little: 0.8 may be a share or a percentage, 240 seconds or minutes, 1,200
thousand or one. Where a column does not settle it either, it is refused with the way out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from hitcast import cells, schemas
from hitcast.features import BY_NAME

ROWS = 10_000  # the first of a table; they settle how all of it is read
STRAY = 0.1  # where more of a column lies beyond 0 to 1, it is on another scale, not full of slips
LOUD = 0.03  # where more than one track and more of a column is at or above 0 dB; of real ones it is one in 2,000
SLOWEST = 30.0  # BPM: a column whose middle lies below is in another unit
SCALED = -1.5  # dB: no five tracks are all as loud
TRACKS_LAST = 60_000.0, 900_000.0  # ms: between these lies the middle track of any real table
TRACKS_MAY_LAST = (
    10_000.0,
    10_800_000.0,
)  # ms: the same where the unit is said, so only slips are to be caught
HOURS = 0.05  # where more of a column lasts hours and whole minutes, a spreadsheet has made them
HOUR, MINUTE = 3_600_000.0, 60_000.0
_MILLISECONDS = {
    "ms": 1.0,
    "msec": 1.0,
    "milliseconds": 1.0,
    "durations": 1000.0,
    "lengths": 1000.0,
    "sec": 1000.0,
    "secs": 1000.0,
    "seconds": 1000.0,
    "min": 60_000.0,
    "mins": 60_000.0,
    "minutes": 60_000.0,
}
_SUFFIXES = {
    "share": {"%": 0.01},
    "loudness": {"db": 1.0, "dbfs": 1.0, "lufs": 1.0},
    "tempo": {"bpm": 1.0},
    "duration_ms": {
        **dict.fromkeys(("ms", "msec", "milliseconds"), 1.0),
        **dict.fromkeys(("s", "sec", "secs", "seconds"), 1000.0),
        **dict.fromkeys(("m", "min", "mins", "minutes"), 60_000.0),
    },
}
_ONE_COMMA = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,(?!\d{3}$)\d*|[+-]?0,\d*|[+-]?\d{4,},\d*", re.ASCII)
_DECIMAL_POINT = re.compile(r"[+-]?[\d,]*\.\d+", re.ASCII)

Comma = Literal["decimal", "thousands", "unknown"]


@dataclass(frozen=True)
class Unit:
    """How the plain numbers of a column are read: times `factor`, with commas that mean what `comma` says.

    `refusal` says in a sentence why nobody can tell; no cell is then read.
    """

    factor: float = 1.0
    comma: Comma = "decimal"
    refusal: str = ""


Units = Mapping[str, Unit]
CANONICAL: Units = {}


def settle(raw: pd.DataFrame) -> dict[str, Unit]:
    """The unit of every numeric column that is recognised, by its canonical name, from the first 10,000 rows."""
    where = schemas.locate(raw.columns)
    columns = {
        name: (raw.columns[at], raw.iloc[:ROWS, at])
        for name, at in where.items()
        if name not in schemas.TEXT_COLUMNS
    }
    commas = {name: _comma(name, header, given) for name, (header, given) in columns.items()}
    numbers = {
        name: cells.numbers(given, cells.WORDS.get(name), suffixes(name), commas[name])
        for name, (_, given) in columns.items()
    }
    in_percent = any(
        _is_percent(header) and _is_share(name) and np.nanmax(numbers[name].plain, initial=0) > 1
        for name, (header, _) in columns.items()
    )
    settled = {}
    for name, (header, _) in columns.items():
        factor, refusal = _scale(name, header, numbers[name], in_percent)
        settled[name] = Unit(factor, commas[name], refusal)
    return settled


def read(name: str, given: pd.Series, unit: Unit) -> tuple[np.ndarray, np.ndarray]:
    """The cells of a column in the canonical unit, and a mask of the empty ones; NaN and not empty = unreadable."""
    found = cells.numbers(given, cells.WORDS.get(name), suffixes(name), unit.comma)
    if unit.refusal:
        return np.full(len(given), np.nan), found.missing
    with np.errstate(over="ignore"):
        values = np.where(found.is_exact, found.values, found.values * unit.factor)
    # Rounded to the microsecond: 167.693 s are 167,693 ms, whatever binary fractions say.
    return (np.round(values, 3) if name == "duration_ms" else values), found.missing


def suffixes(name: str) -> Mapping[str, float]:
    """The units that may be written behind the numbers of a column, each with its factor."""
    return _SUFFIXES.get("share" if _is_share(name) else name, {})


def _scale(name: str, header: Any, found: cells.Numbers, in_percent: bool) -> tuple[float, str]:
    """The factor of plain numbers, and why it cannot be told."""
    known = found.plain[np.isfinite(found.plain)]
    if _is_share(name):
        return _of_share(name, header, known, in_percent)
    if name == "duration_ms":
        return _of_duration(header, known, found.exact)
    if name == "loudness":
        return 1.0, _loudness_refusal(known)
    if name == "tempo":
        return 1.0, _tempo_refusal(known)
    if name == "popularity":
        return 1.0, _popularity_refusal(known)
    return 1.0, ""


def _of_share(name: str, header: Any, known: np.ndarray, in_percent: bool) -> tuple[float, str]:
    highest = known.max(initial=0)
    if not _is_percent(header):
        if not _is_on_another_scale(known):
            return 1.0, ""
        return 1.0, (
            f"{name} goes from {known.min():g} to {highest:g} in this table, not from 0 to 1; if these are "
            f"percentages, call the column {name} (%), else bring it to 0 to 1"
        )
    whole = bool(np.all(known == np.floor(known)))
    if highest > 1 or highest == 0 or (whole and in_percent):
        return 0.01, ""
    return 0.01, (
        f"{cells.shown(header)} holds at most {highest:g}, which is either under 1 % or a share of 1; call the "
        f"column {name} if it holds shares"
    )


def _is_on_another_scale(known: np.ndarray) -> bool:
    """Whether what lies beyond 0 to 1 is no slip: it is much, or more than lies in the upper half of 0 to 1."""
    strays = int(np.sum((known < 0) | (known > 1)))
    upper_half = int(np.sum((known > 0.5) & (known <= 1)))
    return strays > STRAY * len(known) or 2 <= strays > upper_half


def _of_duration(header: Any, known: np.ndarray, exact: np.ndarray) -> tuple[float, str]:
    if len(exact) and _is_odd(exact):
        return 1.0, (
            f"some tracks would last {_time(exact.max())}, the middle one {_time(np.median(exact))}; if what reads as hours and minutes are "
            "minutes and seconds, write 0:04:01 for 4:01, or use a column duration_ms"
        )
    plain = schemas.plain(header)
    factor = next((factor for ending, factor in _MILLISECONDS.items() if plain.endswith(ending)), None)
    if not len(known):
        return factor or 1.0, ""
    middle = float(np.median(known))
    if factor is None:
        fitting = [each for each in (1.0, 1000.0) if _lies(middle * each, TRACKS_LAST)]
        if fitting:
            return fitting[0], ""
        return 1.0, (
            f"{cells.shown(header)} has no unit, and {middle:g} in the middle does not tell it; call the column "
            "duration_ms, duration_s or duration_min"
        )
    if factor > 1 and not _lies(middle * factor, TRACKS_MAY_LAST):
        return factor, (
            f"the tracks would last {_time(middle * factor)} in the middle, so {cells.shown(header)} is not the unit; "
            "call the column duration_ms, duration_s or duration_min"
        )
    if factor == 60_000 and len(known) >= 10 and np.all(known % 1 < 0.595) and np.any(known % 1):
        return factor, (
            f"no value of {cells.shown(header)} has more than .59 behind the point, so 3.45 may be 3:45; write "
            "minutes and seconds with a colon, or use a column duration_ms"
        )
    return factor, ""


def _is_odd(exact: np.ndarray) -> bool:
    """Whether lengths that say their unit cannot be meant: a spreadsheet turns some 4:01 into 04:01:00."""
    whole_hours = (exact >= HOUR) & (exact % MINUTE == 0)
    return not _lies(float(np.median(exact)), TRACKS_MAY_LAST) or bool(whole_hours.mean() > HOURS)


def _loudness_refusal(known: np.ndarray) -> str:
    loud = int(np.sum(known >= 0))
    is_scaled = len(known) >= 5 and SCALED < known.min() <= known.max() <= 0
    if not (is_scaled or (loud > LOUD * len(known) and (loud > 1 or len(known) == 1))):
        return ""
    if known.min() >= 0 and known.max() <= 1:
        scale = "it is on a scale of 0 to 1"
    else:
        scale = "it is scaled" if is_scaled else "its minus sign is lost"
    return (
        f"loudness goes from {known.min():g} to {known.max():g}, but decibels of real tracks lie below 0; it seems "
        f"that {scale}"
    )


def _tempo_refusal(known: np.ndarray) -> str:
    if not len(known) or np.median(known) >= SLOWEST:
        return ""
    return f"tempo is {np.median(known):g} in the middle of this table, which is not in beats per minute"


def _popularity_refusal(known: np.ndarray) -> str:
    highest = known.max(initial=0)
    fractions = bool(np.any(known != np.floor(known)))
    # Tables of unpopular tracks have mostly 0.
    stars = len(known) >= 30 and np.mean(known > 0) > 0.5
    too_low = 0 < highest <= (10 if fractions or stars else 1)
    if not too_low and np.sum((known < 0) | (known > 100)) <= STRAY * len(known):
        return ""
    return f"popularity goes up to {highest:g} in this table; it should be on Spotify's scale of 0 to 100"


def _comma(name: str, header: Any, given: pd.Series) -> Comma:
    """What a comma before exactly three digits means in a column, from its other cells or from what is possible."""
    if pd.api.types.is_numeric_dtype(given.dtype):
        return "decimal"
    texts = [cells.tidy(cell) for cell in given.dropna().astype(str).unique()]
    unclear = [text for text in texts if _ONE_COMMA.fullmatch(text)]
    if not unclear or any(_DECIMAL_COMMA.fullmatch(text) for text in texts):
        return "decimal"
    if any(_DECIMAL_POINT.fullmatch(text) for text in texts) or name in cells.WORDS or name == "popularity":
        return "thousands"
    return _possible_comma(name, header, unclear)


def _possible_comma(name: str, header: Any, unclear: list[str]) -> Comma:
    feature, plain = BY_NAME[name], schemas.plain(header)
    factor = next((factor for ending, factor in _MILLISECONDS.items() if plain.endswith(ending)), 1.0)
    ways: dict[Comma, str] = {"decimal": ".", "thousands": ""}
    possible = [
        comma
        for comma, point in ways.items()
        if all(feature.low <= factor * float(text.replace(",", point)) <= feature.high for text in unclear)
    ]
    return possible[0] if len(possible) == 1 else "unknown"


def _is_share(name: str) -> bool:
    return name in BY_NAME and BY_NAME[name].kind == "share"


def _is_percent(header: Any) -> bool:
    return schemas.plain(header).endswith("percent")


def _lies(value: float, ends: tuple[float, float]) -> bool:
    return ends[0] <= value <= ends[1]


def _time(milliseconds: float) -> str:
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes}:{seconds:02d} min"
