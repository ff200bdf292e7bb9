"""The measures mean what their names say, on the rows as they are and on resamples."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn import metrics as reference

from hitcast.evaluation import metrics

ONCE = np.ones((1, 300))
NAMES = sorted(metrics.measure(np.array([True, False]), np.array([0.2, 0.1]), np.ones((1, 2))))


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
    assert metrics.measure(*rows, ONCE)[name][0] == pytest.approx(REFERENCES[name](*rows))


# The groups of the calibration error follow the rows, not their weights.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "ece"])
def test_weights_mean_how_often_a_row_counts(name, rows):
    hit, score = rows
    weight = np.random.default_rng(0).integers(0, 3, 300)
    repeated = np.repeat(hit, weight), np.repeat(score, weight)
    expected = metrics.measure(*repeated, np.ones((1, weight.sum())))[name]
    assert metrics.measure(hit, score, weight[None, :].astype(float))[name] == pytest.approx(expected)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_rows_does_not_matter(name, rows):
    order = np.random.default_rng(0).permutation(300)
    shuffled = metrics.measure(rows[0][order], rows[1][order], ONCE)[name]
    assert shuffled == pytest.approx(metrics.measure(*rows, ONCE)[name])


def test_a_guesser_of_the_base_rate_has_no_skill(rows):
    hit = rows[0]
    measured = metrics.measure(hit, np.full(300, hit.mean()), ONCE)
    assert measured["roc_auc"][0] == 0.5
    assert measured["brier_skill"][0] == pytest.approx(0)
    assert measured["lift_top_5pct"][0] == pytest.approx(1)
    assert measured["ece"][0] == pytest.approx(0)


def test_what_a_guesser_gets_is_known_without_scoring(rows):
    hit = rows[0]
    expected = metrics.measure(hit, np.full(300, hit.mean()), ONCE)
    found = metrics.of_guesser(hit, ONCE)
    assert found.keys() == expected.keys()
    assert all(found[name] == pytest.approx(expected[name]) for name in NAMES)


def test_scatter_that_looks_like_a_calibration_error_is_taken_off_in_good_part():
    """True probabilities, so all of it is scatter; on average over many tables of the same kind."""
    draws, plain, corrected = np.random.default_rng(1), [], []
    for _ in range(40):
        score = draws.beta(1, 20, 2000)
        hit = draws.random(2000) < score
        weight = np.vstack([np.ones(2000), draws.multinomial(2000, np.full(2000, 1 / 2000), 60)])
        values = metrics.measure(hit, score, weight)["ece"]
        value, low, high = metrics.with_interval(values, biased=True)
        assert low <= value <= high
        plain.append(values[0])
        corrected.append(value)
    assert np.mean(corrected) < 0.65 * np.mean(plain)


@given(arrays.arrays(float, 30, elements=st.floats(-1, 1)), st.booleans())
def test_a_figure_lies_in_its_interval_wherever_the_resamples_lie(values, biased):
    value, low, high = metrics.with_interval(values, biased)
    assert low <= value <= high


def test_without_a_resample_there_is_no_width():
    assert metrics.with_interval(np.array([0.4, np.nan])) == (0.4, 0.4, 0.4)


def test_an_oracle_is_perfect(rows):
    measured = metrics.measure(rows[0], rows[0].astype(float), ONCE)
    assert [measured[name][0] for name in ("roc_auc", "average_precision", "brier_skill")] == [1, 1, 1]


def test_probabilities_that_are_too_high_raise_the_calibration_error(rows):
    hit, score = rows
    shouted = metrics.measure(hit, np.minimum(3 * score, 1), ONCE)["ece"]
    assert shouted > metrics.measure(hit, score, ONCE)["ece"]


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
    best = metrics.at_best_f1(*rows)["f1"]
    assert best == max(metrics.confusion(*rows, threshold)["f1"] for threshold in np.unique(rows[1]))


def test_reliability_groups_hold_every_track_and_its_interval_the_rate(rows):
    curve = metrics.reliability(*rows)
    assert curve["tracks"].sum() == 300
    assert curve["probability"].is_monotonic_increasing
    assert ((curve["low"] <= curve["observed"] + 1e-12) & (curve["observed"] <= curve["high"] + 1e-12)).all()


@given(arrays.arrays(float, 40, elements=st.floats(0.01, 0.99)), st.integers(1, 39))
def test_any_scores_give_measures_in_their_ranges(score, hits):
    measured = metrics.measure(np.arange(40) < hits, score, np.ones((1, 40)))
    for name in ("roc_auc", "average_precision", "brier", "ece", "precision_top_5pct"):
        assert -1e-9 <= measured[name][0] <= 1 + 1e-9
    assert measured["brier_skill"][0] <= 1
