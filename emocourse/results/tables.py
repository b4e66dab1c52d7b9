"""Reference runs and the table in the README that is made from their records.

This is the door to the records too (:mod:`emocourse.results.records`): call ``results.record``, ``results.write``,
``results.read_all``. A record holds the command, the seed, the versions, the machine (without its name), the time, the
history and the report.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from course_tools.reference.provenance import machine, public_command, versions

from ..errors import CourseError
from ..files.store import atomic_write
from ..metrics import percent, wilson_interval
from . import leaderboard
from .records import check, duration, folder, read, read_all, record, write, write_figures, write_run

__all__ = [
    "check",
    "folder",
    "machine",
    "public_command",
    "publish",
    "read",
    "read_all",
    "read_run",
    "readme_is_fresh",
    "record",
    "table",
    "update_readme",
    "versions",
    "write",
    "write_figures",
    "write_run",
]

START, END = "<!-- results:start -->", "<!-- results:end -->"
"""Marks in the README; what lies between them is made from the records."""

_MAX_README = 1 << 20
_HEAD = (
    "model",
    "data, split",
    "classes",
    "n",
    "accuracy, all pictures (95 % interval)",
    "accuracy, detected (coverage)",
    "macro-F1",
    "ECE",
    "training accuracy",
    "parameters",
    "training time",
    "seeds",
)
# From the slides themselves, which do not say how many pictures they tested on.
_SLIDES = ("the slides' own report", "FER2013", "6", "", "55 %", "", "", "", "75 %", "1,913,926", "about 4 h", "")


def table(records: Sequence[Mapping[str, Any]]) -> str:
    """The results as Markdown: a row a model, dataset and split (not train), seeds together; then the commands.

    With several seeds every number is their mean; the interval is that of the mean accuracy on n pictures, and the
    seeds' own accuracies stand in the last column. A row of the majority class goes before the models of each test set.
    The training accuracy is that of the finished model on the training pictures.
    """
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for value in records:
        for split, report in value["reports"].items():
            if split != "train":
                tested = (value["data"], split, len(report["classes"]), report["n"])
                groups.setdefault((*tested, value["model"]), []).append(value)
    rows, seen = [_SLIDES], set()
    for key in sorted(groups, key=lambda key: (key[:4], _mean(groups[key], key[1], "accuracy"), key[4])):
        if key[:4] not in seen:
            seen.add(key[:4])
            rows.append(_majority(groups[key][0], key[1]))
        rows.append(_row(groups[key], key[1]))
    lines = [f"| {' | '.join(_HEAD)} |", f"|{' --- |' * len(_HEAD)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    commands = [
        f"- {value['model']}, seed {value['seed']}: `{value['command']}` ({_where(value)})" for value in records
    ]
    return "\n".join([*lines, *(["", "Commands:", "", *commands] if commands else [])])


def _mean(group: Sequence[Mapping[str, Any]], split: str, name: str) -> float | None:
    reports = [value["reports"][split] for value in group if split in value["reports"]]
    values = [report[name] for report in reports if report[name] is not None]
    return sum(values) / len(values) if values else None


def _accuracy(right: float, n: int) -> str:
    low, high = wilson_interval(round(right * n), n)
    return f"{percent(right)} ({percent(low)} to {percent(high)})"


def _row(group: Sequence[Mapping[str, Any]], split: str) -> tuple[str, ...]:
    first, n = group[0], group[0]["reports"][split]["n"]
    detected, coverage = _mean(group, split, "accuracy_detected"), _mean(group, split, "coverage")
    trained = _mean(group, "train", "accuracy")
    apart = sorted(value["reports"][split]["accuracy"] for value in group)
    return (
        first["model"],
        f"{first['data']}, {split}",
        str(len(first["reports"][split]["classes"])),
        f"{n:,}",
        _accuracy(_mean(group, split, "accuracy"), n),
        "" if detected is None or coverage == 1 else f"{percent(detected)} ({percent(coverage)})",
        f"{_mean(group, split, 'macro_f1'):.3f}",
        f"{_mean(group, split, 'ece'):.3f}",
        "" if trained is None else percent(trained),
        f"{first['parameters']:,}",
        duration(sum(value["seconds"] for value in group) / len(group)),
        "1" if len(group) == 1 else f"{len(group)}: " + ", ".join(percent(value) for value in apart),
    )


def _majority(value: Mapping[str, Any], split: str) -> tuple[str, ...]:
    report = value["reports"][split]
    # The commonest label of training, where the record tells it; else of the split itself, which can only be higher.
    training = value["reports"].get("train", report)["per_class"]
    name = max(training, key=lambda name: training[name]["n"])
    return (
        f"always {name}",
        f"{value['data']}, {split}",
        str(len(report["classes"])),
        f"{report['n']:,}",
        _accuracy(report["per_class"][name]["n"] / report["n"], report["n"]),
        *("" for _ in _HEAD[5:]),
    )


def _where(value: Mapping[str, Any]) -> str:
    computer = value["machine"]
    return f"{value['date']}, {computer['accelerator'] or computer['processor']}, {computer['cores']} cores"


def _renewed(path: Path, source: str | os.PathLike | None) -> tuple[str, str]:
    """The README's text as it is, and as the records say it should be."""
    try:
        if path.stat().st_size > _MAX_README:
            raise CourseError(f"{path} is larger than {_MAX_README >> 20} MiB: this is not the course's README.")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    except UnicodeDecodeError as error:
        raise CourseError(f"{path} is not text in UTF-8: check the path.") from error
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        raise CourseError(f"{path} needs the line {START} and, after it, the line {END}, once each: put them back.")
    before, rest = text.split(START)
    runs = read_all(source)
    tables = [table(runs), leaderboard.tables(source or folder(), runs)]
    made = "\n\n".join(part for part in tables if part)
    return text, f"{before}{START}\n{made}\n{END}{rest.split(END)[1]}"


