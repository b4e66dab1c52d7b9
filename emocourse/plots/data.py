"""Figures of what is wrong with data: how people's votes differ, and what copies across splits do to an accuracy.

The door to this room is :mod:`emocourse.plots`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.ticker import PercentFormatter

from ..errors import CourseError
from ..metrics import percent
from .base import (
    INK,
    PAPER,
    SERIES,
    SOFT,
    CourseFigure,
    as_pictures,
    finish,
    legible_on,
    listing,
    show_picture,
    style,
    write,
)
from .images import _grid, _titles


def votes(
    counts: Any, rows: Sequence[str], columns: Sequence[str], title: str = "What people see", what: str = "votes"
) -> CourseFigure:
    """How votes are shared out: a row each for a picture or a label, a column each for a choice, shades for shares.

    Args:
        counts: (rows, columns) whole numbers, at least one in each row.
        rows, columns: their names.
        title: the figure's own.
        what: what is counted, "votes" or "pictures".
    """
    counts = np.asarray(counts)
    shape = (len(rows), len(columns))
    if counts.shape != shape or 0 in shape or counts.dtype.kind not in "iu" or counts.min() < 0:
        raise CourseError(f"A table of votes needs whole numbers in {shape[0]} rows and {shape[1]} columns.")
    n = counts.sum(axis=1)
    if not n.all():
        raise CourseError("A row of the table of votes has no votes: leave it out.")
    shares = counts / n[:, None]
    figure = CourseFigure(2.4 + 0.66 * len(columns), 1.5 + 0.36 * len(rows))
    axes = figure.subplots()
    shade = colormaps["Blues"]
    axes.imshow(shares, cmap=shade, vmin=0, vmax=1, aspect="auto")
    best = shares.argmax(axis=1)
    for i, j in np.ndindex(shape):
        if counts[i, j]:
            ink = legible_on(shade(shares[i, j])[:3])
            weight = "bold" if j == best[i] else "normal"
            text = percent(shares[i, j], 0) if n.max() > 20 else f"{counts[i, j]}"
            write(axes, j, i, text, ha="center", color=ink, fontweight=weight)
    style(axes)
    axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), [f"{row} (n = {total:,})" for row, total in zip(rows, n, strict=True)])
    for side in axes.spines.values():
        side.set_visible(False)
    told = []
    for i, row in enumerate(rows):
        first, *others = [j for j in np.argsort(-counts[i], kind="stable")[:2] if counts[i, j]]
        words = f"{row}, {n[i]:,} {what}: {columns[first]} {percent(shares[i, first], 0)}"
        told.append(words + "".join(f", then {columns[j]} {percent(shares[i, j], 0)}" for j in others))
    return finish(figure, title, f"Table of shares, the largest of each row first. {'; '.join(told)}.")


def leaks(
    measured: Mapping[float, Sequence[float]],
    references: Mapping[str, float] | None = None,
    title: str = "What copies are worth",
) -> CourseFigure:
    """Accuracy against the share of test pictures that have a copy in training, a point a run.

    The dashed line is what remembering alone would give: at share s, a + (1 - a) s, with a the mean without copies.

    Args:
        measured: {share: accuracies}, both 0 to 1; it must have the share 0.
        references: {name: accuracy} drawn as lines across.
    """
    runs = {float(share): np.asarray(list(values), float) for share, values in sorted(measured.items())}
    every = np.concatenate([np.array([share, *values]) for share, values in runs.items()]) if runs else np.array([-1.0])
    if 0.0 not in runs or not all(len(values) for values in runs.values()) or not ((every >= 0) & (every <= 1)).all():
        raise CourseError("A figure of leaks needs accuracies from 0 to 1 for some shares from 0 to 1, 0 among them.")
    figure = CourseFigure(7.0, 4.2)
    axes = figure.subplots()
    start, top = runs[0.0].mean(), max(runs)
    axes.plot([0, top], [start, start + (1 - start) * top], color=SOFT, lw=1.2, ls=(0, (4, 3)), zorder=1)
    write(axes, 0.72 * top, start + (1 - start) * 0.72 * top, "by memory alone  ", color=SOFT, ha="right", va="bottom")
    for share, values in runs.items():
        axes.plot([share] * len(values), values, "o", color=SERIES[0], markersize=6, zorder=2)
    told = [f"{percent(share, 0)} copied: {percent(values.mean())}" for share, values in runs.items()]
    for name, level in (references or {}).items():
        axes.axhline(level, color=SERIES[1], lw=1, ls=":", zorder=0)
        write(axes, top, level, f"{name} {percent(level, 0)}", color=SERIES[1], ha="right", va="bottom")
        told.append(f"a line marks {name}, {percent(level, 0)}")
    style(axes, x="test pictures with a copy in training", y="accuracy", grid="y")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axes.set_ylim(bottom=0)
    return finish(figure, title, f"Mean accuracy by share of copied test pictures. {listing(told)}.")


# --- Figures of where a model looks. The door to this room is :mod:`emocourse.plots` ----------------------------------

_THIRDS = (("top left", "top", "top right"), ("left", "middle", "right"), ("bottom left", "bottom", "bottom right"))


def attention(
    images: Any,
    maps: Any,
    titles: Sequence[Any] | None = None,
    columns: int = 4,
    title: str = "Where the model looks",
    cell: float = 1.7,
) -> CourseFigure:
    """Pictures with what speaks for an emotion laid over them, brighter for more, and a line around the strongest half.

    Args:
        images: (n, H, W) grey pictures.
        maps: (n, H, W) numbers, such as :func:`emocourse.evaluation.saliency.activation_maps` gives; what is below 0
            counts as 0.
        titles: one a picture, written above it.
        columns: pictures in a row.
        title: the figure's own.
        cell: side of a picture in inches.
    """
    pictures = as_pictures(images)
    arrays = [np.maximum(np.asarray(values, np.float32), 0) for values in as_pictures(maps, "maps")]
    if [p.shape for p in pictures] != [a.shape for a in arrays] or not all(np.isfinite(a).all() for a in arrays):
        raise CourseError("Each picture needs a map of finite numbers of its own size: make both from one array.")
    words = _titles(titles, len(pictures))
    figure, cells = _grid(len(pictures), columns, cell, title)
    told = []
    for axes, picture, values, word in zip(cells, pictures, arrays, words, strict=True):
        show_picture(axes, picture, word)
        top = float(values.max())
        if top > 0:
            axes.imshow(values, cmap="cividis", vmin=0, vmax=top, alpha=0.65 * values / top, interpolation="bilinear")
            for width, colour in ((2.6, INK), (1.2, PAPER)):  # seen on bright and on dark pictures
                axes.contour(values, [top / 2], colors=[colour], linewidths=width)
        told.append(f"{word or 'a picture'}: {_place(values)}")
    return finish(figure, title, "Pictures with their strongest places marked. " + "; ".join(told[:12]) + ".")


def _place(values: np.ndarray) -> str:
    """Which ninth of the picture holds most, in words."""
    if not values.max() > 0:
        return "nothing speaks for it"
    ninths = [[float(part.sum()) for part in np.array_split(row, 3, axis=1)] for row in np.array_split(values, 3)]
    best = int(np.argmax(ninths))
    return f"most in the {_THIRDS[best // 3][best % 3]}"
