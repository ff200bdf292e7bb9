"""The track on the Predict page: its values, the controls that show them, the link that names it.

The values in the session are the truth. A control shows them as near as it can (a slider has ends and
steps) and writes back only what the user moves, so that a real track keeps its exact values.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from dashboard import base_rate, cache
from hitcast.bundle.contents import Bundle
from hitcast.choices import COLUMN_OF
from hitcast.context import Given
from hitcast.features import BY_NAME, Feature
from hitcast.wording import escaped

TRACK = "track"
WHICH = ("track_id", "title", "artist")
CONTEXT = tuple(COLUMN_OF.values())
MATCHES = 50


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


def shown(bundle: Bundle, name: str) -> float:
    """The value of one feature, in the middle of all tracks where it is not known."""
    value = on_page().values.get(name)
    return cache.median(bundle)[name] if value is None else value


def arrive(bundle: Bundle, first: pd.Series) -> None:
    """Put a track on the page where there is none: the link's, where it names one, else `first`."""
    if TRACK in st.session_state:
        return
    linked = from_link(st.query_params.to_dict(), bundle.features)
    which = {name: st.query_params.get(name) for name in ("track_id", *CONTEXT)}
    place, same = bundle.known.find(linked.to_frame().T, pd.DataFrame([which]))
    if place[0] >= 0:
        start_from_real(bundle, bundle.tracks.iloc[place[0]])
    elif linked.isna().all():
        start_from_real(bundle, first)
    else:
        start_from(linked, "A link", which)
    changed = {} if place[0] < 0 or same[0] else linked.dropna().to_dict()
    # Empty is what was taken away from a track that has it.
    changed |= {name: which[name] or None for name in CONTEXT if which[name] is not None}
    if changed:
        put(replace(on_page(), values=on_page().values | changed))


def search(bundle: Bundle) -> None:
    """A box to find a real track by its title or artist and put it on the page."""
    text = st.text_input(
        "Find a real track",
        key="predict_search",
        placeholder="Title or artist",
        help="Searches the tracks that the models were trained on. Press Enter to search.",
    ).strip()
    if not text:
        return
    found = matches(bundle.tracks, text).head(MATCHES)
    if found.empty:
        st.caption("No track's title or artist contains this. Try fewer letters.")
        return
    st.selectbox(
        "Choose one",
        list(found.index),
        index=None,
        format_func=lambda i: named(found.loc[i]),
        key="predict_match",
        placeholder=f"{len(found)} tracks match, choose one"
        if len(found) < MATCHES
        else f"The first {MATCHES} matches",
        help="The most popular first.",
        on_change=_start_from_match,
        args=(bundle, found),
    )


def matches(tracks: pd.DataFrame, text: str) -> pd.DataFrame:
    """The tracks whose title or artist contains the text, the most popular first."""
    in_any = pd.Series(False, index=tracks.index)
    for column in ("title", "artists", "artist"):
        if column in tracks:
            in_any |= tracks[column].str.contains(text, case=False, regex=False, na=False)
    return tracks[in_any].sort_values("popularity", ascending=False, kind="stable")


def named(track: pd.Series) -> str:
    """`Title, by Artist (popularity 83)`."""
    return f"{track.get('title', 'Untitled')}, by {track['artist']} (popularity {track['popularity']:.0f})"


def _start_from_match(bundle: Bundle, found: pd.DataFrame) -> None:
    chosen = st.session_state["predict_match"]
    if chosen is not None:
        start_from_real(bundle, found.loc[chosen])


def start_button(bundle: Bundle, track: pd.Series, label: str, help: str) -> None:
    """A button that puts a track of the table on the page."""

    def clicked() -> None:
        st.session_state["predict_match"] = None
        start_from_real(bundle, track)

    st.button(label, key=f"predict_start_{label}", help=f"{help}: {escaped(named(track))}.", on_click=clicked)


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


def address(row: pd.Series, threshold: float) -> str:
    """The link to the track on the page and to what counts as a hit, as this browser reaches the app."""
    here = on_page()
    texts = {name: here.values.get(name) or ("" if here.start.get(name) else None) for name in CONTEXT}
    parameters = to_link(row, track_id=here.identity["track_id"], **texts)
    parameters |= {cache.LINKED_THRESHOLD: f"{threshold:g}"} | base_rate.to_link()
    return f"{st.context.url or ''}?{urlencode(parameters)}"


def control(feature: Feature, bundle: Bundle) -> None:
    """The control of one feature, at the nearest it can show to the value."""
    value = shown(bundle, feature.name)
    key, at = f"predict_{feature.name}", _shown(feature, value)
    # Setting what is already there would pull the thumb back under the user's finger.
    if st.session_state.get(key) != at:
        st.session_state[key] = at
    common: dict[str, Any] = {"key": key, "help": feature.help, "on_change": _moved, "args": (feature.name,)}
    if feature.name == "explicit":
        st.toggle(feature.label, **common)
    elif feature.choices:
        names = dict(feature.choices)
        st.selectbox(feature.label, list(names), format_func=names.__getitem__, **common)
    else:
        _slider(feature, common)
        if at != _in_widget(feature, value):
            st.caption(f"This track: {feature.text(value)}, beyond the end of the slider.")


def _slider(feature: Feature, common: dict) -> None:
    low, high = feature.control_range
    if feature.kind == "duration":
        ends: dict[str, Any] = {
            "min_value": _clock(low),
            "max_value": _clock(high),
            "step": timedelta(seconds=1),
        }
        st.slider(f"{feature.label}, minutes and seconds", format="m:ss", **ends, **common)
        return
    digits = "%.2f" if feature.step < 0.1 else "%.1f" if feature.step < 1 else "%.0f"
    label = f"{feature.label}, {feature.unit}" if feature.unit else feature.label
    st.slider(label, float(low), float(high), step=float(feature.step), format=digits, **common)


def _shown(feature: Feature, value: float) -> object:
    low, high = feature.control_range
    return _in_widget(feature, value if feature.choices else min(max(value, low), high))


def _in_widget(feature: Feature, value: float) -> object:
    if feature.name == "explicit":
        return bool(value >= 0.5)
    return _clock(value) if feature.kind == "duration" else float(value)


def _clock(milliseconds: float) -> time:
    seconds = round(milliseconds / 1000)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _moved(name: str) -> None:
    value = st.session_state[f"predict_{name}"]
    if isinstance(value, time):
        value = 1000 * (value.hour * 3600 + value.minute * 60 + value.second)
    put(replace(on_page(), values=on_page().values | {name: float(value)}))
