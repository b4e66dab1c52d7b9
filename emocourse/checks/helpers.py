"""What the checks of several exercises share."""

import sys
from typing import Any

import numpy as np

from . import expect


def function(answer: Any) -> None:
    """The answer is a function."""
    expect(callable(answer), "keep the line that starts with def: the check calls your function")


def array(given: Any, what: str) -> np.ndarray:
    """What a function gave back, which must be an array; ``what`` says what it should be."""
    expect(given is not None, "your function gives nothing back: it needs a return")
    expect(isinstance(given, np.ndarray), f"your function gives a {type(given).__name__} back; {what} is a NumPy array")
    return given


def same(given: np.ndarray, right: np.ndarray) -> bool:
    """Whether two arrays have the same shape and numbers."""
    return given.shape == right.shape and bool((given == right).all())


def steps(answer: Any, *args: Any) -> int:
    """How many lines of Python run in a call: it grows with the data where a loop goes through them.

    Where the answer is a stand-in for a function of another process (`grading.wire.Remote`), that process counts.
    """
    if hasattr(type(answer), "count_steps"):
        return answer.count_steps(*args)
    count, before = 0, sys.gettrace()

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        answer(*args)
    finally:
        sys.settrace(before)
    return count
