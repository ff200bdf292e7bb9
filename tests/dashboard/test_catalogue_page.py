"""The Catalogue page: what it says before, what it shows after, and the way to Predict and home."""

import io
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import expect, sync_playwright
from support.driving import opened, run, serving, shown

from benchmarks import chromium
from dashboard import scored
from hitcast import catalogue, scoring, shortlist, wording

EXPORTIFY = {
    "title": "Track Name",
    "artists": "Artist Name(s)",
    "duration_ms": "Duration (ms)",
    "time_signature": "Time Signature",
}


@pytest.fixture(scope="module")
def table(bundle):
    """Sixty real tracks as Exportify writes them, two of them with a fault."""
    table = bundle.tracks.drop(columns="artist").iloc[::75].head(60).reset_index(drop=True)
    table.loc[4, "energy"], table.loc[7, "tempo"] = 2.0, None
    table.loc[9, "title"] = "<b>**=1+1**</b>"
    return table.rename(columns=EXPORTIFY)


@pytest.fixture(scope="module")
def result(bundle, table):
    file = io.BytesIO(table.to_csv(index=False).encode())
    return scored.score(bundle, file, "my tracks.csv", "1")


@pytest.fixture
def app(reads):
    return run(opened().switch_page("app_pages/catalogue.py"))


def test_the_page_asks_for_a_file_and_nothing_else(app):
    assert not app.exception and not app.error
    assert "Which tracks should you hear first?" in [element.value for element in app.title]
    assert not app.dataframe


def test_a_scored_catalogue_is_shown_with_its_problems(app, result):
    app.session_state[scored.KEPT] = result
    app.run()
    assert not app.exception and "58 of 60 rows scored" in shown(app)
    best, problems = (element.value for element in app.dataframe)
    assert best["p_blend"].is_monotonic_decreasing and len(best) == 58
    assert problems.index.tolist() == [5, 8]
    assert "energy" in problems.loc[5, "problem"] and "tempo" in problems.loc[8, "problem"]


def test_a_catalogue_of_nothing_that_the_models_know_is_shown_without_a_chart(bundle, app, table):
    longest = table.drop(index=[4, 7]).assign(**{"Duration (ms)": 7_200_000.0})
    file = io.BytesIO(longest.to_csv(index=False).encode())
    app.session_state[scored.KEPT] = scored.score(bundle, file, "mixes.csv", "1")
    assert not app.run().exception and not app.error and len(app.dataframe) == 1
    assert not app.get("arrow_vega_lite_chart")


@pytest.mark.parametrize("artists", [["A", "B", None], [["A", "C"], ["B"], []]], ids=["texts", "lists"])
def test_a_row_is_called_by_what_it_has_of_title_and_artist(bundle, table, artists):
    names = {"Track Name": ["One", None, None], "Artist Name(s)": artists}
    file = io.BytesIO(table.head(3).assign(**names).to_parquet())
    result = scored.score(bundle, file, "x.parquet", "1")
    assert [result.called(row) for row in range(3)] == ["One, by A", "B", "Row 3"]


def test_any_row_of_a_long_file_is_found_again(bundle):
    many = pd.concat([bundle.tracks[["title", *bundle.features]]] * 15, ignore_index=True)
    many = many.assign(title=[f"Song {row}" for row in many.index])
    result = scored.score(bundle, io.BytesIO(many.to_parquet(index=False)), "x.parquet", "1")
    assert pq.ParquetFile(io.BytesIO(result.parquet)).num_row_groups > 1
    for row in (0, 65_535, 65_536, len(many) - 1):
        assert result.called(row) == f"Song {row}"


def test_what_the_models_know_nothing_like_stands_last_and_in_no_chart(bundle, app, table):
    longest = table.drop(index=[4, 7]).assign(**{"Duration (ms)": [3_600_000.0, *[200_000.0] * 57]})
    file = io.BytesIO(longest.to_csv(index=False).encode())
    result = scored.score(bundle, file, "longest.csv", "3")
    basis = result.found()["basis"]
    assert basis.iloc[-1] == scoring.OUTSIDE and (basis == scoring.OUTSIDE).sum() == 1
    app.session_state[scored.KEPT] = result
    assert not app.run().exception and "outside: 1 track with a value" in shown(app).replace("`", "")


def test_a_search_looks_through_names_whatever_their_case(app, result):
    app.session_state[scored.KEPT] = result
    app.run()
    app.text_input(key="catalogue_search").set_value("<B>**=").run()
    assert app.dataframe[0].value["Track Name"].tolist() == ["<b>**=1+1**</b>"]
    app.text_input(key="catalogue_search").set_value("no such name").run()
    assert app.dataframe[0].value.empty and not app.exception


