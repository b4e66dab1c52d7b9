"""Comparing what a student's code gave with what is right, and saying where they first differ."""

from collections.abc import Iterator
from numbers import Number
from typing import Any

import numpy as np

SMALL = 12
"""Arrays and lists of at most so many items are shown whole."""
LONG = 120
"""Most characters of a value that is shown."""
_KINDS = {"int": "iu", "float": "f", "bool": "b"}


def settle(value: Any) -> Any:
    """Whatever can be gone through only once, or is a view of a dictionary, as a list; all else as it is."""
    once = isinstance(value, Iterator) or type(value).__name__ in ("dict_keys", "dict_values", "dict_items", "map")
    return list(value) if once and not isinstance(value, np.ndarray) else value


def show(value: Any, digits: int = 4) -> str:
    """A short text for a value: floats with so many digits, a large array by its shape and type."""
    if isinstance(value, np.ndarray):
        if value.ndim and value.size <= SMALL:
            return show(value.tolist(), digits)
        return show(value[()], digits) if not value.ndim else f"an array of shape {value.shape}, {value.dtype}"
    if isinstance(value, float | np.floating):
        return f"{float(value):.{digits}g}"
    if isinstance(value, np.generic):
        return show(value.item(), digits)
    if isinstance(value, list | tuple):
        inner = ", ".join(show(item, digits) for item in value[: SMALL + 1])
        text = f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
        return text if len(value) <= SMALL and len(text) <= LONG else f"a {type(value).__name__} of {len(value)} items"
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{show(k)}: {show(v, digits)}" for k, v in value.items()) + "}"
        return text if len(text) <= LONG else f"a dict of {len(value)} keys"
    if callable(value):
        return f"a {type(value).__name__}"
    text = repr(value)
    return text if len(text) <= LONG else text[: LONG - 1] + "…"


def difference(
    got: Any,
    want: Any,
    *,
    tolerance: float = 1e-5,
    any_order: bool = False,
    dtype: str | None = None,
    hide: bool = False,
) -> str:
    """Where two values first differ, in words; "" where they are the same.

    Lists, tuples and arrays stand for each other, and so do Python's numbers and NumPy's. Whole numbers must be equal,
    others within ``tolerance``, relative and absolute.

    Args:
        got: what the student's code gave.
        want: what is right.
        tolerance: of numbers that are not whole.
        any_order: whether items may come in any order.
        dtype: the type that arrays must have, such as "uint8", or "int", "float", "bool" for any of that kind.
        hide: do not say what is right (where it would give the answer away).
    """
    options = {"tolerance": tolerance, "hide": hide}
    if any_order:
        got, want = _sorted(got), _sorted(want)
    found = _differ(got, want, options)
    return found or (_wrong_type(got, want, dtype) if dtype else "")


def _said(got: Any, want: Any, hide: bool) -> str:
    """The two in words, with as many digits as it takes to tell them apart."""
    pairs = [(show(got, digits), show(want, digits)) for digits in (4, 8, 17)]
    mine, right = next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])
    if mine == right:
        mine, right = f"{mine} ({type(got).__name__})", f"{right} ({type(want).__name__})"
    return f"yours is {mine}" if hide else f"expected {right}, yours is {mine}"


def _differ(got: Any, want: Any, options: dict[str, Any]) -> str:
    if isinstance(want, np.ndarray) and want.dtype != object:
        return _differ_arrays(got, want, options) if want.ndim else _differ(got, want[()], options)
    if want is None or isinstance(want, str | bytes):
        same = type(got) is type(want) or isinstance(got, str | bytes)
        return "" if same and got == want else _said(got, want, options["hide"])
    if isinstance(want, Number | np.bool_):
        return "" if _same_number(got, want, options["tolerance"]) else _said(got, want, options["hide"])
    if isinstance(want, dict):
        return _differ_dicts(got, want, options)
    if isinstance(want, set | frozenset):
        given = set(got) if isinstance(got, set | frozenset | list | tuple) else got
        return "" if given == want else _said(got, want, options["hide"])
    if isinstance(want, list | tuple | np.ndarray | range):
        return _differ_lists(got, want, options)
    return "" if bool(np.all(got == want)) else _said(got, want, options["hide"])


def _same_number(got: Any, want: Any, tolerance: float) -> bool:
    if isinstance(got, str | bytes | list | tuple | None) or getattr(got, "ndim", 0):
        return False
    if isinstance(want, int | np.integer | np.bool_) and isinstance(got, int | np.integer | np.bool_):
        return int(got) == int(want)
    try:
        mine = complex(got) if isinstance(want, complex) else float(got)
    except (TypeError, ValueError, OverflowError):
        return False
    if isinstance(want, int | np.integer | np.bool_):
        return abs(mine - int(want)) < 1e-9
    return bool(np.isclose(mine, want, rtol=tolerance, atol=tolerance, equal_nan=True))


