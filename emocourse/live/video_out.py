"""What `emocourse watch` writes: an annotated film and a timeline, each beside its place until it is whole.

The annotated film has one steady rate, for that is all that OpenCV can write; its frames are repeated or left out so
that each moment of the source stands at its own time, also where the source's rate changes.
"""

from __future__ import annotations

import contextlib
import csv
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..backend import silent_stderr
from ..errors import CourseError
from ..files.store import show

_RATES = (5.0, 60.0)  # frames a second that an annotated film may have as its source does
_USUAL_RATE = 30.0  # what it has else: fine enough for films whose rate changes
_LEAST_SPACE = 1 << 20  # bytes that must be free for a timeline


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


def output_rate(source: str | os.PathLike, claimed: float) -> float:
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


class Timeline:
    """The timeline while it is written: a context manager, as :class:`Writer`."""

    def __init__(self, path: str | os.PathLike, head: list[str]):
        self.path, self.problem, self._head = Path(path), None, head

    def __enter__(self) -> Timeline:
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


def check_targets(source: Path, timeline: str | os.PathLike, film: str | os.PathLike | None) -> None:
    targets = [Path(target) for target in (timeline, film) if target is not None]
    for target in targets:
        if target.is_dir():
            raise CourseError(f"{show(target)} is a folder: name a file to write.")
        same = target.resolve() == source.resolve() or (target.exists() and source.exists() and target.samefile(source))
        if same:
            raise CourseError(f"{show(target)} is the film itself: write to another file.")
    if len(targets) == 2 and targets[0].resolve() == targets[1].resolve():
        raise CourseError("The timeline and the film would be the same file: name two.")
    if targets[0].suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise CourseError(f"The timeline is a CSV file, which {show(targets[0])} would not say: name it .csv.")
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
