"""Work on the network that ends when it is said to, whatever hangs."""

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

import requests

T = TypeVar("T")


class Limit:
    """The moment at which waiting for a piece of work ends."""

    def __init__(self) -> None:
        self._actions: list[Callable[[], None]] = []
        self._is_over = False

    def ends(self, action: Callable[[], None]) -> None:
        """Do this when the time is over, at once where it is already."""
        self._actions.append(action)
        if self._is_over:
            action()

    def reach(self) -> None:
        """Now it is over."""
        self._is_over = True
        for action in self._actions:
            action()


def within(seconds: float, work: Callable[[Limit], T]) -> T:
    """What `work` returns, or TimeoutError: also for a name lookup or a dripping body that hangs.

    The time-outs of requests bound neither of the two. `work` says to the limit that it is given how to
    end what it waits for; it cannot before an answer's header has come.
    """
    limit, outcome = Limit(), Future[T]()

    def run() -> None:
        try:
            outcome.set_result(work(limit))
        except Exception as error:  # noqa: BLE001 - it is raised again in the thread that waits
            outcome.set_exception(error)

    # Not in a pool, whose threads are waited for at the end.
    threading.Thread(target=run, daemon=True).start()
    try:
        return outcome.result(seconds)
    except TimeoutError:
        if not outcome.done():
            limit.reach()
        raise


def cut(response: requests.Response) -> None:
    """End an answer, also where another thread is reading it; closing it would wait for that thread."""
    # An answer that has been read to its end has no socket any more.
    with (
        suppress(OSError, ValueError, AttributeError),
        socket.socket(fileno=os.dup(response.raw.fileno())) as connection,
    ):
        connection.shutdown(socket.SHUT_RDWR)
