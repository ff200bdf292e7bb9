"""The tracks table: the one shape that everything after the sources reads.

Row rules live here once. `conform` counts what they drop, `check` says it row by row.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hitcast import features, schemas
from hitcast.errors import TableError

HIT_THRESHOLD = 80
LEAST = 20  # hits, and others, below which a figure measured on them means nothing
LEAST_ARTISTS = 5  # one for each fold of the evaluation
COSTLY = 0.05  # an optional feature missing in a larger share of the rows is left out as a column

_REPORTED_ABSENT = ("track_id", "title", "album", "genre", "release_date", *features.FULL)
_NOT_AUDIO = ("explicit",)


@dataclass(frozen=True)
class Report:
    """What `conform` did: rows in and out, rows dropped by reason, columns absent and renamed."""

    rows_in: int
    rows_out: int
    dropped: dict[str, int] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Fault:
    """Why some rows cannot be used: a reason to count and a sentence for each row."""

    reason: str
    rows: np.ndarray
    sentence: str  # may hold {} for the cell as it was given


@dataclass(frozen=True)
class _Column:
    """One feature read from raw cells, and what is wrong with it."""

    cells: pd.Series
    values: np.ndarray
    missing: np.ndarray
    faults: list[_Fault]


def check(
    raw: pd.DataFrame, wanted: Sequence[str] | None = None, allow_missing: bool = False
) -> tuple[pd.DataFrame, pd.Series]:
    """The features of each row as float64, and why a row cannot be used ('' where it can).

    Parameters
    ----------
    raw : DataFrame
        Rows in any known schema; its index is kept.
    wanted : sequence of str, optional
        Feature names. Default: the core features and all others that `raw` has.
    allow_missing : bool
        Let missing columns and cells through as NaN instead of calling them a problem.

    Raises
    ------
    TableError
        When a wanted column is missing and that is not allowed.
    """
    present = schemas.locate(raw.columns)
    if wanted is None:
        wanted = [name for name in features.FULL if name in present or name in features.CORE]
    if not allow_missing:
        schemas.require(raw.columns, wanted)
    read = {name: _read(raw, name) for name in wanted if name in present}
    if allow_missing and not read:
        schemas.require(raw.columns, wanted)
    problem = np.full(len(raw), "", dtype=object)
    clean = np.ones(len(raw), dtype=bool)
    for column in (*_damage(raw), *read.values()):
        for fault in column.faults:
            rows = np.flatnonzero(fault.rows & clean & ~(column.missing & allow_missing))
            problem[rows] = [fault.sentence.format(_shown(column.cells.iat[row])) for row in rows]
            clean[rows] = False
    empty = np.full(len(raw), np.nan)
    values = {name: read[name].values if name in read else empty for name in wanted}
    return pd.DataFrame(values, index=raw.index), pd.Series(problem, index=raw.index, name="problem")


def conform(raw: pd.DataFrame, labelled: bool = True) -> tuple[pd.DataFrame, Report]:
    """The tracks table made of raw rows in any known schema, and a report of what was dropped.

    One row a recording: by track id, then by identical audio, then by title and primary artist; the
    most popular is kept and ties are broken by content, so the order of the rows does not matter.
    Rows are sorted from most to least popular.

    Parameters
    ----------
    raw : DataFrame
        Left as it is.
    labelled : bool
        Whether every row must have an artist and a popularity, as training needs.

    Raises
    ------
    TableError
        When a column that is needed is missing; names the nearest headers found.
    """
    schemas.require(raw.columns, features.CORE + (("popularity", "artist") if labelled else ()))
    present = schemas.locate(raw.columns)
    text = schemas.texts(raw)
    read = {name: _read(raw, name) for name in (*features.FULL, "popularity") if name in present}

    reasons = np.full(len(raw), "", dtype=object)
    _mark(reasons, (fault for column in _damage(raw) for fault in column.faults))
    _mark(reasons, (fault for name in features.CORE for fault in read[name].faults))
    if labelled:
        _mark(reasons, read["popularity"].faults)
        _mark(reasons, [_Fault("no artist", text["artist"].isna().to_numpy(), "")])
    kept = [name for name in features.FULL if name in read and not _costly(read[name], reasons == "")]
    _mark(reasons, (fault for name in kept for fault in read[name].faults))

    popularity = {"popularity": _usable(read["popularity"])} if "popularity" in read else {}
    numbers = pd.DataFrame({name: read[name].values for name in kept} | popularity)
    table = pd.concat([text.reset_index(drop=True), numbers], axis=1)[reasons == ""]
    table = table[[name for name in schemas.CANONICAL if name in table]]
    dropped = pd.Series(reasons[reasons != ""], dtype=object).value_counts(sort=False).to_dict()
    table, repeated = _one_row_a_recording(table)
    table = table.drop(columns=[name for name in text if name in table and table[name].isna().all()])
    report = Report(
        rows_in=len(raw),
        rows_out=len(table),
        dropped=dict(sorted((dropped | repeated).items())),
        absent=tuple(name for name in _REPORTED_ABSENT if name not in table),
        renamed={str(raw.columns[at]): name for name, at in present.items() if raw.columns[at] != name},
    )
    return table, report


def label(table: pd.DataFrame, threshold: float = HIT_THRESHOLD) -> pd.Series:
    """Whether each track is a hit: its popularity is at least `threshold`."""
    if "popularity" not in table or table["popularity"].isna().any():
        raise TableError("Some tracks have no popularity, so nobody can say which are hits.")
    return (table["popularity"] >= threshold).rename("hit")


def require_trainable(table: pd.DataFrame, threshold: float = HIT_THRESHOLD) -> None:
    """Raise TableError unless there are enough hits, others and artists to train and evaluate on."""
    hits = label(table, threshold)
    count, others = int(hits.sum()), int((~hits).sum())
    if count < LEAST or others < LEAST:
        short = f"{count:,} of {len(table):,} tracks have a popularity of {threshold:g} or more"
        raise TableError(
            f"{short}; training needs at least {LEAST} hits and {LEAST} others. {_way_out(table['popularity'])}"
        )
    artists = table["artist"].nunique()
    if artists < LEAST_ARTISTS or table.loc[hits, "artist"].nunique() < 2:
        raise TableError(
            f"The {len(table):,} tracks are by {artists:,} artist{'s' if artists > 1 else ''} and the hits by "
            f"{table.loc[hits, 'artist'].nunique():,}; at least {LEAST_ARTISTS} and 2 are needed, because models are "
            "tested on artists that they have not seen. Add tracks by others."
        )


def write(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write the table as CSV; `read` gives back the same values, to the last bit."""
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def read(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The table that `write` wrote.

    Raises
    ------
    TableError
        When the file is not there or is not a tracks table.
    """
    text = dict.fromkeys(schemas.TEXT_COLUMNS, str)
    try:
        table = pd.read_csv(
            Path(path),
            dtype=text,
            keep_default_na=False,
            na_values=[""],
            float_precision="round_trip",
            encoding="utf-8",
            lineterminator="\n",
        )
    except (OSError, ValueError) as error:
        raise TableError(f"{path} cannot be read as a tracks table: {_first_line(error)}.") from error
    schemas.require(table.columns, features.CORE)
    numbers = [name for name in (*features.FULL, "popularity") if name in table]
    return table.astype(dict.fromkeys(numbers, "float64"))


def _read(raw: pd.DataFrame, name: str) -> _Column:
    at = schemas.locate(raw.columns)[name]
    cells = raw.iloc[:, at]
    values, missing = schemas.read_numbers(name, raw.columns[at], cells)
    return _Column(cells, values, missing, _faults(name, values, missing))


def _damage(raw: pd.DataFrame) -> list[_Column]:
    """What a reader said about rows of a file that are not what their writer meant."""
    if schemas.DAMAGE not in raw:
        return []
    cells = raw[schemas.DAMAGE].fillna("").astype(str)
    damaged = (cells != "").to_numpy()
    return [
        _Column(cells, damaged, np.zeros_like(damaged), [_Fault("row damaged in the file", damaged, "{}")])
    ]


def _faults(name: str, values: np.ndarray, missing: np.ndarray) -> list[_Fault]:
    """What is wrong with a column's values; the cheap case, nothing, makes no list of sentences."""
    feature = features.BY_NAME.get(name)
    low, high = (feature.low, feature.high) if feature else (0, 100)
    outside = (values < low) | (values > high)
    faults = [
        _Fault(f"no {name}", missing, f"{name} is missing"),
        _Fault(f"{name} not readable", np.isnan(values) & ~missing, f"{name} {{}} is not {_kind(name)}"),
    ]
    if name == "tempo":
        unknown = values == 0
        faults.append(
            _Fault("tempo 0 (not analysed)", unknown, "tempo 0 means that nobody analysed the track")
        )
    if feature and feature.kind == "share":
        percent = outside & (values > 1) & (values <= 100)
        sentence = f"{name} {{}} is outside 0 to 1; if it is a percentage, divide by 100"
        faults.append(_Fault(f"{name} out of range", percent, sentence))
    if name == "loudness" and _is_share(values):
        faults.append(
            _Fault(
                "loudness not in decibels", ~missing, "loudness {} is on a scale of 0 to 1, not in decibels"
            )
        )
    faults.append(
        _Fault(f"{name} out of range", outside, f"{name} {{}} is outside {_range(name, low, high)}")
    )
    if feature and feature.kind == "choice":
        between = ~np.isnan(values) & ~outside & (values != np.floor(values))
        faults.append(_Fault(f"{name} out of range", between, f"{name} {{}} is not a whole number"))
    return [fault for fault in faults if fault.rows.any()]


def _is_share(values: np.ndarray) -> bool:
    """Whether loudness came on a 0 to 1 scale: hardly any real track reaches 0 dB, five never do."""
    known = values[~np.isnan(values)]
    return len(known) >= 5 and known.min() >= 0 and known.max() <= 1 and known.min() < known.max()


def _kind(name: str) -> str:
    return "a length of time with a known unit" if name == "duration_ms" else "a number"


def _range(name: str, low: float, high: float) -> str:
    if name == "duration_ms":
        return f"{low / 1000:g} seconds to {high / 3_600_000:g} hours"
    unit = features.BY_NAME[name].unit if name in features.BY_NAME else ""
    return f"{low:g} to {high:g} {unit}".strip()


def _mark(reasons: np.ndarray, faults: Iterable[_Fault]) -> None:
    """Note the first reason of each row."""
    for fault in faults:
        reasons[fault.rows & (reasons == "")] = fault.reason


def _costly(column: _Column, usable: np.ndarray) -> bool:
    """Whether keeping an optional feature would cost too many of the otherwise usable rows."""
    unknown = np.isnan(column.values[usable])
    return bool(unknown.any() and unknown.mean() > COSTLY)


def _usable(column: _Column) -> np.ndarray:
    values = column.values.copy()
    for fault in column.faults:
        values[fault.rows] = np.nan
    return values


def _one_row_a_recording(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    table = _most_popular_first(table)
    audio = [name for name in features.select(table.columns) if name not in _NOT_AUDIO]
    folded = pd.DataFrame(
        {
            name: table[name].str.casefold().str.split().str.join(" ")
            for name in ("title", "artist")
            if name in table
        }
    )
    keys = {"same track id": table.get(["track_id"]), "identical audio": table[audio]}
    if folded.shape[1] == 2:
        keys["same title and artist"] = folded
    dropped = {}
    for reason, key in keys.items():
        if key is None:
            continue
        key = key.loc[table.index]
        repeated = key.duplicated() & key.notna().all(axis=1)
        dropped |= {reason: int(repeated.sum())} if repeated.any() else {}
        table = table[~repeated]
    return table.reset_index(drop=True), dropped


def _most_popular_first(table: pd.DataFrame) -> pd.DataFrame:
    """Sorted by popularity, then by every column, so that the result does not know the order it came in."""
    columns = [name for name in ("popularity", *schemas.CANONICAL) if name in table]
    columns = list(dict.fromkeys(columns))
    ascending = [name != "popularity" for name in columns]
    return table.sort_values(columns, ascending=ascending, na_position="last", ignore_index=True)


def _way_out(popularity: pd.Series) -> str:
    """The nearest whole threshold that leaves enough on both sides, in a sentence."""
    possible = [
        threshold
        for threshold in range(100, 0, -1)
        if (popularity >= threshold).sum() >= LEAST and (popularity < threshold).sum() >= LEAST
    ]
    if not possible:
        return "No threshold would do; add tracks."
    if possible[0] == possible[-1]:
        return f"A threshold of {possible[0]} would do."
    return f"A threshold from {possible[-1]} to {possible[0]} would do."


def _shown(cell: Any) -> str:
    text = " ".join(str(cell).split())
    return text if len(text) <= 40 else text[:39] + "…"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
