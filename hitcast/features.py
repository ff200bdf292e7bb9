"""Every audio feature once: what it means, its unit and range, and how a control shows it.

Ranges and meanings follow Spotify's audio-features reference; `duration_ms` and `explicit`
come from the track object.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

KEY_NAMES = ("C", "C♯/D♭", "D", "D♯/E♭", "E", "F", "F♯/G♭", "G", "G♯/A♭", "A", "A♯/B♭", "B")

THIRDS = (100 / 3, 200 / 3)
Kind = Literal["share", "number", "duration", "choice"]
FeatureSet = Literal["core", "full"]


@dataclass(frozen=True)
class Feature:
    """One column of the tracks table that a model may read.

    `low` and `high` are the valid range; a value outside it is an error. `shown` narrows the
    control to where real tracks lie.
    """

    name: str
    label: str
    help: str
    low: float
    high: float
    step: float
    kind: Kind = "share"
    unit: str = ""
    core: bool = False
    shown: tuple[float, float] | None = None
    choices: tuple[tuple[float, str], ...] = ()

    @property
    def control_range(self) -> tuple[float, float]:
        """The ends of its slider."""
        return self.shown or (self.low, self.high)

    def text(self, value: float) -> str:
        """The value as a person reads it, with its unit: `3:25 min`, `120 BPM`, `minor`."""
        if math.isnan(value):
            return "unknown"
        if self.kind == "choice":
            return dict(self.choices).get(float(round(value)), "unknown")
        if self.kind == "duration":
            seconds = round(value / 1000)
            return f"{seconds // 60}:{seconds % 60:02d} min"
        if self.kind == "share":
            return f"{value:.2f}"
        return f"{value:.0f} {self.unit}" if self.step >= 1 else f"{value:.1f} {self.unit}"

    def words(self, value: float, percentile: float) -> str:
        """The value as one says it of a song, given the share of tracks below it, 0 to 100: `a happy mood`, `medium energy`."""
        if self.name not in _ENDS:
            return f"{self.label.lower()} {self.text(value)}"
        little, much = _ENDS[self.name]
        place, (low, high) = (value, _LIMITS[self.name]) if self.name in _LIMITS else (percentile, THIRDS)
        if low < place < high:
            return f"medium {self.label.lower()}"
        return much if place >= high else little


_HELP = {
    "danceability": "How easy it is to dance to, from tempo, steadiness and beat strength. 0 = not at all, 1 = very.",
    "energy": "How intense and active it sounds: fast, loud and noisy is high. 0 = calm, 1 = intense.",
    "valence": "How positive it sounds. 0 = sad or angry, 1 = happy or cheerful.",
    "tempo": "Estimated beats per minute.",
    "loudness": "Average loudness of the whole track in decibels below full scale. Nearer 0 is louder.",
    "speechiness": "Share of spoken words. Above 0.66 is nearly all speech; rap lies around 0.3.",
    "acousticness": "Confidence that the track is acoustic. 0 = electronic or amplified, 1 = acoustic.",
    "instrumentalness": "Likelihood that there are no vocals. Above 0.5 is meant as an instrumental.",
    "liveness": "Likelihood of an audience in the recording. Above 0.8 is most likely live.",
    "key": "The key that the track is in, as estimated.",
    "mode": "Major or minor, as estimated.",
    "time_signature": "Estimated beats in a bar.",
    "duration_ms": "Length of the track in minutes and seconds.",
    "explicit": "Whether the release is marked explicit.",
}
# What little and what much of it is called; key and time signature have no less and no more.
_ENDS = {
    "danceability": ("hard to dance to", "easy to dance to"),
    "energy": ("low energy", "high energy"),
    "valence": ("a sad or angry mood", "a happy mood"),
    "tempo": ("a slow tempo", "a fast tempo"),
    "loudness": ("a quiet master", "a loud master"),
    "speechiness": ("few spoken words", "many spoken words"),
    "acousticness": ("an electric sound", "an acoustic sound"),
    "instrumentalness": ("no instrumental passages", "few vocals"),
    "liveness": ("a studio sound", "a live sound"),
    "mode": ("a minor key", "a major key"),
    "duration_ms": ("a short track", "a long track"),
    "explicit": ("no explicit lyrics", "explicit lyrics"),
}
# Where little ends and much begins by the meaning of the value, not by that of other tracks; above as in Spotify's reference.
_LIMITS = {
    "speechiness": (0.1, 0.33),
    "instrumentalness": (0.1, 0.5),
    "liveness": (0.4, 0.8),
    "mode": (0.5, 0.5),
    "explicit": (0.5, 0.5),
}
_KEYS = (*((float(i), name) for i, name in enumerate(KEY_NAMES)), (-1.0, "not detected"))
_SIGNATURES = (*((float(beats), f"{beats}/4") for beats in (4, 3, 5, 6, 7, 2, 1)), (0.0, "none"))

FEATURES = (
    Feature("danceability", "Danceability", _HELP["danceability"], 0, 1, 0.01, core=True),
    Feature("energy", "Energy", _HELP["energy"], 0, 1, 0.01, core=True),
    Feature("valence", "Valence", _HELP["valence"], 0, 1, 0.01, core=True),
    Feature(
        "tempo", "Tempo", _HELP["tempo"], 1, 300, 1, kind="number", unit="BPM", core=True, shown=(40, 220)
    ),
    Feature("loudness", "Loudness", _HELP["loudness"], -60, 6, 0.5, kind="number", unit="dB", shown=(-40, 2)),
    Feature("speechiness", "Speechiness", _HELP["speechiness"], 0, 1, 0.01),
    Feature("acousticness", "Acousticness", _HELP["acousticness"], 0, 1, 0.01),
    Feature("instrumentalness", "Instrumentalness", _HELP["instrumentalness"], 0, 1, 0.01),
    Feature("liveness", "Liveness", _HELP["liveness"], 0, 1, 0.01),
    Feature("key", "Key", _HELP["key"], -1, 11, 1, kind="choice", choices=_KEYS),
    Feature("mode", "Mode", _HELP["mode"], 0, 1, 1, kind="choice", choices=((1.0, "major"), (0.0, "minor"))),
    Feature(
        "time_signature",
        "Time signature",
        _HELP["time_signature"],
        0,
        7,
        1,
        kind="choice",
        choices=_SIGNATURES,
    ),
    Feature(
        "duration_ms",
        "Duration",
        _HELP["duration_ms"],
        1_000,
        36_000_000,
        1_000,
        kind="duration",
        unit="ms",
        shown=(30_000, 600_000),
    ),
    Feature(
        "explicit",
        "Explicit lyrics",
        _HELP["explicit"],
        0,
        1,
        1,
        kind="choice",
        choices=((0.0, "no"), (1.0, "yes")),
    ),
)

BY_NAME = {feature.name: feature for feature in FEATURES}
FULL = tuple(BY_NAME)
CORE = tuple(feature.name for feature in FEATURES if feature.core)


def label(column: str) -> str:
    """What a column of the tracks table is called on screen."""
    return BY_NAME[column].label if column in BY_NAME else column.replace("_", " ").capitalize()


def select(columns: Iterable[str], feature_set: FeatureSet = "full") -> list[str]:
    """The names of the set's features that are among `columns`, in the order of `FEATURES`."""
    wanted = CORE if feature_set == "core" else FULL
    present = set(columns)
    return [name for name in wanted if name in present]
