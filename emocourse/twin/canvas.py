"""The canvas that faces are drawn on: brush strokes, curves, and the frame of one head.

Everything is placed in the face's own frame: the origin between the eyes, one unit = the distance between the eyes'
centres, a along the eyes, b down the face. Soft shading is a sum of Gaussians on a small grid in that frame, which
costs one matrix product; edges are polygons filled with anti-aliasing on the picture itself.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator

import numpy as np

from ..errors import CourseError
from .shape import cues, split_pose
from .style import Style

# fmt: off
_THOUSANDTHS = (
    (-26, -135), (-42, -130), (-35, -108), (-41, -80), (-48, -49), (-38, -20), (-33, 18), (-21, 41), (0, 58),
    (21, 41), (33, 18), (38, -20), (48, -49), (41, -80), (35, -108), (42, -130), (26, -135), (-31, -15), (-15, -52),
    (17, -63), (30, -51), (41, -13), (-41, -13), (-30, -51), (-17, -63), (15, -52), (31, -15), (0, 21), (0, 62),
    (0, 97), (0, 123), (34, 20), (9, 46), (0, 59), (-9, 46), (-34, 20), (69, -11), (41, 3), (14, 14), (-29, 8),
    (-1, 10), (28, -6), (29, 8), (-14, 14), (-41, 3), (-69, -11), (-28, -6), (1, 10), (0, 21), (-9, -16), (-1, -26),
    (0, -22), (1, -26), (9, -16), (0, 21), (14, -3), (9, 27), (0, 29), (-9, 27), (-14, -3), (-12, 4), (-1, -27),
    (0, -27), (1, -27), (12, 4), (9, 15), (0, 18), (-9, 15),
)
# fmt: on

AIM_OFF = np.array(_THOUSANDTHS) / 1000
"""(68, 2): the predictor, made for photographs, finds each landmark of a drawn face this much beside where it is drawn,
in distances between the eyes, x along the eyes and y down the face. The renderer draws every feature that much to the
other side, so that what dlib finds is what was asked for. Measured by ``twin_check.measure_aim``."""

_QUARTER_TURN = np.array([-0.5, 0.5])
_SHIFT = 4  # cv2 takes polygon corners in sixteenths of a pixel


@functools.lru_cache(maxsize=32)
def _spline(n: int, closed: bool, k: int = 5) -> np.ndarray:
    """(m, n) matrix that takes n points to a Catmull-Rom curve through them."""
    spans = n if closed else n - 1
    rows = np.zeros((spans * k + (0 if closed else 1), n))
    for r in range(len(rows)):
        i, t = divmod(r, k)
        t /= k
        w = 0.5 * np.array([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3])
        for j, weight in zip(range(i - 1, i + 3), w, strict=True):
            rows[r, j % n if closed else min(max(j, 0), n - 1)] += weight
    return rows


def curve(points: np.ndarray, closed: bool = False) -> np.ndarray:
    return _spline(len(points), closed) @ points


def mirrored(half: list | np.ndarray, middle: float) -> np.ndarray:
    """A shape from its left half: (n, 2) points, and back along their mirror images about a = ``middle``.

    A last point that lies on the middle comes once.
    """
    half = np.asarray(half, float)
    back = half[:-1] if half[-1, 0] == middle else half
    return np.concatenate([half, back[::-1] * [-1, 1] + [2 * middle, 0]])


@functools.lru_cache(maxsize=8)
def circle(n: int) -> np.ndarray:
    """(n, 2) points on the unit circle, the first one twice."""
    t = np.linspace(0, 2 * np.pi, n)
    return np.stack([np.cos(t), np.sin(t)], 1)


class Brush:
    """Paints on a float32 canvas whose first pixel lies at ``origin``. Tones: grey levels; widths, blurs: pixels."""

    def __init__(self, canvas: np.ndarray, origin: tuple[int, int] = (0, 0)):
        import cv2

        self.cv2 = cv2
        self.canvas = canvas
        self.origin = np.array(origin)

    def mask(
        self, polygon: np.ndarray, alpha: float = 1.0, blur: float = 0.0
    ) -> tuple[np.ndarray, tuple[slice, slice]] | None:
        """Coverage (0..alpha) of a filled polygon, and where on the canvas it belongs; None outside the canvas."""
        h, w = self.canvas.shape
        fixed = np.rint((polygon - self.origin) * (1 << _SHIFT)).astype(np.int32)
        left, top, width, height = self.cv2.boundingRect(fixed)
        pad = 2 + math.ceil(2.5 * blur)
        # Only what the canvas shows, and a margin for the blur, is rasterised.
        x0, y0 = max(left >> _SHIFT, -1) - pad, max(top >> _SHIFT, -1) - pad
        x1, y1 = min((left + width) >> _SHIFT, w) + pad + 2, min((top + height) >> _SHIFT, h) + pad + 2
        left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, w), min(y1, h)
        if left >= right or top >= bottom:
            return None
        cover = np.zeros((y1 - y0, x1 - x0), np.uint8)
        fixed -= np.array((x0 << _SHIFT, y0 << _SHIFT), np.int32)
        self.cv2.fillPoly(cover, [fixed], 255, self.cv2.LINE_AA, _SHIFT)
        if blur > 0.4:
            cover = self.cv2.GaussianBlur(cover, (0, 0), blur)
        cover = cover[top - y0 : bottom - y0, left - x0 : right - x0]
        return cover * np.float32(alpha / 255), (slice(top, bottom), slice(left, right))

    def fill(self, polygon: np.ndarray, tone: float | np.ndarray, alpha: float = 1.0, blur: float = 0.0) -> None:
        """Fill a polygon with a tone, or with a picture of the canvas' size."""
        found = self.mask(polygon, alpha, blur)
        if found is not None:
            cover, where = found
            part = self.canvas[where]
            part += cover * ((tone[where] if isinstance(tone, np.ndarray) else np.float32(tone)) - part)

    def line(
        self, points: np.ndarray, widths: float | np.ndarray, tone: float, alpha: float = 1.0, blur: float = 0.0
    ) -> None:
        """A line of varying width; being a polygon, it may be thinner than a pixel."""
        self.fill(ribbon(points, widths), tone=tone, alpha=alpha, blur=blur)

    @contextlib.contextmanager
    def within(self, polygon: np.ndarray) -> Iterator[Brush]:
        """A brush whose strokes end at the edge of a polygon."""
        found = self.mask(polygon)
        if found is None:
            yield Brush(np.zeros((1, 1), np.float32), (-(1 << 20), 0))
            return
        cover, where = found
        inner = Brush(self.canvas[where].copy(), (where[1].start + self.origin[0], where[0].start + self.origin[1]))
        yield inner
        part = self.canvas[where]
        part += cover * (inner.canvas - part)


