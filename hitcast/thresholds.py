"""The same tracks with another idea of a hit: a bundle for each threshold, in a folder of its own.

They lie beside the default bundle, in `models/threshold_70/`, with their own copy of the tracks table,
so that building one can never touch the default.
"""

import os
from pathlib import Path

from hitcast.build import delivered, train_again
from hitcast.bundle import disk
from hitcast.bundle.card import Card, read_card
from hitcast.bundle.contents import Bundle
from hitcast.errors import BundleError
from hitcast.progress import Progress, silent

_PREFIX = "threshold_"
_SAME = ("data_sha256", "features", "imbalance", "seed", "hitcast_version")


def folder(models_dir: str | os.PathLike, threshold: float) -> Path:
    """Where the bundle for a threshold is kept."""
    return Path(models_dir) / f"{_PREFIX}{threshold:g}"


def folders(models_dir: str | os.PathLike) -> list[Path]:
    """Where bundles for thresholds are kept."""
    return sorted(Path(models_dir).glob(f"{_PREFIX}*"))


def kept(models_dir: str | os.PathLike, default: Card) -> list[float]:
    """The thresholds that can be had at once, ascending: the default's and those built from the same tracks.

    Parameters
    ----------
    default
        The card of the default bundle.
    """
    built = [_card(place) for place in folders(models_dir)]
    others = (card["threshold"] for card in built if card and _is_of_the_same(card, default))
    return sorted({default["threshold"], *others})


def build(
    default: Bundle, threshold: float, models_dir: str | os.PathLike, progress: Progress = silent
) -> Bundle:
    """Train and test on the default bundle's tracks with another threshold, and keep the result.

    Raises
    ------
    HitCastError
        If the threshold leaves too few hits or others, or nothing can be written. No bundle changes then.
    """
    place = folder(models_dir, threshold)
    disk.require_writable(place)
    with disk.only_builder(place):
        loaded = delivered(default.card, default.tracks)
        return disk.save(train_again(default.card, loaded, threshold, progress), place, place)


def _card(place: Path) -> Card | None:
    try:
        return read_card(place)
    except BundleError:
        return None


def _is_of_the_same(card: Card, default: Card) -> bool:
    """Whether it was built from the same tracks in the same way."""
    return {name: dict(card)[name] for name in _SAME} == {name: dict(default)[name] for name in _SAME}
