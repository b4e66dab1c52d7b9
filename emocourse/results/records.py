"""Records of reference runs, ``data/results/*.json``: made, checked, written, read.

The door to this room is :mod:`emocourse.results`. A record holds what is needed to trust a number and to get it again:
the command, the seed, the versions, the machine (without its name), the time, the history and the report. It is public,
so it holds no path and no name of a host.
"""

import datetime
import math
import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from course_tools.reference.provenance import machine, public_command, public_word, versions

from ..errors import CourseError
from ..files.store import data_path, read_json, write_json

_MAX_BYTES = 4 << 20
_NUMBER, _TEXT = (int, float), (str,)
_FIELDS: dict[str, tuple[type, ...]] = {
    "format": (int,),
    "model": _TEXT,
    "data": _TEXT,
    "command": _TEXT,
    "seed": (int,),
    "date": _TEXT,
    "seconds": _NUMBER,
    "parameters": (int,),
    "versions": (dict,),
    "machine": (dict,),
    "settings": (dict,),
    "history": (dict,),
    "reports": (dict,),
}
_MACHINE: dict[str, tuple[type, ...]] = {
    "processor": _TEXT,
    "cores": (int,),
    "memory_gib": _NUMBER,
    "system": _TEXT,
    "accelerator": (str, type(None)),
}
_REPORT: dict[str, tuple[type, ...]] = {
    "classes": (list,),
    "n": (int,),
    "n_detected": (int,),
    "coverage": _NUMBER,
    "accuracy": _NUMBER,
    "accuracy_detected": (int, float, type(None)),
    "ci95": (list,),
    "macro_f1": _NUMBER,
    "ece": _NUMBER,
    "confusion": (list,),
    "per_class": (dict,),
}
# A slash or a drive letter where a word begins: an absolute path.
_PATH = re.compile(r"(?:^|[\s'\"=])(?:/|~|[A-Za-z]:[\\/]|\\\\)")


# --- making a record --------------------------------------------------------------------------------------------------


def record(
    *,
    model: str,
    data: str,
    command: Sequence[str],
    seed: int,
    seconds: float,
    parameters: int,
    reports: Mapping[str, Mapping[str, Any]],
    history: Mapping[str, Sequence[float]] | None = None,
    settings: Mapping[str, Any] | None = None,
    accelerator: str | None = None,
) -> dict[str, Any]:
    """Put a run into the form of a record, and check it.

    Args:
        model: the model's name, as ``emocourse evaluate`` takes it.
        data: what it was trained and evaluated on, "fer2013" or "twin".
        command: the words of the command that makes the run again; see :func:`public_command`.
        seed: of the run.
        seconds: time that the training took.
        parameters: number of trained numbers in the model.
        reports: {split: report}, as :func:`emocourse.evaluation.report` makes them; "validation" or "test" at least.
        history: {name: one number an epoch}, as :mod:`emocourse.training` records it.
        settings: the recipe, in whatever JSON can hold.
        accelerator: name of the GPU, if one was used.

    Raises:
        CourseError: something is missing, wrong or not fit for publication.
    """
    made = {
        "format": 1,
        "model": model,
        "data": data,
        "command": public_command(command),
        "seed": seed,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seconds": round(float(seconds), 1),
        "parameters": int(parameters),
        "versions": versions(),
        "machine": machine(accelerator),
        "settings": dict(settings or {}),
        "history": {name: [float(value) for value in values] for name, values in (history or {}).items()},
        "reports": {split: dict(report) for split, report in reports.items()},
    }
    check(made, "The new record")
    return made


# --- checking, reading and writing ------------------------------------------------------------------------------------


def check_fields(value: Any, fields: Mapping[str, tuple[type, ...]], where: str) -> None:
    """Check that ``value`` has exactly these fields, of these kinds; ``where`` begins the sentence of a CourseError."""
    if not isinstance(value, dict) or set(value) != set(fields):
        wrong = sorted(set(value) ^ set(fields)) if isinstance(value, dict) else ["everything"]
        raise CourseError(f"{where} does not have the fields of a record (missing or unknown: {', '.join(wrong)}).")
    for name, kinds in fields.items():
        if not isinstance(value[name], kinds) or (isinstance(value[name], bool)):
            raise CourseError(f"{where} holds {value[name]!r:.60} as {name}, which is not of the right kind.")


def check(value: Any, where: str) -> None:
    """Check that ``value`` is a record in every field and that its numbers agree with each other.

    Raises:
        CourseError: it is not; ``where`` begins the sentence.
    """
    check_fields(value, _FIELDS, where)
    check_fields(value["machine"], _MACHINE, f"{where}: its machine")
    for split, report in value["reports"].items():
        check_report(report, f"{where}: its {split} report")
    faults = {
        "is of another format than 1": value["format"] != 1,
        "names its model or its data with other than letters, digits, - and _": not all(
            re.fullmatch(r"[A-Za-z0-9_-]{1,40}", value[key]) for key in ("model", "data")
        ),
        "reports on other splits than train, validation and test, or on train alone": (
            set(value["reports"]) - {"train"} not in ({"validation"}, {"test"}, {"validation", "test"})
        ),
        "has a date that is not like 2026-01-31": not re.fullmatch(r"\d{4}-\d\d-\d\d", value["date"]),
        "has an absolute path in its command or settings, which is nobody's business": bool(
            _PATH.search(value["command"]) or _PATH.search(" ".join(_texts(value["settings"])))
        ),
        "has a history whose lists are not finite numbers, one an epoch": not _is_history(value["history"]),
        "has a negative or endless number": not all(
            0 <= value[key] < math.inf for key in ("seconds", "parameters", "seed")
        ),
        "has versions that are not words": not all(isinstance(text, str) for text in value["versions"].values()),
    }
    for fault, found in faults.items():
        if found:
            raise CourseError(f"{where} {fault}: make it again with emocourse train or emocourse evaluate.")


