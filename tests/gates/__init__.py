"""The gates: what a lesson has to be before it goes to students.

A gate is a function from a :class:`Lesson` to sentences, one for each thing that is wrong; no sentence, and the lesson
passes. ``test_gates.py`` takes every lesson through every gate, and shows each gate a lesson that it must stop.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_tools.authoring import sources
from emocourse import checks

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Lesson:
    """A lesson as students get it, and as instructors do.

    Attributes:
        name: such as "04_binary_images".
        student: the notebook in ``lessons/``.
        answers: the notebook in ``solutions/``, with outputs.
        exercises: the numbers of the exercises that have a check, in order.
        folder: where the student's notebook lies; links start there.
    """

    name: str
    student: NotebookNode
    answers: NotebookNode
    exercises: list[str]
    folder: Path

    @classmethod
    def read(cls, root: Path, name: str) -> "Lesson":
        """The lesson ``name`` of the checkout ``root``."""
        student, answers = (nbformat.read(root / part / f"{name}.ipynb", 4) for part in ("lessons", "solutions"))
        exercises = [] if name in sources.BESIDE else checks.numbers(int(name[:2]))
        return cls(name, student, answers, exercises, root / "lessons")


Gate = Callable[[Lesson], list[str]]


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def code(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: NotebookNode) -> list[str]:
    """The text of each text cell, without blocks of code in it."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE) for text in texts]


def headings(notebook: NotebookNode) -> list[tuple[int, str]]:
    """Level and words of each heading."""
    found = re.findall(r"^(#{1,6}) +(.+?) *$", "\n\n".join(prose(notebook)), re.MULTILINE)
    return [(len(marks), words) for marks, words in found]


def section(notebook: NotebookNode, title: str) -> str | None:
    """The text from the heading ``## title`` to the next heading of that level; None where there is none."""
    found = re.search(rf"^## {title} *\n(.*?)(?=^## |\Z)", "\n\n".join(prose(notebook)), re.DOTALL | re.MULTILINE)
    return found[1].strip() if found else None


def outputs(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """Every output, with the position of its cell, counted from 1."""
    return [(n, part) for n, cell in enumerate(notebook.cells, start=1) for part in cell.get("outputs", [])]


def said(notebook: NotebookNode) -> str:
    """What the cells of a notebook printed."""
    return "".join(part.get("text", "") for _, part in outputs(notebook))
