"""Tracks whose popularity is known → how true a bundle's chances are of them, and what they become at their base rate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hitcast import evaluation, models, scoring, tracks, wording
from hitcast.base_rate import moved
from hitcast.bundle.contents import Bundle
from hitcast.errors import TableError
from hitcast.evaluation import verdict
from hitcast.evaluation.comparison import interval
from hitcast.tracks.schema import Damage

SAID, MOVED = "said", "moved"


@dataclass(frozen=True)
class Judged:
    """How many `tracks` were judged, how many were not because the models had `met` somebody on them, and the outcome.

    `mean` has the mean of what was `said` and of what was `moved` to the base rate of other artists. `measures` has the
    same of each as the card's `metrics`; it is empty with fewer than 20 hits or others.
    """

    tracks: int
    met: int
    hits: int
    mean: Mapping[str, float]
    measures: Mapping[str, dict[str, Any]]

    @property
    def base_rate(self) -> float:
        """The share of hits among them."""
        return self.hits / self.tracks

    @property
    def moving_helps(self) -> bool:
        """Whether the chances have less squared error when moved to their base rate, on artists held out."""
        if not self.measures:
            return False
        said, other = (self.measures[name]["brier_skill"]["value"] for name in (SAID, MOVED))
        return other > said


def judge_rows(bundle: Bundle, raw: pd.DataFrame, damage: Damage | None = None, seed: int = 0) -> Judged:
    """`judge` of raw rows in any known schema. Raises TableError where they lack what training needs, too."""
    table, _ = tracks.conform(raw, damage=damage)
    if table.empty:
        raise TableError("No row of this table has an artist, a popularity and the core features.")
    return judge(bundle, table, seed)


def judge(bundle: Bundle, table: pd.DataFrame, seed: int = 0) -> Judged:
    """The blend's chances held against what came true, on tracks with nobody whom the models have met.

    Parameters
    ----------
    table
        A tracks table with popularity and artist, as `tracks.conform` gives it.

    Raises
    ------
    TableError
        If it has no popularity, or the models have met somebody on each of its tracks.
    """
    hit = tracks.label(table, bundle.card["threshold"])
    rest = tracks.strangers(table, bundle.tracks)
    if rest.empty:
        raise TableError(
            "The models learned from somebody on each of these tracks, so nothing can be said of others. Bring tracks by "
            "artists whom they have not heard."
        )
    said = scoring.score(bundle, rest, allow_missing=True, model=models.BLEND)[f"p_{models.BLEND}"]
    scores = rest[["artist"]].assign(repeat=0, hit=hit[rest.index], **{SAID: said, MOVED: said})
    if min(scores["hit"].sum(), (~scores["hit"]).sum()) < tracks.LEAST:
        return _judged(scores, len(table), {})
    for others, held_out in evaluation.splits(scores["hit"], scores["artist"], seed):
        here = scores["hit"].iloc[others].mean()
        scores.iloc[held_out, -1] = moved(said.iloc[held_out], bundle.card["base_rate"], here)
    return _judged(scores, len(table), evaluation.summary(scores, seed, names=(SAID, MOVED)))


def in_words(judged: Judged) -> list[str]:
    """What came true, in sentences: the numbers of hits, the ranking, the chances, and what to do."""
    counts = (
        f"Of {judged.tracks:,} tracks by artists whom the models have not heard, {judged.hits:,} are hits, "
        f"{wording.in_thousand(judged.base_rate)}; the chances said {wording.in_thousand(judged.mean[SAID])}."
    )
    if not judged.measures:
        return [counts, f"More can be said from {tracks.LEAST} hits and {tracks.LEAST} others on."]
    auc = interval(judged.measures, SAID, "roc_auc")
    skill, there = (interval(judged.measures, name, "brier_skill") for name in (SAID, MOVED))
    ranking = (
        f"Of 100 pairs of a hit and another track they put {100 * auc.value:.0f} in the right order "
        f"({100 * auc.low:.0f} to {100 * auc.high:.0f}), a coin 50."
    )
    sentences = [counts, ranking, f"They have {verdict.error(skill)} than always saying that base rate."]
    if judged.moving_helps:
        sentences.append(
            f"Moved to the base rate of these tracks, on artists held out, they say {wording.in_thousand(judged.mean[MOVED])} "
            f"and have {verdict.error(there)}: set 1 in {1 / judged.base_rate:,.0f} as the base rate."
        )
    else:
        sentences.append("Moved to the base rate of these tracks they are no better, so leave it.")
    if auc.low <= 0.5 or max(skill.value, there.value) <= 0:
        sentences.append("For tracks like these, train on tracks like these: hitcast build --source.")
    return sentences


def _judged(scores: pd.DataFrame, tracks: int, measures: Mapping[str, dict[str, Any]]) -> Judged:
    mean = scores[[SAID, MOVED]].mean().to_dict() if measures else {SAID: float(scores[SAID].mean())}
    return Judged(len(scores), tracks - len(scores), int(np.sum(scores["hit"])), mean, measures)
