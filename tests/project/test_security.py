"""Nobody in: what comes from outside leaves no trace, learns no secret, runs nothing, reaches no other address."""

import asyncio
import ipaddress
import re
import socket
import time
import tomllib
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests
import streamlit as st
from playwright.sync_api import sync_playwright
from support import ROOT
from support.driving import choose, find, opened, run, serving, shown
from support.fake_servers import FakeServers

from benchmarks import chromium
from benchmarks.session import Session
from dashboard import access, frame, scored, track
from hitcast.bundle import disk
from hitcast.errors import SourceError
from hitcast.features import BY_NAME
from hitcast.sources.live import spotify

EVIL = (
    "<script>hacked=1</script><img src=x onerror=hacked=1> [link](http://evil.example) **fat** "
    "$x^2$ :material/home: :red[red] `code`"
)
EVIL_GENRE = f"{EVIL} genre"
UNESCAPED = re.compile(r"(?<!\\)(<script|\]\(http:|\*\*fat|\$x|:material/home|:red\[|`code)")
MARK = "leaves-no-trace-8b1f"
READ_AS_MARKDOWN = {"body", "label", "help", "placeholder", "caption"}


@pytest.fixture(scope="module")
def folder(bundle, tmp_path_factory):
    """A bundle of tracks whose names, artists and genre are markup."""
    folder = tmp_path_factory.mktemp("secret-place")
    top = bundle.tracks["popularity"].nlargest(40).index
    tracks = bundle.tracks.copy()
    tracks.loc[top, ["title", "artist", "artists", "album"]] = EVIL
    tracks.loc[top, "genre"] = EVIL_GENRE
    source = bundle.card["source"] | {
        "detail": EVIL,
        "passed_over": [{"name": "spotify", "reason": EVIL}],
    }
    card = bundle.card | {"source": source, "packages": bundle.card["packages"] | {EVIL: "1"}}
    disk.save(replace(bundle, tracks=tracks, card=card), folder / "models", folder / "data")
    return folder


@pytest.fixture
def dashboard(folder, reads):
    """Opens the dashboard over that bundle."""
    reads(folder)
    return opened


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Where the server may keep temporary files, and its home."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def address(folder, place):
    """A real server over that bundle."""
    folders = {"HITCAST_MODELS_DIR": str(folder / "models"), "HITCAST_DATA_DIR": str(folder / "data")}
    with serving(**folders, TMPDIR=str(place), HOME=str(place)) as address:
        yield address


@pytest.fixture(scope="module")
def evil_table(bundle):
    """A catalogue of five tracks named like that."""
    tracks = bundle.tracks.head(5).assign(title=EVIL, artist=f"=cmd {EVIL}", note=f"{MARK} @SUM(A1)")
    return tracks.drop(columns="artists")


# The server


def test_the_settings_say_so():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    server = settings["server"]
    assert (server["address"], server["enableXsrfProtection"], server["enableCORS"]) == (
        "localhost",
        True,
        True,
    )
    assert settings["client"]["showErrorDetails"] == "none"
    assert server["maxUploadSize"] <= 200 and not settings["browser"]["gatherUsageStats"]


def test_only_this_machine_can_reach_the_server(address):
    port = urlsplit(address).port
    mine = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)}
    for host in mine:
        if not ipaddress.ip_address(host).is_loopback:
            with socket.socket() as knock:
                assert knock.connect_ex((host, port)) != 0


def test_another_site_cannot_open_a_session(address):
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    for origin, status in (("http://evil.example", 403), (address, 101)):
        answer = requests.get(
            f"{address}/_stcore/stream", headers=headers | {"Origin": origin}, timeout=20, stream=True
        )
        assert answer.status_code == status
        answer.close()


def opened_as(name, address):
    """What the page says in a browser to which this name leads here, as a site that rebinds it would arrange."""
    port = urlsplit(address).port
    with sync_playwright() as playwright:
        browser = chromium.launched(playwright, "--host-resolver-rules=MAP *.example 127.0.0.1")
        page = browser.new_page()
        page.goto(f"http://{name}:{port}")
        page.locator("[data-testid=stMain]").wait_for(timeout=60_000)
        page.locator("[data-test-script-state=notRunning]").wait_for(timeout=60_000)
        text = page.locator("body").inner_text()
        browser.close()
    return text


