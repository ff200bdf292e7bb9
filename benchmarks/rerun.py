"""The server's time for a slider move on Predict, and for the first page; against a plain way to do the same."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.results import Result

ROOT = Path(__file__).resolve().parents[1]
MOVES = 40
TARGET, SHARE, START = 120, 1 / 3, 1.5

_FIRST_PAGE = """
from streamlit.testing.v1 import AppTest
page = AppTest.from_file({app!r}, default_timeout=120).run()
assert not page.exception and page.slider, page
"""
_LIBRARIES = """
import sys
site = [path for path in sys.path if path.endswith("-packages")]
names = [n for n, m in list(sys.modules.items()) if str(getattr(m, "__file__", "")).startswith(tuple(site))]
print("\\n".join(names))
"""
_IMPORT = """
import importlib, sys, warnings
warnings.simplefilter("ignore")
for name in open({names!r}).read().split():
    if name not in sys.modules:
        try:
            importlib.import_module(name)
        except Exception:
            pass
"""


def rerun(models_dir: Path, data_dir: Path, moves: int = MOVES) -> list[Result]:
    """Moves of one slider in both apps, turn by turn."""
    _point_at(models_dir, data_dir)
    apps = {name: _opened(path) for name, path in (("ours", "app.py"), ("plain", "benchmarks/plain_app.py"))}
    clock: dict[str, list[float]] = {name: [] for name in apps}
    cpu: dict[str, list[float]] = {name: [] for name in apps}
    for move in range(moves + 3):
        for name, app in apps.items():
            spent = _move(app, 0.2 + 0.6 * move / (moves + 3))
            if move >= 3:  # the first ones fill the caches of both
                clock[name].append(spent[0])
                cpu[name].append(spent[1])
    return [
        _compared("rerun: clock, 95th percentile", *(_p95(clock[name]) for name in apps), limit=TARGET),
        _compared("rerun: CPU, median", *(1000 * statistics.median(cpu[name]) for name in apps)),
    ]


def _compared(what: str, ours: float, plain: float, limit: float | None = None) -> Result:
    target, held = "", None
    if limit is not None:
        target, held = f"≤ {limit} ms and ≤ {SHARE:.2f}", ours <= limit and ours / plain <= SHARE
    return Result(what, f"{ours:.0f} ms", f"{plain:.0f} ms for a plain app", ours / plain, target, held)


def _opened(path: str) -> object:
    from streamlit.testing.v1 import AppTest

    return _ready(AppTest.from_file(str(ROOT / path), default_timeout=120).run())


def _move(app: object, value: float) -> tuple[float, float]:
    slider = app.slider(key="predict_danceability").set_value(round(value, 2))
    _ready(app)
    clock, cpu = time.perf_counter(), time.process_time()
    slider.run()
    spent = time.perf_counter() - clock, time.process_time() - cpu
    assert not app.exception, app.exception
    return spent


def _ready(app: object) -> object:
    """Streamlit's testing tool takes a segmented control's one choice for many letters."""
    for group in app.get("button_group"):
        if isinstance(group.value, str):
            group.set_value([group.value])
    return app


def _p95(seconds: list[float]) -> float:
    return 1000 * statistics.quantiles(seconds, n=20)[-1]


def start(models_dir: Path, data_dir: Path, rounds: int = 3) -> list[Result]:
    """A new process to the first Predict page, against one that only imports the same libraries."""
    import tempfile

    _point_at(models_dir, data_dir)
    page = _FIRST_PAGE.format(app=str(ROOT / "app.py"))
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as names:
        names.write(_run(page + _LIBRARIES)[2])
        names.flush()
        turns = [(_run(page), _run(_IMPORT.format(names=names.name))) for _ in range(rounds)]
    results = []
    for what, at in (("start: clock", 0), ("start: CPU", 1)):
        ours, alone = (min(turn[who][at] for turn in turns) for who in (0, 1))
        target, held = (f"≤ {START}", ours / alone <= START) if at == 0 else ("", None)
        words = f"{alone:.1f} s to import the same libraries"
        results.append(Result(what, f"{ours:.1f} s", words, ours / alone, target, held))
    return results


def _run(script: str) -> tuple[float, float, str]:
    clock, cpu = time.perf_counter(), os.times()
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    after = os.times()
    spent = after.children_user + after.children_system - cpu.children_user - cpu.children_system
    return time.perf_counter() - clock, spent, done.stdout


def _point_at(models_dir: Path, data_dir: Path) -> None:
    os.environ["HITCAST_MODELS_DIR"], os.environ["HITCAST_DATA_DIR"] = str(models_dir), str(data_dir)
