"""Films on disk: read frame by frame with their own times, written with boxes and emotions, and as a timeline.

OpenCV opens the file with whatever decoders its wheel carries. What a file says of itself is not believed: its size is
checked before the first frame is decoded, times that do not rise are mended, and how far a damaged film came is told by
time. The annotated film has one steady rate, for that is all that OpenCV can write; its frames are repeated or left out
so that each moment of the source stands at its own time, also where the source's rate changes.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import math
import os
import shutil
import stat
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
from ..files.store import open_regular, show
from .drowsiness import NOT_SEEN
from .engine import Engine, Person

MAX_SIDE = 8192
"""Longest side of a film's frame, in pixels."""

NOT_SURE = "not sure"
"""What stands in the timeline where no emotion is probable enough."""

DROWSINESS = ("ear", "mar", "perclos", "blinks", "yawns", "alarm", "problem")
"""The timeline's last columns where drowsiness is watched: see :class:`emocourse.live.drowsiness.State`. Where there is
a ``problem``, nobody can say whether the person is drowsy, and perclos, blinks and alarm are empty."""

LONGEST_STEP = 0.4
"""Most seconds from one frame that is read to the next where drowsiness is watched: below the monitor's gap."""

_RATES = (5.0, 60.0)  # frames a second that an annotated film may have as its source does
_USUAL_RATE = 30.0  # what it has else: fine enough for films whose rate changes
_LEAST_RATE = 1.0  # a film that claims less leaps somewhere: that is no step from frame to frame
_MOST_RATE = 240.0  # a film that claims more is written by a program that counts in milliseconds
_LONGEST_STILL = 3600.0  # seconds from one frame to the next beyond which a time is taken for damage
_LEAST_SPACE = 1 << 20  # bytes that must be free for a timeline


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

    @property
    def seconds(self) -> float:
        """How long it says that it lasts, or 0."""
        return self.frames / self.rate if self.rate else 0.0


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

    The times are the file's own, so films of a changing rate are right; where they stand still, fall, or leap by more
    than an hour, they are counted on from the last one. A film that is stored sideways is turned.

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
        frames = _frames(capture, rate if _LEAST_RATE <= rate <= _MOST_RATE else 25.0)
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
            try:
                there, frame = capture.read()
            except cv2.error:  # a damaged frame; how far the film came is told by time
                return
        if not there or frame is None:
            return
        if frame.dtype != np.uint8 or frame.ndim not in (2, 3):
            return
        time = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if not math.isfinite(time) or time <= last or (math.isfinite(last) and time - last > _LONGEST_STILL):
            time = last + 1 / rate if math.isfinite(last) else 0.0
        last = time
        colour = cv2.COLOR_GRAY2RGB if frame.ndim == 2 else cv2.COLOR_BGR2RGB
        yield time, cv2.cvtColor(frame, colour)


