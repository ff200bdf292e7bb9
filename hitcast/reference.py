"""A set of tracks, such as a playlist to pitch to → what it is like, and how much more a track is like it than like the rest."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline

from hitcast import evaluation, models, profiles, tracks
from hitcast.bundle.contents import Bundle
from hitcast.errors import TableError
from hitcast.evaluation import comparison
from hitcast.evaluation.comparison import Interval
from hitcast.evaluation.folds import FOLDS
from hitcast.tracks.recordings import Known
from hitcast.tracks.schema import Damage

LEAST_TRACKS = 30
MOST = 5000  # tracks of either side that a fit is learned from
RANDOM_SETS = 40
CANDIDATES = (
    20  # artists at least, from whom one of a random set is drawn: sets of the same few would not scatter
)
FEW_OTHERS = (
    "No fit to these tracks is given: too few of the artists that the models learned from have as many tracks as the artists here, so "
    "nobody could say how far chance alone would come."
)


@dataclass(frozen=True)
class Fit:
    """How many times as common tracks of a sound are in a set as among the others that a bundle's models learned from.

    It is learned from `tracks` of the set, those with an artist, some of them where they are many.
    `auc` is how well it tells the set's tracks from the others on artists that it was not learned from. Its interval
    is that of artists drawn anew, or reaches as far as sets of artists drawn at random come where that is further.
    """

    auc: Interval
    tracks: int
    line: Pipeline
    intercept: float
    slope: float

    def times(self, frame: pd.DataFrame) -> np.ndarray:
        """The ratio for each row of a frame with the features, shape (n,)."""
        return np.exp(self.intercept + self.slope * logit(models.probability(self.line, frame)))


@dataclass(frozen=True)
class Reference:
    """A set of tracks beside a bundle's, one row a recording, those of the bundle's `features` that it has, and its fit.

    Where there is none, `refused` says why.
    """

    name: str
    tracks: pd.DataFrame
    features: list[str]
    fit: Fit | None
    refused: str

    @cached_property
    def profile(self) -> pd.DataFrame:
        """The spread of each feature in the set; see `profiles.profile`."""
        return profiles.profile(self.tracks, self.features)

    @cached_property
    def average(self) -> pd.Series:
        """The set's average features."""
        return profiles.average(self.tracks, self.features)

    @cached_property
    def neighbours(self) -> profiles.Neighbours:
        """The set's tracks, to be asked which of them sound most like another."""
        return profiles.Neighbours(self.tracks, self.features)

    def has(self, row: pd.Series) -> bool:
        """Whether a track with these values is one of the set."""
        _, same = self._known.find(row[self.features].to_frame().T, pd.DataFrame(index=[0]))
        return bool(same[0])

    @cached_property
    def _known(self) -> Known:
        return Known(self.tracks, self.features)


def reference(
    bundle: Bundle, raw: pd.DataFrame, name: str, damage: Damage | None = None, seed: int = 0
) -> Reference:
    """The tracks of raw rows in any known schema as a set beside a bundle's tracks.

    Raises
    ------
    TableError
        If no row is a track with the core features.
    """
    table, _ = tracks.conform(raw, labelled=False, damage=damage)
    names = [each for each in bundle.features if each in table]
    if table.empty:
        raise TableError(f"{name} has no track with all core features, so there is nothing to compare with.")
    try:
        return Reference(name, table, names, _fit(bundle, table, names, seed), "")
    except TableError as refusal:
        return Reference(name, table, names, None, str(refusal))


def in_words(found: Reference) -> str:
    """How well a set's fit tells its tracks from others, or why there is none."""
    if found.fit is None:
        return found.refused
    value, low, high = (100 * each for each in found.fit.auc)
    return (
        f"Of 100 pairs of one of its {found.fit.tracks:,} tracks and another that the models learned from, by artists left out, "
        f"the fit puts {value:.0f} in the right order ({low:.0f} to {high:.0f}), a coin 50."
    )


def _fit(bundle: Bundle, table: pd.DataFrame, names: list[str], seed: int) -> Fit:
    """Raises TableError where the set is too small, or is not shown to differ from the others."""
    both, member = _beside_others(bundle, table, seed)
    line = models.make("logreg", names)
    line.set_params(classify__class_weight="balanced").fit(both[names], member)
    # What scales the values has seen all rows, but not which are of the set.
    inputs, artist = models.inputs(line, both), both["artist"]
    held_out = _held_out(inputs, member, artist, seed)
    auc = _auc(inputs, member, artist, held_out, seed)
    if auc.low <= 0.5:
        raise TableError(
            "No fit to these tracks is given: by their sound they are not shown to differ from the others, "
            f"{100 * auc.value:.0f} pairs of 100 in the right order ({100 * auc.low:.0f} to {100 * auc.high:.0f}), a coin 50."
        )
    scale = LogisticRegression(class_weight="balanced").fit(logit(held_out)[:, None], member)
    return Fit(auc, int(member.sum()), line, float(scale.intercept_[0]), float(scale.coef_[0, 0]))


