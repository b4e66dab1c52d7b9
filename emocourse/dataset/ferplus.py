"""FER+: what ten people saw in each picture of FER2013.

Barsoum et al. (2016), "Training deep networks for facial expression recognition with crowd-sourced label distribution",
arXiv 1608.01041; the votes are Microsoft's, under the MIT licence, in the file ``fer2013new.csv``.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..emotions import EMOTIONS
from ..errors import CourseError
from ..files.safefiles import BLOCK, open_regular, show
from .fer2013_csv import SPLITS, USAGES, lines

if TYPE_CHECKING:
    from .fer2013 import Fer2013

VOTE_NAMES = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF",
)  # fmt: skip
"""What people could vote for, in the file's order; NF: not a face."""
_HEADER = ("Usage", "Image name", *VOTE_NAMES)
_VOTERS = 10
_COUNTS = {str(count).encode(): count for count in range(_VOTERS + 1)}


@dataclass(frozen=True, eq=False)
class Votes:
    """The votes on n pictures, in FER2013's row order.

    Attributes:
        counts: (n, 10) uint8, votes for each of :data:`VOTE_NAMES`; a row sums to 10, now and then to a little less.
        split: (n,) '<U10', "train", "validation" or "test".
        names: (n,) str, FER+'s picture names; "" where it gave none (most voters saw no face).
    """

    counts: np.ndarray
    split: np.ndarray
    names: np.ndarray

    def __len__(self) -> int:
        return len(self.counts)


def read_votes(path: str | os.PathLike) -> Votes:
    """Read ``fer2013new.csv``, checking every row: 12 columns, a known Usage, ten counts 0-10 with a sum of 1 to 10.

    The picture names must rise, as they do in the original but for a handful of places: a sorted or shuffled copy
    would join to the wrong pictures.

    Raises:
        CourseError: one sentence that names the file and the line.
    """
    path = Path(path).expanduser()
    where = show(path)
    numbered = lines(_blocks(path), where)
    number, header = next(numbered, (1, b""))
    if tuple(cell.strip() for cell in header.decode("utf-8", "replace").split(",")) != _HEADER:
        raise CourseError(
            f"{where}, line {number}: the header is not that of FER+'s fer2013new.csv: get the file again."
        )
    counts, splits, names = [], [], []
    last, falls = "", 0
    for number, line in numbered:
        row = _parse_votes(line)
        if isinstance(row, str):
            raise CourseError(f"{where}, line {number}: {row}.")
        usage, name, votes = row
        falls += bool(name) and name <= last
        last = name or last
        counts.append(votes)
        splits.append(USAGES[usage])
        names.append(name)
    if not counts:
        raise CourseError(f"{where} holds no votes below its header: get the file again.")
    if falls * 100 > len(counts):
        raise CourseError(f"{where} is not in its original order, to judge by the picture names: get the file again.")
    return Votes(np.array(counts, np.uint8), np.array(splits, "<U10"), np.array(names))


def _parse_votes(line: bytes) -> tuple[str, str, list[int]] | str:
    cells = [cell.strip() for cell in line.split(b",")]
    if len(cells) != len(_HEADER):
        return f"has {len(cells)} columns instead of {len(_HEADER)}"
    usage, name = (cell.decode("utf-8", "replace") for cell in cells[:2])
    if usage not in USAGES:
        return f"the Usage is {show(usage)[:40]!r}, not Training, PublicTest or PrivateTest"
    if len(name) > 40:
        return "the picture name is longer than 40 characters"
    votes = [_COUNTS.get(cell) for cell in cells[2:]]
    for column, cell, count in zip(VOTE_NAMES, cells[2:], votes, strict=True):
        if count is None:
            found = show(cell.decode("utf-8", "replace"))[:40]
            return f"the votes for {column} are {found!r}, not an integer from 0 to {_VOTERS}"
    if not 1 <= sum(votes) <= _VOTERS:
        return f"the votes add up to {sum(votes)} instead of {_VOTERS}"
    return usage, name, votes


def _blocks(path: Path) -> Iterator[bytes]:
    with open_regular(path) as file:
        while block := file.read(BLOCK):
            yield block


def join_votes(data: "Fer2013", votes: Votes) -> Votes:
    """The votes on exactly the pictures of ``data``, in its order: row by row within each split.

    Raises:
        CourseError: ``data`` comes from a picture folder or had rows skipped, so that its row order is lost; or a
            split of ``data`` has another number of pictures than of votes.
    """
    if data.form != "csv":
        raise CourseError("A picture folder has lost FER2013's row order, so the votes cannot be joined: read the CSV.")
    if data.n_skipped:
        raise CourseError(
            f"{data.n_skipped} bad rows were skipped, so the votes cannot be joined: read a whole FER2013 CSV."
        )
    order = np.empty(len(data.labels), np.intp)
    for split in SPLITS:
        mine, theirs = np.flatnonzero(data.split == split), np.flatnonzero(votes.split == split)
        if not len(mine):
            continue
        if len(mine) != len(theirs):
            raise CourseError(
                f"The {split} split has {len(mine):,} pictures but {len(theirs):,} rows of votes: "
                "use the FER+ file of the same FER2013 file."
            )
        order[mine] = theirs
    return Votes(votes.counts[order], votes.split[order], votes.names[order])


def majority(votes: Votes) -> np.ndarray:
    """(n,) int8: the one choice with the most votes, as a place in :data:`VOTE_NAMES`; -1 where the first place is
    shared."""
    top = votes.counts.max(axis=1, keepdims=True)
    alone = (votes.counts == top).sum(axis=1) == 1
    return np.where(alone, votes.counts.argmax(axis=1), -1).astype(np.int8)


def share_unanimous(votes: Votes) -> float:
    """Share, 0 to 1, of pictures on which all voters made the same choice."""
    return float((votes.counts.max(axis=1) == votes.counts.sum(axis=1)).mean())


def one_against_others(votes: Votes) -> float:
    """How often, 0 to 1, one voter makes the choice that most of the other voters made; mean over all votes.

    Where several choices share the others' first place, meeting one of them counts as one part of that many, as if the
    tie were broken by lot. A voter with nobody else voting on the picture does not count.
    """
    counts = votes.counts.astype(np.int64)
    counts = counts[counts.sum(axis=1) > 1]
    met = 0.0
    for choice in range(len(VOTE_NAMES)):
        others = counts.copy()
        others[:, choice] = np.maximum(counts[:, choice] - 1, 0)
        top = others.max(axis=1)
        sharing = (others == top[:, None]).sum(axis=1)
        met += float((counts[:, choice] * (others[:, choice] == top) / sharing).sum())
    return met / float(counts.sum())


def label_agreement(labels: np.ndarray, votes: Votes) -> tuple[float, int]:
    """(share, n): how often FER2013's label is the voters' :func:`majority`, over the n pictures that have one.

    A majority for contempt, unknown or NF, which FER2013 does not have, counts as disagreement.

    Args:
        labels: (n,) FER2013 labels 0-6 of the same pictures, as :func:`join_votes` puts them.

    Raises:
        CourseError: not as many labels as votes, or no picture with a majority.
    """
    if len(labels) != len(votes):
        raise CourseError(
            f"{len(labels):,} labels do not go with votes on {len(votes):,} pictures: join the votes first."
        )
    chosen = majority(votes)
    has = chosen >= 0
    if not has.any():
        raise CourseError("No picture has a majority, so agreement cannot be measured: use more votes.")
    place = np.array([VOTE_NAMES.index(name) for name in EMOTIONS])
    return float((place[labels[has]] == chosen[has]).mean()), int(has.sum())
