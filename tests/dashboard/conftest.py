"""The dashboard in a real browser against a real server."""

import pytest
from playwright.sync_api import sync_playwright
from support.browsing import DESK, settle
from support.driving import serving

from benchmarks import chromium


@pytest.fixture(scope="module")
def address(built):
    with serving(HITCAST_MODELS_DIR=str(built / "models"), HITCAST_DATA_DIR=str(built / "data")) as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        yield chromium.launched(playwright)


@pytest.fixture
def visit(browser, address):
    """Opens a page in a window of its own; nothing on it may be asked of another machine."""
    windows, elsewhere = [], []

    def open_page(path="/", size=DESK, theme="light"):
        window = browser.new_context(viewport=size, color_scheme=theme)
        windows.append(window)
        page = window.new_page()
        page.set_default_timeout(60_000)
        page.on("request", lambda r: elsewhere.append(r.url) if not is_local(r.url, address) else None)
        page.goto(f"{address}/{path.removeprefix('/')}")
        settle(page)
        return page

    yield open_page
    for window in windows:
        window.close()
    assert not elsewhere


def is_local(url, address):
    return url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))
