"""What is each option of a recipe worth? The record of ``tiny``, trained with one option at a time, and its table."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CourseError
from ..metrics import percent
from . import records
from .tables import markdown_table, measured


def path_of(into: str | os.PathLike, data: str) -> Path:
    """Where the table of a dataset stands in a folder of records."""
    return Path(into) / "ablation" / f"{data}.json"


def check(value: Any, where: str) -> None:
    """Check that ``value`` is such a record.

    Raises:
        CourseError: it is not; ``where`` begins the sentence.
    """
    records.check_schema(value, "ablation", where)
    for row in value["rows"]:
        if not len(row["seeds"]) == len(row["accuracies"]) == len(row["train_accuracies"]):
            raise CourseError(f"{where}: the row {row['name']} does not hold two accuracies a seed: measure it again.")


def read_ablation(source: str | os.PathLike | None = None, data: str = "fer2013") -> dict[str, Any]:
    """The ablation in a folder of records, by default the course's own. Lesson 10.

    Raises:
        CourseError: there is none, or it is damaged.
    """
    path = path_of(source or records.folder(), data)
    if not path.is_file():
        raise CourseError(f"No ablation on {data} is recorded here: make it with `emocourse ablation --data {data}`.")
    return records.read_checked(path, check)


def ablation_table(value: Mapping[str, Any]) -> str:
    """The table as Markdown, the best last: accuracy on validation with its interval, and its distance from nothing.
    Lesson 10."""
    means = {row["name"]: float(np.mean(row["accuracies"])) for row in value["rows"]}
    lines = []
    for row in sorted(value["rows"], key=lambda row: means[row["name"]]):
        share = means[row["name"]]
        gain = f"{100 * (share - means['nothing']):+.1f} points" if "nothing" in means else ""
        trained = percent(float(np.mean(row["train_accuracies"])))
        lines.append([row["name"], measured(share, row["n"]), gain, trained, str(len(row["seeds"]))])
    head = ["option", "accuracy on PublicTest (95 % interval)", "against nothing", "while training", "seeds"]
    told = f"`tiny` on {value['data']}, {value['epochs']} epochs a run, one option at a time:"
    return f"{told}\n\n{markdown_table(head, lines)}"
