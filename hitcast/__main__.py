"""`python -m hitcast`."""

import os
import signal


def _leave(number: int, frame: object) -> None:
    """End at once: while modules are imported, an exception could come out as any other."""
    os.write(2, b"Interrupted; nothing was changed.\n")
    os._exit(130)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where interrupts are ignored
    signal.signal(signal.SIGINT, _leave)

from hitcast.cli import main

main()