def test_a_recording_is_listed_once_with_its_copies_and_stays_whole_in_the_download(bundle, app, table):
    again = table.iloc[[20, 20, 30]].assign(**{"Track Name": "Another name"})
    twice = pd.concat([table, again], ignore_index=True)
    result = scored.score(bundle, io.BytesIO(twice.to_csv(index=False).encode()), "twice.csv", "2")
    found = result.found()
    copies = pd.Series(found.attrs["copies"], found["Track Name"])
    first, second = table.loc[[20, 30], "Track Name"]
    assert found.attrs["rows"] == 58 and copies[copies > 0].to_dict() == {first: 2, second: 1}
    assert result.found("another name")["Track Name"].tolist() == [
        name for name in found["Track Name"] if name in (first, second)
    ]
    assert len(pd.read_csv(io.BytesIO(result.csv()))) == 63
    app.session_state[scored.KEPT] = result
    assert "Copies" in app.run().dataframe[0].value and "58 of 58 tracks" in shown(app)


def test_an_id_that_is_none_of_a_track_folds_nothing(bundle, table):
    playlist = table.drop(index=[4, 7]).assign(track_id="37i9dQZF1DXcBWIGoYBM5M")
    result = scored.score(bundle, io.BytesIO(playlist.to_csv(index=False).encode()), "p.csv", "5")
    assert result.found().attrs["rows"] == len(result.listed[0]) == len(playlist)


def test_columns_called_as_ours_stay_the_files_own(bundle, app, table):
    own = table.drop(columns=["Track Name", "Artist Name(s)", "track_id", "album"]).drop(index=[4, 7])
    own.insert(0, "copies", "mine")
    own.insert(1, "p_here", "x" * 50)
    app.session_state[scored.KEPT] = scored.score(
        bundle, io.BytesIO(own.to_csv(index=False).encode()), "own.csv", "6"
    )
    assert not app.run().exception
    assert set(app.dataframe[0].value["copies"]) == {"mine"}
    assert set(app.dataframe[0].value["p_here"]) == {"x" * 50}


def test_how_many_hits_to_expect_is_said_of_as_many_as_are_asked(bundle, app, result):
    app.session_state[scored.KEPT] = result
    app.run()
    for tracks in (25, 3):
        app.number_input(key="catalogue_shortlist").set_value(tracks).run()
        said = shortlist.expected_hits(bundle, result.listed[0], tracks, in_context=result.listed[1])
        assert wording.shortlist(said.tracks, said.low, said.high, said.at_random) in shown(app)


def test_scores_of_earlier_models_are_not_shown(app, result):
    app.session_state[scored.KEPT] = replace(result, built="another day")
    app.run()
    assert not app.dataframe


def test_a_known_track_opens_with_the_chance_that_the_catalogue_gave_it(bundle, result):
    row = pd.DataFrame([result.values(bundle, 20).to_dict() | result.identity(20).to_dict()])
    again = scoring.score(bundle, row).iloc[0]
    assert result.scores["basis"].to_pandas()[20] == again["basis"] == scoring.OUT_OF_FOLD
    assert again["p_blend"] == pytest.approx(result.chances[20], abs=1e-12)


def test_a_track_that_lacks_a_value_is_the_same_track_on_both_pages(bundle, table):
    file = io.BytesIO(table.drop(columns=["loudness"]).to_csv(index=False).encode())
    lacking = scored.score(bundle, file, "lacking.csv", "4")
    row = pd.DataFrame([lacking.values(bundle, 20).to_dict() | lacking.identity(20).to_dict()])
    again = scoring.score(bundle, row).iloc[0]
    assert again["basis"] == scoring.OUT_OF_FOLD and again["filled"] == "loudness"
    assert again["p_blend"] == pytest.approx(lacking.chances[20], abs=1e-12)


def test_the_page_says_which_chances_are_not_to_be_ranked_with_the_others(app, result):
    app.session_state[scored.KEPT] = result
    app.run()
    assert "that the models learned from; these chances are those of models trained without" in shown(app)
    assert "basis" in app.dataframe[0].value


def test_a_row_opens_with_the_values_that_were_scored(bundle, result, table):
    values = result.values(bundle, 12)
    again = scoring.score(bundle, values.to_frame().T)["p_blend"].iloc[0]
    assert again == pytest.approx(result.chances[12], abs=1e-12)


def test_the_downloads_hold_every_row_and_column(result, table):
    csv, parquet = pd.read_csv(io.BytesIO(result.csv())), pd.read_parquet(io.BytesIO(result.parquet))
    assert len(csv) == len(parquet) == len(table)
    assert list(csv.columns) == list(parquet.columns) == [*table.columns, *scoring.columns()]
    assert result.csv().startswith(b"\xef\xbb\xbf")


def test_the_template_is_scored_as_it_is(bundle):
    file = io.BytesIO(catalogue.template(bundle))
    done = scored.score(bundle, file, "template.csv", "2")
    assert (done.scores["problem"].to_pandas() == "").all()


