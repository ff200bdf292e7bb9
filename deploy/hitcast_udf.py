"""Scores tracks inside Snowflake: a vectorized handler for each of the three models.

`deploy/score.sql` creates the functions; `hitcast snowflake-sql` writes it. Snowflake hands
a handler a batch of rows as a frame whose columns are numbered in the order of the arguments, which
is the order of the features in card.json. A row that a model may not judge (a value missing, out of
range, or between two categories) gets NULL. This file stands alone: only the artifacts, the card and
the packages of the function are there.
"""

import functools
import json
import os
import sys
import warnings

import numpy as np
import pandas as pd

TOLERANCE = 1e-6


# The handlers bear no annotations: Snowpark would take them for the signature in SQL.


def score_logreg(*batch):
    """The probability of a hit by the logistic regression."""
    return _score("logreg", batch)


def score_rf(*batch):
    """The probability of a hit by the random forest."""
    return _score("rf", batch)


def score_xgb(*batch):
    """The probability of a hit by XGBoost."""
    return _score("xgb", batch)


for _handler in (score_logreg, score_rf, score_xgb):
    _handler._sf_vectorized_input = pd.DataFrame  # what Snowflake's @vectorized sets


def _score(name: str, batch: tuple) -> pd.Series | float | None:
    if len(batch) == 1 and isinstance(batch[0], pd.DataFrame):
        return _probability(name, batch[0])
    # Snowpark's local testing calls with the values of one row.
    value = _probability(name, pd.DataFrame([batch])).iat[0]
    return None if np.isnan(value) else float(value)


def _probability(name: str, batch: pd.DataFrame) -> pd.Series:
    model, features = _model(name), list(_card()["inputs"])
    values = _numbers(batch)
    usable = _usable(values)
    found = np.full(len(batch), np.nan)
    if usable.any():
        found[usable] = model.predict_proba(pd.DataFrame(values[usable], columns=features))[:, 1]
    return pd.Series(found, index=batch.index)


def _numbers(batch: pd.DataFrame) -> np.ndarray:
    try:
        return batch.to_numpy(dtype=float)
    except (TypeError, ValueError):  # a cell that is no number at all
        return batch.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)


def _usable(values: np.ndarray) -> np.ndarray:
    low, high, whole = _rules()
    kinds = values[:, whole]
    return ((values >= low) & (values <= high)).all(axis=1) & (kinds == np.floor(kinds)).all(axis=1)


@functools.cache
def _rules() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lowest and highest value of each feature, and whether only whole numbers mean something."""
    rules = pd.DataFrame(_card()["inputs"]).T
    return rules["low"].to_numpy(float), rules["high"].to_numpy(float), rules["whole"].to_numpy(bool)


def _folder() -> str:
    """Where Snowflake puts the files of IMPORTS; beside this file anywhere else."""
    return sys._xoptions.get("snowflake_import_directory") or os.path.dirname(os.path.abspath(__file__))


@functools.cache
def _card() -> dict:
    with open(os.path.join(_folder(), "card.json"), encoding="utf-8") as file:
        return json.load(file)


@functools.cache
def _model(name: str) -> object:
    """The model, once it has computed the card's golden rows: other versions can read it silently wrong."""
    import joblib

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other versions; the golden rows are the judge
        model = joblib.load(os.path.join(_folder(), f"model_{name}.joblib"))
    golden = _card()["golden"]
    rows = pd.DataFrame(golden["rows"], columns=list(_card()["inputs"]), dtype=float)
    apart = np.abs(model.predict_proba(rows)[:, 1] - golden["probabilities"][name]).max()
    if not apart <= TOLERANCE:
        raise RuntimeError(
            f"model_{name}.joblib gives other probabilities here than when it was built (by {apart:.3g}). "
            "Create the functions with the package versions in card.json."
        )
    return model