def update_readme(readme: str | os.PathLike, source: str | os.PathLike | None = None) -> bool:
    """Write the results table between the README's marks; whether anything changed.

    Args:
        readme: the file.
        source: folder with the records, by default the course's own.

    Raises:
        CourseError: the file or a record cannot be used; the README is then as it was.
    """
    text, renewed = _renewed(Path(readme), source)
    if renewed != text:
        with atomic_write(readme, "w") as stream:
            stream.write(renewed)
    return renewed != text


def read_run(run: str | os.PathLike) -> dict[str, Any]:
    """The record of a finished run, whose weights lie beside it.

    Raises:
        CourseError: the folder holds no record of a finished run, or more than one.
    """
    records = read_all(run)
    if len(records) != 1 or not (Path(run) / "weights.npz").is_file():
        raise CourseError(f"{run} does not hold the record and weights of one finished run: finish it first.")
    return records[0]


def publish(run: str | os.PathLike, data: str | os.PathLike, ship: bool = False) -> list[Path]:
    """Take a finished run's record over into the course's data, and draw its figures there.

    Args:
        run: the folder that `emocourse train` wrote.
        data: the checkout's folder ``data``.
        ship: also make the run's weights the ones that ship for its model.

    Returns:
        The files written.

    Raises:
        CourseError: the folder holds no record of a finished run, or more than one.
    """
    value = read_run(run)
    into = Path(data) / "results"
    written = [write(value, into), *write_figures(value, into)]
    if ship:
        target = Path(data) / "weights" / f"{value['model']}.npz"
        with atomic_write(target) as stream:
            stream.write((Path(run) / "weights.npz").read_bytes())
        written.append(target)
    return written


def readme_is_fresh(readme: str | os.PathLike, source: str | os.PathLike | None = None) -> bool:
    """Whether :func:`update_readme` would leave the README as it is."""
    text, renewed = _renewed(Path(readme), source)
    return text == renewed
