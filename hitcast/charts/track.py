"""One track: its chance, its reasons, beside others, and with one feature changed."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from hitcast.charts import style
from hitcast.charts.style import COLOURS, ROW_HEIGHT, SMALL_HEIGHT, SMALLEST, Layered
from hitcast.choices import BLEND, LABELS, NAMES
from hitcast.features import BY_NAME
from hitcast.wording import in_thousand

LANES = {name: lane for lane, name in enumerate(NAMES)}  # equal chances do not hide each other


def headline(
    probabilities: pd.DataFrame,
    base_rate: float,
    interval: tuple[float, float] | None = None,
    top100: Sequence[float] | None = None,
) -> Layered:
    """The chance on a logarithmic axis, with the average of all tracks marked.

    Parameters
    ----------
    probabilities
        One row a mark: `model` (a key of `COLOURS`), `label`, and `probability` from 0 to 1.
    base_rate
        The share of hits among all tracks.
    interval
        The ends of the blend's interval, drawn as a bar.
    top100
        The quartiles of what the Top-100 get, drawn as a bar with the median marked.
    """
    marks = probabilities.assign(
        kind=lambda d: np.where(d["model"] == BLEND, "blend", "model"),
        chance=lambda d: d["probability"].clip(lower=SMALLEST) * 1000,
        text=lambda d: d["probability"].map(in_thousand),
        lane=lambda d: np.where(d["model"] == BLEND, 1, d["model"].map(LANES)),
    )
    low, high = (max(end, SMALLEST) * 1000 for end in interval or (base_rate, base_rate))
    bottom, middle, top = (max(quartile, SMALLEST) * 1000 for quartile in top100 or [base_rate] * 3)
    others = pd.DataFrame(
        {
            "kind": ["average", "interval", "top100", "top100 median"],
            "chance": [base_rate * 1000, low, bottom, middle],
            "end": [None, high, top, None],
        }
    )
    seen = [*marks["chance"], low, high, bottom, top]
    ends = min(*seen, base_rate * 125) / 1.3, min(max(*seen, base_rate * 8000) * 1.3, 1000)
    x = alt.X("chance:Q", title="Chance in 1,000, logarithmic", **style.log_axis(*ends))
    colour = style.colour("model", {name: COLOURS[name] for name in marks["model"]})
    tooltip = [alt.Tooltip("label:N", title="Model"), alt.Tooltip("text:N", title="Chance")]

    def of(kind: str) -> alt.Chart:
        return alt.Chart().transform_filter(f"datum.kind === '{kind}'").encode(x)

    lane = alt.Y("lane:Q", scale=alt.Scale(domain=[0, 2], range=[22, 42]), axis=None)
    dot: dict[str, Any] = {"filled": True, "size": 150, "opacity": 1}
    label = f"average: {in_thousand(base_rate)}"
    layers = [
        of("average").mark_rule(color=COLOURS["all"], strokeDash=[4, 3], strokeWidth=2, y=16, y2=48),
        of("average").mark_text(color=COLOURS["all"], fontSize=12, y=8, text=label),
        of("blend").encode(lane, color=colour, tooltip=tooltip).mark_point(shape="diamond", **dot),
        of("model").encode(lane, color=colour, tooltip=tooltip).mark_point(**dot),
    ]
    if interval:
        bar = (
            of("interval")
            .encode(x2=alt.X2("end:Q"))
            .mark_bar(height=6, y=32, color=COLOURS["blend"], opacity=0.5)
        )
        layers.insert(2, bar)
    if top100:
        theirs: dict[str, Any] = {"color": COLOURS["top100"], "y": 60}
        layers += [
            of("top100").encode(x2=alt.X2("end:Q")).mark_bar(height=6, opacity=0.5, **theirs),
            of("top100 median").mark_tick(orient="vertical", height=12, thickness=3, **theirs),
            of("top100 median").mark_text(fontSize=12, text="the Top-100, middle half", **theirs | {"y": 76}),
        ]
    return alt.layer(*layers, data=style.data(pd.concat([marks, others])), height=165 if top100 else 110)


def contributions(shares: pd.Series, row: pd.Series, unit: str) -> Layered:
    """What raised and what lowered one prediction, largest first.

    Parameters
    ----------
    shares
        The signed contribution of each feature, in `unit`.
    row
        The track's own values, written beside the names.
    unit
        "log-odds" or "probability"; probabilities are drawn in 1,000ths.
    """
    scale = 1000 if unit == "probability" else 1
    frame = pd.DataFrame(
        {
            "feature": [style.with_value(name, row[name]) for name in shares.index],
            "share": shares.to_numpy(float) * scale,
        }
    ).assign(
        size=lambda d: d["share"].abs(),
        direction=lambda d: np.where(d["share"] >= 0, "raises", "lowers"),
        text=lambda d: [_signed(value, unit) for value in d["share"]],
    )
    reach = max(frame["size"].max(), 1e-9) * 1.35
    title = "Change of the chance, in 1,000" if unit == "probability" else "Change of the log-odds"
    place = alt.Chart().encode(
        x=alt.X("share:Q", title=title, scale=alt.Scale(domain=[-reach, reach]), axis=alt.Axis(tickCount=5)),
        y=style.rows("feature", sort=list(frame.sort_values("size", ascending=False)["feature"])),
        tooltip=[alt.Tooltip("feature:N", title="Feature"), alt.Tooltip("text:N", title=title)],
    )
    colour = style.colour("direction", {"raises": COLOURS["hits"], "lowers": COLOURS["rest"]})
    text = place.encode(text=alt.Text("text:N"))
    grey: dict[str, Any] = {"fontSize": 12, "color": COLOURS["all"]}
    return alt.layer(
        place.encode(color=colour).mark_bar(height=14),
        text.transform_filter("datum.share >= 0").mark_text(align="left", dx=4, **grey),
        text.transform_filter("datum.share < 0").mark_text(align="right", dx=-4, **grey),
        data=style.data(frame),
        height=alt.Step(ROW_HEIGHT),
    )


def compared(row: pd.Series, everyone: pd.DataFrame, group: pd.DataFrame, group_name: str) -> Layered:
    """One strip a feature: all tracks' spread, a group's middle half and average, and you.

    Each strip runs from the 5th to the 95th percentile of all tracks, so that features of different
    units share an axis; a value beyond stands at the edge.

    Parameters
    ----------
    row
        The track's values.
    everyone, group
        Profiles: one row a feature with `mean`, `q05`, `q25`, `q75` and `q95`.
    """
    shown = [name for name in everyone.index if name in row.index and len(BY_NAME[name].choices) <= 2]
    frame = pd.DataFrame([_strip(name, row[name], everyone.loc[name], group.loc[name]) for name in shown])
    who = {"You": COLOURS["you"], group_name: COLOURS["top100"], "All tracks": COLOURS["all"]}
    axis = alt.Axis(
        values=[0, 1],
        labelExpr="datum.value == 0 ? 'low' : 'high'",
        title="Range of all tracks, 5 % to 95 %",
    )
    y, tooltip = style.rows("feature", sort=list(frame["feature"])), _strip_tooltip(group_name)

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
        data=style.data(frame),
        height=alt.Step(ROW_HEIGHT + 2),
    )


def response_curve(curve: pd.DataFrame, feature: str, value: float, ends: tuple[float, float]) -> Layered:
    """How each model's chance would move with one feature, all else kept, and where you stand.

    Parameters
    ----------
    curve
        The feature's rows of `explain.response_curves`: `value`, `model`, `probability`.
    value
        Your value of the feature.
    ends
        The lowest and the highest probability of the logarithmic axis, the same for every feature of a
        group so that they can be compared.
    """
    spec = BY_NAME[feature]
    frame = curve.assign(
        shown=style.shown_values(curve["value"], spec),
        label=curve["model"].map(LABELS),
        chance=lambda d: d["probability"].clip(lower=SMALLEST) * 1000,
        text=lambda d: d["value"].map(spec.text) + ": " + d["probability"].map(in_thousand),
    )
    low, high = (max(end, SMALLEST) * 1000 for end in ends)
    y = alt.Y("chance:Q", title=None, **style.log_axis(low / 1.2, high * 1.2))
    x = style.value_axis(spec, sorted(curve["value"].unique()))
    models = {name: COLOURS[name] for name in frame["model"].unique()}
    base = alt.Chart().encode(
        x,
        y,
        color=style.colour("model", models),
        tooltip=[alt.Tooltip("label:N", title="Model"), alt.Tooltip("text:N", title=spec.label)],
    )
    lines = (
        base.mark_point(filled=True, size=60, opacity=1) if spec.choices else base.mark_line(strokeWidth=2)
    )
    you = alt.Chart(style.data({"shown": style.shown_values(pd.Series([value]), spec)})).encode(x)
    return alt.layer(
        you.mark_rule(color=COLOURS["you"], strokeWidth=2),
        lines,
        data=style.data(frame[["shown", "label", "model", "chance", "text"]]),
        height=SMALL_HEIGHT,
        title=alt.TitleParams(style.with_value(feature, value), fontSize=13, anchor="start"),
    )


def _signed(value: float, unit: str) -> str:
    return f"{value:+.1f}" if unit == "probability" else f"{value:+.2f}"


def _legend(colours: dict[str, str]) -> alt.Chart:
    """A layer that draws nothing but the names of the colours."""
    legend = alt.Legend(orient="top", title=None, symbolType="circle", symbolOpacity=1)
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    names = alt.Chart(style.data({"who": list(colours)}))
    return names.mark_point(filled=True, opacity=0).encode(
        color=alt.Color("who:N", scale=scale, legend=legend)
    )


def _strip(name: str, value: float, everyone: pd.Series, group: pd.Series) -> dict:
    low, high = everyone["q05"], everyone["q95"]
    # A feature that hardly varies (explicit: 0 for nearly all) is shown on its whole range.
    if high <= low:
        low, high = BY_NAME[name].low, BY_NAME[name].high

    def place(number: float) -> float:
        return float(np.clip((number - low) / (high - low), -0.1, 1.1))

    text, parts = BY_NAME[name].text, ("mean", "q25", "q75")
    if BY_NAME[name].choices:
        # Quartiles of yes and no say nothing; the average is the share of yes.
        everyone, group = (
            pd.Series(dict.fromkeys((*parts, "q05", "q95"), p["mean"])) for p in (everyone, group)
        )
    return {
        "feature": style.with_value(name, value),
        "you": place(value),
        **{f"all_{part}": place(everyone[part]) for part in parts},
        **{f"group_{part}": place(group[part]) for part in parts},
        "all_low": place(everyone["q05"]),
        "all_high": place(everyone["q95"]),
        "all_text": f"{text(everyone['q25'])} to {text(everyone['q75'])}",
        "group_text": f"{text(group['q25'])} to {text(group['q75'])}",
    }


def _strip_tooltip(group_name: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("feature:N", title="You"),
        alt.Tooltip("group_text:N", title=f"{group_name}, middle half"),
        alt.Tooltip("all_text:N", title="All tracks, middle half"),
    ]
