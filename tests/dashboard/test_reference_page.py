"""Tracks of the user's own to compare with: taken in from a file or a playlist, shown on every page, given back."""

import io

import pytest
from playwright.sync_api import sync_playwright
from support.driving import choose, opened, run, serving, shown
from support.fake_servers import PLAYLIST

from benchmarks import chromium
from dashboard import reference, scored
from hitcast.reference import in_words
from hitcast.reference import reference as of_rows


@pytest.fixture(scope="module")
def mine(bundle):
    genre = bundle.tracks["genre"].value_counts().index[0]
    return bundle.tracks[bundle.tracks["genre"] == genre].sample(60, random_state=0)


@pytest.fixture
def compared(reads, bundle, mine):
    """Compared with, once a set of this kind is there; `compared()` is the genre's."""

    def show(rows=mine, **link):
        app = opened(**link)
        found = of_rows(bundle, rows, "mine.csv")
        app.session_state[reference.KEPT] = (bundle.card["data_sha256"], *bundle.features), found
        return choose(app, "predict_view", "Compared with"), found

    return show


def test_a_track_is_compared_with_the_set_and_its_fit_said(compared):
    app, found = compared()
    assert app.selectbox(key="predict_group").value == reference.NAME
    assert in_words(found) in shown(app) and "as common** among these tracks" in shown(app)
    assert f"{reference.NAME} average" in app.dataframe[0].value


def test_the_fit_moves_with_the_track_and_goes_where_it_is_like_nothing(compared):
    app, _ = compared()
    said = []
    for value in (0.7, 0.8, 0.9):
        app = run(app.slider(key="predict_energy").set_value(value))
        said += [line for line in shown(app).split("\n") if "as common" in line]
    assert len(set(said)) == 3
    app = run(app.slider(key="predict_energy").set_value(0.05))
    assert "as common" not in shown(app) and "Unlike anything" in shown(app)


def test_a_track_of_the_set_is_said_to_be_one(compared, mine):
    app, _ = compared(track_id=mine["track_id"].iloc[0])
    assert "is one of them, which flatters it" in shown(app)


def test_a_set_without_a_fit_says_why_and_is_compared_all_the_same(compared, mine):
    app, found = compared(mine.head(10))
    assert found.refused in shown(app) and "as common" not in shown(app)
    assert not app.exception and f"{reference.NAME} average" in app.dataframe[0].value


def test_similar_tracks_are_those_of_the_set(compared, mine):
    app, _ = compared()
    app = choose(app, "predict_view", "Similar tracks")
    assert sum(title in shown(app) for title in mine["title"]) >= 5
    app = run(app.selectbox(key="predict_among").select_index(1))
    assert sum(title in shown(app) for title in mine["title"]) < 5


def test_a_set_of_values_alone_shows_these(compared, mine, bundle):
    app, found = compared(mine[bundle.features])
    assert found.refused in shown(app)
    assert "Untitled" in shown(choose(app, "predict_view", "Similar tracks"))


def test_what_was_compared_with_last_is_there_again(compared):
    app, _ = compared()
    run(app.selectbox(key="predict_group").set_value("rock"))
    choose(app, "predict_view", "Why")
    assert choose(app, "predict_view", "Compared with").selectbox(key="predict_group").value == "rock"


def test_beside_models_of_other_features_a_set_is_none(compared, bundle):
    app, found = compared()
    app.session_state[reference.KEPT] = (bundle.card["data_sha256"], *bundle.features[:4]), found
    app = run(app)
    assert not app.exception and app.selectbox(key="predict_group").value == "Top-100"


def test_it_can_be_forgotten(compared):
    app, _ = compared()
    app = run(app.button(key="reference_forget").click())
    assert app.selectbox(key="predict_group").value == "Top-100" and "as common" not in shown(app)


def test_a_catalogue_is_scored_with_its_fit(bundle, mine):
    fit = of_rows(bundle, mine, "mine.csv").fit
    file = io.BytesIO(bundle.tracks.head(50).to_csv(index=False).encode())
    result = scored.score(bundle, file, "x.csv", "1", fit=fit)
    assert result.found()["fit"].sort_index().to_list() == pytest.approx(
        fit.times(bundle.tracks.head(50)).tolist()
    )
    assert "fit" not in result.own


def test_scores_for_other_tracks_of_ones_own_say_so(compared, bundle, mine):
    app, found = compared()
    app = run(app.switch_page("app_pages/catalogue.py"))
    file = io.BytesIO(bundle.tracks.head(50).to_csv(index=False).encode())
    app.session_state[scored.KEPT] = scored.score(bundle, file, "x.csv", "1", fit=found.fit)
    app = run(app)
    assert "fit" in app.dataframe[0].value and "have changed since" not in shown(app)
    del app.session_state[reference.KEPT]
    assert "Your own tracks have changed since the file was scored" in shown(run(app))


def test_a_playlist_is_fetched_from_spotify(fake, reads, monkeypatch, tmp_path):
    for name, value in fake.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    app = choose(opened(), "predict_view", "Compared with")
    run(app.text_input(key="reference_link").set_value(PLAYLIST))
    app = run(app.button(key="reference_fetch").click())
    assert not app.exception and "Your playlist" in shown(app)


def test_without_a_spotify_app_or_a_network_no_playlist_is_asked_for(fake, reads, monkeypatch, tmp_path):
    for name, value in fake.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    for name, value in (("HITCAST_OFFLINE", "1"), ("SPOTIPY_CLIENT_SECRET", "")):
        with monkeypatch.context() as here:
            here.setenv(name, value)
            app = choose(opened(), "predict_view", "Compared with")
            assert "reference_link" not in {box.key for box in app.text_input}


def test_a_dropped_file_is_taken_in_and_one_that_is_no_table_explained(built, mine, tmp_path):
    mine.to_csv(tmp_path / "mine.csv", index=False)
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    folders = {"HITCAST_MODELS_DIR": str(built / "models"), "HITCAST_DATA_DIR": str(built / "data")}
    with serving(**folders) as address, sync_playwright() as playwright:
        window = chromium.launched(playwright).new_page()
        window.set_default_timeout(60_000)
        window.goto(address)
        window.get_by_text("Compared with", exact=True).click()
        window.get_by_text("Compare with tracks of your own").click()
        box = window.locator(".st-key-reference_file input[type=file]")
        box.set_input_files(tmp_path / "bad.csv")
        window.get_by_text("has no column for").wait_for()
        box.set_input_files(tmp_path / "mine.csv")
        window.get_by_text("as common").wait_for()
