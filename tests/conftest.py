"""The bundle of the sample, the fake services, and the rule that nothing secret is ever logged."""

import hashlib
import io
import logging
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect
from support import ROOT
from support.fake_servers import CLIENT_SECRET, PLAYLIST, FakeServers, make_tracks

from hitcast.sources.live import settings

expect.set_options(timeout=20_000)  # a page on a busy machine


@pytest.fixture(scope="session")
def built() -> Path:
    """A folder with `models/` and `data/`: the bundle of the sample, built by this very code. Leave it as it is.

    It is kept in build/ and built again when the package, the sample or the versions change.
    """
    import numpy
    import pandas
    import sklearn
    import xgboost
    from filelock import FileLock

    from hitcast.build import build

    made_of = hashlib.sha256(sys.version.encode())
    package = sorted(
        path for path in (ROOT / "hitcast").rglob("*") if path.suffix in (".py", ".json", ".csv")
    )
    for path in package:
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
