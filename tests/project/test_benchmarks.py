"""The benchmarks run and say what they measured; how fast this machine is, is not tested."""

import platform

import pyarrow.parquet as pq
import pytest
from support import ROOT

from benchmarks import __main__, catalogues, results, score
from benchmarks.results import Result
from hitcast import tracks


@pytest.fixture(scope="module")
def folders(built):
    return built / "models", built / "data"


def test_scoring_is_measured_beside_the_bare_calls(folders):
    for result in score.speed(*folders, rows=500):
        assert result.ratio > 0 and "500 rows" in result.what and "bare" in result.alternative


def test_memory_is_that_of_the_command_line(folders):
    [result] = score.memory(*folders, rows=200, many=400)
    assert result.ratio == pytest.approx(1, abs=0.3) and "MB" in result.ours


def test_a_catalogue_of_any_length_can_be_scored(bundle, tmp_path):
    catalogues.write(bundle, tmp_path / "many.parquet", 250)
    table = pq.read_table(tmp_path / "many.parquet").to_pandas()
    _, problem = tracks.check(table, bundle.features)
    assert len(table) == 250 and (problem == "").all()


def test_a_part_of_the_benchmarks_leaves_the_other_figures(tmp_path):
    path = tmp_path / "results.md"
    results.write(
        [Result("one", "1 s", "2 s", 0.5, "≤ 1", True), Result("two", "3 s", "1 s", 3.0, "≤ 1", False)], path
    )
    results.write([Result("two", "1 s", "1 s", 1.0, "≤ 1", True)], path)
    text = path.read_text("utf-8")
    assert "| `one` | 1 s | 2 s | 0.50 | ≤ 1 | yes |" in text
    assert "| `two` | 1 s | 1 s | 1.00 | ≤ 1 | yes |" in text and "3.00" not in text


def test_the_results_name_no_machine(tmp_path):
    results.write([], tmp_path / "results.md")
    text = (tmp_path / "results.md").read_text("utf-8")
    assert platform.node() not in text and str(ROOT) not in text


def test_an_unknown_benchmark_is_said(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmarks", "luck"])
    with pytest.raises(SystemExit):
        __main__.main()
    assert "luck" in capsys.readouterr().err
