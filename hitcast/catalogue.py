"""A whole file of tracks → the same rows with their scores, however long it is.

The rows go through batch by batch, so the memory stays the same at any length. What has to be decided
for a table as a whole is decided before, so that no score depends on where a batch ends.
"""

import io
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import BinaryIO, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hitcast import explain, exports, models, scoring, tracks
from hitcast.bundle.contents import Bundle
from hitcast.choices import COLUMN_OF, Columns
from hitcast.errors import TableError
from hitcast.features import BY_NAME, FULL
from hitcast.progress import Progress, silent
from hitcast.reference import Fit
from hitcast.sources.files import numeric, reader
from hitcast.sources.files.batches import Batch, Table, unique
from hitcast.tracks import headers
from hitcast.tracks.schema import ROWS as SETTLING
from hitcast.tracks.schema import Schema, contradiction, settle

ROWS = 65_536  # of a batch: a forest takes half as long again for batches of 4,000
HELD = 100_000_000  # bytes of a table's head, of which more is read once more instead of being kept
ENOUGH = 1_000  # rows of a batch say something of its units
MOST_THREADS = 4
WHOLE = {"popularity", "duration_ms"} | {name for name in FULL if BY_NAME[name].kind == "choice"}
REASONS = ("why_1", "why_2", "why_3")
FIT = "fit"
WHICH_TRACK = ("track_id", "title", "artist", "artists")
READ = (*WHICH_TRACK, "genre", "release_date")

# Whether a column of whole numbers has a gap in a batch must not change how its cells are shown.
_GAPS_ALLOWED = {
    pa.type_for_alias(name.lower()): pd.api.types.pandas_dtype(name)
    for name in ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")
} | {pa.bool_(): pd.BooleanDtype()}


@dataclass(frozen=True)
class Found:
    """Which column is read as which feature or as what else is known, which features have none, which columns only come along."""

    features: dict[str, str]
    context: dict[str, str]
    lacking: list[str]
    others: list[str]


@dataclass(frozen=True)
class Outcome:
    """What became of a file: its rows, and how many of them could not be scored."""

    rows: int
    problems: int
    lacking: list[str]


