"""Figures of detection: coverage with intervals, what a threshold trades, faces around it, pixels and centres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ..emotions import INFO
from ..errors import CourseError
from ..evaluation.detection import Proportion, Tradeoff, tradeoff
from ..metrics import percent
from .base import (
    DASHED,
    GRID,
    INK,
    SERIES,
    SOFT,
    CourseFigure,
    as_images,
    finish,
    listing,
    show_image,
    style,
    write,
)
from .images import as_landmarks, dots


def coverage_by_emotion(
    tables: Mapping[str, Mapping[str, Proportion]], title: str = "Coverage: how many faces are found"
) -> CourseFigure:
    """The coverage of each emotion with its 95 % interval, a panel a dataset. Lesson 03.

    Args:
        tables: the dataset's name -> emotion -> coverage, see :class:`emocourse.evaluation.detection.Proportion`.
        title: stands above the figure.

    Raises:
        CourseError: there is no dataset, or one without emotions.
    """
    tables = {name: dict(table) for name, table in tables.items()}
    if not tables or not all(tables.values()):
        raise CourseError("There is no coverage to show: give each dataset at least one emotion.")
    names = list(dict.fromkeys(emotion for table in tables.values() for emotion in table))
    lowest = min(one.low for table in tables.values() for one in table.values())
    figure = CourseFigure(2.0 + 3.4 * len(tables), 1.2 + 0.4 * len(names))
    panels = figure.subplots(1, len(tables), sharey=True, squeeze=False)[0]
    told = []
    for axes, (dataset, table) in zip(panels, tables.items(), strict=True):
        for y, name in enumerate(names):
            if name not in table:
                continue
            one, look = table[name], INFO.get(name)
            colour, marker = (look.colour, look.marker) if look else (SOFT, "o")
            axes.plot([one.low, one.high], [y, y], color=colour, lw=2.2, solid_capstyle="butt")
            axes.plot(one.value, y, marker=marker, markersize=8, color=colour, markeredgecolor=INK, markeredgewidth=0.6)
            write(axes, 1.02, y, f"{percent(one.value)} of {one.n:,}", clip_on=False)
        everything = sum(one.part for one in table.values()) / sum(one.n for one in table.values())
        axes.axvline(everything, zorder=1, **DASHED)
        style(axes, title=f"{dataset}, all: {percent(everything)}", grid="x")
        low = max(0.0, np.floor(10 * lowest) / 10 - 0.05)
        axes.set_xlim(low, 1.0 + 0.42 * (1 - low))
        ticks = [tick for tick in np.arange(11) / 10 if tick >= low][:: 1 if low > 0.45 else 2]
        axes.set_xticks(ticks, [percent(tick, 0) for tick in ticks])
        axes.set_yticks(range(len(names)), names)
        order = sorted(table.items(), key=lambda item: item[1].value)
        words = [f"{name} {percent(one.value)} ({percent(one.low)} to {percent(one.high)})" for name, one in order]
        told.append(f"{dataset}: {percent(everything)} of all; from the lowest, {listing(words)}")
    panels[0].invert_yaxis()
    return finish(figure, title, f"Share of faces found, with 95 % intervals. {'. '.join(told)}.")


def threshold_curves(
    curves: Tradeoff, at: float, title: str = "What the threshold trades", wrong: str = "wrong landmarks among these"
) -> CourseFigure:
    """Coverage, and the share of wrong landmarks among the faces kept, by threshold. Lesson 03.

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


def pixel_centres(x: float, y: float, width: int = 6, height: int = 4, title: str = "") -> CourseFigure:
    """A few pixels with their numbers, and one landmark among them with the pixel that it is rounded to. Lesson 03.

    Args:
        x, y: the landmark.
        width, height: how many pixels.
    """
    column, row = int(np.rint(x)), int(np.rint(y))
    if not (0 <= column < width and 0 <= row < height):
        raise CourseError(f"The landmark ({x}, {y}) lies outside the {width} by {height} pixels.")
    figure = CourseFigure(1.0 + 0.72 * width, 0.9 + 0.72 * height)
    axes = figure.subplots()
    axes.set_aspect("equal")
    for i, j in np.ndindex(height, width):
        chosen = (i, j) == (row, column)
        face = "#ffe680" if chosen else "#ffffff"
        axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=face, edgecolor=SOFT, lw=1.2 if chosen else 0.6))
        axes.plot(j, i, "+", color=SOFT, markersize=6)
        write(axes, j, i + 0.32, f"[{i}, {j}]", ha="center", fontsize=7.5, color=SOFT)
    axes.plot(x, y, "o", color=SERIES[0], markersize=8, markeredgecolor=INK)
    write(axes, x + 0.14, y, f"({x:g}, {y:g})", color=SERIES[0], fontweight="bold")
    style(axes, x="x", y="y")
    axes.set_xlim(-0.6, width - 0.4)
    axes.set_ylim(height - 0.4, -0.6)
    for ticks, end in ((axes.set_xticks, width), (axes.set_yticks, height)):
        halves = np.arange(-0.5, end, 0.5)
        ticks(halves, [f"{v:g}" for v in halves], fontsize=7.5)
    alt = (
        f"{width} by {height} pixels. The centre of the first lies at x = 0, y = 0, its edges at -0.5 and 0.5. A "
        f"landmark at x = {x:g}, y = {y:g} is nearest to the centre of the pixel in row {row} and column {column}, at "
        f"[{row}, {column}] of the array."
    )
    return finish(figure, title, alt)


def boxes_compared(
    image: Any, boxes: Mapping[str, Sequence[Sequence[float]]], title: str = "Two detectors, one image"
) -> CourseFigure:
    """An image with the boxes of several detectors, each with its own colour and line. Lesson 03.

    Args:
        image: (H, W) or (H, W, 3).
        boxes: {detector: boxes (x, y, w, h)} in pixels of ``image``.
    """
    (image,) = as_images([image])
    height, width = image.shape[:2]
    figure = CourseFigure(6.2 * min(1, width / height) + 0.2, 6.2 * min(1, height / width) + 0.9)
    axes = figure.subplots()
    show_image(axes, image)
    looks = (("#ffd400", "-"), ("#35c3ff", (0, (4, 2))), ("#ffffff", (0, (1, 1))))
    told = []
    for (name, found), (colour, line) in zip(boxes.items(), looks, strict=False):
        handle = None
        for x, y, w, h in found:
            axes.add_patch(Rectangle((x, y), w, h, fill=False, lw=4, edgecolor=INK))
            handle = axes.add_patch(Rectangle((x, y), w, h, fill=False, lw=2.2, edgecolor=colour, ls=line))
        if handle is not None:
            handle.set_label(f"{name}: {len(found)}")
        places = [f"x = {x:.0f}, y = {y:.0f}, {w:.0f} wide" for x, y, w, h in found]
        told.append(f"{name} found {len(found)}" + (f": {'; '.join(places)}" if places else ""))
    if any(len(found) for found in boxes.values()):
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3, fontsize=9, facecolor="#6b6b6b",
                    labelcolor="#ffffff")  # fmt: skip
    return finish(figure, title, f"An image of {width}×{height} pixels. {'. '.join(told)}.")
