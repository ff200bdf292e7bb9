"""Putting a chart, a legend or a progress bar on a page."""

import hashlib
from itertools import chain
from typing import Any

import altair as alt
import pyarrow as pa
import streamlit as st

from hitcast.charts.style import DATASET, Layered, Rows, specification
from hitcast.progress import Progress
from hitcast.wording import escaped


def chart(chart: alt.Chart | Layered | dict[str, Any], rows: Rows | None = None) -> None:
    """Draw a chart, or the specification of one, as wide as there is room; of a template, `rows` are what it shows."""
    spec = chart if isinstance(chart, dict) else specification(chart)
    shown = spec.get("data", {}).get("values") if rows is None else rows
    if shown is not None:
        datasets = spec.get("datasets", {}) | {DATASET: _table(shown)}
        spec = spec | {"data": {"name": DATASET}, "datasets": datasets}
    st.vega_lite_chart(spec, width="stretch")


def _table(rows: Rows) -> pa.Table:
    """The rows as columns, and one without values whose name changes whenever they do.

    Streamlit's browser side takes data for unchanged if the number of bytes and the columns' names are
    the same, and goes on showing the old marks.
    """
    columns = {name: [row.get(name) for row in rows] for name in dict.fromkeys(chain.from_iterable(rows))}
    batch = pa.record_batch(columns)
    version = hashlib.sha256(batch.serialize()).hexdigest()[:8]
    return pa.Table.from_batches([batch]).append_column(version, pa.nulls(len(rows)))


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
