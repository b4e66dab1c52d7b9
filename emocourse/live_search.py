"""Where to look for faces in the next frame of a film, when looking everywhere at once would take too long.

dlib's detector sees no face under 80 pixels, and its time grows with the picture. A frame is therefore looked at in
turns: whole, at a size at which near faces show (640 pixels wide: about 25 ms on one core); and in parts enlarged to
twice that, each as long again, in which far ones show. A person who is known already is looked for only around the
place where they should be, in a few milliseconds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from . import detectors
from .detectors import Box
from .faces import Face, without_duplicates

WHOLE_SIDE = 640
"""Longer side, in pixels, at which a whole frame is searched."""

LOWEST = -0.3
"""Lowest HOG score that is reported at all: below `faces.PHOTO_THRESHOLD` it only confirms who is known already."""

_AROUND = 100.0  # pixels that a face is wide where it is looked for by itself: over dlib's 80, so that it may shrink
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
    """The whole frame, small and with a border: for a face that fills it."""
    return Region(0, 0, shape[1], shape[0], min(1.0, 320 / max(shape)), detectors.border_of(shape))


def parts(shape: tuple[int, int]) -> list[Region]:
    """The frame in overlapping parts, each enlarged to twice the size at which the whole is searched."""
    scale = 2 * whole(shape).scale
    share = round(_OVERLAP / scale)
    counts = [2 if side * scale > 400 else 1 for side in shape]
    spans = []
    for side, count in zip(shape, counts, strict=True):
        step = side / count
        spans.append(
            [
                (max(0, int(k * step - share / 2)) if k else 0, min(side, int((k + 1) * step + share / 2) + 1))
                for k in range(count)
            ]
        )
    return [Region(left, top, right, bottom, scale) for top, bottom in spans[0] for left, right in spans[1]]


def turns(shape: tuple[int, int]) -> Iterator[Region]:
    """Endless: the whole frame every other time, in between its enlarged parts one by one, then the near faces."""
    between = [*parts(shape), near(shape)]
    while True:
        for region in between:
            yield whole(shape)
            yield region


def look(grey: np.ndarray, region: Region, threshold: float = LOWEST) -> list[Face]:
    """The faces in a region, best first, in pixels of the frame.

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
