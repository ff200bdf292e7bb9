"""The study measures what it says: leaks where there are copies, no leak of its own, sentences that follow the numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hitcast import charts, evaluation, explain, features, models, tracks
from hitcast.evaluation import comparison
from hitcast.sources import sample
from hitcast.study import ceiling, elsewhere, findings, hits, imbalance, importances, leaks

CORE = list(features.CORE)


def noise(rows, seed=0, artists=None):
    """Tracks whose popularity has nothing to do with their sound."""
    draws = np.random.default_rng(seed)
    table = pd.DataFrame({name: draws.random(rows) for name in CORE}).assign(
        tempo=lambda d: 60 + 100 * d["tempo"]
    )
    artist = draws.integers(artists, size=rows) if artists else range(rows)
    return table.assign(
        track_id=[f"track{i}" for i in range(rows)],
        title=[f"Song {i}" for i in range(rows)],
        artist=[f"Artist {i}" for i in artist],
        popularity=draws.permutation(np.linspace(0, 100, rows)).round(3),
    )


@pytest.fixture(scope="module")
def part():
    """A sixth of the sample's artists, with their hits from 70 up."""
    table, _ = tracks.conform(sample.load().rows)
    table = table[table["artist"].factorize()[0] % 6 == 0].reset_index(drop=True)
    return table, tracks.label(table, 70)


@pytest.fixture(scope="module")
def fitted(part):
    """The folds, the models and their explanations, on the core features."""
    table, hit = part
    folds = list(evaluation.fit_folds(table, hit, CORE, repeats=1))
    trained = models.fit(table, hit, CORE)
    return folds, trained, explain.table_contributions(trained, table)


@pytest.fixture(scope="module")
def treated(part):
    table, hit = part
    return imbalance.treatments(table, hit, CORE)


def test_copies_are_counted_for_hits_and_for_the_rest():
    rows = pd.DataFrame({"recording": [0, 0, 0, 1, 2, 2], "popularity": [90, 10, 85, 5, 6, 7]})
    found = leaks.copies(rows)
    assert found.loc["hits", "rows_each"] == 3 and found.loc["rest", "rows_each"] == 1.5
    assert found["contradicted"].to_dict() == {"hits": 1, "rest": 0}


@pytest.fixture(scope="module")
def memorised():
    """What the protocols say of tracks that nobody can foretell, each four times in the table."""
    once = noise(160)
    raw = pd.concat([once.assign(track_id=once["track_id"] + f"/{copy}") for copy in range(4)])
    rows = leaks.usable_rows(raw, CORE)
    table, _ = tracks.conform(raw)
    return leaks.measure(rows, table, CORE, threshold=80)


def test_a_forest_seems_to_foretell_noise_where_copies_stand_on_both_sides(memorised):
    auc = memorised.query("model == @leaks.GROWN_OUT").set_index("protocol")["roc_auc"]
    assert auc[leaks.AT_RANDOM] > 0.95 and auc[leaks.BY_ID] > 0.95
    assert auc[[leaks.BY_RECORDING, leaks.BY_ARTIST, leaks.HONEST]].max() < 0.65
    assert auc[leaks.SMOTE_FIRST] > auc[leaks.HONEST] + 0.2
    assert "is memory" in findings.leak(memorised)


def test_where_nothing_leaks_the_finding_says_so(memorised):
    flat = memorised.assign(roc_auc=0.6)
    assert "hardly flatter" in findings.leak(flat) and "is memory" not in findings.leak(flat)


def test_higher_thresholds_make_fewer_hits(part):
    rates = hits.hit_rates(part[0])
    assert rates["rate"].is_monotonic_decreasing and rates["artists"].le(rates["hits"]).all()
    assert f"At 70 a hit is 1 track in {1 / part[1].mean():,.0f}" in findings.hit_rates(rates, 70)


