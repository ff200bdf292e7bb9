"""The dashboard in a real browser against a real server."""

import re

import pytest
from playwright.sync_api import expect
from support.browsing import DESK, settle

PHONE = {"width": 390, "height": 844}
BOXES = [".st-key-predict_headline", *(f".st-key-card_{name}" for name in ("logreg", "rf", "xgb"))]
CHANCE = re.compile(r"[\d.]+ in 1,000")


def chances(page):
    """The headline's chance and each model's."""
    return [CHANCE.search(page.locator(box).text_content()).group() for box in BOXES]


def slider(page, name):
    return page.get_by_role("slider", name=name)


def test_moving_a_slider_changes_the_probabilities(visit):
    page = visit()
    before = chances(page)
    for _ in range(3):
        slider(page, "Energy").press("PageDown")
    for box, then in zip(BOXES, before, strict=True):
        expect(page.locator(box).locator("h2, strong").first).not_to_have_text(then)
    page.wait_for_timeout(1000)  # each of the three moves has a run of its own
    settle(page)
    for chance in chances(page):
        expect(
            page.locator(".st-key-predict_headline, [class*=st-key-card]", has_text=chance).first
        ).to_be_attached()
    picture = page.locator(".st-key-predict_headline [role=img]")
    expect(picture).to_have_attribute("aria-label", re.compile(f"^{chances(page)[0]} dots"))


def test_sliders_moved_at_once_give_one_answer(visit):
    """Their fragments run one after the other in one run of the script."""
    page = visit()
    for name in ("Energy", "Tempo", "Valence", "Danceability"):
        slider(page, name).press("PageDown")
    page.wait_for_timeout(1500)
    settle(page)
    expect(page.locator("[data-testid=stAlertContentError], [data-testid=stException]")).to_have_count(0)
    page.get_by_role("button", name="Link").click()
    link = page.locator("[data-testid=stCode]").inner_text().strip()
    page.keyboard.press("Escape")
    assert chances(visit(link[link.index("?") :])) == chances(page)


def test_nothing_is_left_of_an_answer_that_a_move_has_replaced(visit):
    """Each slider is a fragment of its own, and draws over what another one drew."""
    page = visit()
    headline = page.locator(".st-key-predict_headline")
    for _ in range(8):
        slider(page, "Energy").press("PageDown")
    expect(headline).to_contain_text("Unlike anything the models have seen")
    slider(page, "Tempo").press("PageDown")
    settle(page)
    for _ in range(8):
        slider(page, "Energy").press("PageUp")
    expect(headline).not_to_contain_text("Unlike anything")
    settle(page)
    expect(headline.locator("h2")).to_have_count(1)
    expect(headline.get_by_text("which says little here")).to_have_count(0)


def test_a_link_restores_the_track(visit):
    page = visit()
    slider(page, "Energy").press("PageUp")
    expect(page.get_by_text(", changed")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Link").click()
    link = page.locator("[data-testid=stCode]").inner_text().strip()
    again = visit(link[link.index("?") :])
    value = slider(page, "Energy").get_attribute("aria-valuenow")
    expect(slider(again, "Energy")).to_have_attribute("aria-valuenow", value)
    for box, chance in zip(BOXES, chances(page), strict=True):
        expect(again.locator(box)).to_contain_text(chance)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("path", ["/", "/data"])
def test_nothing_is_wider_than_the_screen(visit, path, size):
    page = visit(path, size)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    assert page.locator("[data-testid=stAlertContentError], [data-testid=stException]").count() == 0


def test_a_phone_keeps_the_answer_above_the_sliders(visit):
    page = visit("/", PHONE)
    slider(page, "Tempo").scroll_into_view_if_needed()
    expect(page.locator(".st-key-predict_in_short")).to_be_in_viewport()
