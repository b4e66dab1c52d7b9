"""Where files live, and how they are opened and written: shipped data, the cache, atomic writes, checksums."""

import contextlib
import hashlib
import json
import os
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..errors import CourseError

BLOCK = 1 << 20
"""Bytes of a file that are in memory at a time."""

_PACKAGE = Path(__file__).resolve().parent.parent


def show(path: object) -> str:
    """A path as text for a message: unprintable characters replaced, so that the message stays one line."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(path))
    return text if len(text) <= 300 else text[:150] + "…" + text[-149:]


def unquoted(text: str) -> str:
    """A path without the quotes and blanks that Windows' "Copy as path", `set` and .env files leave around it."""
    return text if os.path.exists(text) else text.strip(" \t\r\n\"'")


def open_regular(path: Path) -> IO[bytes]:
    """Open a regular file for reading; never waits, as a plain open() of a pipe would.

    Raises:
        CourseError: missing, no permission, a folder, a pipe or a device.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise CourseError(
                f"{show(path)} is not a file that can be read, but a folder, a pipe or a device: give a file's path."
            )
        flags = getattr(os, "O_NONBLOCK", 0)  # in case a pipe took the file's place since the check
        return open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags))
    except OSError as error:
        raise CourseError(f"{show(path)} cannot be read ({error.strerror}): check the path and permissions.") from error
    except ValueError as error:  # a NUL in the path
        raise CourseError(f"{show(path)} is not a path: check it.") from error


def data_path(*parts: str) -> Path:
    """Path of a file that the course ships.

    In a checkout the files lie in the top-level ``data/``; a wheel carries the same folder as ``emocourse/data/``.

    Raises:
        CourseError: there is no such file.
    """
    for root in (_PACKAGE / "data", _PACKAGE.parent / "data"):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    name = "/".join(parts)
    raise CourseError(
        f"The course's own file data/{name} is missing: install emocourse again, or restore it from the repository."
    )


def cache_dir() -> Path:
    """Folder for what can be made again (parsed datasets, landmarks); ``EMOCOURSE_CACHE`` overrides the usual place."""
    chosen = os.environ.get("EMOCOURSE_CACHE")
    if chosen:
        path = Path(chosen).expanduser()
    else:
        import platformdirs

        path = Path(platformdirs.user_cache_dir("emocourse", appauthor=False))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(
            f"The cache folder {path} cannot be made ({error.strerror}): set EMOCOURSE_CACHE to another folder."
        ) from error
    return path


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike, mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a temporary file beside ``path`` and rename it over ``path`` when the block ends without an error.

    So a reader sees the old file or the whole new one, never a part, also after a kill or on a full disk.

    Args:
        path: the file to write; its folder is made when it is missing.
        mode: "wb" for bytes or "w" for UTF-8 text.

    Raises:
        CourseError: the folder or the file cannot be written.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(descriptor, mode, encoding=None if "b" in mode else "utf-8") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
        temporary = None
    except OSError as error:
        raise CourseError(
            f"{path} cannot be written ({error.strerror or error}): choose another place or free some space."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def sha256(source: str | os.PathLike | bytes) -> str:
    """SHA-256 of a file's content, or of bytes, as 64 hex digits."""
    digest = hashlib.sha256()
    if isinstance(source, bytes):
        digest.update(source)
    else:
        with Path(source).open("rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
    return digest.hexdigest()


def read_text(path: str | os.PathLike, max_bytes: int = 16 << 20) -> str:
    """Read a text file in UTF-8 of at most ``max_bytes`` bytes.

    Raises:
        CourseError: the file is missing, too large or not text.
    """
    path = Path(path)
    try:
        if path.stat().st_size > max_bytes:
            raise CourseError(f"{path} is larger than {max_bytes >> 20} MiB: this is not a file that the course wrote.")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    except UnicodeDecodeError as error:
        raise CourseError(f"{path} is not text in UTF-8: check the path.") from error


def read_json(path: str | os.PathLike, max_bytes: int = 16 << 20) -> Any:
    """Read a JSON file of at most ``max_bytes`` bytes.

    Raises:
        CourseError: the file is missing, too large or not JSON.
    """
    try:
        return json.loads(read_text(path, max_bytes))
    except (ValueError, RecursionError) as error:
        raise CourseError(f"{path} is not valid JSON: make the file again.") from error


def write_json(path: str | os.PathLike, value: Any) -> None:
    """Write ``value`` as JSON, indented, keys in the given order, atomically."""
    with atomic_write(path, "w") as stream:
        json.dump(value, stream, indent=1, ensure_ascii=False)
        stream.write("\n")


def read_arrays(path: Path, layout: dict[str, np.ndarray]) -> dict[str, np.ndarray] | None:
    """Arrays of an ``.npz`` in the cache, or None when it is missing or not what it should be, to be made again.

    Args:
        path: the file.
        layout: for each array, one of the expected shape and dtype.
    """
    broken = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zipfile.zlib.error)
    with contextlib.suppress(*broken), np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in layout}
        if all((a.shape, a.dtype) == (layout[name].shape, layout[name].dtype) for name, a in arrays.items()):
            return arrays
    return None
