"""FER2013, the real dataset: found, read from any of its forms, checked row by row, audited; its FER+ votes joined.

Goodfellow et al. (2013), "Challenges in Representation Learning: A report on three machine learning contests",
arXiv 1307.0414. The dataset itself is Kaggle's to give; nothing of it is part of this course.

Forms that :func:`read` takes: Kaggle's ``fer2013.csv`` and ``icml_face_data.csv``, as they are or inside a .zip,
.tar.gz, .tgz or .gz; and the folder of images, as a directory or inside an archive (see
:mod:`~emocourse.dataset.fer2013_files`).
"""

import os
import warnings
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..emotions import EMOTIONS
from ..errors import CourseError
from ..files import store as files
from ..files.store import open_regular, show
from . import download as kaggle
from .fer2013_files import CSV_NAMES, SIDE, SPLITS, Rows, open_source
from .ferplus import Votes, join_votes, read_votes

__all__ = [
    "SPLITS",
    "Fer2013",
    "Votes",
    "audit",
    "download",
    "duplicate_groups",
    "find",
    "join_votes",
    "read",
    "read_votes",
]

VARIABLE = "EMOCOURSE_FER2013"
_CACHE_NAMES = (*CSV_NAMES, "fer2013.zip", "fer2013.tar.gz", "fer2013.tgz", "fer2013.csv.gz", "fer2013")
_CACHE_VERSION = 2  # raise it when what read() makes of the same bytes changes
_HOW_TO_GET = (
    f"run `emocourse data download`, or set {VARIABLE} to the path of fer2013.csv, its .zip, or the image folder"
)


@dataclass(frozen=True, eq=False)
class Fer2013:
    """FER2013 as arrays, in the order of its file; n images.

    Attributes:
        images: (n, 48, 48) uint8, grey, 0 black to 255 white.
        labels: (n,) uint8, 0-6, places in :data:`~emocourse.emotions.EMOTIONS`.
        split: (n,) '<U10', "train", "validation" or "test" (FER2013's Training, PublicTest, PrivateTest).
        rows: (n,) int32, 1-based line of the CSV (the header is line 1), or position among the folder's sorted
            images.
        source: the path that was read.
        n_skipped: rows left out because they were bad; always 0 unless ``skip_bad`` was asked for.
        skipped: the first 20 of their reasons.
        form: "csv" or "folder". Only the CSV has the row order that other files, such as the FER+ votes, refer to.
    """

    images: np.ndarray
    labels: np.ndarray
    split: np.ndarray
    rows: np.ndarray
    source: str
    n_skipped: int = 0
    skipped: list[str] = field(default_factory=list)
    form: str = "csv"

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, split: str) -> "Fer2013":
        """Only the images of one split, in the same order; none when the file does not have that split.

        Raises:
            CourseError: not the name of a split.
        """
        if split not in SPLITS:
            raise CourseError(f"There is no split {show(split)!r}: use {', '.join(SPLITS)}.")
        keep = self.split == split
        parts = (self.images[keep], self.labels[keep], self.split[keep], self.rows[keep])
        return Fer2013(*parts, self.source, self.n_skipped, self.skipped, self.form)


def find(path: str | os.PathLike | None = None) -> Path:
    """Where FER2013 is: ``path``, else the ``EMOCOURSE_FER2013`` variable, else the folder ``fer2013`` of the cache.

    Raises:
        CourseError: it is in none of these places, or not where the path or the variable says.
    """
    chosen, told = (path, "") if path is not None else (os.environ.get(VARIABLE), f", which {VARIABLE} names,")
    chosen = files.unquoted(chosen) if isinstance(chosen, str) else chosen
    if chosen:
        try:
            found = Path(chosen).expanduser()
            found.stat()
        except (OSError, ValueError, RuntimeError) as error:  # a NUL in the path; an unknown ~user
            reason = getattr(error, "strerror", None) or "not a path"
            raise CourseError(f"{show(chosen)}{told} cannot be read ({reason}): check the path of FER2013.") from error
        return found
    if path is not None:
        raise CourseError("The path of FER2013 is empty: give the path of fer2013.csv, its .zip, or the image folder.")
    folder = files.cache_dir() / "fer2013"
    for name in _CACHE_NAMES:
        if (folder / name).exists():
            return folder / name
    raise CourseError(f"FER2013 was not found: {_HOW_TO_GET}.")


