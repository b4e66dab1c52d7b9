"""From the lessons' sources to the notebooks that students and instructors open.

``solutions/NN_name.py`` (jupytext's py:percent form) is the only file of a lesson that is written by hand. From it come

- ``lessons/NN_name.ipynb``: without answers and without outputs;
- ``solutions/NN_name.ipynb``: with the answers, executed, with outputs.

What the source says, and what becomes of it:

- A cell tagged ``solution`` does not appear in the lesson.
- Inside a code cell, the lines ``# BEGIN SOLUTION`` to ``# END SOLUTION`` become ``# YOUR CODE HERE`` and a stub.
  The stub is written in the block itself, on one or more lines ``# STUB: …``, so that an untouched lesson runs to its
  end. Each is either ``raise NotImplementedError("Exercise 4.2: …")`` or ``name = ...``.
- ``# %% name="…"`` gives a cell the id ``NN-…``. Every other id is a hash of the text, so it stays when cells move.
- Outputs of a cell tagged ``volatile`` (memory, a time) are neither stored nor compared; those of a cell tagged
  ``nbval-ignore-output`` are stored and not compared. Such a cell says why: ``reason="…"`` after the tags.

A lesson also gets what no source holds: links to the glossary (see :mod:`course_tools.authoring.glossary`), and badges
below its title and a first code cell, folded, that sets it up on Colab (see :mod:`course_tools.authoring.hosting`).

Building twice gives the same bytes: no execution counts in lessons, no times, no widget ids, no pairing metadata.
"""

import copy
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from emocourse.errors import CourseError
from emocourse.files.store import atomic_write

from . import cells as exercise_cells
from . import glossary, hosting, usage

if TYPE_CHECKING:
    from nbformat import NotebookNode

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
SOURCE_NAME = re.compile(r"\d\d_[a-z0-9_]+\.py")
BESIDE = ("numpy_first",)
"""Lessons without a number: they stand beside the others, and have no exercises that are checked and graded."""

CELL_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
BEGIN, END, STUB = "# BEGIN SOLUTION", "# END SOLUTION", "# STUB:"
STUB_LINE = re.compile(
    r"""raise NotImplementedError\("Exercise \d+\.\d+: [^"]+"\)|[A-Za-z_]\w*(, [A-Za-z_]\w*)* = \.\.\."""
)
NOT_COMPARED = {"volatile", "nbval-ignore-output"}
"""Tags of cells whose outputs may differ from run to run."""

CHECKOUT = Path(__file__).resolve().parent.parent.parent
MAX_SOURCE_BYTES = 1 << 20


def sources(root: Path = CHECKOUT) -> list[Path]:
    """The lessons' sources of a checkout, in the order of the lessons; those ``BESIDE`` come last.

    Raises:
        CourseError: there are no sources in ``solutions``, or one has another name than ``NN_name.py``.
    """
    found = sorted((root / "solutions").glob("*.py"))
    if not found:
        raise CourseError(f"There are no lesson sources in {root / 'solutions'}: run this in a checkout of the course.")
    for path in found:
        if not SOURCE_NAME.fullmatch(path.name) and path.stem not in BESIDE:
            raise CourseError(
                f"{path} is not named like a lesson: use two digits and small letters, as in 04_binary_images.py."
            )
    return found


