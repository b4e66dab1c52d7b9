"""Models side by side: one of seven emotions with one of six."""

import numpy as np

from ..emotions import EMOTIONS, EMOTIONS_6
from ..errors import CourseError


def without_disgust(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities of seven emotions as those of six, to compare a model of seven with one of six.

    Args:
        probabilities: (n, 7) floats in the order of ``emotions.EMOTIONS``, rows summing to 1.

    Returns:
        (n, 6) in the order of ``emotions.EMOTIONS_6``, rows summing to 1: what is left when disgust is out of question.

    Raises:
        CourseError: another shape.
    """
    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 2 or probabilities.shape[1] != len(EMOTIONS):
        raise CourseError(f"Disgust is left out of {len(EMOTIONS)} columns, but the shape is {probabilities.shape}.")
    six = probabilities[:, [EMOTIONS.index(name) for name in EMOTIONS_6]]
    return six / np.maximum(six.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
