"""What is known of a track beside its sound, its genre and release year → its chance with them.

A logistic regression in which each genre has a line of its own, drawn towards the one that all share, and in which the
year bends at a few places. It stands beside the three models, which hear the sound alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from hitcast.choices import LEVELS
from hitcast.tracks import LEAST, parsing
from hitcast.tracks.schema import Schema, canonical

ANOTHER = -1.0  # a genre or year that was given, but is none of the table's
LEAST_TRACKS, MOST_GENRES = 30, 200
BENDS = (0, 0.1, 0.25, 0.5, 0.75, 0.9, 1)  # quantiles of the years
# How far a genre's slopes may lie from the common ones; measured beside 0.2 and 0.4 on two tables.
OWN_SLOPES = 0.1


class Given(NamedTuple):
    """A number a row for its genre and for its release year; NaN where it is not known, or `ANOTHER`."""

    genre: np.ndarray
    year: np.ndarray

    def has(self, *parts: str) -> np.ndarray:
        """Which rows have all of these, and as the table has them."""
        return np.logical_and.reduce([getattr(self, part) >= 0 for part in parts])

    def at(self, rows: np.ndarray) -> "Given":
        """The same of some rows, by their positions."""
        return Given(self.genre[rows], self.year[rows])


@dataclass(frozen=True)
class Context:
    """The genres and the years at which a table's context bends, and what each of `LEVELS` has learned of them.

    `weights` has a row a genre, or one for all, and a column for a constant, each input and each year but the first.
    """

    genres: tuple[str, ...]
    years: tuple[float, ...]
    weights: Mapping[str, np.ndarray]

    def read(self, raw: pd.DataFrame, schema: Schema | None = None) -> Given:
        """The genre and year of each row of a table: what this has not, or a year past its last, is `ANOTHER`."""
        schema = canonical(raw.columns) if schema is None else schema

        def each(name: str, known: Sequence, function: Callable[[Any], float | None]) -> np.ndarray:
            if not known or name not in schema.positions:
                return np.full(len(raw), np.nan)
            return parsing.each(schema.column(raw, name), function).astype(float).to_numpy()

        return Given(each("genre", self.genres, self._code), each("release_date", self.years, self._year))

    def _code(self, cell: Any) -> float | None:
        text = parsing.text(cell)
        genre = None if text is None else parsing.first_genre(text)
        return (
            None
            if genre is None or genre.casefold() in parsing.MISSING
            else self._codes.get(folded(genre), ANOTHER)
        )

    def _year(self, cell: Any) -> float | None:
        if (text := parsing.text(cell)) is None:
            return None
        date = parsing.iso_date(text)
        year = float(date[:4]) if date else ANOTHER
        return year if year <= self.years[-1] else ANOTHER

    @cached_property
    def _codes(self) -> dict[str, float]:
        return {folded(genre): float(at) for at, genre in enumerate(self.genres)}

    @property
    def parts(self) -> tuple[str, ...]:
        """What of a track its chances can take in, of `genre` and `year`."""
        taken = {part for level in self.weights for part in LEVELS[level]}
        return tuple(part for part in Given._fields if part in taken)

    def of(self, genre: Any, date: Any) -> Given:
        """The genre and year of one track, as `read` has them of a table."""
        code = self._code(genre) if self.genres else None
        year = self._year(date) if self.years else None
        return Given(*(np.array([each], dtype=float) for each in (code, year)))

    def level(self, given: Given) -> str | None:
        """Which of `LEVELS` the chance of a single row is of, None where there is none."""
        able = [level for level in self.weights if given.has(*LEVELS[level])[0]]
        return able[-1] if able else None

    def said(self, given: Given) -> np.ndarray:
        """What each row is taken as, in words: `pop, 2019`, `another genre`, or nothing where nothing is taken in."""
        keys = np.nan_to_num(given.genre, nan=-2) * 100_000 + np.nan_to_num(given.year, nan=-2)
        _, first, rows = np.unique(keys, return_index=True, return_inverse=True)
        words = [self._said(given.genre[at], given.year[at]) for at in first]
        return np.array(words, dtype=object)[rows]

    def _said(self, genre: float, year: float) -> str:
        level = self.level(Given(np.array([genre]), np.array([year])))
        taken, parts = LEVELS[level] if level else (), []
        if genre == ANOTHER and "genre" in self.parts:
            parts.append("another genre")
        elif "genre" in taken:
            parts.append(self.genres[int(genre)])
        if year == ANOTHER and "year" in self.parts:
            parts.append("another year")
        elif "year" in taken:
            parts.append(f"{year:.0f}")
        return ", ".join(parts)

    def taken(self) -> "Context":
        """This without the genres or years that no level takes in."""
        return replace(
            self,
            genres=self.genres if "genre" in self.parts else (),
            years=self.years if "year" in self.parts else (),
        )

    @classmethod
    def from_card(cls, said: Mapping[str, Any]) -> "Context":
        """What a card says of it."""
        known = said["weights"]
        weights = {level: np.array(known[level], dtype=float) for level in LEVELS if level in known}
        return cls(tuple(said["genres"]), tuple(said["years"]), weights)

    def to_card(self) -> dict[str, Any]:
        """It as a card says it."""
        weights = {level: each.tolist() for level, each in self.weights.items()}
        return {"genres": list(self.genres), "years": list(self.years), "weights": weights}

    def chances(self, inputs: np.ndarray, given: Given) -> np.ndarray:
        """The chance of each row at each level, a column each of `weights`, NaN where the row has not what it takes.

        Parameters
        ----------
        inputs
            What the logistic regression's classifier is given of the rows' sound, shape (n, features).
        """
        terms = self._terms(inputs, given)
        found = np.full((len(inputs), len(self.weights)), np.nan)
        for column, (level, weights) in enumerate(self.weights.items()):
            rows = np.flatnonzero(given.has(*LEVELS[level]))
            own = weights[given.genre[rows].astype(int)] if "genre" in LEVELS[level] else weights
            found[rows, column] = expit((terms[rows, : weights.shape[1]] * own).sum(axis=1))
        return found

    def fitted(
        self, inputs: np.ndarray, given: Given, hit: np.ndarray, levels: Iterable[str] = tuple(LEVELS)
    ) -> "Context":
        """This with the weights of those `levels` that enough hits and others have what it takes for."""
        terms, weights = self._terms(inputs, given), {}
        for level in levels:
            rows = given.has(*(parts := LEVELS[level]))
            if min(hit[rows].sum(), (~hit[rows]).sum()) < LEAST:
                continue
            width = terms.shape[1] if "year" in parts else 1 + inputs.shape[1]
            genre = given.genre[rows].astype(int) if "genre" in parts else None
            weights[level] = self._weights(terms[rows, :width], genre, hit[rows], inputs.shape[1])
        return replace(self, weights=weights)

    def _terms(self, inputs: np.ndarray, given: Given) -> np.ndarray:
        """A constant, the inputs, and how near the year is to each bend but the first."""
        corners = np.eye(len(self.years))[1:]
        near = [np.interp(given.year, self.years, corner) for corner in corners]
        return np.column_stack([np.ones(len(inputs)), inputs, *near])

    def _weights(
        self, terms: np.ndarray, genre: np.ndarray | None, hit: np.ndarray, slopes: int
    ) -> np.ndarray:
        common = sparse.csr_matrix(terms[:, 1:])
        if genre is None:
            return _line(LogisticRegression(max_iter=1000).fit(common, hit))[None, :]
        freedom = np.ones(terms.shape[1])
        freedom[1 : 1 + slopes] = OWN_SLOPES
        column = genre[:, None] * len(freedom) + np.arange(len(freedom))
        starts = np.arange(0, terms.size + 1, len(freedom))
        shape = len(terms), len(self.genres) * len(freedom)
        own = sparse.csr_matrix(((terms * freedom).ravel(), column.ravel(), starts), shape)
        line = _line(LogisticRegression(max_iter=1000).fit(sparse.hstack([common, own]).tocsr(), hit))
        shared, apart = np.split(line, [len(freedom)])
        return shared + apart.reshape(len(self.genres), -1) * freedom


def _line(model: LogisticRegression) -> np.ndarray:
    return np.append(model.intercept_, model.coef_[0])


def outline(table: pd.DataFrame) -> Context:
    """What a tracks table says of genre and year, nothing learned of it yet.

    Genres are those of at least 30 tracks, at most 200, and not fewer than two; years are there where they differ enough.
    """
    spelled = table["genre"].dropna() if "genre" in table else pd.Series(dtype=object)
    alike = spelled.groupby(spelled.map(folded), sort=False)
    counts = alike.size().sort_values(ascending=False, kind="stable")
    common = counts.index[counts >= LEAST_TRACKS][:MOST_GENRES]
    genres = [alike.get_group(name).mode().iloc[0] for name in common]
    dates = table["release_date"].dropna() if "release_date" in table else pd.Series(dtype=object)
    years = np.unique(np.quantile(dates.str[:4].astype(float), BENDS).round()) if len(dates) else np.empty(0)
    return Context(
        tuple(sorted(genres)) if len(genres) > 1 else (), tuple(years) if len(years) > 2 else (), {}
    )


def folded(genre: str) -> str:
    """A genre's letters and digits alone: `hip-hop` and `Hip Hop` are one."""
    return "".join(letter for letter in genre.casefold() if letter.isalnum()) or genre.casefold()


def chosen(chances: np.ndarray) -> np.ndarray:
    """Of each row the last chance that there is, that which takes in most; NaN where there is none; shape (n,)."""
    backwards = np.column_stack([chances[:, ::-1], np.full(len(chances), np.nan)])
    first = np.argmax(~np.isnan(backwards), axis=1)
    return backwards[np.arange(len(chances)), first]
