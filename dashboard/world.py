"""Which tracks the models learned from, and others that they could learn from instead."""

import os

import streamlit as st

from dashboard import access, cache, drawing
from hitcast import build, sources
from hitcast.bundle import disk
from hitcast.bundle.card import Card
from hitcast.errors import BundleError, HitCastError
from hitcast.sources import public, sample
from hitcast.wording import escaped

SAMPLE = "sample"


def said(card: Card) -> None:
    """What a chance is true of."""
    where = card["source"]["detail"].rstrip(".")
    st.caption(
        f"Learned from {card['rows']:,} tracks. {escaped(where)}. A chance is true of tracks like these; of another time "
        "or catalogue it can be far off."
    )


def offer() -> None:
    """Other tracks to learn from, for whom the models are; not where that would cost tracks that cannot be had again."""
    present = cache.default_bundle().card["source"]["name"]
    if not sources.is_lasting(present) or not access.is_own() or not _can_be_written():
        return
    others = {SAMPLE: sample.DETAIL} if present != SAMPLE else {}
    if not os.environ.get("HITCAST_OFFLINE"):
        tables = {name: table for name, table in public.TABLES.items() if name != present}
        others |= {name: f"{table.detail} Licence: {table.licence}." for name, table in tables.items()}
    with st.expander("Learn from other tracks"):
        st.markdown("From your own, in a terminal: `hitcast build --source my_tracks.csv`")
        for name, detail in others.items():
            st.markdown(f"**{name}**: {escaped(detail)}")
            if st.button(f"Learn from {name}", key=f"data_learn_{name}", help=_help(name)):
                _learn(name)


def _help(name: str) -> str:
    table = public.TABLES.get(name)
    fetched = f"Downloads {table.size / 1e6:.0f} MB from {table.host}. " if table else ""
    return f"{fetched}The three models are trained and tested on these tracks, some minutes, and replace the present ones."


def _can_be_written() -> bool:
    try:
        disk.require_writable(cache.models_dir(), cache.data_dir())
    except BundleError:
        return False
    return True


def _learn(source: str) -> None:
    """Build from that source as the present bundle was built, and show it. What goes wrong is said here."""
    card = cache.default_bundle().card
    place = st.empty()
    try:
        with place.container():
            build.build(
                source,
                threshold=card["threshold"],
                feature_set=card["feature_set"],
                imbalance=card["imbalance"],
                seed=int(card["seed"]),
                data_dir=cache.data_dir(),
                models_dir=cache.models_dir(),
                progress=drawing.progress_bar(),
            )
    except HitCastError as problem:
        place.empty()
        st.error(escaped(problem))
    else:
        st.rerun()
