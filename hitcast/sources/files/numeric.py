"""Which columns of a text table hold plain numbers alone, and these as numbers."""

from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from hitcast.tracks import headers
from hitcast.tracks.parsing import PLAIN_NUMBER

WHOLE_NUMBER = r"^-?[0-9]{1,15}$"

Types = Mapping[str, pa.DataType]


def possible(names: list[str], whole: Iterable[str] | None = None) -> Types:
    """The columns that should hold numbers, each as integers if it is one of the features `whole`, else as floats."""
    found = {
        name: names[at] for name, at in headers.locate(names).items() if name not in headers.TEXT_COLUMNS
    }
    return {
        column: pa.int64() if whole is None or name in whole else pa.float64()
        for name, column in found.items()
    }


def narrowed(types: Types, table: pa.Table) -> Types:
    """The types that are still possible once these rows are known, whose empty cells may be of any.

    Columns that the rows do not have are left out.
    """
    return {
        name: kind if kind == pa.float64() or _are(WHOLE_NUMBER, table[name]) else pa.float64()
        for name, kind in types.items()
        if name in table.column_names and _are(PLAIN_NUMBER, table[name])
    }


def converted(table: pa.Table, types: Types) -> pa.Table:
    """The table with these columns as numbers, null where a cell is empty."""
    for name, kind in types.items():
        cells = pc.if_else(pc.equal(table[name], ""), None, table[name])
        table = table.set_column(table.column_names.index(name), name, cells.cast(kind))
    return table


def _are(form: str, cells: pa.ChunkedArray) -> bool:
    """Whether every cell that is not empty has a form."""
    return pc.all(pc.or_(pc.equal(cells, ""), pc.match_substring_regex(cells, form))).as_py()
