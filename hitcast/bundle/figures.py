"""Whether the figures on a card are those of the tables that it vouches for."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from hitcast import evaluation, tracks
from hitcast.bundle.card import CARD, Card
from hitcast.choices import BLEND, NAMES
from hitcast.errors import BundleError, TableError
from hitcast.evaluation import comparison
from hitcast.features import BY_NAME

SAME = 1e-6  # figures that are computed again differ by less


def require_figures(card: Card, table: pd.DataFrame, out_of_fold: pd.DataFrame, shap: pd.DataFrame) -> None:
    """Raise BundleError where the card says something else than the tables it vouches for.

    Computed again are counts and the base rate, the labels, each measure's value on the out-of-fold
    scores, the threshold of the best F1 and what comes of it, how far the other models lie behind the best,
    what genre and year add to the sound, and the mean SHAP values. The ends of intervals and what they add to the calibration error are not, but
    hold their value; nor is how often the intervals of chances held, nor what
    genre and year are worth alone.
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
    card: Card, table: pd.DataFrame, out_of_fold: pd.DataFrame, shap: pd.DataFrame
) -> Iterable[tuple[str, object, object]]:
    """Each field with what the card says of it and what the tables do."""
    hit = tracks.label(table, card["threshold"])
    yield "rows", card["rows"], len(table)
    yield "hits", card["hits"], int(hit.sum())
    yield "base_rate", card["base_rate"], hit.mean()
    for name in card["features"]:
        feature = BY_NAME[name]
        valid = {"low": feature.low, "high": feature.high, "whole": feature.kind == "choice"}
        yield from _each(f"inputs.{name}", card["inputs"][name], valid)
    yield "hits by track", 0, int((out_of_fold["hit"] != hit.to_numpy()[out_of_fold["row"]]).sum())
    yield "tracks out of fold", len(table), out_of_fold["row"].nunique()
    for model, measured in evaluation.summary(out_of_fold, resamples=0).items():
        said, at_threshold = card["metrics"][model], measured.pop("at_threshold")
        yield from _each(f"metrics.{model}.at_threshold", said["at_threshold"], at_threshold)
        for key in measured.keys() - {"ece"}:
            yield f"metrics.{model}.{key}", said.get(key, {}).get("value"), measured[key]["value"]
        for key in said.keys() - {"at_threshold"}:
            low, value, high = (said[key][part] for part in ("low", "value", "high"))
            yield f"metrics.{model}.{key} in its interval", value is None or low <= value <= high, True
    behind = comparison.behind(card["metrics"], out_of_fold, resamples=0)
    yield "models behind the best", len(card["behind"]), len(behind)
    for name, each in behind.items():
        low, value, high = (card["behind"][name][part] for part in ("low", "value", "high"))
        yield f"behind.{name}", value, each["value"]
        yield f"behind.{name} in its interval", low <= value <= high, True
    for level, said in card["context"]["worth"].items():
        rows = evaluation.first_round(out_of_fold).dropna(subset=level)
        yield f"context.{level}.tracks", said["tracks"], len(rows)
        yield f"context.{level}.hits", said["hits"], int(rows["hit"].sum())
        gain = comparison.difference(rows, rows[level], rows[BLEND], resamples=0)
        yield f"context.{level}.gain", said["gain"]["value"], gain.value
        for key in ("gain", "alone"):
            is_inside = said[key]["low"] <= said[key]["value"] <= said[key]["high"]
            yield f"context.{level}.{key} in its interval", is_inside, True
        parts = {level: said["measures"], BLEND: said["sound"]} | said["simpler"]
        measured = evaluation.summary(rows, resamples=0, names=list(parts))
        for name, figures in parts.items():
            for key, each in figures.items():
                yield f"context.{level}.{name}.{key}", each["value"], measured[name][key]["value"]
    for model in NAMES:
        moved = {name: float(shap[f"{model}/{name}"].abs().mean()) for name in card["features"]}
        yield from _each(f"mean_abs_shap.{model}", card["mean_abs_shap"][model], moved)


def _each(field: str, said: dict, found: dict) -> Iterable[tuple[str, object, object]]:
    yield from ((f"{field}.{key}", said.get(key), value) for key, value in found.items())


def _same(said: Any, found: Any) -> bool:
    if said is None or found is None:
        return said is found
    return abs(said - found) <= SAME * max(1.0, abs(found))


def _shown(figure: object) -> str:
    return f"{figure:.6g}" if isinstance(figure, int | float) else str(figure)[:80]
