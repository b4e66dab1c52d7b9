"""What an exercise's check says: not started yet, not yet (with a hint), or correct.

In a lesson::

    checks.check("4.2", crop_face)

The exercises of lesson 04 are in ``emocourse/exercises/lesson04.py``, imported when one of them is first asked for.
Each is a function that takes the student's answer (or answers), tries it with `expect`, and returns when it is right::

    @exercise("4.2")
    def crop_face(answer):
        expect(answer(image).shape == (48, 48), "the image must come out 48 pixels wide and high")

An answer is not started while it is ``...``, or while it raises NotImplementedError, as the stubs of the lessons do.
"""

import importlib.util
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import CourseError

__all__ = ["MARKS", "NotYet", "Verdict", "check", "examine", "exercise", "expect", "numbers"]

State = Literal["not started", "not yet", "correct"]
NUMBER = re.compile(r"(\d{1,2})\.\d{1,2}")
MARKS: dict[State, str] = {"not started": "○", "not yet": "✗", "correct": "✓"}


@dataclass(frozen=True)
class Verdict:
    """What a check found: the exercise's number, the state of the answer, and a hint where it is not right yet."""

    number: str
    state: State
    hint: str = ""

    def __str__(self) -> str:
        said = {"not started": "not started yet", "not yet": f"not yet: {self.hint}", "correct": "correct"}[self.state]
        return f"{MARKS[self.state]} Exercise {self.number}: {said}{'' if said.endswith(('.', '?', '!')) else '.'}"


class NotYet(Exception):  # noqa: N818  not an error: it carries a verdict
    """An answer is not right; the text is the hint, which points at the mistake and does not give the answer."""


_EXERCISES: dict[str, Callable[..., None]] = {}


def exercise(number: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator: the function checks the exercise with this number, such as "3.2".

    Raises:
        ValueError: the number has another form, or is taken.
    """
    if not NUMBER.fullmatch(number) or number in _EXERCISES:
        raise ValueError(f"exercise number {number!r} is malformed or taken")

    def register(function: Callable[..., None]) -> Callable[..., None]:
        _EXERCISES[number] = function
        return function

    return register


def expect(condition: object, hint: str) -> None:
    """Inside an exercise: go on when ``condition`` holds; otherwise the answer is not right yet, as ``hint`` says."""
    if not condition:
        raise NotYet(hint)


def examine(number: str, *answers: Any) -> Verdict:
    """Check the answers to one exercise and return the verdict. Prints nothing.

    Args:
        number: the exercise, such as "3.2".
        answers: what the student wrote: functions or values, in the order that the exercise names them.

    Raises:
        CourseError: there is no such exercise, or it takes another number of answers.
    """
    function = _find(number)
    wanted = function.__code__.co_argcount
    if len(answers) != wanted:
        raise CourseError(f"Exercise {number} takes {wanted} answer{'s' * (wanted != 1)}, not {len(answers)}.")
    if any(answer is ... for answer in answers):
        return Verdict(number, "not started")
    try:
        function(*answers)
    except NotImplementedError:
        return Verdict(number, "not started")
    except NotYet as hint:
        return Verdict(number, "not yet", str(hint))
    except Exception as error:  # the student's own code may raise anything
        return Verdict(number, "not yet", f"your code stopped with {type(error).__name__}: {error}")
    return Verdict(number, "correct")


def check(number: str, *answers: Any) -> None:
    """Check the answers to one exercise and print the verdict in one line; see `examine`.

    Raises:
        AssertionError: the answer is not correct, and nbgrader runs the notebook: it tells right from wrong by errors.
    """
    verdict = examine(number, *answers)
    if verdict.state != "correct" and "NBGRADER_EXECUTION" in os.environ:
        raise AssertionError(str(verdict))
    print(verdict)


def numbers(lesson: int) -> list[str]:
    """The numbers of a lesson's exercises, in their order; empty when it has none."""
    _load(lesson)
    found = [number for number in _EXERCISES if number.startswith(f"{lesson}.")]
    return sorted(found, key=lambda number: int(number.partition(".")[2]))


def _find(number: str) -> Callable[..., None]:
    match = NUMBER.fullmatch(number)
    if match:
        _load(int(match[1]))
    if number not in _EXERCISES:
        raise CourseError(f'There is no exercise {number!r}: write the number as the lesson does, for example "0.1".')
    return _EXERCISES[number]


def _load(lesson: int) -> None:
    name = f"{__package__}.lesson{lesson:02}"
    if importlib.util.find_spec(name) is not None:
        importlib.import_module(name)
