"""The lessons as the grader knows them: what was handed out, what is asked, and what a submission makes of it."""

import ast
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emocourse.errors import CourseError

from ..authoring import cells as exercise_cells
from ..authoring import hosting
from ..authoring import sources as authoring
from .submissions import Notebook

CHECK_CALL = re.compile(r"""\bcheck\(\s*["'](\d{1,2}\.\d{1,2})["']""")
# What honest answers have no use for; a person should read a submission that has it.
_ODD = (
    ("looks into the checks", r"emocourse[.\s]+(import\s+)?(checks\.|grading)|checks\.lesson\d\d|_EXERCISES"),
    (
        "changes the checks or Python itself",
        r"emocourse\.checks\b|\bchecks\.\w+\s*=[^=]|setattr\(\s*checks|sys\.modules|__code__|\bctypes\b|\bgc\.get_",
    ),
    ("prints a verdict of its own", r"[✓✔]\s*Exercise|Exercise\s+\d+\.\d+:\s*correct"),
)


@dataclass(frozen=True)
class Exercise:
    """One exercise: its number, the names of its answers, its points, and whether a person must read it as well."""

    number: str
    names: list[str]
    points: int
    by_hand: int


@dataclass(frozen=True)
class Lesson:
    """A lesson as it was handed out.

    Args:
        number: 3 for lesson 03.
        stem: the name of its files.
        title: its heading.
        given: the source of each of its code cells as students get it, by cell id.
        exercises: in their order.
        own: the run that the course's own answers make; see `prepare`.
    """

    number: int
    stem: str
    title: str
    given: dict[str, str]
    exercises: list[Exercise]
    own: list[dict[str, Any]] = field(repr=False)


@dataclass
class Prepared:
    """A submission made ready: the cells to run, and what a person should know about it."""

    cells: list[dict[str, Any]]
    notes: list[str]


def lessons(root: Path) -> dict[int, Lesson]:
    """The lessons of a checkout, by number.

    Raises:
        CourseError: there are no sources, or a check's cell does not hand over plain names.
    """
    found = {}
    for path in authoring.sources(root):
        lesson = _lesson(path)
        found[lesson.number] = lesson
    return found


def _lesson(path: Path) -> Lesson:
    source = authoring.read_source(path)
    handed_out, answers = (
        authoring.student(source),
        {cell.id: cell.source for cell in authoring.instructor(source).cells},
    )
    points = exercise_cells.metadata(source)
    given = {cell.id: cell.source for cell in handed_out.cells if cell.cell_type == "code"}
    exercises = []
    for cell_id, text in given.items():
        if number := exercise_cells.number(cell_id, "check"):
            if not (names := exercise_cells.answers(text)):
                raise CourseError(
                    f"{path}: the check of exercise {number} must hand over names, such as {number!r}, area."
                )
            by_hand = points.get(cell_id.replace("check", "exercise"), {}).get("points", 0)
            exercises.append(Exercise(number, names, points[cell_id]["points"], by_hand))
    title = next(
        (line[2:] for cell in handed_out.cells for line in cell.source.splitlines() if line.startswith("# ")), ""
    )
    lesson = Lesson(int(path.name[:2]), path.stem, title, given, exercises, [])
    solved = Notebook([{"id": cell_id, "source": answers[cell_id]} for cell_id in given])
    lesson.own.extend(prepare(lesson, solved).cells)
    return lesson


def which(notebook: Notebook, known: dict[int, Lesson]) -> Lesson | None:
    """The lesson that most of a notebook's checks and exercises belong to; None when there are none of ours."""
    votes: Counter[int] = Counter()
    for cell in notebook.cells:
        for name in (cell.get("grade_id", ""), cell.get("id", "")):
            if match := exercise_cells.CELL.fullmatch(name):
                votes[int(match["lesson"])] += 1
                break
        else:
            votes.update(int(number.partition(".")[0]) for number in CHECK_CALL.findall(cell["source"]))
    best = [number for number, _ in votes.most_common() if number in known]
    return known[best[0]] if best else None


def prepare(lesson: Lesson, notebook: Notebook) -> Prepared:
    """What to run of a submission, and where to judge.

    The cells that were handed out run as they were handed out, with the imports that a student added; the exercises and
    the student's own cells run as the student wrote them. Each exercise is judged where its check stands, and at the
    end where the check is gone.
    """
    cells: list[dict[str, Any]] = []
    exercises = {exercise.number: exercise for exercise in lesson.exercises}
    judged, changed, own_code = set(), 0, []
    for cell in notebook.cells:
        source = cell["source"]
        if cell.get("id") == f"{lesson.number:02}-{hosting.SETUP}":  # for Colab; there is nothing to install here
            continue
        name = next((n for n in (cell.get("grade_id", ""), cell.get("id", "")) if n in lesson.given), "")
        if number := exercise_cells.number(name, "check"):
            numbers, source = [number], lesson.given[name]
        elif name and not exercise_cells.number(name, "exercise"):
            if source.strip() != lesson.given[name].strip():
                changed += 1
                source = "\n".join([lesson.given[name], *_imports(source)])
            else:
                source = lesson.given[name]
            numbers = []
        else:
            own_code.append(source)
            numbers = [number for number in dict.fromkeys(CHECK_CALL.findall(source)) if number in exercises]
        source = _without_checks(source) if numbers else source
        if source.strip():
            cells.append({"source": source})
        for number in numbers:
            cells.append({"check": number, "names": exercises[number].names})
            judged.add(number)
    notes = [f"{changed} given cell{'s' * (changed > 1)} changed; run as handed out"] if changed else []
    gone = [number for number in exercises if number not in judged]
    cells += [{"check": number, "names": exercises[number].names} for number in gone]
    if gone:
        notes.append(f"without the check of {', '.join(gone)}; judged at the end")
    text = "\n".join(own_code)
    notes += [f"{what}: read it" for what, pattern in _ODD if re.search(pattern, text)]
    return Prepared(cells, notes)


def _without_checks(source: str) -> str:
    """A cell's code without its calls of `checks.check`: the grader asks itself."""
    try:
        tree = ast.parse(source)
        kept = [statement for statement in tree.body if not _is_check(statement)]
        return source if len(kept) == len(tree.body) else "\n".join(map(ast.unparse, kept))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source


def _is_check(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func) in ("checks.check", "check")


def _imports(source: str) -> list[str]:
    try:
        return [ast.unparse(s) for s in ast.parse(source).body if isinstance(s, ast.Import | ast.ImportFrom)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
