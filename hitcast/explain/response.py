"""What the models would say of the same track with one feature changed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from hitcast import models, wording
from hitcast.features import BY_NAME, Feature

CURVE_RANGE = (0.01, 0.99)
USUAL_RANGE = (0.05, 0.95)
MOVE_WORTH_SAYING = 1.05


def response_curves(
    pipelines: Mapping[str, Pipeline],
    row: pd.Series,
    features: Sequence[str],
    table: pd.DataFrame,
    points: int = 25,
) -> pd.DataFrame:
    """What the models would say of the same track with one of the `features` changed.

    Each curve runs over the middle 98 % of the table's tracks, or over the choices they have, and
    passes through the track's own value. One batched call a model, as a forest takes as long for one
    row as for 300.

    Returns
    -------
    DataFrame
        `feature`, `value`, `model` (the three and `blend`), `probability`; `current`, true at the
        track's own value; `usual`, true in the middle 90 % of tracks or where 5 % have the choice.
    """
    inputs = models.features_of(next(iter(pipelines.values())))
    own = row[list(features)].to_numpy(dtype=float)
    pieces = [
        _curve_values(BY_NAME[name], table[name].to_numpy(dtype=float), value, points)
        for name, value in zip(features, own, strict=True)
    ]
    value, usual = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    changed = np.repeat(np.arange(len(pieces)), [len(values) for values, _ in pieces])
    variants = np.tile(row[inputs].to_numpy(dtype=float), (len(value), 1))
    variants[np.arange(len(value)), np.array([inputs.index(name) for name in features])[changed]] = value
    return (
        models.probabilities(pipelines, pd.DataFrame(variants, columns=inputs))
        .assign(feature=np.array(features)[changed], value=value, current=value == own[changed], usual=usual)
        .melt(["feature", "value", "current", "usual"], var_name="model", value_name="probability")
    )


def _curve_values(
    feature: Feature, tracks: np.ndarray, own: float, points: int
) -> tuple[np.ndarray, np.ndarray]:
    """The values to ask for, ascending, and which of them are usual."""
    known = tracks[~np.isnan(tracks)]
    kept = [] if np.isnan(own) else [own]
    if feature.kind == "choice":
        values = np.unique([*known, *kept])
        return values, (known == values[:, None]).mean(axis=1) >= USUAL_RANGE[0]
    low, high, usual_low, usual_high = np.quantile(known, [*CURVE_RANGE, *USUAL_RANGE])
    values = np.unique([*np.linspace(low, high, points), *kept])
    return values, (usual_low <= values) & (values <= usual_high)


def best_moves(curves: pd.DataFrame, row: pd.Series, *, count: int = 3) -> pd.DataFrame:
    """The single changes of one feature that go with the highest blend, best first.

    Only to usual values. Of a feature's values the nearest to the track's own is taken that brings
    nearly (95 % of) the best gain. It is what tracks with that value have, not what a change would
    cause: the audio features move together. Gains under a twentieth are left out, so the answer may
    be empty.

    Parameters
    ----------
    curves
        What `response_curves` returned for this row.

    Returns
    -------
    DataFrame
        `feature`, `value` (from), `better` (to), `probability`, `ratio` to the present one, `text`.
    """
    blend = curves[curves["model"] == models.BLEND]
    ratio = blend["probability"] / blend.loc[blend["current"], "probability"].median()
    moves = blend.assign(
        better=blend["value"], value=blend["feature"].map(row), ratio=ratio, gain=np.log(ratio)
    )
    moves = moves[moves["usual"] & (ratio >= MOVE_WORTH_SAYING)]
    nearly = moves[moves["gain"] >= 0.95 * moves.groupby("feature")["gain"].transform("max")]
    measured = nearly["feature"].map(lambda name: BY_NAME[name].kind != "choice")
    best = (
        nearly.assign(distance=(nearly["better"] - nearly["value"]).abs().where(measured, 0))
        .sort_values(["distance", "gain"], ascending=[True, False])
        .drop_duplicates("feature")
        .nlargest(count, "gain")[["feature", "value", "better", "probability", "ratio"]]
        .reset_index(drop=True)
    )
    return best.assign(text=[_in_words(move) for move in best.itertuples()])


def _in_words(move: Any) -> str:
    feature = BY_NAME[move.feature]
    change = f"{feature.text(move.value)} → {feature.text(move.better)}"
    return f"{feature.label} {change}: {wording.times(move.ratio)} times the chance"
