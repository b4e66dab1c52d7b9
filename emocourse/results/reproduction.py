"""Why the slides' 75 and 55 % do not come out: the record of their network, trained on different readings of them."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CourseError
from ..metrics import percent
from . import records
from .tables import markdown_table, measured

BASE = "as the course reads the slides"
"""The row that each of the others differs from in one thing."""
CURVES = ("accuracy", "val_accuracy", "val_loss")
SLIDES_TRAINING = 0.75
"""The slides' accuracy in training."""


def path_of(into: str | os.PathLike, data: str) -> Path:
    """Where the study of a dataset stands in a folder of records."""
    return Path(into) / "reproduction" / f"{data}.json"


def check(value: Any, where: str) -> None:
    """Check that ``value`` is such a record.

    Raises:
        CourseError: it is not; ``where`` begins the sentence.
    """
    records.check_schema(value, "reproduction", where)
    for run in value["runs"]:
        if {len(run["history"][name]) for name in CURVES} != {value["epochs"]}:
            raise CourseError(f"{where}: the run {run['name']} does not hold one number an epoch: make it again.")
    runs, rows = value["runs"], {(run["name"], run["n"], run["n_train"]) for run in value["runs"]}
    if len({(run["name"], run["seed"]) for run in runs}) < len(runs) or len(rows) > len({name for name, *_ in rows}):
        raise CourseError(f"{where} has a run twice, or seeds of one reading on different images: make it again.")


def read_reproduction(source: str | os.PathLike | None = None) -> dict[str, Any]:
    """The study on FER2013 in a folder of records, by default the course's own. Lesson 07.

    Raises:
        CourseError: there is none, or it is damaged.
    """
    return records.read_checked(path_of(source or records.folder(), "fer2013"), check)


def reproduction_table(value: Mapping[str, Any]) -> str:
    """The study as Markdown: validation accuracy where training passes 75 %, at the lowest loss, and at the end, and
    how many epochs there are. Lesson 07.

    With several seeds, every number is their mean; the interval is that of the mean accuracy on n images.
    """
    head = ("reading", "n", "75 % in training", "validation there", "at the lowest validation loss", "at the end",
            "in training at the end", "seeds")  # fmt: skip
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for run in value["runs"]:
        groups.setdefault(run["name"], []).append(run)
    rows = []
    for name, runs in groups.items():
        n, held = runs[0]["n"], [run["history"]["val_accuracy"] for run in runs]
        passed = [next((k for k, a in enumerate(r["history"]["accuracy"]) if a >= SLIDES_TRAINING), None) for r in runs]
        there, when = "", f"not in {value['epochs']} epochs"
        if None not in passed:
            there = measured(float(np.mean([own[k] for own, k in zip(held, passed, strict=True)])), n)
            when = "epoch " + ", ".join(str(k + 1) for k in passed)
        lowest = [own[int(np.argmin(run["history"]["val_loss"]))] for own, run in zip(held, runs, strict=True)]
        training = float(np.mean([run["history"]["accuracy"][-1] for run in runs]))
        ends = [measured(float(np.mean(values)), n) for values in (lowest, [own[-1] for own in held])]
        rows.append([name, f"{n:,}", when, there, *ends, percent(training), str(len(runs))])
    return f"Every run has {value['epochs']} epochs.\n\n{markdown_table(head, rows)}"
