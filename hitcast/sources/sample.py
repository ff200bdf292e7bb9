"""The 6,000 real tracks that ship with HitCast, described in data/README.md."""

from pathlib import Path

import pandas as pd

from hitcast.errors import SourceError
from hitcast.sources.raw import RawTracks
from hitcast.tracks import parsing

PATH = Path(__file__).with_name("sample_tracks.csv")
DETAIL = (
    "The sample that ships with HitCast: 6,000 rows about real tracks of six genres, from the public Spotify "
    "Tracks Dataset as it was in autumn 2022."
)


def load(path: Path = PATH) -> RawTracks:
    """The sample's rows as they came; cleaning them is `tracks.conform`'s work.

    Raises
    ------
    SourceError
        When the file is not there or is not a table.
    """
    try:
        raw = pd.read_csv(path, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or parsing.shown(error)
        raise SourceError(
            f"The shipped sample, hitcast/sources/{path.name}, cannot be read ({reason}): install HitCast again, or "
            "rebuild the file with data/make_sample.py."
        ) from error
    return RawTracks(raw, "sample", DETAIL)
