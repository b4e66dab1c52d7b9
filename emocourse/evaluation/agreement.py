"""How far people agree about FER2013's images: measured on the real data, or as it was recorded. Numbers only.

The record, ``data/results/people/ferplus.json``, is made from FER2013 and its FER+ votes by ``emocourse data votes``;
lessons 02 and 03 read it where the real data is missing.
"""

import datetime
import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from ..dataset import fer2013
from ..dataset.duplicates import train_test_overlap
from ..dataset.fer2013 import Fer2013
from ..dataset.ferplus import (
    VOTE_NAMES,
    Votes,
    join_votes,
    label_agreement,
    majority,
    one_against_others,
    read_votes,
    share_unanimous,
)
from ..dataset.splits import Split
from ..emotions import EMOTIONS
from ..errors import CourseError
from ..files import store as files
from ..metrics import percent, wilson_interval

VARIABLE = "EMOCOURSE_FERPLUS"
FILE_NAME = "fer2013new.csv"
RECORD = ("results", "people", "ferplus.json")
TIE = "no majority"
"""The last column of ``crowd_by_label``: two choices or more share the first place."""
VOTERS = 10
NOTE = (
    "Measured on FER2013's Training and PublicTest; its PrivateTest was kept back. 158 of these images (no face, to "
    "the voters) came from a copy with losses, so that another copy may differ by a few images."
)
"""What to know of the copy of FER2013 that the record was made from."""


def find_votes(path: str | os.PathLike | None = None, data: str | os.PathLike | None = None) -> Path:
    """Where the FER+ votes are: ``path``, else what ``EMOCOURSE_FERPLUS`` names, else the file beside FER2013.

    Args:
        path: the file, if one knows.
        data: where FER2013 is; None: as :func:`emocourse.dataset.fer2013.find` finds it.

    Raises:
        CourseError: they are in none of these places.
    """
    chosen = path or os.environ.get(VARIABLE)
    chosen = files.unquoted(chosen) if isinstance(chosen, str) else chosen
    if chosen:
        return Path(chosen).expanduser()
    try:
        beside = fer2013.find(data).parent / FILE_NAME
        if beside.is_file():
            return beside
    except CourseError:
        pass
    raise CourseError(
        f"The FER+ votes were not found: get {FILE_NAME} from github.com/microsoft/FERPlus and set "
        f"{VARIABLE} to its path."
    )


def votes_on(split: Split, data: Fer2013, joined: Votes) -> Votes:
    """The votes on the images of a split, in its order.

    Args:
        split: images of ``data``, in any order.
        data: FER2013 from its CSV.
        joined: the votes on ``data``, as :func:`emocourse.dataset.ferplus.join_votes` gives them.

    Raises:
        CourseError: these are not images of ``data``.
    """
    order = np.argsort(data.rows)
    place = np.minimum(np.searchsorted(data.rows, split.rows, sorter=order), len(order) - 1)
    if not np.array_equal(data.rows[order[place]], split.rows):
        raise CourseError("These images are not FER2013's, so nobody voted on them: load the split of fer2013.")
    found = order[place]
    return Votes(joined.counts[found], joined.split[found], joined.names[found])


def measure(data: Fer2013, votes: Votes) -> dict[str, Any]:
    """What people see in the images of ``data``, against each other and against FER2013's labels.

    Args:
        data: FER2013 from its CSV.
        votes: as :func:`emocourse.dataset.ferplus.read_votes` reads them; joined here.

    Returns:
        ``counts`` {split: images}; ``unanimous`` (share of images on which all voters agree);
        ``one_against_others`` (how often one voter chooses what most of the others do); ``label_agreement``: ``share``
        of the ``n`` images with a majority whose FER2013 label is that majority, and its ``ci95``; ``top_votes``: 10
        numbers, the images on which the commonest choice has 1, 2, … 10 votes; ``emotions`` (7 labels) and
        ``choices`` (10 choices and :data:`TIE`); ``crowd_by_label``: 7 rows of 11, images of each label by what the
        majority says; ``votes_by_label``: 7 rows of 10, all single votes; ``brightness``: the 5th, 50th and 95th
        percentile of an image's mean grey level; ``audit``: as :func:`emocourse.dataset.fer2013.audit`;
        ``train_test_overlap``: for validation and test, as :func:`emocourse.dataset.duplicates.train_test_overlap`.

    Raises:
        CourseError: the votes do not belong to these images.
    """
    votes = join_votes(data.labels, data.split, votes, data.form, data.n_skipped)
    chosen = majority(votes)
    crowd = np.zeros((len(EMOTIONS), len(VOTE_NAMES) + 1), np.int64)
    np.add.at(crowd, (data.labels, np.where(chosen < 0, len(VOTE_NAMES), chosen)), 1)
    every = np.zeros((len(EMOTIONS), len(VOTE_NAMES)), np.int64)
    np.add.at(every, data.labels, votes.counts)
    share, n = label_agreement(data.labels, votes)
    brightness = np.percentile(data.images.reshape(len(data), -1).mean(axis=1), [5, 50, 95])
    audit = fer2013.audit(data)
    return {
        "counts": {split: sum(row.values()) for split, row in audit["counts"].items()},
        "unanimous": share_unanimous(votes),
        "one_against_others": one_against_others(votes),
        "label_agreement": {"share": share, "n": n, "ci95": list(wilson_interval(round(share * n), n))},
        "top_votes": np.bincount(votes.counts.max(axis=1), minlength=VOTERS + 1)[1:].tolist(),
        "emotions": list(EMOTIONS),
        "choices": [*VOTE_NAMES, TIE],
        "crowd_by_label": crowd.tolist(),
        "votes_by_label": every.tolist(),
        "brightness": {str(q): round(float(value), 1) for q, value in zip((5, 50, 95), brightness, strict=True)},
        "audit": audit,
        "remembered": {split: list(train_test_overlap(data, split)) for split in ("validation", "test")},
    }


