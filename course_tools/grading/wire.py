"""How a student's answers are asked from the judge's process, without any of the student's code running there.

Two processes talk over a pair of pipes, in messages of JSON. What crosses is data of a fixed list of types: numbers,
texts, lists, tuples, dictionaries, NumPy arrays, Keras networks (as configuration and weights), and dataclasses of the
course. A function stays where it is, and the other end gets a stand-in for it that can be called. Of anything else the
other end gets an `Odd`: its class's name, and what it is as numbers. Nothing is unpickled, ever.

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
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np

from emocourse.checks import NotYet, calls, helpers
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
_ERRORS = {"LinAlgError": np.linalg.LinAlgError, "CourseError": CourseError, "NotYet": NotYet}
_KERAS = re.compile(
    r"keras(\.(src\.models\.functional|layers|initializers|regularizers|constraints|activations|models))?"
)
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
        return self._wire.ask(self._handle, args, kwargs)


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
        and str(name).isidentifier()  # a name may not lead on from the module, as "layers.Lambda" does
        and config.get("registered_name") in (None, name)
        and name not in _CODE_IN_LAYERS
    )
    return bool(own) and all(map(plain_network, config.values()))


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

    # --- values to what JSON can say, and back ------------------------------------------------------------------------

    def encode(self, value: Any, depth: int = 0) -> Any:
        """A value as JSON knows it: lists, texts and numbers as they are, all else as {"t": its kind, …}."""
        if depth > _DEPTH:
            raise ValueError("nested too deeply")
        if value is None or isinstance(value, bool):
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
        if isinstance(value, tuple | set | frozenset | dict):
            kind = next(k for k in (tuple, set, frozenset, dict) if isinstance(value, k))
            items = value.items() if kind is dict else value
            return {"t": kind.__name__, "v": [self.encode(v, depth + 1) for v in items]}
        return self._encode_rare(value, depth + 1)

    def _encode_rare(self, value: Any, depth: int) -> Any:
        if value is ...:
            return {"t": "ellipsis"}
        if value is sys.modules.get("keras"):  # each end has its own
            return {"t": "keras"}
        if isinstance(value, Remote):
            return {"t": "yours", "v": value._handle}
        if dataclasses.is_dataclass(value) and type(value).__module__.startswith("emocourse."):
            name = f"{type(value).__module__}:{type(value).__qualname__}"
            self._classes[name] = type(value)
            fields = {f.name: self.encode(getattr(value, f.name), depth) for f in dataclasses.fields(value)}
            return {"t": "data", "class": name, "v": fields}
        if is_network(value):
            # Without what it was compiled with: judging asks for its layers and weights.
            config = {key: said for key, said in json.loads(value.to_json()).items() if key != "compile_config"}
            if plain_network(config):
                return {"t": "network", "v": config, "weights": [_array(w) for w in value.get_weights()]}
        if (bars := helpers.drawn(value)) is not value:
            return self.encode(bars, depth)
        # Not callable(): every class has a __call__, that of its metaclass.
        if any("__call__" in vars(kind) for kind in type(value).__mro__):
            return {"t": "function", "v": self._lend(value), "class": type(value).__name__}
        looks = (
            lambda: _array(np.asarray(value)) if hasattr(type(value), "__array__") else 1 / 0,
            lambda: [self.encode(list(itertools.islice(iter(value), MAX_ITEMS)), depth), _number(value)],
            lambda: [None, float(value)],
        )
        odd = {"t": "odd", "class": type(value).__name__, "once": isinstance(value, Iterator), "v": None}
        for look in looks:
            with contextlib.suppress(Exception):  # the object's own methods may do anything
                odd |= {"v": look()}
                break
        return odd

    def _lend(self, value: Any) -> int:
        module = str(getattr(value, "__module__", "") or type(value).__module__)
        if not (self._trusted or module.startswith("emocourse.checks") or type(value).__name__ == "function"):
            raise CourseError(f"A check hands out a {type(value).__name__}, which cannot be sent: use plain values.")
        handle = next((i for i, lent in enumerate(self._lent) if lent is value), len(self._lent))
        self._lent[handle:] = [value, *self._lent[handle + 1 :]]
        return handle

    def decode(self, said: Any) -> Any:
        """What the other end's `encode` said, as a value; whatever malformed input raises is caught in `receive`."""
        if isinstance(said, list):
            return [self.decode(v) for v in said]
        if not isinstance(said, dict):
            return said
        kind, value = said["t"], said.get("v")
        match kind:
            case "tuple" | "set" | "frozenset" | "dict":
                return getattr(builtins, kind)(self.decode(v) for v in value)
            case "int":
                return int(value, 16)
            case "ellipsis":
                return ...
            case "keras":
                from emocourse.backend import keras

                return keras
            case "array" | "scalar":
                return _to_array(value, said)
            case "yours":
                return self.lent(value)
            case "function":
                return type(_name(said["class"]), (Remote,), {})(self, int(value))
            case "network":
                return self._network(value, said["weights"])
            case "data":
                return self._data(value, said["class"])
            case "odd":
                return _odd(self.decode(value), said["class"], said.get("once"))
        raise ValueError(kind)

    def _network(self, value: dict, weights: list) -> Any:
        if not plain_network(value):
            raise ValueError("a network with foreign parts")
        from emocourse.backend import keras

        network = keras.models.model_from_json(json.dumps(value))
        if weights:
            network.set_weights(self.decode(weights))
        return network

    def _data(self, value: dict[str, Any], name: str) -> Any:
        kind = self._classes.get(name)
        if kind is None and self._trusted:
            module, _, name = name.partition(":")
            kind = getattr(importlib.import_module(module), name)
        made = object.__new__(kind)  # a TypeError where the judge has sent no such thing
        for field in dataclasses.fields(kind):
            object.__setattr__(made, field.name, self.decode(value[field.name]))
        return made

    def lent(self, handle: Any) -> Any:
        """What we lent under this number; LookupError where it is nothing."""
        if type(handle) is not int or not 0 <= handle < len(self._lent):
            raise LookupError("the other process asks for what it was not lent")
        return self._lent[handle]

    # --- asking and answering -----------------------------------------------------------------------------------------

    def ask(self, handle: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Have the other end call one of its functions, and return what comes of it."""
        given = [list(args), kwargs]
        self.send("call", given, handle=handle)
        while (message := self.receive())["op"] not in ("result", "error"):
            self.answer(message)
        if message["op"] == "error":
            raise _error(message)
        try:
            result, changed = message["values"]
            if changed is not None:
                _follow(given, changed)
            return given[0][message["same"]] if message.get("same") is not None else result
        except (ValueError, TypeError, LookupError) as error:
            raise WireError("the submission sent a result that is none") from error

    def answer(self, message: dict[str, Any]) -> None:
        """Call what the other end asks for, and send it what comes of it."""
        if message["op"] != "call":
            raise WireError("the submission asks for what it may not")
        try:
            target, (args, kwargs) = self.lent(message["handle"]), message["values"]
        except (LookupError, TypeError, ValueError) as error:
            raise WireError("the submission asks for what it was not lent") from error
        try:
            before = self.encode([args, kwargs])
            with self._guard():
                result = target(*args, **kwargs)
            changed = [args, kwargs] if self.encode([args, kwargs]) != before else None
            mutable = (list, dict, set, np.ndarray)
            same = next((i for i, arg in enumerate(args) if arg is result and isinstance(arg, mutable)), None)
            self.send("result", [None if same is not None else result, changed], same=same)
        except WireError:
            raise
        except BaseException as error:  # the student's code may raise anything
            names = [kind.__name__ for kind in type(error).__mro__][:8]
            try:
                text = str(error)[:MAX_TEXT]
            except BaseException:
                text = ""
            self.send("error", names=names, text=text, place=calls.place(error, target))


def _array(value: np.ndarray | np.generic) -> dict[str, Any]:
    array = np.asarray(value)
    if array.dtype.kind not in _PLAIN_ARRAYS:
        raise ValueError("not an array of plain numbers or texts")
    kind = "scalar" if isinstance(value, np.generic) else "array"
    return {"t": kind, "dtype": array.dtype.str, "shape": array.shape, "v": base64.b64encode(array.tobytes()).decode()}


def _to_array(value: str, said: dict[str, Any]) -> np.ndarray | np.generic:
    dtype = np.dtype(str(said["dtype"]))
    if dtype.kind not in _PLAIN_ARRAYS:
        raise ValueError("not an array of plain numbers or texts")
    array = np.frombuffer(base64.b64decode(value), dtype).reshape(said["shape"]).copy()
    return array[()] if said["t"] == "scalar" else array


def _number(value: Any) -> float | None:
    with contextlib.suppress(Exception):
        return float(value)
    return None


def _odd(looks: Any, name: Any, once: Any) -> Odd:
    methods: dict[str, Any] = {}
    items, number = looks if isinstance(looks, list) else (None, None)
    if isinstance(looks, np.ndarray):
        methods["__array__"] = lambda self, dtype=None, copy=None: np.asarray(looks, dtype)
        items, number = (list(looks) if looks.ndim else None), _number(looks)
    if isinstance(items, list):
        methods |= {"__iter__": lambda self: iter(items), "__len__": lambda self: len(items)}
        if once:  # it can be gone through once only, and the checks say so
            methods["__next__"] = lambda self: next(iter(items))
    if isinstance(number, float):
        methods["__float__"] = lambda self: number
    return type(_name(name), (Odd,), methods)()


def _name(text: Any) -> str:
    return text if isinstance(text, str) and text.isidentifier() and len(text) < 100 else "object"


def _error(message: dict[str, Any]) -> BaseException:
    """The error of the other end as one of ours: the nearest class that we know, with the name and text it had."""
    names, text = message.get("names"), str(message.get("text"))[:MAX_TEXT]
    names = [_name(name) for name in names] if isinstance(names, list) and names else ["Exception"]
    kinds = [_ERRORS.get(name) or getattr(builtins, name, None) for name in names]
    base = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Exception)), Exception)
    place = str(message.get("place") or "")[:200]
    return type(names[0], (base,), {"__str__": lambda self: text, "__init__": lambda self: None, "place": place})()


def _follow(mine: Any, theirs: Any) -> Any:
    """Make in-place changes of the other end's copy in ours; what stands here now: ours, or theirs in its place."""
    if isinstance(mine, np.ndarray) and isinstance(theirs, np.ndarray):
        if mine.shape == theirs.shape and mine.flags.writeable:
            mine[...] = theirs
    elif isinstance(mine, list | tuple) and isinstance(theirs, list | tuple):
        kept = [_follow(m, t) for m, t in itertools.zip_longest(mine, theirs)][: len(theirs)]
        if isinstance(mine, list):
            mine[:] = kept
    elif isinstance(mine, dict) and isinstance(theirs, dict):
        kept = {key: _follow(mine.get(key), value) for key, value in theirs.items()}
        mine.clear()
        mine.update(kept)
    elif is_network(mine) and is_network(theirs) and len(mine.get_weights()) == len(theirs.get_weights()):
        mine.set_weights(theirs.get_weights())
    elif not callable(mine) and not isinstance(mine, Odd):
        return theirs
    return mine
