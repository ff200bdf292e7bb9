"""Slider moves and turns of the page in Chromium, beside a plain app in another tab."""

import statistics
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import chromium
from benchmarks.rerun import OURS, PLAIN
from benchmarks.results import Result, p95
from benchmarks.server import serving

MOVES, WARM_UP, PAUSE = 40, 4, 500
HALF, MOST, TURN = 100, 200, 1.0  # milliseconds of a move, the median and the 95th percentile; seconds
SIZE = {"width": 1280, "height": 900}
SHOWN = {OURS: ".st-key-predict_headline h2", PLAIN: "[data-testid=stMetricValue]"}
# A page, what its last section says, and how many charts stand on it.
PAGES = (("Compare", "Exact SHAP values of all", 8), ("Data", "tracks, the most popular first", 16))
# Milliseconds from the press of a key until the last such text is another one.
WATCH = """(selector) => { window.spent = new Promise((done) => {
    const text = () => [...document.querySelectorAll(selector)].at(-1)?.innerText;
    const before = text();
    let began;
    window.addEventListener('keydown', () => (began = performance.now()), {capture: true, once: true});
    const look = () => (text() === before ? requestAnimationFrame(look) : done(performance.now() - began));
    look();
}) }"""
# Seconds from a click on a link to the page until its last section and all charts are drawn.
TURNED = """([page, text, charts]) => new Promise((done) => {
    const began = performance.now();
    const isDrawn = () => document.body.innerText.includes(text)
        && document.querySelectorAll('[data-testid=stVegaLiteChart] :is(svg, canvas)').length >= charts
        && !document.querySelector('[data-testid=stSkeleton]');
    const look = () => (isDrawn() ? done((performance.now() - began) / 1000) : requestAnimationFrame(look));
    [...document.querySelectorAll('a')].find((link) => link.innerText.includes(page)).click();
    look();
})"""


def browser(models_dir: Path, data_dir: Path, moves: int = MOVES) -> list[Result]:
    """Moves in both apps, turn by turn, then the pages of ours, first and again."""
    with (
        serving(OURS, models_dir, data_dir) as ours,
        serving(PLAIN, models_dir, data_dir) as plain,
        sync_playwright() as playwright,
    ):
        window = chromium.launched(playwright)
        tabs = {OURS: _opened(window, ours.address), PLAIN: _opened(window, plain.address)}
        spent = {app: [] for app in tabs}
        for move in range(WARM_UP + moves):
            for app, tab in tabs.items():
                spent[app].append(_moved(tab, SHOWN[app], "PageUp" if move % 4 < 2 else "PageDown"))
        clock = {app: each[WARM_UP:] for app, each in spent.items()}
        turns = [_turned(tabs[OURS]) for _ in range(3)]
        window.close()
    return [
        _move("median", *map(statistics.median, clock.values()), HALF),
        _move("95th percentile", *map(p95, clock.values()), MOST),
        *(
            _turn(f"{page}, {which}", seconds)
            for at, (page, _, _) in enumerate(PAGES)
            for which, seconds in (("first", turns[0][at]), ("again", turns[-1][at]))
        ),
    ]


def _opened(window: Browser, address: str) -> Page:
    tab = window.new_context(viewport=SIZE).new_page()
    tab.set_default_timeout(120_000)
    tab.goto(address)
    tab.get_by_role("slider", name="Energy").wait_for()
    _settle(tab)
    return tab


def _moved(tab: Page, selector: str, key: str) -> float:
    tab.bring_to_front()
    tab.evaluate(WATCH, selector)
    tab.get_by_role("slider", name="Energy").press(key)
    spent = tab.evaluate("window.spent")
    _settle(tab)
    return spent


def _turned(tab: Page) -> list[float]:
    """Seconds to each page, coming from Predict."""
    spent = []
    for page in PAGES:
        spent.append(tab.evaluate(TURNED, page))
        _settle(tab)
        tab.get_by_role("link", name="Predict").click()
        tab.locator(SHOWN[OURS]).wait_for()
        _settle(tab)
    return spent


def _settle(tab: Page) -> None:
    tab.locator("[data-test-script-state=notRunning]").wait_for()
    tab.wait_for_timeout(PAUSE)


def _move(which: str, ours: float, plain: float, limit: float) -> Result:
    return Result(
        f"browser: slider to headline, {which}",
        f"{ours:.0f} ms",
        f"{plain:.0f} ms for a plain app",
        ours / plain,
        f"≤ {limit} ms",
        ours <= limit,
    )


def _turn(which: str, seconds: float) -> Result:
    return Result(
        f"browser: from Predict to {which}", f"{seconds:.2f} s", "–", None, f"≤ {TURN:.1f} s", seconds <= TURN
    )
