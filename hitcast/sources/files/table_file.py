"""Tables of tracks that people have: CSV, CSV.gz or Parquet, from a path, an address or an upload.

What a file is, is told by its bytes, not by its name. Nothing is unpickled, unpacked to disk or run.
"""

import gzip
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import requests

from hitcast.errors import SourceError, TableError
from hitcast.sources.files import delimited
from hitcast.sources.raw import Pull
from hitcast.sources.time_limit import Limit, cut, within
from hitcast.tracks import parsing, schema
from hitcast.wording import duration

LARGEST_FILE = 1_000_000_000
FIRST_ROWS = 16  # of a Parquet file's group tell how large its lists are
LARGEST_DOWNLOAD = 300_000_000
LONGEST_DOWNLOAD = 300.0  # seconds
# What a gzip file may unpack to at once: a bomb is a thousand times as large, a table at most 200 MB more.
MOST_EXPANSION, EXPANDED_ANYWAY = 30, 200_000_000

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
        content, host = _download(address, tell)
        name = urlsplit(address).path.rsplit("/", 1)[-1] or host
        raw, where = read(content, name), f"{name} from {host}"
    else:
        name = where = Path(address).name.encode("utf-8", "replace").decode()
        tell(0.0, f"Reading {name}")
        raw = read(Path(address).expanduser(), name)
    tell(1.0, f"Read {len(raw):,} rows of {name}")
    return Pull(raw, "file", f"{len(raw):,} rows of {where}")


def read(source: str | os.PathLike[str] | bytes | BinaryIO, name: str = "The file") -> pd.DataFrame:
    """The raw rows of a CSV, CSV.gz or Parquet file given as a path, as bytes or as a binary stream.

    `name` is what messages call it. Rows of a CSV with more cells than its header come back empty,
    with the reason in the column `schema.DAMAGE`.

    Raises
    ------
    SourceError
        When there is no such file, it cannot be opened, or is too large.
    TableError
        When it is no table that can be read.
    """
    with opened(source) as stream:
        start = stream.read(16)
        if start.startswith(b"PAR1"):
            raw = _read_parquet(stream, name)
        elif start.startswith(b"\x1f\x8b"):
            raw = _read_gzip(stream, name)
        else:
            raw = _read_text(stream, name, LARGEST_FILE)
    if raw.empty:
        raise TableError(f"{name} has a header and no rows.")
    return raw


@contextmanager
def opened(
    source: str | os.PathLike[str] | bytes | BinaryIO, largest: float = LARGEST_FILE
) -> Iterator[BinaryIO]:
    """The bytes of a file of at most `largest` bytes; raises SourceError where it cannot be opened."""
    if isinstance(source, str | os.PathLike):
        with _opened_file(os.fspath(source), largest) as stream:
            yield stream
    elif isinstance(source, bytes):
        yield io.BytesIO(source)
    else:
        source.seek(0)
        yield source


def _opened_file(path: str, largest: float) -> BinaryIO:
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


def _read_text(stream: BinaryIO, name: str, largest: int) -> pd.DataFrame:
    require_text(stream, name)
    return delimited.read(stream, name, largest)


def require_text(stream: BinaryIO, name: str) -> None:
    """Raise TableError where the first bytes are those of something else, with a way out."""
    stream.seek(0)
    start = stream.read(16)
    for magic, words in _KINDS.items():
        if start.startswith(magic):
            raise TableError(f"{name} is {words}.")


def _read_gzip(stream: BinaryIO, name: str) -> pd.DataFrame:
    largest = most_unpacked(stream)
    try:
        with gzip.GzipFile(fileobj=stream) as unpacked:
            return _read_text(unpacked, name, min(largest, LARGEST_FILE))  # type: ignore[arg-type]
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(f"{name} is a damaged gzip file ({parsing.reason(error)}); get it again.") from error


