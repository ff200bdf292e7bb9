"""Frames → Altair charts: the same picture in the dashboard, the notebooks and the README.

Colours follow Okabe and Ito (2008), changed where needed so that every one has a contrast of
at least 3 on white and on Streamlit's dark background.
"""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from hitcast.choices import BLEND, LABELS, NAMES
from hitcast.features import BY_NAME, Feature
from hitcast.words import in_thousand

COLOURS = {
    "logreg": "#0072B2",
    "rf": "#009E73",
    "xgb": "#D55E00",
    "blend": "#8073AC",
    "you": "#8C32FF",
    "top100": "#C58500",
    "all": "#808080",
    "hits": "#2F9AD8",
    "rest": "#8C7B6B",
}
LANES = {name: lane for lane, name in enumerate(NAMES)}  # equal chances do not hide each other
ROW_HEIGHT = 26
SMALL_HEIGHT = 170
HISTOGRAM_BINS = 16
SMALLEST = 1e-5  # where a logarithmic axis of probabilities ends


def headline(
    probabilities: pd.DataFrame,
    base_rate: float,
    interval: tuple[float, float] | None = None,
    top100: Sequence[float] | None = None,
) -> alt.LayerChart:
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
    x = alt.X("chance:Q", title="Chance in 1,000, logarithmic", **_log_axis(*ends))
    colour = _colour("model", {name: COLOURS[name] for name in marks["model"]})
    tooltip = [alt.Tooltip("label:N", title="Model"), alt.Tooltip("text:N", title="Chance")]

    def of(kind: str) -> alt.Chart:
        return alt.Chart().transform_filter(f"datum.kind === '{kind}'").encode(x)

    lane = alt.Y("lane:Q", scale=alt.Scale(domain=[0, 2], range=[22, 42]), axis=None)
    dot = {"filled": True, "size": 150, "opacity": 1}
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
        theirs = {"color": COLOURS["top100"], "y": 60}
        layers += [
            of("top100").encode(x2=alt.X2("end:Q")).mark_bar(height=6, opacity=0.5, **theirs),
            of("top100 median").mark_tick(orient="vertical", height=12, thickness=3, **theirs),
            of("top100 median").mark_text(fontSize=12, text="the Top-100, middle half", **theirs | {"y": 76}),
        ]
    return alt.layer(*layers, data=_data(pd.concat([marks, others])), height=165 if top100 else 110)


def contributions(shares: pd.Series, row: pd.Series, unit: str) -> alt.LayerChart:
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
            "feature": [_with_value(name, row[name]) for name in shares.index],
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
        y=_rows("feature", sort=list(frame.sort_values("size", ascending=False)["feature"])),
        tooltip=[alt.Tooltip("feature:N", title="Feature"), alt.Tooltip("text:N", title=title)],
    )
    colour = _colour("direction", {"raises": COLOURS["hits"], "lowers": COLOURS["rest"]})
    text = place.encode(text=alt.Text("text:N"))
    style = {"fontSize": 12, "color": COLOURS["all"]}
    return alt.layer(
        place.encode(color=colour).mark_bar(height=14),
        text.transform_filter("datum.share >= 0").mark_text(align="left", dx=4, **style),
        text.transform_filter("datum.share < 0").mark_text(align="right", dx=-4, **style),
        data=_data(frame),
        height=alt.Step(ROW_HEIGHT),
    )


def importance(values: pd.Series, model: str, title: str = "Importance (they add up to 1)") -> alt.LayerChart:
    """How much each feature matters to a model in general, largest first, in the model's colour."""
    frame = pd.DataFrame({"feature": values.index.map(_label), "importance": values.to_numpy(float)})
    base = alt.Chart().encode(
        x=alt.X(
            "importance:Q",
            title=title,
            scale=alt.Scale(domainMax=max(frame["importance"].max() * 1.15, 1e-9)),
            axis=alt.Axis(tickCount=4),
        ),
        y=_rows("feature", sort=list(frame.sort_values("importance", ascending=False)["feature"])),
        tooltip=[alt.Tooltip("feature:N", title="Feature"), alt.Tooltip("importance:Q", format=".3f")],
    )
    return alt.layer(
        base.mark_bar(height=14, color=COLOURS[model]),
        base.mark_text(align="left", dx=4, color=COLOURS["all"]).encode(
            text=alt.Text("importance:Q", format=".2f")
        ),
        data=_data(frame),
        height=alt.Step(ROW_HEIGHT),
    )


