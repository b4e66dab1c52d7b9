"""Grading a folder of submissions: run shut in, judged by checks in another process, collected into a table and a page.

`grade` is the door. `submissions` finds and reads the files, `course` knows what was asked, `sandbox` runs one
submission, `checker` judges it over the `wire`, `book` keeps the scores in nbgrader's grade book, `report` tells.
"""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tqdm

from emocourse.errors import CourseError
from emocourse.files import store as files

from ..authoring import sources as authoring
from . import report
from .limits import Limits
from .submissions import Lesson

_BEST = ("not graded", "not started", "not yet", "correct")  # of two verdicts on one exercise, the later counts


@dataclass
class Row:
    """One submission and what became of it.

    Args:
        student: who, as the folder or the file is named.
        name: the file's path in the folder.
        lesson: which lesson it is; None where that cannot be said.
        problem: why it could not be graded, or not to its end; "" when it could.
        verdicts: by exercise: {"state", "hint", "texts"}.
        notes: what a person should know about it.
        errors: how many cells stopped with an error.
        score: points so far.
        possible: points that the lesson has.
        open: the exercises whose words nobody has read yet.
        seconds: how long it took.
    """

    student: str
    name: str
    lesson: Lesson | None = None
    problem: str = ""
    verdicts: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    errors: int = 0
    score: float = 0.0
    possible: float = 0.0
    open: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def state(self, number: str) -> str:
        """What the check of an exercise found; "" where it did not come to it."""
        return self.verdicts.get(number, {}).get("state", "")


@dataclass(frozen=True)
class Grades:
    """All rows in the order of the files, the lessons that they belong to, and what this system could not prevent."""

    rows: list[Row]
    lessons: list[Lesson]
    weaknesses: list[str]


def grade(
    folder: Path,
    root: Path,
    limits: Any = None,
    only: int | None = None,
    workers: int = 1,
    tell: Callable[[int, int], None] = lambda done, all: None,
) -> Grades:
    """Grade every file in a folder; one that misbehaves costs its own row only. The files are not changed.

    Args:
        folder: the submissions; a subfolder each student, or all in one.
        root: a checkout of the course, with ``solutions/``.
        limits: `surroundings.Limits`; None for the usual ones.
        only: the lesson that was to be handed in; any other is a problem. None takes all lessons.
        workers: how many submissions run at once.
        tell: called with (done, all) after each submission.

    Raises:
        CourseError: the folder has no files, the checkout no lessons, or the course's own answers do not pass here, so
            that no grade would mean anything.
    """
    from . import limits as surroundings
    from . import sandbox, submissions

    limits = limits or surroundings.Limits()
    known = submissions.lessons(root)
    if only is not None and only not in known:
        raise CourseError(f"There is no lesson {only:02}: the lessons are {', '.join(f'{n:02}' for n in known)}.")
    handed_in = submissions.find(folder)
    rows, ready = [], []
    for submission in handed_in:
        row = Row(submission.student, submission.name)
        rows.append(row)
        try:
            notebook = submissions.read(submission)
            lesson = submissions.which(notebook, known)
            if lesson is None:
                raise CourseError("It is a notebook, but none of this course: no exercise of any lesson is in it.")
            if only is not None and lesson.number != only:
                raise CourseError(f"It is lesson {lesson.number:02}, and lesson {only:02} was to be handed in.")
            prepared = submissions.prepare(lesson, notebook)
            row.lesson, row.notes = lesson, prepared.notes
            ready.append((row, prepared.cells))
        except CourseError as error:
            row.problem = str(error)
    used = [known[n] for n in sorted({row.lesson.number for row, _ in ready})]
    total = len(used) + len(ready)
    stop = threading.Event()
    for done, lesson in enumerate(used, start=1):
        _prove(lesson, sandbox.run(lesson.own, limits, own=True))
        tell(done, total)
    pool = ThreadPoolExecutor(workers)
    try:
        runs = [pool.submit(sandbox.run, cells, limits, stop=stop) for _, cells in ready]
        for done, ((row, _), run) in enumerate(zip(ready, runs, strict=True), start=len(used) + 1):
            _take(row, run.result())
            tell(done, total)
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
    return Grades(rows, used, surroundings.weaknesses())


def _prove(lesson: Lesson, outcome: Any) -> None:
    """The course's own answers must pass here, before anybody else's are judged."""
    states = {verdict["number"]: verdict["state"] for verdict in outcome.verdicts}
    wrong = [exercise.number for exercise in lesson.exercises if states.get(exercise.number) != "correct"]
    if wrong:
        why = (
            outcome.problem
            or next((v["hint"] for v in outcome.verdicts if v["number"] == wrong[0]), "")
            or "no verdict"
        )
        raise CourseError(
            f"The course's own answer to exercise {wrong[0]} does not pass here ({why.rstrip('.')}): "
            "raise the limits, or run emocourse doctor."
        )


def _take(row: Row, outcome: Any) -> None:
    expected = {exercise.number for exercise in row.lesson.exercises}
    for verdict in outcome.verdicts:
        number = verdict["number"]
        if number in expected and _BEST.index(verdict["state"]) >= _BEST.index(row.state(number) or "not graded"):
            row.verdicts[number] = verdict
    row.problem, row.seconds, row.errors = outcome.problem, outcome.seconds, len(outcome.errors)
    if row.errors:
        row.notes.append(
            f"{row.errors} cell{'s' * (row.errors > 1)} stopped with an error, first: {outcome.errors[0][1]}"
        )
    if outcome.printed > 10 << 20:
        row.notes.append(f"it printed {outcome.printed / 1e6:,.0f} MB")


# --- What `emocourse grade` does --------------------------------------------------------------------------------------


def run(
    folder: str, out: str, *, lesson: int | None, seconds: int, cell_seconds: int, memory: int, workers: int | None,
    progress: bool,
) -> tuple[Any, str, int]:  # fmt: skip
    """Grade as the command's options say; (object for --json, text for people, exit status)."""
    folder, out = Path(folder), Path(out)
    if out.resolve().is_relative_to(folder.resolve()):
        raise CourseError(f"{out} lies in the folder of the submissions: give another folder with --out.")
    with report.opened(out):
        pass  # what is wrong with it is said before an hour of grading, not after it
    root = Path.cwd() if (Path.cwd() / "solutions").is_dir() else authoring.CHECKOUT
    limits = Limits(seconds, cell_seconds, memory << 20)
    with tqdm.tqdm(disable=not progress, unit="run") as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        grades = grade(folder, root, limits, lesson, workers or os.cpu_count() or 1, tell)
    for text in grades.weaknesses:
        print(f"Mind: {text}", file=sys.stderr)
    report.enter(out, grades.lessons, grades.rows)
    for name, text in (("grades.csv", report.table(grades)), ("report.html", report.page(grades))):
        with files.atomic_write(out / name, "w") as stream:
            stream.write(text)
    value = {**report.value(grades), "csv": str(out / "grades.csv"), "html": str(out / "report.html")}
    problems = value["n_problems"]
    text = f"{value['n']} submissions, {problems} of them not graded to the end: see {out / 'report.html'}."
    return value, text, 1 if problems else 0
