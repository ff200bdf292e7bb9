"""`python -m hitcast` as a person types it: what it prints, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*arguments, **options):
    """The finished process of a command, in the project's folder."""
    return subprocess.run(
        [sys.executable, "-m", "hitcast", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env=os.environ | {"COLUMNS": "200"},
        **options,
    )


def folders(path):
    return "--models-dir", path / "models", "--data-dir", path / "data"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table of 900 real tracks."""
    from hitcast import sources

    path = tmp_path_factory.mktemp("cli") / "tracks.csv"
    sources.load("sample").table.iloc[::5].to_csv(path, index=False)
    return path


def test_build_makes_a_bundle_that_info_describes(table, tmp_path):
    built = run("build", "--source", table, "--features", "core", "--threshold", 70, *folders(tmp_path))
    assert (built.returncode, built.stderr) == (0, "")
    card = json.loads((tmp_path / "models" / "card.json").read_text())
    assert (card["threshold"], card["source"]["name"], len(card["features"])) == (70, "file", 4)
    told = run("info", *folders(tmp_path))
    assert told.returncode == 0
    assert f"{card['hits']:,} hits" in told.stdout
    assert "Always the base rate" in told.stdout


def mistakes():
    """Command lines that a person can get wrong, and a word of the sentence that answers."""
    return {
        "no such file": (["build", "--source", "nowhere.csv"], "nowhere.csv"),
        "no such folder": (["build", "--source", "no/such/folder/x.parquet"], "x.parquet"),
        "too few hits": (["build", "--source", "sample", "--threshold", "100"], "threshold"),
        "a threshold beyond the scale": (["build", "--threshold", "300"], "100"),
        "a threshold in words": (["build", "--threshold", "high"], "Invalid value for '--threshold'"),
        "an unknown set": (["build", "--features", "some"], "core"),
        "an unknown option": (["build", "--hits", "3"], "--hits"),
        "an unknown command": (["train"], "train"),
        "Spotify without credentials": (["build", "--source", "spotify"], "Spotify"),
    }


@pytest.mark.parametrize("case", mistakes())
def test_a_mistake_ends_in_one_line_and_exit_code_1(case, tmp_path):
    arguments, word = mistakes()[case]
    ended = run(*arguments, *(folders(tmp_path) if arguments[0] == "build" else ()))
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert word in ended.stderr
    assert ended.stdout == ""


def test_a_table_of_something_else_is_told_which_columns_are_missing(tmp_path):
    (tmp_path / "other.csv").write_text("dance_ability_,Engery,price\n1,2,3\n")
    ended = run("build", "--source", tmp_path / "other.csv", *folders(tmp_path))
    assert ended.returncode == 1
    assert all(word in ended.stderr for word in ("energy", "Engery", "tempo"))
    assert ended.stderr.count("\n") == 1


def test_an_unwritable_folder_is_said_before_anything_is_computed(tmp_path):
    (tmp_path / "models").write_text("in the way")
    ended = run("build", "--source", "sample", *folders(tmp_path))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "cannot be written" in ended.stderr


def test_info_without_a_bundle_says_so(tmp_path):
    ended = run("info", *folders(tmp_path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "no bundle" in ended.stderr
