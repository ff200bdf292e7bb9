"""What the numbers of a column say of its scale: the factor to the canonical unit, or why that is unknown."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hitcast.features import BY_NAME
from hitcast.tracks import headers, parsing
from hitcast.tracks.parsing import Numbers

POPULARITY_RANGE = (0.0, 100.0)
SLIPS = 0.01  # no more of a column are single wrong cells
STRAY = 0.1  # where more of a column lies beyond 0 to 1, it is on another scale, not full of slips
NEVER_SMALL = ("danceability", "energy", "valence", "liveness", "speechiness")  # 1 % or less is one in 5,000
LOUDEST, LOUD = 2.0, 0.03  # dB: no more of a column is louder; of real tracks one in 2,000 is above 0
SOME_ARE_ABOVE = {"acousticness": 20, "instrumentalness": 100}  # 1 %, among so many tracks that have any
NEAR, NEXT = -0.5, -2.5  # dB: louder than the one are fewer tracks than lie between the two
SCALED, SCALED_IN_THE_MIDDLE = -1.5, -1.2  # dB: as loud are no five tracks all, and no twenty in the middle
SLOWEST, SLOW = 30.0, 55.0  # BPM: a tenth of a column lies below the one, or half below the other in no table
TRACKS_LAST = 60_000.0, 900_000.0  # ms: between these lies the middle track of any real table
SONGS_LAST = 120_000.0, 300_000.0  # ms: the same for any large table of songs
TRACKS_MAY_LAST = 10_000.0, 10_800_000.0  # ms: the same where the unit is said, against slips alone
# Where more of a column is so many times longer or shorter than its middle, it holds more than one unit.
FAR, MIXED = 20, 0.04
HOURS = 0.05  # where more of a column lasts hours and whole minutes, a spreadsheet has made them
HOUR, MINUTE, SECOND = 3_600_000.0, 60_000.0, 1000.0
# Of so many different lengths in seconds, over so many hundreds, some end on 60 to 99.
DIFFERENT, HUNDREDS = 15, 3


@dataclass(frozen=True)
class Scale:
    """What a column's plain numbers are multiplied by, and which of them can be read.

    What is above 0 and not within the two ends of `clear` is in another unit than the rest, or in an
    unknown one. `refusal` says in a sentence why the scale is unknown, empty where it is known.
    """

    factor: float = 1.0
    clear: tuple[float, float] = (0.0, np.inf)
    refusal: str = ""


PLAIN = Scale()


def scale(name: str, header: Any, found: Numbers, in_percent: bool) -> Scale:
    """The scale of a column.

    Parameters
    ----------
    name
        What the column holds, by its canonical name.
    found
        Its numbers.
    in_percent
        Whether another column of the table is in percent, as `is_in_percent` says.
    """
    with np.errstate(over="ignore"):
        scale = _scale(name, header, found, in_percent)
        return scale if scale.refusal else replace(scale, refusal=_range_refusal(name, scale.factor, found))


def is_in_percent(name: str, header: Any, found: Numbers) -> bool:
    """Whether this column shows that its table is in percent: it says so, and its numbers could be nothing else."""
    if name not in NEVER_SMALL:
        return False
    percentages = np.append(found.plain if is_percent(header) else [], 100 * found.exact)
    positive = percentages[percentages > 0]
    return bool(len(positive)) and bool(np.mean(positive > 1) >= 1 - STRAY)


def is_share(name: str) -> bool:
    """Whether this is a feature from 0 to 1."""
    return name in BY_NAME and BY_NAME[name].kind == "share"


def is_percent(header: Any) -> bool:
    """Whether a column is said to be in percent."""
    return headers.plain(header).endswith("percent")


def are_whole_hours(lengths: np.ndarray) -> np.ndarray:
    """Which of some lengths in milliseconds may be minutes and seconds that a spreadsheet took for hours."""
    return (lengths >= HOUR) & (lengths % MINUTE == 0)


def range_of(name: str) -> tuple[float, float]:
    """The least and the most that a feature, or the popularity, can be."""
    feature = BY_NAME.get(name)
    return (feature.low, feature.high) if feature else POPULARITY_RANGE


def _scale(name: str, header: Any, found: Numbers, in_percent: bool) -> Scale:
    known = found.plain[np.isfinite(found.plain)]
    if is_share(name):
        return _of_share(name, header, known, 100 * found.exact, in_percent)
    if name == "duration_ms":
        return _of_duration(header, known[known > 0], found)
    refusals = {
        "loudness": _loudness_refusal,
        "tempo": _tempo_refusal,
        "key": _key_refusal,
        "popularity": _popularity_refusal,
    }
    # Cells that say their unit are of the same scale as the others.
    everything = np.append(known, found.exact)
    refusal = refusals[name](everything) if name in refusals and len(everything) else ""
    return Scale(clear=(0.0, LOUDEST if name == "loudness" else np.inf), refusal=refusal)


def _of_share(name: str, header: Any, known: np.ndarray, percentages: np.ndarray, in_percent: bool) -> Scale:
    """`percentages` are those cells that have a percent sign."""
    are_many = len(percentages) > STRAY * (len(known) + len(percentages))
    if are_many and (refusal := _percent_refusal(name, f"{name} in percent", percentages, in_percent)):
        return Scale(refusal=refusal)
    if is_percent(header):
        refusal = _percent_refusal(name, parsing.shown(header), known, in_percent)
        is_whole = bool(np.any(known >= 1)) and _are_whole(known[known >= 1])
        return Scale(0.01, (1.0 if name in NEVER_SMALL or is_whole else 0.0, np.inf), refusal)
    if not _is_on_another_scale(name, known):
        return Scale()
    return Scale(
        refusal=f"{name} goes from {known.min():g} to {known.max():g} in this table, not from 0 to 1; if these are "
        f"percentages, call the column {name} (%), else bring it to 0 to 1"
    )


def _percent_refusal(name: str, said: str, percentages: np.ndarray, in_percent: bool) -> str:
    positive = percentages[percentages > 0]
    if not len(positive):
        return ""
    if _are_whole(percentages) and (in_percent or positive.max() > 1):
        return ""
    small = positive <= 1
    if name not in NEVER_SMALL:
        # Of such features many tracks have next to nothing, in percent as well, but not all of many tracks.
        above = np.mean(percentages > 1)
        is_unclear = above < 0.01 and len(positive) >= SOME_ARE_ABOVE[name]
        is_unclear |= above <= STRAY and not in_percent
    else:
        is_unclear = small.all() or (small.sum() > 1 and small.mean() > STRAY)
    if not is_unclear:
        return ""
    return (
        f"{said} holds {positive[small][0] if small.any() else positive.min():g}, which is either under 1 % or a "
        f"share of 1; call the column {name} and leave the percent signs out if it holds shares"
    )


def _are_whole(numbers: np.ndarray) -> bool:
    return bool(np.all(numbers == np.floor(numbers)))


def _is_on_another_scale(name: str, known: np.ndarray) -> bool:
    """Whether what lies beyond 0 to 1 is no slip: it is much, or more than lies in the upper half of 0 to 1."""
    negative = known[known < 0]
    # -1, or one number again and again, stands for nothing.
    stands_for_nothing = len(np.unique(negative)) == 1 and (len(negative) > 1 or negative[0] == -1)
    strays = int(np.sum(known > 1)) + (0 if stands_for_nothing else len(negative))
    upper_half = int(np.sum((known > 0.5) & (known <= 1)))
    return strays > STRAY * len(known) or (name not in NEVER_SMALL and 2 <= strays > upper_half)


def _of_duration(header: Any, known: np.ndarray, found: Numbers) -> Scale:
    """`known` are the numbers without a unit above 0."""
    if refusal := _exact_refusal(found.exact, found.values[found.is_clock]):
        return Scale(refusal=refusal)
    factor, way_out = headers.length_unit(header), "call the column duration_ms, duration_s or duration_min"
    if not len(known):
        return Scale(factor or 1.0)
    if factor is None and len(known) <= STRAY * len(found.exact):
        return Scale(clear=(np.inf, np.inf))  # a few bare numbers among clear lengths
    if headers.is_minutes_and_seconds(header):
        return Scale(
            refusal=f"{parsing.shown(header)} holds {known[0]:g}, which has no colon between minutes and seconds; write "
            "3:49, or use a column duration_ms"
        )
    middle = float(np.median(known))
    if factor is None:
        factor = fitting(middle)
    if factor is None:
        return Scale(
            refusal=f"{parsing.shown(header)} has no unit, and {middle:g} in the middle does not show it; {way_out}"
        )
    if not _lies(middle * factor, TRACKS_MAY_LAST):
        return Scale(
            factor,
            refusal=f"the tracks would last {_time(middle * factor)} in the middle, so {parsing.shown(header)} is not the "
            f"unit; {way_out}",
        )
    if _are_mixed(known):
        return Scale(
            factor,
            refusal=f"{parsing.shown(header)} goes from {known.min():g} to {known.max():g} about a middle of {middle:g}, so "
            "it holds more than one unit; write all lengths in the same",
        )
    if factor == MINUTE and _may_be_minutes_and_seconds(known):
        return Scale(
            factor,
            refusal=f"no value of {parsing.shown(header)} has more than .59 behind the point, so 3.45 may be 3:45; write "
            "minutes and seconds with a colon, or use a column duration_ms",
        )
    if factor == SECOND and _may_be_run_together(known):
        return Scale(
            factor,
            refusal=f"no value of {parsing.shown(header)} ends on 60 to 99, so 345 may be 3:45; write minutes and seconds "
            "with a colon, or use a column duration_ms",
        )
    # Far from the middle a number is in another unit, or 1.200 among seconds is 1,200.
    ends = {SECOND: (1 / FAR, 100), MINUTE: (1 / FAR, 45)}.get(factor, (0, np.inf))
    if _lies(middle * factor, TRACKS_LAST):  # the middle of some songs says little of the others
        usual = float(np.clip(middle * factor, *SONGS_LAST)) / factor
        return Scale(factor, (min(middle, usual) * ends[0], usual * ends[1]))
    return Scale(factor, (middle * ends[0], middle * ends[1]))


def fitting(middle: float) -> float | None:
    """The unit, in milliseconds, in which lengths with this middle can be those of tracks, None if there are more."""
    usual = [factor for factor in (1.0, 1000.0) if _lies(middle * factor, TRACKS_LAST)]
    possible = [factor for factor in (1.0, 1000.0) if _lies(middle * factor, TRACKS_MAY_LAST)]
    possible += [MINUTE] if 1 <= middle <= TRACKS_MAY_LAST[1] / MINUTE else []
    return next(iter(usual), possible[0] if len(possible) == 1 else None)


def _exact_refusal(exact: np.ndarray, clock: np.ndarray) -> str:
    """Why lengths that say their unit cannot be meant, such as hours that a spreadsheet made of minutes."""
    if not len(exact):
        return ""
    middle = float(np.median(exact))
    too_many_hours = len(clock) and are_whole_hours(clock).mean() > HOURS
    if _lies(middle, TRACKS_MAY_LAST) and not too_many_hours and not _are_mixed(exact):
        return ""
    return (
        f"the tracks would last from {_time(exact.min())} to {_time(exact.max())}, the middle one {_time(middle)}; if what "
        "reads as hours and minutes are minutes and seconds, write 0:04:01 for 4:01, or use a column duration_ms"
    )


def _are_mixed(lengths: np.ndarray) -> bool:
    """Whether some lengths are so far from the middle that they are in another unit."""
    middle = np.median(lengths)
    far = (lengths * FAR < middle) | (lengths > middle * FAR)
    return bool(far.sum() > 1 and far.mean() > MIXED)


def _may_be_minutes_and_seconds(known: np.ndarray) -> bool:
    """Whether no number has more than two digits behind its point, some have two, and none would be .60 or more."""
    hundreds = np.round(100 * known)
    two_digits = np.allclose(100 * known, hundreds, rtol=0, atol=1e-6) and np.any(hundreds % 10)
    return bool(two_digits and np.all(hundreds % 100 < 60))


def _may_be_run_together(known: np.ndarray) -> bool:
    """Whether all are whole, and of many different ones none has 60 or more in its last two digits."""
    different = np.unique(known)
    is_telling = len(different) >= DIFFERENT and len(np.unique(different // 100)) >= HUNDREDS
    return bool(is_telling and _are_whole(different) and np.all(different % 100 < 60))


def _range_refusal(name: str, factor: float, found: Numbers) -> str:
    """Why a column of which much is impossible is in another unit as a whole."""
    low, high = range_of(name)
    known = np.append(factor * found.plain, found.exact)
    outside = known[(known < low) | (known > high)]
    # One number again and again, such as -1, stands for nothing; but not 2 among the choices 0 and 1.
    is_refused = len(outside) > STRAY * len(known) and len(np.unique(outside)) > 1
    if name in BY_NAME and BY_NAME[name].kind == "choice":
        coded_from_1 = np.sum(outside == high + 1)
        # Some 2 among the choices 0 and 1 are slips, unless there is no 0.
        no_zero = (low, high) == (0, 1) and not np.any(known == 0)
        is_refused |= coded_from_1 > 1 and (coded_from_1 > SLIPS * len(known) or no_zero)
    if not is_refused:
        return ""
    return (
        f"{name} goes from {known.min() / factor:g} to {known.max() / factor:g} in this table, and "
        f"{100 * len(outside) / len(known):.2g} % of it lies outside {low / factor:g} to {high / factor:g}"
    )


def _loudness_refusal(known: np.ndarray) -> str:
    impossible = (known > LOUDEST) | (known == 0)
    is_scaled = len(known) >= 5 and SCALED < known.min() <= known.max() <= 0
    is_scaled |= len(known) >= 20 and np.median(known) > SCALED_IN_THE_MIDDLE
    is_unsigned = np.mean(known >= 0) > 0.5 or (impossible.sum() > 1 and impossible.mean() > LOUD)
    near, next_to_it = np.sum((known > NEAR) & (known != 0)), np.sum((known > NEXT) & (known <= NEAR))
    is_mixed = known.max() <= 1 and near > max(next_to_it, 1, STRAY * len(known))
    if not (is_scaled or is_unsigned or is_mixed):
        return ""
    scale = "its minus sign is lost"
    if is_mixed and known.min() < SCALED:
        scale = "some of it is on a scale of its own"
    elif known.max() <= 1:
        scale = "it is on a scale of 0 to 1" if known.min() >= 0 else "it is on a scale of its own"
    return (
        f"loudness goes from {known.min():g} to {known.max():g}, but real tracks lie below 0 decibels and mostly below "
        f"-2; it seems that {scale}; bring it to decibels, or give the column a name of your own to leave it out"
    )


def _tempo_refusal(known: np.ndarray) -> str:
    analysed = known[known > 0]
    if not len(analysed):
        return ""
    slowest, middle = np.quantile(analysed, [0.1, 0.5])
    if slowest >= SLOWEST and (len(analysed) < 5 or middle >= SLOW):
        return ""
    return (
        f"tempo is {middle:g} in the middle of this table, and {slowest:g} or less in a tenth of it, so it is not in beats "
        "per minute; bring it to those, or give the column a name of your own to leave it out"
    )


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