def compared(row: pd.Series, everyone: pd.DataFrame, group: pd.DataFrame, group_name: str) -> alt.LayerChart:
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
    y, tooltip = _rows("feature", sort=list(frame["feature"])), _strip_tooltip(group_name)

    def part(start: str, end: str | None = None) -> alt.Chart:
        x = alt.X(f"{start}:Q", axis=axis, scale=alt.Scale(domain=[-0.15, 1.15], nice=False))
        ends = {"x2": alt.X2(f"{end}:Q")} if end else {}
        return alt.Chart().encode(x=x, y=y, tooltip=tooltip, **ends)

    return alt.layer(
        part("all_low", "all_high").mark_bar(height=2, opacity=0.6, color=COLOURS["all"]),
        part("all_q25", "all_q75").mark_bar(height=12, opacity=0.45, color=COLOURS["all"]),
        part("group_q25", "group_q75").mark_bar(height=4, opacity=0.9, color=COLOURS["top100"]),
        part("all_mean").mark_tick(height=12, thickness=2, color=COLOURS["all"]),
        part("group_mean").mark_tick(height=16, thickness=3, color=COLOURS["top100"]),
        part("you").mark_point(filled=True, size=110, opacity=1, color=COLOURS["you"]),
        _legend(who),
        data=_data(frame),
        height=alt.Step(ROW_HEIGHT + 2),
    )


def response_curve(
    curve: pd.DataFrame, feature: str, value: float, ends: tuple[float, float]
) -> alt.LayerChart:
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
        shown=_shown_values(curve["value"], spec),
        label=curve["model"].map(LABELS),
        chance=lambda d: d["probability"].clip(lower=SMALLEST) * 1000,
        text=lambda d: d["value"].map(spec.text) + ": " + d["probability"].map(in_thousand),
    )
    low, high = (max(end, SMALLEST) * 1000 for end in ends)
    y = alt.Y("chance:Q", title=None, **_log_axis(low / 1.2, high * 1.2))
    x = _value_axis(spec, sorted(curve["value"].unique()))
    models = {name: COLOURS[name] for name in frame["model"].unique()}
    base = alt.Chart().encode(
        x,
        y,
        color=_colour("model", models),
        tooltip=[alt.Tooltip("label:N", title="Model"), alt.Tooltip("text:N", title=spec.label)],
    )
    lines = (
        base.mark_point(filled=True, size=60, opacity=1) if spec.choices else base.mark_line(strokeWidth=2)
    )
    you = alt.Chart(_data({"shown": _shown_values(pd.Series([value]), spec)})).encode(x)
    return alt.layer(
        you.mark_rule(color=COLOURS["you"], strokeWidth=2),
        lines,
        data=_data(frame[["shown", "label", "model", "chance", "text"]]),
        height=SMALL_HEIGHT,
        title=alt.TitleParams(_with_value(feature, value), fontSize=13, anchor="start"),
    )


def popularity(values: pd.Series, threshold: float) -> alt.LayerChart:
    """How many tracks have each popularity from 0 to 100, hits in their own colour."""
    counts = (
        values.clip(0, 100)
        .floordiv(1)
        .value_counts()
        .sort_index()
        .rename_axis("popularity")
        .reset_index(name="tracks")
    )
    frame = counts.assign(
        end=lambda d: d["popularity"] + 1,
        kind=lambda d: np.where(d["popularity"] >= threshold, "hits", "rest"),
    )
    x = alt.X(
        "popularity:Q",
        bin="binned",
        title="Popularity, 0 to 100",
        scale=alt.Scale(domain=[0, 101], nice=False),
    )
    bars = (
        alt.Chart(_data(frame))
        .mark_bar(binSpacing=0)
        .encode(
            x,
            x2="end:Q",
            y=alt.Y("tracks:Q", title="Tracks"),
            color=_colour("kind", {kind: COLOURS[kind] for kind in ("hits", "rest")}),
            tooltip=["popularity:Q", "tracks:Q"],
        )
    )
    line = alt.Chart(_data({"popularity": [threshold]})).encode(x="popularity:Q")
    return alt.layer(
        bars,
        line.mark_rule(color=COLOURS["hits"], strokeDash=[4, 3], strokeWidth=2),
        line.mark_text(align="right", dx=-6, color=COLOURS["hits"], y=8, text=f"hits: {threshold:g} and up"),
    ).properties(height=220)


