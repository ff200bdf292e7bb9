"""What would help: the changes of the sound that go with a better chance, each to be tried at once and undone."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import cache, drawing, track, versions
from dashboard.answer import Answer, say_what_flatters
from dashboard.places import Places
from hitcast import charts, explain, wording
from hitcast.charts import rows
from hitcast.charts.style import with_value
from hitcast.choices import BLEND, LABELS, NAMES

CARDS, CURVES = 3, 6
NO_SOUND = {"explicit"}  # what no mix changes


def what_would_help(places: Places) -> None:
    """The caveat, the best single changes, and the response curves of the features that move the most."""
    st.markdown(
        "The models give tracks with such values a better chance: **an association, not a cause**. Changing a mix to move one number need "
        "not change its fate."
    )
    for number in range(CARDS):
        with st.container(
            border=True, horizontal=True, vertical_alignment="center", key=f"offer_lever_{number}"
        ):
            places.keep(partial(_card, number))
            st.button(
                "Try it",
                key=f"lever_try_{number}",
                help="Sets the slider. Where no version A is kept yet, the track as it was becomes that, to go back to.",
                on_click=_try,
                args=(places, number),
            )
    places.keep(_beside_the_sound)
    drawing.legend(
        {**{LABELS[name]: charts.COLOURS[name] for name in (*NAMES, BLEND)}, "You": charts.COLOURS["you"]}
    )
    st.caption("Chances in 1,000, logarithmic, with this one feature changed and all others as they are.")
    # Settled by the first answer: curves that changed places under a moving slider could not be followed.
    order: list[str] = []
    places.keep(lambda said: _curves(said, order))
    if len(places.bundle.features) > CURVES:
        st.toggle(
            "All features",
            key="predict_all_curves",
            help=f"Without it, the {CURVES} features with which the chance changed the most when this view was opened.",
        )


def _levers(said: Answer) -> pd.DataFrame:
    return said.moves[~said.moves["feature"].isin(NO_SOUND)].head(CARDS).reset_index(drop=True)


def _card(number: int, said: Answer) -> None:
    """A change in words; a card that holds none is not to be seen."""
    levers = _levers(said)
    if number < len(levers) and not said.strange[0]:
        st.markdown(_in_words(levers.loc[number]))


def _in_words(move: pd.Series) -> str:
    change, times = move["text"].rsplit(": ", 1)
    return f"**{wording.escaped(change)}**  \n{wording.escaped(times)}"


def _try(places: Places, number: int) -> None:
    said = places.answer
    if said is None or number >= len(levers := _levers(said)):
        return
    if not versions.are_two():
        versions.keep()
    track.change(levers.loc[number, "feature"], levers.loc[number, "better"])


def _beside_the_sound(said: Answer) -> None:
    if said.strange[0]:
        st.markdown("The models have seen nothing like it, so what they would make of a change says little.")
        return
    if said.moves.empty:
        st.markdown("No single change within the range of real tracks raises the chance by more than 5 %.")
    for text in said.moves.loc[said.moves["feature"].isin(NO_SOUND), "text"]:
        st.caption(f"Not a matter of the mix: {wording.escaped(text)}.")


def _curves(said: Answer, order: list[str]) -> None:
    row, curves = said.row, said.curves
    chances = curves[[*NAMES, BLEND]].to_numpy()
    ends = chances.min(), chances.max()
    of_each = dict(iter(curves.groupby("feature", sort=False)))
    if not of_each.keys() <= set(order):
        order += [name for name in explain.widest_first(curves) if name not in order]
    # A value that was known when the view was opened need not be any more.
    known = [name for name in order if name in of_each]
    shown = known if st.session_state.get("predict_all_curves") else known[:CURVES]
    for start in range(0, len(shown), 2):
        for place, name in zip(st.columns(2), shown[start : start + 2], strict=False):
            with place:
                st.markdown(f"**{with_value(name, row[name])}**")
                drawing.chart(
                    cache.response_curve(said.bundle, name),
                    rows.response_curve(of_each[name], name, row[name], ends),
                )
    say_what_flatters(said)
