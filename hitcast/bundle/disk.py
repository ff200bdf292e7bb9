"""The bundle on disk: three models, what they were tested on, and the card that vouches for every file.

A bundle is written beside the old one and then moved into place file by file, the card last. The
move is finished by whoever comes next if it was cut short, so that the old or the new bundle is
there, never a mixture.
"""

import hashlib
import json
import os
import shutil
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import joblib
import pandas as pd
from filelock import FileLock, Timeout
from sklearn.pipeline import Pipeline

from hitcast import tracks
from hitcast.bundle import golden
from hitcast.bundle.card import (
    CARD,
    MODEL_FILES,
    NEXT,
    OUT_OF_FOLD,
    SHAP_VALUES,
    TRACKS,
    checksum,
    read_card,
    require_file,
    require_form,
)
from hitcast.bundle.contents import Bundle
from hitcast.bundle.figures import require_figures
from hitcast.choices import DATA_DIR, MODELS_DIR
from hitcast.errors import BuildUnderWay, BundleError, HitCastError
from hitcast.replacing import replacing

_PATIENCE = 30.0  # seconds to wait for another process that is moving its bundle into place


def save(bundle: Bundle, models_dir: str | os.PathLike, data_dir: str | os.PathLike) -> Bundle:
    """Write the bundle and return it with the card that was written: checksums and golden rows added.

    Raises
    ------
    BundleError
        If a folder cannot be written; what was there before is untouched.
    """
    models_dir, data_dir = Path(models_dir), Path(data_dir)
    with _folder_errors(models_dir), _lock(models_dir):
        _settle(models_dir, data_dir)
        for left_behind in models_dir.glob(f"{NEXT}-*"):
            shutil.rmtree(left_behind, ignore_errors=True)
        stage = models_dir / f"{NEXT}-{os.getpid()}"
        try:
            stage.mkdir()
            written = _write(bundle, stage)
            os.rename(stage, models_dir / NEXT)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        _settle(models_dir, data_dir)
    return written


def load(models_dir: str | os.PathLike = MODELS_DIR, data_dir: str | os.PathLike = DATA_DIR) -> Bundle:
    """The bundle on disk, once its files match the card and its models compute the golden rows.

    Raises
    ------
    BundleError
        If a file is missing or differs from the card, a model cannot be read by the installed
        versions, or it gives other probabilities than when it was built. Nothing is unpickled
        before its checksum matched.
    """
    models_dir, data_dir = Path(models_dir), Path(data_dir)
    for _ in range(3):
        settle(models_dir, data_dir)
        before = fingerprint(models_dir)
        try:
            return _read(models_dir, data_dir)
        except BundleError:
            # Another process may have been moving a newer bundle into place meanwhile, or still is.
            # In this order: a move that has ended by now has changed the card.
            is_moving = (models_dir / NEXT).exists()
            if not is_moving and fingerprint(models_dir) == before:
                raise
            time.sleep(0.2)
    raise BundleError(f"The bundle in {models_dir.name}/ keeps changing while it is read. Try again.")


def load_tables(models_dir: str | os.PathLike = MODELS_DIR, data_dir: str | os.PathLike = DATA_DIR) -> Bundle:
    """The bundle on disk without its models: the card and the tables, once they match the card.

    Raises
    ------
    BundleError
        If a table is missing or differs from the card, or the card says what its tables do not.
    """
    models_dir, data_dir = Path(models_dir), Path(data_dir)
    card = read_card(models_dir)
    for name in (OUT_OF_FOLD, SHAP_VALUES):
        require_file(models_dir / name, card["files"][name])
    require_file(data_dir / TRACKS, card["data_sha256"])
    bundle = Bundle(
        models={},
        card=card,
        tracks=tracks.read(data_dir / TRACKS),
        out_of_fold=pd.read_parquet(models_dir / OUT_OF_FOLD),
        shap_values=pd.read_parquet(models_dir / SHAP_VALUES),
    )
    require_figures(card, bundle.tracks, bundle.out_of_fold, bundle.shap_values)
    return bundle


