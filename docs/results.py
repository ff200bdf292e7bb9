"""Write the results of the models that are there: three measures into README.md, all into docs/results.md."""

import re
from collections.abc import Iterable
from pathlib import Path

from hitcast import measures, uses
from hitcast.bundle.card import Card, read_card

DOCS = Path(__file__).parent
README = DOCS.parent / "README.md"
SHORT = ("roc_auc", "brier_skill", "lift_top_5pct")
BETWEEN = re.compile(r"(<!-- results.*?-->\n).*?(<!-- end of results -->)", re.DOTALL)


def page(card: Card) -> str:
    """docs/results.md: every measure of every model."""
    meanings = [f"- *{each.label}*: {each.help}" for each in measures.MEASURES.values()]
    return (
        "# How good the models are\n\n"
        f"{card['rows']:,} recordings, {card['hits']:,} of them hits (popularity {card['threshold']:g} or more), tested on artists "
        "that the models had not seen; in brackets 95 % intervals over resamples of artists. `make results` writes this page.\n\n"
        f"## What they are good for\n\n{_table((label for label, _ in uses.COLUMNS.values()), uses.uses(card))}\n\n"
        f"## The figures\n\n{measures.markdown(card['metrics'], measures.MEASURES)}\n\n"
        + "\n".join(meanings)
        + "\n\n"
        "## What genre and release year add\n\n"
        "The blend hears the sound alone; the chance beside it takes in what else is known. On the same tracks of the first round. "
        "Much of what a genre adds is how the table was put together: within a genre it is worth what the last column says.\n\n"
        f"{in_context(card)}\n"
    )


def in_context(card: Card) -> str:
    """What a chance with genre or year is worth beside the sound's, as a Markdown table."""
    header = ["Chance", *(measures.MEASURES[key].label for key in measures.MAIN)]
    rows = [
        [name, *(measures.MEASURES[key].text(each[part].get(key)) for key in measures.MAIN)]
        for level, each in card["context"]["worth"].items()
        for name, part in (
            (f"{level.capitalize()}, {each['tracks']:,} tracks", "measures"),
            ("The blend on the same", "sound"),
        )
    ]
    return _table(header, rows)


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first, *others = ("| " + " | ".join(row) + " |" for row in (header, *rows))
    return "\n".join([first, "|---" * (first.count("|") - 1) + "|", *others])


def main() -> None:
    """Write both."""
    card = read_card(DOCS.parent / "models")
    table = measures.markdown(card["metrics"], SHORT) + "\n"
    README.write_text(
        BETWEEN.sub(lambda found: found[1] + table + found[2], README.read_text("utf-8")), "utf-8"
    )
    (DOCS / "results.md").write_text(page(card), "utf-8")


if __name__ == "__main__":
    main()
