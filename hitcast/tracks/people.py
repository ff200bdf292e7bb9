"""Who is on a track: its artists, and the guests that its title names."""

import re
from collections.abc import Iterator

import pandas as pd

EVERYWHERE = 0.5
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_GUESTS = r"\b(?:feat|ft|featuring|vs)\b\.?"
_INSIDE = re.compile(rf"^\s*(?:with|con|duet with)\s|{_GUESTS}", re.IGNORECASE)
_OUTSIDE = re.compile(rf"\s-\s(?:with|duet with)\s|{_GUESTS}", re.IGNORECASE)
_DASH = re.compile(r"\s[-–]\s")
# "Tyler, The Creator" is one guest and "Offset, Cardi B" two, so a text is read in every way.
_BETWEEN = (
    re.compile(r"[;|]"),
    re.compile(r"\s*,\s*"),
    re.compile(r"\s*[,;&+|]\s*(?:and\s+)?|\s+(?:and|x)\s+", re.IGNORECASE),
)


def everybody(table: pd.DataFrame) -> pd.Series:
    """The folded name of everybody on each track of a tracks table: an entry a track and name, indexed by the track's position.

    Artists, and the guests whom a title names as such: (feat. Somebody), (with Somebody). Who is first on none and on
    more than half of all is left out: a label, or a name for many, tells no track from another.
    """
    people = _names(table)
    counts = people.value_counts()
    everywhere = set(counts.index[counts > EVERYWHERE * len(table)]) - set(
        table["artist"].str.strip().str.casefold()
    )
    return people[~people.isin(everywhere)]


def _names(table: pd.DataFrame) -> pd.Series:
    names = [{name} for name in table["artist"]]
    if "artists" in table:
        names = [
            some | set(all_.split("; "))
            for some, all_ in zip(names, table["artists"].fillna(""), strict=True)
        ]
    if "title" in table:
        names = [
            some | set(_guests(title)) for some, title in zip(names, table["title"].fillna(""), strict=True)
        ]
    folded = [sorted({name.strip().casefold() for name in some} - {""}) for some in names]
    return pd.Series(folded, dtype=object, name="name").explode()


def strangers(table: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The tracks of a table with nobody who is on a known one, as `everybody` says of these."""
    people = _names(table)
    met = people.index[people.isin(everybody(known))]
    return table.drop(table.index[met.unique()])


def _guests(title: str) -> Iterator[str]:
    texts = [text for text in _BRACKETS.findall(title) if _INSIDE.search(text)]
    _, *outside = _OUTSIDE.split(_BRACKETS.sub(" ", title))
    texts += [_DASH.split(text)[0] for text in outside]
    for text in texts:
        for part in _INSIDE.split(text):
            for separator in _BETWEEN:
                yield from separator.split(part)
