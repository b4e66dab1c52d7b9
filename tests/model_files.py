"""Weights files for the tests, made without Keras and without safetensors: the slides' CNN, whole or with faults."""

import hashlib
import json
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
_DTYPES = {"f2": "F16", "f4": "F32", "f8": "F64", "u1": "U8", "i8": "I64", "c8": "C64"}


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


def packed(
    arrays: dict[str, np.ndarray | None] | None = None, text: str | None = None, head: dict | None = None, **meta: Any
) -> bytes:
    """A weights file: the slides' CNN with some arrays replaced, added or (None) left out.

    Args:
        arrays: the changes.
        text: what stands where the model's JSON text should be.
        head: parts of the file's header, as they should not be; those of metadata, by their names, under "told".
        meta: changes of ``META``.
    """
    return whole({k: v for k, v in (WEIGHTS | (arrays or {})).items() if v is not None}, text, head, **meta)


def whole(arrays: dict[str, np.ndarray], text: str | None = None, head: dict | None = None, **meta: Any) -> bytes:
    """The same with these arrays alone."""
    checksum = hashlib.sha256()
    for name in sorted(arrays):
        checksum.update(f"{name}{arrays[name].shape}".encode() + arrays[name].tobytes())
    known = {"sha256": checksum.hexdigest()} | META | meta
    text = json.dumps({name: value for name, value in known.items() if value is not None}) if text is None else text
    head = dict(head or {})
    told = {"model": text} | head.pop("told", {})
    found: dict[str, Any] = {"__metadata__": {name: value for name, value in told.items() if value is not None}}
    end = 0
    for name, array in arrays.items():
        dtype = _DTYPES[array.dtype.str[1:]]
        found[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
    return raw(json.dumps(found | head).encode(), b"".join(array.tobytes() for array in arrays.values()))


def raw(head: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """A file with this header, whatever it says."""
    return (len(head) if length is None else length).to_bytes(8, "little") + head + data


def write(path: Path) -> Path:
    """A sound weights file."""
    path.write_bytes(packed())
    return path
