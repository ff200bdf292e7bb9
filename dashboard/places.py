"""The places on the Predict page that a move draws anew; all else on it stays as it is."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import answer, cache, guard, track
from dashboard.answer import Answer
from dashboard.track import Track
from hitcast import charts
from hitcast.bundle.contents import Bundle
from hitcast.errors import TableError


class Places:
    """Where on the page what is drawn of the answer of a bundle to the track.

    A place holds no widgets: a fragment may draw widgets only where it stands.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._failure = st.empty()
        self._places: list[tuple[DeltaGenerator, Callable[[Answer], None], dict[str, Any]]] = []
        self._controls: set[str] = set()
        self._drawn: Track | None = None
        self._answer: Answer | None = None

    def keep(self, draw: Callable[[Answer], None], **box: Any) -> None:
        """A place here, to be filled by `draw` now and after every move, in a container with the options `box`."""
        self._places.append((st.empty(), draw, box))

    def fill(self) -> None:
        """Draw into all places, once the page is laid out."""
        # A fragment clears away what is left in a place only if a fragment drew it.
        st.fragment(self._fill)()

    def control(self, name: str, draw: Callable[[Bundle], None]) -> None:
        """What `draw` gives, the control of a value of this name; moving it runs what is here and not the page."""
        st.fragment(self._control)(name, draw)

    @property
    def answer(self) -> Answer | None:
        """What is drawn, None where it could not be."""
        return self._answer

    def report(self) -> str:
        """A page on the track to send to somebody. Raises TableError where there is no answer."""
        if (said := self._answer) is None:
            raise TableError("There is no answer to report. Reload the page to start again.")
        return answer.report_page(said)

    def _control(self, name: str, draw: Callable[[Bundle], None]) -> None:
        is_move = name in self._controls
        self._controls.add(name)
        with guard.failures_shown():
            if is_move and not (self._drawn and cache.is_current(self.bundle)):
                st.rerun()
            draw(self.bundle)
        # Two moves at once are two fragments in one run, the values of both already there in the first.
        if is_move and self._drawn is not track.on_page():
            self._fill()

    def _fill(self) -> None:
        self._drawn = track.on_page()
        with self._failure.container(), guard.failures_shown(), charts.unchecked():
            try:
                self._answer = answer.to_page(self.bundle)
                track.to_address(self.bundle)
                for place, draw, box in self._places:
                    with place.container(**box):
                        draw(self._answer)
            except Exception:
                self._clear()
                raise

    def _clear(self) -> None:
        """Leave no old number beside what went wrong; the next move runs the whole page."""
        self._answer = self._drawn = None
        for place, _, _ in self._places:
            place.empty()
