"""A page in a real browser: how wide it is, and when it is drawn."""

from playwright.sync_api import Page, expect

DESK = {"width": 1280, "height": 900}


def settle(page: Page) -> None:
    """Wait until the script has run and every chart is drawn."""
    page.locator("[data-test-script-state=notRunning]").wait_for()
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0, timeout=60_000)
