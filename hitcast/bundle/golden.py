"""Rows with the probabilities that the models gave them when they were built: whether they still do."""

import json

import numpy as np
import pandas as pd

from hitcast import explain
from hitcast import models as pipelines
from hitcast.bundle.card import CARD
from hitcast.bundle.contents import Bundle
from hitcast.errors import BundleError

ROWS = 16
TOLERANCE = 1e-6


def record(bundle: Bundle) -> dict:
    """Rows across the table and the probabilities that each model gives them now."""
    rows = bundle.tracks[bundle.features].iloc[_spread(len(bundle.tracks))]
    given = pipelines.probabilities(bundle.models, rows)
    return {
        "rows": json.loads(rows.to_json(orient="records", double_precision=15)),
        "probabilities": given.to_dict(orient="list"),
    }


def _spread(rows: int) -> np.ndarray:
    return np.unique(np.linspace(0, rows - 1, ROWS).astype(int))


def require(bundle: Bundle) -> None:
    """Raise BundleError where the models do not give the card's golden rows what they gave when they were built."""
    golden = bundle.card["golden"]
    try:
        rows = pd.DataFrame(golden["rows"], columns=bundle.features, dtype=float)
        said = pd.DataFrame(golden["probabilities"])
        apart = float((pipelines.probabilities(bundle.models, rows)[said.columns] - said).abs().max().max())
    except Exception as error:  # a model of other versions can fail in any way
        raise BundleError(f"The models do not run ({error}). Build the bundle again.") from error
    if not apart <= TOLERANCE or set(said) != {*pipelines.NAMES, pipelines.BLEND} or said.empty:
        raise BundleError(
            f"The models give other probabilities than when they were built (by up to {apart:.3g}), most "
            "likely because other versions of scikit-learn or XGBoost wrote them. Build the bundle again."
        )


def require_weights(bundle: Bundle) -> None:
    """Raise BundleError where the card's importances or coefficients are not those of the models."""
    found = {
        "importance.rf": explain.impurity_importance(bundle.models["rf"]),
        "coefficients": explain.coefficients(bundle.models["logreg"]),
    }
    said = {"importance.rf": bundle.card["importance"]["rf"], "coefficients": bundle.card["coefficients"]}
    for field, weights in found.items():
        if not np.allclose(pd.Series(said[field])[weights.index], weights, rtol=0, atol=TOLERANCE):
            raise BundleError(f"{CARD} says other {field} than its models have. Build the bundle again.")
