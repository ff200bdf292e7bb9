"""Loading a playlist from the fake services, and the sentence that it ends in where it fails."""

import traceback

import pytest
from support.fake_servers import CLIENT_SECRET

from hitcast.errors import SourceError
from hitcast.sources.live import spotify


@pytest.fixture
def load(fake, tmp_path):
    return lambda *playlists, **changes: spotify.load(playlists, settings=fake.settings(tmp_path, **changes))


@pytest.fixture
def refusal(load):
    """The sentence that a failed run ends in; its traceback holds no secret."""

    def of(*playlists, **changes):
        with pytest.raises(SourceError) as caught:
            load(*playlists, **changes)
        shown = "".join(traceback.format_exception(caught.value))
        assert CLIENT_SECRET not in shown and "-secret" not in shown
        return str(caught.value)

    return of


@pytest.fixture
def here(fake, tmp_path):
    """Settings without Spotify's credentials."""
    return fake.settings(tmp_path, client_id="", client_secret="")
