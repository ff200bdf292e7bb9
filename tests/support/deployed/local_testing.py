"""Scores a table through Snowpark's local testing and prints the probabilities. Argument: a stage's folder."""

import json
import sys
from pathlib import Path

import pandas as pd
from snowflake.snowpark import Session
from snowflake.snowpark.functions import call_udf, col
from snowflake.snowpark.types import FloatType, PandasDataFrameType, PandasSeriesType

stage = Path(sys.argv[1])
card = json.loads((stage / "card.json").read_text("utf-8"))
features = card["features"]
rows = pd.DataFrame(card["golden"]["rows"], columns=features, dtype=float)
rows.loc[0, "energy"] = None

session = Session.builder.config("local_testing", True).create()
catalogue = session.create_dataframe(
    [[None if pd.isna(x) else x for x in row] for row in rows.to_numpy()], schema=features
)
for name in ("logreg", "rf", "xgb"):
    session.udf.register_from_file(
        str(stage / "hitcast_udf.py"),
        f"score_{name}",
        name=f"hitcast_{name}",
        return_type=PandasSeriesType(FloatType()),
        input_types=[PandasDataFrameType([FloatType()] * len(features))],
        imports=[str(stage / "card.json"), str(stage / f"model_{name}.joblib")],
    )
    catalogue = catalogue.with_column(f"p_{name}", call_udf(f"hitcast_{name}", *map(col, features)))
catalogue.write.save_as_table("catalogue_scored", mode="overwrite")
scored = session.table("catalogue_scored").to_pandas()
sys.stdout.write(scored[["P_LOGREG", "P_RF", "P_XGB"]].to_json(orient="values", double_precision=15))
