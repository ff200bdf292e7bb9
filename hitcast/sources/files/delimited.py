"""Text tables as people have them: any encoding, separator or decimal sign, with their damage told.

A row that has slipped sideways would put its numbers under the wrong names, and a row that was cut
off may end in half a number: such a row comes back empty, with the reason in `schema.DAMAGE`.
"""

import codecs
import csv
import io
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

import pandas as pd

from hitcast.errors import TableError
from hitcast.features import CORE
from hitcast.tracks import parsing, schema

MOST_CELLS = 60_000_000  # 480 MB of numbers
MOST_COLUMNS = 10_000
LONGEST_ROW = 4_000_000  # characters
MOST_NAMES = 3  # of columns in a row that is no header
# A small file of short rows under a long header would fill the memory.
_MOST_FILLING, _FILLED_ANYWAY = 2, 1_000_000
_BLOCK = 1 << 20
# A number as it may stand in a cell, with its unit, such as `-5.3 dB`, `63%` or `3:27`.
_MEASURED = re.compile(r"[\s\"']*[+\-−]?(?:\d[\d.,:]*|\.\d+)(?:[eE][+-]?\d+)? ?[A-Za-z%]{0,4}[\s\"']*")
_SEPARATORS = ",;\t|"
_EMPTY = sorted({spelling for word in parsing.MISSING for spelling in (word, word.upper(), word.title())})
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True)
class Form:
    """How a text table is written.

    `skipped` lines stand above its header; `ended` tells whether its last line ends in a line break.
    """

    encoding: str
    separator: str
    header: list[str]
    skipped: int = 0
    ended: bool = True


def read(stream: BinaryIO, name: str, largest: int) -> pd.DataFrame:
    """The rows of a text table in a seekable binary stream of at most `largest` bytes.

    Raises TableError, which calls the table `name`, when it is none or cannot be trusted.
    """
    form = recognise(stream, name, largest)
    damaged = _damaged_rows(stream, form, name)
    if not damaged:
        return _frame(stream, form, name)
    straight = _frame(
        _straightened(_rows(stream, form, name), damaged), Form("utf-8", ",", form.header), name
    )
    return straight.assign(**{schema.DAMAGE: [damaged.get(row, "") for row in range(len(straight))]})


def recognise(stream: BinaryIO, name: str, largest: float) -> Form:
    """How the table is written, from one pass over its bytes and its first lines."""
    stream.seek(0)
    encoding, ended = _encoding(stream, name, largest)
    stream.seek(0)
    start = stream.read(_BLOCK).decode(encoding, "replace").lstrip("\ufeff")
    opening = start[:1000].strip().lower()
    if not opening:
        raise TableError(f"{name} is empty.")
    if opening.startswith("<"):
        raise TableError(f"{name} is a web page, not a table; use the link that downloads the file itself.")
    if opening.startswith(("{", "[{")):
        raise TableError(f"{name} is JSON; save it as CSV or Parquet.")
    # Excel writes `sep=;` above the header.
    announced = re.match(r"sep=.(\r\n|\n|\r)", start, re.IGNORECASE)
    separator, header = _header(start[announced.end() :] if announced else start)
    if not 0 < len(header) <= MOST_COLUMNS:
        raise TableError(
            f"{name} has {len(header):,} columns in its header; there must be 1 to {MOST_COLUMNS:,}."
        )
    return Form(encoding, separator, header, skipped=int(announced is not None), ended=ended)


def _encoding(stream: BinaryIO, name: str, largest: float) -> tuple[str, bool]:
    """The encoding of all of it, and whether it ends in a line break."""
    block = stream.read(_BLOCK)
    marked = next((encoding for mark, encoding in _MARKS.items() if block.startswith(mark)), None)
    encoding = marked or _unmarked_utf16(block[:2000]) or "utf-8"
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    size, wrong, foreign, ended = 0, 0, 0, True
    while block:
        size += len(block)
        if size > largest:
            raise TableError(
                f"{name} holds more than {largest / 1e6:,.0f} MB of text, too much to read at once."
            )
        text = decoder.decode(block)
        if "\0" in text:
            raise TableError(f"{name} holds NUL bytes: it is damaged, or not a text table.")
        ended = text.endswith(("\n", "\r")) if text else ended
        if not text.isascii():
            wrong += text.count("\N{REPLACEMENT CHARACTER}")
            foreign += len(text) - len(text.encode("ascii", "ignore"))
        block = stream.read(_BLOCK)
    # Most of what is not ASCII is not UTF-8 either: a file from Windows.
    return ("cp1252" if encoding == "utf-8" and 2 * wrong > foreign else encoding), ended


