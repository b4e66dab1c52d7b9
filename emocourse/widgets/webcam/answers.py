"""What the webcam widget tells the browser: people, bits and sentences, all of them small and sound JSON."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import CourseError

if TYPE_CHECKING:
    from ...live import drowsiness as fatigue
    from ...live import engine as live


def describe(person: "live.Person", number: int) -> dict[str, Any]:
    """One person as the page gets it: whole pixels, and rounded numbers that are all finite."""
    state = person.drowsiness
    return {
        "id": number,
        "box": _rounded(person.box, 1),
        "landmarks": _rounded(np.asarray(person.landmarks).ravel(), 1),
        "emotion": person.emotion,
        "probability": _rounded([person.probability], 4)[0],
        "probabilities": {name: _rounded([value], 4)[0] for name, value in person.probabilities.items()},
        "drowsiness": None if state is None else _drowsiness(state),
    }


def _drowsiness(state: "fatigue.State") -> dict[str, Any]:
    return {
        "calibrated": bool(state.calibrated),
        "openness": _rounded([state.openness], 3)[0],
        "perclos": _rounded([state.perclos], 3)[0],
        "blinks": int(state.blinks),
        "yawns": int(state.yawns),
        "alarm": bool(state.alarm),
        "reasons": [str(reason) for reason in state.reasons],
    }


def _rounded(numbers: Any, digits: int) -> list[float]:
    finite = np.nan_to_num(np.asarray(numbers, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    return [round(float(value), digits) for value in finite]


def packed(seen: np.ndarray) -> bytes:
    """What the network sees, row by row: a binary image (48, 48, 1) as a bit a pixel, a grey one (44, 44) as a byte."""
    seen = np.asarray(seen)
    return seen.tobytes() if seen.dtype == np.uint8 else np.packbits(seen[..., 0] > 0.5).tobytes()


def plain(value: Any) -> int | str | None:
    """What may be sent back of a message that made no sense."""
    if type(value) is int and abs(value) < 2**53:
        return value
    return value[:64] if isinstance(value, str) else None


def sentence(error: Exception) -> str:
    """An exception in one line for the page."""
    words = " ".join(str(error).split())[:300]
    if isinstance(error, CourseError):
        return words
    return f"The engine stopped with {type(error).__name__}: {words}" if words else f"The engine stopped: {error!r}"
