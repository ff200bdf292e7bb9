"""Tables on their way out: CSV or Parquet, whole or not at all, no cell that a spreadsheet would run."""

import csv
import gzip
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitcast.errors import HitCastError

Kind = Literal["csv", "csv.gz", "parquet"]

STANDARD = "-"
_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$"


def kind_of(path: str) -> Kind:
    """The kind of file that a name's ending asks for; CSV for standard output.

    Raises HitCastError where it is neither CSV nor Parquet, or cannot be written where it is to be.
    """
    if path == STANDARD:
        return "csv"
    kind = next((kind for kind in ("csv", "csv.gz", "parquet") if path.lower().endswith(f".{kind}")), None)
    if kind is None:
        raise HitCastError(f"{path} must end in .csv, .csv.gz or .parquet, which says how it is written.")
    target = Path(path)
    if target.exists() and not target.is_file():
        raise HitCastError(f"{path} is not a file and cannot be replaced by one.")
    if not target.absolute().parent.is_dir():
        raise HitCastError(f"There is no folder {target.parent} to write {target.name} to.")
    return kind  # type: ignore[return-value]


@contextmanager
def whole_file(path: str) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file, or are passed to standard output, when all of them are there.

    Where the body fails or is interrupted, what was there before stays. Raises HitCastError where
    the file cannot be written.
    """
    with _standard_output() if path == STANDARD else _moved_into_place(Path(path).resolve()) as stream:
        yield stream


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as stream:
        yield stream
        stream.seek(0)
        shutil.copyfileobj(stream, sys.stdout.buffer)
        sys.stdout.buffer.flush()


@contextmanager
def _moved_into_place(target: Path) -> Iterator[BinaryIO]:
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, target)
    except OSError as error:
        raise HitCastError(f"{target.name} cannot be written: {error.strerror or error}.") from error
    finally:
        beside.unlink(missing_ok=True)


def write(tables: Iterable[pa.Table], stream: BinaryIO, kind: Kind) -> None:
    """Write tables of the same columns below one another.

    In a CSV, text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    if kind == "parquet":
        _write_parquet(tables, stream)
        return
    packed = (
        gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=6, mtime=0)
        if kind == "csv.gz"
        else nullcontext(stream)
    )
    with packed as plain:
        lines = io.TextIOWrapper(plain, "utf-8", newline="", write_through=False)
        try:
            _write_csv(tables, lines)
            lines.flush()
        finally:
            lines.detach()


def _write_parquet(tables: Iterable[pa.Table], stream: BinaryIO) -> None:
    writer = None
    try:
        for table in tables:
            # A dictionary is tried for each column otherwise; hardly two measured numbers are alike.
            text = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
            writer = writer or pq.ParquetWriter(stream, table.schema, compression="zstd", use_dictionary=text)
            writer.write_table(table)
    finally:
        if writer:
            writer.close()


def _write_csv(tables: Iterable[pa.Table], lines: io.TextIOBase) -> None:
    writer, begun = csv.writer(lines, lineterminator="\n"), False
    for table in tables:
        if not begun:
            writer.writerow(harmless(pa.array(table.column_names)).to_pylist())
            begun = True
        writer.writerows(zip(*(_cells(column) for column in table.columns), strict=True))


def harmless(cells: Any) -> Any:
    """An Arrow array of text, an apostrophe before what a spreadsheet would run; numbers stay as they are."""
    text = pc.cast(cells, pa.large_string())
    risky = pc.match_substring_regex(text, _FORMULA)
    if not pc.any(risky).as_py():
        return cells
    risky = pc.and_not(risky, pc.match_substring_regex(text, _NUMBER))
    nothing, mark = pa.scalar("", pa.large_string()), pa.scalar("'", pa.large_string())
    return pc.if_else(risky, pc.binary_join_element_wise(mark, text, nothing), text)


def _cells(column: pa.ChunkedArray) -> list:
    """A column as Python values whose text is what belongs into a CSV."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _cells(column.cast(kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return harmless(column).to_pylist()
    if pa.types.is_integer(kind) or pa.types.is_float64(kind) or pa.types.is_boolean(kind):
        return column.to_pylist()
    return harmless(as_text(column)).to_pylist()


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Every cell of a column of any type as text."""
    try:
        return column.cast(pa.large_string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        cells = [None if cell is None else str(cell) for cell in column.to_pylist()]
        return pa.chunked_array([cells], pa.large_string())
