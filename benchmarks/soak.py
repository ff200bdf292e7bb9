"""Many people at once on a real server, while the models are replaced underneath: what they wait, what goes wrong.

Every session has values and files of its own, and every answer is compared with what the models of
the moment say of exactly those.
"""

import asyncio
import random
import re
import shutil
import statistics
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
from tornado.httpclient import AsyncHTTPClient

from benchmarks.results import Result, p95
from benchmarks.server import Server, serving
from benchmarks.session import Session
from hitcast import explain, models, scoring, tracks, wording
from hitcast.bundle import disk
from hitcast.bundle.contents import Bundle

CROWDS, REPLACED, ALL_THE_WHILE = (1, 10, 50), 10, 10
MINUTES, PAUSE = 4.0, 5.0
MOVES, ROWS_OF_A_FILE = 9, 4
SHARE_OF_FILES = 0.1
WAIT, SESSION, GROWTH = 500, 2.0, 1.10  # milliseconds of 50 at once, megabytes, a ratio
MARK = re.compile(rb"of-session-(\d+)-")


@dataclass
class Seen:
    """What was measured, and everything that must not have happened."""

    moves: dict[int, list[float]] = field(default_factory=dict)  # seconds, by the number of sessions
    scores: int = 0
    megabytes: dict[int, float] = field(default_factory=dict)  # by the number of sessions
    weighed: list[float] = field(default_factory=list)  # megabytes while models were replaced
    replaced: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass
class World:
    """The bundles that take turns, which of them may answer now, and each session's tracks and answers."""

    bundles: tuple[Bundle, Bundle]
    folder: Path
    answering: set[int]
    tracks: pd.DataFrame  # by session and move
    answers: list[pd.Series]  # the headline of each, by bundle


def soak(models_dir: Path, data_dir: Path, minutes: float = MINUTES) -> list[Result]:
    """The benchmark's lines; raises where anything went wrong for anybody."""
    seen = run(models_dir, data_dir, 60 * minutes)
    if seen.faults:
        raise RuntimeError(f"{len(seen.faults)} faults, the first ones:\n" + "\n".join(seen.faults[:10]))
    return results(seen)


def run(
    models_dir: Path,
    data_dir: Path,
    seconds: float,
    crowds: tuple[int, ...] = CROWDS,
    replaced: int = REPLACED,
    pause: float = PAUSE,
) -> Seen:
    """Half of the time for the crowds in turn, half for a small one while the models are replaced so many times."""
    with tempfile.TemporaryDirectory() as folder:
        for name, path in (("models", models_dir), ("data", data_dir)):
            shutil.copytree(path, Path(folder) / name, ignore=shutil.ignore_patterns(".*", "README.md"))
        world, log = _world(Path(folder), max(crowds)), Path(folder) / "log"
        with serving("app.py", Path(folder) / "models", Path(folder) / "data", log) as server:
            seen = asyncio.run(_all(world, server, crowds, replaced, seconds, pause))
        seen.faults += [
            line for line in log.read_text().splitlines() if re.search("Traceback|Error|rror:", line)
        ]
    return seen


def results(seen: Seen) -> list[Result]:
    """Lines of the table: waiting, what a session takes, and memory while models are replaced."""
    alone, most = min(seen.moves), max(seen.moves)
    waited = {crowd: 1000 * p95(spent) for crowd, spent in seen.moves.items()}
    lines = [
        Result(
            f"soak: a slider move, 95th percentile, {crowd} at once",
            f"{spent:.0f} ms, {len(seen.moves[crowd]):,} moves",
            f"{waited[alone]:.0f} ms for {alone}",
            spent / waited[alone],
            f"≤ {WAIT} ms" if crowd == most else "–",
            spent <= WAIT if crowd == most else None,
        )
        for crowd, spent in waited.items()
    ]
    further = (seen.megabytes[most] - seen.megabytes[alone]) / max(most - alone, 1)
    before, after = grown(seen.weighed)
    return [
        *lines,
        Result(
            f"soak: memory of a further session, {most} at once",
            f"{further:.1f} MB",
            f"{seen.megabytes[alone]:.0f} MB with {alone}",
            None,
            f"≤ {SESSION:.0f} MB",
            further <= SESSION,
        ),
        Result(
            f"soak: memory, models replaced {seen.replaced} times",
            f"{after:,.0f} MB at the end",
            f"{before:,.0f} MB after the warm-up",
            after / before,
            f"≤ {GROWTH}",
            after / before <= GROWTH,
        ),
    ]


