"""Figures of how a network learns: steps down a loss curve, and a computation graph with its numbers."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from ..errors import CourseError
from .base import INK, PAPER, SERIES, SOFT, CourseFigure, finish, listing, style
from .networks import short

_POINTS = 241  # of a curve
_BOX = {"boxstyle": "round,pad=0.35", "facecolor": PAPER, "lw": 1.2}
_ARROW = {"arrowstyle": "-|>", "color": SOFT, "lw": 1.1}


def descent(
    loss: Callable[[float], float],
    path: Sequence[float],
    span: tuple[float, float],
    title: str = "Steps of gradient descent",
) -> CourseFigure:
    """The loss over one weight with the steps that were taken on it, and beside it the loss after each step. Lesson 05.

    Args:
        loss: the loss of a weight.
        path: every weight that was visited, the start first; all finite.
        span: the weights from which and to which the curve is drawn. Steps that leave it are counted, not drawn.
    """
    places, heights = np.asarray(list(path), float), np.array([float(loss(w)) for w in path])
    low, high = span
    if not len(places) or not low < high or not np.isfinite([*places, *heights]).all():
        raise CourseError("A descent needs at least one weight, all finite, and a span from a smaller to a larger.")
    across = np.linspace(low, high, _POINTS)
    curve = np.array([float(loss(w)) for w in across])
    top = curve.max() + 0.06 * np.ptp(curve)
    figure = CourseFigure(8.5, 3.7)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    left.plot(across, curve, color=SOFT, lw=1.4)
    outside = (places < low) | (places > high)
    until = int(outside.argmax()) + 1 if outside.any() else len(places)  # it may come back, but not to be followed
    _walk(left, places[:until], heights[:until])
    left.set_xlim(low, high)
    style(left, x="weight", y="loss")
    right.plot(range(len(heights)), np.minimum(heights, top), color=SERIES[0], lw=1, marker="o", markersize=4)
    above = np.flatnonzero(heights > top)
    if len(above):
        right.plot(above, np.full(len(above), top), "^", color=SERIES[1], markersize=8, clip_on=False)
    style(right, x="steps taken (triangle: above the figure)" if len(above) else "steps taken", grid="y")
    for axes in (left, right):
        axes.set_ylim(curve.min() - 0.06 * np.ptp(curve), top)
    right.set_xlim(-0.5, max(len(heights) - 0.5, 1))
    best = int(curve.argmin())
    ends = [f"{short(w)}, loss {short(height)}" for w, height in zip(places, heights, strict=True)]
    told = f"The loss is lowest, {short(curve[best])}, at the weight {short(across[best])}. "
    told += f"{len(places) - 1} steps lead from the weight {ends[0]}, to {ends[-1]}."
    return finish(figure, title, told + f" {outside.sum()} of them lie outside the figure." * bool(outside.any()))


def _walk(axes: Axes, places: np.ndarray, heights: np.ndarray) -> None:
    """The visited points, joined; a square where it starts, a diamond where it ends."""
    axes.plot(places, heights, color=SERIES[0], lw=1, marker="o", markersize=4)
    for k, marker, name in ((0, "s", "start"), (-1, "D", "end")):
        axes.plot(places[k], heights[k], marker, color=SERIES[1], markersize=8, label=name)
    axes.legend(frameon=False, fontsize=8.5, loc="upper center")


def computation_graph(
    places: Mapping[str, tuple[float, float]],
    arrows: Sequence[tuple[str, str]],
    values: Mapping[str, float],
    slopes: Mapping[str, float],
    title: str = "Forward and backward",
) -> CourseFigure:
    """A computation graph: each number in a box, what it is made of, and the slope of the loss with respect to it.
    Lesson 05.

    Args:
        places: {name: (x, y)}, where each box stands, 1 apart or more.
        arrows: (from, to), names.
        values: {name: what the forward pass gives}, for every name.
        slopes: {name: the loss's slope}, for those boxes that have one.
    """
    names = {name for arrow in arrows for name in arrow} | set(slopes)
    if not places or not names <= set(places) or not set(places) <= set(values):
        raise CourseError("Every box of the graph needs a place and a value, and arrows go from one box to another.")
    x, y = np.array(list(places.values()), float).T
    figure = CourseFigure(1.35 * np.ptp(x) + 1.6, 0.95 * np.ptp(y) + 1.3)
    axes = figure.subplots()
    boxes = {}
    for name, (column, row) in places.items():
        slope = f"\nslope {short(slopes[name])}" if name in slopes else ""
        edge = SERIES[0] if name in slopes else SOFT
        options = {"ha": "center", "va": "center", "fontsize": 10, "color": INK, "bbox": {**_BOX, "edgecolor": edge}}
        text = axes.text(column, row, f"{name} = {short(values[name])}{slope}", **options)
        boxes[name] = text.get_bbox_patch()
    for start, end in arrows:
        ends = {"patchA": boxes[start], "patchB": boxes[end], "shrinkA": 0, "shrinkB": 2}
        axes.annotate("", places[end], places[start], arrowprops={**_ARROW, **ends})
    axes.set_xlim(x.min() - 0.6, x.max() + 0.6)
    axes.set_ylim(y.min() - 0.5, y.max() + 0.5)
    axes.set_axis_off()
    made = {end: [start for start, to in arrows if to == end] for _, end in arrows}
    told = [_told(name, made.get(name, ()), values, slopes) for name in places]
    return finish(figure, title, "A computation graph from left to right. " + "; ".join(told) + ".")


def _told(name: str, parts: Sequence[str], values: Mapping[str, float], slopes: Mapping[str, float]) -> str:
    made = f" (made of {listing(list(parts))})" if parts else ""
    slope = f", slope {short(slopes[name])}" if name in slopes else ""
    return f"{name}{made} {short(values[name])}{slope}"
