"""What the study's tables say, in Markdown: every sentence follows from the numbers of the run."""

from collections.abc import Mapping, Sequence

import pandas as pd

from hitcast import wording
from hitcast.choices import LABELS, NAMES, SCORED
from hitcast.evaluation import comparison
from hitcast.explain import Contributions
from hitcast.features import BY_NAME
from hitcast.study import leaks
from hitcast.study.ceiling import AUDIO
from hitcast.study.imbalance import AS_FITTED, CORRECTED
from hitcast.wording import in_thousand, listed, of_100, signed

NOTICEABLE = 0.02
SAMPLE, MADE_UP = "sample", "made-up tracks"  # the latter are drawn from patterns of the former


def hit_rates(rates: pd.DataFrame, threshold: float) -> str:
    """What the threshold makes of the table, and what others would."""
    chosen = rates.set_index("threshold").loc[threshold]
    others = [
        f"at {each.threshold:g}, 1 in {1 / each.rate:,.0f}"
        for each in rates.itertuples()
        if each.threshold != threshold and 0 < each.rate <= 0.5
    ]
    return (
        f"**At {threshold:g} a hit is 1 track in {1 / chosen['rate']:,.0f}** ({chosen['hits']:,.0f} tracks by "
        f"{chosen['artists']:,.0f} artists); {listed(others)}. Whoever never calls a hit is right in "
        f"{1 - chosen['rate']:.1%} of all tracks, which is why accuracy tells nothing below."
    )


def copies(table: pd.DataFrame) -> str:
    """Whether hits are repeated more than the rest, and contradict themselves."""
    hits, rest = table.loc["hits"], table.loc["rest"]
    more = "more often than" if hits["rows_each"] > 1.1 * rest["rows_each"] else "about as often as"
    return (
        f"**A hit stands in the raw table {hits['rows_each']:.2f} times, {more} another recording "
        f"({rest['rows_each']:.2f} times).** {hits['contradicted']:,.0f} of the {hits['recordings']:,.0f} hits are there "
        "once more as a row that is no hit: the same recording, counted under another id. Rows are one recording also where "
        "a third row joins them, so that there may be a hit or two fewer than in the cleaned table."
    )


def leak(measured: pd.DataFrame) -> str:
    """How much of each model's score is memory of recordings and artists."""
    auc = measured.pivot(index="model", columns="protocol", values="roc_auc")
    forest = auc.loc[leaks.GROWN_OUT]
    gap = forest[leaks.AT_RANDOM] - forest[leaks.BY_ARTIST]
    share = gap / (forest[leaks.AT_RANDOM] - 0.5)
    first = (
        f"**{100 * share:.0f} % of what the grown-out forest seems to know is memory:** its ROC AUC is "
        f"{forest[leaks.AT_RANDOM]:.3f} with the rows split at random and {forest[leaks.BY_ARTIST]:.3f} on the same rows "
        "with each artist on one side"
        if gap > NOTICEABLE
        else f"**Copies hardly flatter the grown-out forest here:** {forest[leaks.AT_RANDOM]:.3f} at random, "
        f"{forest[leaks.BY_ARTIST]:.3f} by artist"
    )
    best = {way: auc[way].idxmax() for way in (leaks.AT_RANDOM, leaks.HONEST)}
    flips = (
        f"At random {leaks.SPOKEN[best[leaks.AT_RANDOM]]} looks best; tested as here, {leaks.SPOKEN[best[leaks.HONEST]]} is."
        if len(set(best.values())) > 1
        else f"Either way {leaks.SPOKEN[best[leaks.HONEST]]} is best."
    )
    others = [
        f"{leaks.SPOKEN[name]} {auc.loc[name, leaks.AT_RANDOM]:.3f} and {auc.loc[name, leaks.BY_ARTIST]:.3f}"
        for name in auc.index
        if name != leaks.GROWN_OUT
    ]
    return (
        f"{first}; {listed(others)}. {flips} With SMOTE before the split the forest reaches {forest[leaks.SMOTE_FIRST]:.3f}, on "
        f"the very recordings where it has {forest[leaks.HONEST]:.3f}: made-up hits lie between real ones of both sides."
    )


def contrasts(table: pd.DataFrame) -> str:
    """Which features hits have more and less of, and which tell nothing by themselves."""
    more, less, unclear = (
        table[table["low"] > 0.5],
        table[table["high"] < 0.5],
        table[(table["low"] <= 0.5) & (table["high"] >= 0.5)],
    )
    strongest = table.iloc[0]
    parts = [
        f"**Hits have more {_features(more['feature'])}**"
        if len(more)
        else "**No feature is shown to be higher in hits**",
        f"less {_features(less['feature'])}" if len(less) else "none is shown to be lower",
    ]
    alone = max(strongest["auc"], 1 - strongest["auc"])
    return (
        f"{' and '.join(parts)}. Not told apart: {_features(unclear['feature']) or 'none'}. The strongest by itself, "
        f"{BY_NAME[strongest['feature']].label.lower()}, puts {of_100(alone)} of 100 pairs in the right order; a coin does 50."
    )


