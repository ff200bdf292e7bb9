"""Driving the dashboard: Streamlit's own tester, and a real server for a real browser."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.testing.v1 import AppTest

from support import ROOT

INVISIBLE = str.maketrans("", "", "\\\u2060")  # what `wording.escaped` adds


def opened(**query: str) -> AppTest:
    """The dashboard as it stands after the first run, opened by a link."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update(query)
    return app.run()


def run(widget_or_app):
    """Run on; the tester of Streamlit 1.52 takes a segmented control's one choice for many letters."""
    app = getattr(widget_or_app, "root", widget_or_app)
    for group in app.get("button_group"):
        if isinstance(group.value, str):
            group.set_value([group.value])
    return widget_or_app.run()


def choose(app: AppTest, key: str, choice: str) -> AppTest:
    """Press one part of a segmented control."""
    group = next(group for group in app.get("button_group") if group.key == key)
    group.set_value([choice])
    return run(app)


def shown(app: AppTest) -> str:
    """All running text on the page, without the escapes of Markdown."""
    kinds = ("text", "caption", "markdown", "info", "warning", "error")
    return "\n".join(element.value for kind in kinds for element in app.get(kind)).translate(INVISIBLE)


@contextmanager
def serving(**environment: str) -> Iterator[str]:
    """A real server on a free port of this machine; yields its address."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def free_port() -> int:
    """A port of this machine that no server has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(port: int) -> None:
    """Until a server answers there."""
    for _ in range(300):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError("Streamlit did not start")
