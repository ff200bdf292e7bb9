"""What the study's tables say: a sentence under each, which follows from the numbers of the run."""

from collections.abc import Mapping, Sequence

import pandas as pd

from hitcast.choices import LABELS, NAMES
from hitcast.evaluation import comparison
from hitcast.evaluation.comparison import Interval
from hitcast.explain import Contributions
from hitcast.features import BY_NAME
from hitcast.study import leaks
from hitcast.study.ceiling import AUDIO
from hitcast.study.imbalance import CORRECTED
from hitcast.wording import in_thousand, listed, of_100, signed, times

NOTICEABLE = 0.02
SAMPLE, MADE_UP = "sample", "made-up tracks"  # the latter are drawn from patterns of the former
TREATMENTS = {"smote": "SMOTE", "class_weight": "Class weights"}


def hit_rates(rates: pd.DataFrame, threshold: float) -> str:
    """What the threshold makes of the table."""
    rate = rates.set_index("threshold").loc[threshold, "rate"]
    return (
        f"**At {threshold:g} a hit is 1 track in {1 / rate:,.0f}**, so whoever never calls a hit is right in "
        f"{1 - rate:.1%} of all tracks: accuracy says nothing below."
    )


def copies(table: pd.DataFrame) -> str:
    """Whether hits are repeated more than the rest, and contradict themselves."""
    hits, rest = table.loc["hits"], table.loc["rest"]
    return (
        f"**A hit stands in the raw table {hits['rows_each']:.2f} times, another recording {rest['rows_each']:.2f} "
        f"times**; {hits['contradicted']:,.0f} of the {hits['recordings']:,.0f} hits are there once more as a row that "
        "is no hit: the same recording under another id."
    )


def leak(measured: pd.DataFrame) -> str:
    """How much of the grown-out forest's score is memory of recordings and artists."""
    auc = measured.pivot(index="protocol", columns="model", values="roc_auc")
    at_random, by_artist = auc.loc[[leaks.AT_RANDOM, leaks.BY_ARTIST], leaks.GROWN_OUT]
    gap = at_random - by_artist
    if gap <= NOTICEABLE:
        return f"**Copies hardly flatter the grown-out forest here:** {at_random:.3f} at random, {by_artist:.3f} by artist."
    best = {way: leaks.SPOKEN[auc.loc[way].idxmax()] for way in (leaks.AT_RANDOM, leaks.HONEST)}
    return (
        f"**{100 * gap / (at_random - 0.5):.0f} % of what the grown-out forest seems to know is memory:** its ROC AUC is "
        f"{at_random:.3f} with the rows split at random and {by_artist:.3f} on the same rows with each artist on one side. "
        f"At random {best[leaks.AT_RANDOM]} looks best; tested honestly, {best[leaks.HONEST]} is."
    )


def contrasts(table: pd.DataFrame) -> str:
    """Which features hits have more and less of, and which say nothing by themselves."""
    more, less = table["low"] > 0.5, table["high"] < 0.5
    groups = {"more": more, "less": less, "No clear difference": ~(more | less)}
    said = {name: _features(table.loc[rows, "feature"]) for name, rows in groups.items()}
    has_more = (
        f"Hits have more {said['more']}" if said["more"] else "No feature is shown to be higher in hits"
    )
    has_less = (
        f"{'less' if said['more'] else 'hits have less'} {said['less']}"
        if said["less"]
        else "none is shown to be lower"
    )
    strongest = table.iloc[0]
    return (
        f"**{has_more} and {has_less}.** No clear difference: {said['No clear difference'] or 'none'}. The "
        f"strongest, {BY_NAME[strongest['feature']].label.lower()}, puts "
        f"{of_100(max(strongest['auc'], 1 - strongest['auc']))} of 100 pairs in the right order; a coin does 50."
    )


def imbalance(changes: pd.DataFrame) -> str:
    """What balancing the classes does to ranking and to the chances; `imbalance.changes`."""
    return "\n\n".join(
        f"**{TREATMENTS[treatment]}: {_gain([_interval(row) for _, row in rows.iterrows()])}**; "
        f"{_brought_back(rows)}"
        for treatment, rows in changes.groupby("treatment", sort=False)
    )


def _brought_back(rows: pd.DataFrame) -> str:
    ratio = rows["corrected"] / rows["base_rate"]
    off = [LABELS[name] for name in rows.loc[~ratio.between(0.8, 1.25), "model"]]
    if not off:
        return "the correction brings the inflated chances back to the base rate."
    return f"the correction does not bring back {listed(off)}, so their chances mislead even then."


def _gain(apart: Sequence[Interval]) -> str:
    better, worse = sum(each.low > 0 for each in apart), sum(each.high < 0 for each in apart)
    if better and worse:
        return "a gain for some models, a loss for others"
    if better or worse:
        return f"a {'gain' if better else 'loss'} for {better or worse} of {len(apart)} models"
    return "no gain that these tracks can show"


def importances(table: pd.DataFrame) -> str:
    """What the ways to measure importance agree on and where they part."""
    places = table.rank(ascending=False, method="min")
    top = places.mean(axis=1).sort_values().index[:3]
    apart = (places["rf: permutation"] - places["rf: impurity"]).sort_values(ascending=False)
    return (
        f"**Strongest over all ways: {_features(top)}.** Impurity flatters {BY_NAME[apart.index[0]].label.lower()} most: "
        f"{apart.iloc[0]:.0f} places above what the forest loses without it on artists not seen."
    )


