"""A public table: downloaded once, gone on with, and refused where it is not the one that was published."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.publisher import CSV

from hitcast import sources
from hitcast.errors import SourceError
from hitcast.sources import public


def test_a_public_table_is_a_source_that_says_its_licence(publisher):
    loaded = sources.load("songs", threshold=50)
    assert loaded.name == "songs" and loaded.detail == "Songs. Licence: CC0."
    assert len(loaded.table) > 1000


def test_it_is_downloaded_once(publisher):
    rows = [public.load("songs").rows for _ in range(2)]
    assert len(publisher.asked) == 1 and rows[0].equals(rows[1])


def test_a_download_that_broke_off_goes_on_from_there(publisher):
    publisher.breaks_off = 200_000
    with pytest.raises(SourceError, match="broke off"):
        public.load("songs")
    publisher.breaks_off = None
    assert len(public.load("songs").rows) == 3000
    there = int(publisher.asked[-1].removeprefix("bytes=").removesuffix("-"))
    assert 0 < there <= 200_000


def test_where_a_server_cannot_go_on_it_begins_again(publisher):
    publisher.breaks_off = 200_000
    with pytest.raises(SourceError):
        public.load("songs")
    publisher.breaks_off, publisher.can_go_on = None, False
    assert len(public.load("songs").rows) == 3000


@pytest.mark.parametrize(
    "sent", [CSV.replace(b"0", b"1"), CSV + b"more,than,that\n", b"<html>", b"<html>" * len(CSV)]
)
def test_another_table_is_refused_and_forgotten(publisher, sent):
    publisher.content = sent
    with pytest.raises(SourceError, match="not the table that HitCast knows"):
        public.load("songs")
    publisher.content = CSV
    assert len(public.load("songs").rows) == 3000


def test_a_damaged_cache_is_downloaded_again(publisher, tmp_path):
    public.load("songs")
    for path in (tmp_path / "cache").iterdir():
        path.write_bytes(b"damaged")
    assert len(public.load("songs").rows) == 3000


@pytest.mark.parametrize("left", [b"damaged", b"damaged" * len(CSV), CSV[:1000], CSV])
def test_whatever_an_earlier_try_left_the_table_is_whole_in_the_end(publisher, tmp_path, left):
    public.load("songs")
    (path,) = (tmp_path / "cache").glob("*.csv")
    path.rename(path.with_suffix(".part")).write_bytes(left)
    assert len(public.load("songs").rows) == 3000


def test_what_is_longer_than_the_server_has_is_forgotten(publisher, tmp_path):
    publisher.breaks_off = 200_000
    with pytest.raises(SourceError, match="broke off"):
        public.load("songs")
    publisher.breaks_off, publisher.content = None, CSV[:1000]
    with pytest.raises(SourceError, match="not the table"):
        public.load("songs")
    publisher.content = CSV
    assert len(public.load("songs").rows) == 3000


def test_nothing_is_asked_where_that_is_switched_off(publisher, monkeypatch):
    monkeypatch.setenv("HITCAST_OFFLINE", "1")
    with pytest.raises(SourceError, match="HITCAST_OFFLINE"):
        public.load("songs")
    assert not publisher.asked


def test_two_at_once_download_it_once(publisher):
    with ThreadPoolExecutor() as pool:
        loaded = list(pool.map(public.load, ["songs"] * 4))
    assert len(publisher.asked) == 1 and {len(each.rows) for each in loaded} == {3000}


def test_without_a_network_one_sentence_says_so(publisher, monkeypatch):
    publisher.server_close()
    with pytest.raises(SourceError, match="is there a network"):
        public.load("songs")


def test_a_cache_that_cannot_be_written_is_said_with_the_way_out(publisher, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HITCAST_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(SourceError, match="HITCAST_CACHE_DIR"):
        public.load("songs")


def test_every_table_is_pinned_to_what_was_published():
    for table in public.TABLES.values():
        assert table.address.startswith("https://") and len(table.sha256) == 64 and table.size
        assert table.licence and table.detail.endswith(".")
