"""Trained models: their weights on disk, and how they are used.

Weights are stored as one ``.npz``: every array in half precision under its variable's path, and a JSON text that
names the architecture. The architecture itself always comes from ``models.py``, so loading runs no code of the file's.
"""

import dataclasses
import functools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import files, npz
from .calibration import apply_temperature
from .emotions import EMOTIONS, EMOTIONS_6, label_set
from .errors import CourseError
from .models import ARCHITECTURES
from .safefiles import show

if TYPE_CHECKING:
    import keras

MAX_WEIGHTS_BYTES = 64 << 20
"""No weights file of the course comes near this size; a larger one is refused unread."""

_MAX_META = 1 << 16


@dataclasses.dataclass
class Classifier:
    """A trained model with what is needed to use it: from faces to probabilities over named emotions."""

    name: str
    model: "keras.Model"
    emotions: tuple[str, ...]
    prepare: Callable[[np.ndarray, np.ndarray], np.ndarray]
    temperature: float = 1.0

    def probabilities(self, images: np.ndarray, landmarks: np.ndarray, batch: int = 500) -> np.ndarray:
        """Probabilities for faces.

        Args:
            images: (n, 48, 48) uint8 grey faces.
            landmarks: (n, 68, 2) float32, pixels of those faces.
            batch: faces a step; it bounds the memory and changes no number.

        Returns:
            (n, classes) float32, rows sum to 1, in the order of ``emotions``.
        """
        # Not predict(): its input pipeline costs 60 ms a call. Nor model(): it runs layer by layer in Python, 20 ms.
        parts = [
            self.model.predict_on_batch(self.prepare(images[i : i + batch], landmarks[i : i + batch]))
            for i in range(0, len(landmarks), batch)
        ]
        probabilities = np.concatenate(parts) if parts else np.empty((0, len(self.emotions)), np.float32)
        if self.temperature != 1.0:
            probabilities = apply_temperature(probabilities, self.temperature)
        return probabilities.astype(np.float32)


def variables_by_path(model: "keras.Model") -> dict[str, Any]:
    """The model's weights by a name that is the same in every build: ``conv2d/kernel``, ``conv2d/bias`` …"""
    return {"/".join(variable.path.split("/")[-2:]): variable for variable in model.weights}


def save(model: "keras.Model", path: str | os.PathLike, name: str, temperature: float = 1.0) -> None:
    """Write a model's weights in half precision (two bytes a parameter), atomically.

    Args:
        model: a model built by ``ARCHITECTURES[name].build``.
        path: the ``.npz`` file to write.
        name: the architecture's name.
        temperature: divides the logits when probabilities are read (calibration), 0.05 to 20; 1 leaves them as they
            are.
    """
    from .backend import keras

    arrays = {key: keras.ops.convert_to_numpy(v).astype(np.float16) for key, v in variables_by_path(model).items()}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise CourseError(
            f"The weights of {name} are too large for half precision or not numbers: train the model again."
        )
    classes = int(model.output_shape[-1])
    meta = json.dumps(
        {"format": 1, "name": name, "classes": classes, "temperature": float(temperature)}, sort_keys=True
    )
    with files.atomic_write(path) as stream:
        np.savez(stream, meta=np.frombuffer(meta.encode(), np.uint8), **arrays)


def load(source: str | os.PathLike) -> Classifier:
    """A trained model: by the name of one that ships with the course, or from a weights file that ``save`` wrote.

    Raises:
        CourseError: no such name or file; or the file is truncated, too large, of another model or not a weights file.
    """
    name = os.fspath(source)
    if name in ARCHITECTURES:
        return _load_shipped(name)
    path = Path(name)
    if not os.path.lexists(path):
        known = ", ".join(ARCHITECTURES)
        raise CourseError(
            f"There is no model {show(name)} and no such file: use one of {known}, or a weights file (.npz)."
        )
    return load_weights(path)


@functools.cache
def _load_shipped(name: str) -> Classifier:
    return load_weights(files.data_path("weights", f"{name}.npz"), expected=name)


def load_weights(path: str | os.PathLike, expected: str | None = None) -> Classifier:
    """Read a weights file and build its model; see ``load``."""
    path = Path(path)
    stored = _read(path)  # before Keras loads, so that a wrong file costs no wait
    if expected is not None and stored.name != expected:
        raise CourseError(
            f"{show(path)} holds the weights of another model than asked for: use the file of the model that you want."
        )
    architecture = ARCHITECTURES[stored.name]
    from .backend import keras

    model = architecture.build(stored.classes)
    variables = variables_by_path(model)
    if {key: tuple(v.shape) for key, v in variables.items()} != {key: a.shape for key, a in stored.arrays.items()}:
        raise CourseError(
            f"{show(path)} does not hold the layers of the model {stored.name}: it is of another version, train again."
        )
    for key, variable in variables.items():
        variable.assign(keras.ops.convert_to_tensor(stored.arrays[key].astype(np.float32)))
    return Classifier(stored.name, model, label_set(stored.classes), architecture.prepare, stored.temperature)


@dataclasses.dataclass(frozen=True)
class _Stored:
    """What a weights file holds: float16 arrays by variable, and its JSON text's values."""

    name: str
    classes: int
    temperature: float
    arrays: dict[str, np.ndarray]


def _read(path: Path) -> _Stored:
    bad = f"{show(path)} is no weights file of this course, or damaged: use the .npz file that `emocourse train` wrote."
    arrays = npz.read(path, MAX_WEIGHTS_BYTES, bad)
    text = arrays.pop("meta", np.empty(0))
    if text.dtype != np.uint8 or text.size > _MAX_META or any(a.dtype != np.float16 for a in arrays.values()):
        raise CourseError(bad)
    try:
        meta = json.loads(text.tobytes())
    except (ValueError, RecursionError) as error:
        raise CourseError(bad) from error
    kinds = {"format": int, "name": str, "classes": int, "temperature": float}
    if not isinstance(meta, dict) or {key: type(value) for key, value in meta.items()} != kinds:
        raise CourseError(bad)
    if meta["format"] != 1 or meta["name"] not in ARCHITECTURES:
        raise CourseError(
            f"{show(path)} holds a model that this version of the course does not have: install the newest version."
        )
    if meta["classes"] not in (len(EMOTIONS_6), len(EMOTIONS)) or not 0.05 <= meta["temperature"] <= 20:
        raise CourseError(bad)
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise CourseError(f"{show(path)} holds weights that are not numbers: use an undamaged copy.")
    return _Stored(meta["name"], meta["classes"], meta["temperature"], arrays)


def shipped() -> list[dict[str, Any]]:
    """Every model that ships with weights: ``[{"name", "classes", "parameters", "bytes", "input"}]``.

    Counted from the weights files alone, so it is quick and does not load TensorFlow.
    """
    rows = []
    for name, architecture in ARCHITECTURES.items():
        try:
            path = files.data_path("weights", f"{name}.npz")
        except CourseError:
            continue
        stored = _read(path)
        rows.append(
            {
                "name": name,
                "classes": stored.classes,
                "parameters": sum(array.size for array in stored.arrays.values()),
                "bytes": path.stat().st_size,
                "input": architecture.input,
            }
        )
    return rows
