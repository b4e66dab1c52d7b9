"""FER+: what ten people saw in each image of FER2013.

Barsoum et al. (2016), "Training deep networks for facial expression recognition with crowd-sourced label distribution",
arXiv 1608.01041; the votes are Microsoft's, under the MIT licence, in the file ``fer2013new.csv``.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..emotions import EMOTIONS
from ..errors import CourseError
from ..files.store import open_regular, show
from ..from_scratch.cnn import softmax
from .fer2013_files import SPLITS, USAGES, lines

VOTE_NAMES = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF",
)  # fmt: skip
"""What people could vote for, in the file's order; NF: not a face."""
_HEADER = ("Usage", "Image name", *VOTE_NAMES)
_VOTERS = 10
_MOST_TOGETHER = 3  # nameless rows one after the other
_STRETCH = 100  # images whose agreement is looked at together
_LOWEST_AGREEMENT = 0.39  # in FER2013, 0.48 to 0.80; with the votes one row off, 0.07 to 0.30
_COUNTS = {str(count).encode(): count for count in range(_VOTERS + 1)}


@dataclass(frozen=True, eq=False)
class Votes:
    """The votes on n images, in FER2013's row order.

    Attributes:
        counts: (n, 10) uint8, votes for each of :data:`VOTE_NAMES`; a row sums to 10, now and then to a little less.
        split: (n,) '<U10', "train", "validation" or "test".
        names: (n,) str, FER+'s image names; "" where it gave none (most voters saw no face).
    """

    counts: np.ndarray
    split: np.ndarray
    names: np.ndarray

    def __len__(self) -> int:
        return len(self.counts)


def read_votes(path: str | os.PathLike) -> Votes:
    """Read ``fer2013new.csv``, checking every row: 12 columns, a known Usage, ten counts 0-10 with a sum of 1 to 10.

    The rows must be in their original order, to judge by the image names: a sorted or shuffled copy would join to the
    wrong images.

    Raises:
        CourseError: one sentence that names the file and the line.
    """
    path = Path(path).expanduser()
    where = show(path)
    counts, splits, names = [], [], []
    with open_regular(path) as file:
        numbered = lines(file, where)
        number, header = next(numbered, (1, b""))
        if tuple(cell.strip() for cell in header.decode("utf-8", "replace").split(",")) != _HEADER:
            raise CourseError(
                f"{where}, line {number}: the header is not that of FER+'s fer2013new.csv: get the file again."
            )
        for number, line in numbered:
            row = _parse_votes(line)
            if isinstance(row, str):
                raise CourseError(f"{where}, line {number}: {row}.")
            usage, name, votes = row
            counts.append(votes)
            splits.append(USAGES[usage])
            names.append(name)
    if not counts:
        raise CourseError(f"{where} holds no votes below its header: get the file again.")
    if _moved(names):
        raise CourseError(f"{where} is not in its original order, to judge by the image names: get the file again.")
    return Votes(np.array(counts, np.uint8), np.array(splits, "<U10"), np.array(names))


def _moved(names: list[str]) -> bool:
    """Whether rows have left their places, with or without a name.

    In the original, names rise but for three places. They hold a running number, which half of the nameless rows
    count in: so a number may leave out no more than the nameless rows just before it, again but for three places. And
    those are 158 of 35,887, never two together.
    """
    last, number, together = "", None, 0
    falls = gaps = longest = 0
    for name in names:
        if not name:
            together += 1
            longest = max(longest, together)
            continue
        falls += name <= last
        before, found = number, re.fullmatch(r"fer(\d{1,9})\.png", name)
        number = int(found[1]) if found else None
        gaps += None not in (before, number) and number - before > together + 1
        last, together = name, 0
    n = len(names)
    return falls * 100 > n or gaps > 5 + n / 1000 or longest > _MOST_TOGETHER


def _parse_votes(line: bytes) -> tuple[str, str, list[int]] | str:
    cells = [cell.strip() for cell in line.split(b",")]
    if len(cells) != len(_HEADER):
        return f"has {len(cells)} columns instead of {len(_HEADER)}"
    usage, name = (cell.decode("utf-8", "replace") for cell in cells[:2])
    if usage not in USAGES:
        return f"the Usage is {show(usage)[:40]!r}, not Training, PublicTest or PrivateTest"
    if len(name) > 40:
        return "the image name is longer than 40 characters"
    votes = [_COUNTS.get(cell) for cell in cells[2:]]
    for column, cell, count in zip(VOTE_NAMES, cells[2:], votes, strict=True):
        if count is None:
            found = show(cell.decode("utf-8", "replace"))[:40]
            return f"the votes for {column} are {found!r}, not an integer from 0 to {_VOTERS}"
    if not 1 <= sum(votes) <= _VOTERS:
        return f"the votes add up to {sum(votes)} instead of {_VOTERS}"
    return usage, name, votes


