"""A threshold to move: how many faces a detector keeps, how many of them have wrong landmarks, and which they are."""

import html

import ipywidgets

from ..errors import CourseError
from ..evaluation.detection import STEPS, Proportion, proportion
from ..faces import detection as faces
from ..metrics import percent
from ..plots.detection import threshold_sheet
from ..twin.hard_faces import HardFaces
from .panels import Explorer, number, row

DEFAULT = faces.HOG_THRESHOLD


class ThresholdExplorer(Explorer):
    """Move the detection threshold over drawn faces whose true landmarks are known. Lesson 04.

    The threshold has a number field (with its name as label), a slider, and a button for the course's own. All of it
    works with Tab, arrow keys and Enter. What changes is said in words, which a screen reader speaks.

    Attributes:
        field, slider: the threshold.
        reset: button, back to the course's threshold.
        words: coverage, wrong landmarks, and what was gained and lost.
        image: the curves and the faces around the threshold.

    Safe to change from several threads.
    """

    title = "Threshold explorer"

    def __init__(self, hard: HardFaces, threshold: float = DEFAULT) -> None:
        """
        Args:
            hard: faces from :func:`emocourse.twin.hard_faces.draw_hard_faces`.
            threshold: the one to begin with.

        Raises:
            CourseError: no faces, or a threshold out of range.
        """
        low, high = STEPS[0], STEPS[-1]
        if not len(hard.scores) or not low <= threshold <= high:
            raise CourseError(f"The explorer needs faces, and a threshold from {low} to {high}.")
        super().__init__()
        self._hard = hard
        self._figures: dict[float, str] = {}
        widths, limits = ("initial", "15em", None), {"min": low, "max": high}
        self.field, self.slider = number(
            "detection threshold", self._update.ask, widths, step=0.1, value=threshold, **limits
        )
        self.reset = ipywidgets.Button(description=f"the course's, {DEFAULT:+.1f}")
        self.reset.on_click(lambda _: self.set(DEFAULT))
        self.lay_out(row(self.field, self.slider, self.reset))

    def set(self, threshold: float) -> None:
        """Move the threshold."""
        self.field.value = threshold

    @property
    def threshold(self) -> float:
        """The threshold, rounded to a step of the curves."""
        return round(float(self.field.value), 1)

    def sentences(self) -> list[str]:
        """What the threshold gives: coverage, wrong landmarks, and what differs from the course's own."""
        kept, usual = (self._hard.scores >= value - 1e-9 for value in (self.threshold, DEFAULT))
        lines = [_said("Coverage", proportion(kept.sum(), len(kept)), "faces are kept")]
        if kept.any():
            lines.append(_said("Wrong landmarks", proportion(self._hard.wrong[kept].sum(), kept.sum()), "faces kept"))
        for change, mask in (("Gained", kept & ~usual), ("Lost", usual & ~kept)):
            if mask.any():
                n, bad = int(mask.sum()), int(self._hard.wrong[mask].sum())
                what = f"{n} face{'s' * (n > 1)}, {bad} of them with wrong landmarks and {n - bad} with right ones"
                lines.append(f"{change} against {DEFAULT:+.1f}: {what}.")
        return lines

    def summary_html(self) -> str:
        return "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in self.sentences()) + "</ul>"

    def figure_html(self) -> str:
        at = self.threshold
        if at not in self._figures:
            figure = threshold_sheet(self._hard, at, title="Faces around the threshold")
            self._figures[at] = figure._repr_mimebundle_()["text/html"]
        return self._figures[at]


def _said(what: str, one: Proportion, words: str) -> str:
    interval = f"95 % interval {percent(one.low)} to {percent(one.high)}"
    return f"{what}: {one.part} of {one.n} {words}, {percent(one.value)} ({interval})."
