"""What is each option of a recipe worth? ``tiny``, trained with one option at a time, and with all of its recipe.

The runs are short, and all of one length, so that they say which option helps early; an option that needs time, as
mixing images does, is worth more in a long run. ``emocourse.results`` reads the record and makes its table.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emocourse import evaluation
from emocourse.backend import accelerator
from emocourse.dataset.splits import Dataset
from emocourse.errors import CourseError
from emocourse.files.store import write_json
from emocourse.results import ablation, records
from emocourse.training import loop
from emocourse.training.recipes import RECIPES, Recipe

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


def recipes(epochs: int) -> dict[str, Recipe]:
    """The recipe of each row, each of so many epochs."""
    base = BASE.but(epochs=epochs)
    whole = RECIPES["tiny"].but(epochs=epochs, warmup=min(RECIPES["tiny"].warmup, epochs / 4))
    return {**{name: base.but(**options) for name, options in OPTIONS.items()}, WHOLE: whole}


def measure(
    data: Dataset, folder: str | os.PathLike, *, epochs: int = EPOCHS, seeds: Sequence[int] = (0,),
    names: Sequence[str] | None = None, progress: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Train every row, or go on where it stopped; returns the record that
    :func:`emocourse.results.ablation.check` accepts.

    Args:
        data: the dataset.
        folder: where the runs are kept, a folder each.
        epochs, seeds: of each run.
        names: rows to train; None takes all.
        progress: show progress bars.
    """
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
            run = loop.train(chosen[name], data, place, seed=seed, progress=progress)
            row["accuracies"].append(evaluation.evaluate(run.classifier, validation).report["accuracy"])
            row["train_accuracies"].append(run.history["accuracy"][-1])
            row["seconds"] += sum(run.history["seconds"]) / len(seeds)
        rows.append(row)
    made = {
        "format": 1,
        "data": data.name,
        "epochs": epochs,
        **records.stamp(accelerator()),
        "rows": rows,
    }
    ablation.check(made, "The new table")
    return made


def write(value: Mapping[str, Any], into: str | os.PathLike) -> Path:
    """Check a record and write it into a folder of records, under ``ablation``; returns its path."""
    ablation.check(value, "The table")
    path = ablation.path_of(into, value["data"])
    write_json(path, value)
    return path
