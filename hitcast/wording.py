"""Probabilities as a person reads them: how many in 1,000, how many times the average, above whom."""

import re
from collections.abc import Iterable, Mapping, Sequence

MARKDOWN = set("\\`*_{}[]()<>#+-.!|~$:&=@/^\"'")
BEFORE_A_LINK = re.compile(r"(?<=www)(?=\.)|(?<=:)(?=//)|(?<=@)")


def in_thousand(probability: float) -> str:
    """The probability as a count: `34 in 1,000`, with one decimal under 10."""
    count = probability * 1000
    if count < 0.1:
        return "under 0.1 in 1,000"
    return f"{count:.0f} in 1,000" if count >= 9.95 else f"{count:.1f} in 1,000"


def times_average(lift: float) -> str:
    """A lift in words: `1.2 × the average of all tracks`."""
    return f"{times(lift)} × the average of all tracks"


def alike(chance: float, base_rate: float, threshold: float) -> str:
    """What a chance means: `Of 1,000 songs that sound like this, the models expect 24 hits, a popularity of 80 or more; of 1,000 of all songs, 41 are.`"""
    count, average = (in_thousand(share).removesuffix(" in 1,000") for share in (chance, base_rate))
    return f"Of 1,000 songs that sound like this, the models expect {count} hits, a popularity of {threshold:g} or more; of 1,000 of all songs, {average} are."


def in_fact(popularity: float, threshold: float) -> str:
    """What became of a track, in Markdown, beside a chance given to it blind: `In fact: popularity 93, a hit.`"""
    verdict = "a hit" if popularity >= threshold else "not a hit"
    return f"Heard blind, by models that did not know the artist. **In fact: popularity {popularity:.0f} when it was counted, {verdict}.**"


def in_context(taken: str, chance: float, base_rate: float) -> str:
    """The chance of a track taken as what it is, in Markdown: `As pop, 2019: 61 in 1,000`, and the lift."""
    return f"As {escaped(taken)}: **{in_thousand(chance)}** · {times_average(chance / base_rate)}"


def elsewhere(base_rate: float, chance: float) -> str:
    """What a chance becomes where hits are as common as `base_rate`: `Where 1 track in 200 is a hit: 4.1 in 1,000 by its sound`."""
    return f"Where 1 track in {1 / base_rate:,.0f} is a hit: {in_thousand(chance)} by its sound"


def shortlist(tracks: int, low: int, high: int, at_random: float) -> str:
    """How many hits to expect: `Of these 25, expect 2 to 6 hits; of 25 taken at random, about 1.`"""
    expected = f"{low} to {high}" if low < high else str(low)
    hits = "hit" if low == high == 1 else "hits"
    rest = f"about {at_random:.0f}" if at_random >= 9.95 else f"{at_random:.1f}"
    return (
        f"Of the likeliest {tracks:,}, expect **{expected} {hits}**; of {tracks:,} taken at random, {rest}."
    )


def worth(level: str, gain: Mapping[str, float], is_kept: bool) -> str:
    """Whether a chance that takes in one of `choices.LEVELS` is given, and why: what its ROC AUC gains and the ends of that."""
    value, low, high = (signed(100 * gain[end]) for end in ("value", "low", "high"))
    pairs = f"{value} pairs of 100 in the right order, {low} to {high}"
    if is_kept:
        return f"{level.capitalize()} the chance ranks better than by the sound alone: {pairs}."
    if gain["low"] > 0:
        return (
            f"{level.capitalize()} the chance ranks better than by the sound alone ({pairs}), but on the same tracks a chance that "
            "takes in less ranks better or is truer, so it is not given."
        )
    return f"{level.capitalize()} the chance is not shown to rank better than by the sound alone ({pairs}), so it is not given."


def squared_error(skill: float) -> str:
    """A Brier skill in words: `1.5 % less squared error`."""
    return f"{abs(100 * skill):.1f} % {'less' if skill >= 0 else 'more'} squared error"


def times(ratio: float) -> str:
    """A ratio with two digits that mean something: `0.35`, `1.2`, `14`; `under 0.01` where it is smaller."""
    if ratio < 0.005:
        return "under 0.01"
    if ratio >= 9.95:
        return f"{ratio:.0f}"
    return f"{ratio:.1f}" if ratio >= 0.995 else f"{ratio:.2f}"


def above(percentile: float) -> str:
    """A percentile (0 to 100) in words; never claims to stand above everybody."""
    whole = min(int(percentile), 99)
    return f"above {whole} % of tracks" if whole >= 1 else "above fewer than 1 % of tracks"


def agreement(probabilities: Iterable[float]) -> str:
    """How far the models agree: the factor between the highest and the lowest, and both."""
    low, high = min(values := list(probabilities)), max(values)
    factor = high / max(low, 1e-9)
    if factor < 1.25:
        return f"The three models agree: {between(low, high)}."
    verdict = "agree roughly" if factor < 2 else "disagree"
    return f"The three models {verdict}: {between(low, high)}, a factor of {times(factor)}."


def between(low: float, high: float) -> str:
    """Two probabilities as counts: `10 to 34 in 1,000`; an end that says nothing is left out."""
    first, last = in_thousand(low), in_thousand(high)
    if high > 0.999:
        return f"at least {first}"
    if low < 1e-4 < high:
        return f"at most {last}"
    return first if first == last else f"{first.removesuffix(' in 1,000')} to {last}"


def of_top100(low: float, median: float, high: float) -> str:
    """What the Top-100 themselves get, from the quartiles of their chances."""
    return (
        f"The Top-100 themselves get {in_thousand(median)} at the median and half of them {between(low, high)}, from "
        "models that had not heard their artists."
    )


def basis(kind: str) -> str:
    """What to say of a track that the models learned from, by the `basis` of its score; empty of any other."""
    if kind == "out-of-fold":
        return (
            "The models learned from this track. Their own answer would flatter it, so this is what models say that were "
            "trained without its artist."
        )
    if kind == "changed":
        return (
            "The models learned from this track with other values. For these they answer as they are, and what "
            "they remember of it may flatter this number."
        )
    return ""


def not_given(labels: Sequence[str]) -> str:
    """What to say of features that are not known of a track; empty where there is none."""
    return f"Not known, so as in the median track and never a reason: {listed(labels)}." if labels else ""


def escaped(text: object) -> str:
    """Text from data for a place that reads Markdown: every character stands for itself.

    What Markdown would turn into a link by itself (`www.`, `://`, `@`) is broken up by a word joiner,
    which is invisible.
    """
    plain = BEFORE_A_LINK.sub("\u2060", " ".join(str(text).split()))
    return "".join(f"\\{c}" if c in MARKDOWN else c for c in plain)


def of_100(share: float) -> str:
    """A share as a count of 100: `14`, with one decimal under 10."""
    count = 100 * share
    return f"{count:.0f}" if count >= 9.95 or count == 0 else f"{count:.1f}"


def signed(number: float, digits: int = 1) -> str:
    """A difference with its sign: `+1.9`, `−0.4`."""
    return f"{number:+.{digits}f}".replace("-", "−")


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def duration(seconds: float) -> str:
    """A pause as a person says it: `40 seconds`, `5 minutes`, `24 hours`."""
    for size, unit in ((3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}s"
    return "1 second" if round(seconds) == 1 else f"{seconds:.0f} seconds"
