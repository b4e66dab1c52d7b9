"""Both datasets through one call, ``load("twin")`` or ``load("fer2013")``, and the preprocessing they share.

Preprocessing finds the face and its 68 landmarks in every 48×48 picture, in worker processes, and keeps what it
found in the cache chunk by chunk: the same pictures are never worked on twice, and a run that was killed goes on.
"""

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import multiprocessing
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from . import faces, files, landmarks
from .emotions import EMOTIONS, to_six
from .errors import CourseError

CHUNK = 512
"""Pictures a piece of work: about one second, so a kill costs at most that a worker, and progress moves."""

_CACHE_FORMAT = 1  # raise it when detection or landmarks change what they return

TWIN_SIZES = {"train": 6000, "validation": 1000, "test": 1000}
"""Drawn pictures a split; small enough that a first load takes half a minute on two cores."""


@dataclasses.dataclass(frozen=True)
class Split:
    """Some pictures with what is known of them.

    Attributes:
        images: (n, 48, 48) uint8 grey pictures.
        landmarks: (n, 68, 2) float32, x then y, pixels of those pictures (pixel centres at whole numbers).
        labels: (n,) uint8, indices into ``emotions``.
        detected: (n,) bool, whether the detector found the face; else the whole picture served as its box.
        emotions: the names of the labels.
    """

    images: np.ndarray
    landmarks: np.ndarray
    labels: np.ndarray
    detected: np.ndarray
    emotions: tuple[str, ...] = EMOTIONS

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def coverage(self) -> float:
        """Share of the pictures whose face the detector found, 0 to 1."""
        return float(self.detected.mean()) if len(self) else float("nan")

    def binary_images(self) -> np.ndarray:
        """The slides' network input: (n, 48, 48, 1) float32, 1 at each of the 51 inner landmarks, else 0."""
        return landmarks.binary_image(self.landmarks)

    def counts(self) -> dict[str, int]:
        """Number of pictures of each emotion."""
        return dict(zip(self.emotions, np.bincount(self.labels, minlength=len(self.emotions)).tolist(), strict=True))

    def take(self, which: np.ndarray) -> "Split":
        """The pictures at these indices, or where this mask is true."""
        return dataclasses.replace(
            self,
            images=self.images[which],
            landmarks=self.landmarks[which],
            labels=self.labels[which],
            detected=self.detected[which],
        )

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
    """A dataset in its three splits; a split that the source does not hold has no pictures.

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
            CourseError: no such split, or this dataset holds no pictures of it.
        """
        if name not in ("train", "validation", "test"):
            raise CourseError(f"There is no split named {name}: use train, validation or test.")
        split = getattr(self, name)
        if not len(split):
            raise CourseError(
                f"This copy of {self.name} holds no {name} pictures: use another split or a complete copy."
            )
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
    workers: int | None = None,
    progress: bool = True,
    skip_bad: bool = False,
) -> Dataset:
    """Load a dataset, its faces found and its landmarks predicted.

    Args:
        name: "twin" (drawn, ships with the course) or "fer2013" (the real one).
        path: where FER2013 is; None looks at ``EMOCOURSE_FER2013``, then in the cache. Not used for the twin.
        sizes: twin only, pictures a split; default ``TWIN_SIZES``.
        seed: twin only, which faces are drawn.
        workers: processes for the preprocessing; None takes one a core.
        progress: show progress bars.
        skip_bad: FER2013 only, leave out rows that cannot be used instead of stopping at the first.

    Raises:
        CourseError: unknown name, or FER2013 cannot be found or read.
    """
    if name == "twin":
        images, labels, split = _draw_twin(sizes or TWIN_SIZES, seed, progress)
    elif name == "fer2013":
        from . import fer2013

        data = fer2013.read(path, progress=progress, skip_bad=skip_bad)
        images, labels, split = data.images, data.labels, data.split
    else:
        raise CourseError(f"There is no dataset named {name}: use twin or fer2013.")
    found = preprocess(images, workers=workers, progress=progress)
    everything = Split(images, found.landmarks, labels, found.detected)
    parts = {part: everything.take(split == part) for part in ("train", "validation", "test")}
    return Dataset(name, **parts)


def open_data(data: str, *, workers: int | None = None, progress: bool = True, skip_bad: bool = False) -> Dataset:
    """The dataset that ``--data`` names: ``twin``, ``fer2013``, or the path of a FER2013 file or folder."""
    if data in ("twin", "fer2013"):
        return load(data, workers=workers, progress=progress, skip_bad=skip_bad)
    return load("fer2013", data, workers=workers, progress=progress, skip_bad=skip_bad)


