"""Which bundle the pages show: the one on disk, the one for another threshold, or one that is built first."""

import time

import streamlit as st

from dashboard import cache, drawing, threshold
from hitcast import build, thresholds
from hitcast.bundle import disk
from hitcast.bundle.contents import Bundle
from hitcast.errors import BuildUnderWay, BundleError, HitCastError
from hitcast.progress import Progress
from hitcast.wording import escaped


def default_bundle() -> Bundle:
    """The bundle on disk; built under a progress bar where there is none that can be used."""
    unusable = disk.fingerprint(cache.models_dir())
    try:
        return cache.default_bundle()
    except BundleError as problem:
        if disk.fingerprint(cache.models_dir()) != unusable:  # another has come meanwhile
            return default_bundle()
        place = st.empty()
        try:
            with place.container():
                _build(str(problem), unusable)
        finally:
            place.empty()
        return cache.default_bundle()


def _build(problem: str, unusable: str) -> None:
    said = st.empty()
    progress = drawing.progress_bar()
    try:
        disk.require_writable(cache.models_dir(), cache.data_dir())
    except BundleError:
        said.info(f"{escaped(problem)} Nothing can be saved here, so this happens in memory.")
        progress(0.1, "Training the models again, some seconds")
        cache.retrain(problem)
    else:
        said.info(f"{escaped(problem)} Building the models now, about a minute.")
        _build_or_wait(unusable, progress)


def _build_or_wait(unusable: str, progress: Progress) -> None:
    while disk.fingerprint(cache.models_dir()) == unusable:
        try:
            build.rebuild(cache.models_dir(), cache.data_dir(), unusable, progress)
            return
        except BuildUnderWay:
            progress(0.0, "Another window is building them; this page opens when they are ready")
            time.sleep(1)


def prepare(default: Bundle) -> Bundle:
    """The bundle for the chosen threshold, built first where the user has asked for that."""
    wanted = st.session_state.pop(threshold.WANTED, None)
    if wanted is not None and _is_built(default, wanted):
        st.session_state[cache.THRESHOLD] = wanted
    built = cache.thresholds_kept(default)
    if cache.THRESHOLD not in st.session_state and threshold.linked() in built:
        st.session_state[cache.THRESHOLD] = threshold.linked()
    if st.session_state.get(cache.THRESHOLD) not in built:
        st.session_state[cache.THRESHOLD] = default.card["threshold"]
    try:
        return cache.bundle()
    except BundleError:
        # Damaged since it was built.
        if not _is_built(default, st.session_state[cache.THRESHOLD]):
            st.session_state[cache.THRESHOLD] = default.card["threshold"]
        return cache.bundle()


def _is_built(default: Bundle, wanted: float) -> bool:
    """Build under a progress bar; whether that worked. What went wrong stays on the page."""
    place = st.empty()
    try:
        with place.container():
            st.text(f"Training and testing for hits from a popularity of {wanted:g} up, about a minute.")
            thresholds.build(default, wanted, cache.models_dir(), drawing.progress_bar())
        return True
    except HitCastError as problem:
        st.error(escaped(problem))
        return False
    finally:
        place.empty()
