"""The likeliest tracks of a catalogue → how many of them will be hits, as an interval."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from hitcast import models
from hitcast.base_rate import moved
from hitcast.bundle.contents import Bundle
from hitcast.context import chosen

CONFIDENCE = 0.9
HALVES = 60
DRAWS = 4000
MOST = 50_000  # tracks, by artist, of those that the models learned from


@dataclass(frozen=True)
class Expected:
    """The number of hits among `tracks`: the ends of its 90 % interval, its mean, and that of as many taken at random.

    `in_context` of the tracks are counted by their chance in context.
    """

    tracks: int
    low: int
    mean: float
    high: int
    at_random: float
    in_context: int


class Unseen(NamedTuple):
    """Out of fold, of each track: the log-odds it is ranked by and counted by, whether it is a hit, its artist's number."""

    ranked: np.ndarray
    counted: np.ndarray
    hit: np.ndarray
    artist: np.ndarray


def expected_hits(
    bundle: Bundle,
    chances: np.ndarray,
    tracks: int,
    base_rate: float | None = None,
    seed: int = 0,
    in_context: np.ndarray | None = None,
) -> Expected:
    """How many of the likeliest `tracks` of a catalogue will be hits.

    The chances are calibrated on the tracks that the models learned from, out of fold. How much more a number of hits
    scatters than independent tracks would is counted there too, see `spread`.

    Parameters
    ----------
    chances
        The blend's chances of all tracks of the catalogue, a recording once.
    base_rate
        The share of hits where the catalogue is from, if it is another; hits are then counted by the sound alone.
    in_context
        Their chances with genre and release year, NaN where these are not known: hits are counted by them, among the tracks
        that are likeliest by the blend.
    """
    if in_context is None or base_rate is not None:
        in_context = np.full(len(chances), np.nan)
    known = np.isfinite(in_context)
    by_sound = unseen(bundle)
    by_context = unseen(bundle, in_context=True) if known.any() else by_sound
    calibrated = np.where(known, _calibrated(by_context, in_context), _calibrated(by_sound, chances))
    order = np.lexsort((-calibrated, -chances))
    calibrated, known = calibrated[order], known[order][:tracks]
    variance = (calibrated[:tracks] * (1 - calibrated[:tracks])).sum()
    scattering = spread(by_context if known.mean() > 0.5 else by_sound, tracks, len(chances), seed)
    shared = np.sqrt((scattering - 1) / variance)
    if base_rate is not None:
        calibrated = moved(calibrated, bundle.card["base_rate"], base_rate)
    listed = calibrated[:tracks]
    low, high = _interval(listed, float(shared), seed)
    at_random = float(len(listed) * calibrated.mean())
    return Expected(len(listed), low, float(listed.sum()), high, at_random, int(known.sum()))


def spread(scores: Unseen, tracks: int, among: int, seed: int = 0) -> float:
    """How many times the variance of independent tracks a shortlist's number of hits has, at least 1.

    Chances are calibrated on half of the artists, drawn at random, and the hits counted among the likeliest `tracks` of
    about as many others as the catalogue has rows, drawn by artist from the other half. The lists are mixed, as the
    tracks are: one of a single artist, or of a genre that is not known, may scatter more.
    """
    ranked, counted, hit, artist = scores
    draws, apart, independent = np.random.default_rng(seed), 0.0, 0.0
    for _ in range(HALVES):
        known = draws.random(artist.max() + 1) < 0.5
        drawn = draws.random(len(known)) < among / max((~known)[artist].sum(), 1)
        others = np.flatnonzero((~known & drawn)[artist])
        if len(np.unique(hit[known[artist]])) == 2 and len(others):
            intercept, slope = _line(counted[known[artist]], hit[known[artist]])
            top = others[np.argsort(-ranked[others], kind="stable")[:tracks]]
            chance = expit(intercept + slope * counted[top])
            apart += (hit[top].sum() - chance.sum()) ** 2
            independent += (chance * (1 - chance)).sum()
    return max(apart / independent, 1.0) if independent else 1.0


def unseen(bundle: Bundle, in_context: bool = False) -> Unseen:
    """The tracks in the first round, some of them where they are many, counted by their chance in context or the blend's."""
    rows = bundle.first_round
    artist = pd.factorize(rows["artist"].str.casefold())[0]
    some = (np.random.default_rng(0).random(artist.max() + 1) < MOST / len(rows))[artist]
    rows, artist = rows[some], pd.factorize(artist[some])[0]
    chance = rows[models.BLEND].to_numpy()
    counted = chosen(rows[[models.BLEND, *bundle.context.weights]].to_numpy()) if in_context else chance
    return Unseen(models.log_odds(chance), models.log_odds(counted), rows["hit"].to_numpy(bool), artist)


def _calibrated(scores: Unseen, chances: np.ndarray) -> np.ndarray:
    """Chances of the kind that the scores are counted by, as hits were common among these."""
    intercept, slope = _line(scores.counted, scores.hit)
    return expit(intercept + slope * models.log_odds(chances))


def _line(log_odds: np.ndarray, hit: np.ndarray) -> tuple[float, float]:
    """Intercept and slope by which log-odds are calibrated."""
    fitted = LogisticRegression(C=np.inf, solver="newton-cholesky").fit(log_odds[:, None], hit)
    return float(fitted.intercept_[0]), float(fitted.coef_[0, 0])


def _interval(chances: np.ndarray, shared: float, seed: int) -> tuple[int, int]:
    """The ends of the interval of a number of hits, each end's own probability halved, as the number is whole.

    The log-odds of all of them move together, by a normal part of the standard deviation `shared`.
    """
    draws = np.random.default_rng(seed)
    drawn = expit(models.log_odds(chances) + shared * draws.normal(size=(DRAWS, 1)))
    drawn = np.minimum(drawn * chances.sum() / drawn.sum(axis=1).mean(), 1)
    hits = (draws.random(drawn.shape) < drawn).sum(axis=1)
    share = np.bincount(hits, minlength=len(chances) + 1) / DRAWS
    up_to = share.cumsum()
    outside = (1 - CONFIDENCE) / 2
    low = np.argmax(up_to - share / 2 >= outside)
    high = len(chances) - np.argmax((1 - up_to + share / 2)[::-1] >= outside)
    return int(low), int(high)
