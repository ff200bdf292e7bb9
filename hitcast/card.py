"""The card of a bundle: what it must hold, and that its figures are those of the tables it vouches for."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from hitcast import cells, evaluation, metrics, models, tracks
from hitcast.errors import BundleError, TableError
from hitcast.evaluation import CONSTANT, SCORED
from hitcast.features import BY_NAME, FULL

CARD = "card.json"
SAME = 1e-6  # figures that are computed again differ by less

LARGEST = 1e15  # a double counts further than anything in a card

# Half a surrogate cannot be written anywhere.
_TEXT = {"type": "string", "maxLength": 10_000, "pattern": "^[^\ud800-\udfff]*$"}
_VERSION = {"type": "string", "pattern": r"^[0-9A-Za-z.+!_-]{1,60}$"}
_NUMBER = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
_COUNT, _SHARE = _NUMBER | {"type": "integer", "minimum": 0}, _NUMBER | {"minimum": 0, "maximum": 1}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_FIGURE = _NUMBER | {"type": ["number", "null"]}


def _map(of: dict, needed: Iterable[str] = (), others: bool = True) -> dict:
    """An object of values alike under the `needed` names and, if there may be, `others`."""
    form = {"type": "object", "required": list(needed), "propertyNames": {"maxLength": 200}}
    return form | (
        {"additionalProperties": of}
        if others
        else {"properties": dict.fromkeys(needed, of), "additionalProperties": False}
    )


def _object(**fields: dict) -> dict:
    return {"type": "object", "required": list(fields), "properties": fields}


def _list(of: dict) -> dict:
    return {"type": "array", "items": of}


_CALLED = _object(threshold=_NUMBER, **dict.fromkeys(("accuracy", "precision", "recall", "f1"), _SHARE)) | {
    "additionalProperties": _NUMBER
}
_MEASURES = {
    "type": "object",
    "required": ["roc_auc", "average_precision", "brier_skill", "ece", "at_threshold"],
    "properties": {"at_threshold": _CALLED},
    "additionalProperties": _object(value=_FIGURE, low=_FIGURE, high=_FIGURE),
}
FORM = _object(
    created=_TEXT,
    hitcast_version=_VERSION,
    python=_VERSION,
    packages=_map(_VERSION, ("scikit-learn", "xgboost", "numpy", "pandas", "joblib")),
    seed=_COUNT,
    source=_object(
        name=_TEXT,
        detail=_TEXT,
        rows=_COUNT,
        counts=_map(_NUMBER),
        passed_over=_list(_object(name=_TEXT, reason=_TEXT)),
    ),
    threshold={"type": "number", "minimum": 1, "maximum": 100},
    features=_list({"enum": list(FULL)}) | {"minItems": 1, "uniqueItems": True},
    inputs=_map(_object(low=_NUMBER, high=_NUMBER, whole={"type": "boolean"})),
    feature_set={"enum": ["core", "full"]},
    absent=_list(_TEXT),
    left_out=_map(_TEXT),
    imbalance={"enum": list(models.IMBALANCES)},
    rows=_COUNT,
    hits=_COUNT,
    base_rate=_SHARE,
    cleaning=_map(_COUNT),
    metrics=_map(_MEASURES, (*SCORED, CONSTANT), others=False),
    intervals=_map(_object(confidence=_SHARE, groups=_COUNT, covered=_COUNT), SCORED, others=False),
    importance=_map(_map(_NUMBER), ("rf",), others=False),
    coefficients=_map(_NUMBER),
    permutation_importance=_map(_map(_NUMBER), models.NAMES, others=False),
    mean_abs_shap=_map(_map(_NUMBER), models.NAMES, others=False),
    shap=_map(_object(base=_NUMBER, unit={"enum": ["log-odds", "probability"]}), models.NAMES, others=False),
    data_sha256=_SHA256,
    files=_map(_SHA256),
    golden=_object(
        rows=_list(_map(_FIGURE)) | {"minItems": 1}, probabilities=_map(_list(_SHARE), SCORED, others=False)
    ),
)


def read_card(models_dir: str | os.PathLike) -> dict:
    """The card as it is on disk, once it has the form of one.

    Raises
    ------
    BundleError
        If there is none, or a field is missing or of another type.
    """
    path = Path(models_dir) / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except FileNotFoundError:
        raise BundleError(f"There is no bundle in {path.parent.name}/. Build one first.") from None
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BundleError(f"{path.name} cannot be read ({reason}). Build the bundle again.") from error
    require_form(card)
    return card


def require_form(card: object) -> None:
    """Raise BundleError where a field is missing, of another type or at odds with another, naming the first one."""
    from jsonschema import Draft202012Validator  # takes 2 s to import where the notebooks are installed

    fault = next(Draft202012Validator(FORM).iter_errors(card), None)
    if fault is not None:
        where = ".".join(map(str, fault.absolute_path))
        reason = f"{where[:80]}{': ' * bool(where)}{cells.shown(fault.message)}"
    else:
        reason = _at_odds(card)
    if reason:
        raise BundleError(f"{CARD} is not a card of this version: {reason}. Build the bundle again.")


def _at_odds(card: dict) -> str:
    """What in a card of the right form cannot be, empty where all can."""
    features, golden = set(card["features"]), card["golden"]
    for field in ("importance", "permutation_importance", "mean_abs_shap"):
        if any(set(each) != features for each in card[field].values()):
            return f"{field} is not of its features"
    if set(card["coefficients"]) != features or set(card["inputs"]) != features:
        return "coefficients or inputs are not of its features"
    if any(features - set(row) for row in golden["rows"]):
        return "a golden row lacks a feature"
    if {len(each) for each in golden["probabilities"].values()} != {len(golden["rows"])}:
        return "golden has not a probability a row"
    if any(each["covered"] > each["groups"] for each in card["intervals"].values()):
        return "intervals cover more groups than there are"
    return ""


def require_figures(card: dict, table: pd.DataFrame, out_of_fold: pd.DataFrame, shap: pd.DataFrame) -> None:
    """Raise BundleError where the card says something else than the tables it vouches for.

    Computed again are counts and the base rate, the labels, each measure's value on the out-of-fold
    scores, the threshold of the best F1 and what comes of it, and the mean SHAP values. The ends of
    intervals and what they add to the calibration error are not, but hold their value.
    """
    try:
        for field, said, found in _figures(card, table, out_of_fold, shap):
            if not _same(said, found):
                raise BundleError(
                    f"{CARD} says {field} {_shown(said)}, but its own tables give {_shown(found)}. Build the bundle again."
                )
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, TableError) as error:
        raise BundleError(
            f"The bundle's tables are not those of its {CARD} ({type(error).__name__}: {str(error)[:80]}). "
            "Build the bundle again."
        ) from error


def _figures(
    card: dict, table: pd.DataFrame, out_of_fold: pd.DataFrame, shap: pd.DataFrame
) -> Iterable[tuple[str, object, object]]:
    """Each field with what the card says of it and what the tables do."""
    hit = tracks.label(table, card["threshold"])
    yield "rows", card["rows"], len(table)
    yield "hits", card["hits"], int(hit.sum())
    yield "base_rate", card["base_rate"], hit.mean()
    for name in card["features"]:
        feature = BY_NAME[name]
        valid = {"low": feature.low, "high": feature.high, "whole": feature.kind == "choice"}
        yield f"inputs.{name}", card["inputs"].get(name), valid
    yield "hits by track", 0, int((out_of_fold["hit"] != hit.to_numpy()[out_of_fold["row"]]).sum())
    yield "tracks out of fold", len(table), out_of_fold["row"].nunique()
    for model, measured in evaluation.values(out_of_fold).items():
        said = card["metrics"][model]
        for key, value in measured.items():
            yield f"metrics.{model}.{key}", said[key]["value"], None if np.isnan(value) else value
        for key in said.keys() - {"at_threshold"}:
            low, value, high = (said[key][part] for part in ("low", "value", "high"))
            yield f"metrics.{model}.{key} in its interval", value is None or low <= value <= high, True
    first = out_of_fold[out_of_fold["repeat"] == out_of_fold["repeat"].min()]
    for model in SCORED:
        hits, scores = first["hit"].to_numpy(bool), first[model].to_numpy(float)
        found = metrics.confusion(hits, scores, metrics.best_f1_threshold(hits, scores))
        yield f"metrics.{model}.at_threshold", card["metrics"][model]["at_threshold"], found
    for model in models.NAMES:
        moved = {name: float(shap[f"{model}/{name}"].abs().mean()) for name in card["features"]}
        yield f"mean_abs_shap.{model}", card["mean_abs_shap"][model], moved


def _same(said: object, found: object) -> bool:
    if isinstance(said, dict) and isinstance(found, dict):
        return said.keys() == found.keys() and all(_same(said[key], found[key]) for key in said)
    if said is None or found is None:
        return said is found
    return abs(said - found) <= SAME * max(1.0, abs(found))


def _shown(figure: object) -> str:
    return f"{figure:.6g}" if isinstance(figure, int | float) else str(figure)[:80]


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