def _draw_twin(sizes: dict[str, int], seed: int, progress: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Drawn faces: (n, 48, 48) uint8, labels (n,), split names (n,); kept in the cache."""
    from . import twin

    wrong = set(sizes) - set(TWIN_SIZES)
    if wrong or any(not 0 <= n <= 200_000 for n in sizes.values()):
        raise CourseError("Sizes must be whole numbers from 0 to 200,000 for train, validation and test: correct them.")
    split = np.repeat(list(sizes), list(sizes.values()))
    parameters = files.sha256(files.data_path("twin", "twin.npz"))
    key = hashlib.sha256(f"{twin.VERSION} {parameters} {sorted(sizes.items())} {seed}".encode()).hexdigest()[:32]
    target = files.cache_dir() / "twin" / f"{key}.npz"
    stored = _read_arrays(target, {"images": (len(split), 48, 48), "labels": (len(split),)})
    if stored is None:
        parts = []
        for number, (_, n) in enumerate(sizes.items()):  # a seed a split: no split's faces depend on another's size
            points, labels = twin.load().sample(n, seed=seed * 3 + number)
            parts.append((twin.draw_many(points, seed=seed * 3 + number, progress=progress), labels))
        stored = {name: np.concatenate([part[i] for part in parts]) for i, name in enumerate(("images", "labels"))}
        with files.atomic_write(target) as stream:
            np.savez(stream, **stored)
    return stored["images"], stored["labels"].astype(np.uint8), split


@dataclasses.dataclass(frozen=True)
class Preprocessed:
    """What preprocessing found, a row a picture.

    Attributes:
        landmarks: (n, 68, 2) float32, pixels of the 48×48 pictures.
        detected: (n,) bool.
        scores: (n,) float32, the detector's score; higher is surer, NaN where it found nothing.
    """

    landmarks: np.ndarray
    detected: np.ndarray
    scores: np.ndarray


def preprocess(
    images: np.ndarray, *, workers: int | None = None, progress: bool = True, cache: bool = True
) -> Preprocessed:
    """Find the face and the 68 landmarks in each 48×48 picture (slides, "Preprocessing of the data", steps 2 to 4).

    Args:
        images: (n, 48, 48) uint8.
        workers: processes; None takes one a core. 1 works in this process.
        progress: show a progress bar.
        cache: keep the result by the pictures' content, and use what an earlier or interrupted run kept.

    Returns:
        See ``Preprocessed``. The numbers do not depend on ``workers`` or on interruptions.

    Raises:
        CourseError: the array is not (n, 48, 48) uint8, or a worker process died.
    """
    images = np.ascontiguousarray(images)
    if images.ndim != 3 or images.shape[1:] != (48, 48) or images.dtype != np.uint8:
        raise CourseError(
            f"Pictures must be (n, 48, 48) uint8, not {images.shape} {images.dtype}: crop and resize them first."
        )
    digest = hashlib.sha256(f"{_CACHE_FORMAT} {faces.HOG_THRESHOLD} {CHUNK}".encode())
    digest.update(images.data)
    place = files.cache_dir() / "landmarks" / digest.hexdigest()[:32] if cache else None
    whole = place.with_suffix(".npz") if place else None
    if whole and (stored := _read_arrays(whole, _shapes(len(images)))):
        return Preprocessed(stored["landmarks"], stored["detected"].astype(bool), stored["scores"])

    chunks: dict[int, dict[str, np.ndarray]] = {}
    starts = range(0, len(images), CHUNK)
    for start in starts if place else ():
        stored = _read_arrays(_chunk_path(place, start), _shapes(min(CHUNK, len(images) - start)))
        if stored is not None:
            chunks[start] = stored
    todo = [start for start in starts if start not in chunks]
    from tqdm.auto import tqdm

    with tqdm(
        total=len(images), initial=len(images) - sum(min(CHUNK, len(images) - s) for s in todo),
        desc="Finding faces and landmarks", unit=" pictures", disable=not progress,
    ) as bar:  # fmt: skip
        for start, result in _work(images, todo, workers or os.cpu_count() or 1):
            chunks[start] = result
            if place:
                with files.atomic_write(_chunk_path(place, start)) as stream:
                    np.savez(stream, **result)
            bar.update(len(result["scores"]))
    joined = {
        name: np.concatenate([np.empty((0, *shape[1:]), dtype), *(chunks[start][name] for start in starts)])
        for (name, shape), dtype in zip(_shapes(0).items(), (np.float32, bool, np.float32), strict=True)
    }
    if whole:
        with files.atomic_write(whole) as stream:
            np.savez(stream, **joined)
        shutil.rmtree(place, ignore_errors=True)
    return Preprocessed(**joined)


def _shapes(n: int) -> dict[str, tuple[int, ...]]:
    return {"landmarks": (n, 68, 2), "detected": (n,), "scores": (n,)}


def _chunk_path(place: Path, start: int) -> Path:
    return place / f"{start:07d}.npz"


def _work(images: np.ndarray, starts: list[int], workers: int) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Yield (start, result) for each chunk, in whatever order the workers finish."""
    workers = min(workers, len(starts))
    if workers <= 1:
        for start in starts:
            yield start, _find_chunk(images[start : start + CHUNK])
        return
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise CourseError(
            "This script starts worker processes while it is imported by one: put its last part under if __name__ == '__main__', or use workers=1."
        )
    # "spawn": a forked copy of a process that has TensorFlow's threads running may hang.
    pool = concurrent.futures.ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        futures = {pool.submit(_find_chunk, images[start : start + CHUNK]): start for start in starts}
        for future in concurrent.futures.as_completed(futures):
            yield futures[future], future.result()
    except concurrent.futures.process.BrokenProcessPool as error:
        raise CourseError(
            "A worker process died, probably for lack of memory: run the same command again (it goes on where it stopped), with fewer workers."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _find_chunk(images: np.ndarray) -> dict[str, np.ndarray]:
    found = [landmarks.find(image) for image in images]
    return {
        "landmarks": np.array([f.landmarks for f in found], np.float32),
        "detected": np.array([f.detected for f in found], bool),
        "scores": np.array([f.score for f in found], np.float32),
    }


def _read_arrays(path: Path, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray] | None:
    """The arrays of a cache file, or None when it is missing or not what it should be (it is then made again)."""
    broken = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zipfile.zlib.error)
    with contextlib.suppress(*broken), np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in shapes}
        if all(arrays[name].shape == shape for name, shape in shapes.items()):
            return arrays
    return None
