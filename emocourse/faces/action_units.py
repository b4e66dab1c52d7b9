"""Action units that move landmarks: a face put together from the units of the Facial Action Coding System.

FACS describes what each muscle does to the face (Ekman, Friesen and Hager, 2002, *FACS: The Manual*). Here every unit
is a fixed displacement of landmarks, in units of the distance between the eyes. The directions are FACS's own; how far
each landmark goes is this course's drawing convention, set by eye within the range of FER2013's faces, and no
measurement. What no landmark shows (a wrinkle, a pushed-up cheek, a look) is lost, as it is for the slides' network.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ..emotions import ACTION_UNITS, INFO
from ..errors import CourseError
from .landmarks import MIRROR

SIDES = ("both", "left", "right")
"""Sides of the image that a unit may move."""

_LIDS = ((37, 41), (38, 40), (43, 47), (44, 46))
_LIPS = ((61, 67), (62, 66), (63, 65))
_LEAST_OPEN = 0.02  # in eye distances: closed lids stay this far apart, so that upper remains above lower

# Left half of the image and the midline; the right half is its mirror image. (x, y) in eye distances in a level
# face: x > 0 is towards the midline for the left half, y > 0 is down.
_MOVES: dict[int, dict[int, tuple[float, float]]] = {
    1: {21: (0.00, -0.14), 20: (0.00, -0.11), 19: (0.00, -0.05), 18: (0.00, -0.01)},
    2: {17: (0.00, -0.10), 18: (0.00, -0.13), 19: (0.00, -0.11), 20: (0.00, -0.05), 21: (0.00, -0.01)},
    4: {21: (0.06, 0.09), 20: (0.05, 0.08), 19: (0.03, 0.06), 18: (0.02, 0.03), 17: (0.00, 0.01)},
    5: {37: (0.00, -0.05), 38: (0.00, -0.05)},
    6: {41: (0.00, -0.025), 40: (0.00, -0.02), 37: (0.00, 0.01), 17: (0.00, 0.02), 31: (-0.01, -0.01)},
    7: {41: (0.00, -0.025), 40: (0.00, -0.025), 37: (0.00, 0.015), 38: (0.00, 0.015)},
    9: {
        **{31: (-0.02, -0.06), 32: (0.00, -0.05), 33: (0.00, -0.05), 30: (0.00, -0.05), 29: (0.00, -0.02)},
        **{49: (0.00, -0.03), 50: (0.00, -0.05), 51: (0.00, -0.05), 61: (0.00, -0.04), 62: (0.00, -0.04)},
        **{21: (0.03, 0.06), 20: (0.02, 0.05), 19: (0.01, 0.03), 40: (0.00, -0.01), 41: (0.00, -0.01)},
    },
    10: {
        **{49: (0.00, -0.06), 50: (0.00, -0.09), 51: (0.00, -0.07), 61: (0.00, -0.08), 62: (0.00, -0.07)},
        **{48: (0.00, -0.01), 60: (0.00, -0.01), 31: (-0.02, -0.02)},
    },
    12: {
        **{48: (-0.13, -0.13), 60: (-0.12, -0.12), 49: (-0.09, -0.08), 59: (-0.09, -0.06), 50: (-0.04, -0.03)},
        **{58: (-0.04, -0.01), 61: (-0.04, -0.03), 67: (-0.04, -0.01), 51: (0.00, -0.02), 62: (0.00, -0.02)},
        **{31: (-0.02, -0.01)},
    },
    14: {48: (-0.05, -0.01), 60: (-0.04, -0.01), 49: (-0.03, 0.02), 59: (-0.03, -0.02)},
    15: {
        **{48: (-0.01, 0.12), 60: (-0.01, 0.11), 49: (0.00, 0.06), 59: (0.00, 0.07), 50: (0.00, 0.01)},
        **{58: (0.00, 0.02)},
    },
    16: {57: (0.00, 0.07), 58: (0.00, 0.08), 59: (0.00, 0.04), 66: (0.00, 0.07), 67: (0.00, 0.07)},
    20: {
        **{48: (-0.13, 0.04), 60: (-0.12, 0.04), 49: (-0.08, 0.01), 59: (-0.08, 0.03), 50: (-0.03, 0.00)},
        **{58: (-0.03, 0.01), 61: (-0.03, 0.00), 67: (-0.03, 0.00)},
    },
    23: {
        **{48: (0.05, 0.00), 60: (0.05, 0.00), 49: (0.03, 0.03), 50: (0.02, 0.05), 51: (0.00, 0.04)},
        **{57: (0.00, -0.07), 58: (0.02, -0.07), 59: (0.03, -0.04)},
    },
    26: {
        **{57: (0.00, 0.22), 58: (0.00, 0.22), 59: (0.02, 0.16), 66: (0.00, 0.23), 67: (0.00, 0.22)},
        **{48: (0.03, 0.08), 60: (0.03, 0.09), 49: (0.02, 0.01), 8: (0.00, 0.17), 7: (0.00, 0.16), 6: (0.00, 0.14)},
        **{5: (0.00, 0.10), 4: (0.00, 0.06), 3: (0.00, 0.02)},
    },
    43: {37: (0.00, 0.10), 38: (0.00, 0.10), 40: (0.00, -0.02), 41: (0.00, -0.02)},
}


def _fill(moves: Mapping[int, tuple[float, float]]) -> np.ndarray:
    field = np.zeros((68, 2), np.float32)
    for point, move in moves.items():
        field[point] = move
        if MIRROR[point] != point:
            field[MIRROR[point]] = (-move[0], move[1])
    field.flags.writeable = False
    return field


_FIELDS: Mapping[int, np.ndarray] = MappingProxyType({number: _fill(moves) for number, moves in _MOVES.items()})

_MIDLINE = np.array([k == MIRROR[k] for k in range(68)])
_LEFT_HALF = np.array([*range(0, 8), *range(17, 22), 31, 32, *range(36, 42), 48, 49, 50, 58, 59, 60, 61, 67])


def displacement(number: int, side: str = "both") -> np.ndarray:
    """Where one action unit at its full strength takes each landmark of a level face.

    Args:
        number: FACS number, one of :data:`emocourse.emotions.ACTION_UNITS`.
        side: "both", or "left" or "right" of the image; points of the midline then go half the way.

    Returns:
        (68, 2) float32: x to the right, y down, in units of the distance between the eyes.

    Raises:
        CourseError: no such unit, or no such side.
    """
    if number not in _FIELDS:
        known = ", ".join(map(str, ACTION_UNITS))
        raise CourseError(f"The course has no action unit {number!r}: choose from {known}.")
    if side not in SIDES:
        raise CourseError(f"There is no side {side!r}: choose both, left or right.")
    if side == "both":
        return _FIELDS[number].copy()
    share = np.zeros(68, np.float32)
    share[_LEFT_HALF if side == "left" else MIRROR[_LEFT_HALF]] = 1
    share[_MIDLINE] = 0.5
    return _FIELDS[number] * share[:, None]


def move(landmarks: np.ndarray, units: Mapping[int, float], side: str = "both") -> np.ndarray:
    """A face with action units switched on. Lesson 01.

    The displacements are added, turned and scaled as the face is. Lids and lips that would cross meet instead.

    Args:
        landmarks: (..., 68, 2) in any pixels. They are not changed.
        units: {FACS number: strength}, a strength from 0 (relaxed) to 1 (full); {} gives the face as it is.
        side: "both", or "left" or "right" of the image.

    Returns:
        An array of the same shape, float32.

    Raises:
        CourseError: an unknown unit or side, a strength outside 0 to 1, or no landmarks.
    """
    points = np.array(landmarks, np.float64)
    if points.shape[-2:] != (68, 2) or not np.isfinite(points).all():
        raise CourseError(f"Landmarks are 68 finite (x, y) points a face, but these have the shape {points.shape}.")
    if side not in SIDES:
        raise CourseError(f"There is no side {side!r}: choose both, left or right.")
    total = np.zeros((68, 2))
    for number, strength in units.items():
        if not 0 <= strength <= 1:  # also refuses NaN
            raise CourseError(f"AU{number} has the strength {strength}: it must lie between 0 and 1.")
        total += float(strength) * displacement(number, side)
    across = points[..., 42:48, :].mean(-2) - points[..., 36:42, :].mean(-2)
    down = np.stack([-across[..., 1], across[..., 0]], -1)
    moved = points + total[:, :1] * across[..., None, :] + total[:, 1:] * down[..., None, :]
    for pairs, least in ((_LIDS, _LEAST_OPEN), (_LIPS, 0.0)):
        for upper, lower in pairs:
            _keep_apart(points, moved, upper, lower, down, least)
    return moved.astype(np.float32)


def _keep_apart(before: np.ndarray, moved: np.ndarray, upper: int, lower: int, down: np.ndarray, least: float) -> None:
    """Shift a pair of points in ``moved``, where they have crossed, so that ``lower`` is below ``upper`` again."""
    length = np.maximum((down**2).sum(-1), 1e-12)

    def gap(points: np.ndarray) -> np.ndarray:
        return ((points[..., lower, :] - points[..., upper, :]) * down).sum(-1) / length

    # A face whose lids were closer than that from the start keeps them as they were.
    missing = np.maximum(np.minimum(least, gap(before)) - gap(moved), 0)[..., None]
    # The upper one gives way: lids meet at the lower lid, and only the upper lip moves against a still lower one.
    moved[..., upper, :] -= missing * down


def prototype(emotion: str) -> dict[int, float]:
    """The textbook (EMFACS) units of an emotion at full strength, ready for :func:`move`; {} for neutral.

    Raises:
        CourseError: no such emotion.
    """
    if emotion not in INFO:
        raise CourseError(f"{emotion!r} is no emotion of this course: choose one of {', '.join(INFO)}.")
    return dict.fromkeys(INFO[emotion].action_units, 1.0)


def express(landmarks: np.ndarray, emotion: str, strength: float = 1.0) -> np.ndarray:
    """A face that shows an emotion as the textbook says; contempt on the image's right side only. Lesson 01.

    Args:
        landmarks: (..., 68, 2), best of a neutral face.
        emotion: one of the seven labels, or "contempt".
        strength: of every unit, 0 to 1.

    Returns:
        An array of the same shape, float32.

    Raises:
        CourseError: as :func:`move` and :func:`prototype`.
    """
    units = dict.fromkeys(prototype(emotion), strength)
    return move(landmarks, units, side="right" if INFO[emotion].one_sided else "both")
