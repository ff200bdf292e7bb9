"""What counts as a hit: said at the top of every page, and chosen there."""

import streamlit as st

from dashboard import cache
from hitcast import tracks
from hitcast.bundle.contents import Bundle
from hitcast.errors import HitCastError
from hitcast.wording import escaped

WANTED = "hit_threshold_wanted"
LINKED = "hit_threshold_linked"


def linked() -> float | None:
    """The threshold of the link that led here; the address itself says by now what is shown."""
    return st.session_state.setdefault(LINKED, _linked())


def _linked() -> float | None:
    try:
        linked = float(st.query_params.get(cache.LINKED_THRESHOLD, ""))
    except ValueError:
        return None
    return linked if 1 <= linked <= 100 else None


def picker(default: Bundle) -> None:
    """Says the threshold; opened, it offers those that are built and builds for another."""
    chosen, kept = st.session_state[cache.THRESHOLD], cache.thresholds_kept(default)
    if (wanted := linked()) is not None and wanted not in kept:
        st.warning(
            f"The link was made where a hit has a popularity of {wanted:g} or more. There are no models for that here: "
            f"the chances below are those of {chosen:g} or more. Others can be chosen or built in the box below."
        )
    with st.popover(f"A hit: {chosen:g} or more", icon=":material/flag:"):
        st.radio(
            "What counts as a hit",
            kept,
            key=cache.THRESHOLD,
            format_func=lambda threshold: _described(default, threshold),
            help="The models of these are there already.",
        )
        wanted = st.number_input(
            "Another popularity, 1 to 100",
            1,
            100,
            value=None,
            step=5,
            key="hit_threshold_other",
            placeholder="For example 60",
            help="Playlists ask for 20 to 60; a chart hit has 80 or more.",
        )
        if wanted is not None and wanted not in kept:
            _offer(default, wanted)


def _offer(default: Bundle, wanted: float) -> None:
    try:
        tracks.require_trainable(default.tracks, wanted)
    except HitCastError as problem:
        st.error(escaped(problem))
        return
    st.text(_described(default, wanted))
    st.button(
        "Build its models, about a minute",
        key="hit_threshold_build",
        type="primary",
        help="Trains and tests the three models for this threshold. They are kept, and so are the present ones.",
        on_click=st.session_state.__setitem__,
        args=(WANTED, wanted),
    )


def _described(default: Bundle, threshold: float) -> str:
    hits = int(tracks.label(default.tracks, threshold).sum())
    return f"{threshold:g} or more: {hits:,} of {len(default.tracks):,} tracks"
