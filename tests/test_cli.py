"""`python -m hitcast` as a person types it: what it prints, and how it ends."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support import ROOT

import hitcast
from hitcast import measures, snowflake
from hitcast.bundle.card import read_card


def run(*arguments, **options):
    """The finished process of a command, in the project's folder."""
    return subprocess.run(
        [sys.executable, "-m", "hitcast", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        **{"env": os.environ | {"COLUMNS": "200"}} | options,
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
    shown = run("info", *folders(tmp_path))
    assert shown.returncode == 0
    assert f"{card['hits']:,} hits" in shown.stdout
    assert "Always the base rate" in shown.stdout


def mistakes():
    """Command lines that a person can get wrong, and a word of the sentence that answers."""
    return {
        "no such file": (["build", "--source", "nowhere.csv"], "nowhere.csv"),
        "no such folder": (["build", "--source", "no/such/folder/x.parquet"], "x.parquet"),
        "too few hits": (["build", "--source", "sample", "--threshold", "100"], "threshold"),
        "a threshold beyond the scale": (["build", "--threshold", "300"], "100"),
        "a seed that no generator takes": (["build", "--seed", "99999999999"], "--seed"),
        "a threshold in words": (["build", "--threshold", "high"], "Invalid value for '--threshold'"),
        "an unknown set": (["build", "--features", "some"], "core"),
        "an unknown option": (["build", "--hits", "3"], "--hits"),
        "an unknown command": (["train"], "train"),
        "Spotify without credentials": (["build", "--source", "spotify"], "Spotify"),
    }


@pytest.mark.parametrize("case", mistakes())
def test_a_mistake_ends_in_one_line_and_exit_code_1(entered, case, tmp_path):
    arguments, word = mistakes()[case]
    ended = entered(*arguments, *(folders(tmp_path) if arguments[0] == "build" else ()))
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert word in ended.stderr
    assert ended.stdout == ""


def test_a_table_of_something_else_is_told_which_columns_are_missing(entered, tmp_path):
    (tmp_path / "other.csv").write_text("dance_ability_,Engery,price\n1,2,3\n")
    ended = entered("build", "--source", tmp_path / "other.csv", *folders(tmp_path))
    assert ended.returncode == 1
    assert all(word in ended.stderr for word in ("energy", "Engery", "tempo"))
    assert ended.stderr.count("\n") == 1


def test_an_unwritable_folder_is_said_before_anything_is_computed(entered, tmp_path):
    (tmp_path / "models").write_text("in the way")
    ended = entered("build", "--source", "sample", *folders(tmp_path))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "cannot be written" in ended.stderr


@pytest.mark.parametrize("command", [["info"], ["snowflake-sql"], ["score", "x.csv", "--out", "y.csv"]])
def test_without_a_bundle_it_says_where_none_is(entered, command, tmp_path):
    ended = entered(*command, "--models-dir", tmp_path / "nowhere")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"no bundle in {tmp_path}/nowhere" in ended.stderr


def test_figures_can_be_kept_in_a_file_whatever_its_encoding(built):
    old = os.environ | {"PYTHONIOENCODING": "cp1252"}
    ended = run("info", "--format", "markdown", *folders(built), env=old, encoding="cp1252")
    assert ended.returncode == 0 and "\\u2212" in ended.stdout and "×" in ended.stdout


def test_info_finishes_a_move_that_was_cut_short(entered, built, tmp_path):
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    stage = tmp_path / "models" / ".next"
    for move in (Path.rename, shutil.copy):
        stage.mkdir()
        for name in ("model_rf.joblib", "card.json"):
            move(tmp_path / "models" / name, stage / name)
        assert entered("info", *folders(tmp_path)).returncode == 0
        assert not stage.exists()


def test_no_sql_is_written_of_a_bundle_that_another_is_about_to_replace(entered, built, tmp_path):
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    (tmp_path / "models" / ".next").mkdir()
    ended = entered("snowflake-sql", "--out", "-", *folders(tmp_path)[:2])
    assert (ended.returncode, ended.stdout) == (1, "") and "run `hitcast info`" in ended.stderr


def test_the_sql_is_written_only_where_a_file_can_be(entered, built, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place, words in {"pipe": "is not a file", "none/score.sql": "There is no folder"}.items():
        ended = entered("snowflake-sql", "--out", tmp_path / place, *folders(built)[:2])
        assert ended.returncode == 1 and words in ended.stderr


def test_the_results_fit_into_eighty_columns(entered, built):
    shown = entered("info", *folders(built)).stdout
    table = shown[shown.index("┏") :]
    assert max(map(len, table.splitlines())) <= 80
    assert "0.500" in table and table.count("ROC AUC") == 5


def test_info_loads_nothing_heavy(built):
    arguments = ["info", *map(str, folders(built))]
    script = f"""
import sys
from hitcast import cli
sys.argv = ["hitcast", *{arguments!r}]
try:
    cli.main()
finally:
    print(sorted({{"pandas", "sklearn", "xgboost", "pyarrow", "altair", "rfc3987_syntax"}} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "ROC AUC" in done.stdout and done.stderr == "[]\n"


def test_info_notices_another_file_and_with_check_another_figure(entered, built, tmp_path):
    copy = shutil.copytree(built, tmp_path / "copy")
    card = json.loads((copy / "models" / "card.json").read_text())
    card["base_rate"] /= 10
    (copy / "models" / "card.json").write_text(json.dumps(card))
    assert entered("info", *folders(copy)).returncode == 0
    assert "base_rate" in entered("info", "--check", *folders(copy)).stderr
    (copy / "models" / "model_rf.joblib").write_bytes(b"another")
    assert "model_rf.joblib is not the file" in entered("info", *folders(copy)).stderr


def test_it_says_its_version_and_completes_itself():
    assert run("--version").stdout == f"hitcast {hitcast.__version__}\n"
    completed = run(
        env=os.environ | {"_HITCAST_COMPLETE": "complete_bash", "COMP_WORDS": "hitcast sc", "COMP_CWORD": "1"}
    )
    assert "score" in completed.stdout


@pytest.mark.parametrize("command", ["build", "info", "score", "app", "snowflake-sql"])
def test_every_command_shows_an_example(entered, command):
    assert f"Example: hitcast {command}" in entered(command, "--help").stdout


def test_info_gives_the_card_as_json_and_the_results_as_markdown(entered, built):
    card = json.loads(entered("info", "--format", "json", *folders(built)).stdout)
    assert card == read_card(built / "models")
    table = entered("info", "--format", "markdown", *folders(built)).stdout
    assert table == measures.markdown(card["metrics"]) + "\n"


def test_a_pipe_gives_rows_and_takes_scores_in_the_form_that_is_asked_for(built):
    rows = (built / "data" / "raw_tracks.csv").read_bytes().splitlines(keepends=True)[:20]
    command = [
        sys.executable,
        "-m",
        "hitcast",
        "score",
        "-",
        "--format",
        "parquet",
        *map(str, folders(built)),
    ]
    done = subprocess.run(command, input=b"".join(rows), capture_output=True, cwd=ROOT, check=True)
    assert pq.read_table(io.BytesIO(done.stdout)).num_rows == 19


def test_the_sql_can_go_to_standard_output(built):
    done = run("snowflake-sql", "--out", "-", *folders(built)[:2])
    assert done.stdout == snowflake.script(read_card(built / "models"), built / "models")
