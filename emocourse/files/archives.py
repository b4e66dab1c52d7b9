"""Archives that somebody else made, unpacked under limits into a temporary folder of the cache.

Only plain files and folders are ever written, each below the target, none twice; what an archive says of owners, modes
and times is not taken over. Everything ends in a :class:`~emocourse.errors.CourseError` of one sentence when an archive
is not what it should be: damaged, cut short, encrypted, unpacking to far more than it weighs (a "zip bomb"), holding
links or devices, or naming places outside its folder. Nothing is left on the disk then.
"""

import contextlib
import gzip
import os
import shutil
import stat
import struct
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from tqdm import tqdm

from ..errors import CourseError
from . import store
from .store import BLOCK, open_regular, show

MAX_UNPACKED = 1 << 30
"""Most bytes that one file or archive may unpack to. FER2013's CSV is 0.3 GB."""
MAX_RATIO = 100
"""Most unpacked bytes per packed byte, above the first 16 MiB. FER2013 packs 3 to 1; a bomb 1,000 to 1 and more."""
MAX_MEMBERS = 100_000
"""Most files in one archive or folder. FER2013 has 35,887 images."""

_MAX_DIRECTORY = 16 << 20  # a zip's table of contents, which zipfile holds in memory: 100,000 names take about 10 MB
_MAX_TAR_HEADER = 1 << 20  # what tarfile may read, into memory, to understand one header
_MAX_NAME = 1000
_PREFIX = "unpacked-"
_ONE_FILE = "file"  # the name that the content of a .gz gets
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # LZMA could ask for gigabytes of memory
_LEFTOVER = 24 * 3600  # seconds after which a folder that a killed process left in the cache is removed
_LINK = "a link ({}), which could point anywhere: do not use it"
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP_START = b"\x1f\x8b"
_NOT_UNPACKED = {
    b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "RAR", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}  # fmt: skip


def kind(path: Path) -> str:
    """What a file is by its first bytes: "zip", "tar" (also gzipped), "gzip" (one file), or "other".

    Raises:
        CourseError: a kind of archive that is not unpacked here, a damaged .gz, or the file cannot be read.
    """
    with open_regular(path) as file, _one_sentence(path):
        head = file.read(512)
        for start, name in _NOT_UNPACKED.items():
            if head.startswith(start):
                raise CourseError(
                    f"{show(path)} is packed with {name}, which is not read here: unpack it first, and give the path "
                    "of what was in it."
                )
        if head.startswith(_ZIP_STARTS):
            return "zip"
        if head.startswith(_GZIP_START):
            file.seek(0)
            with gzip.open(file) as stream:
                return "tar" if _is_tar(stream.read(512)) else "gzip"
        return "tar" if _is_tar(head) else "other"


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


@contextlib.contextmanager
def unpacked(path: Path, progress: bool = False) -> Iterator[Path]:
    """A .zip, .tar, .tar.gz, .tgz or .gz file, unpacked for as long as the block runs.

    Args:
        path: the archive; its content decides what it is, not its name.
        progress: show a bar on stderr.

    Yields:
        the folder with everything that the archive holds; for a .gz of one file, that file.

    Raises:
        CourseError: not an archive, damaged, cut short, encrypted; more files than :data:`MAX_MEMBERS`, more bytes than
            :data:`MAX_UNPACKED` or :data:`MAX_RATIO` allow; links, devices, or names outside the folder; no room.
    """
    opener: Callable[[IO[bytes], _Target], None] | None = {"zip": _unzip, "tar": _untar, "gzip": _gunzip}.get(
        kind(path)
    )
    if opener is None:
        raise CourseError(f"{show(path)} is not a zip, tar or gzip file: get it again or rename it to what it is.")
    cache = store.cache_dir()
    _remove_leftovers(cache)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=cache, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with (
            open_regular(path) as file,
            tqdm(desc="Unpacking", unit="B", unit_scale=True, disable=not progress) as bar,
            _one_sentence(path),
        ):
            opener(file, _Target(path, folder, bar))
        yield folder / _ONE_FILE if opener is _gunzip else folder


