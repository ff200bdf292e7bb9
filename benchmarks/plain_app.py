"""The app that one writes in an evening: the three models one by one, shap for one row, the same charts."""

import os
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import shap
import streamlit as st

from hitcast import charts
from hitcast.charts import rows
from hitcast.choices import LABELS
from hitcast.features import BY_NAME

folder = Path(os.environ["HITCAST_MODELS_DIR"])


@st.cache_resource
def loaded(folder: Path) -> tuple[dict, pd.DataFrame]:
    """The models and the tracks; even a plain app keeps these."""
    models = {name: joblib.load(folder / f"model_{name}.joblib") for name in ("logreg", "rf", "xgb")}
    return models, pd.read_csv(Path(os.environ["HITCAST_DATA_DIR"]) / "raw_tracks.csv")


models, tracks = loaded(folder)
features = list(models["rf"]["select"].transformers_[0][2])
values = {}
for name in features:
    feature, middle = BY_NAME[name], float(tracks[name].median())
    low, high = feature.low, feature.high
    values[name] = st.slider(feature.label, float(low), float(high), middle, key=f"predict_{name}")
row = pd.DataFrame([values])

chances = {name: model.predict_proba(row)[0, 1] for name, model in models.items()}
logits = [np.log(p / (1 - p)) for p in chances.values()]
chances["blend"] = 1 / (1 + np.exp(-np.mean(logits)))
base_rate = (tracks["popularity"] >= 80).mean()
st.bar_chart(pd.Series(chances).rename(LABELS), horizontal=True)
for name, chance in chances.items():
    st.metric(LABELS[name], f"{chance:.3f}", f"{chance / base_rate:.1f} times the average")

scaled = models["logreg"][:-1].transform(row)
shap.LinearExplainer(models["logreg"][-1], np.zeros((1, len(features)))).shap_values(scaled)
inputs = models["rf"][:-1].transform(row)
shap.TreeExplainer(models["xgb"][-1]).shap_values(inputs)
forest = shap.TreeExplainer(models["rf"][-1]).shap_values(inputs)[0, :, 1]
reasons = rows.contributions(pd.Series(forest, features), row.iloc[0], "probability")
st.altair_chart(charts.filled(charts.contributions("probability"), reasons), width="stretch")
importance = pd.Series(models["rf"][-1].feature_importances_, features).sort_values(ascending=False)
st.altair_chart(charts.importance(importance, "rf"), width="stretch")
