"""What counts as a hit: said at the top of every page, and chosen there."""

from collections.abc import Callable

import streamlit as st

from app_pages import _cached as cached
from hitcast import thresholds, tracks
from hitcast.artifacts import Bundle
from hitcast.errors import BundleError, HitCastError
from hitcast.words import escaped

WANTED = "hit_threshold_wanted"


def prepare(default: Bundle) -> Bundle:
    """The bundle for the chosen threshold, built first where the user has asked for that."""
    wanted = st.session_state.pop(WANTED, None)
    if wanted is not None and _is_built(default, wanted):
        st.session_state[cached.THRESHOLD] = wanted
    kept = _kept(default)
    if cached.THRESHOLD not in st.session_state and _linked() in kept:
        st.session_state[cached.THRESHOLD] = _linked()
    if st.session_state.get(cached.THRESHOLD) not in kept:
        st.session_state[cached.THRESHOLD] = default.card["threshold"]
    try:
        return cached.bundle()
    except BundleError:
        # Damaged since it was built.
        if not _is_built(default, st.session_state[cached.THRESHOLD]):
            st.session_state[cached.THRESHOLD] = default.card["threshold"]
        return cached.bundle()


def _is_built(default: Bundle, wanted: float) -> bool:
    """Build under a progress bar; whether that worked. What went wrong stays on the page."""
    place = st.empty()
    try:
        with place.container():
            st.text(f"Training and testing for hits from a popularity of {wanted:g} up, about a minute.")
            thresholds.build(default, wanted, cached.models_dir(), _progress())
        return True
    except HitCastError as problem:
        st.error(escaped(problem))
        return False
    finally:
        place.empty()


def _linked() -> float | None:
    """The threshold of the link that led here."""
    try:
        linked = float(st.query_params.get(cached.LINKED_THRESHOLD, ""))
    except ValueError:
        return None
    return linked if 1 <= linked <= 100 else None


def picker(default: Bundle) -> None:
    """Says the threshold; opened, it offers those that are built and builds for another."""
    chosen = st.session_state[cached.THRESHOLD]
    if (linked := _linked()) is not None and linked not in _kept(default):
        st.warning(
            f"The link was made where a hit has a popularity of {linked:g} or more. There are no models for that here: "
            f"the chances below are those of {chosen:g} or more. Others can be chosen or built in the box below."
        )
    with st.popover(f"A hit: popularity {chosen:g} or more", icon=":material/flag:"):
        st.radio(
            "What counts as a hit",
            _kept(default),
            key=cached.THRESHOLD,
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
        if wanted is not None and wanted not in _kept(default):
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


def _kept(default: Bundle) -> list[float]:
    return thresholds.kept(cached.models_dir(), default.card)


def _described(default: Bundle, threshold: float) -> str:
    hits = int(tracks.label(default.tracks, threshold).sum())
    return f"{threshold:g} or more: {hits:,} of {len(default.tracks):,} tracks"


def _progress() -> Callable[[float, str], None]:
    bar = st.progress(0.0, "Starting")
    return lambda done, doing: bar.progress(min(max(done, 0.0), 1.0), escaped(doing))
