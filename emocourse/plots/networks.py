"""Figures of what a convolutional network computes: one step of a convolution, and feature maps."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from ..errors import CourseError
from ..from_scratch.cnn import convolve
from ..metrics import percent
from .base import (
    GRID,
    INK,
    CourseFigure,
    as_images,
    bare,
    finish,
    legible_on,
    listing,
    panel_grid,
    show_image,
    write,
)

SIGNED = "PuOr"
"""Colours of numbers of either sign: orange below 0, white at 0, purple above; colour-blind eyes tell them apart."""

_FRAME = "#ffd400"
_RIM = [withStroke(linewidth=4, foreground=INK)]


def _signed(axes: Axes, values: np.ndarray, limit: float, title: str) -> None:
    axes.imshow(values, cmap=SIGNED, vmin=-limit, vmax=limit, interpolation="nearest")
    bare(axes, title)


def _limit(values: np.ndarray) -> float:
    """The largest absolute value, or 1 where there is none but 0: both ends of a signed colour scale."""
    largest = float(np.nanmax(np.abs(values), initial=0))
    return largest if largest > 0 else 1.0


def short(value: float) -> str:
    """A number in few characters: "0.11", "-2", "255"."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def signed_rgb(values: np.ndarray) -> np.ndarray:
    """Numbers of either sign, (H, W), as the colours of ``SIGNED``: (H, W, 3) uint8."""
    return colormaps[SIGNED](0.5 + 0.5 * values / _limit(values), bytes=True)[..., :3].copy()


def _numbers(axes: Axes, values: np.ndarray, title: str, grey: bool = False) -> None:
    """Each number written on its colour; ``grey``: on the grey of the pixel that it is, 0 to 1."""
    limit = 1.0 if grey else _limit(values)
    _signed(axes, values, limit, title)
    shade = colormaps["gray" if grey else SIGNED]
    if grey:
        axes.images[0].set(cmap=shade, clim=(0, 1))
    for (i, j), value in np.ndenumerate(values):
        ink = legible_on(shade(value if grey else 0.5 + 0.5 * value / limit)[:3])
        write(axes, j, i, short(value), ha="center", color=ink, fontsize=8.5)


def _outlined(axes: Axes, row: int, column: int, height: int, width: int) -> None:
    place = (column - 0.5, row - 0.5)
    axes.add_patch(Rectangle(place, width, height, fill=False, lw=2.2, color=_FRAME, path_effects=_RIM))


def convolution_step(image: Any, kernel: Any, row: int, column: int, title: str = "One step") -> CourseFigure:
    """One place of a convolution: the window, times the kernel, summed up, and the output so far, row by row.
    Lesson 06.

    Args:
        image: (H, W) or (H, W, 1) numbers, 0 to 1, or uint8, which is divided by 255.
        kernel: (h, w) numbers.
        row, column: where the window's upper left corner is, from 0; also the place in the output.
    """
    (image,) = as_images([image])
    image = image / np.float32(255) if image.dtype == np.uint8 else np.asarray(image, np.float32)
    kernel = np.asarray(kernel, np.float32)
    output = convolve(image, kernel)
    if not (0 <= row < output.shape[0] and 0 <= column < output.shape[1]):
        size = f"{output.shape[0]} rows and {output.shape[1]} columns, counted from 0"
        raise CourseError(f"The window cannot stand in row {row}, column {column}: the output has {size}.")
    height, width = kernel.shape
    window = image[row : row + height, column : column + width]
    products = window * kernel
    so_far = output.copy()
    so_far.reshape(-1)[row * output.shape[1] + column + 1 :] = np.nan
    figure = CourseFigure(10, 3.9)
    left, right = figure.add_gridspec(1, 2, width_ratios=[1, 2.9])
    shown = figure.add_subplot(left)
    show_image(shown, image, f"image, {image.shape[0]}×{image.shape[1]}")
    _outlined(shown, row, column, height, width)
    boxes = right.subgridspec(1, 4, width_ratios=[1, 1, 1, 1.9])
    panels = [figure.add_subplot(box) for box in boxes]
    _numbers(panels[0], window, "window", grey=True)
    _numbers(panels[1], kernel, "× kernel")
    _numbers(panels[2], products, "= products")
    total = short(float(products.sum()))
    panels[2].set_xlabel(f"sum: {total}", fontsize=10, color=INK, fontweight="bold")
    panels[3].set_facecolor(GRID)
    _signed(panels[3], so_far, _limit(output), f"output so far, {output.shape[0]}×{output.shape[1]}")
    _outlined(panels[3], row, column, 1, 1)
    alt = (
        f"An image of {image.shape[0]} by {image.shape[1]} numbers with a frame of {height} by {width} around row "
        f"{row}, column {column}. The numbers in the frame are {_rows(window)}; the kernel is {_rows(kernel)}; "
        f"their products are {_rows(products)}, and their sum is {total}. It is written at row {row}, column {column} "
        f"of an output of {output.shape[0]} by {output.shape[1]}, which is filled up to there."
    )
    return finish(figure, title, alt)


def _rows(values: np.ndarray) -> str:
    return listing([" ".join(short(value) for value in row) for row in values])


def feature_maps(
    maps: Any, titles: Sequence[Any] | None = None, columns: int = 4, title: str = "Feature maps", cell: float = 1.7
) -> CourseFigure:
    """What kernels answer, each with its own colour scale: orange below 0, white at 0, purple above. Lesson 06.

    Args:
        maps: (n, H, W) numbers, or a list of (H, W) arrays of any sizes.
    """
    arrays = [np.asarray(values, np.float32) for values in as_images(maps, "feature maps")]
    if not all(values.ndim == 2 and np.isfinite(values).all() for values in arrays):
        raise CourseError("A feature map is (H, W) finite numbers: take one channel of the layer's output.")
    figure, cells, words = panel_grid(len(arrays), titles, columns, cell, title)
    for axes, values, word in zip(cells, arrays, words, strict=True):
        _signed(axes, values, _limit(values), word)
        for spine in axes.spines.values():
            spine.set_color(GRID)
    told = []
    for k, (word, values) in enumerate(zip(words, arrays, strict=True)):
        size, span = f"{values.shape[0]}×{values.shape[1]}", f"from {short(values.min())} to {short(values.max())}"
        told.append(f"{word or f'map {k}'} ({size}) {span}, {percent(np.mean(values != 0), 0)} not zero")
    if len(told) > 12:
        told = [*told[:12], f"{len(told) - 12} more"]
    return finish(figure, title, f"{len(arrays)} feature maps: " + "; ".join(told) + ".")
