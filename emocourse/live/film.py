"""Films on disk: read frame by frame with their own times, written with boxes and emotions, and as a timeline.

OpenCV opens the file with whatever decoders its wheel carries. What a file says of itself is not believed: its size is
checked before the first frame is decoded, and times that do not rise are mended.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import math
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..backend import silent_stderr
from ..errors import CourseError
from ..faces import annotation
from ..files import images
from ..files import store as files
from ..files.store import open_regular, show
from .engine import Engine, Person

MAX_SIDE = 8192
"""Longest side of a film's frame, in pixels."""

NOT_SURE = "not sure"
"""What stands in the timeline where no emotion is probable enough."""

DROWSINESS = ("ear", "mar", "perclos", "blinks", "yawns", "alarm")
"""The timeline's last columns where drowsiness is watched: see ``fatigue.State``."""


@dataclasses.dataclass(frozen=True)
class Film:
    """What a film says of itself.

    Attributes:
        width, height: pixels of a frame, as it is shown (turned upright).
        rate: frames a second, or 0 where the file does not say.
        frames: how many frames it says it has, or 0.
    """

    width: int
    height: int
    rate: float
    frames: int


def columns(emotions: tuple[str, ...], drowsiness: bool = False) -> list[str]:
    """The timeline's columns.

    ``time`` in seconds; ``person``, a number; ``x``, ``y``, ``width``, ``height`` of the face in pixels of the film;
    ``emotion``, or "not sure"; ``probability`` of the most probable emotion; one column an emotion with its
    probability; and, where drowsiness is watched, :data:`DROWSINESS`.
    """
    head = ["time", "person", "x", "y", "width", "height", "emotion", "probability", *emotions]
    return head + (list(DROWSINESS) if drowsiness else [])


@contextlib.contextmanager
def open_film(path: str | os.PathLike) -> Iterator[tuple[Film, Iterator[tuple[float, np.ndarray]]]]:
    """Open a film: what it says of itself, and its frames one by one, each a time in seconds and (H, W, 3) uint8 RGB.

    The times are the file's own, so films of a changing rate are right; where they stand still or fall, as in some
    files, they are counted on from the last one. A film that is stored sideways is turned.

    Raises:
        CourseError: the file cannot be read, is no film, has no frame, or one over :data:`MAX_SIDE`.
    """
    import cv2

    path = Path(path)
    open_regular(path).close()  # missing, a folder, a pipe, no permission: said in our words, and never waited for
    with silent_stderr():
        capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise CourseError(f"{show(path)} is no film that OpenCV can read, or damaged: give an .mp4 or .avi file.")
        size = [capture.get(what) for what in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)]
        if not all(1 <= side <= MAX_SIDE for side in size) or size[0] * size[1] > images.MAX_PIXELS:
            raise CourseError(f"{show(path)} has frames of {size[0]:.0f}×{size[1]:.0f} pixels: make the film smaller.")
        rate, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
        rate = rate if math.isfinite(rate) and 0 < rate <= 1000 else 0.0
        count = int(count) if math.isfinite(count) and 0 < count < 1e9 else 0
        frames = _frames(capture, rate or 25.0)
        try:
            first = next(frames)
        except StopIteration:
            raise CourseError(f"{show(path)} holds no frame that can be read: get the film again.") from None
        height, width = first[1].shape[:2]
        yield Film(width, height, rate, count), _chain(first, frames)
    finally:
        capture.release()


def _chain(first: tuple[float, np.ndarray], rest: Iterator[tuple[float, np.ndarray]]) -> Iterator:
    yield first
    yield from rest


def _frames(capture: Any, rate: float) -> Iterator[tuple[float, np.ndarray]]:
    import cv2

    last = -math.inf
    while True:
        with silent_stderr():
            there, frame = capture.read()
        if not there or frame is None:
            return
        if frame.dtype != np.uint8 or frame.ndim not in (2, 3):
            return
        time = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if not math.isfinite(time) or time <= last:
            time = last + 1 / rate if math.isfinite(last) else 0.0
        last = time
        colour = cv2.COLOR_GRAY2RGB if frame.ndim == 2 else cv2.COLOR_BGR2RGB
        yield time, cv2.cvtColor(frame, colour)


class Writer:
    """Writes an .mp4 beside its place and renames it when all is written, so that no half film is ever left.

    A context manager: ``write(frame)`` inside it; an error or Ctrl-C leaves the old file as it was.

    Args:
        path: the film, ending in .mp4.
        size: width and height in pixels; an odd side loses its last row or column.
        rate: frames a second.

    Raises:
        CourseError: the place cannot be written, or OpenCV has no encoder.
    """

    def __init__(self, path: str | os.PathLike, size: tuple[int, int], rate: float):
        self.path = Path(path)
        self._size = tuple(max(2, side - side % 2) for side in size)
        self._rate = rate

    def __enter__(self) -> Writer:
        import cv2

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.stem}.", suffix=".part.mp4")
            os.close(descriptor)
        except OSError as error:
            raise self._refused(error) from error
        self._temporary = Path(name)
        with silent_stderr():
            codec = cv2.VideoWriter.fourcc(*"mp4v")  # MPEG-4 part 2: every OpenCV wheel can write it
            self._writer = cv2.VideoWriter(name, cv2.CAP_FFMPEG, codec, self._rate, self._size)
        if not self._writer.isOpened():
            self._temporary.unlink(missing_ok=True)
            raise CourseError("This OpenCV cannot write films: leave --video out, or install opencv-python-headless.")
        return self

    def _refused(self, error: OSError) -> CourseError:
        return CourseError(f"{show(self.path)} cannot be written ({error.strerror}): choose another place.")

    def write(self, frame: np.ndarray) -> None:
        """Add a frame, (H, W, 3) uint8 RGB; one of another size is resized."""
        import cv2

        frame = frame[: self._size[1], : self._size[0]]
        if frame.shape[1::-1] != self._size:
            frame = cv2.resize(frame, self._size)
        self._writer.write(np.ascontiguousarray(frame[..., ::-1]))

    def __exit__(self, kind: Any, *_: Any) -> None:
        with silent_stderr():
            self._writer.release()
        try:
            if kind is None:
                if not self._temporary.stat().st_size:
                    raise CourseError(f"{show(self.path)} could not be written: free some space.")
                umask = os.umask(0)
                os.umask(umask)
                self._temporary.chmod(0o666 & ~umask)
                self._temporary.replace(self.path)
        except OSError as error:
            raise self._refused(error) from error
        finally:
            self._temporary.unlink(missing_ok=True)


