"""The grades: in nbgrader's grade book, as a table (CSV), as a page for people (HTML), and as one object (JSON)."""

import contextlib
import csv
import io
import os
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from emocourse.errors import CourseError
from emocourse.files import store as files

from .lessons import Exercise, Lesson
from .submissions import safe


@dataclass
class Row:
    """One submission and what became of it.

    Args:
        student: who.
        name: the file's path in the folder.
        lesson: which lesson it is; None where that cannot be said.
        problem: why it could not be graded, or not to its end; "" when it could.
        verdicts: by exercise: {"state", "hint", "texts"}, and for answers in words "model" and "rubric".
        notes: what a person should know about it.
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
    score: float = 0.0
    possible: float = 0.0
    open: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def state(self, number: str) -> str:
        """What the check of an exercise found; "" where it did not come to it."""
        return self.verdicts.get(number, {}).get("state", "")

    def points(self) -> dict[str, int]:
        """Points by exercise, without those in words."""
        asked = self.lesson.exercises.values() if self.lesson else ()
        return {e.number: e.points * (self.state(e.number) == "correct") for e in asked}


@dataclass(frozen=True)
class Grades:
    """All rows in the order of the files, the lessons that they belong to, and what else a person must know.

    ``weaknesses`` are what this system could not prevent, ``passed_over`` the files that are nobody's submission.
    """

    rows: list[Row]
    lessons: list[Lesson]
    weaknesses: list[str]
    passed_over: list[str] = field(default_factory=list)


# The scores, in nbgrader's own grade book: what was judged here, and what a person adds by hand with nbgrader's
# tools.
# nbgrader can show the book, take points for the exercises in words, count late days and export; see
# https://nbgrader.readthedocs.io.

NAME = "gradebook.db"
BY_HAND = "by_hand.csv"
_BY_HAND_HEADER = ["student", "lesson", "exercise", "of", "points"]


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


def enter(folder: Path, lessons: list[Lesson], rows: list[Row]) -> None:
    """Write the points of each row into the grade book, and what the book then says back into the row.

    Points that a person has given stay, in the book or in ``by_hand.csv``, which is written anew with what is open.
    Of two submissions of a student for a lesson, the book has the better.

    Args:
        folder: where the grade book is, or is made.
        lessons: those that rows belong to.
        rows: ``score``, ``possible`` and ``open`` are set.

    Raises:
        CourseError: see `opened`.
    """
    given = _given(folder / BY_HAND)
    _leave_to_people(rows)
    with opened(folder) as book:
        for lesson in lessons:
            _add_lesson(book, lesson)
        done: dict[tuple[str, str], int] = {}
        for row in rows:
            if row.lesson is None:
                continue
            key, points = (row.student, row.lesson.stem), row.points()
            if sum(points.values()) >= done.get(key, -1):
                done[key] = sum(points.values())
                _add_points(book, row, points, given)
            by_hand = _book_by_hand(book, row)
            row.possible = sum(e.points + e.by_hand for e in row.lesson.exercises.values())
            row.score = sum(points.values()) + sum(given or 0 for given in by_hand.values())
            row.open = [number for number, given in by_hand.items() if given is None]
    open_ones = {(row.student, row.lesson.stem, e.number): e.by_hand
                 for row in rows if row.lesson for e in row.lesson.exercises.values() if e.by_hand}  # fmt: skip
    lines = [[*key, of, given.get((safe(key[0]), *key[1:]), "")] for key, of in open_ones.items()]
    _write(folder / BY_HAND, [_BY_HAND_HEADER, *lines])


def _leave_to_people(rows: list[Row]) -> None:
    """Where a check only takes an answer in words and gives it no points, a person gives them all."""
    for row in rows:
        for number, exercise in row.lesson.exercises.items() if row.lesson else ():
            if row.state(number) == "handed in" and exercise.points:
                by_hand = exercise.points + exercise.by_hand
                row.lesson.exercises[number] = replace(exercise, points=0, by_hand=by_hand)


def _given(path: Path) -> dict[tuple[str, str, str], float]:
    """The points that a person wrote into ``by_hand.csv``, by student, lesson and exercise."""
    found = {}
    if path.is_file():
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            for line in csv.reader(stream):
                with contextlib.suppress(ValueError):
                    student, lesson, number, _, points = line
                    found[student, lesson, number] = float(points.replace(",", "."))
    return found


def _add_lesson(book: Any, lesson: Lesson) -> None:
    book.update_or_create_assignment(lesson.stem)
    book.update_or_create_notebook(lesson.stem, lesson.stem)
    for exercise in lesson.exercises.values():
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


def _add_points(book: Any, row: Row, points: dict[str, int], given: dict[tuple[str, str, str], float]) -> None:
    stem = row.lesson.stem
    book.update_or_create_student(row.student)
    book.update_or_create_submission(stem, row.student)
    for exercise in row.lesson.exercises.values():
        check, answer = cells(row.lesson, exercise.number)
        grade = book.find_grade(check, stem, stem, row.student)
        grade.auto_score, grade.needs_manual_grade = float(points[exercise.number]), False
        if exercise.by_hand:
            grade = book.find_grade(answer, stem, stem, row.student)
            # A stub has nothing to read.
            empty = row.state(exercise.number) in ("not started", "not graded", "")
            grade.auto_score = 0.0 if empty else None
            grade.manual_score = given.get((safe(row.student), stem, exercise.number), grade.manual_score)
            grade.needs_manual_grade = not empty and grade.manual_score is None
    book.db.commit()


def _book_by_hand(book: Any, row: Any) -> dict[str, float | None]:
    """For each exercise that a person reads: the points given, None while they are open."""
    found: dict[str, float | None] = {}
    for exercise in row.lesson.exercises.values():
        if exercise.by_hand:
            grade = book.find_grade(
                cells(row.lesson, exercise.number)[1], row.lesson.stem, row.lesson.stem, row.student
            )
            found[exercise.number] = grade.manual_score if grade.manual_score is not None else grade.auto_score
    return found


_MARKS = {"correct": ("✓", "correct"), "not yet": ("✗", "not yet"), "not started": ("○", "not started"),
          "handed in": ("✎", "handed in, for a person to read"),
          "not graded": ("?", "could not be graded"), "": ("–", "not reached")}  # fmt: skip


def write(folder: Path, grades: Grades) -> tuple[Path, Path]:
    """Write the table and the page; returns where they are."""
    _write(folder / "grades.csv", table(grades))
    with files.atomic_write(folder / "report.html", "w") as stream:
        stream.write(page(grades))
    return folder / "grades.csv", folder / "report.html"


def _write(path: Path, rows: list[list[Any]]) -> None:
    """A table that Excel opens with its umlauts, and in which no cell is a formula."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([[safe(str(cell)) for cell in row] for row in rows])
    with files.atomic_write(path) as out:
        out.write(stream.getvalue().encode("utf-8-sig"))


