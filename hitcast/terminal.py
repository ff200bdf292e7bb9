"""A command line in a terminal: what goes wrong in one line, interrupts, standard input, progress."""

import io
import logging
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NoReturn

import typer
from rich import progress as bars
from rich.console import Console

from hitcast.choices import STANDARD
from hitcast.errors import HitCastError
from hitcast.progress import Progress, silent

log = logging.getLogger(__name__)

_INTERRUPTED = 130


def run(app: typer.Typer) -> NoReturn:
    """Run a command line; whatever a user can get wrong ends in one line and exit code 1."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        # An encoding may lack a letter of a title, or the minus of a figure; that of a pipe is nobody's choice.
        if isinstance(stream, io.TextIOWrapper):
            is_chosen = stream.isatty() or "PYTHONIOENCODING" in os.environ
            stream.reconfigure(encoding=None if is_chosen else "utf-8", errors="backslashreplace")
    try:
        # Some versions of Typer raise what ends a command early, others return its exit code.
        code = app(standalone_mode=False) or 0
    except typer.Exit as stop:
        code = stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = _INTERRUPTED
    except HitCastError as error:
        _fail(str(error))
    except _usage_error() as error:
        _fail(error.format_message().replace("Value error, ", ""))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        log.debug("The system refused", exc_info=True)
        where = f": {str(error.filename)[:200]}" if error.filename else ""
        _fail(f"{error.strerror or error}{where}.")
    except Exception as error:
        log.debug("Unexpected", exc_info=True)
        _fail(
            f"Something unexpected went wrong ({type(error).__name__}: {error}). "
            "`hitcast --verbose` with the same arguments shows where."
        )
    finally:
        _no_more_alarms()
    if code == _INTERRUPTED:
        _fail("Interrupted; no file is half written.", code)
    sys.exit(code)


@contextmanager
def input_of(path: str) -> Iterator[str | BinaryIO]:
    """The path, or standard input kept in a file, as a table is read more than once."""
    from hitcast import exports  # it takes a second to import

    if path != STANDARD:
        yield path
        return
    if sys.stdin is None:
        raise HitCastError("Standard input is closed; name a file instead of -.")
    with exports.temporary() as stream:
        shutil.copyfileobj(sys.stdin.buffer, stream)
        yield stream


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on a terminal; nothing in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield silent
        return
    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.TaskProgressColumn(),
        bars.TimeElapsedColumn(),
    )
    with bars.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Starting", total=1.0)
        yield lambda fraction, message: bar.update(task, completed=fraction, description=message)


def _interrupt(signal_number: int, frame: object) -> None:
    """Stop, and once more in two seconds: an exception may be lost in a library's callback."""
    alarm = getattr(signal, "SIGALRM", None)  # Windows has none
    if alarm and signal_number != alarm:
        signal.signal(alarm, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, 2)
    raise KeyboardInterrupt


def _no_more_alarms() -> None:
    alarm = getattr(signal, "SIGALRM", None)
    if alarm and signal.getsignal(alarm) is _interrupt:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _usage_error() -> Any:
    """The exception of a wrong option, which Typer takes from whichever Click it runs on."""
    return next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")


def _fail(sentence: str, code: int = 1) -> None:
    typer.echo(" ".join(sentence.split()), err=True)
    sys.exit(code)
