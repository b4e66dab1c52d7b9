'''What an exercise's check says: not started yet, not yet (with a hint), correct, or handed in (answers in words).

In a lesson::

    checks.check("4.2", crop_face)
    crop_face = checks.use("4.2", crop_face)  # theirs where it is right, else the course's

The exercises of lesson 04 are in ``emocourse/checks/lesson04.py``, imported when one of them is first asked for. Each
is a table, which the check and the tests both read: ``exercise(number, part, …)``. There are five kinds of part.

**A function**: the right one, the cases it is tried in, and rows of mistakes, each a hint and wrong answers::

    def widest(boxes, least):
        """The widest box (x, y, w, h) that is at least so wide, or None."""
        best = max(boxes, key=lambda box: box[2], default=None)
        return best if best is not None and best[2] >= least else None

    exercise("4.1", Function(
        widest,
        cases=[
            Case("two boxes", [(0, 0, 5, 9), (3, 1, 7, 2)], 2, want=(3, 1, 7, 2)),
            Case("a box exactly as wide as the limit", [(0, 0, 5, 9)], 5, kind="edge"),
            Case("no box", [], 5, kind="empty", want=None),
            Case("two boxes of one width", [(0, 0, 5, 1), (4, 4, 5, 2)], 3, kind="tie"),
        ],
        mistakes=[  # hint, wrong answer, another one with the same hint, …
            ("'at least' includes the limit itself", ("best[2] >= least", "best[2] > least")),
            ("you compare the heights; a box is (x, y, w, h)", ("box[2]", "box[3]")),
            ("the first box is not always the widest", "boxes[0] if boxes and boxes[0][2] >= least else None"),
        ],
        also_right=["next((b for b in sorted(boxes, key=lambda b: -b[2]) if b[2] >= least), None)"],
    ))

A wrong answer is a tuple (old, new, …) replaced in the source of the right function, an expression in its parameters
as a text (a whole ``lambda`` is allowed), or a function. Two hints may not have the same wrong answer, and none may
be right in all cases. The check finds the mistake whose results are the student's; else it says in which case, and
where in the result, the first difference is. It names errors by their line, and recognises a function without
``return`` and one that ignores its arguments; those need no row. Options: ``tolerance=1e-5``, ``any_order=True``,
``dtype="uint8"`` (or "int", "float", "bool"), ``tidy=function`` (applied to results before they are compared),
``compare=function(got, want)`` (gives "" or the difference in words), ``asks="print"`` or ``"change"``,
``then=function(answer)`` (a last look, with `expect`), ``otherwise="a last hint"``. For hints that depend on what
came: ``signs=[(lambda got, want: got == -want, "the sign is wrong: {got}", "-right(x)")]``, rows of test, hint and an
answer that shows it. Cases that need data: ``cases=function``, called when first needed; `Case.cast` makes a variant.

**A value**: ``Value("share", 0.25, mistakes=[("per cent: give a share", 25), ("of all: of those found", lambda: 1 /
7)])``. Functions are called when they are needed. What is right is never shown; ``given=True`` marks a value of the
lesson's own.

**Two parts** stand one after the other; which is still open is said::

    exercise("4.2", Function(area, …), Value("best", …), together=agree, mistakes=[("hint", (area, 3))])

``together(area, best)``, if there is one, is called when each is right by itself, and may `expect` something of both.

**Choice**: ``Choice("answer", {"A": "No: that is the whole image", "B": True, "C": "No: …"})``; several ``True`` ask
for a set, and a dictionary of such tables for a dictionary of letters.

**Words**: ``Words("reply", "A model answer, of eight words or more.", ["says that …", "names …"])`` is
handed in, never correct. Put it
beside a Choice: ``exercise("4.3", Choice(…), Words(…))``.

**What cannot be compared**, such as a network: ``Judge("network", judge, right=build, mistakes=[("hint", bad)],
made=True)``.

An answer is not started while it is ``...``, or while it raises NotImplementedError, as the stubs of the lessons do.
Answers may live in another process (`course_tools.grading`): call them, look at what comes back, and at nothing else.
'''

import functools
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import CourseError
from .table import Case, Choice, Exercise, Function, Judge, Value, Words
from .verdicts import MARKS, NotYet, Reading, Verdict, expect

__all__ = [
    "MARKS", "Case", "Choice", "Exercise", "Function", "Judge", "NotYet", "Value", "Verdict", "Words",
    "check", "examine", "exercise", "expect", "find", "numbers", "takes", "use",
]  # fmt: skip

NUMBER = re.compile(r"(\d{1,2})\.\d{1,2}")
PASSED = ("correct", "handed in")

_EXERCISES: dict[str, Exercise] = {}
_LAST: dict[str, tuple[tuple[Any, ...], Verdict]] = {}
_LENT: dict[str, tuple[Any, ...]] = {}


