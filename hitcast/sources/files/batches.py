"""A table that may be longer than the memory, batch by batch, every cell as it was.

How it is to be read is settled once, for all of it; nothing depends on where a batch ends.
"""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from hitcast.errors import TableError
from hitcast.sources.files.form import MOST_COLUMNS, Form
from hitcast.tracks import headers, parsing

MOST_CELLS = 2_000_000  # of a batch
MOST_TEXT = 100_000_000  # characters of a batch


@dataclass(frozen=True)
class Batch:
    """Some rows; `damage` says of each what is wrong with it as a row; `done` is the share read so far."""

    table: pa.Table
    damage: list[str]
    done: float


@dataclass(frozen=True)
class Table:
    """A table in batches. `names` are its columns', no two alike.

    `read(rows)` goes through it from its beginning, at most so many rows at a time, as often as asked.
    `size` is that of the file in bytes, `form` how a text table is written, None of any other, and
    `cells_in_a_row` counts what lists hold.
    """

    names: list[str]
    read: Callable[[int], Iterator[Batch]]
    size: int
    form: Form | None = None
    cells_in_a_row: int = 1

    @property
    def is_text(self) -> bool:
        """Whether every cell is text."""
        return self.form is not None


def most_rows(names: list[str]) -> int:
    """How many rows of so many columns a batch may hold."""
    return max(1, MOST_CELLS // len(names))


def unique_names(header: list[str], name: str) -> list[str]:
    """The names of the columns, those of a header that differ from one another, none empty.

    Raises TableError where they are too many, cannot be, or say the same feature twice.
    """
    if len(header) > MOST_COLUMNS:
        raise TableError(f"{name} has {len(header):,} columns; at most {MOST_COLUMNS:,} can be read.")
    if any("\0" in column for column in header):
        raise TableError(f"{name} has a column whose name holds a NUL byte; give it another name.")
    headers.locate(header)
    return unique(header)


def unique(header: list[str]) -> list[str]:
    """Header names that differ from one another, none empty."""
    names: dict[str, None] = {}
    for position, cell in enumerate(header, start=1):
        name = cell.strip() or f"column {position}"
        while name in names:
            name = f"{name} (column {position})"
        names[name] = None
    return list(names)


@contextmanager
def damaged(name: str, kind: str) -> Iterator[None]:
    """Turn what libraries say of a damaged file, of a `kind`, into a TableError that says what to do."""
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
