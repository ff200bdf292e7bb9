"""From a source of tracks to a bundle: what the notebook, the dashboard and the command line all call."""

import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn
import xgboost

from hitcast import __version__, context, evaluation, explain, features, models, sources, tracks
from hitcast.bundle import disk
from hitcast.bundle.card import CARD, TRACKS, Card, Source, read_origin, require_file
from hitcast.bundle.contents import Bundle
from hitcast.choices import DATA_DIR, HIT_THRESHOLD, MODELS_DIR, MOST_SEED, SCORED, Imbalance
from hitcast.errors import BundleError, HitCastError
from hitcast.evaluation import comparison, intervals, worth
from hitcast.features import Feature, FeatureSet
from hitcast.progress import Progress, part, silent
from hitcast.sources import Loaded, PassedOver


def build(
    source: str = "auto",
    *,
    threshold: float = HIT_THRESHOLD,
    feature_set: FeatureSet = "full",
    imbalance: Imbalance = "none",
    seed: int = 0,
    data_dir: str | os.PathLike = DATA_DIR,
    models_dir: str | os.PathLike = MODELS_DIR,
    playlists: Sequence[str] = (),
    progress: Progress = silent,
) -> Bundle:
    """Get tracks, train, evaluate and save; the bundle that is now on disk.

    Raises
    ------
    HitCastError
        If the source, the tracks or the folders do not allow it. The old bundle is then untouched.
    """
    if not 0 <= seed <= MOST_SEED:
        raise HitCastError(f"The seed is {seed}, but should be from 0 to {MOST_SEED:,}.")
    disk.require_writable(models_dir, data_dir)
    with disk.only_builder(models_dir):
        loaded = sources.load(
            source, playlists=playlists, threshold=threshold, seed=seed, progress=part(progress, 0, 0.1)
        )
        bundle = train(
            loaded,
            threshold=threshold,
            feature_set=feature_set,
            imbalance=imbalance,
            seed=seed,
            progress=part(progress, 0.1, 0.98),
        )
        progress(0.98, "Saving")
        saved = disk.save(bundle, models_dir, data_dir)
    progress(1.0, "Done")
    return saved


def train(
    loaded: Loaded,
    *,
    threshold: float = HIT_THRESHOLD,
    feature_set: FeatureSet = "full",
    imbalance: Imbalance = "none",
    seed: int = 0,
    progress: Progress = silent,
) -> Bundle:
    """The bundle of the tracks that a source delivered, in memory, every figure measured out-of-fold."""
    table = loaded.table
    tracks.require_trainable(table, threshold)
    hit, nearness = tracks.label(table, threshold), tracks.nearness(table, threshold)
    names = features.select(table.columns, feature_set)

    outline = context.outline(table)
    scored, importances = [], []
    testing = part(progress, 0, 0.85)
    for fold in evaluation.fit_folds(table, hit, names, imbalance, seed, nearness=nearness, progress=testing):
        scored.append(evaluation.scored(fold, table, hit).join(worth.scored(fold, table, hit, outline)))
        if fold.repeat == 0:
            importances.append(explain.fold_importances(fold, table, hit, seed))
    scores = evaluation.in_order(scored)
    progress(0.85, "Measuring")
    metrics, worths = evaluation.summary(scores, seed), worth.worth(scores, seed)
    progress(0.92, "Training on all tracks")
    fitted = models.fit(table, hit, names, imbalance, seed, nearness)
    kept = worth.kept(worths)
    learned = outline.fitted(
        models.inputs(fitted["logreg"], table), outline.read(table), hit.to_numpy(), kept
    )
    progress(0.95, "Explaining every track")
    explained = explain.table_contributions(fitted, table)
    progress(1.0, "Trained, tested and explained")

    card: Card = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "hitcast_version": __version__,
        "python": platform.python_version(),
        "packages": _versions(),
        "seed": seed,
        "source": _source(loaded),
        "threshold": threshold,
        "features": names,
        "inputs": {name: _valid(features.BY_NAME[name]) for name in names},
        "feature_set": feature_set,
        "absent": list(loaded.report.absent),
        "left_out": dict(loaded.report.left_out),
        "imbalance": imbalance,
        "rows": len(table),
        "hits": int(hit.sum()),
        "base_rate": float(hit.mean()),
        "cleaning": dict(loaded.report.dropped),
        "metrics": metrics,
        "behind": comparison.behind(metrics, scores),
        "context": {**learned.taken().to_card(), "worth": worths},
        "intervals": {name: _interval_check(scores, name) for name in SCORED},
        "importance": {"rf": explain.impurity_importance(fitted["rf"]).to_dict()},
        "coefficients": explain.coefficients(fitted["logreg"]).to_dict(),
        "permutation_importance": explain.mean_over_folds(importances).to_dict(),
        "mean_abs_shap": {name: explain.mean_absolute(part).to_dict() for name, part in explained.items()},
        "shap": {name: {"base": part.base, "unit": part.unit} for name, part in explained.items()},
    }
    shap_values = pd.concat([part.values.add_prefix(f"{name}/") for name, part in explained.items()], axis=1)
    kept_scores = scores.drop(columns=list(worth.ALONE.values()))
    return Bundle(fitted, card, table, kept_scores, shap_values.astype(np.float32))


