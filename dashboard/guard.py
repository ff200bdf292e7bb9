"""What a person sees where something goes wrong: one sentence, and never a traceback."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from hitcast.errors import HitCastError
from hitcast.wording import escaped


@contextmanager
def failures_shown() -> Iterator[None]:
    """Around the outermost code of a run: its errors become sentences on the page."""
    try:
        yield
    except HitCastError as problem:
        st.error(escaped(problem))
    except Exception:
        logging.getLogger("hitcast").exception("A page failed")
        st.error(
            "This page could not be shown. The log of the server says why; reload the page to try again."
        )
