"""Which source is used, in which order they are asked, and what is said of those passed over."""

import pytest
from support import ROOT

from hitcast import sources, tracks
from hitcast.errors import SourceError, TableError
from hitcast.sources import loading, sample, synthetic

SAMPLE = sample.PATH


@pytest.fixture(autouse=True)
def no_spotify(monkeypatch, tmp_path):
    """Nothing of this machine's own set-up: no credentials in the environment, `.env` or secrets.toml."""
    from hitcast.sources.live import settings

    for name in settings.NAMES.values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(settings.read, "__defaults__", (tmp_path, None))


@pytest.fixture
def no_sample(monkeypatch, tmp_path):
    monkeypatch.setattr(sample.load, "__defaults__", (tmp_path / "sample_tracks.csv",))


def test_without_credentials_auto_uses_the_sample_and_says_why_not_spotify():
    loaded = sources.load()
    assert loaded.name == "sample"
    (passed,) = loaded.passed_over
    assert passed.name == "spotify" and "SPOTIPY_CLIENT_ID" in passed.reason


def test_where_the_sample_cannot_be_read_auto_makes_tracks_up_and_says_so(no_sample):
    loaded = sources.load()
    assert loaded.name == "synthetic" and "made-up" in loaded.detail
    assert [passed.name for passed in loaded.passed_over] == ["spotify", "sample"]
    assert all(passed.reason for passed in loaded.passed_over)


@pytest.mark.parametrize("source", ["auto", "sample"])
def test_a_threshold_that_leaves_too_few_hits_is_an_error_not_a_reason_for_made_up_tracks(source):
    with pytest.raises(TableError, match=r"of 4,483 tracks .* threshold from \d+ to \d+ would do"):
        sources.load(source, threshold=90)


@pytest.mark.parametrize("name", ["spotify", "sample", "no/such/file.csv"])
def test_a_named_source_that_cannot_deliver_is_an_error(name, no_sample):
    with pytest.raises(SourceError):
        sources.load(name)


def test_playlists_are_not_passed_over_in_silence():
    with pytest.raises(SourceError, match="Playlists are read from Spotify, not from sample"):
        sources.load("sample", playlists=["37i9dQZF1DXcBWIGoYBM5M"])


@pytest.mark.parametrize("name", ["sample", "synthetic", str(SAMPLE)])
def test_a_named_source_delivers_clean_tracks_with_their_origin(name):
    loaded = sources.load(name)
    assert loaded.name == (name if name in loading.AUTO else "file")
    assert loaded.detail and loaded.passed_over == ()
    assert loaded.report.rows_out == len(loaded.table)
    tracks.require_trainable(loaded.table)


def test_a_file_and_the_sample_with_the_same_rows_give_the_same_table():
    assert sources.load(str(SAMPLE)).table.equals(sources.load("sample").table)


def test_the_seed_is_that_of_the_synthetic_tracks():
    drawn, _ = tracks.conform(synthetic.load(seed=5).rows)
    assert sources.load("synthetic", seed=5).table.equals(drawn)


def test_a_table_that_nobody_can_train_on_is_refused_with_numbers(tmp_path):
    path = tmp_path / "few.csv"
    synthetic.load(rows=60).rows.to_csv(path, index=False)
    with pytest.raises(TableError, match=r"\d+ of 60 tracks"):
        sources.load(str(path))


def test_nothing_of_this_machine_is_in_what_is_said(no_sample):
    loaded = sources.load()
    shown = loaded.detail + "".join(passed.reason for passed in loaded.passed_over)
    assert str(ROOT) not in shown and "/tmp" not in shown
