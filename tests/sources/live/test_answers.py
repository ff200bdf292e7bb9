"""Whatever a service answers: it stays bounded and plain, it gives nothing away, and training goes on."""

import base64
import gzip
import json
import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_servers import CLIENT_ID, CLIENT_SECRET, PLAYLIST

from hitcast import sources
from hitcast.errors import SourceError
from hitcast.sources.live import answers, spotify, web

BASIC = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
ECHOES = {
    "text": f"cannot parse client_secret={CLIENT_SECRET}&Basic {BASIC}",
    "page": f"<html><style>x</style><b>{CLIENT_SECRET}</b></html>",
    "error": json.dumps({"error": "invalid", "error_description": f"{CLIENT_SECRET} {BASIC}"}),
    "escaped": '{"error": {"message": "' + "".join(f"\\u{ord(c):04x}" for c in CLIENT_SECRET) + '"}}',
    "reason": json.dumps({"error": {"reason": CLIENT_SECRET, "message": "no"}}),
    "reccobeats": json.dumps({"errors": [{"message": CLIENT_SECRET}]}),
}
SPELLED = {
    "for an address": quote(BASIC, safe=""),
    "without its end": BASIC.rstrip("="),
    "by itself": base64.b64encode(CLIENT_SECRET.encode()).decode(),
    "in capitals": CLIENT_SECRET.upper(),
    "as entities": "".join(f"&#{ord(sign)};" for sign in CLIENT_SECRET),
    "in a tag of its own": f"<{CLIENT_SECRET.upper()}>",
    "twice for an address": quote(quote(BASIC, safe=""), safe=""),
    "full-width": CLIENT_SECRET.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    "over lines": f"{CLIENT_SECRET[:9]}\n{CLIENT_SECRET[9:]}",
    "in a tag": f"{CLIENT_SECRET[:9]}<b>{CLIENT_SECRET[9:]}</b>",
    "in wide letters": CLIENT_SECRET.encode("utf-16-le").decode("latin-1"),
    "at the cut": " " * 19_980 + CLIENT_SECRET,
}
NONSENSE = {
    "next is no address": {"items": [], "next": {"a": 1}, "total": 60},
    "next is a list": {"items": [], "next": ["x"], "total": 60},
    "total is a word": {"items": [], "next": None, "total": "many"},
    "a number of 400 digits": '{"items": [{"item": {"id": "x", "duration_ms": '
    + "9" * 400
    + '}}], "total": 1}',
    "a number of 5,000 digits": '{"items": [], "total": ' + "9" * 5000 + "}",
    "not a number": '{"items": [], "total": NaN}',
    "200,000 brackets": "[" * 200_000,
    "900 brackets": "[" * 900 + "]" * 900,
    "items of anything": {"items": [1, "x", [], {"item": []}, {"track": {"id": {}}}], "total": 5},
}


@pytest.fixture
def surroundings(fake, tmp_path, monkeypatch):
    """Credentials and a playlist in the environment, in front of the fake services."""
    for name, value in fake.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    return fake


def passed_over():
    loaded = sources.load("auto")
    assert loaded.name == "sample"
    return loaded.passed_over[0].reason


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize(("path", "status"), [("/api/token", 400), ("/items", 400), ("/items", 403)])
def test_no_service_can_make_hitcast_say_the_secret(surroundings, echo, path, status):
    surroundings.fail(path, status, ECHOES[echo], times=None)
    reason = passed_over()
    assert CLIENT_SECRET not in reason and BASIC not in reason


@pytest.mark.parametrize("spelling", SPELLED)
def test_no_spelling_of_the_secret_is_said(surroundings, spelling):
    surroundings.fail("/api/token", 400, f"no: {SPELLED[spelling]}", times=None)
    said = re.sub(r"[\W_]", "", passed_over()).casefold()
    for secret in (CLIENT_SECRET, BASIC, SPELLED["by itself"]):
        bare = re.sub(r"[\W_]", "", secret).casefold()
        assert bare[:12] not in said and bare[-12:] not in said


def test_no_sign_for_the_terminal_comes_out_of_a_service(surroundings):
    surroundings.fail("/api/token", 400, "\x1b]0;title\x07 no", times=None)
    assert passed_over().isprintable()


def test_no_title_can_carry_the_secret_into_the_table(surroundings, tmp_path):
    next(iter(surroundings.tracks.values()))["name"] = f"The {CLIENT_SECRET} song"
    loaded = spotify.load(settings=surroundings.settings(tmp_path))
    assert CLIENT_SECRET not in loaded.rows.to_csv()
    assert f"The {answers.HIDDEN} song" in set(loaded.rows["title"])


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_is_said_and_the_sample_takes_over(surroundings, nonsense):
    surroundings.fail("/items", 200, NONSENSE[nonsense], times=None)
    reason = passed_over()
    assert "unexpected" not in reason and reason.endswith((".", ")"))


