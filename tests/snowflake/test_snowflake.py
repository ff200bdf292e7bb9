"""What can be proved of the app in Snowflake without an account: the upload, and the app as deployed."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import joblib
import pytest
import requests
import yaml
from packaging.requirements import Requirement
from playwright.sync_api import sync_playwright
from support import ROOT
from support.deployment import DEPLOYED, PYTHON, SNOW, as_xgboost_3_1_saves, run

from benchmarks import chromium
from hitcast.bundle import disk
from hitcast.bundle.card import CARD, MODEL_FILES, OUT_OF_FOLD, SHAP_VALUES, TRACKS, checksum
from hitcast.errors import BundleError

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
        "PYTHONPATH": f"{DEPLOYED}{os.pathsep}{folder}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def opened_pages(folder, *pages):
    return json.loads(
        run(PYTHON, "-W", "ignore", DEPLOYED / "pages.py", *pages, cwd=folder, env=as_deployed(folder))
    )


def test_every_page_runs_as_deployed_and_the_golden_rows_agree(uploaded):
    before = files(uploaded)
    opened = opened_pages(uploaded)
    assert {page: seen for page, seen in opened["pages"].items() if seen["failed"] + seen["warned"]} == {}
    without = [page for page, seen in opened["pages"].items() if not seen["charts"]]
    assert without == ["app_pages/catalogue.py", "app_pages/predict.py {'predict_view': 'Similar tracks'}"]
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
        browser = chromium.launched(playwright)
        page = browser.new_page()
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
        browser.close()
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
