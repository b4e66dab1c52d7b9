"""Two models and a third that sees what both see: who is right where the others are not."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..emotions import EMOTIONS, EMOTIONS_6
from ..errors import CourseError
from ..metrics import check_labels, mcnemar

GROUPS = ("both", "only_a", "only_b", "neither")


def without_disgust(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities of seven emotions as those of six, to compare a model of seven with one of six. Lesson 08.

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


def who_is_right(labels: Any, predicted: Mapping[str, Any]) -> dict[str, Any]:
    """Where two models are right, alone or together, and how often a third is right there.

    Args:
        labels: (n,) whole numbers.
        predicted: three models' (n,) predictions by name: two to set side by side, then the one to hold against them.

    Returns:
        ``models`` (the names); ``n``; ``accuracy`` ({name: share}); ``groups``: for "both", "only_a", "only_b" and
        "neither" of the first two being right, ``n`` images and the ``share`` of them that the third gets right (None
        where there are none); ``p_value``: {name: McNemar's, of the third against each of the first two}.

    Raises:
        CourseError: not three models, or predictions of another length than the labels.
    """
    labels = check_labels(labels)
    if len(predicted) != 3:
        raise CourseError(f"Two models and a third are compared, but {len(predicted)} were given: give three.")
    a, b, third = predicted
    tests = {name: mcnemar(labels, predicted[name], predicted[third]) for name in (a, b)}  # checks lengths too
    right = {name: np.asarray(values) == labels for name, values in predicted.items()}
    masks = (right[a] & right[b], right[a] & ~right[b], ~right[a] & right[b], ~right[a] & ~right[b])
    return {
        "models": list(predicted),
        "n": len(labels),
        "accuracy": {name: float(values.mean()) for name, values in right.items()},
        "groups": {
            group: {"n": int(mask.sum()), "share": float(right[third][mask].mean()) if mask.any() else None}
            for group, mask in zip(GROUPS, masks, strict=True)
        },
        "p_value": {name: test.p_value for name, test in tests.items()},
    }


def best_on(validation: Any, test: Any) -> tuple[int, float, float]:
    """Choose the best of several models on validation, and say how good it is on both splits. Lesson 08.

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