class _Output:
    """A file that is written beside its place, and moved there when it is whole.

    Where that fails, as on a file that is open in Excel, it stays beside it under another name.

    Attributes:
        path: where it shall lie; once it is placed, where it lies.
        temporary: where it is written.

    Raises:
        CourseError: the place cannot be written.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            parts = {"dir": self.path.parent, "prefix": f".{self.path.stem}.", "suffix": f".part{self.path.suffix}"}
            descriptor, name = tempfile.mkstemp(**parts)
            os.close(descriptor)
        except OSError as error:
            raise _refused(self.path, error) from error
        self.temporary = Path(name)

    def place(self) -> str | None:
        """Move it to its place, or else beside it; then a sentence says so."""
        umask = os.umask(0)
        os.umask(umask)
        self.temporary.chmod(0o666 & ~umask)
        try:
            self.temporary.replace(self.path)
            return None
        except OSError as error:
            taken, names = self.path, (self.path.with_stem(f"{self.path.stem}-{k}") for k in range(2, 100))
            self.path = next((path for path in names if not path.exists()), self.temporary)
            if self.path != self.temporary:
                self.temporary.replace(self.path)
            return f"{show(taken)} cannot be replaced ({error.strerror}): what was written is {show(self.path)}."

    def discard(self) -> None:
        """Remove what was not placed."""
        if self.path != self.temporary:
            self.temporary.unlink(missing_ok=True)


def _refused(path: Path, error: OSError) -> CourseError:
    return CourseError(f"{show(path)} cannot be written ({error.strerror or error}): choose another place.")


class Writer:
    """Writes an .mp4 beside its place and moves it there when all is written, so that no half film is ever left.

    A context manager: ``write(frame)`` inside it; an error or Ctrl-C leaves the old file as it was.

    Args:
        path: the film, ending in .mp4.
        size: width and height in pixels; an odd side loses its last row or column.
        rate: frames a second.

    Attributes:
        path: where the film lies in the end.
        problem: a sentence where that is not where it should, or where there is none because the disk was full.

    Raises:
        CourseError: the place cannot be written, or OpenCV has no encoder.
    """

    def __init__(self, path: str | os.PathLike, size: tuple[int, int], rate: float):
        self.path, self.problem = Path(path), None
        self._size = tuple(max(2, side - side % 2) for side in size)
        self._rate = rate
        self._held: np.ndarray | None = None  # the newest frame, which stands until the next one's time
        self._written, self._next = 0, 0

    def __enter__(self) -> Writer:
        import cv2

        self._output = _Output(self.path)
        with silent_stderr():
            codec = cv2.VideoWriter.fourcc(*"mp4v")  # MPEG-4 part 2: every OpenCV wheel can write it
            name = str(self._output.temporary)
            self._writer = cv2.VideoWriter(name, cv2.CAP_FFMPEG, codec, self._rate, self._size)
        if not self._writer.isOpened():
            self._output.discard()
            raise CourseError("This OpenCV cannot write films: leave --video out, or install opencv-python-headless.")
        return self

    def write(self, frame: np.ndarray, time: float | None = None) -> None:
        """Add a frame.

        Args:
            frame: (H, W, 3) uint8 RGB; one of another size is resized.
            time: seconds from the film's beginning at which it is shown, until the next one's; None: one frame after
                the last. Of several frames within one frame of the written film, the last is written.
        """
        import cv2

        self._hold(self._next if time is None else round(time * self._rate))
        self._next = max(self._written, self._next if time is None else round(time * self._rate)) + 1
        frame = frame[: self._size[1], : self._size[0]]
        if frame.shape[1::-1] != self._size:
            frame = cv2.resize(frame, self._size)
        self._held = np.ascontiguousarray(frame[..., ::-1])

    def last_until(self, time: float) -> None:
        """Let the last frame stand until so many seconds from the film's beginning."""
        self._next = max(self._next, round(time * self._rate))

    def _hold(self, until: int) -> None:
        while self._held is not None and self._written < until:
            self._writer.write(self._held)
            self._written += 1

    def __exit__(self, kind: Any, *_: Any) -> None:
        try:
            with silent_stderr():
                if kind is None:
                    self._hold(self._next)
                self._writer.release()
            if kind is None:
                if _opens(self._output.temporary):
                    self.problem = self._output.place()
                    self.path = self._output.path
                else:  # a film whose end is missing cannot be played at all
                    self.problem = f"{show(self.path)} could not be written whole: free some space."
        except OSError as error:
            raise _refused(self.path, error) from error
        finally:
            self._output.discard()


def _output_rate(source: str | os.PathLike, claimed: float) -> float:
    """Frames a second for the annotated film: those of the source, unless they are unusual or not its true ones."""
    import cv2

    if not _RATES[0] <= claimed <= _RATES[1]:
        return _USUAL_RATE
    if claimed < _USUAL_RATE:  # a mean, perhaps, over a fast and a slow part
        with silent_stderr():
            capture = cv2.VideoCapture(str(Path(source).resolve()), cv2.CAP_FFMPEG)
            times = [capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 for _ in range(30) if capture.grab()]
            capture.release()
        if np.any(np.abs(np.diff(times) * claimed - 1) > 0.25):
            return _USUAL_RATE
    return claimed


def _opens(path: Path) -> bool:
    import cv2

    with silent_stderr():
        capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)
        opened = capture.isOpened()
        capture.release()
    return opened


