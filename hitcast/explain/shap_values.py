"""What each feature adds to what a model says of a track: SHAP values, exact and additive."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import DMatrix, XGBClassifier

from hitcast import models

Unit = Literal["log-odds", "probability"]
Explained = tuple[np.ndarray, float]


@dataclass(frozen=True)
class Contributions:
    """What each feature adds to each row's output, in `unit`.

    `base` is the output without any feature; `values` has a row a track and a column a feature.
    """

    values: pd.DataFrame
    base: float
    unit: Unit

    @property
    def output(self) -> pd.Series:
        """The model's output for each row: the base plus the row's values."""
        return self.base + self.values.sum(axis=1)


def contributions(model: Pipeline, frame: pd.DataFrame, explainer: Any = None) -> Contributions:
    """The SHAP values of a few rows, from 2 ms a row.

    Log-odds for `logreg` (coefficient × distance from the training mean) and `xgb`, probability for
    `rf` (both path-dependent TreeSHAP, Lundberg et al. 2020). Base and values add up to the
    probability that the user sees: a correction to the base rate is part of the base and, for the
    forest, a factor on the values (see `_rescaled`).

    Parameters
    ----------
    explainer
        What `forest_explainer` returned for this model, which saves making it again.
    """

    def forest_values(forest: RandomForestClassifier, inputs: np.ndarray) -> Explained:
        return _forest_values(explainer or _tree_explainer(forest), inputs)

    return _explain(model, frame, forest_values, _boosted_values)


def table_contributions(pipelines: Mapping[str, Pipeline], frame: pd.DataFrame) -> dict[str, Contributions]:
    """The same SHAP values for a whole table, a model an entry.

    Woodelf shares the work between the rows that pass through the same leaf (Nadel & Wettenstein
    2025), so its time hardly grows with the rows.
    """
    return {
        name: _explain(model, frame, _woodelf_values, _woodelf_values) for name, model in pipelines.items()
    }


def forest_explainer(model: Pipeline) -> Any:
    """The explainer of a fitted forest, for `contributions`: worth keeping, it takes 40 ms to make."""
    return _tree_explainer(fitted_classifier(model)[0])


def blend_contributions(parts: Mapping[str, Contributions]) -> Contributions:
    """What moved the blend, in log-odds: the mean over the three models.

    The blend is the mean of the models' log-odds, so `logreg` and `xgb` go in as they are. The
    forest's values, in probability, are multiplied row by row by (logit p - logit b) / (p - b), with p
    the row's probability and b the base: they add up to its log-odds and keep signs and proportions.
    """
    bound = logit(1 - models.SMALLEST_PROBABILITY)
    links = {"log-odds": lambda x: np.clip(x, -bound, bound), "probability": lambda p: logit(_bounded(p))}
    rescaled = [_rescaled(part, links[part.unit], "log-odds") for part in parts.values()]
    values = sum(part.values for part in rescaled) / len(rescaled)
    return Contributions(values, sum(part.base for part in rescaled) / len(rescaled), "log-odds")


def _bounded(probability: np.ndarray, least: float = models.SMALLEST_PROBABILITY) -> np.ndarray:
    return np.clip(probability, least, 1 - least)


def _rescaled(part: Contributions, link: Callable, unit: Unit) -> Contributions:
    """Base and values of link(output): each row's values times the slope of its way from the base."""
    values = part.values.to_numpy()
    way = values.sum(axis=1)
    step = np.where(np.abs(way) > 1e-6, way, 1e-6)
    slope = (link(part.base + step) - link(part.base)) / step
    scaled = pd.DataFrame(values * slope[:, None], part.values.index, part.values.columns)
    return Contributions(scaled, float(link(part.base)), unit)


def fitted_classifier(model: Pipeline) -> tuple[Any, float]:
    """The pipeline's fitted classifier, and what its log-odds are shifted by to the base rate."""
    classifier = model[-1]
    if isinstance(classifier, models.BaseRateCorrected):
        return classifier.classifier_, classifier.log_odds_shift_
    return classifier, 0.0


def _explain(
    model: Pipeline, frame: pd.DataFrame, forest_values: Callable, boosted_values: Callable
) -> Contributions:
    classifier, shift = fitted_classifier(model)
    unit: Unit = "probability" if isinstance(classifier, RandomForestClassifier) else "log-odds"
    if isinstance(classifier, LogisticRegression):
        explained = _linear_values
    elif isinstance(classifier, RandomForestClassifier):
        explained = forest_values
    else:
        explained = boosted_values
    values, base = explained(classifier, models.inputs(model, frame))
    values = pd.DataFrame(values, index=frame.index, columns=models.features_of(model), dtype=float)
    if unit == "log-odds":
        return Contributions(values, base + shift, unit)
    uncorrected = Contributions(values, base, unit)
    return (
        _rescaled(uncorrected, lambda p: expit(logit(_bounded(p, 1e-9)) + shift), unit)
        if shift
        else uncorrected
    )


def _linear_values(classifier: LogisticRegression, inputs: np.ndarray) -> Explained:
    """Exact because the scaler has centred every input on the training tracks."""
    return inputs * classifier.coef_[0], float(classifier.intercept_[0])


def _boosted_values(classifier: XGBClassifier, inputs: np.ndarray) -> Explained:
    both = classifier.get_booster().predict(DMatrix(inputs, nthread=classifier.n_jobs), pred_contribs=True)
    return both[:, :-1], float(both[0, -1])


def _tree_explainer(forest: RandomForestClassifier) -> Any:
    import shap  # takes seconds, and only the forest needs it

    return shap.TreeExplainer(forest, feature_perturbation="tree_path_dependent")


def _forest_values(explainer: Any, inputs: np.ndarray) -> Explained:
    values = explainer.shap_values(inputs, check_additivity=False)
    return values[:, :, 1], float(explainer.expected_value[1])


def _woodelf_values(classifier: Any, inputs: np.ndarray) -> Explained:
    """Woodelf's values, turned to the probability of a hit, and the base they leave.

    Of a scikit-learn classifier it explains class 0. Both libraries compare 32-bit inputs with their
    thresholds, so it gets the inputs rounded to those.
    """
    from woodelf import WoodelfExplainer

    rounded = pd.DataFrame(inputs.astype(np.float32).astype(float)).add_prefix("input")
    explainer = WoodelfExplainer(classifier, feature_perturbation="tree_path_dependent")
    values = explainer.shap_values(rounded, verbose=False)
    if isinstance(classifier, RandomForestClassifier):
        return -values, float(np.mean([tree.tree_.value[0, 0, 1] for tree in classifier.estimators_]))
    return values, _boosted_values(classifier, inputs[:1])[1]
