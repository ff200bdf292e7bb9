"""What becomes of a catalogue: how many hits to expect of the likeliest tracks, and what came true where that is known."""

import streamlit as st

from dashboard import base_rate, cache
from dashboard.scored import Scored
from hitcast import labelled, wording
from hitcast.bundle.contents import Bundle
from hitcast.errors import HitCastError

JUDGED = "catalogue_judged"


def promise(bundle: Bundle, result: Scored) -> None:
    """How many hits to expect among the likeliest tracks."""
    chances, in_context = result.listed
    if not len(chances):
        return
    tracks = st.number_input(
        "How many to hear first",
        1,
        min(len(chances), 1000),
        min(len(chances), 25),
        key="catalogue_shortlist",
        help="The likeliest tracks of the file, each recording once.",
    )
    expected = cache.expected_hits(bundle, chances, in_context, tracks, result.base_rate)
    st.markdown(
        wording.shortlist(expected.tracks, expected.low, expected.high, expected.at_random),
        help="In nine of ten such lists the number lies within. Counted on lists of artists that the models had not heard: "
        "hits come in clusters, so it scatters more than the chances alone would make it.",
    )
    share = expected.at_random / expected.tracks
    mixed = (
        "artists"
        if result.are_genres_known and expected.in_context == expected.tracks
        else "artists and genres"
    )
    by_context = (
        f" {expected.in_context:,} of the {expected.tracks:,} are counted by their chance in context."
    )
    st.caption(
        f"For a file of many {mixed}, {wording.in_thousand(share)} of whose tracks are hits by their chances; a list of one of them "
        f"may lie far off.{by_context if expected.in_context else ''}"
    )


def what_came_true(bundle: Bundle, result: Scored) -> None:
    """The chances held against the popularity that the file gives, once asked for, and its base rate to be taken on."""
    asked = st.button(
        "Compare with what came true",
        key="catalogue_judge",
        help="The file says how popular its tracks are: how often they are hits, and how well the chances say which.",
    )
    if asked:
        try:
            with st.spinner("Comparing"):
                st.session_state[JUDGED] = result.file, result.built, result.judged(bundle)
        except HitCastError as problem:
            st.error(wording.escaped(problem))
    file, built, judged = st.session_state.get(JUDGED, (None, None, None))
    if judged is None or (file, built) != (result.file, result.built):
        return
    with st.container(border=True):
        st.markdown("  \n".join(map(wording.escaped, labelled.in_words(judged))))
        if judged.advised:
            st.button(
                f"Set 1 in {judged.advised:,} as the base rate",
                key="catalogue_base_rate",
                help="The chance on Predict and the scores of a catalogue are then given for there as well; score the file again for that.",
                on_click=base_rate.put,
                args=(judged.advised,),
            )
