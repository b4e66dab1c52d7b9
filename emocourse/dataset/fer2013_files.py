"""What a path to FER2013 leads to: a CSV or a folder of pictures, each as it is or inside an archive."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from ..errors import CourseError
from ..files import archives
from ..files.safefiles import BLOCK, MAX_UNPACKED, open_regular, show, size_of
from .fer2013_csv import Rows, read_rows
from .fer2013_folder import Place, directory_contents, is_ignored, layout, read_pictures, walk

CSV_NAMES = ("fer2013.csv", "icml_face_data.csv")
"""The two files of Kaggle that hold labels, pixels and splits."""
_ARCHIVE_ENDINGS = (".zip", ".tar.gz", ".tgz", ".tar", ".gz", ".7z", ".rar")


@dataclass(frozen=True)
class Source:
    """One readable dataset.

    Attributes:
        form: "csv" or "folder".
        digest: gives the SHA-256 of the content, in hex; packed content as it is packed.
        rows: ``rows(skip_bad, progress)`` reads and checks everything.
    """

    form: str
    digest: Callable[[], str]
    rows: Callable[[bool, bool], Rows]


def open_source(path: Path) -> Source:
    """Find out what ``path`` holds, without reading it whole.

    Raises:
        CourseError: nothing that FER2013 comes in, several datasets, or anything that :mod:`~emocourse.files.archives`
            refuses.
    """
    if path.is_dir():
        names = walk(path)
        chosen = _choose(names, show(path))
        if isinstance(chosen, str):
            return open_source(path / chosen)
        return _directory(path, chosen)
    kind = archives.kind(path)
    if size_of(path) > MAX_UNPACKED:
        raise CourseError(f"{show(path)} is over {MAX_UNPACKED >> 30} GiB: it is not the FER2013 dataset.")
    if kind == "other":
        if path.name.lower().endswith(_ARCHIVE_ENDINGS):
            raise CourseError(f"{show(path)} is not the archive that its name says: get it again, or rename it.")
        return _csv(path, show(path), lambda: _file_blocks(path), size_of(path))
    archive = archives.open_archive(path)
    if kind == "gzip":
        return _csv(path, show(path), lambda: archive.blocks(archive.members[0].name), None)
    chosen = _choose((member.name for member in archive.members), show(path))
    if isinstance(chosen, str):
        size = next(member.size for member in archive.members if member.name == chosen)
        return _csv(path, f"{show(path)} ({show(chosen)})", lambda: archive.blocks(chosen), size)
    contents = lambda names, limit: archive.contents(names, limit)  # noqa: E731
    return Source("folder", lambda: _digest(path), _picture_rows(contents, chosen, show(path)))


def _choose(names: Iterable[str], where: str) -> str | list[Place]:
    """The name of the one CSV, or the places of the pictures, among all the names in a folder or archive.

    Kaggle's competition comes with further CSVs, so the two names that hold the whole dataset go before everything
    else.
    """
    names = [name for name in names if not is_ignored(tuple(name.rstrip("/").split("/")))]
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
    inner = [name for name in names if name.lower().endswith(_ARCHIVE_ENDINGS)]
    if inner:
        raise CourseError(f"{where} holds no CSV but an archive ({show(min(inner))}): take that out and give its path.")
    raise CourseError(f"{where} holds neither a FER2013 CSV nor class folders such as train/angry: check the path.")


def _csv(path: Path, where: str, blocks: Callable[[], Iterator[bytes]], size: int | None) -> Source:
    def rows(skip_bad: bool, progress: bool) -> Rows:
        bar = tqdm(total=size, desc="Reading FER2013", unit="B", unit_scale=True, disable=not progress)
        with bar:
            return read_rows(_counted(blocks(), bar), where, skip_bad)

    return Source("csv", lambda: _digest(path), rows)


def _counted(blocks: Iterable[bytes], bar: tqdm) -> Iterator[bytes]:
    for block in blocks:
        yield block
        bar.update(len(block))


def _digest(path: Path) -> str:
    total = hashlib.sha256()
    for block in _file_blocks(path):
        total.update(block)
    return total.hexdigest()


def _file_blocks(path: Path) -> Iterator[bytes]:
    with open_regular(path) as file:
        try:
            while block := file.read(BLOCK):
                yield block
        except OSError as error:
            raise CourseError(f"{show(path)} cannot be read ({error.strerror}): check the disk.") from error


def _directory(root: Path, places: list[Place]) -> Source:
    def digest() -> str:
        total = hashlib.sha256(b"folder\n")
        for name, data in directory_contents(root, (name for *_, name in places), _picture_limit()):
            content = b"" if isinstance(data, CourseError) else hashlib.sha256(data).digest()
            total.update(name.encode("utf-8", "surrogateescape") + b"\0" + content)
        return total.hexdigest()

    return Source(
        "folder", digest, _picture_rows(lambda names, limit: directory_contents(root, names, limit), places, show(root))
    )


def _picture_rows(contents: Callable, places: list[Place], where: str) -> Callable[[bool, bool], Rows]:
    def rows(skip_bad: bool, progress: bool) -> Rows:
        found = contents([name for *_, name in places], _picture_limit())
        bar = tqdm(found, total=len(places), desc="Reading FER2013", unit="picture", disable=not progress)
        with bar:
            return read_pictures(bar, places, where, skip_bad)

    return rows


def _picture_limit() -> int:
    from ..files import images

    return images.MAX_BYTES