def made_up_votes(labels: np.ndarray, found: dict[str, Any], seed: int = 0) -> Votes:
    """Votes that nobody gave: ten made-up voters an image, who know its label and do not look at it. Lesson 03.

    Each draws a choice by lot, with the shares that all real votes on images with this label have. So they are as
    divided about a label as people are, but by chance, and about each image alike: what people agree on beyond this,
    they see in the image.

    Args:
        labels: (n,) FER2013 labels 0-6.
        found: as :func:`measure` gives it; its ``votes_by_label`` is used.
        seed: of the lots.
    """
    every = np.asarray(found["votes_by_label"], float)
    shares = every / np.maximum(every.sum(axis=1, keepdims=True), 1)
    counts = np.random.default_rng(seed).multinomial(VOTERS, shares[np.asarray(labels)]).astype(np.uint8)
    return Votes(counts, np.full(len(counts), "made up", "<U10"), np.full(len(counts), ""))


def agreement_in_words(found: dict[str, Any]) -> str:
    """The main numbers of :func:`measure` in words."""
    label = found["label_agreement"]
    low, high = label["ci95"]
    return (
        f"{sum(found['counts'].values()):,} images, {VOTERS} voters each. All agree on {percent(found['unanimous'])} "
        f"of them. One voter makes the choice of most of the others {percent(found['one_against_others'])} of the "
        "time. "
        f"FER2013's label is the voters' majority on {percent(label['share'])} (95 % interval {percent(low)} to "
        f"{percent(high)}) of the {label['n']:,} images that have a majority."
    )


def load_agreement(name: str = "twin") -> dict[str, Any]:
    """People's agreement: measured now where FER2013 is in use and its votes are at hand, else as it was recorded.
    Lessons 02, 03.

    Args:
        name: the dataset in use, "twin" or "fer2013".

    Returns:
        As :func:`measure`, with ``source`` in words.
    """
    if name == "fer2013":
        data = fer2013.read(progress=False)
        try:
            path = find_votes()
        except CourseError:
            path = None
        if path is not None and data.form == "csv":
            return {**measure(data, read_votes(path)), "source": "measured now, on your FER2013"}
    found = recorded()
    return {**found, "source": f"measured on the real FER2013 on {found['date']}, and recorded"}


def write(found: dict[str, Any], path: str | os.PathLike) -> dict[str, Any]:
    """Write what :func:`measure` found as a record, with the command and the date; returns the record."""
    made = {
        "format": 1,
        "command": "emocourse data votes --data fer2013 --votes fer2013new.csv --out ferplus.json",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "note": NOTE,
        **found,
    }
    files.write_json(path, made)
    return made


def recorded(path: str | os.PathLike | None = None) -> dict[str, Any]:
    """The record that ships with the course.

    Raises:
        CourseError: the file is missing, or its numbers contradict each other.
    """
    path = path or files.data_path(*RECORD)
    found = files.read_json(path, max_bytes=1 << 20)
    try:
        n = sum(found["counts"].values())
        crowd = np.array(found["crowd_by_label"])
        hits = sum(int(crowd[i, found["choices"].index(name)]) for i, name in enumerate(found["emotions"]))
        label = found["label_agreement"]
        sound = (
            found["format"] == 1
            and re.fullmatch(r"\d{4}-\d\d-\d\d", found["date"])
            and crowd.shape == (7, 11)
            and n == crowd.sum() == sum(found["top_votes"])
            and label["n"] == n - crowd[:, -1].sum()
            and abs(label["share"] - hits / label["n"]) < 1e-9
            and abs(found["unanimous"] - found["top_votes"][-1] / n) < 1e-3
            and 0 < found["one_against_others"] < 1
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise CourseError(f"{path} is not a record of votes: make it again with emocourse data votes.") from error
    if not sound:
        raise CourseError(f"{path} holds numbers that contradict each other: make it again with emocourse data votes.")
    return found
