"""Records of reference runs, ``data/results/*.json``: made, checked, written, read.

A record holds what is needed to trust a number and to get it again: the command, the seed, the versions, the machine
(without its name), the time, the history and the report. It is public, so it holds no path and no name of a host.
"""

import datetime
import functools
import importlib.resources
import json
import math
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import CourseError
from ..files.store import data_path, read_json, write_json
from ..models.weights import RUN_FILE
from .provenance import machine, public_command, public_word, versions

MAX_BYTES = 4 << 20
"""Largest file of records that is read."""


# --- checking ---------------------------------------------------------------------------------------------------------


@functools.cache
def _schema() -> dict[str, Any]:
    return json.loads(importlib.resources.files(__package__).joinpath("schema.json").read_text(encoding="utf-8"))


def check_schema(value: Any, kind: str, where: str) -> None:
    """Check a record by its schema in ``schema.json``, and that all its numbers are finite.

    Args:
        value: what was read or made.
        kind: "record", "leaderboard", "ablation", "reproduction" or "overfitting".
        where: begins the sentence of a CourseError, which names the field.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(_schema() | {"$ref": f"#/$defs/{kind}"}).iter_errors(value))
    if error is not None:
        field = ".".join(map(str, error.absolute_path)) or f"the {kind}"
        said = error.schema.get("description", error.message)
        said = said if len(said) < 200 else f"its {error.validator} should be {error.validator_value!r:.60}"
        raise CourseError(f"{where}: {field} is wrong, {said}; make it again.")
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise CourseError(f"{where} holds a number that is not finite: make it again.") from error


def check(value: Any, where: str) -> None:
    """Check that ``value`` is a record in every field and that its numbers agree with each other.

    Raises:
        CourseError: it is not; ``where`` begins the sentence.
    """
    check_schema(value, "record", where)
    if len({len(values) for values in value["history"].values()}) > 1:
        raise CourseError(f"{where}: history is wrong, it does not hold one number an epoch everywhere; make it again.")
    for split, report in value["reports"].items():
        check_report(report, f"{where}: its {split} report")


def check_report(report: Mapping[str, Any], where: str) -> None:
    """Check that the confusion matrix, the counts and the accuracy of a report tell of the same images.

    Args:
        report: as the schema has it.
        where: begins the sentence of a CourseError.
    """
    rows, names, n = report["confusion"], report["classes"], report["n"]
    counts = {name: row["n"] for name, row in report["per_class"].items()}
    agrees = (
        len(rows) == len(names)
        and all(len(row) == len(names) for row in rows)
        and n == sum(map(sum, rows))
        and report["n_detected"] <= n
        and math.isclose(report["coverage"], report["n_detected"] / n, abs_tol=1e-6)
        and math.isclose(report["accuracy"], sum(row[k] for k, row in enumerate(rows)) / n, abs_tol=1e-6)
        and report["ci95"][0] <= report["accuracy"] <= report["ci95"][1]
        and counts == dict(zip(names, map(sum, rows), strict=True))
    )
    if not agrees:
        raise CourseError(f"{where} has numbers that contradict each other: measure it again.")


# --- making and writing -----------------------------------------------------------------------------------------------


def stamp(accelerator: str | None = None) -> dict[str, Any]:
    """When and on what something is measured, as records say it: now, and here."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return {"date": today, "versions": versions(), "machine": machine(accelerator)}


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
        "seconds": round(float(seconds), 1),
        "parameters": int(parameters),
        **stamp(accelerator),
        "settings": dict(settings or {}),
        "history": {name: [float(value) for value in values] for name, values in (history or {}).items()},
        "reports": {split: dict(report) for split, report in reports.items()},
    }
    check(made, "The new record")
    return made


def folder() -> Path:
    """Where the course keeps its records. Lesson 10."""
    return data_path() / "results"


def _stem(value: Mapping[str, Any]) -> str:
    return f"{value['model']}-{value['data']}-seed{value['seed']}"


def write(value: Mapping[str, Any], into: str | os.PathLike) -> Path:
    """Check a record and write it as ``<model>-<data>-seed<seed>.json``; return its path."""
    check(value, "The record")
    path = Path(into) / f"{_stem(value)}.json"
    write_json(path, value)
    return path


def write_figures(value: Mapping[str, Any], into: str | os.PathLike) -> list[Path]:
    """Draw a record's confusion matrices, classes and, where it has one, history, as PNG; return their paths."""
    from .. import plots

    figures = {}
    for split, report in value["reports"].items():
        title = f"{value['model']} on {value['data']}, {split}"
        if split != "train":
            confusion = plots.confusion(report["confusion"], report["classes"], f"Confusion, {title}")
            figures[f"{split}-confusion"] = confusion
            figures[f"{split}-per-class"] = plots.per_class(report, f"Each emotion, {title}")
    if value["history"]:
        title = f"{value['model']} trained on {value['data']}"
        figures["history"] = plots.history(value["history"], title, references=plots.SLIDES_ACCURACY)
    paths = [Path(into) / f"{_stem(value)}-{what}.png" for what in figures]
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


# --- reading ----------------------------------------------------------------------------------------------------------


def read(path: str | os.PathLike) -> dict[str, Any]:
    """Read one record.

    Raises:
        CourseError: it cannot be read, or it is not a record.
    """
    return read_checked(path, check)


def read_checked(path: str | os.PathLike, check: Callable[[Any, str], None]) -> dict[str, Any]:
    """What a file of records holds, once ``check`` has found nothing wrong with it."""
    value = read_json(path, max_bytes=MAX_BYTES)
    check(value, str(path))
    return value


def read_all(source: str | os.PathLike | None = None) -> list[dict[str, Any]]:
    """All records of a folder, the course's own by default, in the order of their file names.
    Lessons 06, 07, 08, 09, 10."""
    return [read(path) for path in sorted(Path(source or folder()).glob("*.json"))]


def read_overfitting(source: str | os.PathLike | None = None) -> dict[str, Any]:
    """The short runs on the twin that the overfitting explorer shows, by default the course's own. Lesson 07.

    Raises:
        CourseError: there are none, or the file is damaged.
    """
    path = Path(source or folder()) / "overfitting" / "twin.json"
    return read_checked(path, lambda value, where: check_schema(value, "overfitting", where))


def read_run(run: str | os.PathLike) -> dict[str, Any]:
    """The record of a finished run, whose weights lie beside it.

    Raises:
        CourseError: the folder holds no record of a finished run, or more than one.
    """
    records = read_all(run)
    if len(records) != 1 or not (Path(run) / RUN_FILE).is_file():
        raise CourseError(f"{run} does not hold the record and weights of one finished run: finish it first.")
    return records[0]
