"""What tracks are like: typical and average ones, the spread, the neighbours of one track."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri

from hitcast import wording
from hitcast.features import BY_NAME

QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}
USUAL_SHARE = 0.995


def continuous(features: Iterable[str]) -> list[str]:
    """Those of the features that are measured, not chosen from a list."""
    return [name for name in features if BY_NAME[name].kind != "choice"]


def typical(table: pd.DataFrame, features: Iterable[str]) -> pd.Series:
    """A made-up track in the middle of the table: each median, each most frequent choice."""
    return _middle(table, features, pd.Series.median)


def average(table: pd.DataFrame, features: Iterable[str]) -> pd.Series:
    """A made-up track: each mean, each most frequent choice."""
    return _middle(table, features, pd.Series.mean)


def _middle(table: pd.DataFrame, features: Iterable[str], centre: Callable) -> pd.Series:
    def value(name: str) -> float:
        if BY_NAME[name].kind != "choice":
            return centre(table[name])
        return table[name].mode().get(0, np.nan)

    return pd.Series({name: float(value(name)) for name in features})


def top100(table: pd.DataFrame) -> pd.DataFrame:
    """The 100 most popular tracks, or all if there are fewer; equal popularity goes by track id."""
    return _by_popularity(table).head(100)


def _by_popularity(table: pd.DataFrame) -> pd.DataFrame:
    keys = [name for name in ("popularity", "track_id") if name in table]
    return table.sort_values(keys, ascending=[name != "popularity" for name in keys], kind="stable")


def profile(table: pd.DataFrame, features: Iterable[str]) -> pd.DataFrame:
    """The spread of each feature, one row a feature.

    Returns
    -------
    DataFrame
        Columns `mean`, `q05`, `q25`, `median`, `q75`, `q95`, `std` in the feature's own unit, and
        `n`, the number of tracks that have a value. For a feature with choices only `n` means
        anything to a reader.
    """
    values = table[list(features)]
    spread = values.quantile(list(QUANTILES.values())).set_axis(list(QUANTILES)).T
    return pd.concat(
        [values.mean().rename("mean"), spread, values.std().rename("std"), values.count().rename("n")], axis=1
    ).rename_axis("feature")


def percentile(in_order: np.ndarray, value: ArrayLike) -> np.ndarray:
    """The share of values, in order as `ordered` gives them, below each value, 0 to 100; those equal to it count half.

    A missing value has no percentile, nor has any value if there is nothing to compare it with.
    """
    return 100 * _share_below(in_order, np.asarray(value, dtype=float))


def ordered(reference: ArrayLike) -> np.ndarray:
    """The values that are not missing, in ascending order."""
    reference = np.asarray(reference, dtype=float)
    return np.sort(reference[~np.isnan(reference)])


def _share_below(in_order: np.ndarray, value: np.ndarray) -> np.ndarray:
    below, up_to = (np.searchsorted(in_order, value, side) for side in ("left", "right"))
    return np.where(
        np.isnan(value) | (len(in_order) == 0), np.nan, (below + up_to) / 2 / max(len(in_order), 1)
    )


class Reach:
    """What the tracks of a table reach: each measured feature's ends, and the choices that occur.

    The ends lie a step of the feature's control further out, so that a rounded value does not count as new.
    """

    def __init__(self, table: pd.DataFrame, features: Iterable[str]) -> None:
        self._ends = {
            name: (table[name].min() - BY_NAME[name].step, table[name].max() + BY_NAME[name].step)
            for name in features
        }
        self._choices = {name: table[name].unique() for name in features if BY_NAME[name].choices}

    def beyond(self, values: np.ndarray) -> np.ndarray:
        """Where a value lies below or above all of them, or is a choice that none has made.

        A row a track and a column a feature, in the order of the features, as in what is returned.
        """
        low, high = np.array(list(self._ends.values())).T
        beyond = (values < low) | (values > high)
        for at, name in enumerate(self._ends):
            if name in self._choices:
                beyond[:, at] = ~(np.isnan(values[:, at]) | np.isin(values[:, at], self._choices[name]))
        return beyond

    def outside(self, row: pd.Series) -> list[str]:
        """The features of one track whose value none of them reaches."""
        values = row[list(self._ends)].to_numpy(dtype=float)
        beyond = self.beyond(values[np.newaxis])[0]
        return [name for name, is_beyond in zip(self._ends, beyond, strict=True) if is_beyond]


@dataclass(frozen=True)
class UsualRegion:
    """The combinations of measured features that nearly all tracks of a table have."""

    ordered: Mapping[str, np.ndarray]
    inverse: np.ndarray
    limit: float

    def distance(self, tracks: pd.DataFrame) -> np.ndarray:
        """Squared Mahalanobis distance of each row from the middle, in normal scores."""
        return self._distance(tracks[list(self.ordered)].to_numpy(dtype=float))

    def holds(self, row: pd.Series) -> bool:
        """Whether a track lies in the region; what it lacks counts as typical."""
        values = row[list(self.ordered)].to_numpy(dtype=float)
        return bool(self._distance(values[np.newaxis])[0] <= self.limit)

    def _distance(self, values: np.ndarray) -> np.ndarray:
        scores = _normal_scores(self.ordered.values(), values)
        return ((scores @ self.inverse) * scores).sum(axis=1)


def usual_region(table: pd.DataFrame, features: Iterable[str]) -> UsualRegion:
    """The region that holds 99.5 % of the table's tracks.

    Each measured feature is replaced by its normal score (the normal quantile of its rank), so that
    a few very long or very quiet tracks do not stretch the region; the distance is Mahalanobis'. A
    value that is common by itself is far off if it goes against the others: energetic but quiet.
    """
    in_order = {name: ordered(table[name]) for name in continuous(features)}
    scores = _normal_scores(in_order.values(), table[list(in_order)].to_numpy(dtype=float))
    whole = UsualRegion(in_order, np.linalg.pinv(np.atleast_2d(np.cov(scores, rowvar=False))), np.inf)
    return replace(whole, limit=float(np.quantile(whole.distance(table), USUAL_SHARE)))


def unlike(row: pd.Series, reach: Reach, region: UsualRegion) -> str:
    """What of a track a table has nothing like, in a sentence; empty where it has."""
    if beyond := reach.outside(row):
        values = wording.listed([f"{BY_NAME[name].label} {BY_NAME[name].text(row[name])}" for name in beyond])
        return f"No track that the models learned from has this: {values}."
    if not region.holds(row):
        return (
            "Each value occurs, but hardly together: such a combination is further from the middle than "
            f"{100 * USUAL_SHARE:g} % of tracks."
        )
    return ""


def _normal_scores(known: Iterable[np.ndarray], values: np.ndarray) -> np.ndarray:
    """The normal score of each value among the known ones of its column, which are in order; 0 where it is missing."""
    return np.column_stack([_normal_score(*pair) for pair in zip(known, values.T, strict=True)])


def _normal_score(in_order: np.ndarray, values: np.ndarray) -> np.ndarray:
    end = 0.5 / max(len(in_order), 1)
    return np.nan_to_num(ndtri(np.clip(_share_below(in_order, values), end, 1 - end)))


class Neighbours:
    """The tracks of a table, to be asked which of them sound most like another.

    Distance is Euclidean over the measured features, each divided by its standard deviation; a track
    that lacks a value counts as typical in it.
    """

    def __init__(self, table: pd.DataFrame, features: Iterable[str]) -> None:
        self._table, self._names = table, continuous(features)
        measured = table[self._names].pipe(lambda values: values.fillna(values.median()))
        self._values = measured.to_numpy(dtype=float)
        self._spread = measured.std().replace(0, 1).fillna(1).to_numpy(dtype=float)

    def nearest(self, row: pd.Series, n: int = 5) -> pd.DataFrame:
        """The n tracks that sound most alike, nearest first, with their `distance`.

        What the row lacks is left out. Of equally near tracks the more popular comes first, then the
        lower track id.
        """
        own = row[self._names].to_numpy(dtype=float)
        known = ~np.isnan(own)
        scaled = (self._values[:, known] - own[known]) / self._spread[known]
        distance = np.sqrt((scaled**2).sum(axis=1))
        reach = np.partition(distance, n - 1)[n - 1] if n < len(distance) else np.inf
        near = np.flatnonzero(distance <= reach)
        found = self._table.iloc[near].assign(distance=distance[near])
        return _by_popularity(found).sort_values("distance", kind="stable").head(n)
