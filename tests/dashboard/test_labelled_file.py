"""A file that says how popular its tracks are: what came true is said, and its base rate can be taken on."""

import io

import pandas as pd
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
    rare = others[(others["popularity"] < 80) | (others.index % 4 == 0)]
    app = run(keep(app, bundle, rare).button(key="catalogue_judge").click())
    judged = labelled.judge(bundle, rare)
    assert f"{judged.hits:,} came out as hits" in shown(app).replace("\\", "")
    app = run(app.button(key="catalogue_base_rate").click())
    assert app.number_input(key="base_rate_one_in").value == judged.advised
    assert "for another base rate than the one above" in shown(app)


def test_no_base_rate_is_offered_where_taking_it_on_is_not_shown_to_help(app, bundle, others):
    few = others[others["popularity"] < 80].head(90)
    few = pd.concat([few, others[others["popularity"] >= 80].head(5)])
    app = run(keep(app, bundle, few).button(key="catalogue_judge").click())
    assert "5 came out as hits" in shown(app).replace("\\", "")
    assert not any(button.key == "catalogue_base_rate" for button in app.button)


def test_rows_that_cannot_be_scored_are_not_judged(bundle, others):
    broken = others.assign(energy=others["energy"].where(others.index % 10 > 0, 7.0))
    result = scored.score(bundle, io.BytesIO(broken.to_csv(index=False).encode()), "x.csv", "1")
    assert result.judged(bundle).tracks == (others.index % 10 > 0).sum()


def test_scores_for_a_base_rate_show_it_in_the_table_and_the_download(app, bundle, others):
    app = keep(app, bundle, others, base_rate=1 / 200)
    assert "p_here" in app.dataframe[0].value
    assert "p_here" in app.session_state[scored.KEPT].csv().decode("utf-8-sig").split("\n")[0]


def test_a_file_of_tracks_the_models_know_is_refused_in_one_sentence(app, bundle):
    app = run(keep(app, bundle, bundle.tracks.head(80)).button(key="catalogue_judge").click())
    assert "from somebody on it" in shown(app) and not app.exception
    assert len(app.dataframe) == 1


@pytest.mark.parametrize("lacking", ["popularity", "artist"])
def test_a_file_without_labels_is_not_asked(app, bundle, others, lacking):
    names = [name for name in others if not name.startswith(lacking)]
    assert not is_asked(keep(app, bundle, others[names]))
