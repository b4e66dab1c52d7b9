"""A gate about the style of the code in both notebooks as they are handed out, by ruff."""

import subprocess
import sys

import nbformat

from . import ROOT, Lesson

CELLS = ("E402", "B018")
"""Cells import where the idea comes up, and end with the expression to show."""

OPEN = ("F401", "F841")
"""In a lesson, what only the answer would use."""


def code_style(lesson: Lesson) -> list[str]:
    """What ruff, with the course's settings, says about the notebooks' cells."""
    problems = []
    for notebook, left_out in ((lesson.student, (*CELLS, *OPEN)), (lesson.answers, CELLS)):
        text = nbformat.writes(notebook)
        checked = _ruff(text, "check", "--output-format=concise", f"--ignore={','.join(left_out)}")
        problems += [line for line in checked.splitlines() if line.startswith("notebook.ipynb:")]
        if _ruff(text, "format", "--check"):
            problems.append("a cell is not formatted")
    return problems


def _ruff(text: str, *command: str) -> str:
    """What ruff has to say about a notebook; nothing when all is well."""
    arguments = [sys.executable, "-m", "ruff", *command, "--stdin-filename=notebook.ipynb", "-"]
    done = subprocess.run(arguments, cwd=ROOT, input=text, capture_output=True, text=True)
    return done.stdout + done.stderr + f"exit status {done.returncode}" if done.returncode else ""