def imbalance(scores: Mapping[tuple[str, str], pd.DataFrame], seed: int = 0) -> str:
    """What balancing the classes does to ranking and to the chances."""
    plain = scores["none", CORRECTED]
    base_rate = plain["hit"].mean()
    lines = []
    for treatment, label in (("smote", "SMOTE"), ("class_weight", "Class weights")):
        after, raw = scores[treatment, CORRECTED], scores[treatment, AS_FITTED]
        apart = {name: comparison.difference(plain, after[name], plain[name], seed=seed) for name in NAMES}
        verdicts = [f"{LABELS[name]} {_change(each)}" for name, each in apart.items()]
        said = [
            f"{LABELS[name]} {_count(raw[name].mean())} and {_count(after[name].mean())}" for name in NAMES
        ]
        lines.append(
            f"**{label}: {_gain(apart.values())}.** Change of ROC AUC in 100ths: {listed(verdicts)}. Mean chance in 1,000 before and "
            f"after correction, where {_count(base_rate)} are hits: {listed(said)}; {_brought_back(after, base_rate)}"
        )
    return "\n\n".join(lines)


def _brought_back(after: pd.DataFrame, base_rate: float) -> str:
    off = [LABELS[name] for name in NAMES if not 0.8 <= after[name].mean() / base_rate <= 1.25]
    if not off:
        return "the correction brings them back."
    return f"the correction does not bring back {listed(off)}, so their chances mislead even then."


def _gain(apart: Sequence[comparison.Interval]) -> str:
    better, worse = sum(each.low > 0 for each in apart), sum(each.high < 0 for each in apart)
    if better and worse:
        return "a gain for some models, a loss for others"
    if better:
        return f"a gain for {better} of {len(apart)} models"
    return (
        f"a loss for {worse} of {len(apart)} models, a gain for none"
        if worse
        else "no gain that these tracks can show"
    )


def _change(apart: comparison.Interval) -> str:
    return f"{signed(100 * apart.value)} ({signed(100 * apart.low)} to {signed(100 * apart.high)})"


def _count(probability: float) -> str:
    return in_thousand(probability).removesuffix(" in 1,000")


def importances(table: pd.DataFrame) -> str:
    """What the ways to measure importance agree on and where they part."""
    places = table.rank(ascending=False, method="min")
    first = places.columns[places.eq(1).any()]
    top = places.mean(axis=1).sort_values().index[:3]
    alike = table["rf: impurity"].corr(table["rf: permutation"], method="spearman")
    apart = (places["rf: permutation"] - places["rf: impurity"]).sort_values(ascending=False)
    flattered, gap = apart.index[0], apart.iloc[0]
    widest = (places.max(axis=1) - places.min(axis=1)).idxmax()
    agree = (
        "all ways put the same feature first"
        if places.eq(1).all(axis=1).any()
        else "the ways differ on the first"
    )
    return (
        f"**Strongest over all ways: {_features(top)}**; {agree} ({_firsts(places, first)}). Within the forest, impurity and "
        f"permutation on artists not seen rank alike to {alike:.2f} (Spearman; 1 is the same order); impurity flatters "
        f"{BY_NAME[flattered].label.lower()} most, by {gap:.0f} places. The widest disagreement is on {BY_NAME[widest].label.lower()}: "
        f"place {places.loc[widest].min():.0f} to {places.loc[widest].max():.0f}."
    )


