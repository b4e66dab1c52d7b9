"""What a path to FER2013 leads to: a CSV or a folder of images, as it is or inside an archive; every row is checked.

The CSV: ``fer2013.csv`` (``emotion,pixels,Usage``), ``icml_face_data.csv`` (``emotion, Usage, pixels``), and copies of
them with further columns or other separators; columns are found by their names.

The folder: ``train/angry/x.jpg``, with the splits ``train``, ``validation`` (also ``val``, ``valid``, ``PublicTest``)
and ``test`` (also ``PrivateTest``), and classes by name, by FER2013's number (``0`` to ``6``), or both (``0_angry``,
where the name counts). Kaggle's image folders know only train and test, and their test holds PublicTest and PrivateTest
together, 7,178 images: which of the two an image came from is lost, so all of it stays "test" here, and there is no
validation.
"""

import contextlib
import csv
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import filterfalse
from pathlib import Path
from typing import IO

import numpy as np
from tqdm import tqdm

from ..emotions import EMOTIONS
from ..errors import CourseError
from ..files import archives, images
from ..files.store import open_regular, show

SIDE = 48
PIXELS = SIDE * SIDE
SPLITS = ("train", "validation", "test")
USAGES = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
"""FER2013's names of the splits, and ours."""
CSV_NAMES = ("fer2013.csv", "icml_face_data.csv")
"""The two files of Kaggle that hold labels, pixels and splits."""
MAX_LINE = 1 << 15
"""Longest line in bytes. 2,304 numbers of three digits take 9,216."""
MAX_ROWS = archives.MAX_MEMBERS
MAX_REASONS = 20
"""How many reasons for skipped rows are kept; all are counted."""

_COLUMNS = ("emotion", "pixels", "usage")
_SEPARATORS = ",;\t|"
_LABELS = {str(label).encode(): label for label in range(7)}
_USAGE_CODES = {usage.encode(): SPLITS.index(split) for usage, split in USAGES.items()}
_NOT_TEXT = {
    b"\x89PNG": "a PNG image", b"\xff\xd8\xff": "a JPEG image", b"GIF8": "a GIF image", b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file", b"%PDF": "a PDF document", b"\x93NUMPY": "a NumPy file", b"\x89HDF": "an HDF5 file",
    b"\xff\xfe": "UTF-16 text", b"\xfe\xff": "UTF-16 text", b"<": "a web page",
}  # fmt: skip
_TABLES = (".parquet", ".arrow")
_CONVERT = (
    "a table of Hugging Face's datasets, which is not read here: load it with that library or pandas and save each "
    "image as train/angry/0.png and so on, or write a CSV with the columns emotion, pixels and Usage"
)
_ARCHIVE_ENDINGS = (".zip", ".tar.gz", ".tgz", ".tar", ".gz", ".7z", ".rar")
_SPLIT_NAMES = {
    "train": 0, "training": 0,
    "validation": 1, "val": 1, "valid": 1, "publictest": 1,
    "test": 2, "privatetest": 2,
}  # fmt: skip
_CLASS_NAMES = {name: label for label, name in enumerate(EMOTIONS)} | {
    "angry": 0, "disgusted": 1, "fearful": 2, "happy": 3, "sad": 4, "surprised": 5,
}  # fmt: skip
_IGNORED = ("thumbs.db", "desktop.ini", "__macosx")

Place = tuple[int, int, str]
"""(split as an index into SPLITS, label, name with forward slashes): sorts into the order in which images are
numbered."""


@dataclass
class Rows:
    """Images that passed every check, in the order of the file. ``pixels`` holds 2,304 bytes an image."""

    form: str  # "csv" or "folder"
    pixels: bytearray = field(default_factory=bytearray)
    labels: list[int] = field(default_factory=list)
    splits: list[int] = field(default_factory=list)  # index into SPLITS
    rows: list[int] = field(default_factory=list)  # 1-based line of the file, or position in the folder
    n_skipped: int = 0
    skipped: list[str] = field(default_factory=list)

    def add(self, pixels: bytes, label: int, split: int, row: int) -> None:
        self.pixels += pixels
        self.labels.append(label)
        self.splits.append(split)
        self.rows.append(row)

    def skip(self, reason: str) -> None:
        self.n_skipped += 1
        if len(self.skipped) < MAX_REASONS:
            self.skipped.append(reason)


