"""Spelling: British, and every word that is not in a dictionary is in our own list, which holds no other words.

The dictionary is pyspellchecker's, whose English is American. Codespell's list of pairs (colour, color) turns it
British: the first of a pair is right, and the second is wrong.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import nbformat

from . import prose

WORDS = Path(__file__).parent / "words.txt"
# What is not prose: code, addresses and names of hosts, comments, the targets of links, formulas, names of files.
NOT_PROSE = re.compile(
    r"^```.*?^```|^% .*?$|``[^`]+``|`[^`]*`|<!--.*?-->|\]\([^)]*\)|\$[^$\n]+\$|<[^>\n]+>|\bdoi\s+10\.[^\s\])]+"
    r"|https?://[^\s)>\]]+|\b[\w-]+(?:\.[\w-]+)*\.(?:org|com|net|eu|press)\b[^\s)\]]*"
    r"|\b[\w./-]+\.(?:py|npz|ipynb|csv|md|zip|gz|toml|txt|yml|json|cff|js)\b",
    re.DOTALL | re.MULTILINE,
)
WORD = re.compile(r"[^\W\d_²³]+(?:['’][^\W\d_]+)*")


@cache
def _dictionary():
    from spellchecker import SpellChecker

    return SpellChecker(distance=1)


@cache
def _pairs() -> tuple[frozenset[str], frozenset[str]]:
    """British words, and American ones for them."""
    import codespell_lib

    path = Path(codespell_lib.__file__).parent / "data" / "dictionary_en-GB_to_en-US.txt"
    pairs = [line.split("->") for line in path.read_text(encoding="utf-8").splitlines() if "->" in line]
    british = frozenset(left.strip().lower() for left, _ in pairs)
    return british, frozenset(word.strip().lower() for _, right in pairs for word in right.split(",")) - british


def wrong(text: str, own: Iterable[str]) -> Iterator[str]:
    """The words of a Markdown text that are neither British English nor among our ``own``, each as often as it comes.

    Between quotation marks stand other people's words, which may be American.
    """
    british, american = _pairs()
    known = set(own)
    for n, part in enumerate(re.split(r'["“”]', NOT_PROSE.sub(" ", text))):
        for word in (re.sub(r"['’]s?$", "", found.replace("’", "'")) for found in WORD.findall(part)):
            lower = word.lower()
            # A name stands in the list as it is written; any other word small, for the start of a sentence too.
            if word in known or lower in known or len(word) == 1 or lower in british:
                continue
            if (lower in american and n % 2 == 0) or _dictionary().unknown([lower]):
                yield word


def texts(root: Path) -> dict[str, str]:
    """Every text for people in the course, by its name: the prose of the lessons and the pages beside them."""
    pages = [root / "README.md", root / "CONTRIBUTING.md"]
    pages += [
        path for folder in ("data", "lessons", "site", "solutions") for path in sorted((root / folder).glob("*.md"))
    ]
    found = {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in pages}
    for path in sorted((root / "solutions").glob("*.ipynb")):
        found[path.name] = "\n\n".join(prose(nbformat.read(path, 4)))
    return found


def own_words() -> list[str]:
    """Our list: names, terms of the field, and words of British English that the dictionary lacks."""
    return WORDS.read_text(encoding="utf-8").split()
