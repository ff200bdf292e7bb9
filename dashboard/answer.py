"""The answer on the Predict page: the headline, a card a model, and what to be careful about."""

from contextlib import nullcontext

import pandas as pd
import streamlit as st

from dashboard import cache, drawing, track
from hitcast import answer, charts, report, scoring, wording
from hitcast.bundle.contents import Bundle
from hitcast.charts import rows
from hitcast.choices import LABELS, NAMES

NOT_SEEN = "Unlike anything the models have seen"


def headline(bundle: Bundle, score: pd.Series, strange: str, note: str) -> None:
    """The blend's chance as a count, beside all tracks and the Top-100; first of all, whether it means anything.

    `strange` says what of the track the models have not seen the like of, `note` where the chance comes from.
    """
    card = bundle.card
    with st.container(border=True, key="predict_headline"):
        if strange:
            st.markdown(f"## {NOT_SEEN}")
            st.markdown(wording.escaped(strange))
        st.markdown(
            f"Chance of a hit, a popularity of {card['threshold']:g} or more out of 100",
            help="The blend of the three models: the mean of their log-odds. It knows what the audio features "
            "tell, and nothing of the artist, the label, the playlists or the marketing.",
        )
        if strange:
            st.markdown(f"The models answer {wording.in_thousand(score['p_blend'])}, which says little here.")
            return
        st.markdown(f"## {wording.in_thousand(score['p_blend'])}")
        st.markdown(f"**{wording.times_average(score['lift'])}** · **{wording.above(score['percentile'])}**")
        low, high = (float(end[0]) for end in scoring.hit_rate_range(bundle, [score["p_blend"]]))
        top100 = cache.top100_chances(bundle)
        drawing.chart(
            cache.headline(bundle),
            rows.headline(answer.chances(score), card["base_rate"], (low, high), top100.to_list()),
        )
        st.caption(
            f"The bar: of tracks with such a chance, {wording.between(low, high)} are hits, at 95 % confidence.",
            help="Counted on tracks by artists the models had not seen: the exact limits of the share of hits among "
            "the nearest tracks with lower and with higher chances. Few hits make it wide.",
        )
        st.caption(wording.of_top100(*top100))
        if note:
            st.info(note)


def models(bundle: Bundle, score: pd.Series, strange: str) -> None:
    """One card a model in its colour, and how far they agree; closed where the answers say little."""
    with st.expander("What each model answers") if strange else nullcontext():
        _cards(bundle, score)


def _cards(bundle: Bundle, score: pd.Series) -> None:
    chances = {name: score[f"p_{name}"] for name in NAMES}
    with st.container(horizontal=True, gap="small"):
        for name, chance in chances.items():
            with st.container(border=True, key=f"card_{name}", width="stretch"):
                st.markdown(f"{LABELS[name]}  \n**{wording.in_thousand(chance)}**")
                st.caption(wording.times_average(chance / bundle.card["base_rate"]))
    st.caption(wording.agreement(chances.values()))


def on_a_phone(score: pd.Series, strange: str) -> None:
    """The answer in one line that stays above the sliders where the columns are stacked."""
    with st.container(key="predict_in_short"):
        if strange:
            st.markdown(f"**{NOT_SEEN}**")
            return
        st.markdown(f"**{wording.in_thousand(score['p_blend'])}** · {wording.times_average(score['lift'])}")


def style() -> None:
    """The models' colours on their cards, and what only a phone shows."""
    cards = "".join(
        f".st-key-card_{name} {{border-top: 4px solid {charts.COLOURS[name]};}}" for name in NAMES
    )
    st.html(
        f"<style>{cards}"
        "@media (min-width: 641px) {div:has(> .st-key-predict_in_short) {display: none;}}"
        "@media (max-width: 640px) {div:has(> .st-key-predict_in_short) {position: sticky; top: 3.75rem;"
        " z-index: 9; padding: 0.5rem 0; backdrop-filter: blur(16px);}}</style>"
    )


def report_button(bundle: Bundle, row: pd.Series, score: pd.Series, strange: str, note: str) -> None:
    """A page on this track to send to somebody; made only when it is asked for."""
    name = track.on_page().name
    st.download_button(
        "Report",
        lambda: report.of_track(bundle, row, score, name, strange, note, cache.forest_explainer(bundle)),
        file_name="hitcast_report.html",
        mime="text/html",
        key="predict_report",
        on_click="ignore",
        help="One page on this track to print or send: its chance, the reasons, the benchmark, similar tracks.",
    )
