"""The four views of the Predict page; only the chosen one is computed."""

import pandas as pd
import streamlit as st

from dashboard import cache, drawing, reference
from dashboard.answer import Answer
from dashboard.places import Places
from hitcast import answer, charts, explain, wording
from hitcast.charts import rows
from hitcast.charts.style import with_value
from hitcast.choices import BLEND, LABELS, NAMES
from hitcast.profiles import Neighbours
from hitcast.reference import Reference

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


def why(places: Places) -> None:
    """What raised and lowered the chance, for one model, and what the forest looks at in general."""
    name = st.segmented_control(
        "Explain",
        [BLEND, *NAMES],
        default=BLEND,
        format_func=LABELS.__getitem__,
        key="predict_explained",
        help="Each model has its own reasons. The blend's are the mean of the three.",
    )
    places.keep(lambda said: _reasons(said, name or BLEND))
    st.markdown("**What the random forest looks at in general**")
    drawing.chart(cache.forest_importance(places.bundle))
    st.caption(
        "The share of the forest's sorting work that each feature does, over all tracks, not this one."
    )


def _reasons(said: Answer, name: str) -> None:
    explainer = cache.forest_explainer(said.bundle)
    parts = answer.explained(said.bundle, said.row.to_frame().T, name, explainer)
    given = said.row.dropna()
    shares = parts.values.iloc[0][given.index]
    drawing.chart(cache.contributions(parts.unit), rows.contributions(shares, given, parts.unit))
    st.caption(UNITS[parts.unit] if len(given) == len(said.row) else UNITS[parts.unit].replace(*UNSAID))
    _say_what_flatters(said)


def compared(places: Places) -> None:
    """The track beside the Top-100, a genre or the user's own set, and all tracks, as strips and as numbers."""
    bundle = places.bundle
    reference.entry(bundle)
    own = reference.chosen(bundle)
    groups = [reference.NAME, *cache.groups(bundle)] if own else cache.groups(bundle)
    # A widget that is not drawn forgets.
    last = st.session_state.get(reference.LAST)
    group = st.session_state[reference.LAST] = st.selectbox(
        "Compare with",
        groups,
        index=groups.index(last) if last in groups else 0,
        key=reference.GROUP,
        help="The 100 most popular tracks, all tracks of one genre, or tracks of your own.",
    )
    if own and group == reference.NAME:
        places.keep(lambda said: _fit(said, own))
        places.keep(lambda said: _beside(said, group, own.profile, own.average))
    else:
        profile, average = cache.profile(bundle, group), cache.average(bundle, group)
        places.keep(lambda said: _beside(said, group, profile, average))


def _fit(said: Answer, own: Reference) -> None:
    if not said.strange[0]:
        st.markdown(reference.said(own, said.row))


def _beside(said: Answer, group: str, profile: pd.DataFrame, average: pd.Series) -> None:
    bundle, given = said.bundle, said.row[list(average.index)].dropna()
    everyone = cache.profile(bundle, cache.EVERYONE)
    drawing.chart(cache.compared(group), rows.compared(given, everyone, profile))
    st.caption(
        "Bars: the middle half of the tracks. Ticks: their averages. Grey line: the middle nine tenths of all "
        "tracks. Of a feature with choices the table gives the most common one."
    )
    averages = {group: average, cache.EVERYONE: cache.average(bundle, cache.EVERYONE)}
    table = answer.benchmark(bundle, given, averages)
    st.dataframe(table, hide_index=True, width="stretch", height="content")


def what_would_help(places: Places) -> None:
    """The best single changes in words, and the response curves of the features that move the most."""
    places.keep(_best_moves)
    st.caption(
        "Tracks with such values have been hits more often: an association, not a cause. "
        "Changing a mix to move one number need not change its fate."
    )
    drawing.legend(
        {**{LABELS[name]: charts.COLOURS[name] for name in (*NAMES, BLEND)}, "You": charts.COLOURS["you"]}
    )
    st.caption("Chances in 1,000, logarithmic, with this one feature changed and all others as they are.")
    # Settled by the first answer: curves that changed places under a moving slider could not be followed.
    order: list[str] = []
    places.keep(lambda said: _curves(said, order))
    if len(places.bundle.features) > CURVES:
        st.toggle(
            "All features",
            key="predict_all_curves",
            help=f"Without it, the {CURVES} features with which the chance changed the most when this view was opened.",
        )


def _best_moves(said: Answer) -> None:
    moves = explain.best_moves(said.curves, said.row)
    listed = "\n".join(f"- {wording.escaped(text)}" for text in moves["text"])
    none = "No single change within the range of real tracks raises the chance by more than 5 %."
    st.markdown(listed or none)


def _curves(said: Answer, order: list[str]) -> None:
    row, curves = said.row, said.curves
    chances = curves[[*NAMES, BLEND]].to_numpy()
    ends = chances.min(), chances.max()
    of_each = dict(iter(curves.groupby("feature", sort=False)))
    if not of_each.keys() <= set(order):
        order += [name for name in explain.widest_first(curves) if name not in order]
    # A value that was known when the view was opened need not be any more.
    known = [name for name in order if name in of_each]
    shown = known if st.session_state.get("predict_all_curves") else known[:CURVES]
    for start in range(0, len(shown), 3):
        for place, name in zip(st.columns(3), shown[start : start + 3], strict=False):
            with place:
                st.markdown(f"**{with_value(name, row[name])}**")
                drawing.chart(
                    cache.response_curve(said.bundle, name),
                    rows.response_curve(of_each[name], name, row[name], ends),
                )
    _say_what_flatters(said)


def similar(places: Places) -> None:
    """The real tracks that sound most alike, with their popularity; of the user's own set, where there is one."""
    among = {"Tracks that the models learned from": places.bundle.neighbours}
    if own := reference.chosen(places.bundle):
        among = {reference.NAME: own.neighbours} | among
    chosen = next(iter(among))
    if own:
        chosen = st.selectbox("Among", list(among), key="predict_among", help="Where to look for them.")
    places.keep(lambda said: _alike(said, among[chosen]))


def _alike(said: Answer, among: Neighbours) -> None:
    near = answer.similar(among, said.row)
    names = ("title", "popularity", "artist", "genre", "release_date")
    shown = [name for name in names if name in near] or list(near)
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
    st.caption("Nearest first, by all measured features, each on the scale of its spread among them.")


def _say_what_flatters(said: Answer) -> None:
    if said.is_seen:
        st.caption(
            "These are the answers of the models trained on all tracks, this one included, which flatters it. The "
            "directions hold; the chance itself is the one above."
        )
