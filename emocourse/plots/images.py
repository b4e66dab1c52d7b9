"""Figures of images: grids, binary images, landmarks, the slides' preprocessing, where a model looks.

Landmarks have the pixel-centre convention, which is matplotlib's too.
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from ..errors import CourseError
from ..faces.landmarks import INNER, OUTLINE
from .base import (
    INK,
    PAPER,
    SERIES,
    CourseFigure,
    as_images,
    finish,
    panel_grid,
    show_image,
    size_of,
    told_titles,
    write,
)

_INNER_COLOUR, _OUTLINE_COLOUR = "#ffd400", "#35c3ff"
_RIM = [withStroke(linewidth=2.2, foreground=INK)]
_THIRDS = (("top left", "top", "top right"), ("left", "middle", "right"), ("bottom left", "bottom", "bottom right"))


def as_landmarks(landmarks: Any, n: int | None = None) -> np.ndarray:
    """``landmarks`` as (n, 68, 2) finite floats; one face's (68, 2) counts as n = 1."""
    array = np.asarray(landmarks, dtype=np.float64)
    array = array[None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[1:] != (68, 2) or not np.isfinite(array).all():
        raise CourseError(f"Landmarks are 68 finite (x, y) points a face, but these have shape {array.shape}.")
    if n is not None and len(array) != n:
        raise CourseError(f"There are {n} images but landmarks of {len(array)}: give one set an image.")
    return array


def dots(axes: Axes, image: np.ndarray, points: np.ndarray, size: float, outline: bool = True) -> None:
    """Inner landmarks as circles, those of the outline as squares, on any ground; none outside ``image``."""
    rim = {"edgecolors": INK, "linewidths": min(0.8, size / 12)}
    if outline:
        axes.scatter(*points[OUTLINE].T, s=size, marker="s", color=_OUTLINE_COLOUR, **rim)
    axes.scatter(*points[INNER].T, s=size, marker="o", color=_INNER_COLOUR, **rim)
    axes.set_xlim(-0.5, image.shape[1] - 0.5)
    axes.set_ylim(image.shape[0] - 0.5, -0.5)


def image_grid(
    images: Any, titles: Sequence[Any] | None = None, columns: int = 8, title: str = "", cell: float = 1.0
) -> CourseFigure:
    """Images in rows. Lessons 00, 01, 04, 06, 08, 11.

    Args:
        images: (n, H, W), (n, H, W, 1), (n, H, W, 3) or a list of such images of any sizes; uint8, or floats 0 to 1.
    """
    images = as_images(images)
    figure, cells, titles = panel_grid(len(images), titles, columns, cell, title)
    for axes, image, words in zip(cells, images, titles, strict=True):
        show_image(axes, image, words)
    sizes = Counter(size_of(p) for p in images)
    size = f"{sizes.most_common(1)[0][0]} pixels" if len(sizes) == 1 else "different sizes"
    plural = "s" * (len(images) > 1)
    return finish(figure, title, f"A grid of {len(images)} image{plural} of {size}.{told_titles(titles)}")


def landmarks_on(image: Any, landmarks: Any, numbered: bool = False, title: str = "Landmarks") -> CourseFigure:
    """An image with landmarks drawn on it: inner ones as circles, the outline as squares. Lessons 01, 04.

    Args:
        image: (H, W) or (H, W, 3).
        landmarks: (68, 2), or (k, 68, 2) for k faces, in pixels of ``image``.
        numbered: write each landmark's number, 0 to 67, beside it.
    """
    (image,) = as_images([image])
    points = as_landmarks(landmarks)
    height, width = image.shape[:2]
    side = 7.0 if numbered else 4.5
    figure = CourseFigure(max(side * min(1, width / height), 2.5), max(side * min(1, height / width), 1) + 0.4)
    axes = figure.subplots()
    show_image(axes, image)
    # The smaller the faces stand in the figure, the smaller the dots.
    spread = float(np.median(np.ptp(points[:, :, 0], axis=1))) / max(width, height)
    for face in points:
        dots(axes, image, face, size=float(np.clip(60 * spread, 3, 30)))
        for k, (x, y) in enumerate(face if numbered else []):
            write(axes, x, y, f" {k}", fontsize=6.5, color=PAPER, path_effects=_RIM, clip_on=True)
    inside = int(((points >= -0.5) & (points < [width - 0.5, height - 0.5])).all(axis=2).sum())
    low, high = points.min(axis=(0, 1)), points.max(axis=(0, 1))
    faces = f"{len(points)} face{'s' * (len(points) > 1)}"
    alt = (
        f"An image of {width}×{height} pixels with 68 landmarks on each of {faces}: 17 along the outline, 51 inside. "
        f"They lie from x = {low[0]:.0f} to {high[0]:.0f} and from y = {low[1]:.0f} to {high[1]:.0f}; "
        f"{inside} of {68 * len(points)} are inside the image."
    )
    if numbered:
        alt += " Each has its number, 0 to 67."
    return finish(figure, title, alt)


def preprocessing_steps(
    image: Any, box: Sequence[float], cropped: Any, small: Any, landmarks: Any, binary: Any, title: str = ""
) -> CourseFigure:
    """The slides' preprocessing of one image in eight panels, from the input to the network's (48, 48, 1).
    Lessons 00, 04.

    Args:
        image: the input, (H, W) or (H, W, 3).
        box: (x, y, w, h) of the face found in it, in its pixels.
        cropped: the crop around the face in the image's own resolution.
        small: the crop at 48×48.
        landmarks: (68, 2), in pixels of ``small``.
        binary: (48, 48, 1), 0 and 1.
    """
    image, cropped, small = as_images([image, cropped, small])
    (points,) = as_landmarks(landmarks, 1)
    array = np.asarray(binary, dtype=np.float32)
    (flat,) = as_images([array])
    x, y, w, h = (float(value) for value in box)
    size = size_of(image)
    inner, shape = len(points[INNER]), "(" + ", ".join(map(str, array.shape)) + ")"
    captions = (
        f"1. input, {size}",
        "2. face detection",
        f"3. crop, {size_of(cropped)}",
        f"4. resize, {size_of(small)}",
        f"5. {len(points)} landmarks",
        f"6. without the outline: {inner}",
        "7. binary image",
        f"8. shape {shape}, float32",
    )
    shown = (image, image, cropped, small, small, small, flat)
    figure = CourseFigure(9.6, 5.6)
    panels = figure.subplots(2, 4).ravel()
    for axes, caption, content in itertools.zip_longest(panels, captions, shown):
        axes.set_title(caption, fontsize=9, color=INK, loc="left")
        if content is not None:
            show_image(axes, content)
    panels[1].add_patch(Rectangle((x - 0.5, y - 0.5), w, h, fill=False, lw=2.2, color=_INNER_COLOUR, path_effects=_RIM))
    dots(panels[4], small, points, size=9)
    dots(panels[5], small, points, size=9, outline=False)
    _numbers(panels[7], flat, points[36:42].mean(axis=0))
    alt = (
        f"Eight panels. Input of {size} pixels; face box at x = {x:.0f}, y = {y:.0f}, {w:.0f} wide and {h:.0f} high; "
        f"crop of {size_of(cropped)}; resized to {size_of(small)}; "
        f"{len(points)} landmarks; {inner} without the outline; the binary image, in which {int(flat.sum())} of "
        f"{flat.size:,} pixels are 1; and a part of it around an eye as numbers, with its shape {shape}."
    )
    return finish(figure, title, alt)


def _numbers(axes: Axes, flat: np.ndarray, centre: np.ndarray, side: int = 11) -> None:
    """A patch of ``flat`` around ``centre`` (x, y) written out as its zeros and ones."""
    room = np.maximum(0, np.array(flat.shape[::-1]) - side)
    left, top = np.clip(np.rint(centre).astype(int) - side // 2, 0, room)
    patch = flat[top : top + side, left : left + side]
    show_image(axes, np.ones_like(patch))
    for i, j in np.ndindex(patch.shape):
        one = patch[i, j] > 0
        style = {"color": SERIES[1], "fontweight": "bold"} if one else {"color": "#8a8a8a"}
        write(axes, j, i, f"{patch[i, j]:.0f}", ha="center", fontsize=7.5, **style)
    axes.set_xlabel(f"rows {top}–{top + len(patch) - 1}, columns {left}–{left + patch.shape[1] - 1}", fontsize=8)


def score_sheet(
    images: Any, landmarks: Any, scores: Any = None, columns: int = 10, title: str = "Landmarks to look at"
) -> CourseFigure:
    """Many images with their landmarks and detector scores, to look at and judge; it is not for keeping real faces.
    Lesson 04.

    Args:
        images: (n, H, W) images.
        landmarks: (n, 68, 2) in their pixels.
        scores: (n,) detector scores, written above the images.
    """
    images = as_images(images)
    points = as_landmarks(landmarks, len(images))
    words = None if scores is None else [f"{k}: {score:+.2f}" for k, score in enumerate(scores)]
    figure, cells, words = panel_grid(len(images), words, columns, 1.2, title)
    for axes, image, face, word in zip(cells, images, points, words, strict=True):
        show_image(axes, image, word)
        dots(axes, image, face, size=3.5)
    alt = f"{len(images)} images with 68 landmarks each."
    if scores is not None:
        low, middle, high = min(scores), np.median(scores), max(scores)
        alt += f" Detector scores from {low:+.2f} to {high:+.2f}, {middle:+.2f} in the middle."
    return finish(figure, title, alt)


def attention(
    images: Any,
    maps: Any,
    titles: Sequence[Any] | None = None,
    columns: int = 4,
    title: str = "Where the model looks",
    cell: float = 1.7,
) -> CourseFigure:
    """Images with what speaks for an emotion laid over them, brighter for more, and a line around the strongest half.
    Lesson 10.

    Args:
        images: (n, H, W) grey images.
        maps: (n, H, W) numbers; what is below 0 counts as 0.
    """
    images = as_images(images)
    arrays = [np.maximum(np.asarray(values, np.float32), 0) for values in as_images(maps, "maps")]
    if [p.shape for p in images] != [a.shape for a in arrays] or not all(np.isfinite(a).all() for a in arrays):
        raise CourseError("Each image needs a map of finite numbers of its own size: make both from one array.")
    figure, cells, words = panel_grid(len(images), titles, columns, cell, title)
    told = []
    for axes, image, values, word in zip(cells, images, arrays, words, strict=True):
        show_image(axes, image, word)
        top = float(values.max())
        if top > 0:
            axes.imshow(values, cmap="cividis", vmin=0, vmax=top, alpha=0.65 * values / top, interpolation="bilinear")
            for width, colour in ((2.6, INK), (1.2, PAPER)):  # seen on bright and on dark images
                axes.contour(values, [top / 2], colors=[colour], linewidths=width)
        told.append(f"{word or 'an image'}: {_place(values)}")
    return finish(figure, title, "Images with their strongest places marked. " + "; ".join(told[:12]) + ".")


def _place(values: np.ndarray) -> str:
    """Which ninth of the image holds most, in words."""
    if not values.max() > 0:
        return "nothing speaks for it"
    ninths = [[float(part.sum()) for part in np.array_split(row, 3, axis=1)] for row in np.array_split(values, 3)]
    best = int(np.argmax(ninths))
    return f"most in the {_THIRDS[best // 3][best % 3]}"
