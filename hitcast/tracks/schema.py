"""The known spellings of a tracks table: which raw column is which.

Spotify exports, Kaggle files and API answers name the same things differently. Headers are compared
with case, spaces, punctuation and prefixes such as `track_` set aside.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import pandas as pd

from hitcast.errors import MissingColumn, TableError
from hitcast.features import FEATURES, FULL
from hitcast.tracks import parsing

TEXT = ("track_id", "title", "artist", "artists", "album", "genre", "release_date", "isrc")
TEXT_COLUMNS = (*TEXT, "popularity_source", "features_source")
CANONICAL = (*TEXT, "popularity", "popularity_source", "features_source", *FULL)
# Readers say here why a row of a file is not what its writer meant. No file has a column of this name:
# text tables with NUL bytes are refused, and so are others with such a name.
DAMAGE = "\0row damage"

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
    "duration_ms": "durationms lengthms durationinms durationmsec durations durationsec durationseconds lengthseconds"
    " durationmin durationmins durationminutes lengthmin lengthminutes"
    " durationinseconds durationsecs lengthsec lengths durationinminutes durationmmss durationmss durationminsec"
    " lengthmmss lengthmss lengthminsec lengthduration duration length",
} | {feature.name: f"{feature.name} {feature.name}percent" for feature in FEATURES if feature.kind == "share"}
_SPELLINGS["danceability"] += " danceabilty danceablity"
_SPELLINGS["valence"] += " valance positiveness positivenesspercent happiness happinesspercent"
_MEANINGS = {
    spelling: (name, rank)
    for name, spellings in _SPELLINGS.items()
    for rank, spelling in enumerate(spellings.split())
}
_IN_MINUTES, _IN_SECONDS = (
    {f"{length}{unit}" for length in ("duration", "durationin", "length") for unit in units}
    for units in (("min", "mins", "minutes"), ("s", "sec", "secs", "seconds"))
)
_PREFIX = re.compile(r"^(?:track|song|spotify|audiofeatures|audio|features|feature)+(?=.)")

_FROM_0_TO_1 = re.compile(r"[(\[]0(?:\.0)? ?(?:[-–]|to) ?1(?:\.0|1)?[)\]]")  # and the keys' 0 to 11
_IN_PERCENT = re.compile(r"%|[(\[]0 ?(?:[-–]|to) ?100[)\]]|(?<![a-z])(?:pct|percentage)\b")
_OF_SOMETHING_ELSE = ("artist", "album", "playlist")


def recognise(columns: Iterable[Any]) -> dict[Any, str]:
    """The canonical name of every column that is recognised by its header.

    Raises
    ------
    TableError
        When two headers say the same feature or popularity equally well, or the length in minutes and in
        seconds: those may be the seconds left over.
    """
    headers = list(columns)
    return {headers[position]: name for name, position in locate(headers).items()}


def locate(columns: Iterable[Any]) -> dict[str, int]:
    """The position of the column that holds each canonical name, in canonical order; as `recognise` raises."""
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
    minutes, seconds = _IN_MINUTES & lengths.keys(), _IN_SECONDS & lengths.keys()
    if minutes and seconds and _bare(chosen) in minutes | seconds:
        two = " and ".join(repr(parsing.shown(lengths[min(names)])) for names in (minutes, seconds))
        raise TableError(
            f"Two columns read as duration_ms: {two}. Keep the one that holds the whole length, or write both in one, "
            "as 3:45."
        )


def require_names(columns: Iterable[Any], name: str) -> None:
    """Raise TableError, which calls the table `name`, where a column has a name that no column may have."""
    if any("\0" in str(header) for header in columns):
        raise TableError(f"{name} has a column whose name holds a NUL byte; give it another name.")


def require(columns: Iterable[Any], names: Iterable[str]) -> None:
    """Raise MissingColumn when a canonical column is not among `columns`, naming the nearest headers."""
    headers = [parsing.shown(header) for header in columns if header != DAMAGE]
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


def texts(raw: pd.DataFrame) -> pd.DataFrame:
    """The text columns: ids bare, dates ISO, `artist` the first of `artists` joined by `; `."""
    where = locate(raw.columns)
    found = {
        name: parsing.each(raw.iloc[:, where[name]], parsing.text) for name in TEXT_COLUMNS if name in where
    }
    readers = {"track_id": parsing.bare_id, "release_date": parsing.iso_date, "genre": parsing.first_genre}
    found |= {name: parsing.each(found[name], read) for name, read in readers.items() if name in found}
    found |= _artists(found, raw.columns)
    table = pd.DataFrame({name: found[name] for name in CANONICAL if name in found}, index=raw.index)
    return table.astype(object)


def identity(raw: pd.DataFrame) -> pd.DataFrame:
    """What says which recording a row is, as far as there is a column for it: `track_id`, `title`, `artist`."""
    where = locate(raw.columns)
    needed = [where[name] for name in ("track_id", "title", "artist", "artists") if name in where]
    found = texts(raw.iloc[:, needed])
    return found[[name for name in ("track_id", "title", "artist") if name in found]]


def _artists(found: dict[str, pd.Series], columns: Iterable[Any]) -> dict[str, pd.Series]:
    """`artists` and its first, `artist`, from whichever of the two there is.

    Commas separate artists only where they cannot be part of a name: a header in the plural, and no
    other separator in the column.
    """
    given = found.get("artists", found.get("artist"))
    if given is None:
        return {}
    separator = parsing.BETWEEN_NAMES
    if {plain(header) for header in columns} & {"artisturis", "artisturi"}:
        separator = parsing.UNESCAPED_COMMA
    elif "artist" not in found and not any(";" in cell for cell in given if isinstance(cell, str)):
        separator = parsing.COMMA_OR_BETWEEN_NAMES
    names = parsing.each(given, lambda cell: parsing.names(cell, separator) or None)
    primary = (
        parsing.each(found["artist"], lambda cell: parsing.names(cell, separator) or None)
        if "artist" in found
        else names
    )
    return {"artists": parsing.each(names, "; ".join), "artist": parsing.each(primary, lambda some: some[0])}


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
