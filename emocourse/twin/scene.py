"""Drawn scenes: several people in one picture, at known boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..emotions import EMOTIONS
from ..errors import CourseError
from .canvas import finish, random_style
from .shape import split_pose
from .style import Style

_MAX_PIXELS = 20_000_000
_CELL = 4.9  # a person's place, in distances between the eyes
BOX_SIDE, BOX_DOWN = (
    2.4,
    0.49,
)  # dlib's box about a face, in distances between the eyes: medians over FER2013's Training split


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with people.

    Attributes:
        image: uint8 (h, w).
        boxes: (n, 4) float32: x, y, width, height of each face, as a detector would give it. They do not overlap.
        landmarks: (n, 68, 2) float32, pixels of the image.
        labels: (n,) uint8, 0..6.
        styles: who they are.
    """

    image: np.ndarray
    boxes: np.ndarray
    landmarks: np.ndarray
    labels: np.ndarray
    styles: tuple[Style, ...]

    @property
    def emotions(self) -> list[str]:
        """The name of each person's emotion."""
        return [EMOTIONS[k] for k in self.labels]


def scene(n: int, size: tuple[int, int] = (640, 480), seed: int = 0, labels: np.ndarray | None = None) -> Scene:
    """Draw ``n`` people (0 or more) side by side and in rows, at random sizes and places.

    Args:
        n: how many. size: width and height of the picture. seed: of everything. labels: (n,) 0..6, if they matter.

    Raises:
        CourseError: the picture is too small for that many faces, or larger than 20 megapixels.
    """
    from .model import load
    from .portrait import background, paint

    width, height = (int(v) for v in size)
    if n < 0 or width < 16 or height < 16 or width * height > _MAX_PIXELS:
        raise CourseError("A scene needs 0 or more people and a size from 16 x 16 pixels to 20 megapixels.")
    columns = max(range(1, max(n, 1) + 1), key=lambda c: min(width / c, height / -(-max(n, 1) // c)))
    rows = -(-max(n, 1) // columns)
    cell = min(width / columns, height / rows)
    if cell < 24:
        raise CourseError(f"{n} faces do not fit in {width} x {height} pixels: ask for fewer, or for a larger picture.")
    rng = np.random.default_rng(seed)
    landmarks, labels = (
        load().sample(n, labels=labels, seed=rng) if n else (np.zeros((0, 68, 2), np.float32), np.zeros(0, np.uint8))
    )
    pose, _ = split_pose(landmarks)
    canvas = background(
        (height, width), Style(texture=int(rng.integers(1 << 31)), background=float(rng.uniform(60, 200))), height / 48
    )
    places, boxes, styles = np.zeros((n, 68, 2), np.float32), np.zeros((n, 4), np.float32), []
    for i in range(n):
        row, column = divmod(i, columns)
        in_row = min(columns, n - row * columns)
        slack = np.array([width / in_row, height / rows])
        unit = cell / _CELL * rng.uniform(0.8, 1.0)
        free = np.maximum(slack - unit * _CELL, 0)
        middle = (np.array([column, row]) + 0.5) * slack + rng.uniform(-0.5, 0.5, 2) * free * 0.9
        eyes = middle - [0, 0.15 * unit]
        places[i] = (landmarks[i] - pose[i, :2]) * (unit / np.exp(pose[i, 2])) + eyes
        side = BOX_SIDE * unit
        boxes[i] = [eyes[0] - side / 2, eyes[1] + BOX_DOWN * unit - side / 2, side, side]
        style = random_style(rng)
        styles.append(style)
        paint(canvas, places[i], style)
    image = finish(canvas, Style(noise=3.0), 1.0, rng)
    return Scene(image, boxes, places, labels, tuple(styles))
