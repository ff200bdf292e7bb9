"""Tracks of the user's own to compare a track with: dropped as a file or named as a playlist, kept for the session."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard import access, drawing, lookup
from hitcast import wording
from hitcast.bundle.contents import Bundle
from hitcast.errors import HitCastError
from hitcast.reference import Fit, Reference, in_words, reference
from hitcast.sources.files import reader
from hitcast.sources.live import settings, spotify
from hitcast.tracks.schema import Damage

KEPT = "reference_kept"  # in the session: beside which models, and the set
REFUSED = "reference_refused"  # in the session: which file, and why
# In the session: what a track is compared with, as shown and as last chosen.
GROUP, LAST = "predict_group", "predict_group_last"
NAME = "Your own tracks"


def chosen(bundle: Bundle) -> Reference | None:
    """The user's set of tracks, None where there is none beside these models' tracks."""
    beside, found = st.session_state.get(KEPT, (None, None))
    return found if beside == _models_of(bundle) else None


def fit(bundle: Bundle) -> Fit | None:
    """How tracks fit it, None where there is no set or no fit."""
    found = chosen(bundle)
    return found.fit if found else None


def entry(bundle: Bundle) -> None:
    """What takes a set in, or says which is there and takes it away."""
    found = chosen(bundle)
    with st.expander("Compare with tracks of your own"):
        if found is None:
            _file(bundle)
            if _can_fetch():
                _playlist(bundle)
            return
        st.markdown(f"{wording.escaped(found.name)}: {wording.escaped(in_words(found))}")
        st.button(
            "Forget these tracks",
            key="reference_forget",
            help="Takes them off the page, to compare with others.",
            on_click=_forget,
        )


def _forget() -> None:
    del st.session_state[KEPT]
    st.session_state.pop(GROUP, None)


def said(found: Reference, row: pd.Series) -> str:
    """How a track fits the set, in Markdown, or why that cannot be said."""
    if found.fit is None:
        return wording.escaped(found.refused)
    times = wording.times(float(found.fit.times(row.to_frame().T)[0]))
    sentence = f"A sound like this is **{times} × as common** among these tracks as among the others."
    return f"{sentence} This track is one of them, which flatters it." if found.has(row) else sentence


def _can_fetch() -> bool:
    """Whether playlists can be had: a login opens a browser where the app runs."""
    try:
        return access.is_own() and not lookup.offline() and bool(settings.read().client_secret)
    except HitCastError:  # said where a link is looked up
        return False


def _file(bundle: Bundle) -> None:
    file = st.file_uploader(
        "A file of them: CSV, CSV.gz or Parquet",
        type=reader.ENDINGS,
        key="reference_file",
        help="A playlist as Exportify saves it, a label's releases: 30 tracks by five artists or more say whether a track "
        "fits. It stays on this machine and is gone with the page.",
    )
    if file is None:
        return
    refused, why = st.session_state.get(REFUSED, ("", ""))
    if refused == file.file_id:
        st.error(why)
    else:
        _take(bundle, file.name, lambda: reader.read(file, file.name), file.file_id)


def _playlist(bundle: Bundle) -> None:
    link = st.text_input(
        "Or a playlist's link",
        key="reference_link",
        placeholder="https://open.spotify.com/playlist/…",
        help="Its tracks are fetched from Spotify and their features from ReccoBeats. Spotify may open a window of your browser "
        "to ask for your leave.",
    ).strip()
    pressed = st.button(
        "Fetch it", key="reference_fetch", disabled=not link, help="Asks for all of its tracks."
    )
    if pressed:
        place = st.empty()
        with place.container():
            progress = drawing.progress_bar()
        _take(bundle, "Your playlist", lambda: (spotify.load((link,), progress).rows, None))
        place.empty()


def _take(
    bundle: Bundle, name: str, read: Callable[[], tuple[pd.DataFrame, Damage | None]], file: str = ""
) -> None:
    try:
        with st.spinner("Reading, and learning what sets them apart", show_time=True):
            rows, damage = read()
            found = reference(bundle, rows, name, damage)
    except HitCastError as problem:
        # Another run would read the file again.
        st.session_state[REFUSED] = file, wording.escaped(problem)
        st.error(wording.escaped(problem))
        return
    st.session_state[KEPT], st.session_state[LAST] = (_models_of(bundle), found), NAME
    st.session_state.pop(GROUP, None)
    st.rerun()


def _models_of(bundle: Bundle) -> tuple[str, ...]:
    return bundle.card["data_sha256"], *bundle.features
