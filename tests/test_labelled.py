"""Chances held against what came true: on artists the models have not met, with what helps and what does not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hitcast import labelled, scoring, sources
from hitcast.errors import TableError


@pytest.fixture(scope="module")
def others():
    """Tracks that the sample's models have heard nothing of."""
    return sources.load("synthetic").table


def thinned(table, rarer, seed=0):
    """The table with hits made rarer."""
    draws = np.random.default_rng(seed).random(len(table))
    return table[(table["popularity"] < 80) | (draws < 1 / rarer)].reset_index(drop=True)


def test_it_counts_what_is_there(bundle, others):
    judged = labelled.judge(bundle, others)
    assert (judged.tracks, judged.met) == (len(others), 0)
    assert judged.hits == (others["popularity"] >= 80).sum()
    assert judged.mean["said"] == pytest.approx(scoring.score(bundle, others)["p_blend"].mean())


def test_tracks_with_somebody_the_models_have_met_are_left_out(bundle, others):
    both = pd.concat([others, bundle.tracks], ignore_index=True)
    judged = labelled.judge(bundle, both)
    assert (judged.tracks, judged.met) == (len(others), len(bundle.tracks))
    assert judged.mean == labelled.judge(bundle, others).mean


def test_where_hits_are_rarer_moving_helps_and_says_about_as_many_as_there_are(bundle, others):
    rare = thinned(others, 4)
    judged = labelled.judge(bundle, rare)
    apart = {name: abs(mean - judged.base_rate) for name, mean in judged.mean.items()}
    assert judged.gain.low > 0 and apart["moved"] < 0.5 * apart["said"]
    assert judged.advised == round(1 / judged.base_rate)
    assert f"set 1 in {judged.advised:,} as the base rate" in " ".join(labelled.in_words(judged))


def test_where_hits_are_as_common_nothing_is_advised(bundle, others):
    rate = (others["popularity"] >= 80).mean()
    judged = labelled.judge(bundle, thinned(others, max(1, rate / bundle.card["base_rate"])))
    assert judged.gain.low <= 0 and judged.advised is None
    assert "as the base rate" not in " ".join(labelled.in_words(judged))


def test_recordings_that_the_models_know_are_met_whatever_they_are_called(bundle, others):
    renamed = bundle.tracks.head(300).assign(artist="Somebody Else", artists="Somebody Else")
    renamed["tempo"] += 0.5 * (renamed.index % 2)
    both = pd.concat([others, renamed], ignore_index=True)
    judged = labelled.judge(bundle, both)
    assert (judged.tracks, judged.met) == (len(others), 300)


def test_somebody_on_most_tracks_of_a_file_is_met_as_anybody_is(bundle, others):
    star = bundle.tracks["artist"].iloc[0]
    with_star = others.assign(artists=others["artist"] + "; " + star)
    with pytest.raises(TableError, match="from somebody on it"):
        labelled.judge(bundle, with_star)


def test_labels_at_random_are_ranked_no_better_than_by_a_coin_and_training_is_advised(bundle, others):
    shuffled = others.assign(popularity=others["popularity"].sample(frac=1, random_state=1).to_numpy())
    judged = labelled.judge(bundle, shuffled)
    auc = judged.measures["said"]["roc_auc"]
    assert auc["low"] < 0.5 < auc["high"]
    assert labelled.in_words(judged)[-1].endswith("(hitcast build --source).")


def test_with_few_hits_it_says_only_how_many(bundle, others):
    few = pd.concat([others[others["popularity"] >= 80].head(5), others[others["popularity"] < 80].head(200)])
    judged = labelled.judge(bundle, few.reset_index(drop=True))
    assert not judged.measures and judged.advised is None
    assert len(labelled.in_words(judged)) == 2 and "5 came out as hits" in labelled.in_words(judged)[0]


def test_a_table_of_artists_it_knows_is_refused(bundle):
    with pytest.raises(TableError, match="from somebody on it"):
        labelled.judge(bundle, bundle.tracks)


@pytest.mark.parametrize("lacking", ["popularity", "artist"])
def test_a_table_without_labels_gets_one_sentence(bundle, others, lacking):
    names = [name for name in others if not name.startswith(lacking)]
    with pytest.raises(TableError, match=lacking):
        labelled.judge_rows(bundle, others[names])


def test_raw_rows_are_cleaned_first(bundle, others):
    raw = pd.concat([others, others.head(50)], ignore_index=True)
    assert labelled.judge_rows(bundle, raw) == labelled.judge(bundle, others)


def test_another_threshold_is_another_question(bundle, others):
    easy = replace(bundle, card=bundle.card | {"threshold": 60})
    assert labelled.judge(easy, others).hits == (others["popularity"] >= 60).sum()


def test_the_command_says_it_in_sentences(entered, built, others, tmp_path):
    others.to_csv(tmp_path / "others.csv", index=False)
    done = entered(
        "evaluate", tmp_path / "others.csv", "--models-dir", built / "models", "--data-dir", built / "data"
    )
    assert done.returncode == 0 and f"Of {len(others):,} tracks by artists" in done.stdout
