"""The dashboard through Streamlit's tester: every page, every control, every way to get stuck."""

import gc
import shutil
import threading
import weakref
from dataclasses import replace
from datetime import time
from time import sleep

import pandas as pd
import pyarrow as pa
import pytest
from support import ROOT
from support.driving import choose, find, opened, run, shown

from dashboard import cache, track
from hitcast import answer, build, evaluation, models, profiles, scoring, tracks
from hitcast.bundle import disk
from hitcast.choices import BLEND, NAMES
from hitcast.features import BY_NAME, CORE, FEATURES
from hitcast.sources import Loaded
from hitcast.tracks import Report
from hitcast.wording import in_thousand

VIEWS = ("Why", "Compared with", "What would help", "Similar tracks")
PAGES = sorted(path.name for path in (ROOT / "app_pages").glob("[!_]*.py"))
EVIL = "<b>bold</b> [link](http://x.example) :red[red] `code` $x^2$ **fat** <script>alert(1)</script>"


pytestmark = pytest.mark.usefixtures("reads")


@pytest.fixture
def saved(tmp_path, reads):
    """Puts another bundle in place of the sample's."""
    reads(tmp_path)
    return lambda bundle: disk.save(bundle, tmp_path / "models", tmp_path / "data")


def is_fine(app):
    return not app.exception and not app.error


def chance(bundle, row):
    return in_thousand(scoring.score(bundle, row.to_frame().T)["p_blend"].iloc[0])


def values(app):
    return pd.Series(app.session_state[track.TRACK].values)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens(page):
    app = opened()
    assert is_fine(run(app.switch_page(f"app_pages/{page}")))


def test_the_first_paint_has_the_chance_of_each_model_in_its_context(bundle):
    app = opened()
    first = scoring.well_known(bundle)
    given = bundle.unseen_chances.loc[first.name]
    text = shown(app)
    assert is_fine(app)
    assert all(in_thousand(given[name]) in text for name in (*NAMES, BLEND))
    assert (
        track.named(first) in text
        and f"In fact: popularity {first['popularity']:.0f} when it was counted, a hit." in text
    )
    assert "The Top-100 themselves get" in text
    assert "× the average of all tracks" in text and "of tracks" in text and "The three models" in text


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_feature_has_a_control_that_moves_the_track(feature, bundle):
    app = opened()
    key = f"predict_{feature.name}"
    if feature.name == "explicit":
        run(app.toggle(key=key).set_value(True))
        wanted = 1.0
    elif feature.choices:
        wanted = feature.choices[1][0]
        run(app.selectbox(key=key).set_value(wanted))
    elif feature.kind == "duration":
        run(app.slider(key=key).set_value(time(0, 2, 5)))
        wanted = 125_000.0
    else:
        wanted = sum(feature.control_range) / 2
        run(app.slider(key=key).set_value(wanted))
    assert is_fine(app)
    assert values(app)[feature.name] == wanted
    assert chance(bundle, values(app)[bundle.features]) in shown(app)


def test_every_control_says_what_it_is(bundle):
    app = opened()
    kinds = ("slider", "selectbox", "toggle", "text_input", "button")
    assert all(widget.help for kind in kinds for widget in app.get(kind))


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_is_shown_alone(view):
    app = choose(opened(), "predict_view", view)
    assert is_fine(app)
    text = shown(app)
    marks = ("each step multiplies", "the middle half", "not a cause", "Nearest first")
    assert [mark in text for mark in marks] == [each == view for each in VIEWS]


@pytest.mark.parametrize("name", [BLEND, *NAMES])
def test_why_explains_the_model_that_was_chosen(name):
    app = run(opened().toggle(key="predict_figures").set_value(True))
    app = choose(app, "predict_explained", name)
    assert is_fine(app)
    assert ("In chances out of 1,000" in shown(app)) == (name == "rf")


def test_a_track_can_be_compared_with_a_genre(bundle):
    app = choose(opened(), "predict_view", "Compared with")
    genre = bundle.tracks["genre"].mode()[0]
    run(app.selectbox(key="predict_group").set_value(genre))
    assert is_fine(app)
    assert f"{genre} average" in app.dataframe[0].value.columns


def test_the_top_100_and_all_tracks_stand_beside_the_input(bundle):
    table = choose(opened(), "predict_view", "Compared with").dataframe[0].value.set_index("Feature")
    everyone = profiles.average(bundle.tracks, bundle.features)
    hits = profiles.average(profiles.top100(bundle.tracks), bundle.features)
    for name in bundle.features:
        text = BY_NAME[name].text
        expected = [text(hits[name]), text(everyone[name])]
        assert list(table.loc[BY_NAME[name].label, ["Top-100 average", "All tracks average"]]) == expected


