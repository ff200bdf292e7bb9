"""What the numbers of a column say of its scale: the factor to the canonical unit, or why nobody can tell."""

from typing import Any

import numpy as np

from hitcast import cells, schemas
from hitcast.cells import Numbers
from hitcast.features import BY_NAME

POPULARITY_RANGE = (0.0, 100.0)
STRAY = 0.1  # where more of a column lies beyond 0 to 1, it is on another scale, not full of slips
LOUD = 0.03  # where more than one track and more of a column is at or above 0 dB; of real ones it is one in 2,000
SLOWEST = 30.0  # BPM: where a tenth of a column lies below, it is in another unit
SCALED = -1.5  # dB: no five tracks are all as loud
TRACKS_LAST = 60_000.0, 900_000.0  # ms: between these lies the middle track of any real table
TRACKS_MAY_LAST = 10_000.0, 10_800_000.0  # ms: the same where the unit is said, against slips alone
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


def scale(name: str, header: Any, found: Numbers, in_percent: bool) -> tuple[float, str]:
    """The factor of a column's plain numbers, and in a sentence why its unit cannot be told, empty where it can.

    Parameters
    ----------
    name
        What the column holds, by its canonical name.
    found
        Its numbers.
    in_percent
        Whether another column of the table is in percent.
    """
    with np.errstate(over="ignore"):
        factor, refusal = _scale(name, header, found, in_percent)
        return factor, refusal or _range_refusal(name, factor, found.plain)


def is_share(name: str) -> bool:
    """Whether this is a feature from 0 to 1."""
    return name in BY_NAME and BY_NAME[name].kind == "share"


def is_percent(header: Any) -> bool:
    """Whether a column is said to be in percent."""
    return schemas.plain(header).endswith("percent")


def is_whole(known: np.ndarray) -> bool:
    """Whether no percentage from 1 on has anything behind its point."""
    percentages = known[known >= 1]
    return bool(np.all(percentages == np.floor(percentages)))


def are_whole_hours(lengths: np.ndarray) -> np.ndarray:
    """Which of some lengths in milliseconds may be minutes and seconds that a spreadsheet took for hours."""
    return (lengths >= HOUR) & (lengths % MINUTE == 0)


def factor_of(header: Any) -> float | None:
    """How many milliseconds the unit is that a header names, None where it names none."""
    plain = schemas.plain(header)
    return next((factor for ending, factor in _MILLISECONDS.items() if plain.endswith(ending)), None)


def range_of(name: str) -> tuple[float, float]:
    """The least and the most that a feature, or the popularity, can be."""
    feature = BY_NAME.get(name)
    return (feature.low, feature.high) if feature else POPULARITY_RANGE


def _scale(name: str, header: Any, found: Numbers, in_percent: bool) -> tuple[float, str]:
    known = found.plain[np.isfinite(found.plain)]
    if is_share(name):
        return _of_share(name, header, known, in_percent)
    if name == "duration_ms":
        return _of_duration(header, known, found.exact)
    if name == "loudness":
        return 1.0, _loudness_refusal(known)
    if name == "tempo":
        return 1.0, _tempo_refusal(known)
    if name == "key":
        return 1.0, _key_refusal(known)
    if name == "popularity":
        return 1.0, _popularity_refusal(known)
    return 1.0, ""


def _of_share(name: str, header: Any, known: np.ndarray, in_percent: bool) -> tuple[float, str]:
    highest = known.max(initial=0)
    if not is_percent(header):
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
            f"some tracks would last {_time(exact.max())}, the middle one {_time(np.median(exact))}; if what reads as "
            "hours and minutes are minutes and seconds, write 0:04:01 for 4:01, or use a column duration_ms"
        )
    factor = factor_of(header)
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
    if not _lies(middle * factor, TRACKS_MAY_LAST):
        return factor, (
            f"the tracks would last {_time(middle * factor)} in the middle, so {cells.shown(header)} is not the unit; "
            "call the column duration_ms, duration_s or duration_min"
        )
    if factor == MINUTE and _may_be_minutes_and_seconds(known):
        return factor, (
            f"no value of {cells.shown(header)} has more than .59 behind the point, so 3.45 may be 3:45; write "
            "minutes and seconds with a colon, or use a column duration_ms"
        )
    return factor, ""


def _may_be_minutes_and_seconds(known: np.ndarray) -> bool:
    """Whether no number has more than two digits behind its point, some have two, and none would be .60 or more."""
    hundreds = np.round(100 * known)
    two_digits = np.allclose(100 * known, hundreds, rtol=0, atol=1e-6) and np.any(hundreds % 10)
    return bool(two_digits and np.all(hundreds % 100 < 60))


def _is_odd(exact: np.ndarray) -> bool:
    """Whether lengths that say their unit cannot be meant: a spreadsheet turns some 4:01 into 04:01:00."""
    return not _lies(float(np.median(exact)), TRACKS_MAY_LAST) or bool(are_whole_hours(exact).mean() > HOURS)


def _range_refusal(name: str, factor: float, plain: np.ndarray) -> str:
    """Why a column of which much is impossible is in another unit as a whole."""
    low, high = range_of(name)
    known = factor * plain
    outside = (known < low) | (known > high)
    # One number again and again, such as -1, stands for nothing; but not 2 among the choices 0 and 1.
    is_choice = name in BY_NAME and BY_NAME[name].kind == "choice"
    if (
        outside.sum() < 2
        or outside.mean() <= STRAY
        or (len(np.unique(known[outside])) == 1 and not is_choice)
    ):
        return ""
    return (
        f"{name} goes from {plain.min():g} to {plain.max():g} in this table, and "
        f"{100 * outside.mean():.0f} % of it lies outside {low / factor:g} to {high / factor:g}"
    )


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
    analysed = known[known > 0]
    if not len(analysed) or np.quantile(analysed, 0.1) >= SLOWEST:
        return ""
    return f"tempo is {np.quantile(analysed, 0.1):g} or less in a tenth of this table, so it is not in beats per minute"


def _key_refusal(known: np.ndarray) -> str:
    if not len(known) or not 1 <= known.min() <= known.max() == 12:
        return ""
    return "key goes from 1 to 12 in this table; it should go from 0 for C to 11 for B"


def _popularity_refusal(known: np.ndarray) -> str:
    highest, positive = known.max(initial=0), known[known > 0]
    fractions = bool(np.any(known != np.floor(known)))
    # Tables of unpopular tracks have mostly 0.
    stars = len(known) >= 30 and len(positive) > 0.5 * len(known)
    too_low = 0 < highest <= (10 if fractions or stars else 1)
    if not too_low and np.sum((known < 0) | (known > 100)) + np.sum(positive < 1) <= STRAY * len(known):
        return ""
    return (
        f"popularity goes from {known.min():g} to {highest:g} in this table; it should be on Spotify's scale of "
        "0 to 100"
    )


def _lies(value: float, ends: tuple[float, float]) -> bool:
    return ends[0] <= value <= ends[1]


def _time(milliseconds: float) -> str:
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes}:{seconds:02d} min"
