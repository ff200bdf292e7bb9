"""Which rows are one recording: for cleaning, for the leak study, and to know a track of a table again."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from hitcast.features import BY_NAME
from hitcast.tracks import parsing

AUDIO = "identical audio"
TELLING = 8  # so many features within a step of another track's are its own, rounded
MOST_LACKING = 2
SINGLE_PRECISION = 1e-4  # steps
MISNAMED = 0.5  # where more of the rows that repeat an id sound otherwise, it is none of a track
FEW = 3  # repeated ids, below which they say nothing
# Words for an unknown title or artist, folded.
NO_NAME = parsing.MISSING | {"0", "unknown", "untitled", "unknown title", "unknown artist"}


def keys(rows: pd.DataFrame, features: Iterable[str]) -> dict[str, pd.DataFrame]:
    """What makes two rows one recording, by the reason's name: equal values in all columns of any of them.

    A row that lacks one of a key's values has no such key.
    """
    # An explicit and a clean entry with the same audio are one recording.
    found = {AUDIO: rows[[name for name in features if name != "explicit"]]}
    if "track_id" in rows:
        found = {"same track id": rows[["track_id"]]} | found
    if {"title", "artist"} <= set(rows):
        folded = {name: parsing.each(rows[name], _folded) for name in ("title", "artist")}
        found["same title and artist"] = pd.DataFrame(folded)
    return found


def _folded(name: str) -> str | None:
    folded = " ".join(name.casefold().split())
    return None if folded in NO_NAME else folded


def misnamed(rows: pd.DataFrame, features: Iterable[str]) -> float:
    """The share of the rows that repeat a `track_id` whose audio is not that of the first with this id, 0 to 1.

    It is high where the ids are those of artists, playlists or rows, and 0 where fewer than three do.
    """
    if "track_id" not in rows:
        return 0.0
    names = list(features)
    repeats = rows[rows["track_id"].notna() & rows["track_id"].duplicated(keep=False)]
    first = repeats.groupby("track_id", sort=False)[names].transform("first")
    differs = _apart(names, repeats[names].to_numpy(float), first.to_numpy(float))
    differs = differs[repeats["track_id"].duplicated()]
    return float(differs.mean()) if len(differs) >= FEW else 0.0


def _apart(features: Iterable[str], values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether any value of each row differs by more than a step of its control from the other's; a choice at all.

    What one of the two lacks does not differ.
    """
    steps = np.array([0 if BY_NAME[name].choices else BY_NAME[name].step for name in features])
    return (np.abs(values - others) > steps * (1 + 1e-9)).any(axis=1)


def numbers(rows: pd.DataFrame, features: Iterable[str]) -> np.ndarray:
    """A number a row, equal where rows share a key, directly or through other rows."""
    return _numbered(keys(rows, features))


def _numbered(found: dict[str, pd.DataFrame]) -> np.ndarray:
    return joined([key.groupby(list(key), sort=False).ngroup().to_numpy() for key in found.values()])


def repeated(rows: pd.DataFrame, features: Iterable[str]) -> pd.Series:
    """Why each row is a recording that an earlier row is already; empty where it is the first one.

    The reason is a key shared with an earlier row, and one shared with a later row where a third row joins them.
    """
    found = keys(rows, features)
    shared = [
        key.notna().all(axis=1) & key.duplicated(keep=keep)
        for keep in ("first", False)
        for key in found.values()
    ]
    why = pd.Series(np.select(shared, [*found, *found], ""), rows.index)
    return why.where(pd.Series(_numbered(found), rows.index).duplicated(), "")


def joined(codes: Sequence[np.ndarray]) -> np.ndarray:
    """A number a row, equal where rows share a code in any array, directly or through other rows; -1 is none."""
    rows = len(codes[0])
    row = np.tile(np.arange(rows), len(codes))
    node = np.concatenate([rows * at + code for at, code in enumerate(codes, start=1)])
    known = np.concatenate(codes) >= 0
    size = rows * (len(codes) + 1)
    graph = coo_matrix((np.ones(known.sum()), (row[known], node[known])), shape=(size, size))
    return connected_components(graph, directed=False)[1][:rows]


