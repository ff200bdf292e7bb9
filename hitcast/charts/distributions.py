"""Many tracks: popularity, chances, distributions, correlations."""

import altair as alt
import numpy as np
import pandas as pd

from hitcast.charts import style
from hitcast.charts.style import COLOURS, SMALL_HEIGHT, SMALLEST, Layered
from hitcast.features import BY_NAME
from hitcast.wording import in_thousand

HISTOGRAM_BINS = 16


def popularity(values: pd.Series, threshold: float) -> Layered:
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
        alt.Chart(style.data(frame))
        .mark_bar(binSpacing=0)
        .encode(
            x,
            x2=alt.X2("end:Q"),
            y=alt.Y("tracks:Q", title="Tracks"),
            color=style.colour("kind", {kind: COLOURS[kind] for kind in ("hits", "rest")}),
            tooltip=[alt.Tooltip("popularity:Q"), alt.Tooltip("tracks:Q")],
        )
    )
    line = alt.Chart(style.data({"popularity": [threshold]})).encode(alt.X("popularity:Q"))
    return alt.layer(
        bars,
        line.mark_rule(color=COLOURS["hits"], strokeDash=[4, 3], strokeWidth=2),
        line.mark_text(align="right", dx=-6, color=COLOURS["hits"], y=8, text=f"hits: {threshold:g} and up"),
    ).properties(height=220)


def chances(counts: pd.DataFrame, base_rate: float) -> Layered:
    """How many tracks of a catalogue have each chance (`chance_counts`), the average track's marked."""
    frame = counts.assign(
        low=counts["low"] * 1000,
        high=counts["high"] * 1000,
        text=counts["low"].map(in_thousand) + " to " + counts["high"].map(in_thousand),
    )
    ends = min(frame["low"].min(), base_rate * 500), max(frame["high"].max(), base_rate * 2000)
    x = alt.X("low:Q", bin="binned", title="Chance in 1,000, logarithmic", **style.log_axis(ends))
    bars = (
        alt.Chart(style.data(frame))
        .mark_bar(binSpacing=1, color=COLOURS["blend"])
        .encode(
            x,
            x2=alt.X2("high:Q"),
            y=alt.Y(
                "tracks:Q",
                title="Tracks",
                axis=alt.Axis(tickMinStep=1),
                scale=alt.Scale(domainMax=1.2 * frame["tracks"].max(), nice=False),
            ),
            tooltip=[alt.Tooltip("text:N", title="Chance"), alt.Tooltip("tracks:Q", title="Tracks")],
        )
    )
    average = alt.Chart(style.data({"low": [base_rate * 1000]})).encode(alt.X("low:Q"))
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
    """One feature's distribution (from `binned`) among the hits and among the rest."""
    spec = BY_NAME[feature]
    colour = style.colour("kind", {kind: COLOURS[kind] for kind in ("hits", "rest")})
    y = alt.Y("share:Q", title=None, stack=None, axis=alt.Axis(format=".0%", tickCount=3))
    tooltip = [alt.Tooltip("kind:N", title="Of the"), alt.Tooltip("share:Q", format=".1%", title="Share")]
    chart = alt.Chart(style.data(frame)).encode(
        style.value_axis(spec, sorted(frame["value"].unique())), y, color=colour, tooltip=tooltip
    )
    marked = (
        chart.mark_bar().encode(alt.XOffset("kind:N"))
        if spec.choices
        else chart.mark_area(interpolate="step", line={"strokeWidth": 2}, fillOpacity=0.25)
    )
    return marked.properties(
        height=SMALL_HEIGHT, title=alt.TitleParams(style.with_unit(spec), fontSize=13, anchor="start")
    )


def binned(values: pd.Series, hit: pd.Series, feature: str) -> pd.DataFrame:
    """The share of hits and of the rest in each bin (or choice) of a feature: value, kind, share, shown.

    Tracks whose value is not known are left out.
    """
    spec = BY_NAME[feature]
    known = values.notna().to_numpy()
    numbers, is_hit = values.to_numpy(float)[known], hit.to_numpy(bool)[known]
    if spec.choices:
        middles, bins = np.unique(numbers, return_inverse=True)
    else:
        low, high = np.quantile(numbers, [0.005, 0.995])
        edges = np.linspace(low, max(high, low + spec.step), HISTOGRAM_BINS + 1)
        middles = (edges[:-1] + edges[1:]) / 2
        bins = np.searchsorted(edges[1:-1], numbers)
    kinds = {"hits": is_hit, "rest": ~is_hit}
    counts = {kind: np.bincount(bins[of_kind], minlength=len(middles)) for kind, of_kind in kinds.items()}
    return pd.DataFrame(
        {
            "value": np.tile(middles, len(kinds)),
            "kind": np.repeat(list(kinds), len(middles)),
            "share": np.concatenate([count / max(count.sum(), 1) for count in counts.values()]),
            "shown": [style.shown_value(value, spec) for value in middles] * len(kinds),
        }
    )


def correlations(matrix: pd.DataFrame) -> alt.Chart:
    """A square matrix of correlations as a heat map; the numbers are in the tooltips."""
    labels = [style.label(name) for name in matrix.columns]
    frame = (
        matrix.set_axis(labels, axis=0)
        .set_axis(labels, axis=1)
        .rename_axis("first")
        .reset_index()
        .melt("first", var_name="second", value_name="correlation")
    )
    scale = alt.Scale(domain=[-1, 1], range=[COLOURS["xgb"], "#f2f2f2", COLOURS["logreg"]])
    return (
        alt.Chart(style.data(frame))
        .mark_rect()
        .encode(
            x=alt.X("second:N", sort=labels, title=None, axis=alt.Axis(labelAngle=-60)),
            y=alt.Y("first:N", sort=labels, title=None),
            color=alt.Color("correlation:Q", scale=scale, legend=alt.Legend(orient="top", title=None)),
            tooltip=[
                alt.Tooltip("first:N"),
                alt.Tooltip("second:N"),
                alt.Tooltip("correlation:Q", format=".2f"),
            ],
        )
        .properties(height=alt.Step(24))
    )
