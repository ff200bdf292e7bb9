"""A catalogue of real tracks as a file that people bring."""

import io

import numpy as np
import pyarrow.parquet as pq

from hitcast import catalogue, exports
from hitcast.sources.files import reader

HEADERS = {"title": "Track Name", "artist": "Artist Name(s)", "duration_ms": "Duration (ms)"}


def catalogue_of(bundle):
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


def typed(bundle, content):
    """A file scored and written as Parquet, in which plain numbers are numbers."""
    file = io.BytesIO()
    with reader.opened(content, "the file") as table:
        numbers = catalogue.possible_numbers(table)
        exports.write(catalogue.scored(bundle, table).tables, file, "parquet", numbers)
    return pq.read_table(file).to_pandas()
