"""The four views of the Predict page; only the chosen one is computed."""

import pandas as pd
import streamlit as st

from dashboard import cache, drawing
from hitcast import charts, explain, profiles, wording
from hitcast.bundle.contents import Bundle
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
    parts = explained(bundle, row.to_frame().T, name or BLEND)
    given = row.dropna()
    drawing.chart(charts.contributions(parts.values.iloc[0][given.index], given, parts.unit))
    st.caption(UNITS[parts.unit] if len(given) == len(row) else UNITS[parts.unit].replace(*UNSAID))
    st.markdown("**What the random forest looks at in general**")
    drawing.chart(cache.forest_importance(bundle))
    st.caption(
        "The share of the forest's sorting work that each feature does, over all tracks, not this one."
    )


def explained(bundle: Bundle, frame: pd.DataFrame, name: str) -> explain.Contributions:
    """What raised and lowered each row's chance, according to a model or to the blend."""
    asked = NAMES if name == BLEND else (name,)
    parts = {
        each: explain.contributions(
            bundle.models[each], frame, cache.forest_explainer(bundle) if each == "rf" else None
        )
        for each in asked
    }
    return explain.blend_contributions(parts) if name == BLEND else parts[name]


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
    drawing.chart(charts.compared(given, everyone, chosen, group))
    st.caption(
        "Bars: the middle half of the tracks. Ticks: their averages. Grey line: the middle nine tenths of all "
        "tracks. Of a feature with choices the table gives the most common one."
    )
    st.dataframe(_beside(bundle, given, group), hide_index=True, width="stretch", height="content")


def _beside(bundle: Bundle, row: pd.Series, group: str) -> pd.DataFrame:
    ours, theirs = cache.average(bundle, group), cache.average(bundle, cache.EVERYONE)
    tracks = bundle.tracks
    return pd.DataFrame(
        {
            "Feature": [BY_NAME[name].label for name in row.index],
            "You": [BY_NAME[name].text(value) for name, value in row.items()],
            f"{group} average": [BY_NAME[name].text(ours[name]) for name in row.index],
            "All tracks average": [BY_NAME[name].text(theirs[name]) for name in row.index],
            "You are above": [
                "" if BY_NAME[name].choices else f"{profiles.percentile(tracks[name], value):.0f} % of tracks"
                for name, value in row.items()
            ],
        }
    )


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
                drawing.chart(charts.response_curve(curve, name, row[name], ends))
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
    near = profiles.similar(bundle.tracks, row, bundle.features, n=5)
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