@dataclass(frozen=True)
class Source:
    """One readable dataset.

    Attributes:
        path: a file, or the folder of images.
        where: its name, for messages.
        places: the images of a folder; None for a file.
        packed: the file is an archive.
    """

    path: Path
    where: str
    places: list[Place] | None = None
    packed: bool = False

    def digest(self) -> str:
        """SHA-256 of the content, in hex; packed content as it is packed."""
        if self.places is None:
            with open_regular(self.path) as file, _disk_errors(self.path):
                return hashlib.file_digest(file, "sha256").hexdigest()
        total = hashlib.sha256(b"folder\n")
        for *_, name in self.places:
            with contextlib.suppress(CourseError):  # read() says what is wrong with it
                total.update(name.encode("utf-8", "surrogateescape") + b"\0")
                total.update(hashlib.sha256(_content(self.path / name)).digest())
        return total.hexdigest()

    def rows(self, skip_bad: bool, progress: bool) -> Rows:
        """Read and check everything.

        Args:
            skip_bad: count bad rows or images and go on, instead of raising; what is wrong with the whole file raises.
            progress: show bars on stderr.

        Raises:
            CourseError: naming the file, and the line or image.
        """
        if self.packed:
            with archives.unpacked(self.path, progress) as inside:
                return _in_archive(inside, self.where).rows(skip_bad, progress)
        if self.places is not None:
            return _read_images(self.path, self.places, self.where, skip_bad, progress)
        with open_regular(self.path) as file, _disk_errors(self.path):
            return read_rows(file, self.where, skip_bad, progress)


def open_source(path: Path) -> Source:
    """Find out what ``path`` holds, without reading it whole.

    Raises:
        CourseError: nothing that FER2013 comes in, several datasets, or a kind of archive that is not unpacked here.
    """
    if path.is_dir():
        chosen = _choose(path, show(path))
        return open_source(path / chosen) if isinstance(chosen, str) else Source(path, show(path), chosen)
    kind = archives.kind(path)
    if path.stat().st_size > archives.MAX_UNPACKED:
        raise CourseError(f"{show(path)} is over {archives.MAX_UNPACKED >> 30} GiB: it is not the FER2013 dataset.")
    if kind == "other" and path.name.lower().endswith(_ARCHIVE_ENDINGS):
        raise CourseError(f"{show(path)} is not the archive that its name says: get it again, or rename it.")
    return Source(path, show(path), packed=kind != "other")


def _in_archive(inside: Path, where: str) -> Source:
    """The dataset in an unpacked archive; an archive within is not opened."""
    if not inside.is_dir():
        return Source(inside, where)
    chosen = _choose(inside, where)
    if isinstance(chosen, str):
        return Source(inside / chosen, f"{where} ({show(chosen)})")
    return Source(inside, where, chosen)


def _choose(folder: Path, where: str) -> str | list[Place]:
    """The name of the one CSV, or the places of the images, in a folder.

    Kaggle's competition comes with further CSVs, so the two names that hold the whole dataset go before everything
    else.
    """
    names = _walk(folder, where)
    csvs = [name for name in names if name.lower().endswith(".csv")]
    whole = [name for name in csvs if name.lower().split("/")[-1] in CSV_NAMES]
    if not whole and (places := layout(names, where)):
        return places
    csvs = sorted(whole or csvs)
    if len(csvs) == 1:
        return csvs[0]
    if csvs:
        listed = " and ".join(show(name) for name in csvs[:2])
        raise CourseError(f"{where} holds several CSV files ({listed}): unpack it and give the path of the right one.")
    for endings, advice in (
        (_TABLES, f"is {_CONVERT}"),
        (_ARCHIVE_ENDINGS, "is an archive: take that out and give its path"),
    ):
        found = [name for name in names if name.lower().endswith(endings)]
        if found:
            raise CourseError(f"{where} holds no CSV, and {show(min(found))} {advice}.")
    raise CourseError(f"{where} holds neither a FER2013 CSV nor class folders such as train/angry: check the path.")


@contextlib.contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CourseError(f"{show(path)} cannot be read ({error.strerror}): check the disk.") from error


# --- The CSV ----------------------------------------------------------------------------------------------------------


