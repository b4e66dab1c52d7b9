"""Figures of numbers: training history, confusion, classes, calibration, models side by side, thrown coins."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from ..errors import CourseError
from ..metrics import Reliability, check_names, percent, wilson_interval
from .base import (
    DASHED,
    GRID,
    INK,
    PAPER,
    SERIES,
    SOFT,
    CourseFigure,
    end_labels,
    fill_of,
    finish,
    in_percent,
    listing,
    shaded_table,
    style,
    write,
)

SLIDES_ACCURACY = {"the slides, training": 0.75, "the slides, test": 0.55}
"""What the slides report after 50 epochs: reference lines for :func:`history` and :func:`accuracy_bars`."""

_CURVES = ("accuracy", "loss")  # of a history
_GROUND = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0, "alpha": 0.85}  # of words where curves pass


def _percent_axis(axes: Axes, which: str, low: float = 0.0, high: float = 1.0) -> None:
    step = 0.1 if high - low <= 0.7 else 0.2
    ticks = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step
    names = [percent(abs(tick), 0) for tick in ticks]
    axes.set(**{f"{which}lim": (low, high)})
    getattr(axes, f"set_{which}ticks")(ticks, names)


def _interval(axes: Axes, low: float, high: float, y: float) -> None:
    """A 95 % interval across a bar, with a pale rim so that it shows on a dark one."""
    rim = [withStroke(linewidth=3.2, foreground=PAPER)]
    axes.plot([low, high], [y, y], color=INK, lw=1.3, marker="|", markersize=6, markeredgewidth=1.3, path_effects=rim)


def _counted(names: Sequence[str], n: np.ndarray) -> list[str]:
    return [f"{name} (n = {count:,})" for name, count in zip(names, n, strict=True)]


def _reference(axes: Axes, x: float, y: float, label: str, level: float, **place: Any) -> None:
    """The words of a reference line, on a pale ground of their own, since curves pass there."""
    write(axes, x, y, f"{label} {percent(level, 0)}", color=SOFT, bbox=_GROUND, **place)


def history(
    record: Mapping[str, Sequence[float]],
    title: str = "Training, epoch by epoch",
    references: Mapping[str, float] | None = None,
    marks: Mapping[str, int] | None = None,
) -> CourseFigure:
    """Accuracy and loss by epoch on the training and the validation split, with the gap between the two shaded.
    Lessons 06, 07.

    Args:
        record: "accuracy", "val_accuracy", "loss", "val_loss": one number an epoch each, as Keras records them.
        references: {name: accuracy} drawn as lines across, such as :data:`SLIDES_ACCURACY`.
        marks: {name: epoch} drawn as upright lines.
    """
    references, marks = references or {}, marks or {}
    try:
        accuracy, losses = ([np.asarray(record[k], float) for k in (name, f"val_{name}")] for name in _CURVES)
    except KeyError as missing:
        raise CourseError(f"The history has no {missing}: train with a validation split.") from missing
    epochs = len(accuracy[0])
    if not epochs or any(values.shape != (epochs,) for values in (*accuracy, *losses)):
        raise CourseError("The history must hold the same number of epochs, at least one, for each of its four curves.")
    figure = CourseFigure(9.5, 3.8)
    x = np.arange(1, epochs + 1)
    for axes, name, values in zip(figure.subplots(1, 2), _CURVES, (accuracy, losses), strict=True):
        for y, colour, line, marker in zip(values, SERIES, "-:", "os", strict=True):
            axes.plot(x, y, line, color=colour, marker=marker, markersize=4, markevery=max(1, epochs // 12), lw=1.8)
        axes.fill_between(x, *values, color=GRID, alpha=0.5, linewidth=0)
        style(axes, x="epoch", title=name, grid="y")
        axes.set_xlim(1 - 0.02 * epochs, 1 + max(epochs - 1, 1) * 1.3)
        step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 10**6) if epochs <= 6 * step)
        axes.set_xticks(np.unique([1, *range(step, epochs + 1, step)]))
        if name == "accuracy":
            for label, level in references.items():
                axes.axhline(level, zorder=1, **DASHED)
                _reference(axes, 1, level, label, level)
            every = np.concatenate([*values, list(references.values())])
            _percent_axis(axes, "y", max(0.0, every.min() - 0.05), min(1.0, every.max() + 0.05))
        place, step = (0.04, 0.07) if name == "accuracy" else (0.97, -0.07)  # where curves are rare
        for row, (label, epoch) in enumerate(marks.items()):
            axes.axvline(epoch, zorder=1, **DASHED)
            words = {"transform": axes.get_xaxis_transform(), "bbox": _GROUND, "color": SOFT}
            write(axes, epoch, place + step * row, f" {label}: {epoch}", **words)
        end_labels(axes, epochs, [y[-1] for y in values], ("training", "validation"), SERIES)
    train, validation = accuracy
    best = int(np.argmax(validation))
    alt = (
        f"Two panels of curves, epochs 1 to {epochs}. Training accuracy goes from {percent(train[0])} to "
        f"{percent(train[-1])}, validation accuracy from {percent(validation[0])} to {percent(validation[-1])}; "
        f"the gap at the end is {100 * (train[-1] - validation[-1]):.1f} points. "
        f"The best validation accuracy is {percent(validation[best])}, in epoch {best + 1}. "
        f"Training loss ends at {losses[0][-1]:.2f}, validation loss at {losses[1][-1]:.2f}."
    )
    for label, level in references.items():
        alt += f" A line marks {label}: {percent(level, 0)}."
    for label, epoch in marks.items():
        alt += f" An upright line marks {label}: epoch {epoch}."
    return finish(figure, title, alt)


def confusion(matrix: Any, names: Sequence[str], title: str = "Confusion matrix") -> CourseFigure:
    """Which emotion was taken for which: each row a label, shaded by the share of its images, with the counts.

    Args:
        matrix: (k, k) counts, rows labels, columns predictions (:func:`emocourse.evaluation.confusion`).
        names: k class names in label order.
    """
    names, matrix = check_names(names), np.asarray(matrix)
    k = len(names)
    if matrix.shape != (k, k) or matrix.dtype.kind not in "iu" or matrix.min() < 0 or not matrix.sum():
        raise CourseError(f"A confusion matrix of {k} classes is a square of {k} by {k} counts, not all zero.")
    n = matrix.sum(axis=1)
    shares = matrix / np.maximum(n, 1)[:, None]
    figure = CourseFigure(1.8 + 0.82 * k, 1.4 + 0.66 * k)
    axes = figure.subplots()
    style(axes, x="predicted", y="label")
    ink = shaded_table(axes, shares, _counted(names, n), names, tilt=30)
    for i, j in np.ndindex(k, k):
        centred = {"ha": "center", "color": ink(i, j)}
        share = percent(shares[i, j], 0) if n[i] else "–"
        write(axes, j, i - 0.13, share, fontweight="bold" if i == j else "normal", **centred)
        write(axes, j, i + 0.22, f"{matrix[i, j]:,}", fontsize=7, **centred)
    right = [f"{name} {percent(shares[i, i], 0)}" for i, name in enumerate(names) if n[i]]
    off = np.where(np.eye(k, dtype=bool), -1.0, shares)
    worst = [divmod(int(place), k) for place in np.argsort(off, axis=None, kind="stable")[::-1][:3]]
    mixed = [f"{names[i]} is called {names[j]} in {percent(shares[i, j], 0)}" for i, j in worst if matrix[i, j]]
    alt = f"Of {matrix.sum():,} images, {percent(np.trace(matrix) / matrix.sum())} are on the diagonal. Recognised: "
    alt += listing(right) + "."
    if mixed:
        alt += " The commonest mistakes: " + listing(mixed) + "."
    return finish(figure, title, alt)


def per_class(report: Mapping[str, Any], title: str = "How well each emotion is recognised") -> CourseFigure:
    """Recall (bars) and precision (diamonds) of each class with their 95 % intervals. Lesson 07.

    Args:
        report: as :func:`emocourse.evaluation.report` makes it.
    """
    names, matrix = report["classes"], np.asarray(report["confusion"])
    right, n, called = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    figure = CourseFigure(8, 1.5 + 0.5 * len(names))
    axes = figure.subplots()
    told = []
    for k, name in enumerate(names):
        words = []
        for what, of, place in (("recall", n[k], k - 0.16), ("precision", called[k], k + 0.26)):
            if not of:
                words.append(f"{what} undefined")
                continue
            share, (low, high) = right[k] / of, wilson_interval(int(right[k]), int(of))
            if what == "recall":
                axes.barh(place, share, height=0.5, **fill_of(name))
            _interval(axes, low, high, place)
            if what == "precision":
                axes.plot(share, place, "D", color=INK, markersize=4.5)
            write(axes, high + 0.01, place, f"{what} {percent(share, 0)}", color=INK if what == "recall" else SOFT)
            words.append(f"{what} {percent(share)} ({percent(low)} to {percent(high)})")
        told.append(f"{name}, n = {n[k]:,}: {listing(words)}")
    style(axes, x="share, with its 95 % interval", grid="x")
    _percent_axis(axes, "x")
    axes.set_xlim(0, 1.15)
    axes.set_yticks(range(len(names)), _counted(names, n))
    axes.invert_yaxis()
    return finish(figure, title, "Recall and precision with 95 % intervals. " + "; ".join(told) + ".")


def reliability(found: Reliability, title: str = "Confidence against accuracy") -> CourseFigure:
    """Reliability diagram: how often the model is right when it is so sure, over how many images are in each bin.
    Lesson 07."""
    filled = found.n > 0
    width = np.diff(found.edges)
    middle = (found.edges[:-1] + width / 2)[filled]
    accuracy, confidence, width = found.accuracy[filled], found.confidence[filled], width[filled]
    figure = CourseFigure(5.2, 5.6)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    top.bar(middle, accuracy, width, color=SERIES[0], edgecolor=PAPER)
    gap = {"color": "none", "edgecolor": SERIES[1], "hatch": "///", "lw": 0.8}
    top.bar(middle, confidence - accuracy, width, bottom=accuracy, **gap)
    top.plot([0, 1], [0, 1], ls=(0, (4, 3)), color=INK, lw=1.2)
    write(top, 0.03, 0.93, f"ECE {percent(found.ece)}", fontsize=10, fontweight="bold")
    write(top, 0.03, 0.85, "bars: accuracy; hatched: gap to the confidence\ndashed: as sure as right", va="top")
    style(top, y="accuracy", grid="y")
    _percent_axis(top, "y")
    share = found.n / found.n.sum()
    bottom.bar(middle, share[filled], width, color=SOFT, edgecolor=PAPER)
    style(bottom, x="confidence (probability of the predicted class)", y="images", grid="y")
    _percent_axis(bottom, "x")
    bottom.set_yticks([0, share.max()], ["0", f"{found.n.max():,}"])
    mean = float(np.sum(confidence * found.n[filled]) / found.n.sum())
    rate = float(np.sum(accuracy * found.n[filled]) / found.n.sum())
    lean = "overconfident" if mean > rate else "underconfident" if mean < rate else "neither over- nor underconfident"
    alt = (
        f"Reliability diagram of {found.n.sum():,} images in {len(found.n)} bins. "
        f"The expected calibration error is {percent(found.ece)}. The mean confidence is {percent(mean)}, "
        f"the accuracy {percent(rate)}: the model is {lean}."
    )
    return finish(figure, title, alt)


def accuracy_bars(
    reports: Mapping[str, Mapping[str, Any]],
    title: str = "Models side by side",
    references: Mapping[str, float] | None = None,
) -> CourseFigure:
    """Accuracy of several models on all images with 95 % intervals; a diamond where the detected ones alone stand.
    Lesson 08.

    Args:
        reports: {model: report}, as :func:`emocourse.evaluation.report` makes them, drawn in the given order.
        references: {name: accuracy} drawn as lines across.
    """
    if not reports:
        raise CourseError("There are no models to compare: give at least one report.")
    references = references or {}
    figure = CourseFigure(8.5, 1.6 + 0.5 * len(reports) + 0.2 * len(references))
    axes = figure.subplots()
    told = []
    for k, (name, report) in enumerate(reports.items()):
        share, (low, high), detected = report["accuracy"], report["ci95"], report["accuracy_detected"]
        axes.barh(k, share, height=0.6, color=SERIES[0])
        _interval(axes, low, high, k)
        words = f"{name} {percent(share)} ({percent(low)} to {percent(high)}) of {report['n']:,} images"
        write(axes, 0.01, k, f"{percent(share)}  n = {report['n']:,}", color=PAPER, fontweight="bold")
        if detected is not None and report["n_detected"] < report["n"]:
            axes.plot(detected, k, "D", color=PAPER, markeredgecolor=SERIES[1], markeredgewidth=1.8, markersize=6)
            words += f", {percent(detected)} of the {report['n_detected']:,} detected"
        told.append(words)
    for k, (label, level) in enumerate(references.items()):
        axes.axvline(level, zorder=0, **DASHED)
        _reference(axes, level + 0.005, -0.6 - 0.4 * k, label, level)
        told.append(f"a line marks {label}, {percent(level, 0)}")
    style(axes, x="accuracy on all images, 95 % interval; diamond: detected only", grid="x")
    _percent_axis(axes, "x")
    axes.set_yticks(range(len(reports)), list(reports))
    axes.set_ylim(len(reports) - 0.5, -0.6 - 0.4 * len(references))
    return finish(figure, title, "Bars of accuracy: " + "; ".join(told) + ".")


def coins(heads: int, throws: int, p_value: float, title: str = "If neither were better") -> CourseFigure:
    """How often fair coins fall this way or that: a bar for each number of heads, dark where as uneven as ``heads``.

    Args:
        heads: of so many ``throws``.
        p_value: the share of the dark bars, 0 to 1 (:func:`emocourse.metrics.mcnemar`).
    """
    from scipy.stats import binom

    if not 0 <= heads <= throws:
        raise CourseError(f"Of {throws} throws, {heads} cannot be heads.")
    figure = CourseFigure(8.0, 3.2)
    axes = figure.subplots()
    counts = np.arange(throws + 1)
    chances = binom.pmf(counts, throws, 0.5)
    uneven = np.abs(counts - throws / 2) >= abs(heads - throws / 2)
    axes.bar(counts[~uneven], chances[~uneven], color=GRID, width=0.85)
    axes.bar(counts[uneven], chances[uneven], color=SERIES[1], width=0.85)
    axes.axvline(heads, **DASHED)
    write(axes, heads, 0.95, f" {heads} to {throws - heads}", transform=axes.get_xaxis_transform(), bbox=_GROUND)
    style(axes, x=f"heads in {throws} throws", y="chance", grid="y")
    in_percent(axes.yaxis)
    axes.set(xlim=(-0.75, max(throws, 1) + 0.75), ylim=(0, 1.15 * chances.max()))
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    alt = f"Bars of the chance of each number of heads in {throws} throws of a fair coin, highest in the middle. "
    alt += f"A line marks {heads}. The bars that are as uneven or more are dark: together {percent(p_value, 2)}."
    return finish(figure, title, alt)