def _differ_arrays(got: Any, want: np.ndarray, options: dict[str, Any]) -> str:
    if got is None or isinstance(got, str | bytes | dict | set):
        return f"expected an array, yours is {show(got)}"
    try:
        mine = np.asarray(got)
    except (TypeError, ValueError):
        return "expected an array, and yours has rows of different lengths"
    if mine.shape != want.shape:
        known = not options["hide"] and want.size <= SMALL and mine.size <= SMALL
        shapes = f"expected the shape {want.shape}, yours has {mine.shape}"
        return f"{shapes}: {_said(mine, want, False)}" if known else shapes
    if want.dtype.kind not in "biufc" or mine.dtype.kind not in "biufc":
        if want.dtype.kind in "biufc":
            return f"expected numbers, yours are of type {mine.dtype}"
        wrong = np.asarray(mine != want)
    elif want.dtype.kind in "biu":
        wrong = abs(mine.astype(float) - want.astype(float)) > 1e-9 if mine.dtype.kind == "f" else mine != want
        wrong = wrong | np.isnan(mine) if mine.dtype.kind == "f" else wrong
    else:
        wrong = ~np.isclose(mine, want, rtol=options["tolerance"], atol=options["tolerance"], equal_nan=True)
    if not wrong.any():
        return ""
    if want.size <= SMALL and not options["hide"]:
        return _said(mine, want, False)
    place = tuple(int(k) for k in np.argwhere(wrong)[0])
    count = f" ({int(wrong.sum()):,} of {want.size:,} differ)" if want.size > SMALL else ""
    return f"at {list(place)} {_said(mine[place], want[place], options['hide'])}{count}"


def _differ_dicts(got: Any, want: dict, options: dict[str, Any]) -> str:
    if not isinstance(got, dict):
        return f"expected a dictionary, yours is {show(got)}"
    if odd := [key for key in got if key not in want]:
        return f"the key {show(odd[0])} should not be there"
    if missing := [key for key in want if key not in got]:
        return f"the key {show(missing[0])} is missing"
    found = ((key, _differ(got[key], want[key], options)) for key in want)
    return next((f"at the key {show(key)} {text}" for key, text in found if text), "")


def _differ_lists(got: Any, want: Any, options: dict[str, Any]) -> str:
    if isinstance(got, str | bytes | dict | set) or not hasattr(type(got), "__len__"):
        return f"expected {len(want)} items, yours is {show(got)}"
    if not isinstance(got, list | tuple | np.ndarray | range):
        got = list(got)
    flat = len(want) <= SMALL and all(isinstance(v, str | Number | None | np.generic) for v in (*want, *got))
    if len(got) != len(want):
        tail = f": {_said(list(got), list(want), False)}" if flat and not options["hide"] else ""
        return f"expected {len(want)} items, yours has {len(got)}{tail}"
    found = ((k, _differ(mine, right, options)) for k, (mine, right) in enumerate(zip(got, want, strict=True)))
    k, text = next(((k, text) for k, text in found if text), (0, ""))
    if text and flat and not options["hide"]:
        return _said(list(got), list(want), False)
    return f"at [{k}] {text}" if text else ""


def _sorted(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset | np.ndarray | range):
        items = value.tolist() if isinstance(value, np.ndarray) else list(value)
        return sorted(items, key=lambda item: repr(_plain(item)))
    return value


def _plain(item: Any) -> Any:
    """An item as one that looks the same whichever kin of list or number it is."""
    if isinstance(item, list | tuple | np.ndarray):
        return [_plain(one) for one in item]
    return float(item) if isinstance(item, Number | np.bool_) and not isinstance(item, complex) else item


def _wrong_type(got: Any, want: Any, dtype: str) -> str:
    if isinstance(want, tuple | list) and len(got) == len(want):
        return next((text for g, w in zip(got, want, strict=True) if (text := _wrong_type(g, w, dtype))), "")
    if not isinstance(want, np.ndarray):
        return ""
    given = np.asarray(got).dtype
    exact = dtype not in _KINDS and isinstance(got, np.ndarray)
    kinds = _KINDS.get(dtype) or np.dtype(dtype).kind
    right = given == np.dtype(dtype) if exact else given.kind in kinds
    return "" if right else f"the numbers are right, but their type is {given}; expected {dtype}"
