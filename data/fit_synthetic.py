"""Measure on the shipped sample the numbers that synthetic tracks are drawn from.

python data/fit_synthetic.py
"""

import json

from hitcast import tracks
from hitcast.sources import sample, synthetic


def main() -> None:
    """Write hitcast/sources/synthetic.json."""
    table, _ = tracks.conform(sample.load().rows)
    text = json.dumps(synthetic.fit(table), separators=(",", ":"))
    synthetic.NUMBERS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
