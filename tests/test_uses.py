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


def test_a_skill_that_may_be_luck_is_said_to_be(bundle):
    blend = bundle.card["metrics"][BLEND]
    luck = blend | {"brier_skill": blend["brier_skill"] | {"low": -0.01}}
    card = bundle.card | {"metrics": bundle.card["metrics"] | {BLEND: luck}}
    assert [each.use for each in uses(card) if "maybe luck" in each.measured] == [
        "The chance of a single track"
    ]


def test_a_chance_that_is_not_given_is_no_use_and_elsewhere_nothing_is_promised(bundle, said):
    without = bundle.card | {"context": {"weights": {}, "worth": bundle.card["context"]["worth"]}}
    assert {each.use for each in uses(without)} == said.keys() - {"The same with genre"}
    assert said["Tracks of another time or catalogue"].measured.startswith("not known")


def test_a_table_without_genres_has_none_to_look_within(bundle):
    blend = {name: each for name, each in bundle.card["metrics"][BLEND].items() if name != "within_genre_auc"}
    card = bundle.card | {"metrics": bundle.card["metrics"] | {BLEND: blend}}
    assert "The same within one genre" not in {each.use for each in uses(card)}
