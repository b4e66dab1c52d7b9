"""The file that a training run goes on from. The door to this room is :mod:`emocourse.training`."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CourseError
from ..files import arrays as npz
from ..files import store as files
from .batches import PRECISIONS

HISTORY = ("accuracy", "loss", "val_accuracy", "val_loss", "seconds")
"""What is recorded of each epoch."""

_MAX_BYTES = 1 << 30


@dataclasses.dataclass
class Checkpoint:
    """Everything that the rest of a run depends on.

    Attributes:
        settings: the recipe, the seed and what identifies the data.
        precision: "float32" or "bfloat16".
        history: {name: one number an epoch}.
        state: the learner's weights, random states and optimiser.
        best: the weights of the best epoch so far, where the recipe keeps them; else empty.
        average: the running mean of the weights, where the recipe keeps one; else empty.
    """

    settings: dict[str, Any]
    precision: str
    history: dict[str, list[float]]
    state: list[np.ndarray]
    best: list[np.ndarray] = dataclasses.field(default_factory=list)
    average: list[np.ndarray] = dataclasses.field(default_factory=list)


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, atomically: a kill leaves the one before."""
    arrays = {f"{key}{i}": array for key, name in _LISTS.items() for i, array in enumerate(getattr(checkpoint, name))}
    meta = {name: getattr(checkpoint, name) for name in ("settings", "precision", "history")}
    with files.atomic_write(path) as stream:
        np.savez(stream, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), **arrays)


_LISTS = {"v": "state", "b": "best", "a": "average"}


def read(path: Path, settings: dict[str, Any], defaults: dict[str, Any]) -> Checkpoint | None:
    """The checkpoint to go on from, or None when there is none.

    Args:
        path: the file.
        settings: of the run that is asked for.
        defaults: settings that a checkpoint of an earlier version may lack, with what they then were.

    Raises:
        CourseError: it is damaged, or of another run.
    """
    if not os.path.lexists(path):
        return None
    damaged = f"{path} is damaged: delete it and start the run again."
    arrays = npz.read(path, _MAX_BYTES, damaged)
    try:
        meta = json.loads(arrays.pop("meta").tobytes())
        stored, precision, history = meta["settings"], meta["precision"], meta["history"]
        lists = {key: [arrays.pop(f"{key}{i}") for i in range(sum(k[0] == key for k in arrays))] for key in _LISTS}
        epochs = {len(history[key]) for key in HISTORY}
        if not isinstance(stored, dict) or precision not in PRECISIONS or len(epochs) != 1 or arrays:
            raise ValueError("not what write() writes")
    except (ValueError, KeyError, TypeError, RecursionError, IndexError) as error:
        raise CourseError(damaged) from error
    stored = defaults | stored
    # Where nothing else depends on the number of epochs, more of them is the same run going on.
    free = {"epochs", "calibrate"} if settings["schedule"] == "constant" else {"calibrate"}
    differing = ", ".join(key for key in settings if key not in free and stored.get(key) != settings[key])
    if differing or set(stored) != set(settings):
        raise CourseError(f"{path.parent} holds a run with another {differing}: choose another folder for this one.")
    return Checkpoint(stored, precision, history, *lists.values())