def join_votes(labels: np.ndarray, split: np.ndarray, votes: Votes, form: str = "csv", n_skipped: int = 0) -> Votes:
    """The votes on exactly the images of a FER2013 file, in its order: row by row within each split.

    Args:
        labels: (n,) labels 0-6 of the images, which tell whether the two belong together: where they do, a label is
            the voters' majority for 65 of 100 images; where rows have moved, for 20.
        split: (n,) "train", "validation" or "test".
        votes: those of :func:`read_votes`.
        form: "csv" or "folder", as in :class:`~emocourse.dataset.fer2013.Fer2013`.
        n_skipped: bad rows of the file that were left out.

    Raises:
        CourseError: the images come from a folder or had rows skipped, so that their order is lost; a split has another
            number of images than of votes; or the labels do not go with the votes.
    """
    if form != "csv":
        raise CourseError("A folder has lost FER2013's row order, so the votes cannot be joined: read the CSV.")
    if n_skipped:
        raise CourseError(
            f"{n_skipped} bad rows were skipped, so the votes cannot be joined: read a whole FER2013 CSV."
        )
    order = np.empty(len(labels), np.intp)
    for name in SPLITS:
        mine, theirs = np.flatnonzero(split == name), np.flatnonzero(votes.split == name)
        if not len(mine):
            continue
        if len(mine) != len(theirs):
            raise CourseError(
                f"The {name} split has {len(mine):,} images but {len(theirs):,} rows of votes: "
                "use the FER+ file of the same FER2013 file."
            )
        order[mine] = theirs
    joined = Votes(votes.counts[order], votes.split[order], votes.names[order])
    _check_agreement(labels, joined)
    return joined


def _check_agreement(labels: np.ndarray, votes: Votes) -> None:
    """Refuse votes that, over any :data:`_STRETCH` images in a row, go with other labels than these."""
    agrees = _agrees(labels, votes)
    last = len(agrees) - _STRETCH
    for start in range(0, last + _STRETCH, _STRETCH) if last >= 0 else ():
        share = agrees[min(start, last) :][:_STRETCH].mean()
        if share < _LOWEST_AGREEMENT:
            raise CourseError(
                f"For {_STRETCH} images in a row, only {share:.0%} of the labels are what most voters saw, where 65% "
                "is usual, so rows have moved: get the FER+ file and FER2013's CSV again, both in their original order."
            )


def _agrees(labels: np.ndarray, votes: Votes) -> np.ndarray:
    """(m,) bool: whether the label is the :func:`majority`, of the m images that have one."""
    chosen = majority(votes)
    place = np.array([VOTE_NAMES.index(name) for name in EMOTIONS])
    return (place[labels] == chosen)[chosen >= 0]


def majority(votes: Votes) -> np.ndarray:
    """(n,) int8: the one choice with the most votes, as a place in :data:`VOTE_NAMES`; -1 where the first place is
    shared."""
    top = votes.counts.max(axis=1, keepdims=True)
    alone = (votes.counts == top).sum(axis=1) == 1
    return np.where(alone, votes.counts.argmax(axis=1), -1).astype(np.int8)


def share_unanimous(votes: Votes) -> float:
    """Share, 0 to 1, of images on which all voters made the same choice."""
    return float((votes.counts.max(axis=1) == votes.counts.sum(axis=1)).mean())


def one_against_others(votes: Votes) -> float:
    """How often, 0 to 1, one voter makes the choice that most of the other voters made; mean over all votes.

    Where several choices share the others' first place, meeting one of them counts as one part of that many, as if the
    tie were broken by lot. A voter with nobody else voting on the image does not count.
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


def _check_joined(labels: np.ndarray, votes: Votes) -> None:
    if len(labels) != len(votes):
        raise CourseError(
            f"{len(labels):,} labels do not go with votes on {len(votes):,} images: join the votes first."
        )


def label_agreement(labels: np.ndarray, votes: Votes) -> tuple[float, int]:
    """(share, n): how often FER2013's label is the voters' :func:`majority`, over the n images that have one.

    A majority for contempt, unknown or NF, which FER2013 does not have, counts as disagreement.

    Args:
        labels: (n,) FER2013 labels 0-6 of the same images, as :func:`join_votes` puts them.

    Raises:
        CourseError: not as many labels as votes, or no image with a majority.
    """
    _check_joined(labels, votes)
    agrees = _agrees(labels, votes)
    if not len(agrees):
        raise CourseError("No image has a majority, so agreement cannot be measured: use more votes.")
    return float(agrees.mean()), len(agrees)


def label_shares(labels: np.ndarray, votes: Votes) -> np.ndarray:
    """How likely each of FER2013's labels is where these people voted: softmax regression on the votes alone.

    It has 154 numbers to fit to all images together, so it can't know the label of one of them by heart, as a network
    can: what it says of an image is what labels mean where people saw the same.

    Args:
        labels: (n,) FER2013 labels 0-6 of the same images, as :func:`join_votes` puts them.

    Returns:
        (n, 7) float32, rows sum to 1, in the order of :data:`~emocourse.emotions.EMOTIONS`.

    Raises:
        CourseError: not as many labels as votes.
    """
    _check_joined(labels, votes)
    counts = votes.counts.astype(np.float64)
    shares = counts / counts.sum(axis=1, keepdims=True)
    inputs = np.hstack([shares, np.log1p(counts), shares.max(axis=1, keepdims=True), np.ones((len(counts), 1))])
    wanted = np.eye(len(EMOTIONS))[labels]
    weights, speed = (np.zeros((inputs.shape[1], len(EMOTIONS))) for _ in range(2))
    for _ in range(_FIT_STEPS):
        speed = 0.95 * speed + inputs.T @ (softmax(inputs @ weights) - wanted) / len(inputs)
        weights -= 0.3 * speed
    return softmax(inputs @ weights).astype(np.float32)


_FIT_STEPS = 600  # the loss falls by less than 0.002 after them
