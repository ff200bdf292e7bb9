"""What can be proved about Snowflake without an account: the upload, the app as deployed, the functions."""

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import joblib
import numpy as np
import pandas as pd
import pytest
import requests
import sqlglot
import yaml
from packaging.requirements import Requirement
from playwright.sync_api import sync_playwright
from support import ROOT, browser

from hitcast import models, scoring, snowflake
from hitcast.bundle import disk
from hitcast.bundle.card import CARD, MODEL_FILES, OUT_OF_FOLD, SHAP_VALUES, TRACKS, checksum, read_card
from hitcast.errors import BundleError

HERE = ROOT / "tests" / "support" / "deployed"
SNOW = ROOT / "build" / "snow" / "bin" / "snow"
PYTHON = ROOT / "build" / "deployed" / "bin" / "python"
UPLOADED = (
    "app.py",
    "app_pages",
    "dashboard",
    "hitcast",
    ".streamlit",
    "deploy",
    "environment.yml",
    "snowflake.yml",
)


def run(*command, **options):
    """The standard output of a command that succeeds."""
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tools():
    """Snowflake's command line, and an environment with the versions that Snowflake runs."""
    run("make", "--silent", "snow", "deployed", cwd=ROOT)


@pytest.fixture(scope="module")
def card(built):
    return read_card(built / "models")


@pytest.fixture(scope="module")
def project(built, tmp_path_factory, tools):
    """The project with a bundle, and with what must never be uploaded, laid out by `snow ws bundle`."""
    project = tmp_path_factory.mktemp("project")
    for name in UPLOADED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, project / name)
    for folder in ("models", "data"):
        shutil.copytree(built / folder, project / folder)
    for never in (".streamlit/secrets.toml", "hitcast/__pycache__/old.pyc", "app_pages/__pycache__/old.pyc"):
        (project / never).parent.mkdir(exist_ok=True)
        (project / never).write_text("")
    commands = [["dump"], *(["bundle", "--entity-id", name] for name in ("hitcast", "hitcast_container"))]
    # Two that make their folder of logs in one home at the same moment fail.
    homes = [os.environ | {"HOME": str(tmp_path_factory.mktemp("home"))} for _ in commands]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda words, env: run(SNOW, "ws", *words, cwd=project, env=env), commands, homes))
    return project


@pytest.fixture(scope="module")
def uploaded(project, tmp_path_factory):
    """The folder that Snowflake would serve the app from."""
    folder = tmp_path_factory.mktemp("snowflake") / "app"
    shutil.copytree(project / "output" / "bundle" / "streamlit" / "hitcast", folder)
    return folder


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def expected_files():
    code = [
        ROOT / "app.py",
        *(path for name in ("app_pages", "dashboard") for path in (ROOT / name).glob("*.py")),
        *(path for kind in ("py", "html") for path in (ROOT / "hitcast").rglob(f"*.{kind}")),
    ]
    return {
        *(path.relative_to(ROOT).as_posix() for path in code),
        *(f"models/{name}" for name in (*MODEL_FILES.values(), CARD)),
        *(f"models/{name}" for name in (OUT_OF_FOLD, SHAP_VALUES)),
        f"data/{TRACKS}",
        ".streamlit/config.toml",
        "environment.yml",
    }


def test_the_upload_is_what_the_app_needs_and_nothing_else(uploaded):
    assert files(uploaded) == expected_files()


def test_the_container_gets_the_same_app_and_its_requirements(project):
    container = project / "output" / "bundle" / "streamlit" / "hitcast_container"
    assert files(container) == expected_files() | {"requirements.txt"}
    assert "jupyter" not in (container / "requirements.txt").read_text()


def test_both_runtimes_are_named_and_have_the_same_versions():
    entities = yaml.safe_load((ROOT / "snowflake.yml").read_text())["entities"]
    assert entities["hitcast"]["runtime_name"] == "SYSTEM$WAREHOUSE_RUNTIME"
    assert entities["hitcast_container"]["runtime_name"] == "SYSTEM$ST_CONTAINER_RUNTIME_PY3_11"
    assert warehouse_versions() == {
        name: version for name, version in container_versions().items() if version
    }


def test_the_versions_are_ones_that_the_project_allows():
    allowed = {}
    for line in (ROOT / "requirements-app.txt").read_text().splitlines():
        if requirement := line.split("#")[0].strip():
            allowed[Requirement(requirement).name.removesuffix("-cpu")] = Requirement(requirement).specifier
    assert [name for name, version in warehouse_versions().items() if version not in allowed[name]] == []


def warehouse_versions():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    return dict(line.split("=") for line in listed if "=" in line)


