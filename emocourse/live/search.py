"""Where to look for faces in the next frame of a film, when looking everywhere at once would take too long.

dlib's detector sees no face under 80 pixels, and its time grows with the image. A frame is therefore searched in
turns: small, which shows near faces (7 ms on one core); 640 pixels wide (25 ms); and in parts enlarged to twice that,
each as long again, in which far ones show. Where nothing has changed since the last time, no turn is spent. A person
who is known already is looked for only around the place where they should be, in a few milliseconds.
"""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np

from ..faces import detection as detectors
from ..faces.detection import Box, Face, without_duplicates

WHOLE_SIDE = 640
"""Longer side, in pixels, at which a whole frame is searched."""

LOWEST = -0.3
"""Lowest HOG score that is reported at all: below `faces.PHOTO_THRESHOLD` it only confirms who is known already."""

_AROUND = 100.0  # pixels that a face is wide where it is looked for by itself: over dlib's 80, so that it may shrink
_SHRINK = 8
_CHANGED = 8  # grey levels, in the mean of a patch of 24 pixels: far over a camera's noise
_OVERLAP = 84  # pixels that enlarged parts share, so that every face lies whole in one of them


@dataclasses.dataclass(frozen=True)
class Region:
    """A part of the frame, how many times to enlarge it, and the border that is put around it, in pixels of it.

    ``left, top, right, bottom`` are whole pixels of the frame, the last two one beyond the part.
    """

    left: int
    top: int
    right: int
    bottom: int
    scale: float
    border: int = 0

    @property
    def smallest(self) -> float:
        """Width in pixels of the frame of the smallest face that shows in it."""
        return 84 / self.scale

    def sees(self, box: Box) -> bool:
        """Whether a face there would be found, were it one."""
        x, y, w, h = box
        inside = x >= self.left and y >= self.top and x + w < self.right and y + h < self.bottom
        return inside and min(w, h) >= self.smallest


def whole(shape: tuple[int, int]) -> Region:
    """The whole frame, at about :data:`WHOLE_SIDE` pixels; small frames are at most doubled."""
    return Region(0, 0, shape[1], shape[0], min(2.0, WHOLE_SIDE / max(shape)))


def near(shape: tuple[int, int]) -> Region:
    """The whole frame, small and with a border: for near faces, also one that fills the frame."""
    return Region(0, 0, shape[1], shape[0], min(1.0, 256 / max(shape)), detectors.border_of(shape))


def parts(shape: tuple[int, int]) -> list[Region]:
    """The frame in overlapping parts, each enlarged to twice the size at which the whole is searched."""
    scale = 2 * whole(shape).scale
    share = _OVERLAP / scale
    spans = []
    for side in shape:
        count = 2 if side * scale > 400 else 1
        cuts = np.linspace(0, side, count + 1)
        spans.append(
            [(max(0, int(a - share / 2)), min(side, int(b + share / 2) + 1)) for a, b in itertools.pairwise(cuts)]
        )
    return [Region(left, top, right, bottom, scale) for top, bottom in spans[0] for left, right in spans[1]]


class Rounds:
    """Which region to search next: those in turn that have changed since they were last searched, or long ago.

    Where nothing moves, no new face can come up, and the people who are known move without being searched for. What
    has changed is seen on an image of an eighth of the frame's size, in which noise has gone.
    """

    def __init__(self, shape: tuple[int, int]):
        self._shape = shape
        enlarged = [(region, 15.0) for region in parts(shape)]
        first = [(near(shape), 2.0), (whole(shape), 4.0)]
        self._turns = [turn for part in enlarged for turn in (*first, part)]
        self._at = 0
        self._searched: dict[Region, tuple[float, np.ndarray, np.ndarray]] = {}

    def next(self, grey: np.ndarray, time: float, people: list[Box], crowded: bool) -> Region | None:
        """The region to search in this frame, or None where none is worth it.

        Args:
            grey: (H, W) uint8, the frame.
            time: of the frame, seconds.
            people: boxes of the faces that are known, whose movements do not count.
            crowded: they are so near one another that somebody may come out from behind them: then what they covered
                when the region was last searched counts.
        """
        import cv2

        height, width = self._shape
        small = cv2.resize(grey, (-(-width // _SHRINK), -(-height // _SHRINK)), interpolation=cv2.INTER_AREA)
        unknown = np.ones(small.shape, bool)
        for x, y, w, h in people:
            for left, top, right, bottom in ((0.5, 0.8, 1.5, 1.6), (0.8, -0.9, 1.8, np.inf)):  # the head; what is below
                rows = _cells(y - top * h, y + bottom * h, small.shape[0])
                unknown[rows, _cells(x - left * w, x + right * w, small.shape[1])] = False
        for _ in self._turns:
            region, often = self._turns[self._at]
            self._at = (self._at + 1) % len(self._turns)
            then, before, seen = self._searched.get(region, (-np.inf, small, unknown))
            if time - then < often:
                changed = (cv2.blur(cv2.absdiff(small, before), (3, 3)) > _CHANGED) & unknown
                changed &= seen | crowded
                rows = _cells(region.top, region.bottom, small.shape[0])
                if not changed[rows, _cells(region.left, region.right, small.shape[1])].any():
                    continue
            self._searched[region] = (time, small, unknown)
            return region
        return None


def _cells(start: float, stop: float, most: int) -> slice:
    """The rows or columns of the small image that a stretch of pixels touches."""
    first, last = np.clip((start / _SHRINK, stop / _SHRINK), 0, most)
    return slice(math.floor(first), math.ceil(last))


def detect_in(grey: np.ndarray, region: Region, threshold: float = LOWEST) -> list[Face]:
    """The faces in a region, highest score first, in pixels of the frame.

    Args:
        grey: (H, W) uint8, the frame.
        region: where to look.
        threshold: lowest HOG score.
    """
    part = grey[region.top : region.bottom, region.left : region.right]
    if min(part.shape) < 8:
        return []  # no detector can see a face of a few pixels
    scaled, fx, fy = detectors.prepare(part, region.scale, region.border)
    found = []
    for box, score in detectors.run_hog(scaled, threshold):
        x, y, w, h = detectors.map_back(box, fx, fy, region.border)
        found.append(Face((x + region.left, y + region.top, w, h), score, "hog"))
    return without_duplicates(found)


def around(shape: tuple[int, int], box: Box, grow: float = 0.45) -> Region | None:
    """The region about one face, larger by ``grow`` of its width on each side; None where none of it is in the frame.

    Enlarged or reduced so that the face is a little wider than dlib needs.
    """
    x, y, w, h = box
    left, top = max(0, int(x - grow * w)), max(0, int(y - grow * h))
    right, bottom = min(shape[1], int(x + (1 + grow) * w) + 1), min(shape[0], int(y + (1 + grow) * h) + 1)
    if right - left < 8 or bottom - top < 8:
        return None
    return Region(left, top, right, bottom, min(_AROUND / max(w, h), 4.0))
