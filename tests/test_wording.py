"""Numbers in words: never more certain, never rounder than they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitcast import wording

PROBABILITIES = st.floats(0, 1)


@given(PROBABILITIES)
def test_a_count_in_a_thousand_is_the_probability_to_two_digits(probability):
    text = wording.in_thousand(probability)
    if probability < 1e-4:
        assert text == "under 0.1 in 1,000"
    else:
        count = float(text.removesuffix(" in 1,000"))
        assert count / 1000 == pytest.approx(probability, rel=0.06, abs=5e-5)


@given(st.floats(0, 100))
def test_nobody_stands_above_everybody(percentile):
    shares = re.findall(r"\d+", wording.above(percentile))
    assert int(shares[0]) <= max(percentile, 1) and int(shares[0]) < 100


@pytest.mark.parametrize(
    ("chances", "verdict"),
    [((0.030, 0.033), "agree:"), ((0.03, 0.05), "agree roughly"), ((0.01, 0.05), "disagree")],
)
def test_models_that_say_the_like_agree(chances, verdict):
    assert f"The three models {verdict}" in wording.agreement(chances)


@given(st.text())
def test_escaped_text_stands_for_itself(text):
    escaped = wording.escaped(text)
    assert "\n" not in escaped
    assert re.sub(r"\\(.)|\u2060", r"\1", escaped).split() == text.replace("\u2060", "").split()


@given(st.text(alphabet="ab:/@.w<>[]()*_`$#\\ &~-|!"))
def test_no_character_of_escaped_text_is_left_to_markdown(text):
    unescaped = re.sub(r"\\.", "", wording.escaped(text))
    assert not set(unescaped) & wording.MARKDOWN


@pytest.mark.parametrize("link", ["www.x.example", "http://x.example", "a@x.example"])
def test_nothing_becomes_a_link_by_itself(link):
    assert "\u2060" in wording.escaped(link)


@pytest.mark.parametrize(
    ("low", "is_kept", "said"),
    [
        (
            0.01,
            True,
            "With genre the chance ranks better than by the sound alone: +3.0 pairs of 100 in the right order, +1.0 to +5.0.",
        ),
        (
            0.01,
            False,
            "+1.0 to +5.0), but on the same tracks a chance that takes in less ranks better or is truer, so",
        ),
        (
            -0.01,
            False,
            "is not shown to rank better than by the sound alone (+3.0 pairs of 100 in the right order, −1.0 to +5.0), so",
        ),
    ],
)
def test_what_a_context_is_worth_is_said_as_it_was_judged(low, is_kept, said):
    gain = {"value": 0.03, "low": low, "high": 0.05}
    assert said in wording.worth("with genre", gain, is_kept)
