"""Parts of a text file that are made by the course: what lies between two marks."""

import os

from emocourse.errors import CourseError
from emocourse.files.store import atomic_write, read_text

_MAX_BYTES = 1 << 20


def renewed(path: str | os.PathLike, start: str, end: str, made: str) -> tuple[str, str]:
    """The file's text as it is, and as it should be, with ``made`` on the lines between the marks.

    Raises:
        CourseError: the file cannot be read, or does not hold each mark once, ``start`` before ``end``.
    """
    text = read_text(path, _MAX_BYTES)
    if text.count(start) != 1 or text.count(end) != 1 or text.index(start) > text.index(end):
        raise CourseError(f"{path} needs the line {start} and, after it, the line {end}, once each: put them back.")
    return text, f"{text.partition(start)[0]}{start}\n{made}\n{end}{text.partition(end)[2]}"


def update(path: str | os.PathLike, start: str, end: str, made: str) -> bool:
    """Write ``made`` between the marks of a file; whether anything changed."""
    text, new = renewed(path, start, end, made)
    if new != text:
        with atomic_write(path, "w") as stream:
            stream.write(new)
    return new != text


def is_fresh(path: str | os.PathLike, start: str, end: str, made: str) -> bool:
    """Whether :func:`update` would leave the file as it is."""
    text, new = renewed(path, start, end, made)
    return text == new
