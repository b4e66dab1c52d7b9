"""The figure of two models and a third that sees what both see. The door to this room is :mod:`emocourse.plots`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..evaluation.comparison import GROUPS, who_is_right
from ..metrics import check_labels, check_names, percent, wilson_interval
from .base import GRID, INK, PAPER, SERIES, SOFT, CourseFigure, finish, listing, style, write

_MARKS = (("s", SERIES[1]), ("o", SERIES[0]), ("D", INK))


def two_and_both(labels: Any, predicted: Mapping[str, Any], names: Sequence[str], title: str = "") -> CourseFigure:
    """Where two models are right, what a third makes of it, and how many of each emotion each of the three finds.

    Args:
        labels: (n,) whole numbers, indices into ``names``.
        predicted: three models' (n,) predictions by name, in words that fit into a legend: two, then the third.
        names: the classes in label order.
        title: of the figure.

    Raises:
        CourseError: not three models, or predictions of another length than the labels.
    """
    names = check_names(names)
    labels = check_labels(labels, len(names))
    found = who_is_right(labels, predicted)
    a, b, third = predicted
    figure = CourseFigure(10.4, 3.9)
    left, right = figure.subplots(1, 2, width_ratios=(1.05, 1))
    words = ("both are right", f"only {a} is right", f"only {b} is right", "neither is right")
    for y, group in enumerate(GROUPS):
        n, share = found["groups"][group]["n"], found["groups"][group]["share"]
        won = n * (share or 0)
        left.barh(y, n, height=0.62, color=PAPER, edgecolor=SOFT, hatch="////", linewidth=0.8)
        left.barh(y, won, height=0.62, color=SERIES[0], edgecolor=SERIES[0], linewidth=0.8)
        note = f"{n:,}" if share is None else f"{n:,}, {third} right in {percent(share, 0)}"
        write(left, n + 0.015 * found["n"], y, note)
    most = max(group["n"] for group in found["groups"].values())
    left.set_yticks(range(len(GROUPS)), words)
    left.invert_yaxis()
    style(left, x="pictures", title=f"Filled: {third} is right. Hatched: it is wrong", grid="x")
    left.set_xlim(0, most * 1.75)

    order = np.arange(len(names))
    told = []
    for k, (model, values) in enumerate(predicted.items()):
        marker, colour = _MARKS[k]
        hits = [(int((np.asarray(values)[labels == c] == c).sum()), int((labels == c).sum())) for c in order]
        shares = np.array([hit / n if n else np.nan for hit, n in hits])
        y = order + (k - 1) * 0.23
        for at, (hit, n) in zip(y, hits, strict=True):
            if n:
                right.plot(wilson_interval(hit, n), [at, at], color=colour, lw=1.1, alpha=0.7)
        right.plot(shares, y, ls="none", marker=marker, color=colour, markeredgecolor=PAPER, markersize=7, label=model)
        told.append(
            f"{model} {percent(found['accuracy'][model])} of all, "
            + listing([f"{name} {percent(s, 0)}" for name, s in zip(names, shares, strict=True) if np.isfinite(s)])
        )
    right.set_yticks(order, names)
    right.invert_yaxis()
    right.hlines(order[:-1] + 0.5, 0, 1, color=GRID, lw=0.8)
    right.set_xlim(0, 1)
    right.set_xticks(np.arange(0, 1.01, 0.2), [f"{k} %" for k in range(0, 101, 20)])
    style(right, x="found of each emotion (line: 95 % interval)", grid="x")
    right.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False, fontsize=8.5)
    groups = [
        f"{word}: {found['groups'][g]['n']:,} pictures"
        + ("" if found["groups"][g]["share"] is None else f", {third} right in {percent(found['groups'][g]['share'])}")
        for word, g in zip(words, GROUPS, strict=True)
    ]
    alt = f"Of {found['n']:,} pictures, {'; '.join(groups)}. Found of each emotion: {'; '.join(told)}."
    return finish(figure, title or f"{a}, {b}, and {third}", alt)
