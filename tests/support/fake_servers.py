"""Spotify, its accounts service and ReccoBeats on one loopback port, as their references describe them.

Everything wrong that they can do is a `Fault`: it answers instead of the service, a number of times
or always. What was asked is in `requests`.
"""

import base64
import hashlib
import json
import random
import re
import string
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from hitcast.sources.live.settings import Settings

CLIENT_ID = "c0ffee00" * 4
PLAYLIST, OTHER = "PL" + "a" * 20, "PL" + "b" * 20
CLIENT_SECRET = "5ec2e700" * 4
SHARES = ("danceability", "energy", "valence", "speechiness", "acousticness", "instrumentalness", "liveness")
PREMIUM = (
    "Active premium subscription required for the owner of the app. When the subscription status changes, "
    "it can take a few hours before requests are allowed again."
)
NOT_LISTED = "Check settings on developer.spotify.com/dashboard, the user may not be registered."
HTML = "<!DOCTYPE html><html><body>Welcome to the hotel</body></html>"


def base62(rng, length=22):
    return "".join(rng.choices(string.ascii_letters + string.digits, k=length))


def make_tracks(count, seed=0):
    """Track objects by id, a tenth of them hits, three to an artist, each with features and ISRC."""
    rng = random.Random(seed)
    return {track["id"]: track for track in (_make_track(rng, number) for number in range(count))}


def _make_track(rng, number):
    features = {name: round(rng.random(), 3) for name in SHARES}
    features |= {"tempo": round(rng.uniform(60, 200), 3), "loudness": round(rng.uniform(-20, -2), 3)}
    features |= {"key": rng.randrange(12), "mode": rng.randrange(2)}
    popularity = (
        rng.randrange(80, 101) if rng.random() < 0.05 + 0.1 * features["energy"] else rng.randrange(80)
    )
    return {
        "id": base62(rng),
        "uuid": f"uuid-{number}",
        "name": f"Song {number}",
        "artists": [f"Artist {number // 3}", "Guest"],
        "isrc": f"USRC1{number:07d}",
        "popularity": popularity,
        "duration_ms": rng.randrange(100_000, 400_000),
        "explicit": rng.random() < 0.3,
        "features": features,
    }


@dataclass
class Fault:
    """An answer in place of the service's own, for paths that contain `path`, `times` times (None = always)."""

    path: str
    status: int = 200
    body: object = ""
    headers: dict = field(default_factory=dict)
    times: int | None = 1
    skip: int = 0
    hang: float = 0.0
    drip: float = 0.0
    truncate: bool = False


@dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: dict
    body: bytes


