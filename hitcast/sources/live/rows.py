"""One track out of the objects that Spotify and ReccoBeats answer with: what is there, and nothing made up."""

import math
from collections.abc import Mapping
from typing import Any

from hitcast import features
from hitcast.sources.live.ids import is_id, isrc_of
from hitcast.tracks.parsing import LONGEST_TEXT

Row = dict[str, Any]


def number(value: object) -> float | None:
    """A finite number as a float, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def numbers(row: Mapping[str, Any]) -> dict[str, float]:
    """The audio features among a row's values, those that are numbers."""
    values = {name: number(row.get(name)) for name in features.FULL}
    return {name: value for name, value in values.items() if value is not None}


def in_range(values: dict[str, float]) -> dict[str, float]:
    """The values that lie within their feature's range, or are one of its choices."""
    return {name: value for name, value in values.items() if _is_valid(features.BY_NAME[name], value)}


def _is_valid(feature: features.Feature, value: float) -> bool:
    return value in dict(feature.choices) if feature.choices else feature.low <= value <= feature.high


def add_features(row: Row, answer: Mapping[str, Any], source: str) -> None:
    """Put an answer's features into a row, leaving what the row itself knows (length, explicit)."""
    row |= {"features_source": source} | numbers(answer) | row


def has_core(row: Mapping[str, Any]) -> bool:
    """Whether the features that every model needs are there."""
    return all(number(row.get(name)) is not None for name in features.CORE)


def popularity_of(row: Row) -> float | None:
    """A row's popularity from 0 to 100; None where it is absent, which never means 0."""
    value = number(row.get("popularity"))
    return value if value is not None and 0 <= value <= 100 else None


def text(value: object) -> str:
    """A text that may be shown; empty for what is none."""
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


def artists_of(row: Row) -> list[str]:
    """The names of a row's artists, the first one first."""
    artists = row.get("artists")
    names = (
        [artist.get("name") for artist in artists if isinstance(artist, dict)]
        if isinstance(artists, list)
        else []
    )
    return [text(name) for name in names if text(name)]


def playlist_item(entry: object) -> Row:
    """The track or episode in an entry of a playlist, under its new name or its old one; {} where it is gone."""
    entry = entry if isinstance(entry, dict) else {}
    things = [thing for thing in (entry.get("item"), entry.get("track")) if isinstance(thing, dict)]
    return (
        things[0] | {"is_local": bool(entry.get("is_local") or things[0].get("is_local"))} if things else {}
    )


def skip_reason(item: Row) -> str:
    """Why an item of a playlist is not a track that anything is known of, empty if it is one."""
    if not item:
        return "no longer on Spotify"
    if item["is_local"]:
        return "local file"
    if item.get("type", "track") != "track":
        return "podcast episode"
    return "" if is_id(item.get("id")) else "no usable id"


def spotify_row(item: Row) -> Row:
    """A row of the tracks table out of Spotify's track object; what is absent there is absent here."""
    artists = artists_of(item)
    album, codes = _object(item, "album"), _object(item, "external_ids")
    popularity, length = popularity_of(item), number(item.get("duration_ms"))
    row = {
        "track_id": item["id"],
        "title": text(item.get("name")),
        "artist": artists[0] if artists else "",
        "artists": "; ".join(artists),
        "album": text(album.get("name")),
        "release_date": text(album.get("release_date")),
        "isrc": isrc_of(codes.get("isrc")),
    }
    if popularity is not None:
        row |= {"popularity": popularity, "popularity_source": "spotify"}
    if length:
        row |= {"duration_ms": length}
    if isinstance(item.get("explicit"), bool):
        row |= {"explicit": float(item["explicit"])}
    return row


def _object(item: Row, name: str) -> Row:
    inner = item.get(name)
    return inner if isinstance(inner, dict) else {}
