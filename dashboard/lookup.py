"""A track from outside: by its Spotify link, or measured from a recording. Nothing goes out unasked."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from dashboard import access, track
from hitcast import wording
from hitcast.errors import HitCastError
from hitcast.sources.live import reccobeats, settings, spotify
from hitcast.sources.live.reccobeats import Found

FOUND = "live_found"
FORMATS = ["mp3", "wav", "ogg", "aiff", "aif", "flac"]
PROVIDERS = {"spotify": "Spotify", "reccobeats": "ReccoBeats"}


def offline() -> str:
    """Why no track can be looked up from here, empty where one can."""
    if access.in_snowflake():
        return (
            "Snowflake lets an app ask no service outside, so a link or a file cannot be looked up here. Find a "
            "known song above, move the sliders, or run HitCast on your own computer."
        )
    if settings.is_offline():
        return "Looking up tracks is switched off here (HITCAST_OFFLINE is set)."
    return ""


def link(features: Sequence[str]) -> None:
    """A box for a link, and what asks for its track."""
    text = st.text_input(
        "Link to a Spotify track",
        key="live_link",
        placeholder="https://open.spotify.com/track/…",
        help="In Spotify: Share, Copy link. A track's id of 22 letters and digits does as well.",
    )
    pressed = st.button(
        "Look it up", key="live_look_up", disabled=not text.strip(), help="Asks for its features."
    )
    st.caption(
        "Sends the track's id to ReccoBeats (reccobeats.com), and to Spotify if you have set up an app there."
    )
    if pressed:
        _arrive(lambda: spotify.track(text), "Asking for the track", features)


def recording(features: Sequence[str]) -> None:
    """A box for a file, and what has it measured."""
    file = st.file_uploader(
        "A recording, such as a demo or a mix",
        type=FORMATS,
        key="live_file",
        help="Thirty seconds from its middle are measured, or all of a shorter one.",
    )
    pressed = st.button(
        "Measure it", key="live_measure", disabled=file is None, help="Has its features measured."
    )
    st.caption(
        "Sends thirty seconds of it to ReccoBeats (reccobeats.com), in mono, without the file's name or tags."
    )
    if pressed and file is not None:
        _arrive(lambda: reccobeats.analyse(file.getvalue(), file.name), "Having it measured", features)


def _arrive(ask: Callable[[], Found], doing: str, features: Sequence[str]) -> None:
    """Put what the services know on the page, or say why they do not."""
    try:
        with st.spinner(doing, show_time=True):
            found = ask()
    except HitCastError as error:
        st.error(wording.escaped(str(error)))
        return
    if not found.features_source:
        st.error(wording.escaped(" ".join([f"{_name(found)}:", *found.notes])))
        return
    values = pd.Series({name: found.features.get(name) for name in features}, dtype=float)
    identity = {name: getattr(found, name) for name in (*track.WHICH, "release_date")}
    track.start_from(values, _name(found), {name: text for name, text in identity.items() if text})
    st.session_state[FOUND] = found, track.on_page().start
    st.rerun()


def _name(found: Found) -> str:
    name = ", by ".join(part for part in (found.title, found.artist) if part) or "An untitled track"
    return name if found.popularity is None else f"{name} (popularity {found.popularity:.0f})"


def notes() -> None:
    """What is known of the track that came in last, as long as it is on the page."""
    found, start = st.session_state.get(FOUND, (None, None))
    if found is None or start != track.on_page().start:
        return
    source = PROVIDERS.get(found.popularity_source)
    lines = [f"Popularity according to {source}; the models do not look at it."] if source else []
    lines += found.notes
    if found.features_source not in PROVIDERS:
        lines.append(
            "Features measured from audio can lie on another scale than those the models learned from. Compare "
            "recordings measured in the same way with each other rather than with released tracks."
        )
    st.caption("  \n".join(wording.escaped(line) for line in lines))
