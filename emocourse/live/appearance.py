"""The appearance of a followed face: enough to tell apart the few people before one camera, for some seconds.

Not face recognition: an image of 16×16 pixels, each compared with those about its place, kept in memory while the
person is followed.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from ..faces import detection as faces
from ..faces.detection import Box

_RIGID = slice(17, 48)  # brows, nose, eyes: they stay in place while the mouth and the jaw move
_SIDE = 16  # pixels of the small image by which a person is known
_SIZE = 8.0  # its width in units of the rigid points' spread: the head and its hair
_LEVELS = 5.5  # grey levels outside the other's range that make a difference of 1
_STEP = 0.02  # share by which the exposure must change from one frame to the next to count

SAME = 0.55
"""Largest usual :func:`difference` of two appearances of one person. Of drawn people, 98 % of the pairs of one person,
with whatever expressions, lie below 0.45, and 94 % of the pairs of two people above; 0.55 lost the fewest people in
films, since whoever is not known again costs more than a doubt that lasts longer."""


@dataclasses.dataclass(frozen=True, eq=False)
class Appearance:
    """How a person's head looks.

    Attributes:
        tones: (n,) float32, grey levels of a small image of the head, without mouth and chin.
        low, high: (n,) float32, the least and the most of each of its pixels and the eight about it.
        tint: (3,) float32, how far the mean of each channel lies from their mean; zeros for grey frames.
    """

    tones: np.ndarray
    low: np.ndarray
    high: np.ndarray
    tint: np.ndarray

    def mixed(self, other: Appearance, share: float) -> Appearance:
        """This appearance with a share, 0 to 1, of another, as a person's changes slowly."""
        fields = (field.name for field in dataclasses.fields(self))
        return Appearance(*((1 - share) * getattr(self, name) + share * getattr(other, name) for name in fields))


def difference(a: Appearance, b: Appearance) -> float:
    """How different two appearances are: 0 for the same image, about 1 for people of clearly different tones.

    A pixel differs by what it lies outside the range of the other image's pixels about the same place: landmarks are
    a little off, and an expression moves brows and forehead by a pixel, which would count for more than who it is.
    """
    there = np.maximum(np.maximum(a.tones - b.high, b.low - a.tones), 0).mean()
    back = np.maximum(np.maximum(b.tones - a.high, a.low - b.tones), 0).mean()
    return float((there + back) / 2 / _LEVELS + np.abs(a.tint - b.tint).mean() / 40)


class Exposure:
    """How the light of a film has changed since it began, so that a lamp that is switched on makes nobody a stranger.

    Most of two frames that follow one another shows the same thing, so the median of the ratios of their grey levels is
    1 whoever moves, unless the light or the camera's exposure has changed.
    """

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._gain = 1.0

    def gain(self, grey: np.ndarray) -> float:
        """What the grey levels of the next frame, (H, W) uint8, must be multiplied by to be those of the first."""
        import cv2

        height, width = grey.shape
        size = (min(width, 64), min(height, 48))
        now = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32) + 4
        if self._before is not None and self._before.shape == now.shape:
            ratio = float(np.median(now / self._before))
            if abs(ratio - 1) > _STEP:
                self._gain /= ratio
        self._before = now
        return float(np.clip(self._gain, 0.1, 10))  # only here: a dark frame and the one after it cancel out


def appearance_of(grey: np.ndarray, colour: np.ndarray | None, points: np.ndarray, gain: float) -> Appearance | None:
    """The appearance of the head with these landmarks; None where it is not in the frame.

    Args:
        grey: (H, W) uint8.
        colour: the same frame, (H, W, 3) uint8, where there is colour.
        points: (68, 2), pixels of the frame.
        gain: from :class:`Exposure`.
    """
    import cv2

    centre, spread = rigid_points(points)
    side = _SIZE * spread
    left, top = (float(v) for v in centre - side / 2)
    try:
        small = faces.crop(grey, (left, top, side, side), margin=0.0, side=_SIDE, lift=0.0)
    except ValueError:
        return None
    square = np.ones((3, 3), np.uint8)
    images = (small, cv2.erode(small, square), cv2.dilate(small, square))
    tones, low, high = (image[_head()].astype(np.float32) * np.float32(gain) for image in images)
    tint = np.zeros(3, np.float32)
    if colour is not None:
        third = 0.375 * side  # the middle of the head: skin
        rows, columns = (slice(max(0, int(v + third)), max(0, int(v + side - third))) for v in (top, left))
        part = colour[rows, columns]
        if part.size:
            tint = np.array(cv2.mean(part)[:3], np.float32) * np.float32(gain)
            tint -= tint.mean()
    return Appearance(tones, low, high, tint)


@functools.cache
def _head() -> np.ndarray:
    """(16, 16) bool: hair, forehead, eyes and nose, well within the head, so that what stands beside it seldom counts.

    Mouth and chin are left out: they tell of the expression.
    """
    y, x = np.mgrid[-1 : 1 : _SIDE * 1j, -1 : 1 : _SIDE * 1j]
    return ((x / 0.4) ** 2 + (y / 0.8) ** 2 < 1) & (y < 0.25)


def rigid_points(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre (2,) and spread, the root mean square distance from it, of brows, nose and eyes; pixels."""
    part = points[_RIGID].astype(np.float64)
    centre = part.mean(0)
    return centre, float(np.sqrt(((part - centre) ** 2).sum(1).mean()))


def overlap(a: Box, b: Box) -> float:
    """What two boxes share, as a share of the smaller one."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, across) * max(0.0, down) / max(min(a[2] * a[3], b[2] * b[3]), 1e-9)
