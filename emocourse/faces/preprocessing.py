"""The slides' preprocessing for many images: worker processes, progress, and a cache that survives a kill.

Each 48×48 image gets its face's box and 68 landmarks. What is found is kept in the cache by the images' content,
chunk by chunk: the same images are never worked on twice, and a run that was killed goes on where it stopped.
"""

import concurrent.futures
import dataclasses
import hashlib
import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from ..errors import CourseError
from ..files import store as files
from . import detection as faces
from . import landmarks

CHUNK = 512
"""Images a piece of work: about one second, so a kill costs at most that a worker, and progress moves."""

_CACHE_FORMAT = 1  # raise it when detection or landmarks change what they return


@dataclasses.dataclass(frozen=True)
class Preprocessed:
    """What preprocessing found, a row an image.

    Attributes:
        landmarks: (n, 68, 2) float32, pixels of the 48×48 images.
        detected: (n,) bool.
        scores: (n,) float32, the detector's score; higher is surer, -9 where it found nothing.
        boxes: (n, 4) float32, x, y, width and height of the face, pixels of the 48×48 images.
    """

    landmarks: np.ndarray
    detected: np.ndarray
    scores: np.ndarray
    boxes: np.ndarray


def preprocess(
    images: np.ndarray, *, num_jitters: int = 1, workers: int | None = None, progress: bool = True, cache: bool = True
) -> Preprocessed:
    """Find the face and the 68 landmarks in each 48×48 image (slides, "Preprocessing of the data", steps 2 to 4).
    Lesson 10.

    Args:
        images: (n, 48, 48) uint8.
        num_jitters: 1 is the slides' way; up to 12 average the landmarks over so many boxes
            (:mod:`emocourse.faces.landmarks`), each about 1.3 ms an image. Which faces count as detected does not
            change.
        workers: processes; None takes one a core. 1 works in this process.
        progress: show a progress bar.
        cache: keep the result by the images' content, and use what an earlier or interrupted run kept.

    Returns:
        See ``Preprocessed``. The numbers do not depend on ``workers`` or on interruptions.

    Raises:
        CourseError: the array is not (n, 48, 48) uint8, num_jitters is not 1 to 12, or a worker process died.
    """
    if not 1 <= num_jitters <= landmarks.MAX_JITTERS:
        raise CourseError(
            f"Landmarks can be averaged over 1 to {landmarks.MAX_JITTERS} boxes, not {num_jitters}: change num_jitters."
        )
    images = np.ascontiguousarray(images)
    if images.ndim != 3 or images.shape[1:] != (48, 48) or images.dtype != np.uint8:
        raise CourseError(
            f"Images must be (n, 48, 48) uint8, not {images.shape} {images.dtype}: crop and resize them first."
        )
    several = f" {num_jitters} boxes" if num_jitters > 1 else ""
    digest = hashlib.sha256(f"{_CACHE_FORMAT} {faces.HOG_THRESHOLD} {CHUNK}{several}".encode())
    digest.update(images.data)
    place = files.cache_dir() / "landmarks" / digest.hexdigest()[:32] if cache else None
    whole = place.with_suffix(".npz") if place else None
    if whole and (stored := files.read_arrays(whole, _layout(len(images)))):
        return Preprocessed(**stored)

    chunks: dict[int, dict[str, np.ndarray]] = {}
    starts = range(0, len(images), CHUNK)
    for start in starts if place else ():
        stored = files.read_arrays(_chunk_path(place, start), _layout(min(CHUNK, len(images) - start)))
        if stored is not None:
            chunks[start] = stored
    todo = [start for start in starts if start not in chunks]
    with tqdm(
        total=len(images), initial=len(images) - sum(min(CHUNK, len(images) - s) for s in todo),
        desc="Finding faces and landmarks", unit=" images", disable=not progress,
    ) as bar:  # fmt: skip
        for start, result in _work(images, num_jitters, todo, workers or os.cpu_count() or 1):
            chunks[start] = result
            if place:
                with files.atomic_write(_chunk_path(place, start)) as stream:
                    np.savez(stream, **result)
            bar.update(len(result["scores"]))
    names = _layout(0)
    joined = {
        name: np.concatenate([empty, *(chunks[start][name] for start in starts)]) for name, empty in names.items()
    }
    if whole:
        with files.atomic_write(whole) as stream:
            np.savez(stream, **joined)
        shutil.rmtree(place, ignore_errors=True)
    return Preprocessed(**joined)


def _layout(n: int) -> dict[str, np.ndarray]:
    """Arrays of the shapes and types that preprocessing n images gives."""
    return {
        "landmarks": np.empty((n, 68, 2), np.float32),
        "detected": np.empty(n, bool),
        "scores": np.empty(n, np.float32),
        "boxes": np.empty((n, 4), np.float32),
    }


def _chunk_path(place: Path, start: int) -> Path:
    return place / f"{start:07d}.npz"


def _work(
    images: np.ndarray, num_jitters: int, starts: list[int], workers: int
) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Yield (start, result) for each chunk, in whatever order the workers finish."""
    workers = min(workers, len(starts))
    if workers <= 1:
        for start in starts:
            yield start, _find_chunk(images[start : start + CHUNK], num_jitters)
        return
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise CourseError(
            "Worker processes import this script and would start their own: put its last part under "
            "if __name__ == '__main__':, or use workers=1."
        )
    # "spawn": a forked copy of a process that has TensorFlow's threads running may hang.
    context = multiprocessing.get_context("spawn")
    pool = concurrent.futures.ProcessPoolExecutor(workers, context, initializer=_become_worker)
    try:
        futures = {pool.submit(_find_chunk, images[start : start + CHUNK], num_jitters): start for start in starts}
        for future in concurrent.futures.as_completed(futures):
            yield futures[future], future.result()
    except concurrent.futures.process.BrokenProcessPool as error:
        raise CourseError(
            "A worker process died, probably for lack of memory: run this again with fewer workers (it goes on where "
            "it stopped)."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _become_worker() -> None:
    """Ctrl-C is the main process's to handle; and when that one is killed, its workers would wait for work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def follow() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _find_chunk(images: np.ndarray, num_jitters: int) -> dict[str, np.ndarray]:
    found = [landmarks.find_jittered(image, num_jitters) for image in images]
    arrays = _layout(len(found))
    for i, values in enumerate(found):
        for name, value in zip(arrays, values, strict=True):
            arrays[name][i] = value
    return arrays
