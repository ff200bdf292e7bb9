"""Made-up tracks with the real ones' marginals, rank correlations and hit signal.

Within each genre, normal scores of the features follow a multivariate normal whose mean depends on
the tier of popularity: a Gaussian copula for the features and, for the hits, the profile that hits
of that genre have. The numbers in synthetic.json are measured on the shipped sample by
data/fit_synthetic.py; they are means, shares and correlations, no track of the sample is in them.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr
from scipy.stats import norm, rankdata

from hitcast import features
from hitcast.errors import SourceError
from hitcast.sources.raw import RawTracks
from hitcast.tracks import parsing

NUMBERS = Path(__file__).with_name("synthetic.json")
ROWS = 6000

PROBABILITIES = np.unique(
    np.r_[0, 0.002, 0.005, 0.01, 0.02, np.linspace(0.04, 0.96, 24).round(3), 0.98, 0.99, 0.995, 0.998, 1]
)
# Popularity 0 mostly marks a superseded release, so it is a tier of its own.
TIERS = (1, 50, 70, 80)
# A tier's profile counts as much as that of all genres when it was measured on so many tracks.
HALF_TRUSTED = 10
DECIMALS = {"popularity": 0, "duration_ms": 0, "tempo": 3, "loudness": 3}
MOST_SHIFTED = 1.2  # standard deviations; the mean of a handful of tracks is no profile


def load(rows: int = ROWS, seed: int = 0) -> RawTracks:
    """`rows` synthetic tracks; the same seed gives the same tracks."""
    try:
        numbers = json.loads(NUMBERS.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or parsing.shown(error)
        raise SourceError(
            f"The numbers behind the synthetic tracks, hitcast/sources/{NUMBERS.name}, cannot be read ({reason}): "
            "restore the file from the repository, or rebuild it with data/fit_synthetic.py."
        ) from error
    detail = (
        f"{rows:,} made-up tracks, drawn from statistics of the shipped sample. They show how HitCast works "
        "and say nothing about music."
    )
    return RawTracks(draw(numbers, rows, seed), "synthetic", detail)


def like(table: pd.DataFrame, rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Synthetic tracks that resemble those of a tracks table."""
    return draw(fit(table), rows, seed)


def fit(table: pd.DataFrame) -> dict[str, Any]:
    """The numbers that `draw` needs, measured on a tracks table; without genres it counts as one.

    They are plain lists, rounded, so that they survive JSON unchanged.
    """
    names = features.select(table.columns)
    genres = table["genre"].fillna("unknown") if "genre" in table else np.full(len(table), "unknown")
    parts = {str(genre): rows for genre, rows in table.groupby(genres)}
    latent = {genre: _latent(rows[names]) for genre, rows in parts.items()}
    tiers = {genre: _tier(rows["popularity"]) for genre, rows in parts.items()}
    common = _tier_means(pd.concat(latent.values()), np.concatenate(list(tiers.values())))[0]
    return {
        "features": names,
        "genres": {
            genre: {
                "share": round(len(rows) / len(table), 5),
                "tracks_an_artist": _counts(rows["artist"].value_counts()),
                "quantiles": {name: _quantiles(rows[name]) for name in ("popularity", *_continuous(names))},
                "choices": {name: _counts(rows[name]) for name in names if name not in _continuous(names)},
                "artist_share": [
                    _artist_share(_scores(rows[["popularity"]]), rows["artist"]),
                    _artist_share(latent[genre], rows["artist"]),
                ],
                **_profile(latent[genre], tiers[genre], common),
            }
            for genre, rows in parts.items()
        },
    }


