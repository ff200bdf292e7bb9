"""One line a figure, and the table of them on screen and in results.md."""

import os
import platform
import re
import statistics
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FILE = Path(__file__).with_name("results.md")
PACKAGES = (
    "streamlit",
    "scikit-learn",
    "xgboost-cpu",
    "xgboost",
    "pandas",
    "numpy",
    "pyarrow",
    "shap",
    "flaml",
)
HEADER = "| what | HitCast | the alternative | ratio | target | held |\n|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Result:
    """A figure beside its alternative's; `held` is whether the target was reached, if there is one."""

    what: str
    ours: str
    alternative: str
    ratio: float | None
    target: str
    held: bool | None = None

    def line(self) -> str:
        """The row of the table."""
        held = {True: "yes", False: "no", None: "–"}[self.held]
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}"
        cells = (f"`{self.what}`", self.ours, self.alternative, ratio, self.target, held)
        return f"| {' | '.join(cells)} |"


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def write(results: list[Result], path: Path = FILE) -> None:
    """Put the results into the file; figures of other benchmarks that are there already stay."""
    lines = re.findall(r"^\| `.*\|$", path.read_text("utf-8"), re.MULTILINE) if path.exists() else []
    known = {line.split("`")[1]: line for line in lines} | {result.what: result.line() for result in results}
    text = f"# What we claim about speed\n\n{HEADER}\n" + "\n".join(known.values())
    path.write_text(f"{text}\n\n{machine()}\n\n{_ABOUT}", "utf-8")


def machine() -> str:
    """Where and with what the last run was made."""
    packages = ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name)))
    return (
        f"Last run {datetime.now(UTC):%Y-%m-%d}: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"load average {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, {packages}."
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


_ABOUT = """`python -m benchmarks` measures all of it again, `python -m benchmarks score` one line.
Seconds on the clock depend on what else the machine does; so do ratios of them, less. CPU seconds
hardly do. Every alternative was measured in the same run, turn by turn with ours.
"""
