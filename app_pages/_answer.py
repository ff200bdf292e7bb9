"""The answer on the Predict page: the headline, a card a model, and what to be careful about."""

import pandas as pd
import streamlit as st

from app_pages import _cached as cached
from app_pages import _show as show
from app_pages import _track as track
from hitcast import charts, profiles, report, scoring, words
from hitcast.artifacts import Bundle
from hitcast.features import BY_NAME
from hitcast.models import BLEND, LABELS, NAMES


def headline(bundle: Bundle, score: pd.Series) -> None:
    """The blend's chance as a count, beside the average track and among all tracks."""
    card = bundle.card
    with st.container(border=True, key="predict_headline"):
        st.markdown(
            f"Chance of a hit, a popularity of {card['threshold']:g} or more out of 100",
            help="The blend of the three models: the mean of their log-odds. It knows what the audio features "
            "tell, and nothing of the artist, the label, the playlists or the marketing.",
        )
        st.markdown(f"## {words.in_thousand(score['p_blend'])}")
        st.markdown(f"**{words.times_average(score['lift'])}** · **{words.above(score['percentile'])}**")
        low, high = (float(end[0]) for end in scoring.hit_rate_range(bundle, [score["p_blend"]]))
        show.chart(charts.headline(_marks(score), card["base_rate"], (low, high)))
        st.caption(
            f"The bar: of tracks with such a chance, {words.in_thousand(low)} to {words.in_thousand(high)} are hits, "
            "at 95 % confidence.",
            help="Counted on tracks by artists the models had not seen: the exact limits of the share of hits among "
            "the nearest tracks with lower and with higher chances. Few hits make it wide.",
        )


def _marks(score: pd.Series) -> pd.DataFrame:
    names = [*NAMES, BLEND]
    return pd.DataFrame(
        {
            "model": names,
            "label": [LABELS[name] for name in names],
            "probability": [score[f"p_{name}"] for name in names],
        }
    )


def models(bundle: Bundle, score: pd.Series) -> None:
    """One card a model in its colour, and how far they agree."""
    chances = {name: score[f"p_{name}"] for name in NAMES}
    with st.container(horizontal=True, gap="small"):
        for name, chance in chances.items():
            with st.container(border=True, key=f"card_{name}", width="stretch"):
                st.markdown(f"{LABELS[name]}  \n**{words.in_thousand(chance)}**")
                st.caption(words.times_average(chance / bundle.card["base_rate"]))
    st.caption(words.agreement(chances.values()))


def on_a_phone(score: pd.Series) -> None:
    """The answer in one line that stays above the sliders where the columns are stacked."""
    with st.container(key="predict_in_short"):
        st.markdown(f"**{words.in_thousand(score['p_blend'])}** · {words.times_average(score['lift'])}")


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


def warnings(bundle: Bundle, row: pd.Series) -> None:
    """What the models have not seen, and what they have: the very track on the page."""
    names = list(row.index)
    if beyond := profiles.outside(row, bundle.tracks, names):
        values = ", ".join(f"{BY_NAME[name].label} {BY_NAME[name].text(row[name])}" for name in beyond)
        st.warning(
            f"No track the models have seen has this: {words.escaped(values)}. Take the chance with care."
        )
    elif not cached.usual_region(bundle).holds(row):
        st.warning(
            "The models have hardly seen such a combination: it is further from the middle than 99.5 % of tracks. "
            "Take the chance with care."
        )
    if (unseen := _unseen(bundle, track.unchanged_id())) is not None:
        st.info(
            "The models were trained on this very track. Trained without its artist they give it "
            f"{words.in_thousand(unseen)}."
        )


def _unseen(bundle: Bundle, track_id: str | None) -> float | None:
    held_out = bundle.out_of_fold
    chances = held_out.loc[held_out["track_id"] == track_id, "blend"]
    return None if chances.empty else float(chances.mean())


def report_button(bundle: Bundle, row: pd.Series) -> None:
    """A page on this track to send to somebody; made only when it is asked for."""
    name = f"{st.session_state[track.NAME]}{', changed' if track.is_changed() else ''}"
    st.download_button(
        "Report",
        lambda: report.of_track(bundle, row, name, cached.forest_explainer(bundle)),
        file_name="hitcast_report.html",
        mime="text/html",
        key="predict_report",
        on_click="ignore",
        help="One page on this track to print or send: its chance, the reasons, the benchmark, similar tracks.",
    )