@pytest.mark.parametrize("view", VIEWS[:3])
def test_a_chart_keeps_its_template_and_never_goes_on_showing_old_rows(view):
    """Streamlit's browser side takes changed rows for unchanged where their columns are called the same."""
    app = choose(opened(), "predict_view", view)
    before = [chart.proto for chart in app.get("arrow_vega_lite_chart")][:2]
    run(app.slider(key="predict_energy").set_value(0.2))
    after = [chart.proto for chart in app.get("arrow_vega_lite_chart")][:2]
    kept = before if view != "What would help" else []  # whose curves are in another order
    assert [chart.spec for chart in kept] == [chart.spec for chart in after[: len(kept)]]
    assert all(columns(chart) != columns(then) for chart, then in zip(before, after, strict=True))


def columns(chart):
    return pa.ipc.open_stream(chart.datasets[0].data.data).schema.names


def test_the_view_stays_when_a_version_is_kept_and_another_page_is_read():
    app = choose(opened(), "predict_view", "Similar tracks")
    run(app.button(key="version_keep").click())
    assert "Nearest first" in shown(app)
    run(app.switch_page("app_pages/data.py"))
    assert "Nearest first" in shown(run(app.switch_page("app_pages/predict.py")))


def test_tracks_are_similar_also_where_little_is_known_and_never_a_track_to_itself(bundle):
    row = bundle.tracks.loc[0, bundle.features].astype(float)
    assert len(answer.similar(bundle.neighbours, row.where(row.index == "energy"))) == 5
    near = answer.similar(bundle.neighbours, row.where(row.index.isin(CORE)))
    assert len(near) == 5 and 0 not in near.index


def test_all_curves_are_shown_on_demand():
    app = choose(opened(), "predict_view", "What would help")
    some = len(app.get("arrow_vega_lite_chart"))
    run(app.toggle(key="predict_all_curves").set_value(True))
    assert is_fine(app) and len(app.get("arrow_vega_lite_chart")) > some


def test_a_real_track_keeps_its_exact_values(bundle):
    wanted = bundle.tracks.sort_values("popularity").iloc[-1]
    app = find(opened(), wanted.name)
    assert is_fine(app)
    assert values(app)[bundle.features].to_dict() == wanted[bundle.features].astype(float).to_dict()


def test_a_known_track_is_shown_with_its_out_of_fold_chance_however_it_came(bundle):
    wanted = bundle.tracks.sort_values("popularity").iloc[-1]
    said = in_thousand(bundle.unseen_chances.loc[wanted.name, BLEND])
    row = wanted[bundle.features].astype(float)
    for app in (find(opened(), wanted.name), opened(**track.to_link(row))):
        assert is_fine(app)
        assert f"## {said}" in shown(app) and "trained without its artist" in shown(app)
        assert track.named(wanted) in shown(app)


def test_moved_sliders_leave_the_out_of_fold_chance_and_say_so(bundle):
    wanted = bundle.tracks.sort_values("popularity").iloc[-1]
    app = run(find(opened(), wanted.name).slider(key="predict_energy").set_value(0.31))
    own = models.probabilities(bundle.models, values(app)[bundle.features].to_frame().T)[BLEND].iloc[0]
    assert f"## {in_thousand(own)}" in shown(app)
    assert "learned from this track with other values" in shown(app)
    assert "trained without its artist" not in shown(app)
    run(app.button(key="predict_reset").click())
    assert "trained without its artist" in shown(app)


def test_what_nobody_said_of_a_track_is_no_reason():
    app = opened(energy="0.9", valence="0.2", danceability="0.5", tempo="120")
    run(app.toggle(key="predict_figures").set_value(True))
    assert is_fine(app) and "never a reason: Loudness" in shown(app)
    drawn = [chart.proto.datasets[0].data.data for chart in app.get("arrow_vega_lite_chart")]
    reasons = next(str(data) for data in drawn if "Energy 0.90" in str(data))
    assert "Valence 0.20" in reasons and "Loudness" not in reasons
    for view in VIEWS:
        assert is_fine(choose(app, "predict_view", view))
    run(app.slider(key="predict_loudness").set_value(-9.0))
    assert "never a reason: Loudness" not in shown(app)


def test_a_link_to_a_changed_track_says_so_too(bundle):
    wanted = bundle.tracks.sort_values("popularity").iloc[-1]
    changed = pd.Series({**wanted[bundle.features].astype(float), "energy": 0.31})
    app = opened(**track.to_link(changed, track_id=wanted["track_id"]))
    assert values(app)["energy"] == 0.31
    assert "learned from this track with other values" in shown(app) and track.named(wanted) in shown(app)
    run(app.button(key="predict_reset").click())
    assert "trained without its artist" in shown(app)


