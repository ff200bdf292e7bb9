"""A real Streamlit server to measure: where it answers, what it has spent, what it takes."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Server:
    """Where a server answers, and its process."""

    address: str
    process: int

    def cpu_seconds(self) -> float:
        """What it has computed so far, on all cores, to a hundredth; only Linux says so."""
        numbers = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        """The memory that it takes now."""
        command = ["ps", "-o", "rss=", "-p", str(self.process)]
        return int(subprocess.run(command, capture_output=True, check=True).stdout) / 1024


@contextmanager
def serving(script: str, models_dir: Path, data_dir: Path, log: Path = Path(os.devnull)) -> Iterator[Server]:
    """A server of a script over a bundle, until the end."""
    places = {"HITCAST_MODELS_DIR": str(models_dir.absolute()), "HITCAST_DATA_DIR": str(data_dir.absolute())}
    with running(script, places, log) as server:
        yield server


@contextmanager
def running(script: str, environment: Mapping[str, str], log: Path = Path(os.devnull)) -> Iterator[Server]:
    """A server of a script in an environment, until the end."""
    port = free_port()
    # Whoever edits the source meanwhile must not be part of the measurement.
    options = ["--server.port", str(port), "--server.fileWatcherType", "none"]
    command = [sys.executable, "-m", "streamlit", "run", script, *options]
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    # Set in some containers: every start would compile every package again.
    around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**around, **environment, **paths}, stdout=output, stderr=output
        )
    try:
        wait_for(port)
        yield Server(f"http://localhost:{port}", process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def free_port() -> int:
    """A port of this machine that no server has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(port: int) -> None:
    """Until a server answers there. Raises TimeoutError after a minute."""
    for _ in range(600):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the server did not start")
