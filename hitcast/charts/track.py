"""One track: its chance, its reasons, beside others, and with one feature changed.

These charts are templates: they know a bundle but no track, and are made once. What they show comes
as the rows of the same name in `rows`.
"""

from collections.abc import Iterable
from typing import Any

import altair as alt

from hitcast.charts import style
from hitcast.charts.style import COLOURS, ROW_HEIGHT, SMALL_HEIGHT, Layered
from hitcast.choices import BLEND, LABELS, NAMES
from hitcast.features import BY_NAME

MODELS = {LABELS[name]: COLOURS[name] for name in (*NAMES, BLEND)}


def contributions(unit: str) -> Layered:
    """What raised and what lowered one prediction, in "log-odds" or "probability", largest first."""
    title = "Change of the chance, in 1,000" if unit == "probability" else "Change of the log-odds"
    place = alt.Chart().encode(
        x=alt.X("share:Q"),
        y=style.rows("feature", alt.EncodingSortField("size", op="max", order="descending")),
        tooltip=[alt.Tooltip("feature:N", title="Feature"), alt.Tooltip("text:N", title=title)],
    )
    colour = alt.condition("datum.share >= 0", alt.value(COLOURS["hits"]), alt.value(COLOURS["rest"]))
    text = place.encode(text=alt.Text("text:N"))
    grey: dict[str, Any] = {"fontSize": 12, "color": COLOURS["all"]}
    axis = alt.X("reach:Q", title=title, scale=alt.Scale(nice=False), axis=alt.Axis(tickCount=5))
    layers = alt.layer(
        alt.Chart().encode(x=axis, x2=alt.X2("reach_below:Q")).mark_rule(opacity=0, y=0),
        place.encode(color=colour).mark_bar(height=14),
        text.transform_filter("datum.share >= 0").mark_text(align="left", dx=4, **grey),
        text.transform_filter("datum.share < 0").mark_text(align="right", dx=-4, **grey),
        data=style.named_rows(),
        height=alt.Step(ROW_HEIGHT),
    )
    return layers.transform_calculate(size="abs(datum.share)", reach_below="-datum.reach")


def waterfall() -> Layered:
    """From the models' start to a track's chance, a bar a step, in the order of the rows."""
    y = style.rows("text", alt.EncodingSortField("place", op="min"))
    colours = {"up": COLOURS["hits"], "down": COLOURS["rest"], "level": COLOURS["blend"]}
    place = alt.Chart().encode(
        x=alt.X("start:Q", title="Chance in 1,000", axis=alt.Axis(tickCount=5, grid=False)),
        x2=alt.X2("end:Q"),
        y=y,
        tooltip=[alt.Tooltip("text:N", title="Step"), alt.Tooltip("said:N", title="Chance")],
    )
    grey: dict[str, Any] = {"fontSize": 12, "align": "left", "dx": 4, "color": COLOURS["text"]}
    return alt.layer(
        place.encode(color=style.colour("kind", colours)).mark_bar(height=14),
        alt.Chart().encode(x=alt.X("most:Q"), y=y, text=alt.Text("said:N")).mark_text(**grey),
        alt.Chart().encode(x=alt.X("reach:Q"), y=y).mark_rule(opacity=0),
        data=style.named_rows(),
        height=alt.Step(ROW_HEIGHT),
    )


def compared(group_name: str) -> Layered:
    """One strip a feature: all tracks' spread, a group's middle half and average, and you."""
    who = {"You": COLOURS["you"], group_name: COLOURS["top100"], "All tracks": COLOURS["all"]}
    axis = alt.Axis(
        values=[0, 1],
        labelExpr="datum.value == 0 ? 'low' : 'high'",
        title="Range of all tracks, 5 % to 95 %",
    )
    y = style.rows("feature", alt.EncodingSortField("place", op="min"))
    tooltip = _strip_tooltip(group_name)

    def part(start: str, end: str | None = None) -> alt.Chart:
        x = alt.X(f"{start}:Q", axis=axis, scale=alt.Scale(domain=[-0.15, 1.15], nice=False))
        ends: dict[str, Any] = {"x2": alt.X2(f"{end}:Q")} if end else {}
        return alt.Chart().encode(x=x, y=y, tooltip=tooltip, **ends)

    return alt.layer(
        part("all_low", "all_high").mark_bar(height=2, opacity=0.6, color=COLOURS["all"]),
        part("all_q25", "all_q75").mark_bar(height=12, opacity=0.45, color=COLOURS["all"]),
        part("group_q25", "group_q75").mark_bar(height=4, opacity=0.9, color=COLOURS["top100"]),
        part("all_mean").mark_tick(height=12, thickness=2, color=COLOURS["all"]),
        part("group_mean").mark_tick(height=16, thickness=3, color=COLOURS["top100"]),
        part("you").mark_point(filled=True, size=110, opacity=1, color=COLOURS["you"]),
        _legend(who),
        data=style.named_rows(),
        height=alt.Step(ROW_HEIGHT + 2),
    )


def response_curve(feature: str, values: Iterable[float]) -> Layered:
    """How each model's chance would move with one feature, all else kept, and where you stand.

    `values` are those of the table.
    """
    spec = BY_NAME[feature]
    x = style.value_axis(spec, list(values))
    y = alt.Y("chance:Q", title=None, **style.log_axis())

    def of(kind: str) -> alt.Chart:
        return alt.Chart().transform_filter(f"datum.kind === '{kind}'")

    curves = of("curve").encode(
        x,
        y,
        color=style.colour("label", MODELS),
        tooltip=[alt.Tooltip("label:N", title="Model"), alt.Tooltip("text:N", title=spec.label)],
    )
    return alt.layer(
        of("axis").encode(y, y2=alt.Y2("end:Q")).mark_rule(opacity=0, x=0),
        of("you").encode(x).mark_rule(color=COLOURS["you"], strokeWidth=2),
        curves.mark_point(filled=True, size=60, opacity=1)
        if spec.choices
        else curves.mark_line(strokeWidth=2),
        data=style.named_rows(),
        height=SMALL_HEIGHT,
    )


def _legend(colours: dict[str, str]) -> alt.Chart:
    """A layer that draws nothing but the names of the colours."""
    legend = alt.Legend(orient="top", title=None, symbolType="circle", symbolOpacity=1)
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    names = alt.Chart(style.data({"who": list(colours)}))
    return names.mark_point(filled=True, opacity=0).encode(
        color=alt.Color("who:N", scale=scale, legend=legend)
    )


def _strip_tooltip(group_name: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("feature:N", title="You"),
        alt.Tooltip("group_text:N", title=f"{group_name}, middle half"),
        alt.Tooltip("all_text:N", title="All tracks, middle half"),
    ]
