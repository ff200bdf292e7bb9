"""The report of a track: whole, by itself, and nothing in it but what was said."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from playwright.sync_api import sync_playwright

from benchmarks import chromium
from hitcast import profiles, report, scoring, wording
from hitcast.features import BY_NAME

NASTY = "<script>alert(1)</script> & \"quotes\" <img src='https://example.org/x'>"


class Page(HTMLParser):
    """Tags, addresses and text of a document."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.values, self.words, self.open = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.values += [value or "" for _, value in attributes]
        if tag not in ("meta", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag != "rect":
            assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(self.words)


@pytest.fixture(scope="module")
def row(bundle):
    return profiles.typical(bundle.tracks, bundle.features)


def written(bundle, row, name, **said):
    score = scoring.score(bundle, row.to_frame().T).iloc[0]
    return Page(report.of_track(bundle, row, score, name, **said))


def test_what_nobody_knows_of_a_track_is_said_and_is_no_reason(bundle, row):
    text = written(bundle, row.where(row.index != "explicit"), "A demo").text
    assert "never a reason: Explicit lyrics." in text and "Explicit lyrics, " not in text


@pytest.fixture(scope="module")
def page(bundle, row):
    return written(bundle, row, "A demo")


def test_it_says_what_the_dashboard_says(bundle, row, page):
    score = scoring.score(bundle, row.to_frame().T).iloc[0]
    for said in (
        "A demo",
        wording.in_thousand(score["p_blend"]),
        wording.times_average(score["lift"]),
        wording.above(score["percentile"]),
        *(wording.in_thousand(score[f"p_{name}"]) for name in bundle.models),
        *bundle.neighbours.nearest(row)["title"],
        *(BY_NAME[name].label for name in bundle.features),
    ):
        assert said in page.text


def test_it_is_whole_and_asks_for_nothing(page):
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert not [value for value in page.values if "://" in value]


def test_names_stay_text_wherever_they_stand(bundle, row):
    tracks = bundle.tracks.assign(title=NASTY, artist=NASTY)
    nasty = written(replace(bundle, tracks=tracks), row, NASTY)
    assert nasty.text.count(NASTY) >= 6
    assert not {"script", "img"} & set(nasty.tags)


def test_a_value_beyond_all_tracks_is_said(bundle, row):
    beyond = row.copy()
    beyond["duration_ms"] = BY_NAME["duration_ms"].high
    strange = profiles.unlike(beyond, bundle.reach, bundle.usual_region)
    page = written(bundle, beyond, "x", strange=strange)
    assert "Unlike anything the models have seen" in page.text and "Duration 600:00 min" in page.text
    assert page.text.index("Unlike") < page.text.index("in 1,000")


def test_where_the_chance_comes_from_is_said(bundle, row):
    assert "trained without its artist" in written(bundle, row, "x", note=wording.basis("out-of-fold")).text


def test_it_prints_on_one_page_and_fits_a_phone(bundle, row, tmp_path):
    path = tmp_path / "report.html"
    score = scoring.score(bundle, row.to_frame().T).iloc[0]
    name = "A rather long name of a track, by a rather long name" * 2
    path.write_text(
        report.of_track(bundle, row, score, name, note=wording.basis(scoring.OUT_OF_FOLD)), encoding="utf-8"
    )
    with sync_playwright() as playwright:
        browser = chromium.launched(playwright)
        tab = browser.new_page(viewport={"width": 390, "height": 800})
        tab.goto(path.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
        pdf = tab.pdf(format="A4", prefer_css_page_size=True)
        browser.close()
    assert len(re.findall(rb"/Type */Page\b", pdf)) == 1
