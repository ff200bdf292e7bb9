"""The three models side by side: which to trust for what, and how anybody knows."""

import pandas as pd
import streamlit as st

from dashboard import cache, drawing, frame, world
from hitcast import charts, uses, wording
from hitcast.choices import ALL_LABELS, BLEND, LABELS, NAMES, SCORED
from hitcast.evaluation import metrics, verdict
from hitcast.measures import MAIN, MEASURES

DRAWN_CURVES = {
    "roc": "**Ranking (ROC).** The further above the dashed line, the better; the line is a coin.",
    "precision_recall": "**A list of hits.** How clean it is when it must hold a share of all hits; dashed: the base rate.",
    "reliability": "**Meaning.** On the dashed line a chance means what it says; the bars are 95 % intervals.",
}

FIFTHS = ("lowest fifth", "second", "third", "fourth", "highest fifth")


def figures(first: str, rows: list[dict]) -> None:
    """A table of measures, each explained, whose first column stays in sight."""
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        column_config={
            first: st.column_config.TextColumn(pinned=True),
            **{each.label: st.column_config.TextColumn(help=each.help) for each in MEASURES.values()},
        },
    )


bundle = cache.bundle()
card = bundle.card
summary, rows = card["metrics"], bundle.first_round

frame.heading("Which model, and can you trust it?", "Every model tested on artists it had never heard.")
frame.main_part()
st.caption(
    f"{card['hits']:,} of {card['rows']:,} tracks have a popularity of {card['threshold']:g} or more: the hits. Every figure "
    "on this page, if it does not say otherwise, comes from models that had not seen the track's artist."
)
world.said(card)
with st.container(border=True, key="compare_verdict"):
    for sentence in verdict.verdict(summary, card["behind"], bundle.rounds):
        st.markdown(sentence)

st.header("What they are good for")
st.dataframe(
    pd.DataFrame(uses.uses(card)),
    hide_index=True,
    width="stretch",
    height="content",
    column_config={
        name: st.column_config.TextColumn(label, help=help) for name, (label, help) in uses.COLUMNS.items()
    },
)

st.header("The figures")
shown = {name: measure for name, measure in MEASURES.items() if name in summary[BLEND]}
figures(
    "Model",
    [
        {"Model": label} | {measure.label: measure.text(summary[name][key]) for key, measure in shown.items()}
        for name, label in ALL_LABELS.items()
    ],
)
st.caption(
    "In brackets the 95 % interval over artists drawn again and again. Whether two models differ is settled on the same "
    "draws for both, in the words above: it cannot be read off their intervals. The last row knows nothing but the "
    "base rate."
)

if worths := card["context"]["worth"]:
    st.header("What genre and year add")
    for level, each in worths.items():
        st.markdown(wording.worth(level, each["gain"], level in bundle.context.weights))
    figures(
        "Chance",
        [
            {"Chance": name, "Tracks": each["tracks"]}
            | {
                measure.label: measure.text(each[part].get(key))
                for key, measure in shown.items()
                if key in MAIN
            }
            for level, each in worths.items()
            for name, part in ((level.capitalize(), "measures"), ("The sound alone", "sound"))
        ],
    )
    st.caption(
        "Each on the same tracks of the first round, by models that had not seen the artist. A genre's share of hits says as much of how "
        "these tracks were chosen as of music, and a year's of how popularity fades."
    )

st.header("The curves")
chosen = st.pills(
    "Models", SCORED, default=SCORED, selection_mode="multi", format_func=LABELS.__getitem__, key="compare_models",
    help="Which models to draw.",
)  # fmt: skip
if chosen:
    drawing.legend({LABELS[name]: charts.COLOURS[name] for name in SCORED if name in chosen})
    drawn = cache.curves(bundle, [name for name in SCORED if name in chosen])
    for place, (name, chart) in zip(st.columns(3), drawn.items(), strict=True):
        with place:
            st.markdown(DRAWN_CURVES[name])
            drawing.chart(chart)
else:
    st.info("Choose a model to draw its curves.")

st.header("How sure a chance is")
checked = card["intervals"][BLEND]
st.markdown(verdict.coverage_in_words(checked))
st.dataframe(
    pd.DataFrame(
        [
            {
                "Tracks by their chance": fifth,
                "Chance given": wording.in_thousand(means["probability"]),
                "Its interval": wording.between(means["low"], means["high"]),
                "Came true": wording.in_thousand(means["rate"]),
            }
            for fifth, means in zip(FIFTHS, checked["fifths"], strict=True)
        ]
    ),
    hide_index=True,
    width="stretch",
)
st.caption(
    "The blend. Half of the artists make the intervals and the other half is counted, five times over; means of the ten halves."
)

st.header("Right and wrong calls")
name = st.segmented_control(
    "Model", SCORED, default=BLEND, format_func=LABELS.__getitem__, key="compare_called", help="Whose calls to count."
) or BLEND  # fmt: skip
hit, score = rows["hit"].to_numpy(bool), rows[name].to_numpy(float)
highest = max(int(score.max() * 1000), 2)
threshold = st.slider(
    "Call it a hit from a chance of",
    1,
    highest,
    min(max(round(summary[name]["at_threshold"]["threshold"] * 1000), 1), highest),
    format="%d in 1,000",
    key=f"compare_threshold_{name}_{card['threshold']:g}_{card['created']}",
    help="It starts where the F1 score, the balance of clean and complete, is best.",
)
counts = metrics.confusion(hit, score, threshold / 1000)
left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
with left:
    drawing.chart(charts.confusion(counts))
with right:
    st.markdown(verdict.confusion_in_words(counts))
    st.caption(
        f"Right in {counts['accuracy']:.1%} of all tracks; never calling a hit is right in "
        f"{1 - card['base_rate']:.1%}, which is why accuracy says nothing here."
    )

st.header("What matters to a model")
name = st.segmented_control(
    "Model", NAMES, default="rf", format_func=LABELS.__getitem__, key="compare_explained", help="Whose features to weigh."
) or "rf"  # fmt: skip
own = {
    "logreg": ("Coefficient: log-odds a standard deviation", pd.Series(card["coefficients"]).abs()),
    "rf": ("Impurity: share of the sorting", pd.Series(card["importance"]["rf"])),
}
unit = card["shap"][name]["unit"]
scale = 100 if unit == "probability" else 1
ways = {
    **({own[name][0]: own[name][1]} if name in own else {}),
    "Permutation: ROC AUC lost, in 100ths": 100 * pd.Series(card["permutation_importance"][name]),
    f"Mean |SHAP|: {'percentage points' if scale == 100 else 'log-odds'}": scale
    * pd.Series(card["mean_abs_shap"][name]),
}
for place, (title, values) in zip(st.columns(len(ways)), ways.items(), strict=True):
    with place:
        st.markdown(f"**{title.split(':')[0]}**")
        drawing.chart(cache.importance(values.to_dict(), name, title))
if name == "rf":
    st.caption(
        "Impurity is read off the tracks the forest was trained on and favours features with many values; permutation "
        "counts what is lost on artists it has not seen; SHAP says how far a feature moves its answers. Where they "
        "disagree, believe permutation."
    )
st.markdown(f"**How each feature moves the answers: {LABELS[name]}**")
drawing.chart(cache.shap_summary(bundle, name))
st.caption(
    f"Exact SHAP values of all {card['rows']:,} tracks set the order; {min(charts.DRAWN, card['rows']):,} tracks "
    f"taken at random are drawn. Right of 0 the feature raises the {'chance' if unit == 'probability' else 'log-odds'}."
)
