"""What the models are good for, in one table: every figure is the card's."""

import re

import pytest

from hitcast.choices import BLEND
from hitcast.uses import uses


@pytest.fixture(scope="module")
def said(bundle):
    return {each.use: each for each in uses(bundle.card)}


def test_each_use_has_its_figure_and_what_there_is_without(bundle, said):
    metrics, worth = bundle.card["metrics"][BLEND], bundle.card["context"]["worth"]
    pairs = {
        "Which of two tracks is the hit, by the sound": metrics["roc_auc"],
        "The same within one genre": metrics["within_genre_auc"],
        "The same with genre": worth["with genre"]["measures"]["roc_auc"],
    }
    for use, figure in pairs.items():
        found = re.match(r"(\d+) of 100 pairs right \((\d+) to (\d+)\)", said[use].measured)
        expected = [round(100 * figure[end]) for end in ("value", "low", "high")]
        assert [int(each) for each in found.groups()] == expected
    alone = round(100 * worth["with genre"]["alone"]["value"])
    assert 70 < alone == int(said["The same with genre"].without.split()[0])
    skill = metrics["brier_skill"]
    assert f"{100 * skill['value']:.1f} % less squared error" in said["The chance of a single track"].measured


@pytest.mark.parametrize(
    ("skill", "words"),
    [
        ((0.012, 0.004, 0.02), "1.2 % less squared error (+0.4 to +2.0)"),
        ((0.012, -0.01, 0.03), "1.2 % less squared error (−1.0 to +3.0), maybe luck"),
        ((-0.012, -0.03, 0.01), "1.2 % more squared error (−1.0 to +3.0), maybe luck"),
        ((-0.012, -0.02, -0.004), "1.2 % more squared error (+0.4 to +2.0)"),
    ],
    ids=["a gain", "a gain that may be luck", "harm that may be luck", "harm"],
)
def test_what_is_saved_is_said_with_its_direction_and_whether_it_may_be_luck(bundle, skill, words):
    blend = bundle.card["metrics"][BLEND]
    other = blend | {"brier_skill": dict(zip(("value", "low", "high"), skill, strict=True))}
    found = uses(bundle.card | {"metrics": bundle.card["metrics"] | {BLEND: other}})
    assert next(each.measured for each in found if each.use == "The chance of a single track") == words


def test_a_chance_that_is_not_given_is_no_use_and_elsewhere_nothing_is_promised(bundle, said):
    without = bundle.card | {"context": {"weights": {}, "worth": bundle.card["context"]["worth"]}}
    assert {each.use for each in uses(without)} == said.keys() - {"The same with genre"}
    assert said["Tracks of another time or catalogue"].measured.startswith("not known")


def test_a_table_without_genres_has_none_to_look_within(bundle):
    blend = {name: each for name, each in bundle.card["metrics"][BLEND].items() if name != "within_genre_auc"}
    card = bundle.card | {"metrics": bundle.card["metrics"] | {BLEND: blend}}
    assert "The same within one genre" not in {each.use for each in uses(card)}
