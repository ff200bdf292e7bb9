"""Every page for those who do not see it or use no mouse: axe's rules, one h1, the way from the keyboard to the answer."""

import itertools

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PAGES = ("/", "/catalogue", "/compare", "/data")
# What Streamlit draws around our words: what a rule finds in it, by the HTML of it.
STREAMLITS = {
    "aria-allowed-attr": '<div aria-haspopup="true"',  # the button of a popover stands in a div that says it has one
    "label": "stFileUploaderDropzo",  # the hidden input of an uploader, whose visible label is not tied to it
    "summary-name": "<summary>",  # the menu of a chart
}


def grave(page):
    """What axe finds serious or critical, but for what is Streamlit's own."""
    found = Axe().run(page).response["violations"]
    return [
        (each["id"], node["html"], node["failureSummary"])
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
        if STREAMLITS.get(each["id"], "\0") not in node["html"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious_of_ours(visit, path, theme):
    assert not grave(visit(path, theme=theme))


def test_axe_would_find_something(visit):
    page = visit("/data")
    bad = '<button></button><p style="color: #ccc">pale</p>'
    page.locator("[data-testid=stMarkdown]").first.evaluate(f"place => place.innerHTML = '{bad}'")
    assert {rule for rule, *_ in grave(page)} == {"button-name", "color-contrast"}


@pytest.mark.parametrize("path", PAGES)
def test_headings_form_an_outline_from_one_h1(visit, path):
    page = visit(path)
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "all => all.map(each => +each.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_first_stop_of_the_keyboard_on_the_page_leads_to_the_answer(visit):
    page = visit()
    page.locator("[data-testid=stMain]").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = (
        "document.querySelector('.st-key-predict_headline').compareDocumentPosition(document.activeElement)"
    )
    following_or_within = 4 | 16
    assert page.evaluate(inside) & following_or_within


def test_a_new_answer_is_read_aloud(visit):
    page = visit()
    live = page.locator("[aria-live=polite]:has(.st-key-predict_in_short)")
    before = live.text_content()
    page.get_by_role("slider", name="Energy").press("PageDown")
    expect(live).not_to_have_text(before)
    assert "in 1,000" in live.text_content()
