"""A whole file of tracks → the same rows with their scores, however long it is.

The rows go through part by part, so the memory stays the same at any length. What has to be decided
for a table as a whole is decided before, so that no score depends on where a part ends.
"""

import io
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hitcast import explain, exports, models, scoring, tracks
from hitcast.bundle.contents import Bundle
from hitcast.choices import Columns
from hitcast.errors import TableError
from hitcast.features import BY_NAME, FULL
from hitcast.sources.files import batches, delimited
from hitcast.sources.files.batches import Part, Parts
from hitcast.tracks import schema, units
from hitcast.tracks.units import Unit, Units

Progress = Callable[[float, str], None]

ROWS = 65_536  # of a part: a forest takes half as long again for parts of 4,000
ENOUGH = 1_000  # rows of a part say something of its units
MOST_THREADS = 4
WHOLE = {"popularity", "duration_ms"} | {name for name in FULL if BY_NAME[name].kind == "choice"}
REASONS = ("why_1", "why_2", "why_3")
WHICH_TRACK = ("track_id", "title", "artist", "artists")

_WHOLE_NUMBER = r"^-?\d{1,15}$"
_PLAIN_NUMBER = r"^-?\d{1,15}(\.\d{1,20})?([eE][+-]?\d{1,2})?$"
# Whether a column of whole numbers has a gap in a part must not change how its cells are shown.
_GAPS_ALLOWED = {
    pa.type_for_alias(name.lower()): pd.api.types.pandas_dtype(name)
    for name in ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")
} | {pa.bool_(): pd.BooleanDtype()}


@dataclass(frozen=True)
class Recognised:
    """Which column is read as which feature, which features have none, which columns only come along."""

    features: dict[str, str]
    lacking: list[str]
    others: list[str]


@dataclass(frozen=True)
class Outcome:
    """What became of a file: its rows, and how many of them could not be scored."""

    rows: int
    problems: int
    lacking: list[str]


def recognise(bundle: Bundle, names: Sequence[str]) -> Recognised:
    """What the models find in a table with columns of these names."""
    found = {name: names[at] for name, at in schema.locate(names).items()}
    features = {name: found[name] for name in bundle.features if name in found}
    return Recognised(
        features,
        [name for name in bundle.features if name not in found],
        [name for name in names if name not in features.values()],
    )


def template(bundle: Bundle) -> bytes:
    """A CSV to fill in: the columns that the models read, and three real tracks as an example."""
    names = [name for name in ("title", "artist") if name in bundle.tracks]
    file = io.BytesIO()
    rows = pa.Table.from_pandas(bundle.tracks[names + bundle.features].head(3), preserve_index=False)
    exports.write([rows], file, "csv")
    return file.getvalue()


