"""What class weights and SMOTE do to the models, and what calling hits from a threshold up gives."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from hitcast import evaluation, models
from hitcast.choices import IMBALANCES, NAMES, SCORED
from hitcast.evaluation import FittedFold, comparison, metrics
from hitcast.features import BY_NAME
from hitcast.progress import Progress, silent

AS_FITTED, CORRECTED = "as fitted", "corrected"


def uncorrected(model: Pipeline) -> Pipeline:
    """The same fitted pipeline before its probabilities are brought back to the base rate."""
    last = model[-1]
    if not isinstance(last, models.BaseRateCorrected):
        return model
    return Pipeline([*model.steps[:-1], ("classify", last.classifier_)])


def _as_fitted(fold: FittedFold) -> FittedFold:
    bare = {name: uncorrected(model) for name, model in fold.models.items()}
    return replace(fold, models=bare, log_odds_shift=0.0)


def treatments(
    table: pd.DataFrame,
    hit: pd.Series,
    names: Sequence[str],
    seed: int = 0,
    progress: Progress = silent,
) -> dict[tuple[str, str], pd.DataFrame]:
    """Out-of-fold scores under each treatment of the imbalance, before and after correction.

    Keys are (`none`, `class_weight` or `smote`; `as fitted` or `corrected`), each with the same folds;
    without treatment there is nothing to correct. All models, the forest too, learn hits alone. Values are as
    `evaluation.out_of_fold` makes them.
    """
    found = {}
    for done, imbalance in enumerate(IMBALANCES):
        progress(done / len(IMBALANCES), imbalance)
        folds = list(evaluation.fit_folds(table, hit, names, imbalance, seed, repeats=1))
        found[imbalance, CORRECTED] = evaluation.out_of_fold(folds, table, hit)
        if imbalance != "none":
            found[imbalance, AS_FITTED] = evaluation.out_of_fold(map(_as_fitted, folds), table, hit)
    return found


def treatment_figures(
    scores: Mapping[tuple[str, str], pd.DataFrame], seed: int = 0, resamples: int = 100
) -> pd.DataFrame:
    """The metrics of each treatment as a long table: `imbalance`, `stage`, `model`, `metric`, value and interval."""
    return pd.concat(
        [
            comparison.figures(evaluation.summary(each, seed, resamples)).assign(
                imbalance=imbalance, stage=stage
            )
            for (imbalance, stage), each in scores.items()
        ],
        ignore_index=True,
    )


def changes(scores: Mapping[tuple[str, str], pd.DataFrame], seed: int = 0) -> pd.DataFrame:
    """What each treatment changes, one row a treatment and model.

    `value`, `low` and `high` are the change of the ROC AUC beside no treatment, with its interval;
    `as_fitted` and `corrected` the mean chances, `base_rate` the share of hits.
    """
    plain = scores["none", CORRECTED]
    return pd.DataFrame(
        {
            "treatment": treatment,
            "model": name,
            **comparison.difference(
                plain, scores[treatment, CORRECTED][name], plain[name], seed=seed
            )._asdict(),
            "as_fitted": scores[treatment, AS_FITTED][name].mean(),
            "corrected": scores[treatment, CORRECTED][name].mean(),
            "base_rate": plain["hit"].mean(),
        }
        for treatment in ("smote", "class_weight")
        for name in NAMES
    )


def made_up_choices(table: pd.DataFrame, hit: pd.Series, names: Sequence[str], seed: int = 0) -> pd.Series:
    """The share of SMOTE's made-up hits whose value of a choice is none that tracks can have."""
    known = table[list(names)].fillna(table[list(names)].median())
    rows, _ = models.smote(known.to_numpy(float), hit.to_numpy(int), seed)
    choices = [name for name in names if BY_NAME[name].kind == "choice"]
    made_up = pd.DataFrame(rows[len(table) :], columns=list(names))[choices].round(9)
    return (made_up % 1 != 0).mean()


def confusions(scores: pd.DataFrame, names: Iterable[str] = SCORED) -> pd.DataFrame:
    """Confusion counts of each model at 0.5 and at the F1-best threshold, in the first round.

    The F1-best threshold of a fold is chosen on the other folds, so it has not seen the tracks that
    it is judged on; `threshold` is then the mean over the folds.
    """
    rows = evaluation.first_round(scores)
    found = []
    for name in names:
        best = [
            metrics.best_f1_threshold(*_labels(rows[rows["fold"] != fold], name)) for fold in _folds(rows)
        ]
        for rule, thresholds in {"0.5": [0.5] * len(best), "F1-best": best}.items():
            parts = [
                metrics.confusion(*_labels(rows[rows["fold"] == fold], name), threshold)
                for fold, threshold in zip(_folds(rows), thresholds, strict=True)
            ]
            counts = pd.DataFrame(parts)[["tp", "fp", "fn", "tn"]].sum()
            found.append({"model": name, "rule": rule, "threshold": np.mean(thresholds), **counts})
    return pd.DataFrame(found).assign(
        precision=lambda d: (d["tp"] / (d["tp"] + d["fp"])).fillna(0),
        recall=lambda d: d["tp"] / (d["tp"] + d["fn"]),
        accuracy=lambda d: (d["tp"] + d["tn"]) / d[["tp", "fp", "fn", "tn"]].sum(axis=1),
        f1=lambda d: 2 * d["tp"] / (2 * d["tp"] + d["fp"] + d["fn"]),
    )


def _folds(rows: pd.DataFrame) -> list[int]:
    return sorted(rows["fold"].unique())


def _labels(rows: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    return rows["hit"].to_numpy(bool), rows[name].to_numpy(float)
