"""Honest figures: every track is scored by models that saw neither it nor anything else by its artist."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from hitcast import metrics, models
from hitcast.choices import CONSTANT, SCORED, Imbalance
from hitcast.errors import TableError

FOLDS = 5
REPEATS = 3
RESAMPLES = 400

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class FittedFold:
    """Models fitted without the artists of one part of the table, and that part's row positions."""

    repeat: int
    fold: int
    test: np.ndarray
    models: Mapping[str, Pipeline]


def splits(
    hit: pd.Series, artist: pd.Series, seed: int = 0, folds: int = FOLDS
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Row positions (train, test) of folds that share no artist and have about equally many hits and rows.

    scikit-learn's StratifiedGroupKFold lets the hits of a rare class vary threefold between folds
    (20 to 63 of 185 here), so the artists are dealt out here: those with most hits first, each to
    the fold that has fewest.

    Raises
    ------
    TableError
        If the hits are by too few artists to leave some in every part.
    """
    artist = artist.astype(str).str.casefold()
    count = min(folds, artist[hit.to_numpy()].nunique())
    if count < 2:
        raise TableError(
            "All hits are by one artist; models can be judged only on artists that they have not seen. "
            "Add hits by other artists, or choose a lower threshold."
        )
    fold = artist.map(_deal(hit, artist, seed, count)).to_numpy()
    return [(np.flatnonzero(fold != each), np.flatnonzero(fold == each)) for each in range(count)]


def _deal(hit: pd.Series, artist: pd.Series, seed: int, folds: int) -> dict[str, int]:
    """The fold of each artist."""
    artists = (
        pd.DataFrame({"hits": hit.to_numpy(), "rows": 1})
        .groupby(artist.to_numpy())
        .sum()
        .sample(frac=1, random_state=seed)
        .sort_values(["hits", "rows"], ascending=False, kind="stable")
    )
    dealt, hits, rows = {}, np.zeros(folds), np.zeros(folds)
    for name, has_hits, has_rows in artists.itertuples():
        fold = int(np.lexsort((rows, hits * (has_hits > 0)))[0])
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
    progress: Progress | None = None,
) -> Iterator[FittedFold]:
    """Fit the three models on each training part, one fold at a time, `repeats` times over."""
    for repeat in range(repeats):
        parts = splits(hit, table["artist"], seed + repeat)
        for fold, (train, test) in enumerate(parts):
            if progress:
                done = (repeat * len(parts) + fold) / (repeats * len(parts))
                progress(done, f"Testing on artists not seen: part {fold + 1}, round {repeat + 1}")
            fitted = models.fit(table.iloc[train], hit.iloc[train], features, imbalance, seed)
            yield FittedFold(repeat, fold, test, fitted)


def out_of_fold(folds: Iterable[FittedFold], table: pd.DataFrame, hit: pd.Series) -> pd.DataFrame:
    """Each track's probabilities from the models that had not seen its artist.

    One row a track and repeat: `repeat`, `fold`, `row` (position in `table`), the track's names,
    genre and popularity as far as the table has them, `hit`, and a column for each model and the blend.
    """
    about = [name for name in ("track_id", "title", "artist", "genre", "popularity") if name in table]
    parts = [
        table.iloc[fold.test][about]
        .assign(repeat=fold.repeat, fold=fold.fold, row=fold.test, hit=hit.to_numpy()[fold.test])
        .join(models.probabilities(fold.models, table.iloc[fold.test]))
        for fold in folds
    ]
    return pd.concat(parts).sort_values(["repeat", "row"], ignore_index=True)


def summary(scores: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, dict]:
    """The card's `metrics`: for each model, the blend and the constant guesser, every measure with its interval.

    A value is the mean over the repeats. `low` and `high` are the ends of its 95 % interval over
    resamples of whole artists, the same resamples for every model; see `metrics.with_interval`.
    """
    rounds = [part.assign(**{CONSTANT: part["hit"].mean()}) for _, part in scores.groupby("repeat")]
    return {name: _summary_of(rounds, name, seed, resamples) for name in (*SCORED, CONSTANT)}


def values(scores: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The measures of each model, the blend and the constant guesser on the rows as they are, without `ece`.

    These are the values of `summary`, in a hundredth of the time: what its resamples add is left out.
    """
    rounds = [part.assign(**{CONSTANT: part["hit"].mean()}) for _, part in scores.groupby("repeat")]
    return {
        name: {key: float(each[0]) for key, each in _measure(rounds, name, 0, 0).items() if key != "ece"}
        for name in (*SCORED, CONSTANT)
    }


def _summary_of(rounds: list[pd.DataFrame], name: str, seed: int, resamples: int) -> dict:
    hit, score = rounds[0]["hit"].to_numpy(bool), rounds[0][name].to_numpy(float)
    measured = {
        key: _with_interval(values, biased=key == "ece")
        for key, values in _measure(rounds, name, seed, resamples).items()
    }
    return measured | {"at_threshold": metrics.at_best_f1(hit, score)}


def _with_interval(values: np.ndarray, biased: bool) -> dict[str, float | None]:
    if not np.isfinite(values[0]):
        return dict.fromkeys(("value", "low", "high"))
    return dict(zip(("value", "low", "high"), metrics.with_interval(values, biased), strict=True))


def _measure(rounds: list[pd.DataFrame], name: str, seed: int, resamples: int) -> dict[str, np.ndarray]:
    """Each metric's value on the rows as they are, then on each resample, the mean over the rounds."""
    collected: dict[str, list[np.ndarray]] = {}
    for part in rounds:
        hit, score = part["hit"].to_numpy(bool), part[name].to_numpy(float)
        for weight in artist_resamples(part["artist"], seed, resamples):
            values = (
                metrics.of_guesser(hit, weight) if name == CONSTANT else metrics.measure(hit, score, weight)
            )
            if "genre" in part:
                genre = part["genre"].astype(str).to_numpy()
                values["within_genre_auc"] = metrics.within_genre_auc(hit, score, weight, genre)
            for key, value in values.items():
                collected.setdefault(key, []).append(value)
    return {
        key: np.concatenate(chunks).reshape(len(rounds), -1).mean(axis=0) for key, chunks in collected.items()
    }


def artist_resamples(
    artist: pd.Series, seed: int, resamples: int, at_a_time: int = 50
) -> Iterator[np.ndarray]:
    """How often each row counts: once, then as often as its artist is drawn, some resamples at a time."""
    codes, names = pd.factorize(artist.astype(str).str.casefold())
    draws = np.random.default_rng(seed)
    yield np.ones((1, len(codes)))
    for start in range(0, resamples, at_a_time):
        count = min(at_a_time, resamples - start)
        yield draws.multinomial(len(names), np.full(len(names), 1 / len(names)), size=count)[:, codes].astype(
            float
        )
