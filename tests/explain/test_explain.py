import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit
from xgboost import XGBClassifier

from hitcast import explain, models, profiles, tracks
from hitcast.choices import IMBALANCES
from hitcast.explain import response, shap_values
from hitcast.features import BY_NAME
from hitcast.sources import sample

CASES = [*((name, imbalance) for name in models.NAMES for imbalance in IMBALANCES), ("rf", "soft")]


@pytest.fixture(scope="module")
def table():
    """The sample's hits and five times as many other tracks: enough to fit, quick to fit."""
    whole, _ = tracks.conform(sample.load().rows)
    hit = tracks.label(whole)
    return pd.concat([whole[hit], whole[~hit].sample(5 * hit.sum(), random_state=0)], ignore_index=True)


@pytest.fixture(scope="module")
def features(table):
    return [name for name in BY_NAME if name in table]


@pytest.fixture(scope="module")
def fitted(table, features):
    hit = tracks.label(table)
    fitted = {imbalance: models.fit(table, hit, features, imbalance) for imbalance in IMBALANCES}
    return fitted | {"soft": models.fit(table, hit, features, nearness=tracks.nearness(table))}


@pytest.fixture(scope="module")
def pipelines(fitted):
    return fitted["none"]


@pytest.fixture(scope="module")
def typical(table, features):
    return profiles.typical(table, features)


def assert_adds_up(explained, model, frame):
    """To 1e-6, or 1e-4 for XGBoost, which adds 32-bit numbers.

    Log-odds past ±12 are compared as ±12: there the probability itself has run out of digits.
    """
    probability = models.probability(model, frame)
    output, expected = explained.output, probability
    if explained.unit == "log-odds":
        output, expected = output.clip(-12, 12), np.clip(logit(probability), -12, 12)
    tolerance = 1e-4 if isinstance(shap_values.fitted_classifier(model)[0], XGBClassifier) else 1e-6
    np.testing.assert_allclose(output, expected, atol=tolerance, rtol=0)


def edge_rows(features):
    """All lowest, all highest, all missing, and every feature missing once."""
    rows = [[getattr(BY_NAME[name], end) for name in features] for end in ("low", "high")]
    missing = np.where(np.eye(len(features), dtype=bool), np.nan, rows[0])
    return pd.DataFrame([*rows, [np.nan] * len(features), *missing], columns=features, dtype=float)


@pytest.mark.parametrize(("name", "imbalance"), CASES)
def test_base_and_values_add_up_to_the_probability_the_user_sees(fitted, table, features, name, imbalance):
    model = fitted[imbalance][name]
    frame = pd.concat([table[features].iloc[::7], edge_rows(features)], ignore_index=True)
    explained = explain.contributions(model, frame)
    assert explained.unit == ("probability" if name == "rf" else "log-odds")
    assert list(explained.values.columns) == features
    assert_adds_up(explained, model, frame)


def cells(name):
    feature = BY_NAME[name]
    if feature.kind == "choice":
        return st.sampled_from([value for value, _ in feature.choices]) | st.just(np.nan)
    return st.floats(feature.low, feature.high) | st.just(np.nan)


@pytest.mark.parametrize(("name", "imbalance"), CASES)
def test_any_track_adds_up(fitted, features, name, imbalance):
    model = fitted[imbalance][name]
    explainer = explain.forest_explainer(model) if name == "rf" else None

    @settings(max_examples=25, deadline=None)
    @given(st.tuples(*map(cells, features)))
    def adds_up(row):
        frame = pd.DataFrame([row], columns=features, dtype=float)
        assert_adds_up(explain.contributions(model, frame, explainer), model, frame)

    adds_up()


@pytest.mark.parametrize("imbalance", [*IMBALANCES, "soft"])
def test_the_blend_adds_up_to_its_log_odds(fitted, table, features, imbalance):
    frame = pd.concat([table[features].iloc[::7], edge_rows(features)], ignore_index=True)
    parts = {name: explain.contributions(model, frame) for name, model in fitted[imbalance].items()}
    whole = explain.blend_contributions(parts)
    blend = models.probabilities(fitted[imbalance], frame)[models.BLEND]
    np.testing.assert_allclose(whole.output, logit(blend), atol=1e-4)


def test_the_forest_keeps_signs_and_proportions_in_the_blend(pipelines, table, features):
    part = explain.contributions(pipelines["rf"], table[features].head(20))
    alone = explain.blend_contributions({"rf": part})
    ratio = (alone.values / part.values).where(part.values.abs() > 1e-9)
    assert (ratio.min(axis=1) > 0).all()
    np.testing.assert_allclose(ratio.min(axis=1), ratio.max(axis=1))


@pytest.mark.parametrize("imbalance", IMBALANCES)
def test_whole_tables_agree_with_single_rows_and_shap(fitted, table, features, imbalance, capfd):
    frame = pd.concat([table[features].iloc[:200], edge_rows(features)], ignore_index=True)
    whole = explain.table_contributions(fitted[imbalance], frame)
    assert capfd.readouterr() == ("", "")
    for name, model in fitted[imbalance].items():
        single = explain.contributions(model, frame)
        np.testing.assert_allclose(whole[name].values, single.values, atol=1e-5)
        assert whole[name].base == pytest.approx(single.base, abs=1e-6)
        assert_adds_up(whole[name], model, frame)


