"""A web server that has published one table of tracks, which HitCast knows as `songs`."""

import gzip
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from hitcast.sources.public import PublicTable
from support.damaged_tables import sound_table

CSV = sound_table(np.random.default_rng(1), rows=3000).to_csv(index=False).encode()


class Publisher(ThreadingHTTPServer):
    """A web server with one table that packs what may be packed; it can break off, and be unable to go on."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.content, self.breaks_off, self.can_go_on = CSV, None, True
        self.asked = []


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        server, asked = self.server, self.headers.get("Range", "")
        server.asked.append(asked)
        is_packed = "gzip" in self.headers.get("Accept-Encoding", "")
        content = gzip.compress(server.content) if is_packed else server.content
        begin = int(asked[6:-1]) if asked and server.can_go_on else 0
        self.send_response(416 if begin > len(content) else 206 if begin else 200)
        if is_packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content[begin:])))
        self.end_headers()
        self.wfile.write(content[begin : server.breaks_off])

    def log_message(self, *args):
        pass


@contextmanager
def publishing() -> Iterator[tuple[Publisher, PublicTable]]:
    """The server, and what its table is known by."""
    server = Publisher()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/songs.csv"
    yield server, PublicTable(address, hashlib.sha256(CSV).hexdigest(), len(CSV), "CC0", "Songs.")
    server.shutdown()
    server.server_close()
