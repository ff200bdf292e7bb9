"""Driving the dashboard: Streamlit's own tester, and a real server for a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.testing.v1 import AppTest

from benchmarks.server import running
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


def find(app: AppTest, place: int) -> AppTest:
    """Choose a known song by its place in the table."""
    return run(app.selectbox(key="predict_known").set_value(place))


def shown(app: AppTest) -> str:
    """All running text on the page, without the escapes of Markdown."""
    kinds = ("text", "caption", "markdown", "info", "warning", "error")
    return "\n".join(element.value for kind in kinds for element in app.get(kind)).translate(INVISIBLE)


@contextmanager
def serving(**environment: str) -> Iterator[str]:
    """A real server on a free port of this machine; yields its address."""
    with running("app.py", environment) as server:
        yield server.address
