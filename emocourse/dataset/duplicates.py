"""Exact copies in a dataset: what a model gains by remembering them; and, for practice, copies planted at known places.

The twin is clean, since each of its faces is drawn once. FER2013 is not. So that an audit has something to find in the
twin too, and can be checked against the truth, :func:`plant_duplicates` puts into a copy of it what FER2013 has in it.
"""

import dataclasses

import numpy as np

from ..errors import CourseError
from .fer2013 import SPLITS, Fer2013, duplicate_groups
from .splits import Dataset

_KINDS = 7  # labels 0-6


@dataclasses.dataclass(frozen=True)
class Planted:
    """A soiled copy of a dataset, and the truth about it. Groups are tuples of rising places in ``data``.

    Attributes:
        data: the copy.
        groups: all sets of identical images.
        conflicting: those of them with more than one label.
        crossing: those of them with images in more than one split.
    """

    data: Fer2013
    groups: tuple[tuple[int, ...], ...]
    conflicting: tuple[tuple[int, ...], ...]
    crossing: tuple[tuple[int, ...], ...]


def as_table(data: Dataset) -> Fer2013:
    """All splits of a dataset in one table, train first, as the audit and FER2013's own file have it. Lesson 03."""
    parts = [(name, getattr(data, name)) for name in SPLITS]
    split = np.concatenate([np.full(len(part), name, "<U10") for name, part in parts])
    arrays = [np.concatenate([getattr(part, name) for _, part in parts]) for name in ("images", "labels", "rows")]
    return Fer2013(arrays[0], arrays[1], split, arrays[2], data.name)


def train_test_overlap(data: Fer2013, split: str) -> tuple[int, int]:
    """What learning the training images by heart is worth elsewhere.

    Args:
        data: images of several splits.
        split: the one to look at, not "train".

    Returns:
        How many of its images have an exact copy in training, and how many of these carry the same label as the first
        such copy.

    Raises:
        CourseError: not another split than train.
    """
    if split == "train":
        raise CourseError("The training images remember themselves: ask about validation or test.")
    seen: dict[bytes, int] = {}
    train, other = data.select("train"), data.select(split)
    for image, label in zip(train.images, train.labels, strict=True):
        seen.setdefault(image.tobytes(), int(label))
    known = [
        (seen[key], int(label))
        for image, label in zip(other.images, other.labels, strict=True)
        if (key := image.tobytes()) in seen
    ]
    return len(known), sum(first == label for first, label in known)


def nearest(train_images: np.ndarray, train_labels: np.ndarray, images: np.ndarray) -> np.ndarray:
    """A model that does nothing but remember: each image gets the label of the training image most like it. Lesson 03.

    (One nearest neighbour: the smallest sum of squared differences of greys; of several, the first.)

    Args:
        train_images, train_labels: (n, H, W) uint8 and (n,), at least one.
        images: (m, H, W) uint8.

    Returns:
        (m,) labels.
    """
    # Centred greys keep the sums small, so that float32 tells a copy from all but a copy.
    known, asked = (
        array.reshape(len(array), np.prod(array.shape[1:])).astype(np.float32) - 128 for array in (train_images, images)
    )
    squares = np.square(known).sum(axis=1)
    answers = [
        train_labels[(squares - 2 * asked[i : i + 500] @ known.T).argmin(axis=1)] for i in range(0, len(asked), 500)
    ]
    return np.concatenate(answers) if answers else train_labels[:0]


def plant_duplicates(
    data: Fer2013, groups: int = 150, conflicting: int = 15, crossing: int = 40, seed: int = 0
) -> Planted:
    """Copy some images of ``data`` over others. ``data`` itself stays as it is, and the number of images too.
    Lesson 03.

    Args:
        data: images without copies among them.
        groups: how many images get copies, one or two each.
        conflicting: in so many of the groups the copies keep another label; in the others they get the first one's.
        crossing: in so many of the groups the copies lie in another split; in the others all lie in one split. Some
            groups are both conflicting and crossing.
        seed: the same seed soils the same places.

    Raises:
        CourseError: the numbers do not fit together, or the dataset is too small or has copies already.
    """
    filled = [name for name in SPLITS if (data.split == name).any()]
    if not 0 <= max(conflicting, crossing) <= groups or min(conflicting, crossing) < 0 or 6 * groups > len(data):
        raise CourseError("Plant no more conflicts or crossings than groups, and at most a group for six images.")
    if crossing and len(filled) < 2:
        raise CourseError("Copies can cross splits only where there are two splits: set crossing=0.")
    if duplicate_groups(data.images):
        raise CourseError("These images have copies among them already: plant into a clean dataset.")
    rng = np.random.default_rng(seed)
    images, labels = data.images.copy(), data.labels.copy()
    free = {name: rng.permutation(np.flatnonzero(data.split == name)).tolist() for name in filled}
    conflicts = set(rng.choice(groups, conflicting, replace=False).tolist())
    made = []
    # Those that cross come first: a small split must not be used up by others before.
    for number in range(groups):
        crosses = number < crossing
        home = _split_with_room(free, 1 if crosses else 3, rng)
        first = free[home].pop()
        members = [first]
        for _ in range(int(rng.integers(1, 3))):
            away = _split_with_room({name: left for name, left in free.items() if name != home}, 1, rng)
            members.append(free[away if crosses else home].pop())
        images[members] = images[first]
        labels[members] = labels[first]
        if number in conflicts:
            labels[members[-1]] = (labels[first] + rng.integers(1, _KINDS)) % _KINDS
        made.append((tuple(sorted(members)), number in conflicts, crosses))
    return Planted(
        dataclasses.replace(data, images=images, labels=labels),
        tuple(sorted(group for group, _, _ in made)),
        tuple(sorted(group for group, conflict, _ in made if conflict)),
        tuple(sorted(group for group, _, crosses in made if crosses)),
    )


def _split_with_room(free: dict[str, list[int]], room: int, rng: np.random.Generator) -> str:
    """One of the splits with so many images left, the larger ones more often."""
    left = {name: len(places) for name, places in free.items() if len(places) >= room}
    if not left:
        raise CourseError("There are too few images for so many copies: plant fewer groups.")
    sizes = np.array(list(left.values()), float)
    return str(rng.choice(list(left), p=sizes / sizes.sum()))
