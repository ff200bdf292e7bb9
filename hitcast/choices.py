"""What is chosen by name, and the defaults; nothing here takes time to import."""

from pathlib import Path
from typing import Literal, get_args

NAMES = ("logreg", "rf", "xgb")
BLEND = "blend"
CONSTANT = "constant"
SCORED = (*NAMES, BLEND)
LABELS = {
    "logreg": "Logistic regression",
    "rf": "Random forest",
    "xgb": "XGBoost",
    BLEND: "Blend of the three",
}
ALL_LABELS = LABELS | {CONSTANT: "Always the base rate"}

# What may be known of a track beside its sound, by the name of the chance that takes it in; of several that can, the last.
LEVELS = {
    "with year": ("year",),
    "with genre": ("genre",),
    "with genre and year": ("genre", "year"),
}
COLUMN_OF = {"genre": "genre", "year": "release_date"}  # in the tracks table

Imbalance = Literal["none", "class_weight", "smote"]
IMBALANCES = get_args(Imbalance)
Columns = Literal["all", "core-output"]

HIT_THRESHOLD = 80
MOST_SEED = 2**31 - 1  # some generators take no more
STANDARD = "-"  # standard input or output, where a file is named

MODELS_DIR = Path("models")
DATA_DIR = Path("data")
