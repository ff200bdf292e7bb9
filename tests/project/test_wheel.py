"""HitCast as it is installed: the wheel in an environment of its own, in a folder that is not the project's."""

import shutil
import subprocess
import sys

import pytest
from playwright.sync_api import expect, sync_playwright
from support import ROOT

from benchmarks import chromium
from benchmarks.server import free_port, wait_for

BUILD_SECONDS = 240
UV = ROOT / ".venv" / "bin" / "uv"


@pytest.fixture(scope="module")
def hitcast(tmp_path_factory):
    """The command of an installed wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in tracked.decode().split("\0")[:-1]:
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / "source" / name)
    uv("build", "--wheel", "--out-dir", folder, folder / "source")
    uv("venv", "--python", sys.executable, folder / "env")
    uv("pip", "install", "--python", folder / "env" / "bin" / "python", *folder.glob("*.whl"))
    return folder / "env" / "bin" / "hitcast"


def uv(*arguments):
    subprocess.run([UV, "--quiet", *arguments], check=True)


@pytest.fixture(scope="module")
def folder(hitcast, tmp_path_factory):
    """A folder in which the installed dashboard was opened; it had no models, so it has built them."""
    folder = tmp_path_factory.mktemp("elsewhere")
    port = free_port()
    server = subprocess.Popen(
        [hitcast, "app", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        with sync_playwright() as playwright:
            browser = chromium.launched(playwright)
            page = browser.new_page()
            page.goto(f"http://localhost:{port}")
            expect(page.get_by_text("There is no bundle")).to_be_visible()
            expect(page.locator("[data-testid=stProgress]")).to_be_visible()
            expect(page.get_by_text("songs that sound like this").first).to_be_visible(
                timeout=BUILD_SECONDS * 1000
            )
            browser.close()
    finally:
        server.terminate()
        server.wait(timeout=30)
    return folder


def test_the_dashboard_builds_from_the_sample_into_the_folder_that_it_is_started_in(hitcast, folder):
    assert {path.name for path in folder.iterdir()} == {"models", "data"}
    said = subprocess.run([hitcast, "info"], cwd=folder, capture_output=True, text=True, check=True).stdout
    assert "4,483 tracks from sample" in said


def test_it_scores_a_pipe(hitcast, folder):
    rows = b"danceability,energy,valence,tempo\n0.7,0.6,0.5,120\n"
    done = subprocess.run([hitcast, "score", "-"], cwd=folder, input=rows, capture_output=True, check=True)
    assert done.stdout.decode().splitlines()[1].startswith("0.7,0.6,0.5,120,0.0")
