"""The 6,000 real tracks that ship with the project: data/sample_tracks.csv, described in data/README.md."""

from pathlib import Path

import pandas as pd

from hitcast import cells
from hitcast.errors import SourceError
from hitcast.sources.pull import Pull

PATH = Path(__file__).parents[2] / "data" / "sample_tracks.csv"
DETAIL = (
    "The sample that ships with HitCast: 6,000 rows about real tracks of six genres, from the public Spotify "
    "Tracks Dataset as it was in autumn 2022."
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
        reason = getattr(error, "strerror", None) or cells.shown(error)
        raise SourceError(
            f"The shipped sample data/{path.name} cannot be read ({reason}): restore it from the repository, or "
            "rebuild it with data/make_sample.py."
        ) from error
    return Pull(raw, "sample", DETAIL)
