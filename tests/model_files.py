"""Weights files for the tests, made without Keras: the slides' CNN with random weights, whole or with faults."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

PARAMETERS = 1_913_926
LAYERS = {
    "conv2d": (3, 3, 1, 64),
    "conv2d_1": (3, 3, 64, 64),
    "conv2d_2": (3, 3, 64, 64),
    "conv2d_3": (3, 3, 64, 64),
    "conv2d_4": (3, 3, 64, 128),
    "conv2d_5": (3, 3, 128, 128),
    "dense": (512, 1024),
    "dense_1": (1024, 1024),
    "dense_2": (1024, 6),
}
META = {"format": 1, "name": "slides", "classes": 6, "temperature": 1.0}


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights under which the six probabilities differ from face to face."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for name, shape in LAYERS.items():
        scale = (3 / np.prod(shape[:-1])) ** 0.5
        arrays[f"{name}/kernel"] = (rng.standard_normal(shape) * scale).astype(np.float16)
        arrays[f"{name}/bias"] = np.zeros(shape[-1], np.float16)
    return arrays


WEIGHTS = weights()


def npy(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array), allow_pickle=allow_pickle)
    return stream.getvalue()


def npy_header(text: str, data: bytes = b"", length: int | None = None) -> bytes:
    """An array file with this header, whatever it says."""
    header = text.encode()
    if length is not None:
        return b"\x93NUMPY\x02\x00" + length.to_bytes(4, "little") + header + data
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


def meta(text: str | None = None, **changes: Any) -> bytes:
    """The member that names the model: ``META`` with changes, or any text."""
    return npy(np.frombuffer((json.dumps(META | changes) if text is None else text).encode(), np.uint8))


def members(**changes: bytes | np.ndarray | None) -> dict[str, bytes]:
    """The members of a sound weights file, with some replaced, added or (None) left out; names without .npy."""
    made: dict[str, Any] = {"meta": meta(), **WEIGHTS} | changes
    return {f"{k}.npy": v if isinstance(v, bytes) else npy(v) for k, v in made.items() if v is not None}


def packed(contents: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return stream.getvalue()


def write(path: Path) -> Path:
    """A sound weights file."""
    path.write_bytes(packed(members()))
    return path
