"""How a followed person looks: enough to tell apart the few people before one camera, for some seconds.

Not face recognition: a picture of 20×20 pixels, compared pixel by pixel, kept in memory while the person is followed.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from . import faces
from .detectors import Box

_BONES = slice(17, 48)  # brows, nose, eyes: they stay in place while the mouth and the jaw move
_LOOK_SIDE = 20  # pixels of the small picture by which a person is known
_LOOK_SIZE = 5.0  # its width in units of the bones' spread: the face and most of the hair

SAME = 0.45
"""Largest difference of two looks (see :func:`difference`) of one person; other people's are mostly larger."""


@dataclasses.dataclass(frozen=True, eq=False)
class Look:
    """How a person looks: the pattern, tone and, in colour, the tint of the head. Kept in memory only.

    Attributes:
        pattern: (400,) float32 of length 1: the small grey picture, its mean taken out.
        tone: mean grey level, 0 to 255.
        tint: (3,) float32, how far the mean of each channel lies from the grey; zeros for grey frames.
    """

    pattern: np.ndarray
    tone: float
    tint: np.ndarray

    def mixed(self, other: Look, share: float) -> Look:
        """This look with a share of another, as a person's look changes slowly."""
        pattern = (1 - share) * self.pattern + share * other.pattern
        return Look(
            pattern / max(float(np.linalg.norm(pattern)), 1e-9),
            (1 - share) * self.tone + share * other.tone,
            (1 - share) * self.tint + share * other.tint,
        )


def difference(a: Look, b: Look) -> float:
    """How different two looks are: 0 for the same picture, about 1 for pictures that have nothing in common."""
    tint = float(np.abs(a.tint - b.tint).mean())
    return 1 - float(a.pattern @ b.pattern) + abs(a.tone - b.tone) / 200 + tint / 60


def look_at(grey: np.ndarray, colour: np.ndarray | None, points: np.ndarray) -> Look | None:
    """The look of the head with these landmarks, (68, 2) pixels of the frame; None where it is not in the frame."""
    import cv2

    centre, spread = bones(points)
    side = _LOOK_SIZE * spread
    box = (float(centre[0] - side / 2), float(centre[1] - side / 2), float(side), float(side))
    try:
        small = faces.crop(grey, box, margin=0.0, side=_LOOK_SIDE, lift=0.0)
    except ValueError:
        return None
    small = cv2.GaussianBlur(small, (3, 3), 0).astype(np.float32)
    tone = float(small.mean())
    pattern = (small - tone).ravel()
    tint = np.zeros(3, np.float32)
    if colour is not None:
        left, top, right, bottom = (int(v) for v in (box[0], box[1], box[0] + side, box[1] + side))
        part = colour[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        if part.size:
            tint = part[::4, ::4].reshape(-1, 3).mean(0).astype(np.float32)
            tint -= tint.mean()
    return Look(pattern / max(float(np.linalg.norm(pattern)), 1e-9), tone, tint)


def bones(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre (2,) and spread, the root mean square distance from it, of brows, nose and eyes; pixels."""
    part = points[_BONES].astype(np.float64)
    centre = part.mean(0)
    return centre, float(np.sqrt(((part - centre) ** 2).sum(1).mean()))


def overlap(a: Box, b: Box) -> float:
    """What two boxes share, as a share of the smaller one."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, across) * max(0.0, down) / max(min(a[2] * a[3], b[2] * b[3]), 1e-9)
