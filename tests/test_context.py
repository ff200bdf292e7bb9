"""What genre and release year add: learned where it helps, said where it is not known, honest on artists not seen."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from hitcast import context, models
from hitcast.choices import LEVELS
from hitcast.context import ANOTHER, Context
from hitcast.evaluation import comparison, first_round, fit_folds, in_order, scored, worth

WITH_GENRE, WITH_BOTH = "with genre", "with genre and year"
AT = {level: column for column, level in enumerate(LEVELS)}


def made_up(rows=4000, helpful=True, seed=0):
    """Tracks of two genres and ten years; hits are common in pop and in late years, or anywhere."""
    draws = np.random.default_rng(seed)
    genre, year = draws.choice(["pop", "rock"], rows), draws.integers(2010, 2020, rows)
    rate = 0.02 + 0.2 * (genre == "pop") * (year > 2015) if helpful else np.full(rows, 0.08)
    table = pd.DataFrame(draws.normal(size=(rows, 3)), columns=["danceability", "energy", "valence"])
    artist = pd.Series(draws.integers(0, rows // 4, rows).astype(str))
    hit = pd.Series(draws.random(rows) < rate, name="hit")
    return table.assign(genre=genre, release_date=year.astype(str), artist=artist), hit


def learned(table, hit):
    """Its context, learned from the sound as it is."""
    outline = context.outline(table)
    inputs = table[["danceability", "energy", "valence"]].to_numpy()
    return outline.fitted(inputs, outline.read(table), hit.to_numpy()), inputs


@pytest.fixture(scope="module")
def tracks():
    return made_up()


@pytest.fixture(scope="module")
def fitted(tracks):
    return learned(*tracks)


def test_chances_are_as_common_as_hits_in_each_genre(tracks, fitted):
    (table, hit), (known, inputs) = tracks, fitted
    chances = known.chances(inputs, known.read(table))
    assert chances.shape == (len(table), len(LEVELS)) and ((chances > 0) & (chances < 1)).all()
    for genre in ("pop", "rock"):
        here = table["genre"] == genre
        assert chances[here, AT[WITH_BOTH]].mean() == pytest.approx(hit[here].mean(), rel=0.1)


def test_late_pop_is_likelier_than_early_pop_and_rock_is_the_same_in_any_year(fitted):
    known, _ = fitted
    asked = pd.DataFrame(
        [("pop", "2018"), ("pop", "2011"), ("rock", "2018"), ("rock", "2011")],
        columns=["genre", "release_date"],
    )
    late_pop, early_pop, *rock = known.chances(np.zeros((4, 3)), known.read(asked))[:, AT[WITH_BOTH]]
    assert late_pop > 3 * early_pop and max(rock) < 3 * min(rock)


def test_what_is_not_known_takes_the_level_that_needs_it_not(fitted):
    known, _ = fitted
    asked = pd.DataFrame({"genre": ["pop", "pop", None, None], "release_date": ["2018", None, "2018", None]})
    chances = known.chances(np.zeros((4, 3)), known.read(asked))
    chosen = context.chosen(chances)
    assert chosen[:3].tolist() == [chances[row, AT[level]] for row, level in enumerate(reversed(LEVELS))]
    assert np.isnan(chosen[3])


@pytest.mark.parametrize(
    ("genre", "date", "said"),
    [
        ("POP", "2018-05-01", "pop, 2018"),
        ("pop;dance", 2018, "pop, 2018"),
        ("polka", "2018", "another genre, 2018"),
        ("pop", "20244", "pop, another year"),
        ("pop", "2031", "pop, another year"),
        ("pop", "1950", "pop, 1950"),
        (None, "soon", "another year"),
        ("", np.nan, ""),
    ],
)
def test_it_says_what_a_track_is_taken_as(fitted, genre, date, said):
    known, _ = fitted
    asked = pd.DataFrame({"genre": [genre], "release_date": [date]}, dtype=object)
    assert known.said(known.read(asked)).tolist() == [said] == known.said(known.of(genre, date)).tolist()


def test_a_year_before_the_first_counts_as_the_first(fitted):
    known, _ = fitted
    asked = pd.DataFrame({"genre": ["pop", "pop"], "release_date": ["1950", "2010"]})
    first, second = known.chances(np.zeros((2, 3)), known.read(asked))[:, AT[WITH_BOTH]]
    assert first == second


def test_genres_are_one_however_they_are_spelled_and_rare_ones_are_others(tracks):
    table, _ = tracks
    spelled = table["genre"].where(table.index % 9 != 0, "Pop").where(table.index >= 20, "polka")
    known = context.outline(table.assign(genre=spelled))
    assert known.genres == ("pop", "rock")
    assert (known.read(table.assign(genre=spelled)).genre == ANOTHER).sum() == 20


def test_one_genre_and_one_year_are_nothing_to_know(tracks):
    table, hit = tracks
    known, inputs = learned(table.assign(genre="pop", release_date="2018"), hit)
    assert not known.weights and known.chances(inputs, known.read(table)).size == 0


def test_a_card_holds_all_of_it(fitted):
    known, inputs = fitted
    again, given = Context.from_card(known.to_card()), known.read(made_up()[0])
    np.testing.assert_array_equal(again.chances(inputs, given), known.chances(inputs, given))


@pytest.mark.parametrize("helpful", [True, False])
def test_it_is_kept_where_it_ranks_artists_not_seen_better_and_only_there(helpful):
    table, hit = made_up(helpful=helpful, seed=1)
    outline, names = context.outline(table), ["danceability", "energy", "valence"]
    folds = fit_folds(table, hit, names, repeats=1)
    scores = in_order(
        [scored(fold, table, hit).join(worth.scored(fold, table, hit, outline)) for fold in folds]
    )
    of_levels = worth.worth(scores)
    assert set(of_levels) == set(LEVELS)
    assert worth.kept(of_levels) == (list(LEVELS) if helpful else [])


def test_what_takes_in_less_is_measured_on_the_same_tracks():
    table, hit = made_up(seed=1)
    some = table.assign(release_date=table["release_date"].where(table.index % 2 == 0))
    outline, names = context.outline(some), ["danceability", "energy", "valence"]
    folds = fit_folds(some, hit, names, repeats=1)
    scores = in_order(
        [scored(fold, some, hit).join(worth.scored(fold, some, hit, outline)) for fold in folds]
    )
    of_levels = worth.worth(scores)
    simpler, own = of_levels[WITH_BOTH]["simpler"][WITH_GENRE], of_levels[WITH_GENRE]["measures"]
    with_both = first_round(scores).dropna(subset=WITH_BOTH)
    assert of_levels[WITH_BOTH]["tracks"] == len(with_both) < of_levels[WITH_GENRE]["tracks"]
    same = comparison.measured(with_both, with_both[WITH_GENRE], resamples=0).value
    assert simpler["roc_auc"]["value"] == pytest.approx(same) != own["roc_auc"]["value"]


def test_the_sample_knows_its_genres_and_no_years(bundle):
    assert set(bundle.context.weights) == {WITH_GENRE} and bundle.context.parts == ("genre",)
    assert set(bundle.context.genres) == set(bundle.tracks["genre"])


def test_a_tracks_own_context_is_out_of_fold(bundle):
    from hitcast import scoring

    scores = scoring.score(bundle, bundle.tracks)
    assert np.allclose(scores["p_context"], bundle.unseen_chances[WITH_GENRE])
    elsewhere = scoring.score(bundle, bundle.tracks.assign(genre="rock"))
    inputs = models.inputs(bundle.models["logreg"], bundle.tracks)
    there, here = (
        logit(bundle.context.chances(inputs, bundle.context.read(each))[:, 0])
        for each in (bundle.tracks.assign(genre="rock"), bundle.tracks)
    )
    assert np.allclose(logit(elsewhere["p_context"]), logit(scores["p_context"]) + there - here)


def test_a_level_that_some_folds_could_not_learn_is_not_judged():
    table, hit = made_up(seed=2)
    known = hit.to_numpy().nonzero()[0][:24]
    few = table.assign(genre=table["genre"].where(table.index.isin(known) | (~hit & (table.index % 20 == 0))))
    outline, names = context.outline(few), ["danceability", "energy", "valence"]
    scores = in_order(
        [
            scored(fold, few, hit).join(worth.scored(fold, few, hit, outline))
            for fold in fit_folds(few, hit, names, repeats=1)
        ]
    )
    assert set(worth.worth(scores)) == {"with year"}


def figures(auc, skill):
    return {"roc_auc": {"value": auc}, "brier_skill": {"value": skill}}


@pytest.mark.parametrize(("auc", "skill", "kept"), [(0.8, 0.1, True), (0.74, 0.1, False), (0.8, 0.04, False)])
def test_what_takes_in_more_is_kept_only_where_it_is_not_below_what_takes_in_less(auc, skill, kept):
    """On the same tracks: on all that have a genre the simpler level may look better than it is on those with a year too."""
    gain = {"value": 0.05, "low": 0.01, "high": 0.1}
    on_all, on_the_same = ({"sound": figures(0.7, 0.02), "gain": gain} for _ in range(2))
    worths = {
        "with genre": on_all | {"measures": figures(0.99, 0.5), "simpler": {}},
        WITH_BOTH: on_the_same
        | {"measures": figures(auc, skill), "simpler": {"with genre": figures(0.75, 0.05)}},
    }
    assert worth.kept(worths) == ["with genre", WITH_BOTH][: 1 + kept]


def test_what_no_level_takes_in_is_not_said(fitted):
    known, _ = fitted
    only = replace(known, weights={"with year": known.weights["with year"]}).taken()
    asked = pd.DataFrame({"genre": ["pop", "pop"], "release_date": ["2018", None]})
    assert only.genres == () and only.said(only.read(asked)).tolist() == ["2018", ""]


def test_the_sounds_chance_does_not_hear_the_genre(bundle):
    from hitcast import scoring

    some = bundle.tracks.head(50)
    one, other = (scoring.score(bundle, some.assign(genre=genre)) for genre in ("rock", "dubstep"))
    assert one["p_blend"].equals(other["p_blend"]) and not one["p_context"].equals(other["p_context"])
