"""What every figure has in common: the house style, alt text, display in a notebook, saving.

Figures are made with matplotlib's object interface and never with pyplot, whose list of open figures is shared by all
threads: widget callbacks run in threads of their own.
"""

import base64
import html
import io
import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ..emotions import INFO
from ..errors import CourseError
from ..files.store import atomic_write

INK = "#1a1a1a"
SOFT = "#595959"
GRID = "#d9d9d9"
PAPER = "#ffffff"
SERIES = ("#0b5fa5", "#b45309")
"""Colours of two things set side by side, such as training and validation; each also has its own marker and line."""

DASHED = {"color": SOFT, "lw": 1, "ls": (0, (4, 3))}
"""The look of a line that other things are measured against."""

DPI = 110
_TITLE, _TEXT, _SMALL = 12, 10, 8.5
_SVG_LOCK = threading.Lock()


class CourseFigure(Figure):
    """A matplotlib figure that can say in words what it shows.

    Attributes:
        alt_text: sentences with the figure's own numbers, for those who do not see it.

    At the end of a notebook cell, or through :func:`display`, it shows as a PNG with its alt text.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), dpi=DPI, layout="constrained", facecolor=PAPER)
        FigureCanvasAgg(self)
        self.alt_text = ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return _spoken(to_bytes(self), self.alt_text)

    def _ipython_display_(self) -> None:
        """Once a lesson imports pyplot, IPython would add a bare PNG to the bundle: so show the bundle alone."""
        from IPython.display import display as shown

        shown(self._repr_mimebundle_(), raw=True)


def _spoken(png: bytes, alt_text: str) -> dict[str, str]:
    """A PNG as HTML, since neither JupyterLab nor nbconvert has a place for the alt text of a bare image/png."""
    data, alt = base64.b64encode(png).decode("ascii"), html.escape(alt_text, quote=True)
    image = f'<img src="data:image/png;base64,{data}" alt="{alt}" style="max-width: 100%">'
    return {"text/html": image, "text/plain": alt_text}


def show(figure: Figure, alt_text: str) -> None:
    """Show a figure of your own in a notebook, with a text for those who do not see it.
    Lessons 01, 02, 03, 04, 05, 06, 07, 11, 12.

    Args:
        figure: any of matplotlib's, such as ``plt.subplots`` gives. pyplot forgets it, so that it is not shown twice.
        alt_text: what the figure says, in a sentence or more, with its main numbers.

    Raises:
        CourseError: the text has fewer than five words.
    """
    from IPython.display import display as shown
    from matplotlib import pyplot

    if len(alt_text.split()) < 5:
        raise CourseError("Say in a sentence what the figure shows: those who do not see it have only your words.")
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None, "Description": alt_text})
    pyplot.close(figure)
    shown(_spoken(stream.getvalue(), alt_text), raw=True)


def display(figure: CourseFigure) -> None:
    """Show ``figure`` in a notebook, as a PNG whose alt text a screen reader speaks. Lesson 00."""
    from IPython.display import display as show

    show(figure)


def to_bytes(figure: CourseFigure, kind: str = "png") -> bytes:
    """The figure as a PNG or SVG file, the same bytes every time: no dates, no random ids; alt text inside."""
    stream = io.BytesIO()
    if kind == "png":
        metadata = {"Software": None, "Description": figure.alt_text}
        figure.savefig(stream, format="png", metadata=metadata)
    else:
        metadata = {"Date": None, "Creator": None, "Description": figure.alt_text}
        # The salt of the ids is a global setting, the only one that this package touches.
        with _SVG_LOCK, matplotlib.rc_context({"svg.hashsalt": "emocourse"}):
            figure.savefig(stream, format="svg", metadata=metadata)
    return stream.getvalue()


def save(figure: CourseFigure, path: str | os.PathLike) -> None:
    """Write ``figure`` to ``path``, atomically, as PNG or SVG by the name's ending (see :func:`to_bytes`).

    Raises:
        CourseError: another ending, or the file cannot be written.
    """
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in ("png", "svg"):
        raise CourseError(f"{path} does not end in .png or .svg: figures are saved as one of these.")
    data = to_bytes(figure, kind)
    with atomic_write(path) as stream:
        stream.write(data)


def finish(figure: CourseFigure, title: str, alt_text: str) -> CourseFigure:
    """Give ``figure`` its title and its alt text, and return it."""
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=_TITLE, fontweight="bold", color=INK)
    # Laid out once, for good: each further pass would move things by a hair, and no two savings would be the same.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    figure.alt_text = f"{title.rstrip('.')}. {alt_text}" if title else alt_text
    return figure


def style(axes: Axes, x: str = "", y: str = "", title: str = "", grid: str | None = None) -> None:
    """The house style of a pair of axes with numbers on them; ``grid``: "x", "y" or "both"."""
    axes.set_facecolor(PAPER)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(SOFT)
    axes.tick_params(colors=SOFT, labelsize=_SMALL, labelcolor=INK)
    axes.set_xlabel(x, fontsize=_TEXT, color=INK)
    axes.set_ylabel(y, fontsize=_TEXT, color=INK)
    axes.set_title(title, loc="left", fontsize=_TEXT, color=INK)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color=GRID, linewidth=0.8)


def in_percent(*sides: Axis) -> None:
    """Write the shares along these sides (``axes.xaxis``, ``axes.yaxis``) in per cent."""
    for side in sides:
        side.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))


def shaded_table(
    axes: Axes, shares: np.ndarray, rows: Sequence[str], columns: Sequence[str], tilt: float
) -> Callable[[int, int], str]:
    """A table whose cells are the darker the larger their share, 0 to 1, with names along both sides.

    Returns:
        The ink that is legible in row i, column j.
    """
    shade = colormaps["Blues"]
    axes.imshow(shares, cmap=shade, vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=tilt, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), rows)
    for side in axes.spines.values():
        side.set_visible(False)
    return lambda i, j: legible_on(shade(shares[i, j])[:3])


def fill_of(name: str, plain: str = SOFT) -> dict[str, Any]:
    """Fill and hatch of an emotion's bar; of a class that is no emotion, ``plain`` without a hatch."""
    known = INFO.get(name)
    return {"color": known.colour, "hatch": known.hatch, "edgecolor": PAPER} if known else {"color": plain}


