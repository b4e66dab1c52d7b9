"""What Sphinx reads: the site's own pages, every lesson without answers, tables from the records, a reference by room.

A lesson on the site is the student's notebook. Under a cell that is the same in the executed solution stands what it
showed there, unless it belongs to an exercise; so no answer can get in, and a test looks for one all the same.
"""

import base64
import binascii
import hashlib
import importlib
import inspect
import pkgutil
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import nbformat

from emocourse.errors import CourseError
from emocourse.results import ablation, leaderboard, records, reproduction, tables

from ..authoring import cells, glossary, hosting

if TYPE_CHECKING:
    from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
SHOWN = ("text/html", "image/png", "image/svg+xml", "text/markdown", "text/plain")
"""What is kept of an output. Widgets need a kernel: where one has a static image beside it, that is shown."""

_INLINE = re.compile(r'src="data:image/(png|jpeg|gif);base64,([^"]+)"')
_TIME = re.compile(r"(\d+) minutes to read")


def lesson(student: "NotebookNode", solution: "NotebookNode | None", figures: Path) -> "NotebookNode":
    """A lesson as the site shows it: the student's cells, and the solution's outputs where no exercise is concerned.

    Args:
        student: the notebook that students get.
        solution: the executed one with the answers; None shows no outputs.
        figures: folder for the images of the outputs; the page finds them in ``figures/`` beside it.
    """
    known = {cell.id: cell for cell in solution.cells} if solution is not None else {}
    shown = nbformat.v4.new_notebook(metadata={k: v for k, v in student.metadata.items() if k == "kernelspec"})
    for cell in student.cells:
        if hosting.SETUP in cell.metadata.get("tags", []):
            continue
        cell = nbformat.from_dict({**cell, "metadata": {}})
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = _outputs(cell, known.get(cell.id), figures)
        else:
            text = re.sub(r"^\[!\[Open in .*$\n*", "", cell.source, flags=re.MULTILINE)  # the page has buttons
            cell.source = glossary.for_site(text)
        shown.cells.append(cell)
    return shown


def _outputs(cell: "NotebookNode", solved: "NotebookNode | None", figures: Path) -> list[Any]:
    """What a cell showed in the solution: nothing for an exercise, its check, or a cell that differs there."""
    if solved is None or cells.CELL.fullmatch(cell.id) or solved.source != cell.source:
        return []
    if "solution" in solved.metadata.get("tags", []):
        return []
    found = []
    for output in solved.outputs:
        if output.output_type == "stream" and output.name == "stdout":
            found.append(nbformat.v4.new_output("stream", text=output.text))
        elif output.output_type in ("display_data", "execute_result"):
            data = {kind: output.data[kind] for kind in SHOWN if kind in output.data}
            if "text/html" in data:
                data["text/html"] = _INLINE.sub(lambda match: _save(match, figures), data["text/html"])
            if set(data) - {"text/plain"} or not any("widget" in kind for kind in output.data):
                found.append(nbformat.v4.new_output("display_data", data=data))
    return found


def _save(match: re.Match[str], figures: Path) -> str:
    """Write an image that stands inside a text to a file of its own; what names it there."""
    try:
        content = base64.b64decode(match[2], validate=True)
    except binascii.Error as error:
        raise CourseError("An image in a solution's output is no base64: execute the solution again.") from error
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.{match[1]}"
    figures.mkdir(parents=True, exist_ok=True)
    (figures / name).write_bytes(content)
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20)) if match[1] == "png" else (0, 0)
    size = f' width="{width}" height="{height}"' if width else ""
    return f'src="figures/{name}" loading="lazy"{size}'


def headers(root: Path = ROOT) -> list[dict[str, str]]:
    """Of every lesson: its file's name, number, title, minutes to read, and the first thing that one will learn.

    A lesson without a number stands beside the first.
    """
    found = [_header(path) for path in (root / "lessons").glob("*.ipynb")]
    return sorted(found, key=lambda one: (one["number"] or "00", one["number"] == "", one["name"]))


def _header(path: Path) -> dict[str, str]:
    first = nbformat.read(path, 4).cells[0].source
    title = first.partition("\n")[0].removeprefix("# ").strip()
    parts = dict(re.findall(r"^\*\*([^*]+)\*\*\s+(.+?)(?=\n\n|\Z)", first, re.DOTALL | re.MULTILINE))
    time = _TIME.search(parts.get("Time", ""))
    number = re.match(r"\d+", path.stem)
    return {
        "name": path.stem,
        "number": number[0] if number else "",
        "title": re.sub(r"^(?:Lesson )?\d+\W+\s*", "", title),
        "minutes": time[1] if time else "",
        "learn": " ".join(parts.get("You will learn", "").split()),
    }


def lessons_table(root: Path = ROOT, folder: str = "lessons/", suffix: str = ".ipynb") -> str:
    """The lessons as a Markdown table: number, title as a link, minutes, and what one learns."""
    rows = [
        (
            one["number"] or "–",
            f"[{one['title']}]({folder}{one['name']}{suffix})" + ("" if one["number"] else ", optional"),
            one["minutes"],
            _sentence(one["learn"]),
        )
        for one in headers(root)
    ]
    return tables.markdown_table(("#", "lesson", "minutes", "you will learn"), rows)


def _sentence(text: str) -> str:
    """The first sentence, or what stands before a semicolon; short enough for a table."""
    return re.split(r"(?<=[^.].)[.;](?:\s|$)", text)[0].rstrip(".")


