"""Draws landmark sets as shaded grey portraits of any size, so that dlib's own detector and predictor find them again.

A drawn person is painted in layers, from the background to the glasses; ``canvas`` says how the parts are placed.
"""

# ruff: noqa: RUF005 (points plus a list is NumPy addition here, not a longer list)

from __future__ import annotations

import numpy as np

from ..errors import CourseError
from .canvas import Brush, Head, check_landmarks, circle, curve, mirrored
from .features import back_hair, beard, brow, eye, folds, front_hair, glasses, moustache, mouth, nose
from .style import Style, random_style

_MIN_INNER = 96  # smaller images are drawn larger, then averaged down
_MAX_SIDE = 4096
_GRID = 64
_A, _B = (-1.8, 1.8), (-2.1, 2.6)  # what the shading grid covers, in the face's frame
_COVERED_EARS = ("long", "bob", "headscarf")


def draw(
    landmarks: np.ndarray,
    side: int = 48,
    seed: int | np.random.Generator = 0,
    style: Style | None = None,
) -> np.ndarray:
    """Draw one face. Lessons 01, 02, 04, 06, 08.

    Args:
        landmarks: (68, 2) in 48-pixel coordinates (x, y, pixel centres), whatever the side.
        side: of the square image, 8 to 4096 pixels.
        seed: of the person, when no style is given, and of the noise.
        style: the person. The same style keeps the person while the landmarks move.

    Returns:
        uint8 (side, side). The same arguments give the same bytes.
    """
    if not 8 <= side <= _MAX_SIDE:
        raise CourseError(f"A drawn face is 8 to {_MAX_SIDE} pixels wide, not {side}.")
    points = check_landmarks(landmarks)
    rng = np.random.default_rng(seed)
    style = random_style(rng) if style is None else style
    import cv2

    factor = -(-_MIN_INNER // side) if side < _MIN_INNER else 1
    inner = side * factor
    canvas = background((inner, inner), style, inner / 48)
    paint(canvas, (points + 0.5) * (inner / 48) - 0.5, style)
    if factor > 1:
        canvas = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)
    return finish(canvas, style, side / 48, rng)


def finish(canvas: np.ndarray, style: Style, scale: float, rng: np.random.Generator) -> np.ndarray:
    """Camera blur, noise and rounding: float32 canvas to uint8 image."""
    import cv2

    if style.blur * scale > 0.25:
        canvas = cv2.GaussianBlur(canvas, (0, 0), style.blur * scale)
    if style.noise:
        canvas = canvas + style.noise * rng.standard_normal(canvas.shape, np.float32)
    return np.clip(canvas + 0.5, 0, 255).astype(np.uint8)


def draw_many(landmarks: np.ndarray, side: int = 48, seed: int = 0, progress: bool = False) -> np.ndarray:
    """Draw (n, 68, 2) landmark sets, each as another person: uint8 (n, side, side). No face depends on the others.
    Lessons 00, 02, 08, 10."""
    landmarks = np.asarray(landmarks)
    if landmarks.ndim != 3:
        raise CourseError(f"draw_many takes landmarks of the shape (n, 68, 2), not {landmarks.shape}.")
    from tqdm import tqdm

    images = np.empty((len(landmarks), side, side), np.uint8)
    for i in tqdm(range(len(landmarks)), desc="drawing", unit="face", disable=None if progress else True):
        images[i] = draw(landmarks[i], side, np.random.default_rng([seed, i]))
    return images


