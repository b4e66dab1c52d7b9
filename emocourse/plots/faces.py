"""Figures of drawn faces: single action units, the textbook's emotions; how a measure is spread over faces."""

from collections.abc import Sequence

import numpy as np
from matplotlib.patheffects import withStroke

from .. import twin
from ..emotions import ACTION_UNITS, INFO
from ..errors import CourseError
from ..faces import action_units
from .base import INK, CourseFigure, finish, listing, panel_grid, show_image

MODEL_FACE = twin.Style(age=0.25)
"""The person who shows every action unit: always the same, so that only the units differ."""

_SIDE = 192
_RIM = [withStroke(linewidth=2.4, foreground=INK)]
_LONGER = 2.0  # arrows are drawn longer than the landmarks go, to be seen
_ALT = "A drawn face for each action unit, with arrows, twice as long as the way, where landmarks go: "
_LEAST = 0.008  # eye distances: shorter moves would be dots


def action_unit_grid(
    numbers: Sequence[int] = tuple(ACTION_UNITS), columns: int = 4, title: str = "One action unit at a time"
) -> CourseFigure:
    """A panel for each unit: the average neutral face with that unit at full strength, and arrows where it pulls.
    Lesson 01.

    Args:
        numbers: FACS numbers.
    """
    if not len(numbers):
        raise CourseError("There are no action units to show: give at least one number.")
    neutral = twin.load().mean("neutral")
    figure, cells, _ = panel_grid(len(numbers), None, columns, 1.9, title)
    told = []
    for axes, number in zip(cells, numbers, strict=True):
        moved = action_units.move(neutral, {number: 1.0})
        show_image(axes, _draw(moved), f"AU{number} {ACTION_UNITS[number].name}")
        far = np.hypot(*action_units.displacement(number).T) > _LEAST
        start, way = _large(neutral[far]), moved[far] - neutral[far]
        stop = np.clip(start + _LONGER * way * (_SIDE / 48), 0, _SIDE - 1)
        for a, b in zip(start, stop, strict=True):
            arrow = {"arrowstyle": "-|>", "color": "#ffd400", "lw": 1.1, "shrinkA": 0, "shrinkB": 0}
            if (a < _SIDE).all():
                axes.annotate("", b, a, arrowprops={**arrow, "mutation_scale": 5, "path_effects": _RIM})
        told.append(f"AU{number} {ACTION_UNITS[number].name} moves {int(far.sum())} landmarks")
    return finish(figure, title, f"{_ALT}{listing(told)}.")


def prototypes(
    names: Sequence[str] = tuple(INFO), strength: float = 1.0, columns: int = 4, title: str = "Textbook expressions"
) -> CourseFigure:
    """The same drawn person showing each emotion with the action units that the textbook (EMFACS) gives it. Lesson 01.

    Args:
        names: emotions, of the seven labels and contempt.
        strength: of every unit, 0 to 1.
    """
    if not len(names):
        raise CourseError("There are no emotions to show: give at least one name.")
    neutral = twin.load().mean("neutral")
    figure, cells, _ = panel_grid(len(names), None, columns, 2.1, title)
    told = []
    for axes, name in zip(cells, names, strict=True):
        drawn = _draw(action_units.express(neutral, name, strength))  # refuses an unknown name
        units = "AU " + "+".join(map(str, INFO[name].action_units)) if INFO[name].action_units else "no unit"
        label = f"{name}: {units}" + (", one side" if INFO[name].one_sided else "")
        show_image(axes, drawn, label)
        told.append(f"{name}: {INFO[name].describe_action_units()}")
    return finish(figure, title, "One drawn person with " + "; ".join(told) + ".")


def _draw(landmarks: np.ndarray) -> np.ndarray:
    return twin.draw(landmarks, side=_SIDE, style=MODEL_FACE)


def _large(points: np.ndarray) -> np.ndarray:
    """48-pixel coordinates in pixels of the drawn image."""
    return (points + 0.5) * (_SIDE / 48) - 0.5
