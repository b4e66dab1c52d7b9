"""Coverage: how many faces a detector finds, of which emotions, and how it trades against wrong landmarks."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..emotions import EMOTIONS
from ..errors import CourseError
from ..files import store as files
from ..metrics import check_detected, check_labels, check_names, wilson_interval

STEPS = tuple(round(-0.8 + 0.1 * k, 1) for k in range(19))
"""The detection thresholds that are compared, -0.8 to 1.0; the course's own, -0.2, is one of them."""


@dataclasses.dataclass(frozen=True)
class Proportion:
    """A proportion with its 95 % Wilson interval: ``part`` of ``n``; ``value``, ``low`` and ``high`` are 0 to 1."""

    part: int
    n: int
    value: float
    low: float
    high: float


def proportion(part: int, n: int) -> Proportion:
    """The proportion ``part`` of ``n`` > 0, with its interval."""
    return Proportion(int(part), int(n), part / n, *wilson_interval(int(part), int(n)))


def coverage_by_emotion(labels: Any, detected: Any, names: Sequence[str] = EMOTIONS) -> dict[str, Proportion]:
    """The coverage of each emotion's images; emotions without images are left out.

    Args:
        labels: (n,) whole numbers, indices into ``names``.
        detected: (n,) bools.
        names: the emotions in label order.
    """
    names = check_names(names)
    labels = check_labels(labels, len(names))
    detected = check_detected(detected, len(labels))
    of_each = [detected[labels == k] for k in range(len(names))]
    return {name: proportion(mine.sum(), len(mine)) for name, mine in zip(names, of_each, strict=True) if len(mine)}


@dataclasses.dataclass(frozen=True)
class Tradeoff:
    """What each threshold gives, in the order of ``thresholds``: ``coverage`` (kept of all), ``wrong`` (of those kept;
    None where nothing is kept)."""

    thresholds: tuple[float, ...]
    coverage: tuple[Proportion, ...]
    wrong: tuple[Proportion | None, ...]


def tradeoff(scores: Any, wrong: Any, thresholds: Sequence[float] = STEPS) -> Tradeoff:
    """How many faces are kept at each threshold, and how many of these have wrong landmarks.

    Args:
        scores: (n,) detector scores, n > 0.
        wrong: (n,) bools, whether the landmarks in that face's box are wrong.
        thresholds: a face is kept when its score reaches the threshold.
    """
    scores = np.asarray(scores, np.float64)
    if scores.ndim != 1 or not scores.size or not np.isfinite(scores).all():
        raise CourseError("Scores must be a list of finite numbers, at least one.")
    wrong = check_detected(wrong, len(scores))
    kept = [scores >= threshold - 1e-9 for threshold in thresholds]
    return Tradeoff(
        tuple(float(threshold) for threshold in thresholds),
        tuple(proportion(mask.sum(), len(scores)) for mask in kept),
        tuple(proportion(wrong[mask].sum(), mask.sum()) if mask.any() else None for mask in kept),
    )


def recorded_coverage() -> dict[str, Any]:
    """The record of FER2013: ``emotions`` {split: {emotion: [found, all]}}, ``mirror`` {"limit", "scores", "wrong"}.
    Lesson 04.

    Under ``mirror``, "scores" are the lower ends of bands of validation scores and "n", "wrong" the images in each.
    """
    return files.read_json(files.data_path("results", "detection", "fer2013.json"), 1 << 16)


def recorded_tradeoff(record: dict[str, Any]) -> Tradeoff:
    """The trade-off of the record of :func:`recorded_coverage`; "wrong" means that the mirror test failed.
    Lesson 04."""
    bands = record["mirror"]
    n, wrong = np.array(bands["n"]), np.array(bands["wrong"])
    kept, bad = n[::-1].cumsum()[::-1], wrong[::-1].cumsum()[::-1]
    rows = range(1, len(n))  # the first band is what lies below every threshold
    return Tradeoff(
        tuple(bands["thresholds"]),
        tuple(proportion(kept[k], n.sum()) for k in rows),
        tuple(proportion(bad[k], kept[k]) if kept[k] else None for k in rows),
    )
