"""Which model to trust for what, in sentences made of a bundle's own figures."""

from collections.abc import Mapping
from typing import Any

from hitcast import wording
from hitcast.choices import ALL_LABELS as LABELS
from hitcast.choices import BLEND, CONSTANT
from hitcast.evaluation.comparison import best_by, interval
from hitcast.wording import listed, of_100, signed

_Behind = Mapping[str, Mapping[str, float]]


def confusion_in_words(counts: Mapping[str, float]) -> str:
    """What calling hits from a threshold up means: of 100 called, how many are; of 100 hits, how many found."""
    called, hits = counts["tp"] + counts["fp"], counts["tp"] + counts["fn"]
    tracks = called + counts["fn"] + counts["tn"]
    if not called:
        return f"It calls none of the {tracks:,} tracks a hit, so it finds none of the {hits:,} hits."
    blind = hits / tracks
    return (
        f"It calls {called:,} of {tracks:,} tracks hits. Of 100 songs it calls hits, "
        f"{of_100(counts['precision'])} are; of 100 taken blindly, {of_100(blind)} would be. "
        f"Of 100 hits it finds {of_100(counts['recall'])} and misses the rest."
    )


def coverage_in_words(checked: Mapping[str, Any]) -> str:
    """How often a model's intervals held the hit rate of artists held out, from its part of the card's `intervals`."""
    held, count, promised = checked["covered"], checked["groups"], 100 * checked["confidence"]
    return (
        f"The intervals held the share of hits in {held} of {count} groups of tracks by artists held out "
        f"({100 * held / count:.0f} %; {promised:.0f} % is promised for many tracks, and a group of few hits misses a "
        "little more often)."
    )


def verdict(summary: Mapping[str, dict], behind: _Behind, rounds: int) -> list[str]:
    """Which model to trust for what, in Markdown sentences, the conclusion first.

    Parameters
    ----------
    summary, behind
        The card's `metrics` and `behind`; the latter as `comparison.behind` gives it.
    rounds
        How many times the folds were dealt.
    """
    best = best_by(summary, "roc_auc")
    chosen = BLEND if best == BLEND or not behind[BLEND]["low"] > 0 else best
    return [
        f"{_conclusion(summary, best, chosen, behind)} {_rounds(rounds)}",
        _ranking(summary, best, behind),
        _chances(summary, chosen),
        _shortlist(summary),
        *_within_genre(summary, best),
    ]


def context_in_words(of_level: Mapping[str, Any]) -> str:
    """What a chance that takes in more than the sound is worth beside the sound's, from a level of the card's `context`."""
    measures = of_level["measures"], of_level["sound"]
    pairs = "{:.0f} of 100 pairs right, the sound {:.0f}".format(
        *(100 * each["roc_auc"]["value"] for each in measures)
    )
    inside = [each.get("within_genre_auc", {}).get("value") for each in measures]
    within = (
        ""
        if None in inside
        else "; within one genre {:.0f} and {:.0f}".format(*(100 * each for each in inside))
    )
    return f"It ranks {pairs}{within}."


def _rounds(rounds: int) -> str:
    return f"Measured in {rounds} round{'s' * (rounds != 1)} of testing on artists not seen."


def _conclusion(summary: Mapping[str, dict], best: str, chosen: str, behind: _Behind) -> str:
    if interval(summary, best, "roc_auc").low <= 0.5:
        return "**No model is shown to rank these tracks better than chance.** Trust none of them."
    sure = interval(summary, chosen, "brier_skill").low > 0
    trust = "Its chances beat the base rate too." if sure else "Take its chances as rough: see below."
    if chosen != BLEND:
        reason = "it ranks better than the blend"
    elif best == BLEND and all(each["low"] > 0 for each in behind.values()):
        reason = "it ranks better than each of them"
    else:
        reason = "no model is shown to be better"
    return f"**Use {named(chosen)} to rank tracks:** {reason}. {trust}"


def _ranking(summary: Mapping[str, dict], best: str, behind: _Behind) -> str:
    auc = interval(summary, best, "roc_auc")
    clear = [name for name, each in behind.items() if each["low"] > 0]
    unclear = [LABELS[name] for name in behind if name not in clear]
    sentences = [
        (
            f"**Ranking.** {LABELS[best]} has the highest ROC AUC: of 100 pairs of a hit and another track it puts the "
            f"hit first in {100 * auc.value:.0f} ({100 * auc.low:.0f} to {100 * auc.high:.0f}); a coin does in 50."
        )
    ]
    if clear:
        named = [f"{LABELS[name]} (by {100 * behind[name]['value']:.1f} pairs)" for name in clear]
        sentences.append(f"Behind it beyond chance: {listed(named)}.")
    if unclear:
        sentences.append(f"Not shown to differ from it: {listed(unclear)}.")
    return " ".join(sentences)


def _chances(summary: Mapping[str, dict], chosen: str) -> str:
    skill, apart = interval(summary, chosen, "brier_skill"), interval(summary, chosen, "ece")
    proven = (
        "so the chance itself says something"
        if skill.low > 0
        else "which may as well be luck"
        if skill.high > 0
        else "so it does harm"
    )
    return (
        f"**The chance itself.** {named(chosen)[0].upper()}{named(chosen)[1:]} has {wording.squared_error(skill.value)} "
        f"than always saying the base rate (it saves {signed(100 * skill.low)} to {signed(100 * skill.high)} %), {proven}. "
        f"What it says and what came true lie {100 * apart.value:.1f} percentage points apart on average "
        f"({100 * apart.low:.1f} to {100 * apart.high:.1f})."
    )


def _shortlist(summary: Mapping[str, dict]) -> str:
    best = best_by(summary, "lift_top_5pct")
    lift = interval(summary, best, "lift_top_5pct")
    share, blind = (summary[name]["precision_top_5pct"]["value"] for name in (best, CONSTANT))
    return (
        f"**A shortlist.** Among the twentieth of the tracks that {named(best)} scores highest, hits are "
        f"{wording.times(lift.value)} times as common as among all ({wording.times(lift.low)} to "
        f"{wording.times(lift.high)}): {of_100(share)} in 100 instead of {of_100(blind)}."
    )


def _within_genre(summary: Mapping[str, dict], best: str) -> list[str]:
    if "within_genre_auc" not in summary[best] or summary[best]["within_genre_auc"]["value"] is None:
        return []
    inside, overall = interval(summary, best, "within_genre_auc"), summary[best]["roc_auc"]["value"]
    lost = min((overall - inside.value) / (overall - 0.5), 1) if overall > 0.5 else 0
    part = f"; {100 * lost:.0f} % of the lead over a coin lies in telling genres apart" if lost > 0.05 else ""
    return [
        (
            f"**Within one genre** {named(best)} puts the hit first in {100 * inside.value:.0f} of 100 pairs "
            f"({100 * inside.low:.0f} to {100 * inside.high:.0f}){part}."
        )
    ]


def named(model: str) -> str:
    """The model inside a sentence: `the blend of the three`, `XGBoost`."""
    label = LABELS[model]
    return label if model == "xgb" else f"the {label[0].lower()}{label[1:]}"
