"""Measures how many faces of a dataset the detector finds, for ``data/results/detection/fer2013.json``.

``emocourse.evaluation`` reads the record and draws its conclusions (:mod:`emocourse.evaluation.detection`).
"""

import datetime
from pathlib import Path
from typing import Any

import numpy as np

from emocourse.dataset.splits import Dataset
from emocourse.evaluation.detection import STEPS, coverage_by_emotion
from emocourse.faces import landmarks
from emocourse.faces.detection import HOG_THRESHOLD
from emocourse.files.store import write_json

MIRROR_LIMIT = 3.0
"""Pixels of the 48×48 image: further apart, a face's landmarks contradict those of its mirror image."""


def mirror_distances(images: np.ndarray, progress: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A test of landmarks that needs no truth: look for them again in the mirrored image.

    Args:
        images: (n, 48, 48) uint8.

    Returns:
        scores (n,) float32 of the images themselves; (n,) float32, the mean distance in pixels between the inner
        landmarks and those of the mirrored image, mirrored back. Right landmarks come out near each other.
    """
    scores, points = landmarks.scores_and_landmarks(images, progress)
    _, mirrored = landmarks.scores_and_landmarks(np.ascontiguousarray(images[:, :, ::-1]), progress)
    apart = landmarks.inner(landmarks.mirror(mirrored)) - landmarks.inner(points)
    return scores, np.linalg.norm(apart, axis=2).mean(axis=1)


def measure(data: Dataset, out: Path, progress: bool = False) -> dict[str, Any]:
    """Measure a dataset's coverage by emotion, and the mirror test on its validation split; write and return it.

    Args:
        data: the dataset; splits that it does not hold are left out.
        out: the JSON file to write.
        progress: show progress bars.

    Raises:
        CourseError: the file cannot be written.
    """
    counts = {}
    for name in ("train", "validation", "test"):
        split = getattr(data, name)
        if len(split):
            table = coverage_by_emotion(split.labels, split.detected, split.emotions)
            counts[name] = {emotion: [one.part, one.n] for emotion, one in table.items()}
    scores, apart = mirror_distances(data.validation.images, progress)
    band, wrong = np.digitize(scores + 1e-9, STEPS), apart > MIRROR_LIMIT
    rows = [band == k for k in range(len(STEPS) + 1)]
    record = {
        "format": 1,
        "command": f"emocourse data coverage --data {data.name} --out {out.name}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "threshold": HOG_THRESHOLD,
        "emotions": counts,
        "mirror": {
            "limit": MIRROR_LIMIT,
            "thresholds": list(STEPS),
            "n": [int(row.sum()) for row in rows],
            "wrong": [int(wrong[row].sum()) for row in rows],
        },
    }
    write_json(out, record)
    return record
