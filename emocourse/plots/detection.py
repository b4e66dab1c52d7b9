"""Figures of detection: what a threshold trades, faces around it, a box beside the true one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ..errors import CourseError
from ..evaluation.detection import Tradeoff, tradeoff
from ..metrics import percent
from .base import (
    GRID,
    INK,
    SERIES,
    CourseFigure,
    as_images,
    finish,
    show_image,
    style,
    write,
)
from .images import as_landmarks, dots


def threshold_curves(
    curves: Tradeoff, at: float, title: str = "What the threshold trades", wrong: str = "wrong landmarks among these"
) -> CourseFigure:
    """Coverage, and the share of wrong landmarks among the faces kept, by threshold. Lesson 04.

    Args:
        curves: from :func:`emocourse.evaluation.detection.tradeoff`.
        at: the threshold to mark.
        wrong: what counts as wrong, in words, for the lower curve.
    """
    figure = CourseFigure(7.2, 3.6)
    return finish(figure, title, _curves(figure.subplots(), curves, at, wrong))


def threshold_sheet(hard: Any, at: float, shown: int = 8, title: str = "") -> CourseFigure:
    """The trade-off, with the drawn faces around one threshold: those that are only just kept, and only just lost.

    Args:
        hard: :class:`emocourse.twin.hard_faces.HardFaces`.
        at: the threshold.
        shown: faces in each of the two rows.
    """
    order = np.argsort(hard.scores, kind="stable")
    order = order[hard.scores[order] > -5]  # without those that have no score
    keeps = hard.scores[order] >= at - 1e-9
    rows = {"just kept": order[keeps][:shown], "just lost": order[~keeps][::-1][:shown]}
    width = 1.15 * shown + 0.2
    figure = CourseFigure(width, 5.9)
    figure.set_layout_engine("none")
    told = _curves(figure.add_axes((0.65 / width, 0.60, 1 - 0.85 / width, 0.31)), tradeoff(hard.scores, hard.wrong), at)
    for row, (name, members) in enumerate(rows.items()):
        top = 0.478 - 0.247 * row
        figure.text(0.01, top + 0.005, f"{name}, nearest first", fontsize=10, color=INK, fontweight="bold")
        for column, i in enumerate(members):
            cell = figure.add_axes((0.01 + column * 0.98 / shown, top - 0.212, 0.94 / shown, 0.17))
            words = f"{hard.scores[i]:+.2f}  " + ("✗ wrong" if hard.wrong[i] else "right")
            show_image(cell, hard.images[i], words)
            dots(cell, hard.images[i], as_landmarks(hard.found[i], 1)[0], size=2.5, outline=False)
        bad = int(hard.wrong[members].sum())
        told += f" Of the {len(members)} faces {name}, {bad} have wrong landmarks."
    return finish(figure, title, told)


def _curves(axes: Axes, curves: Tradeoff, at: float, wrong: str = "wrong landmarks among these") -> str:
    """Both curves with their intervals, and a line at the threshold ``at``; returns the words for them."""
    x = np.array(curves.thresholds)
    if not len(x):
        raise CourseError("There are no thresholds to compare: give at least one.")
    kept = [k for k, one in enumerate(curves.wrong) if one is not None]
    for shares, where, colour, marker, line, name in (
        (curves.coverage, range(len(x)), SERIES[0], "o", "-", "coverage: faces kept"),
        (curves.wrong, kept, SERIES[1], "s", "--", wrong),
    ):
        values = [shares[k] for k in where]
        if values:
            at_x = x[list(where)]
            axes.fill_between(at_x, [v.low for v in values], [v.high for v in values], color=colour, alpha=0.15)
            look = {"marker": marker, "markersize": 4, "color": colour, "lw": 1.6, "label": name}
            axes.plot(at_x, [v.value for v in values], line, **look)
    axes.axvline(at, color=INK, lw=1.4)
    write(axes, at, 1.06, f"threshold {at:+.1f}", ha="center", clip_on=False)
    style(axes, x="detection threshold", grid="y")
    axes.set_ylim(0, 1)
    axes.set_yticks(np.linspace(0, 1, 5), [f"{p} %" for p in (0, 25, 50, 75, 100)])
    axes.legend(loc="upper right", fontsize=8.5, frameon=True, edgecolor=GRID)
    here = int(np.abs(x - at).argmin())
    cover, bad = curves.coverage[here], curves.wrong[here]
    told = (
        f"Curves over thresholds from {x[0]:+.1f} to {x[-1]:+.1f}: coverage falls from "
        f"{percent(curves.coverage[0].value)} to {percent(curves.coverage[-1].value)}. At the threshold "
        f"{x[here]:+.1f}, {percent(cover.value)} of {cover.n:,} faces are kept"
    )
    return told + (f"; {wrong}: {percent(bad.value)}." if bad else ".")


def two_boxes(image: Any, true: Sequence[float], other: Sequence[float], words: str) -> CourseFigure:
    """The part of an image around a face, with its true box, solid, and another one, dashed.

    Args:
        image: (H, W) or (H, W, 3).
        true, other: (x, y, w, h) in pixels of ``image``.
        words: what is said of the two, above the image.
    """
    (image,) = as_images([image])
    figure = CourseFigure(4.6, 4.4)
    axes = figure.subplots()
    show_image(axes, image)
    for (x, y, w, h), colour, line in ((true, "#ffd400", "-"), (other, "#35c3ff", (0, (4, 2)))):
        axes.add_patch(Rectangle((x, y), w, h, fill=False, lw=4, edgecolor=INK))
        axes.add_patch(Rectangle((x, y), w, h, fill=False, lw=2.2, edgecolor=colour, ls=line))
    x, y, w, h = true
    axes.set_xlim(max(-0.5, x - w), min(image.shape[1] - 0.5, x + 2 * w))
    axes.set_ylim(min(image.shape[0] - 0.5, y + 2 * h), max(-0.5, y - h))
    places = [f"x = {x:.0f}, y = {y:.0f}, {w:.0f} by {h:.0f} pixels" for x, y, w, h in (true, other)]
    return finish(
        figure, words, f"A face with two boxes: the true one at {places[0]}; the other, dashed, at {places[1]}."
    )
