"""The card of a bundle: what it must hold, and that its figures are those of the tables it vouches for."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from hitcast import evaluation, metrics, models, tracks
from hitcast.errors import BundleError, TableError
from hitcast.evaluation import CONSTANT, SCORED
from hitcast.features import BY_NAME, FULL

CARD = "card.json"
SAME = 1e-6  # figures that are computed again differ by less

_TEXT, _COUNT = {"type": "string", "maxLength": 10_000}, {"type": "integer", "minimum": 0}
_NUMBER, _SHARE = {"type": "number"}, {"type": "number", "minimum": 0, "maximum": 1}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_FIGURE = {"type": ["number", "null"]}


def _map(of: dict, needed: Iterable[str] = ()) -> dict:
    return {"type": "object", "required": list(needed), "additionalProperties": of}


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
    hitcast_version=_TEXT,
    python=_TEXT,
    packages=_map(_TEXT),
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
    metrics=_map(_MEASURES, (*SCORED, CONSTANT)),
    intervals=_map(_object(confidence=_SHARE, groups=_COUNT, covered=_COUNT), SCORED),
    importance=_map(_map(_NUMBER), ("rf",)),
    coefficients=_map(_NUMBER),
    permutation_importance=_map(_map(_NUMBER), models.NAMES),
    mean_abs_shap=_map(_map(_NUMBER), models.NAMES),
    shap=_map(_object(base=_NUMBER, unit={"enum": ["log-odds", "probability"]}), models.NAMES),
    data_sha256=_SHA256,
    files=_map(_SHA256),
    golden=_object(rows=_list(_map(_FIGURE)), probabilities=_map(_list(_SHARE), SCORED)),
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
    """Raise BundleError where a field is missing or of another type, naming the first one."""
    from jsonschema import Draft202012Validator  # takes 2 s to import where the notebooks are installed

    fault = next(Draft202012Validator(FORM).iter_errors(card), None)
    if fault is not None:
        where = ".".join(map(str, fault.absolute_path))
        raise BundleError(
            f"{CARD} is not a card of this version: {where}{': ' * bool(where)}{fault.message[:120]}. "
            "Build the bundle again."
        )


def require_figures(card: dict, table: pd.DataFrame, out_of_fold: pd.DataFrame, shap: pd.DataFrame) -> None:
    """Raise BundleError where the card says something else than the tables it vouches for.

    Everything that is quick to compute again is: counts and the base rate, the labels, each measure's
    value on the out-of-fold scores, the mean SHAP values. The ends of intervals are not, but hold
    their value.
    """
    try:
        for field, said, found in _figures(card, table, out_of_fold, shap):
            if not _same(said, found):
                raise BundleError(
                    f"{CARD} says {field} {_shown(said)}, but its own tables give {_shown(found)}. Build the bundle again."
                )
    except (KeyError, TypeError, ValueError, IndexError, TableError) as error:
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
        said = card["metrics"][model]["at_threshold"]
        found = metrics.confusion(first["hit"].to_numpy(), first[model].to_numpy(), said["threshold"])
        yield f"metrics.{model}.at_threshold", said, found
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
