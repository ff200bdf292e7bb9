"""Which features matter to a model in general."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline

from hitcast import models
from hitcast.evaluation import FittedFold
from hitcast.explain.shap_values import Contributions, fitted_classifier


def impurity_importance(model: Pipeline) -> pd.Series:
    """The share of the impurity that each feature's splits remove in the forest, largest first.

    Read off the training rows and biased towards features with many values (Strobl et al. 2007):
    set it beside `permutation_importance` on held-out tracks.
    """
    return pd.Series(fitted_classifier(model)[0].feature_importances_, models.features_of(model)).sort_values(
        ascending=False
    )


def coefficients(model: Pipeline) -> pd.Series:
    """The logistic regression's change in log-odds a standard deviation of each feature, largest first."""
    return pd.Series(fitted_classifier(model)[0].coef_[0], models.features_of(model)).sort_values(
        key=np.abs, ascending=False
    )


def mean_absolute(explained: Contributions) -> pd.Series:
    """How far each feature moves the output on average (mean |SHAP|) in its unit, largest first."""
    return explained.values.abs().mean().sort_values(ascending=False)


def permutation_importance(
    model: Pipeline, frame: pd.DataFrame, labels: Sequence[bool], seed: int = 0, repeats: int = 3
) -> pd.Series:
    """What the ROC AUC loses when a feature's values are shuffled among tracks the model has not seen.

    The mean of `repeats` shuffles a feature, largest first. Give it one fold's model and held-out
    tracks; the mean over folds is the importance (Breiman 2001).
    """
    generator, names = np.random.default_rng(seed), models.features_of(model)
    rows = frame[names].to_numpy(float)
    copies = np.tile(rows, (1 + len(names) * repeats, 1, 1))
    for copy in range(len(names) * repeats):
        column = copy // repeats
        copies[1 + copy, :, column] = generator.permutation(rows[:, column])
    given = models.probability(model, pd.DataFrame(copies.reshape(-1, len(names)), columns=names))
    areas = [roc_auc_score(labels, part) for part in given.reshape(len(copies), -1)]
    losses = areas[0] - np.reshape(areas[1:], (len(names), repeats)).mean(axis=1)
    return pd.Series(losses, names).sort_values(ascending=False)


def fold_importances(fold: FittedFold, table: pd.DataFrame, hit: pd.Series, seed: int = 0) -> pd.DataFrame:
    """The permutation importances of a fold's models on the tracks they had not seen, a column a model."""
    held_out, labels = table.iloc[fold.test], hit.iloc[fold.test]
    each = Parallel(n_jobs=-1, prefer="threads")(
        delayed(permutation_importance)(model, held_out, labels, seed) for model in fold.models.values()
    )
    return pd.DataFrame(dict(zip(fold.models, each, strict=True)))


def mean_over_folds(importances: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """What the folds say together."""
    return pd.concat(importances).groupby(level=0, sort=False).mean()
