"""What audio alone cannot know: how much the genre and the artist's other tracks would add."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from hitcast import models
from hitcast.evaluation import comparison
from hitcast.measures import with_interval

AUDIO = "Audio"
NO_GENRE = "unknown"


def scores(
    table: pd.DataFrame, hit: pd.Series, names: Sequence[str], seed: int = 0, folds: int = 5
) -> pd.DataFrame:
    """What the audio cannot know: XGBoost with the genre and with the artist's other tracks added.

    An artist's history exists only for artists seen before, so the folds are random over recordings and
    every line of inputs uses the same. Returns out-of-fold scores, one column an entry of inputs, beside
    `hit` and `artist`.
    """
    inputs = {AUDIO: list(names)}
    if "genre" in table:
        inputs |= {"Genre": ["genre"], "Audio and genre": [*names, "genre"]}
    inputs |= {"Artist's other tracks": ["artist"], "Audio and artist": [*names, "artist"]}
    if "genre" in table:
        inputs["All of it"] = [*names, "genre", "artist"]
    found = pd.DataFrame({name: np.nan for name in inputs}, index=table.index)
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for train, test in splitter.split(table, hit):
        known, asked = _beyond_audio(table.iloc[train], table.iloc[test], names, seed)
        for name, columns in inputs.items():
            used = [column for column in known if column.split("=")[0] in columns]
            model = models.make("xgb", used, seed=seed).fit(known[used], hit.iloc[train].astype(int))
            found.iloc[test, found.columns.get_loc(name)] = models.probability(model, asked)
    return found.assign(hit=hit, artist=table["artist"])


def figures(scores: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """The ROC AUC of each entry of inputs, its interval and what lies between it and the audio alone.

    Columns `row`, `value`, `low`, `high`, and `gain` as text.
    """
    entries = [name for name in scores if name not in ("hit", "artist")]
    gains = {name: comparison.difference(scores, scores[name], scores[AUDIO], seed=seed) for name in entries}
    return pd.DataFrame(
        {
            "row": name,
            **comparison.measured(scores, scores[name], seed=seed)._asdict(),
            "gain": with_interval(gains[name]._asdict(), "{:+.3f}"),
        }
        for name in entries
    )


def _beyond_audio(
    train: pd.DataFrame, test: pd.DataFrame, names: Sequence[str], seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Numeric inputs of both parts: the features, `genre=...` and `artist=...`, learnt from `train` alone.

    A training track's history is taken from other parts of the training tracks, never from itself.
    """
    history = pd.concat(
        [_history(train.iloc[others], train.iloc[own]) for others, own in _parts(len(train), seed)]
    ).loc[train.index]
    known, asked = [train[list(names)], history], [test[list(names)], _history(train, test)]
    if "genre" in train:
        genres = sorted(train["genre"].fillna(NO_GENRE).unique())
        for side, part in ((known, train), (asked, test)):
            genre = part["genre"].fillna(NO_GENRE)
            side.append(pd.DataFrame({f"genre={each}": (genre == each).astype(float) for each in genres}))
    return pd.concat(known, axis=1), pd.concat(asked, axis=1)


def _parts(rows: int, seed: int, count: int = 5) -> list[tuple[np.ndarray, np.ndarray]]:
    part = np.random.default_rng(seed).permutation(rows) % count
    return [(np.flatnonzero(part != each), np.flatnonzero(part == each)) for each in range(count)]


def _history(known: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """What the known tracks say of each asked track's artist: how many, their mean and best popularity."""
    artist = known["artist"].str.casefold()
    each = known.groupby(artist)["popularity"].agg(["count", "mean", "max"]).add_prefix("artist=")
    found = each.reindex(asked["artist"].str.casefold()).set_axis(asked.index)
    return found.fillna({"artist=count": 0})
