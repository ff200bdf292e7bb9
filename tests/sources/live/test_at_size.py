"""Whole playlists, at size and under stress."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest
from support.fake_servers import CLIENT_SECRET, EPISODE, LOCAL, base62
from support.fake_servers import make_tracks as make

from hitcast.errors import SourceError
from hitcast.sources.live import spotify

A, B, C = ("PL" + letter * 20 for letter in "abc")


@pytest.fixture
def thousand(fake):
    """1,000 entries in three playlists: 50 nulls, 30 local files, 920 tracks, 40 % of them not at ReccoBeats."""
    tracks = make(920, seed=1)
    entries = [*tracks, *[None] * 50, *[LOCAL] * 30]
    random.Random(2).shuffle(entries)
    fake.tracks = tracks
    fake.playlists = {A: entries[:400], B: entries[400:730], C: entries[730:]}
    known = random.Random(3).sample(list(tracks), 552)
    fake.at_reccobeats = fake.by_isrc = set(known)
    return fake


def slow_down(fake):
    pause = {"Retry-After": "1"}
    fake.fail("offset=100", 429, "", headers=pause)
    fake.fail("reccobeats/v1/audio-features", 429, "", headers=pause, skip=3)
    fake.fail("reccobeats/v1/track", 429, "", skip=5)
    fake.fail("/items", 503, "<html>", skip=9)
    fake.fail("reccobeats/v1/track", 503, "<html>", skip=2)


def test_a_thousand_tracks_through_rough_weather_come_complete(thousand, tmp_path):
    slow_down(thousand)
    seen = []
    started = time.monotonic()
    got = spotify.load(settings=thousand.settings(tmp_path), progress=lambda done, text: seen.append(done))
    assert time.monotonic() - started < 20
    assert got.counts == {
        "asked for": 1000,
        "fetched": 920,
        "skipped: no longer on Spotify": 50,
        "skipped: local file": 30,
        "features from ReccoBeats": 552,
        "features missing": 368,
        "popularity from ReccoBeats": 552,
        "popularity missing": 368,
        "found by their ISRC": 0,
        "with features and popularity": 552,
        "coverage in percent": 60,
        "requests to Spotify": 1 + 8 + 7 + 6 + 1 + 2,
        "requests to ReccoBeats": 23 + 10 + 14 + 3,
    }
    right = {i: thousand.tracks[i]["features"]["tempo"] for i in thousand.at_reccobeats}
    loaded = got.rows.dropna(subset=["tempo"]).set_index("track_id").tempo
    assert loaded.to_dict() == right and set(got.rows.track_id) == set(thousand.tracks)
    assert all(fault.times == 0 for fault in thousand.faults)
    assert seen == sorted(seen) and seen[-1] == 1.0


def test_loading_the_same_again_asks_only_for_the_playlists(thousand, tmp_path):
    first = spotify.load(settings=thousand.settings(tmp_path))
    again = spotify.load(settings=thousand.settings(tmp_path))
    assert again.counts["requests to ReccoBeats"] == 0
    assert again.rows.equals(first.rows)


def test_spotifys_features_are_not_asked_for_twice_either(thousand, tmp_path):
    thousand.spotify_features = thousand.spotify_popularity = True
    for _ in range(2):
        spotify.load(settings=thousand.settings(tmp_path))
    asked = thousand.asked_ids("spotify/v1/audio-features")
    assert len(asked) == len(set(asked)) == 920


LOADING = """
import time
from hitcast.sources.live import spotify
def progress(done, text):
    if done >= {stop}:
        print("half", flush=True)
        time.sleep(60)
