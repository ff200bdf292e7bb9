"""Where tracks come from, in which order the sources are asked, and why one was passed over."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from hitcast import tracks
from hitcast.choices import HIT_THRESHOLD
from hitcast.errors import HitCastError, SourceError
from hitcast.progress import Progress, silent
from hitcast.sources import public, sample, synthetic
from hitcast.sources.files import download
from hitcast.sources.raw import RawTracks
from hitcast.tracks import Report

log = logging.getLogger(__name__)

AUTO = ("spotify", "sample", "synthetic")


@dataclass(frozen=True)
class PassedOver:
    """A source that was asked and why its tracks are not used, in a sentence."""

    name: str
    reason: str


@dataclass(frozen=True)
class Loaded:
    """A tracks table that can be trained on, and where it came from."""

    table: pd.DataFrame
    report: Report
    name: str
    detail: str
    passed_over: tuple[PassedOver, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)


def load(
    source: str = "auto",
    *,
    playlists: Sequence[str] = (),
    threshold: float = HIT_THRESHOLD,
    seed: int = 0,
    progress: Progress = silent,
) -> Loaded:
    """The tracks table of a source, clean and fit for training.

    Parameters
    ----------
    source
        `spotify`, `sample`, `synthetic`, a public table of `public.TABLES`, or the path or address of a
        table. `auto` asks the first three in this order and takes the first that can be read; the
        playlists must be large enough to train on as well.
    playlists
        The playlists that `spotify` fetches: links, URIs or ids.
    threshold
        The popularity of a hit, of which there must be enough.

    Raises
    ------
    HitCastError
        If a named source cannot deliver or takes no playlists, or with `auto` not one of them.
    """
    if playlists and source not in ("auto", "spotify"):
        raise SourceError(
            f"Playlists are read from Spotify, not from {source}: leave them out, or make the source spotify."
        )
    passed_over: list[PassedOver] = []
    for name in AUTO if source == "auto" else (source,):
        try:
            loaded = _conformed(_raw_tracks(name, playlists, seed, progress))
            if name == "spotify":
                tracks.require_trainable(loaded.table, threshold)
        except Exception as error:
            if source != "auto" or name == AUTO[-1]:
                raise
            # Whatever it is, training goes on with the next source.
            passed_over.append(PassedOver(name, _reason(name, error)))
        else:
            # Made-up tracks stand in for a sample that cannot be read, not for one with too few hits.
            tracks.require_trainable(loaded.table, threshold)
            return replace(loaded, passed_over=tuple(passed_over))
    raise AssertionError("the last source returns or raises")


def is_lasting(source: str) -> bool:
    """Whether it gives the same tracks again, some with a network, so that a bundle's copy of them may go."""
    return source in ("sample", "synthetic", *public.TABLES)


def _reason(name: str, error: Exception) -> str:
    if isinstance(error, HitCastError):
        return str(error)
    log.debug("The source %s failed", name, exc_info=error)
    return f"Something unexpected went wrong with it ({type(error).__name__})."


def _raw_tracks(name: str, playlists: Sequence[str], seed: int, progress: Progress) -> RawTracks:
    if name == "spotify":
        from hitcast.sources.live import spotify  # its client is needed by nothing else

        return spotify.load(playlists, progress)
    if name == "sample":
        return sample.load()
    if name == "synthetic":
        return synthetic.load(seed=seed)
    if name in public.TABLES:
        return public.load(name, progress)
    return download.load(name, progress)


def _conformed(source: RawTracks) -> Loaded:
    table, report = tracks.conform(source.rows, damage=source.damage)
    return Loaded(table, report, source.name, source.detail, counts=dict(source.counts))
