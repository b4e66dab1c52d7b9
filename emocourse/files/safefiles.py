"""Files that somebody else made: opened without waiting, named without surprises, and limited before they are read."""

import contextlib
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import CourseError

MAX_UNPACKED = 1 << 30
"""Most bytes that one file or archive may unpack to. FER2013's CSV is 0.3 GB."""
MAX_RATIO = 100
"""Most unpacked bytes per packed byte, above the first 16 MiB. FER2013 packs 3 to 1; a bomb 1,000 to 1 and more."""
MAX_MEMBERS = 100_000
"""Most files in one archive or folder. FER2013 has 35,887 pictures."""
BLOCK = 1 << 20


def show(path: object) -> str:
    """A path as text for a message: unprintable characters replaced, so that the message stays one line."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(path))
    return text if len(text) <= 300 else text[:150] + "…" + text[-149:]


def open_regular(path: Path) -> IO[bytes]:
    """Open a regular file for reading; never waits, as a plain open() of a pipe would.

    Raises:
        CourseError: missing, no permission, a folder, a pipe or a device.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise CourseError(f"{show(path)} is not a file that can be read: give the path of a regular file.")
        flags = getattr(os, "O_NONBLOCK", 0)  # in case a pipe took the file's place since the check
        return open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags))
    except OSError as error:
        raise CourseError(f"{show(path)} cannot be read ({error.strerror}): check the path and permissions.") from error
    except ValueError as error:  # a NUL in the path
        raise CourseError(f"{show(path)} is not a path: check it.") from error


@contextlib.contextmanager
def one_sentence(path: Path) -> Iterator[None]:
    """Turn what the standard library raises on a bad archive into one sentence that names it."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            raise CourseError(f"{show(path)} cannot be read ({error.strerror}): check the disk.") from error
        raise CourseError(f"{show(path)} is damaged ({error}): get it again.") from error
    except EOFError as error:
        raise CourseError(f"{show(path)} is cut short: get it again.") from error
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, ValueError, struct.error, OverflowError) as error:
        raise CourseError(f"{show(path)} is damaged ({show(error)}): get it again.") from error
    except (NotImplementedError, RuntimeError) as error:
        raise CourseError(
            f"{show(path)} is packed in a way that is not supported: unpack it and pack it again."
        ) from error


def size_of(path: Path) -> int:
    """Bytes of a file; CourseError when it has gone."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise CourseError(f"{show(path)} cannot be read ({error.strerror}): check the path and permissions.") from error


def unpacked_limit(path: Path) -> int:
    """Most bytes that an archive may unpack to: :data:`MAX_UNPACKED`, or less for a small archive."""
    return min(MAX_UNPACKED, max(16 << 20, MAX_RATIO * size_of(path)))


def too_large(path: Path) -> CourseError:
    """The error for an archive over :func:`unpacked_limit`."""
    return CourseError(f"{show(path)} unpacks to far more than a FER2013 file: it is not that dataset, get it again.")
