"""Why a chance is what it is, told in steps: from what the models start with, over the strongest factors, to the track."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from hitcast import profiles, wording
from hitcast.explain import Contributions
from hitcast.features import BY_NAME

STRONGEST = 5
Kind = Literal["start", "factor", "rest", "memory", "end"]


@dataclass(frozen=True)
class Step:
    """A chance `before` and `after` something is taken in, both 0 to 1; of the start and the end they are the same."""

    kind: Kind
    text: str
    before: float
    after: float

    @property
    def is_level(self) -> bool:
        """Whether it says where the chance stands and changes nothing."""
        return self.kind in ("start", "end")

    @property
    def times(self) -> float:
        """By what the step multiplies the chance."""
        return self.after / self.before


def story(
    parts: Contributions, row: pd.Series, in_order: Mapping[str, np.ndarray], blind: float | None = None
) -> list[Step]:
    """The steps that lead from the models' start to what they say of one track; their `times` multiply up to it.

    Parameters
    ----------
    parts
        The contributions of this one track in log-odds.
    row
        Its values; one that is not known is no factor and goes into the rest.
    in_order
        All values of each feature in ascending order, which say what of this track is much and what is little.
    blind
        The chance that models gave it which had not heard it, where these have: what they remember is a step too.
    """
    shares = parts.values.iloc[0]
    known = shares[row[shares.index].notna()]
    strongest = known.abs().nlargest(STRONGEST).index
    factors = [(_said(name, row[name], in_order), shares[name]) for name in strongest]
    rest = shares.drop(strongest)
    if len(rest):
        factors.append(("all else", rest.sum()))
    return list(_steps(parts.base, factors, blind))


def _said(name: str, value: float, in_order: Mapping[str, np.ndarray]) -> str:
    percentile = profiles.percentile(in_order[name], value) if name in in_order else np.nan
    return BY_NAME[name].words(value, float(percentile))


def _steps(base: float, factors: list[tuple[str, float]], blind: float | None) -> Iterator[Step]:
    at = [base, *(base + np.cumsum([share for _, share in factors]))]
    chances = [float(chance) for chance in expit(at)]
    yield Step("start", "where the models start", chances[0], chances[0])
    for place, (text, _) in enumerate(factors):
        kind: Kind = "factor" if place < STRONGEST and text != "all else" else "rest"
        yield Step(kind, text, chances[place], chances[place + 1])
    last = chances[-1]
    if blind is not None:
        yield Step("memory", "had they not heard it", last, blind)
        last = blind
    yield Step("end", "this track", last, last)


def in_words(steps: Sequence[Step]) -> str:
    """The factors in a sentence or two, in Markdown: `Lifted by a happy mood × 1.6; held back by high energy × 0.88.`"""
    factors = [step for step in steps if step.kind == "factor" and wording.times(step.times) != "1.0"]
    lifted, held = (_listed([step for step in factors if (step.times >= 1) == up]) for up in (True, False))
    said = [f"{how} {what}" for how, what in (("Lifted by", lifted), ("Held back by", held)) if what]
    return "  \n".join(f"{each}." for each in said)


def _listed(steps: Sequence[Step]) -> str:
    return wording.listed(
        [f"**{wording.escaped(step.text)}** × {wording.times(step.times)}" for step in steps]
    )
