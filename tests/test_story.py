"""Why a chance is what it is, in steps: they add up, the strongest come first, nothing unknown is a reason."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from hitcast import answer, models, scoring
from hitcast.explain import Contributions
from hitcast.features import BY_NAME, FULL
from hitcast.story import STRONGEST, in_words, story

ROW = pd.Series({name: (BY_NAME[name].low + BY_NAME[name].high) / 2 for name in FULL})
IN_ORDER = {name: np.linspace(BY_NAME[name].low, BY_NAME[name].high, 9) for name in FULL}
SHARES = st.lists(st.floats(-3, 3), min_size=len(FULL), max_size=len(FULL))


def told(shares, base=-3.0, row=ROW, blind=None):
    values = pd.DataFrame([shares], columns=list(FULL))
    return story(Contributions(values, base, "log-odds"), row, IN_ORDER, blind)


@given(SHARES, st.floats(-6, 2))
def test_each_step_starts_where_the_one_before_it_ended_and_they_lead_to_the_chance(shares, base):
    steps = told(shares, base)
    assert steps[0].after == pytest.approx(expit(base))
    assert all(then.after == step.before for then, step in itertools.pairwise(steps))
    assert steps[-1].after == pytest.approx(expit(base + sum(shares)))
    assert steps[0].after * np.prod([step.times for step in steps]) == pytest.approx(steps[-1].after)


@given(SHARES)
def test_the_strongest_come_first_and_the_others_in_one_step(shares):
    kinds = [step.kind for step in told(shares)]
    assert kinds == ["start", *["factor"] * STRONGEST, "rest", "end"]
    factors = [
        abs(np.log(step.after / (1 - step.after)) - np.log(step.before / (1 - step.before)))
        for step in told(shares)
    ]
    assert factors[1 : STRONGEST + 1] == pytest.approx(
        sorted(map(abs, shares), reverse=True)[:STRONGEST], abs=1e-6
    )


def test_what_is_not_known_is_no_factor():
    shares = [3.0 if name == "energy" else 0.1 for name in FULL]
    steps = told(shares, row=ROW.where(ROW.index != "energy"))
    assert not any("energy" in step.text for step in steps)
    assert next(step for step in steps if step.kind == "rest").times > 5


def test_what_the_models_remember_of_a_track_is_a_step_of_its_own():
    steps = told([0.2] * len(FULL), blind=0.02)
    assert [step.kind for step in steps[-2:]] == ["memory", "end"]
    assert steps[-1].after == 0.02 and steps[-2].times < 1


def test_a_real_tracks_story_ends_at_its_chance(bundle):
    for place in (0, 17, len(bundle.tracks) - 1):
        row = bundle.tracks.loc[place, bundle.features].astype(float)
        parts = answer.explained(bundle, row.to_frame().T)
        score = scoring.score(bundle, bundle.tracks.loc[[place]]).iloc[0]
        steps = story(parts, row, bundle.values_in_order, score["p_blend"])
        own = models.probabilities(bundle.models, row.to_frame().T)["blend"].iloc[0]
        assert steps[-1].after == score["p_blend"]
        assert next(step for step in steps if step.kind == "memory").before == pytest.approx(own, rel=1e-4)


def test_the_words_name_what_lifts_and_what_holds_back():
    shares = dict.fromkeys(FULL, 0.0) | {
        "valence": 0.5,
        "explicit": -0.4,
        "energy": 0.3,
        "tempo": -0.2,
        "mode": 0.1,
    }
    row = (
        ROW.mask(ROW.index == "valence", 0.9)
        .mask(ROW.index == "explicit", 0)
        .mask(ROW.index == "energy", 0.1)
    )
    said = in_words(told(list(shares.values()), row=row))
    lifted, held = said.split("  \n")
    assert lifted.startswith("Lifted by **a happy mood** × 1.6, **low energy** × 1.3")
    assert held.startswith("Held back by **no explicit lyrics** × 0.")


@pytest.mark.parametrize(
    ("name", "value", "percentile", "words"),
    [
        ("valence", 0.9, 90, "a happy mood"),
        ("valence", 0.5, 50, "medium valence"),
        ("instrumentalness", 0.001, 60, "no instrumental passages"),
        ("instrumentalness", 0.9, 95, "few vocals"),
        ("liveness", 0.1, 50, "a studio sound"),
        ("explicit", 1, np.nan, "explicit lyrics"),
        ("mode", 0, np.nan, "a minor key"),
        ("key", 0, np.nan, "key C"),
        ("time_signature", 4, np.nan, "time signature 4/4"),
    ],
)
def test_a_value_in_words(name, value, percentile, words):
    assert BY_NAME[name].words(value, percentile) == words