def read_source(path: Path) -> "NotebookNode":
    """Read one source as a notebook with stable cell ids and only the metadata that notebooks need.

    Raises:
        CourseError: the file cannot be read, or a cell breaks a rule of this module; the sentence names file and cell.
    """
    import jupytext
    from nbformat import v4

    try:
        if path.stat().st_size > MAX_SOURCE_BYTES:
            raise CourseError(f"{path} is larger than 1 MiB: this is not the source of a lesson.")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    except UnicodeDecodeError as error:
        raise CourseError(f"{path} is not UTF-8 text: save it as UTF-8.") from error
    number = path.name[:2]
    seen: set[str] = set()
    cells = []
    for position, cell in enumerate(jupytext.reads(text, fmt="py:percent").cells, start=1):
        where = f"{path}, cell {position}"
        name, tags = cell.metadata.get("name"), _tags(cell)
        for option in sorted(cell.metadata):
            # jupytext notes how many empty lines followed a cell; notebooks have no use for that.
            if option not in ("name", "tags", "reason") and not option.startswith("lines_to_"):
                raise CourseError(f"{where}: the option {option!r} is not known; a cell has a name, tags and a reason.")
        if set(tags) & NOT_COMPARED and len(str(cell.metadata.get("reason", "")).split()) < 3:
            raise CourseError(f'{where}: its outputs are not compared; say why in a few words, as in reason="…".')
        if not cell.source.strip():
            raise CourseError(f"{where} is empty: write something or remove it.")
        if name is not None and not CELL_NAME.fullmatch(str(name)):
            raise CourseError(f"{where}: the name {name!r} must be small letters and digits with hyphens between them.")
        cell_id = f"{number}-{name}" if name else _hash_id(number, cell.cell_type, cell.source, seen)
        if cell_id in seen or name == hosting.SETUP:
            raise CourseError(f"{where}: the name {name!r} is taken in this lesson; choose another.")
        seen.add(cell_id)
        _check_markers(cell.cell_type, cell.source, "solution" in tags, where)
        make = v4.new_code_cell if cell.cell_type == "code" else v4.new_markdown_cell
        cells.append(make(cell.source, id=cell_id, metadata={"tags": list(tags)} if tags else {}))
    if not cells:
        raise CourseError(f"{path} holds no cells: start each one with a line '# %%' or '# %% [markdown]'.")
    language = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"}
    notebook = v4.new_notebook(cells=cells, metadata={"kernelspec": dict(KERNEL), "language_info": language})
    notebook.nbformat_minor = 5
    return notebook


def _hash_id(number: str, kind: str, text: str, seen: set[str]) -> str:
    """An id out of what the cell says; the second of two equal cells gets another one."""
    repeat = 0
    while True:
        digest = hashlib.sha256(f"{number}|{kind}|{repeat}|{text}".encode()).hexdigest()
        if (cell_id := f"{number}-{digest[:10]}") not in seen:
            return cell_id
        repeat += 1


def _check_markers(kind: str, text: str, is_solution: bool, where: str) -> None:
    """Raise a CourseError unless every solution block of the cell is closed, not nested, and has a stub that runs."""
    inside, stubs = False, 0
    for line in text.splitlines():
        bare = line.strip()
        if bare in (BEGIN, END) or bare.startswith(STUB):
            if kind != "code":
                raise CourseError(f"{where}: {bare!r} stands in a text cell; tag the cell 'solution' instead.")
            if is_solution:
                raise CourseError(
                    f"{where}: a cell tagged 'solution' disappears whole; remove the line {bare!r} or the tag."
                )
        elif re.search(r"(BEGIN|END) SOLUTION", line):
            raise CourseError(f"{where}: the line {bare!r} must be exactly '{BEGIN}' or '{END}'.")
        if bare == BEGIN:
            if inside:
                raise CourseError(f"{where}: '{BEGIN}' comes twice without '{END}' between.")
            inside, stubs = True, 0
        elif bare == END:
            if not inside:
                raise CourseError(f"{where}: '{END}' has no '{BEGIN}' before it.")
            if not stubs:
                raise CourseError(
                    f"{where}: the solution has no stub; add a line such as '{STUB} name = ...' after '{BEGIN}'."
                )
            inside = False
        elif bare.startswith(STUB):
            if not inside:
                raise CourseError(f"{where}: {bare!r} stands outside a solution.")
            if not STUB_LINE.fullmatch(bare.removeprefix(STUB).strip()):
                raise CourseError(
                    f'{where}: the stub {bare!r} must read name = ... or raise NotImplementedError("Exercise N.M: …").'
                )
            stubs += 1
    if inside:
        raise CourseError(f"{where}: '{BEGIN}' has no '{END}' after it.")


def _without_answers(text: str) -> str:
    """The text of a code cell with each solution block turned into its stub, as far in as its BEGIN line."""
    lines, inside = [], False
    for line in text.splitlines():
        bare = line.strip()
        if bare == BEGIN:
            inside, indent = True, line[: len(line) - len(line.lstrip())]
            lines.append(f"{indent}# YOUR CODE HERE")
        elif bare == END:
            inside = False
        elif not inside:
            lines.append(line)
        elif bare.startswith(STUB):
            lines.append(indent + bare.removeprefix(STUB).strip())
    return "\n".join(lines)


