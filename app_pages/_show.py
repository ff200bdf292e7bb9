"""Putting a chart on a page."""

from typing import Any

import altair as alt
import streamlit as st


def chart(chart: alt.TopLevelMixin | dict[str, Any]) -> None:
    """Draw a chart, or the specification of one, as wide as there is room.

    Altair would check it against its schema first, which takes longer than all three models; the
    tests of the charts do that.
    """
    spec = chart if isinstance(chart, dict) else chart.to_dict(validate=False)
    st.vega_lite_chart(spec, width="stretch")


def legend(colours: dict[str, str]) -> None:
    """What each colour of the charts below stands for."""
    marks = (f'<span style="color:{colour}">&#9632;</span>&nbsp;{label}' for label, colour in colours.items())
    st.html(" &emsp; ".join(marks))
