"""A bundle is believed only whole, unchanged and computing what it computed when it was built."""

import json
import os
import resource
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from filelock import FileLock
from sklearn.pipeline import Pipeline

from hitcast import cli, models
from hitcast.bundle import disk, golden
from hitcast.bundle.card import CARD, MODEL_FILES, OUT_OF_FOLD, SHAP_VALUES, TRACKS, checksum, read_card
from hitcast.choices import SCORED
from hitcast.errors import BundleError

FILES = [*MODEL_FILES.values(), OUT_OF_FOLD, SHAP_VALUES, CARD]


@pytest.fixture
def folders(built, tmp_path):
    """A copy of the sample's bundle that a test may damage: (models, data)."""
    shutil.copytree(built / "models", tmp_path / "models")
    shutil.copytree(built / "data", tmp_path / "data")
    return tmp_path / "models", tmp_path / "data"


def path_of(name, folders):
    return folders[name == TRACKS] / name


def test_a_saved_bundle_comes_back_as_it_was(bundle, tmp_path):
    saved = disk.save(bundle, tmp_path / "m", tmp_path / "d")
    again = disk.load(tmp_path / "m", tmp_path / "d")
    assert again.card == saved.card
    pd.testing.assert_frame_equal(again.tracks, bundle.tracks)
    given, expected = (models.probabilities(each.models, bundle.tracks.head(50)) for each in (again, bundle))
    pd.testing.assert_frame_equal(given, expected, check_exact=True)


def test_the_card_is_plain_json_and_vouches_for_every_file(built):
    text = (built / "models" / CARD).read_text(encoding="utf-8")
    card = json.loads(text, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))
    assert set(card["files"]) == {*FILES} - {CARD}


def test_nothing_is_left_behind(folders, bundle):
    disk.save(bundle, *folders)
    visible = {path.name for path in folders[0].iterdir() if not path.name.endswith(".lock")}
    assert visible == set(FILES)
    assert {path.name for path in folders[1].iterdir()} == {TRACKS}


