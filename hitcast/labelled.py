"""Tracks whose popularity is known → how true a bundle's chances are of them, and what they become at their base rate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hitcast import evaluation, models, scoring, tracks, wording
from hitcast.base_rate import moved, one_in
from hitcast.bundle.contents import Bundle
from hitcast.errors import TableError
from hitcast.evaluation import metrics
from hitcast.evaluation.comparison import RESAMPLES, Interval, interval
from hitcast.tracks.schema import Damage

SAID, MOVED = "said", "moved"


@dataclass(frozen=True)
class Judged:
    """How many `tracks` were judged, how many not because the models had `met` them or somebody on them, and the outcome.

    `mean` has the mean of what was `said` and of what was `moved` to the base rate of other artists. `measures` has the
    same of each as the card's `metrics`, and `gain` what moving adds to the Brier skill, on the same resamples of
    artists; both are empty with fewer than 20 hits or others.
    """

    tracks: int
    met: int
    hits: int
    mean: Mapping[str, float]
    measures: Mapping[str, dict[str, Any]]
    gain: Interval | None

    @property
    def base_rate(self) -> float:
        """The share of hits among them."""
        return self.hits / self.tracks

    @property
    def advised(self) -> int | None:
        """One in how many is a hit among them, where moving the chances there is shown to help."""
        return one_in(self.base_rate) if self.gain and self.gain.low > 0 else None


def judge_rows(bundle: Bundle, raw: pd.DataFrame, damage: Damage | None = None, seed: int = 0) -> Judged:
    """`judge` of raw rows in any known schema. Raises TableError where they lack what training needs, too."""
    table, _ = tracks.conform(raw, damage=damage)
    if table.empty:
        raise TableError("No row of this table has an artist, a popularity and the core features.")
    return judge(bundle, table, seed)


def judge(bundle: Bundle, table: pd.DataFrame, seed: int = 0) -> Judged:
    """The blend's chances held against what came true, on tracks that the models have not met, nor anybody on them.

    Parameters
    ----------
    table
        A tracks table with popularity and artist, as `tracks.conform` gives it.

    Raises
    ------
    TableError
        If it has no popularity, or the models have met all of its tracks.
    """
    hit = tracks.label(table, bundle.card["threshold"])
    rest = tracks.strangers(table, bundle.tracks)
    given = scoring.score(bundle, rest, allow_missing=True, model=models.BLEND)
    # A recording may stand under another name.
    given = given[~given["basis"].isin([scoring.OUT_OF_FOLD, scoring.CHANGED])]
    if given.empty:
        raise TableError(
            "The models learned from each of these tracks or from somebody on it, so nothing can be said of others. Bring "
            "tracks by artists whom they have not heard."
        )
    said = given[f"p_{models.BLEND}"]
    scores = rest.loc[said.index, ["artist"]].assign(
        repeat=0, hit=hit[said.index], **{SAID: said, MOVED: said}
    )
    if min(scores["hit"].sum(), (~scores["hit"]).sum()) < tracks.LEAST or not _has_parts(scores):
        return _judged(scores, len(table))
    for others, held_out in evaluation.splits(scores["hit"], scores["artist"], seed):
        here = scores["hit"].iloc[others].mean()
        scores.iloc[held_out, -1] = moved(said.iloc[held_out], bundle.card["base_rate"], here)
    measures = evaluation.summary(scores, seed, RESAMPLES, (SAID, MOVED))
    return _judged(scores, len(table), measures, _gain(scores, seed))


def _has_parts(scores: pd.DataFrame) -> bool:
    """Whether hits are by two artists at least."""
    return scores.loc[scores["hit"], "artist"].str.casefold().nunique() > 1


def _gain(scores: pd.DataFrame, seed: int) -> Interval:
    """How far the moved chances' Brier skill lies above that of those said."""
    hit = scores["hit"].to_numpy(float)
    saved = (scores[SAID].to_numpy() - hit) ** 2 - (scores[MOVED].to_numpy() - hit) ** 2
    resamples = evaluation.artist_resamples(scores["artist"], seed, RESAMPLES)
    gains = [(weight * saved).sum(axis=1) / weight.sum(axis=1) for weight in resamples]
    return Interval(*metrics.with_interval(np.concatenate(gains) / hit.var()))


def _judged(
    scores: pd.DataFrame,
    tracks: int,
    measures: Mapping[str, dict[str, Any]] | None = None,
    gain: Interval | None = None,
) -> Judged:
    mean = scores[[SAID, MOVED] if measures else [SAID]].mean().to_dict()
    return Judged(len(scores), tracks - len(scores), int(scores["hit"].sum()), mean, measures or {}, gain)


def in_words(judged: Judged) -> list[str]:
    """What came true, in sentences: the numbers of hits, the ranking, the chances, and what to do."""
    left_out = (
        f" {judged.met:,} more are by artists whom they have heard, and say nothing." if judged.met else ""
    )
    counts = (
        f"Of {judged.tracks:,} track{'s' * (judged.tracks != 1)} by artists whom the models have not heard, {judged.hits:,} "
        f"came out as hits, {wording.in_thousand(judged.base_rate)}; the chances said "
        f"{wording.in_thousand(judged.mean[SAID])}.{left_out}"
    )
    if not judged.measures:
        return [counts, f"More can be said from {tracks.LEAST} hits and {tracks.LEAST} others on."]
    auc = interval(judged.measures, SAID, "roc_auc")
    skill, there = (interval(judged.measures, name, "brier_skill") for name in (SAID, MOVED))
    ranking = (
        f"Of 100 pairs of a hit and another track they put {100 * auc.value:.0f} in the right order ({100 * auc.low:.0f} to "
        f"{100 * auc.high:.0f}), a coin 50."
    )
    sentences = [
        counts,
        ranking,
        f"They have {wording.squared_error(skill.value)} than always saying how common hits are here.",
    ]
    if judged.advised:
        sentences.append(
            f"With the base rate of other artists among these tracks they say {wording.in_thousand(judged.mean[MOVED])} and have "
            f"{wording.squared_error(there.value)}: set 1 in {judged.advised:,} as the base rate."
        )
    if auc.low <= 0.5 or max(skill.value, there.value) <= 0:
        sentences.append(
            "They tell these tracks apart too little to go by: train on tracks like these (hitcast build --source)."
        )
    return sentences
