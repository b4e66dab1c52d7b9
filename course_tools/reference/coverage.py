"""The record of how many faces the detector finds: ``emocourse data coverage`` makes it, lesson 03 shows it."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np

from emocourse.dataset.splits import Dataset
from emocourse.evaluation.detection import MIRROR_LIMIT, STEPS, by_emotion, mirror_distances
from emocourse.faces.detection import HOG_THRESHOLD
from emocourse.files import store


def measure(data: Dataset, out: Path, progress: bool = False) -> dict[str, Any]:
    """Measure a dataset's coverage by emotion, and the mirror test on its validation split; write the record.

    Args:
        data: the dataset, its faces detected.
        out: the JSON file to write.
        progress: show a progress bar.

    Returns:
        The record, see ``emocourse.evaluation.detection.read``.

    Raises:
        CourseError: the file cannot be written.
    """
    counts = {}
    for name in ("train", "validation", "test"):
        split = getattr(data, name)
        if len(split):
            table = by_emotion(split.labels, split.detected, split.emotions)
            counts[name] = {emotion: [one.part, one.n] for emotion, one in table.items()}
    record = {
        "format": 1,
        "command": f"emocourse data coverage --data {data.name} --out {out.name}",
        "date": datetime.date.today().isoformat(),
        "threshold": HOG_THRESHOLD,
        "emotions": counts,
        "mirror": _mirror_test(data.validation.images, progress),
    }
    store.write_json(out, record)
    return record


def _mirror_test(images: np.ndarray, progress: bool) -> dict[str, Any]:
    """How many images fail the mirror test, by bands of the detector's score."""
    scores, apart = mirror_distances(images, progress)
    band, wrong = np.digitize(scores + 1e-9, STEPS), apart > MIRROR_LIMIT
    rows = [band == k for k in range(len(STEPS) + 1)]
    return {
        "limit": MIRROR_LIMIT,
        "thresholds": list(STEPS),
        "n": [int(row.sum()) for row in rows],
        "wrong": [int(wrong[row].sum()) for row in rows],
    }
