"""Counting right and wrong: accuracy with its interval, confusion, F1, calibration, and tests between two models.

Thin functions over scikit-learn and SciPy, which load when first used, for they take longer to start than the counting
takes. Everywhere ``labels`` and ``predicted`` are (n,) whole numbers from 0 to k - 1, ``probabilities`` (n, k) floats
whose rows sum to 1 within 0.001, ``detected`` (n,) bools (a detector found the face). Every function checks what it is
given and raises :class:`~emocourse.errors.CourseError` with one sentence when it cannot be used, and also when there
are no images at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from .errors import CourseError

BINS = 15
"""Bins of the calibration error, as in Guo et al. (2017)."""

_SUM_TOLERANCE = 1e-3
_SMALLEST = 1e-12  # a probability of 0 has no logarithm; this is what the temperature sees in its place
_TEMPERATURES = (0.05, 20.0)


def check_labels(values: Any, classes: int | None = None, what: str = "labels") -> np.ndarray:
    """``values`` as (n,) int64, n > 0, checked to be whole numbers from 0 to ``classes`` - 1."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise CourseError(f"The {what} must be one number an image, shape (n,), but they have shape {array.shape}.")
    if not array.size:
        raise CourseError(f"The {what} are empty: there is nothing to evaluate, so choose a split that has images.")
    if array.dtype.kind not in "iu":
        raise CourseError(f"The {what} must be whole numbers, but they are of type {array.dtype}.")
    if array.min() < 0 or (classes is not None and array.max() >= classes):
        top = "" if classes is None else f" to {classes - 1}"
        raise CourseError(f"The {what} must run from 0{top}, but they run from {array.min()} to {array.max()}.")
    return array.astype(np.int64)


def check_pair(labels: Any, predicted: Any, classes: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    labels, predicted = check_labels(labels, classes), check_labels(predicted, classes, "predictions")
    if len(labels) != len(predicted):
        raise CourseError(
            f"There are {len(labels)} labels but {len(predicted)} predictions: give one prediction an image."
        )
    return labels, predicted


def check_probabilities(values: Any, n: int | None = None, classes: int | None = None) -> np.ndarray:
    """``values`` as (n, k) float64 with rows that sum to exactly 1, checked."""
    array = np.asarray(values)
    if array.ndim != 2 or array.dtype.kind != "f":
        raise CourseError(
            f"The probabilities must be floats of shape (n, classes), but they are {array.dtype} {array.shape}."
        )
    if not array.size:
        raise CourseError(
            "The probabilities are empty: there is nothing to evaluate, so choose a split that has images."
        )
    if n is not None and len(array) != n:
        raise CourseError(f"There are {n} labels but {len(array)} rows of probabilities: give one row an image.")
    if classes is not None and array.shape[1] != classes:
        raise CourseError(
            f"There are {array.shape[1]} probabilities an image but {classes} classes: "
            "use the labels that the model was trained on."
        )
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise CourseError("The probabilities hold NaN or infinity: the model's training has probably diverged.")
    sums = array.sum(axis=1)
    if array.min() < 0 or np.abs(sums - 1).max() > _SUM_TOLERANCE:
        raise CourseError(
            "Every row of probabilities must be non-negative and sum to 1: apply softmax to the model's output first."
        )
    return array / sums[:, None]


def _check_scored(labels: Any, probabilities: Any) -> tuple[np.ndarray, np.ndarray]:
    probabilities = check_probabilities(probabilities, len(check_labels(labels)))
    return check_labels(labels, probabilities.shape[1]), probabilities


def check_detected(values: Any, n: int) -> np.ndarray:
    array = np.asarray(values)
    if array.shape != (n,) or array.dtype != np.bool_:
        raise CourseError(
            f"'detected' must be {n} bools, one an image, but it is {array.dtype} of shape {array.shape}."
        )
    return array


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise CourseError(f"The level of an interval lies between 0 and 1, such as 0.95, and is not {level}.")


def check_names(names: Sequence[str]) -> tuple[str, ...]:
    names = tuple(names)
    if len(names) < 2 or len(set(names)) != len(names) or not all(isinstance(name, str) and name for name in names):
        raise CourseError("The class names must be at least two different words, in label order.")
    return names


def percent(share: float, digits: int = 1) -> str:
    """A share in the course's form: 0.553 is "55.3 %". Lessons 07, 08, 09, 10."""
    return f"{100 * share:.{digits}f} %"


def with_interval(value: float, low: float, high: float) -> str:
    """A share and the ends of its interval: "55.3 % (53.7 % to 56.9 %)"."""
    return f"{percent(value)} ({percent(low)} to {percent(high)})"


# --- accuracy ---------------------------------------------------------------------------------------------------------


def accuracy(labels: Any, predicted: Any) -> float:
    """Share of images whose prediction is their label, 0 to 1. Lesson 09."""
    return float(np.mean(np.equal(*check_pair(labels, predicted))))


def wilson(share: float, n: int, z: float) -> tuple[float, float]:
    """Middle and half the width of Wilson's interval of a share of ``n``, ``z`` standard errors to each side."""
    shrink = 1 + z * z / n
    return (share + z * z / (2 * n)) / shrink, z / shrink * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))


