"""The dashboard's only caches: the bundle, by the fingerprint of its files, and sums over whole tables."""

import gc
import os
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from hitcast import build, charts, explain, profiles, scoring, shortlist, thresholds, tracks
from hitcast.bundle import disk
from hitcast.bundle.card import CARD, NEXT
from hitcast.bundle.contents import Bundle
from hitcast.choices import DATA_DIR, MODELS_DIR
from hitcast.errors import BundleError
from hitcast.evaluation import comparison
from hitcast.features import FULL
from hitcast.shortlist import Expected

BESIDE = Path(__file__).parents[1]
EVERYONE = "All tracks"
TOP100 = "Top-100"
THRESHOLD = "hit_threshold"  # in the session: the popularity of a hit
LINKED_THRESHOLD = "hit"  # in a link: the same


def data_dir() -> Path:
    """The folder of the tracks table."""
    return _folder("HITCAST_DATA_DIR", DATA_DIR)


def models_dir() -> Path:
    """The folder of the three models and their card."""
    return _folder("HITCAST_MODELS_DIR", MODELS_DIR)


def _folder(variable: str, name: Path) -> Path:
    """What the environment names, else the folder of this name where the app was started; beside app.py where only there is a bundle."""
    is_beside = _has_bundle(BESIDE / MODELS_DIR) and not _has_bundle(MODELS_DIR)
    return Path(os.environ.get(variable) or (BESIDE / name if is_beside else name))


def _has_bundle(folder: Path) -> bool:
    return any((folder / name).exists() for name in (CARD, NEXT))


def bundle() -> Bundle:
    """The bundle for the threshold that the user has chosen. Raises BundleError."""
    default = default_bundle()
    chosen = st.session_state.get(THRESHOLD, default.card["threshold"])
    if chosen == default.card["threshold"]:
        return default
    folder = thresholds.folder(models_dir(), chosen)
    return _load(str(folder), str(folder), disk.fingerprint(folder))


def is_current(shown: Bundle) -> bool:
    """Whether this is what `bundle` gives now."""
    try:
        return bundle() is shown
    except BundleError:
        return False


def default_bundle() -> Bundle:
    """The bundle on disk, read again when its files change, or what `retrain` made of it. Raises BundleError."""
    _leave_out_of_collections_hourly()
    fingerprint = disk.fingerprint(models_dir())
    return _retrained().get(fingerprint) or _load(str(models_dir()), str(data_dir()), fingerprint)


def retrain(reason: str) -> None:
    """Train the models again for `default_bundle` to return, in memory, until other files come."""
    fingerprint = disk.fingerprint(models_dir())
    _retrained()[fingerprint] = build.retrain(models_dir(), data_dir(), reason)


@st.cache_resource(show_spinner=False)
def _retrained() -> dict[str, Bundle]:
    return {}


@st.cache_resource(max_entries=4, show_spinner="Loading the models")
def _load(models_dir: str, data_dir: str, fingerprint: str) -> Bundle:
    bundle = disk.load(Path(models_dir), Path(data_dir))
    _leave_out_of_collections()
    return bundle


