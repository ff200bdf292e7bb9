"""One track: how likely a hit, why, compared with what, what would help, what sounds like it."""

from functools import partial

import streamlit as st

from dashboard import answer, cache, context, lookup, track, versions, views, world
from dashboard.places import Places
from hitcast.features import BY_NAME

VIEWS = {
    "Why": views.why,
    "Compared with": views.compared,
    "What would help": views.what_would_help,
    "Similar tracks": views.similar,
}
BOTH = "A and B"
VIEW = "predict_view_last"  # in the session: the view that was shown last

bundle = cache.bundle()
typical, top100 = cache.representative(bundle), cache.middle_of_top100(bundle)
track.arrive(bundle, typical)
features = [BY_NAME[name] for name in bundle.features]
places = Places(bundle)
answer.style()
left, right = st.columns([2, 3], gap="large")

with left:
    st.subheader("Your track")
    places.keep(answer.on_a_phone, key="predict_in_short")
    places.keep(answer.track_name)
    track.search(bundle)
    lookup.entry(bundle.features)
    with st.container(horizontal=True):
        track.start_button(
            bundle, typical, "A typical track", "The track that sounds most like the middle of all"
        )
        track.start_button(
            bundle,
            top100,
            "One of the Top-100",
            "Of the 100 most popular, the one whose own chance is in the middle of theirs",
        )
        # Never greyed out: a move does not draw it again.
        st.button(
            "Reset",
            key="predict_reset",
            help="Back to the values that this track started from.",
            on_click=track.reset,
        )
    with st.container(horizontal=True):
        for name, draw in context.controls(bundle).items():
            places.control(name, draw)
    for feature in features:
        if feature.core:
            places.control(feature.name, partial(track.control, feature))
    if not all(feature.core for feature in features):
        with st.expander("The other features"):
            for feature in features:
                if not feature.core:
                    places.control(feature.name, partial(track.control, feature))
    with st.container(horizontal=True):
        with st.popover("Link", help="A link that opens this page with this track."):
            places.keep(answer.link)
        st.download_button(
            "Report",
            places.report,
            file_name="hitcast_report.html",
            mime="text/html",
            key="predict_report",
            on_click="ignore",
            help="One page on this track to print or send: its chance, the reasons, the benchmark, similar tracks.",
        )
    versions.controls()

with right:
    places.keep(answer.headline, border=True, key="predict_headline")
    places.keep(context.said)
    world.said(bundle.card)
    if versions.are_two():
        places.keep(lambda said: versions.headline(said.scores, said.strange))
    places.keep(answer.models)
    shown = [*VIEWS, BOTH] if versions.are_two() else list(VIEWS)
    # Another list of views is another widget, and one that is not drawn forgets.
    last = st.session_state.get(VIEW, "Why")
    view = st.segmented_control(
        "View",
        shown,
        default=last if last in shown else "Why",
        key="predict_view",
        label_visibility="collapsed",
        width="stretch",
    )
    st.session_state[VIEW] = view or "Why"
    if view == BOTH:
        places.keep(lambda said: versions.compared(bundle, said.row, said.scores))
    else:
        VIEWS[view or "Why"](places)

places.fill()
