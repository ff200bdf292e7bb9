"""Why the models say what they say: exact SHAP values, importances, response curves, single moves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline
from xgboost import DMatrix, XGBClassifier

from hitcast import models, words
from hitcast.features import BY_NAME, Feature

Unit = Literal["log-odds", "probability"]
Explained = tuple[np.ndarray, float]

CURVE_RANGE = (0.01, 0.99)
USUAL_RANGE = (0.05, 0.95)
MOVE_WORTH_SAYING = 1.05


@dataclass(frozen=True)
class Contributions:
    """What each feature adds to each row's output, in `unit`.

    `base` is the output without any feature; `values` has a row a track and a column a feature.
    """

    values: pd.DataFrame
    base: float
    unit: Unit

    @property
    def output(self) -> pd.Series:
        """The model's output for each row: the base plus the row's values."""
        return self.base + self.values.sum(axis=1)


def contributions(model: Pipeline, frame: pd.DataFrame, explainer: Any = None) -> Contributions:
    """The SHAP values of a few rows, from 3 ms a row.

    Log-odds for `logreg` (coefficient × distance from the training mean) and `xgb`, probability for
    `rf` (both path-dependent TreeSHAP, Lundberg et al. 2020). Base and values add up to the
    probability that the user sees: a correction to the base rate is part of the base and, for the
    forest, a factor on the values (see `_rescaled`).

    Parameters
    ----------
    explainer
        What `forest_explainer` returned for this model, which saves making it again.
    """

    def forest_values(forest: RandomForestClassifier, inputs: np.ndarray) -> Explained:
        return _forest_values(explainer or _tree_explainer(forest), inputs)

    return _explain(model, frame, forest_values, _boosted_values)


def table_contributions(pipelines: Mapping[str, Pipeline], frame: pd.DataFrame) -> dict[str, Contributions]:
    """The same SHAP values for a whole table, a model an entry.

    Woodelf shares the work between the rows that pass through the same leaf (Nadel & Wettenstein
    2025), so its time hardly grows with the rows.
    """
    return {
        name: _explain(model, frame, _woodelf_values, _woodelf_values) for name, model in pipelines.items()
    }


def forest_explainer(model: Pipeline) -> Any:
    """The explainer of a fitted forest, for `contributions`: worth keeping, it takes 40 ms to make."""
    return _tree_explainer(_fitted(model)[0])


def blend_contributions(parts: Mapping[str, Contributions]) -> Contributions:
    """What moved the blend, in log-odds: the mean over the three models.

    The blend is the mean of the models' log-odds, so `logreg` and `xgb` go in as they are. The
    forest's values, in probability, are multiplied row by row by (logit p - logit b) / (p - b), with p
    the row's probability and b the base: they add up to its log-odds and keep signs and proportions.
    """
    bound = logit(1 - models.SMALLEST_PROBABILITY)
    links = {"log-odds": lambda x: np.clip(x, -bound, bound), "probability": lambda p: logit(_bounded(p))}
    parts = [_rescaled(part, links[part.unit], "log-odds") for part in parts.values()]
    values = sum(part.values for part in parts) / len(parts)
    return Contributions(values, sum(part.base for part in parts) / len(parts), "log-odds")


def _bounded(probability: np.ndarray, least: float = models.SMALLEST_PROBABILITY) -> np.ndarray:
    return np.clip(probability, least, 1 - least)


def _rescaled(part: Contributions, link: Callable, unit: Unit) -> Contributions:
    """Base and values of link(output): each row's values times the slope of its way from the base."""
    values = part.values.to_numpy()
    way = values.sum(axis=1)
    step = np.where(np.abs(way) > 1e-6, way, 1e-6)
    slope = (link(part.base + step) - link(part.base)) / step
    scaled = pd.DataFrame(values * slope[:, None], part.values.index, part.values.columns)
    return Contributions(scaled, float(link(part.base)), unit)


def _fitted(model: Pipeline) -> tuple[Any, float]:
    """The pipeline's fitted classifier, and what its log-odds are shifted by to the base rate."""
    classifier = model[-1]
    if isinstance(classifier, models.BaseRateCorrected):
        return classifier.classifier_, classifier.log_odds_shift_
    return classifier, 0.0


def _features(model: Pipeline) -> list[str]:
    return list(model["select"].transformers_[0][2])


