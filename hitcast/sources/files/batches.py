"""Tables that may be longer than the memory: CSV, CSV.gz or Parquet, part by part, every cell as it was.

How a table is to be read is settled once, for all of it; nothing depends on where a part ends.
"""

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from math import inf
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from hitcast.errors import TableError
from hitcast.sources.files import delimited, table_file
from hitcast.tracks import parsing, schema

MOST_CELLS = 2_000_000  # of a part
MOST_TEXT = 100_000_000  # characters of a part
_BUFFER = 1 << 20
_BLOCK = 2048  # rows of text whose cells become columns while the processor still has them at hand


@dataclass(frozen=True)
class Part:
    """Some rows; `damage` says of each what is wrong with it as a row; `done` is the share read so far."""

    table: pa.Table
    damage: list[str]
    done: float


@dataclass(frozen=True)
class Parts:
    """A table in parts. `names` are its columns', no two alike; `is_text` where every cell is text.

    `read(rows)` goes through it from its beginning, at most so many rows at a time, as often as asked.
    """

    names: list[str]
    is_text: bool
    read: Callable[[int], Iterator[Part]]


@contextmanager
def opened(source: str | os.PathLike[str] | bytes | BinaryIO, name: str) -> Iterator[Parts]:
    """A table in a file given as a path, as bytes or as a seekable binary stream.

    `name` is what messages call it.

    Raises
    ------
    SourceError
        When there is no such file or it cannot be opened.
    TableError
        When it is no table that can be read; where it is damaged further on, while that is read.
    """
    with table_file.opened(source, largest=inf) as stream:
        start = stream.read(16)
        if start.startswith(b"PAR1"):
            yield _parquet(stream, name)
        elif start.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=stream) as unpacked:
                yield _text(unpacked, stream, name)  # type: ignore[arg-type]
        else:
            yield _text(stream, stream, name)


def _parquet(stream: BinaryIO, name: str) -> Parts:
    stream.seek(0)
    with _damaged(name, "Parquet"):
        plain = pq.read_schema(stream)
        text = [field.name for field in plain if table_file.is_text(field.type)]
        file = pq.ParquetFile(stream, read_dictionary=text, pre_buffer=False, buffer_size=_BUFFER)
        at_once = min(
            _most_rows(plain.names) // table_file.values_in_a_row(file.metadata),
            MOST_TEXT // max(1, table_file.other_bytes_in_a_row(file)),
        )
    total = file.metadata.num_rows
    if not total:
        raise TableError(f"{name} has a header and no rows.")
    if not at_once:
        raise TableError(f"{name} holds lists that are too large for one row; leave them out.")
    names = _names(plain.names, name)

    def read(rows: int) -> Iterator[Part]:
        done = 0
        with _damaged(name, "Parquet"):
            for batch in file.iter_batches(min(rows, at_once), use_threads=False):
                for piece in _pieces(pa.Table.from_batches([batch])):
                    done += len(piece)
                    table = piece.cast(plain).rename_columns(names)
                    yield Part(table, [""] * len(piece), done / total)

    return Parts(names, False, read)


def _pieces(table: pa.Table) -> Iterator[pa.Table]:
    """The table in pieces whose texts, each repetition counted, fit into the memory many times over."""
    size = sum(table_file.text_length(chunk) for column in table.columns for chunk in column.chunks)
    rows = max(1, len(table) * MOST_TEXT // max(size, MOST_TEXT))
    yield from (table.slice(start, rows) for start in range(0, len(table), rows))


def _text(stream: BinaryIO, packed: BinaryIO, name: str) -> Parts:
    """`packed` is the file as it is on disk, `stream` what it unpacks to."""
    size, kind = packed.seek(0, os.SEEK_END), "text" if stream is packed else "gzip"
    packed.seek(0)
    with _damaged(name, kind):
        table_file.require_text(stream, name)
        form = delimited.recognise(stream, name, inf)
    names = _names(form.header, name)

    def read(rows: int) -> Iterator[Part]:
        told, found = delimited.told(stream, form, name), False
        with _damaged(name, kind):
            while blocks := list(_blocks(told, names, min(rows, _most_rows(names)))):
                found = True
                tables, damage = zip(*blocks, strict=True)
                yield Part(pa.concat_tables(tables), list(chain(*damage)), packed.tell() / size)
        if not found:
            raise TableError(f"{name} has a header and no rows.")

    return Parts(names, True, read)


def _blocks(
    told: Iterator[tuple[list[str], str, int]], names: list[str], rows: int
) -> Iterator[tuple[pa.Table, list[str]]]:
    """So many of the next rows, or as much text as a part may hold, as columns of text with their damage."""
    blank, width, text = [""] * len(names), len(names), 0
    while rows > 0 and text < MOST_TEXT and (some := _next_rows(told, min(rows, _BLOCK))):
        full = (row if len(row) == width else row + blank[len(row) :] for row, _, _ in some)
        columns = [pa.array(column, pa.large_string()) for column in zip(*full, strict=True)]
        yield pa.table(columns, names), [damage for _, damage, _ in some]
        rows, text = rows - len(some), text + sum(size for _, _, size in some)


def _next_rows(told: Iterator[tuple[list[str], str, int]], rows: int) -> list[tuple[list[str], str, int]]:
    some, text = [], 0
    for row in islice(told, rows):
        some.append(row)
        text += row[2]
        if text > MOST_TEXT // 10:
            break
    return some


def _names(header: list[str], name: str) -> list[str]:
    if len(header) > delimited.MOST_COLUMNS:
        raise TableError(
            f"{name} has {len(header):,} columns; at most {delimited.MOST_COLUMNS:,} can be read."
        )
    schema.require_names(header, name)
    schema.locate(header)
    return delimited.unique(header)


def _most_rows(names: list[str]) -> int:
    return max(1, MOST_CELLS // len(names))


@contextmanager
def _damaged(name: str, kind: str) -> Iterator[None]:
    try:
        yield
    except TableError:
        raise
    except MemoryError as error:
        raise TableError(f"{name} holds more at once than fits into the memory; split it.") from error
    except (pa.ArrowException, OSError, EOFError, zlib.error, ValueError, KeyError, OverflowError) as error:
        raise TableError(
            f"{name} is a damaged {kind} file ({parsing.reason(error)}); get it again."
        ) from error
