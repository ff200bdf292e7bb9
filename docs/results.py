"""Write the results of the models that are there: three measures into README.md, all into docs/results.md."""

import re
from pathlib import Path

from hitcast import measures
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
        f"{measures.markdown(card['metrics'], measures.MEASURES)}\n\n" + "\n".join(meanings) + "\n"
    )


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
