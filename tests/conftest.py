"""The fake services, and the rule that nothing secret is ever logged while they are asked."""

import io
import logging

import pytest
from fake_servers import CLIENT_SECRET, FakeServers, make_tracks

PLAYLIST = "PL" + "a" * 20


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
def fake(logged, monkeypatch):
    """Sixty tracks in one playlist, and the three services that know them."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CI", "1")
    tracks = make_tracks(60)
    servers = FakeServers(tracks, {PLAYLIST: list(tracks)})
    yield servers
    servers.close()
    leaked = [word for word in ("-secret", CLIENT_SECRET, "Basic ", "Bearer ") if word in logged.getvalue()]
    assert not leaked