def test_contrasts_tell_more_from_less_and_from_nothing():
    table = noise(600)
    hit = table["popularity"] >= 50
    table = table.assign(energy=table["energy"] + hit, valence=table["valence"] - hit)
    found = hits.contrasts(table, hit, CORE).set_index("feature")
    assert found.loc["energy", "low"] > 0.5 > found.loc["valence", "high"]
    assert found.loc["tempo", "low"] < 0.5 < found.loc["tempo", "high"]
    said = findings.contrasts(found.reset_index())
    assert "more energy" in said and "less valence" in said and "No clear difference: " in said


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.4, 0.6, "No feature is shown to be higher in hits and none is shown to be lower"),
        (0.6, 0.7, "Hits have more energy and none is shown to be lower"),
        (0.3, 0.4, "No feature is shown to be higher in hits and hits have less energy"),
    ],
)
def test_contrasts_of_one_kind_alone_are_a_sentence(low, high, words):
    one = pd.DataFrame({"feature": ["energy"], "auc": [(low + high) / 2], "low": [low], "high": [high]})
    assert f"**{words}.**" in findings.contrasts(one)


@pytest.mark.parametrize("treatment", ["class_weight", "smote"])
def test_balancing_inflates_the_chances_and_correction_keeps_the_order(treated, treatment):
    raw, corrected = treated[treatment, "as fitted"], treated[treatment, "corrected"]
    assert raw["logreg"].mean() > 0.3  # as if half of all tracks were hits
    for name in models.NAMES:
        assert corrected[name].mean() == pytest.approx(raw["hit"].mean(), rel=0.3)
    for _, fold in raw.assign(after=corrected["rf"]).groupby("fold"):
        assert fold["rf"].corr(fold["after"], method="spearman") == pytest.approx(1)


def test_as_fitted_nothing_is_brought_back_to_the_base_rate(fitted):
    fold = replace(fitted[0][0], log_odds_shift=3.0)
    assert imbalance._as_fitted(fold).log_odds_shift == 0


def test_made_up_hits_have_keys_that_no_track_has(part):
    table, hit = part
    shares = imbalance.made_up_choices(table, hit, [*CORE, "key", "mode"])
    assert list(shares.index) == ["key", "mode"] and (shares > 0.01).all()


def test_confusions_count_each_track_once(treated):
    plain = treated["none", "corrected"]
    found = imbalance.confusions(plain)
    assert (found[["tp", "fp", "fn", "tn"]].sum(axis=1) == len(plain)).all()


def test_a_fold_is_judged_at_the_threshold_that_is_best_in_the_others():
    scores = pd.DataFrame({"repeat": 0, "fold": [0] * 4 + [1] * 4, "rf": [0.1, 0.2, 0.3, 0.4] * 2})
    best = np.repeat([0.3, 0.4], 4)
    found = imbalance.confusions(scores.assign(hit=scores["rf"] >= best), ["rf"]).set_index("rule")
    assert found.loc["F1-best", ["tp", "fp", "fn", "tn"]].tolist() == [2, 1, 1, 4]
    assert found.loc["F1-best", "threshold"] == pytest.approx(0.35)


def test_explanations_of_the_whole_table_add_up(part, fitted):
    _, trained, explained = fitted
    errors = importances.largest_errors(explained, models.probabilities(trained, part[0]))
    assert max(errors.values()) < 1e-5


def test_importance_comes_four_ways_for_every_feature(part, fitted):
    folds, trained, explained = fitted
    found = importances.four_ways(trained, explained, importances.permutations(folds, *part))
    assert set(found.index) == set(CORE) and len(found.columns) == 8 and found.notna().all(axis=None)
    assert "Strongest over all ways" in findings.importances(found)
    charts.ranks(found).to_dict()


def test_a_time_split_learns_from_the_earlier_alone():
    table = noise(400).assign(release_date=[f"{1990 + i // 20}-01-01" for i in range(400)])
    found = elsewhere.time_split(table, 50, CORE)
    assert set(found["since"]) == {"2005-01-01"} and set(found["tracks"]) == {100}
    assert "hundredths of ROC AUC" in findings.later(found)


def test_without_dates_there_is_no_time_split():
    found = elsewhere.time_split(noise(100), 50, CORE)
    assert found.empty and "No time split" in findings.later(found)


def test_models_meet_no_artist_of_theirs_in_the_other_catalogue():
    pair = {"one": noise(200, seed=1, artists=40), "two": noise(300, seed=2, artists=80)}
    found = (
        elsewhere.transfer(pair, threshold=50)
        .query("model == 'blend'")
        .set_index(["trained_on", "tested_on"])
    )
    fresh = ~pair["two"]["artist"].isin(pair["one"]["artist"])
    assert found.loc[("one", "two"), "tracks"] == fresh.sum() and found.loc[("two", "one"), "tracks"] == 0
    assert np.isnan(found.loc[("two", "one"), "roc_auc"])
    assert "two → one: too few hits" in findings.transfer(found.reset_index().assign(model="blend"))


