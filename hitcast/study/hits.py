"""What a hit is at each threshold, and how hits differ from the rest."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from hitcast import evaluation, tracks
from hitcast.evaluation import metrics

THRESHOLDS = (20, 30, 40, 50, 60, 70, 80, 90)


def hit_rates(table: pd.DataFrame, thresholds: Iterable[float] = THRESHOLDS) -> pd.DataFrame:
    """What each threshold makes a hit: `threshold`, `hits`, `rate`, `artists` that have one."""
    found = [(threshold, tracks.label(table, threshold)) for threshold in thresholds]
    return pd.DataFrame(
        {
            "threshold": threshold,
            "hits": int(hit.sum()),
            "rate": hit.mean(),
            "artists": table.loc[hit, "artist"].nunique(),
        }
        for threshold, hit in found
    )


def contrasts(
    table: pd.DataFrame, hit: pd.Series, names: Sequence[str], seed: int = 0, resamples: int = 200
) -> pd.DataFrame:
    """How hits differ from the rest, one row a feature, the strongest first.

    `hits` and `rest` are means, `apart` their difference in standard deviations of all tracks; `auc`
    is the chance that a hit has more of the feature than another track (0.5: no difference), with its
    95 % interval `low` and `high` over resamples of artists.
    """
    scale, known = table[list(names)].std(), table[list(names)].fillna(table[list(names)].median())
    weights = list(evaluation.artist_resamples(table["artist"], seed, resamples))
    rows = []
    for name in names:
        value = known[name].to_numpy(float)
        auc, *resampled = np.concatenate(
            [metrics.roc_auc(hit.to_numpy(bool), value, each) for each in weights]
        )
        low, high = np.nanpercentile(resampled, [2.5, 97.5])
        rows.append({"feature": name, "auc": auc, "low": low, "high": high})
    hits, rest = table.loc[hit, list(names)].mean(), table.loc[~hit, list(names)].mean()
    return (
        pd.DataFrame(rows)
        .assign(
            hits=lambda d: d["feature"].map(hits),
            rest=lambda d: d["feature"].map(rest),
            apart=lambda d: d["feature"].map((hits - rest) / scale.replace(0, np.nan)),
        )
        .sort_values("auc", key=lambda auc: -(auc - 0.5).abs(), ignore_index=True)
    )
