"""The leaderboard: every model measured by one command, and the tables made of it.

The measurements of a split stand in ``data/results/leaderboard/<data>-<split>.json``. What the slides, people and the
commonest label reach stands beside them in the table.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..evaluation import agreement
from ..metrics import percent, with_interval
from . import records
from .tables import MARKED, duration, markdown_table, measured, named

_HEAD = (
    "model", "classes", "n", "accuracy on PublicTest (95 % interval)", "with test-time crops and mirror", "macro-F1",
    "ECE", "parameters", "bytes", "ms a face", "training", "PrivateTest",
)  # fmt: skip


def path_of(into: str | os.PathLike, data: str, split: str) -> Path:
    """Where a leaderboard stands in a folder of records."""
    return Path(into) / "leaderboard" / f"{data}-{split}.json"


def check(value: Any, where: str) -> None:
    """Check that ``value`` is a leaderboard.

    Raises:
        CourseError: it is not; ``where`` begins the sentence.
    """
    records.check_schema(value, "leaderboard", where)
    for row in value["rows"]:
        records.check_report(row["report"], f"{where}: the report of {row['model']}")


def read_leaderboard(
    source: str | os.PathLike, data: str = "fer2013", split: str = "validation"
) -> dict[str, Any] | None:
    """The leaderboard in a folder of records, or None where none was measured. Lesson 10.

    Raises:
        CourseError: it is damaged.
    """
    path = path_of(source, data, split)
    if not path.is_file():
        return None
    return records.read_checked(path, check)


def leaderboard_tables(source: str | os.PathLike, runs: Sequence[Mapping[str, Any]]) -> str:
    """The leaderboard as Markdown: the models, each emotion's recall, accuracy under worse images. "" without one.
    Lesson 10.

    Args:
        source: the folder of records.
        runs: the records of the training runs, for what training cost.
    """
    board, closed = read_leaderboard(source), read_leaderboard(source, split="test")
    if board is None:
        return ""
    rows = sorted(board["rows"], key=lambda row: (len(row["report"]["classes"]), row["report"]["accuracy"]))
    tests = {row["model"]: row["report"] for row in (closed or {"rows": []})["rows"]}
    lines = [*_beside(rows), *(_cells(row, runs, tests.get(row["model"])) for row in rows)]
    voted = any(named(row["model"], runs) != row["model"] for row in rows)
    fitted = ", ".join(row["model"] for row in rows if row["temperature"] != 1)
    sections = [
        "**Leaderboard.** Every row of a model by one command, `emocourse leaderboard --data fer2013`. Those with a "
        f"time were timed in turns, on {board['machine']['processor']}, one core ({board['date']}). Training is the "
        "time of a run, without its teacher's or that of the weights it began with. The temperatures of "
        f"{fitted} were fitted on these images. Six and seven classes are two tasks: compare within one."
        + (f" {MARKED}" if voted else ""),
        markdown_table(_HEAD, lines),
        "Recall of each emotion: the share of its images that was found.",
        _grid(rows, _recalls(rows)),
        "Accuracy on the same images, made worse.",
        _grid(rows, {name: [row["robustness"].get(name, {}).get("accuracy") for row in rows]
                     for name in dict.fromkeys(key for row in rows for key in row["robustness"])}),
    ]  # fmt: skip
    return "\n\n".join(sections)


def _beside(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """What is no model of ours: the slides' own report, the commonest label, people."""
    empty = [""] * (len(_HEAD) - 4)
    lines = [["the slides' own report", "6", "", "55 %", *empty]]
    for classes, row in {len(row["report"]["classes"]): row for row in rows}.items():
        report = row["report"]
        name = max(report["per_class"], key=lambda name: report["per_class"][name]["n"])
        count, n = report["per_class"][name]["n"], report["n"]
        lines.append([f"always {name}", str(classes), f"{n:,}", measured(count / n, n), *empty])
    people = agreement.recorded()["label_agreement"]
    text = f"{with_interval(people['share'], *people['ci95'])}, Training too"
    return [*lines, ["people: the majority of FER+'s ten voters", "7", f"{people['n']:,}", text, *empty]]


def _cells(row: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], test: Mapping[str, Any] | None) -> list[str]:
    report = row["report"]
    costs = [run for run in runs if run["model"] == row["model"] and run["data"] == "fer2013"]
    cost = ""
    if costs:
        computer = costs[0]["machine"]
        seconds = sum(run["seconds"] for run in costs) / len(costs)
        cost = f"{duration(seconds)}, {computer['accelerator'] or str(computer['cores']) + ' cores'}"
    return [
        named(row["model"], runs), str(len(report["classes"])), f"{report['n']:,}",
        with_interval(report["accuracy"], *report["ci95"]), percent(row["views"]["accuracy"]),
        f"{report['macro_f1']:.3f}", f"{report['ece']:.3f}", f"{row['parameters']:,}",
        "" if row["bytes"] is None else f"{row['bytes']:,}",
        "" if row["milliseconds"] is None else f"{row['milliseconds']:.2f}", cost,  # None: on no idle machine so far
        "" if test is None else with_interval(test["accuracy"], *test["ci95"]),
    ]  # fmt: skip


def _recalls(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[float | None]]:
    names = max((row["report"]["classes"] for row in rows), key=len)
    return {name: [row["report"]["per_class"].get(name, {}).get("recall") for row in rows] for name in names}


def _grid(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Sequence[float | None]]) -> str:
    cells = [["" if values[k] is None else percent(values[k]) for values in columns.values()] for k in range(len(rows))]
    return markdown_table(["model", *columns], [[row["model"], *own] for row, own in zip(rows, cells, strict=True)])
