"""A table that a person names: by its path, or by its address, from which it is downloaded."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import requests

from hitcast.errors import SourceError
from hitcast.progress import Progress, silent
from hitcast.sources.files import reader
from hitcast.sources.raw import RawTracks
from hitcast.sources.time_limit import Limit, cut, within
from hitcast.tracks import parsing
from hitcast.wording import duration

LARGEST_DOWNLOAD = 300_000_000
LONGEST_DOWNLOAD = 300.0  # seconds


def load(path_or_url: str | os.PathLike[str], progress: Progress = silent) -> RawTracks:
    """The rows of a file or of an http(s) address.

    Raises
    ------
    SourceError
        When it is not there, cannot be opened, or is too large.
    TableError
        When it is no table that can be read.
    """
    address = os.fspath(path_or_url)
    if address.startswith(("http://", "https://")):
        content, host = _download(address, progress)
        name = urlsplit(address).path.rsplit("/", 1)[-1] or host
        (rows, damage), where = reader.read(content, name), f"{name} from {host}"
    else:
        name = where = Path(address).name.encode("utf-8", "replace").decode()
        progress(0.0, f"Reading {name}")
        rows, damage = reader.read(Path(os.path.expanduser(address)), name)
    progress(1.0, f"Read {len(rows):,} rows of {name}")
    return RawTracks(rows, "file", f"{len(rows):,} rows of {where}", damage=damage)


def _download(url: str, progress: Progress) -> tuple[bytes, str]:
    try:
        host = urlsplit(url).hostname or url
        # The time-outs of requests bound the wait for the next byte, not the whole.
        return within(LONGEST_DOWNLOAD, lambda limit: _answer(url, host, progress, limit)), host
    except TimeoutError:
        raise SourceError(
            f"{host} took more than {duration(LONGEST_DOWNLOAD)}; download it and give its path."
        ) from None
    except (requests.RequestException, ValueError) as error:
        address = parsing.shown(url.split("?")[0].rpartition("@")[2])
        raise SourceError(
            f"The table at {address} cannot be had ({type(error).__name__}); check the address and the network."
        ) from error


def _answer(url: str, host: str, progress: Progress, limit: Limit) -> bytes:
    with requests.get(url, stream=True, timeout=(10, 30)) as answer:
        limit.ends(lambda: cut(answer))
        if answer.status_code != requests.codes.ok:
            raise SourceError(f"{host} answered {answer.status_code} {answer.reason}; check the address.")
        return _body(answer, host, progress)


def _body(answer: requests.Response, host: str, progress: Progress) -> bytes:
    length = answer.headers.get("Content-Length", "")
    expected = int(length) if length.isdigit() else 0
    body = bytearray()
    blocks = answer.iter_content(1 << 16)
    while max(len(body), expected) <= LARGEST_DOWNLOAD:
        block = next(blocks, b"")
        if not block:
            return bytes(body)
        body += block
        progress(min(0.9, len(body) / expected) if expected else 0.5, f"Downloading from {host}")
    raise SourceError(
        f"The table at {host} is larger than {LARGEST_DOWNLOAD / 1e6:.0f} MB; download it and give its path."
    )
