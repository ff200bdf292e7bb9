"""One track on one printable page: a file of its own that asks for nothing from anywhere."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

import pandas as pd

from hitcast import explain, profiles, scoring, wording
from hitcast.bundle.contents import Bundle
from hitcast.charts import COLOURS
from hitcast.choices import BLEND, LABELS, NAMES
from hitcast.features import BY_NAME

REASONS = 6
SIMILAR = 5

_STYLE = """
:root { color-scheme: light; }
body { font: 14px/1.45 system-ui, sans-serif; color: #1b1b1f; max-width: 48rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 1.3rem 0 .3rem; }
p { margin: .3rem 0; }
.chance { font-size: 2.2rem; font-weight: 700; margin: .4rem 0 0; }
.small { color: #55555c; font-size: .85rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .15rem .5rem .15rem 0; border-bottom: 1px solid #e3e3e8; overflow-wrap: anywhere; }
th { font-weight: 600; }
td.number, th.number { text-align: right; white-space: nowrap; }
td.bar { width: 40%; }
svg { display: block; width: 100%; height: 14px; }
@media (max-width: 34rem) { td.bar { width: 20%; } td.number, th.number { white-space: normal; } }
@media print {
  @page { margin: 10mm 12mm; }
  body { margin: 0; padding: 0; max-width: none; font-size: 8.2pt; line-height: 1.18; }
  h2 { margin: .5rem 0 .05rem; break-after: avoid; }
  .chance { font-size: 1.7rem; }
  td, th { padding-top: .04rem; padding-bottom: .04rem; }
  svg { height: 9px; print-color-adjust: exact; }
  tr { break-inside: avoid; }
}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def of_track(
    bundle: Bundle,
    row: pd.Series,
    score: pd.Series,
    name: str,
    strange: str = "",
    note: str = "",
    explainer: Any = None,
) -> str:
    """A whole HTML document on one track: its chance in context, reasons, benchmark, neighbours, limits.

    Parameters
    ----------
    row
        The values of the bundle's features, NaN for what nobody knows.
    score
        What `scoring.score` says of it.
    name
        What the track is called; like all text, shown as it is and never read as markup.
    strange
        What `profiles.unlike` says of it.
    note
        What `wording.basis` says of where the chance comes from.
    explainer
        What `explain.forest_explainer` returned for the forest, which saves making it again.
    """
    sections = [
        _head(bundle, score, name, strange, note),
        _models(bundle, score),
        _reasons(bundle, row, explainer),
        _benchmark(bundle, row.dropna()),
        _similar(bundle, row),
        _limits(bundle),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)}: chance of a hit</title><style>{_STYLE}</style></head>\n"
        f"<body>\n{chr(10).join(sections)}\n</body></html>\n"
    )


def _head(bundle: Bundle, score: pd.Series, name: str, strange: str, note: str) -> str:
    low, high = (float(end[0]) for end in scoring.hit_rate_range(bundle, [score["p_blend"]]))
    title = (
        f"<h1>{escape(name)}</h1>"
        f"<p class=small>Chance of a hit, a popularity of {bundle.card['threshold']:g} or more out of 100, "
        "from the sound alone</p>"
    )
    chance = wording.in_thousand(score["p_blend"])
    if strange:
        return (
            f"{title}<p class=chance>Unlike anything the models have seen</p>"
            f"<p>{escape(strange)} They answer {escape(chance)}, which says little here.</p>"
        )
    return (
        f"{title}<p class=chance>{escape(chance)}</p>"
        f"<p><b>{escape(wording.times_average(score['lift']))}</b> · "
        f"<b>{escape(wording.above(score['percentile']))}</b></p>"
        f"<p class=small>Of tracks with such a chance, {escape(wording.between(low, high))} are hits, "
        f"at 95 % confidence. The average of all tracks: {escape(wording.in_thousand(bundle.card['base_rate']))}. "
        f"{escape(wording.of_top100(*scoring.top100_chances(bundle)))} {escape(note)}</p>"
    )


def _models(bundle: Bundle, score: pd.Series) -> str:
    chances = {name: float(score[f"p_{name}"]) for name in (*NAMES, BLEND)}
    longest = max(*chances.values(), bundle.card["base_rate"]) * 1.05
    rows = [
        (LABELS[name], wording.in_thousand(chance), _Bar(0, chance / longest, COLOURS[name]))
        for name, chance in chances.items()
    ]
    rows.append(
        (
            "The average of all tracks",
            wording.in_thousand(bundle.card["base_rate"]),
            _Bar(0, bundle.card["base_rate"] / longest, COLOURS["all"]),
        )
    )
    agreement = wording.agreement(chances[name] for name in NAMES)
    return f"<h2>What each model says</h2>{_table(('Model', 'Chance', ''), rows)}<p class=small>{escape(agreement)}</p>"


