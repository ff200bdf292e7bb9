"""How good probabilities are: each measure once, for the rows as they are or for many resamples at a time.

Measures take `hit` (n,) bool, `score` (n,) probabilities and `weight` (b, n), how often each row
counts in each of b resamples, and give b values.
"""

import numpy as np
import pandas as pd
from scipy.special import entr

CALIBRATION_BINS = 10
TOP_SHARES = {"1pct": 0.01, "5pct": 0.05}


def measure(hit: np.ndarray, score: np.ndarray, weight: np.ndarray) -> dict[str, np.ndarray]:
    """Every measure by its name in the card, b values each.

    `roc_auc`, `average_precision`, `brier`, `brier_skill`, `log_loss` (nats), `ece`, and the hit rate
    and its multiple of the base rate among the highest scores: `precision_top_1pct`, `lift_top_1pct`,
    `precision_top_5pct`, `lift_top_5pct`.
    """
    hits, rows = _sum_ties(score, weight * hit, weight)
    counted = rows.cumsum(axis=1)
    base_rate = hits.sum(axis=1) / rows.sum(axis=1)
    precision = {name: _precision_at_top(hits, rows, counted, share) for name, share in TOP_SHARES.items()}
    squared = _mean((score - hit) ** 2, weight)
    with np.errstate(divide="ignore", invalid="ignore"):  # a resample may hold no hit
        skill = 1 - squared / (base_rate * (1 - base_rate))
        lift = {name: value / base_rate for name, value in precision.items()}
    return {
        "roc_auc": _roc_auc(hits, rows),
        "average_precision": _average_precision(hits, counted),
        "brier": squared,
        "brier_skill": skill,
        "log_loss": _mean(-np.log(np.clip(np.where(hit, score, 1 - score), 1e-12, 1)), weight),
        "ece": _calibration_error(hit, score, weight),
        **{f"precision_top_{name}": value for name, value in precision.items()},
        **{f"lift_top_{name}": value for name, value in lift.items()},
    }


def of_guesser(hit: np.ndarray, weight: np.ndarray) -> dict[str, np.ndarray]:
    """Every measure of always naming the base rate of the very rows, that of each resample in a resample."""
    rate = _mean(hit, weight)
    half, none, one = np.full(len(weight), 0.5), np.zeros(len(weight)), np.ones(len(weight))
    return {
        "roc_auc": half,
        "average_precision": rate,
        "brier": rate * (1 - rate),
        "brier_skill": none,
        "log_loss": entr(rate) + entr(1 - rate),
        "ece": none,
        **{f"precision_top_{name}": rate for name in TOP_SHARES},
        **{f"lift_top_{name}": one for name in TOP_SHARES},
    }


def with_interval(values: np.ndarray, biased: bool = False) -> tuple[float, float, float]:
    """A figure and the ends of its 95 % interval, from the figure itself and then that of each resample.

    The resamples say how far the figure may scatter; where they lie as a whole is not its place, because
    drawing rows twice shifts some measures. So their 2.5 and 97.5 percentiles are taken about their
    median, and the figure put where the median was: it always lies in its interval. No end lies
    beyond all resamples.

    Parameters
    ----------
    values
        (1 + resamples,); a resample in which the figure cannot be taken is NaN.
    biased
        Whether scatter alone raises the figure above the truth, as it does a calibration error. What
        drawing again has added, once more than is in the figure, is then taken off (bootstrap estimate
        of bias, Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 10), within 0 to 1;
        where the truth is 0, that takes off somewhat less than half of what scatter has added.
    """
    value, drawn = values[0], values[1:][np.isfinite(values[1:])]
    if not len(drawn):
        return float(value), float(value), float(value)
    if biased:
        bias = drawn.mean() - value
        value, drawn = float(np.clip(value - bias, 0, 1)), np.clip(drawn - 2 * bias, 0, 1)
    low, middle, high = np.percentile(drawn, [2.5, 50, 97.5])
    low, high = np.clip(value + np.array([low, high]) - middle, drawn.min(), drawn.max())
    return float(value), float(min(low, value)), float(max(high, value))