def test_halves_of_the_genres_share_none_and_have_hits_both(part):
    table, hit = part
    one, other = elsewhere.genre_halves(table, hit).values()
    assert not set(one["genre"]) & set(other["genre"]) and len(one) + len(other) == len(table)
    assert min(hit[one.index].sum(), hit[other.index].sum()) >= tracks.LEAST
    assert elsewhere.genre_halves(noise(50), pd.Series([True] * 50)) == {}


def test_a_track_never_tells_its_own_popularity_to_the_ceiling():
    table = noise(300)  # one track an artist: there is no history
    scores = ceiling.scores(table, table["popularity"] >= 50, CORE)
    assert scores["Artist's other tracks"].nunique() <= 5
    assert 0.35 < ceiling.figures(scores).set_index("row").loc["Audio and artist", "value"] < 0.65


def test_artists_who_stay_as_popular_lift_the_ceiling():
    table = noise(400, artists=40)
    table["popularity"] = table.groupby("artist")["popularity"].transform("mean") + table["energy"]
    hit = table["popularity"] >= table["popularity"].median()
    figures = ceiling.figures(ceiling.scores(table, hit, CORE))
    assert figures.set_index("row").loc["Artist's other tracks", "value"] > 0.9
    assert "Audio alone has" in findings.ceiling(figures)


def test_the_sentences_on_imbalance_follow_the_scores(treated):
    plain = treated["none", "corrected"]
    perfect = plain.assign(**{name: np.where(plain["hit"], 0.9, 0.01) for name in models.NAMES})
    useless = plain.assign(**{name: np.where(plain["hit"], 0.01, 0.9) for name in models.NAMES})
    for said, scores in {"a gain for 3 of 3": perfect, "a loss for 3 of 3": useless}.items():
        changes = imbalance.changes(treated | {("smote", "corrected"): scores})
        assert f"SMOTE: {said}" in findings.imbalance(changes)
    table = pd.DataFrame(
        {f"{name}: permutation": [0.1, 0.0, 0.0] for name in models.NAMES},
        index=["acousticness", "instrumentalness", "energy"],
    )
    claims = findings.claims(table, treated | {("smote", "corrected"): useless})
    here = claims.set_index(claims["claim"].str.split().str[0])["here"]
    assert here["Acousticness"] == "holds" and here["SMOTE"] == "does not hold"


def test_the_same_scores_do_not_differ(treated):
    plain = treated["none", "corrected"]
    assert comparison.difference(plain, plain["rf"], plain["rf"]) == (0, 0, 0)
    assert comparison.measured(plain, plain["hit"]).value == 1


def test_dots_and_swarms_are_charts_that_vega_lite_accepts(part, fitted):
    explained = fitted[2]
    points = charts.swarm(explained["rf"].values, part[0], drawn=50)
    assert (
        len(points) == 50 * len(CORE)
        and points["rank"].between(0, 1).all()
        and points["aside"].between(-1, 1).all()
    )
    charts.shap_summary(points, "probability").to_dict()
    charts.dependence(points, "energy", "probability", "rf").to_dict()
    frame = pd.DataFrame({"row": ["a"], "who": ["b"], "value": [0.6], "low": [0.5], "high": [0.7]})
    charts.dots(frame, "ROC AUC", {"b": "#000000"}, reference=0.5).to_dict()


def test_labelled_tracks_bring_the_mean_chance_back_the_more_the_better():
    one, two = noise(1500, artists=400), noise(3000, seed=1, artists=800)
    two["artist"] = "Other " + two["artist"]
    rare = two[(two["popularity"] < 50) | (two.index % 10 == 0)].reset_index(drop=True)
    found = elsewhere.labelled({"common": one, "rare": rare}, threshold=50, draws=10)
    there = found.query("trained_on == 'common'").set_index("tracks")
    assert there.index.tolist() == [0, *elsewhere.LABELLED]
    assert there["error"].is_monotonic_decreasing and there["error"][1000] < 0.1 * there["error"][0]
    assert there["brier_skill"][0] < -0.5 < -0.1 < there["brier_skill"][1000]
    assert "common → rare:** the mean chance is off by" in findings.labelled(found)
