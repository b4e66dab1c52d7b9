"""The live demo's engine: a frame in, the people in it with their emotions out.

What the slides' web app did for one face and one image, for a film: faces are followed
(:mod:`emocourse.live.tracker`), so that the detector runs only now and then; a person keeps their number; and
probabilities are smoothed over time, because the emotion of a face does not change thirty times a second.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import recognition
from ..faces import detection as faces
from ..faces import landmarks
from ..files import images
from ..models import weights
from ..models.weights import DEFAULT as DEFAULT_MODEL
from .tracker import Track, Tracker

if TYPE_CHECKING:
    from ..models.weights import Classifier
    from .drowsiness import State

MAX_JITTERS = 3
"""Most boxes a face that landmarks are the mean over (:mod:`emocourse.faces.landmarks`), for models trained on several:
4 ms, and nearly as accurate as twelve."""

UNSURE = 0.4
"""Probability below which the most probable emotion is not named: "not sure"."""


@dataclasses.dataclass(frozen=True, eq=False)
class Person:
    """A person in a frame.

    Attributes:
        id: the same person has the same number, from 1 up, as long as they are not forgotten.
        box: (x, y, w, h) of the face in pixels of the frame, as a detector would give it.
        landmarks: (68, 2) float32, pixels of the frame.
        binary: (48, 48, 1) float32, the binary image that the slides' network sees.
        seen: what the engine's own network sees, see :class:`emocourse.recognition.Reading`.
        probabilities: of each emotion, 0 to 1, summing to 1, smoothed over time.
        emotion: the most probable emotion; None where it is below the engine's ``unsure``.
        probability: of the most probable emotion.
        score: the detector's score when it last saw the face; higher is surer.
        drowsiness: what the monitor says of eyes and mouth; None where the engine does not watch for it.
    """

    id: int
    box: tuple[float, float, float, float]
    landmarks: np.ndarray
    binary: np.ndarray
    seen: np.ndarray
    probabilities: dict[str, float]
    emotion: str | None
    probability: float
    score: float
    drowsiness: State | None = None

    def as_json(self) -> dict[str, Any]:
        """The person without the arrays, numbers rounded: for JSON and for the browser."""
        return {
            "id": self.id,
            "box": [round(value) for value in self.box],
            "emotion": self.emotion,
            "probability": round(self.probability, 4),
            "probabilities": {name: round(value, 4) for name, value in self.probabilities.items()},
            "score": round(self.score, 3),
            "drowsiness": None if self.drowsiness is None else self.drowsiness.as_json(),
        }


@dataclasses.dataclass(frozen=True, eq=False)
class _Read:
    """What the model last said of a person, smoothed, and what it saw."""

    time: float
    shares: np.ndarray
    reading: recognition.Reading | None


_NEVER = _Read(-math.inf, np.empty(0), None)


class Engine:
    """Follows the people of one film or camera and reads their emotions. Not for several threads at once.
    Lessons 11, 12.

    Args:
        classifier: a model of ``weights.load``, its name or file; None takes :data:`DEFAULT_MODEL`. A named model is
            loaded with the first face.
        detect_every: frames from one search for new faces to the next, 1 or more.
        read_every: seconds for which a person's reading stands before the model reads them again; 0 reads every frame.
        smoothing: seconds after which a new expression has 63 % of the say; 0 for none.
        unsure: probability below which the emotion is "not sure", 0 to 1.
        drowsiness: also watch everybody for drowsiness, see :class:`emocourse.live.drowsiness.Monitor`.
        keep: seconds for which a person who was lost is remembered.

    Raises:
        ValueError: a number out of its range.
    """

    def __init__(
        self,
        classifier: Classifier | str | None = None,
        *,
        detect_every: int = 15,
        read_every: float = 0.08,
        smoothing: float = 0.5,
        unsure: float = UNSURE,
        drowsiness: bool = False,
        keep: float = 10.0,
    ):
        if detect_every < 1 or not 0 <= unsure <= 1:
            raise ValueError("detect_every must be at least 1, and unsure from 0 to 1.")
        if not all(0 <= seconds < math.inf for seconds in (read_every, smoothing, keep)):
            raise ValueError("read_every, smoothing and keep must be seconds, 0 or more.")
        self._read_every = read_every
        self._model = DEFAULT_MODEL if classifier is None else classifier
        self._smoothing, self._watches = smoothing, drowsiness
        self.unsure = unsure
        self._tracker = Tracker(detect_every, keep)
        self.reset()

    @property
    def classifier(self) -> Classifier:
        """The model; loaded now if it was not yet."""
        if not isinstance(self._model, weights.Classifier):
            self._model = weights.load(self._model)
        return self._model

    def reset(self) -> None:
        """Forget everybody, and begin another film: its times may start anywhere."""
        self._tracker.reset()
        self._time = -math.inf
        self._read: dict[int, _Read] = {}
        self._monitors: dict[int, Any] = {}

    def step(self, frame: np.ndarray, time: float) -> list[Person]:
        """The people in the next frame, in the order in which they were first seen.

        Args:
            frame: uint8, (H, W, 3) RGB or (H, W) grey.
            time: of the frame, in seconds; not before the last one's.

        Raises:
            ValueError: another shape or dtype, more than ``images.MAX_PIXELS``, or a time that is not finite or falls.
            CourseError: the model or the landmark model cannot be loaded.
        """
        grey, colour = _checked(frame)
        if not math.isfinite(time) or time < self._time:
            raise ValueError(
                f"Times must be finite and must not fall, but {time} came after {self._time}: see reset()."
            )
        self._time = time
        tracks = self._tracker.step(grey, colour, time)
        self._forget()
        for person in set(self._monitors) - {track.id for track in tracks}:
            self._monitors[person].update(None, time)
        due = [track for track in tracks if time - self._read.get(track.id, _NEVER).time >= self._read_every - 1e-6]
        for track, reading in zip(due, self._readings(due, grey), strict=True):
            self._smooth(track.id, reading, time)
        return [self._person(track, time) for track in tracks]

    def _readings(self, tracks: list[Track], grey: np.ndarray) -> list[recognition.Reading]:
        """What the model says of these people. Landmarks are predicted at most once more, for a model that reads them.

        Such a model was trained on landmarks of a 48×48 crop; others get the tracker's.
        """
        if not tracks:
            return []
        num_jitters, found = min(MAX_JITTERS, self.classifier.num_jitters), []
        for track in tracks:
            face = faces.Face(track.box, track.score, "hog")
            if num_jitters == 1 and _reads_landmarks(self.classifier):
                found.append(recognition.cut_out(grey, face))
            else:
                square, crop = faces.crop_square(face.box), faces.crop(grey, face.box)
                found.append(recognition.Found(face, square, crop, landmarks.in_crop(track.points, square)))
        return recognition.classify(found, self.classifier, num_jitters)

    def _person(self, track: Track, time: float) -> Person:
        read = self._read[track.id]
        best = int(read.shares.argmax())
        name, probability = self.classifier.emotions[best], float(read.shares[best])
        return Person(
            id=track.id,
            box=track.box,
            landmarks=track.points,
            binary=read.reading.binary,
            seen=read.reading.seen,
            probabilities=dict(zip(self.classifier.emotions, map(float, read.shares), strict=True)),
            emotion=name if probability >= self.unsure else None,
            probability=probability,
            score=track.score,
            drowsiness=self._watch(track, time) if self._watches else None,
        )

    def _smooth(self, person: int, reading: recognition.Reading, time: float) -> None:
        """Exponential smoothing by time, so that the rate of frames does not matter."""
        shares = np.array(list(reading.probabilities.values()))
        before = self._read.get(person)
        if before is not None and self._smoothing > 0:
            shares += (before.shares - shares) * math.exp(-(time - before.time) / self._smoothing)
        self._read[person] = _Read(time, shares, reading)

    def _watch(self, track: Track, time: float) -> State:
        from .drowsiness import Monitor

        if track.id not in self._monitors:
            self._monitors[track.id] = Monitor()
        return self._monitors[track.id].update(track.points, time)

    def _forget(self) -> None:
        known = {track.id for track in self._tracker.tracks}
        for memory in (self._read, self._monitors):
            for person in set(memory) - known:
                del memory[person]


def _reads_landmarks(classifier: Classifier) -> bool:
    from ..models.architectures import ARCHITECTURES

    names = {member.name for member in classifier.members or (classifier,)} & set(ARCHITECTURES)
    return any(ARCHITECTURES[name].landmarks for name in names)


def _checked(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """The frame as grey and, where it has one, its colour."""
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8 or not frame.size:
        raise ValueError("A frame must be uint8, (H, W, 3) RGB or (H, W) grey, and not empty.")
    if frame.ndim not in (2, 3) or (frame.ndim == 3 and frame.shape[2] != 3):
        raise ValueError(f"A frame must be (H, W, 3) RGB or (H, W) grey, not {frame.shape}.")
    if frame.shape[0] * frame.shape[1] > images.MAX_PIXELS:
        raise ValueError(f"A frame must have at most {images.MAX_PIXELS:,} pixels, not {frame.shape}.")
    frame = np.ascontiguousarray(frame)
    if frame.ndim == 2:
        return frame, None
    import cv2

    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), frame