def roc_auc(hit: np.ndarray, score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The chance that a hit scores above a track that is none, ties counting half."""
    return _roc_auc(*_sum_ties(score, weight * hit, weight))


def within_genre_auc(hit: np.ndarray, score: np.ndarray, weight: np.ndarray, genre: np.ndarray) -> np.ndarray:
    """ROC AUC inside each genre, averaged with the genres' numbers of hits as weights."""
    total, hits = 0.0, 0.0
    for name in pd.unique(genre):
        inside = np.flatnonzero(genre == name)
        if hit[inside].any() and not hit[inside].all():
            drawn = weight[:, inside]
            auc = roc_auc(hit[inside], score[inside], drawn)
            count = (drawn * hit[inside]).sum(axis=1) * np.isfinite(auc)
            total, hits = total + np.nan_to_num(auc) * count, hits + count
    with np.errstate(invalid="ignore"):
        return np.asarray(total / hits) if np.any(hits) else np.full(len(weight), np.nan)


def _sum_ties(score: np.ndarray, *weights: np.ndarray) -> list[np.ndarray]:
    """The weights summed over rows of equal score, the scores descending."""
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=np.inf))
    ranked = [weight[:, order] for weight in weights]
    return ranked if len(starts) == len(score) else [np.add.reduceat(each, starts, axis=1) for each in ranked]


def _mean(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return (weight * values).sum(axis=1) / weight.sum(axis=1)


def _roc_auc(hits: np.ndarray, rows: np.ndarray) -> np.ndarray:
    rest = rows - hits
    ranked_below = rest.sum(axis=1, keepdims=True) - rest.cumsum(axis=1) + rest / 2
    with np.errstate(invalid="ignore"):
        return (hits * ranked_below).sum(axis=1) / (hits.sum(axis=1) * rest.sum(axis=1))


def _average_precision(hits: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Precision averaged over the recall that each distinct score adds; `counted` rows score as high or higher."""
    precision = _share(hits.cumsum(axis=1), counted)
    with np.errstate(invalid="ignore"):
        return (hits * precision).sum(axis=1) / hits.sum(axis=1)


def _precision_at_top(hits: np.ndarray, rows: np.ndarray, counted: np.ndarray, share: float) -> np.ndarray:
    """The hit rate among the `share` of rows with the highest scores; ties share the last places."""
    places = share * rows.sum(axis=1, keepdims=True)
    taken = np.clip(places - (counted - rows), 0, rows)
    return (hits * _share(taken, rows)).sum(axis=1) / places[:, 0]


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Their ratio, 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _calibration_error(hit: np.ndarray, score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """How far, on average, the mean probability of ten equal groups lies from their hit rate."""
    bins = _calibration_bins(score)
    gap = weight * (score - hit)
    return sum(abs(gap[:, bins == each].sum(axis=1)) for each in np.unique(bins)) / weight.sum(axis=1)


def _calibration_bins(score: np.ndarray) -> np.ndarray:
    """The group of each row, 0 to 9, about equally many rows a group and equal scores together."""
    edges = np.unique(np.quantile(score, np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1]))
    return np.searchsorted(edges, score, side="right")


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


def at_best_f1(hit: np.ndarray, score: np.ndarray) -> dict[str, float]:
    """`confusion` at the score that makes F1 largest."""
    return confusion(hit, score, best_f1_threshold(hit, score))


def reliability(hit: np.ndarray, score: np.ndarray) -> pd.DataFrame:
    """Mean probability against hit rate in ten groups of about equal size.

    Columns: `probability`, `observed`, its 95 % Wilson interval `low` and `high`, and `tracks`.
    """
    return (
        pd.DataFrame({"bin": _calibration_bins(score), "probability": score, "observed": hit.astype(float)})
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
