"""What is written runs nothing in a spreadsheet, keeps its types, and replaces nothing by half a file."""

import csv
import errno
import io
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.catalogues import catalogue_of, csv_of, typed

from hitcast import catalogue, exports
from hitcast.errors import HitCastError
from hitcast.sources.files import reader


@pytest.fixture(scope="module")
def table(bundle):
    return catalogue_of(bundle)


class Full(io.RawIOBase):
    """A disk without any room."""

    def writable(self):
        return True

    def write(self, some):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_output_is_not_said_to_be_a_full_temporary_disk():
    with pytest.raises(HitCastError, match="The output cannot be written: No space left on device"):
        exports.write([pa.table({"a": ["1", "2"]})], Full(), "parquet", {"a": pa.float64()})


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


def test_a_folder_that_is_full_keeps_the_old_file(tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old")

    def failing():
        yield pa.table({"a": [1]})
        raise OSError(28, "No space left on device")

    with pytest.raises(HitCastError, match="No space left"), exports.whole_file(str(target)) as stream:
        exports.write(failing(), stream, "csv")
    assert target.read_text() == "old" and os.listdir(tmp_path) == ["out.csv"]


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