def write(axes: Axes, x: float, y: float, text: str, **options: Any) -> None:
    """Small text inside ``axes`` at the data's (x, y)."""
    axes.text(x, y, text, **{"fontsize": _SMALL, "color": INK, "va": "center", **options})


def apart(places: Sequence[float], least: float) -> np.ndarray:
    """Places along an axis for labels that belong at ``places``: in the same order, at least ``least`` apart.

    Labels that would overlap are moved as a group, so that the group's middle stays where it was.
    """
    order = np.argsort(places, kind="stable")
    groups: list[list[float]] = []  # of each: the wish of its middle, and how many labels it has
    for place in np.asarray(places, float)[order]:
        groups.append([place, 1])
        while len(groups) > 1 and groups[-1][0] - groups[-2][0] < least * (groups[-1][1] + groups[-2][1]) / 2:
            (first, n), (second, m) = groups[-2:]
            groups[-2:] = [[(first * n + second * m) / (n + m), n + m]]
    result = np.empty(len(order))
    if groups:
        result[order] = np.concatenate([middle + least * (np.arange(n) - (n - 1) / 2) for middle, n in groups])
    return result


def end_labels(axes: Axes, x: float, ends: Sequence[float], names: Sequence[str], colours: Sequence[str]) -> None:
    """Names of curves beside their right ends, moved apart where these are close. Call it once the limits are set."""
    low, high = axes.get_ylim()
    for y, name, colour in zip(apart(ends, 0.065 * (high - low)), names, colours, strict=True):
        write(axes, x, y, f"  {name}", color=colour, fontweight="bold")
    axes.set_ylim(low, high)


def legible_on(rgb: Sequence[float]) -> str:
    """Black or white ink, whichever has more contrast (WCAG 2's formula) on the sRGB colour ``rgb``, 0 to 1 each."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else PAPER


def listing(parts: list[str]) -> str:
    """ "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def as_images(images: Any, what: str = "images") -> list[np.ndarray]:
    """A list of images fit for ``imshow``: (H, W) grey or (H, W, 3) colour, each as it was given but for an axis of
    one.

    Raises:
        CourseError: there are none, or something that is not an image.
    """
    images = [np.asarray(image) for image in images]
    images = [p[..., 0] if p.ndim == 3 and p.shape[-1] == 1 else p for p in images]
    if not images:
        raise CourseError(f"There are no {what} to show: choose at least one.")
    for image in images:
        if image.size == 0 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[-1] == 3)):
            raise CourseError(f"One of the {what} has shape {image.shape}, but grey is (H, W) and colour (H, W, 3).")
    return images


def size_of(image: np.ndarray) -> str:
    """Width and height, "640×480"."""
    return f"{image.shape[1]}×{image.shape[0]}"


def show_image(axes: Axes, image: np.ndarray, title: str = "", colour: str = INK) -> None:
    """``image`` without axes around it, square pixels, grey from black to white over its type's whole range."""
    top = 255 if image.dtype == np.uint8 else 1
    axes.imshow(image, cmap="gray", vmin=0, vmax=top, interpolation="nearest")
    bare(axes, title, colour)
    for spine in axes.spines.values():
        spine.set_color(GRID)


def bare(axes: Axes, title: str = "", colour: str = INK) -> None:
    """No ticks, and ``title`` in small letters above."""
    axes.set_xticks([])
    axes.set_yticks([])
    if title:
        axes.set_title(title, fontsize=_SMALL, color=colour)


def panel_grid(
    n: int, titles: Sequence[Any] | None, columns: int, cell: float, title: str
) -> tuple[CourseFigure, list[Axes], list[str]]:
    """A figure of ``n`` square axes of ``cell`` inches with room for a line of text above each, and these lines.

    Placed by hand: matplotlib's layout engine takes seconds for a hundred axes.

    Raises:
        CourseError: no column, or another number of titles than of images.
    """
    if titles is not None and len(titles) != n:
        raise CourseError(f"There are {n} images but {len(titles)} titles: give one title an image.")
    if columns < 1:
        raise CourseError(f"A grid needs at least one column, not {columns}.")
    columns = min(columns, n)
    rows = -(-n // columns)
    line, gap, top = 0.2, 0.06, 0.38 if title else 0.05
    width = max(columns * (cell + gap) + gap, 3.2 if title else 0)
    height = rows * (cell + line + gap) + top
    figure = CourseFigure(width, height)
    figure.set_layout_engine("none")
    axes = []
    for k in range(n):
        x = gap + (k % columns) * (cell + gap)
        y = height - top - (k // columns + 1) * (cell + line + gap) + gap
        axes.append(figure.add_axes((x / width, y / height, cell / width, cell / height)))
    return figure, axes, [""] * n if titles is None else [str(title) for title in titles]


def told_titles(titles: list[str]) -> str:
    """What the titles say, each with how often it comes, the commonest first; "" where there are none."""
    counted = Counter(title for title in titles if title)
    if not counted:
        return ""
    parts = [f"{title} ({n})" for title, n in counted.most_common(12)]
    if len(counted) > 12:
        parts.append(f"{len(counted) - 12} more")
    return " Titles: " + listing(parts) + "."
