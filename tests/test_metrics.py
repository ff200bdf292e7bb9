"""The measures mean what their names say, on the rows as they are and on resamples."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn import metrics as reference

from hitcast import metrics

ONCE = np.ones((1, 300))


@pytest.fixture
def rows():
    """300 rows with ties among their scores."""
    draws = np.random.default_rng(5)
    score = draws.beta(1, 12, 300).round(2) + 0.005
    return draws.random(300) < score, score


REFERENCES = {
    "roc_auc": reference.roc_auc_score,
    "average_precision": reference.average_precision_score,
    "brier": reference.brier_score_loss,
    "log_loss": reference.log_loss,
}


@pytest.mark.parametrize("name", REFERENCES)
def test_it_agrees_with_scikit_learn(name, rows):
    assert metrics.METRICS[name](*rows, ONCE)[0] == pytest.approx(REFERENCES[name](*rows))


# The groups of the calibration error follow the rows, not their weights.
@pytest.mark.parametrize("name", sorted(metrics.METRICS.keys() - {"ece"}))
def test_weights_mean_how_often_a_row_counts(name, rows):
    hit, score = rows
    weight = np.random.default_rng(0).integers(0, 3, 300)
    repeated = np.repeat(hit, weight), np.repeat(score, weight)
    expected = metrics.METRICS[name](*repeated, np.ones((1, weight.sum())))
    assert metrics.METRICS[name](hit, score, weight[None, :].astype(float)) == pytest.approx(expected)


@pytest.mark.parametrize("name", metrics.METRICS)
def test_the_order_of_the_rows_does_not_matter(name, rows):
    order = np.random.default_rng(0).permutation(300)
    shuffled = metrics.METRICS[name](rows[0][order], rows[1][order], ONCE)
    assert shuffled == pytest.approx(metrics.METRICS[name](*rows, ONCE))


def test_a_guesser_of_the_base_rate_has_no_skill(rows):
    hit = rows[0]
    guess = np.full(300, hit.mean())
    assert metrics.roc_auc(hit, guess, ONCE)[0] == 0.5
    assert metrics.brier_skill(hit, guess, ONCE)[0] == pytest.approx(0)
    assert metrics.lift_at_top(hit, guess, ONCE, 0.05)[0] == pytest.approx(1)
    assert metrics.ece(hit, guess, ONCE)[0] == pytest.approx(0)


def test_an_oracle_is_perfect(rows):
    hit = rows[0]
    assert metrics.roc_auc(hit, hit.astype(float), ONCE)[0] == 1
    assert metrics.average_precision(hit, hit.astype(float), ONCE)[0] == 1
    assert metrics.brier_skill(hit, hit.astype(float), ONCE)[0] == 1


def test_probabilities_that_are_too_high_raise_the_calibration_error(rows):
    hit, score = rows
    assert metrics.ece(hit, np.minimum(3 * score, 1), ONCE) > metrics.ece(hit, score, ONCE)


def test_telling_genres_apart_is_no_skill_within_them():
    genre = np.array(["pop"] * 200 + ["jazz"] * 200)
    hit = np.r_[np.arange(200) % 4 == 0, np.arange(200) % 50 == 0]
    score = np.where(genre == "pop", 0.25, 0.02)
    weight = np.ones((1, 400))
    assert metrics.roc_auc(hit, score, weight)[0] > 0.7
    assert metrics.within_genre_auc(hit, score, weight, genre)[0] == 0.5


def test_confusion_counts_add_up_and_fewer_calls_are_made_at_higher_thresholds(rows):
    calls = [metrics.confusion(*rows, threshold) for threshold in np.linspace(0, 1, 21)]
    assert all(each["tp"] + each["fp"] + each["fn"] + each["tn"] == 300 for each in calls)
    assert all(a["tp"] >= b["tp"] and a["fp"] >= b["fp"] for a, b in itertools.pairwise(calls))


def test_no_threshold_has_a_better_f1_than_the_best(rows):
    best = metrics.confusion(*rows, metrics.best_f1_threshold(*rows))["f1"]
    assert best == max(metrics.confusion(*rows, threshold)["f1"] for threshold in np.unique(rows[1]))


def test_reliability_groups_hold_every_track_and_its_interval_the_rate(rows):
    curve = metrics.reliability(*rows)
    assert curve["tracks"].sum() == 300
    assert curve["probability"].is_monotonic_increasing
    assert ((curve["low"] <= curve["observed"] + 1e-12) & (curve["observed"] <= curve["high"] + 1e-12)).all()


@given(arrays.arrays(float, 40, elements=st.floats(0.01, 0.99)), st.integers(1, 39))
def test_any_scores_give_measures_in_their_ranges(score, hits):
    hit, weight = np.arange(40) < hits, np.ones((1, 40))
    for name in ("roc_auc", "average_precision", "brier", "ece", "precision_top_5pct"):
        assert -1e-9 <= metrics.METRICS[name](hit, score, weight)[0] <= 1 + 1e-9
    assert metrics.brier_skill(hit, score, weight)[0] <= 1