@pytest.fixture(scope="module")
def window(built):
    folders = {"HITCAST_MODELS_DIR": str(built / "models"), "HITCAST_DATA_DIR": str(built / "data")}
    with serving(**folders) as address, sync_playwright() as playwright:
        browser = chromium.launched(playwright)
        tab = browser.new_page(viewport={"width": 1280, "height": 900}, accept_downloads=True)
        tab.set_default_timeout(60_000)
        tab.goto(f"{address}/catalogue")
        yield tab
        browser.close()


def upload(window, name, content):
    expect(window.get_by_text("Which tracks should you hear first?")).to_be_visible(timeout=60_000)
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    window.locator("input[type=file]").set_input_files(file)


def test_a_dropped_file_is_scored_and_a_row_opens_in_predict(window, table):
    upload(window, "mine.csv", table.to_csv(index=False).encode())
    expect(window.get_by_text("features found in the file")).to_contain_text("14 of 14")
    window.get_by_role("button", name="Score this file").click()
    expect(window.get_by_text("58 of 60 rows scored")).to_be_visible(timeout=60_000)
    with window.expect_download() as download:
        window.get_by_role("button", name="Download CSV").click()
    assert len(pd.read_csv(download.value.path())) == 60
    grid = window.locator("[data-testid=stDataFrame] canvas").locator("visible=true").first
    button = window.get_by_role("button", name="in Predict")
    for row in range(10):
        grid.click(position={"x": 15, "y": 55 + 35 * row}, force=True)
        window.wait_for_timeout(1500)
        if button.is_visible():
            break
    button.click()
    expect(window.get_by_text("Change it")).to_be_visible()
    expect(window.get_by_text("popularity of 80 or more")).to_be_visible()


def test_what_is_no_table_is_said_in_a_sentence(window):
    window.get_by_role("link", name="Catalogue").click()
    upload(window, "page.csv", b"<html><body>not found</body></html>")
    expect(window.get_by_text("page.csv is a web page, not a table")).to_be_visible()


def test_nothing_of_the_file_before_stands_under_an_error(window, table):
    upload(window, "mine.csv", table.to_csv(index=False).encode())
    window.get_by_role("button", name="Score this file").click()
    expect(window.get_by_text("58 of 60 rows scored")).to_be_visible(timeout=60_000)
    upload(window, "garbage.csv", b"\x00\x01\x02")
    expect(window.get_by_text("garbage.csv holds NUL bytes")).to_be_visible()
    expect(window.get_by_text("58 of 60 rows scored")).not_to_be_visible()
    expect(window.get_by_role("button", name="Download CSV")).not_to_be_visible()


def test_what_is_missing_is_said_before_anything_runs(window, table):
    button = window.get_by_role("button", name="Score this file")
    upload(window, "less.csv", table.drop(columns="loudness").to_csv(index=False).encode())
    expect(window.get_by_text("No column for Loudness: filled")).to_be_visible()
    expect(button).to_be_enabled()
    upload(window, "core.csv", table.drop(columns="valence").to_csv(index=False).encode())
    expect(window.get_by_text("No column for Valence: filled")).to_be_visible()
    expect(button).to_be_disabled()
    window.get_by_text("Score the file all the same").click()
    expect(button).to_be_enabled()
    upload(window, "another.csv", table.drop(columns="tempo").to_csv(index=False).encode())
    expect(window.get_by_text("No column for Tempo: filled")).to_be_visible()
    expect(button).to_be_disabled()


@pytest.mark.parametrize(
    ("genre", "energy", "known"),
    [("rock", 0.5, True), ("polka", 0.5, False), (None, 0.5, False), (None, 7.0, True)],
    ids=["known", "another", "none", "none of a row that cannot be scored"],
)
def test_genres_are_known_where_each_scored_row_has_one_of_the_bundles(bundle, genre, energy, known):
    rows = bundle.tracks.head(9).drop(columns="track_id")
    last = rows.iloc[[0]].assign(genre=genre, energy=energy, title="Another", tempo=133.3)
    file = io.BytesIO(pd.concat([rows, last]).to_csv(index=False).encode())
    assert scored.score(bundle, file, "x.csv", "1").are_genres_known == known


@pytest.mark.parametrize(
    ("taken", "known"),
    [("rock", True), ("rock, 2019", True), ("2019", False), ("another genre", False), ("", False)],
)
def test_a_year_alone_is_no_genre(bundle, taken, known):
    file = io.BytesIO(bundle.tracks.head(3).to_csv(index=False).encode())
    found = scored.score(bundle, file, "x.csv", "1")
    context = pa.array([taken, "rock", "rock"])
    at = found.scores.schema.get_field_index("context")
    assert replace(found, scores=found.scores.set_column(at, "context", context)).are_genres_known == known