def results(root: Path, target: Path) -> str:
    """The results' page: every table from the records, and the records' own figures, copied beside it."""
    folder = root / "data" / "results"
    runs = records.read_all(folder)
    parts = [(root / "site" / "results.md").read_text(encoding="utf-8")]
    parts += ["## Leaderboard", leaderboard.leaderboard_tables(folder, runs)]
    for path in sorted((folder / "ablation").glob("*.json")):
        value = ablation.read_ablation(folder, path.stem)
        parts += [f"## Ablation on {path.stem}", ablation.ablation_table(value)]
    readings = reproduction.reproduction_table(reproduction.read_reproduction(folder))
    parts += ["## What each reading of the slides is worth, on FER2013", readings]
    parts += ["## Reference runs", tables.table(runs), "## Figures of the reference runs"]
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*-seed0-*.png")):
        shutil.copyfile(path, target / path.name)
        parts.append(f"![{_described(path)}]({target.name}/{path.name})")
    return "\n\n".join(part for part in parts if part) + "\n"


def _described(path: Path) -> str:
    """The alt text that a figure of the course carries inside."""
    from PIL import Image

    with Image.open(path) as image:
        text = image.info.get("Description", path.stem)
    return re.sub(r"[\[\]\n]", " ", text)


def reference(root: Path = ROOT) -> dict[str, str]:
    """A page a room, by name: what its docstring says, and each name of its door with signature and docstring."""
    rooms = [path.parent.name for path in sorted((root / "emocourse").glob("*/__init__.py"))]
    files = [path.stem for path in sorted((root / "emocourse").glob("*.py")) if not path.stem.startswith("_")]
    return {name: "\n".join(_room(f"emocourse.{name}")) for name in sorted([*rooms, *files]) if name != "cli"}


def _room(name: str) -> Iterator[str]:
    module = importlib.import_module(name)
    yield f"# `{name}`\n\n```{{eval-rst}}\n.. automodule:: {name}\n   :no-members:\n"
    offered = getattr(module, "__all__", None)
    if offered is None:
        offered = [key for key, value in vars(module).items() if _is_own(key, value, name)]
    for key in sorted(offered):
        value = getattr(module, key)
        if isinstance(value, type):
            yield f".. autoclass:: {name}.{key}\n   :members:\n"
        elif inspect.isroutine(value):
            yield f".. autofunction:: {name}.{key}\n"
        elif not inspect.ismodule(value):
            yield f".. autodata:: {_home(module, key)}.{key}\n   :no-value:\n"
    yield "```\n"


def _is_own(key: str, value: Any, module: str) -> bool:
    return not key.startswith("_") and getattr(value, "__module__", None) == module


def _home(room: ModuleType, key: str) -> str:
    """The file of a room in whose text a constant is set: there stands what it is."""
    for found in pkgutil.iter_modules(getattr(room, "__path__", [])):
        name = f"{room.__name__}.{found.name}"
        text = inspect.getsource(importlib.import_module(name))
        if re.search(rf"^{key}\b[^=\n]*=", text, re.MULTILINE):
            return name
    return room.__name__


def write(target: Path, root: Path = ROOT) -> None:
    """Write everything that Sphinx reads into a new folder.

    Raises:
        CourseError: the folder is not empty, or a record or an output cannot be used.
    """
    if target.exists() and any(target.iterdir()):
        raise CourseError(f"{target} is not empty: give a new folder.")
    shutil.copytree(root / "site", target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("demo", "results.md"))
    extra = target / "extra"  # copied as it is
    for path in sorted((root / "lessons").glob("*.ipynb")):
        solved = root / "solutions" / path.name
        solution = nbformat.read(solved, 4) if solved.is_file() else None
        shown = lesson(nbformat.read(path, 4), solution, extra / "lessons" / "figures")
        (target / "lessons").mkdir(exist_ok=True)
        (target / "lessons" / path.name).write_text(nbformat.writes(shown), encoding="utf-8")
    shutil.copyfile(root / "lessons" / glossary.NAME, target / glossary.NAME)
    _fill(target / "index.md", "lessons", lessons_table(root))
    _fill(target / "lessons.md", "lessons", lessons_table(root))
    _fill(target / "lessons.md", "toctree", _toctree(root))
    (target / "results.md").write_text(results(root, target / "charts"), encoding="utf-8")
    pages = reference(root)
    (target / "reference").mkdir()
    for name, text in pages.items():
        (target / "reference" / f"{name}.md").write_text(text, encoding="utf-8")
    _fill(target / "reference.md", "toctree", "\n".join(f"reference/{name}" for name in pages))
    contributing = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (target / "contributing.md").write_text(_outward(contributing, root), encoding="utf-8")


def _toctree(root: Path) -> str:
    lines = []
    for one in headers(root):
        words = f"{one['number']} {one['title']}".strip()
        lines.append(f"{words} <lessons/{one['name']}>")
    return "\n".join(lines)


def _fill(path: Path, name: str, made: str) -> None:
    text = path.read_text(encoding="utf-8")
    mark = f"% {name}"
    if f"\n{mark}\n" not in text:
        raise CourseError(f"site/{path.name} needs the line {mark!r}: put it back.")
    path.write_text(text.replace(f"\n{mark}\n", f"\n{made}\n"), encoding="utf-8")


def _outward(text: str, root: Path) -> str:
    """A page of the checkout whose links to other files lead to GitHub, or are plain words without an address."""
    address = hosting.repository(root)

    def lead(match: re.Match[str]) -> str:
        words, target = match[1], match[2]
        if target.startswith(("http", "#")):
            return match[0]
        return f"[{words}](https://github.com/{address}/blob/{hosting.BRANCH}/{target})" if address else words

    return re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", lead, text)
