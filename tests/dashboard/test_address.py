"""The address of the page follows the track: short where it is known, and a reload opens what was there."""

import pytest
from support.driving import choose, find, opened, run, shown

from dashboard import track
from hitcast import scoring

pytestmark = pytest.mark.usefixtures("reads")
UNKNOWN = {"energy": "0.7", "danceability": "0.6", "valence": "0.5", "tempo": "120"}


def address(app):
    """The query parameters as a browser would hand them over again."""
    return {name: value if isinstance(value, str) else value[-1] for name, value in app.query_params.items()}


def reloaded(app):
    return opened(**address(app))


def on_page(app):
    return app.session_state[track.TRACK]


def test_a_known_track_is_named_by_its_id_alone(bundle):
    app = find(opened(), 9)
    assert address(app) == {"track_id": bundle.tracks.loc[9, "track_id"], "hit": "80", "view": "Why"}
    assert on_page(reloaded(app)) == on_page(app)


def test_of_a_changed_track_the_change_goes_along_and_reset_still_knows_the_start(bundle):
    app = run(find(opened(), 9).slider(key="predict_energy").set_value(0.31))
    assert address(app).keys() == {"track_id", "energy", "hit", "view"}
    again = reloaded(app)
    assert on_page(again) == on_page(app)
    assert (
        run(again.button(key="predict_reset").click()).session_state[track.TRACK].values == on_page(app).start
    )


def test_a_genre_that_was_chosen_goes_along():
    app = run(find(opened(), 9).selectbox(key="predict_genre").set_value("metal"))
    assert address(app)["genre"] == "metal"
    assert on_page(reloaded(app)) == on_page(app)


def test_a_track_of_elsewhere_keeps_its_values_and_its_name():
    app = opened(**UNKNOWN, name="My demo, second mix")
    assert "My demo, second mix" in shown(app)
    assert on_page(reloaded(app)) == on_page(app)


def test_a_name_in_a_link_is_text_and_not_endless():
    app = opened(**UNKNOWN, name="<b>x</b> [y](http://z.example) " + "x" * 5000)
    assert not app.exception and not app.error
    assert "<b>x</b> [y](http" in shown(app) and len(on_page(app).called) == track.LONGEST_NAME


def test_the_view_and_the_base_rate_are_there_again():
    app = choose(opened(one_in="200"), "predict_view", "Similar tracks")
    again = reloaded(app)
    assert "Nearest first" in shown(again) and "Where 1 track in 200 is a hit" in shown(again)


def test_a_link_to_a_track_that_is_not_here_says_so(bundle):
    app = opened(track_id="0000000000000000000000")
    assert "not among those that the models here learned from" in shown(app)
    assert "not among those" not in shown(opened(track_id=bundle.tracks.loc[9, "track_id"]))


@pytest.mark.parametrize("view", ["Nothing of the kind", "", "A and B"])
def test_a_view_that_is_not_there_is_the_first(view):
    app = opened(view=view)
    assert not app.exception and not app.error and address(app)["view"] == "Why"


@pytest.mark.parametrize("more", [{}, {"energy": "0.31"}, {"genre": "metal"}])
def test_of_a_short_link_to_a_track_that_is_not_here_nothing_is_put_on_another(bundle, more):
    app = opened(track_id="0000000000000000000000", **more)
    assert "not among those" in shown(app) and not on_page(app).is_changed
    assert on_page(app).identity["track_id"] == scoring.well_known(bundle)["track_id"]


def test_a_track_that_was_looked_up_with_other_values_keeps_them(bundle):
    """Its id is in the table, and what the table says of it is something else."""
    one = bundle.tracks.loc[9]
    app = opened()
    values = {**on_page(app).values, "energy": 0.123}
    identity = {name: one[name] for name in track.WHICH}
    app.session_state[track.TRACK] = track.Track(values, values, "Looked up", identity)
    again = reloaded(run(app))
    assert on_page(again).values["energy"] == 0.123
