"""Where the live services are and who asks: from the environment, `.env` or `.streamlit/secrets.toml`."""

import base64
import os
import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import takewhile
from pathlib import Path
from typing import Any

from hitcast.errors import SourceError


@dataclass(frozen=True)
class Settings:
    """Everything that asking the services needs, with the public services as defaults.

    `pace` is the shortest time between two requests to ReccoBeats and `backoff` the first pause
    after a failure. `longest_wait` is the longest pause that a service may ask for, `no_answer_after`
    how long one request may take, `login_within` how long a login is waited for. All in seconds.
    """

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    redirect_uri: str = "http://127.0.0.1:8888/callback"
    playlists: tuple[str, ...] = ()
    spotify_api: str = "https://api.spotify.com/v1/"
    spotify_accounts: str = "https://accounts.spotify.com"
    reccobeats_api: str = "https://api.reccobeats.com/v1"
    cache_dir: Path = Path("data/cache")
    pace: float = 0.6
    backoff: float = 0.5
    longest_wait: float = 60.0
    no_answer_after: float = 12.0
    login_within: float = 120.0

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be said to anybody, in every spelling in which it is sent."""
        if not self.client_secret:
            return ()
        sent = self.client_secret, f"{self.client_id}:{self.client_secret}"
        return self.client_secret, *(base64.b64encode(text.encode()).decode() for text in sent)


NAMES = {
    "client_id": "SPOTIPY_CLIENT_ID",
    "client_secret": "SPOTIPY_CLIENT_SECRET",
    "redirect_uri": "SPOTIPY_REDIRECT_URI",
    "playlists": "HITCAST_PLAYLISTS",
    "spotify_api": "HITCAST_SPOTIFY_API",
    "spotify_accounts": "HITCAST_SPOTIFY_ACCOUNTS",
    "reccobeats_api": "HITCAST_RECCOBEATS_API",
    "cache_dir": "HITCAST_CACHE_DIR",
    "pace": "HITCAST_PACE",
    "backoff": "HITCAST_BACKOFF",
}


def read(root: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this machine: the environment wins over `.env`, `.env` over `secrets.toml`.

    The files are those in `root`, else the first ones from the current folder upwards, as far as a folder
    of others in which everybody may put files, or one like /tmp. An empty value counts as not set.

    Raises SourceError for a file or a value that cannot be read; the message never repeats a secret.
    """
    environment = os.environ if environment is None else environment
    folders = [root] if root else [Path.cwd(), *takewhile(_is_guarded, Path.cwd().parents)]
    found = _secrets_toml(_first(folders, ".streamlit/secrets.toml")) | _dotenv(_first(folders, ".env"))
    found |= {name: environment[name] for name in NAMES.values() if environment.get(name, "").strip()}
    given = {key: found.get(name, "").strip() for key, name in NAMES.items()}
    values: dict[str, Any] = {key: _typed(key, value) for key, value in given.items() if value}
    return Settings(**values)


def is_offline() -> bool:
    """Whether asking anybody outside is switched off on this machine."""
    return bool(os.environ.get("HITCAST_OFFLINE"))


def listed(text: str) -> tuple[str, ...]:
    """What stands between the commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _typed(key: str, value: str) -> str | float | Path | tuple[str, ...]:
    if key in ("client_id", "client_secret") and not re.fullmatch(r"[0-9A-Za-z]+", value):
        raise SourceError(
            f"{NAMES[key]} holds something other than letters and digits: copy it again from the "
            "Spotify developer dashboard."
        )
    if key == "playlists":
        return listed(value)
    if key == "cache_dir":
        return Path(value)
    if key in ("pace", "backoff"):
        return _seconds(NAMES[key], value)
    return value.rstrip("/") + "/" if key == "spotify_api" else value.rstrip("/")


def _seconds(name: str, value: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?", value):
        raise SourceError(f"{name} is {value!r}, but should be a number of seconds such as 0.6.")
    return float(value)


def _is_guarded(folder: Path) -> bool:
    """Whether not everybody may put files there; a folder of one's own that is open to all is, unless it is one like /tmp."""
    about = folder.stat()
    if os.name == "nt" or not about.st_mode & stat.S_IWOTH:  # the modes of Windows do not say
        return True
    return about.st_uid == os.getuid() and not about.st_mode & stat.S_ISVTX


def _first(folders: Sequence[Path], name: str) -> Path:
    """The file of this name in the first folder that has one."""
    return next((folder / name for folder in folders if (folder / name).is_file()), folders[0] / name)


def _dotenv(path: Path) -> dict[str, str]:
    from dotenv.parser import parse_stream  # Snowflake has none, and asks no service

    found = list(parse_stream(StringIO(_text(path))))
    for line in found:
        if line.error and any(name in line.original.string for name in NAMES.values()):
            raise SourceError(
                f"Line {line.original.line} of {path} cannot be read: write it as NAME=value, with any quotation "
                "mark closed."
            )
    values = ((line.key, line.value or "") for line in found)
    return {name: value for name, value in values if name and value.strip()}


def _secrets_toml(path: Path) -> dict[str, str]:
    try:
        content = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError:
        raise SourceError(f'{path} is not valid TOML: write each line as NAME = "value".') from None
    return {name: value for name, value in content.items() if isinstance(value, str)}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    except (OSError, UnicodeDecodeError):
        raise SourceError(f"{path} cannot be read: save it as UTF-8 text that you may read.") from None
