"""Audio features by id and by ISRC, and what becomes of them when the service will not answer."""

import email.utils
import time
import urllib.error
import urllib.request

import pytest
from support.fake_servers import HTML
from support.reccobeats import features_of, one

from hitcast.errors import SourceError
from hitcast.sources.live import spotify
from hitcast.sources.live.reccobeats import ReccoBeats


@pytest.fixture
def service(here):
    """The service, asked anew with an empty memory."""
    return ReccoBeats(here)


def row(track, **changes):
    return (
        {"href": f"https://open.spotify.com/track/{track['id']}", "isrc": track["isrc"]}
        | track["features"]
        | changes
    )


# Asking by id and by ISRC


def test_shuffled_answers_find_their_ids(fake, here):
    found = features_of(fake.tracks, settings=here)
    assert {i: values["energy"] for i, values in found.items()} == {
        i: track["features"]["energy"] for i, track in fake.tracks.items()
    }


def test_forty_at_once_and_no_id_twice(fake, here):
    features_of([*fake.tracks, *fake.tracks], settings=here)
    asked = fake.asked_ids("audio-features")
    assert len(fake.requests) == 2 and sorted(asked) == sorted(fake.tracks)


def test_what_is_unknown_is_absent(fake, here):
    fake.at_reccobeats = set(list(fake.tracks)[:7])
    assert set(features_of(fake.tracks, settings=here)) == fake.at_reccobeats


def test_what_is_missing_by_id_is_asked_by_isrc(fake, here):
    fake.at_reccobeats = set(list(fake.tracks)[:7])
    isrcs = {i: track["isrc"].lower() for i, track in fake.tracks.items()}
    found = features_of(fake.tracks, isrcs, here)
    assert set(found) == set(fake.tracks)
    codes = [key for key in fake.asked_ids("audio-features") if len(key) == 12]
    assert sorted(codes) == sorted(track["isrc"] for track in fake.tracks.values())[7:]


def test_something_that_is_no_isrc_is_not_asked_for(fake, here):
    fake.at_reccobeats = set()
    features_of(list(fake.tracks)[:1], {next(iter(fake.tracks)): "nonsense"}, here)
    assert len(fake.requests) == 1


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_releases_of_a_recording_the_better_known_counts(fake, service, order):
    first, second = list(fake.tracks.values())[:2]
    releases = [
        {"id": "a", "isrc": first["isrc"], "popularity": 3},
        {"id": "b", "isrc": first["isrc"], "popularity": 90},
    ]
    fake.fail("/track", 200, {"content": []})
    fake.fail("/track", 200, {"content": releases[::order]})
    assert (
        service.find("track", [second["id"]], {second["id"]: first["isrc"]})[second["id"]]["popularity"] == 90
    )


def test_a_row_without_its_link_is_not_guessed_at(fake, here):
    track = one(fake)
    fake.fail("audio-features", 200, {"content": [row(track, href=None)]})
    assert features_of([track["id"]], settings=here) == {}


def test_a_link_to_an_artist_is_no_track(fake, here):
    track = one(fake)
    fake.fail(
        "audio-features",
        200,
        {"content": [row(track, href=f"https://open.spotify.com/artist/{track['id']}")]},
    )
    assert features_of([track["id"]], settings=here) == {}


def test_a_null_feature_is_missing_and_a_null_core_feature_makes_the_row_useless(fake, here):
    first, second = list(fake.tracks.values())[:2]
    rows = [row(first, key=None, mode="x"), row(second, energy=None)]
    fake.fail("audio-features", 200, {"content": rows})
    found = features_of([first["id"], second["id"]], settings=here)
    assert set(found) == {first["id"]} and not {"key", "mode"} & set(found[first["id"]])


@pytest.mark.parametrize("value", [None, "80", True, -1, 101, float("nan")])
def test_a_popularity_that_is_none_is_missing(fake, here, value):
    track = one(fake)
    track["popularity"] = value
    found = spotify.track(track["id"], here)
    assert found.popularity is None and "popularity" in found.notes[0]


def test_a_popularity_of_zero_is_a_popularity(fake, here):
    one(fake)["popularity"] = 0
    assert spotify.track(one(fake)["id"], here).popularity == 0


# When it will not answer


def test_it_is_asked_as_hitcast(fake, here):
    features_of(list(fake.tracks)[:1], settings=here)
    assert fake.requests[0].headers["User-Agent"].startswith("hitcast/")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{fake.url}/reccobeats/v1/track?ids=x")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Retry-After": "1"}, ""),
        ({}, {"error": "Too many requests, retry after 1 seconds"}),
        ({"Retry-After": lambda: email.utils.formatdate(time.time() + 2, usegmt=True)}, ""),
    ],
)
def test_a_pause_in_any_spelling_is_kept(fake, here, headers, body):
    fake.fail("audio-features", 429, body, headers={k: v() if callable(v) else v for k, v in headers.items()})
    started = time.monotonic()
    assert features_of(list(fake.tracks)[:3], settings=here)
    assert time.monotonic() - started > 0.9


@pytest.mark.parametrize("header", [None, "0", "soon", "-5", ""])
def test_a_429_without_a_pause_backs_off_and_asks_again(fake, here, header):
    fake.fail("audio-features", 429, "", headers={} if header is None else {"Retry-After": header}, times=3)
    assert features_of(list(fake.tracks)[:3], settings=here)
    assert len(fake.requests) == 4


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, HTML), (503, ""), (200, HTML), (200, ""), (200, '{"content": [{"id"')],
)
def test_a_passing_breakdown_is_survived(fake, here, status, body):
    fake.fail("audio-features", status, body, times=2)
    assert len(features_of(fake.tracks, settings=here)) == 60


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (502, HTML, "status 502"),
        (200, HTML, "not data"),
        (200, "[]", "does not know"),
        (200, {"content": None}, "does not know"),
        (403, "error code: 1010", "1010"),
        (
            400,
            {"status": 4004, "errors": [{"path": "ids", "message": "size must be between 1 and 40"}]},
            "40",
        ),
        (429, "", "fewer requests"),
    ],
)
def test_a_lasting_refusal_is_said_in_its_words(fake, here, status, body, words):
    fake.fail("audio-features", status, body, times=None)
    with pytest.raises(SourceError, match=words):
        features_of(fake.tracks, settings=here)
    assert len(fake.requests) <= 4


def test_a_refusal_half_way_keeps_what_was_answered(fake, here):
    fake.fail("audio-features", 429, "", headers={"Retry-After": "86400"}, skip=1)
    with pytest.raises(SourceError, match="24 hours"):
        features_of(fake.tracks, settings=here)
    assert len(features_of(fake.tracks, settings=here)) == 60
    asked = [request.query["ids"][0].count(",") + 1 for request in fake.requests]
    assert asked == [40, 20, 20]


def test_a_server_that_drips_is_given_up(fake, tmp_path):
    fake.fail("audio-features", 200, {"content": []}, drip=0.4)
    started = time.monotonic()
    with pytest.raises(SourceError, match="did not answer within 1 second"):
        features_of(list(fake.tracks)[:1], settings=fake.settings(tmp_path, no_answer_after=1))
    assert time.monotonic() - started < 3


def test_requests_keep_their_distance(fake, tmp_path):
    started = time.monotonic()
    features_of(fake.tracks, settings=fake.settings(tmp_path, pace=0.5))
    assert time.monotonic() - started >= 0.5