def test_a_site_that_lets_its_name_lead_here_gets_nothing(address):
    text = opened_as("evil.example", address)
    assert "not served as evil.example" in text and "HITCAST_HOSTS" in text
    assert "songs that sound like this" not in text


def test_who_serves_it_under_a_name_says_so(folder):
    folders = {"HITCAST_MODELS_DIR": str(folder / "models"), "HITCAST_DATA_DIR": str(folder / "data")}
    with serving(**folders, HITCAST_HOSTS="music.example, other.example") as named:
        assert "songs that sound like this" in opened_as("music.example", named)


@pytest.mark.parametrize(
    ("host", "may"),
    [
        ("localhost:8501", True),
        ("LOCALHOST.", True),
        ("app.localhost", True),
        ("127.0.0.1:8501", True),
        ("[::1]:8501", True),
        ("192.168.1.5:8501", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example:8501", False),
        ("other.example", True),
        ("[", False),
        ("", True),
    ],
)
def test_which_hosts_are_the_ones_served(host, may, monkeypatch):
    monkeypatch.setenv("HITCAST_HOSTS", "music.example, other.example")
    monkeypatch.setattr(type(st.context), "headers", {"Host": host})
    assert (access.refusal() == "") == may


@pytest.mark.parametrize(
    ("host", "served", "is_own"),
    [
        ("LOCALHOST.:8501", "", True),
        ("127.0.0.1:1", "", True),
        ("[::1]:1", "", True),
        ("", "", True),
        ("localhost:8501", "music.example", False),
        ("music.example", "music.example", False),
        ("192.168.1.5:8501", "", False),
        ("app.localhost", "", False),
        ("[", "", False),
    ],
)
def test_the_app_is_its_readers_own_only_where_it_has_no_other_name(host, served, is_own, monkeypatch):
    monkeypatch.setenv("HITCAST_HOSTS", served)
    monkeypatch.setattr(type(st.context), "headers", {"Host": host})
    assert access.is_own() == is_own


def test_another_site_reads_nothing_and_uploads_nothing(address):
    evil = {"Origin": "http://evil.example"}
    read = requests.get(f"{address}/_stcore/health", headers=evil, timeout=20)
    assert "Access-Control-Allow-Origin" not in read.headers
    upload = f"{address}/_stcore/upload_file/session/file"
    assert requests.put(upload, files={"file": b"x"}, headers=evil, timeout=20).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/media/../../../etc/passwd",
        "/models/card.json",
        "/data/raw_tracks.csv",
        "/app/static/../../app.py",
    ],
)
def test_no_file_of_the_machine_is_served(address, path):
    with socket.create_connection(("localhost", urlsplit(address).port), timeout=20) as asked:
        asked.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: asked.recv(1 << 16), b""))
    assert not any(word in answer for word in (b"root:", b"base_rate", b"track_id", b"def main"))


# Uploads