def directions(explained: Contributions, tracks: pd.DataFrame, model: str, count: int = 4) -> str:
    """Which way the strongest features move a model's answers."""
    strongest = explained.values.abs().mean().sort_values(ascending=False).index[:count]
    said = []
    for name in strongest:
        slope = explained.values[name].corr(tracks[name], method="spearman")
        way = "raises" if slope > 0.5 else "lowers" if slope < -0.5 else "now raises, now lowers"
        said.append(f"more {BY_NAME[name].label.lower()} {way} it")
    return f"**{LABELS[model]}'s chance:** {listed(said)}."


def later(table: pd.DataFrame) -> str:
    """What testing on later tracks costs."""
    if table.empty:
        return (
            "**No time split:** the tracks have no release dates, or too few hits on one side of the split."
        )
    auc = table.pivot(index="model", columns="split", values="roc_auc")
    late = table[table["split"] == "later"].set_index("model").loc["blend"]
    change = 100 * (auc["later"] - auc["random"]).mean()
    effect = "costs" if change < -0.5 else "brings" if change > 0.5 else "hardly changes"
    return (
        f"**Predicting later tracks {effect} {abs(change):.1f} hundredths of ROC AUC** beside a random split of the same "
        f"size. Of the tracks since {late['since']} the blend says {in_thousand(late['mean_probability'])} on average, "
        f"{times(late['mean_probability'] / late['base_rate'])} times what comes true."
    )


def transfer(table: pd.DataFrame) -> str:
    """Whether ranking and chances survive another catalogue."""
    blend = table[table["model"] == "blend"].set_index(["trained_on", "tested_on"])
    return "  \n".join(
        f"**{source} → {target}: {_travels(source, target, away, blend.loc[(target, target)])}**"
        for (source, target), away in blend.iterrows()
        if source != target
    )


def _travels(source: str, target: str, away: pd.Series, home: pd.Series) -> str:
    if pd.isna(away["roc_auc"]):
        return f"too few hits by artists not seen ({away['hits']:,.0f}) to say anything."
    if {source, target} == {MADE_UP, SAMPLE}:
        return "says nothing of travel, as the one was made from the other."
    kept = (away["roc_auc"] - 0.5) / (home["roc_auc"] - 0.5)
    ranking = "travels" if kept >= 0.7 else "travels in part" if kept >= 0.3 else "does not travel"
    chances = "travel" if 0.8 <= away["mean_probability"] / away["base_rate"] <= 1.25 else "do not travel"
    return f"ranking {ranking}, chances {chances}."


def labelled(table: pd.DataFrame) -> str:
    """What a few labelled tracks bring back of the chances on another catalogue."""
    said = []
    for (source, target), rows in table.groupby(["trained_on", "tested_on"], sort=False):
        as_is, *moved = rows.itertuples()
        errors = ", ".join(f"{each.tracks:,} labelled tracks {1000 * each.error:.1f}" for each in moved)
        skills = f"{signed(100 * as_is.brier_skill)} to {signed(100 * moved[-1].brier_skill)} %"
        said.append(
            f"**{source} → {target}:** the mean chance is off by {1000 * as_is.error:.1f} in 1,000, once moved by {errors}; "
            f"Brier skill goes from {skills}."
        )
    return "  \n".join(said)


def ceiling(figures: pd.DataFrame) -> str:
    """What genre and artist would add to the audio."""
    auc = figures.set_index("row")["value"]
    top = auc.idxmax()
    return (
        f"**Audio alone has {100 * (auc[AUDIO] - 0.5) / (auc[top] - 0.5):.0f} % of the lead over a coin that "
        f"{top[0].lower()}{top[1:]} has.** Here an artist may stand on both sides of the split, as a history needs, so "
        "these figures lie above those of the models that the dashboard uses."
    )


def claims(
    table: pd.DataFrame, scores: Mapping[tuple[str, str], pd.DataFrame], seed: int = 0
) -> pd.DataFrame:
    """What became of findings that studies with leaks have reported: `claim`, `here`, `for how many`."""
    plain, after = scores["none", CORRECTED], scores["smote", CORRECTED]
    places = table.rank(ascending=False, method="min")
    strong = {
        f"{BY_NAME[name].label} is among the strongest third on artists not seen": [
            places.loc[name, f"{model}: permutation"] <= len(table) / 3 for model in NAMES
        ]
        for name in ("acousticness", "instrumentalness")
        if name in table.index
    }
    better = {
        "Ensembles beat linear models": [(plain[name], plain["logreg"]) for name in ("rf", "xgb")],
        "SMOTE helps": [(after[name], plain[name]) for name in NAMES],
    }
    held = strong | {
        claim: [comparison.difference(plain, *pair, seed=seed).low > 0 for pair in pairs]
        for claim, pairs in better.items()
    }
    return pd.DataFrame(
        {
            "claim": claim,
            "here": "holds" if all(each) else "holds in part" if any(each) else "does not hold",
            "for how many": f"{sum(each)} of {len(each)} models",
        }
        for claim, each in held.items()
    )


def _interval(row: pd.Series) -> Interval:
    return Interval(*row[list(Interval._fields)])


def _features(names: Sequence[str]) -> str:
    return listed([BY_NAME[name].label.lower() for name in names])
