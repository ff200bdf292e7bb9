"""Other people's damaged files through the command line: scored rows with reasons, or one sentence."""

import os
import resource
import subprocess
import sys
from itertools import islice

import numpy as np
import pandas as pd
import pytest
from support import ROOT
from support.damaged_tables import damaged_tables, heavy_tables

from hitcast import scoring
from hitcast.bundle import disk

# A flipped bit can leave one digit for another; without a checksum nobody can see that.
ALTERS_NUMBERS = {"flipped bits", "flipped parquet"}
MOST_SECONDS = 10
MOST_MEMORY = 1 << (30 if sys.platform == "darwin" else 20)  # in the unit of `ru_maxrss`
LARGE = {
    "5 million short rows": b"track_id,danceability,energy,valence,tempo\n" + b"1\n" * 5_000_000,
    "10 MB of quotation marks": b'danceability,energy,valence,tempo\n"' + b'"' * 10_000_000,
    "10 MB of line breaks": b"danceability,energy,valence,tempo\n" + b"\n" * 10_000_000,
    "a wide header and short rows": b",".join(b"x%d" % n for n in range(9_000)) + b"\n" + b"1\n" * 4_000_000,
}


@pytest.fixture
def score(entered, bundle, built, monkeypatch, tmp_path):
    """Scores a file's bytes by the command line: its exit code, its message and the rows it wrote."""
    monkeypatch.setattr(disk, "load", lambda *folders: bundle)  # read once, not 500 times

    def score(content, *options):
        source, target = tmp_path / "in.csv", tmp_path / "out.parquet"
        source.write_bytes(content)
        target.unlink(missing_ok=True)
        done = entered("score", source, "--out", target, "--models-dir", built / "models", *options)
        assert done.stdout == ""
        return done.returncode, done.stderr, pd.read_parquet(target) if target.exists() else None

    return score


def outcome(damaged, code, said, rows, right):
    """How it ended; fails on anything but a sentence alone or rows with right chances or a reason."""
    assert "Traceback" not in said and "unexpected" not in said, (damaged.name, said)
    if code:
        assert (code, said.count("\n"), rows) == (1, 1, None), (damaged.name, said)
        assert said.strip().endswith((".", "…")) and len(said) < 500 and said.strip().isprintable(), said
        return "refused"
    scored = rows["problem"] == ""
    assert (
        rows.filter(like="p_").drop(columns="p_context", errors="ignore").notna().all(axis=1).equals(scored)
    ), damaged.name
    assert f"{scored.sum():,} of {len(rows):,} rows scored" in said, (damaged.name, said)
    if "track_id" in rows and damaged.kind not in ALTERS_NUMBERS:
        known = rows[
            scored & rows["filled"].fillna("").eq("") & rows["track_id"].astype(str).isin(right.index)
        ]
        if damaged.kind == "absurd":  # −1 is a loudness
            known = known[known["loudness"] != -1]
        expected = right[known["track_id"].astype(str)]
        assert np.allclose(known["p_logreg"], expected, rtol=0, atol=1e-12), damaged.name
    return "scored" if scored.any() else "reasons only"


def test_500_damaged_files_end_in_scored_rows_with_reasons_or_in_one_sentence(bundle, score):
    ends, files = [], list(damaged_tables(500, seed=7))
    chances = scoring.score(bundle, pd.concat([damaged.sound for damaged in files]), model="logreg")[
        "p_logreg"
    ]
    starts = np.cumsum([0, *(len(damaged.sound) for damaged in files)])
    for number, damaged in enumerate(files):
        right = chances.iloc[starts[number] : starts[number + 1]].set_axis(damaged.sound["track_id"])
        # The forest takes most of the time; a fault of reading shows in any model.
        options = () if number % 25 == 0 else ("--model", "logreg")
        ends.append(outcome(damaged, *score(damaged.content, *options), right))
    counts = pd.Series(ends).value_counts()
    assert counts["scored"] > 150 and counts["refused"] > 100 and counts["reasons only"] > 20


def large_files():
    yield from LARGE.items()
    yield from ((damaged.name, damaged.content) for damaged in islice(heavy_tables(), 2))


def test_large_damaged_files_take_neither_time_nor_memory(built, tmp_path):
    source = tmp_path / "in.csv"
    command = [
        *(sys.executable, "-m", "hitcast", "score", str(source), "--out", str(tmp_path / "out.csv")),
        *("--models-dir", str(built / "models"), "--data-dir", str(built / "data")),
    ]
    for name, content in large_files():
        source.write_bytes(content)
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode in (0, 1) and said.count("\n") == 1, (name, said)
        # Seconds on the clock depend on what else the machine does.
        assert used.ru_utime + used.ru_stime < MOST_SECONDS, name
        # Linux counts the memory of the process that it was forked from, too.
        assert used.ru_maxrss <= max(MOST_MEMORY, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss), name
