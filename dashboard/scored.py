"""A catalogue that was scored, as the session keeps it: one Parquet file, and what the page shows of it."""

import io
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitcast import catalogue, exports, labelled, scoring, tracks
from hitcast.bundle.contents import Bundle
from hitcast.labelled import Judged
from hitcast.progress import Progress, silent
from hitcast.reference import Fit
from hitcast.sources.files import reader
from hitcast.sources.files.form import Form
from hitcast.tracks import headers, recordings
from hitcast.tracks.schema import Schema
from hitcast.tracks.texts import identity, texts

KEPT = "catalogue_scored"
SHOWN = 1000
FOLDED = 5000  # the likeliest rows, among which those of one recording are found


@dataclass(frozen=True)
class Scored:
    """`file` tells uploads apart; `own` are the catalogue's own columns, `which` those that name a track.

    `ranked` are the scored rows, the likeliest first, `outside` last; `same` is for each row the likeliest one of its
    recording, as far as both are among the first `FOLDED`.
    """

    file: str
    name: str
    built: str
    base_rate: float | None
    fit: Fit | None
    parquet: bytes
    own: list[str]
    which: list[str]
    scores: pa.Table
    schema: Schema
    ranked: np.ndarray
    same: np.ndarray

    @property
    def chances(self) -> np.ndarray:
        """The blend's probability of each row, NaN where it could not be scored."""
        return self.scores["p_blend"].to_numpy()

    @property
    def is_outside(self) -> np.ndarray:
        """Which rows have a value beyond all that the models have seen, so that their chances mean little."""
        return pc.equal(self.scores["basis"], scoring.OUTSIDE).to_numpy()

    def found(self, text: str = "") -> pd.DataFrame:
        """The scored tracks whose name contains the text, indexed by their row: the likeliest first, `outside` last.

        Each recording once; how many other rows are the same is in `attrs`.
        """
        matches = np.zeros(len(self.same), dtype=bool)
        matches[self.same[self._matches(text)]] = True
        rows = self.ranked[matches[self.ranked]]
        found = self._rows(rows)
        found.attrs["copies"] = np.bincount(self.same)[found.index] - 1
        return found

    @property
    def listed(self) -> tuple[np.ndarray, np.ndarray]:
        """The chances of all recordings that mean something, by the blend and in context, NaN where there is none."""
        is_first = self.same == np.arange(len(self.same))
        rows = ~np.isnan(self.chances) & ~self.is_outside & is_first
        return self.chances[rows], self.scores["p_context"].to_numpy()[rows]

    @property
    def are_genres_known(self) -> bool:
        """Whether the genre of each row that could be scored is one that its chance in context takes in."""
        taken = self.scores["context"].filter(pc.is_finite(self.scores["p_blend"]))
        is_other = pc.or_(pc.match_substring_regex(taken, "^[0-9]{4}$"), pc.starts_with(taken, "another"))
        return not pc.any(pc.or_(is_other, pc.equal(taken, ""))).as_py()

    def called(self, row: int) -> str:
        """The title and artist of a row as far as it has them, else its number."""
        said = self.identity(row).reindex(["title", "artist"]).dropna()
        return ", by ".join(said) or f"Row {row + 1}"

    def problems(self) -> pd.DataFrame:
        """The rows that could not be scored, in their order."""
        return self._rows(np.flatnonzero(np.isnan(self.chances)))

    def _rows(self, rows: np.ndarray) -> pd.DataFrame:
        """At most 1,000 of them; how many there are is in `attrs`."""
        frame = self.scores.take(rows[:SHOWN]).to_pandas().set_axis(rows[:SHOWN])
        frame.attrs["rows"] = len(rows)
        return frame

    def _matches(self, text: str) -> np.ndarray:
        matches = np.full(len(self.scores), not text)
        for name in self.which if text else ():
            cells = exports.as_text(self.scores[name])
            matches |= pc.fill_null(pc.match_substring(cells, text, ignore_case=True), False).to_numpy()
        return matches

    def values(self, bundle: Bundle, row: int) -> pd.Series:
        """The features of one row as the models read it, NaN where it has none."""
        raw = self._raw(row)
        schema = self.schema.among(raw.columns)
        return tracks.check(raw, bundle.features, allow_missing=True, schema=schema)[0].iloc[0]

    def identity(self, row: int) -> pd.Series:
        """What the file says of which track a row is, and of its genre and release."""
        raw = self._raw(row)
        schema = self.schema.among(raw.columns).only(*catalogue.READ)
        return texts(raw, schema).iloc[0]

    def _raw(self, row: int) -> pd.DataFrame:
        file = pq.ParquetFile(io.BytesIO(self.parquet))
        ends = np.cumsum([file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)])
        group = int(np.searchsorted(ends, row, side="right"))
        rows = file.read_row_group(group, columns=self.own)
        return rows.slice(row - ends[group] + len(rows), 1).to_pandas()

    @property
    def is_labelled(self) -> bool:
        """Whether the file says how popular its tracks are, and whose they are."""
        found = headers.locate(self.own)
        return "popularity" in found and bool({"artist", "artists"} & found.keys())

    def judged(self, bundle: Bundle) -> Judged:
        """How true the chances are of its tracks. Raises TableError where that cannot be said."""
        found = headers.locate(self.own)
        table = pq.read_table(io.BytesIO(self.parquet), columns=[self.own[at] for at in found.values()])
        return labelled.judge_rows(bundle, table.filter(~np.isnan(self.chances)).to_pandas())

    def csv(self) -> bytes:
        """The whole file as CSV, with the mark by which Excel knows UTF-8."""
        file = io.BytesIO()
        file.write("\ufeff".encode())
        batches = pq.ParquetFile(io.BytesIO(self.parquet)).iter_batches()
        exports.write((pa.Table.from_batches([batch]) for batch in batches), file, "csv")
        return file.getvalue()


