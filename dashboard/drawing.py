"""Putting a chart, a legend or a progress bar on a page."""

import hashlib
import json
from typing import Any

import altair as alt
import streamlit as st

from hitcast.progress import Progress
from hitcast.wording import escaped


def chart(chart: alt.TopLevelMixin | dict[str, Any]) -> None:
    """Draw a chart, or the specification of one, as wide as there is room.

    Altair would check it against its schema first, which takes longer than all three models; the
    tests of the charts do that.
    """
    spec = chart if isinstance(chart, dict) else chart.to_dict(validate=False)
    st.vega_lite_chart(_with_named_data(spec), width="stretch")


def _with_named_data(spec: dict[str, Any]) -> dict[str, Any]:
    """The specification with its data under a name that changes whenever the data do.

    Streamlit's browser side takes unnamed data for unchanged if the first and the last column look
    the same in a few rows, and goes on showing the old marks.
    """
    rows = spec.get("data", {}).get("values")
    if rows is None:
        return spec
    name = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    return spec | {"data": {"name": name}, "datasets": spec.get("datasets", {}) | {name: rows}}


def legend(colours: dict[str, str]) -> None:
    """What each colour of the charts below stands for."""
    marks = (f'<span style="color:{colour}">&#9632;</span>&nbsp;{label}' for label, colour in colours.items())
    st.html(" &emsp; ".join(marks))


def progress_bar() -> Progress:
    """A bar to hand to anything that takes `progress`; it stays until its place is emptied."""
    bar = st.progress(0.0, "Starting")

    def show(done: float, doing: str) -> None:
        bar.progress(min(max(done, 0.0), 1.0), escaped(doing))

    return show