def read(
    path: str | os.PathLike | None = None, skip_bad: bool = False, progress: bool = True, cache: bool = True
) -> Fer2013:
    """Read the dataset, checking every row: 2,304 integers 0-255, a label 0-6, a known Usage; every image 48x48.

    Args:
        path: a file or folder in any of the forms above; None: see :func:`find`.
        skip_bad: count bad rows or images and go on, instead of raising. What is wrong with the whole file (its
            header, a damaged archive, an empty class folder) raises all the same.
        progress: show a bar on stderr.
        cache: keep the arrays in the cache, under the SHA-256 of the source's content, and take them from there next
            time. Only a read that skipped nothing is kept. A damaged cache file is made again.

    Returns:
        the dataset, in the file's order.

    Raises:
        CourseError: one sentence that names the file, and the line or image.
    """
    found = find(path)
    source = open_source(found)
    store = None
    if cache:
        store = files.cache_dir() / "fer2013" / "parsed" / f"{source.digest()}-v{_CACHE_VERSION}.npz"
        kept = _load(store)
        if kept is not None:
            *arrays, form = kept
            return Fer2013(*arrays, str(found), form=form)
    rows = source.rows(skip_bad, progress)
    result = Fer2013(*_as_arrays(rows), str(found), rows.n_skipped, rows.skipped, rows.form)
    if store is not None and not result.n_skipped:
        try:
            _save(store, result)
        except CourseError as error:  # a full disk must not take away what was read
            warnings.warn(f"The dataset was read but not kept for next time: {error}", stacklevel=2)
    return result