def everything_in(*folders):
    return {path for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_an_upload_leaves_nothing_on_the_disk(address, folder, place, evil_table):
    before, began = everything_in(folder, place), time.time() - 5
    asyncio.run(scored_by(address, evil_table))
    new = everything_in(folder, place) - before
    assert not [path for path in new if MARK.encode() in path.read_bytes()]
    assert not [path for path in new if place in path.parents and ".streamlit" not in path.parts]
    ours = [path for name in ("data", "models", "app_pages", "hitcast") for path in (ROOT / name).rglob("*")]
    ours += list(ROOT.glob("*"))
    touched = [path for path in ours if path.is_file() and path.stat().st_mtime > began]
    assert not [path for path in touched if MARK.encode() in path.read_bytes()]


async def scored_by(address, table):
    session = await Session.open(address)
    await session.turn_to("catalogue")
    await session.drop("catalogue_file", "evil.csv", table.to_csv(index=False).encode())
    await session.press("catalogue_score")
    assert "evil.csv: 5 of 5 rows scored." in [text.body for text in session.shown("text")]
    session.close()


def test_an_export_of_an_upload_runs_nothing_in_a_spreadsheet(bundle, evil_table, tmp_path):
    path = tmp_path / "evil.csv"
    evil_table.to_csv(path, index=False)
    with path.open("rb") as file:
        result = scored.score(bundle, file, "evil.csv", "1")
    assert b",'=cmd" in result.csv() and b",=cmd" not in result.csv()


# What a page says when something fails


def a_file_in_the_way(folder):
    (folder / "models").write_text("in the way")


def a_card_that_is_a_folder(folder):
    (folder / "models" / "card.json").mkdir(parents=True)


def a_card_of_other_types(folder):
    (folder / "models").mkdir()
    names = ("files", "features", "golden", "data_sha256", "metrics", "base_rate", "threshold")
    (folder / "models" / "card.json").write_text("{" + ",".join(f'"{name}": 3' for name in names) + "}")


@pytest.mark.parametrize("fail", [a_file_in_the_way, a_card_that_is_a_folder, a_card_of_other_types])
def test_a_failure_tells_no_path_and_no_trace(fail, monkeypatch, tmp_path):
    folder = tmp_path / "secret-place"
    folder.mkdir()
    fail(folder)
    (folder / "data").write_text("also in the way")
    monkeypatch.setenv("HITCAST_MODELS_DIR", str(folder / "models"))
    monkeypatch.setenv("HITCAST_DATA_DIR", str(folder / "data"))
    monkeypatch.setenv("SPOTIPY_CLIENT_SECRET", "a-secret-of-ours")
    monkeypatch.chdir(ROOT)
    app = opened()
    assert not app.exception and app.error
    said = shown(app)
    assert not [word for word in ("secret", str(ROOT), "Traceback", ".py", "Errno") if word in said], said


# Names that are markup


def read_as_markdown(app):
    """Every text of the page that the browser reads as Markdown or HTML, and where it stands."""

    def walk(node):
        proto = getattr(node, "proto", None)
        kind = getattr(node, "type", "")
        if proto is not None and kind not in ("text", "code", "arrow_data_frame", "arrow_vega_lite_chart"):
            for field, value in proto.ListFields():
                if field.name in READ_AS_MARKDOWN:
                    yield kind, str(value)
        for child in getattr(node, "children", {}).values():
            yield from walk(child)

    return list(walk(app._tree))


def assert_harmless(app):
    texts = read_as_markdown(app)
    assert not app.exception and not app.error and len(texts) > 3
    ours = frame.watching("predict_in_short")
    assert not [text for kind, text in texts if UNESCAPED.search(text) and text != ours]


def test_markup_in_a_name_is_text_on_predict(dashboard, bundle):
    app = dashboard()
    find(app, bundle.tracks["popularity"].idxmax())
    assert "<script>" in shown(app)
    for view in ("Why", "Compared with", "What would help", "Similar tracks"):
        assert_harmless(choose(app, "predict_view", view))
    choose(app, "predict_view", "Compared with")
    group = app.selectbox(key="predict_group")
    run(group.select_index([EVIL_GENRE in option for option in group.options].index(True)))
    assert_harmless(app)
    run(app.button(key="version_keep").click())
    assert_harmless(app)


@pytest.mark.parametrize("page", ["compare", "data"])
def test_markup_in_a_bundle_is_text_on_other_pages(dashboard, page):
    app = run(dashboard().switch_page(f"app_pages/{page}.py"))
    assert_harmless(app)
    if page == "data":
        assert EVIL in shown(app) or any("<script>" in element.value for element in app.text)


def test_markup_in_an_upload_is_text(dashboard, bundle, evil_table, tmp_path):
    path = tmp_path / "evil.csv"
    evil_table.rename(columns={"note": EVIL}).to_csv(path, index=False)
    with path.open("rb") as file:
        result = scored.score(bundle, file, f"{EVIL}.csv", "1")
    app = run(dashboard().switch_page("app_pages/catalogue.py"))
    app.session_state[scored.KEPT] = replace(result, built=bundle.card["created"])
    assert_harmless(app.run())
    assert app.dataframe and any("<script>" in element.value for element in app.text)


def test_markup_in_names_runs_nothing_in_a_browser(address, evil_table):
    with sync_playwright() as playwright:
        browser = chromium.launched(playwright)
        page = browser.new_page()
        page.set_default_timeout(60_000)
        dialogs, elsewhere = [], []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda asked: elsewhere.append(asked.url) if "evil.example" in asked.url else None)
        page.goto(address)
        page.get_by_role("combobox", name="A known song").fill("hacked")
        page.get_by_role("option").first.click()
        page.get_by_text("trained without its artist").wait_for()
        assert_nothing_ran(page)
        page.get_by_role("button", name="Similar tracks").or_(
            page.get_by_role("radio", name="Similar tracks")
        ).first.click()
        page.get_by_text("Nearest first").wait_for()
        assert_nothing_ran(page)
        page.get_by_role("link", name="Data").click()
        page.get_by_text("Where the tracks came from").wait_for()
        page.locator("[data-testid=stDataFrame]").last.wait_for()
        assert_nothing_ran(page)
        # Streamlit's own export of a table would write formulas as they are.
        buttons = page.locator(
            "[data-testid=stElementToolbarButton]", has=page.get_by_label("Download as CSV")
        )
        assert buttons.count() and not any(button.is_visible() for button in buttons.all())
        page.get_by_role("link", name="Catalogue").click()
        page.get_by_text("Which tracks should you hear first?").wait_for()
        upload = {"name": "<img src=x onerror=hacked=1>.csv", "mimeType": "text/csv"}
        page.locator("input[type=file]").set_input_files(
            upload | {"buffer": evil_table.to_csv(index=False).encode()}
        )
        page.get_by_role("button", name="Score this file").click()
        page.get_by_text("5 of 5 rows scored").wait_for()
        assert_nothing_ran(page)
        assert not dialogs and not elsewhere
        browser.close()


