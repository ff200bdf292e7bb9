"""The README says what is so: its commands exist, its links lead somewhere, its figures are current."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from support import ROOT

from docs import results
from docs.results import SHORT
from hitcast import measures
from hitcast.bundle.card import read_card

PAGES = [
    ROOT / name
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "docs/decisions.md",
        "data/README.md",
        "models/README.md",
        "deploy/README.md",
    )
]
RESULTS = re.compile(r"<!-- results.*?-->\n(.*?)<!-- end of results -->", re.DOTALL)

# The sample is the same everywhere; other processors and versions move the third decimal.
TOLERANCE = {
    "ROC AUC": 0.01,
    "Average precision": 0.01,
    "Brier skill": 1.0,
    "Lift, top 5 %": 0.4,
    "AUC within a genre": 0.015,
}


def text(path):
    return path.read_text("utf-8")


def cells(table):
    """The rows of a Markdown table by their first cell; the first row is the header."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    return {row[0]: row[1:] for row in rows if not set("".join(row)) <= set("-:")}


def numbers(cell):
    return [float(number) for number in re.findall(r"[-+]?\d+\.?\d*", cell.replace("−", "-"))]


def test_the_results_table_is_that_of_the_sample(built):
    shown = cells(RESULTS.search(text(ROOT / "README.md"))[1])
    fresh = cells(measures.markdown(read_card(built / "models")["metrics"], SHORT))
    assert list(shown) == list(fresh)
    assert shown["Model"] == fresh["Model"], "run `make results`"
    for model in [name for name in fresh if name != "Model"]:
        for measure, ours, theirs in zip(fresh["Model"], shown[model], fresh[model], strict=True):
            apart = [abs(a - b) for a, b in zip(numbers(ours), numbers(theirs), strict=True)]
            # The ends of an interval move more than the value between them.
            allowed = [TOLERANCE[measure], *[4 * TOLERANCE[measure]] * 2][: len(apart)]
            assert all(a <= b for a, b in zip(apart, allowed, strict=True)), (
                f"{model}, {measure}: run `make results`"
            )


def test_every_field_of_the_card_is_documented(built):
    documented = set(re.findall(r"`(\w+)", text(ROOT / "models" / "README.md")))
    card = read_card(built / "models")
    measures = {measure for metrics in card["metrics"].values() for measure in metrics}
    inner = {
        *card["source"],
        *card["golden"],
        *card["metrics"],
        *card["metrics"]["rf"]["at_threshold"],
        *measures,
    }
    assert ({*card} | inner) - documented - {"threshold"} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_files_lead_somewhere(page):
    links = re.findall(r"(?:\]\(|src=\")(?!https?:|#)([^)#\"]+)", text(page))
    assert [link for link in links if not (page.parent / link).exists()] == []


def commands(program):
    """Every use of a program in the code of the README and its neighbours."""
    code = [
        block
        for page in PAGES
        for block in re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", text(page), re.DOTALL)
    ]
    lines = [line.strip() for pair in code for part in pair for line in part.splitlines()]
    return sorted({line.split("#")[0].strip() for line in lines if line.startswith(program)})


@pytest.mark.parametrize("command", commands("make "))
def test_make_knows_the_target(command):
    target = command.split()[1]
    known = re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE)
    assert target in known


@pytest.mark.parametrize("command", commands("hitcast "))
def test_the_command_line_knows_the_command_and_its_options(command):
    words = [word for word in command.split()[1:] if word != "--install-completion"]
    usage = help_of(words[0]) if words else help_of()
    unknown = [word for word in words if word.startswith("--") and word not in usage]
    assert unknown == []


def help_of(*words):
    environment = {"COLUMNS": "200", "TERM": "dumb", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-m", "hitcast", *words, "--help"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_page_of_results_is_that_of_the_sample(built):
    fresh = results.page(read_card(built / "models"))
    shown = text(ROOT / "docs" / "results.md")
    assert re.sub(r"[\d.,−]+", "", shown) == re.sub(r"[\d.,−]+", "", fresh), "run `make results`"
    apart = np.abs(np.subtract(numbers(shown), numbers(fresh)))
    assert np.quantile(apart, 0.9) < 0.05, "run `make results`"


@pytest.fixture
def home(built, tmp_path):
    """A folder to work in, with the sample's bundle."""
    for name in ("models", "data"):
        (tmp_path / name).symlink_to(built / name)
    return tmp_path


def test_the_session_on_the_command_line_is_what_it_prints(home):
    (session,) = re.findall(r"```console\n(.*?)```", text(ROOT / "README.md"), re.DOTALL)
    (_, file), (command, printed) = (part.split("\n", 1) for part in session.split("$ ")[1:])
    (home / "demos.csv").write_text(file)
    done = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=home, capture_output=True, text=True, check=True
    )
    said = done.stdout + done.stderr
    assert re.sub(r"\d\.\d+", "", said) == re.sub(r"\d\.\d+", "", printed)
    assert numbers(said) == pytest.approx(numbers(printed), rel=0.1)


def test_the_lines_of_python_run(home):
    (example,) = re.findall(r"```python\n(.*?)```", text(ROOT / "README.md"), re.DOTALL)
    *lines, last = example.strip().splitlines()
    script = "\n".join([*lines, f"print({last}.to_json(orient='records'))"])
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=home, capture_output=True, text=True, check=True
    )
    (scores,) = json.loads(done.stdout)
    assert 0 < scores["p_blend"] < 1 and scores["lift"] > 0


def test_every_page_of_the_dashboard_is_named():
    pages = [path.stem for path in (ROOT / "app_pages").glob("[!_]*.py")]
    assert [page for page in pages if f"| {page.capitalize()} |" not in text(ROOT / "README.md")] == []


def test_make_help_names_every_command():
    helped = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"make run", "make test", "make notebook", "make deploy"} <= set(
        re.findall(r"make [a-z-]+", helped)
    )
