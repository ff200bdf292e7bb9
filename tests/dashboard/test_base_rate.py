"""How rare hits are where the user is: said once, applied on every page, both numbers shown."""

import pytest
from support.driving import opened, run, shown

from hitcast import wording
from hitcast.base_rate import moved

pytestmark = pytest.mark.usefixtures("reads")
ONE_IN = "base_rate_one_in"
A_SONG = {"energy": "0.7", "danceability": "0.6", "valence": "0.5", "tempo": "120"}


def test_both_numbers_are_shown_and_stay_through_moves_and_pages():
    app = run(opened().number_input(key=ONE_IN).set_value(500))
    assert "Where 1 track in 500 is a hit:" in shown(app) and "## " in shown(app)
    run(app.slider(key="predict_energy").set_value(0.7))
    assert "Where 1 track in 500 is a hit:" in shown(app)
    run(app.switch_page("app_pages/data.py"))
    run(app.switch_page("app_pages/predict.py"))
    assert not app.exception and "Where 1 track in 500 is a hit:" in shown(app)


def test_it_can_be_taken_back():
    app = run(opened(one_in="500").number_input(key=ONE_IN).set_value(None))
    assert app.number_input(key=ONE_IN).value is None and "Where 1 track" not in shown(app)


def test_the_number_is_the_chance_moved(bundle):
    app = opened(**A_SONG, one_in="500")
    headline = next(text for text in shown(app).split("\n") if text.startswith("## "))
    chance = float(headline.removeprefix("## ").split(" ")[0]) / 1000
    low, high = (moved(chance + rounding, bundle.card["base_rate"], 1 / 500) for rounding in (-6e-4, 6e-4))
    there = shown(app).split("Where 1 track in 500 is a hit: ")[1].split(" ")[0]
    assert 1000 * low - 0.05 <= float(there) <= 1000 * high + 0.05


def test_the_chance_in_context_stays():
    here, there = (shown(opened(**A_SONG, genre="rock", **link)) for link in ({}, {"one_in": "500"}))
    in_context = [
        next(line for line in said.split("\n") if line.startswith("As rock: ")) for said in (here, there)
    ]
    assert in_context[0] == in_context[1]


@pytest.mark.parametrize("one_in", ["0", "1", "-3", "often", "9999999999", ""])
def test_a_link_with_an_absurd_one_opens_without(one_in):
    assert "Where 1 track" not in shown(opened(one_in=one_in))


def test_the_link_takes_it_along():
    assert "one_in=500" in opened(one_in="500").get("code")[0].value


def test_it_is_written_as_a_person_says_it():
    assert wording.elsewhere(0.005, 0.0041) == "Where 1 track in 200 is a hit: 4.1 in 1,000 by its sound"
