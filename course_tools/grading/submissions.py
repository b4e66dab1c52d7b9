"""The files that were handed in: found without following links, and read as if each were an attack."""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emocourse.errors import CourseError
from emocourse.files.safefiles import open_regular, show

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
