"""The known spellings of a tracks table's headers: which raw column is which.

Spotify exports, Kaggle files and API answers name the same things differently. Headers are compared
with case, spaces, punctuation and prefixes such as `track_` set aside.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from hitcast.errors import MissingColumn, TableError
from hitcast.features import FEATURES, FULL
from hitcast.tracks import parsing

TEXT = ("track_id", "title", "artist", "artists", "album", "genre", "release_date", "isrc")
TEXT_COLUMNS = (*TEXT, "popularity_source", "features_source")
CANONICAL = (*TEXT, "popularity", "popularity_source", "features_source", *FULL)

# In milliseconds, by their names.
LENGTH_UNITS = {
    **dict.fromkeys(("ms", "msec", "milliseconds"), 1.0),
    **dict.fromkeys(("s", "sec", "secs", "seconds"), 1000.0),
    **dict.fromkeys(("min", "mins", "minutes"), 60_000.0),
}
_LENGTHS = {
    f"{length}{unit}": factor
    for unit, factor in LENGTH_UNITS.items()
    for length in ("duration", "length", "durationin", "lengthin")
}
_MINUTES_AND_SECONDS = ("mmss", "mss", "minsec")

# In each row the first spelling found wins.
_SPELLINGS = {
    "track_id": "trackid spotifyid spotifytrackid trackuri uri spotifyuri trackhref href trackurl url externalurlsspotify"
    " id",
    "title": "trackname tracktitle songname songtitle mastermetadatatrackname title track song name",
    "artist": "artist artistname performer mainartist primaryartist leadartist mastermetadataalbumartistname",
    "artists": "artists artistnames artistsname artistsnames allartists allartistnames artistlist",
    "album": "albumname albumtitle album",
    "genre": "trackgenre playlistgenre genre genres artistgenres artistgenre topgenre maingenre primarygenre musicgenre",
    "release_date": "releasedate albumreleasedate datereleased releaseyear releasedyear albumreleaseyear albumdate year",
    "isrc": "isrc externalidsisrc isrccode",
    "popularity": "trackpopularity popularity popularityscore popularitypercent",
    "popularity_source": "popularitysource",
    "features_source": "featuressource",
    "tempo": "tempo tempobpm bpm bpmspotify beatsperminute beatsperminutebpm",
    "loudness": "loudness loudnessdb loudnessdbfs",
    "key": "key keyname",
    "mode": "mode modename modemajorminor ismajor",
    "time_signature": "timesignature timesig",
    "explicit": "explicit isexplicit explicittrack explicitlyrics explicitcontent",
    "duration_ms": " ".join(
        [
            *_LENGTHS,
            *(f"{length}{form}" for form in _MINUTES_AND_SECONDS for length in ("duration", "length")),
            "lengthduration duration length",
        ]
    ),
} | {feature.name: f"{feature.name} {feature.name}percent" for feature in FEATURES if feature.kind == "share"}
_SPELLINGS["danceability"] += " danceabilty danceablity"
_SPELLINGS["valence"] += " valance positiveness positivenesspercent happiness happinesspercent"
_MEANINGS = {
    spelling: (name, rank)
    for name, spellings in _SPELLINGS.items()
    for rank, spelling in enumerate(spellings.split())
}
_PREFIX = re.compile(r"^(?:track|song|spotify|audiofeatures|audio|features|feature)+(?=.)")

_FROM_0_TO_1 = re.compile(r"[(\[]0(?:\.0)? ?(?:[-–]|to) ?1(?:\.0|1)?[)\]]")  # and the keys' 0 to 11
_IN_PERCENT = re.compile(r"%|[(\[]0 ?(?:[-–]|to) ?100[)\]]|(?<![a-z])(?:pct|percentage)\b")
_OF_SOMETHING_ELSE = ("artist", "album", "playlist")


def locate(columns: Iterable[Any]) -> dict[str, int]:
    """The position of the column that holds each canonical name, in canonical order.

    Raises
    ------
    TableError
        When two headers say the same feature or popularity equally well, or the length in minutes and in
        seconds: those may be the seconds left over.
    """
    best: dict[str, tuple[int, int, Any]] = {}
    lengths: dict[str, Any] = {}
    for position, header in enumerate(columns):
        name, rank = _meaning(str(header)[:200])
        if name is None:
            continue
        if name == "duration_ms":
            lengths[_bare(str(header)[:200])] = header
        other = best.get(name)
        if other and other[0] == rank and name not in TEXT_COLUMNS:
            two = f"{parsing.shown(other[2])!r} and {parsing.shown(header)!r}"
            raise TableError(f"Two columns read as {name}: {two}. Keep one of them.")
        if other is None or rank < other[0]:
            best[name] = (rank, position, header)
    if "duration_ms" in best:
        _require_one_length(str(best["duration_ms"][2])[:200], lengths)
    return {name: best[name][1] for name in CANONICAL if name in best}


def _require_one_length(chosen: str, lengths: Mapping[str, Any]) -> None:
    """Raise TableError where the minutes stand in one column and the seconds in another."""
    minutes, seconds = (
        {name for name in lengths if _LENGTHS.get(name) == factor} for factor in (60_000.0, 1000.0)
    )
    if minutes and seconds and _bare(chosen) in minutes | seconds:
        two = " and ".join(repr(parsing.shown(lengths[min(names)])) for names in (minutes, seconds))
        raise TableError(
            f"Two columns read as duration_ms: {two}. Keep the one that holds the whole length, or write both in one, "
            "as 3:45."
        )


def require(columns: Iterable[Any], names: Iterable[str]) -> None:
    """Raise MissingColumn when a canonical column is not among `columns`, naming the nearest headers."""
    headers = [parsing.shown(header) for header in columns]
    found = locate(headers)
    has_artist = {"artist", "artists"} & found.keys()
    lacking = [name for name in names if name not in found and not (name == "artist" and has_artist)]
    if not lacking:
        return
    taken = set(found.values())
    free = {header.lower(): header for at, header in enumerate(headers) if at not in taken}
    near = {name: _nearest(name, free) for name in lacking}
    nearest = [
        f"{' or '.join(free[match] for match in near[name])} for {name}" for name in lacking if near[name]
    ]
    if nearest:
        hint = f"Nearest found: {'; '.join(nearest)}; rename it if it is the same."
    else:
        hint = (
            f"Its columns are {', '.join(headers[:12]) or 'none'}{' and more' if len(headers) > 12 else ''}."
        )
    raise MissingColumn(f"The table has no column for {', '.join(lacking)}. {hint}")


def _nearest(name: str, headers: Iterable[str]) -> list[str]:
    possible = [header for header in headers if not plain(header).startswith(_OF_SOMETHING_ELSE)]
    return difflib.get_close_matches(name, headers if name == "artist" else possible, n=2, cutoff=0.6)


@lru_cache(maxsize=4096)
def _meaning(header: str) -> tuple[str | None, int]:
    return _MEANINGS.get(plain(header)) or _MEANINGS.get(_bare(header)) or (None, 0)


def _bare(header: str) -> str:
    return _PREFIX.sub("", plain(header))


def plain(header: Any) -> str:
    """A header without case, spaces and punctuation; a percent sign is a word, and the last one."""
    words = _FROM_0_TO_1.sub("", str(header)[:200].replace("#", "number").casefold())
    name = re.sub(r"[\W_]+", "", _IN_PERCENT.sub("percent", words))
    return f"{name.removeprefix('percent')}percent" if name.startswith("percent") else name


def length_unit(header: Any) -> float | None:
    """How many milliseconds the unit is that the header of a length names, None where it names none."""
    return _LENGTHS.get(_bare(str(header)[:200]), _LENGTHS.get(plain(header)))


def is_minutes_and_seconds(header: Any) -> bool:
    """Whether a header says that its lengths are written as `3:45`."""
    return plain(header).endswith(_MINUTES_AND_SECONDS)