def test_the_box_of_known_songs_lists_all_of_them_the_most_popular_first(bundle):
    box = opened().selectbox(key="predict_known")
    best = bundle.tracks.sort_values("popularity", ascending=False, kind="stable").iloc[0]
    assert len(box.options) == len(bundle.tracks) and box.options[0] == track.named(best)


def test_a_known_song_stands_in_its_box_until_another_track_comes(bundle):
    app = find(opened(), 3)
    assert app.session_state["predict_known"] == 3
    track_of_elsewhere = track.Track(
        {"energy": 0.5}, {"energy": 0.5}, "Elsewhere", dict.fromkeys(track.WHICH)
    )
    app.session_state[track.TRACK] = track_of_elsewhere
    assert run(app).session_state["predict_known"] is None


def test_reset_goes_back_to_where_the_track_started(bundle):
    app = find(opened(), 5)
    started = values(app)
    run(app.slider(key="predict_energy").set_value(0.11))
    assert "changed" in shown(app)
    run(app.button(key="predict_reset").click())
    assert values(app).equals(started)


def test_the_track_stays_while_another_page_is_read():
    app = opened()
    run(app.slider(key="predict_energy").set_value(0.11))
    run(app.switch_page("app_pages/data.py"))
    run(app.switch_page("app_pages/predict.py"))
    assert app.slider(key="predict_energy").value == 0.11


def test_a_link_restores_the_track(bundle):
    row = bundle.tracks[bundle.features].iloc[7].astype(float)
    app = opened(**track.to_link(row))
    assert values(app)[bundle.features].astype(float).equals(row)
    assert chance(bundle, row) in shown(app)


def test_an_absurd_link_opens():
    app = opened(
        danceability="1e999", energy="-7", tempo="fast", duration_ms="36000000", key="99", other="<b>"
    )
    assert is_fine(app)
    assert values(app)["energy"] == 0 and values(app)["key"] == 11
    assert "beyond the end of the slider" in shown(app)


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ({"duration_ms": "36000000"}, "has this: Duration 600:00 min"),
        ({"energy": "0.99", "loudness": "-18", "acousticness": "0.9"}, "hardly together"),
    ],
)
def test_of_a_track_like_none_before_that_comes_first_and_the_number_after_it(link, why):
    app = opened(**link)
    headings = [element.value for element in app.markdown if element.value.startswith("## ")]
    assert headings == ["## Unlike anything the models have seen"]
    assert why in shown(app)
    assert "which says little here" in shown(app) and "above" not in shown(app).split("which says little")[0]


def test_no_interval_ends_at_certainty(bundle):
    for row in (bundle.unseen_chances[BLEND].idxmax(), bundle.unseen_chances[BLEND].idxmin()):
        app = opened(**track.to_link(bundle.tracks.loc[row, bundle.features].astype(float)))
        assert "1000 in 1,000" not in shown(app)


def test_names_are_shown_as_text(bundle, saved):
    top = bundle.tracks["popularity"].idxmax()
    table = bundle.tracks.copy()
    table.loc[top, ["title", "artist", "artists"]] = EVIL
    saved(replace(bundle, tracks=table))
    app = find(opened(), top)
    for view in VIEWS:
        choose(app, "predict_view", view)
        assert is_fine(app)
        read_as_markdown = [e.value for kind in ("markdown", "caption", "info") for e in app.get(kind)]
        assert not any("<b>" in text or "](" in text for text in read_as_markdown)
    assert EVIL in shown(app)


def test_made_up_tracks_are_announced(bundle, saved):
    saved(bundle)
    assert "made up" not in shown(opened())
    saved(replace(bundle, card=bundle.card | {"source": bundle.card["source"] | {"name": "synthetic"}}))
    assert "made up" in shown(opened())


def relabelled(bundle, threshold):
    """The same models, tested on other hits."""
    hit = tracks.label(bundle.tracks, threshold)
    scores = bundle.out_of_fold.assign(hit=lambda d: d["popularity"] >= threshold)
    figures = {"threshold": threshold, "hits": int(hit.sum()), "base_rate": float(hit.mean())}
    summary = evaluation.summary(scores, resamples=2)
    return replace(bundle, card=bundle.card | figures | {"metrics": summary}, out_of_fold=scores)


def test_a_card_alone_decides_which_thresholds_there_are(bundle, saved):
    for threshold in (80, 79.5):
        saved(replace(bundle, card=bundle.card | {"threshold": threshold}))
        assert cache.thresholds_kept(cache.default_bundle()) == [threshold]