def student(notebook: "NotebookNode", path: Path | None = None) -> "NotebookNode":
    """The lesson: a copy without solution cells and answers, whose exercises and checks nbgrader knows.

    Args:
        notebook: as :func:`read_source` gives it.
        path: the source, ``ROOT/solutions/NN_name.py``; the lesson then has its links to the glossary, its badges and
            its first cell for Colab.
    """
    lesson = copy.deepcopy(notebook)
    grading = exercise_cells.metadata(notebook)
    lesson.cells = [cell for cell in lesson.cells if "solution" not in _tags(cell)]
    for cell in lesson.cells:
        if cell.cell_type == "code":
            cell.source = _without_answers(cell.source)
        if cell.id in grading:
            cell.metadata["nbgrader"] = grading[cell.id]
    if path is not None:
        root = path.resolve().parent.parent
        glossary.link(lesson, root)
        hosting.host(lesson, root, path.stem)
    return lesson


def instructor(notebook: "NotebookNode") -> "NotebookNode":
    """The notebook with answers, not yet executed: a copy without the stub lines."""
    answers = copy.deepcopy(notebook)
    for cell in answers.cells:
        if cell.cell_type == "code":
            lines = cell.source.splitlines()
            cell.source = "\n".join(line for line in lines if not line.strip().startswith(STUB))
        if "volatile" in _tags(cell):
            cell.metadata["tags"] = [*_tags(cell), "nbval-ignore-output"]
    return answers


def _tags(cell: "NotebookNode") -> list[str]:
    return cell.metadata.get("tags", [])


def dumps(notebook: "NotebookNode") -> str:
    """The notebook as the text that is written: keys sorted, one space of indent, one newline at the end."""
    import nbformat

    nbformat.validate(notebook)
    return json.dumps(json.loads(nbformat.writes(notebook)), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def build(root: Path = CHECKOUT, execute: bool = False) -> list[Path]:
    """Make the notebooks of every lesson again.

    A notebook in ``solutions/`` whose cells still agree with its source keeps the outputs it has, unless ``execute``
    asks for a new run; so a second build changes nothing and is quick.

    Args:
        root: a checkout of the course.
        execute: run every solution again.

    Returns:
        The files that were written, in the order of the lessons.

    Raises:
        CourseError: a source breaks a rule, or a solution stops with an error.
    """
    from .execution import run

    written = usage.update(root)
    for path in sources(root):
        notebook = read_source(path)
        lesson = root / "lessons" / f"{path.stem}.ipynb"
        answers = path.with_suffix(".ipynb")
        if _text(lesson) != (text := dumps(student(notebook, path))):
            _write(lesson, text)
            written.append(lesson)
        if execute or not _agrees(answers, instructor(notebook)):
            text = dumps(run(instructor(notebook), path))
            if _text(answers) != text:
                _write(answers, text)
                written.append(answers)
    if hosting.update_readme(root):
        written.append(root / "README.md")
    return written


def stale(root: Path = CHECKOUT) -> list[str]:
    """One sentence for every derived notebook that is missing, out of date, or has no source any more. Runs nothing."""
    problems, expected = [], set()
    for path in sources(root):
        notebook = read_source(path)
        lesson = root / "lessons" / f"{path.stem}.ipynb"
        answers = path.with_suffix(".ipynb")
        expected |= {lesson, answers}
        if _text(lesson) != dumps(student(notebook, path)):
            problems.append(
                f"{lesson.relative_to(root)} does not agree with {path.relative_to(root)}: run make lessons."
            )
        if not _agrees(answers, instructor(notebook)):
            problems.append(
                f"{answers.relative_to(root)} does not agree with {path.relative_to(root)}: run make lessons."
            )
    for folder in ("lessons", "solutions"):
        for path in sorted(set((root / folder).glob("*.ipynb")) - expected):
            problems.append(f"{path.relative_to(root)} has no source: remove it, or add solutions/{path.stem}.py.")
    for path in usage.outdated(root):
        problems.append(f"{path.relative_to(root)} names other lessons than use its functions: run make lessons.")
    if not hosting.readme_is_fresh(root):
        problems.append("README.md does not agree with the address in pyproject.toml: run make lessons.")
    return problems


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _write(path: Path, text: str) -> None:
    with atomic_write(path, "w") as stream:
        stream.write(text)


def _agrees(path: Path, notebook: "NotebookNode") -> bool:
    """Whether the executed notebook at ``path`` is ``notebook`` plus outputs."""
    import nbformat

    text = _text(path)
    if text is None:
        return False
    try:
        stored = nbformat.reads(text, as_version=4)
    except Exception:  # nbformat has no one class for a file that is not a notebook
        return False
    executed = all(cell.execution_count for cell in stored.cells if cell.cell_type == "code")
    for cell in stored.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return executed and dumps(stored) == dumps(notebook)