def _leave_out_of_collections() -> None:
    """Freeze what is there now: a collection of it takes three times as long as a run of the page.

    Streamlit has one after each run where our settings are not read. What was frozen before and is not used any more
    is collected first.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _identity(bundle: Bundle) -> str:
    card = bundle.card
    return str([card.get(name) for name in ("created", "threshold", "data_sha256", "files", "retrained")])


cache = st.cache_data(hash_funcs={Bundle: _identity}, max_entries=400, show_spinner=False)


def thresholds_kept(default: Bundle) -> list[float]:
    """The thresholds whose models are there already."""
    folders = {str(folder): disk.fingerprint(folder) for folder in thresholds.folders(models_dir())}
    return _thresholds_of(default, folders)


@cache
def _thresholds_of(default: Bundle, folders: dict[str, str]) -> list[float]:
    return thresholds.kept(models_dir(), default.card)


@st.cache_resource(ttl=3600, show_spinner=False)
def _leave_out_of_collections_hourly() -> None:
    """What sessions that have ended since left behind was frozen too."""
    _leave_out_of_collections()


@cache
def median(bundle: Bundle) -> pd.Series:
    """The median of each feature, the most common of each choice: what stands in where a value is missing."""
    return profiles.typical(bundle.tracks, bundle.features)


@cache
def well_known(bundle: Bundle) -> pd.Series:
    """A well-known track to open the page with."""
    return scoring.well_known(bundle)


@cache
def names(bundle: Bundle, count: int) -> pd.Series:
    """What the most popular tracks are called, by their place in the table."""
    found = bundle.tracks.sort_values("popularity", ascending=False, kind="stable").head(count)
    title = found["title"] if "title" in found else pd.Series("Untitled", found.index)
    names = title.fillna("Untitled") + ", by " + found["artist"]
    # A box tells its lines apart by their words alone.
    return names.where(
        ~names.duplicated(), names + " (" + names.groupby(names).cumcount().add(1).astype(str) + ")"
    )


@cache
def top100_chances(bundle: Bundle) -> pd.Series:
    """The quartiles of the chances that the Top-100 themselves get."""
    return scoring.top100_chances(bundle)


@cache
def expected_hits(
    bundle: Bundle, chances: np.ndarray, in_context: np.ndarray, tracks: int, base_rate: float | None
) -> Expected:
    """How many of the likeliest tracks of a catalogue will be hits."""
    return shortlist.expected_hits(bundle, chances, tracks, base_rate, in_context=in_context)


@cache
def average(bundle: Bundle, group: str) -> pd.Series:
    """The average features of all tracks, the Top-100 or a genre."""
    return profiles.average(_members(bundle, group), bundle.features)


@cache
def usual_of_hits(bundle: Bundle) -> dict[str, tuple[float, float]]:
    """Between what the middle half of the hits lies, feature by feature."""
    hits = bundle.tracks[tracks.label(bundle.tracks, bundle.card["threshold"])]
    spread = profiles.profile(hits, bundle.features)
    return {
        name: (float(spread.loc[name, "q25"]), float(spread.loc[name, "q75"])) for name in bundle.features
    }


@cache
def groups(bundle: Bundle) -> list[str]:
    """What a track can be compared with: the Top-100 and each genre, if the tracks have one."""
    genres = bundle.tracks["genre"].value_counts() if "genre" in bundle.tracks else pd.Series(dtype=int)
    return [TOP100, *genres[genres >= 30].index]


@cache
def profile(bundle: Bundle, group: str) -> pd.DataFrame:
    """The spread of each feature among all tracks, the Top-100 or a genre."""
    return profiles.profile(_members(bundle, group), bundle.features)


def _members(bundle: Bundle, group: str) -> pd.DataFrame:
    if group == EVERYONE:
        return bundle.tracks
    if group == TOP100:
        return profiles.top100(bundle.tracks)
    return bundle.tracks[bundle.tracks["genre"] == group]


@cache
def curve_ranges(bundle: Bundle) -> dict:
    """What the response curves of each feature run over."""
    return explain.curve_ranges(bundle.tracks, bundle.features)


@cache
def contributions(unit: str) -> dict:
    """The chart of what raised and what lowered a chance, without a track."""
    return charts.specification(charts.contributions(unit))


@cache
def waterfall() -> dict:
    """The chart of the steps to a chance, without any."""
    return charts.specification(charts.waterfall())


@cache
def compared(group: str) -> dict:
    """The chart of one track beside a group and all tracks, without any."""
    return charts.specification(charts.compared(group))


@cache
def response_curve(bundle: Bundle, feature: str) -> dict:
    """The chart of how the chance moves with a feature, without a track."""
    return charts.specification(charts.response_curve(feature, bundle.tracks[feature].dropna().unique()))


@cache
def popularity(bundle: Bundle) -> dict:
    """The chart of how many tracks have which popularity."""
    return charts.specification(charts.popularity(bundle.tracks["popularity"], bundle.card["threshold"]))


@cache
def distribution(bundle: Bundle, feature: str) -> dict:
    """The chart of a feature among hits and the rest."""
    hit = tracks.label(bundle.tracks, bundle.card["threshold"])
    binned = charts.binned(bundle.tracks[feature], hit, feature)
    return charts.specification(charts.distribution(binned, feature))


@cache
def correlations(bundle: Bundle) -> dict:
    """The chart of Spearman's rank correlations of the features and the popularity."""
    names = [name for name in FULL if name in bundle.tracks]
    matrix = bundle.tracks[["popularity", *names]].corr(method="spearman")
    return charts.specification(charts.correlations(matrix))


@st.cache_resource(hash_funcs={Bundle: _identity}, max_entries=2, show_spinner="Preparing the explanation")
def forest_explainer(bundle: Bundle) -> object:
    """SHAP's explainer of the forest, which takes longer to make than to ask."""
    explainer = explain.forest_explainer(bundle.models["rf"])
    _leave_out_of_collections()
    return explainer


@cache
def curves(bundle: Bundle, models: list[str]) -> dict[str, dict]:
    """The charts of the ROC, precision-recall and reliability curves of these models."""
    found = comparison.curves(bundle.out_of_fold, models)
    drawn = {
        "roc": charts.roc(found["roc"]),
        "precision_recall": charts.precision_recall(found["precision_recall"], bundle.card["base_rate"]),
        "reliability": charts.reliability(found["reliability"]),
    }
    return {name: charts.specification(chart) for name, chart in drawn.items()}


@cache
def importance(values: dict[str, float], model: str, title: str) -> dict:
    """The chart of how much each feature matters to a model."""
    return charts.specification(charts.importance(pd.Series(values), model, title))


@cache
def shap_summary(bundle: Bundle, name: str) -> dict:
    """The chart of how each feature moves the answers of one model."""
    values = bundle.shap_values[[f"{name}/{feature}" for feature in bundle.features]]
    points = charts.swarm(values.set_axis(bundle.features, axis=1), bundle.tracks)
    return charts.specification(charts.shap_summary(points, bundle.card["shap"][name]["unit"]))
