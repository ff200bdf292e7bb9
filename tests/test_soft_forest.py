"""A forest that learns from near misses: it ranks better, says as much as is true, and is a forest like any other."""

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from hitcast import tracks
from hitcast.soft_forest import soft_forest


def world(rows=6000, rate=0.04, seed=0):
    """What is heard of tracks and their popularity, in which it has a small part; hits are the most popular."""
    draws = np.random.default_rng(seed)
    heard = draws.normal(size=(rows, 6))
    popularity = 55 + 5 * heard[:, 0] - 5 * np.abs(heard[:, 1]) + 14 * draws.normal(size=rows)
    threshold = np.quantile(popularity, 1 - rate)
    table = pd.DataFrame({"popularity": popularity})
    return heard, tracks.label(table, threshold).to_numpy(), tracks.nearness(table, threshold).to_numpy()


@pytest.fixture(scope="module")
def forest():
    return soft_forest(*world())


def test_it_finds_more_than_one_that_learns_hits_alone(forest):
    heard, hit, _ = world()
    alone = RandomForestClassifier(
        100, min_samples_leaf=40, max_features=0.3, max_samples=0.6, random_state=0
    )
    unheard, truth, _ = world(20_000, seed=1)
    said = [each.predict_proba(unheard)[:, 1] for each in (forest, alone.fit(heard, hit))]
    soft, hard = (roc_auc_score(truth, each) for each in said)
    assert soft > hard + 0.01


@pytest.mark.parametrize("rate", [0.01, 0.04, 0.6])
def test_its_chances_are_as_common_as_hits_and_spread_as_they_do(rate):
    forest = soft_forest(*world(rate=rate))
    heard, hit, _ = world(20_000, rate, seed=1)
    chance = forest.predict_proba(heard)[:, 1]
    assert ((chance > 0) & (chance < 1)).all()
    assert chance.mean() == pytest.approx(hit.mean(), rel=0.05)
    likeliest = chance >= np.quantile(chance, 0.9)
    assert chance[likeliest].mean() == pytest.approx(hit[likeliest].mean(), rel=0.3)


def test_where_nothing_can_be_heard_all_chances_are_alike():
    draws = np.random.default_rng(3)
    hit = draws.random(3000) < 0.1
    nearness = np.where(hit, 0.8, 0.2)
    chance = soft_forest(draws.normal(size=(3000, 4)), hit, nearness).predict_proba(
        draws.normal(size=(500, 4))
    )
    assert np.ptp(chance[:, 1]) < 0.1 and chance[:, 1].mean() == pytest.approx(hit.mean(), rel=0.1)


def test_where_nearness_says_the_opposite_of_hits_all_chances_are_alike():
    heard = np.random.default_rng(3).normal(size=(3000, 4))
    hit = heard[:, 0] > 1.3
    chance = soft_forest(heard, hit, expit(-heard[:, 0])).predict_proba(heard)[:, 1]
    assert np.ptp(chance) < 1e-9 and chance[0] == pytest.approx(hit.mean())


def test_a_fork_says_the_mean_of_what_lies_below_it(forest):
    for tree in (each.tree_ for each in forest.estimators_[:10]):
        chance, rows = tree.value[:, 0, 1], tree.weighted_n_node_samples
        ends = tree.children_left < 0
        assert chance[0] == pytest.approx(np.average(chance[ends], weights=rows[ends]))
        assert tree.value.sum(axis=2) == pytest.approx(1)


def test_it_is_a_classifier_that_can_be_saved_and_the_same_seed_grows_it_again(forest, tmp_path):
    heard, _, _ = world(200, seed=2)
    joblib.dump(forest, tmp_path / "forest.joblib")
    for again in (joblib.load(tmp_path / "forest.joblib"), soft_forest(*world())):
        assert type(again) is RandomForestClassifier
        np.testing.assert_array_equal(again.predict_proba(heard), forest.predict_proba(heard))
    assert (soft_forest(*world(), seed=1).predict_proba(heard) != forest.predict_proba(heard)).any()
    assert set(forest.predict(heard)) <= {0, 1}


def test_nearness_is_a_half_between_the_last_that_is_none_and_the_first_that_is():
    near = tracks.nearness(pd.DataFrame({"popularity": [0, 79, 79.5, 80, 100]}), 80)
    assert near.is_monotonic_increasing and near[2] == 0.5 and near[1] == pytest.approx(1 - near[3])
    assert near[4] == pytest.approx(expit(4.1))
