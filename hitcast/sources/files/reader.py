"""One reader of tables for training and for scoring: CSV, CSV.gz or Parquet, batch by batch or whole.

What a file is, its bytes say, not its name. Nothing is unpickled, unpacked to disk or run.
"""

import gzip
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa

from hitcast.errors import SourceError, TableError
from hitcast.sources.files import numeric, parquet, text
from hitcast.sources.files.batches import Table, damaged
from hitcast.sources.files.form import Form, recognise

Source = str | os.PathLike[str] | bytes | BinaryIO

ENDINGS = ("csv", "tsv", "txt", "gz", "parquet")  # of the names of what is read
ROWS = 65_536  # of a batch
# What is read whole: bytes of a file or of text, and cells, which are 480 MB of numbers.
LARGEST_FILE, MOST_CELLS = 1_000_000_000, 60_000_000
# What a gzip file may unpack to at once: a bomb is a thousand times as large, a table at most 200 MB more.
MOST_EXPANSION, EXPANDED_ANYWAY = 30, 200_000_000
# What a Parquet file may: constant columns take no room in the file and all of it in memory.
MOST_CELLS_A_BYTE, CELLS_ANYWAY = 2, 2_000_000

_PICKLE = "a Python pickle, which is never opened because it can run programs; save it as CSV or Parquet"
_KINDS = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook; unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"\x1f\x8b": "compressed twice; unpack it once",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive; unpack it first",
    b"BZh": "a bzip2 archive; unpack it first",
    b"\xfd7zXZ": "an xz archive; unpack it first",
    b"7z\xbc\xaf": "a 7-Zip archive; unpack it first",
    b"Rar!": "a RAR archive; unpack it first",
    b"%PDF": "a PDF document; export its table as CSV",
    b"SQLite format": "an SQLite database; export its table as CSV",
    b"ARROW1": "a Feather file; save it as Parquet",
    b"\x93NUMPY": "a NumPy array; save it as CSV",
    b"\x89PNG": "a picture, not a table",
    b"\xff\xd8\xff": "a picture, not a table",
    b"ID3": "a sound file, not a table",
    b"RIFF": "a sound file, not a table",
} | {bytes([0x80, protocol]): _PICKLE for protocol in range(2, 6)}


def read(source: Source, name: str = "The file") -> tuple[pd.DataFrame, np.ndarray]:
    """The raw rows of a whole table, and what is wrong with each as a row, empty where nothing is.

    Columns that hold plain numbers alone come as numbers. `name` is what messages call the table.

    Raises
    ------
    SourceError
        When there is no such file, it cannot be opened, or is too large.
    TableError
        When it is no table that can be read.
    """
    with opened(source, name, largest=LARGEST_FILE) as table:
        most = MOST_CELLS
        if not table.is_text:
            most = min(most, MOST_CELLS_A_BYTE * table.size + CELLS_ANYWAY)
        tables, damage, size = [], [], 0
        for batch in table.read(ROWS):
            tables.append(batch.table)
            damage += batch.damage
            size += batch.table.nbytes
            if len(damage) * table.cells_in_a_row > most:
                raise TableError(
                    f"{name} has more than {most // table.cells_in_a_row:,} rows of {table.cells_in_a_row:,} values, "
                    "too many to read at once."
                )
            if size > LARGEST_FILE:
                raise TableError(
                    f"{name} holds more than {LARGEST_FILE / 1e6:,.0f} MB of text or lists, too much to read at once."
                )
    with damaged(name, "text" if table.is_text else "Parquet"):
        return _frame(pa.concat_tables(tables), table.is_text), np.array(damage, dtype=object)


@contextmanager
def opened(
    source: Source, name: str = "The file", *, largest: float = inf, form: Form | None = None
) -> Iterator[Table]:
    """A table in a file given as a path, as bytes or as a seekable binary stream.

    Parameters
    ----------
    name
        What messages call it.
    largest
        The most bytes that the file, and what it unpacks to, may have.
    form
        The form of a text table that was opened before, which saves a pass over it.

    Raises
    ------
    SourceError
        When there is no such file, it cannot be opened, or is too large.
    TableError
        When it is no table that can be read; where it is damaged further on, while that is read.
    """
    with _stream(source, largest) as packed:
        start = packed.read(16)
        size = packed.seek(0, os.SEEK_END)
        packed.seek(0)
        if start.startswith(b"PAR1"):
            yield parquet.table(packed, name, size)
        elif start.startswith(b"\x1f\x8b"):
            if largest < inf:  # it is read whole
                largest = min(largest, max(EXPANDED_ANYWAY, size * MOST_EXPANSION))
            with gzip.GzipFile(fileobj=packed) as stream:
                with damaged(name, "gzip"):
                    form = form or _form(stream, name, largest)  # type: ignore[arg-type]
                yield text.table(stream, packed, name, size, form)  # type: ignore[arg-type]
        else:
            with damaged(name, "text"):
                form = form or _form(packed, name, largest)
            yield text.table(packed, packed, name, size, form)


def _form(stream: BinaryIO, name: str, largest: float) -> Form:
    """How a text table is written; raises TableError where its first bytes are those of something else."""
    start = stream.read(16)
    for magic, words in _KINDS.items():
        if start.startswith(magic):
            raise TableError(f"{name} is {words}.")
    return recognise(stream, name, largest)


@contextmanager
def _stream(source: Source, largest: float) -> Iterator[BinaryIO]:
    if isinstance(source, str | os.PathLike):
        with _file(os.fspath(source), largest) as stream:
            yield stream
    elif isinstance(source, bytes):
        yield io.BytesIO(source)
    else:
        source.seek(0)
        yield source


def _file(path: str, largest: float) -> BinaryIO:
    if not path:
        raise SourceError("The name of the file is empty.")
    try:
        about = os.stat(path)
        if not stat.S_ISREG(about.st_mode):
            raise SourceError(f"{path} is not a file.")
        if about.st_size > largest:
            raise SourceError(
                f"{path} has {about.st_size / 1e6:,.0f} MB; at most {largest / 1e6:,.0f} MB are read at once."
            )
        return open(path, "rb")
    except FileNotFoundError:
        raise SourceError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be opened: {getattr(error, 'strerror', None) or error}.") from error


def _frame(table: pa.Table, is_text: bool) -> pd.DataFrame:
    if is_text:
        table = numeric.converted(table, numeric.narrowed(numeric.possible(table.column_names), table))
    return table.to_pandas(ignore_metadata=True, timestamp_as_object=True)