class _Timeline:
    """The timeline while it is written: a context manager, as :class:`Writer`."""

    def __init__(self, path: str | os.PathLike, head: list[str]):
        self.path, self.problem, self._head = Path(path), None, head

    def __enter__(self) -> _Timeline:
        self._output = _Output(self.path)
        self._stream = self._output.temporary.open("w", encoding="utf-8", newline="")
        self._table = csv.writer(self._stream, lineterminator="\n")
        self.add([self._head])
        return self

    def add(self, rows: list[list[Any]]) -> bool:
        """Write rows; False, and a problem, where they cannot be."""
        try:
            self._table.writerows(rows)
            self._stream.flush()
        except OSError as error:
            self.problem = f"{show(self.path)} could not be written further ({error.strerror}): free some space."
        return self.problem is None

    def __exit__(self, kind: Any, *_: Any) -> None:
        with contextlib.suppress(OSError):  # rows that could not be written before are tried once more
            self._stream.close()
        try:
            if kind is None:
                placed = self._output.place()
                self.path, self.problem = self._output.path, self.problem or placed
        except OSError as error:
            raise _refused(self.path, error) from error
        finally:
            self._output.discard()


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
        film: the .mp4 to write, of the source's length and timing.
        every: seconds between the frames that are read; 0 reads all. The written film has all frames.
        drowsiness: whether the engine watches for it, so that the timeline has its columns.
        progress: show a bar on standard error.

    Returns:
        ``{"frames", "analysed", "seconds", "complete", "problem", "warnings", "timeline", "video", "people"}``.
        ``complete`` is False where the film ends before the time that it claims, or where something could not be
        written as asked; ``problem`` then says so in a sentence, else it is None. ``warnings`` are sentences.
        ``timeline`` and ``video`` are where the files lie. ``people`` is a list of
        ``{"id", "first", "last", "analysed", "emotions": {name: share}}``: times in seconds, shares of the person's
        rows, "not sure" among them; and, where drowsiness is watched, ``"judged"``, the share of the frames from the
        person's first on in which they could be judged, and ``"not_judged": {reason: share}``.

    Raises:
        CourseError: the film cannot be read, or what is to be written cannot be, or lies on the film itself; or
            drowsiness is to be watched by frames over :data:`LONGEST_STEP` apart.
    """
    if drowsiness and every > LONGEST_STEP:
        raise CourseError(
            f"Nobody can say who is drowsy by a frame every {every:g} s: use --every {LONGEST_STEP:g} or less."
        )
    _check_targets(Path(source), timeline, film)
    from tqdm import tqdm

    engine.reset()
    people: dict[int, dict[str, Any]] = {}
    n = analysed = slow = 0
    with contextlib.ExitStack() as stack:
        about, frames = stack.enter_context(open_film(source))
        table = stack.enter_context(_Timeline(timeline, columns(engine.classifier.emotions, drowsiness)))
        writer = None
        if film is not None:
            size = about.width, about.height
            writer = stack.enter_context(Writer(film, size, _output_rate(source, about.rate)))
        seen: list[Person] = []
        due, start, time, step = -math.inf, None, 0.0, 0.0
        for now, frame in tqdm(frames, total=about.frames or None, unit="frame", disable=not progress):
            start = now if start is None else start
            time, step = now, now - time if n else step
            n += 1
            if time >= due - 1e-6:
                seen, due = engine.step(frame, time), time + every
                analysed += 1
                slow += any(person.drowsiness and not person.drowsiness.blinks_counted for person in seen)
                _count(people, seen, time)
                if not table.add([_row(person, time, drowsiness) for person in seen]):
                    break
            if writer is not None:
                writer.write(annotation.annotate(frame, seen), time - start)
        seconds = time - (start or 0.0)
        short = None if table.problem else _shortfall(about, n, seconds + step)
        if writer is not None and n >= about.frames and about.seconds - seconds < _LONGEST_STILL:
            writer.last_until(about.seconds)  # the last frame may stand for long
    outputs = [output for output in (table, writer) if output is not None]
    problem = " ".join(said for said in (short, *(output.problem for output in outputs)) if said) or None
    told = [_summary(person, drowsiness) for _, person in sorted(people.items())]
    return {
        "frames": n,
        "analysed": analysed,
        "seconds": round(seconds, 3),
        "complete": problem is None,
        "problem": problem,
        "warnings": _warnings(told, slow / max(analysed, 1)) if drowsiness else [],
        "timeline": str(table.path),
        "video": None if writer is None else str(writer.path),
        "people": told,
    }


def _shortfall(about: Film, n: int, reached: float) -> str | None:
    """What is missing of a film, by time: counts of frames are often wrong where the rate changes."""
    if n >= about.frames or about.seconds - reached <= max(0.5, 0.02 * about.seconds):
        return None
    return (
        f"The film ends after {reached:.1f} s, though it says that it lasts {about.seconds:.1f} s: it is cut or "
        "damaged, and what could be read is written."
    )


def _warnings(people: list[dict[str, Any]], slow: float) -> list[str]:
    said = []
    for person in people:
        if person["judged"] < 0.5:
            reason = max(person["not_judged"], key=person["not_judged"].get)
            said.append(
                f"Person {person['id']} cannot be judged for drowsiness in {1 - person['judged']:.0%} of the film, "
                f"mostly since {reason if reason != 'calibrating' else 'the film is too short to calibrate'}."
            )
    if slow > 0.5:
        said.append("Blinks are not counted: that takes at least 8 frames a second.")
    return said


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
    size = source.stat().st_size if film is not None and source.is_file() else 0
    for target in targets:
        _check_writable(target, _LEAST_SPACE + size)


def _check_writable(target: Path, space: int) -> None:
    """Find out before a long film is read that a file cannot be written; it is not changed."""
    try:
        if target.exists():
            if not target.is_file():
                raise CourseError(f"{show(target)} is not a file that can be written: name another.")
            if not target.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
                raise CourseError(f"{show(target)} is read-only: name another file, or allow writing.")
            target.open("r+b").close()  # on Windows, refused while another program has it open
        folder = next(parent for parent in target.absolute().parents if parent.exists())
        if shutil.disk_usage(folder).free < space:
            raise CourseError(f"The disk of {show(target)} is full: free {space >> 20} MB, or choose another place.")
    except OSError as error:
        raise CourseError(
            f"{show(target)} cannot be written ({error.strerror}): close it in other programs, or name another file."
        ) from error


def _row(person: Person, time: float, drowsiness: bool) -> list[Any]:
    box = [round(value, 1) for value in person.box]
    row = [round(time, 3), person.id, *box, person.emotion or NOT_SURE, round(person.probability, 4)]
    row += [round(value, 4) for value in person.probabilities.values()]
    if drowsiness and person.drowsiness is not None:
        values = person.drowsiness.as_json()
        if person.drowsiness.problem is not None:
            values |= {"perclos": None, "blinks": None, "alarm": None}
        row += [_cell(values[name]) for name in DROWSINESS]
    return row


def _cell(value: Any) -> Any:
    if isinstance(value, str | None):
        return value or ""
    return int(value) if isinstance(value, bool) else round(value, 4)


def _count(people: dict[int, dict[str, Any]], seen: list[Person], time: float) -> None:
    """Keep account of what was said of whom."""
    for person in seen:
        new = {"id": person.id, "first": time, "said": Counter(), "problems": Counter()}
        known = people.setdefault(person.id, new)
        known["last"] = time
        known["said"][person.emotion or NOT_SURE] += 1
    states = {person.id: person.drowsiness for person in seen}
    for number, known in people.items():
        state = states.get(number)
        known["problems"][NOT_SEEN if number not in states else state.problem if state else None] += 1


def _summary(known: dict[str, Any], drowsiness: bool) -> dict[str, Any]:
    total = known["said"].total()
    told = {
        "id": known["id"],
        "first": round(known["first"], 3),
        "last": round(known["last"], 3),
        "analysed": total,
        "emotions": _shares(known["said"]),
    }
    if drowsiness:
        shares = _shares(known["problems"])
        told |= {"judged": shares.pop(None, 0.0), "not_judged": shares}
    return told


def _shares(counts: Counter) -> dict[Any, float]:
    return {name: round(count / counts.total(), 4) for name, count in counts.most_common()}
