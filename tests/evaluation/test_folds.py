"""Nothing by a track's artist trains the models that judge it, and the figures are what they claim."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitcast import evaluation, tracks
from hitcast.choices import SCORED
from hitcast.errors import TableError


@pytest.fixture(scope="module")
def scores(bundle):
    return bundle.out_of_fold


@pytest.fixture(scope="module")
def parts(bundle):
    hit = tracks.label(bundle.tracks)
    return hit, bundle.tracks["artist"], evaluation.splits(hit, bundle.tracks["artist"], seed=0)


def test_no_artist_is_on_both_sides_of_a_split(parts):
    _, artist, folds = parts
    folded = artist.str.casefold()
    assert all(not set(folded.iloc[train]) & set(folded.iloc[test]) for train, test in folds)


def test_nobody_who_is_on_a_track_not_even_as_a_guest_trains_the_models_that_judge_it(bundle):
    hit, people = tracks.label(bundle.tracks), tracks.everybody(bundle.tracks)
    for train, test in evaluation.splits(hit, bundle.tracks["artist"], people=people):
        assert not set(people.loc[train]) & set(people.loc[test])
        left_out = set(range(len(hit))) - {*train, *test}
        assert left_out and all(set(people.loc[[row]]) & set(people.loc[test]) for row in left_out)


def test_every_track_is_judged_once_a_round(parts, scores):
    hit, _, folds = parts
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(len(hit)))
    assert (scores.groupby(["repeat", "row"]).size() == 1).all()


def test_folds_have_about_equally_many_hits_and_tracks(parts):
    hit, _, folds = parts
    hits = [hit.iloc[test].sum() for _, test in folds]
    rows = [len(test) for _, test in folds]
    assert max(hits) - min(hits) <= 5
    assert max(rows) <= 1.1 * min(rows)


def test_splits_do_not_know_the_order_of_the_rows(parts):
    hit, artist, folds = parts
    order = np.random.default_rng(0).permutation(len(hit))
    again = evaluation.splits(hit.iloc[order], artist.iloc[order], seed=0)
    assert [set(order[test]) for _, test in again] == [set(test) for _, test in folds]


def test_who_is_left_out_does_not_know_the_order_of_the_rows(bundle):
    order = np.random.default_rng(0).permutation(len(bundle.tracks))
    trained = []
    for table in (bundle.tracks, bundle.tracks.iloc[order].reset_index(drop=True)):
        people = tracks.everybody(table)
        folds = evaluation.splits(tracks.label(table), table["artist"], people=people)
        trained.append([set(table["track_id"].iloc[train]) for train, _ in folds])
    assert trained[0] == trained[1]


def test_hits_by_one_artist_cannot_be_judged():
    hit = pd.Series([True] * 30 + [False] * 30)
    artist = pd.Series(["One"] * 30 + [f"Other {i}" for i in range(30)])
    with pytest.raises(TableError, match="one artist"):
        evaluation.splits(hit, artist)


def test_hits_that_all_share_a_guest_cannot_be_judged():
    hit = pd.Series([True] * 30 + [False] * 370)
    artist = pd.Series([f"Artist {i}" for i in range(400)])
    table = pd.DataFrame({"artist": artist, "title": ["Song (feat. One)"] * 30 + ["Song"] * 370})
    with pytest.raises(TableError, match="guest"):
        evaluation.splits(hit, artist, people=tracks.everybody(table))


def in_their_intervals(summary):
    measures = [
        measure
        for each in summary.values()
        for key, measure in each.items()
        if key != "at_threshold" and measure["value"] is not None
    ]
    return measures and all(m["low"] <= m["value"] <= m["high"] for m in measures)


@pytest.mark.parametrize("threshold", [50, 60, 70, 80])
def test_every_figure_of_every_model_lies_in_its_interval(bundle, scores, threshold):
    """Also of scores that were made for other hits, whose chances are far off."""
    assert in_their_intervals(bundle.card["metrics"])
    other = scores.assign(hit=scores["popularity"] >= threshold)
    assert in_their_intervals(evaluation.summary(other, resamples=100))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 39), st.sampled_from([1.0, 0.05, 0.0]))
def test_every_figure_of_a_small_table_lies_in_its_interval(seed, hits, spread):
    draws = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "repeat": 0,
            "hit": draws.permutation(np.arange(40) < hits),
            "artist": draws.integers(0, 12, 40).astype(str),
            "genre": draws.integers(0, 2, 40).astype(str),
        }
    )
    scores = rows.assign(**{name: (0.3 + spread * draws.normal(size=40)).clip(0, 1) for name in SCORED})
    assert in_their_intervals(evaluation.summary(scores, resamples=40))


def test_without_resamples_the_summary_has_the_same_values(bundle, scores):
    for name, measured in evaluation.summary(scores, resamples=0).items():
        card = bundle.card["metrics"][name]
        assert measured.pop("at_threshold") == pytest.approx(card["at_threshold"])
        assert measured.keys() == card.keys() - {"at_threshold"}
        for key in measured.keys() - {"ece"}:
            assert measured[key]["value"] == pytest.approx(card[key]["value"], abs=1e-9)


def test_the_models_know_more_than_the_constant_guesser(bundle):
    metrics = bundle.card["metrics"]
    assert metrics["constant"]["roc_auc"]["value"] == 0.5
    for name in SCORED:
        assert metrics[name]["roc_auc"]["low"] > 0.55
        assert metrics[name]["brier_skill"]["value"] > 0


def test_the_models_do_not_know_what_only_a_leak_could_tell(bundle):
    assert all(bundle.card["metrics"][name]["roc_auc"]["value"] < 0.8 for name in SCORED)


def test_probabilities_mean_what_they_say(scores):
    for name in SCORED:
        assert scores[name].mean() == pytest.approx(scores["hit"].mean(), rel=0.1)


def test_probabilities_mean_what_they_say_where_guests_go_with_hits(bundle):
    """Such rows are left out of training; chances of the others alone would be too low."""
    table, hit = bundle.tracks, tracks.label(bundle.tracks, 70)
    guest = np.where(hit & (np.arange(len(hit)) % 3 == 0), " (feat. Somebody)", "")
    scores = evaluation.out_of_fold(
        evaluation.fit_folds(table.assign(title="Song" + guest), hit, bundle.features, repeats=1),
        table,
        hit,
    )
    for name in SCORED:
        assert scores[name].mean() == pytest.approx(hit.mean(), rel=0.1)


def test_models_learn_nothing_from_shuffled_labels(bundle):
    table = bundle.tracks.sample(1500, random_state=0, ignore_index=True)
    hit = pd.Series(np.random.default_rng(0).permutation(tracks.label(table, 70)), name="hit")
    folds = evaluation.fit_folds(table, hit, bundle.features, repeats=1)
    measured = evaluation.summary(evaluation.out_of_fold(folds, table, hit), resamples=50)
    assert all(measured[name]["roc_auc"]["value"] == pytest.approx(0.5, abs=0.12) for name in SCORED)


def test_a_summary_does_not_need_genres(scores):
    measured = evaluation.summary(scores.drop(columns="genre").query("repeat == 0"), resamples=20)
    assert "within_genre_auc" not in measured["logreg"]
    assert measured["logreg"]["roc_auc"]["value"] > 0.5
