"""Which lessons use a public function, said in its docstring: the first paragraph ends with "Lessons 04, 08."."""

import ast
import re
from collections import defaultdict
from pathlib import Path

from emocourse.files import store

_SAID = re.compile(r"\s*\bLessons? \d\d(?:, \d\d)*\.")
_WIDTH = 120


def used(root: Path) -> dict[tuple[str, str], list[str]]:
    """(room, name) to the numbers of the lessons that use it, from the sources in ``solutions``."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    here = {path.stem for path in (root / "emocourse").iterdir()}
    for path in sorted((root / "solutions").glob("[0-9]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        rooms: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "emocourse":
                rooms |= {alias.asname or alias.name: alias.name for alias in node.names}
                for name in {alias.name for alias in node.names} - here:  # what the front door offers itself
                    found["", name].add(path.name[:2])
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("emocourse."):
                for alias in node.names:
                    found[node.module.partition(".")[2], alias.name].add(path.name[:2])
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in rooms:
                found[rooms[node.value.id], node.attr].add(path.name[:2])
    return {key: sorted(numbers) for key, numbers in found.items()}


def outdated(root: Path) -> dict[Path, str]:
    """The files of the package in which a docstring names other lessons than use it, and what should stand there."""
    if not (root / "emocourse").is_dir():
        return {}  # lessons of somebody's own, beside the installed package
    lessons, found = used(root), {}
    for path in sorted((root / "emocourse").rglob("*.py")):
        room = path.relative_to(root / "emocourse").with_suffix("").parts
        if room[0] == "checks":
            continue  # a check belongs to its lesson as it is
        text = path.read_text(encoding="utf-8")
        if (new := _updated(text, room[0] if len(room) < 3 else ".".join(room[:-1]), lessons)) != text:
            found[path] = new
    return found


def update(root: Path) -> list[Path]:
    """Make every public function and class say which lessons use it; the files that were written."""
    found = outdated(root)
    for path, text in found.items():
        with store.atomic_write(path) as stream:
            stream.write(text.encode())
    return list(found)


def _updated(text: str, room: str, lessons: dict[tuple[str, str], list[str]]) -> str:
    lines = text.split("\n")
    for node in reversed(ast.parse(text).body):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is not None:
            quoted = node.body[0]
            start, stop = quoted.lineno - 1, quoted.end_lineno
            doors = {room, room.rpartition(".")[0], ""}
            numbers = sorted({number for door in doors for number in lessons.get((door, node.name), ())})
            lines[start:stop] = _with_lessons(lines[start:stop], numbers)
    return "\n".join(lines)


def _with_lessons(docstring: list[str], numbers: list[str]) -> list[str]:
    """The lines of a docstring, quotes and indentation included, whose first paragraph ends with the lessons."""
    end = next((k for k, line in enumerate(docstring) if not line.strip()), len(docstring))
    head, rest = "\n".join(docstring[:end]), docstring[end:]
    indent = re.match(r"\s*", head)[0]
    quotes = "" if rest else '"""'
    body = head.rstrip()
    body = body[: len(body) - len(quotes)].rstrip()
    body = _SAID.sub("", body).rstrip()
    said = f"Lesson{'s' * (len(numbers) > 1)} {', '.join(numbers)}." if numbers else ""
    last = body.rpartition("\n")[2]
    if said:
        body += f" {said}" if len(last) + len(said) + len(quotes) < _WIDTH else f"\n{indent}{said}"
    apart = "\n" + indent if quotes and "\n" in body and head.rstrip().splitlines()[-1].strip() == '"""' else ""
    return (body + apart + quotes).split("\n") + rest
