"""The dashboard: `streamlit run app.py`. Loads or builds the bundle, then shows the chosen page."""

import streamlit as st

from dashboard import access, base_rate, frame, guard, state, threshold
from hitcast import charts
from hitcast.wording import escaped

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


def main() -> None:
    """One rerun of the whole app."""
    st.set_page_config(page_title="HitCast", page_icon=ICON, layout="wide")
    if refusal := access.refusal():
        st.error(escaped(refusal))
        return
    frame.look()
    pages = [st.Page(path, title=title, icon=icon) for path, title, icon in PAGES]
    page = st.navigation(pages, position="hidden")
    with st.container(horizontal=True, vertical_alignment="center", key="frame"):
        frame.bar(pages)
        place = st.container(horizontal=True, horizontal_alignment="right", width="stretch")
    # In a place of its own, what shows only while loading cannot push the page down: its open boxes would close.
    with st.container():
        default = state.default_bundle()
        bundle = state.prepare(default)
    with place:
        threshold.picker(default)
        base_rate.picker(bundle.card["base_rate"])
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
    with charts.unchecked():
        page.run()


with guard.failures_shown():
    main()
