"""The functions say in Snowflake what the package says, and the SQL makes them."""

import importlib.util
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace

import joblib
import numpy as np
import pandas as pd
import pytest
import sqlglot
from support import ROOT
from support.deployment import DEPLOYED, PYTHON, as_xgboost_3_1_saves, run

from hitcast import models, scoring, snowflake
from hitcast.base_rate import moved
from hitcast.bundle import disk
from hitcast.errors import BundleError


@pytest.fixture(scope="module")
def stage(built, tmp_path_factory):
    """What IMPORTS puts beside a handler."""
    stage = tmp_path_factory.mktemp("stage")
    for path in (
        ROOT / "deploy" / "hitcast_udf.py",
        *(built / "models").glob("model_*"),
        built / "models" / "card.json",
    ):
        shutil.copy(path, stage)
    return stage


@pytest.fixture(scope="module")
def rows(built, card):
    """Three thousand tracks, some of which no model may judge, of genres that not all are known."""
    table = pd.read_csv(built / "data" / "raw_tracks.csv").sample(3000, random_state=0)
    # Out of tune, so that no row is a track of the table: the package would give its out-of-fold chance.
    rows = table[card["features"]].reset_index(drop=True).astype(float)
    rows = rows.assign(tempo=rows["tempo"] + 1.5, genre=table["genre"].to_numpy(), release_year=2019.0)
    rows.loc[::11, "genre"], rows.loc[::13, "genre"], rows.loc[1, "genre"] = None, "polka", "Hip Hop"
    rows.loc[::17, "energy"] = np.nan
    rows.loc[5, "danceability"], rows.loc[6, "tempo"], rows.loc[7, "mode"] = 45, 0, 0.5
    rows.loc[8, "loudness"] = np.inf
    return rows


@pytest.fixture(scope="module")
def answers(stage, rows, tmp_path_factory):
    """What the handlers say in a process of their own, called as Snowflake calls them."""
    folder = tmp_path_factory.mktemp("bare")
    rows.to_pickle(folder / "rows.pickle")
    option = ["-X", f"snowflake_import_directory={stage}/"]
    run(
        sys.executable,
        *option,
        DEPLOYED / "bare.py",
        folder / "rows.pickle",
        folder / "answers.pickle",
        cwd=folder,
    )
    return pd.read_pickle(folder / "answers.pickle")


def test_the_function_in_context_says_what_the_package_says(answers, scored):
    given, expected = answers["context"], scored["p_context"].to_numpy(float)
    assert 2000 < np.isfinite(expected).sum() < 2700
    np.testing.assert_allclose(given["together"], expected, rtol=0, atol=1e-12)
    assert len(given["empty"]) == 0 and given["one row"][0] is None
    np.testing.assert_allclose(given["one row"][1:], expected[1:3], rtol=0, atol=1e-12)


def test_years_and_genres_mean_to_the_function_what_they_mean_to_the_package(stage, bundle, rows, tmp_path):
    draws, (genres, years) = np.random.default_rng(0), (["pop", "r&b"], [1990.0, 2010.0, 2020.0])
    width = 1 + len(bundle.features)
    sizes = {"with year": (1, width + 2), "with genre": (2, width), "with genre and year": (2, width + 2)}
    weights = {level: draws.normal(size=size).tolist() for level, size in sizes.items()}
    card = bundle.card | {"context": {"genres": genres, "years": years, "weights": weights, "worth": {}}}
    copy = shutil.copytree(stage, tmp_path / "stage")
    (copy / "card.json").write_text(json.dumps(card))
    specification = importlib.util.spec_from_file_location("deployed_copy", copy / "hitcast_udf.py")
    functions = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(functions)
    some = rows.dropna(subset="energy").iloc[20:620].reset_index(drop=True)
    some["genre"] = draws.choice(["POP", "R & B; rock", "polka", None], len(some))
    some["release_year"] = draws.choice([1950, 2004, 2020, 2021, np.nan], len(some))
    expected = scoring.score(replace(bundle, card=card), some)
    assert expected["context"].nunique() == 20
    given = functions.score_context(some.set_axis(range(some.shape[1]), axis=1))
    np.testing.assert_allclose(given, expected["p_context"], rtol=0, atol=1e-12)


@pytest.fixture(scope="module")
def scored(built, rows):
    return scoring.score(disk.load(built / "models", built / "data"), rows)


