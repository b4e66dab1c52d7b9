"""Opening files and archives that somebody else made: nothing is unpacked to the disk, nothing is read without a limit.

Everything here ends in a :class:`~emocourse.errors.CourseError` of one sentence when a file is not what it should be:
damaged, cut short, encrypted, unpacking to far more than it weighs (a "zip bomb"), or naming places outside its folder.
"""

import contextlib
import gzip
import os
import stat
import struct
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from ..errors import CourseError
from .safefiles import BLOCK, MAX_MEMBERS, one_sentence, open_regular, show, too_large, unpacked_limit

_MAX_DIRECTORY = 16 << 20  # a zip's table of contents, which zipfile holds in memory: 100,000 names take about 10 MB
_MAX_NAME = 1000
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # LZMA could ask for gigabytes of memory


@dataclass(frozen=True)
class Member:
    """A file inside an archive: its name with forward slashes, and its unpacked size in bytes (None: not known)."""

    name: str
    size: int | None


class Archive(Protocol):
    """What :func:`open_archive` returns."""

    path: Path
    members: tuple[Member, ...]

    def blocks(self, name: str) -> Iterator[bytes]:
        """Content of one member, in blocks of at most 1 MiB."""

    def contents(self, names: Iterable[str], max_bytes: int) -> Iterator[tuple[str, bytes]]:
        """(name, content) of each member asked for, in any order; a content over ``max_bytes`` raises."""


def _safe_name(path: Path, name: str) -> str:
    clean = name.replace("\\", "/")
    parts = clean.split("/")
    if len(name) > _MAX_NAME:
        raise CourseError(f"{show(path)} holds a file with a name of {len(name):,} characters: it is not FER2013.")
    if clean.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in name:
        raise CourseError(f"{show(path)} holds a file that points outside its folder ({show(name)}): do not use it.")
    return "/".join(part for part in parts if part not in ("", ".")) + ("/" if clean.endswith("/") else "")


def _checked(path: Path, members: list[Member]) -> tuple[Member, ...]:
    seen: set[str] = set()
    for member in members:
        if member.name in seen:
            raise CourseError(f"{show(path)} holds {show(member.name)} twice: pack it again with the right one.")
        seen.add(member.name)
    return tuple(members)


class _Zip:
    def __init__(self, path: Path) -> None:
        self.path = path
        with open_regular(path) as file, one_sentence(path):
            _check_zip_directory(path, file)
            with zipfile.ZipFile(file) as archive:
                infos = archive.infolist()
        if len(infos) > MAX_MEMBERS:
            raise CourseError(f"{show(path)} holds more than {MAX_MEMBERS:,} files: it is not the FER2013 dataset.")
        for info in infos:
            if info.flag_bits & 1:
                raise CourseError(f"{show(path)} is encrypted: unpack it with its password and give the unpacked file.")
            if stat.S_ISLNK(info.external_attr >> 16):
                raise _link(path, info.filename)
            if info.compress_type not in _ZIP_METHODS:
                raise CourseError(
                    f"{show(path)} is packed with an unusual method: unpack it and pack it again as a plain zip."
                )
        if sum(info.file_size for info in infos) > unpacked_limit(path):
            raise too_large(path)
        self._raw = {_safe_name(path, info.filename): info for info in infos}
        self.members = _checked(path, [Member(_safe_name(path, info.filename), info.file_size) for info in infos])

    def blocks(self, name: str) -> Iterator[bytes]:
        # zipfile stops at the declared size, which was checked above, and compares the checksum at the end.
        with (
            open_regular(self.path) as file,
            one_sentence(self.path),
            zipfile.ZipFile(file) as archive,
            archive.open(self._raw[name]) as stream,
        ):
            while block := stream.read(BLOCK):
                yield block

    def contents(self, names: Iterable[str], max_bytes: int) -> Iterator[tuple[str, bytes]]:
        with open_regular(self.path) as file, one_sentence(self.path), zipfile.ZipFile(file) as archive:
            for name in names:
                _check_size(self.path, Member(name, self._raw[name].file_size), max_bytes)
                with archive.open(self._raw[name]) as stream:
                    # With a limit: without one, zipfile unpacks up to 2 GiB before it looks at the declared size.
                    yield name, stream.read(max_bytes + 1)


