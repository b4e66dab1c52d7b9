"""The lessons as the grader knows them: what was handed out, what is asked, and what to run of a submission."""

import ast
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from emocourse.errors import CourseError

from ..authoring import cells as exercise_cells
from ..authoring import hosting
from ..authoring import sources as authoring
from .sandbox import Plan

_CHECK_CALL = re.compile(r"""\bcheck\(\s*["'](\d{1,2}\.\d{1,2})["']""")
_CHECKS = ("checks.check", "check")
# What honest answers have no use for; a person should read a submission that has it.
_ODD = (
    (
        "looks into the checks or changes them",
        r"\blesson\d\d\b|_EXERCISES|_LENT|\bexamine\b|\bchecks\.(\w+\s*=[^=]|find\b)",
    ),
    ("takes the course's own answer", r"\bchecks\s*\.\s*use\b|\bimport\b.{1,99}\buse\b"),
    ("prints a verdict of its own", r"[✓✔]\s*Exercise|Exercise\s+\d+\.\d+:\s*correct"),
)


@dataclass(frozen=True)
class Cell:
    """A cell that was handed in: "code", "markdown" or "raw", its source, and by what names it is known."""

    kind: str
    source: str
    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exercise:
    """One exercise: the names of its answers, its points, and those that a person gives."""

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
        exercises: by number, in their order.
        own: the cells of the course's own answers.
    """

    number: int
    stem: str
    title: str
    given: dict[str, str]
    exercises: dict[str, Exercise]
    own: list[Cell] = field(repr=False)


def lessons(root: Path) -> dict[int, Lesson]:
    """The lessons of a checkout that are graded, by number.

    Raises:
        CourseError: there are no sources, or a check's cell does not hand over plain names.
    """
    graded = [path for path in authoring.sources(root) if path.stem not in authoring.BESIDE]
    return {lesson.number: lesson for lesson in map(_lesson, graded)}


def _lesson(path: Path) -> Lesson:
    source = authoring.read_source(path)
    handed_out, points = authoring.student(source), exercise_cells.metadata(source)
    answers = {cell.id: cell.source for cell in authoring.instructor(source).cells}
    given = {cell.id: cell.source for cell in handed_out.cells if cell.cell_type == "code"}
    exercises = {}
    for cell_id, text in given.items():
        if number := exercise_cells.number(cell_id, "check"):
            if not (names := exercise_cells.answers(text)):
                raise CourseError(
                    f"{path}: the check of exercise {number} must hand over names, such as {number!r}, area."
                )
            by_hand = points.get(cell_id.replace("check", "exercise"), {}).get("points", 0)
            exercises[number] = Exercise(number, names, points[cell_id]["points"], by_hand)
    lines = (line for cell in handed_out.cells for line in cell.source.splitlines())
    title = next((line[2:] for line in lines if line.startswith("# ")), "")
    own = [Cell("code", answers[cell_id], (cell_id,)) for cell_id in given]
    return Lesson(int(path.name[:2]), path.stem, title, given, exercises, own)


def which(cells: list[Cell], known: dict[int, Lesson]) -> Lesson | None:
    """The lesson that most of a notebook's checks and exercises belong to; None when there are none of ours."""
    votes: Counter[int] = Counter()
    for cell in cells:
        marks = [match for name in cell.names if (match := exercise_cells.CELL.fullmatch(name))]
        if marks:
            votes[int(marks[0]["lesson"])] += 1
        else:
            votes.update(int(number.partition(".")[0]) for number in _CHECK_CALL.findall(cell.source))
    best = [number for number, _ in votes.most_common() if number in known]
    return known[best[0]] if best else None


def prepare(lesson: Lesson, cells: list[Cell]) -> tuple[Plan, list[str]]:
    """What to run of a submission and where to judge, and what a person should know about it.

    All cells run as the student wrote them, but where one that was handed out was changed and now fails, it runs as it
    was handed out; and so does one that is gone. An exercise is judged once: in the last check cell of the lesson's own
    (or after the exercise's own cell, if that was moved below it); where there is none, in the last cell that calls the
    check; where there is none either, at the end. In a cell it is judged where the cell calls the check, since what
    comes after the call may take the course's answer.
    """
    code = [cell for cell in cells if cell.kind == "code" and not _is_set_up(cell)]
    by_source = {source.strip(): name for name, source in lesson.given.items()}
    named = [next((name for name in cell.names if name in lesson.given), by_source.get(cell.source.strip(), ""))
             for cell in code]  # fmt: skip
    places = _places(lesson, code, named)
    plan, todo, changed = [], list(lesson.given), 0
    found, returned = set(named), []
    for place, (cell, name) in enumerate(zip(code, named, strict=True)):
        source, instead = cell.source, {}
        judged = [lesson.exercises[number] for number, at in places.items() if at == place]
        while name in todo:
            before = todo.pop(0)
            if before not in found and not exercise_cells.CELL.fullmatch(before):
                returned.append(before)
                plan.append({"source": lesson.given[before]})
        if judged or exercise_cells.number(name, "check"):
            plan += _steps(source, judged)
            continue
        if name and not exercise_cells.CELL.fullmatch(name) and source.strip() != lesson.given[name].strip():
            changed, instead = changed + 1, {"instead": lesson.given[name]}
        if source.strip():
            plan.append({"source": source, **instead})
    gone = [number for number in lesson.exercises if number not in places]
    plan += [_judge(lesson.exercises[number]) for number in gone]
    notes = [f"{_count(changed, 'given cell')} changed"] if changed else []
    notes += [f"{_count(len(returned), 'given cell')} gone; run as handed out"] if returned else []
    notes += [f"without the check of {', '.join(gone)}; judged at the end"] if gone else []
    return Plan(plan), notes + _in_text(lesson, cells, code) + _guesses(code, named, places) + _odd(lesson, code)


