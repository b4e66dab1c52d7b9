"""Two counts to drag: on how many images only one of two models is right, and what that says about which is better."""

import numpy as np

from ..errors import CourseError
from ..metrics import McNemar, difference_interval, mcnemar
from ..plots.numbers import coins
from .panels import Explorer, number, row

_MOST = 100  # images that only one of the models gets right
_IMAGES = (2 * _MOST, 10_000)


class McNemarExplorer(Explorer):
    """Drag the two counts that decide between two models, and see the p-value and the difference. Lesson 10.

    Three numbers, each a field (with its name as label) and a slider. All of it works with Tab and the arrow keys, and
    the result is said in words, which a screen reader speaks.

    Attributes:
        only_a, only_b: images that only one of the two models gets right; only_a_slider, only_b_slider: to drag.
        images, images_slider: how many there are in all.
        words: p-value, difference with its interval, and what may be said.
        image: how often coins would be as uneven.

    Safe to change from several threads.
    """

    title = "McNemar explorer"

    def __init__(self, only_a: int = 4, only_b: int = 14, images: int = 1000) -> None:
        """
        Args:
            only_a, only_b, images: to begin with.

        Raises:
            CourseError: a number is out of range.
        """
        if not (0 <= only_a <= _MOST and 0 <= only_b <= _MOST and _IMAGES[0] <= images <= _IMAGES[1]):
            raise CourseError(f"The counts go from 0 to {_MOST}, and the images from {_IMAGES[0]} to {_IMAGES[1]:,}.")
        super().__init__()
        ask, widths, limits = self._update.ask, ("8em", "14em", "20em"), {"min": 0, "max": _MOST}
        self.only_a, self.only_a_slider = number("only a is right", ask, widths, value=only_a, **limits)
        self.only_b, self.only_b_slider = number("only b is right", ask, widths, value=only_b, **limits)
        self.images, self.images_slider = number(
            "images in all", ask, widths, 100, value=images, min=_IMAGES[0], max=_IMAGES[1]
        )
        pairs = (
            (self.only_a, self.only_a_slider),
            (self.only_b, self.only_b_slider),
            (self.images, self.images_slider),
        )
        self.lay_out(*(row(*pair) for pair in pairs))

    def result(self) -> tuple[McNemar, tuple[float, float, float]]:
        """The test, and the difference accuracy(b) - accuracy(a) with its 95 % interval."""
        n, only_a, only_b = (int(field.value) for field in (self.images, self.only_a, self.only_b))
        labels = np.zeros(n, int)
        a, b = (np.arange(n) < only_b).astype(int), (np.arange(n) >= n - only_a).astype(int)
        return mcnemar(labels, a, b), difference_interval(labels, a, b)

    def summary(self) -> str:
        """The p-value, the difference, and what may be said."""
        test, (gain, low, high) = self.result()
        counts = f"only a is right on {test.only_a} images, only b on {test.only_b}"
        points = f"b is better by {100 * gain:+.1f} points (95 % interval {100 * low:+.1f} to {100 * high:+.1f})"
        said = "p < 0.0001" if test.p_value < 1e-4 else f"p = {test.p_value:.4f}"
        if test.p_value >= 0.05:
            verdict = (
                "Luck alone is often as uneven, so these images can't tell the two apart. That doesn't make them equal."
            )
        else:
            better = "b" if gain > 0 else "a"
            verdict = f"As the only test, this tells them apart: {better} is better, if perhaps not by much."
        return f"{counts[0].upper()}{counts[1:]}: {said}. On {self.images.value:,} images {points}. {verdict}"

    def figure_html(self) -> str:
        test, _ = self.result()
        figure = coins(test.only_a, test.only_a + test.only_b, test.p_value, "If each image were a thrown coin")
        return figure._repr_mimebundle_()["text/html"]
