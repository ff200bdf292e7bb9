"""What genre and release year are worth: chances that take them in, held against the sound's own on artists not seen."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from hitcast import models
from hitcast.choices import BLEND, LEVELS
from hitcast.context import Context, Given
from hitcast.evaluation import comparison
from hitcast.evaluation.folds import FittedFold, first_round
from hitcast.evaluation.resampling import summary
from hitcast.measures import MAIN
from hitcast.tracks import LEAST

SOUND = "sound"  # the blend, on the same tracks
SIMPLER = "simpler"  # the levels that take in less, on the same tracks
GAIN = "gain"
ALONE = {level: f"{level}, without the sound" for level in LEVELS}


def scored(fold: FittedFold, table: pd.DataFrame, hit: pd.Series, outline: Context) -> pd.DataFrame:
    """The chances with their context of the rows that a fold had not seen, a column for each of `LEVELS` and of `ALONE`."""
    inputs, given = models.inputs(fold.models["logreg"], table), outline.read(table)
    heard = _scored(fold, table, hit, outline, given, inputs)
    return heard.join(_scored(fold, table, hit, outline, given, inputs[:, :0]).rename(columns=ALONE))


def _scored(
    fold: FittedFold, table: pd.DataFrame, hit: pd.Series, outline: Context, given: Given, inputs: np.ndarray
) -> pd.DataFrame:
    learned = outline.fitted(inputs[fold.train], given.at(fold.train), hit.to_numpy()[fold.train])
    chances = learned.chances(inputs[fold.test], given.at(fold.test))
    found = pd.DataFrame(fold.shifted(chances), table.index[fold.test], list(learned.weights))
    return found.reindex(columns=list(LEVELS))


def worth(scores: pd.DataFrame, seed: int = 0, resamples: int = comparison.RESAMPLES) -> dict[str, dict]:
    """Of each of `LEVELS` that could be tested: `tracks`, `hits`, its measures, the sound's and simpler levels', `alone`, the gain.

    On the tracks of the first round that have what it takes. `alone` is the ROC AUC of the genre or year without any sound,
    `gain` how far the level's lies above the sound's, on the same resamples of artists.

    Parameters
    ----------
    scores
        The out-of-fold scores with the columns of `scored`.
    """
    found: dict[str, dict] = {}
    for level in LEVELS:
        rows = first_round(scores).dropna(subset=level)
        in_each_fold = scores.groupby(["repeat", "fold"])[level].count()
        if not in_each_fold.all() or min(rows["hit"].sum(), (~rows["hit"]).sum()) < LEAST:
            continue
        simpler = [other for other in found if set(LEVELS[other]) < set(LEVELS[level])]
        measured = summary(rows, seed, resamples, (level, BLEND, *simpler))
        gain = comparison.difference(rows, rows[level], rows[BLEND], seed, resamples)
        found[level] = {
            "tracks": len(rows),
            "hits": int(rows["hit"].sum()),
            "measures": _of(measured[level]),
            SOUND: _of(measured[BLEND]),
            SIMPLER: {other: _of(measured[other]) for other in simpler},
            "alone": comparison.measured(rows, rows[ALONE[level]], seed, resamples)._asdict(),
            GAIN: gain._asdict(),
        }
    return found


def kept(worths: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The levels that are worth it, in the order of `LEVELS`.

    Their ROC AUC lies above the sound's with all of its interval, and neither it nor the Brier skill is below that of the
    sound or of a level that is kept and takes in less.
    """
    found: list[str] = []
    for level, each in worths.items():
        beaten = [each[SOUND], *(measures for other, measures in each[SIMPLER].items() if other in found)]
        keys = ("roc_auc", "brier_skill")
        at_least = all(
            each["measures"][key]["value"] >= other[key]["value"] for other in beaten for key in keys
        )
        if each[GAIN]["low"] > 0 and at_least:
            found.append(level)
    return found


def _of(measured: Mapping[str, Any]) -> dict[str, Any]:
    return {name: measured[name] for name in MAIN if name in measured}
