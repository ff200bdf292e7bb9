"""Rows of tracks → probabilities, with what puts them in context and why a row has none."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hitcast import models, tracks
from hitcast.artifacts import Bundle

PROBABILITIES = tuple(f"p_{name}" for name in (*models.NAMES, models.BLEND))
SCORES = (*PROBABILITIES, "lift", "percentile", "problem")


def score(bundle: Bundle, raw: pd.DataFrame, allow_missing: bool = False) -> pd.DataFrame:
    """The scores of each row of a table in any known schema, on the index of `raw`.

    Columns: `p_logreg`, `p_rf`, `p_xgb`, `p_blend` in 0 to 1; `lift`, the blend ÷ the base rate;
    `percentile` of the blend among the training tracks, 0 to 100; `problem`, empty or why the row
    could not be scored (its numbers are then missing).

    Parameters
    ----------
    allow_missing
        Whether a missing feature is filled with the training tracks' median instead of being a problem.

    Raises
    ------
    TableError
        If a feature's column is missing and that is not allowed.
    """
    values, problem = tracks.check(raw, bundle.features, allow_missing)
    usable = (problem == "").to_numpy()
    given = models.probabilities(bundle.models, values[usable]).add_prefix("p_")
    context = {
        "lift": given["p_blend"] / bundle.card["base_rate"],
        "percentile": percentile(given["p_blend"], bundle.out_of_fold[models.BLEND]),
    }
    scored = given.assign(**context).set_axis(np.flatnonzero(usable))
    return scored.reindex(range(len(raw))).set_axis(raw.index).assign(problem=problem)[list(SCORES)]


def percentile(scores: Sequence[float], reference: Sequence[float]) -> np.ndarray:
    """The percentage of `reference` that lies below each score, ties counting half."""
    ranked, scores = np.sort(np.asarray(reference, float)), np.asarray(scores, float)
    below, upto = np.searchsorted(ranked, scores), np.searchsorted(ranked, scores, side="right")
    return 50.0 * (below + upto) / len(ranked)
