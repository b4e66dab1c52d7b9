"""Naming one emotion by one number and a threshold: how good such a rule is, and where to put the threshold."""

from typing import Any

import numpy as np

from ..errors import CourseError


def positive_rates(says: Any, truth: Any) -> tuple[float, float]:
    """How a yes-or-no rule does on both kinds of faces.

    Args:
        says: (n,) bools, whether the rule says yes.
        truth: (n,) bools, whether that is so.

    Returns:
        The hit rate (share of the true ones that the rule finds) and the false-alarm rate (share of the others at which
        it says yes as well), each 0 to 1.

    Raises:
        CourseError: not as many answers as truths, or only one kind of faces.
    """
    says, truth = np.asarray(says, bool), np.asarray(truth, bool)
    if says.shape != truth.shape or says.ndim != 1:
        raise CourseError(
            f"Answers of shape {says.shape} do not go with truths of shape {truth.shape}: give one a face."
        )
    if truth.all() or not truth.any():
        raise CourseError("Rates need faces of both kinds: choose a set that has some of each.")
    return float(says[truth].mean()), float(says[~truth].mean())


def youden_threshold(values: Any, truth: Any, candidates: Any) -> float:
    """The candidate t whose rule "value > t" has the largest hit rate minus false-alarm rate (Youden, 1950).

    Unlike accuracy, this does not depend on how many faces of each kind there are.

    Args:
        values: (n,) numbers. truth: (n,) bools. candidates: thresholds to try; of equally good ones the first is taken.

    Raises:
        CourseError: no candidates, or as :func:`positive_rates`.
    """
    candidates = np.asarray(candidates, np.float64).ravel()
    if not len(candidates):
        raise CourseError("There is no threshold to choose from: give at least one candidate.")
    values = np.asarray(values)
    gains = [hits - alarms for hits, alarms in (positive_rates(values > t, truth) for t in candidates)]
    return float(candidates[int(np.argmax(gains))])
