"""Text tables as people have them: any encoding, separator or decimal sign, row by row with their damage.

A row that has slipped sideways puts its numbers under the wrong names, and a row that was cut off may
end in half a number, so each row comes with what is wrong with it.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from hitcast.errors import TableError
from hitcast.features import CORE
from hitcast.sources.files.batches import MOST_TEXT, Batch, Table, damaged, most_rows, unique_names
from hitcast.sources.files.form import Form, is_row
from hitcast.tracks import headers

LONGEST_ROW = 4_000_000  # characters
MOST_NAMES = 3  # of columns in a row that is no header
# A small file of short rows under a long header would fill the memory.
_MOST_FILLING, _FILLED_ANYWAY = 2, 1_000_000
_ROWS = 2048  # whose cells become columns while the processor still has them at hand
# A number as it may stand in a cell, with its unit, such as `-5.3 dB`, `63%` or `3:27`.
_MEASURED = re.compile(r"[\s\"']*[+\-−]?(?:\d[\d.,:]*|\.\d+)(?:[eE][+-]?\d+)? ?[A-Za-z%]{0,4}[\s\"']*")


class Row(NamedTuple):
    """The cells of a row, what is wrong with it as a row, empty where nothing is, and its length in characters."""

    cells: list[str]
    damage: str
    size: int


def _lines(stream: BinaryIO, form: Form, name: str) -> Iterator[tuple[int, list[str], int]]:
    """Every row, the header among them, between the number of its last line and its length in characters."""
    stream.seek(0)
    lines = io.TextIOWrapper(stream, form.encoding, errors="replace", newline="")
    try:
        for _ in range(form.skipped):
            next(lines)
        bounded = _Bounded(lines, name)
        reader = csv.reader(bounded, delimiter=form.separator)
        for row in reader:
            size, bounded.taken = bounded.taken, 0
            if is_row(row):
                yield reader.line_num + form.skipped, row, size
    finally:
        with suppress(ValueError):  # the file was closed under it
            lines.detach()


class _Bounded:
    """Lines, of which no more are `taken` for one row than fit into the memory many times over."""

    def __init__(self, lines: io.TextIOWrapper, name: str) -> None:
        self._lines, self._name, self.taken = lines, name, 0

    def __iter__(self) -> Iterator[str]:
        while line := self._lines.readline(LONGEST_ROW + 1):
            self.taken += len(line)
            if self.taken > LONGEST_ROW:
                raise TableError(
                    f"{self._name} has a row of more than {LONGEST_ROW:,} characters; no row is that long."
                )
            yield line


def rows(stream: BinaryIO, form: Form, name: str) -> Iterator[Row]:
    """Each row below the header; it has no more cells than that.

    Raises TableError where a fault has no end that one could trust.
    """
    width, last, held, filled = len(form.header), form.skipped, None, -_FILLED_ANYWAY
    where = headers.locate(form.header)
    first = min((where[name] for name in CORE if name in where), default=width)
    try:
        for line, row, size in _lines(stream, form, name):
            if held:
                yield held
            filled += width - _MOST_FILLING * len(row)
            if filled > 0:
                raise TableError(
                    f"{name} has too many short rows: up to line {line} they fill less than half of the {width:,} columns."
                )
            if last > form.skipped and _is_another_header(row, first, where):
                raise TableError(
                    f"{name} has another header on line {line}, with its columns in another order; make two tables of it."
                )
            damage = ""
            # Which cells a short row lacks is unknown, unless it ends before the features.
            if len(row) != width and len(row) > first:
                damage = f"line {line} has {len(row):,} cells where the header has {width:,}"
            if line > last + 1 and any(_swallows_rows(cell, form) for cell in row):
                raise TableError(
                    f"{name} has a quotation mark near line {last + 1} that is not closed there."
                )
            # The first row is the header; the last one may have been cut off.
            held, last = Row(row[:width], damage, size) if last > form.skipped else None, line
    except csv.Error:
        limit = csv.field_size_limit()
        raise TableError(f"{name} has a cell of more than {limit:,} characters on line {last + 1}.") from None
    if held and len(held.cells) < width and not form.ended:
        held = held._replace(damage=f"line {last} is cut off after {len(held.cells):,} of {width:,} cells")
    if held:
        yield held


def _is_another_header(row: list[str], first: int, where: Mapping[str, int]) -> bool:
    """Whether a row names the columns once more, but in another order; `first` is where a number should stand."""
    if not (len(row) > first and row[first][:1].isalpha()):
        return False
    try:
        there = headers.locate(row)
    except TableError:  # it says twice what a header says once
        return False
    return sum(name in where for name in there) > MOST_NAMES and any(
        where.get(name, at) != at for name, at in there.items()
    )


def _swallows_rows(cell: str, form: Form) -> bool:
    """Whether a cell of several lines holds what must be other rows' cells: half a row's, many of them numbers."""
    lines = cell.splitlines()
    return len(lines) > 1 and any(
        len(parts) > len(form.header) // 2
        and 3 * sum(_MEASURED.fullmatch(part) is not None for part in parts) >= len(parts)
        for parts in (line.split(form.separator) for line in lines)
    )


def table(stream: BinaryIO, packed: BinaryIO, name: str, size: int, form: Form) -> Table:
    """The table in a text file; `packed` is the file of this `size` as it is on disk, `stream` what it unpacks to."""
    names = unique_names(form.header, name)

    def read(at_once: int) -> Iterator[Batch]:
        left, is_empty = rows(stream, form, name), True
        with damaged(name, "text" if stream is packed else "gzip"):
            while blocks := list(_blocks(left, names, min(at_once, most_rows(names)))):
                is_empty = False
                tables, damage = zip(*blocks, strict=True)
                yield Batch(pa.concat_tables(tables), list(chain(*damage)), packed.tell() / size)
        if is_empty:
            raise TableError(f"{name} has a header and no rows.")

    return Table(names, read, size, form, len(names))


def _blocks(left: Iterator[Row], names: list[str], at_once: int) -> Iterator[tuple[pa.Table, list[str]]]:
    """So many of the next rows, or as much text as a batch may hold, as columns of text with their damage."""
    blank, width, text = [""] * len(names), len(names), 0
    while at_once > 0 and text < MOST_TEXT and (some := _next_rows(left, min(at_once, _ROWS))):
        full = (row.cells if len(row.cells) == width else row.cells + blank[len(row.cells) :] for row in some)
        columns = [pa.array(column, pa.large_string()) for column in zip(*full, strict=True)]
        yield pa.table(columns, names), [row.damage for row in some]
        at_once, text = at_once - len(some), text + sum(row.size for row in some)


def _next_rows(left: Iterator[Row], at_once: int) -> list[Row]:
    some, text = [], 0
    for row in islice(left, at_once):
        some.append(row)
        text += row.size
        if text > MOST_TEXT // 10:
            break
    return some
