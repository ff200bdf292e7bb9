"""How many of the likeliest tracks will be hits: an interval that holds as often as it says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from hitcast import shortlist, wording


@pytest.fixture(scope="module")
def chances(bundle):
    return bundle.unseen_chances["blend"].to_numpy()


def world(seed, clustered):
    """Scores of three hundred artists' tracks whose hits come true as said, artist by artist where `clustered`."""
    draws = np.random.default_rng(seed)
    artist = draws.integers(0, 300, 3000)
    log_odds = draws.normal(-3.5, 1, 3000)
    luck = clustered * draws.normal(size=300)[artist]
    hit = draws.random(3000) < expit(log_odds + luck)
    return pd.DataFrame({"repeat": 0, "blend": expit(log_odds), "hit": hit, "artist": artist.astype(str)})


def test_the_interval_holds_the_mean_and_grows_with_the_list(bundle, chances):
    lists = [shortlist.expected_hits(bundle, chances, tracks) for tracks in (5, 25, 100, 400)]
    for each in lists:
        assert 0 <= each.low <= each.mean <= each.high <= each.tracks
        assert each.mean > each.at_random
    for name in ("low", "mean", "high", "at_random"):
        ends = [getattr(each, name) for each in lists]
        assert ends == sorted(ends)


def test_a_list_is_no_longer_than_the_catalogue(bundle, chances):
    everything = shortlist.expected_hits(bundle, chances[:50], 400)
    assert everything.tracks == 50 and everything.high <= 50


def test_a_table_whose_halves_may_hold_hits_alone_has_an_interval(bundle):
    scores = world(0, 0)
    few = scores.assign(artist=np.where(scores["hit"], "1", (scores.index % 4).astype(str)))
    expected = shortlist.expected_hits(replace(bundle, out_of_fold=few), few["blend"].to_numpy(), 25)
    assert expected.low <= expected.high


def test_where_hits_are_rarer_fewer_are_expected(bundle, chances):
    here, there = (shortlist.expected_hits(bundle, chances, 50, base_rate=rate) for rate in (None, 0.002))
    assert there.mean < 0.2 * here.mean and there.high < here.high


def test_the_order_of_the_catalogue_does_not_matter(bundle, chances):
    in_context = np.roll(chances, 7)
    one, other = (
        shortlist.expected_hits(bundle, chances[order], 25, in_context=in_context[order])
        for order in (np.arange(len(chances)), np.random.default_rng(0).permutation(len(chances)))
    )
    assert one == other


def test_hits_that_come_in_clusters_scatter_more(bundle):
    apart, together = (
        np.mean(
            [
                shortlist.spread(
                    shortlist.unseen(replace(bundle, out_of_fold=world(seed, clustered))), 100, 1000
                )
                for seed in range(5)
            ]
        )
        for clustered in (0, 1.5)
    )
    assert apart < 1.6 < together


@pytest.mark.parametrize("clustered", [0, 1])
def test_nine_of_ten_intervals_hold(bundle, clustered):
    held, widths = [], []
    for seed in range(60):
        scores = world(seed, clustered)
        mine = scores["artist"].astype(int) < 75
        known = replace(bundle, out_of_fold=scores[~mine])
        catalogue = scores[mine].sort_values("blend", ascending=False)
        said = shortlist.expected_hits(known, catalogue["blend"].to_numpy(), 50)
        held.append(said.low <= catalogue["hit"].head(50).sum() <= said.high)
        widths.append(said.high - said.low)
    assert np.mean(held) >= 0.8 and np.mean(widths) < 20


def test_a_list_of_one_genre_is_counted_by_its_chances_in_context(bundle):
    held, apart = {False: [], True: []}, {False: [], True: []}
    for seed in range(30):
        scores = world(seed, 0)
        genre = np.where(scores["artist"].astype(int) % 2, 1.2, -1.2)
        chance = expit(logit(scores["blend"]) + genre)
        hit = np.random.default_rng(seed).random(len(scores)) < chance
        scores = scores.assign(hit=hit, **{"with genre": chance})
        mine = (scores["artist"].astype(int) < 100) & (genre > 0)
        known = replace(bundle, out_of_fold=scores[~mine])
        catalogue = scores[mine].sort_values("blend", ascending=False)
        for in_context in (False, True):
            with_genre = catalogue["with genre"].to_numpy() if in_context else None
            said = shortlist.expected_hits(known, catalogue["blend"].to_numpy(), 50, in_context=with_genre)
            hits = catalogue["hit"].head(50).sum()
            held[in_context].append(said.low <= hits <= said.high)
            apart[in_context].append(hits - said.mean)
    assert np.mean(held[True]) >= 0.8 > np.mean(held[False])
    assert abs(np.mean(apart[True])) < 0.25 * abs(np.mean(apart[False]))


def test_one_track_in_context_moves_no_other(bundle, chances):
    one = np.where(np.arange(len(chances)) == chances.argmin(), 0.2, np.nan)
    known, unknown = (
        shortlist.expected_hits(bundle, chances, 25, in_context=each)
        for each in (one, np.full(len(one), np.nan))
    )
    assert (known.mean, known.low, known.high, known.in_context) == (
        unknown.mean,
        unknown.low,
        unknown.high,
        0,
    )


def test_where_no_context_is_known_it_changes_nothing(bundle, chances):
    unknown = np.full(len(chances), np.nan)
    assert shortlist.expected_hits(bundle, chances, 25) == shortlist.expected_hits(
        bundle, chances, 25, in_context=unknown
    )


@pytest.mark.parametrize(
    ("low", "high", "at_random", "said"),
    [
        (2, 6, 1.04, "Of the likeliest 25, expect **2 to 6 hits**; of 25 taken at random, 1.0."),
        (1, 1, 0.2, "Of the likeliest 25, expect **1 hit**; of 25 taken at random, 0.2."),
        (0, 0, 12.3, "Of the likeliest 25, expect **0 hits**; of 25 taken at random, about 12."),
    ],
)
def test_it_is_said_as_a_person_says_it(low, high, at_random, said):
    assert wording.shortlist(25, low, high, at_random) == said
