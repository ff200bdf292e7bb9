"""The second notebook, run on part of the sample, tells that part's story."""

import pytest
from support import ROOT
from support.notebooks import code_cells, run

from hitcast import tracks
from hitcast.sources import sample

STUDY = ROOT / "notebooks" / "02_imbalance_and_shap.ipynb"


def some_artists(path, start):
    """Every tenth artist of the sample as a table of one's own, copies and all."""
    raw = sample.load().rows
    raw = raw[raw["artists"].str.split(";").str[0].factorize()[0] % 10 == start]
    raw.to_csv(path, index=False)
    return raw


@pytest.fixture(scope="module")
def rerun(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    raw = some_artists(folder / "own.csv", 0)
    some_artists(folder / "other.csv", 1)
    notebook = run(STUDY, SOURCE=str(folder / "own.csv"), OTHER=str(folder / "other.csv"), THRESHOLD=70)
    return notebook, raw


def said(notebook):
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"execute_result", "display_data"}
    return "\n".join(output.data.get("text/markdown", "") for output in outputs)


def test_rerun_it_speaks_of_its_own_tracks_and_threshold(rerun):
    notebook, raw = rerun
    table, report = tracks.conform(raw)
    text = said(notebook)
    assert f"{report.rows_in:,} rows are {len(table):,} recordings" in text
    assert f"At 70 a hit is 1 track in {1 / tracks.label(table, 70).mean():,.0f}" in text
    assert f"{len(table):,} tracks × 3 models" in text


def test_rerun_every_section_comes_to_a_conclusion(rerun):
    text = said(rerun[0])
    for conclusion in (
        "A hit stands in the raw table",
        "grown-out forest",
        "No clear difference",
        "Ranking.",
        "SMOTE: ",
        "F1-best.",
        "Strongest over all ways",
        "Seen coming",
        "No time split",
        "this table → the other table",
        "Audio alone has",
    ):
        assert conclusion in text