def lines(file: IO[bytes], where: str) -> Iterator[tuple[int, bytes]]:
    """(1-based number, line) of a text file in UTF-8, without its mark; blank lines at the end are left out.

    Raises:
        CourseError: the file is empty, is no text, has a line of more than :data:`MAX_LINE` bytes, or more than
            :data:`MAX_ROWS` rows.
    """
    head = file.read(MAX_LINE)
    what = next((what for start, what in _NOT_TEXT.items() if head.startswith(start)), None)
    if head.startswith((b"PAR1", b"ARROW1")):
        raise CourseError(f"{where} is {_CONVERT}.")
    if what or b"\0" in head:
        what = f"is {what}," if what else "holds NUL bytes, so it is"
        raise CourseError(f"{where} {what} not a CSV file in UTF-8: get FER2013's CSV again.")
    if not head:
        raise CourseError(f"{where} is empty: get FER2013's CSV again.")
    file.seek(3 if head.startswith(b"\xef\xbb\xbf") else 0)
    blank: list[int] = []  # blank lines that are only let through once a row follows
    for number, line in enumerate(iter(lambda: file.readline(MAX_LINE + 2), b""), 1):
        if number > MAX_ROWS + 1:
            raise CourseError(f"{where} has more than {MAX_ROWS:,} lines: it is not the FER2013 dataset.")
        if len(line) > MAX_LINE:
            raise CourseError(f"{where}, line {number}: is over {MAX_LINE:,} bytes long, so this is not FER2013's CSV.")
        if not line.strip():
            blank.append(number)
            continue
        yield from ((earlier, b"") for earlier in blank)
        blank.clear()
        yield number, line


def read_rows(file: IO[bytes], where: str, skip_bad: bool = False, progress: bool = False) -> Rows:
    """Read a whole CSV.

    Args:
        file: the open file.
        where: its name, for messages.
        skip_bad: count bad rows and go on, instead of raising; a wrong header or a file that is no CSV still raises.
        progress: show a bar on stderr.

    Raises:
        CourseError: naming file and line: a wrong header, or a row that does not have a label 0-6, exactly 2,304
            integers 0-255 and a known Usage; or no row at all.
    """
    size = os.fstat(file.fileno()).st_size
    result = Rows("csv")
    with tqdm(total=size, desc="Reading FER2013", unit="B", unit_scale=True, disable=not progress) as bar:
        numbered = lines(file, where)
        layout = _header(numbered, where)
        for number, line in numbered:
            row = parse_row(line, layout)
            if isinstance(row, str):
                if not skip_bad:
                    raise CourseError(f"{where}, line {number}: {row}.")
                result.skip(f"line {number}: {row}")
            else:
                result.add(*row, number)
            bar.update(file.tell() - bar.n)
    if not result.labels:
        raise CourseError(f"{where} holds no usable row below its header: get FER2013's CSV again.")
    return result


@dataclass(frozen=True)
class Columns:
    """How a CSV's lines are laid out: how many columns, by what separated, and the places of the three that count."""

    count: int
    separator: bytes
    emotion: int
    pixels: int
    usage: int


def _header(numbered: Iterator[tuple[int, bytes]], where: str) -> Columns:
    number, header = next(numbered, (1, b""))
    declared = re.fullmatch(rb'"?sep=([,;\t|])"?\s*', header, re.IGNORECASE)  # a line that only Excel understands
    if declared:
        number, header = next(numbered, (number + 1, b""))
    where, wanted = f"{where}, line {number}", "expected the columns emotion, pixels, Usage"
    try:
        text = header.decode("utf-8")
        separator = declared[1].decode() if declared else max(_SEPARATORS, key=text.count)
    except UnicodeDecodeError as error:
        raise CourseError(f"{where}: the header is not UTF-8 text; {wanted}.") from error
    names = [name.decode().lower() for name in _cells(header, separator.encode())]
    if sorted(filter(None, names)) in (["emotion", "pixels"], ["pixels"]):
        raise CourseError(
            f"{where}: there is no Usage column, so this is the competition's train.csv or test.csv; "
            "give its icml_face_data.csv, or fer2013.csv, which hold the splits."
        )
    if any(names.count(name) != 1 for name in _COLUMNS):
        found = "".join(c if c.isprintable() else "?" for c in ", ".join(names))[:80]
        raise CourseError(f"{where}: the header is wrong; {wanted}, found {found!r}.")
    return Columns(len(names), separator.encode(), *map(names.index, _COLUMNS))


