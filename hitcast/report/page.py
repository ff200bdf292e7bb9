"""One track on one printable page: a file of its own that asks for nothing from anywhere."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from hitcast import answer, profiles, scoring, wording
from hitcast.bundle.contents import Bundle
from hitcast.charts import COLOURS
from hitcast.choices import BLEND, LABELS, NAMES
from hitcast.evaluation import verdict
from hitcast.features import BY_NAME

REASONS = 6

Bar = tuple[
    float, float, str
]  # where it starts and how long it is, as shares of the cell's width, and its colour


def of_track(
    bundle: Bundle,
    row: pd.Series,
    score: pd.Series,
    name: str,
    strange: str = "",
    note: str = "",
    level: str | None = None,
    here: str = "",
    explainer: Any = None,
) -> str:
    """A whole HTML document on one track: its chance in context, reasons, benchmark, neighbours, limits.

    Parameters
    ----------
    row
        The values of the bundle's features, NaN for what is not known.
    score
        What `scoring.score` says of it.
    name
        What the track is called; like all text, shown as it is and never read as markup.
    strange
        What `profiles.unlike` says of it.
    note
        What `wording.basis` says of where the chance comes from.
    level
        Which of `choices.LEVELS` the score's chance in context is of, if it has one.
    here
        What `wording.elsewhere` says of the chance where the reader is.
    explainer
        What `explain.forest_explainer` returned for the forest, which saves making it again.
    """
    low, high = (float(end[0]) for end in scoring.hit_rate_range(bundle, [score["p_blend"]]))
    return _template().render(
        name=name,
        card=bundle.card,
        strange=strange,
        note=note,
        chance=score["p_blend"],
        lift=score["lift"],
        percentile=score["percentile"],
        hit_rate=wording.between(low, high),
        top100=wording.of_top100(*scoring.top100_chances(bundle)),
        taken=score["context"] if level else "",
        in_context=score["p_context"] if level else None,
        worth=verdict.context_in_words(bundle.card["context"]["worth"][level]) if level else "",
        here=here,
        models=list(_models(bundle, score)),
        agreement=wording.agreement(score[f"p_{name}"] for name in NAMES),
        reasons=list(_reasons(bundle, row, explainer)),
        not_given=wording.not_given([BY_NAME[name].label for name in row.index[row.isna()]]),
        benchmark=_benchmark(bundle, row.dropna()),
        similar=list(_similar(bundle, row)),
        auc=bundle.card["metrics"][BLEND]["roc_auc"],
        today=f"{datetime.now(UTC):%Y-%m-%d}",
    )


def _template() -> Template:
    templates = Environment(
        loader=PackageLoader("hitcast.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    said = {each.__name__: each for each in (wording.in_thousand, wording.times_average, wording.above)}
    templates.filters |= said
    return templates.get_template("page.html")


def _models(bundle: Bundle, score: pd.Series) -> Iterator[tuple[str, str, Bar]]:
    base_rate = bundle.card["base_rate"]
    chances = answer.chances(score) | {"all": base_rate}
    longest = max(chances.values()) * 1.05
    for name, chance in chances.items():
        label = LABELS.get(name, "The average of all tracks")
        yield label, wording.in_thousand(chance), (0, chance / longest, COLOURS[name])


def _reasons(bundle: Bundle, row: pd.Series, explainer: Any) -> Iterator[tuple[str, str, Bar]]:
    shares = answer.explained(bundle, row.to_frame().T, explainer=explainer).values.iloc[0][row.notna()]
    shares = shares.reindex(shares.abs().sort_values(ascending=False).index)[:REASONS]
    reach = 2 * max(float(shares.abs().max()), 1e-9)
    for name, share in shares.items():
        feature = f"{BY_NAME[name].label}, {BY_NAME[name].text(row[name])}"
        colour = COLOURS["hits" if share >= 0 else "rest"]
        yield feature, wording.signed(share, 2), (0.5 + min(share, 0) / reach, abs(share) / reach, colour)


def _benchmark(bundle: Bundle, row: pd.Series) -> pd.DataFrame:
    groups = {"Top-100": profiles.top100(bundle.tracks), "All tracks": bundle.tracks}
    averages = {name: profiles.average(tracks, row.index) for name, tracks in groups.items()}
    return answer.benchmark(bundle, row, averages)


def _similar(bundle: Bundle, row: pd.Series) -> Iterator[tuple[str, str, str, Bar]]:
    for _, track in answer.similar(bundle.neighbours, row).iterrows():
        popularity = track["popularity"]
        bar = 0, popularity / 100, COLOURS["all"]
        yield str(track.get("title", "Untitled")), str(track.get("artist", "")), f"{popularity:.0f}", bar
