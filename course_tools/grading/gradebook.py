"""The scores, in nbgrader's own grade book: what was judged here, and what a person adds by hand with nbgrader's tools.

nbgrader can show the book, take points for the exercises in words, count late days and export; see
https://nbgrader.readthedocs.io.
"""

import contextlib
import os
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emocourse.errors import CourseError

from .course import Lesson

NAME = "gradebook.db"


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Any]:
    """nbgrader's grade book in a folder; both are made where they are missing.

    Raises:
        CourseError: nbgrader is not installed, or the file cannot be made or is no grade book.
    """
    try:
        from nbgrader.api import Gradebook
        from sqlalchemy.exc import DatabaseError, SAWarning
    except ImportError:
        raise CourseError("Grading needs nbgrader: install it with pip install 'emocourse[grade]'.") from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(f"{folder} cannot be made ({error.strerror}): choose another place with --out.") from error
    try:
        with _own_programs(), warnings.catch_warnings(), Gradebook(f"sqlite:///{folder / NAME}") as book:
            warnings.simplefilter("ignore", SAWarning)  # about nbgrader's own code
            yield book
    except DatabaseError as error:
        raise CourseError(
            f"{folder / NAME} cannot be used as nbgrader's grade book: move it away, or choose another --out."
        ) from error


@contextlib.contextmanager
def _own_programs() -> Iterator[None]:
    """nbgrader calls the program alembic by its name; it lies beside our Python, which need not be on the PATH."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def enter(folder: Path, lessons: list[Lesson], rows: list[Any]) -> None:
    """Write the points of each row into the grade book, and what the book then says back into the row.

    Points that a person has given before stay. Of two submissions of a student for a lesson, the book has the better.

    Args:
        folder: where the grade book is, or is made.
        lessons: those that rows belong to.
        rows: `grading.Row` objects; ``score``, ``possible`` and ``open`` are set.

    Raises:
        CourseError: see `opened`.
    """
    with opened(folder) as book:
        for lesson in lessons:
            _add_lesson(book, lesson)
        done: dict[tuple[str, str], int] = {}
        for row in rows:
            if row.lesson is None:
                continue
            asked, key = row.lesson.exercises, (row.student, row.lesson.stem)
            points = {e.number: e.points * (row.state(e.number) == "correct") for e in asked}
            if sum(points.values()) >= done.get(key, -1):
                done[key] = sum(points.values())
                _add_points(book, row, points)
            by_hand = _by_hand(book, row)
            row.possible = sum(e.points + e.by_hand for e in asked)
            row.score = sum(points.values()) + sum(given or 0 for given in by_hand.values())
            row.open = [number for number, given in by_hand.items() if given is None]


def _add_lesson(book: Any, lesson: Lesson) -> None:
    book.update_or_create_assignment(lesson.stem)
    book.update_or_create_notebook(lesson.stem, lesson.stem)
    for exercise in lesson.exercises:
        check, answer = cells(lesson, exercise.number)
        book.update_or_create_grade_cell(check, lesson.stem, lesson.stem, max_score=exercise.points, cell_type="code")
        if exercise.by_hand:
            book.update_or_create_grade_cell(
                answer, lesson.stem, lesson.stem, max_score=exercise.by_hand, cell_type="code"
            )


def cells(lesson: Lesson, number: str) -> tuple[str, str]:
    """The ids of an exercise's check and of its answer, by which nbgrader knows them too."""
    place = number.replace(".", "-")
    return f"{lesson.number:02}-check-{place}", f"{lesson.number:02}-exercise-{place}"


def _add_points(book: Any, row: Any, points: dict[str, int]) -> None:
    stem = row.lesson.stem
    book.update_or_create_student(row.student)
    book.update_or_create_submission(stem, row.student)
    for exercise in row.lesson.exercises:
        check, answer = cells(row.lesson, exercise.number)
        grade = book.find_grade(check, stem, stem, row.student)
        grade.auto_score, grade.needs_manual_grade = float(points[exercise.number]), False
        if exercise.by_hand:
            grade = book.find_grade(answer, stem, stem, row.student)
            # A stub has nothing to read.
            empty = row.state(exercise.number) in ("not started", "not graded", "")
            grade.auto_score = 0.0 if empty else None
            grade.needs_manual_grade = not empty and grade.manual_score is None
    book.db.commit()


def _by_hand(book: Any, row: Any) -> dict[str, float | None]:
    """For each exercise that a person reads: the points given, None while they are open."""
    found: dict[str, float | None] = {}
    for exercise in row.lesson.exercises:
        if exercise.by_hand:
            grade = book.find_grade(
                cells(row.lesson, exercise.number)[1], row.lesson.stem, row.lesson.stem, row.student
            )
            found[exercise.number] = grade.manual_score if grade.manual_score is not None else grade.auto_score
    return found
