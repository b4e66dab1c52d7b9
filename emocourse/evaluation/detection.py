"""Coverage: how many faces a detector finds, of which emotions, and how it trades against wrong landmarks.

``emocourse data coverage --data fer2013 --out FILE.json`` makes ``data/results/detection/fer2013.json``.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ..emotions import EMOTIONS
from ..errors import CourseError
from ..faces import detection as detectors
from ..faces import landmarks
from ..files import store as files
from ..metrics import check_detected, check_labels, check_names, wilson_interval

LOWEST = -1.0
"""Lowest detector score that :func:`look` asks for."""

STEPS = tuple(round(-0.8 + 0.1 * k, 1) for k in range(19))
"""The detection thresholds that are compared, -0.8 to 1.0; the course's own, -0.2, is one of them."""

MIRROR_LIMIT = 3.0
"""Pixels of the 48×48 picture: further apart, a face's landmarks contradict those of its mirror image."""


@dataclasses.dataclass(frozen=True)
class Share:
    """A share with its 95 % Wilson interval: ``part`` of ``n``; ``value``, ``low`` and ``high`` are 0 to 1."""

    part: int
    n: int
    value: float
    low: float
    high: float


def share(part: int, n: int) -> Share:
    """The share ``part`` of ``n`` > 0, with its interval."""
    return Share(int(part), int(n), part / n, *wilson_interval(int(part), int(n)))


def by_emotion(labels: Any, detected: Any, names: Sequence[str] = EMOTIONS) -> dict[str, Share]:
    """The coverage of each emotion's pictures; emotions without pictures are left out.

    Args:
        labels: (n,) whole numbers, indices into ``names``.
        detected: (n,) bools.
        names: the emotions in label order.
    """
    names = check_names(names)
    labels = check_labels(labels, len(names))
    detected = check_detected(detected, len(labels))
    of_each = [detected[labels == k] for k in range(len(names))]
    return {name: share(mine.sum(), len(mine)) for name, mine in zip(names, of_each, strict=True) if len(mine)}


@dataclasses.dataclass(frozen=True)
class Tradeoff:
    """What each threshold gives, in the order of ``thresholds``: ``coverage`` (kept of all), ``wrong`` (of those kept;
    None where nothing is kept)."""

    thresholds: tuple[float, ...]
    coverage: tuple[Share, ...]
    wrong: tuple[Share | None, ...]


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
        tuple(share(mask.sum(), len(scores)) for mask in kept),
        tuple(share(wrong[mask].sum(), mask.sum()) if mask.any() else None for mask in kept),
    )


def look(images: np.ndarray, progress: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The best score and the landmarks of 48×48 pictures, however low the score.

    ``landmarks.find`` gives up at HOG_THRESHOLD and takes the whole picture as box. This goes down to ``LOWEST``, to
    see what lower thresholds would let in.

    Returns:
        scores (n,) float32, -9 below ``LOWEST``; landmarks (n, 68, 2) float32, in the whole picture's box there.
    """
    scores, points = np.full(len(images), -9.0, np.float32), np.empty((len(images), 68, 2), np.float32)
    border, scale = detectors.border_of((48, 48)), detectors.SMALL_SCALE
    for i, image in enumerate(tqdm(images, desc="Finding faces", unit=" pictures", disable=not progress)):
        found = detectors.run_hog(detectors.enlarge(image), LOWEST)
        box = detectors.whole_picture_box()
        if found:
            box, scores[i] = detectors.map_back(found[0][0], scale, scale, border), found[0][1]
        points[i] = landmarks.predict(image, box)
    return scores, points


def mirror_distances(images: np.ndarray, progress: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A test of landmarks that needs no truth: look for them again in the mirrored picture.

    Args:
        images: (n, 48, 48) uint8.

    Returns:
        scores (n,) float32 of the pictures themselves; (n,) float32, the mean distance in pixels between the inner
        landmarks and those of the mirrored picture, mirrored back. Right landmarks come out near each other.
    """
    scores, points = look(images, progress)
    _, mirrored = look(np.ascontiguousarray(images[:, :, ::-1]), progress)
    apart = landmarks.inner(landmarks.mirror(mirrored)) - landmarks.inner(points)
    return scores, np.linalg.norm(apart, axis=2).mean(axis=1)


def matches(found: Sequence[Any], true: Any, least: float = 0.4) -> tuple[int, int]:
    """Compare a detector's boxes with the true ones, by intersection over union: shared area by the area of both.

    Args:
        found: boxes (x, y, w, h).
        true: boxes of the faces that are there.
        least: overlap, 0 to 1, from which two boxes count as the same face.

    Returns:
        How many true faces were found; how many found boxes are no face (false alarms).
    """
    overlaps = np.array([[_overlap(one, other) for other in true] for one in found]).reshape(len(found), len(true))
    same = overlaps >= least
    return int(same.any(axis=0).sum()), int((~same.any(axis=1)).sum())


def _overlap(one: Sequence[float], other: Sequence[float]) -> float:
    x, y, w, h = (float(v) for v in one)
    ox, oy, ow, oh = (float(v) for v in other)
    shared = max(0.0, min(x + w, ox + ow) - max(x, ox)) * max(0.0, min(y + h, oy + oh) - max(y, oy))
    return shared / (w * h + ow * oh - shared)


def read() -> dict[str, Any]:
    """The record of FER2013: ``emotions`` {split: {emotion: [found, all]}}, ``mirror`` {"limit", "scores", "wrong"}.

    Under ``mirror``, "scores" are the lower ends of bands of validation scores and "n", "wrong" the pictures in each.
    """
    return files.read_json(files.data_path("results", "detection", "fer2013.json"), 1 << 16)


def recorded_tradeoff(record: dict[str, Any]) -> Tradeoff:
    """The trade-off of the record of :func:`read`; "wrong" means that the mirror test failed."""
    bands = record["mirror"]
    n, wrong = np.array(bands["n"]), np.array(bands["wrong"])
    kept, bad = n[::-1].cumsum()[::-1], wrong[::-1].cumsum()[::-1]
    rows = range(1, len(n))  # the first band is what lies below every threshold
    return Tradeoff(
        tuple(bands["thresholds"]),
        tuple(share(kept[k], n.sum()) for k in rows),
        tuple(share(bad[k], kept[k]) if kept[k] else None for k in rows),
    )
