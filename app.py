"""The dashboard: `streamlit run app.py`. Loads or builds the bundle, then shows the chosen page."""

import logging
import time
from collections.abc import Callable

import streamlit as st
from altair.utils import schemapi

from app_pages import _cached as cached
from app_pages import _served as served
from app_pages import _threshold as threshold
from hitcast import artifacts, build
from hitcast.errors import BuildUnderWay, BundleError, HitCastError
from hitcast.words import escaped

PAGES = (
    ("app_pages/predict.py", "Predict", ":material/tune:"),
    ("app_pages/catalogue.py", "Catalogue", ":material/library_music:"),
    ("app_pages/compare.py", "Compare", ":material/balance:"),
    ("app_pages/data.py", "Data", ":material/table_chart:"),
)
# Drawn here: a Material icon in this place would be fetched from Google.
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<rect x="1" y="8" width="4" height="7" fill="#0072B2"/>'
    '<rect x="6" y="2" width="4" height="13" fill="#009E73"/>'
    '<rect x="11" y="5" width="4" height="10" fill="#D55E00"/></svg>'
)
# Streamlit's own button on every table writes cells that a spreadsheet would run; Catalogue has a safe one.
NO_RAW_CSV = (
    "<style>[data-testid=stElementToolbarButton]:has([aria-label='Download as CSV']) {display: none;}</style>"
)


def main() -> None:
    """One rerun of the whole app."""
    st.set_page_config(page_title="HitCast", page_icon=ICON, layout="wide")
    if refusal := served.refusal():
        st.error(escaped(refusal))
        return
    st.html(NO_RAW_CSV)
    page = st.navigation(
        [st.Page(path, title=title, icon=icon) for path, title, icon in PAGES], position="top"
    )
    # In a place of its own, what shows only while loading cannot push the page down: its open boxes would close.
    with st.container():
        default = _default_bundle()
        bundle = threshold.prepare(default)
    threshold.picker(default)
    if bundle.card["source"]["name"] == "synthetic":
        st.warning(
            "These tracks are made up: no real ones could be read, so every number here shows how the "
            "dashboard works, not what music does. The Data page says why."
        )
    if bundle.card.get("retrained"):
        st.warning(
            "The saved models cannot be used here, so they were trained again from the "
            "same tracks. Every probability comes from the new ones; the test results are those of the saved ones. "
            f"What was wrong: {escaped(bundle.card['retrained'])}"
        )
    with schemapi.debug_mode(False):  # the tests check every chart against its schema
        page.run()


def _default_bundle() -> artifacts.Bundle:
    try:
        return cached.default_bundle()
    except BundleError as problem:
        _build(str(problem))
        return cached.default_bundle()


def _build(problem: str) -> None:
    place = st.empty()
    with place.container():
        words = st.empty()
        bar = st.progress(0.0, "Starting")
        try:
            artifacts.require_writable(cached.models_dir(), cached.data_dir())
        except BundleError:
            words.info(f"{escaped(problem)} Nothing can be saved here, so this happens in memory.")
            bar.progress(0.1, "Training the models again, some seconds")
            cached.retrain(problem)
        else:
            words.info(f"{escaped(problem)} Building the models now, about a minute.")
            _build_or_wait(lambda done, doing: bar.progress(min(max(done, 0.0), 1.0), escaped(doing)))
    place.empty()


def _build_or_wait(progress: Callable[[float, str], None]) -> None:
    before = artifacts.fingerprint(cached.models_dir())
    while artifacts.fingerprint(cached.models_dir()) == before:
        try:
            build.build(data_dir=cached.data_dir(), models_dir=cached.models_dir(), progress=progress)
            return
        except BuildUnderWay:
            progress(0.0, "Another window is building them; this page opens when they are ready")
            time.sleep(1)


try:
    main()
except HitCastError as problem:
    st.error(escaped(problem))
except Exception:
    logging.getLogger("hitcast").exception("A page failed")
    st.error("This page could not be shown. The log of the server says why; reload the page to try again.")
