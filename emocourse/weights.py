"""Trained models: their weights on disk, and how they are used.

Weights are stored as one ``.npz``: every array in half precision under its variable's path, and a JSON text that
names the architecture. The architecture itself always comes from ``models.py``, so loading runs no code of the file's.
"""

import dataclasses
import functools
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import files
from .calibration import apply_temperature
from .emotions import EMOTIONS, EMOTIONS_6, label_set
from .errors import CourseError
from .models import ARCHITECTURES

if TYPE_CHECKING:
    import keras

MAX_WEIGHTS_BYTES = 64 << 20
"""No weights file of the course comes near this size; a larger one is refused unread."""


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
        parts = [
            self._forward(self.prepare(images[i : i + batch], landmarks[i : i + batch]))
            for i in range(0, len(landmarks), batch)
        ]
        probabilities = np.concatenate(parts) if parts else np.empty((0, len(self.emotions)), np.float32)
        if self.temperature != 1.0:
            probabilities = apply_temperature(probabilities, self.temperature)
        return probabilities.astype(np.float32)

    def _forward(self, inputs: np.ndarray) -> np.ndarray:
        from .backend import keras

        # One face: a direct call is several times faster than the first predict(), which compiles a graph for it.
        if len(inputs) <= 4:
            return keras.ops.convert_to_numpy(self.model(inputs, training=False))
        return self.model.predict_on_batch(inputs)


def variables_by_path(model: "keras.Model") -> dict[str, Any]:
    """The model's weights by a name that is the same in every build: ``conv2d/kernel``, ``conv2d/bias`` …"""
    return {"/".join(variable.path.split("/")[-2:]): variable for variable in model.weights}


def save(model: "keras.Model", path: str | os.PathLike, name: str, temperature: float = 1.0) -> None:
    """Write a model's weights in half precision (two bytes a parameter), atomically.

    Args:
        model: a model built by ``ARCHITECTURES[name].build``.
        path: the ``.npz`` file to write.
        name: the architecture's name.
        temperature: divides the logits when probabilities are read (calibration); 1 leaves them as they are.
    """
    from .backend import keras

    arrays = {key: keras.ops.convert_to_numpy(v).astype(np.float16) for key, v in variables_by_path(model).items()}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise CourseError(
            f"The weights of {name} are too large for half precision or not numbers: train the model again."
        )
    classes = int(model.output_shape[-1])
    meta = json.dumps({"format": 1, "name": name, "classes": classes, "temperature": temperature}, sort_keys=True)
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
    if not path.exists():
        known = ", ".join(ARCHITECTURES)
        raise CourseError(
            f"There is no model {name} and no such file: use one of {known}, or the path of a weights file (.npz)."
        )
    return load_weights(path)


@functools.cache
def _load_shipped(name: str) -> Classifier:
    return load_weights(files.data_path("weights", f"{name}.npz"), expected=name)


def load_weights(path: str | os.PathLike, expected: str | None = None) -> Classifier:
    """Read a weights file and build its model; see ``load``."""
    from .backend import keras

    path = Path(path)
    bad = f"{path} is not a weights file of this course: use the .npz file that `emocourse train` wrote."
    if not path.is_file():
        raise CourseError(bad)
    if path.stat().st_size > MAX_WEIGHTS_BYTES:
        raise CourseError(
            f"{path} is larger than {MAX_WEIGHTS_BYTES >> 20} MiB, more than any model of the course: use another file."
        )
    with _open_arrays(path, bad) as archive:
        meta = _read_meta(archive, bad)
        name, classes = meta["name"], meta["classes"]
        architecture = ARCHITECTURES.get(name)
        if architecture is None or (expected is not None and name != expected):
            raise CourseError(
                f"{path} holds the weights of another model than asked for: use the file of the model that you want."
            )
        model = architecture.build(classes)
        variables = variables_by_path(model)
        if set(variables) != set(archive.names) - {"meta"}:
            raise CourseError(
                f"{path} does not hold the layers of the model {name}: it was written for another model or version."
            )
        for key, variable in variables.items():
            array = archive.array(key, tuple(variable.shape), np.float16)
            if not np.isfinite(array).all():
                raise CourseError(f"{path} holds weights in {key} that are not numbers: use an undamaged copy.")
            variable.assign(keras.ops.convert_to_tensor(array.astype(np.float32)))
    return Classifier(name, model, label_set(classes), architecture.prepare, meta["temperature"])


class _Arrays:
    """The arrays of an ``.npz``, read one by one, each only when its size and type are the expected ones."""

    def __init__(self, archive: zipfile.ZipFile, bad: str):
        self._archive, self._bad = archive, bad
        self.names = [name.removesuffix(".npy") for name in archive.namelist()]

    def array(
        self, name: str, shape: tuple[int, ...] | None, dtype: type, max_bytes: int = MAX_WEIGHTS_BYTES
    ) -> np.ndarray:
        """One array; ``shape`` None takes any, up to ``max_bytes``."""
        info = self._archive.getinfo(f"{name}.npy")
        expected = max_bytes if shape is None else int(np.prod(shape)) * np.dtype(dtype).itemsize
        if info.file_size > expected + 4096:  # 4096: room for the .npy header; more is not what it claims to be
            raise CourseError(self._bad)
        array = np.lib.format.read_array(io.BytesIO(self._archive.read(info)), allow_pickle=False)
        if array.dtype != dtype or (shape is not None and array.shape != shape):
            raise CourseError(f"{self._bad[:-1]} (its array {name} has another shape or type).")
        return array


class _open_arrays:  # noqa: N801  a context manager used like a function
    """Open an ``.npz`` and turn every way in which it can be broken into the sentence ``bad``."""

    def __init__(self, path: Path, bad: str):
        self._path, self._bad = path, bad

    def __enter__(self) -> _Arrays:
        try:
            self._archive = zipfile.ZipFile(self._path)
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise CourseError(self._bad) from error
        return _Arrays(self._archive, self._bad)

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        self._archive.close()
        broken = (
            zipfile.BadZipFile,
            OSError,
            EOFError,
            ValueError,
            KeyError,
            TypeError,
            RuntimeError,
            NotImplementedError,
            SyntaxError,
        )
        if isinstance(error, (*broken, zipfile.zlib.error)):
            raise CourseError(self._bad) from error


def _read_meta(archive: _Arrays, bad: str) -> dict[str, Any]:
    try:
        meta = json.loads(archive.array("meta", None, np.uint8, max_bytes=1 << 16).tobytes())
        values = {"name": str(meta["name"]), "classes": int(meta["classes"]), "temperature": float(meta["temperature"])}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CourseError(bad) from error
    if values["classes"] not in (len(EMOTIONS_6), len(EMOTIONS)) or not 0.05 <= values["temperature"] <= 20:
        raise CourseError(bad)
    return values


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
        bad = f"{path} is damaged: restore it from the repository."
        with _open_arrays(path, bad) as archive:
            classes = _read_meta(archive, bad)["classes"]
            parameters = sum(archive.array(key, None, np.float16).size for key in archive.names if key != "meta")
        rows.append(
            {
                "name": name,
                "classes": classes,
                "parameters": parameters,
                "bytes": path.stat().st_size,
                "input": architecture.input,
            }
        )
    return rows
