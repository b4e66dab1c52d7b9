"""A drawn hand in front of a face: the slides' "some people have hands obscuring their faces", made to measure."""

from __future__ import annotations

import numpy as np

from ..errors import CourseError
from .canvas import Brush, check_landmarks
from .shape import split_pose

PLACES = {"mouth": (0.0, 1.05, -2.75), "eye": (0.8, 0.62, -1.95), "cheek": (-0.95, 0.75, -1.75)}
"""Where a hand can be: middle of the palm, right and down from between the eyes, in distances between the eyes; and the
direction of its fingers in radians, 0 to the right, -pi/2 up."""

# Along the fingers (u) and across (v), in distances between the eyes; the palm's middle is (0, 0).
_ARM = ((-3.6, 0.0), (-0.45, 0.0), 0.62)
_PALM = ((-0.3, 0.0), (0.2, 0.0), 0.86)
_THUMB = ((-0.3, 0.3), (0.3, 0.62), 0.24)
_FINGERS = tuple(
    ((0.3, v), (0.3 + length, 1.15 * v), 0.215)
    for v, length in zip((-0.33, -0.11, 0.11, 0.32), (0.62, 0.8, 0.75, 0.55), strict=True)
)


def cover(picture: np.ndarray, landmarks: np.ndarray, place: str = "mouth", size: float = 1.0) -> np.ndarray:
    """A copy of a picture with a drawn hand in front of the face.

    Args:
        picture: (side, side) uint8 grey.
        landmarks: (68, 2) of the face, in 48-pixel coordinates whatever the side.
        place: what the hand covers: one of ``PLACES``.
        size: of the hand; at 1 it is about as large as that of the same person.

    Returns:
        (side, side) uint8; the hand has the grey of the face's own skin.

    Raises:
        CourseError: no such place, or not a square grey picture with 68 landmarks.
    """
    picture = np.asarray(picture)
    if place not in PLACES:
        raise CourseError(f"A hand cannot be drawn at {place!r}: use {', '.join(PLACES)}.")
    if picture.ndim != 2 or picture.shape[0] != picture.shape[1] or picture.dtype != np.uint8 or not picture.size:
        raise CourseError("A hand is drawn on a square grey picture, (side, side) uint8.")
    points = check_landmarks(landmarks)
    scale = picture.shape[0] / 48
    points = (points + 0.5) * scale - 0.5
    pose, _ = split_pose(points[None])
    centre, unit, tilt = pose[0, :2], float(np.exp(pose[0, 2])), float(pose[0, 3])
    right, down, towards = PLACES[place]
    turn, aim = _rotation(tilt), _rotation(tilt + towards)
    middle = centre + unit * (np.array([right, down]) @ turn)
    tone = _skin(picture, points)
    canvas = picture.astype(np.float32)
    brush = Brush(canvas)
    for start, end, width in (_ARM, _PALM, _THUMB, *_FINGERS):
        ends = [middle + unit * size * (np.array(point) @ aim) for point in (start, end)]
        for grow, shade in ((0.05, 0.55), (0.0, 1.0)):  # a dark rim under each part tells the fingers apart
            brush.fill(_capsule(*ends, unit * size * (width + grow)), tone=shade * tone, blur=0.25 * scale)
    return np.clip(canvas + 0.5, 0, 255).astype(np.uint8)


def _rotation(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, s], [-s, c]])


def _capsule(start: np.ndarray, end: np.ndarray, width: float) -> np.ndarray:
    """The outline of a thick line with round ends."""
    along = end - start
    angle = np.arctan2(along[1], along[0])
    t = np.linspace(-np.pi / 2, np.pi / 2, 12) + angle
    half = width / 2 * np.stack([np.cos(t), np.sin(t)], axis=1)
    return np.concatenate([end + half, start - half])


def _skin(picture: np.ndarray, points: np.ndarray) -> float:
    """The grey of the cheeks and the nose, a little darker than there: hands stand out from the faces behind them."""
    spots = np.concatenate([points[27:31], (points[31] + points[2])[None] / 2, (points[35] + points[14])[None] / 2])
    x, y = np.clip(np.rint(spots), 0, picture.shape[0] - 1).astype(int).T
    return 0.9 * float(np.median(picture[y, x]))
