"""What the features promise to models, controls and readers."""

import math

import pytest

from hitcast.features import BY_NAME, CORE, FEATURES, FULL, select

NEVER_A_FEATURE = {"popularity", "hit", "genre", "artist", "track_id", "release_date"}


def test_the_core_is_the_four_the_sliders_show():
    assert CORE == ("danceability", "energy", "valence", "tempo")


def test_nothing_that_gives_the_answer_away_is_a_feature():
    assert not NEVER_A_FEATURE & set(FULL)


def test_select_keeps_the_order_of_the_features_whatever_the_order_of_the_columns():
    assert select(reversed(FULL)) == list(FULL)
    assert select(["popularity", "energy", "explicit"]) == ["energy", "explicit"]
    assert select(FULL, "core") == list(CORE)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_control_lies_within_the_valid_range_and_has_help(feature):
    low, high = feature.control_range
    assert feature.low <= low < high <= feature.high
    assert feature.help.endswith(".")
    assert all(feature.low <= value <= feature.high for value, _ in feature.choices)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("duration_ms", 205_400, "3:25 min"),
        ("tempo", 119.6, "120 BPM"),
        ("loudness", -7.25, "-7.2 dB"),
        ("energy", 0.5, "0.50"),
        ("key", 0, "C"),
        ("mode", 0, "minor"),
        ("explicit", 1, "yes"),
        ("time_signature", 2, "2/4"),
        ("key", 12, "unknown"),
        ("energy", math.nan, "unknown"),
    ],
)
def test_a_value_reads_as_a_person_says_it(name, value, text):
    assert BY_NAME[name].text(value) == text
