"""What matters to the models: importances, SHAP values over many tracks."""

import altair as alt
import numpy as np
import pandas as pd

from hitcast.charts import style
from hitcast.charts.style import COLOURS, ROW_HEIGHT, Layered
from hitcast.choices import LABELS
from hitcast.features import BY_NAME

DRAWN = 120  # tracks: a browser draws a dot for each of their features, slower than all else on the page
LOW, HIGH = COLOURS["hits"], COLOURS["xgb"]


def importance(values: pd.Series, model: str, title: str = "Importance (they add up to 1)") -> Layered:
    """How much each feature matters to a model in general, largest first, in the model's colour."""
    frame = pd.DataFrame({"feature": values.index.map(style.label), "importance": values.to_numpy(float)})
    base = alt.Chart().encode(
        x=alt.X(
            "importance:Q",
            title=title,
            scale=alt.Scale(domainMax=max(frame["importance"].max() * 1.15, 1e-9)),
            axis=alt.Axis(tickCount=4),
        ),
        y=style.rows("feature", sort=list(frame.sort_values("importance", ascending=False)["feature"])),
        tooltip=[alt.Tooltip("feature:N", title="Feature"), alt.Tooltip("importance:Q", format=".3f")],
    )
    return alt.layer(
        base.mark_bar(height=14, color=COLOURS[model]),
        base.mark_text(align="left", dx=4, color=COLOURS["all"]).encode(
            text=alt.Text("importance:Q", format=".2f")
        ),
        data=style.data(frame),
        height=alt.Step(ROW_HEIGHT),
    )


def swarm(values: pd.DataFrame, tracks: pd.DataFrame, drawn: int = DRAWN, seed: int = 0) -> pd.DataFrame:
    """Some tracks' SHAP values, ready for `shap_summary`.

    Parameters
    ----------
    values
        A row a track and a column a feature.
    tracks
        The same tracks' features, in the same order.
    drawn
        How many tracks, taken at random: more dots would only cover each other.

    Returns
    -------
    DataFrame
        `feature` and `label`, the strongest first by the mean of all absolute values; `shap`, `value`,
        `text`; `rank`, the value's place among all tracks, 0 to 1; `aside`, −1 to 1, to set dots apart.
    """
    order = values.abs().mean().sort_values(ascending=False).index
    chosen = np.sort(np.random.default_rng(seed).permutation(len(values))[:drawn])
    return pd.concat(
        [_swarm_of(name, values[name], tracks[name], chosen) for name in order], ignore_index=True
    )


def _swarm_of(name: str, shap: pd.Series, value: pd.Series, chosen: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "feature": name,
            "label": BY_NAME[name].label,
            "shap": shap.to_numpy(float)[chosen],
            "value": value.to_numpy(float)[chosen],
            "rank": _place(value)[chosen],
        }
    ).assign(text=lambda d: d["value"].map(BY_NAME[name].text), aside=lambda d: _aside(d["shap"].to_numpy()))


def _place(value: pd.Series) -> np.ndarray:
    """Each value's rank among all, from 0 to 1 even where there are only two."""
    rank = value.rank().to_numpy(float)
    return (rank - np.nanmin(rank)) / max(np.nanmax(rank) - np.nanmin(rank), 1)


