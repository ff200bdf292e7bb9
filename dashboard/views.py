"""The four views of the Predict page; only the chosen one is computed."""

import pandas as pd
import streamlit as st

from dashboard import cache, drawing
from hitcast import answer, charts, explain, wording
from hitcast.bundle.contents import Bundle
from hitcast.charts import rows
from hitcast.choices import BLEND, LABELS, NAMES
from hitcast.features import BY_NAME

CURVES = 6
UNITS = {
    "log-odds": "In log-odds: +0.7 doubles the odds of a hit, −0.7 halves them. Together with the starting "
    "point they add up exactly to the model's answer.",
    "probability": "In chances out of 1,000. Together with the starting point they add up exactly to the "
    "model's answer.",
}
# What to say instead where some of the track's values are not known.
UNSAID = (
    "Together with the starting point they",
    "Together with the starting point and what is not known they",
)


def why(bundle: Bundle, row: pd.Series) -> None:
    """What raised and lowered the chance, for one model, and what the forest looks at in general."""
    name = st.segmented_control(
        "Explain",
        [BLEND, *NAMES],
        default=BLEND,
        format_func=LABELS.__getitem__,
        key="predict_explained",
        help="Each model has its own reasons. The blend's are the mean of the three.",
    )
    parts = answer.explained(bundle, row.to_frame().T, name or BLEND, cache.forest_explainer(bundle))
    given = row.dropna()
    shares = parts.values.iloc[0][given.index]
    drawing.chart(cache.contributions(parts.unit), rows.contributions(shares, given, parts.unit))
    st.caption(UNITS[parts.unit] if len(given) == len(row) else UNITS[parts.unit].replace(*UNSAID))
    st.markdown("**What the random forest looks at in general**")
    drawing.chart(cache.forest_importance(bundle))
    st.caption(
        "The share of the forest's sorting work that each feature does, over all tracks, not this one."
    )


def compared(bundle: Bundle, row: pd.Series) -> None:
    """The track beside the Top-100 (or a genre) and all tracks, as strips and as numbers."""
    group = st.selectbox(
        "Compare with",
        cache.groups(bundle),
        key="predict_group",
        help="The 100 most popular tracks, or all tracks of one genre.",
    )
    everyone, chosen = cache.profile(bundle, cache.EVERYONE), cache.profile(bundle, group)
    given = row.dropna()
    drawing.chart(cache.compared(group), rows.compared(given, everyone, chosen))
    st.caption(
        "Bars: the middle half of the tracks. Ticks: their averages. Grey line: the middle nine tenths of all "
        "tracks. Of a feature with choices the table gives the most common one."
    )
    averages = {name: cache.average(bundle, name) for name in (group, cache.EVERYONE)}
    table = answer.benchmark(given, bundle.tracks, averages)
    st.dataframe(table, hide_index=True, width="stretch", height="content")


def what_would_help(bundle: Bundle, row: pd.Series) -> None:
    """The best single changes in words, and the response curves of the features that move the most."""
    names = list(row.dropna().index)
    curves = explain.response_curves(bundle.models, row, names, bundle.tracks)
    moves = explain.best_moves(curves, row)
    if moves.empty:
        st.markdown("No single change within the range of real tracks raises the chance by more than 5 %.")
    for text in moves["text"]:
        st.markdown(f"- {wording.escaped(text)}")
    st.caption(
        "Tracks with such values have been hits more often: an association, not a cause. "
        "Changing a mix to move one number need not change its fate."
    )
    drawing.legend(
        {**{LABELS[name]: charts.COLOURS[name] for name in (*NAMES, BLEND)}, "You": charts.COLOURS["you"]}
    )
    st.caption("Chances in 1,000, logarithmic, with this one feature changed and all others as they are.")
    ends = curves["probability"].min(), curves["probability"].max()
    shown = _widest_first(curves)
    if not st.session_state.get("predict_all_curves"):
        shown = shown[:CURVES]
    for start in range(0, len(shown), 3):
        for place, name in zip(st.columns(3), shown[start : start + 3], strict=False):
            curve = curves[curves["feature"] == name]
            with place:
                st.markdown(f"**{BY_NAME[name].label} {BY_NAME[name].text(row[name])}**")
                drawing.chart(
                    cache.response_curve(bundle, name), rows.response_curve(curve, name, row[name], ends)
                )
    if len(names) > CURVES:
        st.toggle(
            "All features",
            key="predict_all_curves",
            help=f"Without it, the {CURVES} features with which the chance changes the most.",
        )


def _widest_first(curves: pd.DataFrame) -> list[str]:
    blend = curves[curves["model"] == BLEND].groupby("feature")["probability"]
    return list((blend.max() / blend.min()).sort_values(ascending=False).index)


def similar(bundle: Bundle, row: pd.Series) -> None:
    """The real tracks that sound most alike, with their popularity."""
    near = answer.similar(bundle, row)
    shown = [name for name in ("title", "popularity", "artist", "genre", "release_date") if name in near]
    st.dataframe(
        near[shown],
        hide_index=True,
        width="stretch",
        column_config={
            "title": "Title",
            "artist": "Artist",
            "genre": "Genre",
            "release_date": "Released",
            "popularity": st.column_config.ProgressColumn(
                "Popularity", min_value=0, max_value=100, format="%d"
            ),
        },
    )
    st.caption("Nearest first, by all measured features, each on the scale of its spread among all tracks.")
