"""The rows of FER2013's CSV files, every one checked, read as a stream of blocks.

Two layouts, both Kaggle's: ``fer2013.csv`` (``emotion,pixels,Usage``) and ``icml_face_data.csv`` (``emotion, Usage,
pixels``, the headers with leading spaces). Columns are found by their header, so any order will do.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from ..errors import CourseError
from ..files.safefiles import MAX_MEMBERS

SIDE = 48
PIXELS = SIDE * SIDE
SPLITS = ("train", "validation", "test")
USAGES = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
"""FER2013's names of the splits, and ours."""
MAX_LINE = 1 << 15
"""Longest line in bytes. 2,304 numbers of three digits take 9,216."""
MAX_ROWS = MAX_MEMBERS
MAX_REASONS = 20
"""How many reasons for skipped rows are kept; all are counted."""

_COLUMNS = ("emotion", "pixels", "usage")
_LABELS = {str(label).encode(): label for label in range(7)}
_USAGE_CODES = {usage.encode(): SPLITS.index(split) for usage, split in USAGES.items()}
_NOT_TEXT = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF document",
    b"\x93NUMPY": "a NumPy file",
    b"\x89HDF": "an HDF5 file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"<": "a web page",
}


@dataclass
class Rows:
    """Pictures that passed every check, in the order of the file. ``pixels`` holds 2,304 bytes a picture."""

    pixels: bytearray | np.ndarray = field(default_factory=bytearray)
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


def lines(blocks: Iterable[bytes], where: str) -> Iterator[tuple[int, bytes]]:
    """(1-based number, line without its end) of a text that comes in blocks; blank lines at the end are left out.

    Raises:
        CourseError: the file is empty, is no text, has a line of more than :data:`MAX_LINE` bytes, or more than
            :data:`MAX_ROWS` rows.
    """
    rest, number = b"", 0
    blank: list[int] = []  # blank lines that are only let through once a row follows
    for block in _as_text(blocks, where):
        *whole, rest = (rest + block).split(b"\n")
        if len(rest) > MAX_LINE:
            whole.append(rest)
        for line in whole:
            number += 1
            if number > MAX_ROWS + 1:
                raise CourseError(f"{where} has more than {MAX_ROWS:,} lines: it is not the FER2013 dataset.")
            if len(line) > MAX_LINE:
                raise CourseError(
                    f"{where}, line {number}: is over {MAX_LINE:,} bytes long, so this is not FER2013's CSV."
                )
            if not line.strip():
                blank.append(number)
                continue
            yield from ((earlier, b"") for earlier in blank)
            blank.clear()
            yield number, line
    if rest.strip():
        yield from ((earlier, b"") for earlier in blank)
        yield number + 1, rest


def _as_text(blocks: Iterable[bytes], where: str) -> Iterator[bytes]:
    first = True
    for block in blocks:
        if first:
            for start, what in _NOT_TEXT.items():
                if block.startswith(start):
                    raise CourseError(f"{where} is {what}, not a CSV file in UTF-8: get FER2013's CSV again.")
            if b"\0" in block[:MAX_LINE]:
                raise CourseError(
                    f"{where} holds NUL bytes, so it is not a CSV file in UTF-8: get FER2013's CSV again."
                )
            block = block.removeprefix(b"\xef\xbb\xbf")
        first = False
        yield block
    if first:
        raise CourseError(f"{where} is empty: get FER2013's CSV again.")


def read_rows(blocks: Iterable[bytes], where: str, skip_bad: bool = False) -> Rows:
    """Read a whole CSV.

    Args:
        blocks: the file's bytes, in blocks of any size.
        where: the file's name, for messages.
        skip_bad: count bad rows and go on, instead of raising; a wrong header or a file that is no CSV still raises.

    Raises:
        CourseError: naming file and line: a wrong header, or a row that does not have a label 0-6, exactly 2,304
            integers 0-255 and a known Usage; or no row at all.
    """
    numbered = lines(blocks, where)
    number, header = next(numbered, (1, b""))
    columns = _columns(header, f"{where}, line {number}")
    result = Rows()
    for number, line in numbered:
        row = parse_row(line, columns)
        if isinstance(row, str):
            if not skip_bad:
                raise CourseError(f"{where}, line {number}: {row}.")
            result.skip(f"line {number}: {row}")
        else:
            result.add(*row, number)
    if not result.labels:
        raise CourseError(f"{where} holds no usable row below its header: get FER2013's CSV again.")
    return result


def _columns(header: bytes, where: str) -> tuple[int, int, int]:
    """Places of emotion, pixels and Usage."""
    wanted = "expected the columns emotion, pixels, Usage"
    try:
        names = [name.strip().strip('"').strip().lower() for name in header.decode("utf-8").split(",")]
    except UnicodeDecodeError as error:
        raise CourseError(f"{where}: the header is not UTF-8 text; {wanted}.") from error
    if sorted(names) == ["emotion", "pixels"] or names == ["pixels"]:
        raise CourseError(
            f"{where}: there is no Usage column, so this is the competition's train.csv or test.csv; "
            "give its icml_face_data.csv, or fer2013.csv, which hold the splits."
        )
    if sorted(names) != sorted(_COLUMNS):
        found = "".join(c if c.isprintable() else "?" for c in ", ".join(names))[:80]
        raise CourseError(f"{where}: the header is wrong; {wanted}, found {found!r}.")
    emotion, pixels, usage = (names.index(name) for name in _COLUMNS)
    return emotion, pixels, usage


def parse_row(line: bytes, columns: tuple[int, int, int]) -> tuple[bytes, int, int] | str:
    """(2,304 pixel bytes, label, split as an index into SPLITS) of one line, or what is wrong with it."""
    if not line:
        return "is blank, with rows after it"
    cells = line.split(b",")
    if len(cells) != 3:
        return f"has {len(cells)} columns instead of 3"
    emotion, pixels, usage = (_unquoted(cells[place]) for place in columns)
    label, split = _LABELS.get(emotion), _USAGE_CODES.get(usage)
    if label is None:
        return f"the label is {_quote(emotion)}, not an integer from 0 to 6" if emotion else "the label is missing"
    if split is None:
        return (
            f"the Usage is {_quote(usage)}, not Training, PublicTest or PrivateTest"
            if usage
            else "the Usage is missing"
        )
    values = parse_pixels(pixels)
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


def _unquoted(cell: bytes) -> bytes:
    cell = cell.strip()
    return cell[1:-1].strip() if len(cell) > 1 and cell[:1] == cell[-1:] == b'"' else cell


def _quote(cell: bytes) -> str:
    text = cell[:20].decode("utf-8", "replace") + ("…" if len(cell) > 20 else "")
    return "'" + "".join(c if c.isprintable() else "?" for c in text) + "'"
