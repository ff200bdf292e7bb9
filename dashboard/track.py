"""The track on the Predict page: its values, the controls that show them, the link that names it.

The values in the session are the truth. A control shows them as near as it can (a slider has ends and
steps) and writes back only what the user moves, so that a real track keeps its exact values.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from dashboard import base_rate, cache
from hitcast.bundle.contents import Bundle
from hitcast.choices import COLUMN_OF
from hitcast.context import Given
from hitcast.features import BY_NAME, Feature

TRACK = "track"
WHICH = ("track_id", "title", "artist")
CONTEXT = tuple(COLUMN_OF.values())
NAME, VIEW = "name", "view"  # in a link: what a track is called that no bundle knows, and what is shown of it
SHOWN = "predict_view_last"  # in the session: the view that was shown last
LONGEST_NAME = 100
NOT_HERE = (
    "The track of the link is not among those that the models here learned from, so this is another one."
)


@dataclass(frozen=True)
class Track:
    """A track's features and `CONTEXT`, None where not known, those that it `start`ed from, and which track it is."""

    values: dict[str, Any]
    start: dict[str, Any]
    called: str
    identity: dict[str, Any]

    @property
    def is_changed(self) -> bool:
        """Whether any value differs from where the track started."""
        return self.values != self.start

    @property
    def name(self) -> str:
        """What the track is called, and that it was changed."""
        return f"{self.called}, changed" if self.is_changed else self.called

    def row(self, features: Iterable[str]) -> pd.Series:
        """The values of these features, NaN where they are not known."""
        return pd.Series({name: self.values.get(name) for name in features}, dtype=float)


def on_page() -> Track:
    """The track on the page."""
    return st.session_state[TRACK]


def start_from(
    values: pd.Series, name: str, identity: Mapping[str, object] | pd.Series | None = None
) -> None:
    """Put a track on the page, to be reset to later; what is not known of it is NaN.

    `identity` has what is known of `WHICH` track it is and of its `CONTEXT`.
    """
    known = {} if identity is None else identity
    given = values.astype(float).astype(object).where(values.notna(), None).to_dict()
    given |= {name: known.get(name) or None for name in CONTEXT}
    put(Track(given, given, name, {name: known.get(name) for name in WHICH}))


def put(track: Track) -> None:
    """Put a track on the page as it is."""
    st.session_state[TRACK] = track


def start_from_real(bundle: Bundle, track: pd.Series) -> None:
    """Put a track of the table on the page."""
    start_from(track[bundle.features], named(track), track)


def row(bundle: Bundle) -> pd.Series:
    """The values of the track on the page, NaN where they are not known."""
    # A bundle may have been built anew with other features.
    return on_page().row(bundle.features)


def given(bundle: Bundle) -> Given:
    """The genre and release year of the track on the page, as the bundle knows them."""
    return bundle.context.of(*(on_page().values.get(name) for name in CONTEXT))


def arrive(bundle: Bundle, first: pd.Series) -> str:
    """Put a track on the page where there is none: the link's, where it names one, else `first`; what to say of the link."""
    if TRACK in st.session_state:
        return ""
    linked = from_link(st.query_params.to_dict(), bundle.features)
    which = {name: st.query_params.get(name) for name in ("track_id", *CONTEXT)}
    place, same = bundle.known.find(linked.to_frame().T, pd.DataFrame([which]))
    is_known, is_nothing = place[0] >= 0, linked.isna().all()
    # What a link to a known track leaves out is in the table alone.
    is_short = which["track_id"] is not None and NAME not in st.query_params and linked.isna().any()
    if is_known:
        start_from_real(bundle, bundle.tracks.iloc[place[0]])
    elif is_nothing or is_short:
        start_from_real(bundle, first)
        return NOT_HERE if which["track_id"] else _with_context(which)
    else:
        start_from(linked, st.query_params.get(NAME, "")[:LONGEST_NAME] or "A link", which)
    changed = linked.dropna().to_dict() if is_known and not same[0] else {}
    if changed:
        put(replace(on_page(), values=on_page().values | changed))
    return _with_context(which)