def assert_nothing_ran(page):
    page.wait_for_timeout(300)
    assert page.evaluate("typeof hacked") == "undefined"
    assert page.locator("img[src=x], a[href*='evil.example']").count() == 0
    scripts = page.eval_on_selector_all(
        "[data-testid=stMain] script", "all => all.map(each => each.outerHTML)"
    )
    assert set(scripts) <= {frame.watching("predict_in_short")}


# Links


ABSURD = ["1e308", "-1e308", "nan", "-inf", "0x10", "1_000", "٣", "1" * 5000, "<script>", "'; DROP TABLE", ""]


@pytest.mark.parametrize("value", ABSURD, ids=range(len(ABSURD)))
def test_an_absurd_link_is_clamped(bundle, value):
    clamped = track.from_link(
        dict.fromkeys([*bundle.features, "x" * 1000, "__proto__"], value), bundle.features
    )
    assert list(clamped.index) == bundle.features
    assert all(BY_NAME[name].low <= number <= BY_NAME[name].high for name, number in clamped.dropna().items())
    assert clamped.notna().all() == (value in ("1e308", "-1e308", "1_000", "٣"))


@pytest.mark.parametrize("value", ["1e308", "-1e308"])
def test_an_absurd_link_opens_the_page(dashboard, bundle, value):
    app = dashboard(**dict.fromkeys(bundle.features, value), hit_threshold="-1", embed_options="x")
    assert not app.exception and not app.error and "in 1,000" in shown(app)


ID = "11dFghVXANMlKmJXsNCbNl"


@pytest.mark.parametrize(
    "link",
    [
        "http://TRAP/track/" + ID, "http://TRAP/?https://open.spotify.com/track/" + ID,
        "http://open.spotify.com@TRAP/track/" + ID, "https://open.spotify.com/track/../../" + ID,
        f"https://open.spotify.com/track/{ID}@TRAP/", "https://open.spotify.com.TRAP/track/" + ID,
        "file:///etc/passwd", "javascript:alert(1)", f"spotify:track:{ID}\r\nHost: TRAP",
        f"spotify:track:{ID}/../../admin", "//TRAP/" + ID, "{{7*7}}", "A" * 100_000,
    ],
)  # fmt: skip
def test_a_link_reaches_no_other_address(link, fake, tmp_path, monkeypatch):
    """Whatever the link says, only the services are asked, and only about a track's id."""
    trap = FakeServers()
    reached, connect = [], socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda self, to: (reached.append(to), connect(self, to))[1])
    link = link.replace("TRAP", urlsplit(trap.url).netloc)
    try:
        spotify.track(link, fake.settings(tmp_path))
    except SourceError as error:
        assert len(str(error)) < 500
    ports = {urlsplit(each).port for each in fake.addresses().values()}
    assert {to[1] for to in reached} <= ports and not trap.requests
    asked = [request.path for request in fake.requests]
    assert not [path for path in asked if ".." in path or "admin" in path or "TRAP" in path]
    trap.close()