def score_file(
    bundle: Bundle,
    source: str | os.PathLike[str] | BinaryIO,
    target: str,
    *,
    model: str | None = None,
    columns: Columns = "all",
    reasons: bool = False,
    allow_missing: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Write the rows of `source` with their scores to `target`, whole or not at all; see `scored`.

    Raises
    ------
    HitCastError
        When the one cannot be read, has no column for a feature, or the other cannot be written.
    """
    kind = exports.kind_of(target)
    name = os.fspath(source) if isinstance(source, str | os.PathLike) else "Standard input"
    rows = problems = 0

    def counted(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        nonlocal rows, problems
        for table in tables:
            rows += len(table)
            problems += pc.sum(pc.not_equal(table["problem"], "")).as_py()
            yield table

    with batches.opened(source, name) as table:
        results = scored(
            bundle,
            table,
            model=model,
            columns=columns,
            reasons=reasons,
            allow_missing=allow_missing,
            typed=kind == "parquet",
            progress=progress,
        )
        with exports.whole_file(target) as stream:
            exports.write(counted(results), stream, kind)
        return Outcome(rows, problems, recognise(bundle, table.names).lacking)


def scored(
    bundle: Bundle,
    table: Parts,
    *,
    model: str | None = None,
    columns: Columns = "all",
    reasons: bool = False,
    allow_missing: bool = False,
    typed: bool = False,
    progress: Progress | None = None,
    rows: int = ROWS,
    settled: Units | None = None,
) -> Iterator[pa.Table]:
    """The rows of a table in their order, its own columns first and the scores after them.

    Parameters
    ----------
    model
        One of the models or `blend`: only its probability, and lift and percentile of that.
    columns
        `core-output` leaves out the table's own columns but those that say which track it is.
    reasons
        Whether to add the three features that moved the chance most, each with its share in log-odds.
    allow_missing
        Whether a missing core feature is filled as the others are, instead of being a problem.
    typed
        Whether features that a text table writes as plain numbers come back as numbers.
    rows
        How many to take at a time; the scores do not depend on it.
    settled
        What `settle` said of the table, where that is known already.

    Raises
    ------
    TableError
        When a feature has no column and that is not allowed, or the table turns out to be damaged or in
        other units further down.
    """
    tracks.check(pd.DataFrame(columns=table.names), bundle.features, allow_missing)
    settled = settle(table) if settled is None else settled
    score = partial(
        scoring.score,
        bundle,
        allow_missing=allow_missing,
        model=model,
        settled=settled,
    )
    added = scoring.columns(model) + (REASONS if reasons else ())
    kept = table.names if columns == "all" else _which_track(table.names)
    names = delimited.unique([f"{name} (given)" if name in added else name for name in kept])
    numbers = _plain_numbers(table, kept) if typed and table.is_text else {}

    def results(part: Part) -> tuple[pa.Table, float]:
        raw = _raw(part, bundle.features)
        scores = score(raw)
        if reasons:
            scores = scores.join(_reasons(bundle, raw, scores["problem"] == "", model, settled))
        own = _with_numbers(part.table, numbers).select(kept).rename_columns(names)
        for name in added:
            own = own.append_column(name, pa.array(scores[name], from_pandas=True))
        return own, part.done

    # One at a time with reasons: their explainer shares the work between the rows of a part already.
    threads = 1 if reasons else min(MOST_THREADS, os.cpu_count() or 1)
    checked = _checked(table.read(rows), bundle.features, settled)
    yield from _told(_in_threads(results, checked, threads), progress)


def _raw(part: Part, features: Sequence[str]) -> pd.DataFrame:
    """The columns that are read as features or say which track it is, as pandas reads them."""
    names = part.table.column_names
    where = [at for name, at in schema.locate(names).items() if name in (*features, *WHICH_TRACK)]
    raw = (
        part.table.select(where)
        .replace_schema_metadata()
        .to_pandas(types_mapper=_GAPS_ALLOWED.get, timestamp_as_object=True)
    )
    if categories := list(raw.select_dtypes("category")):
        raw = raw.astype(dict.fromkeys(categories, object))
    return raw.assign(**{schema.DAMAGE: part.damage}) if any(part.damage) else raw


def _reasons(
    bundle: Bundle, raw: pd.DataFrame, usable: pd.Series, model: str | None, settled: Units
) -> pd.DataFrame:
    """The three features that moved each usable row's chance most, as `energy +0.21`; none that was filled."""
    words = np.full((len(raw), len(REASONS)), "", dtype=object)
    if usable.any():
        values, _ = tracks.check(raw[usable], bundle.features, True, settled)
        asked = [model] if model in models.NAMES else models.NAMES
        parts = explain.table_contributions({name: bundle.models[name] for name in asked}, values)
        moved = explain.blend_contributions(parts).values.where(values.notna())
        weight = moved.abs().round(9).fillna(-1).to_numpy()
        order = np.argsort(-weight, axis=1, kind="stable")[:, : len(REASONS)]
        names, shares = moved.columns.to_numpy()[order], np.take_along_axis(moved.to_numpy(), order, axis=1)
        words[usable.to_numpy(), : order.shape[1]] = [
            ["" if np.isnan(share) else f"{name} {share:+.2f}" for name, share in zip(*row, strict=True)]
            for row in zip(names, shares, strict=True)
        ]
    return pd.DataFrame(words, index=raw.index, columns=REASONS)


def _which_track(names: Sequence[str]) -> list[str]:
    found = schema.locate(names)
    return [names[at] for at in sorted(found[name] for name in WHICH_TRACK if name in found)]


def settle(table: Parts) -> dict[str, Unit]:
    """The units of a table's columns, from its first 10,000 rows; see `units.settle`."""
    numeric = [name for name in schema.locate(table.names) if name not in schema.TEXT_COLUMNS]
    if not numeric:
        return {}
    rows, taken = [], 0
    for part in table.read(units.ROWS):
        rows.append(_sound(part, numeric))
        taken += len(part.damage)
        if taken >= units.ROWS:
            break
    return units.settle(pd.concat(rows))


def _sound(part: Part, features: Sequence[str]) -> pd.DataFrame:
    """At most 10,000 of a part's rows, from all over it, without those that are damaged as rows."""
    rows = np.flatnonzero([not each for each in part.damage])
    rows = rows[:: max(1, -(-len(rows) // units.ROWS))]
    return _raw(Part(part.table.take(rows), [""] * len(rows), part.done), features)


def _checked(parts: Iterable[Part], features: Sequence[str], settled: Units) -> Iterator[Part]:
    """The parts, as long as their rows are in the units that were settled.

    Few rows say too little by themselves: parts are put together to enough, the last ones beside others.
    """
    first: pd.DataFrame | None = None
    waiting: list[pd.DataFrame] = []
    for part in parts:
        waiting.append(_sound(part, features))
        if sum(map(len, waiting)) >= ENOUGH:
            rows, waiting = pd.concat(waiting), []
            # The end of a table that is sorted by loudness is louder than any table is.
            _require_units(rows.drop(columns=_named("loudness", rows)), settled)
            if first is None:
                first = rows
            else:
                _require_units(_beside(first, rows), settled)
        yield part
    if first is not None and waiting:
        _require_units(_beside(first, pd.concat(waiting)), settled)


def _beside(first: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([first.sample(min(len(first), max(len(rows), ENOUGH)), random_state=0), rows])


def _named(name: str, rows: pd.DataFrame) -> list[str]:
    where = schema.locate(rows.columns)
    return [rows.columns[where[name]]] if name in where else []


def _require_units(rows: pd.DataFrame, settled: Units) -> None:
    if reason := units.contradiction(settled, rows):
        raise TableError(
            f"The rows of this table are not all in the same units. Further down, {reason}. Score the rows with "
            "other units as a table of their own."
        )


def _plain_numbers(table: Parts, kept: Sequence[str]) -> dict[str, pa.DataType]:
    """The columns of features and popularity whose cells are all empty or plain numbers, each with its type.

    What is whole by nature stays whole where every cell is written so.
    """
    found = schema.locate(table.names)
    where = {name: table.names[at] for name, at in found.items() if name not in schema.TEXT_COLUMNS}
    types = {
        column: pa.int64() if name in WHOLE else pa.float64()
        for name, column in where.items()
        if column in kept
    }
    for part in table.read(ROWS) if types else ():
        types = {
            name: kind if _are(_WHOLE_NUMBER, part.table[name]) else pa.float64()
            for name, kind in types.items()
            if _are(_PLAIN_NUMBER, part.table[name])
        }
    return types


def _are(form: str, cells: pa.ChunkedArray) -> bool:
    """Whether every cell that is not empty has a form."""
    return pc.all(pc.or_(pc.equal(cells, ""), pc.match_substring_regex(cells, form))).as_py()


def _with_numbers(table: pa.Table, types: Mapping[str, pa.DataType]) -> pa.Table:
    for name, kind in types.items():
        cells = pc.if_else(pc.equal(table[name], ""), None, table[name])
        table = table.set_column(table.column_names.index(name), name, cells.cast(kind))
    return table


def _in_threads(function: Callable, items: Iterable, threads: int) -> Iterator:
    """`function` of each item in order, few of them under way at a time."""
    with ThreadPoolExecutor(threads) as pool:
        under_way = deque()
        for item in items:
            under_way.append(pool.submit(function, item))
            if len(under_way) > threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _told(results: Iterable[tuple[pa.Table, float]], progress: Progress | None) -> Iterator[pa.Table]:
    """The tables, while `progress` hears of rows, rows a second and the time that is left."""
    begun, rows = time.monotonic(), 0
    for table, done in results:
        rows += len(table)
        if progress:
            spent = max(time.monotonic() - begun, 1e-3)
            left = spent * (1 - done) / max(done, 1e-6)
            progress(done, f"{rows:,} rows, {rows / spent:,.0f} a second, {_clock(left)} left")
        yield table


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
