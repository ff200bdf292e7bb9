"""The first notebook with Spotify as its source: against services that answer, and against none."""

import shutil

import pytest
from support import ROOT
from support.fake_servers import PLAYLIST, make_tracks
from support.notebooks import BUILD, code_cells, run

from hitcast.bundle.card import read_card
from hitcast.sources import sample


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the project, with a third of the sample's artists."""
    shutil.copytree(ROOT / "hitcast", tmp_path / "hitcast", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("data", "models", "notebooks"):
        (tmp_path / folder).mkdir()
    # Before the package that is installed.
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    shutil.copy(BUILD, tmp_path / "notebooks")
    raw = sample.load().rows
    third = raw[raw["artists"].str.split(";").str[0].factorize()[0] % 3 == 0]
    third.to_csv(tmp_path / "hitcast" / "sources" / sample.PATH.name, index=False)
    return tmp_path


def rerun(fake, project, monkeypatch, source, **addresses):
    """The notebook's running text, and the card that it wrote."""
    for name, value in (fake.environment(project / "data" / "cache") | addresses).items():
        monkeypatch.setenv(name, value)
    parameters = {"SOURCE": source, "PLAYLISTS": [PLAYLIST], "THRESHOLD": 75, "FEATURE_SET": "core"}
    notebook = run(project / "notebooks" / BUILD.name, **parameters)
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs if "data" in output]
    said = [output.data.get("text/markdown") or output.data.get("text/html", "") for output in outputs]
    return "\n".join(said), read_card(project / "models")


@pytest.fixture
def many(fake):
    """Six hundred tracks, a tenth of them unknown to ReccoBeats."""
    fake.tracks = make_tracks(600, seed=5)
    fake.playlists[PLAYLIST] = list(fake.tracks)
    fake.at_reccobeats = fake.by_isrc = set(list(fake.tracks)[60:])
    return fake


def test_it_trains_on_what_the_services_gave_and_the_card_says_so(many, project, monkeypatch):
    said, card = rerun(many, project, monkeypatch, "spotify")
    assert card["source"]["name"] == "spotify" and card["rows"] == 540
    assert card["source"]["counts"]["features missing"] == 60 == sum(card["cleaning"].values())
    assert "forbid training" in said and "| fetched | 600 |" in said and "<progress" in said
    assert "secret" not in str(card) and many.settings(project).client_secret not in str(card)


def test_where_nobody_answers_it_goes_on_with_the_sample_and_says_why(many, project, monkeypatch):
    dead = "http://127.0.0.1:9"
    addresses = {
        "HITCAST_SPOTIFY_API": f"{dead}/v1/",
        "HITCAST_SPOTIFY_ACCOUNTS": dead,
        "HITCAST_RECCOBEATS_API": dead,
    }
    said, card = rerun(many, project, monkeypatch, "auto", **addresses)
    assert card["source"]["name"] == "sample"
    (passed_over,) = card["source"]["passed_over"]
    assert passed_over["name"] == "spotify" and "cannot be reached" in passed_over["reason"]
    assert passed_over["reason"] in said
