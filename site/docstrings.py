"""Docstrings as the package writes them, for Sphinx: plain text where reStructuredText would see marks of its own."""

import re
from typing import Any

from sphinx.application import Sphinx


def adapt(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Change a docstring in place: bars are absolute values, and a constant without a text has none."""
    if what == "data" and lines and "\n".join(lines).strip() == (type(thing).__doc__ or "").strip():
        lines.clear()
    if lines[:1] == _first(tuple):  # an alias such as Box
        lines[:] = [line for line in lines if line.startswith("alias of")]
    if what == "data" and isinstance(thing, dict | tuple | list | frozenset) and lines[:1] == _first(type(thing)):
        lines.clear()
    if what == "module":
        lines[:] = [part for line in lines for part in _row(line)]
    lines[:] = [re.sub(r"\|(?=[^`]*(?:`[^`]*`[^`]*)*$)", r"\\|", line) for line in lines]


def _row(line: str) -> list[str]:
    """A row of a room's list, a module and what is in it, as a term and its definition."""
    found = re.fullmatch(r" *([a-z_0-9]+) {2,}(\S.*)", line)
    return [f"``{found[1]}``", f"    {found[2]}", ""] if found else [line]


def _first(kind: type) -> list[str]:
    return (kind.__doc__ or "").strip().splitlines()[:1]


def foreign(app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what another package put into a class of the course."""
    module = getattr(thing, "__module__", None)
    return True if isinstance(module, str) and not module.startswith("emocourse") else None


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("autodoc-process-docstring", adapt)
    app.connect("autodoc-skip-member", foreign)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