def _remove_leftovers(cache: Path) -> None:
    for folder in cache.glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _LEFTOVER:
                shutil.rmtree(folder, ignore_errors=True)


class _Target:
    """The folder that an archive goes into: refuses names that lead out of it, and more than the limits."""

    def __init__(self, archive: Path, folder: Path, bar: tqdm) -> None:
        self.archive, self.limit = archive, _unpacked_limit(archive)
        self._folder, self._bar = folder, bar
        self._names: set[str] = set()
        self._folders: set[str] = set()  # those that names lie in, which the archive need not list
        self._bytes = 0

    def make_folder(self, name: str) -> None:
        self._place(name).mkdir(parents=True, exist_ok=True)

    def write(self, name: str, stream: IO[bytes]) -> int:
        """Write a file, and give how many bytes it had."""
        place, before = self._place(name), self._bytes
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as out:
            while block := stream.read(BLOCK):
                self._bytes += len(block)
                if self._bytes > self.limit:
                    raise _too_large(self.archive)
                out.write(block)
                self._bar.update(len(block))
        return self._bytes - before

    def _place(self, name: str) -> Path:
        parts = name.replace("\\", "/").split("/")
        if len(name) > _MAX_NAME:
            raise self.refusal(f"a file with a name of {len(name):,} characters: it is not FER2013")
        if parts[0] == "" or ".." in parts or ":" in parts[0] or "\0" in name:
            raise self.refusal(f"a file that points outside its folder ({show(name)}): do not use it")
        parts = [part for part in parts if part not in ("", ".")]
        clean = "/".join(parts)
        if clean in self._names:
            raise self.refusal(f"{show(clean)} twice: pack it again with the right one")
        self._names.add(clean)
        self._folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
        if len(self._names) + len(self._folders) > MAX_MEMBERS:
            raise self.refusal(f"more than {MAX_MEMBERS:,} files: it is not the FER2013 dataset")
        return self._folder.joinpath(*parts)

    def refusal(self, what: str) -> CourseError:
        return CourseError(f"{show(self.archive)} holds {what}.")


def _unzip(file: IO[bytes], target: _Target) -> None:
    _check_zip_directory(target.archive, file)
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        if any(info.flag_bits & 1 for info in infos):
            raise CourseError(
                f"{show(target.archive)} is encrypted: unpack it with its password and give the unpacked file."
            )
        if any(info.compress_type not in _ZIP_METHODS for info in infos):
            raise CourseError(
                f"{show(target.archive)} is packed with an unusual method: unpack it and pack it again as a plain zip."
            )
        if sum(info.file_size for info in infos) > target.limit:
            raise _too_large(target.archive)
        for info in infos:
            if stat.S_ISLNK(info.external_attr >> 16):
                raise target.refusal(_LINK.format(show(info.filename)))
            if info.is_dir():
                target.make_folder(info.filename)
                continue
            # zipfile stops at the declared size, and compares the checksum at the end.
            with archive.open(info) as stream:
                target.write(info.filename, stream)


def _check_zip_directory(path: Path, file: IO[bytes]) -> None:
    """Refuse a table of contents of gigabytes, which zipfile would hold in memory before it could be asked anything."""
    end = file.seek(0, os.SEEK_END)
    start = max(0, end - 65_557 - 20 - 56)  # end record (22) with its comment, zip64's locator (20) and record (56)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + 22 > len(tail):
        raise CourseError(f"{show(path)} is not a whole zip file: get it again.")
    size = struct.unpack_from("<L", tail, at + 12)[0]
    if at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
        if at < 76 or tail[at - 76 : at - 72] != b"PK\x06\x06":
            raise CourseError(f"{show(path)} is packed in a way that is not supported: unpack it and pack it again.")
        size = struct.unpack_from("<Q", tail, at - 76 + 40)[0]
    if size > _MAX_DIRECTORY:
        raise CourseError(f"{show(path)} holds more than {MAX_MEMBERS:,} files: it is not the FER2013 dataset.")
    file.seek(0)


