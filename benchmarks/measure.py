"""How the benchmarks measure: contenders side by side in one run, medians with their range, ratios to a baseline."""

import dataclasses
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

Work = Callable[[], Any]


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        benchmark: name of the benchmark, as ``--only`` takes it.
        what: what was measured.
        unit: of the numbers: "s", "ms" or something a second.
        median, low, high: of the ``n`` runs.
        n: number of runs, the first, untimed one left out.
        against: what the ratio compares with; empty where there is none.
        ratio: how many times faster than that, by the medians.
        note: what else a reader must know.
    """

    benchmark: str
    what: str
    unit: str
    median: float
    low: float
    high: float
    n: int
    against: str = ""
    ratio: float | None = None
    note: str = ""


def alternate(works: Mapping[str, Work], rounds: int, warm: bool = True) -> dict[str, list[float]]:
    """Seconds of each run of each work, taken in turns (A B A B …), so that a slow minute of the machine hits them all.

    Args:
        works: what to run, by name.
        rounds: timed runs of each.
        warm: run each once before, untimed: TensorFlow builds its graph in the first step.
    """
    if warm:
        for work in works.values():
            work()
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - started)
    return taken


def rate(benchmark: str, what: str, unit: str, count: int, seconds: list[float], **more: Any) -> Row:
    """A row of speeds: ``count`` things were done in each of these times."""
    speeds = [count / value for value in seconds]
    return Row(benchmark, what, unit, statistics.median(speeds), min(speeds), max(speeds), len(speeds), **more)


def duration(benchmark: str, what: str, seconds: list[float], unit: str = "s", **more: Any) -> Row:
    """A row of times, in "s" or "ms"."""
    values = [value * (1000 if unit == "ms" else 1) for value in seconds]
    return Row(benchmark, what, unit, statistics.median(values), min(values), max(values), len(values), **more)


def against(row: Row, baseline: Row) -> Row:
    """The row with its ratio to another of the same unit: above 1 is faster."""
    faster = row.median / baseline.median if row.unit.endswith("/s") else baseline.median / row.median
    return dataclasses.replace(row, against=baseline.what, ratio=faster)


def python(*arguments: str) -> Work:
    """A run of this Python in a process of its own, which must succeed."""

    def run() -> None:
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=os.environ)
        if done.returncode:
            raise RuntimeError(f"{arguments} failed: {done.stderr}")

    return run


def table(rows: list[Row]) -> str:
    """The rows as text."""
    lines = [f"{'what':<58}{'median':>11}  {'lowest–highest':<22}{'n':>3}  {'ratio':<7}against; note"]
    for row in rows:
        digits = 3 if row.median < 10 and row.unit == "s" else 1 if row.median < 100 else 0
        spread = f"{row.low:,.{digits}f}–{row.high:,.{digits}f} {row.unit}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f} ×"
        notes = "; ".join(text for text in (row.against, row.note) if text)
        lines.append(f"{row.what:<58}{row.median:>11,.{digits}f}  {spread:<22}{row.n:>3}  {ratio:<7}{notes}".rstrip())
    return "\n".join(lines)