def exercise(number: str, *parts: Any, **options: Any) -> None:
    """Register the exercise with this number, such as "4.2"; parts and options are those of `Exercise`.

    Raises:
        ValueError: the number has another form, or is taken.
    """
    if not NUMBER.fullmatch(number) or number in _EXERCISES:
        raise ValueError(f"exercise number {number!r} is malformed or taken")
    _EXERCISES[number] = Exercise(number, *parts, **options)


def examine(number: str, *answers: Any) -> Verdict:
    """Check the answers to one exercise and return the verdict. Prints nothing.

    Args:
        number: the exercise, such as "4.2".
        answers: what the student wrote: functions or values, in the order that the exercise names them.

    Raises:
        CourseError: there is no such exercise, or it takes another number of answers.
    """
    found, wanted = find(number), takes(number)
    if len(answers) != wanted:
        raise CourseError(f"Exercise {number} takes {wanted} answer{'s' * (wanted != 1)}, not {len(answers)}.")
    if lent(number, answers):
        return Verdict(number, "not started")
    verdict = found.examine(*answers)
    _LAST[number] = answers, verdict
    return verdict


def check(number: str, *answers: Any) -> None:
    """Check the answers to one exercise and print the verdict in one line; see `examine`.

    An answer in words is followed by a model answer and a rubric, to be unfolded.

    Raises:
        AssertionError: the answer is not correct, and nbgrader runs the notebook: it tells right from wrong by errors.
    """
    verdict = examine(number, *answers)
    if verdict.state not in PASSED and "NBGRADER_EXECUTION" in os.environ:
        raise AssertionError(str(verdict))
    print(verdict)
    if verdict.state == "handed in":
        _show(Reading(verdict.model, verdict.rubric))


def use(number: str, *answers: Any) -> Any:
    """The student's answers where they are right, else the course's own; prints in a line which.

    Args:
        number: the exercise, such as "4.2".
        answers: the same as for `check`. The verdict on them is used again where they have been checked just before.

    Returns:
        One answer; or a tuple, all the student's or all the course's.

    Raises:
        CourseError: there is no such exercise, or it has no answer that could be used.
    """
    found = find(number)
    answered, verdict = _LAST.get(number, ((), None))
    if verdict is None or len(answered) != len(answers) or any(a is not b for a, b in zip(answered, answers)):  # noqa: B905
        verdict = examine(number, *answers)
    names = " and ".join(part.name for part in found.parts if not part.given)
    if verdict.state in PASSED:
        print(f"using your {names}")
    else:
        several = sum(not part.given for part in found.parts) > 1
        print(f"using the course's {names} until {'both of yours pass' if several else 'yours passes'}")
        answers = _lend(number, found)
    return answers[0] if len(answers) == 1 else answers


def _lend(number: str, found: Exercise) -> tuple[Any, ...]:
    """The course's answers, each an object of its own, by which it is known when it comes back to be checked."""
    if number not in _LENT:
        _LENT[number] = tuple(map(_lendable, (part.reference() for part in found.parts)))
    return _LENT[number]


def _lendable(reference: Any) -> Any:
    if inspect.isroutine(reference):

        @functools.wraps(reference)
        def course(*args: Any, **kwargs: Any) -> Any:
            return reference(*args, **kwargs)

        return course
    return reference.copy() if isinstance(reference, list | dict | set | np.ndarray) else reference


def lent(number: str, answers: Sequence[Any]) -> bool:
    """Whether one of the answers to an exercise is the course's, given by `use`."""
    alike = (str, bytes, int, float, complex, tuple, np.generic, type(None))  # theirs may be the same object
    pairs = zip(answers, _LENT.get(number, ()), strict=False)
    return any(mine is ours and not isinstance(mine, alike) for mine, ours in pairs)


def numbers(lesson: int) -> list[str]:
    """The numbers of a lesson's exercises, in their order; empty when it has none."""
    _load(lesson)
    found = [number for number in _EXERCISES if number.startswith(f"{lesson}.")]
    return sorted(found, key=lambda number: int(number.partition(".")[2]))


def find(number: str) -> Exercise:
    """The exercise with this number.

    Raises:
        CourseError: there is none.
    """
    match = NUMBER.fullmatch(number)
    if match:
        _load(int(match[1]))
    if number not in _EXERCISES:
        raise CourseError(f'There is no exercise {number!r}: write the number as the lesson does, for example "0.1".')
    return _EXERCISES[number]


def takes(number: str) -> int:
    """How many answers an exercise takes."""
    return len(find(number).parts)


def _show(reading: Reading) -> None:
    """Unfolding in a notebook, as text elsewhere."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if hasattr(shell, "kernel"):
        from IPython.display import display

        display(reading)
    else:
        print(repr(reading))


def _load(lesson: int) -> None:
    name = f"{__package__}.lesson{lesson:02}"
    if importlib.util.find_spec(name) is not None:
        importlib.import_module(name)
