"""Calling a student's function on a case, and saying where it stopped when it does."""

import contextlib
import copy
import dis
import io
import linecache
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .values import LONG, difference, settle, show

_OURS = str(Path(__file__).parents[1])
_LIBRARIES = (
    _OURS,
    str(Path(__file__).parents[2] / "course_tools"),
    *{sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")},
)


class Case:
    """What a function is tried with: a few words for the hint, the arguments, and which kind of case it is.

    Args:
        words: says the case after "for", such as "two emotions that tie".
        args: the arguments; each call gets a copy.
        kind: what it is there for, such as "tie", "edge", "absent", "uneven", "order", "dtype", "list", "empty".
        want: what the right answer gives, where it is worth writing down (the tests compare).
        kwargs: arguments by name.
    """

    def __init__(self, words: str, *args: Any, kind: str = "usual", want: Any = ..., **kwargs: Any) -> None:
        self.words, self.args, self.kind, self.want, self.kwargs = words, args, kind, want, kwargs

    def cast(self, dtype: str) -> "Case":
        """The same case with its arrays in another type of number."""
        args = [arg.astype(dtype) if hasattr(arg, "astype") else arg for arg in self.args]
        return Case(f"{self.words}, as {dtype}", *args, kind="dtype", want=self.want, **self.kwargs)

    def told(self, name: str) -> str:
        """The case in words, with the call where that is short enough to be typed."""
        parts = [show(arg) for arg in self.args] + [f"{key}={show(arg)}" for key, arg in self.kwargs.items()]
        call = f"{name}({', '.join(parts)})"
        typed = not any(part.startswith(("a ", "an ")) for part in parts) and len(call) <= LONG
        return f"{self.words}, {call}" if typed else self.words


@dataclass
class Ran:
    """What came of a call: a value or an error, what was printed, and whether an argument was changed.

    ``once``: the value was a view or can be gone through only once; it is kept as a list.
    """

    value: Any = None
    error: Exception | None = None
    printed: str = ""
    changed: bool = False
    args: list[Any] = field(default_factory=list)
    once: bool = False


def run(function: Callable[..., Any], case: Case) -> Ran:
    """Call a function with copies of a case's arguments.

    Raises:
        NotImplementedError: the function is a stub.
    """
    args, kwargs = _copies([list(case.args), case.kwargs])
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            came = function(*args, **kwargs)
            value = settle(came)
    except NotImplementedError:
        raise
    except Exception as error:  # a student's code may raise anything
        return Ran(error=error, printed=printed.getvalue(), args=args)
    changed = any(_changed(mine, given) for mine, given in zip(args, case.args, strict=True))
    # A function may give its argument back and a later call change it: keep what it was.
    return Ran(_copies(value), None, printed.getvalue(), changed, args, once=value is not came)


def unread(function: Any) -> str:
    """The first parameter that a function of Python's never reads; "" if there is none."""
    code = getattr(function, "__code__", None)
    if code is None:
        return ""
    read = {name for step in dis.get_instructions(code) if "LOAD" in step.opname for name in np.atleast_1d(step.argval)}
    return next((name for name in code.co_varnames[: code.co_argcount] if name not in {*read, *code.co_cellvars}), "")


def stopped(error: Exception, function: Any = None) -> str:
    """The name and text of an error of the student's code, and the line where it arose, if that can be known."""
    line = place(error, function)
    return f"your code stopped with {type(error).__name__}: {error}{f' ({line})' if line else ''}"


def place(error: BaseException, function: Any = None) -> str:
    """The last line of the student's code that an error went through: 'line 3: `return x[10]`'; "" if there is none."""
    own = getattr(getattr(function, "__code__", None), "co_filename", None)
    # The error of another process brings its place along (`course_tools.grading.wire`).
    found, trace = str(getattr(error, "place", ""))[:200], error.__traceback__
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if filename == own or not (filename.startswith(_LIBRARIES) or "site-packages" in filename):
            source = linecache.getline(filename, trace.tb_lineno).strip()
            found = f"line {trace.tb_lineno}{f': `{source}`' if source else ''}"
        trace = trace.tb_next
    return found


def _changed(mine: Any, given: Any) -> bool:
    if not isinstance(given, list | dict | set | np.ndarray):
        return False
    in_another_order = isinstance(given, dict) and isinstance(mine, dict) and list(mine) != list(given)
    return in_another_order or bool(difference(mine, given, tolerance=0))


def _copies(value: Any) -> Any:
    """A deep copy, save of networks and of what cannot be copied."""
    if hasattr(value, "get_weights"):
        return value
    if isinstance(value, list):
        return [_copies(item) for item in value]
    try:
        return copy.deepcopy(value)
    except Exception:  # the student's own class may refuse
        return value
