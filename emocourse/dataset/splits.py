"""Both datasets through one call: ``load("twin")`` or ``load("fer2013")``, as train, validation and test."""

import dataclasses
import hashlib
import os

import numpy as np

from ..emotions import EMOTIONS, to_six
from ..errors import CourseError
from ..faces import landmarks
from ..faces.preprocessing import preprocess
from ..files import store as files

TWIN_SIZES = {"train": 6000, "validation": 1000, "test": 1000}
"""Drawn images a split; small enough that a first load takes half a minute on two cores."""


@dataclasses.dataclass(frozen=True)
class Split:
    """Some images with what is known of them.

    Attributes:
        images: (n, 48, 48) uint8 grey images.
        landmarks: (n, 68, 2) float32, x then y, pixels of those images (pixel centres at whole numbers).
        labels: (n,) uint8, indices into ``emotions``.
        detected: (n,) bool, whether the detector found the face; else the whole image served as its box.
        rows: (n,) int32, where each image stands in its source (the line of FER2013's CSV).
        emotions: the names of the labels.
    """

    images: np.ndarray
    landmarks: np.ndarray
    labels: np.ndarray
    detected: np.ndarray
    rows: np.ndarray
    emotions: tuple[str, ...] = EMOTIONS

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def coverage(self) -> float:
        """Share of the images whose face the detector found, 0 to 1."""
        return float(self.detected.mean()) if len(self) else float("nan")

    def binary_images(self) -> np.ndarray:
        """The slides' network input: (n, 48, 48, 1) float32, 1 at each of the 51 inner landmarks, else 0."""
        return landmarks.binary_image(self.landmarks)

    def counts(self) -> dict[str, int]:
        """Number of images of each emotion."""
        return dict(zip(self.emotions, np.bincount(self.labels, minlength=len(self.emotions)).tolist(), strict=True))

    def take(self, which: np.ndarray) -> "Split":
        """The images at these indices, or where this mask is true."""
        return dataclasses.replace(
            self,
            images=self.images[which],
            landmarks=self.landmarks[which],
            labels=self.labels[which],
            detected=self.detected[which],
            rows=self.rows[which],
        )

    def matching(self, emotions: tuple[str, ...]) -> "Split":
        """The images that a model of these emotions can be measured on: six leave disgust out, seven take all."""
        return self.without_disgust() if len(emotions) == 6 else self

    def without_disgust(self) -> "Split":
        """The six-class set of the slides; labels are renumbered 0 to 5. A six-class set is returned as it is."""
        if len(self.emotions) == 6:
            return self
        labels, keep = to_six(self.labels)
        return dataclasses.replace(
            self.take(keep), labels=labels, emotions=tuple(e for e in self.emotions if e != "disgust")
        )


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A dataset in its three splits; a split that the source does not hold has no images.

    Attributes:
        name: "twin", or "fer2013".
        train, validation, test: FER2013's Training, PublicTest and PrivateTest, or the twin's own.
    """

    name: str
    train: Split
    validation: Split
    test: Split

    def split(self, name: str) -> Split:
        """A split by its name.

        Raises:
            CourseError: no such split, or this dataset holds no images of it.
        """
        if name not in ("train", "validation", "test"):
            raise CourseError(f"There is no split named {name}: use train, validation or test.")
        split = getattr(self, name)
        if not len(split):
            raise CourseError(f"This copy of {self.name} holds no {name} images: use another split or a complete copy.")
        return split

    def without_disgust(self) -> "Dataset":
        """The same dataset with the six classes of the slides."""
        return Dataset(
            self.name, self.train.without_disgust(), self.validation.without_disgust(), self.test.without_disgust()
        )


def load(
    name: str = "twin",
    path: str | os.PathLike | None = None,
    *,
    sizes: dict[str, int] | None = None,
    seed: int = 0,
    num_jitters: int = 1,
    workers: int | None = None,
    progress: bool = True,
    skip_bad: bool = False,
) -> Dataset:
    """Load a dataset, its faces found and its landmarks predicted. Lessons 01, 02, 03, 04, 05, 06, 07, 08, 09, 10, 11.

    Args:
        name: "twin" (drawn, ships with the course) or "fer2013" (the real one).
        path: where FER2013 is; None looks at ``EMOCOURSE_FER2013``, then in the cache. Not used for the twin.
        sizes: twin only, images a split; default ``TWIN_SIZES``.
        seed: twin only, which faces are drawn.
        num_jitters: landmarks are the mean over so many boxes, 1 to 12; see :mod:`emocourse.faces.landmarks`.
        workers: processes for the preprocessing; None takes one a core.
        progress: show progress bars.
        skip_bad: FER2013 only, leave out rows that cannot be used instead of stopping at the first.

    Raises:
        CourseError: unknown name, or FER2013 cannot be found or read.
    """
    if name == "twin":
        images, labels, split, rows = draw_twin(sizes or TWIN_SIZES, seed, progress)
    elif name == "fer2013":
        from . import fer2013

        data = fer2013.read(path, progress=progress, skip_bad=skip_bad)
        images, labels, split, rows = data.images, data.labels, data.split, data.rows
    else:
        raise CourseError(f"There is no dataset named {name}: use twin or fer2013.")
    found = preprocess(images, num_jitters=num_jitters, workers=workers, progress=progress)
    everything = Split(images, found.landmarks, labels, found.detected, rows)
    parts = {part: everything.take(split == part) for part in ("train", "validation", "test")}
    return Dataset(name, **parts)


def open_data(
    data: str, *, num_jitters: int = 1, workers: int | None = None, progress: bool = True, skip_bad: bool = False
) -> Dataset:
    """The dataset that ``--data`` names: ``twin``, ``fer2013``, or the path of a FER2013 file or folder."""
    name, path = (data, None) if data in ("twin", "fer2013") else ("fer2013", data)
    return load(name, path, num_jitters=num_jitters, workers=workers, progress=progress, skip_bad=skip_bad)


def draw_twin(
    sizes: dict[str, int], seed: int, progress: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The twin's images, drawn, or from the cache.

    Args:
        sizes: images a split, as ``TWIN_SIZES``; ``seed``: which faces; ``progress``: show a bar.

    Returns:
        images (n, 48, 48) uint8, labels (n,) uint8, names of the splits (n,), row numbers (n,) int32.
    """
    from .. import twin

    wrong = set(sizes) - set(TWIN_SIZES)
    if wrong or any(not 0 <= n <= 200_000 for n in sizes.values()):
        raise CourseError("Sizes must be whole numbers from 0 to 200,000 for train, validation and test: correct them.")
    split = np.repeat(list(sizes), list(sizes.values()))
    parameters = files.sha256(files.data_path("twin", "twin.npz"))
    key = hashlib.sha256(f"{twin.VERSION} {parameters} {sorted(sizes.items())} {seed}".encode()).hexdigest()[:32]
    target = files.cache_dir() / "twin" / f"{key}.npz"
    stored = files.read_arrays(
        target, {"images": np.empty((len(split), 48, 48), np.uint8), "labels": np.empty(len(split), np.uint8)}
    )
    if stored is None:
        parts = []
        for number, (_, n) in enumerate(sizes.items()):  # a seed a split: no split's faces depend on another's size
            points, labels = twin.load().sample(n, seed=seed * 3 + number)
            parts.append((twin.draw_many(points, seed=seed * 3 + number, progress=progress), labels.astype(np.uint8)))
        stored = {name: np.concatenate([part[i] for part in parts]) for i, name in enumerate(("images", "labels"))}
        with files.atomic_write(target) as stream:
            np.savez(stream, **stored)
    return stored["images"], stored["labels"], split, np.arange(len(split), dtype=np.int32)