@pytest.mark.parametrize("path", ["/api/token", "/items", "audio-features", "/track"])
@pytest.mark.parametrize(
    "body", ["[" * 200_000, "9" * 5000, '{"content": [{"id": ' + "9" * 400 + "}]}", "{}"]
)
def test_nonsense_from_any_service_ends_in_tracks(surroundings, path, body):
    surroundings.fail(path, 200, body, times=None)
    assert len(sources.load("auto").table) > 50


@pytest.mark.parametrize(
    "wait", ["Wed, 21 Oct 99999 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 400]
)
def test_a_pause_until_the_end_of_time_is_not_waited_for(surroundings, wait):
    surroundings.fail("/items", 429, "", headers={"Retry-After": wait}, times=None)
    assert re.search("asks (to wait 720 hours|for fewer requests)", passed_over())


def test_half_a_surrogate_in_a_title_is_a_question_mark(surroundings, tmp_path):
    entry = surroundings.entry(next(iter(surroundings.tracks)), "item")
    entry["item"]["name"] = "Half \ud800 a sign"
    surroundings.fail("/items", 200, json.dumps({"items": [entry], "total": 1}), times=1)
    loaded = spotify.load(settings=surroundings.settings(tmp_path))
    assert loaded.rows["title"].tolist() == ["Half ? a sign"]
    loaded.rows.to_csv(tmp_path / "tracks.csv", encoding="utf-8")


def test_a_playlist_that_never_ends_is_read_as_far_as_its_total(surroundings, tmp_path):
    ids, asked = list(surroundings.tracks), []
    here = f"{surroundings.url}/spotify/v1/playlists/{PLAYLIST}/items"

    def endless(request, user, playlist, address):
        asked.append(request)
        items = [surroundings.entry(ids[len(asked) % 60], "item")] * 50
        return 200, {"items": items, "total": 400, "next": f"{here}?offset={50 * len(asked)}&limit=50"}

    surroundings.playlist = endless
    spotify.load(settings=surroundings.settings(tmp_path))
    assert len(asked) == 8


@pytest.mark.parametrize("items", [0, 1])
@pytest.mark.parametrize("total", [None, 10**12])
def test_a_playlist_without_an_end_ends(surroundings, tmp_path, items, total):
    ids, asked = list(surroundings.tracks), []
    here = f"{surroundings.url}/spotify/v1/playlists/{PLAYLIST}/items"

    def endless(request, user, playlist, address):
        asked.append(request)
        page = [surroundings.entry(ids[len(asked) % 60], "item")] * items
        return 200, {"items": page, "total": total, "next": f"{here}?offset={len(asked)}"}

    surroundings.playlist = endless
    if items:
        assert len(spotify.load(settings=surroundings.settings(tmp_path)).rows) == 60
    else:
        with pytest.raises(SourceError, match="no track"):
            spotify.load(settings=surroundings.settings(tmp_path))
    assert len(asked) <= spotify.MOST_PAGES


def test_of_many_refusals_only_some_are_said(surroundings, tmp_path):
    private = [f"{'P' * 20}{number:02d}" for number in range(90)]
    with pytest.raises(SourceError, match="The like of 85 more") as error:
        spotify.load(private, settings=surroundings.settings(tmp_path))
    assert len(str(error.value)) < 3000


def test_an_answer_that_unpacks_to_gigabytes_is_not_unpacked(surroundings, tmp_path):
    bomb = gzip.compress(b'{"items": [' + b" " * 300_000_000 + b"]}", 9)
    surroundings.fail("/items", 200, bomb, headers={"Content-Encoding": "gzip"}, times=None)
    with pytest.raises(SourceError, match="more than 5 MB"):
        spotify.load(settings=surroundings.settings(tmp_path))


def test_a_source_that_fails_in_a_way_nobody_thought_of_is_passed_over(surroundings, monkeypatch):
    def surprise(*arguments):
        raise ZeroDivisionError("secret path")

    monkeypatch.setattr(spotify, "load", surprise)
    assert passed_over() == "Something unexpected went wrong with it (ZeroDivisionError)."
    with pytest.raises(ZeroDivisionError):
        sources.load("spotify")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_any_json_comes_out_as_text_that_can_be_written_and_numbers_that_can_be_counted(value):
    found = answers.plain(json.dumps([value, "a 5ec2e75ec2e7 b"]).encode(), ["5ec2e75ec2e7"])
    text = json.dumps(found, allow_nan=False)
    json.loads(text.encode("utf-8").decode())
    assert "5ec2e75ec2e7" not in text


@given(st.text(max_size=30), st.binary(max_size=30))
def test_any_pause_is_a_number_of_seconds(header, body):
    assert 0 <= web.asked_wait({"Retry-After": header}, body) <= web.LONGEST_ASKED
