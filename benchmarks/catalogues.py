"""Catalogues of any length, made of real tracks that are jittered so that no two are alike."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hitcast.bundle.contents import Bundle
from hitcast.features import BY_NAME

ROWS = 100_000


def write(bundle: Bundle, path: Path, rows: int, seed: int = 0) -> None:
    """A Parquet file of so many tracks drawn from the bundle's, 100,000 a row group."""
    generator = np.random.default_rng(seed)
    writer = None
    for start in range(0, rows, ROWS):
        part = _part(bundle, min(ROWS, rows - start), generator)
        writer = writer or pq.ParquetWriter(path, part.schema)
        writer.write_table(part)
    if writer:
        writer.close()


def _part(bundle: Bundle, rows: int, generator: np.random.Generator) -> pa.Table:
    drawn = bundle.tracks.iloc[generator.integers(0, len(bundle.tracks), rows)].reset_index(drop=True)
    jitter = {
        name: (drawn[name] * (1 + 0.02 * generator.standard_normal(rows))).clip(
            bundle.tracks[name].min(), bundle.tracks[name].max()
        )
        for name in bundle.features
        if not BY_NAME[name].choices
    }
    return pa.Table.from_pandas(drawn.assign(**jitter), preserve_index=False)
