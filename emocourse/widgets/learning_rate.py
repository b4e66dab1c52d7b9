"""A learning rate to turn: what too small, too large and about right look like on a loss curve."""

from collections.abc import Callable, Mapping, Sequence

import ipywidgets
import numpy as np

from ..errors import CourseError
from ..plots.learning import descent
from ..plots.networks import short
from .panels import Explorer, number, row

MOST_STEPS = 40
_RATES = (0.01, 1.5)
_FAR = 1e6  # a weight beyond it has diverged for good
_ARRIVED = 0.02  # of the loss that was there to lose

Curve = Callable[[float], float]
Walk = Callable[[Curve, float, float, int], Sequence[float]]


class LearningRateExplorer(Explorer):
    """Change the learning rate, the start and the number of steps of gradient descent on a loss curve. Lesson 05.

    Each has a number field (with its name as label) and a slider. All of it works with Tab, arrow keys and Enter. What
    happens is said in words, which a screen reader speaks.

    Attributes:
        curve: choice of the loss curve.
        rate, start, steps: number fields; rate_slider, start_slider, steps_slider: the same to drag.
        words: where the steps lead, and what that says about the learning rate.
        image: the curve with the steps.

    Safe to change from several threads.
    """

    title = "Learning-rate explorer"

    def __init__(
        self,
        curves: Mapping[str, Curve],
        walk: Walk,
        span: tuple[float, float] = (-2.0, 2.0),
        rate: float = 0.05,
        start: float = -1.5,
        steps: int = 10,
    ) -> None:
        """
        Args:
            curves: {name: loss of a weight}.
            walk: gradient descent: (curve, start, rate, steps) to every weight visited, the start first.
            span: the weights from which and to which the curves are drawn, and a start can be chosen.
            rate, start, steps: to begin with.

        Raises:
            CourseError: no curve, or a number out of range.
        """
        low, high = span
        fits = low <= start <= high and _RATES[0] <= rate <= _RATES[1] and 1 <= steps <= MOST_STEPS
        if not curves or not low < high or not fits:
            raise CourseError(
                f"The explorer needs a curve, a start inside its span, a rate of {_RATES[0]} to {_RATES[1]}, and 1 to "
                f"{MOST_STEPS} steps."
            )
        self._curves, self._walk, self._span = dict(curves), walk, span
        super().__init__()
        ask, widths = self._update.ask, ("7em", "13em", "16em")
        self.curve = ipywidgets.Dropdown(options=list(curves), description="loss curve")
        self.curve.style.description_width = widths[0]
        self.curve.observe(ask, "value")
        limits = {"min": _RATES[0], "max": _RATES[1]}
        self.rate, self.rate_slider = number("learning rate", ask, widths, step=0.01, value=rate, **limits)
        self.start, self.start_slider = number("start", ask, widths, step=0.1, value=start, min=low, max=high)
        self.steps, self.steps_slider = number("steps", ask, widths, value=steps, min=1, max=MOST_STEPS)
        pairs = ((self.rate, self.rate_slider), (self.start, self.start_slider), (self.steps, self.steps_slider))
        self.lay_out(self.curve, *(row(*pair) for pair in pairs))

    def path(self) -> np.ndarray:
        """Every weight visited, the start first, up to where it is lost in large numbers.

        Raises:
            CourseError: the walk gives something else than numbers back.
        """
        curve = self._curves[self.curve.value]
        with np.errstate(all="ignore"):
            walked = self._walk(curve, np.float64(self.start.value), float(self.rate.value), int(self.steps.value))
            try:
                places = np.asarray(walked, float)
            except (TypeError, ValueError):
                places = np.empty(0)
            if places.ndim != 1 or not len(places):
                raise CourseError("your gradient descent must give a list of weights back")
            near = np.abs(places) < _FAR  # also False for NaN
        return places if near.all() else places[: max(1, int(near.argmin()))]

    def summary(self) -> str:
        """Where the steps lead, and what that says about the learning rate."""
        curve, places = self._curves[self.curve.value], self.path()
        first, last = float(curve(places[0])), float(curve(places[-1]))
        lowest = min(float(curve(w)) for w in np.linspace(*self._span, 401))
        if len(places) <= self.steps.value or last > max(first, lowest) + 1e-9:
            return "Diverging: the steps lead up and away. The learning rate is too large for this curve."
        said = f"From a loss of {short(first)} to {short(last)}; the lowest on this curve is {short(lowest)}. "
        left = last - lowest
        moves = np.diff(places)
        if (moves[1:] * moves[:-1] < 0).sum() * 2 > len(moves):
            return said + "It jumps from one side to the other: smaller steps would be calmer."
        if left <= _ARRIVED * max(first - lowest, 1e-9) or left < 1e-3:
            return said + "It has arrived."
        if abs(moves[-1]) < 0.01:
            return said + "It has stopped, or nearly so, though a lower place exists: another valley, or tiny steps."
        return said + "It is still on its way: more steps, or a larger learning rate."

    def figure_html(self) -> str:
        name, places = self.curve.value, self.path()
        title = f"{name}: learning rate {short(self.rate.value)}"
        return descent(self._curves[name], places, self._span, title)._repr_mimebundle_()["text/html"]
