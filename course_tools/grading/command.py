"""What `emocourse grade` does."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import tqdm

from emocourse.errors import CourseError
from emocourse.files import store as files

from ..authoring import sources as authoring
from . import gradebook as book
from . import report
from .grade import grade
from .limits import Limits


def run(options: argparse.Namespace, progress: bool) -> tuple[Any, str, int]:
    """Grade as the command's options say; (object for --json, text for people, exit status)."""
    folder, out = Path(options.folder), Path(options.out)
    if out.resolve().is_relative_to(folder.resolve()):
        raise CourseError(f"{out} lies in the folder of the submissions: give another folder with --out.")
    with book.opened(out):
        pass  # what is wrong with it is said before an hour of grading, not after it
    root = Path.cwd() if (Path.cwd() / "solutions").is_dir() else authoring.CHECKOUT
    limits = Limits(options.seconds, options.cell_seconds, options.memory << 20)
    with tqdm.tqdm(disable=not progress, unit="run") as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        grades = grade(folder, root, limits, options.lesson, options.workers or os.cpu_count() or 1, tell)
    for text in grades.weaknesses:
        print(f"Mind: {text}", file=sys.stderr)
    book.enter(out, grades.lessons, grades.rows)
    for name, text in (("grades.csv", report.table(grades)), ("report.html", report.page(grades))):
        with files.atomic_write(out / name, "w") as stream:
            stream.write(text)
    value = {**report.value(grades), "csv": str(out / "grades.csv"), "html": str(out / "report.html")}
    problems = value["n_problems"]
    text = f"{value['n']} submissions, {problems} of them not graded to the end: see {out / 'report.html'}."
    return value, text, 1 if problems else 0