def test_bundles_that_were_replaced_are_let_go_of(bundle, saved):
    """Also where their models hold one another, as only a collection finds out."""
    gone = []
    for number in range(6):
        saved(replace(bundle, card=bundle.card | {"created": str(number)}))
        loaded = cache.default_bundle()
        loaded.models["rf"].itself = loaded.models["rf"]
        gone.append(weakref.ref(loaded.models["rf"]))
    assert not gone[0]() and gone[-1]()


def test_what_lives_as_long_as_the_server_is_left_out_of_collections(bundle, saved):
    saved(bundle)
    loaded = cache.default_bundle()
    assert gc.get_freeze_count() > 100_000
    assert not any(each is loaded.models for each in gc.get_objects())


def test_a_new_bundle_is_picked_up_on_the_next_rerun(bundle, saved):
    saved(bundle)
    app = opened()
    assert "a popularity of 80 or more" in shown(app)
    saved(relabelled(bundle, 70))
    run(app.slider(key="predict_energy").set_value(0.5))
    assert "a popularity of 70 or more" in shown(app)


@pytest.mark.parametrize("damage", ["missing", "cut short", "of another model"])
def test_a_bundle_that_cannot_be_trusted_is_said_and_built_again(
    damage, bundle, saved, built, monkeypatch, tmp_path
):
    saved(bundle)
    path = tmp_path / "models" / "model_xgb.joblib"
    if damage == "missing":
        path.unlink()
    elif damage == "cut short":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        shutil.copy(path.with_name("model_rf.joblib"), path)
    said = []

    def put_back(models_dir, data_dir, unusable, progress):
        said.append("built again")
        progress(0.5, "Training")
        shutil.copytree(built / "models", models_dir, dirs_exist_ok=True)

    # A real build takes a minute; that of the wheel is waited for in a browser.
    monkeypatch.setattr(build, "rebuild", put_back)
    app = opened()
    assert said and is_fine(app)


def test_a_bundle_of_fewer_features_has_fewer_controls(bundle, saved):
    """Four features, and tracks that have neither titles nor genres."""
    table = bundle.tracks.drop(columns=["title", "genre", "album"]).iloc[::3].reset_index(drop=True)
    loaded = Loaded(table, Report(len(table), len(table)), "file", "A third of the sample.")
    saved(build.train(loaded, feature_set="core"))
    app = opened()
    assert [slider.key for slider in app.slider] == [f"predict_{name}" for name in CORE]
    for view in VIEWS:
        assert is_fine(choose(app, "predict_view", view))
    assert is_fine(find(app, table.index[0]))
    assert is_fine(run(app.switch_page("app_pages/data.py")))


def test_a_window_waits_for_the_build_of_another(built, reads, tmp_path):
    reads(tmp_path)

    def another_builds():
        with disk.only_builder(tmp_path / "models"):
            sleep(3)
            shutil.copytree(built / "data", tmp_path / "data", dirs_exist_ok=True)
            shutil.copytree(built / "models", tmp_path / "models", dirs_exist_ok=True)
            sleep(1)

    (tmp_path / "models").mkdir()
    other = threading.Thread(target=another_builds)
    other.start()
    assert is_fine(opened())
    other.join()


def test_no_traceback_and_no_path_reach_a_page(monkeypatch):
    def fail(*arguments):
        raise ValueError("/home/somebody/secret/path")

    monkeypatch.setattr(scoring, "score", fail)
    app = opened()
    assert not app.exception
    assert "could not be shown" in shown(app) and "secret" not in shown(app)


def test_the_data_page_has_the_cards_figures(bundle):
    app = run(opened().switch_page("app_pages/data.py"))
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Tracks"] == f"{bundle.card['rows']:,}" and figures["Hits"] == f"{bundle.card['hits']:,}"
    reasons = app.dataframe[0].value.set_index("Reason")["Rows"]
    assert reasons.sum() == bundle.card["source"]["rows"] - bundle.card["rows"]
    assert bundle.card["source"]["detail"] in shown(app)


def test_the_data_page_searches_the_tracks(bundle):
    app = run(opened().switch_page("app_pages/data.py"))
    artist = bundle.tracks["artist"].mode()[0]
    run(app.text_input(key="data_search").set_value(artist.upper()))
    found = app.dataframe[-1].value
    assert is_fine(app) and 0 < len(found) < len(bundle.tracks)
    assert found["artists"].str.contains(artist, regex=False).any()


def test_every_source_that_was_passed_over_is_named_with_its_reason(bundle, saved):
    source = bundle.card["source"] | {"passed_over": [{"name": "spotify", "reason": "It said no."}]}
    saved(replace(bundle, card=bundle.card | {"source": source}))
    text = shown(run(opened().switch_page("app_pages/data.py")))
    assert "spotify" in text and "It said no." in text
