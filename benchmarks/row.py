"""What a page asks for beside the chances: the reasons of a row, and the range of hit rates of many scores."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import shap

from benchmarks.results import Result
from hitcast import explain, models, scoring
from hitcast.bundle import disk
from hitcast.bundle.contents import Bundle

ROUNDS, SCORES = 20, 1_000_000


def row(models_dir: Path, data_dir: Path) -> list[Result]:
    """CPU seconds, the best of some rounds."""
    bundle = disk.load(models_dir, data_dir)
    one = bundle.tracks[bundle.features].head(1)
    explainer = explain.forest_explainer(bundle.models["rf"])

    def explained() -> None:
        for name in models.NAMES:
            explain.contributions(bundle.models[name], one, explainer if name == "rf" else None)

    many = pd.concat([bundle.tracks] * (SCORES // len(bundle.tracks) + 1)).head(SCORES)[bundle.features]
    scores = np.random.default_rng(0).random(SCORES)
    return [
        _beside(
            "row: the reasons of three models, CPU",
            _spent(explained, ROUNDS),
            "shap's explainers of the two tree models made for each row",
            _spent(lambda: _plain(bundle, one), 3),
        ),
        _beside(
            "row: the ranges of a million scores, CPU",
            _spent(lambda: scoring.hit_rate_range(bundle, scores), 3),
            "a million `predict_proba` of the logistic regression",
            _spent(lambda: bundle.models["logreg"].predict_proba(many), 3),
        ),
    ]


def _plain(bundle: Bundle, one: pd.DataFrame) -> None:
    for name in ("rf", "xgb"):
        pipeline = bundle.models[name]
        shap.TreeExplainer(pipeline[-1]).shap_values(pipeline[:-1].transform(one))


def _beside(what: str, ours: float, alternative: str, theirs: float) -> Result:
    ratio = ours / theirs
    return Result(
        what, f"{1000 * ours:,.0f} ms", f"{1000 * theirs:,.0f} ms: {alternative}", ratio, "≤ 1", ratio <= 1
    )


def _spent(work: Callable[[], object], rounds: int) -> float:
    def once() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return min(once() for _ in range(rounds))
