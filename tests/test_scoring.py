"""Scores of rows: what they say, what they do with rows that cannot be scored, what they do not depend on."""

import numpy as np
import pandas as pd
import pytest

from hitcast import models, scoring, tracks
from hitcast.errors import TableError

BROKEN = {"danceability": 1.5, "energy": np.nan, "tempo": 0.0}


@pytest.fixture(scope="module")
def some(bundle):
    return bundle.tracks.iloc[::60].reset_index(drop=True)


def test_a_score_is_what_the_models_say(bundle, some):
    scores = scoring.score(bundle, some)
    said = models.probabilities(bundle.models, some[bundle.features]).add_prefix("p_")
    pd.testing.assert_frame_equal(scores[said.columns.tolist()], said)
    assert (scores["problem"] == "").all()


def test_lift_is_one_at_the_base_rate_and_percentiles_go_up_with_the_chance(bundle, some):
    scores = scoring.score(bundle, some).sort_values("p_blend")
    assert np.allclose(scores["lift"] * bundle.card["base_rate"], scores["p_blend"])
    assert scores["percentile"].is_monotonic_increasing
    assert scores["percentile"].between(0, 100).all()


@pytest.mark.parametrize("model", [*models.NAMES, models.BLEND])
def test_one_model_says_the_same_alone_as_among_the_others(bundle, some, model):
    alone, among = scoring.score(bundle, some, model=model), scoring.score(bundle, some)
    assert tuple(alone.columns) == scoring.columns(model)
    assert np.allclose(alone[f"p_{model}"], among[f"p_{model}"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("feature", BROKEN)
def test_a_row_that_cannot_be_scored_says_why_and_leaves_the_others_alone(bundle, some, feature):
    raw = some.assign(**{feature: some[feature].where(some.index != 3, BROKEN[feature])})
    scores, clean = scoring.score(bundle, raw), scoring.score(bundle, some)
    assert feature in scores.loc[3, "problem"]
    assert scores.loc[3].drop("problem").isna().all()
    pd.testing.assert_frame_equal(scores.drop(index=3), clean.drop(index=3))


def test_scores_keep_the_order_and_the_index_of_the_rows(bundle, some):
    shuffled = some.sample(frac=1, random_state=0).set_axis(np.arange(len(some)) * 3)
    expected = scoring.score(bundle, some).loc[some.sample(frac=1, random_state=0).index]
    pd.testing.assert_frame_equal(scoring.score(bundle, shuffled), expected.set_axis(shuffled.index))


def test_a_missing_column_is_an_error_that_names_it_unless_it_may_be_filled(bundle, some):
    without = some.drop(columns="loudness")
    with pytest.raises(TableError, match="loudness"):
        scoring.score(bundle, without)
    filled = scoring.score(bundle, without, allow_missing=True)
    assert (filled["problem"] == "").all() and filled["p_blend"].notna().all()


def test_no_rows_have_no_scores(bundle, some):
    assert scoring.score(bundle, some.head(0)).empty


def test_every_row_may_be_broken(bundle, some):
    scores = scoring.score(bundle, some.assign(energy=7.0))
    assert (scores["problem"] != "").all() and scores["p_blend"].isna().all()


def test_loudness_on_another_scale_is_told_of_the_whole_table(bundle, some):
    shares = some.assign(loudness=some["loudness"].rank(pct=True))
    assert scoring.score(bundle, shares)["problem"].str.contains("decibels").all()
    part = scoring.score(bundle, shares, loudness_is_share=False)
    assert not part["problem"].str.contains("decibels").any()


def test_scoring_leaves_the_callers_frame_alone(bundle, some):
    before = some.copy()
    scoring.score(bundle, some)
    tracks.check(some, bundle.features)
    pd.testing.assert_frame_equal(some, before)
