"""Trained models: their weights on disk.

Weights are stored in the format safetensors (https://huggingface.co/docs/safetensors): every array in half precision
under its variable's path, and as metadata a JSON text that names the architecture and a checksum of the arrays. The
architecture itself always comes from ``architectures.py``: no code of the file's runs. An ensemble is one file too: its
arrays' names begin with the member's number, and its text names each member.
"""

import dataclasses
import functools
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dataset.splits import Split
from ..emotions import EMOTIONS, EMOTIONS_6, label_set
from ..errors import CourseError
from ..files import store as files
from ..files.store import open_regular, show
from ..metrics import fit_temperature
from . import external
from .architectures import ARCHITECTURES
from .classifier import Classifier

if TYPE_CHECKING:
    import keras

MAX_WEIGHTS_BYTES = 64 << 20
"""No weights file of the course comes near this size; a larger one is refused unread."""

DEFAULT = "main"
"""The model that `emocourse predict` and the live demo take when none is named: the best that keeps the demo's rate."""

ENSEMBLE = "ensemble"
MAX_MEMBERS = 5

SUFFIX = ".safetensors"
RUN_FILE = f"weights{SUFFIX}"
"""What a finished run's folder holds them in."""
_MAX_HEADER = 1 << 20
"""Most bytes of what a file says of its arrays; an ensemble of five needs some 100,000."""
_KINDS = {"format": int, "name": str, "classes": int, "temperature": float}


def variables_by_path(model: "keras.Model") -> dict[str, Any]:
    """The model's weights by a name that is the same in every build: ``conv2d/kernel``, ``conv2d/bias`` …"""
    variables = {"/".join(variable.path.split("/")[-2:]): variable for variable in model.weights}
    if len(variables) != len(model.weights):
        raise ValueError(f"two variables of {model.name} share a path: give its layers names of their own")
    return variables


def save(model: "keras.Model", path: str | os.PathLike, name: str, temperature: float = 1.0) -> None:
    """Write a model's weights in half precision (two bytes a parameter), atomically.

    Args:
        model: a model built by ``ARCHITECTURES[name].build``.
        path: the file to write.
        name: the architecture's name.
        temperature: divides the logits when probabilities are read (calibration), 0.05 to 20; 1 leaves them as they
            are.
    """
    arrays = _halved(model, name)
    classes = int(model.output_shape[-1])
    _write(path, {"format": 1, "name": name, "classes": classes, "temperature": float(temperature)}, arrays)


def save_ensemble(members: Sequence[Classifier], path: str | os.PathLike, temperature: float = 1.0) -> None:
    """Write several classifiers as one, which averages their probabilities: one file, atomically.

    Args:
        members: two to five classifiers of the same emotions, each with its temperature; no ensembles.
        path, temperature: as for ``save``.

    Raises:
        CourseError: these classifiers cannot be averaged.
    """
    if not 2 <= len(members) <= MAX_MEMBERS or any(m.members or m.emotions != members[0].emotions for m in members):
        raise CourseError(
            f"An ensemble is made of two to {MAX_MEMBERS} single models of the same emotions: choose such."
        )
    arrays = {f"{k}:{key}": a for k, m in enumerate(members) for key, a in _halved(m.model, m.name).items()}
    told = [{"name": m.name, "temperature": m.temperature} for m in members]
    meta = {"format": 1, "name": ENSEMBLE, "classes": len(members[0].emotions), "temperature": float(temperature)}
    _write(path, meta | {"members": told}, arrays)


def _halved(model: "keras.Model", name: str) -> dict[str, np.ndarray]:
    from ..backend import keras

    arrays = {key: keras.ops.convert_to_numpy(v).astype(np.float16) for key, v in variables_by_path(model).items()}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise CourseError(
            f"The weights of {name} are too large for half precision or not numbers: train the model again."
        )
    return arrays


