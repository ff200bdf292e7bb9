"""Tables of tracks that people have: CSV, CSV.gz or Parquet, from a path, a URL or an upload.

What a file is, is told by its bytes, not by its name. Nothing here unpickles, unpacks archives or
writes to disk.
"""

import codecs
import csv
import gzip
import io
import os
import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import requests

from hitcast import cells, schemas
from hitcast.errors import SourceError, TableError
from hitcast.sources.pull import Pull

LARGEST_FILE = 1_000_000_000
LARGEST_DOWNLOAD = 300_000_000
LONGEST_DOWNLOAD = 300.0  # seconds
MOST_CELLS = 150_000_000  # of a Parquet file, whose size on disk says little
MOST_EXPANSION = 30  # a table shrinks 3 to 12 times in gzip; a bomb a thousand times
_BLOCK = 1 << 20
_SEPARATORS = ",;\t|"
_EMPTY = sorted({spelling for word in cells.MISSING for spelling in (word, word.upper(), word.title())})

_KINDS = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook; unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"\x28\xb5\x2f\xfd": "Zstandard-compressed; unpack it first",
    b"BZh": "bzip2-compressed; unpack it first",
    b"\xfd7zXZ": "xz-compressed; unpack it first",
    b"7z\xbc\xaf": "a 7-Zip archive; unpack it first",
    b"Rar!": "a RAR archive; unpack it first",
    b"\x80\x02": "a Python pickle, which is never opened because it can run programs; save it as CSV or Parquet",
    b"%PDF": "a PDF document; export the table as CSV",
    b"SQLite format": "an SQLite database; export the table as CSV",
    b"ARROW1": "a Feather file; save it as Parquet",
    b"\x93NUMPY": "a NumPy array; save it as CSV",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"ID3": "a sound file; a demo goes into the box for audio",
    b"RIFF": "a sound file; a demo goes into the box for audio",
} | {bytes([0x80, protocol]): "" for protocol in (3, 4, 5)}
_KINDS |= {magic: _KINDS[b"\x80\x02"] for magic, words in _KINDS.items() if not words}


def load(path_or_url: str | os.PathLike[str], progress: Callable[[float, str], None] | None = None) -> Pull:
    """The rows of a file or of an http(s) address.

    Raises
    ------
    SourceError
        When it is not there, cannot be opened, or is too large.
    TableError
        When it is no table that can be read.
    """
    tell = progress or (lambda fraction, sentence: None)
    address = os.fspath(path_or_url)
    if address.startswith(("http://", "https://")):
        name = urlsplit(address).path.rsplit("/", 1)[-1] or urlsplit(address).netloc
        raw = read(_download(address, tell), name)
        where = f"{name} from {urlsplit(address).hostname}"
    else:
        name = where = Path(address).name
        tell(0.0, f"Reading {name}")
        raw = read(_existing(address), name)
    tell(1.0, f"Read {len(raw):,} rows of {name}")
    return Pull(raw, "file", f"{len(raw):,} rows of {where}")


def read(source: str | os.PathLike[str] | bytes | BinaryIO, name: str = "The file") -> pd.DataFrame:
    """The raw rows of a CSV, CSV.gz or Parquet file given as a path, as bytes or as a binary stream.

    `name` is what messages call it. Rows with more cells than the header come back empty, with the
    reason in the column `schemas.DAMAGE`. Raises TableError when it is no table that can be read.
    """
    with _opened(source) as stream:
        head = stream.read(_BLOCK)
        if not head:
            raise TableError(f"{name} is empty.")
        if head.startswith(b"PAR1"):
            raw = _read_parquet(stream, name)
        else:
            raw = _read_csv(*_unzipped(stream, head, name), name)
    if raw.empty:
        raise TableError(f"{name} has a header and no rows.")
    return raw


@contextmanager
def _opened(source: str | os.PathLike[str] | bytes | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, bytes | bytearray | memoryview):
        yield io.BytesIO(source)
    elif isinstance(source, str | os.PathLike):
        with open(source, "rb") as stream:
            yield stream
    else:
        source.seek(0)
        yield source


def _existing(path: str) -> str:
    try:
        size = os.stat(path).st_size
        with open(path, "rb"):
            pass
    except FileNotFoundError:
        raise SourceError(f"There is no file {path}.") from None
    except OSError as error:
        raise SourceError(f"{path} cannot be opened: {error.strerror}.") from error
    if size > LARGEST_FILE:
        raise SourceError(
            f"{path} has {_megabytes(size)}; at most {_megabytes(LARGEST_FILE)} can be read at once."
        )
    return path


def _download(url: str, tell: Callable[[float, str], None]) -> bytes:
    host = urlsplit(url).hostname or url
    try:
        with requests.get(url, stream=True, timeout=(10, 30)) as answer:
            if answer.status_code != requests.codes.ok:
                raise SourceError(f"{host} answered {answer.status_code} {answer.reason}; check the address.")
            return _body(answer, host, tell)
    except (requests.RequestException, ValueError) as error:
        raise SourceError(
            f"{host} cannot be reached ({type(error).__name__}); check the address and the network."
        ) from error


