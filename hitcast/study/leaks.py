"""How far a careless test flatters a model: the same tracks and the same models, tested six ways."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import parallel_config
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier

from hitcast import evaluation, models, tracks
from hitcast.choices import HIT_THRESHOLD
from hitcast.evaluation import metrics
from hitcast.progress import Progress, silent
from hitcast.tracks import recordings, validation
from hitcast.tracks.schema import Damage, settle
from hitcast.tracks.texts import texts

FOLDS = 3
GROWN_OUT = "forest"
SPOKEN = {GROWN_OUT: "the grown-out forest", "logreg": "the logistic regression", "xgb": "XGBoost"}
LEARNERS = {GROWN_OUT: "Random forest, grown out", "logreg": "Logistic regression", "xgb": "XGBoost"}

SMOTE_FIRST = "SMOTE, then a random split"
AT_RANDOM = "Every row, split at random"
BY_ID = "Every row, a track id on one side"
BY_RECORDING = "Every row, a recording on one side"
BY_ARTIST = "Every row, an artist on one side"
HONEST = "One row a recording, nobody on both sides"


@dataclass(frozen=True)
class Protocol:
    """A way to test: rows, which of them are hits, and what must not stand on both sides of a split.

    With `people`, nobody of the test part may be on a training row, be it as a guest.
    """

    name: str
    rows: pd.DataFrame
    hit: pd.Series
    together: pd.Series
    people: pd.Series | None = None


def usable_rows(raw: pd.DataFrame, features: Sequence[str], damage: Damage | None = None) -> pd.DataFrame:
    """Every raw row that can be used, copies included, in canonical columns with a `recording` number."""
    schema = settle(raw, damage)
    values, problem = tracks.check(raw, features, schema=schema, damage=damage)
    popularity = pd.Series(validation.examine(raw, "popularity", schema).usable, raw.index, name="popularity")
    table = pd.concat([texts(raw, schema), values, popularity], axis=1)
    usable = (problem == "") & values.notna().all(axis=1) & popularity.notna() & table["artist"].notna()
    table = table[usable].reset_index(drop=True)
    return table.assign(recording=recordings.numbers(table, features))


def copies(rows: pd.DataFrame, threshold: float = HIT_THRESHOLD) -> pd.DataFrame:
    """How often a recording stands in the table, for hits and for the rest.

    Columns `recordings`, `rows`, `rows_each`, and `contradicted`: recordings of which one row is a
    hit and another is not. A recording is a hit if any of its rows is.
    """
    each = (
        rows.assign(hit=tracks.label(rows, threshold)).groupby("recording")["hit"].agg(["any", "all", "size"])
    )
    return (
        each.assign(
            kind=each["any"].map({True: "hits", False: "rest"}), contradicted=each["any"] & ~each["all"]
        )
        .groupby("kind")
        .agg(recordings=("size", "size"), rows=("size", "sum"), contradicted=("contradicted", "sum"))
        .assign(rows_each=lambda d: d["rows"] / d["recordings"])
        .reindex(["hits", "rest"])
    )


def measure(
    rows: pd.DataFrame,
    table: pd.DataFrame,
    features: Sequence[str],
    threshold: float = HIT_THRESHOLD,
    seed: int = 0,
    progress: Progress = silent,
) -> pd.DataFrame:
    """What each way of testing says of the same three models.

    Parameters
    ----------
    rows
        What `usable_rows` returned.
    table
        The tracks table: one row a recording.

    Returns
    -------
    DataFrame
        One row a `protocol` and `model`: `rows`, `base_rate`, `roc_auc`, `average_precision`, and
        `precision`, `recall` and `f1` of calling a hit from a probability of 0.5 up.
    """
    ways = list(_protocols(rows, table, features, threshold, seed))
    found = []
    for done, way in enumerate(ways):
        progress(done / len(ways), way.name)
        score = _out_of_fold(way, features, seed)
        found += [_figures(way, name, score[name]) for name in LEARNERS]
    return pd.DataFrame(found)


def _protocols(
    rows: pd.DataFrame, table: pd.DataFrame, features: Sequence[str], threshold: float, seed: int
) -> Iterator[Protocol]:
    mixed, mixed_hit = _smote(table[list(features)], tracks.label(table, threshold), seed)
    yield Protocol(SMOTE_FIRST, mixed, mixed_hit, pd.Series(range(len(mixed))))
    hit = tracks.label(rows, threshold)
    alone = pd.Series(range(len(rows)))
    yield Protocol(AT_RANDOM, rows, hit, alone)
    if "track_id" in rows:
        yield Protocol(BY_ID, rows, hit, rows["track_id"].fillna(alone))
    yield Protocol(BY_RECORDING, rows, hit, rows["recording"])
    # A copy may name another artist first, so artists who share a recording stay together.
    shared = recordings.joined([rows["recording"].to_numpy(), rows["artist"].str.casefold().factorize()[0]])
    yield Protocol(BY_ARTIST, rows, hit, pd.Series(shared))
    yield Protocol(HONEST, table, tracks.label(table, threshold), table["artist"], tracks.everybody(table))


def _smote(X: pd.DataFrame, hit: pd.Series, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    rows, hits = models.smote(X.to_numpy(float), hit.to_numpy(int), seed)
    return pd.DataFrame(rows, columns=X.columns), pd.Series(hits).astype(bool)


def _learner(name: str, features: Sequence[str], seed: int) -> ClassifierMixin:
    if name == GROWN_OUT:
        return RandomForestClassifier(random_state=seed)
    return models.make(name, features, seed=seed)


def _out_of_fold(way: Protocol, features: Sequence[str], seed: int) -> Mapping[str, np.ndarray]:
    X, y = way.rows[list(features)], way.hit.to_numpy(int)
    scores = {name: np.empty(len(y)) for name in LEARNERS}
    for train, test in evaluation.splits(way.hit, way.together, seed, FOLDS, way.people):
        for name, score in scores.items():
            with parallel_config("threading", n_jobs=-1):
                fitted = _learner(name, features, seed).fit(X.iloc[train], y[train])
            score[test] = fitted.predict_proba(X.iloc[test])[:, 1]
    return scores


def _figures(way: Protocol, name: str, score: np.ndarray) -> dict:
    hit = way.hit.to_numpy(bool)
    measured = metrics.measure(hit, score, np.ones((1, len(score))))
    called = metrics.confusion(hit, score, 0.5)
    return {
        "protocol": way.name,
        "model": name,
        "rows": len(hit),
        "base_rate": hit.mean(),
        **{key: measured[key][0] for key in ("roc_auc", "average_precision")},
        **{key: called[key] for key in ("precision", "recall", "f1")},
    }
