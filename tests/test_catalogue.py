"""Whole files of tracks: every row back in order, the same scores however it is cut, whole or not at all."""

import csv
import gzip
import io
import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import ROOT
from support.damaged_tables import damaged_tables

from hitcast import catalogue, cli, exports, scoring
from hitcast.errors import HitCastError, TableError
from hitcast.sources.files import batches, reader

SCORES = list(scoring.columns())
HEADERS = {"title": "Track Name", "artist": "Artist Name(s)", "duration_ms": "Duration (ms)"}


@pytest.fixture(scope="module")
def table(bundle):
    """Real tracks under Exportify's headers, some of them with faults."""
    table = bundle.tracks.drop(columns="artists").iloc[::40].reset_index(drop=True).rename(columns=HEADERS)
    table.loc[3, "energy"], table.loc[50, "tempo"], table.loc[51, "Track Name"] = 1.5, np.nan, "=1+1"
    return table


def csv_of(table):
    return table.to_csv(index=False).encode()


def parquet_of(table):
    file = io.BytesIO()
    table.to_parquet(file, index=False, row_group_size=17)
    return file.getvalue()


def score(bundle, content, **choices):
    """The scored table of a file's bytes, in pandas."""
    with reader.opened(content, "the file") as table:
        return pa.concat_tables(catalogue.scored(bundle, table, **choices).tables).to_pandas()


def typed(bundle, content):
    """The same through a Parquet file, in which plain numbers are numbers."""
    file = io.BytesIO()
    with reader.opened(content, "the file") as table:
        numbers = catalogue.possible_numbers(table)
        exports.write(catalogue.scored(bundle, table).tables, file, "parquet", numbers)
    return pq.read_table(file).to_pandas()


@pytest.mark.parametrize("write", [csv_of, parquet_of, lambda table: gzip.compress(csv_of(table))])
def test_every_row_comes_back_in_order_with_its_own_columns_first(bundle, table, write):
    result = typed(bundle, write(table))
    assert list(result.columns) == [*table.columns, *SCORES]
    pd.testing.assert_frame_equal(result[list(table.columns)].fillna(""), table.fillna(""), check_dtype=False)


@pytest.mark.parametrize("write", [csv_of, parquet_of])
def test_a_file_is_scored_as_its_rows_are(bundle, table, write):
    pd.testing.assert_frame_equal(
        score(bundle, write(table))[SCORES].drop(columns="problem"),
        scoring.score(bundle, table)[SCORES].drop(columns="problem"),
    )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.integers(1, 120), write=st.sampled_from([csv_of, parquet_of]), data=st.data())
def test_scores_do_not_depend_on_where_a_batch_ends(bundle, table, rows, write, data):
    some = table.sample(data.draw(st.integers(1, len(table))), random_state=rows)
    some = some.assign(
        loudness=data.draw(st.sampled_from([some["loudness"], 0.5, np.linspace(0, 1, len(some))]))
    )
    some = some.assign(key=some["key"].astype("Int64").where(some["energy"] > 0.2))
    cut, whole = (score(bundle, write(some), rows=n) for n in (rows, 10_000))
    pd.testing.assert_frame_equal(cut, whole)


def test_loudness_is_judged_by_the_whole_file(bundle, table):
    loud_first = np.r_[0.1, 0.5, 1.0, np.linspace(-20, -3, len(table) - 3)]
    mixed = score(bundle, csv_of(table.assign(loudness=loud_first)), rows=10)
    assert not mixed["problem"].str.contains("decibels").any()
    shares = score(bundle, csv_of(table.assign(loudness=loud_first.clip(0))), rows=10)
    assert shares["problem"].ne("").all()


@pytest.fixture(scope="module")
def many(table):
    """As many sound rows as settle the units, and more."""
    sound = table.drop(index=[3, 50]).rename(columns={"Duration (ms)": "duration"})
    return pd.concat([sound] * 110, ignore_index=True)


LATER = {
    "percentages": {"energy": lambda d: 100 * d["energy"]},
    "seconds": {"duration": lambda d: d["duration"] / 1000},
    "no sign": {"loudness": lambda d: -d["loudness"]},
    "keys from 1": {"key": lambda d: d["key"] + 1},
}