def wilson_interval(correct: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Interval in which a true proportion lies when ``correct`` of ``n`` were right.
    Lessons 01, 02, 03, 04, 05, 07, 08, 09, 10.

    Wilson (1927), *Probable inference, the law of succession, and statistical inference*, JASA 22(158), without
    continuity correction. Unlike the textbook p ± 1.96 √(p(1-p)/n) it stays inside 0 to 1 and holds its level for small
    n. By hand, as figures and widgets ask for many: SciPy's takes a thousand times as long.

    Args:
        correct: number right, 0 to ``n``.
        n: number of independent images, at least 1.
        level: how often such an interval holds the truth, between 0 and 1.

    Returns:
        The lower and upper end, 0 to 1.
    """
    if n < 1 or not 0 <= correct <= n:
        raise CourseError(
            f"{correct} right of {n} is not a proportion: n must be at least 1, and the number right from 0 to n."
        )
    _check_level(level)
    correct, n = int(correct), int(n)  # whole numbers of NumPy's may be too small to be squared
    centre, half = wilson(correct / n, n, NormalDist().inv_cdf((1 + level) / 2))
    # At the ends the formula gives 0 and 1 exactly, but for rounding.
    return (0.0 if correct == 0 else float(centre - half), 1.0 if correct == n else float(centre + half))


def majority(train_labels: Any, labels: Any) -> tuple[int, float]:
    """The baseline that always answers the commonest training label: that label, and its accuracy on ``labels``.
    Lessons 03, 05, 06, 07, 08, 09.

    Of equally common labels, the first.
    """
    answer = int(np.bincount(check_labels(train_labels, what="training labels")).argmax())
    return answer, float(np.mean(check_labels(labels) == answer))


# --- classes ----------------------------------------------------------------------------------------------------------


def confusion(labels: Any, predicted: Any, classes: int) -> np.ndarray:
    """Confusion matrix, (classes, classes) int64: row i, column j counts images of label i that were called j."""
    labels, predicted = (checked.astype(np.int64) for checked in check_pair(labels, predicted, classes))
    return np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)


def per_class(matrix: Any, names: Sequence[str]) -> dict[str, dict[str, float | int | None]]:
    """Precision, recall, F1 and number of images of each class, from a confusion matrix.

    Args:
        matrix: (k, k) counts, as :func:`confusion` makes them.
        names: k class names in label order.

    Returns:
        ``{name: {"precision", "recall", "f1", "n"}}``. Undefined values are None: the precision of a class that was
        never predicted, the recall of one that no image has, the F1 of one with neither.
    """
    names, matrix = check_names(names), np.asarray(matrix)
    if matrix.shape != (len(names), len(names)) or matrix.dtype.kind not in "iu" or matrix.min() < 0:
        raise CourseError(
            f"A confusion matrix of {len(names)} classes is a square of {len(names)} by {len(names)} counts."
        )
    right, n, called = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return {
        name: {
            "precision": _ratio(right[k], called[k]),
            "recall": _ratio(right[k], n[k]),
            "f1": _ratio(2 * right[k], n[k] + called[k]),
            "n": int(n[k]),
        }
        for k, name in enumerate(names)
    }


def _ratio(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None


def macro_f1(labels: Any, predicted: Any, classes: int) -> float:
    """Mean F1 over the classes that occur among the labels or the predictions, each class counting the same, 0 to 1.

    Like :func:`confusion` with NumPy alone: scikit-learn's take 0.4 s to import, and a command that measures needs no
    more of it. The tests compare them.
    """
    scores = per_class(confusion(labels, predicted, classes), [str(k) for k in range(classes)]).values()
    return float(np.mean([score["f1"] for score in scores if score["f1"] is not None]))


# --- two models on the same images ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class McNemar:
    """Two models on the same images: the counts of who was right where, and the exact test that the two differ.

    Attributes:
        both, only_a, only_b, neither: numbers of images that both, one and none of the models got right.
        p_value: two-sided; the chance of counts at least so uneven between ``only_a`` and ``only_b`` if neither model
            were better.
    """

    both: int
    only_a: int
    only_b: int
    neither: int
    p_value: float


def mcnemar(labels: Any, a: Any, b: Any) -> McNemar:
    """McNemar's test, exact by the binomial distribution, between the predictions of models ``a`` and ``b``.
    Lessons 08, 09.

    McNemar (1947), *Note on the sampling error of the difference between correlated proportions or percentages*,
    Psychometrika 12(2). Only images on which the models differ in being right say which of them is better.
    """
    from scipy.stats import binomtest

    right_a, right_b = _rights(labels, a, b)
    neither, only_b, only_a, both = np.bincount(2 * right_a + right_b, minlength=4).tolist()
    p_value = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return McNemar(both, only_a, only_b, neither, p_value)


def difference_interval(
    labels: Any, a: Any, b: Any, level: float = 0.95, samples: int = 10_000, seed: int = 0
) -> tuple[float, float, float]:
    """How much more accurate model ``b`` is than ``a`` on the same images, with a paired bootstrap interval.
    Lessons 07, 09, 10.

    Percentile bootstrap (Efron and Tibshirani 1993, *An Introduction to the Bootstrap*): the images are drawn again
    with replacement ``samples`` times, each with both its predictions. The numbers of images won by a, tied and won
    by b are then multinomial, and it is they that are drawn.

    Returns:
        The difference accuracy(b) - accuracy(a), and the lower and upper end of its interval, each -1 to 1.
    """
    right_a, right_b = _rights(labels, a, b)
    _check_level(level)
    n, won = len(right_a), np.bincount(1 + right_b - right_a, minlength=3)
    drawn = np.random.default_rng(seed).multinomial(n, won / n, size=samples)
    low, high = np.quantile((drawn[:, 2] - drawn[:, 0]) / n, [(1 - level) / 2, (1 + level) / 2])
    return float((won[2] - won[0]) / n), float(low), float(high)


def _rights(labels: Any, a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """(n,) 0 or 1 each: whether ``a`` and ``b`` are right."""
    return tuple(np.equal(*check_pair(labels, predicted)).astype(np.int64) for predicted in (a, b))


# --- calibration: does a model know how sure it may be? ---------------------------------------------------------------


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy, in equal bins of confidence.

    Attributes:
        edges: (bins + 1,) ends of the bins, 0 to 1; bin b holds confidences above ``edges[b]`` up to ``edges[b + 1]``.
        n: (bins,) int64 images in each bin.
        confidence: (bins,) mean probability of the predicted class; NaN in an empty bin.
        accuracy: (bins,) share of them that was right; NaN in an empty bin.
    """

    edges: np.ndarray
    n: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def ece(self) -> float:
        """Expected calibration error: the mean gap between confidence and accuracy, weighted by the bins' images."""
        return float(np.nansum(self.n * np.abs(self.confidence - self.accuracy)) / self.n.sum())


def reliability(labels: Any, probabilities: Any, bins: int = BINS) -> Reliability:
    """The bins of a reliability diagram: Guo, Pleiss, Sun and Weinberger (2017). Lesson 07.

    *On calibration of modern neural networks*, ICML.
    """
    if bins < 1:
        raise CourseError(f"A reliability diagram needs at least one bin, not {bins}.")
    labels, probabilities = _check_scored(labels, probabilities)
    edges = np.linspace(0, 1, bins + 1)
    confidence = np.minimum(probabilities.max(axis=1), 1.0)
    right = probabilities.argmax(axis=1) == labels
    place = np.searchsorted(edges, confidence, side="left") - 1
    n, sure, hits = (np.bincount(place, weights, minlength=bins) for weights in (None, confidence, right))
    with np.errstate(invalid="ignore"):
        return Reliability(edges, n, sure / n, hits / n)


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

    Fit it on images that the model was not trained on. The negative log-likelihood is convex in 1/temperature, so its
    slope changes sign once, and Brent's method finds where. Where there is no minimum inside (every prediction right,
    or no better than chance) the nearer end is returned.
    """
    from scipy.optimize import brentq

    labels, probabilities = _check_scored(labels, probabilities)
    logits = np.log(np.maximum(probabilities, _SMALLEST))
    if np.ptp(logits) < 1e-9:
        return 1.0  # equal probabilities stay equal at any temperature
    own = logits[np.arange(len(labels)), labels]

    def slope(cold: float) -> float:
        """Derivative of the mean negative log-likelihood by 1/temperature, at -``cold`` = log(temperature)."""
        powers = np.exp((logits - logits.max(axis=1, keepdims=True)) * np.exp(cold))
        return float(np.mean((powers * logits).sum(axis=1) / powers.sum(axis=1) - own))

    high, low = -np.log(_TEMPERATURES)
    if slope(low) >= 0 or slope(high) <= 0:
        return _TEMPERATURES[1] if slope(low) >= 0 else _TEMPERATURES[0]
    return float(np.exp(-brentq(slope, low, high, xtol=1e-14)))