def settle(models_dir: Path, data_dir: Path) -> None:
    """Wait for a bundle that is being moved into place, or finish a move that was cut short.

    Raises BundleError where that cannot be done.
    """
    if (models_dir / NEXT).exists():
        with _folder_errors(models_dir), _lock(models_dir):
            _settle(models_dir, data_dir)


def fingerprint(models_dir: str | os.PathLike = MODELS_DIR) -> str:
    """What changes whenever another bundle is put in place; empty if there is none."""
    try:
        return hashlib.sha256((Path(models_dir) / CARD).read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return str(error)


def require_writable(*folders: str | os.PathLike) -> None:
    """Raise BundleError unless files can be made in each folder; makes the folders."""
    for folder in map(Path, folders):
        with _folder_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()


@contextmanager
def only_builder(models_dir: str | os.PathLike) -> Iterator[None]:
    """Hold off other builds into the same folder; raises BuildUnderWay if one is under way."""
    try:
        with FileLock(Path(models_dir) / ".build.lock", timeout=0):
            yield
    except Timeout:
        raise BuildUnderWay(
            f"Another build into {Path(models_dir).name}/ is under way. Wait for it to end, then try again."
        ) from None


def _write(bundle: Bundle, folder: Path) -> Bundle:
    for name, model in bundle.models.items():
        joblib.dump(model, folder / MODEL_FILES[name], compress=3)
    bundle.out_of_fold.to_parquet(folder / OUT_OF_FOLD, index=False)
    bundle.shap_values.to_parquet(folder / SHAP_VALUES, index=False)
    tracks.write(bundle.tracks, folder / TRACKS)
    card = bundle.card | {
        "data_sha256": checksum(folder / TRACKS),
        "files": {path.name: checksum(path) for path in sorted(folder.iterdir()) if path.name != TRACKS},
        "golden": golden.record(bundle),
    }
    require_form(card)
    text = json.dumps(card, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / CARD).write_text(text + "\n", encoding="utf-8")
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    return replace(bundle, card=json.loads(text))


def _settle(models_dir: Path, data_dir: Path) -> None:
    """Move a finished bundle into place, or finish a move that was cut short; the caller holds the lock."""
    stage = models_dir / NEXT
    if not stage.exists():
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    for path in sorted(stage.iterdir(), key=lambda path: path.name == CARD):
        _move(path, (data_dir if path.name == TRACKS else models_dir) / path.name)
    stage.rmdir()


def _move(path: Path, target: Path) -> None:
    """Replace `target` in one step, also where the two folders are on different disks."""
    with path.open("rb") as staged, replacing(target) as stream:
        shutil.copyfileobj(staged, stream)
    path.unlink()


def _read(models_dir: Path, data_dir: Path) -> Bundle:
    tables = load_tables(models_dir, data_dir)
    for file in MODEL_FILES.values():
        require_file(models_dir / file, tables.card["files"][file])
    fitted = {name: _unpickle(models_dir / file) for name, file in MODEL_FILES.items()}
    bundle = replace(tables, models=fitted)
    golden.require(bundle)
    golden.require_weights(bundle)
    return bundle


def _unpickle(path: Path) -> Pipeline:
    try:
        with warnings.catch_warnings():
            # Other versions of scikit-learn and XGBoost warn; the golden rows are the judge.
            warnings.simplefilter("ignore")
            return joblib.load(path)
    except Exception as error:  # a pickle of other versions can fail in any way
        reason = str(error).split(" on <module ")[0]  # what follows is a path of this machine
        raise BundleError(
            f"{path.name} cannot be read by the installed versions ({reason}). Build the bundle again."
        ) from error


@contextmanager
def _lock(models_dir: Path) -> Iterator[None]:
    models_dir.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(models_dir / ".move.lock", timeout=_PATIENCE):
            yield
    except Timeout:
        raise BundleError(f"Another process keeps {models_dir.name}/ busy. Try again in a minute.") from None


@contextmanager
def _folder_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except HitCastError:
        raise
    except OSError as error:
        raise BundleError(
            f"{folder.name}/ cannot be written ({error.strerror or error}). Choose another folder or free some space."
        ) from error