def check_report(report: Any, where: str) -> None:
    """Check a report of :func:`emocourse.evaluation.report`; ``where`` begins the sentence of a CourseError."""
    check_fields(report, _REPORT, where)
    if not _agrees(report):
        raise CourseError(f"{where} has numbers that contradict each other: measure it again.")


def duration(seconds: float) -> str:
    """A time in words: "40 s", "54 min", "4 h 05 min"."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part)


def _is_history(history: Mapping[str, Any]) -> bool:
    lists = list(history.values())
    return all(isinstance(values, list) and len(values) == len(lists[0]) for values in lists) and all(
        isinstance(number, _NUMBER) and math.isfinite(number) for values in lists for number in values
    )


def _agrees(report: Mapping[str, Any]) -> bool:
    """Whether the confusion matrix, the counts and the accuracy tell of the same pictures."""
    rows, names, n = report["confusion"], report["classes"], report["n"]
    try:
        square = len(rows) == len(names) > 1 and all(len(row) == len(names) for row in rows)
        return (
            square
            and all(0 <= report[key] <= 1 for key in ("coverage", "accuracy", "macro_f1", "ece"))
            and n == sum(map(sum, rows)) > 0
            and 0 <= report["n_detected"] <= n
            and math.isclose(report["coverage"], report["n_detected"] / n, abs_tol=1e-6)
            and math.isclose(report["accuracy"], sum(row[k] for k, row in enumerate(rows)) / n, abs_tol=1e-6)
            and report["ci95"][0] <= report["accuracy"] <= report["ci95"][1]
            and [report["per_class"][name]["n"] for name in names] == [sum(row) for row in rows]
        )
    except (TypeError, KeyError, IndexError):
        return False


def folder() -> Path:
    """Where the course keeps its records."""
    return data_path() / "results"


def _stem(value: Mapping[str, Any]) -> str:
    return f"{value['model']}-{value['data']}-seed{value['seed']}"


def write(value: Mapping[str, Any], into: str | os.PathLike | None = None) -> Path:
    """Check a record and write it as ``<model>-<data>-seed<seed>.json``; return its path."""
    check(value, "The record")
    path = Path(into or folder()) / f"{_stem(value)}.json"
    write_json(path, value)
    return path


def write_figures(value: Mapping[str, Any], into: str | os.PathLike | None = None) -> list[Path]:
    """Draw a record's confusion matrices, classes and, where it has one, history, as PNG; return their paths."""
    from .. import plots

    figures = {}
    for split, report in value["reports"].items():
        title = f"{value['model']} on {value['data']}, {split}"
        if split != "train":
            figures[f"{split}-confusion"] = plots.confusion(
                report["confusion"], report["classes"], f"Confusion, {title}"
            )
            figures[f"{split}-per-class"] = plots.per_class(report, f"Each emotion, {title}")
    if value["history"]:
        title = f"{value['model']} trained on {value['data']}"
        figures["history"] = plots.history(value["history"], title, references=plots.SLIDES_ACCURACY)
    paths = [Path(into or folder()) / f"{_stem(value)}-{what}.png" for what in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        plots.save(figure, path)
    return paths


def write_run(
    into: str | os.PathLike, model: str, command: str, run: Any, reports: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Make the record of a finished training run, write it and its figures into a folder, and return it.

    Args:
        into: the folder.
        model, reports: as for :func:`record`.
        command: the command line that makes the run again.
        run: a :class:`emocourse.training.Run`, for its history and settings.
    """
    made = record(
        model=model,
        data=run.settings["dataset"],
        command=shlex.split(command),
        seed=run.settings["seed"],
        seconds=sum(run.history["seconds"]),
        parameters=run.settings["parameters"],
        reports=reports,
        history=run.history,
        settings={key: public_word(value) if isinstance(value, str) else value for key, value in run.settings.items()},
        accelerator=run.settings["accelerator"],
    )
    write(made, into)
    write_figures(made, into)
    return made


def read(path: str | os.PathLike) -> dict[str, Any]:
    """Read one record.

    Raises:
        CourseError: it cannot be read, or it is not a record.
    """
    value = read_json(path, max_bytes=_MAX_BYTES)
    check(value, str(path))
    return value


def read_all(source: str | os.PathLike | None = None) -> list[dict[str, Any]]:
    """All records of a folder, the course's own by default, in the order of their file names."""
    return [read(path) for path in sorted(Path(source or folder()).glob("*.json"))]
