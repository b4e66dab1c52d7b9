"""Figures of several trainings: losses, remedies against overfitting, learning curves, leaks, three models."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator

from ..errors import CourseError
from ..metrics import percent, wilson_interval
from .base import INK, SERIES, SOFT, CourseFigure, end_labels, finish, in_percent, listing, style, write

# Of up to six curves: Okabe and Ito's colours that stand out on white, told apart by line and marker as well.
_CURVES = (
    ("#1a1a1a", "-", "o"),
    ("#0072b2", "--", "s"),
    ("#d55e00", "-.", "^"),
    ("#009e73", ":", "D"),
    ("#a3508c", (0, (5, 1, 1, 1, 1, 1)), "v"),
    ("#8a6d00", (0, (1, 1)), "P"),
)

_BAR = {"color": SERIES[1], "lw": 7, "alpha": 0.35, "solid_capstyle": "butt", "zorder": 1}  # an interval


def losses(curves: Mapping[str, Sequence[float]], title: str = "Validation loss") -> CourseFigure:
    """Validation loss by epoch of several runs in one panel; a large marker at the lowest point of each. Lesson 07.

    Args:
        curves: {name: loss of each epoch}, up to six; they may differ in length.
    """
    drawn = {name: np.asarray(list(values), float) for name, values in curves.items()}
    if not 1 <= len(drawn) <= len(_CURVES) or not all(values.ndim == 1 and len(values) for values in drawn.values()):
        raise CourseError(f"This figure needs one to {len(_CURVES)} curves of at least one epoch each.")
    figure = CourseFigure(8.0, 4.2)
    axes = figure.subplots()
    last = max(len(values) for values in drawn.values())
    told = []
    for (name, values), (colour, line, marker) in zip(drawn.items(), _CURVES, strict=False):
        x, best = np.arange(1, len(values) + 1), int(values.argmin())
        axes.plot(x, values, color=colour, ls=line, lw=1.8)
        axes.plot(best + 1, values[best], marker, color=colour, markersize=8)
        if len(values) < last:
            axes.plot(len(values), values[-1], "x", color=colour, markersize=7, markeredgewidth=2)
        told.append(f"{name}: lowest {values[best]:.2f} in epoch {best + 1}, {values[-1]:.2f} in epoch {len(values)}")
    style(axes, x="epoch", y="loss on validation (marker: lowest; ×: stopped)", grid="y")
    axes.set_xlim(0, 1 + max(last - 1, 1) * 1.25)
    axes.set_xticks([tick for tick in MaxNLocator(8, integer=True).tick_values(1, last) if 1 <= tick <= last])
    ends = [values[-1] for values in drawn.values()]
    end_labels(axes, last, ends, list(drawn), [colour for colour, *_ in _CURVES[: len(drawn)]])
    return finish(figure, title, f"Curves of validation loss. {'; '.join(told)}.")


def remedies(
    measured: Mapping[str, Sequence[tuple[float, float]]], n: int, title: str = "One remedy at a time"
) -> CourseFigure:
    """Training and validation accuracy of each remedy: a mark a run, the mean's 95 % interval on validation as a bar.
    Lesson 07.

    Args:
        measured: {remedy: (training accuracy, validation accuracy) of each run}, drawn in the given order.
        n: number of validation images.
    """
    if not measured or n < 1 or not all(len(runs) for runs in measured.values()):
        raise CourseError("This figure needs at least one remedy with at least one run, and validation images.")
    figure = CourseFigure(8.0, 1.7 + 0.5 * len(measured))
    axes = figure.subplots()
    told = []
    for k, (name, runs) in enumerate(measured.items()):
        training, validation = np.asarray(list(runs), float).T
        mean = float(validation.mean())
        low, high = wilson_interval(round(mean * n), n)
        axes.plot([mean, training.mean()], [k, k], color=SOFT, lw=0.8, ls=(0, (2, 3)), zorder=0)
        axes.plot([low, high], [k, k], **_BAR)
        axes.plot(validation, [k] * len(validation), "s", color=SERIES[1], markersize=5)
        axes.plot(training, [k] * len(training), "o", color="none", markeredgecolor=SERIES[0], markersize=6)
        gap = 100 * (training.mean() - mean)
        write(axes, max(training.max(), high) + 0.015, k, f"gap {gap:.0f} points", color=INK)
        words = f"{name}: training {percent(training.mean())}, validation {percent(mean)}"
        told.append(f"{words} ({percent(low)} to {percent(high)})")
    style(axes, x="accuracy (circles: training; squares: validation, bar: 95 % interval of their mean)", grid="x")
    in_percent(axes.xaxis)
    low, high = axes.get_xlim()
    axes.set_xlim(low, high + 0.12 * (high - low))
    axes.set_yticks(range(len(measured)), list(measured))
    axes.set_ylim(len(measured) - 0.5, -0.5)
    return finish(figure, title, f"Mean accuracies, n = {n:,} validation images. {'; '.join(told)}.")


def learning_curve(
    measured: Mapping[int, Sequence[tuple[float, float]]], n: int, title: str = "More and more images"
) -> CourseFigure:
    """Training and validation accuracy against the number of training images, on an axis of equal factors. Lesson 07.

    Args:
        measured: {number of training images: (training accuracy, validation accuracy) of each run}.
        n: number of validation images; the bars are the 95 % intervals of the mean.
    """
    if not measured or n < 1 or min(measured) < 1 or not all(len(runs) for runs in measured.values()):
        raise CourseError("A learning curve needs at least one size of 1 or more, with at least one run.")
    runs = {size: np.asarray(list(measured[size]), float) for size in sorted(measured)}
    sizes = list(runs)
    figure = CourseFigure(7.5, 4.2)
    axes = figure.subplots()
    for which, (colour, line, marker) in enumerate(zip(SERIES, "-:", "os", strict=True)):
        axes.plot(sizes, [values[:, which].mean() for values in runs.values()], line, color=colour, lw=1.8)
        for size, values in runs.items():
            axes.plot([size] * len(values), values[:, which], marker, color=colour, markersize=5)
    told = []
    for size, values in runs.items():
        training, mean = values.mean(axis=0)
        low, high = wilson_interval(round(float(mean) * n), n)
        axes.plot([size, size], [low, high], **_BAR)
        told.append(f"{size:,} images: training {percent(training)}, validation {percent(mean)}")
    style(axes, x="training images", y="accuracy", grid="y")
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlim(sizes[0] / 1.3, sizes[-1] * max(2.0, (sizes[-1] / sizes[0]) ** 0.3))
    in_percent(axes.yaxis)
    ends = runs[sizes[-1]].mean(axis=0)
    end_labels(axes, sizes[-1] * 1.05, list(ends), ("training", "validation"), SERIES)
    return finish(figure, title, f"Learning curve, n = {n:,} validation images. {listing(told)}.")
