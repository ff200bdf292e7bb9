"""The Compare page and the choice of what counts as a hit."""

import re

import numpy as np
import pandas as pd
import pytest
from support.driving import choose, opened, run, shown

from hitcast import build, charts, thresholds, tracks, wording
from hitcast.bundle import disk
from hitcast.choices import ALL_LABELS, SCORED
from hitcast.errors import TableError
from hitcast.evaluation import comparison, intervals, verdict
from hitcast.sources import Loaded, sample
from hitcast.tracks import Report


@pytest.fixture
def page(reads):
    """The page on the sample's bundle."""
    return run(opened().switch_page("app_pages/compare.py"))


def table(app, column):
    return next(frame.value for frame in app.dataframe if column in frame.value)


def drawn(app):
    return app.get("arrow_vega_lite_chart")


def judged(summary, scores):
    return verdict.verdict(summary, comparison.behind(summary, scores), scores["repeat"].nunique())


def test_it_opens_with_the_verdict_and_the_threshold(page, bundle):
    assert not page.exception and not page.error
    for sentence in judged(bundle.card["metrics"], bundle.out_of_fold):
        assert sentence in [element.value for element in page.markdown]
    assert "popularity of 80 or more" in shown(page)


def test_the_table_has_every_model_beside_the_guesser(page, bundle):
    figures = table(page, "ROC AUC").set_index("Model")
    assert list(figures.index) == list(ALL_LABELS.values())
    given = bundle.card["metrics"]["rf"]["roc_auc"]
    assert figures.loc["Random forest", "ROC AUC"].startswith(f"{given['value']:.3f} ({given['low']:.3f}")
    assert figures.loc["Always the base rate", "ROC AUC"] == "0.500"


def test_the_words_follow_the_threshold(page):
    slider = next(slider for slider in page.slider if slider.key.startswith("compare_threshold"))
    called = []
    for chance in (1, slider.value, slider.max):
        slider = next(slider for slider in page.slider if slider.key.startswith("compare_threshold"))
        page = run(slider.set_value(chance))
        called.append(int(re.search(r"It calls ([\d,]+) of", shown(page)).group(1).replace(",", "")))
    assert called[0] > called[1] > called[2] >= 0


def test_curves_go_away_with_their_models(page):
    before = len(drawn(page))
    pills = next(group for group in page.get("button_group") if group.key == "compare_models")
    pills.set_value([])
    page = run(page)
    assert "Choose a model" in shown(page) and len(drawn(page)) == before - 3


@pytest.mark.parametrize(("model", "ways"), [("logreg", 3), ("rf", 3), ("xgb", 2)])
def test_each_model_shows_its_own_ways_of_importance(page, model, ways):
    page = choose(page, "compare_explained", model)
    assert not page.exception
    shown_ways = [
        way for way in ("Coefficient", "Impurity", "Permutation", "Mean |SHAP|") if way in shown(page)
    ]
    assert len([way for way in shown_ways if f"**{way}**" in shown(page)]) == ways


def test_every_chart_of_the_page_is_one_that_vega_lite_accepts(bundle):
    curves = comparison.curves(bundle.out_of_fold)
    charts.roc(curves["roc"]).to_dict()
    charts.precision_recall(curves["precision_recall"], bundle.card["base_rate"]).to_dict()
    charts.confusion(bundle.card["metrics"]["rf"]["at_threshold"]).to_dict()


def test_curves_run_from_corner_to_corner(bundle):
    curves = comparison.curves(bundle.out_of_fold)
    for _, curve in curves["roc"].groupby("model"):
        assert curve[["false_alarms", "found"]].iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]
        assert curve["found"].is_monotonic_increasing
    assert set(curves["reliability"]["model"]) == set(SCORED)


def scores(rows=2000, skill=3.0, seed=0):
    """Scores of two rounds in which every model knows equally much."""
    draws = np.random.default_rng(seed)
    hit = draws.random(rows) < 0.1
    known = {name: 1 / (1 + np.exp(3 - skill * hit - draws.normal(size=rows))) for name in SCORED}
    once = pd.DataFrame({"hit": hit, "artist": [f"a{i % 250}" for i in range(rows)], **known})
    return pd.concat(
        [once.assign(repeat=turn, row=range(rows), fold=0) for turn in (0, 1)], ignore_index=True
    )


def summarised(frame):
    from hitcast import evaluation

    return evaluation.summary(frame, resamples=20)


