"""Genre and release year on the page: beside the sound's chance, never in its place."""

from urllib.parse import parse_qsl

import pytest
from support.driving import opened, run, shown

from dashboard import track
from hitcast import scoring, wording

pytestmark = pytest.mark.usefixtures("reads")
GENRE = "predict_genre"


def line(bundle, app):
    """What must be said of the track on the page with its genre."""
    values = app.session_state[track.TRACK].values
    asked = app.session_state[track.TRACK].row(bundle.features).to_frame().T.assign(genre=values["genre"])
    score = scoring.score(bundle, asked).iloc[0]
    return wording.in_context(score["context"], score["p_context"], bundle.card["base_rate"])


def test_another_genre_leaves_the_sounds_chance_and_changes_the_one_beside_it(bundle):
    app = opened(energy="0.7", danceability="0.6", valence="0.5", tempo="120")
    without = shown(app)
    assert "in the right order" not in without and "As " not in without
    run(app.selectbox(key=GENRE).set_value("rock"))
    headline = next(text for text in without.split("\n") if text.startswith("## "))
    assert headline in shown(app) and line(bundle, app) in shown(app)


def test_what_it_is_worth_within_a_genre_is_said_beside_it(bundle):
    app = opened(energy="0.7", danceability="0.6", valence="0.5", tempo="120", genre="rock")
    worth = bundle.card["context"]["worth"]["with genre"]
    inside = 100 * worth["measures"]["within_genre_auc"]["value"]
    assert f"within one genre {inside:.0f} and" in shown(app)


@pytest.mark.parametrize(
    ("genre", "option"), [("Hip Hop", "hip-hop"), ("polka", "another"), ("", "I don't know")]
)
def test_a_link_may_bring_any_genre(genre, option):
    app = opened(energy="0.7", danceability="0.6", valence="0.5", tempo="120", genre=genre)
    assert app.selectbox(key=GENRE).value == option


def test_another_genre_changes_nothing_and_that_is_said():
    app = opened(energy="0.7", danceability="0.6", valence="0.5", tempo="120", genre="polka")
    assert "As another genre: the models learned of none" in shown(app)


def test_a_real_track_comes_with_its_genre_and_reset_brings_it_back(bundle):
    app = opened()
    own = app.selectbox(key=GENRE).value
    assert own in bundle.context.genres
    other = next(genre for genre in bundle.context.genres if genre != own)
    run(app.selectbox(key=GENRE).set_value(other))
    run(app.button(key="predict_reset").click())
    assert app.selectbox(key=GENRE).value == own


def test_the_link_takes_the_genre_along(bundle):
    app = run(opened().selectbox(key=GENRE).set_value("metal"))
    assert "genre=metal" in app.get("code")[0].value


def test_a_link_keeps_that_a_known_tracks_genre_was_taken_away(bundle):
    app = run(opened().selectbox(key=GENRE).set_value("I don't know"))
    parameters = dict(parse_qsl(app.get("code")[0].value.split("?")[1], keep_blank_values=True))
    assert opened(**parameters).selectbox(key=GENRE).value == "I don't know"


def test_a_genre_alone_in_a_link_is_that_of_the_typical_track():
    assert opened(genre="metal").selectbox(key=GENRE).value == "metal"
