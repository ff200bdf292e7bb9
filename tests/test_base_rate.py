"""A chance somewhere else: what a text says of it, and that only the numbers differ there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from hitcast import scoring
from hitcast.base_rate import moved, parsed
from hitcast.errors import HitCastError

SHARES = st.floats(0.01, 0.5)


@pytest.mark.parametrize(
    "text", ["1 in 200", "1/200", "0.5 %", "0.5%", "0.005", ".005", "5 of 1,000", "5e-3"]
)
def test_a_base_rate_may_be_written_in_many_ways(text):
    assert parsed(text) == pytest.approx(0.005)


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "2",
        "1",
        "1 in 0",
        "0 in 5",
        "0,5 %",
        "2,5%",
        "1,5 in 200",
        "0,005",
        "300 %",
        "-0.1",
        "often",
        "",
        "1 in",
        "nan",
        "1 in 1",
    ],
)
def test_another_gets_one_sentence(text):
    with pytest.raises(HitCastError, match="between 0 and 1, such as 1 in 200"):
        parsed(text)


@given(trained=SHARES, here=SHARES)
def test_the_base_rate_itself_becomes_the_other_and_the_order_stays(trained, here):
    chances = np.linspace(0.02, 0.98, 50)
    there = moved(chances, trained, here)
    assert moved(np.array([trained]), trained, here)[0] == pytest.approx(here)
    assert (np.diff(there) > 0).all() and ((there > 0) & (there < 1)).all()
    assert moved(there, here, trained) == pytest.approx(chances)


@pytest.mark.parametrize("rarer", [5, 20])
def test_where_hits_are_thinned_out_chances_come_true_at_the_new_base_rate(rarer):
    draws = np.random.default_rng(0)
    chance = expit(draws.normal(-2, 1, 400_000))
    hit = draws.random(len(chance)) < chance
    kept = ~hit | (draws.random(len(chance)) < 1 / rarer)
    here = moved(chance[kept], hit.mean(), hit[kept].mean())
    for low, high in ((0, 0.3), (0.3, 0.7), (0.7, 1)):
        part = (here >= np.quantile(here, low)) & (here <= np.quantile(here, high))
        assert here[part].mean() == pytest.approx(hit[kept][part].mean(), rel=0.15)


def test_scores_have_both_numbers_and_all_move_alike(bundle):
    unknown = bundle.tracks.drop(columns=["track_id", "title"]).assign(tempo=lambda d: d["tempo"] + 2)
    some = unknown[unknown["tempo"] < 300]
    scores = scoring.score(bundle, some, base_rate=0.005)
    assert tuple(scores) == scoring.columns(base_rate=0.005)
    apart = logit(scores["p_here"]) - logit(scores["p_blend"])
    assert np.allclose(apart, logit(0.005) - logit(bundle.card["base_rate"]))
    assert scoring.score(bundle, some)[list(scoring.columns())].equals(scores[list(scoring.columns())])


@pytest.mark.parametrize("base_rate", [0, 1, 1.5, -1, float("nan")])
def test_a_base_rate_that_is_none_is_refused(bundle, base_rate):
    with pytest.raises(HitCastError, match="between 0 and 1"):
        scoring.score(bundle, bundle.tracks.head(2), base_rate=base_rate)


def test_one_model_alone_moves_too(bundle):
    scores = scoring.score(bundle, bundle.tracks.head(5), model="rf", base_rate=0.005)
    assert tuple(scores) == ("p_rf", "p_here", *scoring.ABOUT)
    assert np.allclose(scores["p_here"], moved(scores["p_rf"], bundle.card["base_rate"], 0.005))
