"""How good the models are: curves, confusion, calibration, figures with their intervals."""

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from hitcast.charts import style
from hitcast.charts.style import COLOURS, Layered
from hitcast.choices import LABELS

HEIGHT = 300


def roc(curve: pd.DataFrame) -> Layered:
    """The share of hits found against the share of other tracks called hits, a line a model; `comparison.curves`."""
    chance = pd.DataFrame({"false_alarms": [0.0, 1.0], "found": [0.0, 1.0]})
    return _lines(curve, ("false_alarms", "Other tracks called hits"), ("found", "Hits found"), chance)


def precision_recall(curve: pd.DataFrame, base_rate: float) -> Layered:
    """The share of called tracks that are hits against the share of hits found, a line a model."""
    guesser = pd.DataFrame({"found": [0.0, 1.0], "right": [base_rate, base_rate]})
    # The first few calls are luck: they would stretch the axis to 100 %.
    top = min(max(curve.loc[curve["found"] >= 0.03, "right"].max(), 2 * base_rate) * 1.1, 1)
    return _lines(curve, ("found", "Hits found"), ("right", "Called tracks that are hits"), guesser, top)


def _lines(
    curve: pd.DataFrame, x: tuple[str, str], y: tuple[str, str], guesser: pd.DataFrame, top: float = 1
) -> Layered:
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
        alt.Chart(style.data(guesser)).mark_line(color=COLOURS["all"], strokeDash=[4, 3]).encode(**encoded),
        alt.Chart()
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            **encoded,
            color=style.colour("model", COLOURS, rows["model"]),
            tooltip=tooltip,
            order=alt.Order("threshold:Q"),
        ),
        data=style.data(rows),
        height=HEIGHT,
    )


def confusion(counts: Mapping[str, float]) -> Layered:
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
    base = alt.Chart().encode(
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
        base.mark_text(fontSize=22, fontWeight="bold", dy=-8, color=COLOURS["all"]).encode(
            text=alt.Text("text:N")
        ),
        base.mark_text(fontSize=12, dy=14, color=COLOURS["all"]).encode(text=alt.Text("meaning:N")),
        data=style.data(tiles),
        height=200,
    )


def dots(
    frame: pd.DataFrame,
    title: str,
    colours: Mapping[str, str],
    *,
    reference: float | None = None,
    number: str = ".2f",
    domain: Sequence[float] | None = None,
) -> Layered:
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
        color=style.colour("who", colours, frame["who"], legend=lines > 1),
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


def reliability(groups: pd.DataFrame) -> Layered:
    """What the models promised against what came true; on the diagonal a chance means what it says.

    Parameters
    ----------
    groups
        The rows of `metrics.reliability` for each model, with a column `model`.
    """
    end = float(groups[["probability", "observed", "high"]].max(axis=None)) * 1.05
    scale, axis = alt.Scale(domain=[0, end], nice=False), alt.Axis(format=".0%", tickCount=5)
    models = {name: COLOURS[name] for name in groups["model"].unique()}
    base = alt.Chart().encode(
        x=alt.X("probability:Q", title="Mean chance given", scale=scale, axis=axis),
        color=style.colour("model", models),
    )
    share = alt.Y("observed:Q", title="Share that were hits", scale=scale, axis=axis)
    tooltip = [
        alt.Tooltip("model:N", title="Model"),
        alt.Tooltip("probability:Q", title="Mean chance given", format=".1%"),
        alt.Tooltip("observed:Q", title="Share that were hits", format=".1%"),
        alt.Tooltip("tracks:Q", title="Tracks", format=","),
    ]
    ideal = alt.Chart(style.data({"chance": [0.0, end]})).encode(alt.X("chance:Q"), alt.Y("chance:Q"))
    return alt.layer(
        ideal.mark_line(color=COLOURS["all"], strokeDash=[4, 3]),
        base.mark_rule(opacity=0.35).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        base.mark_line(strokeWidth=2).encode(y=share),
        base.mark_point(filled=True, size=60, opacity=1).encode(y=share, tooltip=tooltip),
        data=style.data(groups),
        height=HEIGHT,
    )