def chances(counts: pd.DataFrame, base_rate: float) -> alt.LayerChart:
    """How many tracks of a catalogue have each chance (`chance_counts`), the average track's marked."""
    frame = counts.assign(
        low=counts["low"] * 1000,
        high=counts["high"] * 1000,
        text=counts["low"].map(in_thousand) + " to " + counts["high"].map(in_thousand),
    )
    ends = min(frame["low"].min(), base_rate * 500), max(frame["high"].max(), base_rate * 2000)
    x = alt.X("low:Q", bin="binned", title="Chance in 1,000, logarithmic", **_log_axis(*ends))
    bars = (
        alt.Chart(_data(frame))
        .mark_bar(binSpacing=1, color=COLOURS["blend"])
        .encode(
            x,
            x2="high:Q",
            y=alt.Y(
                "tracks:Q",
                title="Tracks",
                axis=alt.Axis(tickMinStep=1),
                scale=alt.Scale(domainMax=1.2 * frame["tracks"].max(), nice=False),
            ),
            tooltip=[alt.Tooltip("text:N", title="Chance"), alt.Tooltip("tracks:Q", title="Tracks")],
        )
    )
    average = alt.Chart(_data({"low": [base_rate * 1000]})).encode(x="low:Q")
    label = f"average: {in_thousand(base_rate)}"
    return alt.layer(
        bars,
        average.mark_rule(color=COLOURS["all"], strokeDash=[4, 3], strokeWidth=2, y=16),
        average.mark_text(color=COLOURS["all"], fontSize=12, y=8, text=label),
    ).properties(height=200)


def chance_counts(probabilities: np.ndarray) -> pd.DataFrame:
    """How many of the probabilities lie in each part of a logarithmic axis: `low`, `high`, `tracks`."""
    known = probabilities[~np.isnan(probabilities)].clip(SMALLEST, 1)
    step = 1 / 12  # of a factor of ten
    ends = 10 ** (
        step * np.arange(np.floor(np.log10(known.min()) / step), np.log10(known.max()) / step + 1.001)
    )
    tracks, _ = np.histogram(known, ends)
    return pd.DataFrame({"low": ends[:-1], "high": ends[1:], "tracks": tracks})


def distribution(frame: pd.DataFrame, feature: str) -> alt.Chart:
    """One feature's distribution (from `binned`) among the hits and among the rest, each adding up to 100 %."""
    spec = BY_NAME[feature]
    colour = _colour("kind", {kind: COLOURS[kind] for kind in ("hits", "rest")})
    y = alt.Y("share:Q", title=None, stack=None, axis=alt.Axis(format=".0%", tickCount=3))
    tooltip = [alt.Tooltip("kind:N", title="Of the"), alt.Tooltip("share:Q", format=".1%", title="Share")]
    chart = alt.Chart(_data(frame)).encode(
        _value_axis(spec, sorted(frame["value"].unique())), y, color=colour, tooltip=tooltip
    )
    marked = (
        chart.mark_bar().encode(xOffset="kind:N")
        if spec.choices
        else chart.mark_area(interpolate="step", line={"strokeWidth": 2}, fillOpacity=0.25)
    )
    return marked.properties(
        height=SMALL_HEIGHT, title=alt.TitleParams(_with_unit(spec), fontSize=13, anchor="start")
    )


def binned(values: pd.Series, hit: pd.Series, feature: str) -> pd.DataFrame:
    """The share of hits and of the rest in each bin (or choice) of a feature: value, kind, share, shown."""
    spec = BY_NAME[feature]
    if spec.choices:
        groups = values
    else:
        edges = np.linspace(*values.quantile([0.005, 0.995]), HISTOGRAM_BINS + 1)
        middles = (edges[:-1] + edges[1:]) / 2
        groups = pd.cut(values.clip(edges[0], edges[-1]), edges, labels=middles, include_lowest=True)
    kind = hit.map({True: "hits", False: "rest"})
    shares = pd.crosstab(groups, kind, normalize="columns", dropna=False)
    frame = shares.rename_axis(index="value").reset_index().melt("value", var_name="kind", value_name="share")
    frame = frame.assign(value=frame["value"].astype(float))
    return frame.assign(shown=_shown_values(frame["value"], spec))


def correlations(matrix: pd.DataFrame) -> alt.Chart:
    """A square matrix of correlations as a heat map; the numbers are in the tooltips."""
    labels = [_label(name) for name in matrix.columns]
    frame = (
        matrix.set_axis(labels, axis=0)
        .set_axis(labels, axis=1)
        .rename_axis("first")
        .reset_index()
        .melt("first", var_name="second", value_name="correlation")
    )
    scale = alt.Scale(domain=[-1, 1], range=[COLOURS["xgb"], "#f2f2f2", COLOURS["logreg"]])
    return (
        alt.Chart(_data(frame))
        .mark_rect()
        .encode(
            x=alt.X("second:N", sort=labels, title=None, axis=alt.Axis(labelAngle=-60)),
            y=alt.Y("first:N", sort=labels, title=None),
            color=alt.Color("correlation:Q", scale=scale, legend=alt.Legend(orient="top", title=None)),
            tooltip=["first:N", "second:N", alt.Tooltip("correlation:Q", format=".2f")],
        )
        .properties(height=alt.Step(24))
    )


