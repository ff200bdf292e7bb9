"""The card of a bundle: what it must hold, and the files that it vouches for. Light to import."""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

from hitcast import forms
from hitcast.choices import CONSTANT, IMBALANCES, LEVELS, MOST_SEED, NAMES, SCORED, Imbalance
from hitcast.errors import BundleError
from hitcast.features import FULL, FeatureSet
from hitcast.measures import MAIN, MEASURES, OTHERS

CARD = "card.json"
TRACKS = "raw_tracks.csv"
OUT_OF_FOLD = "out_of_fold.parquet"
SHAP_VALUES = "shap_values.parquet"
MODEL_FILES = {name: f"model_{name}.joblib" for name in NAMES}
# What a card says of the tracks and of how they were trained on.
ORIGIN = (
    "source",
    "cleaning",
    "absent",
    "left_out",
    "data_sha256",
    "threshold",
    "feature_set",
    "imbalance",
    "seed",
)
NEXT = ".next"  # the folder of a bundle on its way into place


class Source(TypedDict):
    """Where the tracks came from, and which sources were passed over."""

    name: str
    detail: str
    rows: int
    counts: dict[str, int]
    passed_over: list[dict[str, str]]


class Explained(TypedDict):
    """What a model's SHAP values start from, and their unit."""

    base: float
    unit: Literal["log-odds", "probability"]


class Golden(TypedDict):
    """Some rows, and what each model said of them when it was built."""

    rows: list[dict[str, float | None]]
    probabilities: dict[str, list[float]]


class Card(TypedDict):
    """What a bundle was built from, how good it is, and which files belong to it; see models/README.md."""

    created: str
    hitcast_version: str
    python: str
    packages: dict[str, str]
    seed: int
    source: Source
    threshold: float
    features: list[str]
    inputs: dict[str, dict[str, float]]
    feature_set: FeatureSet
    absent: list[str]
    left_out: dict[str, str]
    imbalance: Imbalance
    rows: int
    hits: int
    base_rate: float
    cleaning: dict[str, int]
    metrics: dict[str, dict[str, dict[str, Any]]]
    behind: dict[str, dict[str, float]]
    context: dict[str, Any]
    intervals: dict[str, dict[str, Any]]
    importance: dict[str, dict[str, float]]
    coefficients: dict[str, float]
    permutation_importance: dict[str, dict[str, float]]
    mean_abs_shap: dict[str, dict[str, float]]
    shap: dict[str, Explained]
    # What saving adds, and what training again in memory does.
    data_sha256: NotRequired[str]
    files: NotRequired[dict[str, str]]
    golden: NotRequired[Golden]
    retrained: NotRequired[str]


_OTHER = f"{CARD} is not a card of this version: {{}}. Build the bundle again."
LARGEST = 1e15  # a double counts further than anything in a card

# Half a surrogate cannot be written anywhere.
_TEXT = {"type": "string", "maxLength": 10_000, "pattern": "^[^\ud800-\udfff]*$"}
_VERSION = {"type": "string", "pattern": r"^[0-9A-Za-z.+!_-]{1,60}$"}
_NUMBER = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
_COUNT, _SHARE = _NUMBER | {"type": "integer", "minimum": 0}, _NUMBER | {"minimum": 0, "maximum": 1}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_FIGURE = _NUMBER | {"type": ["number", "null"]}
_NONE = {"type": "null"}


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
_FIFTH = _object(**dict.fromkeys(("probability", "low", "high", "rate"), _SHARE))
_INTERVAL = _object(value=_NUMBER, low=_NUMBER, high=_NUMBER)
# All three are there, or the measure could not be taken.
_MEASURE = {
    "if": {"properties": {"value": _NONE}},
    "then": _object(value=_NONE, low=_NONE, high=_NONE),
    "else": _INTERVAL,
}
_MEASURES = {
    "type": "object",
    "required": [*(MEASURES.keys() - {"within_genre_auc"}), *OTHERS, "at_threshold"],
    "properties": {"at_threshold": _CALLED},
    "additionalProperties": _MEASURE,
}
_OF_LEVEL = _map(_MEASURE, set(MAIN) - {"within_genre_auc"})
_WORTH = _object(
    tracks=_COUNT,
    hits=_COUNT,
    measures=_OF_LEVEL,
    sound=_OF_LEVEL,
    simpler=_map(_OF_LEVEL) | {"propertyNames": {"enum": list(LEVELS)}},
    alone=_INTERVAL,
    gain=_INTERVAL,
)
FORM = _object(
    created=_TEXT,
    hitcast_version=_VERSION,
    python=_VERSION,
    packages=_map(_VERSION, ("scikit-learn", "xgboost", "numpy", "pandas", "joblib")),
    seed=_COUNT | {"maximum": MOST_SEED},
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
    imbalance={"enum": list(IMBALANCES)},
    rows=_COUNT,
    hits=_COUNT,
    base_rate=_SHARE,
    cleaning=_map(_COUNT),
    metrics=_map(_MEASURES, (*SCORED, CONSTANT), others=False),
    behind=_map(_INTERVAL) | {"propertyNames": {"enum": list(SCORED)}},
    context=_object(
        genres=_list(_TEXT) | {"uniqueItems": True},
        years=_list(_NUMBER),
        weights=_map(_list(_list(_NUMBER))) | {"propertyNames": {"enum": list(LEVELS)}},
        worth=_map(_WORTH) | {"propertyNames": {"enum": list(LEVELS)}},
    ),
    intervals=_map(
        _object(
            confidence=_SHARE,
            groups=_COUNT | {"minimum": 1},
            covered=_COUNT,
            fifths=_list(_FIFTH) | {"minItems": 5, "maxItems": 5},
        ),
        SCORED,
        others=False,
    ),
    importance=_map(_map(_NUMBER), ("rf",), others=False),
    coefficients=_map(_NUMBER),
    permutation_importance=_map(_map(_NUMBER), NAMES, others=False),
    mean_abs_shap=_map(_map(_NUMBER), NAMES, others=False),
    shap=_map(_object(base=_NUMBER, unit={"enum": ["log-odds", "probability"]}), NAMES, others=False),
    data_sha256=_SHA256,
    files=_map(_SHA256, (OUT_OF_FOLD, SHAP_VALUES, *MODEL_FILES.values()), others=False),
    golden=_object(
        rows=_list(_map(_FIGURE)) | {"minItems": 1}, probabilities=_map(_list(_SHARE), SCORED, others=False)
    ),
)


