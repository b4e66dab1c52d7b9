"""Figures of what is wrong with data: how people's votes differ, and what copies across splits do to an accuracy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import CourseError
from ..metrics import percent
from .base import SERIES, SOFT, CourseFigure, finish, in_percent, listing, shaded_table, style, write


def votes(
    counts: Any, rows: Sequence[str], columns: Sequence[str], title: str = "What people see", what: str = "votes"
) -> CourseFigure:
    """How votes are shared out: a row each for a picture or a label, a column each for a choice, shades for shares.

    Args:
        counts: (rows, columns) whole numbers, at least one in each row.
        rows, columns: their names.
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
    style(axes)
    names = [f"{row} (n = {total:,})" for row, total in zip(rows, n, strict=True)]
    ink = shaded_table(axes, shares, names, columns, tilt=35)
    best = shares.argmax(axis=1)
    for i, j in np.ndindex(shape):
        if counts[i, j]:
            weight = "bold" if j == best[i] else "normal"
            text = percent(shares[i, j], 0) if n.max() > 20 else f"{counts[i, j]}"
            write(axes, j, i, text, ha="center", color=ink(i, j), fontweight=weight)
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
    in_percent(axes.xaxis, axes.yaxis)
    axes.set_ylim(bottom=0)
    return finish(figure, title, f"Mean accuracy by share of copied test pictures. {listing(told)}.")
