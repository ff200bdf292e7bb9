"""Which tracks the models learned from is said with the chance, and others are offered."""

import json
import shutil

import pytest
from playwright.sync_api import sync_playwright
from support.driving import opened, run, serving, shown

from benchmarks import chromium
from hitcast.bundle.card import read_card
from hitcast.sources import synthetic


@pytest.fixture
def own(built, tmp_path, reads):
    """A bundle that may be replaced."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    reads(tmp_path)
    return tmp_path


def data_page():
    app = opened()
    app.switch_page("app_pages/data.py")
    return run(app)


def offered(app):
    buttons = [button.key for button in app.button if button.key and button.key.startswith("data_learn_")]
    return buttons + ["a file" for _ in app.get("file_uploader")]


@pytest.mark.usefixtures("reads")
def test_what_a_chance_is_true_of_is_said_beside_it(bundle):
    said = shown(opened())
    assert f"Learned from {bundle.card['rows']:,} tracks." in said and bundle.card["source"]["detail"] in said


@pytest.mark.usefixtures("reads")
def test_public_tables_are_offered_with_their_licence():
    app = data_page()
    assert offered(app) == ["data_learn_tidytuesday", "a file"] and "Licence: MIT" in shown(app)


def test_models_learn_from_a_public_table_at_the_press_of_a_button(own, publisher):
    app = data_page()
    run(app.button(key="data_learn_songs").click())
    card = read_card(own / "models")
    assert card["source"]["name"] == "songs" and "Songs. Licence: CC0." in shown(app)
    assert offered(run(app)) == ["data_learn_sample", "data_learn_tidytuesday", "a file"]


def test_where_it_cannot_be_had_the_models_stay_and_one_sentence_says_why(own, publisher):
    publisher.content = b"<html>"
    app = data_page()
    run(app.button(key="data_learn_songs").click())
    assert "not the table that HitCast knows" in shown(app)
    assert [each.value for each in app.header][-1] == "The tracks" and not app.get("progress")
    assert read_card(own / "models")["source"]["name"] == "sample"


def test_tracks_that_cannot_be_had_again_are_never_replaced_from_a_page(own):
    path = own / "models" / "card.json"
    card = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(card | {"source": card["source"] | {"name": "file"}}), "utf-8")
    assert offered(data_page()) == []


def test_models_learn_from_a_dropped_file_at_another_threshold(own, tmp_path):
    synthetic.load(1500, seed=1).rows.to_csv(tmp_path / "my tracks.csv", index=False)
    folders = {"HITCAST_MODELS_DIR": str(own / "models"), "HITCAST_DATA_DIR": str(own / "data")}
    with serving(**folders) as address, sync_playwright() as playwright:
        window = chromium.launched(playwright).new_page()
        window.set_default_timeout(120_000)
        window.goto(f"{address}/data")
        window.get_by_text("Learn from other tracks").click()
        window.locator(".st-key-data_own_file input[type=file]").set_input_files(tmp_path / "my tracks.csv")
        window.get_by_label("A hit has this popularity or more").fill("70")
        window.get_by_label("A hit has this popularity or more").press("Enter")
        window.get_by_role("button", name="Learn from this file").click()
        window.get_by_text("1,500 rows of my tracks.csv").wait_for()
        window.get_by_text("No page replaces these tracks").wait_for()
    card = read_card(own / "models")
    assert card["threshold"] == 70 and card["source"]["name"] == "file"


@pytest.mark.usefixtures("reads")
def test_who_is_served_by_others_cannot_replace_their_models(monkeypatch):
    monkeypatch.setenv("HITCAST_HOSTS", "music.example.org")
    assert offered(data_page()) == []


def test_nothing_is_offered_that_would_ask_others_where_that_is_switched_off(reads, monkeypatch):
    monkeypatch.setenv("HITCAST_OFFLINE", "1")
    assert offered(data_page()) == ["a file"]
