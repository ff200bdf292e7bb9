"""What the charts of one track show, as rows: what changes with the track, where their templates do not."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from hitcast.charts import style
from hitcast.charts.style import SMALLEST, Rows
from hitcast.choices import BLEND, LABELS, NAMES
from hitcast.features import BY_NAME
from hitcast.story import Step
from hitcast.wording import in_thousand, times


def _in_thousand(probability: float) -> float:
    return max(probability, SMALLEST) * 1000


def contributions(shares: pd.Series, row: pd.Series, unit: str) -> Rows:
    """What raised and what lowered one prediction.

    Parameters
    ----------
    shares
        The signed contribution of each feature, in `unit`.
    row
        The track's own values, written beside the names.
    unit
        "log-odds" or "probability"; probabilities come out in 1,000ths.
    """
    sizes = {name: float(share) * (1000 if unit == "probability" else 1) for name, share in shares.items()}
    reach = max([*map(abs, sizes.values()), 1e-9]) * 1.35
    digits = 1 if unit == "probability" else 2
    return [
        {
            "feature": style.with_value(name, row[name]),
            "share": share,
            "text": f"{share:+.{digits}f}",
            "reach": reach,
        }
        for name, share in sizes.items()
    ]


def waterfall(steps: Sequence[Step]) -> Rows:
    """The steps of a story, in 1,000; the start and the end reach from 0."""
    bars: Rows = [
        {
            "place": place,
            "text": step.text,
            "kind": "level" if step.is_level else "up" if step.times >= 1 else "down",
            "start": 0.0 if step.is_level else step.before * 1000,
            "end": step.after * 1000,
            "most": max(step.before, step.after) * 1000,
            "said": in_thousand(step.after) if step.is_level else f"× {times(step.times)}",
        }
        for place, step in enumerate(steps)
    ]
    bars[0]["reach"] = 1.15 * max(bar["most"] for bar in bars)
    return bars


def compared(row: pd.Series, everyone: pd.DataFrame, group: pd.DataFrame) -> Rows:
    """A track's features beside all tracks and beside a group, each on the scale of all tracks' 5th to 95th percentile.

    So features of different units share an axis; a value beyond stands at the edge.

    Parameters
    ----------
    row
        The track's values.
    everyone, group
        Profiles: one row a feature with `mean`, `q05`, `q25`, `q75` and `q95`.
    """
    shown = [name for name in everyone.index if name in row.index and len(BY_NAME[name].choices) <= 2]
    profiles = [profile.to_dict("index") for profile in (everyone, group)]
    return [
        {"place": place} | _strip(name, row[name], *(profile[name] for profile in profiles))
        for place, name in enumerate(shown)
    ]


def _strip(name: str, value: float, everyone: dict[str, float], group: dict[str, float]) -> dict[str, Any]:
    low, high = everyone["q05"], everyone["q95"]
    # A feature that hardly varies (explicit: 0 for nearly all) is shown on its whole range.
    if high <= low:
        low, high = BY_NAME[name].low, BY_NAME[name].high

    def place(number: float) -> float:
        return min(max((number - low) / (high - low), -0.1), 1.1)

    text, parts = BY_NAME[name].text, ("mean", "q25", "q75")
    if BY_NAME[name].choices:
        # Quartiles of yes and no say nothing; the average is the share of yes.
        everyone, group = (dict.fromkeys((*parts, "q05", "q95"), each["mean"]) for each in (everyone, group))
    return {
        "feature": style.with_value(name, value),
        "you": place(value),
        **{f"all_{part}": place(everyone[part]) for part in parts},
        **{f"group_{part}": place(group[part]) for part in parts},
        "all_low": place(everyone["q05"]),
        "all_high": place(everyone["q95"]),
        "all_text": f"{text(everyone['q25'])} to {text(everyone['q75'])}",
        "group_text": f"{text(group['q25'])} to {text(group['q75'])}",
    }


def response_curve(curve: pd.DataFrame, feature: str, value: float, ends: tuple[float, float]) -> Rows:
    """How each model's chance would move with one feature, all else kept, and where you stand.

    Parameters
    ----------
    curve
        The feature's rows of `explain.response_curves`: `value`, and the probabilities of each model and `blend`.
    value
        Your value of the feature.
    ends
        The lowest and the highest probability of the logarithmic axis, the same for every feature of a
        group so that they can be compared.
    """
    low, high = map(_in_thousand, ends)
    you = {"kind": "you", "shown": style.shown_value(value, BY_NAME[feature])}
    return [*_points(curve, feature), you, {"kind": "axis", "chance": low / 1.2, "end": high * 1.2}]


def _points(curve: pd.DataFrame, feature: str) -> Iterator[dict[str, Any]]:
    spec = BY_NAME[feature]
    values = curve["value"].tolist()
    shown, texts = [style.shown_value(value, spec) for value in values], list(map(spec.text, values))
    for model in (*NAMES, BLEND):
        for at, probability in enumerate(curve[model].tolist()):
            yield {
                "kind": "curve",
                "shown": shown[at],
                "label": LABELS[model],
                "chance": _in_thousand(probability),
                "text": f"{texts[at]}: {in_thousand(probability)}",
            }