def _judge(exercise: Exercise) -> dict[str, object]:
    return {"check": exercise.number, "names": exercise.names}


def _places(lesson: Lesson, code: list[Cell], named: list[str]) -> dict[str, int]:
    """After which cell each exercise is judged."""
    own, calls, answers = {}, {}, {}
    for place, (cell, name) in enumerate(zip(code, named, strict=True)):
        asked = _CHECK_CALL.findall(cell.source)
        calls.update(dict.fromkeys(asked, place))
        if (number := exercise_cells.number(name, "check")) and (number in asked or number not in own):
            own[number] = place  # not the second half of one that was split
        elif number := exercise_cells.number(name, "exercise"):
            answers[number] = place
    places = {number: place for number, place in (calls | own).items() if number in lesson.exercises}
    return {number: max(place, answers.get(number, 0)) for number, place in places.items()}


def _is_set_up(cell: Cell) -> bool:
    """Whether this is the cell for Colab, which is put in front of each lesson; there is nothing to set up here."""
    return hosting.SETUP in cell.tags or any(name.endswith(f"-{hosting.SETUP}") for name in cell.names)


def _in_text(lesson: Lesson, cells: list[Cell], code: list[Cell]) -> list[str]:
    """A note for each exercise whose answer stands in a text cell, where it is not run."""
    notes = []
    for number, exercise in lesson.exercises.items():
        makes = re.compile(rf"^[ \t]*(def\s+)?({'|'.join(exercise.names)})\b[ \t]*[(=](?!.*checks\.use)", re.MULTILINE)
        if any(makes.search(cell.source) for cell in code):
            continue
        for cell in cells:
            marked = any(exercise_cells.number(name, "exercise") == number for name in cell.names)
            if cell.kind != "code" and (marked or makes.search(cell.source)):
                notes.append(
                    f"the answer to {number} stands in a {cell.kind} cell, which is not run: make it a code cell"
                )
                break
    return notes


def _guesses(code: list[Cell], named: list[str], places: dict[str, int]) -> list[str]:
    calls: Counter[str] = Counter()
    for place, (cell, name) in enumerate(zip(code, named, strict=True)):
        if not exercise_cells.number(name, "check"):
            calls.update(number for number in _CHECK_CALL.findall(cell.source) if places.get(number, place) != place)
    return [f"asks the check of {number} {_count(times, 'time')} in other cells, which do not count"
            for number, times in sorted(calls.items())]  # fmt: skip


def _odd(lesson: Lesson, code: list[Cell]) -> list[str]:
    """What the lines that are not the lesson's own do, in whichever cell they stand."""
    given = {line.strip() for source in lesson.given.values() for line in source.splitlines()}
    lines = (line for cell in code for line in cell.source.splitlines())
    text = "\n".join(line for line in lines if line.strip() not in given)
    return [f"{what}: read it" for what, pattern in _ODD if re.search(pattern, text)]


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


def _steps(source: str, judged: list[Exercise]) -> list[dict[str, object]]:
    """What to run of a cell in which exercises are judged; its calls of `checks.check` are left to the judge."""
    left, steps, kept = {exercise.number: exercise for exercise in judged}, [], []
    try:
        statements = [(_asks(statement), ast.unparse(statement)) for statement in ast.parse(source).body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # magics, too deep, a number of thousands of digits
        statements = []
    if not any(number for number, _ in statements):
        statements = [("", source)]
    for number, text in statements:
        if not number:
            kept.append(text)
        elif number in left:
            steps += [{"source": "\n".join(kept)}, _judge(left.pop(number))]
            kept = []
    steps += [{"source": "\n".join(kept)}, *map(_judge, left.values())]
    return [step for step in steps if step.get("source", "check").strip()]


def _asks(statement: ast.stmt) -> str:
    """The exercise whose check a statement calls; "" where it does something else."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or ast.unparse(call.func) not in _CHECKS or not call.args:
        return ""
    return str(getattr(call.args[0], "value", ""))
