"""How a track comes onto the page: a recording, a link, a song that the models know; all open, none before another."""

import streamlit as st

from dashboard import cache, lookup, track
from hitcast.bundle.contents import Bundle

KNOWN, SHOWN = (
    "predict_known",
    "predict_known_start",
)  # in the session: the song in its box, and what it came with
LISTED = 30_000


def ways_in(bundle: Bundle) -> None:
    """The boxes side by side, and what is known of the track that came in last."""
    offline = lookup.offline()
    with st.container(key="ways_in"):
        for place, way in zip(st.columns(1 if offline else 3), _ways(offline), strict=True):
            with place.container(border=True, height="stretch"):
                way(bundle)
    if offline:
        st.caption(offline)
    lookup.notes()


def _ways(offline: str) -> list:
    return [_known_song] if offline else [_demo, _link, _known_song]


def _demo(bundle: Bundle) -> None:
    lookup.recording(bundle.features)


def _link(bundle: Bundle) -> None:
    lookup.link(bundle.features)


def _known_song(bundle: Bundle) -> None:
    names = cache.names(bundle, LISTED)
    # Another way in has put another track on the page since.
    if st.session_state.get(SHOWN) != track.on_page().start:
        st.session_state[KNOWN] = None
    st.selectbox(
        "A known song",
        list(names.index),
        index=None,
        format_func=names.__getitem__,
        key=KNOWN,
        placeholder="Type a title or an artist",
        help=f"Searches the {len(names):,} most popular tracks that the models learned from, as you type.",
        on_change=_start_from_known,
        args=(bundle,),
    )
    st.caption("See what models say that never heard it, and what became of it.")


def _start_from_known(bundle: Bundle) -> None:
    if (chosen := st.session_state[KNOWN]) is not None:
        track.start_from_real(bundle, bundle.tracks.loc[chosen])
        st.session_state[SHOWN] = track.on_page().start
