"""Figures of what people see in faces: votes as a table of shares.

The door to this room is :mod:`emocourse.plots`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps

from .errors import CourseError
from .measures import percent
from .plots_base import CourseFigure, finish, legible_on, style, write


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
