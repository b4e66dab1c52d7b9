"""Does a model know how sure it may be? Reliability, expected calibration error, temperature scaling.

The door to this room is :mod:`emocourse.evaluation`, which says what the arguments are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import CourseError
from .metrics import check_labels, check_probabilities

BINS = 15
"""Bins of the calibration error, as in Guo et al. (2017)."""

_SMALLEST = 1e-12  # a probability of 0 has no logarithm; this is what the temperature sees in its place
_TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy, in equal bins of confidence.

    Attributes:
        edges: (bins + 1,) ends of the bins, 0 to 1; bin b holds confidences above ``edges[b]`` up to ``edges[b + 1]``.
        n: (bins,) int64 pictures in each bin.
        confidence: (bins,) mean probability of the predicted class; NaN in an empty bin.
        accuracy: (bins,) share of them that was right; NaN in an empty bin.
    """

    edges: np.ndarray
    n: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def ece(self) -> float:
        """Expected calibration error: the mean gap between confidence and accuracy, weighted by the bins' pictures."""
        filled = self.n > 0
        gaps = np.abs(self.confidence[filled] - self.accuracy[filled])
        return float(np.sum(gaps * self.n[filled]) / self.n.sum())


def reliability(labels: Any, probabilities: Any, bins: int = BINS) -> Reliability:
    """The bins of a reliability diagram: Guo, Pleiss, Sun and Weinberger (2017).

    *On calibration of modern neural networks*, ICML.
    """
    if bins < 1:
        raise CourseError(f"A reliability diagram needs at least one bin, not {bins}.")
    labels = check_labels(labels)
    probabilities = check_probabilities(probabilities, len(labels))
    check_labels(labels, probabilities.shape[1])
    edges = np.linspace(0, 1, bins + 1)
    confidence = np.minimum(probabilities.max(axis=1), 1.0)
    right = probabilities.argmax(axis=1) == labels
    place = np.searchsorted(edges, confidence, side="left") - 1
    n = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        return Reliability(
            edges,
            n,
            np.bincount(place, confidence, minlength=bins) / n,
            np.bincount(place, right.astype(np.float64), minlength=bins) / n,
        )


def ece(labels: Any, probabilities: Any, bins: int = BINS) -> float:
    """Expected calibration error with ``bins`` equal-width bins of confidence, 0 to 1 (see :func:`reliability`)."""
    return reliability(labels, probabilities, bins).ece


def apply_temperature(probabilities: Any, temperature: float) -> np.ndarray:
    """Divide the logits by ``temperature``, above 1 for less confident answers: (n, k) float64 whose rows sum to 1.

    The logits are the logarithms of the probabilities: softmax does not see the constant that the two differ by. The
    predicted class stays the same.
    """
    probabilities = check_probabilities(probabilities)
    if not (np.isfinite(temperature) and temperature > 0):
        raise CourseError(f"A temperature is a number above 0, and is not {temperature}.")
    logits = np.log(np.maximum(probabilities, _SMALLEST)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def fit_temperature(labels: Any, probabilities: Any) -> float:
    """The temperature that makes the labels most likely (temperature scaling, Guo et al. 2017), from 0.05 to 20.

    Fit it on pictures that the model was not trained on. The negative log-likelihood is convex in 1/temperature, so its
    slope changes sign once, and bisection cannot miss it. Where there is no minimum inside (every prediction right, or
    no better than chance) the nearer end is returned.
    """
    labels = check_labels(labels)
    probabilities = check_probabilities(probabilities, len(labels))
    check_labels(labels, probabilities.shape[1])
    logits = np.log(np.maximum(probabilities, _SMALLEST))
    if np.ptp(logits) < 1e-9:
        return 1.0  # equal probabilities stay equal at any temperature
    own = logits[np.arange(len(labels)), labels]

    def slope(inverse: float) -> float:
        """Derivative of the mean negative log-likelihood by 1/temperature."""
        powers = np.exp((logits - logits.max(axis=1, keepdims=True)) * inverse)
        return float(np.mean((powers * logits).sum(axis=1) / powers.sum(axis=1) - own))

    low, high = np.log(1 / _TEMPERATURES[1]), np.log(1 / _TEMPERATURES[0])
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(np.exp(middle)) > 0 else (middle, high)
    return float(np.exp(-(low + high) / 2))
