"""What would help: the caveat first, changes that can be tried and undone, what is no matter of the mix apart."""

import pandas as pd
import pytest
from support.driving import choose, find, opened, run, shown

from dashboard import levers, track
from hitcast import explain

pytestmark = pytest.mark.usefixtures("reads")


@pytest.fixture
def app():
    return choose(find(opened(), 7), "predict_view", "What would help")


def cards(app):
    return [text.value for text in app.markdown if " times the chance" in text.value]


def values(app):
    return pd.Series(app.session_state[track.TRACK].values)


def moves(bundle, row):
    ranges = explain.curve_ranges(bundle.tracks, bundle.features)
    return explain.best_moves(explain.response_curves(bundle.models, row, ranges), row)


def test_that_it_is_no_cause_is_said_before_the_first_change(app):
    texts = [text.value for text in app.markdown]
    assert cards(app)
    assert next(n for n, text in enumerate(texts) if "not a cause" in text) < texts.index(cards(app)[0])


def test_trying_one_sets_its_value_alone_and_keeps_the_track_as_it_was(app, bundle):
    before = values(app)
    best = moves(bundle, before[bundle.features].astype(float)).query("feature != 'explicit'").iloc[0]
    run(app.button(key="lever_try_0").click())
    changed = values(app)[bundle.features].astype(float).compare(before[bundle.features].astype(float))
    assert list(changed.index) == [best["feature"]] and changed["self"].iloc[0] == best["better"]
    assert "Version A:" in shown(app) and "changed" in shown(app)


def test_back_to_a_undoes_all_that_was_tried(app):
    before = app.session_state[track.TRACK]
    run(app.button(key="lever_try_0").click())
    run(app.button(key="lever_try_1").click())
    assert run(app.button(key="version_undo").click()).session_state[track.TRACK] == before
    assert "Version A" not in shown(app) and cards(app)


def test_explicit_lyrics_are_no_card(bundle):
    for place in bundle.tracks.index[bundle.tracks["explicit"] == 0][:3]:
        app = choose(find(opened(), place), "predict_view", "What would help")
        assert not any("Explicit" in card for card in cards(app))
        assert len(cards(app)) <= levers.CARDS
        assert "Not a matter of the mix: Explicit lyrics no → yes" in shown(app)
