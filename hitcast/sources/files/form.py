"""How a text table is written: its encoding, separator and header, from one pass over it."""

import codecs
import csv
import io
import re
from dataclasses import dataclass
from typing import BinaryIO

from hitcast.errors import TableError
from hitcast.tracks import headers

MOST_COLUMNS = 10_000
_BLOCK = 1 << 20
_SEPARATORS = ",;\t|"
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

    `skipped` lines stand above its header; `ended` says whether its last line ends in a line break.
    """

    encoding: str
    separator: str
    header: list[str]
    skipped: int = 0
    ended: bool = True


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
            row = next((row for row in rows if is_row(row)), [])
        except csv.Error:
            continue
        known = len(headers.locate(row[:MOST_COLUMNS]))
        if (known, len(row)) > best[:2]:
            best = (known, len(row), separator, row)
    return best[2], best[3]


def is_row(row: list[str]) -> bool:
    """Whether a line is more than spaces; readers pass over blank lines."""
    return len(row) > 1 or bool("".join(row).strip())
