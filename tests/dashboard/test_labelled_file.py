"""A file that says how popular its tracks are: what came true is said, and its base rate can be taken on."""

import io

import pytest
from support.driving import opened, run, shown

from dashboard import scored
from hitcast import labelled, sources


@pytest.fixture(scope="module")
def others():
    return sources.load("synthetic").table


@pytest.fixture
def app(reads):
    return run(opened().switch_page("app_pages/catalogue.py"))


def keep(app, bundle, table, **choices):
    """The page with this table scored."""
    file = io.BytesIO(table.to_csv(index=False).encode())
    app.session_state[scored.KEPT] = scored.score(bundle, file, "mine.csv", "1", **choices)
    return run(app)


def is_asked(app):
    return any(button.key == "catalogue_judge" for button in app.button)


def test_what_came_true_is_said_when_asked_and_its_base_rate_taken_on(app, bundle, others):
    app = keep(app, bundle, others)
    assert "hits, " not in shown(app)
    app = run(app.button(key="catalogue_judge").click())
    judged = labelled.judge(bundle, others)
    assert f"{judged.hits:,} are hits" in shown(app).replace("\\", "")
    app = run(app.button(key="catalogue_base_rate").click())
    assert app.number_input(key="base_rate_one_in").value == round(1 / judged.base_rate)
    assert "for another base rate than the one above" in shown(app)


def test_scores_for_a_base_rate_show_it_in_the_table_and_the_download(app, bundle, others):
    app = keep(app, bundle, others, base_rate=1 / 200)
    assert "p_here" in app.dataframe[0].value
    assert "p_here" in app.session_state[scored.KEPT].csv().decode("utf-8-sig").split("\n")[0]


def test_a_file_of_tracks_the_models_know_is_refused_in_one_sentence(app, bundle):
    app = run(keep(app, bundle, bundle.tracks.head(80)).button(key="catalogue_judge").click())
    assert "somebody on each of these tracks" in shown(app) and not app.exception
    assert len(app.dataframe) == 1


@pytest.mark.parametrize("lacking", ["popularity", "artist"])
def test_a_file_without_labels_is_not_asked(app, bundle, others, lacking):
    names = [name for name in others if not name.startswith(lacking)]
    assert not is_asked(keep(app, bundle, others[names]))
