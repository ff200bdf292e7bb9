"""Scores tracks inside Snowflake: a vectorized handler for each of the three models, and one for what else is known.

`deploy/score.sql` creates the functions; `hitcast snowflake-sql` writes it. Snowflake hands
a handler a batch of rows as a frame whose columns are numbered in the order of the arguments, which
is the order of the features in card.json. A row that a model may not judge (a value missing, out of
range, or between two categories) gets NULL. This file stands alone: only the artifacts, the card and
the packages of the function are there.
"""

import functools
import json
import os
import re
import sys
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

TOLERANCE = 1e-6


# The handlers bear no annotations: Snowpark would take them for the signature in SQL.


def score_logreg(*batch):
    """The probability of a hit by the logistic regression."""
    return _answered(functools.partial(_probability, "logreg"), batch)


def score_rf(*batch):
    """The probability of a hit by the random forest."""
    return _answered(functools.partial(_probability, "rf"), batch)


def score_xgb(*batch):
    """The probability of a hit by XGBoost."""
    return _answered(functools.partial(_probability, "xgb"), batch)


def score_context(*batch):
    """The probability that takes in genre and release year, the last two arguments; NULL where the models know neither."""
    return _answered(_in_context, batch)


for _handler in (score_logreg, score_rf, score_xgb, score_context):
    _handler._sf_vectorized_input = pd.DataFrame  # what Snowflake's @vectorized sets


def _answered(function: Callable, batch: tuple) -> pd.Series | float | None:
    if len(batch) == 1 and isinstance(batch[0], pd.DataFrame):
        return function(batch[0])
    # Snowpark's local testing calls with the values of one row.
    value = function(pd.DataFrame([batch])).iat[0]
    return None if np.isnan(value) else float(value)


def _probability(name: str, batch: pd.DataFrame) -> pd.Series:
    model, features = _model(name), list(_card()["inputs"])
    values = _numbers(batch)
    usable = _usable(values)
    found = np.full(len(batch), np.nan)
    if usable.any():
        found[usable] = model.predict_proba(pd.DataFrame(values[usable], columns=features))[:, 1]
    return pd.Series(found, index=batch.index)


def _in_context(batch: pd.DataFrame) -> pd.Series:
    values, context = _numbers(batch.iloc[:, :-2]), _card()["context"]
    codes = {_folded(genre): at for at, genre in enumerate(context["genres"])}
    years = context["years"] or [np.nan]
    genre = np.array([codes.get(_folded(text), -1) for text in batch.iloc[:, -2]], dtype=int)
    year = pd.to_numeric(batch.iloc[:, -1], errors="coerce").to_numpy(dtype=float)
    has = {"genre": genre >= 0, "year": (year >= 1000) & (year <= years[-1])}
    found = np.full(len(batch), np.nan)
    for level, weights in context["weights"].items():
        parts = level.removeprefix("with ").split(" and ")
        rows = np.flatnonzero(np.logical_and.reduce([_usable(values), *(has[part] for part in parts)]))
        if len(rows):
            near = [np.interp(year[rows], years, corner) for corner in np.eye(len(years))[1:]]
            sound = _model("logreg")[:-1].transform(
                pd.DataFrame(values[rows], columns=list(_card()["inputs"]))
            )
            terms = np.column_stack([np.ones(len(rows)), sound, *(near if "year" in parts else [])])
            own = np.array(weights)[genre[rows] if "genre" in parts else np.zeros(len(rows), dtype=int)]
            found[rows] = 1 / (1 + np.exp(-(terms * own).sum(axis=1)))
    return pd.Series(found, index=batch.index)


def _folded(genre: object) -> str:
    """The letters and digits of the first genre in a text: `hip-hop` and `Hip Hop; Rap` are one."""
    parts = re.split("[,;|]", genre.casefold()) if isinstance(genre, str) else []
    text = next((part.strip() for part in parts if part.strip()), "")
    return "".join(letter for letter in text if letter.isalnum()) or text


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
