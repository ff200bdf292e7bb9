import email.utils
import io
import json
import sqlite3
import time
import traceback
import urllib.error
import urllib.request

import numpy as np
import pytest
import soundfile
from support.fake_servers import HTML

from hitcast import features
from hitcast.errors import SourceError
from hitcast.sources.live import audio_file, reccobeats, spotify
from hitcast.sources.live.cache import DAY, Answers
from hitcast.sources.live.reccobeats import ReccoBeats


@pytest.fixture
def here(fake, tmp_path):
    """Settings without Spotify's credentials."""
    return fake.settings(tmp_path, client_id="", client_secret="")


@pytest.fixture
def service(here):
    """The service, asked anew with an empty memory."""
    return ReccoBeats(here)


def features_of(ids, isrcs=None, settings=None):
    """The audio features by id; raises what ended the asking, which keeps the answers so far."""
    service = ReccoBeats(settings)
    try:
        answers = service.features(ids, isrcs or {})
    finally:
        service.close()
    if service.stopped:
        raise service.stopped
    return answers


def one(fake):
    return next(iter(fake.tracks.values()))


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
    assert service.details([second["id"]], {second["id"]: first["isrc"]})[second["id"]]["popularity"] == 90


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


# The memory


def test_a_second_pull_asks_for_nothing(fake, here):
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


# One track


@pytest.mark.parametrize(
    "spelling",
    [
        "{}",
        "  {}\n",
        "spotify:track:{}",
        "https://open.spotify.com/track/{}",
        "http://open.spotify.com/track/{}?si=0123456789abcdef",
        "https://open.spotify.com/intl-de/track/{}/",
        "open.spotify.com/track/{}#x",
        "Listen: https://open.spotify.com/track/{}?si=1 now",
    ],
)
def test_a_track_may_be_a_link_an_uri_or_an_id(fake, here, spelling):
    track = one(fake)
    found = spotify.track(spelling.format(track["id"]), here)
    assert (found.track_id, found.title, found.artist) == (track["id"], "Song 0", "Artist 0")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a Spotify track"),
        ("hello", "is not a Spotify track"),
        ("11dFghVXANMlKmJXsNCbN", "is not a Spotify track"),
        ("11dFghVXANMlKmJXsNCbNlX", "is not a Spotify track"),
        ("https://open.spotify.com/track/short", "is not a Spotify track"),
        ("https://open.spotify.com/playlist/37i9dQZF1DXcBWIGoYBM5M", "playlist"),
        ("spotify:album:0tGPJ0bkWOUmH7MEOR77qc", "album"),
        ("https://spotify.link/abc", "short link"),
        ("https://evil.example/track/11dFghVXANMlKmJXsNCbNl", "is not a Spotify track"),
        ("http://127.0.0.1:8080/11dFghVXANMlKmJXsNCbNl", "is not a Spotify track"),
        ("11dFghVXANMlKmJXsNCb/.", "is not a Spotify track"),
        ("ééééééééééééééééééééééé", "is not a Spotify track"),
    ],
)
def test_anything_else_is_refused_and_nothing_is_sent(fake, here, text, words):
    with pytest.raises(SourceError, match=words):
        spotify.track(text, here)
    assert not fake.requests


def test_a_track_that_nobody_knows_says_what_to_do(fake, here):
    with pytest.raises(SourceError, match="audio file"):
        spotify.track("0" * 22, here)


def test_a_track_of_which_only_the_name_is_known_says_so(fake, here):
    fake.fail("audio-features", 200, {"content": []}, times=None)
    found = spotify.track(one(fake)["id"], here)
    assert found.title == "Song 0" and "audio features" in found.notes[0] and found.features_source == ""


def test_a_value_out_of_range_is_left_out_and_said(fake, here):
    one(fake)["features"]["loudness"] = -70
    found = spotify.track(one(fake)["id"], here)
    assert "loudness" not in found.features and "Loudness" in found.notes[0]


def test_a_track_does_not_wait_a_minute(fake, here):
    fake.fail("reccobeats", 429, "", headers={"Retry-After": "30"}, times=None)
    started = time.monotonic()
    with pytest.raises(SourceError, match="30 seconds"):
        spotify.track(one(fake)["id"], here)
    assert time.monotonic() - started < 2


# A recording


def sound(seconds=2.0, rate=44_100, channels=1, format="WAV", **options):
    time_axis = np.arange(int(seconds * rate)) / rate
    samples = 0.4 * np.sin(2 * np.pi * 220 * time_axis)[:, None].repeat(channels, axis=1)
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=format, **options)
    return file.getvalue()


def uploaded(fake):
    return soundfile.read(io.BytesIO(fake.uploads[-1]))


