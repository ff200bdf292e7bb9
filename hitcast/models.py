"""The three pipelines, the ways to treat the imbalance between hits and the rest, and their blend."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from joblib import parallel_config
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, RobustScaler, StandardScaler
from xgboost import XGBClassifier

NAMES = ("logreg", "rf", "xgb")
BLEND = "blend"
LABELS = {
    "logreg": "Logistic regression",
    "rf": "Random forest",
    "xgb": "XGBoost",
    BLEND: "Blend of the three",
}
IMBALANCES = ("none", "class_weight", "smote")

Imbalance = Literal["none", "class_weight", "smote"]

# A probability of exactly 0 or 1 has no log-odds; a forest can return 0.
SMALLEST_PROBABILITY = 1e-4


def smote(X: np.ndarray, y: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The rows and as many made-up hits behind them as make the two classes equal (Chawla et al. 2002).

    Neighbours are those by standard deviations: in the raw units the duration alone would choose them.
    """
    # Not at the top: where the models only score, in Snowflake, it is not installed.
    from imblearn.over_sampling import SMOTE

    spread = np.std(X, axis=0)
    spread[spread == 0] = 1
    X, y = SMOTE(k_neighbors=min(5, int(y.sum()) - 1), random_state=seed).fit_resample(X / spread, y)
    return X * spread, y


class BaseRateCorrected(ClassifierMixin, BaseEstimator):
    """A classifier trained on balanced classes whose probabilities speak of the real base rate.

    Balancing, by class weights or by SMOTE, teaches the classifier a world where half of all
    tracks are hits. Its odds are multiplied by (real odds of a hit) / (odds it was trained on),
    the prior correction of Saerens, Latinne and Decaestecker (2002), Neural Computation 14(1).

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
        self.log_odds_shift_ = float(logit(y.mean()))
        self.classifier_ = clone(self.classifier)
        if self.imbalance == "smote":
            self.classifier_.fit(*smote(X, y, self.seed))
        else:
            self.classifier_.fit(X, y, sample_weight=np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean())))
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Probabilities (n, 2) at the real base rate."""
        balanced = np.clip(self.classifier_.predict_proba(X)[:, 1], 1e-9, 1 - 1e-9)
        hit = expit(logit(balanced) + self.log_odds_shift_)
        return np.column_stack([1 - hit, hit])

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The likelier class at the real base rate."""
        return self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(int)]


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
    impute = ("impute", SimpleImputer(strategy="median", keep_empty_features=True))
    scale = _bounded_scale() if name == "logreg" else []
    select = ("select", ColumnTransformer([("features", "passthrough", list(features))]))
    return Pipeline([select, impute, *scale, ("classify", classifier)])


def fit(
    table: pd.DataFrame,
    hit: pd.Series,
    features: Sequence[str],
    imbalance: Imbalance = "none",
    seed: int = 0,
) -> dict[str, Pipeline]:
    """The three pipelines by name, fitted on the tracks table and its labels."""
    X, y = table[list(features)], hit.to_numpy().astype(int)
    # Trees grow on every core, but a saved forest answers on one: threads cost more than they save there.
    with parallel_config("threading", n_jobs=-1):
        return {name: make(name, features, imbalance, seed).fit(X, y) for name in NAMES}


def probability(model: Pipeline, frame: pd.DataFrame) -> np.ndarray:
    """The probability of a hit for each row of `frame`, shape (n,)."""
    if frame.empty:
        return np.empty(0)
    return model.predict_proba(frame)[:, 1].astype(float)


def blend(probabilities: pd.DataFrame) -> np.ndarray:
    """The probability whose log-odds are the mean of the three models' log-odds, shape (n,)."""
    clipped = probabilities[list(NAMES)].clip(SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return expit(logit(clipped).mean(axis=1).to_numpy())


def probabilities(models: Mapping[str, Pipeline], frame: pd.DataFrame) -> pd.DataFrame:
    """A column of probabilities for each model and for their blend, with the index of `frame`."""
    each = pd.DataFrame({name: probability(models[name], frame) for name in NAMES}, index=frame.index)
    return each.assign(**{BLEND: blend(each)})
