"""Scores tracks inside Snowflake: a vectorized handler for each of the three models.

`deploy/score.sql` creates the functions; `python -m hitcast snowflake-sql` writes it. Snowflake hands
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
    model, inputs = _model(name), _card()["inputs"]
    rows = batch.set_axis(list(inputs), axis=1).apply(pd.to_numeric, errors="coerce").astype(float)
    usable = _usable(rows, inputs)
    found = pd.Series(np.nan, index=batch.index)
    if usable.any():
        found[usable] = model.predict_proba(rows[usable])[:, 1]
    return found


def _usable(rows: pd.DataFrame, inputs: dict) -> pd.Series:
    usable = pd.Series(True, index=rows.index)
    for name, rule in inputs.items():
        usable &= rows[name].between(rule["low"], rule["high"])
        if rule["whole"]:
            usable &= rows[name] == np.floor(rows[name])
    return usable


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