def _as_arrays(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    images = np.frombuffer(rows.pixels, np.uint8).reshape(-1, SIDE, SIDE)
    split = np.array(SPLITS, "<U10")[np.array(rows.splits, np.uint8)]
    return images, np.array(rows.labels, np.uint8), split, np.array(rows.rows, np.int32)


def _save(path: Path, data: Fer2013) -> None:
    code = np.array([SPLITS.index(name) for name in data.split], np.uint8)
    with files.atomic_write(path) as stream:  # uncompressed: read at disk speed; the zip's checksums still catch damage
        np.savez(stream, images=data.images, labels=data.labels, split=code, rows=data.rows, form=data.form)


def _load(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, str] | None:
    """The arrays and the form that :func:`_save` wrote, or None where there are none, or damaged ones."""
    if not path.exists():
        return None
    try:
        with open_regular(path) as stream, np.load(stream, allow_pickle=False) as kept:
            images, labels, code, rows, form = (kept[name] for name in ("images", "labels", "split", "rows", "form"))
    except (CourseError, OSError, ValueError, KeyError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error):
        return None
    n = len(labels) if labels.ndim else 0
    sound = (
        n > 0
        and (images.shape, images.dtype) == ((n, SIDE, SIDE), np.uint8)
        and all(
            (a.shape, a.dtype) == ((n,), dtype) for a, dtype in ((labels, np.uint8), (code, np.uint8), (rows, np.int32))
        )
        and labels.max() < len(EMOTIONS)
        and code.max() < len(SPLITS)
        and str(form) in ("csv", "folder")
    )
    return (images, labels, np.array(SPLITS, "<U10")[code], rows, str(form)) if sound else None


def duplicate_groups(images: np.ndarray) -> list[list[int]]:
    """The images that are the same to the last pixel: lists of two or more places in ``images``, each rising."""
    groups: dict[bytes, list[int]] = defaultdict(list)
    for i, image in enumerate(images):
        groups[image.tobytes()].append(i)
    return [members for members in groups.values() if len(members) > 1]


def audit(data: Fer2013) -> dict:
    """Count classes, and images that are the same to the last pixel.

    Returns:
        ``counts``: split -> emotion -> images, always all three splits and seven emotions;
        ``duplicate_groups``: sets of two or more identical images; ``images_in_duplicate_groups``: images in them;
        ``conflicting_groups``: those of the sets with more than one label;
        ``cross_split_groups``: those of the sets with images in more than one split, so that a test has seen its
        answer.
    """
    same = duplicate_groups(data.images)
    return {
        "counts": {
            split: {name: int(((data.split == split) & (data.labels == k)).sum()) for k, name in enumerate(EMOTIONS)}
            for split in SPLITS
        },
        "duplicate_groups": len(same),
        "images_in_duplicate_groups": sum(map(len, same)),
        "conflicting_groups": sum(len(set(data.labels[members].tolist())) > 1 for members in same),
        "cross_split_groups": sum(len(set(data.split[members].tolist())) > 1 for members in same),
    }


PUBLISHED = {
    "train": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "validation": (467, 56, 496, 895, 653, 415, 607),
}
"""Images of each class in Training and PublicTest, as published. Of PrivateTest only the total is checked."""
PRIVATE_TEST = 3589


def download(target: str | os.PathLike | None = None, progress: bool = True) -> Path:
    """Get FER2013 from Kaggle with the optional library ``kagglehub``, check it, and put it where :func:`find` looks.

    kagglehub goes on with a download that was cut off, and checks the transfer. Then every row is read and checked
    here, and the number of images of each class in Training and PublicTest, and of PrivateTest in all, is compared
    with the published ones. Kaggle publishes no checksum of the file; the SHA-256 of the first file that passes is
    recorded in the cache's ``fer2013/checksums.json``, and a later call that finds the same file there downloads
    nothing, while a later download must have the same SHA-256. If the course's own ``data/checksums.json`` has an entry
    ``fer2013/NAME``, the file must match that, too. A file that fails is downloaded once more.

    Args:
        target: file to write, or folder to write it into; None: the cache's. Written beside and renamed, so it is
            there whole or not at all.
        progress: show a bar on stderr while checking (kagglehub shows its own while downloading).

    Returns:
        the path of the CSV.

    Raises:
        CourseError: kagglehub is missing, Kaggle cannot be reached or wants its rules accepted, or what came is not
            FER2013.
    """
    folder = files.cache_dir() / "fer2013"
    record = folder / "checksums.json"
    known = _checksums(lambda: record)
    goal = Path(target).expanduser() if target is not None else folder
    for name in CSV_NAMES:
        place = goal if target is not None and not goal.is_dir() else goal / name
        if name in known and place.is_file() and files.sha256(place) == known[name]:
            return place
    problem: CourseError | None = None
    for again in (False, True):
        got = _csv_in(kaggle.fetch(again))
        try:
            _verify(got, known.get(got.name), progress)
        except CourseError as error:
            problem = error
            continue
        place = goal if target is not None and not goal.is_dir() else goal / got.name
        with files.atomic_write(place) as out, open_regular(got) as stream:
            while block := stream.read(1 << 20):
                out.write(block)
        files.write_json(record, known | {got.name: files.sha256(place)})
        return place
    raise CourseError(f"What Kaggle sent is not the published FER2013, twice: {problem}") from problem


def _checksums(path: Callable[[], Path]) -> dict[str, str]:
    try:
        kept = files.read_json(path())
    except CourseError:
        return {}
    return kept if isinstance(kept, dict) else {}


def _csv_in(path: Path) -> Path:
    """The CSV that kagglehub got, which is a file or the folder it lies in."""
    if not path.is_dir():
        return path
    for name in CSV_NAMES:
        for found in sorted(path.rglob(name)):
            return found
    raise CourseError(f"Kaggle's download in {show(path)} holds none of {', '.join(CSV_NAMES)}: {kaggle.BY_HAND}.")


def _verify(path: Path, recorded: str | None, progress: bool) -> None:
    counts = audit(read(path, progress=progress, cache=False))["counts"]
    for split, published in PUBLISHED.items():
        if tuple(counts[split].values()) != published:
            raise CourseError(
                f"{show(path)} has {list(counts[split].values())} images in {split}, not {list(published)}."
            )
    if sum(counts["test"].values()) != PRIVATE_TEST:
        raise CourseError(f"{show(path)} has {sum(counts['test'].values()):,} images in test, not {PRIVATE_TEST:,}.")
    shipped = _checksums(lambda: files.data_path("checksums.json")).get(f"fer2013/{path.name}")
    for expected, says in (
        (recorded, "the download before it had"),
        (shipped, "the course's data/checksums.json says"),
    ):
        if expected and files.sha256(path) != expected:
            raise CourseError(f"{show(path)} has another SHA-256 than {says}.")
