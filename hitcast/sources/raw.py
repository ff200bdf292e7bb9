"""What every source hands over: raw rows and where they came from."""

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Pull:
    """Raw rows of one source; `detail` is a sentence for people, `counts` what a live pull reports."""

    raw: pd.DataFrame
    name: str
    detail: str
    counts: dict[str, int] = field(default_factory=dict)