def draw(numbers: dict[str, Any], rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Synthetic tracks, in canonical columns, from the numbers of `fit`."""
    random = np.random.default_rng(seed)
    genres = numbers["genres"]
    shares = np.array([genre["share"] for genre in genres.values()])
    counts = random.multinomial(rows, shares / shares.sum())
    parts = [
        _draw_genre(numbers["features"], genre, count, random).assign(genre=name)
        for (name, genre), count in zip(genres.items(), counts, strict=True)
    ]
    table = pd.concat(parts, ignore_index=True)
    artist = pd.factorize(table["genre"] + table["artist"].astype(str))[0] + 1
    number = pd.Series(np.arange(1, len(table) + 1).astype(str))
    return table.assign(
        track_id="synthetic_" + number.str.zfill(6),
        title="Synthetic track " + number,
        artist=[f"Synthetic artist {n}" for n in artist],
    )[["track_id", "title", "artist", "genre", "popularity", *numbers["features"]]]


def _draw_genre(
    names: list[str], genre: dict[str, Any], rows: int, random: np.random.Generator
) -> pd.DataFrame:
    sizes, weights = _values_and_shares(genre["tracks_an_artist"])
    tracks = random.choice(sizes.astype(int), size=rows, p=weights)
    artist = np.repeat(np.arange(rows), tracks)[:rows]
    of_popularity, of_features = genre["artist_share"]
    fame = _by_artist(random, artist, of_popularity, np.eye(1))[:, 0]
    # Ranks, so that a few prolific famous artists do not move the base rate from seed to seed.
    uniform = (rankdata(fame) - 0.5) / rows
    popularity = _from_quantiles("popularity", genre["quantiles"]["popularity"], uniform)
    root = np.linalg.cholesky(np.array(genre["covariance"]))
    latent = np.array(genre["shifts"])[_tier(popularity)] + _by_artist(random, artist, of_features, root)
    drawn = {
        name: _from_quantiles(name, genre["quantiles"][name], u)
        if name in genre["quantiles"]
        else _from_choices(genre["choices"][name], u)
        for name, u in zip(names, ndtr(latent).T, strict=True)
    }
    return pd.DataFrame({"artist": artist, "popularity": popularity, **drawn})


def _by_artist(random: np.random.Generator, artist: np.ndarray, share: float, root: np.ndarray) -> np.ndarray:
    """Normal rows with covariance `root @ root.T`, of which tracks of one artist share a part."""
    shape = (len(artist), len(root))
    own, theirs = random.standard_normal(shape), random.standard_normal(shape)[artist]
    return (np.sqrt(1 - share) * own + np.sqrt(share) * theirs) @ root.T


def _from_quantiles(name: str, quantiles: list[float], uniform: np.ndarray) -> np.ndarray:
    return np.interp(uniform, PROBABILITIES, quantiles).round(DECIMALS.get(name, 6))


def _from_choices(counts: dict[str, int], uniform: np.ndarray) -> np.ndarray:
    values, shares = _values_and_shares(counts)
    return values[np.searchsorted(shares.cumsum()[:-1], uniform, side="right")]


def _values_and_shares(counts: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    amounts = np.array(list(counts.values()), dtype=float)
    return np.array(list(counts), dtype=float), amounts / amounts.sum()


def _continuous(names: list[str]) -> list[str]:
    return [name for name in names if features.BY_NAME[name].kind != "choice"]


def _counts(values: pd.Series) -> dict[str, int]:
    return {f"{value:g}": int(count) for value, count in values.value_counts().sort_index().items()}


def _quantiles(values: pd.Series) -> list[float]:
    decimals = DECIMALS.get(str(values.name), 6)
    return np.quantile(values, PROBABILITIES).round(decimals).tolist()


def _tier(popularity: pd.Series | np.ndarray) -> np.ndarray:
    return np.searchsorted(TIERS, popularity, side="right")


def _scores(table: pd.DataFrame) -> pd.DataFrame:
    """Normal scores: what a standard normal is on average between the ranks that a value spans."""
    low = (table.apply(rankdata, method="min") - 1) / len(table)
    high = table.apply(rankdata, method="max") / len(table)
    return (norm.pdf(norm.ppf(low)) - norm.pdf(norm.ppf(high))) / (high - low)


def _latent(table: pd.DataFrame) -> pd.DataFrame:
    """Normal scores over their variance.

    Cutting a normal into few values weakens its correlations by the variance that the scores keep,
    so dividing by it gives those of the uncut normal (a polyserial correlation).
    """
    scores = _scores(table)
    variance = scores.var(ddof=0)
    return scores / variance.where(variance > 1e-6, 1)


def _tier_means(latent: pd.DataFrame, tier: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of each tier and how many rows it has; 0 for a tier without any."""
    every = range(len(TIERS) + 1)
    means = latent.groupby(tier).mean().reindex(every).fillna(0).to_numpy()
    return means, np.bincount(tier, minlength=len(every))


def _profile(latent: pd.DataFrame, tier: np.ndarray, common: np.ndarray) -> dict[str, list[list[float]]]:
    """How far each tier's tracks lie from the genre's mean, and the covariance around that."""
    own, count = _tier_means(latent, tier)
    trust = (count / (count + HALF_TRUSTED))[:, None]
    shifts = trust * own + (1 - trust) * common
    weights = count / count.sum()
    shifts = (shifts - weights @ shifts).clip(-MOST_SHIFTED, MOST_SHIFTED)
    correlation = latent.to_numpy().T @ latent.to_numpy() / len(latent)
    np.fill_diagonal(correlation, 1)
    covariance = _positive(correlation.clip(-0.97, 0.97) - (shifts.T * weights) @ shifts)
    return {"shifts": shifts.round(3).tolist(), "covariance": covariance.round(3).tolist()}


def _positive(covariance: np.ndarray) -> np.ndarray:
    """The matrix with its eigenvalues raised to where rounding cannot make one negative."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * values.clip(0.02)) @ vectors.T


def _artist_share(latent: pd.DataFrame, artist: pd.Series) -> float:
    """The part of the variance that lies between artists, averaged over columns: the intraclass
    correlation of a one-way analysis of variance with groups of unequal size."""
    groups = latent.groupby(artist.to_numpy())
    size = groups.size()
    if not 1 < len(size) < len(latent):
        return 0.0
    typical = (len(latent) - (size**2).sum() / len(latent)) / (len(size) - 1)
    means = groups.mean() - latent.mean()
    between = (means**2).mul(size, axis=0).sum() / (len(size) - 1)
    within = (latent - groups.transform("mean")).pow(2).sum() / (len(latent) - len(size))
    share = (between - within) / (between + (typical - 1) * within)
    return round(float(share.clip(0, 0.95).fillna(0).mean()), 3)