def test_xgboost_agrees_with_shap(pipelines, table, features):
    import shap

    frame = table[features].head(200)
    model = pipelines["xgb"]
    theirs = shap.TreeExplainer(model[-1]).shap_values(model[:-1].transform(frame))
    np.testing.assert_allclose(explain.contributions(model, frame).values, theirs, atol=1e-5)


def test_a_number_between_two_32_bit_ones_is_explained_on_the_side_the_forest_takes(
    pipelines, features, typical
):
    tree = pipelines["rf"][-1].estimators_[0].tree_
    at = int(np.argmax(tree.feature >= 0))
    name, threshold = features[tree.feature[at]], tree.threshold[at]
    values = [threshold, np.nextafter(threshold, np.inf), np.nextafter(threshold, -np.inf)]
    frame = pd.DataFrame([typical] * 3).assign(**{name: values})
    assert_adds_up(explain.table_contributions(pipelines, frame)["rf"], pipelines["rf"], frame)


def test_importances_name_every_feature_once(pipelines, table, features):
    labels = tracks.label(table)
    importances = [
        explain.impurity_importance(pipelines["rf"]),
        explain.coefficients(pipelines["logreg"]),
        explain.mean_absolute(explain.contributions(pipelines["xgb"], table[features].head(50))),
        explain.permutation_importance(pipelines["logreg"], table, labels),
    ]
    assert all(sorted(importance.index) == sorted(features) for importance in importances)
    assert importances[0].sum() == pytest.approx(1)


def test_shuffling_costs_nothing_where_the_model_looks_at_nothing_else(table):
    """A model of energy alone loses its whole skill with energy and nothing with the rest."""
    labels = table["energy"] > table["energy"].median()
    model = models.make("logreg", ["energy", "valence"]).fit(table[["energy", "valence"]], labels)
    loss = explain.permutation_importance(model, table, labels, seed=1)
    assert loss["energy"] == pytest.approx(0.5, abs=0.06)
    assert abs(loss["valence"]) < 0.01
    pd.testing.assert_series_equal(loss, explain.permutation_importance(model, table, labels, seed=1))


@pytest.fixture(scope="module")
def curves(pipelines, table, features, typical):
    return explain.response_curves(pipelines, typical, explain.curve_ranges(table, features))


def test_every_curve_passes_through_the_track(curves, pipelines, features, typical):
    here = curves[curves["current"]].set_index("feature")
    now = models.probabilities(pipelines, typical.to_frame().T).iloc[0]
    assert sorted(here.index) == sorted(features)
    for name in now.index:
        np.testing.assert_allclose(here[name], now[name])


def test_the_widest_curves_come_first(curves, features):
    of_blend = curves.set_index("feature")[models.BLEND]
    widths = [of_blend[name].max() / of_blend[name].min() for name in explain.widest_first(curves)]
    assert widths == sorted(widths, reverse=True) and len(widths) == len(features)


def test_each_point_is_the_track_with_one_feature_changed(curves, pipelines, typical):
    for point in curves.sample(20, random_state=0).itertuples():
        changed = typical.to_frame().T.assign(**{point.feature: point.value})
        now = models.probabilities(pipelines, changed).iloc[0]
        assert {name: getattr(point, name) for name in now.index} == pytest.approx(now.to_dict())


def test_curves_stay_among_real_tracks_unless_the_track_does_not(pipelines, table, features, typical):
    beyond = typical.copy()
    beyond["tempo"] = table["tempo"].max() + 20
    curves = explain.response_curves(pipelines, beyond, explain.curve_ranges(table, features))
    low, high = curves.groupby("feature")["value"].agg(["min", "max"]).loc["tempo"]
    assert high == beyond["tempo"]
    assert low >= table["tempo"].min()
    assert set(curves.loc[curves["feature"] == "key", "value"]) == set(table["key"])


def test_a_missing_value_has_a_curve_but_no_point(pipelines, table, features, typical):
    without = typical.copy()
    without["loudness"] = np.nan
    curves = explain.response_curves(pipelines, without, explain.curve_ranges(table, features))
    loudness = curves[curves["feature"] == "loudness"]
    assert len(loudness) and loudness[models.BLEND].notna().all() and not loudness["current"].any()
    assert explain.best_moves(curves, without)["ratio"].notna().all()


def test_the_best_moves_do_what_they_say(curves, pipelines, table, typical):
    moves = explain.best_moves(curves, typical)
    assert moves["ratio"].is_monotonic_decreasing and (moves["ratio"] >= response.MOVE_WORTH_SAYING).all()
    now = models.probabilities(pipelines, typical.to_frame().T)["blend"].iloc[0]
    for move in moves.itertuples():
        changed = typical.to_frame().T.assign(**{move.feature: move.better})
        after = models.probabilities(pipelines, changed)["blend"].iloc[0]
        assert (after, after / now) == pytest.approx((move.probability, move.ratio))
        assert table[move.feature].min() <= move.better <= table[move.feature].max()
        assert move.text.startswith(BY_NAME[move.feature].label) and move.text.endswith("times the chance")


def test_no_move_is_offered_from_the_best_place(curves, pipelines, table, features, typical):
    flat = curves.assign(blend=0.03)
    assert explain.best_moves(flat, typical).empty
