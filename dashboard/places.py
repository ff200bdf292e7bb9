"""The places on the Predict page that a move draws anew; all else on it stays as it is."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import answer, cache, guard, track
from dashboard.answer import Answer
from hitcast.bundle.contents import Bundle
from hitcast.features import Feature


class Places:
    """Where on the page what is drawn of a bundle's `answer`.

    A place holds no widgets: a fragment may draw widgets only where it stands.
    """

    answer: Answer

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._places: list[tuple[DeltaGenerator, Callable[[Answer], None], dict[str, Any]]] = []
        self._are_filled = False

    def keep(self, draw: Callable[[Answer], None], **box: Any) -> None:
        """A place here, to be filled by `draw` now and after every move, in a container with the options `box`."""
        self._places.append((st.empty(), draw, box))

    def fill(self) -> None:
        """Draw into all places, once the page is laid out."""
        # A fragment clears away what is left in a place only if a fragment drew it.
        st.fragment(self._fill)()
        self._are_filled = True

    def control(self, feature: Feature) -> None:
        """The control of a feature; moving it runs what is here and not the page."""
        st.fragment(self._control)(feature)

    def _control(self, feature: Feature) -> None:
        with guard.failures_shown():
            if self._are_filled and not cache.is_current(self.bundle):
                st.rerun()
            track.control(feature, track.shown(self.bundle)[feature.name])
            if self._are_filled:
                self._fill()

    def _fill(self) -> None:
        with guard.failures_shown():
            self.answer = answer.to_page(self.bundle)
            for place, draw, box in self._places:
                with place.container(**box):
                    draw(self.answer)
