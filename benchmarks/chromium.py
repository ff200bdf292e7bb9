"""Which browser the tests and the benchmarks drive. Run as a script, makes sure that there is one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"

# A closed network refuses the browser's own calls home one by one; as root it has no sandbox.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """The path of a Chromium or Chrome that starts: the machine's own first, else Playwright's."""
    return next(filter(starts, candidates()), None)


def launched(playwright: "Playwright", *flags: str) -> "Browser":
    """The browser, running."""
    return playwright.chromium.launch(executable_path=find(), args=[*FLAGS, *flags])


def candidates() -> Iterator[str]:
    """Where a browser may be. HITCAST_BROWSER, where set, comes first."""
    names = (os.environ.get("HITCAST_BROWSER", ""), *NAMES, MAC)
    yield from filter(None, map(shutil.which, filter(None, names)))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if Path(path).exists():
        yield path


def starts(path: str) -> bool:
    """Whether it runs: Ubuntu's `chromium-browser` may be a stub that only says to install a snap."""
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


def install() -> None:
    """Put a browser on this machine: the distribution's package where we may, else Playwright's own."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        packages = ["--no-install-recommends", "chromium", "fonts-liberation"]
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", *packages], stdin=subprocess.DEVNULL, check=False)
    if find() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


if __name__ == "__main__":
    if find() is None:
        install()
    if find() is None:
        sys.exit("The tests need Chromium or Chrome: install one, or set HITCAST_BROWSER to its path.")
