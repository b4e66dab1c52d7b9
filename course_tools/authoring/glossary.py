"""The glossary, ``lessons/glossary.md``: a lesson links each of its terms where its prose first uses it.

A term is a heading of the second level, and ``*Also …*`` below it gives it other forms. Links are made when a lesson is
built, so that its source stays free of them. They lead to the file beside the lesson, which JupyterLab opens as a page.
Colab has no files beside a notebook; so once the course has an address, they lead to the same file there.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from . import hosting

if TYPE_CHECKING:
    from nbformat import NotebookNode

NAME = "glossary.md"
_ENTRY = re.compile(r"^## (.+)\n\n(?:\*Also (.+?)\.\*)?", re.MULTILINE)
# What holds no link: code, headings, tables, links and images, addresses, formulas, HTML.
_KEPT = (
    r"^```[\s\S]*?^```|`[^`]*`|^#+ .*$|^\|.*$|!?\[(?:[^\[\]]|\[[^\]]*\](?:\([^)]*\))?)*\]\([^)]*\)|https?://\S+"
    r"|\$[^$\n]+\$|<[^>\n]+>"
)
_LINK = re.compile(rf"\]\((?:https://github\.com/[\w./-]+/)?{re.escape(NAME)}#([^)]+)\)")


def terms(root: Path) -> dict[str, str]:
    """Every form of every term to the term itself; empty where a checkout has no glossary."""
    path = root / "lessons" / NAME
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    entries = [(term, [term, *filter(None, (others or "").split(", "))]) for term, others in _ENTRY.findall(text)]
    return {form: term for term, forms in entries for form in forms}


def link(lesson: "NotebookNode", root: Path) -> None:
    """Link each term where the prose of a lesson first uses it: not in the header, nor in further reading.

    Args:
        lesson: a student's notebook; it is changed.
        root: the checkout that it belongs to.
    """
    known, address, linked = terms(root), hosting.repository(root), set()
    forms = sorted(known, key=len, reverse=True)  # "label smoothing" before "smoothing"
    wanted = "|".join(f"(?P<form{k}>{_pattern(form)})" for k, form in enumerate(forms))
    words = re.compile(rf"{_KEPT}|(?<![\w-])(?:{wanted})(?![\w-])", re.MULTILINE)

    def lead(match: re.Match[str]) -> str:
        term = known[forms[int(match.lastgroup[4:])]] if match.lastgroup else None
        if term is None or term in linked:
            return match[0]
        linked.add(term)
        return f"[{match[0]}]({_target(term, address)})"

    for cell in lesson.cells[1:] if known else ():
        if cell.cell_type == "markdown":
            prose, heading, references = cell.source.partition("## Further reading")
            cell.source = words.sub(lead, prose) + heading + references
            if heading:
                return


def _pattern(form: str) -> str:
    """A form in running text: broken over lines, with a capital at the start of a sentence, in the plural."""
    first = f"[{form[0].upper()}{form[0]}]" if form == form.lower() else re.escape(form[0])
    return first + re.escape(form[1:]).replace(r"\ ", r"\s+") + "(?:s|es)?"


def _target(term: str, address: str | None) -> str:
    if address is None:
        return f"{NAME}#{term.replace(' ', '-')}"  # as JupyterLab names headings
    return f"https://github.com/{address}/blob/{hosting.BRANCH}/lessons/{NAME}#{slug(term)}"


def slug(words: str) -> str:
    """How GitHub, and the site, name a heading."""
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")


def for_site(text: str) -> str:
    """The prose of a lesson whose links lead to the site's own glossary."""
    return _LINK.sub(lambda match: f"](../{NAME}#{slug(match[1])})", text)
