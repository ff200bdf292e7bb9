"""How long a bundle takes, and how good its models are beside an automatic search given the same time."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from benchmarks.results import Result
from hitcast import build as builder
from hitcast import evaluation, models
from hitcast.bundle.contents import Bundle
from hitcast.choices import LABELS

SAMPLE, LARGE, NEAR = 60, 90, 0.01


def build(table: str | None = None) -> Iterator[Result]:
    """Build from the sample, or from a table of one's own; then search the same rows for as long."""
    with tempfile.TemporaryDirectory() as folder:
        clock, cpu = time.perf_counter(), time.process_time()
        bundle = builder.build(
            table or "sample", data_dir=Path(folder) / "data", models_dir=Path(folder) / "models"
        )
        clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    limit, name = (LARGE, f"build: {len(bundle.tracks):,} tracks") if table else (SAMPLE, "build: the sample")
    yield Result(
        name,
        f"{clock:.0f} s on the clock",
        f"{cpu:.0f} s of CPU",
        clock / cpu,
        f"≤ {limit} s",
        clock <= limit,
    )
    searched = _search(bundle, clock)
    if searched is None:
        return
    ours = {name: _auc(bundle, bundle.out_of_fold[name]) for name in (*models.NAMES, models.BLEND)}
    best = max(ours, key=ours.get)
    yield Result(
        f"{name}, ROC AUC",
        f"{ours[best]:.3f} ({LABELS[best]})",
        f"{searched:.3f} for FLAML in the same {clock:.0f} s",
        ours[best] / searched,
        f"within {NEAR}",
        ours[best] >= searched - NEAR,
    )


def _auc(bundle: Bundle, scores: pd.Series) -> float:
    """Of the first round's folds, the mean of theirs: scores of different models are not compared."""
    first = evaluation.first_round(bundle.out_of_fold)
    folds = [part for _, part in first.groupby("fold")]
    return float(np.mean([roc_auc_score(part["hit"], scores.loc[part.index]) for part in folds]))


def _search(bundle: Bundle, seconds: float) -> float | None:
    """FLAML's mean ROC AUC on the same folds of artists, its time shared out among them; None without FLAML."""
    try:
        from flaml import AutoML
    except ImportError:
        return None
    first = evaluation.first_round(bundle.out_of_fold)
    table, scores = bundle.tracks, pd.Series(np.nan, index=first.index)
    for fold in sorted(first["fold"].unique()):
        held_out = (first["fold"] == fold).to_numpy()
        rows = first["row"].to_numpy()
        train, test = table.iloc[rows[~held_out]], table.iloc[rows[held_out]]
        search = AutoML()
        search.fit(
            X_train=train[bundle.features],
            y_train=first["hit"].to_numpy()[~held_out].astype(int),
            task="classification",
            metric="roc_auc",
            time_budget=seconds / first["fold"].nunique(),
            split_type=GroupKFold(5),
            groups=train["artist"].astype("category").cat.codes.to_numpy(),
            seed=0,
            verbose=0,
            n_jobs=-1,
        )
        scores[first.index[held_out]] = search.predict_proba(test[bundle.features])[:, 1]
    return _auc(bundle, scores)
