"""What a move draws anew, where it draws it, and what is left where it cannot."""

import asyncio

import pytest
from streamlit.testing.v1 import AppTest
from support.driving import run, shown

from benchmarks.server import serving
from benchmarks.session import Session
from hitcast.features import BY_NAME, FULL

WHAT_WOULD_HELP = 2
LABELS = [BY_NAME[name].label for name in FULL]


def page():
    """One slider and three places, one of which cannot draw loud tracks."""
    from functools import partial

    import streamlit as st

    from dashboard import cache, controls, track
    from dashboard.places import Places
    from hitcast.errors import TableError
    from hitcast.features import BY_NAME

    def quiet_only(said):
        if said.row["energy"] > 0.9:
            raise TableError("Too loud to draw.")
        st.text(f"{said.row['energy']:g} is quiet enough.")

    places = Places(cache.bundle())
    track.arrive(places.bundle, cache.well_known(places.bundle))
    places.keep(lambda said: st.text(f"Energy {said.row['energy']:g}."))
    places.keep(quiet_only)
    places.control("energy", partial(controls.control, BY_NAME["energy"]))
    places.fill()


@pytest.fixture
def drawn(reads):
    return run(AppTest.from_function(page, default_timeout=60))


def test_a_move_draws_into_all_places(drawn):
    now = shown(run(drawn.slider(key="predict_energy").set_value(0.42)))
    assert now == "Energy 0.42.\n0.42 is quiet enough."


def test_where_one_place_cannot_be_drawn_no_old_number_stays_in_another(drawn):
    run(drawn.slider(key="predict_energy").set_value(0.42))
    assert shown(run(drawn.slider(key="predict_energy").set_value(0.95))) == "Too loud to draw."


def test_after_a_failure_the_next_move_draws_again(drawn):
    run(drawn.slider(key="predict_energy").set_value(0.95))
    now = shown(run(drawn.slider(key="predict_energy").set_value(0.5)))
    assert now == "Energy 0.5.\n0.5 is quiet enough."


def test_the_curves_keep_their_places_while_a_slider_moves(built):
    with serving("app.py", built / "models", built / "data") as server:
        orders = asyncio.run(moved(server.address))
    assert len(orders[0]) == 6 and all(order == orders[0] for order in orders)


async def moved(address):
    """The features whose curves are drawn, in their order, over some moves."""
    session = await Session.open(address)
    await session.choose("predict_view", WHAT_WOULD_HELP)
    orders = []
    for value in (None, 0.1, 0.5, 0.95):
        if value is not None:
            await session.move("predict_energy", value)
        texts = [session.elements[path].markdown.body for path in sorted(session.elements)]
        orders.append(
            [
                label
                for text in texts
                for label in LABELS
                if text.startswith(f"**{label} ") and "→" not in text
            ]
        )
    session.close()
    return orders
