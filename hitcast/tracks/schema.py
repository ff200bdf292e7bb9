"""How a table is to be read, settled once for all its rows: which column is which, in which unit its numbers are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hitcast.tracks import headers, units
from hitcast.tracks.units import Unit

# What is wrong with each row as a row, empty where nothing is.
Damage = Sequence[str] | np.ndarray

ROWS = 10_000  # of a table; they settle how all of it is read


@dataclass(frozen=True)
class Schema:
    """The position of the column that holds each canonical name, and the unit of each that is numeric."""

    positions: Mapping[str, int]
    units: Mapping[str, Unit]

    def column(self, raw: pd.DataFrame, name: str) -> pd.Series:
        """The cells of a column as they were given."""
        return raw.iloc[:, self.positions[name]]

    def unit(self, name: str) -> Unit:
        """How the numbers of a column are read; where nothing settled it, as they are."""
        return self.units.get(name, Unit())

    def only(self, *names: str) -> "Schema":
        """The schema as if the table had no other columns than these."""
        return replace(self, positions={name: at for name, at in self.positions.items() if name in names})

    def among(self, columns: Iterable[Any]) -> "Schema":
        """The schema of a table with the same units in other columns."""
        return replace(self, positions=headers.locate(columns))


def settle(raw: pd.DataFrame, damage: Damage | None = None) -> Schema:
    """The schema of a table, its units from at most 10,000 rows, taken at random from all over it.

    Rows with `damage` say nothing. Raises TableError where two columns say the same.
    """
    positions = headers.locate(raw.columns)
    return Schema(positions, _units(sound(raw, damage), positions))


def sound(raw: pd.DataFrame, damage: Damage | None) -> pd.DataFrame:
    """The rows that are not damaged as rows."""
    return raw if damage is None else raw[np.asarray(damage, dtype=object) == ""]


def canonical(columns: Iterable[Any]) -> Schema:
    """The schema of a table of our own, whose numbers are in canonical units."""
    return Schema(headers.locate(columns), {})


def contradiction(schema: Schema, raw: pd.DataFrame, but: Iterable[str] = ()) -> str:
    """What speaks in some rows of a table against its schema, empty where nothing does; `but` names what is not asked."""
    asked = {name: at for name, at in schema.positions.items() if name not in but}
    return units.contradiction(schema.units, _units(raw, asked))


def _units(raw: pd.DataFrame, positions: Mapping[str, int]) -> dict[str, Unit]:
    # Every so many rows might be one kind only of a table whose kinds alternate.
    some = raw.sample(min(len(raw), ROWS), random_state=0)
    return units.settle(
        {name: some.iloc[:, at] for name, at in positions.items() if name not in headers.TEXT_COLUMNS}
    )
