"""Predict's two versions side by side."""

import pandas as pd
import pytest
from scipy.special import logit
from support.driving import choose, find, opened, run, shown

from dashboard import track
from hitcast import answer, models, scoring
from hitcast.choices import BLEND
from hitcast.wording import in_thousand

pytestmark = pytest.mark.usefixtures("reads")


@pytest.fixture
def two():
    """A known track kept as A, and the same with more energy on the page."""
    app = opened()
    run(app.button(key="version_keep").click())
    return run(app.slider(key="predict_energy").set_value(0.7))


def test_both_chances_are_shown_each_its_own(two, bundle):
    here = pd.Series(two.session_state[track.TRACK].values)
    known = scoring.well_known(bundle)
    rows = pd.DataFrame([known[bundle.features], here[bundle.features]])
    chances = scoring.score(bundle, rows)["p_blend"]
    first, second = (in_thousand(chance) for chance in chances)
    assert first != second
    assert f"Version A: **{first}**. Version B: **{second}**" in shown(two)


def test_a_known_track_keeps_its_out_of_fold_chance_as_version_a(two, bundle):
    known = scoring.well_known(bundle)
    assert f"Version A: **{in_thousand(bundle.unseen_chances.loc[known.name, BLEND])}**" in shown(two)
    assert "learned from this track with other values" in shown(two)
    assert "models that had not heard a track's artist" in shown(choose(two, "predict_view", "A and B"))


def test_what_flatters_one_version_alone_is_not_compared(two):
    assert "× version A" not in shown(two) and "flatters that one alone" in shown(two)
    chances = choose(two, "predict_view", "A and B").dataframe[0].value
    assert list(chances) == ["Model", "Version A", "Version B"]


def test_two_changed_versions_of_one_track_are_compared(two):
    run(two.button(key="version_keep").click())
    run(two.slider(key="predict_energy").set_value(0.6))
    run(two.selectbox(key="predict_genre").set_value("metal"))
    assert "× version A" in shown(two)
    chances = choose(two, "predict_view", "A and B").dataframe[0].value
    assert "B against A" in chances and chances["Model"].iloc[-1].endswith(", B as metal")


def test_a_version_unlike_all_the_models_have_seen_is_not_compared():
    app = run(opened(duration_ms="36000000").button(key="version_keep").click())
    find(app, 0)
    assert not app.exception and "seen nothing like version A" in shown(app)
    assert "× version A" not in shown(app)


def test_the_view_of_both_names_what_differs(two):
    app = choose(two, "predict_view", "A and B")
    assert not app.exception and not app.error
    chances, values = (frame.value for frame in app.dataframe)
    assert list(chances["Version A"]) != list(chances["Version B"]) and len(chances) == 5
    assert list(values.loc[values["Differs"] == "yes", "Feature"]) == ["Energy"]


def test_swapping_twice_changes_nothing(two):
    before = two.session_state[track.TRACK]
    once = run(two.button(key="version_swap").click())
    assert once.session_state[track.TRACK].values != before.values
    assert run(once.button(key="version_swap").click()).session_state[track.TRACK] == before


def test_a_changed_version_that_was_swapped_can_still_be_reset(two):
    run(two.button(key="version_swap").click())
    app = run(two.button(key="version_swap").click())
    start = app.session_state[track.TRACK].start
    assert "changed" in shown(app)
    assert run(app.button(key="predict_reset").click()).session_state[track.TRACK].values == start


def test_forgotten_the_page_is_as_it_was(two):
    choose(two, "predict_view", "A and B")
    app = run(two.button(key="version_forget").click())
    assert not app.exception and "Version A" not in shown(app)
    assert not [button for button in app.button if button.key == "version_swap"]


def test_what_makes_the_difference_adds_up_to_the_difference(bundle):
    rows = bundle.tracks[bundle.features].sample(2, random_state=1).reset_index(drop=True)
    explained = answer.explained(bundle, rows, BLEND)
    odds = logit(models.probabilities(bundle.models, rows)[BLEND])
    difference = explained.values.loc[0] - explained.values.loc[1]
    assert difference.sum() == pytest.approx(odds[0] - odds[1], abs=1e-4)
