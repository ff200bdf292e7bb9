"""The three pipelines, the ways to treat the imbalance between hits and the rest, and their blend."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TypeVar

import numpy as np
import pandas as pd
from joblib import parallel_config
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, RobustScaler, StandardScaler
from xgboost import XGBClassifier

from hitcast.choices import BLEND, NAMES, Imbalance
from hitcast.errors import TableError
from hitcast.soft_forest import soft_forest

Probabilities = TypeVar("Probabilities", np.ndarray, pd.DataFrame)

# A probability of exactly 0 or 1 has no log-odds; a forest can return 0.
SMALLEST_PROBABILITY = 1e-4
# The step of a pipeline that fills what a row lacks, and the last one.
IMPUTE, CLASSIFY = "impute", "classify"


def smote(X: np.ndarray, y: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The rows and as many made-up hits behind them as make the two classes equal (Chawla et al. 2002).

    Neighbours are those by standard deviations: in the raw units the duration alone would choose them.
    Raises TableError where there is only one hit.
    """
    # Not at the top: where the models only score, in Snowflake, it is not installed.
    from imblearn.over_sampling import SMOTE

    if (hits := int(y.sum())) < 2:
        raise TableError(
            f"SMOTE makes up hits between two of them, and without the artists that are tested on there is {hits}. "
            "Add hits by other artists, or balance with class_weight."
        )
    spread = np.std(X, axis=0)
    spread[spread == 0] = 1
    X, y = SMOTE(k_neighbors=min(5, hits - 1), random_state=seed).fit_resample(X / spread, y)
    return X * spread, y


class BaseRateCorrected(ClassifierMixin, BaseEstimator):
    """A classifier trained on balanced classes whose probabilities speak of the real base rate.

    Balancing, by class weights or by SMOTE, teaches the classifier a world where half of all tracks
    are hits. Its log-odds are shifted so that tracks it has not seen get the real base rate on
    average. The ratio of the odds (Saerens, Latinne and Decaestecker 2002, Neural Computation 14(1))
    would do for a classifier that is right about that world, but trees are too sure in it: their
    chances would come out at half of what happens.

    After `fit`: `classifier_` is the fitted classifier, `log_odds_shift_` what is added to its log-odds.
    """

    def __init__(
        self, classifier: BaseEstimator, imbalance: Imbalance = "class_weight", seed: int = 0
    ) -> None:
        self.classifier = classifier
        self.imbalance = imbalance
        self.seed = seed

    def fit(self, X: np.ndarray, y: np.ndarray) -> "BaseRateCorrected":
        """Balance the classes, fit, and remember how far the base rate was moved."""
        y = np.asarray(y).astype(int)
        self.classes_ = np.array([0, 1])
        self.classifier_ = self._balanced(X, y)
        self.log_odds_shift_ = self._shift(X, y)
        return self

    def _balanced(self, X: np.ndarray, y: np.ndarray) -> BaseEstimator:
        classifier = clone(self.classifier)
        if self.imbalance == "smote":
            return classifier.fit(*smote(X, y, self.seed))
        return classifier.fit(X, y, sample_weight=np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean())))

    def _shift(self, X: np.ndarray, y: np.ndarray, folds: int = 3) -> float:
        if min(y.sum(), (1 - y).sum()) < 2 * folds:
            return float(logit(y.mean()))
        held_out = np.empty(len(y))
        for train, test in StratifiedKFold(folds, shuffle=True, random_state=self.seed).split(X, y):
            held_out[test] = _log_odds(self._balanced(X[train], y[train]), X[test])
        return brentq(lambda shift: expit(held_out + shift).mean() - y.mean(), -40, 40)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Probabilities (n, 2) at the real base rate."""
        hit = expit(_log_odds(self.classifier_, X) + self.log_odds_shift_)
        return np.column_stack([1 - hit, hit])

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The likelier class at the real base rate."""
        return self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(int)]


def _log_odds(classifier: BaseEstimator, X: np.ndarray) -> np.ndarray:
    return logit(np.clip(classifier.predict_proba(X)[:, 1], 1e-9, 1 - 1e-9))


def _classifier(name: str, seed: int) -> BaseEstimator:
    """The classifier at its defaults, chosen so that none of them memorises artists or duplicates."""
    if name == "logreg":
        return LogisticRegression(max_iter=1000)
    if name == "rf":
        return RandomForestClassifier(
            n_estimators=100,
            criterion="entropy",
            min_samples_leaf=60,
            max_features=0.7,
            max_samples=0.6,
            random_state=seed,
        )
    if name == "xgb":
        return XGBClassifier(
            n_estimators=300,
            max_depth=3,
            learning_rate=0.03,
            min_child_weight=4,
            gamma=1,
            reg_lambda=10,
            max_bin=32,
            random_state=seed,
            n_jobs=1,
        )
    raise ValueError(f"no model is called {name!r}; the models are {', '.join(NAMES)}")


def _bounded_scale() -> list[tuple[str, BaseEstimator]]:
    """Centre and scale, but let nothing count as further out than the middle 99 % of tracks is wide.

    Without the bound a straight line makes a typical song of an hour a certain hit.
    """
    return [
        ("range", RobustScaler(quantile_range=(0.5, 99.5))),
        ("bound", FunctionTransformer(np.clip, kw_args={"a_min": -1, "a_max": 1})),
        ("scale", StandardScaler()),
    ]


