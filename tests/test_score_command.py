"""`hitcast score`: what it writes, what it says, and what is left when it is stopped."""

import io
import os
import resource
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from support import ROOT
from support.catalogues import catalogue_of, csv_of, typed

from hitcast import catalogue


@pytest.fixture(scope="module")
def table(bundle):
    return catalogue_of(bundle)


@pytest.fixture(scope="module")
def folders(built):
    return "--models-dir", str(built / "models"), "--data-dir", str(built / "data")


@pytest.fixture
def run(entered, folders):
    """`hitcast score` with arguments: its exit code and what it said on standard error."""

    def run(*arguments):
        done = entered("score", *arguments, *folders)
        assert done.stdout == ""
        return done.returncode, done.stderr

    return run


@pytest.fixture
def file(table, tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes(csv_of(table))
    return path


def test_the_command_line_writes_what_it_is_asked_for(bundle, table, file, run, tmp_path):
    code, said = run(file, "--out", tmp_path / "out.parquet")
    assert (code, said.strip()) == (
        0, f"{len(table) - 2} of {len(table)} rows scored; 2 could not be, see the column problem.",
    )  # fmt: skip
    result = pd.read_parquet(tmp_path / "out.parquet")
    pd.testing.assert_frame_equal(result, typed(bundle, csv_of(table)))
    assert sorted(os.listdir(tmp_path)) == ["in.csv", "out.parquet"]


def test_filled_features_are_said(table, run, tmp_path):
    (tmp_path / "in.csv").write_bytes(csv_of(table.drop(columns="liveness")))
    code, said = run(tmp_path / "in.csv", "--out", tmp_path / "out.csv.gz", "--allow-missing")
    assert code == 0 and "liveness: no such column, filled" in said
    assert len(pd.read_csv(tmp_path / "out.csv.gz")) == len(table)


def test_mistakes_end_in_one_line_and_leave_no_file(table, file, run, tmp_path):
    without = tmp_path / "without.csv"
    without.write_bytes(csv_of(table.drop(columns="valence")))
    mistakes = {
        "--allow-missing": (without, "--out", tmp_path / "a.csv"),
        ".parquet": (file, "--out", tmp_path / "a.xlsx"),
        "folder": (file, "--out", tmp_path / "no" / "a.csv"),
        "no file": (tmp_path / "none.csv", "--out", tmp_path / "a.csv"),
        "another one": (file, "--out", file),
        "cannot be written: File name too long": (file, "--out", f"{'n' * 300}.csv"),
        "cannot be opened: File name too long": (f"{'n' * 300}.csv", "--out", tmp_path / "a.csv"),
        "name of the file is empty": ("", "--out", tmp_path / "a.csv"),
        "--model": (file, "--out", tmp_path / "a.csv", "--model", "oracle"),
    }
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for word, arguments in mistakes.items():
        code, said = run(*arguments)
        assert (code, said.count("\n")) == (1, 1) and word in said, said
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def heeds_signals():
    """A test run in the background ignores interrupts, and hands that down."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def start(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "hitcast", "score", *map(str, arguments)],
        cwd=ROOT, stderr=subprocess.PIPE, preexec_fn=heeds_signals, **options,  # noqa: PLW1509 - no thread runs yet
    )  # fmt: skip


def test_it_reads_and_writes_the_standard_streams(table, folders):
    process = start("-", "--out", "-", *folders, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out, _ = process.communicate(csv_of(table), timeout=120)
    assert process.returncode == 0
    assert len(pd.read_csv(io.BytesIO(out))) == len(table)


@pytest.fixture(scope="module")
def long_file(table, tmp_path_factory):
    """So many rows that a signal comes while they are being scored."""
    path = tmp_path_factory.mktemp("long") / "in.parquet"
    pd.concat([table] * 8000).to_parquet(path)
    return path


def parts_beside(target):
    return list(target.parent.glob(".hitcast-*.part"))


def until_it_writes(process, target):
    until = time.monotonic() + 60
    while not parts_beside(target) and time.monotonic() < until and process.poll() is None:
        time.sleep(0.02)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_leaves_the_old_file_and_says_so(long_file, folders, tmp_path, stop):
    target = tmp_path / "out.parquet"
    target.write_bytes(b"the old file")
    process = start(long_file, "--out", target, *folders)
    until_it_writes(process, target)
    process.send_signal(stop)
    message = process.communicate(timeout=60)[1].decode()
    assert (process.returncode, message) == (130, "Interrupted; no file is half written.\n")
    assert target.read_bytes() == b"the old file"
    assert os.listdir(tmp_path) == ["out.parquet"]


def test_what_a_killed_run_left_is_removed_by_the_next_and_nothing_else_is(
    long_file, table, folders, tmp_path
):
    target, other = tmp_path / "out.parquet", tmp_path / "other.parquet"
    killed = start(long_file, "--out", tmp_path / "third.parquet", *folders)
    until_it_writes(killed, target)
    killed.kill()
    killed.communicate(timeout=60)
    assert len(parts_beside(target)) == 1
    alive = start(long_file, "--out", other, *folders)
    while not any(f"-{alive.pid}." in part.name for part in parts_beside(target)) and alive.poll() is None:
        time.sleep(0.02)
    alive.send_signal(signal.SIGSTOP)
    (tmp_path / "in.csv").write_bytes(csv_of(table))
    done = start(tmp_path / "in.csv", "--out", target, *folders)
    assert b"rows scored" in done.communicate(timeout=60)[1]
    assert len(parts_beside(target)) == 1, "the file of the run that is alive stays"
    alive.send_signal(signal.SIGTERM)
    alive.send_signal(signal.SIGCONT)
    alive.communicate(timeout=60)
    assert sorted(os.listdir(tmp_path)) == ["in.csv", "out.parquet"]


@pytest.mark.parametrize("delay", [0.03, 0.1, 0.3, 0.6, 1.0])
def test_an_interrupt_while_it_starts_shows_no_traceback(delay, folders, tmp_path):
    process = start("nowhere.csv", "--out", tmp_path / "out.csv", *folders)
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    message = process.communicate(timeout=60)[1].decode()
    # Python itself takes some hundredths of a second before it runs a line of ours; the first is this import.
    starting = "    import signal\n" in message or "Fatal Python error: init_import_site" in message
    assert "hitcast" not in message or message.count("\n") == 1 or starting
    assert process.returncode in (130, 1, -signal.SIGINT)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("out.csv", "out.csv cannot be written"),
        ("out.csv.gz", "out.csv.gz cannot be written"),
        ("out.parquet", "No temporary file can be written"),
        ("-", "No temporary file can be written"),
    ],
)
def test_a_full_disk_is_one_sentence_and_keeps_the_old_file(name, words, table, folders, tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / name
    source.write_bytes(csv_of(pd.concat([table] * 600)))  # more than a part
    if name != "-":
        target.write_text("old")
    before = sorted(os.listdir(tmp_path))

    def small_disk():
        heeds_signals()
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    done = subprocess.run(
        [
            *(sys.executable, "-m", "hitcast", "score", source, "--model", "logreg"),
            *("--out", "-" if name == "-" else target, *folders),
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=120, preexec_fn=small_disk, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1) and words in done.stderr
    assert sorted(os.listdir(tmp_path)) == before


def test_streams_that_are_closed_or_full_end_in_a_sentence(table, folders, tmp_path):
    source = tmp_path / "in.csv"
    source.write_bytes(csv_of(table))
    score_it = f"{sys.executable} -m hitcast score"
    rest = " ".join(map(str, folders))
    for command, words in {
        f"{score_it} - --out {tmp_path}/o.csv {rest} <&-": "Standard input is closed",
        f"{score_it} {source} --out - {rest} >&-": "Standard output is closed",
        f"{score_it} {source} --out - {rest} >/dev/full": "Standard output cannot be written",
        f"{sys.executable} -m hitcast info {rest} >/dev/full": "No space left on device",
    }.items():
        done = subprocess.run(
            ["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr.count("\n")) == (1, 1) and words in done.stderr


def test_a_name_may_be_as_long_as_names_can_be(bundle, table, tmp_path):
    target = tmp_path / ("n" * 250 + ".csv")
    source = tmp_path / "in.csv"
    source.write_bytes(csv_of(table))
    catalogue.score_file(bundle, source, str(target))
    assert len(pd.read_csv(target)) == len(table)
