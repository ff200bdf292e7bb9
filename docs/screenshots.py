"""Photograph every page as it is now: docs/<page>.png, and <page>-phone.png."""

from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from benchmarks import chromium
from benchmarks.server import serving

DOCS = Path(__file__).parent
PAGES = {"predict": "/", "catalogue": "/catalogue", "compare": "/compare", "data": "/data"}
SIZES: dict[str, ViewportSize] = {
    "": {"width": 1280, "height": 900},
    "-phone": {"width": 390, "height": 844},
}


def photograph(page: Page, address: str, file: Path) -> None:
    """The page at this address, once it is drawn, as far as the window shows it."""
    page.goto(address)
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(3000)  # the charts fade in
    page.screenshot(path=file)


def main() -> None:
    """All pages at both widths, of the models in models/."""
    with (
        serving("app.py", Path("models"), Path("data")) as server,
        sync_playwright() as playwright,
        chromium.launched(playwright) as browser,
    ):
        for suffix, size in SIZES.items():
            page = browser.new_page(viewport=size)
            for name, path in PAGES.items():
                photograph(page, f"{server.address}{path}", DOCS / f"{name}{suffix}.png")


if __name__ == "__main__":
    main()
