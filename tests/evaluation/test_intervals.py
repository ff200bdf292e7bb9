import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from hitcast.evaluation.intervals import CONFIDENCE, held_out_check, interval, window_hits

SHAPES = {
    "as the models say": lambda score: score,
    "steps": lambda score: np.where(score < 0.03, 0.01, 0.06),
    "flat": lambda score: np.full_like(score, 0.04),
    "steep": lambda score: np.clip(12 * score**2, 0, 1),
}


def made_up(rng, size=3000, shape=SHAPES["as the models say"]):
    score = rng.beta(1.2, 28, size)
    return score, rng.random(size) < shape(score)


@pytest.mark.parametrize("size", [3000, 20_000])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_interval_holds_the_true_rate_as_often_as_it_says(shape, size):
    asked = np.array([0.002, 0.01, 0.025, 0.04, 0.08, 0.12])
    held = []
    for seed in range(300):
        low, high = interval(*made_up(np.random.default_rng(seed), size, shape), asked)
        held.append((low <= shape(asked)) & (shape(asked) <= high))
    # three standard errors of 300 trials below the promise
    assert np.mean(held, axis=0).min() >= CONFIDENCE - 3 * np.sqrt(0.05 * 0.95 / 300)


def test_an_end_is_where_what_was_seen_becomes_too_unlikely():
    """Clopper and Pearson's definition, by the binomial distribution itself."""
    score, hit = made_up(np.random.default_rng(0))
    window = window_hits(hit.sum())
    low, high = interval(score, hit, 0.05)
    above, below = (
        hit[np.argsort(score)][np.sort(score) >= 0.05],
        hit[np.argsort(-score)][-np.sort(-score) <= 0.05],
    )
    up, down = (int(np.flatnonzero(part)[window - 1]) + 1 for part in (above, below))
    assert binom.cdf(window - 1, up - 1, high) == pytest.approx(0.025)
    assert binom.sf(window - 1, down, low) == pytest.approx(0.025)


def test_where_hits_run_out_all_tracks_left_count():
    score, hit = np.arange(10) / 10, np.arange(10) == 4
    low, high = interval(score, hit, [0.0, 0.65, 1.0])
    assert binom.cdf(1, 10, high[0]) == pytest.approx(0.025)
    assert binom.cdf(0, 3, high[1]) == pytest.approx(0.025)
    assert binom.sf(0, 10, low[2]) == pytest.approx(0.025)
    assert (low[0], high[2]) == (0, 1)


cases = st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=80)


@given(cases, st.lists(st.integers(-1, 21), max_size=20))
def test_any_interval_is_an_interval(calibration, asked):
    score, hit = (np.array(part) for part in zip(*calibration, strict=True)) if calibration else ([], [])
    low, high = interval(score, hit, asked)
    assert ((low >= 0) & (low <= high) & (high <= 1)).all()
    each = [interval(score, hit, one) for one in asked]
    np.testing.assert_array_equal(np.array(each).reshape(-1, 2).T, [low, high])


def test_knowing_nothing_is_said():
    assert interval([], [], 0.03) == (0, 1)
    assert np.isnan(interval([0.1, 0.2], [True, False], [np.nan])).all()


def test_more_tracks_make_it_narrower():
    few, many = (interval(*made_up(np.random.default_rng(1), size), 0.05) for size in (500, 50_000))
    assert many[1] - many[0] < 0.4 * (few[1] - few[0])


def test_a_window_holds_a_share_of_the_hits_but_never_few():
    assert [window_hits(hits) for hits in (0, 185, 800)] == [25, 25, 100]


@pytest.fixture(scope="module")
def out_of_fold():
    rng = np.random.default_rng(3)
    score, hit = made_up(rng)
    artist = rng.integers(0, 1500, len(score)).astype(str)
    scores = pd.DataFrame({"artist": artist, "hit": hit, "blend": score, "wrong": score * 5})
    return pd.concat([scores.assign(repeat=0), scores.assign(repeat=1, blend=0.5)], ignore_index=True)


def test_intervals_hold_the_rates_of_artists_they_were_not_made_from(out_of_fold):
    checked = held_out_check(out_of_fold, "blend")
    assert checked["covered"].mean() > 0.85
    assert checked.groupby("group")["probability"].mean().is_monotonic_increasing
    assert checked.groupby(["round"])["rows"].sum().eq(3000).all()


def test_scores_on_another_scale_get_intervals_on_the_scale_of_hits(out_of_fold):
    right, wrong = (held_out_check(out_of_fold, name) for name in ("blend", "wrong"))
    pd.testing.assert_series_equal(right["low"], wrong["low"])
    assert (wrong["probability"] > wrong["high"]).mean() > 0.5
