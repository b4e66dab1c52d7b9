"""FER2013 as a folder of pictures: ``train/angry/x.jpg``, ``test/…``, in a directory or inside an archive.

Splits: ``train``, ``validation`` (also ``val``, ``valid``, ``PublicTest``) and ``test`` (also ``PrivateTest``).
Kaggle's picture folders know only train and test, and their test holds PublicTest and PrivateTest together, 7,178
pictures: which of the two a picture came from is lost, so all of it stays "test" here, and there is no validation
split.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from ..emotions import EMOTIONS
from ..errors import CourseError
from ..files.safefiles import MAX_MEMBERS, open_regular, show
from .fer2013_csv import PIXELS, SIDE, Rows

_SPLIT_NAMES = {
    "train": 0, "training": 0,
    "validation": 1, "val": 1, "valid": 1, "publictest": 1,
    "test": 2, "privatetest": 2,
}  # fmt: skip
_CLASS_NAMES = {name: label for label, name in enumerate(EMOTIONS)} | {
    "angry": 0, "disgusted": 1, "fearful": 2, "happy": 3, "sad": 4, "surprised": 5,
}  # fmt: skip
_IGNORED = ("thumbs.db", "desktop.ini")
_MAX_DEPTH = 8

Place = tuple[int, int, str]
"""(split as an index into SPLITS, label, name with forward slashes): sorts into the order in which pictures are
numbered."""


def layout(names: Iterable[str], where: str) -> list[Place]:
    """Find the pictures among all the names in a folder or archive; names of folders end with "/".

    Returns:
        the pictures sorted by split, class and name; empty when there is no ``split/class/`` folder at all.

    Raises:
        CourseError: an empty class folder, a class that FER2013 does not have, a folder inside a class folder, or two
            sets of split folders.
    """
    places: list[Place] = []
    folders: dict[str, int] = {}  # class folder -> number of pictures
    strangers, roots = [], set()
    for name in names:
        parts = tuple(name.rstrip("/").split("/"))
        if is_ignored(parts):
            continue
        at = next((i for i, part in enumerate(parts) if part.lower() in _SPLIT_NAMES), None)
        below = parts[at + 1 :] if at is not None else ()
        if not below or (len(below) == 1 and not name.endswith("/")):
            continue
        if below[0].lower() not in _CLASS_NAMES:
            strangers.append("/".join(parts[: at + 2]))
            continue
        folder = "/".join(parts[: at + 2])
        folders.setdefault(folder, 0)
        roots.add(parts[:at])
        if len(below) > 2 or (len(below) == 2 and name.endswith("/")):
            raise CourseError(
                f"{where} holds {show(name)}, a folder inside a class folder: only pictures belong there."
            )
        if len(below) == 2:
            folders[folder] += 1
            places.append((_SPLIT_NAMES[parts[at].lower()], _CLASS_NAMES[below[0].lower()], name))
    if not folders:
        return []
    if strangers:
        raise CourseError(
            f"{where} holds {show(min(strangers))}, which is none of the seven emotions: move it elsewhere."
        )
    if len(roots) > 1:
        first, second, *_ = ("/".join(root) or "." for root in sorted(roots))
        raise CourseError(
            f"{where} holds two datasets ({show(first)} and {show(second)}): give the path of one of them."
        )
    empty = sorted(folder for folder, count in folders.items() if not count)
    if empty:
        raise CourseError(
            f"{where} holds the class folder {show(empty[0])} with no picture in it: get the dataset again."
        )
    return sorted(places)


def is_ignored(parts: tuple[str, ...]) -> bool:
    """Whether this is hidden, or something that operating systems leave behind."""
    return any(p.startswith(".") or p == "__MACOSX" for p in parts) or (bool(parts) and parts[-1].lower() in _IGNORED)


def walk(root: Path) -> list[str]:
    """Names of everything below a directory, relative to it, folders with "/" at their end.

    Raises:
        CourseError: a link that leads out of the directory, more than 100,000 entries, or a folder that cannot be
            listed.
    """
    names: list[str] = []
    real_root = root.resolve()
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    if is_ignored((entry.name,)):
                        continue
                    name = folder + entry.name
                    if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(real_root):
                        raise CourseError(
                            f"{show(root / name)} is a link that leads out of the folder, "
                            "so this is not FER2013 as it comes: check the path."
                        )
                    if entry.is_dir(follow_symlinks=False) and folder.count("/") < _MAX_DEPTH:
                        name += "/"
                        pending.append(name)
                    names.append(name)
                    if len(names) > MAX_MEMBERS:
                        raise CourseError(
                            f"{show(root)} holds more than {MAX_MEMBERS:,} files: it is not the FER2013 dataset."
                        )
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
            reason = getattr(error, "strerror", None) or "a link in a circle"
            raise CourseError(f"{show(root / folder)} cannot be listed ({reason}): check its permissions.") from error
    return names


def directory_contents(root: Path, names: Iterable[str], max_bytes: int) -> Iterator[tuple[str, bytes | CourseError]]:
    """(name, content) of pictures in a directory; instead of the content the error for one that is no readable file."""
    for name in names:
        try:
            with open_regular(root / name) as file:
                data = file.read(max_bytes + 1)
            yield name, data
        except CourseError as error:
            yield name, error


def read_pictures(
    contents: Iterable[tuple[str, bytes | CourseError]], places: list[Place], where: str, skip_bad: bool = False
) -> Rows:
    """Decode the pictures that :func:`layout` found; colour becomes grey.

    Args:
        contents: (name, content) of each of ``places``, in any order, from a directory or an archive.
        places: what :func:`layout` returned. A picture's row is its 1-based position in it.
        where: the folder's or archive's name, for messages.
        skip_bad: count unusable pictures and go on, instead of raising.

    Raises:
        CourseError: naming the picture: unreadable, or not 48x48 (nothing is resized: FER2013's are all 48x48, so
            another size means another dataset); or no usable picture.
    """
    from ..files import images

    position = {name: i for i, (_, _, name) in enumerate(places)}
    pixels = np.empty((len(places), PIXELS), np.uint8)
    state = np.zeros(len(places), np.uint8)  # 0: has not come, 1: skipped, 2: read
    rows = Rows()
    for name, data in contents:
        at = position[name]
        try:
            if isinstance(data, CourseError):
                raise data
            picture = images.read(data)
            if picture.shape != (SIDE, SIDE):
                height, width = picture.shape
                raise CourseError(f"it is {width}x{height} pixels, and FER2013's are {SIDE}x{SIDE}.")
        except CourseError as error:
            reason = str(error).rstrip(".")
            if not skip_bad:
                raise CourseError(f"{where}: the picture {show(name)} cannot be used: {reason}.") from error
            state[at] = 1
            rows.skip(f"{show(name)}: {reason}")
        else:
            pixels[at], state[at] = picture.ravel(), 2
    if not state.all():
        raise CourseError(f"{where} ends before its last picture: get it again.")
    good = state == 2
    if not good.any():
        raise CourseError(f"{where} holds no usable picture: get the dataset again.")
    rows.pixels = bytearray(pixels[good]) if rows.n_skipped else pixels.reshape(-1)
    rows.rows = (np.flatnonzero(good) + 1).tolist()
    rows.labels = [places[row - 1][1] for row in rows.rows]
    rows.splits = [places[row - 1][0] for row in rows.rows]
    return rows