def test_the_verdict_names_the_model_that_is_better_beyond_chance():
    frame = scores(skill=0.5).assign(xgb=lambda d: np.where(d["hit"], 0.5, 0.05) + d["rf"] / 100)
    said = judged(summarised(frame), frame)
    assert "Measured in 2 rounds of testing" in said[0]
    assert said[0].startswith("**Use XGBoost to rank tracks:**") and "Behind it beyond chance" in said[1]


def test_the_verdict_trusts_nobody_who_guesses():
    frame = scores(skill=0.0)
    assert "Trust none of them" in judged(summarised(frame), frame)[0]


def test_calling_nothing_a_hit_is_said_plainly():
    said = verdict.confusion_in_words({"tp": 0, "fp": 0, "fn": 5, "tn": 95, "precision": 0, "recall": 0})
    assert said == "It calls none of the 100 tracks a hit, so it finds none of the 5 hits."


def test_the_coverage_in_words_counts_the_groups(bundle):
    checks = intervals.held_out_check(bundle.out_of_fold, "blend")
    said = verdict.coverage_in_words(bundle.card["intervals"]["blend"])
    assert f"in {checks['covered'].sum()} of {len(checks)} groups" in said


def test_the_fifths_are_the_means_of_the_halves(page, bundle):
    checks = intervals.held_out_check(bundle.out_of_fold, "blend")
    means = checks.groupby("group")[["probability", "low", "high", "rate"]].mean()
    fifths = table(page, "Came true")
    assert list(fifths["Chance given"]) == [wording.in_thousand(each) for each in means["probability"]]
    assert list(fifths["Its interval"]) == [
        wording.between(*ends) for ends in means[["low", "high"]].to_numpy()
    ]
    assert list(fifths["Came true"]) == [wording.in_thousand(each) for each in means["rate"]]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A bundle of every tenth artist on the core features, in a folder of its own."""
    folder = tmp_path_factory.mktemp("small")
    rows, _ = tracks.conform(sample.load().rows)
    rows = rows[rows["artist"].factorize()[0] % 10 == 0].reset_index(drop=True)
    loaded = Loaded(rows, Report(len(rows), len(rows)), "sample", "A tenth of the sample.")
    bundle = build.train(loaded, threshold=70, feature_set="core")
    return folder, disk.save(bundle, folder / "models", folder / "data")


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_threshold_is_built_beside_the_default_and_can_be_had_again(small, reads):
    folder, default = small
    models = folder / "models"
    reads(folder)
    before = files(folder)
    app = run(opened().switch_page("app_pages/compare.py"))
    assert "popularity of 70 or more" in shown(app)

    app = run(app.number_input(key="hit_threshold_other").set_value(60))
    app = run(app.button(key="hit_threshold_build").click())
    assert not app.error and "popularity of 60 or more" in shown(app)
    assert thresholds.kept(models, default.card) == [60, 70]
    assert all(path.read_bytes() == content for path, content in before.items())
    built = disk.load(thresholds.folder(models, 60), thresholds.folder(models, 60))
    assert built.card["threshold"] == 60 and built.card["hits"] == tracks.label(default.tracks, 60).sum()

    app = run(app.radio(key="hit_threshold").set_value(70))
    assert "popularity of 70 or more" in shown(app)
    app = run(app.switch_page("app_pages/data.py"))
    assert "60 or more" not in app.text[0].value and not app.exception

    assert thresholds.kept(models, default.card | {"data_sha256": "other tracks"}) == [70]

    assert "popularity of 60 or more" in shown(run(opened(hit="60")))


@pytest.mark.parametrize("asked", ["90", "nan", "<b>", "1e999"])
def test_a_link_to_a_threshold_that_is_not_there_says_so_or_is_none(page, asked):
    app = run(opened(hit=asked))
    assert "popularity of 80 or more" in shown(app) and not app.exception
    assert [warning.value.startswith("The link was made") for warning in app.warning] == [True] * (
        asked == "90"
    )


def test_a_threshold_with_too_few_hits_is_refused_in_words(small, reads):
    folder, default = small
    with pytest.raises(TableError, match="training needs at least 20 such hits"):
        thresholds.build(default, 99, folder / "models")
    reads(folder)
    app = run(opened())
    app = run(app.number_input(key="hit_threshold_other").set_value(99))
    assert "A threshold from" in shown(app) and "hit_threshold_build" not in [b.key for b in app.button]
