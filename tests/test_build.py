"""From a source to a bundle: the same every time, and a failure leaves the old one."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from hitcast import build, features, sources, tracks
from hitcast.bundle import disk
from hitcast.bundle.card import CARD, ORIGIN, SHAP_VALUES, TRACKS
from hitcast.errors import BundleError, HitCastError

CARD_KEYS = {
    *("created", "hitcast_version", "python", "packages", "seed", "source", "threshold", "features"),
    *("feature_set", "imbalance", "rows", "hits", "base_rate", "data_sha256", "files", "cleaning"),
    *("metrics", "importance", "golden"),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A file of 400 real tracks, as anybody would bring one."""
    path = tmp_path_factory.mktemp("small") / "tracks.csv"
    table = sources.load("sample").table
    pd.concat([table.head(120), table.sample(280, random_state=0)]).to_csv(path, index=False)
    return path


def make(small, folder, **options):
    return build.build(str(small), data_dir=folder / "data", models_dir=folder / "models", **options)


@pytest.fixture(scope="module")
def own(small, tmp_path_factory):
    """A bundle of those tracks, built in none of the usual ways, and its folder; leave it as it is."""
    folder = tmp_path_factory.mktemp("own")
    made = make(small, folder, threshold=70, feature_set="core", imbalance="class_weight", seed=3)
    return made, folder


@pytest.fixture
def folders(own, tmp_path):
    """A copy of its two folders."""
    shutil.copytree(own[1], tmp_path, dirs_exist_ok=True)
    return tmp_path / "models", tmp_path / "data"


def test_the_card_says_everything_that_it_is_documented_to_say(bundle):
    assert bundle.card.keys() >= CARD_KEYS
    assert bundle.card["rows"] == len(bundle.tracks) == 4483
    assert bundle.card["hits"] == tracks.label(bundle.tracks).sum()
    assert (
        bundle.card["source"]["rows"] == 6000 == bundle.card["rows"] + sum(bundle.card["cleaning"].values())
    )


def test_the_same_data_and_seed_give_the_same_figures_and_progress_only_rises(small, tmp_path):
    fractions = []
    first = make(small, tmp_path / "a", progress=lambda fraction, message: fractions.append(fraction))
    second = make(small, tmp_path / "b")
    assert first.card["metrics"] == second.card["metrics"]
    assert first.card["golden"] == second.card["golden"]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0


def test_balancing_is_corrected_before_anyone_sees_a_probability(own, folders):
    made, _ = own
    mean = made.out_of_fold.query("repeat == 0")[["logreg", "rf", "xgb"]].mean()
    assert mean.to_numpy() == pytest.approx(made.card["base_rate"], rel=0.5)
    assert disk.load(*folders).features == list(features.CORE)


def test_a_bundle_is_rebuilt_from_its_own_tracks(own, folders):
    first, _ = own
    card = json.loads((folders[0] / CARD).read_text())
    # As a version would write it that knows nothing of some fields; its tables are gone too.
    (folders[0] / CARD).write_text(json.dumps({name: card[name] for name in ORIGIN}))
    (folders[0] / SHAP_VALUES).unlink()
    build.rebuild(*folders, disk.fingerprint(folders[0]))
    again = disk.load(*folders)
    pd.testing.assert_frame_equal(again.tracks, first.tracks)
    for field in ("source", "threshold", "features", "feature_set", "imbalance", "seed"):
        assert again.card[field] == first.card[field], field
    for name, measures in first.card["metrics"].items():
        for measure, figure in measures.items():
            assert again.card["metrics"][name][measure] == pytest.approx(figure), (name, measure)


@pytest.mark.parametrize("damaged", [f"data/{TRACKS}", f"models/{CARD}"])
def test_the_sample_is_had_again_where_its_tracks_or_its_card_are_damaged(damaged, built, bundle, tmp_path):
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    asked = {"name": "spotify", "reason": "It was asleep.", "when": "a field of another version"}
    source = bundle.card["source"] | {"passed_over": [asked]}
    (tmp_path / "models" / CARD).write_text(json.dumps(bundle.card | {"source": source}))
    (tmp_path / damaged).write_text("damaged")
    card, loaded = build.origin(tmp_path / "models", tmp_path / "data")
    pd.testing.assert_frame_equal(loaded.table, bundle.tracks)
    assert (card is None) == (damaged == f"models/{CARD}")
    assert card is None or [each.reason for each in loaded.passed_over] == [asked["reason"]]


def test_a_damaged_card_without_its_tracks_is_not_taken_for_the_samples(built, tmp_path):
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    (tmp_path / "models" / CARD).write_text("damaged")
    for spoil in (lambda path: path.write_text("damaged"), Path.unlink):
        spoil(tmp_path / "data" / TRACKS)
        with pytest.raises(BundleError, match="build --source"):
            build.origin(tmp_path / "models", tmp_path / "data")


def test_a_bundle_that_has_come_meanwhile_is_not_built_again(bundle, tmp_path):
    disk.save(bundle, tmp_path / "models", tmp_path / "data")
    before = disk.fingerprint(tmp_path / "models")
    build.rebuild(tmp_path / "models", tmp_path / "data", "another one's")
    assert disk.fingerprint(tmp_path / "models") == before


@pytest.mark.parametrize("damaged", [f"data/{TRACKS}", f"models/{CARD}"])
def test_the_sample_does_not_take_the_place_of_tracks_of_ones_own(damaged, folders, tmp_path):
    (tmp_path / damaged).write_text("damaged")
    before = disk.fingerprint(folders[0])
    with pytest.raises(BundleError, match=r"build --source.*delete card\.json"):
        build.rebuild(*folders, before)
    assert disk.fingerprint(folders[0]) == before


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_that_no_generator_takes_is_refused_before_anything_is_computed(seed, tmp_path):
    with pytest.raises(HitCastError, match=f"The seed is {seed}, but should be from 0 to 2,147,483,647"):
        build.build("sample", seed=seed, models_dir=tmp_path / "models", data_dir=tmp_path / "data")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("source", "threshold", "sentence"),
    [
        ("sample", 99, "training needs at least 20 such hits"),
        ("nowhere.csv", 80, "nowhere.csv"),
        ("spotify", 80, "no Spotify app is set up"),
    ],
)
def test_a_build_that_fails_leaves_the_old_bundle(source, threshold, sentence, bundle, tmp_path, monkeypatch):
    monkeypatch.delenv("SPOTIPY_CLIENT_ID", raising=False)
    folders = {"models_dir": tmp_path / "m", "data_dir": tmp_path / "d"}
    disk.save(bundle, folders["models_dir"], folders["data_dir"])
    before = disk.fingerprint(tmp_path / "m")
    with pytest.raises(HitCastError, match=sentence):
        build.build(source, threshold=threshold, **folders)
    assert disk.fingerprint(tmp_path / "m") == before
    disk.load(tmp_path / "m", tmp_path / "d")
