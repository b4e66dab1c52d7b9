"""Guess the emotion: the student, the model and (on FER2013) ten voters of FER+ on the same faces.

Nobody's photo is shown. Each question is a face drawn from landmarks, with the skin, hair and light of somebody made
up. So the student sees as little as a model on landmarks does; the voters saw the photo.
"""

import html
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ipywidgets
import numpy as np

from .. import twin
from ..dataset import ferplus
from ..dataset.splits import Split
from ..errors import CourseError
from ..metrics import wilson_interval
from ..models.weights import Classifier
from .panels import Panel, alert_html, bars_html, image_html, row, status_html

SIDE = 240
"""Side of a question's image in pixels."""


@dataclass(frozen=True, eq=False)
class Question:
    """One face to guess.

    Attributes:
        image: (SIDE, SIDE) uint8, drawn.
        label: the dataset's emotion.
        reading: {emotion: the model's probability}.
        votes: {what people chose: number of voters}, the most chosen first; None where nobody voted.
    """

    image: np.ndarray
    label: str
    reading: dict[str, float]
    votes: dict[str, int] | None = None

    @property
    def guess(self) -> str:
        """The model's answer."""
        return max(self.reading, key=self.reading.get)


def choose(
    split: Split, classifier: Classifier, n: int = 12, seed: int = 0, votes: np.ndarray | None = None
) -> list[Question]:
    """Questions from a split, as many of each of the model's emotions as can be, in mixed order. Lessons 01, 03.

    Args:
        split: images with landmarks. Only faces that were detected, and whose landmarks can be a face, are asked.
        classifier: the model to play against; its emotions are the possible answers.
        n: how many questions.
        seed: which faces, and who shows them.
        votes: (len(split), 10) FER+ votes, as :func:`crowd` gives them.

    Raises:
        CourseError: the split has fewer than n such faces.
    """
    rng = np.random.default_rng(seed)
    emotions = classifier.emotions
    names = np.array(split.emotions)[split.labels] if len(split) else np.empty(0, str)
    fit = np.flatnonzero(split.detected & np.isin(names, emotions))
    fit = fit[twin.is_plausible(split.landmarks[fit])] if len(fit) else fit
    if n < 1 or len(fit) < n:
        raise CourseError(f"A quiz of {n} faces needs as many with landmarks that fit, but there are {len(fit)}.")
    fit = rng.permutation(fit)
    # One of each emotion in turn, so that answering the commonest emotion every time does not pay.
    turn = np.array([np.count_nonzero(names[fit[:k]] == names[i]) for k, i in enumerate(fit)])
    chosen = rng.permutation(fit[np.argsort(turn, kind="stable")][:n])
    readings = classifier.probabilities(split.images[chosen], split.landmarks[chosen])
    return [
        Question(
            _drawn(split.landmarks[i], np.random.default_rng([seed, k])),
            str(names[i]),
            dict(zip(emotions, map(float, reading), strict=True)),
            None if votes is None else _counted(votes[i]),
        )
        for k, (i, reading) in enumerate(zip(chosen, readings, strict=True))
    ]