def rebuild(
    models_dir: str | os.PathLike,
    data_dir: str | os.PathLike,
    unusable: str,
    progress: Progress = silent,
) -> None:
    """Build the bundle on disk anew, from its `origin` and the way its card says; from `auto` where there is none.

    Parameters
    ----------
    unusable
        The fingerprint of the bundle that cannot be used. Where another has taken its place, it stays.

    Raises
    ------
    HitCastError
        As `build` and `origin` do.
    """
    with disk.only_builder(models_dir):
        if disk.fingerprint(models_dir) != unusable:
            return
        if unusable:
            card, loaded = origin(models_dir, data_dir)
        else:
            card, loaded = None, sources.load(progress=part(progress, 0, 0.1))
        training = part(progress, 0.1, 1)
        bundle = (
            train_again(card, loaded, card["threshold"], training)
            if card
            else train(loaded, progress=training)
        )
        disk.save(bundle, models_dir, data_dir)


def origin(models_dir: str | os.PathLike, data_dir: str | os.PathLike) -> tuple[Card | None, Loaded]:
    """The tracks that the bundle on disk was built from, and its card, None where that is damaged.

    Raises
    ------
    BundleError
        If the card or the tracks are damaged, and they cannot be had again as those of the sample can.
    """
    path = Path(data_dir) / TRACKS
    way_out = (
        f"Name your own tracks for that (hitcast build --source), or delete {CARD} to start with the sample."
    )
    try:
        card = read_origin(models_dir)
    except BundleError as damage:
        sample = sources.load("sample")
        if not _are_the_same(path, sample.table):
            raise BundleError(f"{damage} {way_out}") from damage
        return None, sample
    source = card["source"]["name"]
    try:
        require_file(path, card["data_sha256"])
        return card, delivered(card, tracks.read(path))
    except HitCastError as damage:
        if not sources.is_lasting(source):
            raise BundleError(f"{damage} {way_out}") from damage
        try:
            again = sources.load(source, threshold=card["threshold"], seed=int(card["seed"]))
        except HitCastError as problem:
            raise BundleError(f"{damage} {problem} {way_out}") from damage
        return card, replace(again, passed_over=_passed_over(card))


def _are_the_same(path: Path, table: pd.DataFrame) -> bool:
    try:
        return tracks.read(path)["track_id"].equals(table["track_id"])
    except (HitCastError, KeyError):
        return False


def train_again(card: Card, loaded: Loaded, threshold: float, progress: Progress = silent) -> Bundle:
    """A bundle trained as the card says, but for another threshold or by other versions."""
    return train(
        loaded,
        threshold=threshold,
        feature_set=card["feature_set"],
        imbalance=card["imbalance"],
        seed=int(card["seed"]),
        progress=progress,
    )


def delivered(card: Card, table: pd.DataFrame) -> Loaded:
    """The tracks of a bundle as their source delivered them, as far as its card says."""
    source = card["source"]
    report = tracks.Report(
        rows_in=source["rows"],
        rows_out=len(table),
        dropped=card["cleaning"],
        absent=tuple(card["absent"]),
        left_out=card["left_out"],
    )
    return Loaded(table, report, source["name"], source["detail"], _passed_over(card), source["counts"])


def _passed_over(card: Card) -> tuple[PassedOver, ...]:
    return tuple(PassedOver(each["name"], each["reason"]) for each in card["source"]["passed_over"])


def retrain(
    models_dir: str | os.PathLike = MODELS_DIR,
    data_dir: str | os.PathLike = DATA_DIR,
    reason: str = "",
) -> Bundle:
    """The bundle on disk with its three models trained again, in memory, the way its card says.

    For where the installed versions cannot use the saved models and nothing can be written. The
    card's figures stay those of the saved models; it says `retrained`, and why.

    Raises
    ------
    BundleError
        If the card or a table is missing or damaged.
    """
    saved = disk.load_tables(models_dir, data_dir)
    card = saved.card | {"packages": _versions(), "python": platform.python_version(), "retrained": reason}
    hit, nearness = (each(saved.tracks, card["threshold"]) for each in (tracks.label, tracks.nearness))
    fitted = models.fit(saved.tracks, hit, saved.features, card["imbalance"], int(card["seed"]), nearness)
    return replace(saved, models=fitted, card=card)


def _interval_check(scores: pd.DataFrame, name: str) -> dict[str, Any]:
    """How often the intervals of one half of the artists held the hit rates of the other half's tracks."""
    checks = intervals.held_out_check(scores, name)
    return {
        "confidence": intervals.CONFIDENCE,
        "groups": len(checks),
        "covered": int(checks["covered"].sum()),
        "fifths": checks.groupby("group")[["probability", "low", "high", "rate"]].mean().to_dict("records"),
    }


def _source(loaded: Loaded) -> Source:
    return {
        "name": loaded.name,
        "detail": loaded.detail,
        "rows": loaded.report.rows_in,
        "counts": dict(loaded.counts),
        "passed_over": [{"name": each.name, "reason": each.reason} for each in loaded.passed_over],
    }


def _valid(feature: Feature) -> dict[str, float]:
    """Which values a model may be asked about, for whoever scores without this package."""
    return {"low": feature.low, "high": feature.high, "whole": feature.kind == "choice"}


def _versions() -> dict[str, str]:
    modules = {
        "scikit-learn": sklearn,
        "xgboost": xgboost,
        "pandas": pd,
        "numpy": np,
        "joblib": joblib,
    }
    return {name: module.__version__ for name, module in modules.items()}
