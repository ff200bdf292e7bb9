"""One track: how likely a hit, why, compared with what, what would help, what sounds like it."""

import streamlit as st

from dashboard import answer, cache, lookup, track, versions, views
from hitcast import profiles, scoring, wording
from hitcast.errors import TableError
from hitcast.features import BY_NAME
from hitcast.tracks.schema import canonical

VIEWS = {
    "Why": views.why,
    "Compared with": views.compared,
    "What would help": views.what_would_help,
    "Similar tracks": views.similar,
}
BOTH = "A and B"
VIEW = "predict_view_last"  # in the session: the view that was shown last

bundle = cache.bundle()
median = cache.median(bundle)
typical, top100 = cache.representative(bundle), cache.middle_of_top100(bundle)
row = track.current(bundle, typical)
full = row.fillna(median)
asked = versions.to_score(row)
scores = scoring.score(bundle, asked, allow_missing=True, schema=canonical(asked.columns))
score = scores.iloc[0]
if score["problem"]:
    raise TableError(f"This track cannot be scored: {score['problem']}. Reload the page to start again.")
seen = score["basis"] == scoring.OUT_OF_FOLD
strange = [
    "" if basis == scoring.OUT_OF_FOLD else profiles.unlike(version, bundle.reach, cache.usual_region(bundle))
    for (_, version), basis in zip(versions.with_aside(row).iterrows(), scores["basis"], strict=True)
]
note = wording.basis(score["basis"])
core = [BY_NAME[name] for name in row.index if BY_NAME[name].core]
others = [BY_NAME[name] for name in row.index if not BY_NAME[name].core]
answer.style()
left, right = st.columns([2, 3], gap="large")

with left:
    st.subheader("Your track")
    answer.on_a_phone(score, strange[0])
    st.text(track.on_page().name)
    if row.isna().any():
        st.caption(wording.not_given([BY_NAME[name].label for name in row.index[row.isna()]]))
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
        st.button(
            "Reset",
            key="predict_reset",
            help="Back to the values that this track started from.",
            on_click=track.reset,
            disabled=not track.on_page().is_changed,
        )
    for feature in core:
        track.control(feature, full[feature.name])
    if others:
        with st.expander("The other features"):
            for feature in others:
                track.control(feature, full[feature.name])
    with st.container(horizontal=True):
        with st.popover("Link", help="A link that opens this page with this track."):
            st.code(track.address(row, bundle.card["threshold"]), language=None, wrap_lines=True)
        answer.report_button(bundle, row, score, strange[0], note)
    versions.controls()

with right:
    answer.headline(bundle, score, strange[0], note)
    versions.headline(scores, strange)
    answer.models(bundle, score, strange[0])
    shown = [*VIEWS, BOTH] if len(scores) == 2 else list(VIEWS)
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
        versions.compared(bundle, row, scores)
    else:
        VIEWS[view or "Why"](bundle, row)
        if seen and (view or "Why") in ("Why", "What would help"):
            st.caption(
                "These are the answers of the models trained on all tracks, this one included, which flatters it. The "
                "directions hold; the chance itself is the one above."
            )
