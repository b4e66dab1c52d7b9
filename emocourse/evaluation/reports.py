"""How good is a model? One report: accuracy with its interval and coverage, confusion, calibration; predictions as CSV.

What the arguments are, and what is refused, is said in :mod:`emocourse.metrics`.
"""

import csv
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import metrics
from ..dataset.splits import Split
from ..errors import CourseError
from ..files.store import atomic_write
from ..metrics import check_detected, check_labels, check_names, check_probabilities, percent
from ..models.classifier import Classifier


class Evaluated(NamedTuple):
    """A model on a split.

    Attributes:
        report: as :func:`report` makes it.
        probabilities: (n, k) float32, what the model said.
        split: the n images that it was asked about: those whose labels it knows.
    """

    report: dict[str, Any]
    probabilities: np.ndarray
    split: Split


def evaluate(classifier: Classifier, split: Split, *, tta: bool = False) -> Evaluated:
    """Measure a model on a split; of a model of six emotions, on the images that do not show disgust.

    Args:
        classifier: the model.
        split: images with labels.
        tta: with test-time augmentation.
    """
    split = split.matching(classifier.emotions)
    probabilities = classifier.probabilities(split.images, split.landmarks, tta=tta)
    return Evaluated(report(split.labels, probabilities, split.detected, split.emotions), probabilities, split)


def accuracy_of(report: dict[str, Any]) -> dict[str, Any]:
    """{"accuracy", "ci95"} alone, out of a report."""
    return {key: report[key] for key in ("accuracy", "ci95")}


def report(labels: Any, probabilities: Any, detected: Any, names: Sequence[str]) -> dict[str, Any]:
    """Everything the course says about one model on one split, in plain Python numbers, ready for JSON.
    Lessons 05, 06, 07, 08.

    Args:
        labels: (n,) whole numbers, 0 to len(names) - 1.
        probabilities: (n, len(names)) floats, rows summing to 1; the prediction is the likeliest class, of equal ones
            the first.
        detected: (n,) bools. Images without a detected face count in every number but ``accuracy_detected``.
        names: class names in label order.

    Returns:
        ``classes`` (the names), ``n``, ``n_detected``, ``coverage`` (share detected), ``accuracy`` (all images),
        ``accuracy_detected`` (None when none is), ``ci95`` ([low, high], Wilson, of ``accuracy``), ``macro_f1``,
        ``ece`` (15 bins), ``confusion`` (rows are labels) and ``per_class`` ({name: precision, recall, f1, n}; None
        where undefined).
    """
    names = check_names(names)
    labels = check_labels(labels, len(names))
    probabilities = check_probabilities(probabilities, len(labels), len(names))
    detected = check_detected(detected, len(labels))
    n, n_detected = len(labels), int(detected.sum())
    predicted = probabilities.argmax(axis=1)
    right = predicted == labels
    matrix = metrics.confusion(labels, predicted, len(names))
    return {
        "classes": list(names),
        "n": n,
        "n_detected": n_detected,
        "coverage": n_detected / n,
        "accuracy": float(right.mean()),
        "accuracy_detected": float(right[detected].mean()) if n_detected else None,
        "ci95": list(metrics.wilson_interval(int(right.sum()), n)),
        "macro_f1": metrics.macro_f1(labels, predicted, len(names)),
        "ece": metrics.ece(labels, probabilities),
        "confusion": matrix.tolist(),
        "per_class": metrics.per_class(matrix, names),
    }


def sentence(report: dict[str, Any]) -> str:
    """The honest sentence of a :func:`report`: all images first, with n and the interval, then the detected ones.
    Lessons 06, 07."""
    low, high = report["ci95"]
    text = (
        f"Accuracy {percent(report['accuracy'])} on all {report['n']:,} images of {len(report['classes'])} classes "
        f"(95 % interval {percent(low)} to {percent(high)})"
    )
    if report["accuracy_detected"] is None:
        text += "; no face was detected in any"
    elif report["n_detected"] < report["n"]:
        text += (
            f"; {percent(report['accuracy_detected'])} on the {report['n_detected']:,} with a detected face "
            f"(coverage {percent(report['coverage'])})"
        )
    return text + "."


def write_predictions(
    path: str | os.PathLike,
    labels: Any,
    probabilities: Any,
    detected: Any,
    names: Sequence[str],
    rows: Any,
    split: str,
) -> None:
    """Write one line an image as CSV, atomically: row, split, label, predicted, detected (0 or 1), probabilities.

    Args:
        path: the file to write.
        labels, probabilities, detected, names: as for :func:`report`. Labels and predictions are written as class
            names, probabilities with 9 digits under the column ``p_<name>``.
        rows: (n,) whole numbers that say where each image stands in its dataset.
        split: "train", "validation" or "test".
    """
    names = check_names(names)
    labels = check_labels(labels, len(names))
    exact = np.asarray(probabilities)
    predicted = check_probabilities(exact, len(labels), len(names)).argmax(axis=1)
    detected = check_detected(detected, len(labels))
    rows = np.asarray(rows)
    if rows.shape != labels.shape or rows.dtype.kind not in "iu":
        raise CourseError(f"'rows' must be {len(labels)} whole numbers, one an image, but it has shape {rows.shape}.")
    if split not in ("train", "validation", "test"):
        raise CourseError(f"A split is called train, validation or test, not {split!r}.")
    with atomic_write(path, "w") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["row", "split", "label", "predicted", "detected", *(f"p_{name}" for name in names)])
        for k in range(len(labels)):
            writer.writerow(
                [
                    int(rows[k]),
                    split,
                    names[labels[k]],
                    names[predicted[k]],
                    int(detected[k]),
                    *(f"{value:.9g}" for value in exact[k]),
                ]
            )
