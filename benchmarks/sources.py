"""Images to measure on: the real FER2013 where EMOCOURSE_FER2013 is set, else the twin."""

import os

import numpy as np

from emocourse.dataset import fer2013
from emocourse.dataset import splits as dataset


def is_real() -> bool:
    """Whether the real FER2013 is at hand."""
    return bool(os.environ.get("EMOCOURSE_FER2013"))


def random_images(n: int) -> tuple[np.ndarray, str]:
    """n images (n, 48, 48) uint8, fewer if the real data end before, and what they are."""
    if is_real():
        return fer2013.read(progress=False).images[:n], "FER2013"
    return dataset.draw_twin({"train": n}, seed=0, progress=False)[0], "the twin"


def training_split(n: int) -> tuple[dataset.Split, str]:
    """n training images of the six classes with their landmarks, and what they are."""
    if is_real():
        everything, name = dataset.load("fer2013", progress=False), "FER2013"
    else:
        everything, name = dataset.load("twin", sizes={"train": n + n // 5 + 20}, progress=False), "the twin"
    return everything.train.without_disgust().take(np.arange(n)), name
