"""A slider move on Predict and the first page, on a real server, beside a plain app on another."""

import asyncio
import math
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.results import Result, p95
from benchmarks.server import Server, serving
from benchmarks.session import Session

VIEWS = ("Why", "Compared with", "What would help", "Similar tracks")
MOVES, WARM_UP, PAUSE = 40, 5, 0.3
CLOCK, CPU, BYTES = 100, (40, 60), 15_000  # milliseconds, of the first view and of the others
START = 4.0  # seconds
OURS, PLAIN = "app.py", "benchmarks/plain_app.py"


def rerun(models_dir: Path, data_dir: Path, moves: int = MOVES) -> list[Result]:
    """Moves of one slider in both apps, each on a server of its own, turn by turn, through a browser's own channel."""
    with (
        serving(OURS, models_dir, data_dir) as ours,
        serving(PLAIN, models_dir, data_dir) as plain,
    ):
        return asyncio.run(_rerun(ours, plain, moves))


async def _rerun(ours: Server, plain: Server, moves: int) -> list[Result]:
    page, other = await Session.open(ours.address), await Session.open(plain.address)
    results = []
    for number, view in enumerate(VIEWS):
        await page.choose("predict_view", number)
        mine, theirs = await _moved(ours, page, plain, other, moves)
        if number == 0:
            results += [
                _compared(
                    f"move: {view}, clock, 95th percentile",
                    1000 * p95(mine.clock),
                    1000 * p95(theirs.clock),
                    CLOCK,
                    1 / 4,
                ),
                Result(
                    "move: bytes to the browser",
                    f"{mine.bytes / 1000:.1f} kB",
                    f"{theirs.bytes / 1000:.1f} kB for a plain app",
                    mine.bytes / theirs.bytes,
                    f"≤ {BYTES / 1000:.0f} kB",
                    mine.bytes <= BYTES,
                ),
            ]
        limit = CPU[min(number, 1)]
        results.append(
            _compared(f"move: {view}, CPU of the server", 1000 * mine.cpu, 1000 * theirs.cpu, limit)
        )
    page.close()
    other.close()
    return results


@dataclass
class Spent:
    """On moves: seconds of each on the clock, CPU seconds and bytes of one."""

    clock: list[float]
    cpu: float
    bytes: float


async def _moved(
    ours: Server, page: Session, plain: Server, other: Session, moves: int
) -> tuple[Spent, Spent]:
    for move in range(WARM_UP):
        for session in (page, other):
            await session.move("predict_danceability", _value(move, moves))
            await asyncio.sleep(PAUSE)
    apps = {ours: page, plain: other}
    clock: dict[Server, list[float]] = {server: [] for server in apps}
    sent: dict[Server, list[int]] = {server: [] for server in apps}
    before = {server: server.cpu_seconds() for server in apps}
    for move in range(WARM_UP, WARM_UP + moves):
        for server, session in apps.items():
            clock[server].append(await session.move("predict_danceability", _value(move, moves)))
            sent[server].append(sum(map(len, session.received)))
            await asyncio.sleep(PAUSE)  # what a server does behind its answer is its own too
    mine, theirs = (
        Spent(clock[server], (server.cpu_seconds() - before[server]) / moves, statistics.median(sent[server]))
        for server in apps
    )
    return mine, theirs


def _value(move: int, moves: int) -> float:
    return round(0.2 + 0.6 * move / (moves + WARM_UP), 2)


def _compared(what: str, ours: float, plain: float, limit: float, share: float = math.inf) -> Result:
    target = f"≤ {limit} ms" + (f" and ≤ {share:.2f}" if share < math.inf else "")
    held = ours <= limit and ours / plain <= share
    return Result(what, f"{ours:.0f} ms", f"{plain:.0f} ms for a plain app", ours / plain, target, held)


def start(models_dir: Path, data_dir: Path, rounds: int = 3) -> list[Result]:
    """From the command that starts a server to the first chance on the page and to all of it.

    The best of some rounds of both apps in turn, so not the first start ever, which compiles the packages.
    """
    turns = [[_started(script, models_dir, data_dir) for script in (OURS, PLAIN)] for _ in range(rounds)]
    results = []
    for at, what in enumerate(("first chance", "whole page", "CPU of the server")):
        ours, plain = (min(turn[who][at] for turn in turns) for who in (0, 1))
        held, target = (ours <= START, f"≤ {START:.0f} s") if at == 0 else (None, "")
        results.append(
            Result(
                f"start: {what}",
                f"{ours:.1f} s",
                f"{plain:.1f} s for a plain app",
                ours / plain,
                target,
                held,
            )
        )
    return results


def _started(script: str, models_dir: Path, data_dir: Path) -> tuple[float, float, float]:
    began = time.perf_counter()
    with serving(script, models_dir, data_dir) as server:
        page = asyncio.run(Session.open(server.address))
        whole = time.perf_counter()
        chance = min(page.came[path] for path, element in page.elements.items() if _is_chance(element))
        return chance - began, whole - began, server.cpu_seconds()


def _is_chance(element: Any) -> bool:
    return element.WhichOneof("type") == "metric" or element.markdown.body.startswith("## ")
