"""Calls the handlers as Snowflake does and pickles the answers. Arguments: rows (pickle), answers (pickle)."""

import sys
from decimal import Decimal

import pandas as pd

sys.path.insert(0, sys._xoptions["snowflake_import_directory"])

import hitcast_udf

assert "hitcast" not in sys.modules


def as_decimal(cell: float) -> Decimal | None:
    return None if pd.isna(cell) else Decimal(repr(cell))


known = pd.read_pickle(sys.argv[1])
known.columns = range(known.shape[1])
rows = known.iloc[:, :-2]
batches = [pd.concat([rows] * 3)[start : start + 4000] for start in range(0, 3 * len(rows), 4000)]
answers = {}
for name in ("logreg", "rf", "xgb"):
    score = getattr(hitcast_udf, f"score_{name}")
    answers[name] = {
        "floats": score(rows),
        "decimals": score(rows.map(as_decimal).astype(object)),
        "empty": score(rows[:0]),
        "batches": pd.concat([score(batch) for batch in batches]),
        "one row": [score(*row) for row in rows[:3].itertuples(index=False)],
    }
answers["context"] = {
    "together": hitcast_udf.score_context(known),
    "empty": hitcast_udf.score_context(known[:0]),
    "one row": [hitcast_udf.score_context(*row) for row in known[:3].itertuples(index=False)],
}
pd.to_pickle(answers, sys.argv[2])
