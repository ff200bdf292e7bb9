"""The rooms of the house: imports go one way, and importing does nothing but define."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import ROOT

MODULES = sorted((ROOT / "hitcast").rglob("*.py"))
PAGES = [
    ROOT / "app.py",
    *sorted((ROOT / "app_pages").glob("*.py")),
    *sorted((ROOT / "dashboard").glob("*.py")),
]
IMPORTED_WHERE_USED = {"hitcast.sources.live.spotify_client"}
LOADED_WHERE_USED = {"streamlit", "spotipy", "soundfile", "shap", "woodelf", "imblearn"}


def listed() -> list[str]:
    """The modules in the order of CONTRIBUTING.md, a room after all that is in it."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    names, rooms = [], []
    for line in re.search(r"```\n(hitcast/.*?)```", text, re.DOTALL)[1].splitlines():
        indent, name, meaning = re.fullmatch(r"( *)(\w+/?)(?: +(.*))?", line).groups()
        depth = len(indent) // 4
        names += reversed([".".join(rooms[:at]) for at in range(len(rooms), depth, -1)])
        rooms = [*rooms[:depth], name.removesuffix("/")]
        if not name.endswith("/"):
            names.append(".".join(rooms))
            rooms.pop()
        elif ": " in (meaning or ""):
            names += [f"{'.'.join(rooms)}.{each}" for each in meaning.rpartition(": ")[2].split(", ")]
    return names + [".".join(rooms[:at]) for at in range(len(rooms), 0, -1)]


ORDER = listed()


def module(path: Path) -> str:
    """`hitcast.sources` of hitcast/sources/__init__.py."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> Iterator[str]:
    """Every module of ours that the file imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by dots"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in ORDER else node.module


def named(paths: list[Path]) -> list:
    return [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in paths]


ROOMS = [path for path in [*MODULES, *PAGES] if module(path) not in ("hitcast", "hitcast.__main__")]


def test_the_list_of_rooms_names_what_is_there():
    assert {module(path) for path in ROOMS} == set(ORDER) - {"hitcast", "app_pages"}
    assert len(ORDER) == len(set(ORDER))


@pytest.mark.parametrize("path", named(ROOMS))
def test_imports_go_one_way(path):
    own = ORDER.index(module(path))
    later = {name for name in imported(path) if name in ORDER[own + 1 :] and name != "hitcast"}
    assert not later, f"{module(path)} may not import {later}: they come after it"


@pytest.mark.parametrize("path", named(MODULES))
def test_the_package_knows_nothing_of_the_dashboard(path):
    top = {name.split(".")[0] for name in imported(path)}
    assert not top & {"app", "app_pages", "dashboard"}
    assert "streamlit" not in top or path.name == "cli.py"


@pytest.mark.parametrize("path", named([path for path in MODULES if path.name != "cli.py"]))
def test_the_package_prints_nothing(path):
    calls = (node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
    assert "print" not in {call.id for call in calls if isinstance(call, ast.Name)}


@pytest.mark.parametrize("path", named([path for path in PAGES if path.name != "cache.py"]))
def test_only_one_file_of_the_dashboard_caches(path):
    decorated = {
        node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)
    }
    assert not decorated & {"cache_data", "cache_resource"}


def test_importing_the_package_does_no_work_and_loads_nothing_heavy():
    names = {module(path) for path in MODULES if path.name != "__main__.py"} - IMPORTED_WHERE_USED
    script = f"""
import importlib, sys
from pathlib import Path

def refuse(event, args):
    if event in ("socket.connect", "subprocess.Popen"):
        raise SystemExit(f"{{event}} at import: {{args}}")
    if event == "open" and isinstance(args[0], str):
        path = Path(args[0]).resolve()
        ours = path.is_relative_to({str(ROOT)!r}) and ".venv" not in path.parts and path.is_file()
        if ours and path.suffix not in (".py", ".pyc"):
            raise SystemExit(f"opens {{path}} at import")

sys.addaudithook(refuse)
for name in {sorted(names)!r}:
    importlib.import_module(name)
    heavy = {LOADED_WHERE_USED!r} & set(sys.modules)
    if heavy:
        raise SystemExit(f"{{name}} imports {{heavy}} at the top")
"""
    done = subprocess.run(
        [sys.executable, "-B", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0