def make(name: str, features: Sequence[str], imbalance: Imbalance = "none", seed: int = 0) -> Pipeline:
    """An unfitted pipeline from the raw feature columns, missing values allowed, to probabilities.

    Parameters
    ----------
    name : `logreg`, `rf` or `xgb`.
    features : columns read from the frame, whatever else it holds and in whatever order.
    imbalance : `none` fits the classes as they are; `class_weight` and `smote` balance them in
        `fit` alone and correct the probabilities back to the base rate.
    """
    classifier = _classifier(name, seed)
    if imbalance != "none":
        classifier = BaseRateCorrected(classifier, imbalance, seed)
    impute = (IMPUTE, SimpleImputer(strategy="median", keep_empty_features=True))
    scale = _bounded_scale() if name == "logreg" else []
    select = ("select", ColumnTransformer([("features", "passthrough", list(features))]))
    return Pipeline([select, impute, *scale, (CLASSIFY, classifier)])


def fit(
    table: pd.DataFrame,
    hit: pd.Series,
    features: Sequence[str],
    imbalance: Imbalance = "none",
    seed: int = 0,
    nearness: pd.Series | None = None,
) -> dict[str, Pipeline]:
    """The three pipelines by name, fitted on the tracks table and its labels.

    With `tracks.nearness` the forest learns that, see `soft_forest`, unless the classes are balanced.
    """
    X, y = table[list(features)], hit.to_numpy().astype(int)
    soft = nearness.to_numpy() if nearness is not None and imbalance == "none" else None
    # Trees grow on every core, but a saved forest answers on one: threads cost more than they save there.
    with parallel_config("threading", n_jobs=-1):
        fitted = {name: make(name, features, imbalance, seed) for name in NAMES}
        for name in NAMES if soft is None else ("logreg", "xgb"):
            fitted[name].fit(X, y)
        if soft is not None:
            inputs = fitted["rf"][:-1].fit_transform(X)
            fitted["rf"].steps[-1] = (CLASSIFY, soft_forest(inputs, y, soft, seed))
    return fitted


def features_of(model: Pipeline) -> list[str]:
    """The features that a pipeline reads, in its order."""
    return list(model["select"].transformers_[0][2])


def probability(model: Pipeline, frame: pd.DataFrame) -> np.ndarray:
    """The probability of a hit for each row of `frame`, shape (n,)."""
    return _probability(model, _selected(model, frame))


def inputs(model: Pipeline, frame: pd.DataFrame) -> np.ndarray:
    """What the pipeline's classifier is given of each row of `frame`, shape (n, features)."""
    return _transformed(model, _selected(model, frame))


def _selected(model: Pipeline, frame: pd.DataFrame) -> np.ndarray:
    """What the pipeline's first step gives, which takes longer over a few rows than two of the models."""
    names = features_of(model)
    return (frame if list(frame) == names else frame[names]).to_numpy(dtype=float)


def _transformed(model: Pipeline, selected: np.ndarray) -> np.ndarray:
    """What the steps before the classifier give; whole rows need no imputing, which takes as long as a model over one."""
    if not len(selected):
        return selected
    # Infinity is the imputer's to refuse.
    is_whole = np.isfinite(selected).all()
    steps = [step for name, step in model.steps[1:-1] if not (is_whole and name == IMPUTE)]
    return reduce(lambda values, step: step.transform(values), steps, selected)


def _probability(model: Pipeline, selected: np.ndarray) -> np.ndarray:
    if not len(selected):
        return np.empty(0)
    classifier, given = model[-1], _transformed(model, selected)
    if isinstance(classifier, RandomForestClassifier):
        return _mean_of_trees(classifier, given)
    return classifier.predict_proba(given)[:, 1].astype(float)


def _mean_of_trees(forest: RandomForestClassifier, inputs: np.ndarray) -> np.ndarray:
    """What its `predict_proba` gives, which makes a job of every tree: three quarters of its time over a row."""
    rows = inputs.astype(np.float32)
    return sum(tree.tree_.predict(rows)[:, 1] for tree in forest.estimators_) / len(forest.estimators_)


def log_odds(probabilities: Probabilities) -> Probabilities:
    """The log-odds of probabilities, those of exactly 0 and 1 within bounds."""
    return logit(np.clip(probabilities, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY))


def blend(probabilities: pd.DataFrame) -> np.ndarray:
    """The probability whose log-odds are the mean of the three models' log-odds, shape (n,)."""
    return _blend(probabilities[list(NAMES)].to_numpy(dtype=float))


def _blend(each: np.ndarray) -> np.ndarray:
    return expit(log_odds(each).mean(axis=1))


def probabilities(models: Mapping[str, Pipeline], frame: pd.DataFrame) -> pd.DataFrame:
    """A column of probabilities for each model and for their blend, with the index of `frame`.

    The models read the same features.
    """
    selected = _selected(models[NAMES[0]], frame)
    each = np.column_stack([_probability(models[name], selected) for name in NAMES])
    return pd.DataFrame(np.column_stack([each, _blend(each)]), frame.index, [*NAMES, BLEND])