def _write(path: str | os.PathLike, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    from safetensors.numpy import save as packed

    # One entry: safetensors writes several in any order, and the same weights shall make the same file.
    told = {"model": json.dumps(meta | {"sha256": _checksum(arrays)}, sort_keys=True)}
    with files.atomic_write(path) as stream:
        stream.write(packed(arrays, told))


def _checksum(arrays: dict[str, np.ndarray]) -> str:
    """Of all names, shapes and numbers: safetensors has none, and a flipped bit is a silent wrong answer."""
    content = hashlib.sha256()
    for key in sorted(arrays):
        content.update(f"{key}{arrays[key].shape}".encode())
        content.update(arrays[key].tobytes())
    return content.hexdigest()


def calibrate(path: str | os.PathLike, split: Split) -> float:
    """Fit a weights file's temperature on a split that was not trained on, write it into the file, and return it."""
    classifier = dataclasses.replace(load_weights(path), temperature=1.0)
    split = split.matching(classifier.emotions)
    temperature = fit_temperature(split.labels, classifier.probabilities(split.images, split.landmarks))
    if classifier.members:
        save_ensemble(classifier.members, path, temperature)
    else:
        save(classifier.model, path, classifier.name, temperature)
    return temperature


def load(source: str | os.PathLike) -> Classifier:
    """A trained model: by the name of one that ships with the course, or from a weights file that ``save`` wrote.
    Lessons 00, 01, 02, 03, 06, 10, 11.

    Raises:
        CourseError: no such name or file; or the file is truncated, too large, of another model or not a weights file.
    """
    name = os.fspath(source)
    if name in NAMES:
        return _load_shipped(name)
    if name == external.FER:
        return external.load_fer()
    path = Path(name)
    if not os.path.lexists(path):
        known = ", ".join([*(name for name in NAMES if _shipped_path(name)), external.FER])
        raise CourseError(
            f"There is no model {show(name)} and no such file: use one of {known}, or a weights file ({SUFFIX})."
        )
    return load_weights(path)


NAMES = (*ARCHITECTURES, ENSEMBLE)
"""Every name that :func:`load` knows, whether or not its weights ship."""


@functools.cache
def _load_shipped(name: str) -> Classifier:
    path = _shipped_path(name)
    if path is None:
        raise CourseError(
            f"No weights of {name} ship with this version of the course: train it, and give its weights{SUFFIX}."
        )
    return load_weights(path, expected=name)


def _shipped_path(name: str) -> Path | None:
    try:
        return files.data_path("weights", f"{name}{SUFFIX}")
    except CourseError:
        return None


def load_weights(path: str | os.PathLike, expected: str | None = None) -> Classifier:
    """Read a weights file and build its model; see ``load``."""
    path = Path(path)
    stored = _read(path)  # before Keras loads, so that a wrong file costs no wait
    if expected is not None and stored.name != expected:
        raise CourseError(
            f"{show(path)} holds the weights of another model than asked for: use the file of the model that you want."
        )
    if not stored.members:
        return _build(stored, path)
    members = tuple(_build(member, path) for member in stored.members)
    return Classifier(ENSEMBLE, None, label_set(stored.classes), None, stored.temperature, members)


def _build(stored: "_Stored", path: Path) -> Classifier:
    from ..backend import keras

    architecture = ARCHITECTURES[stored.name]
    model = architecture.build(stored.classes)
    variables = variables_by_path(model)
    if {key: tuple(v.shape) for key, v in variables.items()} != {key: a.shape for key, a in stored.arrays.items()}:
        raise CourseError(
            f"{show(path)} does not hold the layers of the model {stored.name}: it is of another version, train again."
        )
    for key, variable in variables.items():
        variable.assign(keras.ops.convert_to_tensor(stored.arrays[key].astype(np.float32)))
    return Classifier(stored.name, model, label_set(stored.classes), architecture.preprocess_input, stored.temperature)


@dataclasses.dataclass(frozen=True)
class _Stored:
    """What a weights file holds: float16 arrays by variable, and its JSON text's values."""

    name: str
    classes: int
    temperature: float
    arrays: dict[str, np.ndarray]
    members: tuple["_Stored", ...] = ()


def _read(path: Path) -> _Stored:
    bad = (
        f"{show(path)} is no weights file of this course, or damaged: use the {SUFFIX} file that `emocourse train` "
        "wrote."
    )
    arrays, meta = _unpacked(path, bad)
    members = meta.pop("members", []) if isinstance(meta, dict) and meta.get("name") == ENSEMBLE else []
    if not _is_meta(meta, _KINDS) or not isinstance(members, list):
        raise CourseError(bad)
    if not all(_is_meta(member, {"name": str, "temperature": float}) for member in members):
        raise CourseError(bad)
    names = [meta["name"]] if meta["name"] != ENSEMBLE else [member["name"] for member in members]
    if meta["format"] != 1 or not set(names) <= set(ARCHITECTURES):
        raise CourseError(
            f"{show(path)} holds a model that this version of the course does not have: install the newest version."
        )
    temperatures = [meta["temperature"], *(member["temperature"] for member in members)]
    if meta["classes"] not in (len(EMOTIONS_6), len(EMOTIONS)) or not all(0.05 <= t <= 20 for t in temperatures):
        raise CourseError(bad)
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise CourseError(f"{show(path)} holds weights that are not numbers: use an undamaged copy.")
    if meta["name"] != ENSEMBLE:
        return _Stored(meta["name"], meta["classes"], meta["temperature"], arrays)
    if not 2 <= len(members) <= MAX_MEMBERS:
        raise CourseError(bad)
    shares: list[dict[str, np.ndarray]] = [{} for _ in members]
    for key, array in arrays.items():
        number, _, rest = key.partition(":")
        if number not in map(str, range(len(members))):
            raise CourseError(bad)
        shares[int(number)][rest] = array
    parts = [
        _Stored(member["name"], meta["classes"], member["temperature"], share)
        for member, share in zip(members, shares, strict=True)
    ]
    return _Stored(ENSEMBLE, meta["classes"], meta["temperature"], arrays, tuple(parts))


def _unpacked(path: Path, bad: str) -> tuple[dict[str, np.ndarray], Any]:
    """The float16 arrays of a file and its JSON text's value; CourseError with ``bad`` where it is another file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as unpack

    with open_regular(path) as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > _MAX_HEADER or stream.seek(0, os.SEEK_END) > MAX_WEIGHTS_BYTES:
            raise CourseError(bad)
        stream.seek(0)
        content = stream.read(MAX_WEIGHTS_BYTES)
    try:
        arrays = unpack(content)
        meta = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["model"])
        if any(a.dtype != np.float16 for a in arrays.values()) or meta.pop("sha256") != _checksum(arrays):
            raise CourseError(bad)
        return arrays, meta
    except (SafetensorError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise CourseError(bad) from error


def _is_meta(value: Any, kinds: dict[str, type]) -> bool:
    return isinstance(value, dict) and {key: type(part) for key, part in value.items()} == kinds


def shipped() -> list[dict[str, Any]]:
    """Every model that ships with weights: ``[{"name", "classes", "parameters", "bytes", "input"}]``.

    Counted from the weights files alone, so it is quick and does not load TensorFlow.
    """
    rows = []
    for name in NAMES:
        path = _shipped_path(name)
        if path is None:
            continue
        stored = _read(path)
        inputs = dict.fromkeys(ARCHITECTURES[part.name].input for part in stored.members or [stored])
        rows.append(
            {
                "name": name,
                "classes": stored.classes,
                "parameters": sum(array.size for array in stored.arrays.values()),
                "bytes": path.stat().st_size,
                "input": ", ".join(inputs),
            }
        )
    return rows
