"""What a check can say, and how it says that an answer is not right yet."""

import html
from dataclasses import dataclass
from typing import Literal

State = Literal["not started", "not yet", "correct", "handed in"]
MARKS: dict[State, str] = {"not started": "○", "not yet": "✗", "correct": "✓", "handed in": "✎"}


@dataclass(frozen=True)
class Verdict:
    """What a check found: the exercise's number, the state of the answer, and a hint where it is not right yet.

    An answer in words is "handed in"; ``model`` and ``rubric`` are then what to read it beside.
    """

    number: str
    state: State
    hint: str = ""
    model: str = ""
    rubric: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = {"not started": "not started yet", "not yet": f"not yet: {self.hint}"}.get(self.state, self.state)
        return f"{MARKS[self.state]} Exercise {self.number}: {said}{'' if said.endswith(('.', '?', '!')) else '.'}"


class NotYet(Exception):  # noqa: N818  not an error: it carries a verdict
    """An answer is not right; the text is the hint, which points at the mistake and does not give the answer."""


def expect(condition: object, hint: str) -> None:
    """Inside a check: go on when ``condition`` holds; otherwise the answer is not right yet, as ``hint`` says."""
    if not condition:
        raise NotYet(hint)


class Reading:
    """A model answer and a rubric to read one's own answer beside: unfolds in a notebook, is text elsewhere."""

    def __init__(self, model: str, rubric: tuple[str, ...]) -> None:
        self.model, self.rubric = model, rubric

    def __repr__(self) -> str:
        asked = "\n".join(f"  - {point}" for point in self.rubric)
        return f"A model answer: {self.model}\nA full answer\n{asked}"

    def _repr_html_(self) -> str:
        asked = "".join(f"<li>{html.escape(point)}</li>" for point in self.rubric)
        return (
            "<details><summary>Compare with a model answer</summary>"
            f"<p>{html.escape(self.model)}</p><p>A full answer</p><ul>{asked}</ul></details>"
        )
