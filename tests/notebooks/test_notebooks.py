"""The notebooks run from start to end, define nothing, and are shown as they ran, without traces of a machine."""

import ast
import json
import re

import nbformat
import pytest
from support import ROOT
from support.notebooks import BUILD, code_cells, run

from hitcast.bundle import disk
from hitcast.bundle.card import read_card
from hitcast.sources import sample

NOTEBOOKS = [pytest.param(path, id=path.stem) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]


@pytest.fixture(scope="module")
def rerun(tmp_path_factory):
    """The first notebook on every third artist of the sample, and the folder that it wrote to."""
    folder = tmp_path_factory.mktemp("notebook")
    raw = sample.load().rows
    raw[raw["artists"].str.split(";").str[0].factorize()[0] % 3 == 0].to_csv(folder / "own.csv", index=False)
    places = {"DATA_DIR": str(folder / "data"), "MODELS_DIR": str(folder / "models")}
    return run(BUILD, SOURCE=str(folder / "own.csv"), THRESHOLD=75, FEATURE_SET="core", **places), folder


def test_rerun_on_a_table_of_ones_own_it_saves_a_bundle_of_that_table(rerun):
    _, folder = rerun
    bundle = disk.load(folder / "models", folder / "data")
    assert bundle.card["source"]["name"] == "file" and bundle.card["threshold"] == 75
    assert 500 < len(bundle.tracks) < 3000


def test_rerun_it_warns_of_nothing_and_speaks_of_its_own_run(rerun):
    notebook, folder = rerun
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"execute_result", "display_data"}
    said = "\n".join(output.data.get("text/markdown", "") for output in outputs)
    hits = read_card(folder / "models")["hits"]
    assert "own.csv" in said and f"{hits:,} of " in said


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_it_defines_no_functions(path):
    for cell in code_cells(nbformat.read(path, as_version=4)):
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, defined)]


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_it_is_committed_as_it_ran(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"execute_result", "display_data"}
    assert sum("image/png" in output.data for output in outputs) >= 5
    assert path.stat().st_size < 2_000_000


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_it_tells_nothing_of_the_machine_it_ran_on(path):
    notebook = json.loads(path.read_text("utf-8"))
    shown = [
        "".join(text) if isinstance(text, list) else str(text)
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        for kind, text in output["data"].items()
        if kind.startswith("text/")
    ]
    traces = re.findall(
        r"(?:/(?:home|Users|tmp|root|work|mnt|opt)/\S*|[A-Z]:\\\S*|0x[0-9a-f]{6,})", "\n".join(shown)
    )
    assert traces == []
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}
