"""Tables on their way out: CSV or Parquet, whole or not at all, no cell that a spreadsheet would run."""

import csv
import gzip
import hashlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitcast.choices import STANDARD
from hitcast.errors import HitCastError
from hitcast.replacing import replacing
from hitcast.sources.files import numeric
from hitcast.tracks import parsing

try:
    import fcntl
except ImportError:  # Windows, which removes no file that is open
    fcntl = None  # type: ignore[assignment]

Kind = Literal["csv", "csv.gz", "parquet"]

ROWS = 65_536  # of a row group
# What begins a formula, full-width or not, at the beginning of a cell or of what may become one: behind a
# line break, or behind what separates cells elsewhere.
_FORMULA = r'(^|[;|\t\r\n])([\s\x00\x0b"\x{a0}\x{200b}\x{feff}]*)([=+\-@＝＋－＠﹦﹢﹣])'


def kind_of(path: str, asked: Kind | None = None) -> Kind:
    """The kind of file that was asked for, else the one of a name's ending; CSV for standard output.

    Raises HitCastError where it is neither CSV nor Parquet, or `require_place` does.
    """
    if path == STANDARD:
        return asked or "csv"
    kind = asked or next((kind for kind in get_args(Kind) if path.lower().endswith(f".{kind}")), None)
    if kind is None:
        raise HitCastError(
            f"{path} must end in .csv, .csv.gz or .parquet, which says how it is written, or give --format."
        )
    require_place(path)
    return kind


def require_place(path: str) -> None:
    """Raise HitCastError where no file can be put in this place: it is something else, or there is no folder."""
    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            raise HitCastError(f"{path} is not a file and cannot be replaced by one.")
        if not target.absolute().parent.is_dir():
            raise HitCastError(f"There is no folder {target.parent} to write {target.name} to.")
    except OSError as error:
        raise HitCastError(f"{parsing.shown(path)} cannot be written: {error.strerror or error}.") from error


@contextmanager
def whole_file(path: str) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file, or are passed to standard output, when all of them are there.

    Where the body fails or is interrupted, what was there before stays. Raises HitCastError where
    the file cannot be written.
    """
    with _standard_output() if path == STANDARD else _moved_into_place(Path(path).resolve()) as stream:
        yield stream


@contextmanager
def temporary() -> Iterator[BinaryIO]:
    """A file that is gone at the end. Raises HitCastError where there is no room for one."""
    try:
        with tempfile.TemporaryFile() as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise HitCastError(
            f"No temporary file can be written: {error.strerror or error}. Make room, or set TMPDIR to a folder that has some."
        ) from error


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    if sys.stdout is None:
        raise HitCastError("Standard output is closed; give --out a file.")
    with temporary() as stream:
        yield stream
        stream.seek(0)
        try:
            shutil.copyfileobj(stream, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise HitCastError(f"Standard output cannot be written: {error.strerror or error}.") from error


@contextmanager
def _moved_into_place(target: Path) -> Iterator[BinaryIO]:
    # The target's own name may be as long as a name can be.
    mark = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12]
    beside = target.with_name(f".hitcast-{mark}-{os.getpid()}.part")
    try:
        _sweep(target.parent)
        with replacing(target, beside) as stream:
            _own(stream)
            yield stream
    except OSError as error:
        raise HitCastError(f"{target.name} cannot be written: {error.strerror or error}.") from error


def _sweep(folder: Path) -> None:
    """Remove what runs that were killed have left; what a run still writes is locked."""
    for left in folder.glob(".hitcast-*.part"):
        with suppress(OSError), left.open("r+b") as stream:
            _own(stream)
            left.unlink()


def _own(stream: BinaryIO) -> None:
    """Lock a file for as long as it is open; raises OSError where another process has it."""
    if fcntl:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def write(
    tables: Iterable[pa.Table], stream: BinaryIO, kind: Kind, numbers: numeric.Types | None = None
) -> None:
    """Write tables of the same columns below one another.

    In a CSV, text that a spreadsheet would take for a formula gets an apostrophe before it. In Parquet,
    those columns of text become `numbers` that hold nothing else.
    """
    if kind == "parquet":
        return _write_with_numbers(tables, stream, numbers) if numbers else _write_parquet(tables, stream)
    packed = (
        gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=6, mtime=0)
        if kind == "csv.gz"
        else nullcontext(stream)
    )
    with packed as plain:
        for lines in _csv(tables):
            plain.write(lines.encode("utf-8"))


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


def _write_with_numbers(tables: Iterable[pa.Table], stream: BinaryIO, numbers: numeric.Types) -> None:
    """Through a file beside: only once all rows are there, it is known which columns hold numbers alone."""
    types = numbers

    def watched() -> Iterator[pa.Table]:
        nonlocal types
        for table in tables:
            types = numeric.narrowed(types, table)
            yield table

    with temporary() as beside:
        _write_parquet(watched(), beside)
        # Threads that read ahead through Python may meet the end of the interpreter, which then aborts.
        batches = pq.ParquetFile(beside, pre_buffer=False).iter_batches(ROWS, use_threads=False)
        converted = (numeric.converted(pa.Table.from_batches([batch]), types) for batch in batches)
        try:
            _write_parquet(converted, stream)
        except OSError as error:
            raise HitCastError(f"The output cannot be written: {error.strerror or error}.") from error


def _csv(tables: Iterable[pa.Table]) -> Iterator[str]:
    """The lines of a CSV, those of a table at a time."""
    for number, table in enumerate(tables):
        lines = io.StringIO(newline="")
        writer = csv.writer(lines, lineterminator="\n")
        if number == 0:
            writer.writerow(harmless(pa.array(table.column_names)).to_pylist())
        writer.writerows(zip(*(_cells(column) for column in table.columns), strict=True))
        yield lines.getvalue()


def harmless(cells: Any) -> Any:
    """An Arrow array of text, an apostrophe before what a spreadsheet would run; numbers stay as they are.

    Also where it only becomes a cell of its own in a spreadsheet that separates by semicolons or tabs.
    """
    text = pc.cast(cells, pa.large_string())
    risky = pc.match_substring_regex(text, _FORMULA)
    if not pc.any(risky).as_py():
        return cells
    risky = pc.and_not(risky, pc.match_substring_regex(text, f"^{parsing.NUMBER}$"))
    return pc.if_else(risky, pc.replace_substring_regex(text, _FORMULA, r"\1\2'\3"), text)


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