def _cells(line: bytes, separator: bytes) -> list[bytes]:
    if b'"' not in line:  # nearly every line, and three times as fast
        return [cell.strip() for cell in line.split(separator)]
    text = line.decode("utf-8", "surrogateescape").strip()
    try:
        (cells,) = csv.reader([text], delimiter=separator.decode(), skipinitialspace=True)
    except csv.Error:  # a carriage return in the middle
        return []
    return [cell.strip().encode("utf-8", "surrogateescape") for cell in cells]


def parse_row(line: bytes, columns: Columns) -> tuple[bytes, int, int] | str:
    """(2,304 pixel bytes, label, split as an index into SPLITS) of one line, or what is wrong with it."""
    if not line:
        return "is blank, with rows after it"
    cells = _cells(line, columns.separator)
    if len(cells) != columns.count:
        return f"has {len(cells)} columns instead of {columns.count}"
    emotion, usage = cells[columns.emotion], cells[columns.usage]
    label, split = _LABELS.get(emotion), _USAGE_CODES.get(usage)
    if label is None:
        return f"the label is {_quote(emotion)}, not an integer from 0 to 6" if emotion else "the label is missing"
    if split is None:
        return (
            f"the Usage is {_quote(usage)}, not Training, PublicTest or PrivateTest"
            if usage
            else "the Usage is missing"
        )
    values = parse_pixels(cells[columns.pixels])
    return values if isinstance(values, str) else (values, label, split)


def parse_pixels(text: bytes) -> bytes | str:
    """2,304 integers 0-255 with spaces between them as 2,304 bytes, or what is wrong with them.

    The fast way takes only what it can prove: nothing but digits and spaces, the right count, no value above 255, and
    as many digits as those values have. The last rules out numbers so large that parsing wraps around.
    """
    if text.count(b" ") == PIXELS - 1 and not text.translate(None, b"0123456789 "):
        values = np.fromstring(text, np.int64, sep=" ")
        if len(values) == PIXELS and values.max() <= 255:
            digits = PIXELS + np.count_nonzero(values > 9) + np.count_nonzero(values > 99)
            if digits == len(text) - (PIXELS - 1):
                return values.astype(np.uint8).tobytes()
    # The slow way decides, and says why.
    words = text.split()
    if len(words) != PIXELS:
        return f"has {len(words):,} pixels instead of {PIXELS:,}"
    for place, word in enumerate(words, 1):
        if not word.isdigit() or int(word[:20]) > 255 or len(word) > 20:
            return f"pixel {place} is {_quote(word)}, not an integer from 0 to 255"
    return bytes(map(int, words))


def _quote(cell: bytes) -> str:
    text = cell[:20].decode("utf-8", "replace") + ("…" if len(cell) > 20 else "")
    return "'" + "".join(c if c.isprintable() else "?" for c in text) + "'"


# --- The folder of images ---------------------------------------------------------------------------------------------


def layout(names: Iterable[str], where: str) -> list[Place]:
    """Find the images among all the names in a folder; names of folders end with "/".

    The split is the folder next to the class, however often "Extract All" doubled those above.

    Returns:
        the images sorted by split, class and name; empty when there is no ``split/class/`` folder at all.

    Raises:
        CourseError: an empty class folder, a class that FER2013 does not have, a folder inside a class folder, or two
            folders for one split.
    """
    places: list[Place] = []
    folders: dict[str, int] = {}  # class folder -> number of images
    roots: dict[tuple[str, ...], str] = {}  # what the split folders lie in -> one of them
    splits: dict[int, set[str]] = {}
    strangers = []
    for name in names:
        *above, last = name.rstrip("/").split("/")
        parts = [*above, last] if name.endswith("/") else above
        at = max((i for i, part in enumerate(parts) if part.lower() in _SPLIT_NAMES), default=None)
        if at is None or at + 1 == len(parts):
            continue
        split, label = _SPLIT_NAMES[parts[at].lower()], _label(parts[at + 1])
        folder = "/".join(parts[: at + 2])
        if label is None:
            strangers.append(folder)
            continue
        if len(parts) > at + 2:
            raise CourseError(f"{where} holds {show(name)}, a folder inside a class folder: only images belong there.")
        root = parts[:at]
        while root and _SPLIT_NAMES.get(root[-1].lower()) == split:
            root.pop()
        roots.setdefault(tuple(root), "/".join(parts[:at]))
        splits.setdefault(split, set()).add("/".join(parts[: at + 1]))
        folders.setdefault(folder, 0)
        if not name.endswith("/"):
            folders[folder] += 1
            places.append((split, label, name))
    if not folders:
        return []
    if strangers:
        raise CourseError(
            f"{where} holds {show(min(strangers))}, which is none of the seven emotions: move it elsewhere."
        )
    twice = sorted(roots.values() if len(roots) > 1 else max(splits.values(), key=len))
    if len(twice) > 1:
        first, second, *_ = (show(name or ".") for name in twice)
        raise CourseError(f"{where} holds two datasets ({first} and {second}): give the path of one of them.")
    empty = sorted(folder for folder, count in folders.items() if not count)
    if empty:
        raise CourseError(
            f"{where} holds the class folder {show(empty[0])} with no image in it: get the dataset again."
        )
    return sorted(places)