@pytest.mark.parametrize("rows", [300, 10_000])
@pytest.mark.parametrize("case", LATER)
def test_a_file_whose_last_rows_change_their_unit_is_refused(bundle, many, case, rows):
    file = csv_of(pd.concat([many, many.head(800).assign(**LATER[case])]))
    with pytest.raises(TableError, match=r"not all in the same units"):
        score(bundle, file, rows=rows)


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("feature", ["loudness", "energy", "tempo", "duration", "acousticness"])
def test_a_sorted_table_is_in_one_unit(bundle, feature, ascending):
    table = bundle.tracks.rename(columns={"duration_ms": "duration"}).sort_values(
        feature, ascending=ascending
    )
    many = table.loc[table.index.repeat(5)].drop(columns="artists")
    assert (score(bundle, csv_of(many), rows=2000, model="logreg")["problem"] == "").all()


def test_single_slips_do_not_speak_against_a_table(bundle, many):
    slips = many.assign(
        key=many["key"].where(many.index % 5000 != 7, 12), mode=many["mode"].where(many.index % 6000 != 3, 2)
    )
    result = score(bundle, csv_of(slips), rows=2000)
    assert 3 <= (result["problem"] != "").sum() <= 6


def test_rows_that_say_nothing_of_a_unit_do_not_speak_against_it(bundle, many):
    texts = many.astype({"duration": object})
    file = csv_of(
        pd.concat([texts, texts.head(2000).assign(duration=""), texts.head(2000).assign(duration="3:27")])
    )
    result = score(bundle, file, rows=2000)
    assert (result["problem"] == "").all() and (result["filled"] == "duration_ms").sum() == 2000


def test_slipped_rows_do_not_speak_against_the_units(bundle, many):
    header, *lines = csv_of(many).decode().splitlines()
    slipped = [f"one, two, {line}" if row % 10 == 0 else line for row, line in enumerate(lines)]
    result = score(bundle, "\n".join([header, *slipped]).encode(), rows=2000)
    assert (result["problem"] != "").sum() == len(lines[::10])


def test_a_slipped_row_comes_back_with_its_reason(bundle, table):
    lines = csv_of(table).decode().splitlines()
    lines[5] += ",one,more"
    result = score(bundle, "\n".join(lines).encode())
    assert len(result) == len(table)
    assert "cells" in result.loc[4, "problem"] and np.isnan(result.loc[4, "p_blend"])


def test_what_was_filled_is_never_a_reason(bundle, table):
    lacking = table.drop(columns=["explicit", "instrumentalness"]).head(40)
    result = score(bundle, csv_of(lacking.assign(energy=table["energy"].fillna(0.5))), reasons=True)
    reasons = result.loc[result["problem"] == "", list(catalogue.REASONS)].stack()
    assert len(reasons) and not reasons.str.contains("explicit|instrumentalness").any()
    few = score(bundle, b"valence,energy\n0.4,0.6\n", reasons=True, allow_missing=True)
    assert set(few.loc[0, ["why_1", "why_2"]].str.split().str[0]) == {"valence", "energy"}
    assert few.loc[0, "why_3"] == ""


def test_reasons_name_the_three_features_that_moved_the_chance_most(bundle, table):
    result = score(bundle, csv_of(table), reasons=True, model="logreg")
    why = result[list(catalogue.REASONS)][result["problem"] == ""]
    shares = why.map(lambda words: abs(float(words.split()[1])))
    assert (shares["why_1"] >= shares["why_2"]).all() and (shares["why_2"] >= shares["why_3"]).all()
    assert why.map(lambda words: words.split()[0]).isin(bundle.features).all(axis=None)
    assert (result.loc[result["problem"] != "", "why_1"] == "").all()


def test_core_output_keeps_only_which_track_it_is(bundle, table):
    result = score(bundle, csv_of(table), columns="core-output", model="xgb")
    assert list(result.columns) == ["track_id", *list(HEADERS.values())[:2], *scoring.columns("xgb")]


@pytest.mark.parametrize("target", ["out.csv", "out.parquet"])
def test_core_output_can_be_written_in_any_form(bundle, table, tmp_path, target):
    (tmp_path / "in.csv").write_bytes(csv_of(table))
    catalogue.score_file(bundle, tmp_path / "in.csv", str(tmp_path / target), columns="core-output")
    read = pd.read_csv if target.endswith("csv") else pd.read_parquet
    assert list(read(tmp_path / target).columns)[-len(SCORES) :] == SCORES


def test_scores_that_a_file_has_already_are_kept_beside_the_new_ones(bundle, table):
    once = score(bundle, parquet_of(table))
    twice = score(bundle, parquet_of(once))
    assert twice["p_blend (given)"].equals(once["p_blend"])
    assert list(twice.columns[-len(SCORES) :]) == SCORES