def found_in(bundle: Bundle, names: Sequence[str]) -> Found:
    """What the models find in a table with columns of these names."""
    found = {name: names[at] for name, at in headers.locate(names).items()}
    features = {name: found[name] for name in bundle.features if name in found}
    context = {part: found[COLUMN_OF[part]] for part in bundle.context.parts if COLUMN_OF[part] in found}
    return Found(
        features,
        context,
        [name for name in bundle.features if name not in found],
        [name for name in names if name not in (*features.values(), *context.values())],
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
    kind: exports.Kind | None = None,
    *,
    model: str | None = None,
    base_rate: float | None = None,
    columns: Columns = "all",
    reasons: bool = False,
    fit: Fit | None = None,
    allow_missing: bool = False,
    progress: Progress = silent,
) -> Outcome:
    """Write the rows of `source` with their scores to `target`, whole or not at all; see `scored`.

    Raises
    ------
    HitCastError
        When the one cannot be read, has no column for a feature, or the other cannot be written.
    """
    kind = kind or exports.kind_of(target)
    name = os.fspath(source) if isinstance(source, str | os.PathLike) else "Standard input"
    rows = problems = 0

    def counted(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        nonlocal rows, problems
        for table in tables:
            rows += len(table)
            problems += pc.sum(pc.not_equal(table["problem"], "")).as_py()
            yield table

    with reader.opened(source, name) as table:
        results = scored(
            bundle,
            table,
            model=model,
            base_rate=base_rate,
            columns=columns,
            reasons=reasons,
            fit=fit,
            allow_missing=allow_missing,
            progress=progress,
        ).tables
        with exports.whole_file(target) as stream:
            exports.write(counted(results), stream, kind, possible_numbers(table))
        return Outcome(rows, problems, found_in(bundle, table.names).lacking)


class Scored(NamedTuple):
    """How a table is read, and its rows in their order, its own columns first and the scores after them."""

    schema: Schema
    tables: Iterator[pa.Table]


def scored(
    bundle: Bundle,
    table: Table,
    *,
    model: str | None = None,
    base_rate: float | None = None,
    columns: Columns = "all",
    reasons: bool = False,
    fit: Fit | None = None,
    allow_missing: bool = False,
    progress: Progress = silent,
    rows: int = ROWS,
) -> Scored:
    """The rows of a table with their scores.

    Parameters
    ----------
    model
        One of the models or `blend`: only its probability, and lift and percentile of that.
    base_rate
        The share of hits where the table is from: adds what the chance of the sound becomes there.
    columns
        `core-output` leaves out the table's own columns but those that say which track it is.
    reasons
        Whether to add the three features that moved the chance most, each with its share in log-odds.
    fit
        How tracks fit a set: adds `fit`, how many times as common their sound is in it as among the bundle's other tracks,
        missing where `basis` is `outside`.
    allow_missing
        Whether a missing core feature is filled as the others are, instead of being a problem.
    rows
        How many to take at a time. No score depends on it, but whether a few rows in other units are noticed may.

    Raises
    ------
    TableError
        When a feature has no column and that is not allowed; while the rows are taken, when the table
        turns out to be damaged or in other units further down.
    """
    tracks.check(pd.DataFrame(columns=table.names), bundle.features, allow_missing)
    schema, batches = _settled(table, rows, bundle.features)
    score = partial(
        scoring.score, bundle, allow_missing=allow_missing, model=model, base_rate=base_rate, schema=schema
    )
    added = scoring.columns(model, base_rate) + ((FIT,) if fit else ()) + (REASONS if reasons else ())
    kept = table.names if columns == "all" else _which_track(table.names)
    names = unique([f"{name} (given)" if name in added else name for name in kept])

    def results(batch: Batch) -> tuple[pa.Table, float]:
        raw = _raw(batch.table, bundle.features)
        scores = score(raw, damage=batch.damage)
        if fit:
            means_something = (scores["problem"] == "") & (scores["basis"] != scoring.OUTSIDE)
            scores = scores.join(_times(bundle, fit, raw, means_something, schema))
        if reasons:
            scores = scores.join(_reasons(bundle, raw, scores["problem"] == "", model, schema))
        own = batch.table.select(kept).rename_columns(names)
        for name in added:
            own = own.append_column(name, pa.array(scores[name], from_pandas=True))
        return own, batch.done

    # One at a time with reasons: their explainer shares the work between the rows of a batch already.
    threads = 1 if reasons else min(MOST_THREADS, os.cpu_count() or 1)
    checked = _checked(batches, bundle.features, schema)
    return Scored(schema, _reported(_in_threads(results, checked, threads), progress))


def possible_numbers(table: Table) -> numeric.Types:
    """The columns of a text table that come back as numbers where all their cells are."""
    return numeric.possible(table.names, WHOLE) if table.is_text else {}


def _raw(table: pa.Table, features: Sequence[str]) -> pd.DataFrame:
    """The columns that are read as features or say which track it is and what is known of it, as pandas reads them."""
    where = [at for name, at in headers.locate(table.column_names).items() if name in (*features, *READ)]
    raw = (
        table.select(where)
        .replace_schema_metadata()
        .to_pandas(types_mapper=_GAPS_ALLOWED.get, timestamp_as_object=True)
    )
    categories = list(raw.select_dtypes("category"))
    return raw.astype(dict.fromkeys(categories, object)) if categories else raw


def _reasons(
    bundle: Bundle, raw: pd.DataFrame, usable: pd.Series, model: str | None, schema: Schema
) -> pd.DataFrame:
    """The three features that moved each usable row's chance most, as `energy +0.21`; none that was filled."""
    said = np.full((len(raw), len(REASONS)), "", dtype=object)
    if usable.any():
        values, _ = tracks.check(raw[usable], bundle.features, True, schema)
        asked = [model] if model in models.NAMES else models.NAMES
        parts = explain.table_contributions({name: bundle.models[name] for name in asked}, values)
        moved = explain.blend_contributions(parts).values.where(values.notna())
        weight = moved.abs().round(9).fillna(-1).to_numpy()
        order = np.argsort(-weight, axis=1, kind="stable")[:, : len(REASONS)]
        names, shares = moved.columns.to_numpy()[order], np.take_along_axis(moved.to_numpy(), order, axis=1)
        said[usable.to_numpy(), : order.shape[1]] = [
            ["" if np.isnan(share) else f"{name} {share:+.2f}" for name, share in zip(*row, strict=True)]
            for row in zip(names, shares, strict=True)
        ]
    return pd.DataFrame(said, index=raw.index, columns=REASONS)


def _times(bundle: Bundle, fit: Fit, raw: pd.DataFrame, rows: pd.Series, schema: Schema) -> pd.Series:
    """How each of these rows fits a set."""
    values, _ = tracks.check(raw[rows], bundle.features, True, schema)
    return pd.Series(fit.times(values), values.index, name=FIT)


def _which_track(names: Sequence[str]) -> list[str]:
    found = headers.locate(names)
    return [names[at] for at in sorted(found[name] for name in WHICH_TRACK if name in found)]


def _settled(table: Table, rows: int, features: Sequence[str]) -> tuple[Schema, Iterator[Batch]]:
    """The schema of a table, from 10,000 of the sound ones of its first 65,536 rows, and its batches.

    Which rows these are does not depend on where a batch ends.
    """
    order = np.random.default_rng(0).permutation(ROWS)
    some: pd.DataFrame | None = None
    held: list[Batch] = []
    size = seen = 0
    batches = table.read(rows)
    for batch in batches:
        held.append(batch)
        size += batch.table.nbytes
        if size > HELD:
            held.clear()
        sound = _sound(batch)
        sound = sound[seen + sound < ROWS]
        drawn = _raw(batch.table.take(sound), features).set_axis(order[seen + sound])
        some = (drawn if some is None else pd.concat([some, drawn])).sort_index().head(SETTLING)
        seen += len(batch.damage)
        if seen >= ROWS:
            break
    return settle(some), chain(held, batches) if size <= HELD else table.read(rows)


def _sound(batch: Batch) -> np.ndarray:
    """Which of a batch's rows are not damaged as rows."""
    return np.flatnonzero([not each for each in batch.damage])


def _checked(batches: Iterable[Batch], features: Sequence[str], schema: Schema) -> Iterator[Batch]:
    """The batches, as long as their rows are in the units that were settled.

    Few rows say too little by themselves: batches are put together to enough, the last ones beside others.
    """
    first: pd.DataFrame | None = None
    waiting: list[pd.DataFrame] = []
    draws = np.random.default_rng(0)
    for batch in batches:
        some = draws.permutation(_sound(batch))[:SETTLING]
        waiting.append(_raw(batch.table.take(some), features))
        if sum(map(len, waiting)) >= ENOUGH:
            rows, waiting = pd.concat(waiting), []
            # The end of a table that is sorted by loudness is louder than any table is.
            _require_units(schema, rows, but=["loudness"])
            if first is None:
                first = rows
            else:
                _require_units(schema, _beside(first, rows))
        yield batch
    if first is not None and waiting:
        _require_units(schema, _beside(first, pd.concat(waiting)))


def _beside(first: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([first.sample(min(len(first), max(len(rows), ENOUGH)), random_state=0), rows])


def _require_units(schema: Schema, rows: pd.DataFrame, but: Iterable[str] = ()) -> None:
    if reason := contradiction(schema, rows, but):
        raise TableError(
            f"The rows of this table are not all in the same units. Further down, {reason}. Score the rows with "
            "other units as a table of their own."
        )


def _in_threads(function: Callable, items: Iterable, threads: int) -> Iterator:
    """`function` of each item in order, few of them under way at a time."""
    with ThreadPoolExecutor(threads) as pool:
        under_way: deque = deque()
        for item in items:
            under_way.append(pool.submit(function, item))
            if len(under_way) > threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _reported(results: Iterable[tuple[pa.Table, float]], progress: Progress) -> Iterator[pa.Table]:
    """The tables, while `progress` hears of rows, rows a second and the time that is left."""
    begun, rows = time.monotonic(), 0
    for table, done in results:
        rows += len(table)
        spent = max(time.monotonic() - begun, 1e-3)
        left = spent * (1 - done) / max(done, 1e-6)
        progress(done, f"{rows:,} rows, {rows / spent:,.0f} a second, {_clock(left)} left")
        yield table


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
