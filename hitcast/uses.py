"""What models are good for, from their card: one line a use, and what there is without them."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hitcast.choices import BLEND, CONSTANT
from hitcast.wording import in_thousand, of_100, signed, squared_error

COIN = "50 by a coin"


class Use(NamedTuple):
    """A use, how well the chances serve it on artists that the models had not seen, and what there is without them."""

    use: str
    measured: str
    without: str


COLUMNS = {
    "use": ("Use", "What somebody may want of the chances."),
    "measured": (
        "On artists not seen",
        "How well they do it, counted on tracks by artists that the models had not seen; in brackets 95 % intervals.",
    ),
    "without": (
        "Without the models",
        "How well it is done by a coin, by the share of hits among all, or by genre and year alone.",
    ),
}


def uses(card: Mapping[str, Any]) -> list[Use]:
    """What the blend, and the chances in context that are given, are good for, by the figures of a card."""
    return [*_ranking(card), *_chances(card), _shortlist(card), _elsewhere()]


def _ranking(card: Mapping[str, Any]) -> Iterator[Use]:
    metrics, context = card["metrics"], card["context"]
    yield Use("Which of two tracks is the hit, by the sound", _pairs(metrics, BLEND, "roc_auc"), COIN)
    if metrics[BLEND].get("within_genre_auc", {}).get("value") is not None:
        yield Use("The same within one genre", _pairs(metrics, BLEND, "within_genre_auc"), COIN)
    for level in context["weights"]:
        worth = context["worth"][level]
        inside = worth["measures"].get("within_genre_auc", {}).get("value")
        within = "" if inside is None else f", {100 * inside:.0f} within one genre"
        alone = f"{100 * worth['alone']['value']:.0f} by {level.removeprefix('with ')} alone"
        yield Use(f"The same {level}", _pairs(worth, "measures", "roc_auc") + within, alone)


def _pairs(summary: Mapping[str, Mapping], part: str, measure: str) -> str:
    value, low, high = _percent(summary[part][measure])
    return f"{value:.0f} of 100 pairs right ({low:.0f} to {high:.0f})"


def _percent(figure: Mapping[str, float]) -> list[float]:
    return [100 * figure[end] for end in ("value", "low", "high")]


def _chances(card: Mapping[str, Any]) -> Iterator[Use]:
    checked, for_all = card["intervals"][BLEND], f"{in_thousand(card['base_rate'])} for all"
    yield Use(
        "What share of the tracks with some chance are hits",
        f"within the interval in {checked['covered']} of {checked['groups']} groups of tracks",
        for_all,
    )
    yield Use("The chance of a single track", _saved(card["metrics"][BLEND]["brier_skill"]), for_all)


def _saved(skill: Mapping[str, float]) -> str:
    _, low, high = _percent(skill)
    ends = (low, high) if skill["value"] >= 0 else (-high, -low)
    luck = "" if low > 0 or high < 0 else ", maybe luck"
    return f"{squared_error(skill['value'])} ({' to '.join(map(signed, ends))}){luck}"


def _shortlist(card: Mapping[str, Any]) -> Use:
    share, blind = (card["metrics"][name]["precision_top_5pct"]["value"] for name in (BLEND, CONSTANT))
    return Use(
        "What to hear first, of the likeliest twentieth",
        f"{of_100(share)} of 100 are hits",
        f"{of_100(blind)} of 100",
    )


def _elsewhere() -> Use:
    return Use(
        "Tracks of another time or catalogue",
        "not known; compare with what came true",
        "",
    )