def test_formulas_in_text_become_text_and_numbers_stay_numbers(bundle, table):
    cells = ["=HYPERLINK(1)", "+1+1", "-2+3", "@sum", "\t=1", "-5.3", "plain", "- -"]
    text = table.head(len(cells)).assign(**{"Track Name": cells, "=cmd": "x"})
    file = io.BytesIO()
    with reader.opened(csv_of(text), "the file") as opened:
        exports.write(catalogue.scored(bundle, opened).tables, file, "csv")
    rows = list(csv.DictReader(io.StringIO(file.getvalue().decode())))
    assert [row["Track Name"] for row in rows] == [
        "'=HYPERLINK(1)", "'+1+1", "'-2+3", "'@sum", "\t'=1", "-5.3", "plain", "'- -",
    ]  # fmt: skip
    assert "'=cmd" in rows[0] and float(rows[0]["loudness"]) == table.loc[0, "loudness"]


def test_whole_numbers_stay_whole(bundle, table):
    lengths = table.assign(**{"Duration (ms)": table["Duration (ms)"].astype(int)})
    result = typed(bundle, csv_of(lengths))
    assert result["Duration (ms)"].dtype == "int64" and result["loudness"].dtype == "float64"


def test_columns_of_any_kind_come_along(bundle, table):
    odd = pa.Table.from_pandas(table.head(9), preserve_index=False)
    for name, cells in {
        "list": pa.array([["a", "b"]] * 9),
        "day": pa.array(pd.date_range("2024-01-01", periods=9)),
        "single": pa.array(np.full(9, 0.1, np.float32)),
        "word": pa.array(["=x"] * 9).dictionary_encode(),
        "bytes": pa.array([b"=x", *[b"\xff"] * 8]),
    }.items():
        odd = odd.append_column(name, cells)
    file, out = io.BytesIO(), io.BytesIO()
    pq.write_table(odd, file)
    with reader.opened(file, "the file") as opened:
        exports.write(catalogue.scored(bundle, opened).tables, out, "csv")
    row = next(csv.DictReader(io.StringIO(out.getvalue().decode())))
    assert (row["single"], row["word"], row["list"]) == ("0.1", "'=x", "['a', 'b']")
    assert row["day"].startswith("2024-01-01") and row["bytes"] != "=x"


def both_ways(bundle, content):
    """Scored batch by batch, and read whole and scored; an error instead where it ends in one."""

    def whole():
        rows, damage = reader.read(content, "the file")
        return scoring.score(bundle, rows, allow_missing=True, damage=damage)

    for way in (lambda: score(bundle, content, allow_missing=True), whole):
        try:
            yield way()
        except HitCastError as error:
            yield error


def test_damaged_files_end_as_they_do_elsewhere_in_scored_rows_or_in_one_sentence(bundle):
    for damaged in damaged_tables(60, seed=5):
        streamed, whole = both_ways(bundle, damaged.content)
        if isinstance(streamed, HitCastError):
            assert isinstance(whole, HitCastError), (damaged.kind, streamed)
            assert "\n" not in str(streamed)
            continue
        scored = streamed["problem"] == ""
        assert streamed.loc[~scored, SCORES[:-3]].isna().all(axis=None), damaged.kind
        if isinstance(whole, pd.DataFrame):
            assert np.allclose(streamed["p_blend"], whole["p_blend"], atol=1e-12, equal_nan=True), (
                damaged.kind
            )


@pytest.fixture(scope="module")
def folders(built):
    return "--models-dir", str(built / "models"), "--data-dir", str(built / "data")