def _untar(file: IO[bytes], target: _Target) -> None:
    """A tar file, plain or gzipped, read once from front to back."""
    packed = file.read(2) == _GZIP_START
    file.seek(0)
    with contextlib.ExitStack() as stack:
        stream = _Guard(target, stack.enter_context(gzip.open(file)) if packed else file)
        archive = stack.enter_context(tarfile.open(fileobj=stream, mode="r:"))
        while (info := archive.next()) is not None:
            archive.members.clear()  # tarfile would keep every header it has seen,
            archive.pax_headers.clear()  # and every global one
            if info.issym() or info.islnk():
                raise target.refusal(_LINK.format(show(info.name)))
            if not (info.isreg() or info.isdir()) or info.issparse():
                raise target.refusal(f"a device or another special file ({show(info.name)}): do not use it")
            if info.size > target.limit:
                raise _too_large(target.archive)
            stream.header_left = None
            if info.isdir():
                target.make_folder(info.name)
            elif target.write(info.name, archive.extractfile(info)) != info.size:
                raise CourseError(f"{show(target.archive)} is cut short: get it again.")
            stream.header_left = _MAX_TAR_HEADER
        if stream.last != bytes(tarfile.BLOCKSIZE):  # tarfile also stops, silently, at a damaged header
            raise CourseError(f"{show(target.archive)} is damaged or cut short: get it again.")
        stream.header_left = None
        while stream.read(BLOCK):  # to the end, where gzip keeps its checksum
            pass


class _Guard:
    """Stands between tarfile and its stream: bounds where it may go, and what it may read to understand one header."""

    def __init__(self, target: _Target, stream: IO[bytes]) -> None:
        self._target, self._stream = target, stream
        self.header_left: int | None = _MAX_TAR_HEADER  # None: inside a file
        self.last = b""

    def read(self, size: int = -1) -> bytes:
        if self.header_left is not None:
            self.header_left -= size
            if size < 0 or self.header_left < 0:
                raise CourseError(
                    f"{show(self._target.archive)} has an oversized header: it is not a FER2013 file, get it again."
                )
        self.last = data = self._stream.read(size)
        self._check(self._stream.tell())
        return data

    def seek(self, position: int) -> int:
        self._check(position)
        return self._stream.seek(position)

    def tell(self) -> int:
        return self._stream.tell()

    def _check(self, position: int) -> None:
        if position > self._target.limit:
            raise _too_large(self._target.archive)


def _gunzip(file: IO[bytes], target: _Target) -> None:
    with gzip.open(file) as stream:
        target.write(_ONE_FILE, stream)


@contextlib.contextmanager
def _one_sentence(path: Path) -> Iterator[None]:
    """Turn what the standard library raises on a bad archive, or a full disk, into one sentence that names it."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            raise CourseError(
                f"{show(path)} cannot be read or unpacked ({error.strerror}): check the disk and its free space."
            ) from error
        raise CourseError(f"{show(path)} is damaged ({show(error)}): get it again.") from error
    except EOFError as error:
        raise CourseError(f"{show(path)} is cut short: get it again.") from error
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, ValueError, struct.error, OverflowError) as error:
        raise CourseError(f"{show(path)} is damaged ({show(error)}): get it again.") from error
    except (NotImplementedError, RuntimeError) as error:
        raise CourseError(
            f"{show(path)} is packed in a way that is not supported: unpack it and pack it again."
        ) from error


def _unpacked_limit(path: Path) -> int:
    """Most bytes that an archive may unpack to: :data:`MAX_UNPACKED`, or less for a small archive."""
    return min(MAX_UNPACKED, max(16 << 20, MAX_RATIO * path.stat().st_size))


def _too_large(path: Path) -> CourseError:
    """The error for an archive that unpacks to more than the limits allow."""
    return CourseError(f"{show(path)} unpacks to far more than a FER2013 file: it is not that dataset, get it again.")
