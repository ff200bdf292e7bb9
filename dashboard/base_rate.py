"""How rare hits are where the user is: said at the top of every page, and chosen there."""

import streamlit as st

from hitcast.base_rate import LEAST

ONE_IN = "base_rate_one_in"  # in the session: one track in how many is a hit there
LINKED = "one_in"  # in a link: the same
MOST = 1_000_000


def chosen() -> float | None:
    """The share of hits where the user is, None where that was not said."""
    one_in = st.session_state.get(ONE_IN)
    return 1 / one_in if one_in else None


def put(one_in: int) -> None:
    """Take it as what the user has said."""
    st.session_state[ONE_IN] = one_in


def to_link() -> dict[str, str]:
    """The query parameter that says it."""
    one_in = st.session_state.get(ONE_IN)
    return {LINKED: str(one_in)} if one_in else {}


def picker(trained: float) -> None:
    """Says it, or asks; `trained` is the share of hits among the tracks that the models learned from."""
    st.session_state.setdefault(ONE_IN, _linked())
    one_in = st.session_state[ONE_IN]
    label = f"Where you are: 1 in {one_in:,}" if one_in else f"1 in {1 / trained:,.0f} is one"
    with st.popover(label, icon=":material/public:", help="How rare hits are where you are."):
        st.text(f"Of the tracks that the models learned from, 1 in {1 / trained:,.0f} is a hit.")
        st.number_input(
            "Where you are, 1 hit in how many tracks",
            LEAST,
            MOST,
            value=None,
            step=10,
            key=ONE_IN,
            placeholder="For example 200",
            help="The chance on Predict and the scores of a catalogue are then given for there as well. Which of two tracks is the "
            "likelier stays the same. Empty: as among the tracks that the models learned from.",
        )


def _linked() -> int | None:
    try:
        one_in = int(st.query_params.get(LINKED, ""))
    except ValueError:
        return None
    return one_in if LEAST <= one_in <= MOST else None
