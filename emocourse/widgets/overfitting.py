"""Recorded trainings to choose from: what the number of faces, dropout, weight decay and patience do to overfitting."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets

from ..errors import CourseError
from ..metrics import percent
from ..plots.numbers import history
from .panels import Explorer, number, row

_CHOICES = {"faces": "training faces", "dropout": "dropout", "weight_decay": "weight decay"}

Stop = Callable[[Sequence[float], int], tuple[int, int]]


class OverfittingExplorer(Explorer):
    """Choose one of the recorded runs, and a patience, and see where its curves part. Lesson 07.

    Three lists and a number with its slider, each named. All of it works with Tab, arrow keys and Enter. What the
    curves say is said in words, which a screen reader speaks. Nothing is trained: the runs were.

    Attributes:
        faces, dropout, weight_decay: which run.
        patience, patience_slider: epochs without a new lowest loss before training would have ended.
        words: the turning point, the gap of the finished network, and what patience would have saved.
        image: the run's curves.

    Safe to change from several threads.
    """

    title = "Overfitting explorer"

    def __init__(self, record: Mapping[str, Any], stop: Stop, patience: int = 10) -> None:
        """
        Args:
            record: from :func:`emocourse.results.read_overfitting`: a run for every combination.
            stop: (validation losses, patience) to the last epoch trained and the epoch kept, both counted from 1; the
                student's own.
            patience: to begin with.

        Raises:
            CourseError: a combination is missing, or the patience is out of range.
        """
        self._n, self._stop = record["n"], stop
        self._runs = {tuple(run[name] for name in _CHOICES): run for run in record["runs"]}
        values = [sorted(set(column)) for column in zip(*self._runs, strict=True)]
        epochs = max(len(run["history"]["loss"]) for run in record["runs"])
        if len(self._runs) != len(values[0]) * len(values[1]) * len(values[2]) or not 1 <= patience <= epochs:
            raise CourseError(f"The explorer needs a run for every combination, and a patience from 1 to {epochs}.")
        super().__init__()
        pairs = zip(_CHOICES.values(), values, strict=True)
        self.faces, self.dropout, self.weight_decay = (self._choice(label, options) for label, options in pairs)
        widths = ("7em", "13em", "16em")
        self.patience, self.patience_slider = number(
            "patience", self._update.ask, widths, value=patience, min=1, max=epochs
        )
        chosen = row(self.faces, self.dropout, self.weight_decay)
        self.lay_out(chosen, row(self.patience, self.patience_slider))

    def _choice(self, label: str, values: Sequence[float]) -> ipywidgets.Dropdown:
        choice = ipywidgets.Dropdown(options=[(f"{value:,g}", value) for value in values], description=label)
        choice.style.description_width, choice.layout.width = "7em", "13em"
        choice.observe(self._update.ask, "value")
        return choice

    @property
    def run(self) -> Mapping[str, Any]:
        """The recorded run that is chosen."""
        return self._runs[self.faces.value, self.dropout.value, self.weight_decay.value]

    def _stopped(self) -> tuple[int, int]:
        last, kept = self._stop(self.run["history"]["val_loss"], int(self.patience.value))
        return int(last), int(kept)

    def summary(self) -> str:
        """What the curves say, a sentence each: turning point, gap, what patience would have done."""
        run, (last, kept) = self.run, self._stopped()
        losses, accuracies = run["history"]["val_loss"], run["history"]["val_accuracy"]
        gap = 100 * (run["train"] - run["validation"])
        ended = "All epochs are trained" if last == len(losses) else f"Training would have ended after epoch {last}"
        lines = [
            f"The validation loss is lowest in epoch {losses.index(min(losses)) + 1} of {len(losses)}.",
            f"The finished network, with dropout off: {percent(run['train'])} in training, "
            f"{percent(run['validation'])} on {self._n:,} validation images; a gap of {gap:.0f} points.",
            f"{ended} with a patience of {self.patience.value}, and epoch {kept} is kept: "
            f"{percent(accuracies[kept - 1])} on validation.",
        ]
        return " ".join(lines)

    def figure_html(self) -> str:
        run, (last, kept) = self.run, self._stopped()
        title = f"{run['faces']:,} faces, dropout {run['dropout']:g}, weight decay {run['weight_decay']:g}"
        marks = {"kept": kept, "ended": last}
        return history(run["history"], title, marks=marks)._repr_mimebundle_()["text/html"]
