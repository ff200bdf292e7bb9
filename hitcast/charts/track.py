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
from hitcast.wording import in_thousand

MODELS = {LABELS[name]: COLOURS[name] for name in (*NAMES, BLEND)}


def headline(base_rate: float) -> Layered:
    """The chance on a logarithmic axis, with the average of all tracks marked, the blend's interval and the Top-100."""
    axis = alt.X("chance:Q", title="Chance in 1,000, logarithmic", **style.log_axis())
    bar: dict[str, Any] = {"x2": alt.X2("end:Q")}
    colour = style.colour("label", MODELS)
    tooltip = [alt.Tooltip("label:N", title="Model"), alt.Tooltip("text:N", title="Chance")]

    def of(kind: str, x: alt.X | str = "chance:Q") -> alt.Chart:
        return alt.Chart().transform_filter(f"datum.kind === '{kind}'").encode(x=x)

    lane = alt.Y("lane:Q", scale=alt.Scale(domain=[0, 2], range=[22, 42]), axis=None)
    dot: dict[str, Any] = {"filled": True, "size": 150, "opacity": 1}
    theirs: dict[str, Any] = {"color": COLOURS["top100"], "y": 60}
    return alt.layer(
        of("axis", axis).encode(**bar).mark_rule(opacity=0),
        of("average").mark_rule(color=COLOURS["all"], strokeDash=[4, 3], strokeWidth=2, y=16, y2=48),
        of("average").mark_text(
            color=COLOURS["all"], fontSize=12, y=8, text=f"average: {in_thousand(base_rate)}"
        ),
        of("interval").encode(**bar).mark_bar(height=6, y=32, color=COLOURS["blend"], opacity=0.5),
        of("blend").encode(lane, color=colour, tooltip=tooltip).mark_point(shape="diamond", **dot),
        of("model").encode(lane, color=colour, tooltip=tooltip).mark_point(**dot),
        of("top100").encode(**bar).mark_bar(height=6, opacity=0.5, **theirs),
        of("top100 median").mark_tick(orient="vertical", height=12, thickness=3, **theirs),
        of("top100 median").mark_text(fontSize=12, text="the Top-100, middle half", **theirs | {"y": 76}),
        data=style.named_rows(),
        height=165,
    )


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
