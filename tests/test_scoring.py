"""Scores of rows: what they say, what they do with rows that cannot be scored, what they do not depend on."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from hitcast import models, scoring, tracks
from hitcast.errors import TableError
from hitcast.evaluation import intervals
from hitcast.sources import sample
from hitcast.tracks.schema import canonical

BROKEN = {"danceability": 1.5, "energy": np.nan, "tempo": 0.0}


@pytest.fixture(scope="module")
def known(bundle):
    """Tracks that the models learned from."""
    return bundle.tracks.iloc[::60].reset_index(drop=True)


@pytest.fixture(scope="module")
def some(bundle, known):
    """Tracks that the models have never seen: the same, somewhat faster, without their names."""
    return known[bundle.features].assign(tempo=known["tempo"] + 1.5)


def test_a_score_is_what_the_models_say(bundle, some):
    scores = scoring.score(bundle, some)
    said = models.probabilities(bundle.models, some[bundle.features]).add_prefix("p_")
    pd.testing.assert_frame_equal(scores[said.columns.tolist()], said)
    assert (scores["problem"] == "").all() and (scores["basis"] == scoring.UNSEEN).all()


def said_out_of_fold(bundle):
    """Each track's chance by the blend, from the rounds' log-odds."""
    return expit(logit(bundle.out_of_fold["blend"]).groupby(bundle.out_of_fold["row"]).mean())


@pytest.mark.parametrize("columns", ["features", "id", "names"])
def test_a_track_that_the_models_learned_from_gets_its_out_of_fold_chance(bundle, known, columns):
    """Known by its sound, and where its values are rounded, by its id or its names."""
    own = {"features": [], "id": ["track_id"], "names": ["title", "artist"]}[columns]
    values = known[bundle.features] if columns == "features" else known[bundle.features].round(2)
    scores = scoring.score(bundle, values.join(known[own]))
    assert (scores["basis"] == scoring.OUT_OF_FOLD).all()
    expected = said_out_of_fold(bundle).iloc[::60]
    assert np.allclose(scores["p_blend"], expected, rtol=1e-6)
    assert np.allclose(scores["lift"] * bundle.card["base_rate"], expected, rtol=1e-6)


def test_out_of_fold_the_blend_is_still_the_mean_of_the_log_odds(bundle, known):
    scores = scoring.score(bundle, known)
    three = logit(scores[[f"p_{name}" for name in models.NAMES]]).mean(axis=1)
    assert np.allclose(logit(scores["p_blend"]), three)


def test_a_known_id_with_other_values_is_said_to_be_changed(bundle, known, some):
    scores = scoring.score(bundle, some.join(known["track_id"]))
    assert (scores["basis"] == scoring.CHANGED).all()
    assert np.allclose(scores["p_blend"], scoring.score(bundle, some)["p_blend"])


@pytest.mark.parametrize("name", [*models.NAMES, models.BLEND])
def test_the_range_of_a_chance_is_counted_on_the_first_rounds_scores(bundle, name):
    first, scores = bundle.first_round, bundle.out_of_fold[name]
    expected = intervals.interval(first[name], first["hit"], scores)
    np.testing.assert_array_equal(scoring.hit_rate_range(bundle, scores, name), expected)


def test_nearly_every_row_that_the_table_was_made_from_is_known(bundle):
    """But for those that are one with a track of the table only through a third row, which is not in it."""
    basis = scoring.score(bundle, sample.load().rows)["basis"]
    assert (basis == scoring.UNSEEN).mean() < 0.002
    assert (basis == scoring.OUT_OF_FOLD).mean() > 0.95


def test_in_sample_the_models_would_flatter_the_hits(bundle):
    """Why all this: on average over its hits, the models say more of what they have learned by heart."""
    hits = bundle.tracks[tracks.label(bundle.tracks)]
    own = models.probabilities(bundle.models, hits[bundle.features])["blend"]
    assert (own / scoring.score(bundle, hits)["p_blend"]).median() > 1.2


def test_the_top_100_get_more_than_the_average_track(bundle):
    low, middle, high = scoring.top100_chances(bundle)
    assert bundle.card["base_rate"] < middle and low < middle < high


def test_a_well_known_track_is_one_of_the_most_popular_and_neither_their_likeliest_nor_unlikeliest(bundle):
    known = scoring.well_known(bundle)
    most = bundle.tracks["popularity"].nlargest(10, keep="all").index
    chances = bundle.unseen_chances.loc[most, "blend"]
    assert known.name in most and chances.min() < chances[known.name] < chances.max()


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
    assert scores.loc[3].drop(["problem", "basis", "filled", "context"]).isna().all()
    assert scores.loc[3, ["basis", "filled"]].tolist() == ["", ""]
    pd.testing.assert_frame_equal(scores.drop(index=3), clean.drop(index=3))


def test_scores_keep_the_order_and_the_index_of_the_rows(bundle, some):
    shuffled = some.sample(frac=1, random_state=0).set_axis(np.arange(len(some)) * 3)
    expected = scoring.score(bundle, some).loc[some.sample(frac=1, random_state=0).index]
    pd.testing.assert_frame_equal(scoring.score(bundle, shuffled), expected.set_axis(shuffled.index))


def test_rows_may_share_an_index(bundle, known):
    scores = scoring.score(bundle, known.set_axis([7] * len(known)))
    pd.testing.assert_frame_equal(scores.reset_index(drop=True), scoring.score(bundle, known))


def test_a_missing_column_is_an_error_that_names_it_unless_it_may_be_filled(bundle, some):
    without = some.drop(columns="valence")
    with pytest.raises(TableError, match="valence"):
        scoring.score(bundle, without)
    filled = scoring.score(bundle, without, allow_missing=True)
    assert (filled["problem"] == "").all() and filled["p_blend"].notna().all()
    assert (filled["filled"] == "valence").all()


def test_what_is_no_core_feature_is_filled_and_marked_in_its_row(bundle, some):
    lacking = some.drop(columns="explicit").assign(
        loudness=some["loudness"].where(some.index != some.index[3])
    )
    scores = scoring.score(bundle, lacking)
    assert (scores["problem"] == "").all() and scores["p_blend"].notna().all()
    assert scores["filled"].tolist() == [
        "loudness, explicit" if row == 3 else "explicit" for row in range(len(some))
    ]
    assert (scoring.score(bundle, some)["filled"] == "").all()


def test_no_rows_have_no_scores(bundle, some):
    assert scoring.score(bundle, some.head(0)).empty


def test_every_row_may_be_broken(bundle, some):
    scores = scoring.score(bundle, some.assign(energy=7.0))
    assert (scores["problem"] != "").all() and scores["p_blend"].isna().all()


def test_another_scale_is_settled_for_the_whole_table(bundle, some):
    shares = some.assign(loudness=some["loudness"].rank(pct=True))
    assert scoring.score(bundle, shares)["problem"].str.contains("decibels").all()
    part = scoring.score(bundle, shares, schema=canonical(shares.columns))
    assert not part["problem"].str.contains("decibels").any()


def test_scoring_leaves_the_callers_frame_alone(bundle, some):
    before = some.copy()
    scoring.score(bundle, some)
    tracks.check(some, bundle.features)
    pd.testing.assert_frame_equal(some, before)