def _reasons(bundle: Bundle, row: pd.Series, explainer: Any) -> str:
    frame = row.to_frame().T
    parts = {
        name: explain.contributions(bundle.models[name], frame, explainer if name == "rf" else None)
        for name in NAMES
    }
    shares = explain.blend_contributions(parts).values.iloc[0][row.notna()]
    shares = shares.reindex(shares.abs().sort_values(ascending=False).index)[:REASONS]
    reach = max(float(shares.abs().max()), 1e-9)
    rows = [
        (
            f"{BY_NAME[name].label}, {BY_NAME[name].text(row[name])}",
            f"{share:+.2f}".replace("-", "−"),
            _Bar(
                0.5 + min(share, 0) / reach / 2,
                abs(share) / reach / 2,
                COLOURS["hits" if share >= 0 else "rest"],
            ),
        )
        for name, share in shares.items()
    ]
    note = "Log-odds of the blend: +0.7 doubles the odds of a hit, −0.7 halves them. To the right: raises the chance."
    gaps = escape(wording.not_given([BY_NAME[name].label for name in row.index[row.isna()]]))
    table = _table(("Feature", "Share", ""), rows)
    return f"<h2>What moved the chance most</h2>{table}<p class=small>{note} {gaps}</p>"


def _benchmark(bundle: Bundle, row: pd.Series) -> str:
    names = list(row.index)
    top = profiles.average(profiles.top100(bundle.tracks), names)
    everyone = profiles.average(bundle.tracks, names)
    rows = [
        (
            BY_NAME[name].label,
            BY_NAME[name].text(row[name]),
            BY_NAME[name].text(top[name]),
            BY_NAME[name].text(everyone[name]),
            ""
            if BY_NAME[name].choices
            else f"{float(profiles.percentile(bundle.tracks[name], row[name])):.0f} % of tracks",
        )
        for name in names
    ]
    header = ("Feature", "This track", "Top-100 average", "All tracks' average", "Above")
    return f"<h2>Beside the 100 most popular tracks</h2>{_table(header, rows)}"


def _similar(bundle: Bundle, row: pd.Series) -> str:
    near = profiles.similar(bundle.tracks, row, bundle.features, n=SIMILAR + 1)
    near = near[near["distance"] > 0].head(SIMILAR)  # the track itself may be among them
    rows = [
        (
            str(track.get("title", "Untitled")),
            str(track.get("artist", "")),
            f"{track['popularity']:.0f}",
            _Bar(0, track["popularity"] / 100, COLOURS["all"]),
        )
        for _, track in near.iterrows()
    ]
    header = ("Track", "Artist", "Popularity", "")
    return f"<h2>Real tracks that sound most alike</h2>{_table(header, rows)}"


def _limits(bundle: Bundle) -> str:
    card = bundle.card
    auc = card["metrics"][BLEND]["roc_auc"]
    sentences = [
        (
            "The models read audio features alone. They know nothing of the artist, the label, the playlists or "
            "the marketing, and what goes with hits need not cause them."
        ),
        (
            f"On artists it had not seen, the blend ranks a hit above another track in {100 * auc['value']:.0f} % "
            f"of pairs ({100 * auc['low']:.0f} to {100 * auc['high']:.0f} %); a coin reaches 50 %."
        ),
        f"Trained on {card['rows']:,} tracks, {card['hits']:,} of them hits: {card['source']['detail']}",
    ]
    made = f"Made by HitCast on {datetime.now(UTC):%Y-%m-%d}, models of {card['created'][:10]}."
    return (
        "<h2>What this does not say</h2>"
        + "".join(f"<p>{escape(text)}</p>" for text in sentences)
        + (f"<p class=small>{escape(made)}</p>")
    )


@dataclass(frozen=True)
class _Bar:
    """A bar in a table's cell: where it starts and how long it is, as shares of the cell's width."""

    start: float
    length: float
    colour: str

    def __str__(self) -> str:
        return (
            '<svg aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none">'
            f'<rect x="{100 * self.start:.2f}" y="1" width="{max(100 * self.length, 0.4):.2f}" height="8" '
            f'fill="{self.colour}"/></svg>'
        )


def _table(header: Sequence[str], rows: Iterable[Sequence[str | _Bar]]) -> str:
    """Rows of text, which is escaped, and of bars; all but the first column to the right where short."""
    head = "".join(f"<th{_kind(at, name)}>{escape(name)}</th>" for at, name in enumerate(header))
    body = "".join(
        "<tr>"
        + "".join(
            f"<td class=bar>{cell}</td>"
            if isinstance(cell, _Bar)
            else f"<td{_kind(at, header[at])}>{escape(cell)}</td>"
            for at, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _kind(at: int, name: str) -> str:
    return " class=number" if at and name != "Artist" else ""
