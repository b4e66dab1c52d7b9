"""Films on disk, read frame by frame with their own times.

OpenCV opens the file with whatever decoders its wheel carries. What a file says of itself is not believed: its size is
checked before the first frame is decoded, times that do not rise are mended, and how far a damaged film came is told by
time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..backend import silent_stderr
from ..errors import CourseError
from ..files import images
from ..files.store import open_regular, show

MAX_SIDE = 8192
"""Longest side of a film's frame, in pixels."""

LONGEST_STILL = 3600.0
"""Seconds from one frame to the next beyond which a time is taken for damage."""

_LEAST_RATE = 1.0  # a film that claims less leaps somewhere: that is no step from frame to frame
_MOST_RATE = 240.0  # a film that claims more is written by a program that counts in milliseconds


@dataclasses.dataclass(frozen=True)
class Film:
    """What a film says of itself.

    Attributes:
        width, height: pixels of a frame, as it is shown (turned upright).
        rate: frames a second, or 0 where the file does not say.
        frames: how many frames it says it has, or 0.
    """

    width: int
    height: int
    rate: float
    frames: int

    @property
    def seconds(self) -> float:
        """How long it says that it lasts, or 0."""
        return self.frames / self.rate if self.rate else 0.0


@contextlib.contextmanager
def open_film(path: str | os.PathLike) -> Iterator[tuple[Film, Iterator[tuple[float, np.ndarray]]]]:
    """Open a film: what it says of itself, and its frames one by one, each a time in seconds and (H, W, 3) uint8 RGB.

    The times are the file's own, so films of a changing rate are right; where they stand still, fall, or leap by more
    than an hour, they are counted on from the last one. A film that is stored sideways is turned.

    Raises:
        CourseError: the file cannot be read, is no film, has no frame, or one over :data:`MAX_SIDE`.
    """
    import cv2

    path = Path(path)
    open_regular(path).close()  # missing, a folder, a pipe, no permission: said in our words, and never waited for
    with silent_stderr():
        capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise CourseError(
                f"{show(path)} is no film that OpenCV can read, or damaged: give an .mp4, .avi or .webm file."
            )
        size = [capture.get(what) for what in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)]
        if not all(1 <= side <= MAX_SIDE for side in size) or size[0] * size[1] > images.MAX_PIXELS:
            raise CourseError(f"{show(path)} has frames of {size[0]:.0f}×{size[1]:.0f} pixels: make the film smaller.")
        rate, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
        rate = rate if math.isfinite(rate) and 0 < rate <= 1000 else 0.0
        count = int(count) if math.isfinite(count) and 0 < count < 1e9 else 0
        frames = _frames(capture, rate if _LEAST_RATE <= rate <= _MOST_RATE else 25.0)
        try:
            first = next(frames)
        except StopIteration:
            raise CourseError(f"{show(path)} holds no frame that can be read: get the film again.") from None
        height, width = first[1].shape[:2]
        yield Film(width, height, rate, count), _chain(first, frames)
    finally:
        capture.release()


def _chain(first: tuple[float, np.ndarray], rest: Iterator[tuple[float, np.ndarray]]) -> Iterator:
    yield first
    yield from rest


def _frames(capture: Any, rate: float) -> Iterator[tuple[float, np.ndarray]]:
    import cv2

    last = -math.inf
    while True:
        with silent_stderr():
            try:
                there, frame = capture.read()
            except cv2.error:  # a damaged frame; how far the film came is told by time
                return
        if not there or frame is None:
            return
        if frame.dtype != np.uint8 or frame.ndim not in (2, 3):
            return
        time = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if not math.isfinite(time) or time <= last or (math.isfinite(last) and time - last > LONGEST_STILL):
            time = last + 1 / rate if math.isfinite(last) else 0.0
        last = time
        colour = cv2.COLOR_GRAY2RGB if frame.ndim == 2 else cv2.COLOR_BGR2RGB
        yield time, cv2.cvtColor(frame, colour)
