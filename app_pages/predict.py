"""One track: how likely a hit, why, compared with what, what would help, what sounds like it."""

import streamlit as st

from app_pages import _answer as answer
from app_pages import _cached as cached
from app_pages import _live as live
from app_pages import _track as track
from app_pages import _versions as versions
from app_pages import _views as views
from hitcast import scoring
from hitcast.errors import TableError
from hitcast.features import BY_NAME

VIEWS = {
    "Why": views.why,
    "Compared with": views.compared,
    "What would help": views.what_would_help,
    "Similar tracks": views.similar,
}
BOTH = "A and B"

bundle = cached.bundle()
typical, top100 = cached.typical(bundle), cached.average(bundle, cached.TOP100)
row = track.current(typical)
scores = scoring.score(bundle, versions.with_aside(row))
score = scores.iloc[0]
if score["problem"]:
    raise TableError(f"This track cannot be scored: {score['problem']}. Reload the page to start again.")
core = [BY_NAME[name] for name in row.index if BY_NAME[name].core]
others = [BY_NAME[name] for name in row.index if not BY_NAME[name].core]
answer.style()
left, right = st.columns([2, 3], gap="large")

with left:
    st.subheader("Your track")
    answer.on_a_phone(score)
    st.text(f"{st.session_state[track.NAME]}{', changed' if track.is_changed() else ''}")
    track.search(bundle.tracks, typical)
    live.entry(typical)
    with st.container(horizontal=True):
        track.start_button(typical, "Typical", "Each feature's median, or its most common choice.")
        track.start_button(top100, "Top-100 average", "The average of the 100 most popular tracks.")
        st.button(
            "Reset",
            key="predict_reset",
            help="Back to the values that this track started from.",
            on_click=track.reset,
            disabled=not track.is_changed(),
        )
    for feature in core:
        track.control(feature, row[feature.name])
    if others:
        with st.expander("The other features"):
            for feature in others:
                track.control(feature, row[feature.name])
    with st.container(horizontal=True):
        with st.popover("Link", help="A link that opens this page with this track."):
            st.code(track.address(row), language=None, wrap_lines=True)
        answer.report_button(bundle, row)
    versions.controls(row)

with right:
    answer.headline(bundle, score)
    versions.headline(scores)
    answer.models(bundle, score)
    answer.warnings(bundle, row)
    shown = [*VIEWS, BOTH] if len(scores) == 2 else list(VIEWS)
    view = st.segmented_control(
        "View", shown, default="Why", key="predict_view", label_visibility="collapsed", width="stretch"
    )
    if view == BOTH:
        versions.compared(bundle, row, scores)
    else:
        VIEWS[view or "Why"](bundle, row)