def _explain(
    model: Pipeline, frame: pd.DataFrame, forest_values: Callable, boosted_values: Callable
) -> Contributions:
    classifier, shift = _fitted(model)
    if isinstance(classifier, LogisticRegression):
        explained, unit = _linear_values, "log-odds"
    elif isinstance(classifier, RandomForestClassifier):
        explained, unit = forest_values, "probability"
    else:
        explained, unit = boosted_values, "log-odds"
    values, base = explained(classifier, model[:-1].transform(frame))
    values = pd.DataFrame(values, index=frame.index, columns=_features(model), dtype=float)
    if unit == "log-odds":
        return Contributions(values, base + shift, unit)
    uncorrected = Contributions(values, base, unit)
    return (
        _rescaled(uncorrected, lambda p: expit(logit(_bounded(p, 1e-9)) + shift), unit)
        if shift
        else uncorrected
    )


def _linear_values(classifier: LogisticRegression, inputs: np.ndarray) -> Explained:
    """Exact because the scaler has centred every input on the training tracks."""
    return inputs * classifier.coef_[0], float(classifier.intercept_[0])


def _boosted_values(classifier: XGBClassifier, inputs: np.ndarray) -> Explained:
    both = classifier.get_booster().predict(DMatrix(inputs, nthread=classifier.n_jobs), pred_contribs=True)
    return both[:, :-1], float(both[0, -1])


def _tree_explainer(forest: RandomForestClassifier) -> Any:
    import shap  # takes seconds, and only the forest needs it

    return shap.TreeExplainer(forest, feature_perturbation="tree_path_dependent")


def _forest_values(explainer: Any, inputs: np.ndarray) -> Explained:
    values = explainer.shap_values(inputs, check_additivity=False)
    return values[:, :, 1], float(explainer.expected_value[1])


def _woodelf_values(classifier: Any, inputs: np.ndarray) -> Explained:
    """Woodelf's values, turned to the probability of a hit, and the base they leave.

    Of a scikit-learn classifier it explains class 0. Both libraries compare 32-bit inputs with their
    thresholds, so it gets the inputs rounded to those.
    """
    from woodelf import WoodelfExplainer

    rounded = pd.DataFrame(inputs.astype(np.float32).astype(float)).add_prefix("input")
    explainer = WoodelfExplainer(classifier, feature_perturbation="tree_path_dependent")
    values = explainer.shap_values(rounded, verbose=False)
    if isinstance(classifier, RandomForestClassifier):
        return -values, float(np.mean([tree.tree_.value[0, 0, 1] for tree in classifier.estimators_]))
    return values, _boosted_values(classifier, inputs[:1])[1]


def impurity_importance(model: Pipeline) -> pd.Series:
    """The share of the impurity that each feature's splits remove in the forest, largest first.

    Read off the training rows and biased towards features with many values (Strobl et al. 2007):
    set it beside `permutation_importance` on held-out tracks.
    """
    return pd.Series(_fitted(model)[0].feature_importances_, _features(model)).sort_values(ascending=False)


def coefficients(model: Pipeline) -> pd.Series:
    """The logistic regression's change in log-odds a standard deviation of each feature, largest first."""
    return pd.Series(_fitted(model)[0].coef_[0], _features(model)).sort_values(key=np.abs, ascending=False)


def mean_absolute(explained: Contributions) -> pd.Series:
    """How far each feature moves the output on average (mean |SHAP|) in its unit, largest first."""
    return explained.values.abs().mean().sort_values(ascending=False)


def permutation_importance(
    model: Pipeline, frame: pd.DataFrame, labels: Sequence[bool], seed: int = 0, repeats: int = 3
) -> pd.Series:
    """What the ROC AUC loses when a feature's values are shuffled among tracks the model has not seen.

    The mean of `repeats` shuffles a feature, largest first. Give it one fold's model and held-out
    tracks; the mean over folds is the importance (Breiman 2001).
    """
    generator, names = np.random.default_rng(seed), _features(model)
    rows = frame[names].to_numpy(float)
    copies = np.tile(rows, (1 + len(names) * repeats, 1, 1))
    for copy in range(len(names) * repeats):
        column = copy // repeats
        copies[1 + copy, :, column] = generator.permutation(rows[:, column])
    # A forest takes about as long for all the copies in one call as for two of them in two.
    given = models.probability(model, pd.DataFrame(copies.reshape(-1, len(names)), columns=names))
    areas = [roc_auc_score(labels, part) for part in given.reshape(len(copies), -1)]
    losses = areas[0] - np.reshape(areas[1:], (len(names), repeats)).mean(axis=1)
    return pd.Series(losses, names).sort_values(ascending=False)


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
    inputs = _features(next(iter(pipelines.values())))
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
    return f"{feature.label} {change}: {words.times(move.ratio)} times the chance"
