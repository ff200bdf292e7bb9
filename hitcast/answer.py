"""What is said of one track: the frames that page and report show alike."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from hitcast import explain, profiles
from hitcast.bundle.contents import Bundle
from hitcast.choices import BLEND, NAMES
from hitcast.explain import Contributions
from hitcast.features import BY_NAME, CORE
from hitcast.profiles import Neighbours


def chances(score: pd.Series) -> dict[str, float]:
    """What each model and the blend say, by name, 0 to 1."""
    return {name: float(score[f"p_{name}"]) for name in (*NAMES, BLEND)}


def explained(bundle: Bundle, frame: pd.DataFrame, name: str = BLEND, explainer: Any = None) -> Contributions:
    """What raised and lowered each row's chance, according to a model or to the blend.

    `explainer` is what `explain.forest_explainer` returned for the forest, which saves making it again.
    """
    parts = {
        each: explain.contributions(bundle.models[each], frame, explainer if each == "rf" else None)
        for each in (NAMES if name == BLEND else (name,))
    }
    return explain.blend_contributions(parts) if name == BLEND else parts[name]


def benchmark(bundle: Bundle, row: pd.Series, averages: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Each known feature of a track as text beside the averages of groups, and what share of the tracks it is above."""
    features = {name: BY_NAME[name] for name in row.index}

    def above(name: str) -> str:
        if features[name].choices:
            return ""
        return f"{profiles.percentile(bundle.values_in_order[name], row[name]):.0f} % of tracks"

    return pd.DataFrame(
        {
            "Feature": [feature.label for feature in features.values()],
            "This track": [feature.text(row[name]) for name, feature in features.items()],
            **{
                f"{group} average": [feature.text(values[name]) for name, feature in features.items()]
                for group, values in averages.items()
            },
            "Above": [above(name) for name in features],
        }
    )


def similar(among: Neighbours, row: pd.Series, n: int = 5) -> pd.DataFrame:
    """The tracks that sound most alike, nearest first, the track itself left out, and how far `apart` they are.

    Apart is the root mean square of how far their known measured values lie from the track's, in standard deviations.
    """
    near = among.nearest(row, n + 1)
    # Where less is known of a track, those that share it are others.
    is_itself = (near["distance"] == 0) & row[list(CORE)].notna().all()
    known = row[profiles.continuous(row.index)].notna().sum()
    return near[~is_itself].head(n).assign(apart=lambda d: d["distance"] / max(known, 1) ** 0.5)
