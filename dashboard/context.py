"""What is known of the track beside its sound: its genre and release year, and the chance with them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboard import track
from dashboard.answer import Answer
from hitcast import wording
from hitcast.bundle.contents import Bundle
from hitcast.context import ANOTHER
from hitcast.evaluation import verdict

UNKNOWN, OTHER = "I don't know", "another"


def controls(bundle: Bundle) -> dict[str, Callable[[Bundle], None]]:
    """What draws the control of each thing that this bundle's chances can take in, by its name."""
    drawn = {"genre": _genre, "year": _year}
    return {part: drawn[part] for part in bundle.context.parts}


def _genre(bundle: Bundle) -> None:
    _choice(
        bundle,
        "genre",
        "Genre",
        bundle.context.genres,
        "Takes in how common hits are among these tracks of a genre, which says as much of how they were chosen as of any "
        "song: beside the chance of the sound, never instead of it.",
    )


def _year(bundle: Bundle) -> None:
    first, *_, last = bundle.context.years
    _choice(
        bundle,
        "release_date",
        "Release year",
        [str(year) for year in range(int(last), int(first) - 1, -1)],
        f"How old a track was when its popularity was counted: these tracks' years end in {last:.0f}, and for a new one "
        "choose that.",
    )


def _choice(bundle: Bundle, name: str, label: str, known: Sequence[str], help: str) -> None:
    key, shown = f"predict_{name}", _shown(bundle, name)
    if st.session_state.get(key) != shown:
        st.session_state[key] = shown
    st.selectbox(label, [UNKNOWN, *known, OTHER], key=key, help=help, on_change=_chosen, args=(name,))


def _shown(bundle: Bundle, name: str) -> str:
    genre, year = (float(each[0]) for each in track.given(bundle))
    code = genre if name == "genre" else year
    if pd.isna(code):
        return UNKNOWN
    if code == ANOTHER:
        return OTHER
    return (
        bundle.context.genres[int(code)] if name == "genre" else f"{max(code, bundle.context.years[0]):.0f}"
    )


def _chosen(name: str) -> None:
    value = st.session_state[f"predict_{name}"]
    known = None if value == UNKNOWN else value
    track.put(replace(track.on_page(), values=track.on_page().values | {name: known}))


def said(answer: Answer) -> None:
    """The chance with what is known beside the sound, what that is worth, and what that of the sound becomes where the user is."""
    if lines := [*_in_context(answer), *filter(None, [answer.elsewhere])]:
        st.markdown("  \n".join(lines))


def _in_context(answer: Answer) -> list[str]:
    taken, card = answer.score["context"], answer.bundle.card
    if answer.strange[0] or not taken:
        return []
    if answer.level is None:
        return [
            f"As {wording.escaped(taken)}: the models learned of none, so the chance stays that of the sound."
        ]
    worth = verdict.context_in_words(card["context"]["worth"][answer.level])
    chance = wording.in_context(taken, answer.score["p_context"], card["base_rate"])
    return [chance, f":small[:gray[{worth}]]"]