def _ranked(scores: pa.Table) -> np.ndarray:
    chances = scores["p_blend"].to_numpy()
    outside = pc.equal(scores["basis"], scoring.OUTSIDE).to_numpy()
    rows = np.flatnonzero(~np.isnan(chances))
    return rows[np.lexsort((-chances[rows], outside[rows]))]


def _same(bundle: Bundle, own: pa.Table, rows: np.ndarray, schema: Schema) -> np.ndarray:
    """For each row of a table the first of `rows` that is its recording, itself where it is none of them."""
    raw = own.take(rows).to_pandas()
    schema = schema.among(raw.columns)
    values, _ = tracks.check(raw, bundle.features, allow_missing=True, schema=schema)
    named = identity(raw, schema).join(values)
    if recordings.misnamed(named, bundle.features) > recordings.MISNAMED:
        named = named.drop(columns="track_id")
    _, first, recording = np.unique(
        recordings.numbers(named, bundle.features), return_index=True, return_inverse=True
    )
    same = np.arange(len(own))
    same[rows] = rows[first[recording]]
    return same


def score(
    bundle: Bundle,
    file: BinaryIO,
    name: str,
    key: str,
    *,
    form: Form | None = None,
    allow_missing: bool = False,
    base_rate: float | None = None,
    fit: Fit | None = None,
    progress: Progress = silent,
) -> Scored:
    """Score an upload, whose `form` is known since it was dropped.

    Raises HitCastError where it is no table or lacks a feature.
    """
    out = io.BytesIO()
    with reader.opened(file, name, form=form) as table:
        scored = catalogue.scored(
            bundle, table, allow_missing=allow_missing, base_rate=base_rate, fit=fit, progress=progress
        )
        exports.write(scored.tables, out, "parquet", catalogue.possible_numbers(table))
    out.seek(0)
    added = [*scoring.columns(base_rate=base_rate), *([catalogue.FIT] if fit else [])]
    own = [column for column in pq.ParquetFile(out).schema_arrow.names if column not in added]
    found = headers.locate(own)
    which = [own[found[name]] for name in ("title", "artist", "artists") if name in found][:2] or own[:2]
    scores = pq.read_table(out, columns=which + added)
    ranked = _ranked(scores)
    read = pq.read_table(out, columns=[own[at] for at in found.values()])
    return Scored(
        key,
        name,
        bundle.card["created"],
        base_rate,
        fit,
        out.getvalue(),
        own,
        which,
        scores,
        scored.schema,
        ranked,
        _same(bundle, read, ranked[:FOLDED], scored.schema),
    )
