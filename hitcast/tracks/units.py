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

from hitcast.tracks import headers, parsing, scales
from hitcast.tracks.headers import LENGTH_UNITS
from hitcast.tracks.scales import PLAIN, Scale

_SUFFIXES = {
    "share": {"%": 0.01},
    "loudness": {"db": 1.0, "dbfs": 1.0, "lufs": 1.0},
    "tempo": {"bpm": 1.0},
    "duration_ms": LENGTH_UNITS | {"m": 60_000.0},
}
_ONE_COMMA = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,(?!\d{3}$)\d*|[+-]?0,\d*|[+-]?\d{4,},\d*", re.ASCII)
_DECIMAL_POINT = re.compile(r"[+-]?[\d,]*\.\d+", re.ASCII)

GERMAN = Scale(
    refusal="key is written as in German, where B is not what it is elsewhere; write 0 for C to 11 for H"
)
# Where one of these is, B is the key below H.
_GERMAN_KEYS = frozenset(("h", "cis", "des", "dis", "es", "fis", "ges", "gis", "as", "ais"))

Comma = Literal["decimal", "thousands", "unknown"]


@dataclass(frozen=True)
class Unit:
    """How the plain numbers of a column are read: on a scale, with commas that mean what `comma` says.

    `is_settled` says whether there were any to settle it by. Where the scale is refused, no cell is read.
    """

    scale: Scale = PLAIN
    comma: Comma = "decimal"
    is_settled: bool = False


def settle(columns: Mapping[str, pd.Series]) -> dict[str, Unit]:
    """The unit of every numeric column of a table, each by its canonical name and named as its header is."""
    commas = {name: _comma(name, given) for name, given in columns.items()}
    numbers = {
        name: parsing.numbers(given, parsing.WORDS.get(name), suffixes(name), commas[name])
        for name, given in columns.items()
    }
    in_percent = any(scales.is_in_percent(name, given.name, numbers[name]) for name, given in columns.items())
    return {
        name: _unit(name, given, numbers[name], commas[name], in_percent) for name, given in columns.items()
    }


def _unit(name: str, given: pd.Series, found: parsing.Numbers, comma: Comma, in_percent: bool) -> Unit:
    if name == "key" and _is_german(given):
        return Unit(GERMAN, comma)
    scale = scales.scale(name, given.name, found, in_percent)
    return Unit(scale, comma, is_settled=len(found.plain) > 0 and bool(np.isfinite(scale.clear[0])))


def contradiction(settled: Mapping[str, Unit], others: Mapping[str, Unit]) -> str:
    """What speaks in the units of some rows of a table against those that were settled, empty where nothing does."""
    for name, unit in others.items():
        before = settled.get(name, unit)
        if before.scale.refusal:
            continue
        if unit.scale.refusal:
            return unit.scale.refusal
        differs = unit.scale.factor != before.scale.factor
        if (differs and unit.is_settled and before.is_settled) or unit.comma not in ("decimal", before.comma):
            return f"{name} is in another unit than in the rows before"
    return ""


def read(name: str, given: pd.Series, unit: Unit) -> tuple[np.ndarray, np.ndarray]:
    """The cells of a column in the canonical unit, and a mask of the empty ones; NaN and not empty = unreadable."""
    found = parsing.numbers(given, parsing.WORDS.get(name), suffixes(name), unit.comma)
    scale = unit.scale
    if scale.refusal:
        return np.full(len(given), np.nan), found.missing
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = scale.clear
        is_far = (found.values > 0) & ((found.values < low) | (found.values > high))
        is_far &= found.values * scale.factor <= scales.range_of(name)[1]  # beyond, there is a better reason
        exact_is_unclear = found.is_clock & scales.are_whole_hours(found.values)
        if name == "loudness":
            exact_is_unclear |= found.values > high
        if name in scales.NEVER_SMALL:  # 0.63 % may be a share that got a percent sign
            exact_is_unclear |= (found.values > 0) & (found.values < 0.01)
        unclear = np.where(found.is_exact, exact_is_unclear, is_far)
        values = np.where(found.is_exact, found.values, found.values * scale.factor)
        # To the microsecond: 167.693 s are 167,693 ms, whatever binary fractions say.
        values = np.round(values, 3) if name == "duration_ms" else values
    return np.where(unclear, np.nan, values), found.missing


def suffixes(name: str) -> Mapping[str, float]:
    """The units that may be written behind the numbers of a column, each with its factor."""
    return _SUFFIXES.get("share" if scales.is_share(name) else name, {})


def _comma(name: str, given: pd.Series) -> Comma:
    """What a comma before exactly three digits means in a column, from its other cells or from what is possible."""
    if pd.api.types.is_numeric_dtype(given.dtype):
        return "decimal"
    texts = [parsing.tidy(cell) for cell in given.dropna().astype(str).unique()]
    unclear = [text for text in texts if _ONE_COMMA.fullmatch(text)]
    if not unclear or any(_DECIMAL_COMMA.fullmatch(text) for text in texts):
        return "decimal"
    if any(_DECIMAL_POINT.fullmatch(text) for text in texts) or name in parsing.WORDS or name == "popularity":
        return "thousands"
    return _possible_comma(name, given.name, unclear)


def _possible_comma(name: str, header: Any, unclear: list[str]) -> Comma:
    """The only way to read the commas that gives possible numbers, or ways that give the same."""
    low, high = scales.range_of(name)
    ways: dict[Comma, str] = {"decimal": ".", "thousands": ""}
    possible: dict[Comma, float] = {}
    for comma, point in ways.items():
        numbers = np.array([float(text.replace(",", point)) for text in unclear])
        factor = _factor(name, header, numbers)
        if factor and np.all((low <= factor * numbers) & (factor * numbers <= high)):
            possible[comma] = factor * numbers[0]
    is_clear = len(possible) == 1 or (len(possible) == 2 and np.ptp(list(possible.values())) < 1)
    return next(iter(possible)) if is_clear else "unknown"


def _factor(name: str, header: Any, numbers: np.ndarray) -> float | None:
    """The factor to the canonical unit that the header or the numbers give; None where neither does."""
    if name == "duration_ms":
        return headers.length_unit(header) or scales.fitting(float(np.median(numbers)))
    return 0.01 if scales.is_percent(header) else 1.0


def _is_german(given: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(given.dtype) and any(
        parsing.tidy(cell) in _GERMAN_KEYS for cell in given.dropna().astype(str).unique()
    )