def container_versions():
    lines = (ROOT / "deploy" / "container" / "requirements.txt").read_text().splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    exact = {each.name: str(each.specifier).partition("==")[2] for each in requirements}
    return {name.removesuffix("-cpu"): version for name, version in exact.items()}


def as_deployed(folder):
    """The environment variables of a process in Snowflake's place: see `deployed/sitecustomize.py`."""
    return os.environ | {
        "READ_ONLY": str(folder),
        "PYTHONPATH": f"{HERE}{os.pathsep}{folder}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def opened_pages(folder, *pages):
    return json.loads(
        run(PYTHON, "-W", "ignore", HERE / "pages.py", *pages, cwd=folder, env=as_deployed(folder))
    )


def test_every_page_runs_as_deployed_and_the_golden_rows_agree(uploaded):
    before = files(uploaded)
    opened = opened_pages(uploaded)
    assert {page: seen for page, seen in opened["pages"].items() if seen["failed"] + seen["warned"]} == {}
    assert [page for page, seen in opened["pages"].items() if not seen["charts"]] == [
        "app_pages/catalogue.py"
    ]
    assert "Snowflake lets an app ask no service outside" in " ".join(
        opened["pages"]["app_pages/predict.py"]["said"]
    )
    assert opened["apart"] <= 1e-6
    assert files(uploaded) == before


def test_as_deployed_means_the_versions_of_environment_yml(tools):
    script = "import importlib.metadata as m, sys; print(sys.version_info[:2], [m.version(n) for n in sys.argv[1:]])"
    names = [re.sub("^xgboost$", "xgboost-cpu", name) for name in warehouse_versions()]
    names = [name.removesuffix("-cpu") if sys.platform == "darwin" else name for name in names]
    versions = list(warehouse_versions().values())
    on_newer_python = run(PYTHON, "-c", "import sys; print(sys.version_info >= (3, 12))").strip() == "True"
    if not on_newer_python:
        assert run(PYTHON, "-c", script, *names).strip() == f"(3, 11) {versions}"


def test_a_track_and_a_file_are_scored_in_a_browser_as_deployed(uploaded):
    with served(uploaded) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.find(), args=list(browser.FLAGS))
        page = chromium.new_page()
        asked, troubles = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.set_default_timeout(60_000)
        page.goto(address)
        page.get_by_role("heading", name="in 1,000").wait_for()
        page.locator(
            "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg"
        ).first.wait_for()
        page.goto(f"{address}/catalogue")
        page.locator("input[type=file]").set_input_files(uploaded / "data" / TRACKS)
        page.get_by_role("button", name="Score this file").click()
        page.get_by_text("4,483 of 4,483 rows scored").wait_for()
        chromium.close()
    elsewhere = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert (elsewhere, troubles) == ([], [])


