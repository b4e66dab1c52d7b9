"""Drawn faces that are hard to find: turned heads, hands, darkness, blur; and, as nothing else has it, the truth.

The slides: "Sometimes there are fails in landmark detection". On photos nobody knows where the landmarks really are. A
drawn face was drawn around its landmarks, so here each failure can be seen and measured.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ..errors import CourseError
from ..evaluation import detection as coverage
from ..faces import landmarks
from .canvas import draw, random_style
from .hand import PLACES, cover
from .shape import join_pose, split_pose

TROUBLES = ("none", "turned head", "hand", "darkness", "blur")
"""What makes a face of :func:`hard_faces` hard to find."""

WRONG = 2.0
"""Mean error of the inner landmarks, in pixels of the 48×48 picture, from which they count as wrong: nearly as much as
the eyes of the mean neutral face are open (2.4 pixels)."""

# How far the nose stands out of the face, in distances between the eyes: its bridge, 27-30, and its lower edge, 31-35.
_NOSE = (0.05, 0.17, 0.29, 0.42, 0.12, 0.2, 0.25, 0.2, 0.12)


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    """The landmarks of a head turned to the side: each is given a depth on a round face, and turned about the neck.

    Args:
        points: (68, 2), a face that looks at the camera.
        degrees: -50 to 50; positive turns the nose towards the picture's right.

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


def darkened(picture: np.ndarray, light: float, seed: int | np.random.Generator = 0) -> np.ndarray:
    """The same picture in less light: ``light`` (0 to 1) of its greys is left, and the camera's noise stays.

    Args:
        picture: (H, W) uint8.
        light: 1 changes nothing but for the noise of 1.5 grey levels, 0 is night.
        seed: of the noise.

    Raises:
        CourseError: ``light`` is not from 0 to 1.
    """
    if not 0 <= light <= 1:
        raise CourseError("The light must lie between 0 (night) and 1 (as it was).")
    noise = np.random.default_rng(seed).normal(0, 1.5, picture.shape)
    return np.clip(np.rint(light * picture + noise), 0, 255).astype(np.uint8)


def blurred(picture: np.ndarray, radius: float) -> np.ndarray:
    """The same picture out of focus: a Gaussian blur with a standard deviation of ``radius`` pixels, 0 for none.

    Raises:
        CourseError: ``radius`` is negative or over 100.
    """
    import cv2

    if not 0 <= radius <= 100:
        raise CourseError("The radius of a blur must lie between 0 and 100 pixels.")
    return cv2.GaussianBlur(picture, (0, 0), radius) if radius else picture.copy()


@dataclasses.dataclass(frozen=True, eq=False)
class HardFaces:
    """Drawn 48×48 pictures with trouble, what the detector says of them, and the truth.

    Attributes:
        images: (n, 48, 48) uint8.
        truth: (n, 68, 2) float32, the landmarks that each face was drawn around.
        labels: (n,) uint8, 0 to 6.
        troubles: (n,) indices into ``TROUBLES``.
        scores: (n,) float32, the best detector score; -9 where it is below ``coverage.LOWEST``.
        found: (n, 68, 2) float32, landmarks in the box with that score, or in the whole picture's box.
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


def hard_faces(n: int = 200, seed: int = 0) -> HardFaces:
    """Draw ``n`` faces, a fifth for each of ``TROUBLES`` in turn and each as bad as chance has it, and look for them.

    Raises:
        CourseError: n is not from 1 to 5,000.
    """
    from .model import load

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
    scores, found = coverage.look(images)
    errors = np.linalg.norm(landmarks.inner(found) - landmarks.inner(truth), axis=2).mean(axis=1)
    return HardFaces(images, truth, labels, troubles, scores, found, errors.astype(np.float32))
