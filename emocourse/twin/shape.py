"""Geometry of the twin's landmark sets: pose and shape, plausibility, opening and closing eyes and mouth."""

import numpy as np

from ..errors import CourseError

NEUTRAL_POSE = np.array([23.5, 19.0, np.log(18.5), 0.0], np.float32)
_EYES = ((36, (37, 41), (38, 40), 39), (42, (43, 47), (44, 46), 45))


def split_pose(landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks (n, 68, 2) -> pose (n, 4) and shape (n, 68, 2), both float32.

    Pose: the point between the eyes, x and y; the logarithm of their distance; tilt in radians. In the shape the eyes
    are level and 1 apart.
    """
    landmarks = np.asarray(landmarks, np.float64)
    left, right = landmarks[:, 36:42].mean(1), landmarks[:, 42:48].mean(1)
    centre, across = (left + right) / 2, right - left
    distance = np.maximum(np.hypot(across[:, 0], across[:, 1]), 1e-3)
    tilt = np.arctan2(across[:, 1], across[:, 0])
    pose = np.stack([centre[:, 0], centre[:, 1], np.log(distance), tilt], 1)
    shape = _rotate(landmarks - centre[:, None], -tilt) / distance[:, None, None]
    return pose.astype(np.float32), shape.astype(np.float32)


def join_pose(pose: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """The inverse of ``split_pose``: (n, 4) and (n, 68, 2) -> landmarks (n, 68, 2) float32."""
    scaled = shape * np.exp(pose[:, 2])[:, None, None]
    return (_rotate(scaled, pose[:, 3]) + pose[:, None, :2]).astype(np.float32)


def _rotate(points: np.ndarray, angle: np.ndarray) -> np.ndarray:
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = points[..., 0], points[..., 1]
    return np.stack([c * x - s * y, s * x + c * y], -1)


def is_plausible(landmarks: np.ndarray) -> np.ndarray:
    """Which of (n, 68, 2) landmark sets (48-pixel coordinates) could be a face in the image: (n,) bool.

    Refused: lips that cross, an eye turned inside out, eyes, nose, mouth and chin out of order, brows below the eyes,
    an outline that folds back, a head turned so far that one cheek vanishes, and features outside the image.
    """
    pose, q = split_pose(landmarks)
    x, y = q[..., 0], q[..., 1]
    inner_gap = y[:, [67, 66, 65]] - y[:, [61, 62, 63]]
    ok = (inner_gap > -0.012).all(1)
    ok &= (y[:, [61, 62, 63]] - y[:, [50, 51, 52]] > 0.0).all(1) & (y[:, [58, 57, 56]] - y[:, [67, 66, 65]] > 0.01).all(
        1
    )
    ok &= (np.diff(x[:, 48:55], axis=1) > 0).all(1) & (np.diff(x[:, [60, 61, 62, 63, 64]], axis=1) > 0).all(1)
    for first, (a, b), (c, d), last in _EYES:
        ok &= (y[:, b] - y[:, a] > 0.015) & (y[:, d] - y[:, c] > 0.015)
        ok &= (x[:, last] - x[:, first] > 0.22) & (x[:, c] > x[:, a]) & (x[:, d] > x[:, b])
    ok &= (y[:, 19] < y[:, [37, 38]].mean(1) - 0.06) & (y[:, 24] < y[:, [43, 44]].mean(1) - 0.06)
    ok &= (np.diff(x[:, 17:27], axis=1) > 0.01).all(1) & (x[:, 22] - x[:, 21] > 0.12)
    ok &= (np.diff(y[:, 27:31], axis=1) > 0).all(1) & (np.diff(x[:, 31:36], axis=1) > 0.01).all(1)
    ok &= (y[:, 33] > 0.35) & (y[:, 51] - y[:, 33] > 0.06) & (y[:, 8] - y[:, 57] > 0.12)
    ok &= (
        (np.diff(y[:, 0:7], axis=1) > 0).all(1)
        & (np.diff(y[:, 10:17], axis=1) < 0).all(1)
        & (np.diff(x[:, 3:14], axis=1) > 0).all(1)
    )
    left, right = x[:, 36] - x[:, 0], x[:, 16] - x[:, 45]
    ok &= (left > 0.07) & (right > 0.07) & (np.maximum(left, right) < 7 * np.minimum(left, right))
    inner = np.asarray(landmarks)[:, 17:]
    ok &= (inner > -0.5).all((1, 2)) & (inner < 47.5).all((1, 2)) & (np.abs(pose[:, 3]) < 0.36)
    return ok & (np.exp(pose[:, 2]) > 11) & (np.exp(pose[:, 2]) < 24) & (np.asarray(landmarks)[:, 8, 1] < 55)


def cues(shape: np.ndarray) -> dict[str, float]:
    """What a shape (68, 2) shows, each 0..1, for wrinkles and folds.

    smile (AU 12), cheeks (AU 6: a smile that narrows the eyes), furrow (AU 4), raised (AU 1 + 2), nose (AU 9), gap
    (open mouth). Thresholds lie about one standard deviation off FER2013's mean.
    """
    x, y = shape[:, 0], shape[:, 1]
    corners = (y[51] + y[57]) / 2 - (y[48] + y[54]) / 2
    open_left = (y[40] + y[41] - y[37] - y[38]) / 2 / max(x[39] - x[36], 0.1)
    open_right = (y[46] + y[47] - y[43] - y[44]) / 2 / max(x[45] - x[42], 0.1)
    lids, brows = (open_left + open_right) / 2, -(y[19] + y[24]) / 2
    inner_brows = -(y[21] + y[22]) / 2
    smile = _step((corners - 0.13) / 0.04 + (x[54] - x[48] - 0.95) / 0.08)
    return {
        "smile": smile,
        "cheeks": smile * _step((0.27 - lids) / 0.03),
        "furrow": _step((0.33 - (x[22] - x[21])) / 0.03 + (0.22 - inner_brows) / 0.04),
        "raised": _step((brows - 0.45) / 0.03),
        "nose": (1 - smile) * _step((0.16 - (y[51] - y[33])) / 0.02 + (0.2 - inner_brows) / 0.04),
        "gap": float(np.clip((y[66] - y[62]) / 0.4, 0, 1)),
    }


def _step(x: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(2 * x, -40, 40))))


def set_eyes(landmarks: np.ndarray, openness: float) -> np.ndarray:
    """Open or close both eyes: 0 closed, 1 as they are, up to 2 wider. (..., 68, 2) in, a changed float32 copy out.

    The upper lid does most of the moving, as in a real blink, and brows stay where they are.
    """
    out = _checked(landmarks, openness)
    source = out.copy()
    for first, *pairs, last in _EYES:
        for top, bottom in pairs:
            # The lids meet a little below the middle of the eye.
            meet = 0.3 * source[..., top, :] + 0.7 * source[..., bottom, :]
            base = 0.5 * (source[..., first, :] + source[..., last, :])
            meet = meet + 0.05 * (meet - base)
            out[..., top, :] = meet + openness * (source[..., top, :] - meet)
            out[..., bottom, :] = meet + openness * (source[..., bottom, :] - meet)
    return out


def set_mouth(landmarks: np.ndarray, openness: float) -> np.ndarray:
    """Open the mouth: 0 as it is, 1 a full yawn. (..., 68, 2) in, a changed float32 copy out.

    The lips part by about 0.7 eye distances: lower lip and jaw move down the face, the corners of the mouth inwards.
    """
    out = _checked(landmarks, openness)
    left, right = out[..., 36:42, :].mean(-2), out[..., 42:48, :].mean(-2)
    across = right - left
    down = np.stack([-across[..., 1], across[..., 0]], -1)[..., None, :]
    drop = np.zeros(68, np.float32)
    drop[[58, 57, 56, 67, 66, 65]] = 0.64, 0.68, 0.64, 0.67, 0.7, 0.67
    drop[[59, 55, 48, 54, 60, 64]] = 0.5, 0.5, 0.28, 0.28, 0.3, 0.3
    drop[[49, 53, 50, 51, 52, 61, 62, 63]] = 0.02, 0.02, -0.03, -0.03, -0.03, -0.02, -0.02, -0.02
    drop[3:14] = 0.06, 0.16, 0.3, 0.42, 0.48, 0.5, 0.48, 0.42, 0.3, 0.16, 0.06
    out = out + openness * drop[:, None] * down
    middle = out[..., 51:52, :]
    mouth = out[..., 48:68, :]
    sideways = ((mouth - middle) * across[..., None, :]).sum(-1, keepdims=True) / (across**2).sum(-1)[..., None, None]
    # The corners draw in, and the lips between them round out.
    spread = np.full((20, 1), -0.25, np.float32)
    spread[[49 - 48, 53 - 48, 55 - 48, 59 - 48]] = -0.1
    spread[[50 - 48, 52 - 48, 56 - 48, 58 - 48]] = 0.15
    spread[[61 - 48, 63 - 48, 65 - 48, 67 - 48]] = 0.45
    out[..., 48:68, :] = mouth + openness * spread * sideways * across[..., None, :]
    return out.astype(np.float32)


def _checked(landmarks: np.ndarray, openness: float) -> np.ndarray:
    out = np.array(landmarks, np.float32)
    if out.shape[-2:] != (68, 2):
        raise CourseError(f"Landmarks must have the shape (..., 68, 2), not {out.shape}.")
    if not 0 <= openness <= 2:
        raise CourseError("The openness must lie between 0 and 2.")
    return out
