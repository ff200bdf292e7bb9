"""The columns of text: which track a row is, as far as a table says it."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from hitcast.tracks import parsing
from hitcast.tracks.headers import CANONICAL, TEXT_COLUMNS, plain
from hitcast.tracks.schema import Schema


def texts(raw: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """The text columns: ids bare, dates ISO, `artist` the first of `artists` joined by `; `."""
    names = [name for name in TEXT_COLUMNS if name in schema.positions]
    found = {name: parsing.each(schema.column(raw, name), parsing.text) for name in names}
    readers = {"track_id": parsing.bare_id, "release_date": parsing.iso_date, "genre": parsing.first_genre}
    found |= {name: parsing.each(found[name], read) for name, read in readers.items() if name in found}
    found |= _artists(found, raw.columns)
    table = pd.DataFrame({name: found[name] for name in CANONICAL if name in found}, index=raw.index)
    return table.astype(object)


def identity(raw: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """What says which recording a row is, as far as there is a column for it: `track_id`, `title`, `artist`."""
    found = texts(raw, schema.only("track_id", "title", "artist", "artists"))
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
