"""The grades as a table (CSV), as a page for people (HTML), and as one object (JSON).

Nothing of a submission may run or load when the page is opened: every text is escaped, and the page's own policy allows
neither scripts nor anything from elsewhere. In the table, a text that a spreadsheet would take for a formula gets a
quotation mark in front.
"""

import contextlib
import csv
import io
import os
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from emocourse.errors import CourseError
from emocourse.files import store as files

from .lessons import Exercise, Lesson
from .submissions import clean


@dataclass
class Row:
    """One submission and what became of it.

    Args:
        student: who.
        name: the file's path in the folder.
        lesson: which lesson it is; None where that cannot be said.
        problem: why it could not be graded, or not to its end; "" when it could.
        verdicts: by exercise: {"state", "hint", "texts"}.
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
    lines = {(row.student, row.lesson.stem, e.number, e.by_hand): given.get((row.student, row.lesson.stem, e.number), "")
             for row in rows if row.lesson for e in row.lesson.exercises.values() if e.by_hand}  # fmt: skip
    _write(folder / BY_HAND, [_BY_HAND_HEADER, *([*key, points] for key, points in lines.items())])


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
            grade.manual_score = given.get((row.student, stem, exercise.number), grade.manual_score)
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


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula, also not one that splits lines at semicolons or tabs."""
    text = clean(text, 2_000).replace(";", ",")
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else text


def _number(value: float) -> str:
    return f"{value:g}"


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
    """The HTML report, whole in one file."""
    problems = [row for row in grades.rows if row.problem]
    parts = [
        _HEAD,
        "<header><h1>Grades</h1>",
        f"<p>{_count(len(grades.rows), 'submission')} of {_count(len({r.student for r in grades.rows}), 'student')}; "
        f"{_count(len(problems), 'submission')} could not be graded, or not to the end.</p>",
        *(f'<p class="warning"><strong>Mind:</strong> {escape(text)}</p>' for text in grades.weaknesses),
        "</header><main>",
    ]
    for lesson in grades.lessons:
        rows = [row for row in grades.rows if row.lesson is lesson]
        parts += [_lesson(lesson, rows)]
    if problems:
        parts.append(_problems(problems))
    if grades.passed_over:
        parts.append(f"<p>Passed over, since they are no notebooks: {escape(', '.join(grades.passed_over))}.</p>")
    parts += [_by_hand(grades), _explanation(), "</main></body></html>\n"]
    return "\n".join(parts)


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


def _lesson(lesson: Lesson, rows: list[Row]) -> str:
    judged = [row for row in rows if row.verdicts]
    mean = sum(row.score for row in judged) / len(judged) if judged else 0
    return "\n".join([
        f"<section><h2>Lesson {lesson.number:02}: {escape(lesson.title)}</h2>",
        f"<p>{_count(len(rows), 'submission')}; points on average {mean:.1f} of {_number(rows[0].possible)}"
        " (words not read yet count nothing).</p>",
        _exercises(lesson, rows),
        _rows(lesson, rows),
        "</section>",
    ])  # fmt: skip


def _exercises(lesson: Lesson, rows: list[Row]) -> str:
    """How each exercise went, and the hint that most were given."""
    lines = [
        "<table><caption>How each exercise went</caption><thead><tr><th scope='col'>exercise</th>",
        "<th scope='col'>correct</th><th scope='col' class='wide'>share</th><th scope='col'>not yet</th>",
        "<th scope='col'>not started</th><th scope='col'>not reached</th>",
        "<th scope='col'>the hint given most often</th>",
        "</tr></thead><tbody>",
    ]
    for exercise in lesson.exercises.values():
        states = Counter(row.state(exercise.number) for row in rows)
        hints = Counter(
            row.verdicts[exercise.number]["hint"] for row in rows if row.state(exercise.number) == "not yet"
        )
        hint, times = min(hints.items(), key=lambda item: (-item[1], item[0])) if hints else ("", 0)
        said = f"{escape(hint)} <span class='quiet'>({times}×)</span>" if hint else ""
        share = states["correct"] / len(rows)
        lines.append(
            f"<tr><th scope='row'>{exercise.number}</th><td class='n'>{states['correct']}</td>"
            f"<td class='n'><span class='bar' style='width:{60 * share:.0f}px'></span> {share:.0%}</td>"
            f"<td class='n'>{states['not yet']}</td><td class='n'>{states['not started']}</td>"
            f"<td class='n'>{states[''] + states['not graded']}</td><td>{said}</td></tr>"
        )
    return "\n".join([*lines, "</tbody></table>"])