@pytest.fixture
def run(monkeypatch, capfd, folders):
    """`python -m hitcast score` with arguments: its exit code and what it told on standard error."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["hitcast", "score", *map(str, arguments), *folders])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, told = capfd.readouterr()
        assert out == ""
        return ended.value.code, told

    before = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def file(table, tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes(csv_of(table))
    return path


def test_the_command_line_writes_what_it_is_asked_for(bundle, table, file, run, tmp_path):
    code, told = run(file, "--out", tmp_path / "out.parquet")
    assert (code, told.strip()) == (
        0, f"{len(table) - 2} of {len(table)} rows scored; 2 could not be, see the column problem.",
    )  # fmt: skip
    result = pd.read_parquet(tmp_path / "out.parquet")
    pd.testing.assert_frame_equal(result, typed(bundle, csv_of(table)))
    assert sorted(os.listdir(tmp_path)) == ["in.csv", "out.parquet"]


def test_filled_features_are_said(table, run, tmp_path):
    (tmp_path / "in.csv").write_bytes(csv_of(table.drop(columns="liveness")))
    code, told = run(tmp_path / "in.csv", "--out", tmp_path / "out.csv.gz", "--allow-missing")
    assert code == 0 and "liveness: no such column, filled" in told
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
        "--model": (file, "--out", tmp_path / "a.csv", "--model", "oracle"),
    }
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for word, arguments in mistakes.items():
        code, told = run(*arguments)
        assert (code, told.count("\n")) == (1, 1) and word in told, told
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
    assert (process.returncode, message) == (130, "Interrupted; nothing was changed.\n")
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


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet", "-"])
def test_a_full_disk_is_one_sentence_and_keeps_the_old_file(name, table, folders, tmp_path):
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
    assert ((done.returncode, done.stderr.count("\n")) == (1, 1) and "cannot be written" in done.stderr) or (
        "No temporary file can be written" in done.stderr and name in ("-", "out.parquet")
    )
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
        f"{score_it} {source} --out {'n' * 300}.csv {rest}": "cannot be written: File name too long",
        f"{score_it} {'n' * 300}.csv --out {tmp_path}/o.csv {rest}": "cannot be opened: File name too long",
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


def test_a_folder_that_is_full_keeps_the_old_file(tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old")

    def failing():
        yield pa.table({"a": [1]})
        raise OSError(28, "No space left on device")

    with pytest.raises(HitCastError, match="No space left"), exports.whole_file(str(target)) as stream:
        exports.write(failing(), stream, "csv")
    assert target.read_text() == "old" and os.listdir(tmp_path) == ["out.csv"]


LONG = "long text " * 10_000
HEAVY = {
    "a text once for many rows": lambda table: parquet_of(
        pd.concat([table] * 100, ignore_index=True).assign(note=LONG)
    ),
    "bytes once for many rows": lambda table: parquet_of(
        pd.concat([table] * 100, ignore_index=True).assign(note=LONG.encode())
    ),
    "lists of texts once for many rows": lambda table: parquet_of(
        pd.concat([table] * 20, ignore_index=True).assign(note=[[LONG]] * 20 * len(table))
    ),
    "rows much longer than the header": lambda table: csv_of(table) + (b"1," * 1_000_000 + b"\n") * 40,
    "many long cells": lambda table: csv_of(pd.concat([table] * 30).assign(note=LONG)),
}


@pytest.mark.parametrize("case", HEAVY)
def test_a_batch_is_bounded_by_its_text(table, case):
    with reader.opened(HEAVY[case](table), "the file") as opened:
        read = [part.table for part in opened.read(catalogue.ROWS)]
    assert sum(map(len, read)) >= len(table)
    assert max(part.nbytes for part in read) < 3 * batches.MOST_TEXT


def test_lists_that_would_fill_the_memory_are_refused(table):
    content = parquet_of(table.head(3).assign(notes=[np.zeros(2_100_000)] * 3))
    with pytest.raises(TableError, match="holds lists"), reader.opened(content, "the file"):
        pass


def test_a_header_without_rows_is_no_table(bundle, table):
    for content in (csv_of(table.head(0)), parquet_of(table.head(0))):
        with pytest.raises(TableError, match="no rows"):
            score(bundle, content)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("x;=1+1;y", "x;'=1+1;y"),
        ("x\t@SUM(A1)", "x\t'@SUM(A1)"),
        ("\n=1+1;x", "\n'=1+1;x"),
        ("\t=1+1", "\t'=1+1"),
        ("  =1+1", "  '=1+1"),
        ('x;"=1+1&"";y', 'x;"\'=1+1&"";y'),
        ("\ufeff=1+1", "\ufeff'=1+1"),
        ("\u00a0﹦1+1", "\u00a0'﹦1+1"),
        (";=1+1", ";'=1+1"),
        ("a\r\n+cmd|' /C calc'!A0", "a\r\n'+cmd|' /C calc'!A0"),
        ("＝1+1", "'＝1+1"),
        ("－2+3", "'－2+3"),
        ("-7.5", "-7.5"),
        ("AC/DC; live", "AC/DC; live"),
        ("a=b", "a=b"),
    ],
)
def test_no_cell_or_part_of_one_begins_a_formula(cell, written):
    assert exports.harmless(pa.array([cell])).to_pylist() == [written]
