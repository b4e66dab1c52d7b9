"""How a student's answers are asked from the judge's process, without any of the student's code running there.

Two processes talk over a pair of pipes, in messages of JSON. What crosses is data of a fixed list of types: numbers,
texts, lists and their kin, NumPy arrays, Keras networks (as configuration and weights), and dataclasses of the course.
A function stays where it is and the other end gets a stand-in for it that can be called. Of anything else the other end
gets an `Odd`: its class's name, and what it is as numbers. Nothing is unpickled, ever.

A function that changes its arguments in place changes a copy; the changes travel back, so a check can see them.
"""

import base64
import builtins
import contextlib
import dataclasses
import importlib
import itertools
import json
import re
import struct
import sys
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from emocourse.checks import calls, helpers
from emocourse.errors import CourseError

MAX_MESSAGE = 64 << 20
"""Most bytes of one message: a network of eight million weights."""
MAX_MESSAGES = 20_000
"""Most messages that the judge reads from one submission. The lessons' own answers need a few hundred."""
MAX_ITEMS = 100_000
"""Most items that are taken from an iterator."""
MAX_TEXT = 2_000
"""Most characters of an error's text."""
_DEPTH = 40
_HEAD = struct.Struct("<I")
_PLAIN_ARRAYS = "biufcSUmM"
_COLLECTIONS = {"tuple": tuple, "set": set, "frozenset": frozenset}
_MUTABLE = (list, dict, set, np.ndarray)
_KERAS = re.compile(r"keras(\.(layers|initializers|regularizers|constraints|activations|models))?")
_CODE_IN_LAYERS = ("Lambda", "__lambda__", "function", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer")


class WireError(BaseException):
    """The other process has gone, or sent what it must not. No Exception, so that no check takes it for an answer."""


class HungUpError(WireError):
    """The other process has closed the wire: most often since it has ended."""


class Remote:
    """A stand-in for a function of the other process; its class has the name of the function's class."""

    def __init__(self, wire: "Wire", handle: int) -> None:
        self._wire, self._handle = wire, handle

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._wire.ask("call", self._handle, args, kwargs)

    def count_steps(self, *args: Any) -> int:
        """See `emocourse.checks.helpers.steps`."""
        return int(self._wire.ask("steps", self._handle, args, {}))


class Odd:
    """What the judge sees of an object that does not cross: what it was as an array, a list or a number, if it was."""


def is_network(value: Any) -> bool:
    """Whether this is a Keras network; imports nothing."""
    keras = sys.modules.get("keras")
    return keras is not None and hasattr(keras, "Model") and isinstance(value, keras.Model)


def plain_network(config: Any) -> bool:
    """Whether a network's configuration names only Keras' own classes, and none that runs code of its own."""
    if isinstance(config, list):
        return all(map(plain_network, config))
    if not isinstance(config, dict):
        return True
    name = config.get("class_name")
    own = name is None or (
        _KERAS.fullmatch(str(config.get("module", "keras")))
        and config.get("registered_name") in (None, name)
        and name not in _CODE_IN_LAYERS
    )
    return bool(own) and all(map(plain_network, config.values()))


def _configuration(network: Any) -> dict[str, Any]:
    """A network as Keras describes it, without what it was compiled with: judging asks for its layers and weights."""
    return {key: value for key, value in json.loads(network.to_json()).items() if key != "compile_config"}


class Wire:
    """One end of the pair of pipes.

    Args:
        reader: where the other end's messages come from.
        writer: where ours go.
        trusted: whether the other end may ask for whatever it was lent and send any dataclass of the course. The judge
            passes False: it lends functions of the checks only, and takes back only such dataclasses as it has sent.
        guard: gives a context manager in which a call for the other end runs: a time limit, for example.
    """

    def __init__(
        self, reader: IO[bytes], writer: IO[bytes], trusted: bool, guard: Callable[[], Any] = contextlib.nullcontext
    ) -> None:
        self._reader, self._writer, self._trusted, self._guard = reader, writer, trusted, guard
        self._lent: list[Any] = []
        self._raised: list[BaseException] = []
        self._classes: dict[str, type] = {}
        self._received = 0

    # --- messages -----------------------------------------------------------------------------------------------------

    def send(self, operation: str, values: Any = None, **details: Any) -> None:
        """Send a message. ValueError where ``values`` are too large or nested too deeply."""
        data = json.dumps({"op": operation, **details, "values": self.encode(values)}).encode()
        if len(data) > MAX_MESSAGE:
            raise ValueError("an answer is too large to be graded")
        try:
            self._writer.write(_HEAD.pack(len(data)) + data)
            self._writer.flush()
        except (OSError, ValueError) as error:
            raise HungUpError("the other process has gone") from error

    def receive(self) -> dict[str, Any]:
        """The next message, its "values" decoded.

        Raises:
            HungUpError: the other end closed.
            WireError: it sent no message of ours, or far too many.
        """
        (size,) = _HEAD.unpack(self._read(_HEAD.size))
        self._received += 1
        if size > MAX_MESSAGE or (self._received > MAX_MESSAGES and not self._trusted):
            raise WireError("the submission sent too much")
        try:
            message = json.loads(self._read(size))
            message["values"] = self.decode(message["values"])
            return {**message, "op": str(message["op"])}
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError, MemoryError) as error:
            raise WireError(f"the submission sent something that is no answer ({type(error).__name__})") from error

    def _read(self, count: int) -> bytes:
        data = self._reader.read(count)
        if len(data) < count:
            raise HungUpError("the other process has gone")
        return data

    # --- values to what JSON can say ----------------------------------------------------------------------------------

    def encode(self, value: Any, depth: int = 0) -> Any:
        """A value as JSON knows it: lists, texts and numbers as they are, all else as {"t": its kind, …}."""
        if depth > _DEPTH:
            raise ValueError("nested too deeply")
        if value is None or value is True or value is False:
            return value
        if isinstance(value, np.generic | np.ndarray) and value.dtype.kind in _PLAIN_ARRAYS:
            return _array(value)
        if isinstance(value, str):
            return str(value)
        if isinstance(value, int):
            return int(value) if abs(value) < 1 << 64 else {"t": "int", "v": hex(value)}
        if isinstance(value, float):
            return float(value)
        if isinstance(value, list):
            return [self.encode(v, depth + 1) for v in value]
        for kind, collection in _COLLECTIONS.items():
            if isinstance(value, collection):
                return {"t": kind, "v": [self.encode(v, depth + 1) for v in value]}
        if isinstance(value, dict):
            return {
                "t": "dict",
                "v": [[self.encode(k, depth + 1), self.encode(v, depth + 1)] for k, v in value.items()],
            }
        return self._encode_rare(value, depth + 1)

    def _encode_rare(self, value: Any, depth: int) -> Any:
        if value is ...:
            return {"t": "ellipsis"}
        if isinstance(value, complex):
            return {"t": "complex", "v": [value.real, value.imag]}
        if isinstance(value, bytes | bytearray):
            return {"t": "bytes", "v": bytes(value).hex()}
        if isinstance(value, range | slice):
            return {"t": type(value).__name__, "v": [value.start, value.stop, value.step]}
        if isinstance(value, Remote):
            return {"t": "yours", "v": value._handle}
        if isinstance(value, np.ndarray):
            return {"t": "objects", "shape": value.shape, "v": [self.encode(v, depth) for v in value.flat]}
        if dataclasses.is_dataclass(value) and type(value).__module__.startswith("emocourse."):
            name = f"{type(value).__module__}:{type(value).__qualname__}"
            self._classes[name] = type(value)
            fields = {f.name: self.encode(getattr(value, f.name), depth) for f in dataclasses.fields(value)}
            return {"t": "data", "class": name, "v": fields}
        if is_network(value) and plain_network(config := _configuration(value)):
            return {"t": "network", "v": config, "weights": [_array(w) for w in value.get_weights()]}
        # Not callable(): every class has a __call__, that of its metaclass.
        if any("__call__" in vars(kind) for kind in type(value).__mro__):
            return {"t": "function", "v": self._lend(value), "class": type(value).__name__}
        return self._odd(value, depth)

    def _odd(self, value: Any, depth: int) -> Any:
        said = {"t": "odd", "class": type(value).__name__}
        looks = {
            "array": lambda: _array(np.asarray(value)) if hasattr(type(value), "__array__") else None,
            "items": lambda: self.encode(list(itertools.islice(iter(value), MAX_ITEMS)), depth),
            "number": lambda: float(value),
        }
        for name, look in looks.items():
            with contextlib.suppress(Exception):  # the object's own methods may do anything
                said[name] = look()
        return said

    def _lend(self, value: Any) -> int:
        module = str(getattr(value, "__module__", "") or type(value).__module__)
        if not (self._trusted or module.startswith("emocourse.checks") or type(value).__name__ == "function"):
            raise CourseError(f"A check hands out a {type(value).__name__}, which cannot be sent: use plain values.")
        handle = next((i for i, lent in enumerate(self._lent) if lent is value), len(self._lent))
        self._lent[handle:] = [value, *self._lent[handle + 1 :]]
        return handle

    # --- and back; whatever malformed input raises is caught in `receive` ---------------------------------------------

    def decode(self, said: Any) -> Any:
        """What the other end's `encode` said, as a value."""
        if isinstance(said, list):
            return [self.decode(v) for v in said]
        if not isinstance(said, dict):
            return said
        kind, value = said["t"], said.get("v")
        if kind in _COLLECTIONS:
            return _COLLECTIONS[kind](self.decode(v) for v in value)
        if kind == "dict":
            return {self.decode(k): self.decode(v) for k, v in value}
        return _DECODERS[kind](self, value, said)

    def _network(self, value: dict, said: dict[str, Any]) -> Any:
        if not plain_network(value):
            raise ValueError("a network with foreign parts")
        from emocourse.backend import keras

        network = keras.models.model_from_json(json.dumps(value))
        if weights := self.decode(said["weights"]):
            network.set_weights(weights)
        return network

    def _data(self, value: dict[str, Any], said: dict[str, Any]) -> Any:
        kind = self._classes.get(said["class"])
        if kind is None and self._trusted:
            module, _, name = said["class"].partition(":")
            kind = getattr(importlib.import_module(module), name)
        made = object.__new__(kind)  # a TypeError where the judge has sent no such thing
        for field in dataclasses.fields(kind):
            object.__setattr__(made, field.name, self.decode(value[field.name]))
        return made

    def _objects(self, value: list, said: dict[str, Any]) -> np.ndarray:
        array = np.empty(len(value), object)
        array[:] = self.decode(value)
        return array.reshape(said["shape"])

    def _as_odd(self, value: None, said: dict[str, Any]) -> Odd:
        array, items, number = (self.decode(said.get(name)) for name in ("array", "items", "number"))
        methods: dict[str, Any] = {}
        if isinstance(array, np.ndarray):
            methods["__array__"] = lambda self, dtype=None, copy=None: np.asarray(array, dtype)
        if isinstance(items, list):
            methods |= {"__iter__": lambda self: iter(items), "__len__": lambda self: len(items)}
        if isinstance(number, float):
            methods["__float__"] = lambda self: number
        return type(_name(said["class"]), (Odd,), methods)()

    def _remote(self, value: int, said: dict[str, Any]) -> Remote:
        return type(_name(said["class"]), (Remote,), {})(self, int(value))

    def lent(self, handle: Any) -> Any:
        """What we lent under this number; LookupError where it is nothing."""
        if type(handle) is not int or not 0 <= handle < len(self._lent):
            raise LookupError("the other process asks for what it was not lent")
        return self._lent[handle]

    # --- asking and answering -----------------------------------------------------------------------------------------

    def ask(self, operation: str, handle: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Have the other end call one of its functions, and return what comes of it."""
        self.send(operation, [list(args), kwargs], handle=handle)
        while True:
            message = self.receive()
            if message["op"] == "result":
                return self._result(message, [list(args), kwargs])
            if message["op"] == "error":
                raise self._error(message)
            self.answer(message)

    def _result(self, message: dict[str, Any], given: list[Any]) -> Any:
        try:
            result, changed = message["values"]
            if changed is not None:
                _follow(given, changed)
            return given[0][message["same"]] if message.get("same") is not None else result
        except (ValueError, TypeError, LookupError) as error:
            raise WireError("the submission sent a result that is none") from error

    def answer(self, message: dict[str, Any]) -> None:
        """Call what the other end asks for, and send it what comes of it."""
        if message["op"] not in ("call", "steps") or (message["op"] == "steps" and not self._trusted):
            raise WireError("the submission asks for what it may not")
        try:
            target, (args, kwargs) = self.lent(message["handle"]), message["values"]
        except (LookupError, TypeError, ValueError) as error:
            raise WireError("the submission asks for what it was not lent") from error
        try:
            before = self.encode([args, kwargs])
            with self._guard():
                result = helpers.steps(target, *args) if message["op"] == "steps" else target(*args, **kwargs)
            changed = [args, kwargs] if self.encode([args, kwargs]) != before else None
            same = next((i for i, arg in enumerate(args) if arg is result and isinstance(arg, _MUTABLE)), None)
            self.send("result", [None if same is not None else result, changed], same=same)
        except WireError:
            raise
        except BaseException as error:  # the student's code may raise anything
            self._raised.append(error)
            names = [kind.__name__ for kind in type(error).__mro__][:8]
            where = calls.place(error, target)
            passed_on, raised = getattr(error, "passed_on", None), len(self._raised) - 1
            self.send("error", names=names, text=_text(error), raised=raised, place=where,
                      passed_on=passed_on if type(passed_on) is int else None)  # fmt: skip

    def _error(self, message: dict[str, Any]) -> BaseException:
        """The error of the other end as one of ours: the nearest built-in class, with the name and text it had."""
        passed_on, names, text = message.get("passed_on"), message.get("names"), str(message.get("text"))[:MAX_TEXT]
        if type(passed_on) is int and 0 <= passed_on < len(self._raised):
            return self._raised[passed_on]  # our own, raised in a call back to us
        names = [_name(name) for name in names] if isinstance(names, list) and names else ["Exception"]
        base = next((kind for kind in map(_error_class, names) if kind), Exception)
        body = {"__str__": lambda self: text, "__init__": lambda self: None, "passed_on": message.get("raised"),
                "place": str(message.get("place") or "")[:200]}  # fmt: skip
        return type(names[0], (base,), body)()


_DECODERS: dict[str, Callable[[Wire, Any, dict[str, Any]], Any]] = {
    "int": lambda wire, value, said: int(value, 16),
    "complex": lambda wire, value, said: complex(*value),
    "bytes": lambda wire, value, said: bytes.fromhex(value),
    "ellipsis": lambda wire, value, said: ...,
    "range": lambda wire, value, said: range(*value),
    "slice": lambda wire, value, said: slice(*value),
    "array": lambda wire, value, said: _to_array(value, said),
    "scalar": lambda wire, value, said: _to_array(value, said)[()],
    "yours": lambda wire, value, said: wire.lent(value),
    "function": Wire._remote,
    "odd": Wire._as_odd,
    "objects": Wire._objects,
    "data": Wire._data,
    "network": Wire._network,
}


def _array(value: np.ndarray | np.generic) -> dict[str, Any]:
    array = np.asarray(value)
    if array.dtype.kind not in _PLAIN_ARRAYS:
        raise ValueError("not an array of plain numbers or texts")
    kind = "scalar" if isinstance(value, np.generic) else "array"
    return {"t": kind, "dtype": array.dtype.str, "shape": array.shape, "v": base64.b64encode(array.tobytes()).decode()}


def _to_array(value: str, said: dict[str, Any]) -> np.ndarray:
    dtype = np.dtype(str(said["dtype"]))
    if dtype.kind not in _PLAIN_ARRAYS:
        raise ValueError("not an array of plain numbers or texts")
    return np.frombuffer(base64.b64decode(value), dtype).reshape(said["shape"]).copy()


def _name(text: Any) -> str:
    return text if isinstance(text, str) and text.isidentifier() and len(text) < 100 else "object"


def _text(error: BaseException) -> str:
    try:
        return str(error)[:MAX_TEXT]
    except BaseException:
        return ""


def _error_class(name: str) -> type[Exception] | None:
    ours = {"LinAlgError": np.linalg.LinAlgError, "CourseError": CourseError}
    found = ours.get(name) or getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else None


def _follow(mine: Any, theirs: Any) -> None:
    """Make in-place changes of the other end's copy in ours."""
    if isinstance(mine, np.ndarray) and isinstance(theirs, np.ndarray):
        if mine.shape == theirs.shape and mine.flags.writeable:
            mine[...] = theirs
    elif isinstance(mine, list | tuple) and isinstance(theirs, list | tuple):
        kept = [m if _followed(m, t) else t for m, t in itertools.zip_longest(mine, theirs)][: len(theirs)]
        if isinstance(mine, list):
            mine[:] = kept
    elif isinstance(mine, dict) and isinstance(theirs, dict):
        kept = {key: mine[key] if key in mine and _followed(mine[key], theirs[key]) else theirs[key] for key in theirs}
        mine.clear()
        mine.update(kept)
    elif isinstance(mine, set) and isinstance(theirs, set):
        mine.clear()
        mine.update(theirs)
    elif is_network(mine) and is_network(theirs) and len(mine.get_weights()) == len(theirs.get_weights()):
        mine.set_weights(theirs.get_weights())


def _followed(mine: Any, theirs: Any) -> bool:
    """Whether ours goes on, changed like theirs; else theirs takes its place."""
    if not (isinstance(mine, (*_MUTABLE, tuple)) or is_network(mine)):
        return callable(mine) or isinstance(mine, Odd)
    _follow(mine, theirs)
    return True
