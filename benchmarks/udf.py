"""The handlers of Snowflake's functions, batch by batch on one core, against the bare `predict_proba` calls."""

import importlib.util
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from benchmarks.results import Result
from hitcast import models
from hitcast.bundle import disk
from hitcast.bundle.card import CARD, MODEL_FILES

ROOT = Path(__file__).parents[1]
ROWS, BATCH, ROUNDS = 200_000, 4_000, 3
TARGET = 1.25


def udf(models_dir: Path, data_dir: Path) -> list[Result]:
    """CPU seconds for the same rows in the same batches, the best of three, model by model and together."""
    bundle = disk.load(models_dir, data_dir)
    table = bundle.tracks[bundle.features]
    rows = pd.concat([table] * (ROWS // len(table) + 1), ignore_index=True).head(ROWS)
    numbered = rows.set_axis(range(rows.shape[1]), axis=1)
    with tempfile.TemporaryDirectory() as stage:
        handler = _handler(Path(stage), models_dir)
        spent = {
            name: (
                _spent(getattr(handler, f"score_{name}"), numbered),
                _spent(bundle.models[name].predict_proba, rows),
            )
            for name in models.NAMES
        }
    spent["all three"] = tuple(map(sum, zip(*spent.values(), strict=True)))
    return [
        Result(
            f"udf: {name}, CPU",
            f"{ROWS / ours:,.0f} rows a second and core",
            f"{ROWS / bare:,.0f} for the bare `predict_proba` calls",
            ours / bare,
            f"≤ {TARGET}",
            ours / bare <= TARGET,
        )
        for name, (ours, bare) in spent.items()
    ]


def _handler(stage: Path, models_dir: Path) -> object:
    for path in (ROOT / "deploy" / "hitcast_udf.py", *(models_dir / file for file in _STAGED)):
        shutil.copy(path, stage)
    spec = importlib.util.spec_from_file_location("hitcast_udf", stage / "hitcast_udf.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in models.NAMES:
        module._model(name)
    return module


_STAGED = (CARD, *MODEL_FILES.values())


def _spent(score: Callable, rows: pd.DataFrame) -> float:
    def once() -> float:
        start = time.process_time()
        for first in range(0, len(rows), BATCH):
            score(rows[first : first + BATCH])
        return time.process_time() - start

    return min(once() for _ in range(ROUNDS))
