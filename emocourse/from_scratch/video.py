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


def follow(frames: Sequence[Sequence[Box]], least: float = 0.3) -> list[list[int]]:
    """Number the people of a film by overlap alone: a box that continues none of the frame before is a new person.
    Lesson 11.

    Args:
        frames: the boxes of each frame.

    Returns:
        For each frame the number of each box, from 1 up.
    """
    numbers: list[list[int]] = []
    last: list[int] = []
    known, before = 0, []
    for boxes in frames:
        matched = match(before, boxes, least)
        this = []
        for j in range(len(boxes)):
            known += j not in matched
            this.append(last[matched[j]] if j in matched else known)
        numbers.append(this)
        last, before = this, boxes
    return numbers


def identity(
    frames: Sequence[Sequence[Box]],
    numbers: Sequence[Sequence[int]],
    truth: Sequence[np.ndarray],
    visible: Sequence[np.ndarray],
    seen: float = 0.5,
) -> tuple[float, int]:
    """How well people kept their numbers in a film whose people are known. Lesson 11.

    Args:
        frames, numbers: boxes and numbers of each frame, as given to and by :func:`follow`.
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
    """Exponential smoothing by time: after ``constant`` seconds, something new has 63 % of the say. Lesson 11.

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


def perclos(times: np.ndarray, openness: np.ndarray, window: float = 60.0, closed: float = 0.2) -> float:
    """PERCLOS at the last frame: the share of the window, by time, in which the lids were at least 80 % closed.

    A frame stands for the time until the next one. A frame in which the face was not seen counts neither way.

    Args:
        times: (n,) seconds. openness: (n,) 0 closed to 1 open, NaN where the face was not seen.
        window: seconds. closed: openness up to which the eyes count as closed.

    Returns:
        0 to 1; NaN where the face was not seen within the window.
    """
    lasts = np.diff(times)
    counted = (times[:-1] >= times[-1] - window) & np.isfinite(openness[:-1])
    seen = lasts[counted].sum()
    return float(lasts[counted & (openness[:-1] <= closed)].sum() / seen) if seen > 0 else float("nan")


def hysteresis(values: np.ndarray, on: float, off: float) -> np.ndarray:
    """An alarm that comes when a value reaches ``on`` and goes only when it falls below ``off``: (n,) bool."""
    alarm, out = False, []
    for value in values:
        alarm = value >= (off if alarm else on)
        out.append(bool(alarm))
    return np.array(out)


def alarm_rates(values: np.ndarray, drowsy: np.ndarray, threshold: float) -> tuple[float, float]:
    """False alarms, as a share of the frames in which the driver is awake; missed, of those in which not. Lesson 11."""
    alarm = np.asarray(values) >= threshold
    drowsy = np.asarray(drowsy, bool)
    return float(alarm[~drowsy].mean()), float((~alarm)[drowsy].mean())


def choose_threshold(
    values: np.ndarray, drowsy: np.ndarray, thresholds: Sequence[float], most: float = 0.05
) -> float | None:
    """The threshold that misses least among those with at most ``most`` false alarms; the higher one of equals.
    Lesson 11."""
    rates = [(*alarm_rates(values, drowsy, threshold), threshold) for threshold in thresholds]
    allowed = [(missed, -threshold) for false, missed, threshold in rates if false <= most]
    return -min(allowed)[1] if allowed else None
