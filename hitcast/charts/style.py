"""What all charts share: colours, axes, names, and rows on their way to the browser.

Parts of a chart are `alt.X("field:Q")`, not "field:Q": to make out what a bare text is takes Altair milliseconds.

Colours follow Okabe and Ito (2008), changed where needed so that every one has a contrast of
at least 3 on white and on Streamlit's dark background.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import altair as alt
import pandas as pd
from altair.utils import schemapi

from hitcast.features import BY_NAME, Feature

COLOURS = {
    "logreg": "#0072B2",
    "rf": "#009E73",
    "xgb": "#D55E00",
    "blend": "#8073AC",
    "you": "#8C32FF",
    "top100": "#C58500",
    "all": "#808080",
    "text": "#757575",
    "hits": "#2F9AD8",
    "rest": "#8C7B6B",
}
Layered = alt.LayerChart | alt.FacetChart  # as Altair says of what `layer` gives
Rows = list[dict[str, Any]]
DATASET = "rows"  # what a template calls the rows that it is to show
ROW_HEIGHT = 26
SMALL_HEIGHT = 170
SMALLEST = 1e-5  # where a logarithmic axis of probabilities ends


def colour(
    field: str, colours: Mapping[str, str], present: Iterable[str] | None = None, legend: bool = False
) -> alt.Color:
    """The fixed colours of a field's values, those `present` alone; named above the chart where `legend`."""
    names = [name for name in colours if present is None or name in set(present)]
    return alt.Color(
        f"{field}:N",
        scale=alt.Scale(domain=names, range=[colours[name] for name in names]),
        legend=alt.Legend(orient="top", title=None) if legend else None,
    )


def rows(field: str, sort: list[str] | alt.EncodingSortField) -> alt.Y:
    """A row for each value of a field, in this order."""
    return alt.Y(
        f"{field}:N", sort=sort, title=None, axis=alt.Axis(labelLimit=190, ticks=False, domain=False)
    )


def label(name: str) -> str:
    """What a feature, or another column, is called."""
    return BY_NAME[name].label if name in BY_NAME else name.capitalize()


def with_value(name: str, value: float) -> str:
    """A feature and its value: `Tempo 120 BPM`."""
    return f"{BY_NAME[name].label} {BY_NAME[name].text(value)}"


def with_unit(spec: Feature) -> str:
    """A feature and its unit: `Tempo, BPM`."""
    unit = "minutes" if spec.kind == "duration" else spec.unit
    return f"{spec.label}, {unit}" if unit else spec.label


def log_axis(ends: tuple[float, float] | None = None) -> dict[str, Any]:
    """The scale and the ticks of a logarithmic axis of chances in 1,000, as far as the rows reach where no ends are given."""
    ticks = [0.01, 0.1, 1, 3, 10, 30, 100, 300, 1000]
    return {
        "scale": alt.Scale(type="log", nice=False, domain=ends or alt.Undefined),
        "axis": alt.Axis(values=ticks, format=",~g", grid=False),
    }


def data(frame: pd.DataFrame | dict[str, list]) -> alt.Data:
    """The rows as they go to the browser: Altair's own way there costs a rerun tens of milliseconds."""
    rows = pd.DataFrame(frame).to_dict("records")
    return alt.Data(values=[{k: v for k, v in row.items() if not pd.isna(v)} for row in rows])


def named_rows() -> alt.NamedData:
    """The place in a template where its rows are to go."""
    return alt.NamedData(name=DATASET)


def filled(template: Layered, rows: Rows) -> Layered:
    """A template with its rows, as a chart to look at."""
    return template.properties(data=alt.Data(values=rows))


def specification(chart: alt.Chart | Layered) -> dict[str, Any]:
    """The chart as Vega-Lite reads it: without Altair's own settings, not checked, its rows passed by.

    Altair would go through each of the rows, which takes longer than to draw them.
    """
    rows = {"values": chart.data.values} if type(chart.data) is alt.Data else None
    spec = (chart.properties(data=named_rows()) if rows else chart).to_dict(validate=False)
    kept = {name: part for name, part in spec.items() if name not in ("$schema", "config")}
    return kept | {"data": rows} if rows else kept


def unchecked() -> AbstractContextManager:
    """Around the making of charts: Altair does not check each part against its schema, which takes longest.

    The tests check whole charts.
    """
    return schemapi.debug_mode(False)


def shown_value(value: float, spec: Feature) -> float | str:
    """A value as an axis shows it: a choice by its word, a length in minutes."""
    if spec.choices:
        return spec.text(value)
    return value / 60_000 if spec.kind == "duration" else value


def value_axis(spec: Feature, values: list[float]) -> alt.X:
    """The axis of a feature's values."""
    if spec.choices:
        return alt.X(
            "shown:N",
            sort=[spec.text(value) for value in sorted(value for value, _ in spec.choices)],
            title=None,
            axis=alt.Axis(labelAngle=-60 if len(values) > 6 else 0),
        )
    scale = alt.Scale(zero=False, nice=False)
    return alt.X("shown:Q", title=None, scale=scale, axis=alt.Axis(tickCount=4, grid=False))