def _label(folder: str) -> int | None:
    """The class of ``angry``, ``0``, ``0_angry`` or ``0-anger``."""
    number, name = re.fullmatch(r"(?:0?(\d)[ ._-]*)?(.*)", folder.lower()).groups()
    if name or number is None:
        return _CLASS_NAMES.get(name)
    return int(number) if int(number) < len(EMOTIONS) else None


def _walk(root: Path, where: str) -> list[str]:
    """Names of everything below a directory, relative to it, folders with "/" at their end; hidden ones left out.

    Raises:
        CourseError: a link that leads out of the directory, more than 100,000 entries, or a folder that cannot be
            listed.
    """
    real_root = root.resolve()
    allowed = [real_root, *(p.parent / "blobs" for p in (real_root, *real_root.parents) if p.name == "snapshots")]
    names: list[str] = []
    path = root
    try:
        for folder, folders, files in os.walk(root, onerror=_raise):
            folders[:] = filterfalse(_is_ignored, folders)
            for name in (*(name + "/" for name in folders), *filterfalse(_is_ignored, files)):
                path = Path(folder, name)
                if path.is_symlink() and not any(map(path.resolve().is_relative_to, allowed)):
                    raise CourseError(
                        f"{show(path)} is a link that leads out of the folder, so this is not FER2013 as it comes: "
                        "check the path."
                    )
                names.append(path.relative_to(root).as_posix() + "/" * name.endswith("/"))
            if len(names) > archives.MAX_MEMBERS:
                raise CourseError(
                    f"{where} holds more than {archives.MAX_MEMBERS:,} files: it is not the FER2013 dataset."
                )
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        reason = getattr(error, "strerror", None) or "a link in a circle"
        path = getattr(error, "filename", None) or path
        raise CourseError(f"{show(path)} cannot be listed ({reason}): check its permissions.") from error
    return names


def _raise(error: OSError) -> None:
    raise error


def _is_ignored(name: str) -> bool:
    """Whether this is hidden, or something that operating systems leave behind."""
    return name.startswith(".") or name.lower() in _IGNORED


def _content(path: Path) -> bytes:
    with open_regular(path) as file, _disk_errors(path):
        return file.read(images.MAX_BYTES + 1)


def _read_images(root: Path, places: list[Place], where: str, skip_bad: bool, progress: bool) -> Rows:
    """Decode the images that :func:`layout` found; colour becomes grey. An image's row is its 1-based position.

    Raises:
        CourseError: naming the image: unreadable, or not 48x48 (nothing is resized: FER2013's are all 48x48, so
            another size means another dataset); or no usable image.
    """
    rows = Rows("folder")
    bar = tqdm(places, desc="Reading FER2013", unit="image", disable=not progress)
    for number, (split, label, name) in enumerate(bar, 1):
        try:
            image = images.read(_content(root / name))
            if image.shape != (SIDE, SIDE):
                height, width = image.shape
                raise CourseError(f"it is {width}x{height} pixels, and FER2013's are {SIDE}x{SIDE}.")
        except CourseError as error:
            reason = str(error).rstrip(".")
            if not skip_bad:
                raise CourseError(f"{where}: the image {show(name)} cannot be used: {reason}.") from error
            rows.skip(f"{show(name)}: {reason}")
        else:
            rows.add(image.tobytes(), label, split, number)
    if not rows.labels:
        raise CourseError(f"{where} holds no usable image: get the dataset again.")
    return rows