def reliability(groups: pd.DataFrame) -> alt.LayerChart:
    """What the models promised against what came true; on the diagonal a chance means what it says.

    Parameters
    ----------
    groups
        The rows of `metrics.reliability` for each model, with a column `model`.
    """
    end = float(groups[["probability", "observed", "high"]].max(axis=None)) * 1.05
    scale, axis = alt.Scale(domain=[0, end], nice=False), alt.Axis(format=".0%", tickCount=5)
    models = {name: COLOURS[name] for name in groups["model"].unique()}
    base = alt.Chart(groups).encode(
        x=alt.X("probability:Q", title="Mean chance given", scale=scale, axis=axis),
        color=_colour("model", models),
    )
    share = alt.Y("observed:Q", title="Share that were hits", scale=scale, axis=axis)
    tooltip = [
        alt.Tooltip("model:N", title="Model"),
        alt.Tooltip("probability:Q", title="Mean chance given", format=".1%"),
        alt.Tooltip("observed:Q", title="Share that were hits", format=".1%"),
        alt.Tooltip("tracks:Q", title="Tracks", format=","),
    ]
    ideal = alt.Chart(pd.DataFrame({"chance": [0.0, end]})).encode(x="chance:Q", y="chance:Q")
    return alt.layer(
        ideal.mark_line(color=COLOURS["all"], strokeDash=[4, 3]),
        base.mark_rule(opacity=0.35).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        base.mark_line(strokeWidth=2).encode(y=share),
        base.mark_point(filled=True, size=60, opacity=1).encode(y=share, tooltip=tooltip),
    ).properties(height=300)


def _colour(field: str, colours: dict[str, str]) -> alt.Color:
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color(f"{field}:N", scale=scale, legend=None)


def _rows(field: str, sort: object) -> alt.Y:
    return alt.Y(
        f"{field}:N", sort=sort, title=None, axis=alt.Axis(labelLimit=190, ticks=False, domain=False)
    )


def _label(name: str) -> str:
    return BY_NAME[name].label if name in BY_NAME else name.capitalize()


def _with_value(name: str, value: float) -> str:
    return f"{BY_NAME[name].label} {BY_NAME[name].text(value)}"


def _with_unit(spec: Feature) -> str:
    unit = "minutes" if spec.kind == "duration" else spec.unit
    return f"{spec.label}, {unit}" if unit else spec.label


def _signed(value: float, unit: str) -> str:
    return f"{value:+.1f}" if unit == "probability" else f"{value:+.2f}"


def _log_axis(low: float, high: float) -> dict:
    ticks = [tick for tick in (0.01, 0.1, 1, 3, 10, 30, 100, 300, 1000) if low <= tick <= high]
    return {
        "scale": alt.Scale(type="log", domain=[low, high], nice=False),
        "axis": alt.Axis(values=ticks, format=",~g", grid=False),
    }


def _legend(colours: dict[str, str]) -> alt.Chart:
    """A layer that draws nothing but the names of the colours."""
    legend = alt.Legend(orient="top", title=None, symbolType="circle", symbolOpacity=1)
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    names = alt.Chart(_data({"who": list(colours)}))
    return names.mark_point(filled=True, opacity=0).encode(
        color=alt.Color("who:N", scale=scale, legend=legend)
    )


def _data(frame: pd.DataFrame | dict[str, list]) -> alt.Data:
    """The rows as they go to the browser: Altair's own way there costs a rerun tens of milliseconds."""
    rows = pd.DataFrame(frame).to_dict("records")
    return alt.Data(values=[{k: v for k, v in row.items() if not pd.isna(v)} for row in rows])


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
        "feature": _with_value(name, value),
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


def _shown_values(values: pd.Series, spec: Feature) -> pd.Series:
    if spec.choices:
        return values.map(spec.text)
    return values / 60_000 if spec.kind == "duration" else values


def _value_axis(spec: Feature, values: list[float]) -> alt.X:
    if spec.choices:
        return alt.X(
            "shown:N",
            sort=[spec.text(value) for value in values],
            title=None,
            axis=alt.Axis(labelAngle=-60 if len(values) > 6 else 0),
        )
    scale = alt.Scale(zero=False, nice=False)
    return alt.X("shown:Q", title=None, scale=scale, axis=alt.Axis(tickCount=4, grid=False))
