"""How common hits are where somebody is, and what a chance becomes there."""

import re

import numpy as np
from scipy.special import expit, logit

from hitcast.errors import HitCastError
from hitcast.models import Probabilities

LEAST = 2  # one in so many, at least, is what can be said
_FORM = re.compile(
    r"(?P<part>\d*\.?\d+(?:e-\d+)?)\s*(?:(?P<percent>%)|(?:/|in|of)\s*(?P<whole>\d*\.?\d+))?", re.IGNORECASE
)

# A comma is a decimal one elsewhere, so any other is refused.
_THOUSANDS = re.compile(r"(?<![\d,.])[1-9]\d{0,2}(?:,\d{3})+(?![\d,.])")


def parsed(text: str) -> float:
    """The share of hits that a text says: `1 in 200`, `1/200`, `0.5 %` and `0.005` are the same.

    Raises
    ------
    HitCastError
        If it says none, or one that is not between 0 and 1.
    """
    plain = _THOUSANDS.sub(lambda number: number[0].replace(",", ""), text)
    found = _FORM.fullmatch(plain.strip())
    whole = float(found["whole"] or (100 if found["percent"] else 1)) if found else 0
    share = float(found["part"]) / whole if found and whole else 0
    require(share, text)
    return share


def require(share: float, said: str | None = None) -> None:
    """Raise HitCastError unless it is a share of tracks between 0 and 1; `said` is how that was put."""
    if not 0 < share < 1:
        raise HitCastError(
            f"The base rate is {share if said is None else said!r}, but should be a share of tracks between 0 and 1, such as 1 in 200 or 0.005."
        )


def one_in(share: float) -> int | None:
    """One track in how many is a hit, None where that is none or more than every second."""
    nearest = round(1 / share) if share > 0 else 0
    return nearest if nearest >= LEAST else None


def moved(chances: Probabilities, trained: float, here: float) -> Probabilities:
    """The chances where a share of `here` are hits instead of the `trained` one: all log-odds moved alike.

    That is what they become where hits and the rest sound as they do in training and only their numbers differ
    (Saerens, Latinne and Decaestecker 2002, Neural Computation 14(1)).
    """
    with np.errstate(divide="ignore"):  # a chance of 0 stays 0
        return expit(logit(chances) + logit(here) - logit(trained))