def _drawn(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A clear image of somebody made up, with the expression of these landmarks."""
    person = replace(twin.random_style(rng), blur=0.0, noise=0.0)
    return twin.draw(points, side=SIDE, style=person)


def _counted(row: np.ndarray) -> dict[str, int]:
    order = np.argsort(-row.astype(int), kind="stable")
    return {ferplus.VOTE_NAMES[k]: int(row[k]) for k in order if row[k]}


def crowd(split: Split, path: str | Path | None = None) -> np.ndarray | None:
    """FER+'s votes on a split of FER2013: (len(split), 10) uint8, columns as in ``ferplus.VOTE_NAMES``. Lessons 01, 03.

    Args:
        split: images of FER2013.
        path: FER+'s file; None looks where :func:`emocourse.evaluation.agreement.find_votes` does.

    Returns:
        The votes, or None where there is no such file, or FER2013 is a folder of images.

    Raises:
        CourseError: a file cannot be read, or the two do not belong together.
    """
    from ..dataset import fer2013
    from ..evaluation import agreement

    data = fer2013.read(progress=False)
    if path is None:
        try:
            path = agreement.find_votes()
        except CourseError:
            return None
        if data.form != "csv":  # folders of images have lost the rows that votes are joined by
            return None
    votes = ferplus.join_votes(data.labels, data.split, ferplus.read_votes(path), data.form, data.n_skipped)
    return agreement.votes_on(split, data, votes).counts


class Quiz(Panel):
    """One face after the other: choose an emotion, see what the label, the model and the voters say, go on.
    Lessons 01, 03.

    Attributes:
        buttons: {emotion: button}; ``further``: the button for the next face.
        image, words, score: where the face, what was said about it, and the score appear.
        answers: what was chosen so far, in the order of the questions.
    """

    title = "Guess the emotion"

    def __init__(self, questions: Sequence[Question]) -> None:
        if not questions:
            raise CourseError("A quiz needs at least one question: choose some first.")
        self.questions = list(questions)
        self.answers: list[str] = []
        self._place = 0
        self._lock = threading.Lock()  # two clicks may come in two threads
        emotions = list(dict.fromkeys(name for question in questions for name in question.reading))
        self.buttons = {}
        for name in emotions:
            self.buttons[name] = ipywidgets.Button(description=name)
            self.buttons[name].on_click(lambda _, name=name: self.answer(name))
        self.further = ipywidgets.Button(description="next face", button_style="primary")
        self.further.on_click(lambda _: self.go_on())
        self.image, self.words, self.score = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
        super().__init__([self.image, row(*self.buttons.values(), self.further), self.words, self.score])
        self._show()

    def answer(self, name: str) -> None:
        """Choose an emotion for the face in view. Only the first choice counts."""
        with self._lock:
            if name in self.buttons and len(self.answers) == self._place:
                self.answers.append(name)
                self._show()

    def go_on(self) -> None:
        """The next face, once the one in view has an answer."""
        with self._lock:
            if len(self.answers) > self._place < len(self.questions) - 1:
                self._place += 1
            self._show()

    def _show(self) -> None:
        try:
            question = self.questions[self._place]
            where = f"Face {self._place + 1} of {len(self.questions)}"
            alt = f"{where}: a drawn face whose emotion is to be guessed."
            self.image.value = image_html(question.image, alt)
            if len(self.answers) > self._place:
                self.words.value = self._said(question, self.answers[self._place])
            else:
                self.words.value = status_html(f"{where}. Which emotion?")
            self.score.value = "".join(f"<p>{html.escape(line)}</p>" for line in self.summary())
        except Exception as error:  # a callback's exception would be seen nowhere
            self.words.value = alert_html(f"This face cannot be shown: {error}")

    def _said(self, question: Question, answer: str) -> str:
        text = f"You said {answer}. The label is {question.label}. The model says {question.guess}."
        tables = [bars_html(question.reading, "the model's probabilities")]
        if question.votes:
            total = sum(question.votes.values())
            text += f" Of {total} people who saw the photo, {question.votes.get(answer, 0)} chose {answer}."
            shares = {name: count / total for name, count in question.votes.items()}
            tables.append(bars_html(shares, f"what {total} people chose"))
        if self._place == len(self.questions) - 1:
            text += " That was the last face."
        return status_html(text) + "".join(tables)

    def summary(self) -> list[str]:
        """The score so far, a sentence each: you, the model, and how far you and the voters agree."""
        done = list(zip(self.questions, self.answers, strict=False))
        if not done:
            return []
        lines = [
            _rate("You named the label", sum(answer == q.label for q, answer in done), len(done)),
            _rate("The model named the label", sum(q.guess == q.label for q, _ in done), len(done)),
        ]
        voted = [(q.votes, answer) for q, answer in done if q.votes]
        if voted:
            with_most = sum(votes.get(answer, 0) == max(votes.values()) for votes, answer in voted)
            lines.append(_rate("You chose what most people chose", with_most, len(voted)))
        return lines

    def static_html(self) -> str:
        return self.image.value + self.words.value


def _rate(what: str, hits: int, n: int) -> str:
    low, high = wilson_interval(hits, n)
    return f"{what} for {hits} of {n} faces (95 % interval {low:.0%} to {high:.0%})."
