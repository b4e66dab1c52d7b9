"""The files that were handed in: found without following links, and read as if each were an attack."""

import ast
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emocourse.errors import CourseError
from emocourse.files.store import open_regular, show

from ..authoring import cells as exercise_cells
from ..authoring import hosting
from ..authoring import sources as authoring

MAX_BYTES = 20 << 20
"""Largest notebook that is read. The largest of the course with all its outputs has 2 MB."""
MAX_SOURCE = 1 << 20
"""Most characters of all the code in one notebook."""
MAX_CELLS = 2_000
MAX_FILES = 20_000
MAX_FOLDERS = 12  # one in the other


@dataclass(frozen=True)
class Submission:
    """One file that was handed in.

    Args:
        path: where it is.
        name: its path in the folder, with slashes, printable.
        student: the subfolder that it lies in, or else its own name without .ipynb.
        problem: why it cannot be read, as far as that is known already.
    """

    path: Path
    name: str
    student: str
    problem: str = ""


@dataclass(frozen=True)
class Notebook:
    """The code cells of a notebook: "source", and "id" and "grade_id" where they have them."""

    cells: list[dict[str, str]]


def find(folder: Path) -> list[Submission]:
    """Every file in the folder and its subfolders, in the order of their names. Hidden ones are left out.

    Raises:
        CourseError: the folder cannot be read, or holds far too many files.
    """
    if not folder.is_dir():
        raise CourseError(f"{show(folder)} is not a folder: give the folder that holds the submissions.")
    found = list(_walk(folder, folder, 0))
    if not found:
        raise CourseError(f"{show(folder)} holds no files: put the submissions into it, one notebook each.")
    return sorted(found, key=lambda submission: (submission.name, os.fsencode(submission.path)))


def _walk(folder: Path, root: Path, depth: int, count: list[int] | None = None) -> Iterator[Submission]:
    count = [0] if count is None else count
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        if depth == 0:
            raise CourseError(f"{show(folder)} cannot be read ({error.strerror}): check its permissions.") from error
        yield _submission(folder, root, f"The folder cannot be read ({error.strerror}).")
        return
    for entry in entries:
        if entry.name.startswith((".", "__MACOSX")):
            continue
        count[0] += 1
        if count[0] > MAX_FILES:
            raise CourseError(f"{show(root)} holds more than {MAX_FILES:,} files: is it the folder of the submissions?")
        path = Path(entry.path)
        if entry.is_symlink():
            yield _submission(path, root, "It is a link to another place, and links are not followed.")
        elif entry.is_dir(follow_symlinks=False):
            if depth == MAX_FOLDERS:
                yield _submission(path, root, "It is a folder too deep inside others.")
            else:
                yield from _walk(path, root, depth + 1, count)
        elif not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
            yield _submission(path, root, "It is not a file but a device or a pipe.")
        else:
            yield _submission(path, root)


def _submission(path: Path, root: Path, problem: str = "") -> Submission:
    parts = path.relative_to(root).parts
    student = parts[0] if len(parts) > 1 else path.name.removesuffix(".ipynb")
    return Submission(path, show("/".join(parts)), show(student), problem)


def read(submission: Submission) -> Notebook:
    """The code cells of one submission.

    Raises:
        CourseError: it is not a notebook that can be graded; the sentence says why.
    """
    if submission.problem:
        raise CourseError(submission.problem)
    with open_regular(submission.path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > MAX_BYTES:
            raise CourseError(
                f"It has {size / 1e6:,.0f} MB, and more than {MAX_BYTES >> 20} MB are not read: clear its outputs."
            )
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CourseError("It grew while it was read.")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError, MemoryError):
        raise CourseError("It is not a notebook: it is not JSON.") from None
    if not isinstance(value, dict) or not isinstance(value.get("cells"), list):
        raise CourseError("It is not a notebook of version 4: it has no list of cells.")
    if len(value["cells"]) > MAX_CELLS:
        raise CourseError(f"It has more than {MAX_CELLS:,} cells.")
    cells = [_cell(cell) for cell in value["cells"]]
    if sum(len(cell["source"]) for cell in cells if cell) > MAX_SOURCE:
        raise CourseError(f"It has more than {MAX_SOURCE >> 20} MiB of code.")
    return Notebook([cell for cell in cells if cell])


def _cell(cell: Any) -> dict[str, str] | None:
    """One code cell, None for a text cell. Colab keeps the id in the metadata."""
    if not isinstance(cell, dict):
        raise CourseError("It is not a notebook: a cell is no object.")
    if cell.get("cell_type") != "code":
        return None
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise CourseError("It is not a notebook: the code of a cell is no text.")
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    nbgrader = metadata.get("nbgrader")
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    cell_id = cell.get("id") or metadata.get("id")
    # Surrogates that JSON may hold cannot be written anywhere.
    found = {"source": source.encode("utf-8", "replace").decode("utf-8")}
    found |= {key: text for key, text in (("id", cell_id), ("grade_id", grade_id)) if isinstance(text, str)}
    return found


# --- The lessons as the grader knows them: what was handed out, what is asked, and what a submission makes of it ------

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
