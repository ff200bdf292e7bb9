"""How far something is: a share from 0 to 1, and in a few words what is being done."""

from collections.abc import Callable

Progress = Callable[[float, str], None]


def silent(done: float, doing: str) -> None:
    """For where progress is not shown."""


def part(progress: Progress | None, start: float, end: float) -> Progress:
    """A progress of its own, from 0 to 1, for one step of a longer way."""
    return (lambda done, doing: progress(start + (end - start) * done, doing)) if progress else silent
