"""The command `hitcast`, and `python -m hitcast`."""

import os
import signal


def run() -> None:
    """Run the command line; an interrupt ends it, also while its modules are still being imported."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)

    from hitcast.cli import main

    main()


def _leave(number: int, frame: object) -> None:
    """End at once: while modules are imported, an exception could come out as any other."""
    os.write(2, b"Interrupted; nothing was changed.\n")
    os._exit(130)


if __name__ == "__main__":
    run()
