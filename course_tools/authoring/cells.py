"""Which cells of a lesson are exercises and checks, and what each is worth, in the words of nbgrader.

A cell named ``exercise-4-2`` holds the answer to exercise 4.2, and ``check-4-2`` its check. An exercise is worth one
point, or as many as a tag such as ``points-2`` on its check says. One that is answered in words is worth as many again,
given by hand. The lessons carry this as nbgrader's cell metadata, version 3
(https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html), so nbgrader can take them as they are.
"""

import ast
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL = re.compile(r"\d\d-(?P<kind>exercise|check)-(?P<lesson>\d+)-(?P<place>\d+)")
POINTS = re.compile(r"points-(\d{1,3})")
MIN_WORDS = 8
"""A text of as many words in the answer makes an exercise one in words."""


def number(cell_id: str, kind: str) -> str | None:
    """The exercise, such as "3.2", that a cell with this id is the "exercise" or the "check" of."""
    match = CELL.fullmatch(cell_id)
    return f"{int(match['lesson'])}.{int(match['place'])}" if match and match["kind"] == kind else None


def answers(source: str) -> list[str]:
    """The names that a check cell hands to `checks.check`; empty where it does not call it with plain names."""
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    for call in calls:
        if ast.unparse(call.func) in ("checks.check", "check") and call.args:
            return [arg.id for arg in call.args[1:] if isinstance(arg, ast.Name)]
    return []


def in_words(source: str) -> bool:
    """Whether the answer in an exercise's cell sets a name to a text of several words."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    texts = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    return any(
        isinstance(text, ast.Constant) and isinstance(text.value, str) and len(text.value.split()) >= MIN_WORDS
        for text in texts
    )


def metadata(notebook: "NotebookNode") -> dict[str, dict[str, Any]]:
    """nbgrader's metadata for the exercises and checks of a notebook that still has its answers, by cell id."""
    points = {}
    for cell in notebook.cells:
        if checked := number(cell.id, "check"):
            given = [int(match[1]) for tag in cell.metadata.get("tags", []) if (match := POINTS.fullmatch(tag))]
            points[checked] = given[0] if given else 1
    found = {}
    for cell in notebook.cells:
        for kind in ("exercise", "check"):
            if (which := number(cell.id, kind)) is None:
                continue
            by_hand = kind == "exercise" and in_words(cell.source)
            found[cell.id] = {
                "grade": kind == "check" or by_hand,
                "grade_id": cell.id,
                "locked": kind == "check",
                "schema_version": 3,
                "solution": kind == "exercise",
                "task": False,
                **({"points": points.get(which, 1)} if kind == "check" or by_hand else {}),
            }
    return found
