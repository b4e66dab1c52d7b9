"""Values as data for the wire, and back; what cannot travel becomes a number that the other end can ask about."""

import dataclasses
import importlib
import json
import re
import sys
from typing import Any, Protocol

import numpy as np

MAX_DEPTH = 40
MAX_ITEMS = 1_000_000
_DTYPES = "biufcSUmM"
_DUNDERS = ("call", "iter", "next", "len", "getitem", "contains", "float", "int", "array")
_OWN_MODULE = re.compile(r"emocourse(\.[a-z0-9_]+)+")
_KERAS_MODULE = re.compile(
    r"keras(\.(layers|initializers|regularizers|constraints|activations|models|optimizers|losses))?"
)


class Lender(Protocol):
    """What the codec needs of the wire's end that it works for."""

    def lend(self, value: Any) -> int: ...
    def lent(self, handle: Any) -> Any: ...
    def ask(self, operation: str, handle: int, args: list[Any], kwargs: dict[str, Any] | None = None) -> Any: ...


class Remote:
    """A stand-in for an object of the other process; the class of each has the name of the object's class."""

    def __init__(self, peer: Lender, handle: int) -> None:
        object.__setattr__(self, "_wire", (peer, handle))

    def __getattr__(self, name: str) -> Any:
        peer, handle = object.__getattribute__(self, "_wire")
        if name.startswith("__"):
            raise AttributeError(name)
        return peer.ask("getattr", handle, [name])

    def count_steps(self, *args: Any) -> int:
        """See `exercises.tools.steps`."""
        peer, handle = self._wire
        return int(peer.ask("steps", handle, list(args)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def _operation(name: str) -> Any:
    if name == "iter":
        return lambda self: iter(self._wire[0].ask("list", self._wire[1], []))
    if name == "array":
        return lambda self, dtype=None, copy=None: np.asarray(self._wire[0].ask("array", self._wire[1], []), dtype)
    if name == "call":
        return lambda self, *args, **kwargs: self._wire[0].ask("call", self._wire[1], list(args), kwargs)
    return lambda self, *args: self._wire[0].ask(name, self._wire[1], list(args))


def is_network(value: Any) -> bool:
    """Whether this is a Keras network; imports nothing."""
    keras = sys.modules.get("keras")
    return keras is not None and hasattr(keras, "Model") and isinstance(value, keras.Model)


def _plain_network(config: Any) -> bool:
    """Whether a network's configuration names only Keras' own classes, and none that runs code of its own."""
    if isinstance(config, dict):
        if "class_name" in config and (
            not _KERAS_MODULE.fullmatch(str(config.get("module", "keras")))
            or config.get("registered_name") not in (None, config["class_name"])
            or config["class_name"]
            in ("Lambda", "__lambda__", "function", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer")
        ):
            return False
        return all(map(_plain_network, config.values()))
    return all(map(_plain_network, config)) if isinstance(config, list) else True


class Encoder:
    """Values to what JSON can say; the bytes of arrays go to ``blobs``."""

    def __init__(self, peer: Lender) -> None:
        self.peer, self.blobs, self.items = peer, [], 0

    def encode(self, value: Any, depth: int = 0) -> Any:
        self.items += 1
        if value is None or value is True or value is False:
            return value
        if isinstance(value, np.generic | np.ndarray) and np.asarray(value).dtype.kind in _DTYPES:
            return self._array(value)
        if isinstance(value, float):
            return {"t": "float", "v": float(value).hex()}
        if isinstance(value, int):
            return {"t": "int", "v": hex(int(value))}
        if isinstance(value, str):
            return str(value)
        if isinstance(value, complex):
            return {"t": "complex", "v": [float(value.real).hex(), float(value.imag).hex()]}
        if isinstance(value, bytes | bytearray):
            return {"t": "bytes", "v": bytes(value).hex()}
        if value is ...:
            return {"t": "ellipsis"}
        if isinstance(value, range | slice):
            return {"t": type(value).__name__, "v": [self.encode(v) for v in (value.start, value.stop, value.step)]}
        if isinstance(value, Remote):
            return {"t": "yours", "v": value._wire[1]}
        if depth < MAX_DEPTH and self.items < MAX_ITEMS:
            if isinstance(value, list | tuple | set | frozenset):
                kind = next(k for k in (list, tuple, set, frozenset) if isinstance(value, k)).__name__
                return {"t": kind, "v": [self.encode(v, depth + 1) for v in list(value)]}
            if isinstance(value, dict):
                return {
                    "t": "dict",
                    "v": [[self.encode(k, depth + 1), self.encode(v, depth + 1)] for k, v in value.items()],
                }
            if isinstance(value, np.ndarray):
                return {
                    "t": "objects",
                    "shape": list(value.shape),
                    "v": [self.encode(v, depth + 1) for v in value.flat],
                }
            if dataclasses.is_dataclass(value) and _OWN_MODULE.fullmatch(type(value).__module__):
                fields = {f.name: self.encode(getattr(value, f.name), depth + 1) for f in dataclasses.fields(value)}
                return {"t": "data", "module": type(value).__module__, "class": type(value).__qualname__, "v": fields}
            if is_network(value) and _plain_network(config := json.loads(value.to_json())):
                return {
                    "t": "network", "v": json.dumps(config), "compile": json.dumps(value.get_compile_config()),
                    "weights": [self.encode(w) for w in value.get_weights()],
                }  # fmt: skip
        # Not hasattr: every class has a __call__, that of its metaclass.
        can = [name for name in _DUNDERS if any(f"__{name}__" in vars(kind) for kind in type(value).__mro__)]
        return {"t": "remote", "v": self.peer.lend(value), "class": type(value).__name__, "can": can}

    def _array(self, value: Any) -> dict[str, Any]:
        array = np.asarray(value)
        self.blobs.append(array.tobytes())
        kind = "scalar" if isinstance(value, np.generic) else "array"
        return {"t": kind, "dtype": array.dtype.str, "shape": list(array.shape), "bytes": len(self.blobs[-1])}


class Decoder:
    """What an `Encoder` of the other end said, as values. Raises whatever the malformed input leads to."""

    def __init__(self, peer: Lender, blob: bytes) -> None:
        self.peer, self.blob, self.position, self.items = peer, blob, 0, 0

    def decode(self, said: Any, depth: int = 0) -> Any:
        """One value."""
        self.items += 1
        if self.items > 3 * MAX_ITEMS or depth > MAX_DEPTH + 10:
            raise ValueError("too much")
        if said is None or isinstance(said, bool | str):
            return said
        kind, value = said["t"], said.get("v")
        return getattr(self, f"_{kind}" if kind in _KINDS else "_unknown")(value, said, depth + 1)

    def _unknown(self, value: Any, said: dict[str, Any], depth: int) -> Any:
        raise ValueError("an unknown kind of value")

    def _float(self, value: str, said: dict[str, Any], depth: int) -> float:
        return float.fromhex(value)

    def _int(self, value: str, said: dict[str, Any], depth: int) -> int:
        return int(value, 16)

    def _complex(self, value: list[str], said: dict[str, Any], depth: int) -> complex:
        return complex(*map(float.fromhex, value))

    def _bytes(self, value: str, said: dict[str, Any], depth: int) -> bytes:
        return bytes.fromhex(value)

    def _ellipsis(self, value: None, said: dict[str, Any], depth: int) -> Any:
        return ...

    def _range(self, value: list, said: dict[str, Any], depth: int) -> range:
        return range(*(self.decode(v, depth) for v in value))

    def _slice(self, value: list, said: dict[str, Any], depth: int) -> slice:
        return slice(*(self.decode(v, depth) for v in value))

    def _list(self, value: list, said: dict[str, Any], depth: int) -> Any:
        return [self.decode(v, depth) for v in value]

    def _tuple(self, value: list, said: dict[str, Any], depth: int) -> Any:
        return tuple(self._list(value, said, depth))

    def _set(self, value: list, said: dict[str, Any], depth: int) -> Any:
        return set(self._list(value, said, depth))

    def _frozenset(self, value: list, said: dict[str, Any], depth: int) -> Any:
        return frozenset(self._list(value, said, depth))

    def _dict(self, value: list, said: dict[str, Any], depth: int) -> dict:
        return {self.decode(k, depth): self.decode(v, depth) for k, v in value}

    def _objects(self, value: list, said: dict[str, Any], depth: int) -> np.ndarray:
        array = np.empty(len(value), object)
        array[:] = self._list(value, said, depth)
        return array.reshape([int(n) for n in said["shape"]])

    def _array(self, value: None, said: dict[str, Any], depth: int) -> np.ndarray:
        dtype, size = np.dtype(str(said["dtype"])), int(said["bytes"])
        if dtype.kind not in _DTYPES or not 0 <= size <= len(self.blob) - self.position:
            raise ValueError("not an array of plain numbers or texts")
        raw = self.blob[self.position : self.position + size]
        self.position += size
        shape = [int(n) for n in said["shape"]]
        if not dtype.itemsize:  # an array of empty texts
            return np.zeros(shape, dtype) if np.prod(shape) <= MAX_ITEMS else self._unknown(None, said, depth)
        return np.frombuffer(raw, dtype).reshape(shape).copy()

    def _scalar(self, value: None, said: dict[str, Any], depth: int) -> np.generic:
        return self._array(None, said, depth)[()]

    def _data(self, value: dict[str, Any], said: dict[str, Any], depth: int) -> Any:
        if not _OWN_MODULE.fullmatch(said["module"]):
            raise ValueError("not a class of the course")
        kind = getattr(importlib.import_module(said["module"]), said["class"])
        if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
            raise ValueError("not a dataclass")
        made = object.__new__(kind)
        for field in dataclasses.fields(kind):
            object.__setattr__(made, field.name, self.decode(value[field.name], depth))
        return made

    def _network(self, value: str, said: dict[str, Any], depth: int) -> Any:
        weights = [self.decode(w, depth) for w in said["weights"]]
        compiled = json.loads(said["compile"])
        if not _plain_network(json.loads(value)) or not _plain_network(compiled):
            raise ValueError("a network with foreign parts")
        from emocourse.backend import keras

        network = keras.models.model_from_json(value)
        if weights:
            network.set_weights(weights)
        if compiled:
            network.compile_from_config(compiled)
        return network

    def _yours(self, value: int, said: dict[str, Any], depth: int) -> Any:
        return self.peer.lent(value)

    def _remote(self, value: int, said: dict[str, Any], depth: int) -> Remote:
        names = {f"__{name}__": _operation(name) for name in said["can"] if name in _DUNDERS}
        name = str(said["class"])
        return type(name if name.isidentifier() else "object", (Remote,), names)(self.peer, int(value))


_KINDS = {name[1:] for name in vars(Decoder) if name.startswith("_") and not name.startswith("__")} - {"unknown"}
