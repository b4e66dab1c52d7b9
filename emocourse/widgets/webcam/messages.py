"""What the browser and the webcam widget tell each other.

What comes is checked before it is decoded, and kept only until it is answered; what goes is small and sound JSON.
"""

import io
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import CourseError

if TYPE_CHECKING:
    from ...live import drowsiness
    from ...live import engine as live

MAX_BYTES = 4 << 20
"""Largest frame, in bytes of JPEG: 4 MiB. The widget's own are about 50 KB."""

MAX_SIDE = 4096
"""Longest side of a frame, in pixels."""

_MAX_SCANS = 64  # a progressive JPEG of many thousand scans is small, and takes minutes to decode
_SESSION = re.compile(r"[0-9a-z-]{1,64}")
_LARGEST = 2**53  # JavaScript's whole numbers end here


@dataclass(frozen=True)
class Message:
    """What the browser says; ``session``: of the camera, photo or clip that it is about."""

    session: str


class Load(Message):
    """A page shows the widget: what takes long to load may be loaded now, before anyone presses Start."""


class Start(Message):
    """The browser begins with a new camera, photo or clip."""


class Stop(Message):
    """The browser is done with it."""


class Ping(Message):
    """The browser asks whether anyone is there."""


@dataclass(frozen=True)
class Frame(Message):
    """One image.

    Attributes:
        number: counts up within the session.
        time: when it was taken, in seconds from any moment.
        binary: whether the answer should hold the binary image of each person.
        jpeg: the file, at most MAX_BYTES.
    """

    number: int
    time: float
    binary: bool
    jpeg: bytes = field(repr=False)


def parse(content: Any, buffers: Any) -> Message:
    """A message from the browser, checked; nothing is decoded and nothing large is copied before its size is known.

    Args:
        content: what came as JSON.
        buffers: what came as bytes beside it.

    Raises:
        CourseError: it is not one of the five kinds of message, or a part of it is missing or out of range.
    """
    if not isinstance(content, dict):
        raise CourseError("The message is not a JSON object: reload the page.")
    kind, session = content.get("kind"), content.get("session")
    if not isinstance(session, str) or not _SESSION.fullmatch(session):
        raise CourseError("The message does not say which session it belongs to: reload the page.")
    simple = {"load": Load, "start": Start, "stop": Stop, "ping": Ping}.get(kind) if isinstance(kind, str) else None
    if simple is not None:
        return simple(session)
    if kind != "frame":
        raise CourseError("The message is of no known kind: reload the page.")
    number, time = content.get("number"), content.get("time")
    if type(number) is not int or not 0 <= number < _LARGEST:
        raise CourseError("The frame has no number: reload the page.")
    if type(time) not in (int, float) or not math.isfinite(time) or not 0 <= time < _LARGEST:
        raise CourseError("The frame does not say when it was taken: reload the page.")
    return Frame(session, number, float(time), content.get("binary") is True, _one_buffer(buffers))


def _one_buffer(buffers: Any) -> bytes:
    """The only buffer, in whatever form the notebook's server hands it over: bytes, bytearray, memoryview, array."""
    try:
        (buffer,) = buffers
        view = memoryview(buffer)
    except (TypeError, ValueError) as error:  # none, several, text, or a view that was released
        raise CourseError("The message of a frame must carry one image: reload the page.") from error
    if view.nbytes > MAX_BYTES:
        size = f"{view.nbytes / 2**20:.1f} MiB"
        raise CourseError(f"The frame has {size}, more than {MAX_BYTES >> 20}: take a smaller image.")
    return view.tobytes()


def decode(jpeg: bytes) -> np.ndarray:
    """The image in a JPEG file.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        CourseError: it is no JPEG, larger than MAX_SIDE on a side, or damaged.
    """
    from PIL import Image

    if not jpeg.startswith(b"\xff\xd8\xff"):
        raise CourseError("The frame is not a JPEG image: reload the page.")
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            width, height = image.size
            if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
                raise CourseError(f"The frame has {width}×{height} pixels, more than {MAX_SIDE} on a side.")
            if jpeg.count(b"\xff\xda") > _MAX_SCANS:
                raise CourseError("The frame is a JPEG image of a rare kind: reload the page.")
            return np.array(image.convert("RGB"))
    except CourseError:
        raise
    except Exception:  # a broken file makes Pillow raise nearly anything; its traceback would hold the image
        problem = CourseError("The frame is damaged: reload the page if this does not stop.")
    raise problem


def blank(image: np.ndarray) -> str | None:
    """How an image shows nothing at all: "colour", if it has only one; "noise", if no pixel is like its neighbours.

    Browsers with a protection against tracking give this in place of what a page has drawn. In white noise, the squared
    step from pixel to pixel is twice the variance, in photographs a small share of it.

    Args:
        image: (H, W, 3) uint8.
    """
    if np.ptp(image[::4, ::4], axis=(0, 1)).max() <= 2:  # JPEG rounds
        return "colour"
    grey = image[:256, :256].mean(axis=2)
    steps = [float(np.mean(np.diff(grey, axis=axis) ** 2)) for axis in (0, 1) if grey.shape[axis] > 1]
    return "noise" if grey.std() > 16 and min(steps) > grey.var() else None


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


def _drowsiness(state: "drowsiness.State") -> dict[str, Any]:
    """What is not known is None: the page must not show it as 0, nor a person who cannot be judged as awake."""
    return {
        "calibrated": bool(state.calibrated),
        "problem": None if state.problem is None else str(state.problem),
        "openness": _rounded([state.openness], 3)[0] if np.isfinite(state.openness) else None,
        "perclos": _rounded([state.perclos], 3)[0] if np.isfinite(state.perclos) else None,
        "blinks": int(state.blinks) if state.blinks_counted else None,
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
