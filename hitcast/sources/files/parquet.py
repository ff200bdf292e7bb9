"""Parquet, batch by batch: what a file holds once for a million rows may be a thousand times larger in the memory."""

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitcast.errors import TableError
from hitcast.sources.files.batches import MOST_TEXT, Batch, Table, damaged, most_rows, unique_names

FIRST_ROWS = 16  # of a file's group show how large its lists are
_BUFFER = 1 << 20


def table(stream: BinaryIO, name: str, size: int) -> Table:
    """The table in a Parquet file of this size."""
    with damaged(name, "Parquet"):
        plain = pq.read_schema(stream)
        if not plain.names:
            raise TableError(f"{name} has no columns.")
        text = [field.name for field in plain if _is_text(field.type)]
        # As a dictionary, a long text that is repeated in a million rows takes its place once.
        file = pq.ParquetFile(
            stream,
            read_dictionary=text,
            pre_buffer=False,
            buffer_size=_BUFFER,
            page_checksum_verification=True,
        )
        values = _values_in_a_row(file.metadata)
        most = min(most_rows(plain.names) // values, MOST_TEXT // max(1, _other_bytes_in_a_row(file)))
    total = file.metadata.num_rows
    if not total:
        raise TableError(f"{name} has a header and no rows.")
    if not most:
        raise TableError(f"{name} holds lists that are too large for one row; leave them out.")
    names = unique_names(plain.names, name)

    def read(at_once: int) -> Iterator[Batch]:
        done = 0
        with damaged(name, "Parquet"):
            for batch in file.iter_batches(min(at_once, most), use_threads=False):
                for piece in _pieces(pa.Table.from_batches([batch])):
                    done += len(piece)
                    yield Batch(piece.cast(plain).rename_columns(names), [""] * len(piece), done / total)

    return Table(names, read, size, cells_in_a_row=len(names) * values)


def _pieces(table: pa.Table) -> Iterator[pa.Table]:
    """The table in pieces whose texts, each repetition counted, fit into the memory many times over."""
    size = sum(_text_length(chunk) for column in table.columns for chunk in column.chunks)
    rows = max(1, len(table) * MOST_TEXT // max(size, MOST_TEXT))
    yield from (table.slice(start, rows) for start in range(0, len(table), rows))


def _is_text(kind: pa.DataType) -> bool:
    """Whether a column holds texts or bytes, which a file may hold once for a million rows."""
    kinds = pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary
    return any(is_of(kind) for is_of in kinds)


def _other_bytes_in_a_row(file: pq.ParquetFile) -> int:
    """Bytes a row of what no dictionary can hold, such as texts in lists, from the first rows of each group."""
    others = [
        field.name
        for field in file.schema_arrow
        if pa.types.is_nested(field.type) or pa.types.is_fixed_size_binary(field.type)
    ]
    if not others:
        return 0
    groups = range(file.num_row_groups)
    firsts = (next(file.iter_batches(FIRST_ROWS, [group], others), None) for group in groups)
    return max((first.nbytes // len(first) for first in firsts if first), default=0)


def _values_in_a_row(metadata: pq.FileMetaData) -> int:
    """How many values the rows of a file have on average where they have most; lists have many."""
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    values = (
        group.column(at).num_values // max(group.num_rows, 1)
        for group in groups
        for at in range(group.num_columns)
    )
    return max(values, default=1) or 1


def _text_length(chunk: pa.Array) -> int:
    """Bytes of text in a chunk that is a dictionary, repetitions counted; 0 for any other."""
    if not pa.types.is_dictionary(chunk.type):
        return 0
    return pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0
