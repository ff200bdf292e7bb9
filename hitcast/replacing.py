"""Files that are replaced in one step: whoever reads sees the old one or the new one, whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(target: Path, beside: Path | None = None, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file when all of them are there, and nothing if the body fails.

    Parameters
    ----------
    beside
        Where the bytes lie until then, in the same folder.
    mode
        Who may read and write a file that is new.
    """
    beside = beside or target.with_name(f".{target.name}.tmp")
    # What a killed run has left may be open to others, or lead elsewhere.
    beside.unlink(missing_ok=True)
    stream = open(beside, "wb", opener=lambda path, flags: os.open(path, flags | os.O_EXCL, mode))  # noqa: SIM115
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
