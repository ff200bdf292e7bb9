"""Predict's way in from outside: a Spotify link or a recording, asked of the fake services."""

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect, sync_playwright
from support.driving import find, opened, run, serving, shown

from benchmarks import chromium
from dashboard import access, lookup
from hitcast.features import BY_NAME


@pytest.fixture
def page(fake, reads, monkeypatch, tmp_path):
    """Opens Predict on a machine that has no credentials, in front of the fake services."""
    for name, value in fake.environment(tmp_path).items():
        monkeypatch.setenv(name, "" if name.startswith("SPOTIPY") else value)
    return opened


def look_up(at, text):
    run(at.text_input(key="live_link").set_value(text))
    return run(at.button(key="live_look_up").click())


def test_a_link_moves_the_sliders_and_names_the_track(fake, page):
    track = list(fake.tracks.values())[3]
    at = look_up(page(), f"https://open.spotify.com/track/{track['id']}?si=x")
    assert not at.exception and not at.error
    for name in ("danceability", "energy", "valence"):
        assert at.slider(key=f"predict_{name}").value == pytest.approx(
            track["features"][name], abs=BY_NAME[name].step
        )
    assert f"Song 3, by Artist 1 (popularity {track['popularity']})" in shown(at)
    assert "ReccoBeats" in shown(at)


def test_what_could_not_be_had_is_named(fake, page):
    at = look_up(page(), next(iter(fake.tracks)))
    assert (
        "Not known, so as in the median track and never a reason: Time signature and Explicit lyrics."
        in shown(at)
    )


def test_what_is_said_of_a_track_goes_when_another_one_comes(fake, page):
    at = look_up(page(), next(iter(fake.tracks)))
    find(at, 0)
    assert "Not known" not in shown(at)


def test_nothing_is_sent_until_the_button_is_pressed(fake, page):
    at = page()
    run(at.text_input(key="live_link").set_value(next(iter(fake.tracks))))
    assert not fake.requests
    assert "reccobeats.com" in shown(at)


def test_without_a_link_there_is_nothing_to_press(page):
    at = page()
    assert at.button(key="live_look_up").disabled and at.button(key="live_measure").disabled


@pytest.mark.parametrize(
    "text", ["hello", "https://evil.example/track/11dFghVXANMlKmJXsNCbNl", "spotify:album:" + "a" * 22]
)
def test_what_is_no_track_is_explained_and_not_sent(fake, page, text):
    before = page()
    values = {slider.key: slider.value for slider in before.slider}
    at = look_up(before, text)
    assert len(at.error) == 1 and not fake.requests
    assert values == {slider.key: slider.value for slider in at.slider}


def test_a_track_that_nobody_knows_leaves_the_page_as_it_is(fake, page):
    at = look_up(page(), "0" * 22)
    assert "does not know this track" in at.error[0].value and not at.exception


def test_a_service_that_is_away_is_said(fake, page):
    fake.fail("reccobeats", 503, "<html>", times=None)
    at = look_up(page(), next(iter(fake.tracks)))
    assert "ReccoBeats has a problem" in at.error[0].value


def test_a_title_cannot_write_markdown(fake, page):
    track = next(iter(fake.tracks.values()))
    track["name"], track["features"]["loudness"] = "**bold** [x](http://x)", -70.0
    at = look_up(page(), track["id"])
    assert not at.exception and all("[x](http" not in element.value for element in at.markdown)


def test_where_there_is_no_network_it_is_off_with_a_reason(page, monkeypatch):
    monkeypatch.setenv("HITCAST_OFFLINE", "1")
    at = page()
    assert "switched off" in shown(at)
    assert not [box for box in at.text_input if box.key == "live_link"]


def test_in_snowflake_it_is_off_with_a_reason(page, monkeypatch):
    monkeypatch.setattr(access, "find_spec", lambda name: object())
    assert "Snowflake lets an app ask no service" in lookup.offline()


@pytest.fixture
def window(page):
    """Predict in a real browser, because Streamlit's own tester cannot drop a file."""
    with serving() as address, sync_playwright() as playwright:
        browser = chromium.launched(playwright)
        window = browser.new_page()
        window.set_default_timeout(60_000)
        window.goto(address)
        window.locator("[data-test-script-state=notRunning]").wait_for()
        yield window
        browser.close()


def test_a_dropped_recording_is_measured_when_the_button_is_pressed(fake, window, tmp_path):
    demo = tmp_path / "My demo.wav"
    soundfile.write(demo, 0.3 * np.sin(np.arange(44_100 * 40) / 15), 44_100)
    window.locator("input[type=file]").set_input_files(demo)
    window.get_by_text("My demo.wav").wait_for()
    button = window.get_by_role("button", name="Measure it")
    expect(button).to_be_enabled(timeout=60_000)
    assert not fake.requests
    button.click()
    window.get_by_text("can lie on another scale").wait_for()
    assert len(fake.uploads) == 1
    expect(window.get_by_text("My demo", exact=True)).to_be_visible()
    expect(window.get_by_text("Key, Mode", exact=False)).to_be_visible()
