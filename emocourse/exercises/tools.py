"""What the checks of several exercises share."""

from typing import Any

import numpy as np

from ..checks import expect


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
