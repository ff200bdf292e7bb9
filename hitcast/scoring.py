"""Rows of tracks → probabilities, with what puts them in context and why a row has none."""

import numpy as np
import pandas as pd

from hitcast import intervals, models, profiles, tracks
from hitcast.artifacts import Bundle

CONTEXT = ("lift", "percentile", "problem")


def columns(model: str | None = None) -> tuple[str, ...]:
    """The names of the scores' columns, of all models or of one of them or `blend`."""
    names = (model,) if model else (*models.NAMES, models.BLEND)
    return (*(f"p_{name}" for name in names), *CONTEXT)


def score(
    bundle: Bundle,
    raw: pd.DataFrame,
    allow_missing: bool = False,
    *,
    model: str | None = None,
    loudness_is_share: bool | None = None,
) -> pd.DataFrame:
    """The scores of each row of a table in any known schema, on the index of `raw`.

    Columns: `p_logreg`, `p_rf`, `p_xgb`, `p_blend` in 0 to 1; `lift`, the blend ÷ the base rate;
    `percentile` of the blend among the training tracks, 0 to 100; `problem`, empty or why the row
    could not be scored (its numbers are then missing).

    Parameters
    ----------
    allow_missing
        Whether a missing feature is filled with the training tracks' median instead of being a problem.
    model
        One of the models or `blend`: only its probability, and lift and percentile of that.
    loudness_is_share
        As in `tracks.check`, where `raw` is only a part of a table.

    Raises
    ------
    TableError
        If a feature's column is missing and that is not allowed.
    """
    values, problem = tracks.check(raw, bundle.features, allow_missing, loudness_is_share)
    usable = (problem == "").to_numpy()
    given = _probabilities(bundle, values[usable], model)
    name = model or models.BLEND
    context = {
        "lift": given[name] / bundle.card["base_rate"],
        "percentile": profiles.percentile(bundle.out_of_fold[name], given[name]),
    }
    scored = given.add_prefix("p_").assign(**context).set_axis(np.flatnonzero(usable))
    return scored.reindex(range(len(raw))).set_axis(raw.index).assign(problem=problem)


def hit_rate_range(
    bundle: Bundle, scores: pd.Series, name: str = models.BLEND
) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest share of hits that tracks with each score have, at 95 % confidence.

    Counted on the out-of-fold scores of the bundle's tracks; see `intervals.interval` for what is promised.
    """
    held_out = bundle.out_of_fold
    first = held_out[held_out["repeat"] == held_out["repeat"].min()]
    return intervals.interval(first[name], first["hit"], scores)


def _probabilities(bundle: Bundle, frame: pd.DataFrame, model: str | None) -> pd.DataFrame:
    if model in models.NAMES:
        return pd.DataFrame({model: models.probability(bundle.models[model], frame)}, index=frame.index)
    each = models.probabilities(bundle.models, frame)
    return each if model is None else each[[model]]
