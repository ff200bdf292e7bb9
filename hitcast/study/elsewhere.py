"""Models on tracks of another time and of another catalogue."""

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from hitcast import evaluation, features, models, tracks
from hitcast.choices import BLEND, SCORED
from hitcast.evaluation import metrics

LABELLED = (50, 200, 1000)


def time_split(
    table: pd.DataFrame, threshold: float, names: Sequence[str], share: float = 0.25, seed: int = 0
) -> pd.DataFrame:
    """The latest `share` of the tracks predicted from the earlier, beside as many taken at random.

    Artists may stand on both sides, as they do in life. Columns as in `transfer`, with the `split`
    `random` or `later`, and `since`, the first release date of the later tracks. Empty where fewer than
    nine in ten tracks have a release date, or where either side has fewer than 20 hits.
    """
    if "release_date" not in table or table["release_date"].notna().mean() < 0.9:
        return pd.DataFrame()
    dated = _labelled(table.dropna(subset="release_date"), threshold)
    dated = dated.sort_values("release_date", kind="stable")
    count = round(len(dated) * share)
    ways = {"random": dated.sample(frac=1, random_state=seed), "later": dated}
    sides = {split: (rows.iloc[:-count], rows.iloc[-count:]) for split, rows in ways.items()}
    if any(side["hit"].sum() < tracks.LEAST for pair in sides.values() for side in pair):
        return pd.DataFrame()
    since = dated["release_date"].iloc[-count]
    return pd.concat(
        [_tested(*pair, names, seed).assign(split=split, since=since) for split, pair in sides.items()],
        ignore_index=True,
    )


def transfer(catalogues: Mapping[str, pd.DataFrame], threshold: float, seed: int = 0) -> pd.DataFrame:
    """Each catalogue's models tested on the other's tracks, those left out with anybody whom the models have seen.

    One row a `trained_on`, `tested_on` and `model`: `tracks`, `hits`, `base_rate`, `mean_probability`,
    `roc_auc`, `brier_skill`, the last two unknown below 20 hits. Where both are the same catalogue the scores are out-of-fold. Only features
    that all have are used.
    """
    shared = set.intersection(*(set(table) for table in catalogues.values()))
    names = features.select(shared)
    labelled = {name: _labelled(table, threshold) for name, table in catalogues.items()}
    found = []
    for source, known in labelled.items():
        for target, others in labelled.items():
            if source == target:
                folds = evaluation.fit_folds(
                    known, known["hit"], names, seed=seed, repeats=1, nearness=known["nearness"]
                )
                part = _judged(evaluation.out_of_fold(folds, known, known["hit"]))
            else:
                part = _tested(known, tracks.strangers(others, known), names, seed)
            found.append(part.assign(trained_on=source, tested_on=target))
    return pd.concat(found, ignore_index=True)


def genre_halves(table: pd.DataFrame, hit: pd.Series) -> dict[str, pd.DataFrame]:
    """The table as two catalogues of different genres, about equally many hits in each; empty without genres.

    Genres are dealt out from most hits to fewest, each to the half that has fewer.
    """
    if "genre" not in table or table["genre"].nunique() < 2:
        return {}
    halves: dict[str, list[str]] = {"one half of the genres": [], "the other half": []}
    hits = hit.groupby(table["genre"]).sum().sort_values(ascending=False, kind="stable")
    for genre in hits.index:
        min(halves.values(), key=lambda half: (hits[half].sum(), len(half))).append(genre)
    parts = {name: table[table["genre"].isin(genres)] for name, genres in halves.items()}
    return parts if min(hit[part.index].sum() for part in parts.values()) >= tracks.LEAST else {}


def labelled(
    catalogues: Mapping[str, pd.DataFrame], threshold: float, seed: int = 0, draws: int = 40
) -> pd.DataFrame:
    """What a few labelled tracks of another catalogue bring back: all log-odds moved until the mean chance of these is right.

    One row a `trained_on`, `tested_on` and number of labelled `tracks`, drawn by artist, 0 for the chances as they are:
    `error`, how far the mean chance lies from the hit rate of the other tracks, and `brier_skill` on these, means over
    the draws.
    """
    names = features.select(set.intersection(*(set(table) for table in catalogues.values())))
    known = {name: _labelled(table, threshold) for name, table in catalogues.items()}
    found = []
    for source, target in permutations(known, 2):
        others = tracks.strangers(known[target], known[source])
        scores = _scores(known[source], others, names, seed)
        for count in (0, *LABELLED):
            each = [_moved(scores, count, seed + draw) for draw in range(draws)]
            mean = pd.DataFrame(each).mean()
            found.append({"trained_on": source, "tested_on": target, "tracks": count} | mean.to_dict())
    return pd.DataFrame(found)


def _moved(scores: pd.DataFrame, count: int, seed: int) -> dict[str, float]:
    """The error and the Brier skill on the tracks of other artists than those of about `count` labelled ones."""
    artists = scores.groupby("artist").size().sample(frac=1, random_state=seed).cumsum()
    is_labelled = scores["artist"].isin(artists.index[artists <= count])
    rest, chance = scores[~is_labelled], scores.loc[~is_labelled, BLEND]
    if is_labelled.any():
        rate = (scores.loc[is_labelled, "hit"].sum() + 0.5) / (is_labelled.sum() + 1)
        said = models.log_odds(scores.loc[is_labelled, BLEND])
        chance = expit(
            models.log_odds(chance) + brentq(lambda shift: expit(said + shift).mean() - rate, -40, 40)
        )
    spread = rest["hit"].var(ddof=0)
    skill = 1 - ((chance - rest["hit"]) ** 2).mean() / spread if spread else np.nan
    return {"error": abs(chance.mean() - rest["hit"].mean()), "brier_skill": skill}


def _labelled(table: pd.DataFrame, threshold: float) -> pd.DataFrame:
    return table.assign(hit=tracks.label(table, threshold), nearness=tracks.nearness(table, threshold))


def _tested(train: pd.DataFrame, test: pd.DataFrame, names: Sequence[str], seed: int) -> pd.DataFrame:
    scores = _scores(train, test, names, seed)
    return _judged(scores.assign(repeat=0)).assign(base_rate_seen=train["hit"].mean())


def _scores(train: pd.DataFrame, test: pd.DataFrame, names: Sequence[str], seed: int) -> pd.DataFrame:
    fitted = models.fit(train, train["hit"], names, seed=seed, nearness=train["nearness"])
    return test[["artist", "hit"]].join(models.probabilities(fitted, test))


def _judged(scores: pd.DataFrame) -> pd.DataFrame:
    hit, once = scores["hit"].to_numpy(bool), np.ones((1, len(scores)))
    enough = min(hit.sum(), (~hit).sum()) >= tracks.LEAST
    found = []
    for name in SCORED:
        measured = metrics.measure(hit, scores[name].to_numpy(float), once) if enough else {}
        found.append(
            {
                "model": name,
                "tracks": len(hit),
                "hits": int(hit.sum()),
                "base_rate": hit.mean() if len(hit) else np.nan,
                "mean_probability": scores[name].mean(),
                **{key: measured[key][0] if enough else np.nan for key in ("roc_auc", "brier_skill")},
            }
        )
    return pd.DataFrame(found)
