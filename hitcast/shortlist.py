"""The likeliest tracks of a catalogue → how many of them will be hits, as an interval."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from hitcast import models
from hitcast.base_rate import moved
from hitcast.bundle.contents import Bundle

CONFIDENCE = 0.9
HALVES = 60
DRAWS = 4000
MOST = 50_000  # tracks, by artist, of those that the models learned from


@dataclass(frozen=True)
class Expected:
    """The number of hits among `tracks`: the ends of its 90 % interval, its mean, and that of as many taken at random."""

    tracks: int
    low: int
    mean: float
    high: int
    at_random: float


def expected_hits(
    bundle: Bundle, chances: np.ndarray, tracks: int, base_rate: float | None = None, seed: int = 0
) -> Expected:
    """How many of the likeliest `tracks` of a catalogue will be hits.

    The chances are calibrated on the tracks that the models learned from, out of fold. How much more a number of hits
    scatters than independent tracks would is counted there too, see `spread`.

    Parameters
    ----------
    chances
        The blend's chances of all tracks of the catalogue, a recording once.
    base_rate
        The share of hits where the catalogue is from, if it is another.
    """
    z, hit, _ = _unseen(bundle)
    intercept, slope = _line(z, hit)
    calibrated = np.sort(expit(intercept + slope * models.log_odds(chances)))[::-1]
    variance = (calibrated[:tracks] * (1 - calibrated[:tracks])).sum()
    shared = np.sqrt((spread(bundle, tracks, len(chances), seed) - 1) / variance)
    if base_rate is not None:
        calibrated = moved(calibrated, bundle.card["base_rate"], base_rate)
    listed = calibrated[:tracks]
    low, high = _interval(listed, float(shared), seed)
    return Expected(len(listed), low, float(listed.sum()), high, float(len(listed) * calibrated.mean()))


def spread(bundle: Bundle, tracks: int, among: int, seed: int = 0) -> float:
    """How many times the variance of independent tracks a shortlist's number of hits has, at least 1.

    Chances are calibrated on half of the artists, drawn at random, and the hits counted among the likeliest `tracks` of
    about as many others as the catalogue has rows, drawn by artist from the other half. The lists are mixed, as the
    tracks are: one of a single artist or genre may scatter more.
    """
    z, hit, artist = _unseen(bundle)
    draws, apart, independent = np.random.default_rng(seed), 0.0, 0.0
    for _ in range(HALVES):
        known = draws.random(artist.max() + 1) < 0.5
        drawn = draws.random(len(known)) < among / max((~known)[artist].sum(), 1)
        others = np.flatnonzero((~known & drawn)[artist])
        if len(np.unique(hit[known[artist]])) == 2 and len(others):
            intercept, slope = _line(z[known[artist]], hit[known[artist]])
            top = others[np.argsort(-z[others], kind="stable")[:tracks]]
            chance = expit(intercept + slope * z[top])
            apart += (hit[top].sum() - chance.sum()) ** 2
            independent += (chance * (1 - chance)).sum()
    return max(apart / independent, 1.0) if independent else 1.0


def _unseen(bundle: Bundle) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The log-odds out of fold of each track in the first round, whether it is a hit, and its artist's number."""
    rows = bundle.first_round
    artist = pd.factorize(rows["artist"].str.casefold())[0]
    some = (np.random.default_rng(0).random(artist.max() + 1) < MOST / len(rows))[artist]
    rows, artist = rows[some], pd.factorize(artist[some])[0]
    return models.log_odds(rows[models.BLEND].to_numpy()), rows["hit"].to_numpy(bool), artist


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