def _unmarked_utf16(sample: bytes) -> str | None:
    """Which half of the bytes is zero where Latin text is written as UTF-16 without a mark."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) < 0.4 * len(sample) or min(even, odd) > 0:
        return None
    return "utf-16-le" if odd else "utf-16-be"


def _header(start: str) -> tuple[str, list[str]]:
    """The separator under which the first row names most known columns, and that row."""
    best: tuple[int, int, str, list[str]] = (-1, 0, ",", [])
    for separator in _SEPARATORS:
        try:
            rows = csv.reader(io.StringIO(start, newline=""), delimiter=separator)
            row = next((row for row in rows if _is_row(row)), [])
        except csv.Error:
            continue
        known = len(schema.locate(row[:MOST_COLUMNS]))
        if (known, len(row)) > best[:2]:
            best = (known, len(row), separator, row)
    return best[2], best[3]


def _is_row(row: list[str]) -> bool:
    """Whether a line is more than spaces; readers pass over blank lines."""
    return len(row) > 1 or bool("".join(row).strip())


def _rows(stream: BinaryIO, form: Form, name: str) -> Iterator[tuple[int, list[str], int]]:
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
            if _is_row(row):
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


def told(stream: BinaryIO, form: Form, name: str) -> Iterator[tuple[list[str], str, int]]:
    """Each row below the header, what is wrong with it as a row, empty where nothing is, and its length.

    A row has no more cells than the header.

    Raises TableError where a fault has no end that one could trust.
    """
    width, last, held, filled = len(form.header), form.skipped, None, -_FILLED_ANYWAY
    where = schema.locate(form.header)
    first = min((where[name] for name in CORE if name in where), default=width)
    try:
        for line, row, size in _rows(stream, form, name):
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
            reason = ""
            # Which cells a short row lacks, nobody knows, unless it ends before the features.
            if len(row) != width and len(row) > first:
                reason = f"line {line} has {len(row):,} cells where the header has {width:,}"
            if line > last + 1 and any(_swallows_rows(cell, form) for cell in row):
                raise TableError(
                    f"{name} has a quotation mark near line {last + 1} that is not closed there."
                )
            # The first row is the header; the last one may have been cut off.
            held, last = (row[:width], reason, size) if last > form.skipped else None, line
    except csv.Error:
        limit = csv.field_size_limit()
        raise TableError(f"{name} has a cell of more than {limit:,} characters on line {last + 1}.") from None
    if held:
        row, reason, size = held
        if len(row) < width and not form.ended:
            reason = f"line {last} is cut off after {len(row):,} of {width:,} cells"
        yield row, reason, size


def _damaged_rows(stream: BinaryIO, form: Form, name: str) -> dict[int, str]:
    """The damaged rows by position, each with its reason; raises TableError where they are too many."""
    damaged: dict[int, str] = {}
    for row, (_, reason, _) in enumerate(told(stream, form, name)):
        if reason:
            damaged[row] = reason
        if row * len(form.header) > MOST_CELLS:
            raise TableError(
                f"{name} has more than {row:,} rows of {len(form.header):,} columns, too many to read at once."
            )
    return damaged


def _is_another_header(row: list[str], first: int, where: Mapping[str, int]) -> bool:
    """Whether a row names the columns once more, but in another order; `first` is where a number should stand."""
    if not (len(row) > first and row[first][:1].isalpha()):
        return False
    there = schema.locate(row)
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


def _straightened(rows: Iterable[tuple[int, list[str], int]], damaged: Container[int]) -> BinaryIO:
    """The table written anew, its damaged rows emptied."""
    straight, width = io.StringIO(newline=""), 0
    # Everything in quotation marks: a lone carriage return in a cell would end a row.
    writer = csv.writer(straight, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for position, (_, row, _) in enumerate(rows, start=-1):
        width = width or len(row)
        writer.writerow([""] * width if position in damaged else row)
    return io.BytesIO(straight.getvalue().encode("utf-8"))


def _frame(stream: BinaryIO, form: Form, name: str) -> pd.DataFrame:
    """The table as pandas reads it: text columns as they are written, numbers to the last bit."""
    columns = unique(form.header)
    meanings = {columns[at]: meaning for meaning, at in schema.locate(form.header).items()}
    text = [column for column, meaning in meanings.items() if meaning in schema.TEXT_COLUMNS]
    stream.seek(0)
    try:
        return pd.read_csv(
            stream,
            encoding=form.encoding,
            encoding_errors="replace",
            sep=form.separator,
            skiprows=form.skipped,
            header=0,
            names=columns,
            index_col=False,
            dtype=dict.fromkeys(text, str),
            keep_default_na=False,
            na_values={column: _EMPTY for column in meanings if column not in text},
            float_precision="round_trip",
            low_memory=False,
        )
    except (ValueError, OverflowError) as error:
        if "EOF inside string" in str(error):
            raise TableError(f"{name} has a quotation mark that is never closed.") from error
        raise TableError(
            f"{name} cannot be read as a table ({parsing.reason(error)}); export it again."
        ) from error


def unique(header: list[str]) -> list[str]:
    """Header names that differ from one another, none empty."""
    names: dict[str, None] = {}
    for position, cell in enumerate(header, start=1):
        name = cell.strip() or f"column {position}"
        names[name if name not in names else f"{name} (column {position})"] = None
    return list(names)