@pytest.mark.parametrize("format", ["WAV", "MP3", "OGG", "AIFF", "FLAC"])
def test_a_demo_of_every_format_is_measured(fake, here, format):
    found = reccobeats.analyse(sound(format=format), f"My demo.{format.lower()}", here)
    assert found.features["tempo"] == 120.5 and found.title == "My demo"
    assert found.features["duration_ms"] == pytest.approx(2000, abs=60)
    assert (
        not {"key", "mode", "time_signature", "explicit"} & set(found.features) and found.popularity is None
    )


def test_a_long_recording_is_cut_to_thirty_seconds_of_mono(fake, here):
    found = reccobeats.analyse(sound(95, channels=2), "long.wav", here)
    samples, rate = uploaded(fake)
    assert (samples.ndim, rate, len(samples)) == (1, 44_100, 30 * 44_100)
    assert len(fake.uploads[0]) < 2_700_000 and found.features["duration_ms"] == pytest.approx(95_000)


def test_the_excerpt_is_the_middle(fake, here):
    quiet = np.full(44_100 * 40, 0.1)
    file = io.BytesIO()
    soundfile.write(file, np.concatenate([quiet, quiet * 5, quiet]), 44_100, format="WAV")
    reccobeats.analyse(file.getvalue(), settings=here)
    assert uploaded(fake)[0].min() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("rate", [8_000, 48_000, 96_000, 192_000])
def test_any_sample_rate_becomes_the_recommended_one(fake, here, rate):
    reccobeats.analyse(sound(3, rate=rate), settings=here)
    samples, sent = uploaded(fake)
    loudest = np.argmax(np.abs(np.fft.rfft(samples))) * sent / len(samples)
    assert sent == 44_100 and loudest == pytest.approx(220, abs=1)


def test_a_recording_longer_than_five_megabytes_fits(fake, here):
    big = sound(60, channels=2, subtype="PCM_24")
    assert len(big) > 15_000_000
    assert reccobeats.analyse(big, "big.wav", here).features


def test_neither_name_nor_tags_leave_the_machine(fake, here):
    reccobeats.analyse(sound(), "secret single.wav", here)
    assert (
        b"secret single" not in fake.requests[-1].body and b'filename="excerpt.wav"' in fake.requests[-1].body
    )


def test_a_file_on_disk_is_measured_as_well(fake, here, tmp_path):
    (tmp_path / "demo.wav").write_bytes(sound())
    assert reccobeats.analyse(tmp_path / "demo.wav", "demo.wav", here).title == "demo"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"ID3" + b"\x00" * 500,
        b"\x89PNG\r\n" * 99,
        sound()[:44],
        sound(0),
    ],
)
def test_what_is_no_sound_is_refused_and_not_sent(fake, here, content):
    with pytest.raises(SourceError):
        reccobeats.analyse(content, "thing.mp3", here)
    assert not fake.requests


def test_silence_is_refused_and_not_sent(fake, here):
    file = io.BytesIO()
    soundfile.write(file, np.zeros(44_100), 44_100, format="WAV")
    with pytest.raises(SourceError, match="no sound"):
        reccobeats.analyse(file.getvalue(), "silence.wav", here)
    assert not fake.requests


def test_a_recording_that_breaks_off_is_measured_as_far_as_it_goes(fake, here):
    whole = sound(10)
    assert reccobeats.analyse(whole[: len(whole) // 2], "cut.wav", here).features


def test_samples_that_are_no_numbers_become_silence():
    file = io.BytesIO()
    samples = np.sin(np.arange(44_100) / 20)
    samples[100:200] = np.nan
    soundfile.write(file, samples, 44_100, format="WAV", subtype="FLOAT")
    assert np.isfinite(soundfile.read(io.BytesIO(audio_file.excerpt(file.getvalue()).wav))[0]).all()


@pytest.mark.parametrize(
    ("status", "body", "words"), [(413, "Payload too large", "413"), (400, "", "400"), (200, "{}", "without")]
)
def test_a_refused_recording_is_said(fake, here, status, body, words):
    fake.fail("analysis", status, body, times=None)
    with pytest.raises(SourceError, match=words) as caught:
        reccobeats.analyse(sound(), "a.wav", here)
    assert "RIFF" not in "".join(traceback.format_exception(caught.value))


def test_a_busy_analysis_is_asked_again(fake, here):
    fake.fail("analysis", 429, "", times=2)
    assert reccobeats.analyse(sound(), settings=here).features


def test_a_measured_value_out_of_range_is_left_out(fake, here):
    fake.analysis["loudness"] = 12.0
    assert "loudness" not in reccobeats.analyse(sound(), settings=here).features


def test_every_value_found_lies_in_its_features_range(fake, here):
    for found in (spotify.track(one(fake)["id"], here), reccobeats.analyse(sound(), settings=here)):
        for name, value in found.features.items():
            assert features.BY_NAME[name].low <= value <= features.BY_NAME[name].high
