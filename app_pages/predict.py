"""One track: how likely a hit, why, compared with what, what would help, what sounds like it."""

from functools import partial

import streamlit as st

from dashboard import answer, cache, context, controls, frame, levers, track, versions, views, ways_in, world
from dashboard.places import Places
from hitcast.features import BY_NAME

VIEWS = {
    "Why": views.why,
    "Compared with": views.compared,
    "What would help": levers.what_would_help,
    "Similar tracks": views.similar,
}
BOTH = "A and B"
FIRST = ("explicit", "danceability", "energy", "valence", "tempo")

bundle = cache.bundle()
if said_of_link := track.arrive(bundle, cache.well_known(bundle)):
    st.info(said_of_link)
features = [BY_NAME[name] for name in bundle.features]
places = Places(bundle)
answer.style()
frame.heading(
    "Could this track be a hit?",
    "From its sound alone: what the models say, why, and what became of songs like it.",
)
ways_in.ways_in(bundle)
left, right = st.columns([3, 2], gap="large")

with left:
    frame.main_part()
    places.keep(answer.headline, border=True, key="predict_headline")
    if versions.are_two():
        places.keep(lambda said: versions.headline(said.scores, said.strange))
    places.keep(context.said)
    with st.expander("What each model answers"):
        places.keep(answer.models)
    with st.container(horizontal=True):
        versions.controls()
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
    versions.named()
    shown = [*VIEWS, BOTH] if versions.are_two() else list(VIEWS)
    # Another list of views is another widget, and one that is not drawn forgets.
    last = st.session_state.get(track.SHOWN, st.query_params.get(track.VIEW))
    view = st.segmented_control(
        "View",
        shown,
        default=last if last in shown else "Why",
        key="predict_view",
        label_visibility="collapsed",
        width="stretch",
    )
    st.session_state[track.SHOWN] = view = view or "Why"
    if view == BOTH:
        places.keep(lambda said: versions.compared(bundle, said.row, said.scores))
    else:
        VIEWS[view](places)
    world.said(bundle.card)

with right:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Change it", anchor="change-it")
        # Never greyed out: a move does not draw it again.
        st.button(
            "Reset",
            key="predict_reset",
            help="Back to the values that this track started from.",
            on_click=track.reset,
        )
    places.keep(answer.in_short, key="predict_in_short")
    with st.container(horizontal=True):
        for name, draw in context.controls(bundle).items():
            places.control(name, draw)
    controls.legend()
    first = [BY_NAME[name] for name in FIRST if name in bundle.features]
    for feature in first:
        places.control(feature.name, partial(controls.control, feature))
        controls.usual(feature, bundle)
    if rest := [feature for feature in features if feature not in first]:
        with st.expander("The other features"):
            for feature in rest:
                places.control(feature.name, partial(controls.control, feature))
                controls.usual(feature, bundle)

places.fill()
frame.announced("predict_in_short")
