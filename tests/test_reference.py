"""A set of tracks of one's own: what fits it, and that a set that is like all others has no fit."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hitcast.errors import TableError
from hitcast.reference import MOST, _random_sets, _some, in_words, reference


@pytest.fixture(scope="module")
def jazz(bundle):
    """Sixty tracks of one genre."""
    genre = bundle.tracks["genre"].value_counts().index[0]
    return bundle.tracks[bundle.tracks["genre"] == genre].sample(60, random_state=0)


@pytest.fixture(scope="module")
def found(bundle, jazz):
    return reference(bundle, jazz, "mine.csv")


def test_a_genre_is_told_from_the_others_by_its_sound(found, jazz):
    assert found.fit and 0.5 < found.fit.auc.low < found.fit.auc.value < found.fit.auc.high <= 1
    assert f"one of its {len(found.tracks)} tracks" in in_words(found)
    assert sorted(found.tracks["track_id"]) == sorted(jazz["track_id"])


def test_the_fit_is_a_ratio_whose_mean_over_the_others_is_one(found, bundle, jazz):
    others = found.fit.times(bundle.tracks.drop(jazz.index))
    assert (others > 0).all() and others.mean() == pytest.approx(1, abs=0.2)
    assert np.median(found.fit.times(jazz)) > 1.3 * np.median(others)


def test_neither_the_order_of_the_set_nor_copies_in_it_matter(bundle, jazz, found):
    again = reference(bundle, pd.concat([jazz[::-1], jazz.head(20)]), "mine.csv")
    assert again.fit.auc == found.fit.auc
    np.testing.assert_array_equal(again.fit.times(bundle.tracks), found.fit.times(bundle.tracks))


def test_random_sets_have_no_fit_but_for_one_in_many(bundle):
    sets = (bundle.tracks.sample(40, random_state=seed) for seed in range(12))
    fits = [reference(bundle, each, "random") for each in sets]
    assert sum(each.fit is not None for each in fits) <= 1
    assert "not shown to differ from the others" in next(each.refused for each in fits if each.refused)


@pytest.mark.parametrize("tracks", [1, 30])
def test_a_label_of_one_sound_has_a_fit_however_many_tracks_its_artists_have(bundle, tracks):
    draws = np.random.default_rng(0)
    loud = bundle.tracks.nlargest(400, "energy").sample(150, random_state=0).assign(track_id=None, title=None)
    loud = loud.assign(artist=[f"Artist {n // tracks}" for n in range(150)], artists=None)
    loud["tempo"] += draws.uniform(2, 4, 150)
    found = reference(bundle, loud, "label.csv")
    assert found.fit and found.fit.auc.low > 0.6


@pytest.mark.parametrize(
    ("others", "sizes"),
    [
        ([600, *[10] * 4], [12] * 5),
        ([200, *[10] * 20], [200, *[30] * 10]),
        ([30, 30, *[1] * 800], [30] * 5),
    ],
    ids=["of whom one artist is left", "of whom one is as big as a set", "who have one track each"],
)
def test_others_among_whom_no_sets_like_it_can_be_drawn_are_too_few_to_judge_by(bundle, others, sizes):
    named = [f"Other {n}" for n, count in enumerate(others) for _ in range(count)]
    mine = [f"Mine {n}" for n, count in enumerate(sizes) for _ in range(count)]
    some = bundle.tracks.head(len(named)).reset_index(drop=True).assign(artist=named)
    set_of_mine = bundle.tracks.tail(len(mine)).assign(artist=mine, artists=None)
    found = reference(replace(bundle, tracks=some), set_of_mine, "mine.csv")
    assert "too few of the artists that the models learned from" in found.refused


def test_an_artist_of_many_tracks_among_many_others_hinders_no_fit(bundle, jazz):
    rest = bundle.tracks.drop(jazz.index)
    here = replace(bundle, tracks=rest.assign(artist=rest["artist"].where(rest.index % 2 == 0, "Big")))
    assert reference(here, jazz.assign(track_id=None, title=None), "mine.csv").fit


@pytest.mark.parametrize("big", [10, 19, 25])
def test_random_sets_are_of_as_many_artists_as_the_set(big):
    """Also where most of the others have one track each, and few as many as the set's."""
    artists = pd.Series([f"Big {n // 30}" for n in range(30 * big)] + [f"Small {n}" for n in range(800)])
    drawn = [artists[each] for each in _random_sets(artists, [30] * 5, seed=0)]
    assert {len(each) for each in drawn} <= set(range(150, 180))
    effective = [1 / (each.value_counts(normalize=True) ** 2).sum() for each in drawn]
    assert np.mean(effective) == pytest.approx(5, abs=1.2)