def most_unpacked(stream: BinaryIO) -> int:
    """The most bytes that a gzip file may unpack to without being a bomb."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return max(EXPANDED_ANYWAY, size * MOST_EXPANSION)


def _read_parquet(stream: BinaryIO, name: str) -> pd.DataFrame:
    try:
        size = stream.seek(0, os.SEEK_END)
        file = pq.ParquetFile(stream)
        rows, columns = file.metadata.num_rows, file.schema_arrow.names
        # Constant columns take no room in the file and all of it in memory.
        if rows * len(columns) * values_in_a_row(file.metadata) > min(
            delimited.MOST_CELLS, 2 * size + 2_000_000
        ):
            raise TableError(
                f"{name} has {rows:,} rows of {len(columns):,} columns, too many to read at once."
            )
        schema.require_names(columns, name)
        schema.locate(columns)
        if rows * other_bytes_in_a_row(file) > LARGEST_FILE:
            raise TableError(
                f"{name} holds lists of more than {LARGEST_FILE / 1e6:,.0f} MB, too much to read at once."
            )
        # As a dictionary, a long text that is repeated in a million rows takes its place once.
        text = [field.name for field in file.schema_arrow if is_text(field.type)]
        table = pq.ParquetFile(stream, read_dictionary=text, page_checksum_verification=True).read()
        if sum(text_length(chunk) for column in table.select(text) for chunk in column.chunks) > LARGEST_FILE:
            raise TableError(
                f"{name} holds more than {LARGEST_FILE / 1e6:,.0f} MB of text, too much to read at once."
            )
        raw = table.to_pandas(ignore_metadata=True, timestamp_as_object=True)
        return raw.astype(dict.fromkeys(raw.select_dtypes("category"), object))
    except MemoryError as error:
        raise TableError(f"{name} holds more at once than fits into the memory; split it.") from error
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        raise TableError(
            f"{name} is a damaged Parquet file ({parsing.reason(error)}); get it again."
        ) from error


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds texts or bytes, which a file may hold once for a million rows."""
    kinds = pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary
    return any(is_of(kind) for is_of in kinds)


def other_bytes_in_a_row(file: pq.ParquetFile) -> int:
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


def values_in_a_row(metadata: pq.FileMetaData) -> int:
    """How many values the rows of a file have on average where they have most; lists have many."""
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    values = (
        group.column(at).num_values // max(group.num_rows, 1)
        for group in groups
        for at in range(group.num_columns)
    )
    return max(values, default=1) or 1


def text_length(chunk: pa.Array) -> int:
    """Bytes of text in a chunk that is a dictionary, repetitions counted; 0 for any other."""
    if not pa.types.is_dictionary(chunk.type):
        return 0
    return pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0


def _download(url: str, tell: Callable[[float, str], None]) -> tuple[bytes, str]:
    try:
        host = urlsplit(url).hostname or url
        # The time-outs of requests bound the wait for the next byte, not the whole.
        return within(LONGEST_DOWNLOAD, lambda limit: _answer(url, host, tell, limit)), host
    except TimeoutError:
        raise SourceError(
            f"{host} took more than {duration(LONGEST_DOWNLOAD)}; download it and give its path."
        ) from None
    except (requests.RequestException, ValueError) as error:
        address = parsing.shown(url.split("?")[0].rpartition("@")[2])
        raise SourceError(
            f"The table at {address} cannot be had ({type(error).__name__}); check the address and the network."
        ) from error


def _answer(url: str, host: str, tell: Callable[[float, str], None], limit: Limit) -> bytes:
    with requests.get(url, stream=True, timeout=(10, 30)) as answer:
        limit.ends(lambda: cut(answer))
        if answer.status_code != requests.codes.ok:
            raise SourceError(f"{host} answered {answer.status_code} {answer.reason}; check the address.")
        return _body(answer, host, tell)


def _body(answer: requests.Response, host: str, tell: Callable[[float, str], None]) -> bytes:
    length = answer.headers.get("Content-Length", "")
    expected = int(length) if length.isdigit() else 0
    body = bytearray()
    blocks = answer.iter_content(1 << 16)
    while max(len(body), expected) <= LARGEST_DOWNLOAD:
        block = next(blocks, b"")
        if not block:
            return bytes(body)
        body += block
        tell(min(0.9, len(body) / expected) if expected else 0.5, f"Downloading from {host}")
    raise SourceError(
        f"The table at {host} is larger than {LARGEST_DOWNLOAD / 1e6:.0f} MB; download it and give its path."
    )
