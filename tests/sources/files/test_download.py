"""A table from a path or an address: fetched within limits, or refused without a word of its secrets."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from support.damaged_tables import sound_table

from hitcast.errors import HitCastError, SourceError
from hitcast.sources.files import download, reader

CSV = sound_table(np.random.default_rng(1), rows=30).to_csv(index=False).encode()


def test_a_file_that_is_not_there_or_no_file_is_said(tmp_path):
    for path in (tmp_path / "none.csv", "~nobody/none.csv"):
        with pytest.raises(SourceError, match="There is no file"):
            download.load(path)
    with pytest.raises(SourceError, match="is not a file"):
        download.load(tmp_path)
    with pytest.raises(SourceError, match="cannot be opened"):
        download.load("a\0b.csv")


class Shelf(BaseHTTPRequestHandler):
    """A web server with a few files."""

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/drip.csv":
            return self.drip()
        self.send_response(404 if path == "/gone.csv" else 200)
        self.send_header("Content-Length", str(10**12 if path == "/huge.csv" else len(CSV)))
        self.end_headers()
        self.wfile.write(b"<html>" + CSV[6:] if path == "/page.csv" else CSV)

    def drip(self):
        if "late" in self.path:
            time.sleep(1.5)
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            for byte in CSV:
                self.wfile.write(bytes([byte]))
                time.sleep(0.2)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def shelf() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_table_by_its_path(tmp_path):
    path = tmp_path / "tracks of any name"
    path.write_bytes(CSV)
    loaded = download.load(path)
    assert loaded.rows.equals(reader.read(CSV)[0])
    assert (loaded.name, loaded.detail) == ("file", "30 rows of tracks of any name")


def test_a_table_by_its_address(shelf):
    steps = []
    loaded = download.load(f"{shelf}/tracks.csv?token=secret", progress=lambda *step: steps.append(step))
    assert loaded.rows.equals(reader.read(CSV)[0])
    assert loaded.detail == "30 rows of tracks.csv from 127.0.0.1"
    assert steps[-1] == (1.0, "Read 30 rows of tracks.csv")
    assert all(0 <= fraction <= 1 and "secret" not in sentence for fraction, sentence in steps)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("gone.csv", "answered 404"),
        ("huge.csv", "larger than 300 MB"),
        ("page.csv", "page.csv is a web page"),
    ],
)
def test_an_address_without_a_table_is_said(shelf, path, words):
    with pytest.raises(HitCastError, match=words):
        download.load(f"{shelf}/{path}")


@pytest.mark.parametrize("query", ["", "?late"])
def test_a_download_that_drips_ends_when_it_is_said_to(shelf, monkeypatch, query):
    monkeypatch.setattr(download, "LONGEST_DOWNLOAD", 1.0)
    begun, before = time.monotonic(), set(threading.enumerate())
    with pytest.raises(SourceError, match="took more than 1 second"):
        download.load(f"{shelf}/drip.csv{query}")
    assert time.monotonic() - begun < 10
    until = time.monotonic() + 5
    while set(threading.enumerate()) - before and time.monotonic() < until:
        time.sleep(0.1)
    assert not set(threading.enumerate()) - before, "nobody reads on"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x.csv?token=secret", "http://[/x.csv", "https://"])
def test_an_address_that_leads_nowhere_is_said_without_its_secrets(address):
    with pytest.raises(SourceError, match="cannot be had") as error:
        download.load(address)
    assert "secret" not in str(error.value)