def test_of_a_large_table_whole_artists_are_taken():
    table = pd.DataFrame({"artist": [f"Artist {n // 40}" for n in range(40 * 500)], "at": range(40 * 500)})
    some = _some(table, seed=0)
    assert len(some) == MOST and some["artist"].nunique() == MOST // 40 and some["at"].is_unique
    assert set(some["artist"]) != set(_some(table, seed=1)["artist"])


def test_sets_of_artists_drawn_at_random_seldom_have_a_fit(bundle):
    tracks = bundle.tracks["artist"].value_counts()
    some = tracks.index[tracks.between(3, 60)]
    kept = 0
    for seed in range(8):
        artists = np.random.default_rng(seed).choice(some, 15, replace=False)
        found = reference(bundle, bundle.tracks[bundle.tracks["artist"].isin(artists)], "random")
        kept += found.fit is not None
    assert kept <= 1


@pytest.mark.parametrize(
    ("some", "said"),
    [
        (lambda all, jazz: jazz.head(12), "here are 12 with an artist, by"),
        (lambda all, jazz: jazz.assign(artist="One", artists="One"), "by 1."),
        (lambda all, jazz: jazz.drop(columns=["artist", "artists"]), "here are 0 with an artist, by 0."),
        (lambda all, jazz: all, "nearly all that the models learned from"),
    ],
    ids=["few tracks", "one artist", "no artists", "the table itself"],
)
def test_where_there_is_no_fit_a_sentence_says_why(bundle, jazz, some, said):
    found = reference(bundle, some(bundle.tracks, jazz), "mine.csv")
    assert found.fit is None and said in in_words(found) == found.refused
    assert found.profile["n"].max() == len(found.tracks) == len(found.neighbours.nearest(found.average, 9999))


def test_a_set_in_which_nothing_can_be_heard_is_refused(bundle, jazz):
    with pytest.raises(TableError, match=r"mine\.csv has no track with all core features"):
        reference(bundle, jazz.assign(energy=np.nan), "mine.csv")
    with pytest.raises(TableError, match="energy"):
        reference(bundle, jazz.drop(columns="energy"), "mine.csv")


def test_what_a_set_says_nothing_of_is_not_compared(bundle, jazz):
    found = reference(bundle, jazz.drop(columns="explicit"), "mine.csv")
    assert "explicit" not in found.features and set(found.average.index) == set(bundle.features) - {
        "explicit"
    }
    explicit = [found.fit.times(bundle.tracks.assign(explicit=value)) for value in (0, 1)]
    np.testing.assert_array_equal(*explicit)


def test_tracks_without_an_artist_are_compared_with_but_not_learned_from(bundle, jazz):
    some = jazz.assign(artist=jazz["artist"].where(np.arange(60) < 40), artists=None)
    found = reference(bundle, some, "mine.csv")
    assert len(found.tracks) == 60 and "one of its 40 tracks" in in_words(found)


def test_a_track_of_the_set_is_known_and_one_that_was_changed_is_not(found, bundle, jazz):
    one = found.tracks[bundle.features].iloc[3]
    assert found.has(one) and not found.has(one + 0.3)
    assert not found.has(bundle.tracks.drop(jazz.index)[bundle.features].iloc[0])


def test_the_set_may_be_all_new_to_the_models(bundle, jazz, found):
    new = jazz.assign(track_id=None, title=jazz["title"] + " again", tempo=jazz["tempo"] + 3)
    elsewhere = reference(replace(bundle, tracks=bundle.tracks.drop(jazz.index)), new, "mine.csv")
    assert elsewhere.fit.auc.value == pytest.approx(found.fit.auc.value, abs=0.03)
