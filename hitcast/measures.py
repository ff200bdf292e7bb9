"""Every measure of how good a model is, by its name in the card: what it is called and how it is written."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hitcast.choices import ALL_LABELS


class Measure(NamedTuple):
    """What a measure is called, how its number is written, and what it says."""

    label: str
    form: str
    help: str

    def text(self, measured: Mapping[str, float | None] | None) -> str:
        """A figure of the card with its interval: `0.674 (0.615 to 0.724)`; `unknown` where there is none."""
        if measured is None or measured["value"] is None:
            return "unknown"
        return with_interval(measured, self.form)


MEASURES = {
    "roc_auc": Measure(
        "ROC AUC", "{:.3f}", "Of all pairs of a hit and another track, how many it puts in the right order."
    ),
    "average_precision": Measure(
        "Average precision", "{:.3f}", "How clean its list of hits is, from the top to the end."
    ),
    "brier_skill": Measure(
        "Brier skill",
        "{:+.1%}",
        "The share of the base-rate guesser's squared error that it saves. Below 0 it does harm.",
    ),
    "log_loss": Measure("Log loss", "{:.3f}", "Punishes certainty that turns out wrong. Lower is better."),
    "ece": Measure(
        "Calibration error",
        "{:.2%}",
        "How far what it says lies from what came true, on average, without what mere scatter adds.",
    ),
    "lift_top_5pct": Measure(
        "Lift, top 5 %",
        "{:.1f} ×",
        "How much more common hits are in the twentieth that it scores highest than among all tracks.",
    ),
    "within_genre_auc": Measure("AUC within a genre", "{:.3f}", "ROC AUC among tracks of the same genre."),
}
# In the card, but shown nowhere by themselves.
OTHERS = ("brier", "precision_top_1pct", "lift_top_1pct", "precision_top_5pct")
MAIN = ("roc_auc", "average_precision", "brier_skill", "lift_top_5pct", "within_genre_auc")


def with_interval(measured: Mapping[str, float | None], form: str = "{:.3f}") -> str:
    """A figure and the ends of its interval, written alike; alone where they say nothing."""
    value, low, high = (form.format(measured[key]).replace("-", "−") for key in ("value", "low", "high"))
    return value if low == value == high else f"{value} ({low} to {high})"


def results(metrics: Mapping[str, Mapping], keys: Iterable[str] = MAIN) -> dict[str, dict[str, str]]:
    """Some measures of every model as text, by the labels of model and measure."""
    return {
        label: {MEASURES[key].label: MEASURES[key].text(metrics[name].get(key)) for key in keys}
        for name, label in ALL_LABELS.items()
    }


def markdown(metrics: Mapping[str, Mapping], keys: Iterable[str] = MAIN) -> str:
    """The same as a Markdown table."""
    rows = [["Model", *(MEASURES[key].label for key in keys)]]
    rows += [[label, *cells.values()] for label, cells in results(metrics, keys).items()]
    first, *others = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([first, "|---" * len(rows[0]) + "|", *others])