class _Gzip:
    """A single file compressed with gzip; its one member is named like the file, without .gz."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members = (Member(path.name.removesuffix(".gz"), None),)

    def blocks(self, name: str) -> Iterator[bytes]:
        limit, seen = unpacked_limit(self.path), 0
        with open_regular(self.path) as file, one_sentence(self.path), gzip.open(file) as stream:
            while block := stream.read(BLOCK):
                seen += len(block)
                if seen > limit:
                    raise too_large(self.path)
                yield block

    def contents(self, names: Iterable[str], max_bytes: int) -> Iterator[tuple[str, bytes]]:
        raise CourseError(
            f"{show(self.path)} holds one compressed file and no folder: give a CSV, a .zip or a .tar.gz."
        )


class _Tar:
    """A tar file, plain or gzipped, always read from front to back: going back in a .gz starts it again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members = _checked(path, [Member(name, info.size) for name, info, _ in self._walk()])

    def _walk(self) -> Iterator[tuple[str, tarfile.TarInfo, tarfile.TarFile]]:
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(open_regular(self.path))
            stack.enter_context(one_sentence(self.path))
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if packed:
                file = stack.enter_context(gzip.open(file))
            guard = _Guard(self.path, file)
            guard.next_header()
            archive = stack.enter_context(tarfile.open(fileobj=guard, mode="r:"))
            count = 0
            while (info := archive.next()) is not None:
                archive.members.clear()  # tarfile would keep every header it has seen,
                archive.pax_headers.clear()  # and every global one
                count += 1
                if count > MAX_MEMBERS:
                    raise CourseError(
                        f"{show(self.path)} holds more than {MAX_MEMBERS:,} files: it is not the FER2013 dataset."
                    )
                if info.issym() or info.islnk():
                    raise _link(self.path, info.name)
                if not (info.isreg() or info.isdir()) or info.issparse():
                    raise CourseError(
                        f"{show(self.path)} holds a device or another special file ({show(info.name)}): do not use it."
                    )
                guard.in_header = False
                yield _safe_name(self.path, info.name + "/" * info.isdir()), info, archive
                guard.next_header()
            if guard.last != bytes(tarfile.BLOCKSIZE):  # tarfile also stops, silently, at a damaged header
                raise CourseError(f"{show(self.path)} is damaged or cut short: get it again.")
            guard.in_header = False
            while guard.read(BLOCK):  # to the end, where gzip keeps its checksum
                pass

    def blocks(self, name: str) -> Iterator[bytes]:
        for found, info, archive in self._walk():
            if found == name:
                with archive.extractfile(info) as stream:
                    left = info.size
                    while block := stream.read(BLOCK):
                        left -= len(block)
                        yield block
                if left:
                    raise CourseError(f"{show(self.path)} is cut short: get it again.")

    def contents(self, names: Iterable[str], max_bytes: int) -> Iterator[tuple[str, bytes]]:
        wanted = set(names)
        for name, info, archive in self._walk():
            if name in wanted:
                _check_size(self.path, Member(name, info.size), max_bytes)
                yield name, archive.extractfile(info).read()


class _Guard:
    """Stands between tarfile and its stream: bounds where it may go, and what it may read to understand one header."""

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self._path, self._stream, self._limit = path, stream, unpacked_limit(path)
        self.in_header = True
        self.last = b""
        self._left = 0

    def next_header(self) -> None:
        self.in_header, self._left = True, 1 << 20

    def read(self, size: int = -1) -> bytes:
        if self.in_header:
            self._left -= size
            if size < 0 or self._left < 0:
                raise CourseError(
                    f"{show(self._path)} has an oversized header: it is not a FER2013 file, get it again."
                )
        self.last = data = self._stream.read(size)
        if self._stream.tell() > self._limit:
            raise too_large(self._path)
        return data

    def seek(self, position: int) -> int:
        if position > self._limit:
            raise too_large(self._path)
        return self._stream.seek(position)

    def tell(self) -> int:
        return self._stream.tell()


def _link(path: Path, name: str) -> CourseError:
    return CourseError(f"{show(path)} holds a link ({show(name)}), which could point anywhere: do not use it.")


def _check_size(path: Path, member: Member, max_bytes: int) -> None:
    if member.size > max_bytes:
        raise CourseError(
            f"{show(path)} holds {show(member.name)} of {member.size >> 20} MiB, more than a picture needs."
        )


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


def kind(path: Path) -> str:
    """What a file is by its first bytes: "zip", "tar" (also gzipped), "gzip", or "other"."""
    with open_regular(path) as file, one_sentence(path):
        head = file.read(512)
        if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
            return "zip"
        if head.startswith(b"\x1f\x8b"):
            file.seek(0)
            with gzip.open(file) as stream:
                return "tar" if stream.read(512)[257:262] == b"ustar" else "gzip"
        return "tar" if head[257:262] == b"ustar" else "other"


def open_archive(path: Path) -> Archive:
    """Open a .zip, .tar, .tar.gz, .tgz or .gz file by its content, and check its table of contents.

    Raises:
        CourseError: not an archive, damaged, cut short, encrypted; more files than
            :data:`~emocourse.files.safefiles.MAX_MEMBERS`, more unpacked bytes than
            :func:`~emocourse.files.safefiles.unpacked_limit`; links, devices, or names outside the folder.
    """
    opener = {"zip": _Zip, "tar": _Tar, "gzip": _Gzip}.get(kind(path))
    if opener is None:
        raise CourseError(f"{show(path)} is not a zip, tar or gzip file: get it again or rename it to what it is.")
    return opener(path)