def _with_artist(table: pd.DataFrame) -> pd.DataFrame:
    return table.dropna(subset="artist") if "artist" in table else table.head(0)


def _are_enough(table: pd.DataFrame) -> bool:
    return len(table) >= LEAST_TRACKS and _artists(table) >= FOLDS


def _artists(table: pd.DataFrame) -> int:
    return table["artist"].str.casefold().nunique() if len(table) else 0


def _beside_others(bundle: Bundle, table: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """The set's tracks and those of the bundle that are none of them, and which row is of the set."""
    known = _with_artist(table)
    if not _are_enough(known):
        raise TableError(
            f"A fit is learned from {LEAST_TRACKS} tracks by {FOLDS} artists or more; here are {len(known):,} "
            f"with an artist, by {_artists(known):,}."
        )
    which = table[[name for name in ("track_id", "title", "artist") if name in table]]
    place, _ = bundle.known.find(table.reindex(columns=bundle.features), which)
    rest = bundle.tracks.drop(bundle.tracks.index[place[place >= 0]])
    if not _are_enough(rest):
        raise TableError(
            "No fit to these tracks is given: they are nearly all that the models learned from, so there are no others to "
            "tell them from."
        )
    sides = [_some(side, seed) for side in (known, rest)]
    member = np.repeat([True, False], [len(side) for side in sides])
    return pd.concat(sides, ignore_index=True), pd.Series(member, name="hit")


def _some(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Whole artists at random, so that each keeps as many tracks as the others', until there are enough."""
    if len(table) <= MOST:
        return table
    which, tracks = np.unique(table["artist"].str.casefold().to_numpy(dtype=str), return_inverse=True)
    draws = np.random.default_rng(seed)
    place = draws.permutation(len(which))[tracks]
    # Within an artist at random too, for one alone may have more than enough.
    return table.iloc[np.lexsort((draws.random(len(table)), place))[:MOST]]


def _held_out(inputs: np.ndarray, member: pd.Series, artist: pd.Series, seed: int) -> np.ndarray:
    """How likely each row is of the set, as lines say that were learned without its artist."""
    said = np.empty(len(inputs))
    for train, test in evaluation.splits(member, artist, seed):
        if member.iloc[train].nunique() < 2:
            raise TableError(FEW_OTHERS)
        line = LogisticRegression(max_iter=1000, class_weight="balanced").fit(
            inputs[train], member.iloc[train]
        )
        said[test] = line.predict_proba(inputs[test])[:, 1]
    return said


def _auc(
    inputs: np.ndarray, member: pd.Series, artist: pd.Series, held_out: np.ndarray, seed: int
) -> Interval:
    value, low, high = comparison.measured(pd.DataFrame({"hit": member, "artist": artist}), held_out, seed)
    others = np.flatnonzero(~member)
    sizes = artist[member].str.casefold().value_counts().to_list()
    scatter = [
        roc_auc_score(drawn, _held_out(inputs[others], drawn, artist.iloc[others], seed))
        for drawn in _random_sets(artist.iloc[others], sizes, seed)
    ]
    # Artists of many tracks may sound unlike the rest whichever they are.
    reach = max(np.mean(scatter) - 0.5, 0) + 1.96 * np.std(scatter, ddof=1)
    return Interval(value, max(min(low, value - reach), 0.0), min(max(high, value + reach), 1.0))


def _random_sets(artist: pd.Series, sizes: list[int], seed: int) -> Iterator[pd.Series]:
    """Sets of artists drawn at random, as many tracks of each as the sizes say in turn, or all of an artist who has fewer.

    They hold as many tracks as the sizes add up to, half of all at most, each size then less in proportion. Raises TableError
    where too few artists have enough tracks for sets like the one of these sizes.
    """
    draws = np.random.default_rng(seed)
    rows = list(artist.groupby(artist.str.casefold().to_numpy()).indices.values())
    count, total = np.array([len(each) for each in rows]), min(sum(sizes), len(artist) // 2)
    sizes = [max(size * total // sum(sizes), 1) for size in sizes]
    for _ in range(RANDOM_SETS):
        drawn, taken = np.zeros(len(artist), dtype=bool), []
        left = draws.permutation(len(rows))
        left = left[np.argsort(-count[left], kind="stable")]
        for size in cycle(sizes):
            # Where hardly anybody has so many tracks, one of those with most.
            fit = max(int((count[left] >= size).sum()), CANDIDATES)
            at = draws.integers(min(fit, len(left)))
            chosen = draws.permutation(rows[left[at]])[:size]
            drawn[chosen], left = True, np.delete(left, at)
            taken.append(len(chosen))
            if drawn.sum() >= total or not len(left):
                break
        if len(taken) < 2 or _effective(taken) > 2 * max(_effective(sizes), 2):
            raise TableError(FEW_OTHERS)
        yield pd.Series(drawn)


def _effective(sizes: list[int]) -> float:
    """How many artists of one size scatter as much as those of these sizes."""
    return sum(sizes) ** 2 / sum(size**2 for size in sizes)
