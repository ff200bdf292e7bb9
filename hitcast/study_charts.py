"""Frames → Altair charts for the study and for comparing the models; the rest is in `charts`."""

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from hitcast.charts import COLOURS, ROW_HEIGHT
from hitcast.choices import LABELS
from hitcast.features import BY_NAME

HEIGHT = 300
DRAWN = 300
LOW, HIGH = COLOURS["hits"], COLOURS["xgb"]


def roc(curve: pd.DataFrame) -> alt.LayerChart:
    """The share of hits found against the share of other tracks called hits, a line a model; `comparison.curves`."""
    chance = pd.DataFrame({"false_alarms": [0.0, 1.0], "found": [0.0, 1.0]})
    return _lines(curve, ("false_alarms", "Other tracks called hits"), ("found", "Hits found"), chance)


def precision_recall(curve: pd.DataFrame, base_rate: float) -> alt.LayerChart:
    """The share of called tracks that are hits against the share of hits found, a line a model."""
    guesser = pd.DataFrame({"found": [0.0, 1.0], "right": [base_rate, base_rate]})
    # The first few calls are luck: they would stretch the axis to 100 %.
    top = min(max(curve.loc[curve["found"] >= 0.03, "right"].max(), 2 * base_rate) * 1.1, 1)
    return _lines(curve, ("found", "Hits found"), ("right", "Called tracks that are hits"), guesser, top)


def _lines(
    curve: pd.DataFrame, x: tuple[str, str], y: tuple[str, str], guesser: pd.DataFrame, top: float = 1
) -> alt.LayerChart:
    axis, full = alt.Axis(format=".0%", tickCount=5), alt.Scale(domain=[0, 1], nice=False)
    up_to = alt.Scale(domain=[0, float(top)], nice=False)
    encoded = {
        "x": alt.X(f"{x[0]}:Q", title=x[1], axis=axis, scale=full),
        "y": alt.Y(f"{y[0]}:Q", title=y[1], axis=axis, scale=up_to),
    }
    rows = curve.assign(label=curve["model"].map(LABELS)).round(4)
    tooltip = [
        alt.Tooltip("label:N", title="Model"),
        alt.Tooltip("threshold:Q", title="Called a hit from", format=".1%"),
        *(alt.Tooltip(f"{name}:Q", title=title, format=".0%") for name, title in (x, y)),
    ]
    return alt.layer(
        alt.Chart(guesser).mark_line(color=COLOURS["all"], strokeDash=[4, 3]).encode(**encoded),
        alt.Chart(rows)
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            **encoded, color=_colour("model", COLOURS, rows["model"]), tooltip=tooltip, order="threshold:Q"
        ),
    ).properties(height=HEIGHT)


def confusion(counts: Mapping[str, float]) -> alt.LayerChart:
    """The four kinds of right and wrong as tiles with their counts; `metrics.confusion`."""
    tiles = pd.DataFrame(
        [
            ("Called a hit", "Hits", counts["tp"], "hits found", True),
            ("Called a hit", "Other tracks", counts["fp"], "false alarms", False),
            ("Not called", "Hits", counts["fn"], "hits missed", False),
            ("Not called", "Other tracks", counts["tn"], "rightly passed by", True),
        ],
        columns=["called", "are", "tracks", "meaning", "right"],
    ).assign(text=lambda d: [f"{count:,.0f}" for count in d["tracks"]])
    base = alt.Chart(tiles).encode(
        x=alt.X("are:N", title=None, sort=None, axis=alt.Axis(orient="top", labelAngle=0, ticks=False)),
        y=alt.Y(
            "called:N", title=None, sort=None, axis=alt.Axis(ticks=False, labelLimit=120, labelPadding=8)
        ),
        tooltip=[
            alt.Tooltip("meaning:N", title="Meaning"),
            alt.Tooltip("tracks:Q", title="Tracks", format=","),
        ],
    )
    colour = alt.Color(
        "right:N",
        scale=alt.Scale(domain=[True, False], range=[COLOURS["hits"], COLOURS["rest"]]),
        legend=None,
    )
    return alt.layer(
        base.mark_rect(opacity=0.18, stroke=COLOURS["all"], strokeOpacity=0.4).encode(color=colour),
        base.mark_text(fontSize=22, fontWeight="bold", dy=-8, color=COLOURS["all"]).encode(text="text:N"),
        base.mark_text(fontSize=12, dy=14, color=COLOURS["all"]).encode(text="meaning:N"),
    ).properties(height=200)


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
        .mark_circle(size=14, opacity=0.8)
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


def dependence(points: pd.DataFrame, feature: str, unit: str, model: str) -> alt.LayerChart:
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


def dots(
    frame: pd.DataFrame,
    title: str,
    colours: Mapping[str, str],
    *,
    reference: float | None = None,
    number: str = ".2f",
    domain: Sequence[float] | None = None,
) -> alt.LayerChart:
    """Figures as dots on a common axis, with their intervals where they have them.

    Parameters
    ----------
    frame
        `row` (in the order to show), `who` (a key of `colours`), `value`; `low` and `high` where known.
    title
        What the axis shows.
    colours
        The colour of each `who`.
    reference
        Where to draw a dashed line, such as 0.5 for a coin's ROC AUC.
    number
        The format of numbers.
    domain
        The ends of the axis.
    """
    scale = alt.Scale(domain=list(domain), zero=False) if domain else alt.Scale(zero=False)
    x = alt.X("value:Q", title=title, scale=scale, axis=alt.Axis(format=number))
    lines = len(frame["who"].unique())
    base = alt.Chart(frame).encode(
        x=x,
        y=alt.Y("row:N", title=None, sort=list(frame["row"].unique()), axis=alt.Axis(labelLimit=300)),
        yOffset=alt.YOffset("who:N", sort=list(colours)),
        color=_colour("who", colours, frame["who"], legend=lines > 1),
        tooltip=["row:N", "who:N", alt.Tooltip("value:Q", format=number)],
    )
    layers = [base.mark_point(filled=True, size=70, opacity=1)]
    if "low" in frame:
        layers.insert(
            0, base.mark_rule(strokeWidth=2, opacity=0.6).encode(x=alt.X("low:Q", title=title), x2="high:Q")
        )
    if reference is not None:
        rule = alt.Chart(pd.DataFrame({"value": [reference]})).mark_rule(
            color=COLOURS["all"], strokeDash=[4, 3]
        )
        layers.insert(0, rule.encode(x=x))
    return alt.layer(*layers).properties(height=alt.Step(26 if lines == 1 else 11), width=420)


def ranks(table: pd.DataFrame) -> alt.LayerChart:
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
            text="rank:Q",
            color=alt.condition(f"datum.rank <= {strong}", alt.value("white"), alt.value("#333")),
        ),
    ).properties(height=alt.Step(22), width=alt.Step(46))


def _colour(field: str, colours: Mapping[str, str], present: pd.Series, legend: bool = False) -> alt.Color:
    names = [name for name in colours if name in set(present)]
    return alt.Color(
        f"{field}:N",
        scale=alt.Scale(domain=names, range=[colours[name] for name in names]),
        legend=alt.Legend(orient="top", title=None) if legend else None,
    )