@pytest.mark.parametrize("name", [*FILES, TRACKS])
@pytest.mark.parametrize("damage", ["missing", "truncated", "a bit flipped", "empty"])
def test_damage_is_caught_and_named(name, damage, folders):
    path = path_of(name, folders)
    content = bytearray(path.read_bytes())
    if damage == "a bit flipped":
        if name == CARD:
            content[content.index(b'"hits"') + 1] ^= 1
            content[content.index(b'"files"') + 1] ^= 1
        content[len(content) // 2] ^= 1
    path.write_bytes(
        b"" if damage == "empty" else content[: -len(content) // 3] if "trunc" in damage else content
    )
    if damage == "missing":
        path.unlink()
    with pytest.raises(BundleError, match=r"[Bb]uild"):
        disk.load(*folders)


def test_models_in_each_others_place_are_caught(folders):
    one, other = (folders[0] / MODEL_FILES[name] for name in ("logreg", "xgb"))
    swapped = one.read_bytes(), other.read_bytes()
    other.write_bytes(swapped[0])
    one.write_bytes(swapped[1])
    with pytest.raises(BundleError, match="not the file"):
        disk.load(*folders)


class Payload:
    """What an attacker would leave: unpickling it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_file_that_nobody_vouched_for_is_not_unpickled(folders, tmp_path):
    joblib.dump(Payload(tmp_path / "pwned"), folders[0] / MODEL_FILES["rf"])
    with pytest.raises(BundleError, match="not the file"):
        disk.load(*folders)
    assert not (tmp_path / "pwned").exists()


def vouch(folders, name):
    """Let the card vouch for a file as it is now, as a bundle of other versions would."""
    path = folders[0] / CARD
    card = json.loads(path.read_text())
    card["files"][name] = checksum(folders[0] / name)
    path.write_text(json.dumps(card))


def test_a_model_that_computes_something_else_now_is_not_believed(folders):
    path = folders[0] / MODEL_FILES["logreg"]
    model: Pipeline = joblib.load(path)
    model[-1].intercept_ += 0.01
    joblib.dump(model, path)
    vouch(folders, path.name)
    with pytest.raises(BundleError, match="other probabilities"):
        disk.load(*folders)


def test_a_model_that_cannot_run_is_a_sentence(folders):
    path = folders[0] / MODEL_FILES["logreg"]
    model = joblib.load(path)
    del model[-1].coef_
    joblib.dump(model, path)
    vouch(folders, path.name)
    with pytest.raises(BundleError, match="do not run"):
        disk.load(*folders)


def test_golden_rows_cover_the_table(bundle):
    said = bundle.card["golden"]
    assert len(said["rows"]) == golden.ROWS
    assert set(said["probabilities"]) == {*models.NAMES, models.BLEND}
    assert np.ptp(said["probabilities"]["blend"]) > 0.01


def test_killed_at_any_moment_the_old_or_the_new_bundle_is_there(bundle, folders):
    old = disk.load(*folders).card["seed"]
    started = time.perf_counter()
    disk.save(bundle, *folders)
    takes = time.perf_counter() - started
    seen = set()
    for turn, moment in enumerate(np.random.default_rng(7).uniform(0, 1.2 * takes, 50)):
        new = replace(bundle, card=bundle.card | {"seed": old + len(seen) + 1})
        before = disk.fingerprint(folders[0])
        child = os.fork()
        if child == 0:
            disk.save(new, *folders)
            os._exit(0)
        # Every other one gets as far as moving its files, however slow the machine is.
        while turn % 2 and not (folders[0] / ".next").exists() and disk.fingerprint(folders[0]) == before:
            time.sleep(0.001)
        time.sleep(moment / 20 if turn % 2 else moment)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        there = disk.load(*folders).card["seed"]
        assert there in (old, new.card["seed"])
        seen.add(there)
        old = there
    assert len(seen) > 1
    disk.save(bundle, *folders)
    assert not list(folders[0].glob(".next*"))


def test_a_reader_never_sees_half_a_bundle(bundle, folders):
    def write():
        for seed in range(8):
            disk.save(replace(bundle, card=bundle.card | {"seed": seed}), *folders)

    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(write)
        while not writing.done():
            assert disk.load(*folders).card["rows"] == bundle.card["rows"]
        writing.result()
    assert disk.load(*folders).card["seed"] == 7


def test_an_interrupted_move_is_finished_by_the_next_reader(bundle, folders):
    disk.save(bundle, *folders)
    half = folders[0] / ".next"
    half.mkdir()
    written = disk._write(replace(bundle, card=bundle.card | {"seed": 99}), half)
    os.replace(half / MODEL_FILES["rf"], folders[0] / MODEL_FILES["rf"])
    assert disk.load(*folders).card == written.card
    assert not half.exists()


def test_a_full_disk_keeps_the_old_bundle(bundle, folders):
    before = disk.fingerprint(folders[0])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(BundleError, match="cannot be written"):
            disk.save(bundle, *folders)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert disk.fingerprint(folders[0]) == before
    disk.load(*folders)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be written"):
        disk.require_writable(tmp_path / "file" / "models")


def test_a_second_build_says_that_one_is_under_way(tmp_path):
    with (
        disk.only_builder(tmp_path),
        pytest.raises(BundleError, match="under way"),
        disk.only_builder(tmp_path),
    ):
        pass


def test_no_bundle_has_no_fingerprint(tmp_path):
    assert disk.fingerprint(tmp_path) == ""
    with pytest.raises(BundleError, match="no bundle"):
        disk.load(tmp_path, tmp_path)


def test_the_versions_on_the_card_are_those_that_made_it(bundle):
    assert bundle.card["packages"]["scikit-learn"] == sklearn.__version__


def spoiled(card, path, value):
    """A copy of the card with one field replaced; `...` takes it out."""
    first, *rest = path
    changed = dict(card) if isinstance(card, dict) else list(card)
    if rest:
        changed[first] = spoiled(card[first], rest, value)
    elif value is ...:
        del changed[first]
    else:
        changed[first] = value(card[first]) if callable(value) else value
    return changed


def written(folders, path, value):
    """Puts the spoiled card in place of the bundle's."""
    file = folders[0] / CARD
    file.write_text(json.dumps(spoiled(json.loads(file.read_text()), path, value)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["base_rate"], lambda rate: rate / 10),
        (["threshold"], 70),
        (["hits"], lambda hits: hits + 1),
        (["rows"], lambda rows: rows - 1),
        (["metrics", "xgb", "roc_auc", "value"], 0.72),
        (["metrics", "rf", "brier_skill", "low"], 0.9),
        (["behind", "rf", "value"], 0.3),
        (["behind", "rf", "low"], 0.9),
        (["behind"], lambda behind: dict.fromkeys(SCORED, behind["rf"])),
        (["metrics", "blend", "at_threshold", "tp"], 150),
        (["metrics", "constant", "average_precision", "value"], 0.5),
        (["mean_abs_shap", "rf", "energy"], 0.5),
        (["inputs", "loudness", "high"], 60),
        (["metrics", "rf", "at_threshold", "threshold"], 0.5),
        (["rows"], 10**14),
        (["context", "worth", "with genre", "measures", "roc_auc", "value"], 0.9),
        (["context", "worth", "with genre", "sound", "brier_skill", "value"], 0.9),
        (["context", "worth", "with genre", "tracks"], 10),
    ],
)
def test_a_figure_that_the_tables_do_not_give_is_not_believed(path, value, folders):
    written(folders, path, value)
    for read in (disk.load, disk.load_tables):
        with pytest.raises(BundleError, match=r"its own tables give .* Build the bundle again"):
            read(*folders)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["importance", "rf", "energy"], 0.9, "importance.rf"),
        (["coefficients", "energy"], lambda weight: -weight, "coefficients"),
        (["importance", "rf", "energy"], ..., "importance is not of its features"),
        (["golden", "rows", 0, "energy"], ..., "a golden row lacks a feature"),
        (["golden", "probabilities", "rf"], [0.1], "golden has not a probability a row"),
        (["intervals", "rf", "covered"], 10**6, "more groups than there are"),
        (["context", "years"], [2000.0, 1990.0], "years out of order"),
        (["context", "worth"], {}, "weights whose worth it does not say"),
        (["context", "genres"], lambda genres: genres[1:], "not of its genres, features and years"),
        (["context", "weights", "with genre", 0], [0.0], "not of its genres, features and years"),
        (["context", "weights", "with genre", 0, 0], "much", "context.weights.with genre.0.0"),
        (["behind", "other"], {"value": 0, "low": 0, "high": 0}, "behind"),
        (["intervals", "blend"], lambda each: each | {"groups": 0, "covered": 0}, "intervals.blend.groups"),
        (["intervals", "blend", "fifths"], [], "intervals.blend.fifths"),
        (["packages", "scikit-learn"], "1.7'; DROP TABLE", "packages.scikit-learn"),
        (["packages"], {}, "packages"),
        (["created"], "\ud800", "created"),
        (["seed"], 2**31, "seed"),
        (["seed"], 10**400, "seed"),
        (["metrics", "other"], {}, "metrics"),
        (["metrics", "rf", "roc_auc", "low"], None, "metrics.rf.roc_auc.low"),
        (["metrics", "rf", "roc_auc", "value"], None, "metrics.rf.roc_auc.low"),
        (["metrics", "rf", "lift_top_5pct"], ..., "'lift_top_5pct' is a required property"),
        (["metrics", "rf", "within_genre_auc"], ..., "metrics.rf.within_genre_auc"),
    ],
)
def test_what_cannot_be_is_not_believed(path, value, words, folders):
    written(folders, path, value)
    with pytest.raises(BundleError, match=r"Build the bundle again") as error:
        disk.load(*folders)
    assert words in str(error.value) and len(str(error.value)) < 300


