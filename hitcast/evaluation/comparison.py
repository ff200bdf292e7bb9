"""The models side by side, from what they said of artists they had not seen: figures, differences, curves."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import precision_recall_curve, roc_curve

from hitcast.choices import SCORED
from hitcast.evaluation import metrics, resampling
from hitcast.evaluation.folds import first_round

RESAMPLES = 200
CURVE_POINTS = 200


class Interval(NamedTuple):
    """A figure and its 95 % interval over resamples of whole artists."""

    value: float
    low: float
    high: float


def figures(summary: Mapping[str, dict]) -> pd.DataFrame:
    """The card's `metrics` as a long table: `model`, `metric`, `value`, `low`, `high`."""
    return pd.DataFrame(
        {"model": name, "metric": metric, **measured}
        for name, each in summary.items()
        for metric, measured in each.items()
        if "low" in measured
    )


def interval(summary: Mapping[str, dict], model: str, metric: str) -> Interval:
    """One figure of the card's `metrics`."""
    return Interval(*(summary[model][metric][key] for key in Interval._fields))


def measured(rows: pd.DataFrame, scores: ArrayLike, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """The ROC AUC of these scores; arguments as for `differences`."""
    return _interval(_resampled(rows, [scores], seed, resamples)[0])


def difference(
    rows: pd.DataFrame,
    first: ArrayLike,
    second: ArrayLike,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """How far the first scores' ROC AUC lies above the second's; arguments as for `differences`."""
    return differences(rows, first, {"second": second}, seed, resamples)["second"]


def differences(
    rows: pd.DataFrame,
    first: ArrayLike,
    others: Mapping[str, ArrayLike],
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> dict[str, Interval]:
    """How far the first scores' ROC AUC lies above that of each of the others, on the same resamples of artists.

    Parameters
    ----------
    rows
        `hit` and `artist` of each scored track.
    """
    above, *below = _resampled(rows, [first, *others.values()], seed, resamples)
    return {name: _interval(above - each) for name, each in zip(others, below, strict=True)}


def best_by(summary: Mapping[str, dict], metric: str) -> str:
    """The model, or the blend, whose value of a metric is highest."""
    return max(SCORED, key=lambda name: summary[name][metric]["value"])


def behind(
    summary: Mapping[str, dict], scores: pd.DataFrame, resamples: int = RESAMPLES
) -> dict[str, dict[str, float]]:
    """How far the others' ROC AUC lay below that of the best in the first round: `value`, `low`, `high` of each.

    Parameters
    ----------
    summary
        The card's `metrics`.
    scores
        The bundle's out-of-fold scores.
    """
    rows, best = first_round(scores), best_by(summary, "roc_auc")
    others = {name: rows[name] for name in SCORED if name != best}
    found = differences(rows, rows[best], others, resamples=resamples)
    return {name: each._asdict() for name, each in found.items()}


def _resampled(rows: pd.DataFrame, scores: Sequence[ArrayLike], seed: int, resamples: int) -> np.ndarray:
    """The ROC AUC of each of the scores, a row each: of the rows as they are, then of each resample."""
    hit, arrays = rows["hit"].to_numpy(bool), [np.asarray(each, float) for each in scores]
    weights = resampling.artist_resamples(rows["artist"], seed, resamples)
    return np.hstack([[metrics.roc_auc(hit, score, weight) for score in arrays] for weight in weights])


def _interval(values: np.ndarray) -> Interval:
    return Interval(*metrics.with_interval(values))


def curves(scores: pd.DataFrame, names: Iterable[str] = SCORED) -> dict[str, pd.DataFrame]:
    """The ROC, precision-recall and reliability curves of each model, from the first round.

    `roc`: `false_alarms` and `found`, the shares of other tracks and of hits that are called hits.
    `precision_recall`: `found` and `right`, the share of the called that are hits. `reliability`: see
    `metrics.reliability`. All have `model`; the first two also the `threshold`.
    """
    rows = first_round(scores)
    draw = {"roc": _roc, "precision_recall": _precision_recall, "reliability": metrics.reliability}
    return {name: _each(rows, curve, names) for name, curve in draw.items()}


def _each(rows: pd.DataFrame, curve: Callable, names: Iterable[str]) -> pd.DataFrame:
    hit = rows["hit"].to_numpy(bool)
    return pd.concat(
        [curve(hit, rows[name].to_numpy(float)).assign(model=name) for name in names], ignore_index=True
    )


def _roc(hit: np.ndarray, score: np.ndarray) -> pd.DataFrame:
    false_alarms, found, threshold = roc_curve(hit, score)
    return _thinned(
        pd.DataFrame({"false_alarms": false_alarms, "found": found, "threshold": threshold.clip(0, 1)})
    )


def _precision_recall(hit: np.ndarray, score: np.ndarray) -> pd.DataFrame:
    right, found, threshold = precision_recall_curve(hit, score, drop_intermediate=True)
    # The last point has no threshold: it stands for calling nothing a hit.
    return _thinned(pd.DataFrame({"found": found[:-1], "right": right[:-1], "threshold": threshold}))


def _thinned(curve: pd.DataFrame) -> pd.DataFrame:
    return curve.iloc[np.unique(np.linspace(0, len(curve) - 1, CURVE_POINTS).astype(int))]