def watch(
    source: str | os.PathLike,
    engine: Engine,
    timeline: str | os.PathLike,
    film: str | os.PathLike | None = None,
    *,
    every: float = 0.0,
    drowsiness: bool = False,
    progress: bool = False,
) -> dict[str, Any]:
    """Read the emotions of everybody in a film; write a timeline and, if asked for, the film with boxes and emotions.

    Args:
        source: the film. Whatever OpenCV reads.
        engine: what reads it; it is reset first.
        timeline: the CSV file to write, a row a person and time: see :func:`columns`.
        film: the .mp4 to write.
        every: seconds between the frames that are read; 0 reads all. The written film has all frames.
        drowsiness: whether the engine watches for it, so that the timeline has its columns.
        progress: show a bar on standard error.

    Returns:
        ``{"frames", "analysed", "seconds", "people"}``, where ``people`` is a list of
        ``{"id", "first", "last", "analysed", "emotions": {name: share}}``: times in seconds, shares of the person's
        rows, "not sure" among them.

    Raises:
        CourseError: the film cannot be read, or what is to be written cannot be, or lies on the film itself.
    """
    _check_targets(Path(source), timeline, film)
    from tqdm import tqdm

    engine.reset()
    names = engine.classifier.emotions
    people: dict[int, dict[str, Any]] = {}
    n = analysed = 0
    with contextlib.ExitStack() as stack:
        about, frames = stack.enter_context(open_film(source))
        stream = stack.enter_context(files.atomic_write(timeline, "w"))
        writer = None
        if film is not None:
            writer = stack.enter_context(Writer(film, (about.width, about.height), about.rate or 25.0))
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(columns(names, drowsiness))
        seen: list[Person] = []
        due, first, time = -math.inf, None, 0.0
        for time, frame in tqdm(frames, total=about.frames or None, unit="frame", disable=not progress):
            n += 1
            first = time if first is None else first
            if time >= due - 1e-6:
                seen, due = engine.step(frame, time), time + every
                analysed += 1
                for person in seen:
                    table.writerow(_row(person, time, drowsiness))
                    _count(people, person, time)
            if writer is not None:
                writer.write(annotation.annotate(frame, seen))
    return {
        "frames": n,
        "analysed": analysed,
        "seconds": round(time - (first or 0.0), 3),
        "people": [_summary(person) for _, person in sorted(people.items())],
    }


def _check_targets(source: Path, timeline: str | os.PathLike, film: str | os.PathLike | None) -> None:
    targets = [Path(target) for target in (timeline, film) if target is not None]
    for target in targets:
        if target.is_dir():
            raise CourseError(f"{show(target)} is a folder: name a file to write.")
        same = target.resolve() == source.resolve() or (target.exists() and source.exists() and target.samefile(source))
        if same:
            raise CourseError(f"{show(target)} is the film itself: write to another file.")
    if len(targets) == 2 and targets[0].resolve() == targets[1].resolve():
        raise CourseError("The timeline and the film would be the same file: name two.")
    if film is not None and Path(film).suffix.lower() != ".mp4":
        raise CourseError(f"The film to write must end in .mp4, not {Path(film).name!r}: change --video.")


def _row(person: Person, time: float, drowsiness: bool) -> list[Any]:
    box = [round(value, 1) for value in person.box]
    row = [round(time, 3), person.id, *box, person.emotion or NOT_SURE, round(person.probability, 4)]
    row += [round(value, 4) for value in person.probabilities.values()]
    if drowsiness and person.drowsiness is not None:
        values = person.drowsiness.as_json()
        for name in DROWSINESS:
            value = values[name]
            if isinstance(value, bool):
                value = int(value)
            row.append("" if value is None else round(value, 4))
    return row


def _count(people: dict[int, dict[str, Any]], person: Person, time: float) -> None:
    known = people.setdefault(person.id, {"id": person.id, "first": time, "said": Counter()})
    known["last"] = time
    known["said"][person.emotion or NOT_SURE] += 1


def _summary(known: dict[str, Any]) -> dict[str, Any]:
    total = known["said"].total()
    return {
        "id": known["id"],
        "first": round(known["first"], 3),
        "last": round(known["last"], 3),
        "analysed": total,
        "emotions": {name: round(count / total, 4) for name, count in known["said"].most_common()},
    }