class FakeServers:
    """The three services. Attributes may be changed while it runs."""

    def __init__(self, tracks=None, playlists=None):
        self.tracks = tracks or {}
        self.playlists = playlists or {}
        self.foreign = set()
        self.at_reccobeats = set(self.tracks)
        self.by_isrc = set(self.tracks)
        self.spotify_popularity = False
        self.spotify_features = False
        self.app_may_read = True
        self.items_address = True
        self.old_address = False
        self.item_key = "item"
        self.token_lasts = 10**9
        self.refresh_works = True
        self.analysis = {name: 0.4 for name in SHARES} | {"tempo": 120.5, "loudness": -8.0}
        self.faults = []
        self.requests = []
        self.uploads = []
        self.tokens = {}
        self._logins = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.fake = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def fail(self, path, status=200, body="", **options):
        self.faults.append(Fault(path, status, body, **options))

    def addresses(self):
        return {
            "spotify_api": f"{self.url}/spotify/v1/",
            "spotify_accounts": f"{self.url}/accounts",
            "reccobeats_api": f"{self.url}/reccobeats/v1",
        }

    def settings(self, folder, **changes):
        """Settings that lead here, in no hurry to wait and with a cache in `folder`."""
        usual = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "cache_dir": Path(folder)}
        usual |= {"pace": 0.0, "backoff": 0.01, "playlists": tuple(self.playlists)}
        return Settings(**(usual | self.addresses() | changes))

    def environment(self, folder):
        """The same for another process."""
        return {
            "SPOTIPY_CLIENT_ID": CLIENT_ID,
            "SPOTIPY_CLIENT_SECRET": CLIENT_SECRET,
            "HITCAST_PLAYLISTS": ",".join(self.playlists),
            "HITCAST_SPOTIFY_API": f"{self.url}/spotify/v1/",
            "HITCAST_SPOTIFY_ACCOUNTS": f"{self.url}/accounts",
            "HITCAST_RECCOBEATS_API": f"{self.url}/reccobeats/v1",
            "HITCAST_CACHE_DIR": str(folder),
            "HITCAST_PACE": "0",
            "HITCAST_BACKOFF": "0.01",
        }

    def asked(self, path):
        return [request for request in self.requests if path in request.path]

    def asked_ids(self, path):
        """Every id that a query asked for, as often as it did."""
        return [
            i
            for request in self.asked(path)
            for value in request.query.get("ids", [])
            for i in value.split(",")
        ]

    def fault_for(self, path):
        with self._lock:
            for fault in self.faults:
                if fault.path in path and fault.times != 0:
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault
        return None

    def new_token(self, user):
        token = f"token-{'user' if user else 'app'}-{len(self.tokens)}-secret"
        self.tokens[token] = {"user": user, "left": self.token_lasts}
        return token

    # The accounts service

    def authorize(self, request):
        query = {name: values[0] for name, values in request.query.items()}
        code = f"code-{len(self._logins)}-secret"
        self._logins[code] = query["code_challenge"]
        address = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        return 302, "", {"Location": address}

    def token(self, request):
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        kind = form.get("grant_type")
        if kind == "client_credentials":
            basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
            if request.headers.get("Authorization") != f"Basic {basic}":
                return 400, {"error": "invalid_client", "error_description": "Invalid client secret"}
            return 200, {"access_token": self.new_token(False), "token_type": "Bearer", "expires_in": 3600}
        if kind == "authorization_code" and self._verified(form):
            return 200, self._user_token() | {"refresh_token": "refresh-0-secret"}
        if kind == "refresh_token" and self.refresh_works:
            return 200, self._user_token()
        return 400, {"error": "invalid_grant", "error_description": "Refresh token revoked"}

    def _user_token(self):
        return {"access_token": self.new_token(True), "token_type": "Bearer", "expires_in": 3600}

    def _verified(self, form):
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return self._logins.pop(form["code"], None) == challenge

    # Spotify

    def spotify(self, request, path):
        token = self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if token is None:
            return 401, _error(401, "Invalid access token")
        token["left"] -= 1
        if token["left"] < 0:
            return 401, _error(401, "The access token expired")
        playlist = re.fullmatch(r"playlists/(\w+)/(items|tracks)", path)
        if playlist:
            return self.playlist(request, token["user"], *playlist.groups())
        if path.strip("/") == "audio-features":
            return self.audio_features(request)
        track = re.fullmatch(r"tracks/(\w+)", path)
        if track and track[1] in self.tracks:
            return 200, self.track_object(self.tracks[track[1]])
        return 404, _error(404, "Resource not found")

    def playlist(self, request, user, playlist, address):
        limit, offset = (
            int(request.query.get(name, [value])[0]) for name, value in (("limit", 20), ("offset", 0))
        )
        if address == "tracks" and not self.old_address:
            return 403, _error(403, "Forbidden")
        if address == "items" and not (user or self.app_may_read):
            return 401, _error(401, "Valid user authentication required")
        if playlist not in self.playlists:
            return 404, _error(404, "Resource not found")
        if playlist in self.foreign or (address == "items" and not self.items_address):
            return 403, _error(403, "Forbidden")
        if limit > (50 if address == "items" else 100):
            return 400, _error(400, "Invalid limit")
        entries = self.playlists[playlist]
        here = f"{self.url}/spotify/v1/playlists/{playlist}/{address}"
        more = offset + limit < len(entries)
        key = "track" if address == "tracks" else self.item_key
        return 200, {
            "href": f"{here}?offset={offset}&limit={limit}",
            "limit": limit,
            "offset": offset,
            "total": len(entries),
            "previous": None,
            "next": f"{here}?offset={offset + limit}&limit={limit}" if more else None,
            "items": [self.entry(entry, key) for entry in entries[offset : offset + limit]],
        }

    def entry(self, entry, key):
        """An entry of a playlist: a track's id, or the entry's own item (an episode, a local file, None)."""
        item = self.track_object(self.tracks[entry]) if isinstance(entry, str) else entry
        local = bool(item and item.get("is_local"))
        return {"added_at": None, "added_by": None, "is_local": local, key: item}

    def track_object(self, track):
        popularity = {"popularity": track["popularity"]} if self.spotify_popularity else {}
        return popularity | {
            "type": "track",
            "id": track["id"],
            "uri": f"spotify:track:{track['id']}",
            "name": track["name"],
            "artists": [{"id": None, "name": name} for name in track["artists"]],
            "album": {"name": "Album", "release_date": "2017-05", "release_date_precision": "month"},
            "duration_ms": track["duration_ms"],
            "explicit": track["explicit"],
            "is_local": False,
            "external_ids": {"isrc": track["isrc"]},
        }

    def audio_features(self, request):
        ids = request.query.get("ids", [""])[0].split(",")
        if not self.spotify_features:
            return 403, {"error": {"status": 403}}
        if len(ids) > 100:
            return 400, _error(400, "Too many ids")
        known = {i: self.tracks[i] for i in ids if i in self.tracks and self.tracks[i]["features"]}
        rows = [
            known[i]["features"] | {"id": i, "type": "audio_features", "time_signature": 4, "duration_ms": 1}
            if i in known
            else None
            for i in ids
        ]
        return 200, {"audio_features": rows}

    # ReccoBeats

    def reccobeats(self, request, path):
        if request.headers.get("User-Agent", "").startswith("Python-urllib"):
            return 403, "error code: 1010"
        if path == "analysis/audio-features" and request.method == "POST":
            return self.analyse(request)
        if request.method == "POST":
            return 401, {"status": 401}
        ids = [i for value in request.query.get("ids", []) for i in value.split(",") if i]
        if not 1 <= len(ids) <= 40:
            message = {"path": "getAudioFeatures.ids", "message": "size must be between 1 and 40"}
            return 400, {"status": 4004, "errors": [message]}
        row = {"audio-features": self.feature_row, "track": self.track_row}[path]
        tracks = [self.tracks[i] for i in dict.fromkeys(ids) if i in self.tracks and i in self.at_reccobeats]
        tracks += [t for i, t in self.tracks.items() if t["isrc"] in ids and i in self.by_isrc]
        random.Random(len(self.requests)).shuffle(tracks)
        return 200, {"content": [row(track) for track in tracks]}

    def feature_row(self, track):
        return self._names(track) | track["features"]

    def track_row(self, track):
        artists = [
            {"id": "a", "name": n, "href": "https://open.spotify.com/artist/x"} for n in track["artists"]
        ]
        rest = {"popularity": track["popularity"], "durationMs": track["duration_ms"], "ean": None}
        return self._names(track) | rest | {"trackTitle": track["name"], "artists": artists}

    def _names(self, track):
        href = f"https://open.spotify.com/track/{track['id']}"
        return {"id": track["uuid"], "href": track.get("href", href), "isrc": track["isrc"]}

    def analyse(self, request):
        part = re.search(
            rb'name="audioFile"[^\r]*\r\n(?:[^\r]+\r\n)*\r\n(.*?)\r\n--', request.body, re.DOTALL
        )
        if not part or not part[1]:
            return 400, {"status": 4000, "errors": [{"path": "audioFile", "message": "must not be empty"}]}
        if len(part[1]) > 5 * 1024 * 1024:
            return 413, "Payload too large"
        self.uploads.append(part[1])
        return 200, self.analysis


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        fake, address = self.server.fake, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Request(self.command, address.path, parse_qs(address.query), dict(self.headers), body)
        fake.requests.append(request)
        fault = fake.fault_for(self.path)
        if fault:
            time.sleep(fault.hang)
            return self.answer(fault.status, fault.body, fault.headers, fault)
        service, _, rest = address.path.strip("/").partition("/")
        if service == "accounts":
            return self.answer(*(fake.token(request) if rest == "api/token" else fake.authorize(request)))
        answer = fake.spotify if service == "spotify" else fake.reccobeats
        return self.answer(*answer(request, address.path.partition("/v1/")[2]))

    do_POST = do_GET

    def answer(self, status, body, headers=None, fault=None):
        plain = body if isinstance(body, str | bytes) else json.dumps(body)
        data = plain if isinstance(plain, bytes) else plain.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(body, str) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.write(data, fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def write(self, data, fault):
        if fault and fault.truncate:
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
        elif fault and fault.drip:
            for start in range(len(data)):
                self.wfile.write(data[start : start + 1])
                time.sleep(fault.drip)
        else:
            self.wfile.write(data)

    def log_message(self, *args):
        pass


def _error(status, message):
    return {"error": {"status": status, "message": message}}


LOCAL = {
    "type": "track",
    "id": None,
    "name": "929",
    "is_local": True,
    "uri": "spotify:local:Halsey:Manic+%28Deluxe%29:929:174",
    "artists": [{"id": None, "name": "Halsey"}],
    "album": {"id": None, "name": "Manic (Deluxe)", "release_date": None},
    "duration_ms": 174000,
    "explicit": False,
    "external_ids": {},
    "popularity": 0,
}
EPISODE = {
    "type": "episode",
    "id": "5Xt5DXGzch68nYYamXrNxZ",
    "name": "Starting Your Own Podcast",
    "duration_ms": 1686230,
    "explicit": False,
    "release_date": "1981-12-15",
}
