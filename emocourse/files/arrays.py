"""Reading ``.npz`` files that somebody else may have made: no pickle, no code, and a limit on everything.

NumPy's own reader would unpack whatever a file claims to hold before anybody could look at it.
"""

import io
import math
import os
import struct
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from ..errors import CourseError
from .store import open_regular

_MAX_DIRECTORY = 1 << 20
"""Most bytes of a file's table of contents, which zipfile holds in memory: some 10,000 arrays."""
_MAX_HEADER = 4096
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # LZMA could ask for gigabytes of memory
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class _NotArraysError(Exception):
    pass


def read(path: Path, max_bytes: int, bad: str) -> dict[str, np.ndarray]:
    """All arrays of an ``.npz``. Lesson 00.

    Args:
        path: the file.
        max_bytes: most bytes that the file may have, and that its arrays may have together.
        bad: the sentence for a file that is not an ``.npz`` of plain numbers, is damaged, or holds more than that.

    Returns:
        The arrays by name, read-only: whole numbers, floats or bools, never objects.

    Raises:
        CourseError: with ``bad``; or the file cannot be opened.
    """
    broken = (zipfile.BadZipFile, zipfile.zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)
    with open_regular(path) as file:
        try:
            _check_end(file, max_bytes)
            with zipfile.ZipFile(file) as archive:
                infos = archive.infolist()
                if (
                    len({info.filename for info in infos}) != len(infos)
                    or not all(info.filename.endswith(".npy") for info in infos)
                    or not all(info.compress_type in _METHODS for info in infos)
                    or sum(info.file_size for info in infos) > max_bytes
                ):
                    raise _NotArraysError
                return {info.filename.removesuffix(".npy"): _array(archive, info) for info in infos}
        except (_NotArraysError, *broken) as error:
            raise CourseError(bad) from error


def _check_end(file: IO[bytes], max_bytes: int) -> None:
    """Look at the last record of the zip, as NumPy writes it, before zipfile reads the table of contents it names."""
    size = file.seek(0, os.SEEK_END)
    if not 64 <= size <= max_bytes:
        raise _NotArraysError
    file.seek(size - 42)
    end = file.read(42)
    # PK56: end of the table of contents. PK67 before it would replace its numbers; NumPy needs that above 4 GiB only.
    if end[20:24] != b"PK\5\6" or end[:4] == b"PK\6\7" or struct.unpack_from("<L", end, 32)[0] > _MAX_DIRECTORY:
        raise _NotArraysError


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(info) as stream:
        # A limit even here: without one, zipfile unpacks up to 2 GiB before it looks at the declared size.
        content = stream.read(info.file_size + 1)
    head = io.BytesIO(content)
    shape, fortran, dtype = _header(head)
    size = math.prod(shape) * dtype.itemsize
    if dtype.kind not in "biuf" or fortran or min(shape, default=0) < 0 or size != len(content) - head.tell():
        raise _NotArraysError
    return np.frombuffer(content, dtype, offset=head.tell()).reshape(shape)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    try:
        read_header = _HEADERS[np.lib.format.read_magic(stream)]
        return read_header(stream, max_header_size=_MAX_HEADER)
    except Exception as error:  # NumPy parses it as Python text, where nearly anything can be raised, MemoryError too
        raise _NotArraysError from error
