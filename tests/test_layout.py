"""The rooms of the house: imports go one way, and importing does nothing but define."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ARROW = [
    "errors",
    "forms",
    "choices",
    "features",
    "words",
    "cells",
    "schemas",
    "scales",
    "units",
    "rules",
    "recordings",
    "tracks",
    "sources",
    "models",
    "metrics",
    "evaluation",
    "intervals",
    "explain",
    "profiles",
    "card",
    "figures",
    "artifacts",
    "scoring",
    "exports",
    "catalogue",
    "build",
    "thresholds",
    "comparison",
    "verdict",
    "charts",
    "study",
    "study_charts",
    "report",
    "snowflake_sql",
    "cli",
    "notebook",
]
MODULES = sorted((ROOT / "hitcast").rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "app_pages").glob("*.py"))]
IMPORTED_WHERE_USED = {"hitcast.sources.spotify_client"}
LOADED_WHERE_USED = {"streamlit", "spotipy", "soundfile", "shap", "woodelf", "imblearn"}


def imported(path: Path) -> Iterator[str]:
    """Every module that the file imports, at the top or inside a function, by its absolute name."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, *filter(None, [node.module])))
            yield from (f"{base}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    """`hitcast/sources/spotify.py` and `hitcast/sources/__init__.py` are both in `sources`."""
    return path.relative_to(ROOT / "hitcast").with_suffix("").parts[0]


def named(paths: list[Path]) -> list:
    return [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in paths]


ROOMS = [path for path in MODULES if room(path) not in ("__init__", "__main__")]


@pytest.mark.parametrize("path", named(ROOMS))
def test_imports_go_one_way(path):
    own = ARROW.index(room(path))
    used = {name.split(".")[1] for name in imported(path) if name.startswith("hitcast.")}
    later = {name for name in used & set(ARROW) if ARROW.index(name) > own}
    assert not later, f"{room(path)} may not import {later}: they come after it"
    assert used <= {*ARROW, "__version__"}, f"{used - set(ARROW)} have no place in the arrow"


@pytest.mark.parametrize("path", named(MODULES))
def test_the_package_knows_nothing_of_the_dashboard(path):
    top = {name.split(".")[0] for name in imported(path)}
    assert not top & {"streamlit", "app", "app_pages"}


@pytest.mark.parametrize("path", named([path for path in MODULES if path.name != "cli.py"]))
def test_the_package_prints_nothing(path):
    calls = (node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
    assert "print" not in {call.id for call in calls if isinstance(call, ast.Name)}


@pytest.mark.parametrize("path", named([path for path in PAGES if path.name != "_cached.py"]))
def test_only_one_file_of_the_dashboard_caches(path):
    decorated = {
        node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)
    }
    assert not decorated & {"cache_data", "cache_resource"}


def test_importing_the_package_does_no_work_and_loads_nothing_heavy():
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ROOMS} - IMPORTED_WHERE_USED
    script = f"""
import importlib, sys
from pathlib import Path

def refuse(event, args):
    if event in ("socket.connect", "subprocess.Popen"):
        raise SystemExit(f"{{event}} at import: {{args}}")
    if event == "open" and isinstance(args[0], str):
        path = Path(args[0]).resolve()
        ours = path.is_relative_to({str(ROOT)!r}) and ".venv" not in path.parts
        if ours and path.suffix not in (".py", ".pyc"):
            raise SystemExit(f"opens {{path}} at import")

sys.addaudithook(refuse)
for name in {sorted(names)!r}:
    importlib.import_module(name.removesuffix(".__init__"))
    heavy = {LOADED_WHERE_USED!r} & set(sys.modules)
    if heavy:
        raise SystemExit(f"{{name}} imports {{heavy}} at the top")
"""
    done = subprocess.run(
        [sys.executable, "-B", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0
