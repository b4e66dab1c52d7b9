"""Files that C and C++ libraries open themselves, by a path that they can read.

dlib and OpenCV hand a path to the system as bytes. On Windows these are taken in the old code page of the machine, so a
file in a folder named after Jürgen is not found. Such a file is opened under its short name, or as a copy elsewhere.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from ..errors import CourseError

Loaded = TypeVar("Loaded")


def load_by_path(load: Callable[[str], Loaded], path: str | os.PathLike) -> Loaded:
    """What ``load`` makes of a file, which it opens by its path and reads at once. Lesson 04.

    Args:
        load: a library's function; where it cannot read the file it raises, or gives something ``empty()``.
        path: the file.

    Raises:
        CourseError: the file cannot be read under its own path, and there is no folder for a copy.
        Exception: whatever ``load`` raises where the path is not what keeps it from reading the file.
    """
    path = os.fspath(path)

    def loaded(path: str) -> Loaded:
        result = load(path)
        if hasattr(result, "empty") and result.empty():  # as OpenCV's do
            raise RuntimeError(path)
        return result

    try:
        return loaded(path)
    except Exception:
        if path.isascii():
            raise
    short = _short_name(path)
    if short.isascii():
        return loaded(short)
    for folder in _plain_folders():
        try:
            with tempfile.TemporaryDirectory(prefix="emocourse-", dir=folder) as place:
                copy = shutil.copyfile(path, Path(place) / f"file{Path(path).suffix}")
                return loaded(str(copy))
        except OSError:  # this folder cannot be written: try the next
            continue
    raise CourseError(
        f"{path} cannot be opened because of the letters in its path: set EMOCOURSE_CACHE to a folder whose path has "
        "only English letters."
    )


def _plain_folders() -> Iterator[str]:
    """Folders for a copy whose path is plain ASCII, the most private first."""
    names = ("EMOCOURSE_CACHE", "PUBLIC", "PROGRAMDATA")
    for folder in (tempfile.gettempdir(), *(os.environ.get(name, "") for name in names)):
        if folder and folder.isascii() and Path(folder).is_dir():
            yield folder


def _short_name(path: str) -> str:
    """The short name that Windows keeps for old programs, where it does; elsewhere the path itself."""
    if os.name != "nt":
        return path
    import ctypes

    room = ctypes.create_unicode_buffer(32_768)
    return room.value if ctypes.windll.kernel32.GetShortPathNameW(path, room, len(room)) else path