def test_a_reader_waits_for_a_bundle_that_is_moved_slowly(folders, bundle):
    models_dir, file = folders[0], MODEL_FILES["rf"]

    def move():
        for compress in (1, 5):
            stage = models_dir / ".next"
            with FileLock(models_dir / ".move.lock"):
                stage.mkdir()
                joblib.dump(bundle.models["rf"], stage / file, compress=compress)
                card = read_card(models_dir)
                card["files"][file] = checksum(stage / file)
                (stage / CARD).write_text(json.dumps(card))
                os.replace(stage / file, models_dir / file)
                time.sleep(0.8)
                os.replace(stage / CARD, models_dir / CARD)
                stage.rmdir()
            time.sleep(0.3)

    with ThreadPoolExecutor(1) as beside:
        moving = beside.submit(move)
        while not moving.done():
            disk.load(*folders)
        moving.result()


def test_a_bundle_that_could_not_be_read_again_replaces_none(folders, bundle):
    before = disk.fingerprint(folders[0])
    wordy = bundle.card | {"source": bundle.card["source"] | {"detail": "x" * 20_000}}
    with pytest.raises(BundleError, match=r"source\.detail"):
        disk.save(replace(bundle, card=wordy), *folders)
    assert disk.fingerprint(folders[0]) == before and disk.load(*folders)


@pytest.mark.parametrize("value", [None, "many", [], {}, 1e400, ...])
@pytest.mark.parametrize(
    "path",
    [
        ["base_rate"],
        ["metrics"],
        ["source"],
        ["golden"],
        ["files"],
        ["features"],
        ["metrics", "rf", "roc_auc"],
        ["metrics", "rf", "lift_top_5pct", "high"],
    ],
)
def test_a_field_of_another_type_is_named(path, value, folders, capsys, monkeypatch):
    written(folders, path, value)
    with pytest.raises(BundleError, match="Build the bundle again") as error:
        disk.load(*folders)
    assert "\n" not in str(error.value)
    arguments = ["info", "--models-dir", str(folders[0]), "--data-dir", str(folders[1])]
    monkeypatch.setattr("sys.argv", ["hitcast", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 1 and "Build the bundle again" in capsys.readouterr().err


def test_a_card_that_is_no_object_is_none(folders):
    for text in ("[]", "3", '"card"', "null", "[" * 100_000, '{"rows": NaN}'):
        (folders[0] / CARD).write_text(text)
        with pytest.raises(BundleError, match=r"Build the bundle again"):
            disk.load(*folders)
