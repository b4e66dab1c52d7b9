"""Models side by side: one of seven emotions with one of six, and the best of several."""

from typing import Any

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


def best_on(validation: Any, test: Any) -> tuple[int, float, float]:
    """Choose the best of several models on validation, and say how good it is on both splits.

    Args:
        validation, test: (models, n) bools, whether a model is right; the number of images may differ.

    Returns:
        Which model, of equally good ones the first; its accuracy on validation, which the choice flatters; and on test.

    Raises:
        CourseError: not the same number of models, or nothing to choose from.
    """
    validation, test = np.asarray(validation, bool), np.asarray(test, bool)
    if validation.ndim != 2 or test.ndim != 2 or len(validation) != len(test) or not validation.size or not test.size:
        raise CourseError("Models are chosen by two tables of right and wrong, a row a model: give both the same rows.")
    best = int(validation.mean(axis=1).argmax())
    return best, float(validation[best].mean()), float(test[best].mean())
