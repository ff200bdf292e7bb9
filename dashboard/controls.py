"""The controls of the track on the page: one a feature, each beside what is usual among hits."""

from datetime import time, timedelta
from typing import Any

import streamlit as st

from dashboard import cache, track
from hitcast.bundle.contents import Bundle
from hitcast.charts import COLOURS
from hitcast.features import Feature

STYLE = f"""<style>
.usual {{position: relative; height: 4px; margin: -1.1rem 0 0.4rem;}}
.usual i {{position: absolute; height: 100%; border-radius: 2px; background: {COLOURS["hits"]};}}
.usual-name {{display: inline-block; width: 1.5rem; height: 4px; border-radius: 2px; margin: 0 0.4rem 0.2rem 0; background: {COLOURS["hits"]};}}
</style>"""


def legend() -> None:
    """What the bars beneath the sliders are."""
    st.html(f'{STYLE}<small><i class="usual-name"></i>where the middle half of the hits lies</small>')


def usual(feature: Feature, bundle: Bundle) -> None:
    """A bar beneath a slider along the middle half of the hits."""
    if feature.choices:
        return
    low, high = cache.usual_of_hits(bundle)[feature.name]
    start, end = (100 * (value - feature.control_range[0]) / _width(feature) for value in (low, high))
    said = f"The middle half of the hits: {feature.text(low)} to {feature.text(high)}"
    place = f"left:{max(start, 0):.1f}%;right:{max(100 - end, 0):.1f}%"
    st.html(f'<div class="usual" role="img" aria-label="{said}" title="{said}"><i style="{place}"></i></div>')


def _width(feature: Feature) -> float:
    low, high = feature.control_range
    return high - low


def control(feature: Feature, bundle: Bundle) -> None:
    """The control of one feature, at the nearest it can show to the value."""
    value = _value(bundle, feature.name)
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


def _value(bundle: Bundle, name: str) -> float:
    """The value of one feature, in the middle of all tracks where it is not known."""
    value = track.on_page().values.get(name)
    return cache.median(bundle)[name] if value is None else value


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
    track.change(name, float(value))
