"""What a teacher says of each image of a split, asked once and kept in the cache."""

import hashlib
from typing import Any

import numpy as np

from ..dataset import augmentation
from ..dataset.splits import Split
from ..files import store as files
from ..models.classifier import Classifier


def identify(content: Any, teacher: Classifier | None) -> None:
    """Add all that a teacher's answers depend on to a hash; nothing without one."""
    for member in (teacher.members or (teacher,)) if teacher else ():
        content.update(repr((member.name, member.temperature, teacher.temperature)).encode())
        for array in member.model.get_weights():
            content.update(array.tobytes())


def ask_once(teacher: Classifier, split: Split) -> np.ndarray:
    """The teacher's probabilities of each image: the mean over the image as it is and mirrored.

    They are kept in the cache by what they depend on, so a run that goes on does not ask again.

    Returns:
        (n, classes) float32, rows sum to 1.
    """
    content = hashlib.sha256(split.images.tobytes())
    content.update(split.landmarks.tobytes())
    identify(content, teacher)
    path = files.cache_dir() / "distillation" / f"{content.hexdigest()[:32]}.npz"
    layout = {"said": np.empty((len(split), len(teacher.emotions)), np.float32)}
    stored = files.read_arrays(path, layout)
    if stored is not None:
        return stored["said"]
    views = augmentation.views(split.images, split.landmarks, crops=False)
    said = np.mean([teacher.probabilities(*view) for view in views], axis=0, dtype=np.float32)
    with files.atomic_write(path) as stream:
        np.savez(stream, said=said)
    return said
