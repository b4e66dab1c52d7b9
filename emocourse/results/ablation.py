"""What is each option of a recipe worth? ``tiny``, trained with one option at a time, and with all of its recipe.

``emocourse ablation`` writes ``data/results/ablation/<data>.json``. The runs are short, and all of one length, so that
they say which option helps early; an option that needs time, as mixing pictures does, is worth more in a long run.
"""

import datetime
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from course_tools.reference.provenance import machine, versions

from ..dataset.splits import Dataset
from ..errors import CourseError
from ..files.store import read_json, write_json
from ..metrics import percent, wilson_interval
from ..training.recipes import RECIPES, Recipe
from . import records

FOLDER = "ablation"
EPOCHS = 12
"""Epochs of each run, unless the command says otherwise."""

BASE = Recipe("tiny", epochs=EPOCHS, batch=128, dropout=0.0)
"""Nothing but the network and Adam at its own rate."""

OPTIONS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "dropout": {"dropout": 0.3},
    "weight decay": {"optimiser": "adamw", "weight_decay": 0.05},
    "crops": {"crop": 44},
    "mirror": {"mirror": True},
    "rotation and zoom": {"rotation": 10.0, "zoom": 0.08},
    "erasing": {"erasing": 0.25},
    "mixup": {"mixup": 0.2},
    "cutmix": {"cutmix": 1.0},
    "label smoothing": {"label_smoothing": 0.1},
    "mean of weights": {"ema": 0.998},
    "SGD": {"optimiser": "sgd", "learning_rate": 0.1},
    "cosine": {"schedule": "cosine"},
    "one-cycle": {"schedule": "one-cycle", "learning_rate": 5e-3},
    "early stopping": {"patience": 3},
}
"""What is changed in ``BASE``, by the name that the table gives it."""
WHOLE = "the whole recipe"

_FIELDS = {"format": (int,), "data": (str,), "epochs": (int,), "date": (str,), "versions": (dict,), "machine": (dict,),
           "rows": (list,)}  # fmt: skip
_ROW = {"name": (str,), "options": (dict,), "seeds": (list,), "n": (int,), "accuracies": (list,),
        "train_accuracies": (list,), "seconds": (int, float)}  # fmt: skip


def recipes(epochs: int) -> dict[str, Recipe]:
    """The recipe of each row, each of so many epochs."""
    base = BASE.but(epochs=epochs)
    whole = RECIPES["tiny"].but(epochs=epochs, warmup=min(RECIPES["tiny"].warmup, epochs / 4))
    return {**{name: base.but(**options) for name, options in OPTIONS.items()}, WHOLE: whole}


def measure(
    data: Dataset, folder: str | os.PathLike, *, epochs: int = EPOCHS, seeds: Sequence[int] = (0,),
    names: Sequence[str] | None = None, progress: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Train every row, or go on where it stopped; returns the table that :func:`check` accepts.

    Args:
        data: the dataset.
        folder: where the runs are kept, a folder each.
        epochs, seeds: of each run.
        names: rows to train; None takes all.
        progress: show progress bars.
    """
    from ..backend import accelerator
    from ..evaluation import report as evaluation
    from ..training import loop as training

    chosen = recipes(epochs)
    for name in names or ():
        if name not in chosen:
            raise CourseError(f"There is no row named {name}: use {', '.join(chosen)}.")
    validation, rows = data.split("validation"), []
    for name in names or chosen:
        row = {"name": name, "options": OPTIONS.get(name, {}), "seeds": list(seeds), "n": len(validation)}
        row |= {"accuracies": [], "train_accuracies": [], "seconds": 0.0}
        for seed in seeds:
            place = Path(folder) / f"{name.replace(' ', '-')}-{epochs}-{seed}"
            run = training.train(chosen[name], data, place, seed=seed, progress=progress)
            found = run.classifier.probabilities(validation.images, validation.landmarks)
            row["accuracies"].append(evaluation.accuracy(validation.labels, found.argmax(1)))
            row["train_accuracies"].append(run.history["accuracy"][-1])
            row["seconds"] += sum(run.history["seconds"]) / len(seeds)
        rows.append(row)
    made = {
        "format": 1,
        "data": data.name,
        "epochs": epochs,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": versions(),
        "machine": machine(accelerator()),
        "rows": rows,
    }
    check(made, "The new table")
    return made


def check(value: Any, where: str) -> None:
    """Check that ``value`` is such a table.

    Raises:
        CourseError: it is not; ``where`` begins the sentence.
    """
    records.check_fields(value, _FIELDS, where)
    for row in value["rows"]:
        records.check_fields(row, _ROW, f"{where}: a row")
        shares = [*row["accuracies"], *row["train_accuracies"]]
        if not len(row["seeds"]) == len(row["accuracies"]) == len(row["train_accuracies"]) > 0 or not all(
            isinstance(share, (int, float)) and 0 <= share <= 1 for share in shares
        ):
            raise CourseError(f"{where}: the row {row['name']} does not hold two accuracies a seed: measure it again.")


def write(value: Mapping[str, Any], into: str | os.PathLike) -> Path:
    """Check a table and write it into a folder of records, under ``ablation``; returns its path."""
    check(value, "The table")
    path = Path(into) / FOLDER / f"{value['data']}.json"
    write_json(path, value)
    return path


def read(source: str | os.PathLike | None = None, data: str = "fer2013") -> dict[str, Any]:
    """The table in a folder of records, by default the course's own.

    Raises:
        CourseError: there is none, or it is damaged.
    """
    path = Path(source or records.folder()) / FOLDER / f"{data}.json"
    if not path.is_file():
        raise CourseError(f"No ablation on {data} is recorded here: make it with `emocourse ablation --data {data}`.")
    value = read_json(path)
    check(value, str(path))
    return value


def table(value: Mapping[str, Any]) -> str:
    """The table as Markdown, the best last: accuracy on validation with its interval, and its distance from nothing."""
    means = {row["name"]: float(np.mean(row["accuracies"])) for row in value["rows"]}
    lines = [
        f"`tiny` on {value['data']}, {value['epochs']} epochs a run, one option at a time:",
        "",
        "| option | accuracy on PublicTest (95 % interval) | against nothing | while training | seeds |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in sorted(value["rows"], key=lambda row: means[row["name"]]):
        share = means[row["name"]]
        low, high = wilson_interval(round(share * row["n"]), row["n"])
        gain = f"{100 * (share - means['nothing']):+.1f} points" if "nothing" in means else ""
        trained = percent(float(np.mean(row["train_accuracies"])))
        cells = [row["name"], f"{percent(share)} ({percent(low)} to {percent(high)})", gain, trained]
        lines.append(f"| {' | '.join(cells)} | {len(row['seeds'])} |")
    return "\n".join(lines)