def _firsts(places: pd.DataFrame, ways: Sequence[str]) -> str:
    winners = places[list(ways)].idxmin().map(lambda name: BY_NAME[name].label.lower())
    return listed(
        [f"{name} in {count} of {len(places.columns)}" for name, count in winners.value_counts().items()]
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
    change = auc["later"] - auc["random"]
    worse = "costs" if change.mean() < -0.005 else "brings" if change.mean() > 0.005 else "hardly changes"
    each = [
        f"{LABELS[name]} {auc.loc[name, 'random']:.3f} to {auc.loc[name, 'later']:.3f}" for name in SCORED
    ]
    return (
        f"**Foretelling later tracks {worse} {abs(100 * change.mean()):.1f} hundredths of ROC AUC** beside a random split of the same "
        f"size: {listed(each)}. Of the tracks since {late['since']}, {in_thousand(late['base_rate'])} are hits, of the earlier "
        f"{in_thousand(late['base_rate_seen'])}; the blend says {in_thousand(late['mean_probability'])} on average, "
        f"{wording.times(late['mean_probability'] / late['base_rate'])} times what comes true."
    )


def transfer(table: pd.DataFrame) -> str:
    """Whether ranking and chances survive another catalogue."""
    blend = table[table["model"] == "blend"].set_index(["trained_on", "tested_on"])
    lines = []
    for (source, target), away in blend.iterrows():
        if source == target:
            continue
        if pd.isna(away["roc_auc"]):
            lines.append(
                f"**{source} → {target}: too few hits** by artists not seen ({away['hits']:,.0f}) to say anything."
            )
            continue
        home = blend.loc[(target, target)]
        kept = (away["roc_auc"] - 0.5) / (home["roc_auc"] - 0.5)
        figures = (
            f"ROC AUC {away['roc_auc']:.3f} beside {home['roc_auc']:.3f} for models of {target} itself; the mean chance is "
            f"{in_thousand(away['mean_probability'])} where {in_thousand(away['base_rate'])} are hits "
            f"({away['tracks']:,.0f} tracks, {away['hits']:,.0f} hits)."
        )
        if {source, target} == {MADE_UP, SAMPLE}:
            lines.append(
                f"{source} → {target} says nothing of travel, as the one was made from the other: {figures}"
            )
            continue
        ratio = away["mean_probability"] / away["base_rate"]
        ranks = "travels" if kept >= 0.7 else "travels in part" if kept >= 0.3 else "does not travel"
        means = "travel" if 0.8 <= ratio <= 1.25 else "do not travel"
        lines.append(f"**{source} → {target}: ranking {ranks}, chances {means}.** {figures}")
    return "\n\n".join(lines)


def ceiling(scores: pd.DataFrame, figures: pd.DataFrame, seed: int = 0) -> str:
    """What genre and artist would add to the audio."""
    auc = figures.set_index("row")["value"]
    gains = {
        name: comparison.difference(scores, scores[name], scores[AUDIO], seed=seed)
        for name in auc.index
        if name != AUDIO
    }
    said = [f"{name[0].lower()}{name[1:]} {auc[name]:.3f} ({_change(gain)})" for name, gain in gains.items()]
    top = auc.idxmax()
    part = (auc[AUDIO] - 0.5) / (auc[top] - 0.5)
    return (
        f"**Audio alone has {100 * part:.0f} % of the lead over a coin that {top[0].lower()}{top[1:]} has** (ROC AUC {auc[AUDIO]:.3f} against "
        f"{auc[top]:.3f}). In brackets the change in 100ths beside audio: {listed(said)}. Here an artist may stand on both sides of the "
        "split, as a history needs, so that these figures lie above those of the models that the dashboard uses."
    )


def claims(
    table: pd.DataFrame,
    scores: Mapping[tuple[str, str], pd.DataFrame],
    seed: int = 0,
) -> str:
    """What became of findings that studies with leaks have reported."""
    plain = scores["none", CORRECTED]
    places = table.rank(ascending=False, method="min")
    third = len(table) / 3
    lines = []
    for name in ("acousticness", "instrumentalness"):
        if name in table.index:
            lost = table.loc[name, [f"{model}: permutation" for model in NAMES]]
            strong = (places.loc[name, lost.index] <= third).sum()
            lines.append(
                f"- *{BY_NAME[name].label} matters*: {_held(strong == len(NAMES), strong > 0)}. Among the strongest third on artists "
                f"not seen for {strong} of {len(NAMES)} models; without it they lose {listed([f'{100 * each:.1f}' for each in lost])} "
                "hundredths of ROC AUC."
            )
    apart = {
        name: comparison.difference(plain, plain[name], plain["logreg"], seed=seed) for name in ("rf", "xgb")
    }
    lines.append(
        f"- *Ensembles beat linear models*: {_held(all(a.low > 0 for a in apart.values()), any(a.low > 0 for a in apart.values()))}. ROC AUC beside "
        f"the logistic regression, in 100ths: {listed([f'{LABELS[name]} {_change(each)}' for name, each in apart.items()])}."
    )
    after = scores["smote", CORRECTED]
    apart = {name: comparison.difference(plain, after[name], plain[name], seed=seed) for name in NAMES}
    lines.append(
        f"- *SMOTE helps*: {_held(all(a.low > 0 for a in apart.values()), any(a.low > 0 for a in apart.values()))}. {_gain(list(apart.values())).capitalize()}."
    )
    return "\n".join(lines)


def _held(fully: bool, partly: bool) -> str:
    return "**holds**" if fully else "**holds in part**" if partly else "**does not hold**"


def _features(names: Sequence[str]) -> str:
    return listed([BY_NAME[name].label.lower() for name in names])
