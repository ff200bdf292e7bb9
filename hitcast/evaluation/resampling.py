"""Every measure of the models with its interval, over resamples of whole artists."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from joblib import Parallel, cpu_count, delayed

from hitcast.choices import CONSTANT, SCORED
from hitcast.evaluation import metrics

RESAMPLES = 400
# Each thread holds some ten arrays of so many numbers, 8 MB each.
MOST_THREADS, MOST_AT_A_TIME = 4, 1_000_000


def summary(
    scores: pd.DataFrame,
    seed: int = 0,
    resamples: int = RESAMPLES,
    names: Sequence[str] = (*SCORED, CONSTANT),
) -> dict[str, dict]:
    """The card's `metrics`: for each model, the blend and the constant guesser, every measure with its interval.

    A value is the mean over the repeats. `low` and `high` are the ends of its 95 % interval over
    resamples of whole artists, the same resamples for every model; see `metrics.with_interval`. Without
    resamples both are the value, and `ece` is the biased one.
    """
    rounds = [part.assign(**{CONSTANT: part["hit"].mean()}) for _, part in scores.groupby("repeat")]
    asked = [(name, part) for name in names for part in rounds]
    # NumPy works without the interpreter's lock.
    measured = Parallel(n_jobs=min(cpu_count(), MOST_THREADS), prefer="threads")(
        delayed(_measure)(part, name, seed, resamples) for name, part in asked
    )
    found: dict[str, list] = {}
    for (name, _), each in zip(asked, measured, strict=True):
        found.setdefault(name, []).append(each)
    return {name: _summary_of(rounds[0], name, each) for name, each in found.items()}


def _summary_of(first: pd.DataFrame, name: str, measured: list[dict[str, np.ndarray]]) -> dict:
    """Of each measure the mean over the rounds."""
    values = {key: np.mean([each[key] for each in measured], axis=0) for key in measured[0]}
    return {key: _with_interval(each, biased=key == "ece") for key, each in values.items()} | {
        "at_threshold": metrics.at_best_f1(first["hit"].to_numpy(bool), first[name].to_numpy(float))
    }


def _with_interval(values: np.ndarray, biased: bool) -> dict[str, float | None]:
    if not np.isfinite(values[0]):
        return dict.fromkeys(("value", "low", "high"))
    return dict(zip(("value", "low", "high"), metrics.with_interval(values, biased), strict=True))


def _measure(part: pd.DataFrame, name: str, seed: int, resamples: int) -> dict[str, np.ndarray]:
    """Each measure of a model in one round: of the rows as they are, then of each resample."""
    hit, score = part["hit"].to_numpy(bool), part[name].to_numpy(float)
    genre = part["genre"].astype(str).to_numpy() if "genre" in part else None
    drawn = []
    for weight in artist_resamples(part["artist"], seed, resamples):
        values = metrics.of_guesser(hit, weight) if name == CONSTANT else metrics.measure(hit, score, weight)
        if genre is not None:
            values["within_genre_auc"] = metrics.within_genre_auc(hit, score, weight, genre)
        drawn.append(values)
    return {key: np.concatenate([each[key] for each in drawn]) for key in drawn[0]}


def artist_resamples(artist: pd.Series, seed: int, resamples: int) -> Iterator[np.ndarray]:
    """How often each row counts: once, then as often as its artist is drawn, some resamples at a time."""
    at_a_time = max(1, min(50, MOST_AT_A_TIME // max(len(artist), 1)))
    codes, names = pd.factorize(artist.astype(str).str.casefold())
    draws = np.random.default_rng(seed)
    yield np.ones((1, len(codes)))
    for start in range(0, resamples, at_a_time):
        count = min(at_a_time, resamples - start)
        yield draws.multinomial(len(names), np.full(len(names), 1 / len(names)), size=count)[:, codes].astype(
            float
        )
