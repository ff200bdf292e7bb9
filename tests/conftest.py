"""The bundle of the sample, the fake services, and the rule that nothing secret is ever logged."""

import hashlib
import io
import logging
import signal
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import expect
from support import ROOT
from support.fake_servers import CLIENT_SECRET, PLAYLIST, FakeServers, make_tracks

from hitcast.sources.live import settings

# A busy machine is no fault.
expect.set_options(timeout=20_000)
hypothesis.settings.register_profile("busy", suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")


def _what_a_build_reads() -> list[Path]:
    """The modules that are loaded to build a bundle, and the data beside them."""
    script = "import sys, hitcast.build; print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('hitcast')), sep='\\n')"
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    data = (path for path in (ROOT / "hitcast" / "sources").iterdir() if path.suffix in (".json", ".csv"))
    return [*map(Path, loaded.stdout.split("\n")[:-1]), *data]


@pytest.fixture(scope="session")
def built() -> Path:
    """A folder with `models/` and `data/`: the bundle of the sample, built by this very code. Leave it as it is.

    It is kept in build/ and built again when what builds it, the sample or the versions change.
    """
    import numpy
    import pandas
    import sklearn
    import xgboost
    from filelock import FileLock

    from hitcast.build import build

    made_of = hashlib.sha256(sys.version.encode())
    for path in sorted(_what_a_build_reads()):
        made_of.update(path.read_bytes())
    for package in (numpy, pandas, sklearn, xgboost):
        made_of.update(package.__version__.encode())
    folder = ROOT / "build" / f"sample-{made_of.hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not (folder / "models" / "card.json").exists():
            build("sample", data_dir=folder / "data", models_dir=folder / "models")
    return folder


@pytest.fixture(scope="session")
def bundle(built):
    """The sample's bundle in memory; shared, so leave it as it is."""
    from hitcast.bundle import disk

    return disk.load(built / "models", built / "data")


@pytest.fixture
def reads(built, monkeypatch):
    """The dashboard reads the sample's bundle; `reads(folder)` makes it read another."""

    def show(folder):
        monkeypatch.setenv("HITCAST_MODELS_DIR", str(folder / "models"))
        monkeypatch.setenv("HITCAST_DATA_DIR", str(folder / "data"))

    monkeypatch.chdir(ROOT)
    show(built)
    return show


@pytest.fixture
def publisher(monkeypatch, tmp_path):
    """A web server whose table is the public source `songs`, downloaded into a cache of its own."""
    from support.publisher import publishing

    from hitcast.sources import public

    with publishing() as (server, table):
        monkeypatch.setitem(public.TABLES, "songs", table)
        monkeypatch.setenv("HITCAST_CACHE_DIR", str(tmp_path / "cache"))
        yield server


@pytest.fixture
def entered(monkeypatch, capfd):
    """`hitcast` with arguments, in this process and the project's folder: its exit code and what it printed."""
    from hitcast import cli

    def entered(*arguments):
        monkeypatch.setattr("sys.argv", ["hitcast", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return subprocess.CompletedProcess(arguments, ended.value.code, *capfd.readouterr())

    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "200")
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield entered
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def logged():
    """Everything that is logged, at DEBUG level, by anyone."""
    text, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def fake(logged, monkeypatch, tmp_path):
    """Sixty tracks in one playlist, and the three services that know them."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CI", "1")
    # Whoever runs the tests may have real credentials in .env.
    monkeypatch.setattr(settings.read, "__defaults__", (tmp_path, None))
    tracks = make_tracks(60)
    servers = FakeServers(tracks, {PLAYLIST: list(tracks)})
    yield servers
    servers.close()
    leaked = [word for word in ("-secret", CLIENT_SECRET, "Basic ", "Bearer ") if word in logged.getvalue()]
    assert not leaked