def ribbon(points: np.ndarray, widths: float | np.ndarray) -> np.ndarray:
    """The outline (2m, 2) of a line through (m, 2) points with the given full widths."""
    along = np.empty_like(points, dtype=float)
    along[1:-1] = points[2:] - points[:-2]
    along[0], along[-1] = points[1] - points[0], points[-1] - points[-2]
    across = along[:, ::-1] * _QUARTER_TURN
    across *= (widths / np.sqrt(np.einsum("ij,ij->i", along, along) + 1e-12))[:, None]
    return np.concatenate([points + across, (points - across)[::-1]])


class Head:
    """One face on a canvas: its frame, outline and cues. ``points`` are (68, 2) canvas pixels."""

    def __init__(self, points: np.ndarray, style: Style):
        pose, shape = split_pose(points[None])
        self.p, self.q, self.style = points.astype(np.float64), shape[0].astype(np.float64) - AIM_OFF, style
        self.unit = float(np.exp(pose[0, 2]))
        self.fine = self.unit >= 45  # whether details of a hundredth of a unit show at all
        self.centre = pose[0, :2].astype(np.float64)
        c, s = np.cos(pose[0, 3]), np.sin(pose[0, 3])
        self.turn = np.array([[c, s], [-s, c]])
        self.cues = cues(shape[0])
        q = self.q
        self.left, self.right = q[0, 0], q[16, 0]
        self.middle, self.half = (self.left + self.right) / 2, max((self.right - self.left) / 2, 0.5)
        self.ear_b = (q[0, 1] + q[16, 1]) / 2
        self.crown = -1.5 * style.skull
        # Yaw: which cheek shows more of itself, -1 (turned to the picture's left) .. 1.
        near, far = abs(self.left - q[27, 0]), abs(self.right - q[27, 0])
        self.yaw = (near - far) / (near + far)

    def at(self, ab: np.ndarray) -> np.ndarray:
        """Frame coordinates (..., 2) to canvas pixels."""
        return np.asarray(ab, float) @ self.turn * self.unit + self.centre

    def cranium(self, grow: float = 0.0, n: int = 24, start: float = 0.0, stop: float = np.pi) -> np.ndarray:
        """(n, 2) frame points over the skull from the right ear (0) to the left (pi), ``grow`` units outside it."""
        t = np.linspace(start, stop, n)
        wide = (self.half + grow) * (1 + 0.05 * np.sin(t))
        across = np.sign(np.cos(t)) * np.abs(np.cos(t)) ** 0.86  # a little squarer than an ellipse
        return np.stack([self.middle + across * wide, self.ear_b - np.sin(t) * (self.ear_b - self.crown + grow)], 1)

    @functools.cached_property
    def outline(self) -> np.ndarray:
        """The head's closed contour in frame coordinates: jaw, then skull."""
        return np.concatenate([curve(self.q[:17]), self.cranium()[1:-1]])


def check_landmarks(landmarks: np.ndarray) -> np.ndarray:
    """(68, 2) float64, or a ``CourseError``."""
    try:
        points = np.asarray(landmarks, np.float64)
    except (TypeError, ValueError):
        points = np.empty(0)
    if points.shape != (68, 2) or not np.isfinite(points).all() or np.abs(points).max() > 1e5:
        raise CourseError("A face is drawn from landmarks of the shape (68, 2), finite numbers in pixels.")
    return points
