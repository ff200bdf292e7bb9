"""A progress bar under a notebook's cell."""

from collections.abc import Callable
from html import escape
from typing import Any


def progress_bar() -> Callable[[float, str], None]:
    """A bar to hand to anything that takes `progress`. It appears with the first news."""
    from IPython.display import HTML, display

    shown: list[Any] = []

    def tell(fraction: float, message: str) -> None:
        bar = HTML(f'<progress value="{fraction:.3f}"></progress> {escape(message)}')
        if shown:
            shown[0].update(bar)
        else:
            shown.append(display(bar, display_id=True))

    return tell
