"""A million tracks from Parquet to Parquet, against the bare `predict_proba` calls; and the memory it takes."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks import catalogues
from benchmarks.results import Result
from hitcast import catalogue
from hitcast.bundle import disk

ROWS, MANY = 1_000_000, 10_000_000
ROUNDS = 3
TARGET, MOST_MEGABYTES, GROWTH = 1.15, 800, 1.10


def speed(models_dir: Path, data_dir: Path, rows: int = ROWS) -> list[Result]:
    """The file and the bare calls in turn, the best of each; on the clock and in CPU time."""
    bundle = disk.load(models_dir, data_dir)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.parquet", Path(folder) / "out.parquet"
        catalogues.write(bundle, source, rows)
        frame = pq.read_table(source, columns=bundle.features).to_pandas()

        def bare() -> None:
            for model in bundle.models.values():
                model.predict_proba(frame)

        def ours() -> None:
            catalogue.score_file(bundle, source, str(target))

        turns = [(_spent(bare), _spent(ours)) for _ in range(ROUNDS)]
    bare_clock, bare_cpu, our_clock, our_cpu = (
        min(turn[who][what] for turn in turns) for who in (0, 1) for what in (0, 1)
    )
    return [
        Result(
            what,
            f"{ours:.1f} s, {rows / ours:,.0f} rows a second",
            f"{alternative:.1f} s for the bare `predict_proba` calls",
            ours / alternative,
            f"≤ {TARGET}" if aimed else "",
            ours / alternative <= TARGET if aimed else None,
        )
        for what, ours, alternative, aimed in (
            (f"score: {rows:,} rows, clock", our_clock, bare_clock, True),
            (f"score: {rows:,} rows, CPU", our_cpu, bare_cpu, False),
        )
    ]


def memory(models_dir: Path, data_dir: Path, rows: int = ROWS, many: int = MANY) -> list[Result]:
    """The highest resident memory of the command line for few and for many rows."""
    bundle = disk.load(models_dir, data_dir)
    folders = ("--models-dir", str(models_dir), "--data-dir", str(data_dir))
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.parquet", Path(folder) / "out.parquet"
        for count in (rows, many):
            catalogues.write(bundle, source, count)
            peaks[count] = _peak_megabytes(["score", str(source), "--out", str(target), *folders])
    held = peaks[many] <= MOST_MEGABYTES and peaks[many] <= GROWTH * peaks[rows]
    return [
        Result(
            f"score memory: {many:,} rows",
            f"{peaks[many]:,.0f} MB at most",
            f"{peaks[rows]:,.0f} MB for {rows:,} rows",
            peaks[many] / peaks[rows],
            f"≤ {MOST_MEGABYTES} MB and ≤ {GROWTH}",
            held,
        )
    ]


def _spent(work: Callable[[], None]) -> tuple[float, float]:
    clock, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - cpu


def _peak_megabytes(arguments: list[str]) -> float:
    process = subprocess.Popen([sys.executable, "-m", "hitcast", *arguments], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"scoring ended with status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
