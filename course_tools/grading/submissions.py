"""What was handed in: found in folders, zips and the exports of Moodle, Canvas and Blackboard, and read with suspicion.

Archives are unpacked under limits into folders that vanish, no link is followed, and whatever is wrong with one
submission is said in its own row.
"""

import contextlib
import functools
import hashlib
import itertools
import json
import os
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from emocourse.errors import CourseError
from emocourse.files import archives
from emocourse.files.store import open_regular

from .lessons import Cell

MAX_BYTES = 20 << 20
"""Largest notebook that is read. The largest of the course with all its outputs has 2 MB."""
MAX_SOURCE = 1 << 20
"""Most characters of all the code in one notebook."""
MAX_CELLS = 2_000
MAX_FOLDERS = 12  # one in the other
MAX_FILES = 2_000  # in one folder, and beside one notebook
MAX_NOTEBOOKS = 100  # of one student
MAX_BESIDE = 40 << 20  # bytes of all the files beside a notebook
_NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)
_PACKED = re.compile(r"\.(rar|7z|tar|tgz|gz|bz2|xz)$", re.IGNORECASE)
_HIDDEN = ("._", ".", "__MACOSX", "desktop.ini", "Thumbs.db")
# How learning platforms name what they export: who, and the mark by which two of one name are kept apart.
_PLATFORMS = (
    re.compile(r"(?P<who>.+?)_(?P<id>\d+)_assignsubmission_.+"),  # Moodle
    re.compile(r"(?P<who>[^_]+)(?P<late>_LATE)?_(?P<id>\d+)_\d+_.+\.\w+", re.IGNORECASE),  # Canvas
    re.compile(r".+?_(?P<who>[^_]+)_attempt_(?P<id>[\d-]{10,})(_.*|\.txt)?"),  # Blackboard
)
_BLACKBOARD = _PLATFORMS[2]
_NONE = "There is no notebook in it."


@dataclass
class File:
    """One file, or what stands where one should be: its path, how to read it, and what is wrong with it."""

    parts: tuple[str, ...]
    read: Callable[[], bytes] = bytes
    problem: str = ""

    @property
    def is_notebook(self) -> bool:
        """Whether it is named like one."""
        return bool(_NOTEBOOK.search(self.parts[-1]))


@dataclass
class Submission:
    """One notebook that was handed in, or a student without one.

    Args:
        student: who; two of the same name have their numbers beside it.
        name: the notebook's path in the folder.
        file: the notebook; None where there is none.
        beside: the other files of its folder, as far as that is the student's own.
        problem: why it cannot be graded, as far as that is known already.
        notes: what a person should know.
    """

    student: str
    name: str
    file: File | None
    beside: dict[str, File] = field(default_factory=dict)
    problem: str = ""
    notes: list[str] = field(default_factory=list)


