"""Which rows are one recording: for cleaning, for the leak study, and to know a track of a table again."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from hitcast import cells
from hitcast.features import BY_NAME


def keys(rows: pd.DataFrame, features: Iterable[str]) -> dict[str, pd.DataFrame]:
    """What makes two rows one recording, by the reason's name: equal values in all columns of any of them.

    A row that lacks one of a key's values has no such key.
    """
    # An explicit and a clean entry with the same audio are one recording.
    found = {"identical audio": rows[[name for name in features if name != "explicit"]]}
    if "track_id" in rows:
        found = {"same track id": rows[["track_id"]]} | found
    if {"title", "artist"} <= set(rows):
        folded = {name: cells.each(rows[name], _folded) for name in ("title", "artist")}
        found["same title and artist"] = pd.DataFrame(folded)
    return found


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def numbers(rows: pd.DataFrame, features: Iterable[str]) -> np.ndarray:
    """A number a row, equal where rows share a key, directly or through other rows."""
    return joined(
        [key.groupby(list(key), sort=False).ngroup().to_numpy() for key in keys(rows, features).values()]
    )


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

    def find(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Where in the table each row's recording stands, -1 where it does not, and whether it has its values.

        Values are the same if none differs by more than a step of its control, as a rounded one does;
        a choice must be equal. Of several keys, one whose recording has the row's values comes first.

        Parameters
        ----------
        rows
            The features, and `track_id`, `title` and `artist` as far as they are known.
        """
        place, same = np.full(len(rows), -1), np.zeros(len(rows), dtype=bool)
        for reason, key in keys(rows, self._features).items():
            found = self._places(reason, key)
            agrees = self._agrees(rows, found)
            better = (found >= 0) & ((place < 0) | (agrees & ~same))
            place[better], same[better] = found[better], agrees[better]
        return place, same

    def _places(self, reason: str, key: pd.DataFrame) -> np.ndarray:
        if reason not in self._index:
            return np.full(len(key), -1)
        known, rows = self._index[reason]
        hashes = _hashes(key)
        at = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
        found = (known[at] == hashes) & key.notna().all(axis=1).to_numpy()
        return np.where(found, rows[at], -1)

    def _agrees(self, rows: pd.DataFrame, places: np.ndarray) -> np.ndarray:
        found = np.flatnonzero(places >= 0)
        apart = np.abs(rows[self._features].to_numpy(float)[found] - self._values[places[found]])
        agrees = np.zeros(len(rows), dtype=bool)
        agrees[found] = (apart <= self._steps).all(axis=1)
        return agrees

    @cached_property
    def _index(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """For each reason the hashes of its keys in order, none twice, and the rows that they are of.

        Arrays, because an Index of pandas may not be asked by several threads at once.
        """
        index = {}
        for reason, key in keys(self._table, self._features).items():
            whole = np.flatnonzero(key.notna().all(axis=1).to_numpy())
            hashes, first = np.unique(_hashes(key)[whole], return_index=True)
            if len(hashes):
                index[reason] = hashes, whole[first]
        return index

    @cached_property
    def _values(self) -> np.ndarray:
        return self._table[self._features].to_numpy(float)

    @cached_property
    def _steps(self) -> np.ndarray:
        steps = [0 if BY_NAME[name].choices else BY_NAME[name].step for name in self._features]
        return np.array(steps) * (1 + 1e-9)


def _hashes(key: pd.DataFrame) -> np.ndarray:
    """A 64-bit number a row: of numbers to single precision, as some files keep them, of text as it is."""
    if any(kind == object for kind in key.dtypes):
        return pd.util.hash_pandas_object(key, index=False).to_numpy()
    bits = (key.to_numpy(np.float32) + np.float32(0)).view(np.uint32).astype(np.uint64)
    return bits @ (np.random.default_rng(0).integers(1 << 63, size=bits.shape[1], dtype=np.uint64) * 2 + 1)
