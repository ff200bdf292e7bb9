"""The tracks table: the one shape that everything after the sources reads.

`conform` makes it and counts the rows that it drops; `check` says row by row what cannot be used.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import expit

from hitcast.choices import HIT_THRESHOLD
from hitcast.errors import TableError
from hitcast.features import CORE, FULL
from hitcast.tracks import headers, parsing, recordings, validation
from hitcast.tracks.headers import CANONICAL, TEXT_COLUMNS
from hitcast.tracks.schema import Damage, Schema, settle, sound
from hitcast.tracks.texts import texts

LEAST = 20  # hits, and others: below, a figure measured on them means nothing
LEAST_ARTISTS = 5  # one for each fold of the evaluation
SOFTNESS = 5  # points of popularity by which the log-odds of `nearness` rise by 1
DAMAGED = "row damaged in the file"
COSTLY = 0.05  # an optional feature unknown in a larger share of the rows is left out as a column

_NAMED_IF_ABSENT = ("track_id", "title", "album", "genre", "release_date", *FULL)


@dataclass(frozen=True)
class Report:
    """What `conform` did: rows in and out, rows dropped by reason, columns absent, left out and renamed.

    `absent` are columns that the table has not, or not any more; `left_out` says of features, and of
    ids that are none of tracks, why.
    """

    rows_in: int
    rows_out: int
    dropped: dict[str, int] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)


def check(
    raw: pd.DataFrame,
    features: Sequence[str] | None = None,
    allow_missing: bool = False,
    schema: Schema | None = None,
    damage: Damage | None = None,
) -> tuple[pd.DataFrame, pd.Series]:
    """The features of each row as float64, and why the row cannot be used ('' where it can).

    Parameters
    ----------
    raw : DataFrame
        Rows in any known schema; its index is kept.
    features : sequence of str, optional
        Feature names. Default: the core features and whichever others `raw` has.
    allow_missing : bool
        Whether core features may be missing as well, as long as a row has any feature at all. The others
        always may: what is missing comes through as NaN.
    schema : Schema, optional
        What `schema.settle` said of the whole table, where `raw` is only a part of one.
    damage : sequence of str, optional
        What a reader says is wrong with each row as a row, empty where nothing is.

    Raises
    ------
    TableError
        When a core feature has no column and that is not allowed; names the nearest headers found.
    """
    problem = np.array(damage if damage is not None else [""] * len(raw), dtype=object)
    clean = problem == ""
    schema = settle(raw, damage) if schema is None else schema
    present = schema.positions
    wanted = (
        [name for name in FULL if name in present or name in CORE] if features is None else list(features)
    )
    columns = {name: validation.examine(raw, name, schema) for name in wanted if name in present}
    if not allow_missing or not columns:
        headers.require(raw.columns, [name for name in wanted if name in CORE])
    for name, column in columns.items():
        may_lack = allow_missing or name not in CORE
        for fault in column.faults:
            rows = np.flatnonzero(fault.rows & clean & ~(column.missing & may_lack))
            problem[rows] = validation.sentences(fault, column.given.iloc[rows])
            clean[rows] = False
    empty = np.full(len(raw), np.nan)
    values = pd.DataFrame({name: columns[name].values if name in columns else empty for name in wanted})
    if allow_missing:
        problem[np.isnan(values.to_numpy()).all(axis=1) & clean] = "no feature is known"
    return values.set_axis(raw.index), pd.Series(problem, index=raw.index, name="problem")


def conform(
    raw: pd.DataFrame, labelled: bool = True, damage: Damage | None = None
) -> tuple[pd.DataFrame, Report]:
    """The tracks table made of raw rows in any known schema, and a report of what was dropped.

    One row a recording: rows that share a track id, their audio or title and primary artist are one. The
    most popular is kept and ties are broken by content, so the order of the rows does not matter.
    Sorted from most to least popular; `raw` is left as it is.

    Parameters
    ----------
    raw : DataFrame
        Rows as a source gives them.
    labelled : bool
        Whether every row must have an artist and a popularity, as training needs.
    damage : sequence of str, optional
        What a reader says is wrong with each row as a row, empty where nothing is.

    Raises
    ------
    TableError
        When a column that is needed is missing, naming the nearest headers found, or in an
        unknown unit.
    """
    needed = (*CORE, "popularity", "artist") if labelled else CORE
    headers.require(raw.columns, needed)
    rows_in, raw = len(raw), sound(raw, damage)
    schema = settle(raw)
    for name in needed:
        if refusal := schema.unit(name).scale.refusal:
            raise TableError(_sentence(refusal))
    text = texts(raw, schema)
    numeric = [name for name in (*FULL, "popularity") if name in schema.positions]
    columns = {name: validation.examine(raw, name, schema) for name in numeric}
    reasons, left_out = _dropped(columns, text, labelled)
    numbers = {name: columns[name].usable for name in numeric if name not in left_out}
    table = pd.concat([text, pd.DataFrame(numbers, index=raw.index)], axis=1)[reasons == ""]
    table = table[[name for name in CANONICAL if name in table]]
    misnamed = recordings.misnamed(table, [name for name in FULL if name in numbers])
    if misnamed > recordings.MISNAMED:
        table = table.drop(columns="track_id")
        left_out["track_id"] = (
            f"{100 * misnamed:.0f} % of the rows that repeat an id sound unlike its first row."
        )
    table, repeated = _one_row_a_recording(table)
    empty = [name for name in text if name in table and table[name].isna().all()]
    table = table.drop(columns=empty if len(table) else [])
    damaged = {DAMAGED: rows_in - len(raw)} if rows_in > len(raw) else {}
    dropped = pd.Series(reasons[reasons != ""]).value_counts().sort_index().to_dict()
    given = {name: raw.columns[at] for name, at in schema.positions.items()}
    return table, Report(
        rows_in=rows_in,
        rows_out=len(table),
        dropped=dropped | damaged | repeated,
        absent=tuple(name for name in _NAMED_IF_ABSENT if name not in table),
        left_out=left_out,
        renamed={str(header): name for name, header in given.items() if header != name},
    )


def label(table: pd.DataFrame, threshold: float = HIT_THRESHOLD) -> pd.Series:
    """Whether each track is a hit: its popularity is at least `threshold`."""
    if "popularity" not in table or table["popularity"].isna().any():
        raise TableError("Some tracks have no popularity, so it is unknown which are hits.")
    return (table["popularity"] >= threshold).rename("hit")


def nearness(table: pd.DataFrame, threshold: float = HIT_THRESHOLD) -> pd.Series:
    """How near each track came to being a hit, 0 to 1: of whole popularities 0.5 between the last that is none and the first that is."""
    return expit((table["popularity"] - np.ceil(threshold) + 0.5) / SOFTNESS).rename("nearness")


def require_trainable(table: pd.DataFrame, threshold: float = HIT_THRESHOLD) -> None:
    """Raise TableError unless there are enough hits, others and artists to train and evaluate on."""
    hits = label(table, threshold)
    if min(hits.sum(), (~hits).sum()) < LEAST:
        raise TableError(
            f"{hits.sum():,} of {len(table):,} tracks have a popularity of {threshold:g} or more; training needs "
            f"at least {LEAST} such hits and {LEAST} others. {_way_out(table['popularity'])}"
        )
    artists, hit_artists = table["artist"].nunique(), table.loc[hits, "artist"].nunique()
    if artists < LEAST_ARTISTS or hit_artists < 2:
        raise TableError(
            f"The tracks are by {artists:,} artist{'s' * (artists != 1)}, the hits by {hit_artists:,}; at least "
            f"{LEAST_ARTISTS} and 2 are needed, because models are tested on artists they have not seen. "
            "Add tracks by other artists."
        )


def write(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write the table as CSV; `read` gives back the same values to the last bit."""
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def read(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The table that `write` wrote.

    Raises
    ------
    TableError
        When the file is not there or is not a tracks table.
    """
    try:
        table = pd.read_csv(
            path,
            dtype=dict.fromkeys(TEXT_COLUMNS, object),
            keep_default_na=False,
            na_values=[""],
            float_precision="round_trip",
            encoding="utf-8",
        )
        headers.require(table.columns, CORE)
        numbers = [name for name in ("popularity", *FULL) if name in table]
        text = {name: table[name].where(table[name].notna(), None) for name in TEXT_COLUMNS if name in table}
        return table.assign(**text).astype(dict.fromkeys(numbers, "float64"))
    except (OSError, ValueError) as error:
        raise TableError(f"{path} cannot be read as a tracks table ({parsing.reason(error)}).") from error


def _dropped(
    columns: Mapping[str, validation.Column], text: pd.DataFrame, labelled: bool
) -> tuple[np.ndarray, dict[str, str]]:
    """The first reason against each row, empty where there is none, and why optional features are left out."""
    reasons = np.full(len(text), "", dtype=object)
    _mark(reasons, [columns[name] for name in CORE])
    if labelled:
        _mark(reasons, [columns["popularity"]])
        reasons[text["artist"].isna().to_numpy() & (reasons == "")] = "no artist"
    usable = reasons == ""
    features = [name for name in FULL if name in columns]
    costly = [name for name in features if _costs_rows(columns[name], usable)]
    _mark(reasons, [columns[name] for name in features if name not in costly])
    return reasons, {name: _why_left_out(columns[name], usable) for name in costly}


def _mark(reasons: np.ndarray, columns: Iterable[validation.Column]) -> None:
    """Note the first reason of each row."""
    for column in columns:
        for fault in column.faults:
            reasons[fault.rows & (reasons == "")] = fault.reason


def _costs_rows(column: validation.Column, usable: np.ndarray) -> bool:
    """Whether keeping an optional feature would cost too many of the otherwise usable rows."""
    unknown = np.isnan(column.usable[usable])
    return bool(unknown.any() and unknown.mean() > COSTLY)


def _why_left_out(column: validation.Column, usable: np.ndarray) -> str:
    """How much of an optional feature is unknown, and the first cell that could not be read."""
    refused = [fault.sentence for fault in column.faults if fault.reason.endswith("in an unknown unit")]
    if refused:
        return _sentence(refused[0])
    empty = column.missing[usable].mean()
    unread = np.isnan(column.usable) & ~column.missing & usable
    parts = [f"{100 * empty:.0f} % of its cells are empty"] if empty else []
    if unread.any():
        example = parsing.shown(column.given.iloc[int(np.argmax(unread))])
        parts.append(f"{100 * unread.sum() / usable.sum():.0f} % cannot be used, such as {example!r}")
    return f"{' and '.join(parts)}.".replace("of its cells are empty and", "of its cells are empty,")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _one_row_a_recording(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    table = _most_popular_first(table)
    repeated = recordings.repeated(table, [name for name in FULL if name in table])
    dropped = repeated[repeated != ""].value_counts().sort_index().to_dict()
    return table[repeated == ""].reset_index(drop=True), dropped


def _most_popular_first(table: pd.DataFrame) -> pd.DataFrame:
    """Sorted by popularity, then by every column, so that the result does not know the order it came in."""
    keys = sorted(table, key=lambda name: name != "popularity")
    return table.sort_values(keys, ascending=[name != "popularity" for name in keys], ignore_index=True)


def _way_out(popularity: pd.Series) -> str:
    """Which whole thresholds leave enough on both sides, in a sentence."""
    hits = {threshold: int((popularity >= threshold).sum()) for threshold in range(1, 101)}
    possible = [threshold for threshold, count in hits.items() if LEAST <= count <= len(popularity) - LEAST]
    if not possible:
        return "No threshold would do; add tracks."
    if len(possible) == 1:
        return f"A threshold of {possible[0]} would do."
    return f"A threshold from {possible[0]} to {possible[-1]} would do."
