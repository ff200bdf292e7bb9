"""A recording of one's own: thirty seconds of it are measured, and nothing else leaves the machine."""

import io
import traceback

import numpy as np
import pytest
import soundfile
from support.reccobeats import one

from hitcast import features
from hitcast.errors import SourceError
from hitcast.sources.live import audio_file, reccobeats, spotify


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


def test_more_samples_than_any_recording_has_are_refused_and_not_sent(fake, here):
    with pytest.raises(
        SourceError, match=r"radar\.wav has 2 channels at 20,000,000 Hz.* stereo at 44,100 Hz"
    ):
        reccobeats.analyse(sound(0.001, rate=20_000_000, channels=2), "radar.wav", here)
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


def test_a_measured_value_out_of_range_is_left_out_and_said(fake, here):
    fake.analysis["loudness"] = 12.0
    found = reccobeats.analyse(sound(), settings=here)
    assert "loudness" not in found.features and "Loudness" in found.notes[-1]


def test_every_value_found_lies_in_its_features_range(fake, here):
    for found in (spotify.track(one(fake)["id"], here), reccobeats.analyse(sound(), settings=here)):
        for name, value in found.features.items():
            assert features.BY_NAME[name].low <= value <= features.BY_NAME[name].high
