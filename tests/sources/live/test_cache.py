"""What a service has said is not asked again, for as long as it is fresh."""

import json
import sqlite3

import pytest
from support.reccobeats import features_of

from hitcast.errors import SourceError
from hitcast.sources.live.cache import DAY, Answers


def test_loading_again_asks_for_nothing(fake, here):
    fake.at_reccobeats = set(list(fake.tracks)[:30])
    first = features_of(fake.tracks, settings=here)
    asked = len(fake.requests)
    assert features_of(fake.tracks, settings=here) == first and len(fake.requests) == asked


def test_only_what_is_new_is_asked_for(fake, here):
    old, new = list(fake.tracks)[:30], list(fake.tracks)[30:]
    features_of(old, settings=here)
    fake.requests.clear()
    features_of([*old, *new], settings=here)
    assert sorted(fake.asked_ids("audio-features")) == sorted(new)


def test_misses_are_forgotten_sooner_than_hits(tmp_path):
    clock = [0.0]
    answers = Answers(tmp_path / "a.sqlite", now=lambda: clock[0])
    answers.keep("x", {"hit": {"a": 1}, "miss": None})
    assert answers.known("x", ["hit", "miss", "new"]) == {"hit": {"a": 1}, "miss": None}
    clock[0] = 4 * DAY
    assert answers.known("x", ["hit", "miss"]) == {"hit": {"a": 1}}
    clock[0] = 31 * DAY
    assert answers.known("x", ["hit", "miss"]) == {}


def test_a_clock_that_was_set_back_makes_nothing_eternal(tmp_path):
    clock = [100 * DAY]
    answers = Answers(tmp_path / "a.sqlite", now=lambda: clock[0])
    answers.keep("x", {"a": {}})
    clock[0] = 0.0
    assert answers.known("x", ["a"]) == {}


def test_another_service_has_another_memory(fake, here, tmp_path):
    features_of(fake.tracks, settings=here)
    elsewhere = fake.settings(tmp_path, reccobeats_api="http://127.0.0.1:9")
    with pytest.raises(SourceError, match="cannot be reached"):
        features_of(fake.tracks, settings=elsewhere)


@pytest.mark.parametrize("damage", [b"not a database at all, but long enough to look like one" * 9, b""])
def test_a_damaged_memory_starts_afresh(fake, here, tmp_path, damage):
    (tmp_path / "answers.sqlite").write_bytes(damage)
    for _ in range(2):
        assert len(features_of(fake.tracks, settings=here)) == 60
    assert len(fake.requests) == 2


def test_a_memory_damaged_in_the_middle_only_costs_requests(fake, here, tmp_path):
    features_of(fake.tracks, settings=here)
    file = tmp_path / "answers.sqlite"
    content = bytearray(file.read_bytes())
    content[5000:9000] = b"\xff" * 4000
    file.write_bytes(content)
    assert len(features_of(fake.tracks, settings=here)) == 60


def test_a_folder_that_cannot_be_written_only_costs_the_memory(fake, tmp_path):
    (tmp_path / "file").write_text("")
    settings = fake.settings(tmp_path / "file" / "below")
    assert len(features_of(fake.tracks, settings=settings)) == 60


def test_nothing_but_answers_is_remembered(fake, here, tmp_path):
    features_of(fake.tracks, settings=here)
    with sqlite3.connect(tmp_path / "answers.sqlite") as file:
        bodies = [json.loads(body) for (body,) in file.execute("SELECT body FROM answers")]
    assert all(body["href"].startswith("https://open.spotify.com/track/") for body in bodies)