def table(grades: Grades) -> list[list[Any]]:
    """The table: a row a submission; points, 0 or nothing for each exercise that its lesson has."""
    numbers = [exercise.number for lesson in grades.lessons for exercise in lesson.exercises.values()]
    head = ["student", "file", "lesson", "points", "of", "by_hand_open", *numbers, "problem", "notes", "seconds"]
    rows: list[list[Any]] = [head]
    for row in grades.rows:
        points = row.points()
        scores = [f"{row.lesson.number:02}", f"{row.score:g}", f"{row.possible:g}"] if row.lesson else ["", "0", ""]
        told = [row.problem, "; ".join(row.notes), f"{row.seconds:.1f}"]
        rows.append([row.student, row.name, *scores, " ".join(row.open), *(points.get(n, "") for n in numbers), *told])
    if any("isolated" in text for text in grades.weaknesses):
        rows.append(["Mind: nothing was isolated"])
    return rows


def value(grades: Grades) -> dict[str, Any]:
    """The object for --json."""
    rows = []
    for row in grades.rows:
        exercises = {n: {"state": v["state"], "hint": v["hint"]} for n, v in row.verdicts.items()}
        rows.append({
            "student": row.student, "file": row.name, "lesson": row.lesson.number if row.lesson else None,
            "points": row.score, "of": row.possible, "by_hand_open": row.open, "problem": row.problem or None,
            "notes": row.notes, "exercises": exercises, "seconds": round(row.seconds, 1),
        })  # fmt: skip
    return {"n": len(rows), "n_problems": sum(bool(row.problem) for row in grades.rows), "submissions": rows,
            "weaknesses": grades.weaknesses, "passed_over": grades.passed_over}  # fmt: skip


def page(grades: Grades) -> str:
    """The HTML report, whole in one file: every text escaped, and nothing in it runs or loads."""
    import jinja2

    template = Path(__file__).with_name("report.html.j2").read_text(encoding="utf-8")
    shown = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    sections = [(lesson, [row for row in grades.rows if row.lesson is lesson]) for lesson in grades.lessons]
    return shown.from_string(template).render(
        grades=grades, marks=_MARKS, by_hand=BY_HAND, problems=[row for row in grades.rows if row.problem],
        sections=[(lesson, rows, [(e, *_how_it_went(e, rows)) for e in lesson.exercises.values()])
                  for lesson, rows in sections],
    )  # fmt: skip


def _how_it_went(exercise: Exercise, rows: list[Row]) -> tuple[Counter, tuple[str, int]]:
    """How many came to each state, and the hint that most were given, with how many."""
    states = Counter(row.state(exercise.number) for row in rows)
    hints = Counter(row.verdicts[exercise.number]["hint"] for row in rows if row.state(exercise.number) == "not yet")
    return states, min(hints.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