def clean(text: object, limit: int = 500) -> str:
    """A text from outside, fit to be written anywhere: one line, no control characters, of limited length."""
    shown = "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") else " " for c in str(text))
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def clean_lines(text: object, limit: int = 10_000) -> str:
    """The same for a text of several lines."""
    return "\n".join(clean(line, limit) for line in str(text)[:limit].splitlines())


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula, also not one that splits lines at semicolons or tabs."""
    text = clean(text, 2_000).replace(";", ",")
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else text


def find(folder: Path, stack: contextlib.ExitStack) -> tuple[list[Submission], list[str]]:
    """Every notebook in the folder, in the order of the names, and the files that are none and nobody's.

    Args:
        folder: the submissions.
        stack: what is opened on the way is closed with it.

    Raises:
        CourseError: the folder cannot be read, or is empty.
    """
    if not folder.is_dir():
        raise CourseError(f"{clean(folder)} is not a folder: give the folder that holds the submissions.")
    try:
        files = list(_walk(os.fsencode(folder), (), stack))
    except OSError as error:
        raise CourseError(f"{clean(folder)} cannot be read ({error.strerror}): check its permissions.") from error
    if not files:
        raise CourseError(f"{clean(folder)} holds no files: put the submissions into it, one notebook each.")
    return _by_student(_unwrapped(files))


def _walk(folder: bytes, parts: tuple[str, ...], stack: contextlib.ExitStack) -> Iterator[File]:
    with os.scandir(folder) as found:
        for number, entry in enumerate(sorted(found, key=lambda entry: entry.name)):
            if parts and number > MAX_FILES:
                yield File((*parts, "…"), problem=f"It holds more than {MAX_FILES:,} files.")
                return
            if not _decoded(entry.name).startswith(_HIDDEN):
                try:
                    yield from _entry(entry, (*parts, _decoded(entry.name)), stack)
                except (OSError, CourseError) as error:
                    why = error if isinstance(error, CourseError) else f"It cannot be read ({error.strerror})."
                    yield File((*parts, _decoded(entry.name)), problem=str(why))


def _entry(entry: os.DirEntry, parts: tuple[str, ...], stack: contextlib.ExitStack) -> Iterator[File]:
    path = Path(os.fsdecode(entry.path))
    if entry.is_symlink():
        yield File(parts, problem="It is a link to another place, and links are not followed.")
    elif entry.is_dir(follow_symlinks=False):
        if len(parts) > MAX_FOLDERS:
            yield File((*parts, "…"), problem="It is a folder too deep inside others.")
        else:
            yield from _walk(entry.path, parts, stack)
    elif not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
        yield File(parts, problem="It is not a file but a device or a pipe.")
    elif parts[-1].lower().endswith(".zip"):
        yield from _unzipped(path, parts, stack)
    else:
        yield File(parts, lambda: _content(path))


def _content(path: Path) -> bytes:
    with open_regular(path) as stream:
        return stream.read(MAX_BESIDE + 1)


def _unzipped(
    path: Path, parts: tuple[str, ...], stack: contextlib.ExitStack, left: list[int] | None = None
) -> Iterator[File]:
    """The files of an archive, and of archives in it (a class's export of a zip a student).

    ``left`` is how many bytes the archives in the same one may still unpack to; the outer one has none.
    """
    try:
        if left and left[0] < 0:
            raise CourseError("those before it unpacked to too much")
        folder = stack.enter_context(archives.unpacked(path))
        if not folder.is_dir():
            raise CourseError("it is one packed file and no zip")
        if left:
            left[0] -= sum(member.stat().st_size for member in folder.rglob("*"))
        inside = [max(archives.MAX_UNPACKED, archives.MAX_RATIO * path.stat().st_size)]
        for member in sorted(member for member in folder.rglob("*") if member.is_file()):
            inner = tuple(_from_zip(part) for part in member.relative_to(folder).parts)
            if any(part.startswith(_HIDDEN) for part in inner):
                continue
            if inner[-1].lower().endswith(".zip") and not left:
                yield from _unzipped(member, (*parts, *inner), stack, inside)
            else:
                yield File((*parts, *inner), functools.partial(_content, member))
    except Exception as error:  # an archive may be wrong in more ways than its readers know
        yield File(parts, problem=f"It is an archive that cannot be opened ({clean(error, 150).rstrip('.')}).")


def _decoded(name: bytes) -> str:
    """A file's name; one in an older encoding than UTF-8 is read as that of Windows, so that no two become one."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("latin-1")


def _from_zip(name: str) -> str:
    """A name in a zip that does not say it is UTF-8, as macOS writes them."""
    try:
        return name if name.isascii() else name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _unwrapped(files: list[File]) -> list[File]:
    """Without the folder or zip around them all, where one holds a whole class."""
    while len({file.parts[0] for file in files}) == 1 and all(len(file.parts) > 1 for file in files):
        inner = [replace(file, parts=file.parts[1:]) for file in files]
        own = {file.parts[0] for file in inner if len(file.parts) > 1 and any(f.is_notebook for f in inner)}
        if len(own) < 2 and not any(_platform(file) for file in inner):
            break
        files = inner
    return files


def _exports(files: list[File]) -> list[str]:
    """The folders and zips that hold a platform's export, of several students and nothing else."""
    inside: dict[str, set[str]] = {}
    for file in files:
        match = _platform(replace(file, parts=file.parts[1:])) if len(file.parts) > 1 else None
        inside.setdefault(file.parts[0], set()).add(match["who"] if match else "")
    several = [name for name, who in inside.items() if len(who) > 1 and "" not in who]
    return [name for name in several if not _platform(File((name,)))]


def _platform(file: File, exports: Sequence[str] = ()) -> re.Match | None:
    """What a platform's name says of whose a file is. Names further down are the student's own choice."""
    part = file.parts[file.parts[0] in exports]
    return next((match for pattern in _PLATFORMS if (match := pattern.fullmatch(part))), None)


def _owner(file: File, exports: Sequence[str]) -> tuple[str, str]:
    """Who handed a file in, and the mark that keeps two of one name apart."""
    if match := _platform(file, exports):
        return match["who"], "" if match.re is _BLACKBOARD else match["id"]
    name = file.parts[0]
    if len(file.parts) == 1 or name.lower().endswith(".zip"):
        name = re.sub(_NOTEBOOK, "", name).removesuffix(".zip").removesuffix(".ZIP")
    return name, ""


def _by_student(files: list[File]) -> tuple[list[Submission], list[str]]:
    owners: dict[tuple[str, str], list[File]] = {}
    exports = _exports(files)
    for file in files:
        owners.setdefault(_owner(file, exports), []).append(file)
    shown = _names(list(owners))
    found, nobodys = [], []
    for owner, own in owners.items():
        notebooks = [file for file in own if file.is_notebook]
        alone = len(own) == 1 and len(own[0].parts) == 1 and not notebooks
        packed = next((f for f in own if _PACKED.search(f.parts[-1])), None)
        if 0 < len(notebooks) <= MAX_NOTEBOOKS:
            found += [_submission(shown[owner], file, own, _platform(file, exports)) for file in notebooks]
        elif alone and not own[0].problem and not packed and not _platform(own[0], exports):
            nobodys.append(clean("/".join(own[0].parts)))
        else:
            problem = "It is packed in a way that is not opened: unpack it first." if packed else _NONE
            problem = next((file.problem for file in own if file.problem), problem)
            if notebooks:
                problem = f"It holds more than {MAX_NOTEBOOKS} notebooks: leave those that are to be graded."
            found.append(Submission(shown[owner], clean("/".join((packed or own[0]).parts)), None, problem=problem))
    found.sort(key=lambda one: (one.name, one.student))
    return found, nobodys


def _names(owners: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What each is called, no two the same, nor in the tables."""
    shown = {owner: clean(owner[0], 100) or "?" for owner in owners}
    times = Counter(shown.values())
    taken: set[str] = set()
    for owner, name in shown.items():
        name = f"{name} ({owner[1]})" if times[name] > 1 and owner[1] else name
        numbered = (f"{name} [{n}]" for n in itertools.count(2))
        shown[owner] = next(one for one in itertools.chain([name], numbered) if safe(one) not in taken)
        taken.add(safe(shown[owner]))
    return shown


def _submission(student: str, file: File, own: list[File], match: re.Match | None) -> Submission:
    found = Submission(student, clean("/".join(file.parts)), file, problem=file.problem)
    folder = file.parts[:-1]
    if folder:  # in the folder of all, what lies beside is other students'
        near = (f for f in own if f is not file and f.parts[: len(folder)] == folder and not f.problem)
        near = itertools.islice(near, MAX_FILES)
        found.beside = {"/".join(other.parts[len(folder) :]): other for other in near}
    if match and match.groupdict().get("late"):
        found.notes.append("handed in late")
    return found


# --- Reading ----------------------------------------------------------------------------------------------------------


def read(submission: Submission) -> tuple[list[Cell], str]:
    """The cells of a submission's notebook, and a number that no other file has.

    Raises:
        CourseError: it is not a notebook that can be graded; the sentence says why.
    """
    if submission.problem or submission.file is None:
        raise CourseError(submission.problem or _NONE)
    data = submission.file.read()
    if len(data) > MAX_BYTES:
        raise CourseError(f"It has more than {MAX_BYTES >> 20} MB, which are not read: clear its outputs.")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError, MemoryError):
        raise CourseError("It is not a notebook: it is not JSON.") from None
    if not isinstance(value, dict) or not isinstance(value.get("cells"), list):
        raise CourseError("It is not a notebook of version 4: it has no list of cells.")
    if len(value["cells"]) > MAX_CELLS:
        raise CourseError(f"It has more than {MAX_CELLS:,} cells.")
    cells = [_cell(cell) for cell in value["cells"]]
    if sum(len(cell.source) for cell in cells) > MAX_SOURCE:
        raise CourseError(f"It has more than {MAX_SOURCE >> 20} MiB of code.")
    return cells, hashlib.sha256(data).hexdigest()


def _cell(cell: Any) -> Cell:
    """One cell. Colab keeps the id in the metadata; nbgrader's own id stays when a cell is copied."""
    if not isinstance(cell, dict):
        raise CourseError("It is not a notebook: a cell is no object.")
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise CourseError("It is not a notebook: the code of a cell is no text.")
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    nbgrader = metadata.get("nbgrader")
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    names = [name for name in (grade_id, cell.get("id"), metadata.get("id")) if isinstance(name, str)]
    tags = metadata.get("tags")
    tags = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    # Surrogates that JSON may hold cannot be written anywhere.
    text = source.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n")
    return Cell(str(cell.get("cell_type")), text, tuple(name[:64] for name in names), tags)


def beside(submission: Submission) -> dict[str, bytes]:
    """The files beside a notebook, as many as fit; CourseError where one cannot be read."""
    found, left = {}, MAX_BESIDE
    for name, file in submission.beside.items():
        data = file.read()
        left -= len(data)
        if left < 0:
            submission.notes.append(f"the files beside it have more than {MAX_BESIDE >> 20} MB; not all were there")
            break
        found[name] = data
    return found
