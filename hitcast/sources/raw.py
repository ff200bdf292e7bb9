"""What every source hands over: raw rows and where they came from."""

from dataclasses import dataclass, field

import pandas as pd

from hitcast.tracks.schema import Damage


@dataclass(frozen=True)
class RawTracks:
    """Raw rows of one source, and what is wrong with each as a row where a reader says so.

    `detail` is a sentence for people, `counts` what a live source reports.
    """

    rows: pd.DataFrame
    name: str
    detail: str
    counts: dict[str, int] = field(default_factory=dict)
    damage: Damage | None = None
