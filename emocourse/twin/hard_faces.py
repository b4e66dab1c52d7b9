"""Drawn faces that are hard to find: turned heads, hands, darkness, blur; and, as nothing else has it, the truth.

The slides: "Sometimes there are fails in landmark detection". On photos nobody knows where the landmarks really are. A
drawn face was drawn around its landmarks, so here each failure can be seen and measured.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ..errors import CourseError
from ..faces import landmarks
from .canvas import Brush, check_landmarks
from .model import load
from .portrait import draw
from .shape import join_pose, split_pose
from .style import random_style

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


def cover(image: np.ndarray, landmarks: np.ndarray, place: str = "mouth", size: float = 1.0) -> np.ndarray:
    """A copy of an image with a drawn hand in front of the face. Lessons 02, 04.

    Args:
        image: (side, side) uint8 grey.
        landmarks: (68, 2) of the face, in 48-pixel coordinates whatever the side.
        place: what the hand covers: one of ``PLACES``.
        size: of the hand; at 1 it is about as large as that of the same person.

    Returns:
        (side, side) uint8; the hand has the grey of the face's own skin.

    Raises:
        CourseError: no such place, or not a square grey image with 68 landmarks.
    """
    image = np.asarray(image)
    if place not in PLACES:
        raise CourseError(f"A hand cannot be drawn at {place!r}: use {', '.join(PLACES)}.")
    if image.ndim != 2 or image.shape[0] != image.shape[1] or image.dtype != np.uint8 or not image.size:
        raise CourseError("A hand is drawn on a square grey image, (side, side) uint8.")
    points = check_landmarks(landmarks)
    scale = image.shape[0] / 48
    points = (points + 0.5) * scale - 0.5
    pose, _ = split_pose(points[None])
    centre, unit, tilt = pose[0, :2], float(np.exp(pose[0, 2])), float(pose[0, 3])
    right, down, towards = PLACES[place]
    turn, aim = _rotation(tilt), _rotation(tilt + towards)
    middle = centre + unit * (np.array([right, down]) @ turn)
    tone = _skin(image, points)
    canvas = image.astype(np.float32)
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


def _skin(image: np.ndarray, points: np.ndarray) -> float:
    """The grey of the cheeks and the nose, a little darker than there: hands stand out from the faces behind them."""
    spots = np.concatenate([points[27:31], (points[31] + points[2])[None] / 2, (points[35] + points[14])[None] / 2])
    x, y = np.clip(np.rint(spots), 0, image.shape[0] - 1).astype(int).T
    return 0.9 * float(np.median(image[y, x]))


TROUBLES = ("none", "turned head", "hand", "darkness", "blur")
"""What makes a face of :func:`draw_hard_faces` hard to find."""

WRONG = 2.0
"""Mean error of the inner landmarks, in pixels of the 48×48 image, from which they count as wrong: nearly as much as
the eyes of the mean neutral face are open (2.4 pixels)."""

# How far the nose stands out of the face, in distances between the eyes: its bridge, 27-30, and its lower edge, 31-35.
_NOSE = (0.05, 0.17, 0.29, 0.42, 0.12, 0.2, 0.25, 0.2, 0.12)


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    """The landmarks of a head turned to the side: each is given a depth on a round face, and turned about the neck.
    Lesson 04.

    Args:
        points: (68, 2), a face that looks at the camera.
        degrees: -50 to 50; positive turns the nose towards the image's right.

    Returns:
        (68, 2) float32.

    Raises:
        CourseError: another shape or angle.
    """
    points = np.asarray(points, np.float32)
    if points.shape != (68, 2) or not abs(degrees) <= 50:
        raise CourseError("A head of 68 landmarks can be turned by -50 to 50 degrees.")
    pose, shape = split_pose(points[None])
    x = shape[0, :, 0].astype(np.float64)
    depth = 0.25 - 0.75 * x**2
    depth[27:36] += _NOSE
    angle = np.radians(degrees)
    x = x * np.cos(angle) + depth * np.sin(angle)
    # What is left of the far cheek still lies outside the far eye and brow: that is the face's outline then.
    x[:8] = np.minimum(x[:8], min(x[17], x[36]) - 0.04)
    x[9:17] = np.maximum(x[9:17], max(x[26], x[45]) + 0.04)
    shape[0, :, 0] = x
    return join_pose(pose, shape)[0]


def darkened(image: np.ndarray, light: float, seed: int | np.random.Generator = 0) -> np.ndarray:
    """The same image in less light: ``light`` (0 to 1) of its greys is left, and the camera's noise stays. Lesson 04.

    Args:
        image: (H, W) uint8.
        light: 1 changes nothing but for the noise of 1.5 grey levels, 0 is night.
        seed: of the noise.

    Raises:
        CourseError: ``light`` is not from 0 to 1.
    """
    if not 0 <= light <= 1:
        raise CourseError("The light must lie between 0 (night) and 1 (as it was).")
    noise = np.random.default_rng(seed).normal(0, 1.5, image.shape)
    return np.clip(np.rint(light * image + noise), 0, 255).astype(np.uint8)


def blurred(image: np.ndarray, radius: float) -> np.ndarray:
    """The same image out of focus: a Gaussian blur with a standard deviation of ``radius`` pixels, 0 for none.
    Lesson 04.

    Raises:
        CourseError: ``radius`` is negative or over 100.
    """
    import cv2

    if not 0 <= radius <= 100:
        raise CourseError("The radius of a blur must lie between 0 and 100 pixels.")
    return cv2.GaussianBlur(image, (0, 0), radius) if radius else image.copy()


@dataclasses.dataclass(frozen=True, eq=False)
class HardFaces:
    """Drawn 48×48 images with trouble, what the detector says of them, and the truth.

    Attributes:
        images: (n, 48, 48) uint8.
        truth: (n, 68, 2) float32, the landmarks that each face was drawn around.
        labels: (n,) uint8, 0 to 6.
        troubles: (n,) indices into ``TROUBLES``.
        scores: (n,) float32, the best detector score; -9 where it is below ``landmarks.LOWEST``.
        found: (n, 68, 2) float32, landmarks in the box with that score, or in the whole image's box.
        errors: (n,) float32, mean distance between the found and the true inner landmarks, in pixels.
    """

    images: np.ndarray
    truth: np.ndarray
    labels: np.ndarray
    troubles: np.ndarray
    scores: np.ndarray
    found: np.ndarray
    errors: np.ndarray

    @property
    def wrong(self) -> np.ndarray:
        """(n,) bool: the landmarks are ``WRONG`` pixels off or more."""
        return self.errors >= WRONG


def draw_hard_faces(n: int = 200, seed: int = 0) -> HardFaces:
    """Draw ``n`` faces, a fifth for each of ``TROUBLES`` in turn and each as bad as chance has it, and look for them.
    Lesson 04.

    Raises:
        CourseError: n is not from 1 to 5,000.
    """
    if not 1 <= n <= 5000:
        raise CourseError("Draw 1 to 5,000 hard faces.")
    rng = np.random.default_rng(seed)
    truth, labels = load().sample(n, seed=rng)
    troubles = np.arange(n) % len(TROUBLES)
    images = np.empty((n, 48, 48), np.uint8)
    for i, kind in enumerate(troubles):
        one = np.random.default_rng([seed, i])
        name = TROUBLES[kind]
        if name == "turned head":
            truth[i] = turned(truth[i], float(one.uniform(10, 45) * one.choice((-1, 1))))
        images[i] = draw(truth[i], seed=one, style=random_style(one))
        if name == "hand":
            place, size = str(one.choice(list(PLACES))), float(one.uniform(0.8, 1.5))
            images[i] = cover(images[i], truth[i], place, size)
        elif name == "darkness":
            images[i] = darkened(images[i], float(np.exp(one.uniform(np.log(0.02), np.log(0.5)))), one)
        elif name == "blur":
            images[i] = blurred(images[i], float(one.uniform(1.0, 3.0)))
    scores, found = landmarks.scores_and_landmarks(images)
    errors = np.linalg.norm(landmarks.inner(found) - landmarks.inner(truth), axis=2).mean(axis=1)
    return HardFaces(images, truth, labels, troubles, scores, found, errors.astype(np.float32))
