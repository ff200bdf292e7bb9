"""Synthetic tracks: plainly made up, alike in every statistic, and about as hard to predict as real ones."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score

from hitcast import evaluation, features, models, tracks
from hitcast.errors import SourceError
from hitcast.sources import sample, synthetic

COLUMNS = ["popularity", *features.FULL]


@pytest.fixture(scope="module")
def real():
    return tracks.conform(sample.load().rows)[0]


@pytest.fixture(scope="module")
def many():
    """More than the default, so that what is measured on them is hardly noise."""
    return synthetic.load(rows=20_000, seed=1).rows


def out_of_fold(table, train_on=lambda rows: rows) -> np.ndarray:
    """Probabilities from a logistic regression that saw, instead of the other artists' rows, what `train_on` made of them."""
    hit, scores = tracks.label(table), np.empty(len(table))
    for train, test in evaluation.splits(hit, table["artist"]):
        seen = train_on(table.iloc[train])
        model = models.make("logreg", features.FULL).fit(seen[list(features.FULL)], tracks.label(seen))
        scores[test] = models.probability(model, table.iloc[test])
    return scores


def test_the_same_seed_gives_the_same_tracks():
    assert synthetic.load(rows=500, seed=3).rows.equals(synthetic.load(rows=500, seed=3).rows)
    assert not synthetic.load(rows=500, seed=3).rows.equals(synthetic.load(rows=500, seed=4).rows)


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(0, 400), seed=st.integers(0, 2**32 - 1))
def test_any_number_of_rows_is_drawn_and_every_row_is_usable(rows, seed):
    raw = synthetic.load(rows, seed).rows
    table, report = tracks.conform(raw)
    assert len(raw) == len(table) == rows
    assert report.dropped == {}


def test_nobody_can_take_them_for_real(real, many):
    assert many["track_id"].str.fullmatch(r"synthetic_\d{6}").all() and many["track_id"].is_unique
    assert many["title"].str.fullmatch(r"Synthetic track \d+").all()
    assert many["artist"].str.fullmatch(r"Synthetic artist \d+").all()
    assert "made-up" in synthetic.load(rows=10).detail
    assert not many.merge(real, on=list(features.FULL)).size


def test_artists_have_several_tracks_in_one_genre(real, many):
    by_artist = many.groupby("artist")
    assert (by_artist["genre"].nunique() == 1).all()
    assert by_artist.size().mean() == pytest.approx(real.groupby("artist").size().mean(), rel=0.1)


def test_every_column_is_distributed_like_the_real_one(real, many):
    for name in COLUMNS:
        assert ks_2samp(real[name], many[name]).statistic < 0.03, name
    for genre, part in real.groupby("genre"):
        drawn = many[many["genre"] == genre]
        assert len(drawn) / len(many) == pytest.approx(len(part) / len(real), abs=0.01)
        assert all(ks_2samp(part[name], drawn[name]).statistic < 0.07 for name in COLUMNS), genre


def test_rank_correlations_are_the_real_ones(real, many):
    difference = real[COLUMNS].corr("spearman") - many[COLUMNS].corr("spearman")
    assert difference.abs().max(axis=None) < 0.06


@pytest.mark.parametrize("threshold", [60, 70, 75, 80, 85])
def test_hits_are_as_rare_as_the_real_ones(real, threshold):
    drawn = synthetic.load().rows
    assert (drawn["popularity"] >= threshold).mean() == pytest.approx(
        (real["popularity"] >= threshold).mean(), abs=0.008
    )


def test_training_on_them_gets_most_of_the_way_that_real_training_gets(real):
    """Drawn from numbers that were measured without the artists in the test part."""
    hit = tracks.label(real)
    by_real = roc_auc_score(hit, out_of_fold(real)) - 0.5
    by_synthetic = roc_auc_score(hit, out_of_fold(real, synthetic.like)) - 0.5
    assert by_synthetic >= 0.85 * by_real


def test_their_hits_are_about_as_predictable_as_real_ones(real):
    drawn = [synthetic.load(seed=seed).rows for seed in (0, 1, 2)]
    aucs = [roc_auc_score(tracks.label(table), out_of_fold(table)) for table in drawn]
    assert np.mean(aucs) == pytest.approx(roc_auc_score(tracks.label(real), out_of_fold(real)), abs=0.05)


def test_they_can_resemble_a_table_with_few_features_few_tracks_and_no_genres(real):
    few = real[["track_id", "title", "artist", "popularity", *features.CORE]].sample(60, random_state=0)
    drawn, report = tracks.conform(synthetic.like(few, rows=200))
    assert report.dropped == {} and set(features.CORE) <= set(drawn)
    assert drawn["tempo"].between(few["tempo"].min(), few["tempo"].max()).all()


def test_measuring_the_sample_again_gives_the_committed_numbers(real):
    committed = json.loads(synthetic.NUMBERS.read_text("utf-8"))
    again = synthetic.fit(real)
    assert again["features"] == committed["features"]
    assert again["genres"].keys() == committed["genres"].keys()
    for name, genre in committed["genres"].items():
        for key in ("share", "tracks_an_artist", "quantiles", "choices"):
            assert again["genres"][name][key] == genre[key]
        for key in ("artist_share", "shifts", "covariance"):
            np.testing.assert_allclose(again["genres"][name][key], genre[key], atol=0.002)


def test_the_committed_numbers_are_few_and_hold_no_track(real):
    text = synthetic.NUMBERS.read_text("utf-8")
    assert len(text) < 60_000
    assert not any(track_id in text for track_id in real["track_id"])


def test_numbers_that_are_gone_are_said_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(synthetic, "NUMBERS", tmp_path / "synthetic.json")
    with pytest.raises(SourceError, match=r"fit_synthetic\.py") as caught:
        synthetic.load()
    assert str(tmp_path) not in str(caught.value)
