"""What a notebook shows under a cell: a progress bar, a pipeline."""

import re
from html import escape
from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils import estimator_html_repr

from hitcast.progress import Progress


def drawn(pipeline: Pipeline) -> Any:
    """A pipeline as scikit-learn draws it, without the addresses of this run's functions."""
    from IPython.display import HTML

    return HTML(re.sub(r" at 0x[0-9a-f]+|(?<=\.\.\.)x[0-9a-f]+", "", estimator_html_repr(pipeline)))


def progress_bar() -> Progress:
    """A bar to hand to anything that takes `progress`. It appears with the first news."""
    from IPython.display import HTML, display

    shown: list[Any] = []

    def show(fraction: float, message: str) -> None:
        bar = HTML(f'<progress value="{fraction:.3f}"></progress> {escape(message)}')
        if shown:
            shown[0].update(bar)
        else:
            shown.append(display(bar, display_id=True))

    return show
