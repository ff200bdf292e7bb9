"""Whole files of tracks: every row back in order, the same scores however it is cut, whole or not at all."""

import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.catalogues import HEADERS, catalogue_of, csv_of, parquet_of, typed
from support.damaged_tables import damaged_tables

from hitcast import catalogue, scoring
from hitcast.errors import HitCastError, TableError
from hitcast.sources.files import batches, reader

SCORES = list(scoring.columns())


@pytest.fixture(scope="module")
def table(bundle):
    return catalogue_of(bundle)


def score(bundle, content, **choices):
    """The scored table of a file's bytes, in pandas."""
    with reader.opened(content, "the file") as table:
        return pa.concat_tables(catalogue.scored(bundle, table, **choices).tables).to_pandas()


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


@pytest.mark.parametrize("rows", [5_000, catalogue.ROWS])
@pytest.mark.parametrize("case", LATER)
def test_a_file_whose_last_rows_change_their_unit_is_refused(bundle, many, case, rows):
    many = many[["duration", *(name for name in bundle.features if name in many)]]
    head = many.loc[many.index.repeat(1 + catalogue.ROWS // len(many))]
    file = parquet_of(pd.concat([head, many.head(3000).assign(**LATER[case])]))
    with pytest.raises(TableError, match=r"not all in the same units"):
        score(bundle, file, rows=rows, model="logreg")


@pytest.mark.parametrize("case", ["seconds", "no sign"])
def test_a_short_file_whose_last_rows_change_their_unit_has_a_reason_in_every_row(bundle, many, case):
    result = score(bundle, csv_of(pd.concat([many, many.head(800).assign(**LATER[case])])), model="logreg")
    assert result["problem"].str.contains("more than one unit|minus sign is lost").all()


def test_units_are_settled_on_the_same_rows_wherever_a_batch_ends(bundle):
    many = pd.concat([bundle.tracks[bundle.features]] * 16, ignore_index=True)
    begins_otherwise = many.assign(
        loudness=np.where(many.index < catalogue.ROWS, np.linspace(0.1, 0.9, len(many)), many["loudness"])
    )
    file = parquet_of(begins_otherwise)
    sizes = (20_000, catalogue.ROWS, 100_000)
    small, exact, large = (score(bundle, file, rows=rows, model="logreg")["problem"] for rows in sizes)
    assert small.equals(exact) and small.equals(large) and (small != "").any()


def test_a_column_that_is_empty_at_first_is_read_in_its_unit(bundle):
    many = pd.concat([bundle.tracks[bundle.features]] * 3, ignore_index=True)
    seconds = many["duration_ms"].where(many.index >= 10_000) / 1000
    late = many.drop(columns="duration_ms").assign(duration=seconds)
    assert (score(bundle, parquet_of(late), model="logreg")["problem"] == "").all()


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
        assert (
            streamed.loc[~scored, [name for name in SCORES[:-3] if name != "context"]].isna().all(axis=None)
        ), damaged.kind
        if isinstance(whole, pd.DataFrame):
            assert np.allclose(streamed["p_blend"], whole["p_blend"], atol=1e-12, equal_nan=True), (
                damaged.kind
            )


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


def test_the_head_of_a_table_is_kept_only_where_it_is_small(bundle, table):
    many = pd.concat([table] * 20, ignore_index=True)
    lists = parquet_of(many.assign(plays=[np.zeros(6_000)] * len(many)))
    allocated, before = [], pa.total_allocated_bytes()
    with reader.opened(lists, "the file") as opened:
        for _ in catalogue.scored(bundle, opened, model="logreg", columns="core-output").tables:
            allocated.append(pa.total_allocated_bytes() - before)
    assert len(allocated) > 10 and max(allocated) < catalogue.HELD < 8 * 6_000 * len(many)


def test_lists_that_would_fill_the_memory_are_refused(table):
    content = parquet_of(table.head(3).assign(notes=[np.zeros(2_100_000)] * 3))
    with pytest.raises(TableError, match="holds lists"), reader.opened(content, "the file"):
        pass


def test_a_header_without_rows_is_no_table(bundle, table):
    for content in (csv_of(table.head(0)), parquet_of(table.head(0))):
        with pytest.raises(TableError, match="no rows"):
            score(bundle, content)
