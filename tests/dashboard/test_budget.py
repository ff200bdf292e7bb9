"""What a move of a slider may cost, counted: messages, bytes, calls of the models, charts made."""

import asyncio
import threading
from collections import Counter

import altair as alt
import pytest
from support.driving import choose, opened, run

from benchmarks.server import serving
from benchmarks.session import Session, identity
from hitcast import models

VIEWS = ("Why", "Compared with", "What would help", "Similar tracks")
MOST = {"messages": 45, "bytes": 15_000}


def test_a_move_sends_the_answer_and_no_widget_but_its_own(built):
    with serving("app.py", built / "models", built / "data") as server:
        sent, widgets = asyncio.run(moved(server.address))
    assert len(sent) <= MOST["messages"] and sum(map(len, sent)) <= MOST["bytes"]
    assert widgets == {"slider"}


async def moved(address):
    """What a browser is sent by the fourth move, and the kinds of widgets in it."""
    session = await Session.open(address)
    for step in range(4):
        drawn = dict(session.came)
        await session.move("predict_danceability", 0.5 + step / 100)
    kinds = {
        element.WhichOneof("type")
        for path, element in session.elements.items()
        if session.came[path] != drawn.get(path) and identity(element)
    }
    session.close()
    return session.received, kinds


@pytest.mark.usefixtures("reads")
@pytest.mark.parametrize("view", VIEWS)
def test_a_run_of_the_page_makes_no_chart_and_asks_each_model_once_for_the_track(view):
    app = choose(opened(), "predict_view", view)
    run(app.slider(key="predict_energy").set_value(0.31))
    with counting(models._probability, alt.Chart.__init__, alt.LayerChart.__init__) as calls:
        run(app.slider(key="predict_energy").set_value(0.32))
    once_more = view == "What would help"  # for all points of all curves in one batch
    assert calls == {"_probability": 3 * (1 + once_more)}


class counting:
    """How often functions are called in threads that start meanwhile, by their names."""

    def __init__(self, *functions):
        self.codes = {function.__code__: function.__name__ for function in functions}

    def __enter__(self):
        self.calls = Counter()
        threading.setprofile(self.saw)
        return self.calls

    def __exit__(self, *_):
        threading.setprofile(None)

    def saw(self, frame, event, _):
        if event == "call" and frame.f_code in self.codes:
            self.calls[self.codes[frame.f_code]] += 1
