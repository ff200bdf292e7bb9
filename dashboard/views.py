"""Three views of the Predict page: why, compared with what, what sounds like it; only the chosen one is computed."""

from collections.abc import Callable
from functools import lru_cache, partial

import pandas as pd
import streamlit as st

from dashboard import cache, drawing, reference, track
from dashboard.answer import Answer, say_what_flatters
from dashboard.places import Places
from hitcast import answer, story
from hitcast.charts import rows
from hitcast.choices import BLEND, LABELS, NAMES
from hitcast.reference import Reference
from hitcast.wording import escaped

ALIKE = 5
Near = Callable[[Answer], pd.DataFrame]
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
    """The strongest reasons in words and as steps; all of them in figures, by model, on demand."""
    places.keep(_story)
    if not st.toggle(
        "All features in figures", key="predict_figures", help="For the blend or one of the models."
    ):
        return
    name = st.segmented_control(
        "Explain",
        [BLEND, *NAMES],
        default=BLEND,
        format_func=LABELS.__getitem__,
        key="predict_explained",
        help="Each model has its own reasons. The blend's are the mean of the three.",
    )
    places.keep(lambda said: _reasons(said, name or BLEND))


def _story(said: Answer) -> None:
    if said.strange[0]:
        st.markdown(
            "The models have seen nothing like it, so their reasons say little: they are among the figures."
        )
        return
    explainer = cache.forest_explainer(said.bundle)
    parts = answer.explained(said.bundle, said.row.to_frame().T, explainer=explainer)
    blind = said.score["p_blend"] if said.is_seen else None
    steps = story.story(parts, said.row, said.bundle.values_in_order, blind)
    st.markdown(story.in_words(steps))
    drawing.chart(cache.waterfall(), rows.waterfall(steps))
    st.caption(
        "In 1,000, the strongest first: each step multiplies the chance that came before it. It is how each moved the models' answer; "
        "what makes a hit, nobody knows."
    )


def _reasons(said: Answer, name: str) -> None:
    explainer = cache.forest_explainer(said.bundle)
    parts = answer.explained(said.bundle, said.row.to_frame().T, name, explainer)
    given = said.row.dropna()
    shares = parts.values.iloc[0][given.index]
    drawing.chart(cache.contributions(parts.unit), rows.contributions(shares, given, parts.unit))
    st.caption(UNITS[parts.unit] if len(given) == len(said.row) else UNITS[parts.unit].replace(*UNSAID))
    say_what_flatters(said)


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


def similar(places: Places) -> None:
    """The real tracks that sound most alike, each to be opened; of the user's own set, where there is one."""
    among = {"Tracks that the models learned from": places.bundle.neighbours}
    if own := reference.chosen(places.bundle):
        among = {reference.NAME: own.neighbours} | among
    chosen = next(iter(among))
    if own:
        chosen = st.selectbox("Among", list(among), key="predict_among", help="Where to look for them.")

    @lru_cache(maxsize=1)
    def near(said: Answer) -> pd.DataFrame:
        return answer.similar(among[chosen], said.row, ALIKE)

    for number in range(ALIKE):
        with st.container(
            border=True, horizontal=True, vertical_alignment="center", key=f"offer_alike_{number}"
        ):
            places.keep(partial(_alike, number, near))
            st.button(
                "Open",
                key=f"alike_open_{number}",
                help="Puts this track on the page.",
                on_click=_open,
                args=(places, number, near),
            )
    st.caption(
        "Nearest first, by all measured features. Apart says how far their values lie from each other on average, as a share of how "
        "far tracks scatter."
    )


def _alike(number: int, near: Near, said: Answer) -> None:
    if number >= len(near(said)):
        return
    one = near(said).iloc[number]
    popularity = one.get("popularity", float("nan"))
    verdict = ", **a hit**" if popularity >= said.bundle.card["threshold"] else ""
    details = [f"popularity {popularity:.0f}{verdict}"] if pd.notna(popularity) else []
    details += [escaped(one[name]) for name in ("genre", "release_date") if pd.notna(one.get(name))]
    details.append(f"{one['apart']:.2f} apart")
    st.markdown(f"**{escaped(_called(one))}**  \n{' · '.join(details)}")


def _called(one: pd.Series) -> str:
    title, artist = (one.get(name) for name in ("title", "artist"))
    return ", by ".join(str(part) for part in (title, artist) if pd.notna(part)) or "Untitled"


def _open(places: Places, number: int, near: Near) -> None:
    if (said := places.answer) is not None and number < len(near(said)):
        one = near(said).iloc[number]
        track.start_from(one.reindex(places.bundle.features), _called(one), one)