def _rows(lesson: Lesson, rows: list[Row]) -> str:
    heads = "".join(f"<th scope='col'>{exercise.number}</th>" for exercise in lesson.exercises.values())
    lines = [
        "<table><caption>Each submission</caption><thead><tr><th scope='col'>student, file</th>",
        f"<th scope='col'>points</th>{heads}<th scope='col'>hints and notes</th></tr></thead><tbody>",
    ]
    for row in rows:
        marks = "".join(_mark(row.state(exercise.number)) for exercise in lesson.exercises.values())
        hints = [f"{e.number}: {row.verdicts[e.number]['hint']}" for e in lesson.exercises.values()
                 if row.state(e.number) in ("not yet", "not graded")]  # fmt: skip
        waiting = f"<br><span class='quiet'>{len(row.open)} to read</span>" if row.open else ""
        lines.append(
            f"<tr><th scope='row'>{escape(row.student)}<br><span class='quiet'>{escape(row.name)}</span></th>"
            f"<td class='n'>{_number(row.score)} of {_number(row.possible)}{waiting}</td>{marks}"
            f"<td>{_told(row, hints)}</td></tr>"
        )
    return "\n".join([*lines, "</tbody></table>"])


def _told(row: Row, hints: list[str]) -> str:
    lines = [f"<strong>{escape(row.problem)}</strong>"] if row.problem else []
    lines += [escape(text) for text in hints]
    lines += [f"<em>{escape(text)}</em>" for text in row.notes]
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>" if lines else ""


def _mark(state: str) -> str:
    sign, words = _MARKS[state]
    return f"<td class='mark s{list(_MARKS).index(state)}'><span role='img' aria-label='{words}'>{sign}</span></td>"


def _problems(rows: list[Row]) -> str:
    lines = [
        "<section><h2>What could not be graded, or not to the end</h2><table><thead><tr><th scope='col'>student</th>",
        "<th scope='col'>file</th><th scope='col'>why</th></tr></thead><tbody>",
    ]
    for row in rows:
        cells = f"<td>{escape(row.name)}</td><td>{escape(row.problem)}</td>"
        lines.append(f"<tr><th scope='row'>{escape(row.student)}</th>{cells}</tr>")
    return "\n".join([*lines, "</tbody></table></section>"])


def _by_hand(grades: Grades) -> str:
    """What students wrote in words, by exercise, so that one question is read at a stretch."""
    lines = []
    for lesson in grades.lessons:
        for exercise in (e for e in lesson.exercises.values() if e.by_hand):
            texts = [(row, row.verdicts[exercise.number].get("texts", [])) for row in grades.rows
                     if row.lesson is lesson and exercise.number in row.verdicts]  # fmt: skip
            lines += [
                f"<h3>Exercise {exercise.number}</h3>",
                f"<article class='model'><h4>The model answer</h4><pre>{escape(exercise.model)}</pre></article>",
                *(_text(row, exercise, said) for row, said in texts if said),
            ]
    if not lines:
        return ""
    return "\n".join([
        "<section><h2>To read by hand</h2>",
        "<p>The checks count words and look for a few of them. Whether a text is right, a person says. Write the points",
        f"into {BY_HAND} beside this page, or give them in nbgrader, and grade again: they are added, and stay.</p>",
        *lines,
        "</section>",
    ])  # fmt: skip


def _text(row: Row, exercise: Exercise, said: list[str]) -> str:
    state = "not read yet" if exercise.number in row.open else "read"
    body = "\n\n".join(text.strip() for text in said)
    about = f"({escape(row.name)}; {state}; {_count(exercise.by_hand, 'point')})"
    heading = f"<h4>{escape(row.student)} <span class='quiet'>{about}</span></h4>"
    points = f"<p class='points'>points: <span></span> of {exercise.by_hand}</p>"
    return f"<article>{heading}<pre>{escape(body)}</pre>{points}</article>"


def _explanation() -> str:
    signs = ", ".join(f"{sign} {words}" for sign, words in _MARKS.values())
    return (
        "<section><h2>How to read this</h2>"
        f"<p>{signs}. The points come from checks that ran without any of the student's code. That does "
        "not show who wrote an answer: a text or a function copied from somebody else gets the same points. "
        "Submissions with the note “read it” do what an answer has no use for.</p></section>"
    )


_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Grades</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 2rem auto; padding: 0 1rem;
  max-width: 75rem; }
h1 { font-size: 1.8rem; }
h2 { margin-top: 2.5rem; }
h4 { margin: 1rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: .92rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border: 1px solid #8a8a8a; padding: .3rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
thead th { background: #ececec; overflow-wrap: normal; }
td.n { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.mark { text-align: center; font-size: 1.1rem; }
td.s0 { background: #d5e8f7; }
td.s1 { background: #fbe3cf; }
.wide { min-width: 7rem; }
.bar { display: inline-block; height: .8rem; background: #0072b2; vertical-align: middle; }
ul { margin: 0; padding-left: 1.1rem; }
.quiet { color: #595959; font-weight: normal; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 4px solid #8a8a8a; margin: 0; padding: .3rem .8rem;
  background: #f6f6f6; }
.model { position: sticky; top: 0; background: #fff; max-height: 40vh; overflow: auto; }
.model pre { border-color: #0072b2; }
.points span { display: inline-block; width: 4rem; border-bottom: 1px solid #1a1a1a; }
.warning { border: 2px solid #b34700; padding: .5rem 1rem; }
@media print {
  body { margin: 0; max-width: none; font-size: 11px; }
  tr, article { break-inside: avoid; }
  td, thead th, .bar { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
</style></head><body>"""