def _with_context(which: Mapping[str, str | None]) -> str:
    """Give the track on the page what a link says of its context; empty is what was taken away from a track that has it."""
    given = {name: which[name] or None for name in CONTEXT if which[name] is not None}
    if given:
        put(replace(on_page(), values=on_page().values | given))
    return ""


def matches(tracks: pd.DataFrame, text: str) -> pd.DataFrame:
    """The tracks whose title or artist contains the text, the most popular first."""
    in_any = pd.Series(False, index=tracks.index)
    for column in ("title", "artists", "artist"):
        if column in tracks:
            in_any |= tracks[column].str.contains(text, case=False, regex=False, na=False)
    return tracks[in_any].sort_values("popularity", ascending=False, kind="stable")


def named(track: pd.Series) -> str:
    """`Title, by Artist`."""
    return f"{track.get('title', 'Untitled')}, by {track['artist']}"


def change(name: str, value: float) -> None:
    """Give the track on the page another value of a feature."""
    put(replace(on_page(), values=on_page().values | {name: value}))


def reset() -> None:
    """Back to the values that the track started from."""
    put(replace(on_page(), values=on_page().start))


def from_link(parameters: Mapping[str, str], features: Iterable[str]) -> pd.Series:
    """The track that a link's query parameters name, NaN for what is absent or absurd.

    A number beyond a feature's range becomes the end of the range, a choice the nearest one.
    """
    return pd.Series(
        {name: _parsed(BY_NAME[name], parameters.get(name, "")) for name in features}, dtype=float
    )


def _parsed(feature: Feature, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    if not math.isfinite(value):
        return math.nan
    if feature.choices:
        return min((choice for choice, _ in feature.choices), key=lambda choice: abs(choice - value))
    return min(max(value, feature.low), feature.high)


def to_link(row: pd.Series, **texts: str | None) -> dict[str, str]:
    """The query parameters that name a track; its id goes along, so that a known one is known there too."""
    known = {name: text for name, text in texts.items() if text is not None}
    return {name: f"{value:.15g}" for name, value in row.dropna().items()} | known


def parameters(bundle: Bundle) -> dict[str, str]:
    """The query parameters that name the track on the page, by its id where it came from the bundle's table, and what is a hit."""
    here, values = on_page(), on_page().row(bundle.features)
    texts = {name: here.values.get(name) or ("" if here.start.get(name) else None) for name in CONTEXT}
    named = {NAME: here.called[:LONGEST_NAME]}
    if _is_of_the_table(bundle, here):
        values = values[[name for name in values.index if here.values.get(name) != here.start.get(name)]]
        texts = {name: text for name, text in texts.items() if here.values.get(name) != here.start.get(name)}
        named = {}
    texts["track_id"] = here.identity["track_id"]
    return to_link(values, **texts) | named | {cache.LINKED_THRESHOLD: f"{bundle.card['threshold']:g}"}


def _is_of_the_table(bundle: Bundle, here: Track) -> bool:
    """Whether its id alone brings back all that the track started from."""
    start = replace(here, values=here.start).row(bundle.features)
    place, _ = bundle.known.find(start.to_frame().T, pd.DataFrame([here.identity]))
    if place[0] < 0 or "track_id" not in bundle.tracks:
        return False
    row = bundle.tracks.iloc[place[0]]
    is_same = row[bundle.features].astype(float).equals(start) and all(
        (row.get(name) or None) == here.start.get(name) for name in CONTEXT
    )
    return bool(is_same and row["track_id"] == here.identity["track_id"])


def to_address(bundle: Bundle) -> None:
    """Let the browser's address name what is on the page, so that a reload or a copy of it opens the same."""
    wanted = parameters(bundle) | base_rate.to_link() | {VIEW: st.session_state.get(SHOWN, "")}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def address() -> str:
    """The link to what is on the page, as this browser reaches the app."""
    return f"{st.context.url or ''}?{urlencode(st.query_params.to_dict())}"
