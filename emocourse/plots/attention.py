"""Figures of where a model looks. The door to this room is :mod:`emocourse.plots`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import CourseError
from .base import INK, PAPER, CourseFigure, as_pictures, finish, show_picture
from .images import _grid, _titles

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
        maps: (n, H, W) numbers, such as :func:`emocourse.evaluation.saliency.activation_maps` gives; what is below 0 counts as 0.
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
