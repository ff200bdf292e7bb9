"""Honest figures: every track is scored by models that saw neither it nor anything else by its artist."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.pipeline import Pipeline

from hitcast import models, tracks
from hitcast.choices import Imbalance
from hitcast.errors import TableError
from hitcast.models import Probabilities
from hitcast.progress import Progress, silent

FOLDS = 5
REPEATS = 3


@dataclass(frozen=True)
class FittedFold:
    """Models fitted without the people of one part of the table, and the row positions of both.

    `log_odds_shift` brings their chances to the share of hits among all rows outside that part: the rows that were
    left out of training for the people on them may be hits more or less often.
    """

    repeat: int
    fold: int
    train: np.ndarray
    test: np.ndarray
    models: Mapping[str, Pipeline]
    log_odds_shift: float = 0.0

    def shifted(self, chances: Probabilities) -> Probabilities:
        """Chances of models of the training part as they are where hits are as common as outside the test part."""
        return expit(logit(chances) + self.log_odds_shift)


def splits(
    hit: pd.Series, artist: pd.Series, seed: int = 0, folds: int = FOLDS, people: pd.Series | None = None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Row positions (train, test) of folds that share no artist and have about equally many hits and rows.

    With the `people` of the tracks, nobody plays on both sides: a training row with somebody of the test part,
    be it as a guest, is left out.

    scikit-learn's StratifiedGroupKFold lets the hits of a rare class vary threefold between folds
    (20 to 63 of the sample's 184), so the artists are dealt out here: those with most hits first, each to
    the fold that has fewest.

    Raises
    ------
    TableError
        If the hits are by too few artists, or share too many people, to leave some in every part.
    """
    artist = artist.astype(str).str.casefold()
    count = min(folds, artist[hit.to_numpy()].nunique())
    if count < 2:
        raise TableError(
            "All hits are by one artist; models can be judged only on artists that they have not seen. "
            "Add hits by other artists, or choose a lower threshold."
        )
    fold = artist.map(_deal(hit, artist, seed, count)).to_numpy()
    parts = [(np.flatnonzero(fold != each), np.flatnonzero(fold == each)) for each in range(count)]
    return (
        parts if people is None else [(_strangers(train, test, hit, people), test) for train, test in parts]
    )


def _strangers(train: np.ndarray, test: np.ndarray, hit: pd.Series, people: pd.Series) -> np.ndarray:
    """The training rows with nobody who is on a row of the test part."""
    known = people[people.index.isin(test)]
    rest = np.setdiff1d(train, people.index[people.isin(known)])
    if not 0 < hit.iloc[rest].sum() < len(rest):
        raise TableError(
            "Nearly all hits share an artist or a guest; models can be judged only on tracks with nobody whom they have "
            "seen. Add hits by others, or choose a lower threshold."
        )
    return rest


def _deal(hit: pd.Series, artist: pd.Series, seed: int, folds: int) -> dict[str, int]:
    """The fold of each artist."""
    artists = (
        pd.DataFrame({"hits": hit.to_numpy(), "rows": 1})
        .groupby(artist.to_numpy())
        .sum()
        .sample(frac=1, random_state=seed)
        .sort_values(["hits", "rows"], ascending=False, kind="stable")
    )
    dealt, hits, rows = {}, [0] * folds, [0] * folds
    for name, has_hits, has_rows in zip(artists.index, *artists.to_numpy().T.tolist(), strict=True):
        *_, fold = min((hits[each] if has_hits else 0, rows[each], each) for each in range(folds))
        dealt[name] = fold
        hits[fold] += has_hits
        rows[fold] += has_rows
    return dealt


def fit_folds(
    table: pd.DataFrame,
    hit: pd.Series,
    features: Sequence[str],
    imbalance: Imbalance = "none",
    seed: int = 0,
    repeats: int = REPEATS,
    nearness: pd.Series | None = None,
    progress: Progress = silent,
) -> Iterator[FittedFold]:
    """Fit the three models on each training part, one fold at a time, `repeats` times over; `nearness` as in `models.fit`."""
    people = tracks.everybody(table)
    for repeat in range(repeats):
        parts = splits(hit, table["artist"], seed + repeat, people=people)
        for fold, (train, test) in enumerate(parts):
            done = (repeat * len(parts) + fold) / (repeats * len(parts))
            progress(done, f"Testing on artists not seen: part {fold + 1}, round {repeat + 1}")
            near = None if nearness is None else nearness.iloc[train]
            fitted = models.fit(table.iloc[train], hit.iloc[train], features, imbalance, seed, near)
            others = np.delete(hit.to_numpy(), test)
            shift = logit(others.mean()) - logit(hit.iloc[train].mean())
            yield FittedFold(repeat, fold, train, test, fitted, float(shift))


def out_of_fold(folds: Iterable[FittedFold], table: pd.DataFrame, hit: pd.Series) -> pd.DataFrame:
    """Each track's probabilities from the models that had not seen its artist.

    One row a track and repeat: `repeat`, `fold`, `row` (position in `table`), the track's names,
    genre and popularity as far as the table has them, `hit`, and a column for each model and the blend.
    """
    return in_order([scored(fold, table, hit) for fold in folds])


def scored(fold: FittedFold, table: pd.DataFrame, hit: pd.Series) -> pd.DataFrame:
    """The rows of `out_of_fold` that a fold's models had not seen."""
    about = [name for name in ("track_id", "title", "artist", "genre", "popularity") if name in table]
    given = models.probabilities(fold.models, table.iloc[fold.test])
    return (
        table.iloc[fold.test][about]
        .assign(repeat=fold.repeat, fold=fold.fold, row=fold.test, hit=hit.to_numpy()[fold.test])
        .join(fold.shifted(given))
    )


def in_order(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The scores of several folds as one table, by repeat and row."""
    return pd.concat(parts).sort_values(["repeat", "row"], ignore_index=True)


def first_round(scores: pd.DataFrame) -> pd.DataFrame:
    """The out-of-fold scores of one round: each track once."""
    return scores[scores["repeat"] == scores["repeat"].min()]
