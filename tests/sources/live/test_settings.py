"""Where settings come from, and that none shows its secret."""

import traceback

import pytest
from support import ROOT
from support.fake_servers import CLIENT_ID, CLIENT_SECRET

from hitcast.errors import SourceError
from hitcast.sources.live import settings


def test_the_environment_wins_over_dotenv_and_dotenv_over_secrets(tmp_path):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(
        'SPOTIPY_CLIENT_ID = "aa"\nSPOTIPY_CLIENT_SECRET = "bb"\n'
    )
    (tmp_path / ".env").write_text("export SPOTIPY_CLIENT_SECRET='cc' # mine\nHITCAST_PLAYLISTS=x, y # two\n")
    found = settings.read(tmp_path, {"SPOTIPY_CLIENT_ID": "dd", "SPOTIPY_CLIENT_SECRET": " "})
    assert (found.client_id, found.client_secret, found.playlists) == ("dd", "cc", ("x", "y"))


def test_the_example_file_sets_nothing():
    example = ROOT / ".env.example"
    assert {name: value for name, value in settings._dotenv(example).items() if value} == {
        "SPOTIPY_REDIRECT_URI": settings.Settings().redirect_uri
    }


def test_a_folder_called_dotenv_is_no_settings(tmp_path):
    (tmp_path / ".env").mkdir()
    assert settings.read(tmp_path, {}) == settings.Settings()


def test_settings_do_not_show_the_secret():
    assert CLIENT_SECRET not in repr(settings.Settings(client_id=CLIENT_ID, client_secret=CLIENT_SECRET))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".env", "SPOTIPY_CLIENT_SECRET=s3cret é"),
        (".streamlit/secrets.toml", "SPOTIPY_CLIENT_SECRET = s3cret"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_without_its_value(tmp_path, file, text):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        settings.read(tmp_path, {})
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