def _aside(shap: np.ndarray) -> np.ndarray:
    """Neighbours alternate around the middle, as wide as the place is crowded."""
    bins = np.digitize(shap, np.histogram_bin_edges(shap, 60))
    place = pd.Series(bins).groupby(bins).cumcount().to_numpy() + 1
    side = np.where(place % 2, 1, -1) * (place // 2)
    return side / max(np.abs(side).max(), 1)


def shap_summary(points: pd.DataFrame, unit: str) -> alt.Chart:
    """How each feature moves each track's output, a dot a track, coloured by the feature's value.

    Parameters
    ----------
    points
        What `swarm` returned.
    unit
        "log-odds" or "probability"; probabilities are drawn in 1,000ths.
    """
    scale, title = (
        (1000, "Change of the chance, in 1,000") if unit == "probability" else (1, "Change of the log-odds")
    )
    rows = points.assign(shap=points["shap"] * scale).round({"shap": 3, "rank": 2, "aside": 2})
    colour = alt.Scale(domain=[0, 1], range=[LOW, HIGH], interpolate="lab")
    legend = alt.Legend(
        title=None,
        orient="top",
        gradientLength=120,
        values=[0, 1],
        labelExpr="datum.value == 0 ? 'low value' : 'high value'",
        labelOverlap=False,
    )
    return (
        alt.Chart(alt.Data(values=rows.drop(columns=["feature", "value"]).to_dict("records")))
        .mark_circle(size=14, opacity=0.8, aria=False)
        .encode(
            x=alt.X("shap:Q", title=title),
            y=alt.Y(
                "label:N",
                title=None,
                sort=list(points["label"].unique()),
                axis=alt.Axis(labelLimit=190, grid=True),
            ),
            yOffset=alt.YOffset("aside:Q", scale=alt.Scale(domain=[-1.3, 1.3])),
            color=alt.Color("rank:Q", scale=colour, legend=legend),
            tooltip=[
                alt.Tooltip("label:N", title="Feature"),
                alt.Tooltip("text:N", title="Value"),
                alt.Tooltip("shap:Q", title=title, format="+.2f"),
            ],
        )
        .properties(height=alt.Step(ROW_HEIGHT + 4))
    )


def dependence(points: pd.DataFrame, feature: str, unit: str, model: str) -> Layered:
    """How one feature's SHAP value goes with its value, a dot a track (rows of `swarm`)."""
    spec, scale = BY_NAME[feature], 1000 if unit == "probability" else 1
    rows = points[points["feature"] == feature].assign(
        shap=lambda d: d["shap"] * scale,
        value=lambda d: d["value"] / (60_000 if spec.kind == "duration" else 1),
    )
    x_unit = "minutes" if spec.kind == "duration" else spec.unit
    x = (
        alt.X("text:N", title=None, sort=[spec.text(v) for v, _ in spec.choices], axis=alt.Axis(labelAngle=0))
        if spec.choices
        else alt.X("value:Q", title=x_unit or None, scale=alt.Scale(zero=False))
    )
    zero = alt.Chart(pd.DataFrame({"shap": [0]})).mark_rule(color=COLOURS["all"], strokeDash=[4, 3])
    dots = alt.Chart(rows.round({"shap": 3, "value": 3})[["value", "text", "shap"]]).mark_circle(
        size=14, color=COLOURS[model], opacity=0.6
    )
    title = "Chance, in 1,000" if unit == "probability" else "Log-odds"
    return alt.layer(zero.encode(y="shap:Q"), dots.encode(x=x, y=alt.Y("shap:Q", title=title))).properties(
        height=170, width=230, title=alt.TitleParams(spec.label, fontSize=13, anchor="start")
    )


def ranks(table: pd.DataFrame) -> Layered:
    """The rank of each feature by each way to measure importance, 1 the strongest, as a heat map."""
    places = table.rank(ascending=False, method="min")
    ways = [name.replace(": ", "\n").split("\n") for name in places]
    labels = [f"{LABELS[model]}: {way}" for model, way in ways]
    rows = (
        places.set_axis(labels, axis=1)
        .set_axis([BY_NAME[name].label for name in places.index], axis=0)
        .rename_axis("feature")
        .reset_index()
        .melt("feature", var_name="way", value_name="rank")
    )
    base = alt.Chart(rows).encode(
        x=alt.X(
            "way:N", title=None, sort=labels, axis=alt.Axis(labelAngle=-40, orient="top", labelLimit=300)
        ),
        y=alt.Y("feature:N", title=None, sort=list(rows["feature"].unique())),
    )
    colour = alt.Color("rank:Q", scale=alt.Scale(range=[HIGH, "#f4ece6"]), legend=None)
    strong = len(places) / 3
    return alt.layer(
        base.mark_rect().encode(color=colour),
        base.mark_text().encode(
            text=alt.Text("rank:Q"),
            color=alt.condition(f"datum.rank <= {strong}", alt.value("white"), alt.value("#333")),
        ),
    ).properties(height=alt.Step(22), width=alt.Step(46))
