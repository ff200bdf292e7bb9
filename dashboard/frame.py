"""What stands around every page: its look, the name, the way to the other pages."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from hitcast.charts import COLOURS

# Streamlit's own button on every table writes cells that a spreadsheet would run; Catalogue has a safe one.
STYLE = """<style>
[data-testid=stElementToolbarButton]:has([aria-label='Download as CSV']) {display: none;}
[data-testid=stHeader] {height: 0; min-height: 0; background: none;}
[data-testid=stMainBlockContainer] {padding: 0.75rem 1.5rem 2rem;}
.st-key-frame {border-bottom: 1px solid rgb(128 128 128 / 0.3); padding-bottom: 0.25rem;}
.hitcast {display: inline-flex; align-items: flex-end; gap: 3px; height: 1.5rem; font-weight: 700; font-size: 1.25rem;}
.hitcast i {width: 6px; border-radius: 1px;}
.hitcast span {line-height: 1.5rem; margin-left: 0.35rem;}
[data-testid=stPageLink-NavLink] {min-height: 44px;}
[data-testid=stHeading] h1 {padding-top: 0.25rem;}
.skip {position: absolute; left: -100rem;}
.skip:focus {position: fixed; left: 1rem; top: 1rem; z-index: 99; padding: 0.75rem; background: Canvas;}
[data-testid=stFileUploaderDropzone] span {color: inherit; opacity: 1;}
[data-testid=stSelectbox] [data-baseweb=select] > div > div > div {color: inherit;}
[data-testid=stCaptionContainer] {color: inherit !important; opacity: 0.8;}
@media (max-width: 640px) {
  .st-key-frame {gap: 0.25rem;}
  .st-key-frame > [data-testid=stLayoutWrapper] {flex-basis: 100%;}
  [data-testid=stPageLink-NavLink] {padding: 0 0.3rem;}
  [data-testid=stPageLink-NavLink] p {font-size: 0.9rem;}
  [data-testid=stPageLink-NavLink] span:has(> [data-testid=stIconMaterial]) {display: none;}
  [data-testid=stMainBlockContainer] {padding: 0.5rem 1rem 1.5rem;}
  .hitcast span {display: none;}
}
</style>"""
BARS = {"logreg": 11, "rf": 22, "xgb": 15}


def look() -> None:
    """The style of all pages."""
    st.html(STYLE)


def main_part() -> None:
    """Where the link leads that skips what stands before the answer."""
    st.html('<div id="answer" tabindex="-1"></div>')


def announced(key: str) -> None:
    """Have what the container of this key holds read aloud whenever it changes."""
    st.html(watching(key), unsafe_allow_javascript=True)


def watching(key: str) -> str:
    """The script that marks what the container stands in, for React draws the container itself anew with each change."""
    return (
        f"<script>document.querySelectorAll('div:has(> .st-key-{key})').forEach((place) => {{"
        "place.setAttribute('aria-live', 'polite'); place.setAttribute('aria-atomic', 'true');});</script>"
    )


def bar(pages: Sequence[StreamlitPage]) -> None:
    """The name, and a link to each page."""
    marks = "".join(
        f'<i style="height:{height}px;background:{COLOURS[name]}"></i>' for name, height in BARS.items()
    )
    st.html(
        '<a class="skip" href="#answer">Skip to the content</a>'
        f'<div class="hitcast" role="img" aria-label="HitCast">{marks}<span>HitCast</span></div>',
        width="content",
    )
    for page in pages:
        st.page_link(page, width="content")


def heading(question: str, promise: str) -> None:
    """What the page answers, and in a sentence how."""
    st.title(question, anchor=False)
    st.markdown(promise)
