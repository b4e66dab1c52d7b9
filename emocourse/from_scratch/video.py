"""What changes when images come one after another, in plain NumPy: short, and to be read.

Lesson 11 builds a small live system with these; :mod:`emocourse.live` and :mod:`emocourse.live.drowsiness` are the real
one. Boxes are (x, y, width, height) in pixels; times are in seconds and rise.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from ..errors import CourseError

Box = Sequence[float]


def iou(one: Box, other: Box) -> float:
    """How far two boxes cover the same place: shared area over covered area (*intersection over union*), 0 to 1.
    Lesson 11."""
    x, y, w, h = (float(v) for v in one)
    u, v, width, height = (float(v) for v in other)
    across = max(0.0, min(x + w, u + width) - max(x, u))
    down = max(0.0, min(y + h, v + height) - max(y, v))
    shared = across * down
    return shared / (w * h + width * height - shared)


def match(before: Sequence[Box], now: Sequence[Box], least: float = 0.3) -> dict[int, int]:
    """Which of the boxes now continues which of the boxes before: the pair that overlaps most first, then the next.

    Args:
        before, now: boxes of two frames.
        least: pairs with a smaller IoU are left alone.

    Returns:
        {place in ``now``: place in ``before``}; each place at most once.
    """
    pairs = sorted(((iou(a, b), j, i) for i, a in enumerate(before) for j, b in enumerate(now)), reverse=True)
    matched: dict[int, int] = {}
    for overlap, j, i in pairs:
        if overlap >= least and j not in matched and i not in matched.values():
            matched[j] = i
    return matched


def identity(
    frames: Sequence[Sequence[Box]],
    numbers: Sequence[Sequence[int]],
    truth: Sequence[np.ndarray],
    visible: Sequence[np.ndarray],
    seen: float = 0.5,
) -> tuple[float, int]:
    """How well people kept their numbers in a film whose people are known. Lesson 11.

    Args:
        frames, numbers: boxes and numbers of each frame, and the number of each box.
        truth: (n, 4) true boxes of each frame, person i in row i.
        visible: (n,) the share of each true box that can be seen.
        seen: smallest such share that counts.

    Returns:
        The share (0 to 1) of the sightings of people in which they bore the number that they bore most often; and how
        many numbers were given in all.
    """
    borne: list[list[int]] = [[] for _ in truth[0]]
    for boxes, given, places, shares in zip(frames, numbers, truth, visible, strict=True):
        for person in np.flatnonzero(np.asarray(shares) >= seen):
            overlaps = [iou(places[person], box) for box in boxes]
            at = int(np.argmax(overlaps)) if overlaps else -1
            borne[person].append(given[at] if overlaps and overlaps[at] >= 0.3 else 0)
    right = sum(max((own.count(k) for k in set(own) - {0}), default=0) for own in borne)
    total = sum(map(len, borne))
    if not total:
        raise CourseError("Nobody can be seen in this film: take another one.")
    return right / total, len({number for given in numbers for number in given})


def smooth(times: np.ndarray, values: np.ndarray, constant: float) -> np.ndarray:
    """Exponential smoothing by time: after ``constant`` seconds, something new has 63 % of the say.

    Args:
        times: (n,) seconds. values: (n, ...) numbers. constant: seconds, above 0.

    Returns:
        (n, ...) float64; the first value is kept.
    """
    out = np.array(values, np.float64)
    for i in range(1, len(out)):
        share = 1 - np.exp(-(times[i] - times[i - 1]) / constant)
        out[i] = out[i - 1] + share * (out[i] - out[i - 1])
    return out


def flicker(times: np.ndarray, named: Sequence) -> float:
    """How often a reading changes, a minute. Lesson 11."""
    return 60 * sum(a != b for a, b in itertools.pairwise(named)) / float(times[-1] - times[0])


def lag(times: np.ndarray, constant: float) -> float:
    """Seconds by which smoothing shows half of a sudden change later than it would be shown without. Lesson 11."""
    step = (np.arange(len(times)) > 0).astype(float)
    return float(np.interp(0.5, smooth(times, step, constant), times) - np.interp(0.5, step, times))
