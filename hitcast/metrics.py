"""How good probabilities are: each measure once, for the rows as they are or for many resamples at a time.

Every function in `METRICS` takes `hit` (n,) bool, `score` (n,) probabilities and `weight` (b, n),
how often each row counts in each of b resamples, and returns b values.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

Metric = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

CALIBRATION_BINS = 10


def _sum_ties(score: np.ndarray, *weights: np.ndarray) -> list[np.ndarray]:
    """The weights summed over rows of equal score, the scores descending."""
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=np.inf))
    return [np.add.reduceat(weight[:, order], starts, axis=1) for weight in weights]


def roc_auc(hit: np.ndarray, score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The chance that a hit scores above a track that is none, ties counting half."""
    hits, rest = _sum_ties(score, weight * hit, weight * ~hit)
    ranked_below = rest.sum(axis=1, keepdims=True) - rest.cumsum(axis=1) + rest / 2
    with np.errstate(invalid="ignore"):
        return (hits * ranked_below).sum(axis=1) / (hits.sum(axis=1) * rest.sum(axis=1))


def average_precision(hit: np.ndarray, score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Precision averaged over the recall that each distinct score adds."""
    hits, rows = _sum_ties(score, weight * hit, weight)
    with np.errstate(invalid="ignore"):
        precision = np.nan_to_num(hits.cumsum(axis=1) / rows.cumsum(axis=1))
        return (hits * precision).sum(axis=1) / hits.sum(axis=1)


def _mean(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return (weight * values).sum(axis=1) / weight.sum(axis=1)


def brier(hit: np.ndarray, score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mean squared distance of the probability from what happened; 0 is perfect."""
    return _mean((score - hit) ** 2, weight)


def brier_skill(hit: np.ndarray, score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The share of the base-rate guesser's Brier score that is saved; 0 is no better than guessing."""
    base_rate = _mean(hit, weight)
    return 1 - brier(hit, score, weight) / (base_rate * (1 - base_rate))


def log_loss(hit: np.ndarray, score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mean negative log of the probability given to what happened, in nats."""
    said = np.clip(np.where(hit, score, 1 - score), 1e-12, 1)
    return _mean(-np.log(said), weight)


def calibration_bins(score: np.ndarray) -> np.ndarray:
    """The bin of each row, 0 to 9, about equally many rows a bin and equal scores together."""
    edges = np.unique(np.quantile(score, np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1]))
    return np.searchsorted(edges, score, side="right")


def ece(hit: np.ndarray, score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Expected calibration error: how far ten equal groups' mean probability lies from their hit rate."""
    bins = calibration_bins(score)
    gap = weight * (score - hit)
    return sum(abs(gap[:, bins == each].sum(axis=1)) for each in np.unique(bins)) / weight.sum(axis=1)


def precision_at_top(hit: np.ndarray, score: np.ndarray, weight: np.ndarray, share: float) -> np.ndarray:
    """The hit rate among the `share` of rows with the highest scores; ties share the last places."""
    hits, rows = _sum_ties(score, weight * hit, weight)
    places = share * rows.sum(axis=1, keepdims=True)
    taken = np.clip(places - (rows.cumsum(axis=1) - rows), 0, rows)
    with np.errstate(invalid="ignore"):
        return (hits * np.nan_to_num(taken / rows)).sum(axis=1) / places[:, 0]


def lift_at_top(hit: np.ndarray, score: np.ndarray, weight: np.ndarray, share: float) -> np.ndarray:
    """`precision_at_top` as a multiple of the base rate."""
    return precision_at_top(hit, score, weight, share) / _mean(hit, weight)


METRICS: dict[str, Metric] = {
    "roc_auc": roc_auc,
    "average_precision": average_precision,
    "brier": brier,
    "brier_skill": brier_skill,
    "log_loss": log_loss,
    "ece": ece,
    "precision_top_1pct": partial(precision_at_top, share=0.01),
    "precision_top_5pct": partial(precision_at_top, share=0.05),
    "lift_top_1pct": partial(lift_at_top, share=0.01),
    "lift_top_5pct": partial(lift_at_top, share=0.05),
}


def within_genre_auc(hit: np.ndarray, score: np.ndarray, weight: np.ndarray, genre: np.ndarray) -> np.ndarray:
    """ROC AUC inside each genre, averaged with the genres' numbers of hits as weights."""
    total, hits = 0.0, 0.0
    for name in pd.unique(genre):
        inside = genre == name
        if hit[inside].any() and not hit[inside].all():
            auc = roc_auc(hit[inside], score[inside], weight[:, inside])
            count = (weight[:, inside] * hit[inside]).sum(axis=1) * np.isfinite(auc)
            total, hits = total + np.nan_to_num(auc) * count, hits + count
    with np.errstate(invalid="ignore"):
        return np.asarray(total / hits) if np.any(hits) else np.full(len(weight), np.nan)


def confusion(hit: np.ndarray, score: np.ndarray, threshold: float) -> dict[str, float]:
    """Counts and rates when every track that scores at least `threshold` is called a hit."""
    called = score >= threshold
    tp, fp = int((called & hit).sum()), int((called & ~hit).sum())
    fn, tn = int((~called & hit).sum()), int((~called & ~hit).sum())
    return {
        "threshold": float(threshold),
        "accuracy": (tp + tn) / len(hit),
        "precision": tp / (tp + fp) if tp + fp else 0.0,
        "recall": tp / (tp + fn) if tp + fn else 0.0,
        "f1": 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0,
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "tn": tn,
    }


def best_f1_threshold(hit: np.ndarray, score: np.ndarray) -> float:
    """The score that makes F1 largest when everything from it upwards is called a hit."""
    hits, rows = _sum_ties(score, hit[None, :].astype(float), np.ones((1, len(hit))))
    f1 = 2 * hits.cumsum() / (rows.cumsum() + hit.sum())
    return float(np.unique(score)[::-1][np.argmax(f1)])


def reliability(hit: np.ndarray, score: np.ndarray) -> pd.DataFrame:
    """Mean probability against hit rate in ten groups of about equal size.

    Columns: `probability`, `observed`, its 95 % Wilson interval `low` and `high`, and `tracks`.
    """
    return (
        pd.DataFrame({"bin": calibration_bins(score), "probability": score, "observed": hit.astype(float)})
        .groupby("bin")
        .agg(probability=("probability", "mean"), observed=("observed", "mean"), tracks=("observed", "size"))
        .pipe(lambda d: d.join(_wilson(d["observed"], d["tracks"])))
        .reset_index(drop=True)
    )


def _wilson(rate: pd.Series, count: pd.Series, z: float = 1.96) -> pd.DataFrame:
    """Wilson's 95 % interval of a proportion (1927), Journal of the American Statistical Association 22."""
    centre = (rate + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * np.sqrt(rate * (1 - rate) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    return pd.DataFrame({"low": centre - half, "high": centre + half})