@contextmanager
def served(folder):
    """The address of the app, served from the folder as deployed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PYTHON, "-W", "ignore", "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    server = subprocess.Popen(
        [*map(str, command), "--server.port", str(port)],
        cwd=folder,
        env=as_deployed(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(240):
            try:
                if requests.get(f"http://localhost:{port}/_stcore/health", timeout=5).ok:
                    break
            except requests.ConnectionError:
                time.sleep(0.25)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(10)


def with_model(folder, name, model):
    """Put another model into a bundle, vouched for by its card, as a build elsewhere would have."""
    path = folder / "models" / MODEL_FILES[name]
    joblib.dump(model, path)
    card = json.loads((folder / "models" / CARD).read_text("utf-8"))
    card["files"][path.name] = checksum(path)
    (folder / "models" / CARD).write_text(json.dumps(card), "utf-8")


def as_xgboost_3_1_saves(model):
    """The model as XGBoost before 3.1 reads it once 3.1 has saved it: the base score is in brackets."""
    booster = model[-1].get_booster()
    text = bytes(booster.save_raw("json"))
    booster.load_model(bytearray(re.sub(rb'"base_score":"([^"\[]*)"', rb'"base_score":"[\1]"', text)))
    return model


@pytest.fixture
def copy(built, tmp_path):
    return shutil.copytree(built, tmp_path / "copy", ignore=shutil.ignore_patterns(".*lock"))


def test_a_model_of_a_newer_xgboost_is_not_believed(copy):
    with_model(copy, "xgb", as_xgboost_3_1_saves(joblib.load(copy / "models" / "model_xgb.joblib")))
    with pytest.raises(BundleError, match="other probabilities"):
        disk.load(copy / "models", copy / "data")


def test_a_model_of_a_newer_scikit_learn_is_not_believed(copy):
    model = joblib.load(copy / "models" / "model_logreg.joblib")
    del model[-1].multi_class  # what 1.8 no longer saves
    with_model(copy, "logreg", model)
    with pytest.raises(BundleError, match="do not run"):
        disk.load(copy / "models", copy / "data")


def test_in_snowflake_such_models_are_trained_again_in_memory(uploaded, tmp_path):
    folder = shutil.copytree(uploaded, tmp_path / "app")
    with_model(folder, "xgb", as_xgboost_3_1_saves(joblib.load(folder / "models" / "model_xgb.joblib")))
    before = files(folder)
    opened = opened_pages(folder, "app_pages/predict.py")
    assert [seen["failed"] for seen in opened["pages"].values() if seen["failed"]] == []
    assert all("trained again" in " ".join(seen["warned"]) for seen in opened["pages"].values())
    assert opened["apart"] < 0.05  # the two versions draw other random numbers
    assert files(folder) == before


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
    """Three thousand tracks, some of which no model may judge."""
    rows = pd.read_csv(built / "data" / "raw_tracks.csv")[card["features"]].sample(3000, random_state=0)
    # Out of tune, so that no row is a track of the table: the package would give its out-of-fold chance.
    rows = rows.reset_index(drop=True).astype(float).assign(tempo=lambda d: d["tempo"] + 1.5)
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
        HERE / "bare.py",
        folder / "rows.pickle",
        folder / "answers.pickle",
        cwd=folder,
    )
    return pd.read_pickle(folder / "answers.pickle")


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
    scored = json.loads(run(PYTHON, "-W", "ignore", HERE / "local_testing.py", stage))
    expected = pd.DataFrame(card["golden"]["probabilities"])[list(models.NAMES)].to_numpy()
    assert scored[0] == [None, None, None]
    np.testing.assert_allclose(np.array(scored[1:], float), expected[1:], rtol=0, atol=1e-6)


def test_the_sql_parses_and_makes_three_functions_and_the_blend(card):
    statements = sqlglot.parse(snowflake.script(card), read="snowflake")
    kinds = [
        type(each).__name__ + (f" {each.args['kind']}" if each.key == "create" else "") for each in statements
    ]
    tables = ["Select", "Create TABLE", "Create TABLE"]
    assert kinds == ["Create STAGE", *["Put"] * 5, *["Create FUNCTION"] * 4, *tables]


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


def test_the_sql_blend_is_the_blend(scored, card):
    expression = re.search(r"\$\$(.*)\$\$", snowflake.script(card))[1]
    database = sqlite3.connect(":memory:")
    for name, function in {"LN": np.log, "EXP": np.exp}.items():
        database.create_function(
            name, 1, lambda x, function=function: None if x is None else float(function(x))
        )
    for name, function in {"LEAST": min, "GREATEST": max}.items():
        database.create_function(
            name, 2, lambda x, y, function=function: None if None in (x, y) else function(x, y)
        )
    scored.drop(columns="problem").to_sql("scored", database)
    blended = pd.read_sql(f"SELECT {expression} AS blend FROM scored", database)["blend"].astype(float)
    np.testing.assert_allclose(blended, scored["p_blend"], rtol=0, atol=1e-12)


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


DEPLOY = ROOT / "deploy"
GUIDE = (DEPLOY / "README.md").read_text("utf-8")
SETUP, CATALOGUE = ((DEPLOY / name).read_text("utf-8") for name in ("setup.sql", "catalogue.sql"))
# From the documentation of CREATE STREAMLIT, CREATE FUNCTION, CREATE STAGE and CREATE TABLE.
DOCUMENTED = {
    "SCHEMA": {"USAGE", "CREATE STAGE", "CREATE STREAMLIT", "CREATE FUNCTION", "CREATE TABLE"},
    "DATABASE": {"USAGE"},
    "WAREHOUSE": {"USAGE"},
}
# Every statement that is written by hand, as the documentation has it; names in one place each.
ROLE, HOUSE, SCHEMA, STAGE = (
    "HITCAST_OWNER",
    "COMPUTE_WH",
    r"HITCAST_DB\.PUBLIC",
    r"HITCAST_DB\.PUBLIC\.HITCAST_APP",
)
STATEMENTS = (
    f"USE ROLE (ACCOUNTADMIN|{ROLE})",
    f"CREATE WAREHOUSE IF NOT EXISTS {HOUSE} WAREHOUSE_SIZE = 'XSMALL' AUTO_SUSPEND = 60 INITIALLY_SUSPENDED = TRUE",
    "CREATE DATABASE IF NOT EXISTS HITCAST_DB",
    f"CREATE ROLE IF NOT EXISTS {ROLE}",
    f"GRANT [A-Z, ]+ ON (WAREHOUSE {HOUSE}|DATABASE HITCAST_DB|SCHEMA {SCHEMA}) TO ROLE {ROLE}",
    rf"GRANT DATABASE ROLE SNOWFLAKE\.PYPI_REPOSITORY_USER TO ROLE {ROLE}",
    r"""SET ME = '"' \|\| CURRENT_USER\(\) \|\| '"'""",
    rf"GRANT ROLE {ROLE} TO (USER IDENTIFIER\(\$ME\)|ROLE SYSADMIN)",
    f"CREATE STAGE IF NOT EXISTS {STAGE}",
    (
        rf"CREATE OR REPLACE STREAMLIT {SCHEMA}\.HITCAST FROM '@{STAGE}' MAIN_FILE = 'app\.py' QUERY_WAREHOUSE = {HOUSE} "
        r"RUNTIME_NAME = 'SYSTEM\$WAREHOUSE_RUNTIME' TITLE = 'HitCast'"
    ),
    rf"ALTER STREAMLIT {SCHEMA}\.HITCAST ADD LIVE VERSION FROM LAST",
    r"PUT 'file://data/raw_tracks\.csv' @hitcast_stage/catalogue AUTO_COMPRESS = TRUE OVERWRITE = TRUE",
    (
        r"COPY INTO catalogue FROM @hitcast_stage/catalogue FILE_FORMAT = \(TYPE = CSV PARSE_HEADER = TRUE "
        r"""FIELD_OPTIONALLY_ENCLOSED_BY = '"' ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE\) """
        "MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE"
    ),
)


def statements(script):
    """The statements of a script on a line each, without comments."""
    plain = re.sub(r"--.*", "", script)
    return [" ".join(each.split()) for each in plain.split(";") if each.strip()]


def test_the_setup_grants_what_is_documented_as_needed_and_nothing_else():
    granted = {}
    for names, kind in re.findall(r"^GRANT ([A-Z, ]+) ON (\w+)", SETUP, re.MULTILINE):
        granted.setdefault(kind, set()).update(names.split(", "))
    assert granted == DOCUMENTED
    assert all(f"`{name}`" in GUIDE for names in DOCUMENTED.values() for name in names)


def test_every_statement_written_by_hand_is_one_that_is_documented():
    guide = "".join(re.findall(r"```sql\n(.*?)```", GUIDE, re.DOTALL))
    written = [each for script in (SETUP, CATALOGUE, guide) for each in statements(script)]
    assert len(statements(SETUP)) == 11 and len(statements(CATALOGUE)) == 2 and len(written) == 18
    for statement in written:
        assert any(re.fullmatch(known, statement) for known in STATEMENTS), statement
        assert sqlglot.parse_one(statement, read="snowflake")


def test_the_same_names_stand_everywhere():
    defaults = yaml.safe_load((ROOT / "snowflake.yml").read_text("utf-8"))
    assert (defaults["env"]["warehouse"], defaults["env"]["database"], defaults["env"]["schema"]) == (
        HOUSE, "HITCAST_DB", "PUBLIC",
    )  # fmt: skip
    assert {entity["identifier"]["name"] for entity in defaults["entities"].values()} == set(
        re.findall(r"(?<=PUBLIC\.)HITCAST(?:_CONTAINER)?(?!_APP)\b", GUIDE)
    )


def test_every_command_of_the_guide_says_as_whom_and_where(card):
    commands = re.findall(r"^ *build/snow/bin/snow (?:sql|streamlit) .*$", GUIDE, re.MULTILINE)
    assert len(commands) >= 6 and all("--role" in command for command in commands)
    options = "--role HITCAST_OWNER --warehouse COMPUTE_WH --database HITCAST_DB --schema PUBLIC"
    scripts = [command for command in commands if "-f deploy/" in command]
    assert len(scripts) == 3 and all(options in command for command in scripts)
    assert options in snowflake.script(card)
    assert all("--role" in command for command in re.findall(r"make deploy SNOW_OPTIONS=.*", GUIDE))


def test_the_dashboard_needs_nothing_of_the_notebooks():
    listed = {
        Requirement(line.split("#")[0]).name
        for line in (ROOT / "requirements-app.txt").read_text().splitlines()
        if line.split("#")[0].strip()
    }
    assert not listed & {"jupyter", "vl-convert-python", "nbconvert", "ipython"}
    assert "requirements-app.txt" in (ROOT / "pyproject.toml").read_text()


def test_models_that_need_the_package_are_not_turned_into_sql(card):
    with pytest.raises(BundleError, match="--imbalance none"):
        snowflake.script(card | {"imbalance": "smote"})