def _body(answer: requests.Response, host: str, tell: Callable[[float, str], None]) -> bytes:
    length = answer.headers.get("Content-Length", "")
    expected = int(length) if length.isdigit() else 0
    body, started = bytearray(), time.monotonic()
    for block in answer.iter_content(_BLOCK):
        body += block
        if max(len(body), expected) > LARGEST_DOWNLOAD:
            raise SourceError(
                f"The file at {host} is larger than {_megabytes(LARGEST_DOWNLOAD)}; download it and give its path."
            )
        if time.monotonic() - started > LONGEST_DOWNLOAD:
            raise SourceError(
                f"{host} took longer than {LONGEST_DOWNLOAD:.0f} seconds; download it and give its path."
            )
        tell(
            min(0.9, len(body) / expected) if expected else 0.5,
            f"Downloading from {host}: {_megabytes(len(body))}",
        )
    return bytes(body)


def _read_parquet(stream: BinaryIO, name: str) -> pd.DataFrame:
    try:
        shape = pq.ParquetFile(stream)
        if shape.metadata.num_rows * len(shape.schema_arrow) > MOST_CELLS:
            raise TableError(
                f"{name} has {shape.metadata.num_rows:,} rows of {len(shape.schema_arrow):,} columns, too many to read at once."
            )
        schemas.locate(shape.schema_arrow.names)
        # Kept as a dictionary, a long text that repeats in a million rows takes its place once.
        text = [
            field.name
            for field in shape.schema_arrow
            if pa.types.is_string(field.type) or pa.types.is_binary(field.type)
        ]
        stream.seek(0)
        table = pq.ParquetFile(stream, read_dictionary=text).read()
        raw = table.to_pandas(ignore_metadata=True, timestamp_as_object=True, strings_to_categorical=False)
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        raise TableError(f"{name} is a damaged Parquet file: {_first_line(error)}.") from error
    categories = raw.select_dtypes("category").columns
    return raw.astype(dict.fromkeys(categories, object))


def _unzipped(stream: BinaryIO, head: bytes, name: str) -> tuple[BinaryIO, "_Text"]:
    """The stream of a text table, unpacked if it was gzip, and what a first pass over it found."""
    limit = LARGEST_FILE
    if head.startswith(b"\x1f\x8b"):
        limit = stream.seek(0, os.SEEK_END) * MOST_EXPANSION + _BLOCK
        stream.seek(0)
        stream = gzip.GzipFile(fileobj=stream)  # type: ignore[assignment]
    else:
        stream.seek(0)
    try:
        return stream, _scan(stream, limit, name)
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(f"{name} is a damaged gzip file: {_first_line(error)}.") from error


@dataclass(frozen=True)
class _Text:
    """What a text file turned out to be."""

    head: str
    encoding: str


def _scan(stream: BinaryIO, limit: int, name: str) -> _Text:
    """One pass over the bytes: their encoding; refuses what is no text or too much of it."""
    head = stream.read(_BLOCK)
    if not head.strip():
        raise TableError(f"{name} is empty.")
    for magic, words in (_KINDS | {b"\x1f\x8b": "compressed twice; unpack it once"}).items():
        if head.startswith(magic):
            raise TableError(f"{name} is {words}.")
    encoding = _marked_encoding(head)
    decoder = codecs.getincrementaldecoder(encoding or "utf-8")("replace")
    block, size, wrong, beyond = head, 0, 0, 0
    while block:
        size += len(block)
        if size > limit:
            raise TableError(f"{name} unpacks to more than {_megabytes(limit)}, which no table does.")
        text = decoder.decode(block)
        if "\0" in text:
            raise TableError(f"{name} holds NUL bytes: it is damaged, or not a text table.")
        if not text.isascii():
            wrong += text.count("\N{REPLACEMENT CHARACTER}")
            beyond += len(text) - len(text.encode("ascii", "ignore"))
        block = stream.read(_BLOCK)
    if not encoding:
        # More wrong bytes than right ones beyond ASCII: an old Windows file.
        encoding = "cp1252" if 2 * wrong > beyond else "utf-8"
    start = head.decode(encoding, "replace").lstrip("\ufeff")
    opening = start.lstrip()[:200].lower()
    if opening.startswith("<"):
        raise TableError(
            f"{name} is a web page or XML, not a table; use the link that downloads the file itself."
        )
    if opening.startswith(("{", "[{")):
        raise TableError(f"{name} is JSON; save it as CSV or Parquet.")
    return _Text(start, encoding)