def read_card(models_dir: str | os.PathLike) -> Card:
    """The card as it is on disk, once it has the form of one.

    Raises
    ------
    BundleError
        If there is none, or a field is missing or of another type.
    """
    card = _parsed(models_dir)
    require_form(card)
    return card


def read_origin(models_dir: str | os.PathLike) -> Card:
    """The card as it is on disk, also one of another version, once it says what it was built from and how.

    Raises
    ------
    BundleError
        If there is none, or it does not say that.
    """
    card = _parsed(models_dir)
    _require(forms.fault(card, _object(**{name: FORM["properties"][name] for name in ORIGIN})))
    return card


def _parsed(models_dir: str | os.PathLike) -> Any:
    path = Path(models_dir) / CARD
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except FileNotFoundError:
        raise BundleError(f"There is no bundle in {path.parent.name}/. Build one first.") from None
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BundleError(f"{path.name} cannot be read ({reason}). Build the bundle again.") from error


def require_form(card: Any) -> None:
    """Raise BundleError where a field is missing, of another type or at odds with another, naming the first one."""
    _require(forms.fault(card, FORM))
    if reason := _at_odds(card):
        raise BundleError(_OTHER.format(reason))


def _require(fault: tuple[str, str] | None) -> None:
    if fault:
        where, said = fault[0][:80], " ".join(fault[1].split())[:120]
        raise BundleError(_OTHER.format(f"{where}: {said}" if where else said))


def _at_odds(card: Card) -> str:
    """What in a card of the right form cannot be, empty where all can."""
    features, golden = set(card["features"]), card["golden"]
    weights = {
        "importance": card["importance"],
        "permutation_importance": card["permutation_importance"],
        "mean_abs_shap": card["mean_abs_shap"],
    }
    for field, models in weights.items():
        if any(set(each) != features for each in models.values()):
            return f"{field} is not of its features"
    if set(card["coefficients"]) != features or set(card["inputs"]) != features:
        return "coefficients or inputs are not of its features"
    if any(features - set(row) for row in golden["rows"]):
        return "a golden row lacks a feature"
    if {len(each) for each in golden["probabilities"].values()} != {len(golden["rows"])}:
        return "golden has not a probability a row"
    if fault := _at_odds_in_context(card["context"], len(features)):
        return fault
    if any(each["covered"] > each["groups"] for each in card["intervals"].values()):
        return "intervals cover more groups than there are"
    return ""


def _at_odds_in_context(context: dict[str, Any], features: int) -> str:
    genres, years = context["genres"], context["years"]
    if years != sorted(set(years)) or not context["weights"].keys() <= context["worth"].keys():
        return "its context has years out of order, or weights whose worth it does not say"
    for level, weights in context["weights"].items():
        if ("genre" in LEVELS[level] and len(genres) < 2) or ("year" in LEVELS[level] and len(years) < 3):
            return f"its context {level} has no genres or years to take in"
        rows = len(genres) if "genre" in LEVELS[level] else 1
        columns = 1 + features + (len(years) - 1 if "year" in LEVELS[level] else 0)
        if [len(row) for row in weights] != rows * [columns]:
            return f"the weights of its context {level} are not of its genres, features and years"
    return ""


def card_of_files(models_dir: str | os.PathLike, data_dir: str | os.PathLike) -> Card:
    """The card; raises BundleError where a file of the bundle is missing or is not the one that it vouches for."""
    card = read_card(models_dir)
    for name, sha256 in card["files"].items():
        require_file(Path(models_dir) / name, sha256)
    require_file(Path(data_dir) / TRACKS, card["data_sha256"])
    return card


def require_file(path: Path, sha256: str) -> None:
    """Raise BundleError where a file is missing or has another checksum."""
    try:
        found = checksum(path)
    except OSError as error:
        reason = (
            "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        )
        raise BundleError(f"{path.name} {reason}. Build the bundle again.") from error
    if found != sha256:
        raise BundleError(f"{path.name} is not the file that {CARD} vouches for. Build the bundle again.")


def checksum(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
