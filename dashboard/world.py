"""Which tracks the models learned from, and others that they could learn from instead."""

from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from dashboard import access, cache, drawing
from hitcast import build, sources
from hitcast.bundle import disk
from hitcast.bundle.card import Card
from hitcast.errors import BundleError, HitCastError
from hitcast.sources import public, sample
from hitcast.sources.files import reader
from hitcast.sources.live import settings
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
    if not access.is_own() or not _can_be_written():
        return
    if not sources.is_lasting(present):
        st.caption(
            "No page replaces these tracks, as they could not be had again from here. In a terminal: "
            "`hitcast build --source sample`, or a table of yours in place of `sample`."
        )
        return
    others = {SAMPLE: sample.DETAIL} if present != SAMPLE else {}
    if not settings.is_offline():
        tables = {name: table for name, table in public.TABLES.items() if name != present}
        others |= {name: table.said for name, table in tables.items()}
    with st.expander("Learn from other tracks"):
        for name, detail in others.items():
            st.markdown(f"**{name}**: {escaped(detail)}")
            if st.button(f"Learn from {name}", key=f"data_learn_{name}", help=_help(name)):
                _learn(name)
        _own(present)


def _own(present: str) -> None:
    """Tracks of the user's own to learn from."""
    file = st.file_uploader(
        "Your own, with their popularity: CSV, CSV.gz or Parquet",
        type=reader.ENDINGS,
        key="data_own_file",
        help="The models then speak of tracks like these. Some hundred tracks with 20 hits or more can be learned from; it stays "
        "on this machine. In a terminal: hitcast build --source my_tracks.csv",
    )
    if file is None:
        return
    threshold = st.number_input(
        "A hit has this popularity or more",
        1,
        100,
        value=round(cache.default_bundle().card["threshold"]),
        key="data_own_threshold",
        help="Where few tracks reach 80, a lower one still says which do best.",
    )
    st.caption(
        "The models of the present tracks are gone then, and this page does not bring them back; a terminal does: "
        f"`hitcast build --source {present}`."
    )
    if st.button("Learn from this file", key="data_learn_own", help=_help()):
        with TemporaryDirectory() as folder:
            path = Path(folder, Path(file.name).name)
            path.write_bytes(file.getbuffer())
            _learn(str(path), threshold)


def _help(name: str = "") -> str:
    table = public.TABLES.get(name)
    fetched = f"Downloads {table.size / 1e6:.0f} MB from {table.host}. " if table else ""
    return f"{fetched}The three models are trained and tested on these tracks, some minutes, and replace the present ones."


def _can_be_written() -> bool:
    try:
        disk.require_writable(cache.models_dir(), cache.data_dir())
    except BundleError:
        return False
    return True


def _learn(source: str, threshold: float | None = None) -> None:
    """Build from that source as the present bundle was built, and show it. What goes wrong is said here."""
    card = cache.default_bundle().card
    place = st.empty()
    try:
        with place.container():
            build.build(
                source,
                threshold=card["threshold"] if threshold is None else threshold,
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
