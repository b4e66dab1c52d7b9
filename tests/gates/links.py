"""Links: those inside the course lead somewhere; those to the outside are well-formed, and listed for a look at times.

``python -m tests.gates.links`` (`make links`) asks every address outside whether it is there. Nothing else in the tests
goes to the internet.
"""

import re
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat

ROOT = Path(__file__).resolve().parent.parent.parent
# A link's words may hold brackets and an image; its target may hold brackets in pairs, as some DOIs do.
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\](?:\([^)]*\))?)*\]\(((?:[^()\s]|\([^()]*\))+)(?:\s+\"[^\"]*\")?\)")
IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
BARE = re.compile(r"(?<![(\"'=\w])<?(https?://[^\s<>\"'`)\]]+)")
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
DOI = re.compile(r"10\.\d{4,9}/[^\s?#]*[^\s?#.,;:]")
SHOWN_DOI = re.compile(r"\bdoi:?\s+(10\.(?:[^\s\[\](),;]|\([^\s()]*\))+[^\s\[\](),;.:])")
TOLD_NO = (401, 403, 405, 406, 418, 429, 503)
"""What servers answer to programs, and not to people, though the page is there."""


def pages(root: Path = ROOT) -> dict[Path, str]:
    """The Markdown of every page and notebook of the course, code left out, by its file."""
    found = [*sorted(root.glob("*.md")), *sorted(root.glob("data/*.md")), *sorted(root.glob("solutions/*.md"))]
    found += [*sorted(root.glob("site/*.md")), *sorted(root.glob("lessons/*.md"))]
    texts = {path: path.read_text(encoding="utf-8") for path in found}
    for path in sorted(root.glob("*/*.ipynb")):
        if path.parent.name in ("lessons", "solutions"):
            cells = nbformat.read(path, 4).cells
            texts[path] = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return {path: CODE.sub("", text) for path, text in texts.items()}


def _name(page: Path) -> str:
    return f"{page.parent.name}/{page.name}" if page.parent.name in ("lessons", "solutions", "data") else page.name


def targets(text: str) -> list[str]:
    """Where the links and images of a text lead, each once."""
    found = [*LINK.findall(text), *IMAGE.findall(text)]
    return list(dict.fromkeys([*found, *(address.rstrip(".,;:!?") for address in BARE.findall(LINK.sub("", text)))]))


def anchors(text: str) -> set[str]:
    """What may stand behind # in a link to this text: JupyterLab writes Two-Words, and GitHub two-words."""
    found = set()
    for words in HEADING.findall(text):
        plain = re.sub(r"[*_`]|\[([^\]]*)\]\([^)]*\)", r"\1", words)
        found |= {plain.replace(" ", "-"), re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")}
    return found


def inside(texts: dict[Path, str]) -> list[str]:
    """Links between pages, notebooks and files that lead nowhere."""
    problems = []
    for page, text in texts.items():
        for target in targets(text):
            parts = urlsplit(target)
            if parts.scheme in ("http", "https", "mailto"):
                continue
            file = page.parent / unquote(parts.path) if parts.path else page
            if parts.scheme or target.startswith("/"):
                problems.append(f"{_name(page)}: {target} is no link inside the course")
            elif not file.exists():
                problems.append(f"{_name(page)}: {target} leads nowhere")
            elif parts.fragment:
                known = texts.get(file.resolve()) or texts.get(file)
                if known is None or unquote(parts.fragment) not in anchors(known):
                    problems.append(f"{_name(page)}: {target} names no heading there")
            elif page.parent.name == "lessons" and "solutions" in file.resolve().parts[-2:]:
                problems.append(f"{_name(page)}: {target} leads to the solutions")
    return problems


def outside(texts: dict[Path, str]) -> dict[str, list[str]]:
    """Every address outside the course, with the names of the pages that have it."""
    found: dict[str, list[str]] = {}
    for page, text in texts.items():
        for target in targets(text):
            if urlsplit(target).scheme in ("http", "https") and _name(page) not in found.setdefault(target, []):
                found[target].append(_name(page))
    return dict(sorted(found.items()))


def malformed(texts: dict[Path, str]) -> list[str]:
    """Addresses that cannot be right: not https, a DOI of another form, a DOI whose words and target differ."""
    problems = []
    for address, where in outside(texts).items():
        parts = urlsplit(address)
        if parts.scheme != "https":
            problems.append(f"{where[0]}: {address} is not https")
        if "." not in parts.netloc:
            problems.append(f"{where[0]}: {address} names no host")
        doi = DOI.fullmatch(unquote(parts.path[1:])) and parts.netloc == "doi.org"
        if parts.netloc in ("doi.org", "dx.doi.org", "www.doi.org") and not doi:
            problems.append(f"{where[0]}: {address} is not of the form https://doi.org/10.…")
    for page, text in texts.items():
        for shown in SHOWN_DOI.findall(text):
            if f"](https://doi.org/{shown})" not in text:
                problems.append(f"{_name(page)}: doi {shown} does not lead to https://doi.org/{shown}")
    return problems


def _ask(address: str) -> str | None:
    """What is wrong with an address outside, as its server says; None where the page is there."""
    agent = {"User-Agent": "Mozilla/5.0 (link check of a course)"}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=agent), timeout=30):
            return None
    except urllib.error.HTTPError as error:
        return None if error.code in TOLD_NO else f"the server answers {error.code} {error.reason}"
    except (OSError, ValueError) as error:
        return f"it cannot be reached ({error})"


def visit(addresses: dict[str, list[str]], ask: Callable[[str], str | None] = _ask) -> list[str]:
    """One sentence for each address that is not there, after a second try."""
    problems = []
    for number, (address, where) in enumerate(addresses.items(), start=1):
        print(f"{number}/{len(addresses)} {address}", file=sys.stderr)
        if ask(address) and (answer := ask(address)):
            problems.append(f"{address} ({', '.join(where)}): {answer}")
    return problems


def main() -> int:
    """Ask every address outside; print what is wrong."""
    found = visit(outside(pages()))
    print("\n".join(found) or "Every address outside the course is there.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
