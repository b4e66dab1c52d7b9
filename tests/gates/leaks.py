"""What students get as a whole (an archive, Binder's folder): no solution, no answer and no image of a person."""

import io
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import nbformat
import numpy as np

from . import Lesson, code, contents, tags

FORBIDDEN = re.compile(r"(?:^|/)(?:solutions|tests|\.git|runs|build)(?:/|$)")
# The only images: charts of results, badges of words, the README's two of drawn people, and the site's icon.
CHARTS = re.compile(
    r"(?:^|/)(?:data/results/[\w-]+\.png|lessons/badges/\w+\.svg|site/images/(?:pipeline\.png|demo\.webp)"
    r"|site/(?:demo|static)/icon\.svg)$"
)
IMAGE_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF", b"<svg", b"P5\n", b"P6\n")
INSIDE = re.compile(r"iVBORw0KGgo|/9j/4[AQ]|R0lGOD|UklGR")  # how PNG, JPEG, GIF and WebP begin in base64
PIXELS = re.compile(r"(?:\b\d{1,3}[ ,]){500}")  # a row of FER2013's table
DEMO = "emocourse/widgets/webcam/demo.ipynb"
MIN_SENTENCE = 40  # characters


def tracked(root: Path) -> list[Path]:
    """Files under version control, or every file where this is no git checkout (an unpacked archive)."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True)
    if listed.returncode:
        return [path for path in root.rglob("*") if path.is_file() and ".venv" not in path.parts]
    return [path for name in listed.stdout.decode().split("\0") if name and (path := root / name).is_file()]


def folder(root: Path) -> dict[str, bytes]:
    """Every file below ``root``, by its path from there."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def secrets(lessons: Iterable[Lesson]) -> set[str]:
    """Sentences of answers, and what solution cells print: none of these stands in a file for students.

    Code is not among them: an exercise often builds by hand what the package has too. For the notebooks themselves
    there is :func:`contents.no_answer`, which looks at code as well.
    """
    found = set()
    for lesson in lessons:
        for cell in lesson.answers.cells:
            if "solution" in tags(cell):
                if cell.cell_type == "markdown":
                    found |= set(re.split(r"(?<=[.?!])\s+", " ".join(cell.source.split())))
                printed = "".join(part.get("text", "") for part in cell.get("outputs", []))
                found |= {" ".join(line.split()) for line in printed.splitlines()}
    return {text for text in found if len(text) >= MIN_SENTENCE}


def problems(files: dict[str, bytes], lessons: list[Lesson]) -> list[str]:
    """One sentence for each thing in ``files`` ({path: content}) that students must not get."""
    found = [f"{name} must not be here" for name in files if FORBIDDEN.search(name)]
    hidden = secrets(lessons)
    answers = {lesson.name: lesson for lesson in lessons}
    for name, content in files.items():
        if content.startswith(IMAGE_STARTS) and not CHARTS.search(name):
            found.append(f"{name} is an image")
        if name.endswith((".npz", ".npy")):
            found += [f"{name} holds images ({array})" for array in _images(name, content)]
            continue
        text = content.decode("utf-8", errors="ignore")
        if INSIDE.search(text):
            found.append(f"{name} holds an image inside its text")
        if PIXELS.search(text):
            found.append(f"{name} holds rows of pixels")
        flowing = " ".join(text.split())
        found += [f"{name} holds part of an answer: {secret!r}" for secret in sorted(hidden) if secret in flowing]
        if name.endswith(".ipynb"):
            found += _notebook(name, text, answers)
    return found


def _images(name: str, content: bytes) -> list[str]:
    loaded = np.load(io.BytesIO(content), allow_pickle=False)
    arrays = {name: loaded} if name.endswith(".npy") else {key: loaded[key] for key in loaded.files}
    return [key for key, array in arrays.items() if array.dtype == np.uint8 and array.ndim > 1]


def _notebook(name: str, text: str, answers: dict[str, Lesson]) -> list[str]:
    notebook = nbformat.reads(text, 4)
    if any(cell.outputs for cell in code(notebook)):
        return [f"{name} holds outputs"]
    if name == DEMO:  # its text was searched like any other; it has no exercises
        return []
    known = answers.get(Path(name).stem)
    if known is None:
        return [f"{name} is no lesson"]
    given = Lesson(known.name, notebook, known.answers, known.exercises, known.folder)
    return [f"{name}: {problem}" for gate in (contents.no_answer, contents.no_image) for problem in gate(given)]