class Known:
    """The recordings of a tracks table, to be found again among other rows."""

    def __init__(self, table: pd.DataFrame, features: Sequence[str]) -> None:
        self._table, self._features = table, list(features)
        self._values = table[self._features].to_numpy(float)

    def find(self, features: pd.DataFrame, which: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Where in the table each row's recording stands, -1 where it does not, and whether it has its values.

        A row is known by its audio, its id, or its title and artist. Values are the same if none differs
        by more than a step of its control, as a rounded one does; a choice must be equal, and what the row
        lacks does not differ. Of several recordings, one that has the row's values comes first.

        Parameters
        ----------
        features
            The features that this was made with, in that order.
        which
            `track_id`, `title` and `artist` of the same rows, as far as they are known.
        """
        values = features.to_numpy(dtype=float)
        place = self._alike(values)
        same = self._agrees(values, place)
        for reason, key in self._keys(which).items():
            if reason in self._index:
                found = self._places(reason, key)
                agrees = self._agrees(values, found)
                better = (found >= 0) & ((place < 0) | (agrees & ~same))
                place[better], same[better] = found[better], agrees[better]
        return place, same

    def _alike(self, values: np.ndarray) -> np.ndarray:
        """The place of the recording whose audio is within a step of each row's in every feature that it has.

        A row may lack two features, as long as those it has are many enough to be a track's own.
        """
        heard = self._in_steps(values)
        lacking = np.isnan(heard)
        pattern = lacking @ (1 << np.arange(lacking.shape[1]))
        place = np.full(len(values), -1)
        for each in np.unique(pattern):
            alike = np.flatnonzero(pattern == each)
            has = ~lacking[alike[0]]
            if has.all() or (has.sum() >= max(TELLING, len(has) - MOST_LACKING)):
                place[alike] = self._nearest(has, heard[np.ix_(alike, has)])
        return place

    def _nearest(self, has: np.ndarray, heard: np.ndarray) -> np.ndarray:
        tree = self._tree if has.all() else cKDTree(self._in_steps(self._values)[:, has])
        reach = (1 if len(has) >= TELLING else SINGLE_PRECISION) * (1 + 1e-9)
        _, nearest = tree.query(heard, p=np.inf, distance_upper_bound=reach)
        return np.where(nearest < len(self._table), nearest, -1)

    def _in_steps(self, values: np.ndarray) -> np.ndarray:
        """All features but explicit, which is not heard."""
        heard = {at: BY_NAME[name] for at, name in enumerate(self._features) if name != "explicit"}
        # A choice is out of reach from the next one.
        return values[:, list(heard)] / [0.1 if each.choices else each.step for each in heard.values()]

    def _keys(self, which: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """The keys but the audio, with artists up to their first comma.

        Whether a comma parts two artists or belongs to one shows in a table, not in one row of it.
        """
        if "artist" in which:
            first = parsing.each(which["artist"], lambda artist: artist.split(",")[0])
            which = which.assign(artist=first)
        return {reason: key for reason, key in keys(which, ()).items() if reason != AUDIO}

    def _places(self, reason: str, key: pd.DataFrame) -> np.ndarray:
        known, rows = self._index[reason]
        # Categories change the time, not the hash.
        hashes = pd.util.hash_pandas_object(key, index=False, categorize=len(key) > 1).to_numpy()
        at = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
        found = (known[at] == hashes) & key.notna().to_numpy().all(axis=1)
        return np.where(found, rows[at], -1)

    def _agrees(self, values: np.ndarray, places: np.ndarray) -> np.ndarray:
        found = np.flatnonzero(places >= 0)
        agrees = np.zeros(len(values), dtype=bool)
        agrees[found] = ~_apart(self._features, values[found], self._values[places[found]])
        return agrees

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self._in_steps(self._values))

    @cached_property
    def _index(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """For each reason the hashes of its keys in order, none twice, and the rows that they are of.

        Arrays, because an Index of pandas may not be asked by several threads at once.
        """
        index = {}
        for reason, key in self._keys(self._table).items():
            whole = np.flatnonzero(key.notna().all(axis=1).to_numpy())
            hashes, first = np.unique(
                pd.util.hash_pandas_object(key, index=False).to_numpy()[whole], return_index=True
            )
            if len(hashes):
                index[reason] = hashes, whole[first]
        return index
