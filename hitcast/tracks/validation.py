"""What makes a row unusable: every rule once, as a reason to count and a sentence to read."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hitcast.features import BY_NAME
from hitcast.tracks import parsing, scales, units
from hitcast.tracks.scales import PLAIN
from hitcast.tracks.schema import Schema
from hitcast.tracks.units import Unit


@dataclass(frozen=True)
class Fault:
    """Rows with the same fault; `sentence` takes the cell as it was given."""

    reason: str
    rows: np.ndarray
    sentence: str


@dataclass(frozen=True)
class Column:
    """A numeric column as it was given, as it reads, and what is wrong with it."""

    given: pd.Series
    values: np.ndarray
    missing: np.ndarray
    faults: tuple[Fault, ...]

    @property
    def usable(self) -> np.ndarray:
        """The values, NaN where there is a fault."""
        faulty = [fault.rows for fault in self.faults]
        return np.where(np.any(faulty, axis=0), np.nan, self.values) if faulty else self.values


def examine(raw: pd.DataFrame, name: str, schema: Schema) -> Column:
    """A feature, or the popularity, of raw rows by its canonical name."""
    given, unit = schema.column(raw, name), schema.unit(name)
    values, missing = units.read(name, given, unit)
    found = tuple(fault for fault in _faults(name, values, missing, unit) if fault.rows.any())
    return Column(given, values, missing, found)


def sentences(fault: Fault, given: pd.Series) -> np.ndarray | str:
    """What to say of cells that share a fault; written once for every distinct cell."""
    if "{}" not in fault.sentence:
        return fault.sentence
    codes, distinct = pd.factorize(given.astype(str) if given.dtype == object else given)
    return np.array([fault.sentence.replace("{}", parsing.shown(cell)) for cell in distinct], dtype=object)[
        codes
    ]


def _faults(name: str, values: np.ndarray, missing: np.ndarray, unit: Unit) -> list[Fault]:
    feature = BY_NAME.get(name)
    low, high = scales.range_of(name)
    kind = "a clear length of time, such as 4:01 or 0:04:01" if name == "duration_ms" else "a number"
    if unit.scale.clear != PLAIN.clear:
        kind = f"{kind} on the scale of its column"
    if unit.comma == "unknown":
        kind = f"{kind} whose comma can be understood in one way only"
    faults = [Fault(f"no {name}", missing, f"{name} is missing")]
    if unit.scale.refusal:
        return [*faults, Fault(f"{name} in an unknown unit", ~missing, unit.scale.refusal)]
    faults += [
        Fault(f"{name} not readable", np.isnan(values) & ~missing, f"{name} {{}} is not {kind}"),
    ]
    if name == "tempo":
        faults.append(Fault("tempo 0", values == 0, "tempo 0 means that the track was not analysed"))
    sentence = f"{name} {{}} is outside {_range(name, low, high)}"
    hint = "; a percentage must be divided by 100" if feature and feature.kind == "share" else ""
    faults.append(Fault(f"{name} out of range", values < low, sentence))
    faults.append(Fault(f"{name} out of range", values > high, f"{sentence}{hint}"))
    if feature and feature.kind == "choice":
        broken = np.isfinite(values) & (values != np.floor(values))
        faults.append(Fault(f"{name} not readable", broken, f"{name} {{}} is not a whole number"))
    return faults


def _range(name: str, low: float, high: float) -> str:
    if name == "duration_ms":
        return f"{low / 1000:g} second to {high / 3_600_000:g} hours"
    unit = BY_NAME[name].unit if name in BY_NAME else ""
    return f"{low:g} to {high:g} {unit}".strip()