def background(size: tuple[int, int], style: Style, scale: float) -> np.ndarray:
    """A float32 canvas (h, w): a slope of grey with a few out-of-focus patches."""
    import cv2

    rng = np.random.default_rng(style.texture)
    coarse = style.background + rng.normal(0, 16, (4, 4)) + np.linspace(-1, 1, 4) * rng.normal(0, 16)
    canvas = cv2.resize(coarse.astype(np.float32), (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(canvas, 8, 247)


def paint(canvas: np.ndarray, points: np.ndarray, style: Style) -> None:
    """Paint one person over a float32 canvas (h, w), in place. ``points``: (68, 2) canvas pixels."""
    head = Head(points, style)
    h, w = canvas.shape
    reach = 3.2 * head.unit
    x0, x1 = (int(np.clip(head.centre[0] + r, 0, w)) for r in (-reach, reach + 1))
    y0, y1 = int(np.clip(head.centre[1] - reach, 0, h)), h
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    brush = Brush(canvas[y0:y1, x0:x1], (x0, y0))
    skin, hair = _skin(head, brush)
    back_hair(brush, head, hair)
    _body(brush, head, skin)
    if style.hair not in _COVERED_EARS:
        _ears(brush, head, skin)
    brush.fill(head.at(head.outline), tone=skin)
    folds(brush, head)
    beard(brush, head)
    front_hair(brush, head, hair)
    nose(brush, head)
    for side in (0, 1):
        eye(brush, head, side)
        brow(brush, head, side)
    mouth(brush, head)
    moustache(brush, head)
    if style.glasses != "none":
        glasses(brush, head)


def _skin(head: Head, brush: Brush) -> tuple[np.ndarray, np.ndarray]:
    """Images of the canvas' size: lit skin with all its soft relief, and lit hair."""
    import cv2

    style = head.style
    a, b = np.linspace(*_A, _GRID), np.linspace(*_B, _GRID)
    na = np.clip((a - head.middle) / (head.half * 1.08), -1, 1)[None]
    nb = np.clip((b - 0.15) / (head.q[8, 1] * 0.5 - head.crown * 0.5 + 0.35), -1, 1)[:, None]
    depth = np.sqrt(np.clip(1.05 - 0.85 * na**2 - 0.45 * nb**2, 0, 1))
    lx, ly = style.light
    shade = 1 + (0.2 + 0.45 * style.contrast) * (0.8 * depth + lx * na + ly * nb - 0.72)
    shade = np.clip(shade, 0.42, 1.22)
    table = np.array(_relief(head))
    ga = np.exp(-(((a - table[:, :1]) / table[:, 2:3]) ** 2))
    gb = np.exp(-(((b - table[:, 1:2]) / table[:, 3:4]) ** 2)) * table[:, 4:]
    skin = shade * (1 + (0.6 + 0.6 * style.contrast) * gb.T @ ga) * style.skin
    across = np.exp(-(((a - head.middle - 0.7 * lx) / 0.6) ** 2))[None]
    sheen = across * np.exp(-(((b - 0.78 * head.crown) / 0.22) ** 2))[:, None]
    hair = style.hair_tone * np.clip(shade, 0.6, 1.15) + (14 + 0.12 * style.hair_tone) * sheen
    grids = np.stack([skin, hair], -1).astype(np.float32)
    # Canvas pixel -> grid index, for cv2's inverse map.
    step = np.array([(_GRID - 1) / (_A[1] - _A[0]), (_GRID - 1) / (_B[1] - _B[0])])
    matrix = head.turn / head.unit * step[:, None]
    offset = (head.turn @ (brush.origin - head.centre) / head.unit - (_A[0], _B[0])) * step
    size = brush.canvas.shape[::-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = np.column_stack([matrix, offset])
    warped = cv2.warpAffine(grids, moved, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.clip(warped[..., 0], 6, 252), np.clip(warped[..., 1], 6, 245)


def _relief(head: Head) -> list[tuple[float, float, float, float, float]]:
    """Soft spots of light and shadow on the skin: where (a, b), how wide and high, and how much lighter."""
    q, style, smile = head.q, head.style, head.cues["smile"]
    bridge, tip, base, chin = q[27], q[30], q[33], q[8]
    mid = (q[28] + q[29]) / 2
    mouth = q[[48, 54]].mean(0)
    spots = [
        (bridge[0], -0.72, 0.5, 0.24, 0.05),  # forehead
        (mid[0], mid[1] - 0.05, 0.05, 0.24, 0.13),  # ridge of the nose
        (tip[0], tip[1] + 0.03, 0.08, 0.07, 0.16),
    ]
    spots += [(mid[0] + s * 0.13, mid[1], 0.05, 0.22, -0.06 - 0.1 * max(0.0, -s * style.light[0])) for s in (-1, 1)]
    spots += [(bridge[0] + s * 0.17, bridge[1] - 0.03, 0.09, 0.13, -0.16) for s in (-1, 1)]
    spots += [
        (base[0], base[1] + 0.06, 0.17, 0.045, -0.22),  # under the nose
        (base[0], (base[1] + q[51, 1]) / 2, 0.03, 0.07, -0.07),
        (q[57, 0], q[57, 1] + 0.1, 0.2, 0.055, -0.15),  # under the lower lip
        (chin[0], chin[1] - 0.2, 0.2, 0.13, 0.06),
        (chin[0], chin[1] + 0.02, 0.4, 0.05, -0.08),
    ]
    spots += [(q[i, 0], q[i, 1], 0.06, 0.06, -0.12) for i in (48, 54)]  # corners of the mouth
    spots += [(q[i, 0], q[i, 1] - 0.01, 0.05, 0.06, 0.05) for i in (31, 35)]  # wings of the nose
    for sign, (ea, eb), (la, lb) in (
        (-1, q[36:42].mean(0), q[[37, 38]].mean(0)),
        (1, q[42:48].mean(0), q[[43, 44]].mean(0)),
    ):
        spots += [
            (la, lb - 0.08, 0.28, 0.1, -0.13),  # under the brow
            (ea, eb + 0.16, 0.2, 0.06, -0.05 - 0.1 * style.age),
            (ea + sign * 0.12, 0.52 - 0.08 * smile, 0.24, 0.2, 0.06 + 0.08 * smile),  # cheekbone
            (mouth[0] + sign * 0.72, 0.98, 0.16, 0.25, -0.04 - 0.08 * style.age),  # hollow of the cheek
        ]
    return spots


def _body(brush: Brush, head: Head, skin: np.ndarray) -> None:
    """Neck, the chin's shadow on it, and a shirt down to the lower edge."""
    m, chin, u, clothes = head.middle + 0.3 * head.yaw, head.q[8, 1], head.unit, head.style.clothes
    neck = 0.62 * head.half
    wide, down = np.array([[-1, -0.7], [1, -0.7], [1.05, 0.4], [1.4, 1.1], [-1.4, 1.1], [-1.05, 0.4]]).T
    throat = head.at(np.stack([m + neck * wide, chin + down], 1))
    brush.fill(throat, tone=0.8 * skin)
    with brush.within(throat) as inside:
        shadow = head.q[4:13] + [0.0, 0.16]
        inside.fill(head.at(curve(shadow)), tone=0.42 * head.style.skin, alpha=0.75, blur=0.06 * u)
    top = chin + 0.62
    half = [[m - 2.35, top + 3.5], [m - 2.2, top + 1.3], [m - 1.7, top + 0.55], [m - neck * 1.25, top + 0.02]]
    ridge = mirrored([*half, [m, top + 0.45]], m)
    brush.fill(head.at([*curve(ridge), [m + 2.5, top + 30], [m - 2.5, top + 30]]), tone=clothes)
    brush.line(head.at(curve(ridge[3:6])), 0.07 * u, 0.7 * clothes + 10, 0.8, 0.01 * u)


def _ears(brush: Brush, head: Head, skin: np.ndarray) -> None:
    for sign, edge in ((-1, head.q[0]), (1, head.q[16])):
        shown = float(np.clip(0.75 - sign * 1.6 * head.yaw, 0, 1))
        if shown > 0.1:
            centre = np.array([edge[0] + sign * 0.05 * shown, head.ear_b + 0.22])
            x, y = circle(20).T
            ear = centre + np.stack([0.14 * shown * x - sign * 0.03 * y, 0.3 * y], 1)
            brush.fill(head.at(ear), tone=0.86 * skin)
            if head.fine:
                fold = centre + np.stack([sign * 0.08 * shown * y[1:8], -0.2 * x[1:8]], 1)
                brush.line(head.at(fold), 0.03 * head.unit, 0.45 * head.style.skin, 0.6, 0.012 * head.unit)
