"""Thirty seconds of a recording, mono, small enough to be analysed elsewhere."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hitcast.errors import SourceError

SECONDS = 30
RATE = 44_100
LONGEST_HOURS = 10
MOST_SAMPLES = 8 * 192_000  # a second: eight channels at the highest rate in use


@dataclass(frozen=True)
class Excerpt:
    """A WAV file in memory (16 bit, mono, 44.1 kHz, under 2.7 MB) and the length of the whole recording.

    `duration` is empty where the file does not say.
    """

    wav: bytes
    seconds: float
    duration: dict[str, float]


def excerpt(audio: bytes | Path, name: str = "") -> Excerpt:
    """The 30 seconds in the middle of a recording, or all of a shorter one.

    The middle stands better for a whole track than an intro does. Reads MP3, WAV, OGG, AIFF and
    FLAC. Raises SourceError where there is no sound to be read.
    """
    import soundfile

    source = io.BytesIO(audio) if isinstance(audio, bytes) else audio
    shown = name or getattr(audio, "name", "This file")
    try:
        with soundfile.SoundFile(source) as file:
            rate, frames = file.samplerate, file.frames
            if rate * file.channels > MOST_SAMPLES:
                raise SourceError(
                    f"{shown} has {file.channels:,} channels at {rate:,} Hz, which is more than can be read: save "
                    "it in stereo at 44,100 Hz."
                )
            known = 0 < frames <= LONGEST_HOURS * 3600 * rate
            if known and frames > SECONDS * rate and file.seekable():
                file.seek((frames - SECONDS * rate) // 2)
            samples = file.read(SECONDS * rate, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, RuntimeError):
        raise SourceError(
            f"{shown} cannot be read as sound: use an MP3, WAV, OGG, AIFF or FLAC file."
        ) from None
    mono = _resampled(np.nan_to_num(samples).mean(axis=1), rate)
    if not mono.size or np.abs(mono).max() < 1e-4:
        raise SourceError(f"{shown} holds no sound in its middle 30 seconds.")
    duration = {"duration_ms": 1000.0 * frames / rate} if known else {}
    return Excerpt(_wav(mono), mono.size / RATE, duration)


def _resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    if rate == RATE or not samples.size:
        return samples
    from scipy.signal import resample_poly

    common = np.gcd(rate, RATE)
    return resample_poly(samples, RATE // common, rate // common)


def _wav(samples: np.ndarray) -> bytes:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, np.clip(samples, -1, 1), RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()
