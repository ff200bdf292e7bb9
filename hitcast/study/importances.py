"""Which features matter, four ways: coefficients, impurity, permutation on artists not seen, mean |SHAP|."""

from collections.abc import Iterable, Mapping

import pandas as pd
from scipy.special import expit
from sklearn.pipeline import Pipeline

from hitcast import explain
from hitcast.choices import NAMES
from hitcast.evaluation import FittedFold
from hitcast.explain import Contributions


def permutations(
    folds: Iterable[FittedFold], table: pd.DataFrame, hit: pd.Series, seed: int = 0
) -> dict[str, pd.Series]:
    """What each model's ROC AUC on artists not seen loses without a feature, the mean over the folds."""
    parts = [explain.fold_importances(fold, table, hit, seed) for fold in folds]
    return dict(explain.mean_over_folds(parts).items())


def four_ways(
    fitted: Mapping[str, Pipeline],
    explained: Mapping[str, Contributions],
    permuted: Mapping[str, Mapping[str, float]],
) -> pd.DataFrame:
    """Importance four ways, one row a feature and a column `model: way` for each, in the way's own unit."""
    columns = {
        "logreg: coefficient": explain.coefficients(fitted["logreg"]).abs(),
        "rf: impurity": explain.impurity_importance(fitted["rf"]),
    }
    for name in NAMES:
        columns[f"{name}: permutation"] = pd.Series(permuted[name])
        columns[f"{name}: mean |SHAP|"] = explain.mean_absolute(explained[name])
    table = pd.DataFrame(columns)
    return table.loc[table.rank(ascending=False).mean(axis=1).sort_values().index]


def largest_errors(explained: Mapping[str, Contributions], said: pd.DataFrame) -> dict[str, float]:
    """How far base and contributions add up beside each model's own probabilities, on any track at most."""
    added = {
        name: part.output if part.unit == "probability" else expit(part.output)
        for name, part in explained.items()
    }
    return {name: float((chance - said[name]).abs().max()) for name, chance in added.items()}
