"""One contract over the three models and the three ways to treat the imbalance."""

import itertools

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from hitcast import models
from hitcast.choices import IMBALANCES
from hitcast.errors import TableError
from hitcast.features import FULL

FEATURES = list(FULL)


@pytest.fixture(scope="module")
def world():
    """800 made-up tracks, a twentieth of them hits, danceable ones more often."""
    draws = np.random.default_rng(1)
    table = pd.DataFrame(draws.random((800, len(FEATURES))), columns=FEATURES)
    hit = pd.Series(draws.random(800) < 0.1 * table["danceability"] ** 2, name="hit")
    return table, hit


@pytest.fixture(
    scope="module", params=[*itertools.product(models.NAMES, IMBALANCES), ("rf", "soft")], ids="-".join
)
def model(request, world):
    name, way = request.param
    table, hit = world
    if way == "soft":
        nearness = 0.6 * hit + 0.4 * table["danceability"] ** 2
        return models.fit(table, hit, FEATURES, nearness=nearness)[name]
    return models.make(name, FEATURES, way).fit(table, hit)


def test_it_is_a_pipeline_that_gives_probabilities(model, world):
    given = models.probability(model, world[0])
    assert isinstance(model, Pipeline)
    assert given.shape == (800,)
    assert ((given >= 0) & (given <= 1)).all()


@pytest.mark.parametrize("lacking", [0, 0.3])
def test_a_probability_is_to_the_last_digit_what_the_pipeline_gives(model, world, lacking):
    table = world[0].mask(np.random.default_rng(0).random(world[0].shape) < lacking)
    assert np.array_equal(models.probability(model, table), model.predict_proba(table)[:, 1])


def test_infinity_is_refused(model, world):
    with pytest.raises(ValueError, match="infinity"):
        models.probability(model, world[0].head(1).assign(**{FEATURES[0]: np.inf}))


def test_a_row_gets_the_same_probability_alone_or_among_others(model, world):
    together = models.probability(model, world[0])[:5]
    alone = [models.probability(model, world[0].iloc[[row]])[0] for row in range(5)]
    assert alone == pytest.approx(together, abs=1e-12)


def test_columns_may_come_in_any_order_and_with_others_among_them(model, world):
    table = world[0]
    shuffled = table[FEATURES[::-1]].assign(popularity=50, title="A song")
    expected = models.probability(model, table)
    assert models.probability(model, shuffled) == pytest.approx(expected, abs=1e-12)


def test_missing_values_are_allowed(model, world):
    table = world[0].mask(np.random.default_rng(0).random(world[0].shape) < 0.3)
    assert np.isfinite(models.probability(model, table)).all()


def test_probabilities_stay_near_the_base_rate_on_average(model, world):
    table, hit = world
    assert models.probability(model, table).mean() == pytest.approx(hit.mean(), rel=0.6)


def test_it_survives_being_saved(model, world, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib")
    again = joblib.load(tmp_path / "model.joblib")
    assert (models.probability(again, world[0]) == models.probability(model, world[0])).all()


def test_the_signal_is_found(model, world):
    given = models.probability(model, world[0])
    dances = world[0]["danceability"] > 0.8
    assert given[dances].mean() > given[~dances].mean()


def test_a_value_far_beyond_all_tracks_counts_no_more_than_one_at_their_end(model, world):
    far, further = (world[0].head(50).assign(duration_ms=value) for value in (3, 3000))
    assert models.probability(model, far) == pytest.approx(models.probability(model, further), abs=1e-12)


def test_an_empty_table_gets_no_probabilities(model, world):
    assert models.probability(model, world[0].iloc[:0]).shape == (0,)


@pytest.mark.parametrize("name", models.NAMES)
def test_the_same_seed_gives_the_same_model(name, world):
    table, hit = world
    first, second = (models.make(name, FEATURES, "smote", seed=3).fit(table, hit) for _ in range(2))
    assert (models.probability(first, table) == models.probability(second, table)).all()


@pytest.mark.parametrize("name", models.NAMES)
def test_a_feature_that_no_track_has_does_not_stop_training(name, world):
    table, hit = world
    model = models.make(name, FEATURES).fit(table.assign(key=np.nan), hit)
    assert np.isfinite(models.probability(model, table)).all()


def test_the_blend_lies_between_the_models_and_does_not_know_their_order():
    given = pd.DataFrame({"logreg": [0.01, 0.5, 0.0], "rf": [0.04, 0.5, 0.0], "xgb": [0.02, 0.5, 1.0]})
    blended = models.blend(given)
    assert ((blended >= given.min(axis=1)) & (blended <= given.max(axis=1))).all()
    assert blended == pytest.approx(models.blend(given[["xgb", "logreg", "rf"]]))
    assert blended[1] == pytest.approx(0.5)


def test_one_hit_alone_cannot_be_balanced_by_smote(world):
    table, _ = world
    with pytest.raises(TableError, match="without the artists that are tested on there is 1"):
        models.make("rf", FEATURES, "smote").fit(table, np.arange(len(table)) == 0)


def test_a_model_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"'svm'.*logreg, rf, xgb"):
        models.make("svm", FEATURES)