@pytest.mark.parametrize("name", models.NAMES)
def test_the_functions_say_what_the_package_says(name, answers, scored):
    expected = scored[f"p_{name}"].to_numpy(float)
    assert np.isnan(expected).sum() == 177 + 4
    for given in (answers[name]["floats"], answers[name]["decimals"]):
        assert given.dtype == float
        np.testing.assert_allclose(given, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(answers[name]["batches"], np.tile(expected, 3), rtol=0, atol=1e-12)
    assert len(answers[name]["empty"]) == 0
    assert answers[name]["one row"][0] is None
    np.testing.assert_allclose(answers[name]["one row"][1:], expected[1:3], rtol=0, atol=1e-12)


def test_the_functions_refuse_a_model_that_other_versions_misread(stage, rows, tmp_path):
    wrong = shutil.copytree(stage, tmp_path / "stage")
    joblib.dump(as_xgboost_3_1_saves(joblib.load(wrong / "model_xgb.joblib")), wrong / "model_xgb.joblib")
    script = "import hitcast_udf as u; u.score_xgb(*[0.5] * 14)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=wrong, capture_output=True, text=True, check=False
    )
    assert done.returncode and "gives other probabilities here" in done.stderr


def test_the_functions_run_under_snowparks_local_testing(tools, stage, card):
    scored = json.loads(run(PYTHON, "-W", "ignore", DEPLOYED / "local_testing.py", stage))
    expected = pd.DataFrame(card["golden"]["probabilities"])[list(models.NAMES)].to_numpy()
    assert scored[0] == [None, None, None]
    np.testing.assert_allclose(np.array(scored[1:], float), expected[1:], rtol=0, atol=1e-6)


def test_the_sql_parses_and_makes_a_function_a_model_and_their_blend_and_what_else_is_known(card):
    statements = sqlglot.parse(snowflake.script(card), read="snowflake")
    kinds = [
        type(each).__name__ + (f" {each.args['kind']}" if each.key == "create" else "") for each in statements
    ]
    tables = ["Select", "Create TABLE", "Alter", "Alter", "Create TABLE"]
    assert kinds == ["Create STAGE", *["Put"] * 5, *["Create FUNCTION"] * 6, *tables]
    nothing_known = card | {"context": card["context"] | {"weights": {}}}
    assert "hitcast_context" not in snowflake.script(nothing_known)


@pytest.mark.parametrize("name", models.NAMES)
def test_each_function_takes_the_features_in_order_at_the_cards_versions(name, card):
    text = snowflake.script(card)
    function = text[text.index(f"FUNCTION hitcast_{name}(") :].split(";")[0]
    assert re.findall(r"(\w+) FLOAT", function.split(")")[0]) == card["features"]
    for clause in (
        "ARTIFACT_REPOSITORY = ",
        "RUNTIME_VERSION = '3.",
        f"HANDLER = 'hitcast_udf.score_{name}'",
    ):
        assert clause in function
    packages = re.search(r"PACKAGES = \((.*)\)", function)[1].replace("-cpu", "")
    assert dict(re.findall(r"'([\w-]+)==([\w.]+)'", packages)).items() <= card["packages"].items()
    assert ("xgboost" in packages) == (name == "xgb")


def computed(expression, rows):
    """What an expression of Snowflake's SQL gives for rows."""
    database = sqlite3.connect(":memory:")
    for name, function in {"LN": np.log, "EXP": np.exp}.items():
        database.create_function(
            name, 1, lambda x, function=function: None if x is None else float(function(x))
        )
    for name, function in {"LEAST": min, "GREATEST": max}.items():
        database.create_function(
            name, 2, lambda x, y, function=function: None if None in (x, y) else function(x, y)
        )
    rows.to_sql("rows", database)
    return pd.read_sql(f"SELECT {expression} AS given FROM rows", database)["given"].astype(float)


def test_the_sql_blend_is_the_blend(scored, card):
    expression = re.search(r"hitcast_blend.*?\$\$(.*?)\$\$", snowflake.script(card), re.DOTALL)[1]
    given = computed(expression, scored.drop(columns="problem"))
    np.testing.assert_allclose(given, scored["p_blend"], rtol=0, atol=1e-12)


def test_the_sql_moves_chances_as_the_package_does(scored, card):
    expression = re.search(r"hitcast_here.*?\$\$(.*?)\$\$", snowflake.script(card), re.DOTALL)[1]
    chances = pd.concat([scored["p_blend"], pd.Series([1e-9, 1 - 1e-9])], ignore_index=True)
    given = computed(expression, pd.DataFrame({"p": chances, "base_rate": 0.005}))
    np.testing.assert_allclose(given, moved(chances, card["base_rate"], 0.005), rtol=1e-6)


def test_the_sql_of_a_bundle_is_written_for_it_and_not_kept_in_the_history(card, built, tmp_path):
    written = tmp_path / "score.sql"
    run(
        sys.executable,
        "-m",
        "hitcast",
        "snowflake-sql",
        "--out",
        written,
        "--models-dir",
        built / "models",
        cwd=ROOT,
    )
    assert written.read_text("utf-8") == snowflake.script(card, built / "models")
    assert run("git", "ls-files", "deploy/score.sql", cwd=ROOT).strip() == ""
    assert run("git", "check-ignore", "deploy/score.sql", cwd=ROOT).strip() == "deploy/score.sql"


def test_models_that_need_the_package_are_not_turned_into_sql(card):
    with pytest.raises(BundleError, match="--imbalance none"):
        snowflake.script(card | {"imbalance": "smote"})