def _marked_encoding(head: bytes) -> str | None:
    """The encoding that a byte order mark, or the zeros of unmarked UTF-16, give away."""
    marks = {
        codecs.BOM_UTF8: "utf-8-sig",
        codecs.BOM_UTF32_LE: "utf-32",
        codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
    for mark, encoding in marks.items():
        if head.startswith(mark):
            return encoding
    sample = head[:2000]
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if (
            len(sample) >= 8
            and sample[first::2].count(0) > 0.4 * len(sample)
            and not sample[1 - first :: 2].count(0)
        ):
            return encoding
    return None


def _read_csv(stream: BinaryIO, text: _Text, name: str) -> pd.DataFrame:
    # Excel writes `sep=;` above the header.
    skipped = int(bool(re.match(r"sep=.\r?\n", text.head, re.IGNORECASE)))
    separator, header = _header(text.head.split("\n", 1)[1] if skipped else text.head, name)
    meanings = {at: meaning for meaning, at in schemas.locate(header).items()}
    columns = _unique(header)
    damaged = _damaged_rows(_rows(stream, text, separator, skipped), separator, name)
    if damaged:
        stream = _straightened(_rows(stream, text, separator, skipped))
        text, separator, skipped = _Text(text.head, "utf-8"), ",", 0
    numbers = [columns[at] for at, meaning in meanings.items() if meaning not in schemas.TEXT_COLUMNS]
    words = [columns[at] for at, meaning in meanings.items() if meaning in schemas.TEXT_COLUMNS]
    stream.seek(0)
    try:
        raw = pd.read_csv(
            stream,
            encoding=text.encoding,
            encoding_errors="replace",
            sep=separator,
            header=0,
            names=columns,
            skiprows=skipped,
            index_col=False,
            dtype=dict.fromkeys(words, str),
            keep_default_na=False,
            na_values=dict.fromkeys(numbers, _EMPTY),
            float_precision="round_trip",
            low_memory=False,
        )
    except (ValueError, OverflowError) as error:
        raise TableError(f"{name} cannot be read as a table: {_first_line(error)}.") from error
    if not damaged:
        return raw
    return raw.assign(**{schemas.DAMAGE: [damaged.get(row, "") for row in range(len(raw))]})


def _header(start: str, name: str) -> tuple[str, list[str]]:
    """The separator under which the first row names most known columns, and that row."""
    best: tuple[int, int, str, list[str]] = (-1, 0, ",", [])
    for separator in _SEPARATORS:
        try:
            rows = csv.reader(io.StringIO(start, newline=""), delimiter=separator)
            row = next((row for row in rows if row), [])
        except csv.Error:
            continue
        known = len(schemas.locate(row))
        if (known, len(row)) > best[:2]:
            best = (known, len(row), separator, row)
    if not best[3]:
        raise TableError(f"{name} has no header that can be read.")
    return best[2], best[3]


def _rows(stream: BinaryIO, text: _Text, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, the header among them, after the number of its last line."""
    stream.seek(0)
    lines = io.TextIOWrapper(stream, text.encoding, errors="replace", newline="")
    try:
        for _ in range(skipped):
            next(lines)
        reader = csv.reader(lines, delimiter=separator)
        for row in reader:
            if len(row) > 1 or "".join(row).strip():
                yield reader.line_num + skipped, row
    finally:
        lines.detach()


def _damaged_rows(rows: Iterable[tuple[int, list[str]]], separator: str, name: str) -> dict[int, str]:
    """The rows with more cells than the header, by position, each with its reason.

    Such a row has slipped sideways: its numbers would land under the wrong names.
    """
    damaged, width, last = {}, 0, 0
    try:
        for position, (line, row) in enumerate(rows, start=-1):
            width = width or len(row)
            if len(row) > width:
                damaged[position] = f"line {line} has {len(row)} cells where the header has {width}"
            if line > last + 1 and any("\n" in cell and cell.count(separator) >= width // 2 for cell in row):
                raise TableError(f"{name} has a quotation mark on line {last + 1} that is not closed on it.")
            last = line
    except csv.Error:
        raise TableError(f"{name} has a cell of more than {csv.field_size_limit():,} characters.") from None
    return damaged


def _straightened(rows: Iterable[tuple[int, list[str]]]) -> BinaryIO:
    """The table written anew with the damaged rows emptied."""
    straight, width = io.StringIO(newline=""), 0
    writer = csv.writer(straight, lineterminator="\n")
    for _, row in rows:
        width = width or len(row)
        writer.writerow(row if len(row) <= width else [""] * width)
    return io.BytesIO(straight.getvalue().encode("utf-8"))


def _unique(header: list[str]) -> list[str]:
    """Header names that differ from one another, none empty."""
    names: list[str] = []
    seen: set[str] = set()
    for position, cell in enumerate(header):
        name = cell.strip() or f"column {position + 1}"
        name = name if name not in seen else f"{name} (column {position + 1})"
        seen.add(name)
        names.append(name)
    return names


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.1f} MB" if size < 1e7 else f"{size / 1e6:,.0f} MB"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")[:200]
