"""Where settings come from, and that none shows its secret."""

import os
import sys
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


def test_an_empty_value_counts_as_not_set_and_lines_of_others_are_left_alone(tmp_path):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text('SPOTIPY_CLIENT_ID = "aa"\n')
    (tmp_path / ".env").write_text("alias ll='ls -l'\nSPOTIPY_CLIENT_ID=\nHITCAST_PLAYLISTS=x\n")
    found = settings.read(tmp_path, {})
    assert (found.client_id, found.playlists) == ("aa", ("x",))


def test_the_example_file_sets_nothing():
    example = ROOT / ".env.example"
    assert {name: value for name, value in settings._dotenv(example).items() if value} == {
        "SPOTIPY_REDIRECT_URI": settings.Settings().redirect_uri
    }


def test_a_folder_called_dotenv_is_no_settings(tmp_path):
    (tmp_path / ".env").mkdir()
    assert settings.read(tmp_path, {}) == settings.Settings()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no folder that everybody may write to")
def test_settings_are_not_looked_for_where_everybody_may_put_them(tmp_path, monkeypatch):
    for folder in ("shared", "shared/project", "shared/project/notebooks"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / ".env").write_text(f"HITCAST_PLAYLISTS={folder}\n")
    monkeypatch.chdir(tmp_path / "shared/project/notebooks")
    for mode in (0o777, 0o1755):
        (tmp_path / "shared").chmod(mode)
        assert settings._is_guarded(tmp_path / "shared")
    for mode, user in ((0o1777, os.getuid()), (0o777, os.getuid() + 1)):
        (tmp_path / "shared").chmod(mode)
        monkeypatch.setattr(os, "getuid", lambda user=user: user)
        assert not settings._is_guarded(tmp_path / "shared")
    for folder in ("shared/project/notebooks", "shared/project"):
        assert settings.read(environment={}).playlists == (folder,)
        (tmp_path / folder / ".env").unlink()
    assert settings.read(environment={}) == settings.Settings()


def test_settings_do_not_show_the_secret():
    assert CLIENT_SECRET not in repr(settings.Settings(client_id=CLIENT_ID, client_secret=CLIENT_SECRET))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".env", "SPOTIPY_CLIENT_SECRET=s3cret é"),
        (".env", "SPOTIPY_CLIENT_SECRET='s3cret\nSPOTIPY_CLIENT_ID=aa\n"),
        (".streamlit/secrets.toml", "SPOTIPY_CLIENT_SECRET = s3cret"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_without_its_value(tmp_path, file, text):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        settings.read(tmp_path, {})
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
