"""What the models would say of the same track with one feature changed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from hitcast import models, wording
from hitcast.features import BY_NAME

CURVE_RANGE = (0.01, 0.99)
USUAL_RANGE = (0.05, 0.95)
MOVE_WORTH_SAYING = 1.05


@dataclass(frozen=True)
class CurveRange:
    """The `values` that a feature's curve runs over, ascending, and the `usual` ones: both ends, or the choices."""

    values: np.ndarray
    usual: np.ndarray
    is_choice: bool

    def through(self, own: float) -> np.ndarray:
        """The values, and a track's own among them unless it is not known."""
        return self.values if np.isnan(own) else np.union1d(self.values, own)

    def is_usual(self, values: np.ndarray) -> np.ndarray:
        """Which values lie between the ends, or are one of the choices."""
        if self.is_choice:
            return np.isin(values, self.usual)
        return (self.usual[0] <= values) & (values <= self.usual[1])


def curve_ranges(table: pd.DataFrame, features: Iterable[str], points: int = 25) -> dict[str, CurveRange]:
    """For each feature the middle 98 % of the table's tracks, or the choices they have.

    Usual is the middle 90 %, and a choice that 5 % have.
    """
    return {
        name: _curve_range(table[name].dropna(), BY_NAME[name].kind == "choice", points) for name in features
    }


def _curve_range(known: pd.Series, is_choice: bool, points: int) -> CurveRange:
    if is_choice:
        shares = known.value_counts(normalize=True).sort_index()
        return CurveRange(
            shares.index.to_numpy(float), shares.index[shares >= USUAL_RANGE[0]].to_numpy(float), True
        )
    low, high, *usual = np.quantile(known, [*CURVE_RANGE, *USUAL_RANGE])
    return CurveRange(np.linspace(low, high, points), np.array(usual), False)


def response_curves(
    pipelines: Mapping[str, Pipeline], row: pd.Series, ranges: Mapping[str, CurveRange]
) -> pd.DataFrame:
    """What the models would say of the same track with one of the features in `ranges` changed.

    Each curve passes through the track's own value. One batched call a model: 300 rows take hardly
    longer than one.

    Returns
    -------
    DataFrame
        `feature`, `value`; `current`, true at the track's own value; `usual`, true at the usual
        values; a column of probabilities for each model and `blend`.
    """
    inputs = models.features_of(next(iter(pipelines.values())))
    own = row[list(ranges)].to_numpy(dtype=float)
    pieces = [each.through(value) for each, value in zip(ranges.values(), own, strict=True)]
    usual = [each.is_usual(values) for each, values in zip(ranges.values(), pieces, strict=True)]
    value, changed = np.concatenate(pieces), np.repeat(np.arange(len(pieces)), list(map(len, pieces)))
    variants = np.tile(row[inputs].to_numpy(dtype=float), (len(value), 1))
    variants[np.arange(len(value)), np.array([inputs.index(name) for name in ranges])[changed]] = value
    given = models.probabilities(pipelines, pd.DataFrame(variants, columns=inputs))
    points = {
        "feature": np.array(list(ranges), dtype=object)[changed],
        "value": value,
        "current": value == own[changed],
        "usual": np.concatenate(usual),
    }
    return pd.DataFrame(points | {name: chances.to_numpy() for name, chances in given.items()})


def best_moves(curves: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
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
    now = curves.loc[curves["current"], models.BLEND].median()
    better = curves[curves["usual"] & (curves[models.BLEND] >= now * MOVE_WORTH_SAYING)]
    best = sorted(_best_of_each(better, row, now), key=lambda move: -move["ratio"])
    columns = ["feature", "value", "better", "probability", "ratio", "text"]
    return pd.DataFrame(best, columns=columns)


def widest_first(curves: pd.DataFrame) -> list[str]:
    """The features of `response_curves`, those first along which the blend changes the most."""
    spread = {name: blend.max() / blend.min() for name, _, blend in _by_feature(curves)}
    return sorted(spread, key=spread.__getitem__, reverse=True)


def _best_of_each(better: pd.DataFrame, row: pd.Series, now: float) -> Iterator[dict]:
    for name, value, probability in _by_feature(better):
        gain = np.log(probability / now)
        feature, own = BY_NAME[name], row[name]
        distance = np.where(feature.kind == "choice", 0, np.abs(value - own))
        nearly = np.flatnonzero(gain >= 0.95 * gain.max())
        at = nearly[np.lexsort([-gain[nearly], distance[nearly]])[0]]
        ratio = probability[at] / now
        change = f"{feature.text(own)} → {feature.text(value[at])}"
        yield {
            "feature": name,
            "value": own,
            "better": value[at],
            "probability": probability[at],
            "ratio": ratio,
            "text": f"{feature.label} {change}: {wording.times(ratio)} times the chance",
        }


def _by_feature(curves: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Each feature with its values and the blend's probabilities."""
    names, value, blend = (curves[name].to_numpy() for name in ("feature", "value", models.BLEND))
    for name in dict.fromkeys(names):
        own = names == name
        yield name, value[own], blend[own]
