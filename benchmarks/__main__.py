"""`python -m benchmarks [memory rerun start browser row build score udf soak]`: one table, also in results.md."""

import argparse
import tempfile
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from benchmarks import browser, build, rerun, results, row, score, soak, udf
from hitcast import build as builder
from hitcast.bundle import disk
from hitcast.choices import DATA_DIR, MODELS_DIR
from hitcast.errors import BundleError

# Linux counts the memory of the process that another was started from, too: memory first, while this one is small.
NAMES = ("memory", "rerun", "start", "browser", "row", "build", "score", "udf", "soak")


def main() -> None:
    """Measure what is asked for, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; all without one")
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR)
    parser.add_argument("--data-dir", type=Path, default=DATA_DIR)
    parser.add_argument("--rows", type=int, default=score.ROWS, help="rows of the catalogue that is scored")
    parser.add_argument(
        "--many", type=int, default=score.MANY, help="rows of the one that must not take more memory"
    )
    parser.add_argument("--table", help="for build: a tracks table of your own beside the sample")
    parser.add_argument("--minutes", type=float, default=soak.MINUTES, help="for soak: how long")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory() as folder:
        folders = _with_a_bundle(asked.models_dir, asked.data_dir, Path(folder))
        print(results.HEADER, flush=True)  # noqa: T201
        for name in sorted(asked.names or NAMES, key=NAMES.index):
            for result in _measured(name, asked, folders):
                print(result.line(), flush=True)  # noqa: T201
                results.write([result])


def _measured(name: str, asked: argparse.Namespace, folders: tuple[Path, Path]) -> Iterable[results.Result]:
    if name == "score":
        return score.speed(*folders, asked.rows)
    if name == "row":
        return row.row(*folders)
    if name == "browser":
        return browser.browser(*folders)
    if name == "udf":
        return udf.udf(*folders)
    if name == "memory":
        return score.memory(*folders, asked.rows, asked.many)
    if name == "soak":
        return soak.soak(*folders, asked.minutes)
    if name == "build":
        return chain.from_iterable(map(build.build, (None, asked.table) if asked.table else (None,)))
    return (rerun.rerun if name == "rerun" else rerun.start)(*folders)


def _with_a_bundle(models_dir: Path, data_dir: Path, spare: Path) -> tuple[Path, Path]:
    """The folders of a bundle that can be used; one of the sample where there is none."""
    try:
        disk.load(models_dir, data_dir)
    except BundleError:
        models_dir, data_dir = spare / "models", spare / "data"
        builder.build("sample", models_dir=models_dir, data_dir=data_dir)
    return models_dir, data_dir


if __name__ == "__main__":
    main()