load = spotify.load(progress=progress)
print(load.counts["with features and popularity"], flush=True)
"""


def start(fake, folder, stop):
    code = LOADING.format(stop=stop)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=fake.environment(folder) | {"NO_PROXY": "127.0.0.1"},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_loading_that_is_killed_half_way_asks_for_no_id_twice(thousand, tmp_path):
    child = start(thousand, tmp_path, stop=0.55)
    assert child.stdout.readline() == "half\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    half = len(thousand.asked_ids("reccobeats"))
    child = start(thousand, tmp_path, stop=2)
    assert child.communicate(timeout=60)[0] == "552\n" and child.returncode == 0
    for path, ids in (("reccobeats/v1/audio-features", 920 + 368), ("reccobeats/v1/track", 552)):
        asked = thousand.asked_ids(path)
        assert len(asked) == len(set(asked)) == ids
    assert 0 < half < 920 + 368


def test_tokens_that_expire_all_the_time_only_cost_requests(thousand, tmp_path):
    thousand.token_lasts = 3
    got = spotify.load(settings=thousand.settings(tmp_path))
    assert got.counts["fetched"] == 920 and len(thousand.asked("/api/token")) == 8


def test_a_spotify_that_hangs_is_passed_over_within_fifteen_seconds(fake, tmp_path):
    fake.fail("/items", hang=40, times=None)
    started = time.monotonic()
    with pytest.raises(SourceError, match="did not answer within 12 seconds"):
        spotify.load(settings=fake.settings(tmp_path))
    assert time.monotonic() - started < 15


def test_an_accounts_service_that_hangs_is_passed_over(fake, tmp_path):
    fake.fail("/api/token", hang=5, times=None)
    with pytest.raises(SourceError, match="did not answer within 1 second"):
        spotify.load(settings=fake.settings(tmp_path, no_answer_after=1))


def test_a_reccobeats_that_hangs_leaves_what_spotify_gave(fake, tmp_path):
    fake.spotify_features = fake.spotify_popularity = True
    fake.tracks[next(iter(fake.tracks))]["features"] = None
    fake.fail("reccobeats", hang=5, times=None)
    got = spotify.load(settings=fake.settings(tmp_path, no_answer_after=1))
    assert got.counts["with features and popularity"] == 59 and "did not answer" in got.detail
    assert len(fake.asked("reccobeats")) == 1


def test_with_neither_features_nor_popularity_it_says_who_refused(fake, tmp_path):
    fake.fail("reccobeats", 429, "", headers={"Retry-After": "86400"}, times=None)
    with pytest.raises(SourceError) as caught:
        spotify.load(settings=fake.settings(tmp_path))
    assert "Spotify refuses audio features" in str(
        caught.value
    ) and "ReccoBeats asks to wait 24 hours" in str(caught.value)


def test_features_without_any_popularity_are_refused(fake, tmp_path):
    for track in fake.tracks.values():
        track["popularity"] = None
    with pytest.raises(SourceError, match="has its popularity"):
        spotify.load(settings=fake.settings(tmp_path))


def test_a_mess_of_everything_keeps_the_sum(fake, tmp_path):
    rng = random.Random(4)
    strange = [None, LOCAL, EPISODE, 3, {"type": "track", "id": base62(rng, 5)}, {}, {"type": "ad"}]
    fake.playlists[A] = [*rng.choices(strange, k=80), *rng.choices(list(fake.tracks), k=100)]
    fake.entry = lambda entry, key, usual=fake.entry: {"item": entry} if entry == 3 else usual(entry, key)
    counts = spotify.load([A], settings=fake.settings(tmp_path)).counts
    assert counts["asked for"] == 180
    assert counts["fetched"] + sum(n for name, n in counts.items() if name.startswith("skipped")) == 180


def test_what_goes_into_the_card_holds_no_secret(fake, tmp_path):
    got = spotify.load(settings=fake.settings(tmp_path))
    public = json.dumps([got.name, got.detail, got.counts]) + got.rows.to_csv()
    assert "secret" not in public and fake.settings(tmp_path).client_secret not in public


def test_the_answers_on_disk_hold_no_secret(fake, tmp_path):
    spotify.load(settings=fake.settings(tmp_path))
    kept = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert kept and not any(b"-secret" in text or CLIENT_SECRET.encode() in text for text in kept)


def test_the_terms_are_said_with_everything_loaded(fake, tmp_path):
    assert "forbid training" in spotify.load(settings=fake.settings(tmp_path)).detail
