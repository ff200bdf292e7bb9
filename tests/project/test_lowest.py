"""The oldest versions that the requirement lists allow build, score, explain, draw, ask and open the app."""

import subprocess
from pathlib import Path

import pytest
from support import ROOT

PYTHON = ROOT / "build" / "lowest" / "bin" / "python"
# They build a bundle, score with it, open the app, balance with SMOTE, explain, draw and ask the services.
FILES = (
    "test_cli.py::test_build_makes_a_bundle_that_info_describes",
    "test_cli.py::test_it_says_its_version_and_completes_itself",
    *(f"sources/live/test_{name}.py" for name in ("reccobeats", "spotify", "spotify_client", "one_track")),
    *(f"sources/live/test_{name}.py" for name in ("cache", "settings", "audio_file")),
    *("charts/test_charts.py", "explain/test_explain.py", "report/test_report.py", "test_models.py"),
    *("dashboard/test_versions.py", "test_scoring.py"),
)


@pytest.mark.timeout(900)
def test_the_oldest_versions_that_are_allowed_pass_these_tests():
    subprocess.run(["make", "--silent", "lowest"], cwd=ROOT, check=True, capture_output=True)
    files = [Path("tests", name) for name in FILES]
    done = subprocess.run(
        [PYTHON, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-x", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
