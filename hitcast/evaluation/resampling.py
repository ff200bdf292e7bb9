"""Every measure of the models with its interval, over resamples of whole artists."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from hitcast.choices import CONSTANT, SCORED
from hitcast.evaluation import metrics

RESAMPLES = 400


def summary(scores: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, dict]:
    """The card's `metrics`: for each model, the blend and the constant guesser, every measure with its interval.

    A value is the mean over the repeats. `low` and `high` are the ends of its 95 % interval over
    resamples of whole artists, the same resamples for every model; see `metrics.with_interval`. Without
    resamples both are the value, and `ece` is the biased one.
    """
    rounds = [part.assign(**{CONSTANT: part["hit"].mean()}) for _, part in scores.groupby("repeat")]
    return {name: _summary_of(rounds, name, seed, resamples) for name in (*SCORED, CONSTANT)}


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