def grown(megabytes: list[float]) -> tuple[float, float]:
    """The median memory of the second and of the last quarter of the time."""
    quarter = max(len(megabytes) // 4, 1)
    return statistics.median(megabytes[quarter : 2 * quarter]), statistics.median(megabytes[-quarter:])


def _world(folder: Path, sessions: int) -> World:
    """The bundle that is there and one with other models of the same tracks; tracks that no two sessions share."""
    bundle = disk.load(folder / "models", folder / "data")
    hits = tracks.label(bundle.tracks, bundle.card["threshold"] - 20)
    fitted = models.fit(bundle.tracks, hits, bundle.features, seed=1)
    own = {
        "created": f"{bundle.card['created']} again",
        "importance": {"rf": explain.impurity_importance(fitted["rf"]).to_dict()},
        "coefficients": explain.coefficients(fitted["logreg"]).to_dict(),
    }
    other = replace(bundle, models=fitted, card=bundle.card | own)
    moves = pd.MultiIndex.from_product([range(sessions), range(MOVES)], names=["session", "move"])
    # The track that a page opens with: near enough to its values, it is known again.
    first = scoring.well_known(bundle)
    table = pd.DataFrame([first] * len(moves), index=moves).assign(
        energy=0.45 + 0.01 * moves.get_level_values("session"),
        danceability=0.35 + 0.05 * moves.get_level_values("move"),
    )
    table = table.round({"energy": 2, "danceability": 2})
    given = [scoring.score(each, table)["p_blend"] for each in (bundle, other)]
    return World((bundle, other), folder, {0}, table, [chances.map(wording.in_thousand) for chances in given])


async def _all(
    world: World,
    server: Server,
    crowds: tuple[int, ...],
    replaced: int,
    seconds: float,
    pause: float,
) -> Seen:
    seen = Seen()
    AsyncHTTPClient.configure(None, max_clients=100)
    for crowd in crowds:
        spent = seen.moves.setdefault(crowd, [])
        await _crowd(world, server, crowd, seconds / 2 / len(crowds), pause, seen, spent)
        seen.megabytes[crowd] = server.megabytes()
    scales = asyncio.create_task(_weigh(server, seen))
    await asyncio.gather(
        _crowd(world, server, min(ALL_THE_WHILE, max(crowds)), seconds / 2, pause, seen, []),
        _replace(world, seen, seconds / 2, replaced),
    )
    scales.cancel()
    with suppress(asyncio.CancelledError):
        await scales
    return seen


async def _crowd(
    world: World, server: Server, size: int, seconds: float, pause: float, seen: Seen, spent: list[float]
) -> None:
    """All have arrived before any moves; what each move took goes into `spent`."""
    sessions = [await _arrived(world, server.address, number) for number in range(size)]
    until = time.monotonic() + seconds
    people = [
        _person(world, session, number, until, pause, seen, spent) for number, session in enumerate(sessions)
    ]
    ended = await asyncio.gather(*people, return_exceptions=True)
    seen.faults += [f"{type(end).__name__}: {end}" for end in ended if isinstance(end, Exception)]


async def _arrived(world: World, address: str, number: int) -> Session:
    session = await Session.open(address)
    await session.move("predict_energy", world.tracks.loc[(number, 0), "energy"])
    return session


async def _person(
    world: World,
    session: Session,
    number: int,
    until: float,
    pause: float,
    seen: Seen,
    spent: list[float],
) -> None:
    chance = random.Random(number)
    while time.monotonic() < until:
        await asyncio.sleep(chance.expovariate(1 / pause))
        if chance.random() < SHARE_OF_FILES:
            await _score_a_file(session, world, number, seen)
        else:
            spent.append(await _move(session, world, (number, chance.randrange(MOVES)), seen))
        _only_ours(session, number, seen)
    session.close()


async def _move(session: Session, world: World, which: tuple[int, int], seen: Seen) -> float:
    """Move the slider; the page must say of exactly these values what a bundle of the moment says."""
    track, before = world.tracks.loc[which], set(world.answering)
    spent = await session.move("predict_danceability", track["danceability"])
    expected = {f"## {world.answers[bundle][which]}" for bundle in before | world.answering}
    texts = {element.body.partition("\n")[0] for element in session.shown("markdown")}
    if not expected & texts:
        headlines = [text for text in texts if text.startswith("## ")]
        seen.faults.append(f"session {which[0]}: expected {expected}, saw {headlines or _alerts(session)}")
    link = next((parse_qs(urlsplit(code.code_text).query) for code in session.shown("code")), {})
    for name in ("energy", "danceability"):
        if not np.isclose(float(link.get(name, ["nan"])[0]), track[name]):
            seen.faults.append(f"session {which[0]}: {name} is {link.get(name)}, set to {track[name]}")
    return spent


async def _score_a_file(session: Session, world: World, number: int, seen: Seen) -> None:
    """Drop a small file of our own on Catalogue, score it, and come back to Predict."""
    name = f"of-session-{number}-{time.monotonic_ns()}.csv"
    mine = world.bundles[0].tracks.sample(ROWS_OF_A_FILE, random_state=number)
    mine = mine.assign(title=[f"Song {row} of-session-{number}-" for row in range(len(mine))])
    await session.turn_to("catalogue")
    await session.drop("catalogue_file", name, mine.to_csv(index=False).encode())
    await session.press("catalogue_score")
    seen.scores += 1
    said = f"{name}: {ROWS_OF_A_FILE} of {ROWS_OF_A_FILE} rows scored."
    if said not in [text.body for text in session.shown("text")]:
        seen.faults.append(f"session {number}: a file was not scored: {_alerts(session)}")
    _only_ours(session, number, seen)
    session.forget_files()
    await session.turn_to("")


def _only_ours(session: Session, number: int, seen: Seen) -> None:
    owners = {int(owner) for data in session.received for owner in MARK.findall(data)}
    if owners - {number}:
        seen.faults.append(f"session {number} was sent what belongs to {owners - {number}}")


def _alerts(session: Session) -> list[str]:
    return [alert.body for alert in session.shown("alert")]


async def _replace(world: World, seen: Seen, seconds: float, times: int) -> None:
    folders = world.folder / "models", world.folder / "data"
    for turn in range(1, times + 1):
        await asyncio.sleep(seconds / (times + 1))
        which = turn % 2
        world.answering.add(which)
        await asyncio.to_thread(disk.save, world.bundles[which], *folders)
        world.answering = {which}
        seen.replaced += 1


async def _weigh(server: Server, seen: Seen) -> None:
    while True:
        seen.weighed.append(await asyncio.to_thread(server.megabytes))
        await asyncio.sleep(1)
