"""Several drawn people in one image, or in a film, in which everybody's place, identity and emotion are known.

In a film, a person is drawn once for each state that comes up (an emotion, a step between two emotions, closed eyes)
and then moved and resized like a paper cut-out, so that a frame of six people takes a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..emotions import EMOTIONS, EMOTIONS_6
from ..errors import CourseError
from .model import load
from .portrait import background, finish, paint
from .shape import join_pose, set_eyes, split_pose
from .style import Style, random_style

BOX_SIDE, BOX_DOWN = 2.4, 0.49
"""Side of dlib's box about a face, and how far its middle lies below the point between the eyes, in distances between
the eyes: medians over FER2013's Training split."""

_MAX_PIXELS = 20_000_000
_CELL = 4.9  # a person's place in a scene, in distances between the eyes
_UNIT = 44.0  # distance between the eyes, in pixels, at which people are drawn before they are resized
_SIZE = (300, 330)  # of the cut-out, pixels; its last row, a shirt, goes on downwards
_EYES = (150.0, 125.0)  # where the point between the eyes lies in it
_STEPS = 4  # images from one emotion to the next
_CHANGE = 0.4  # seconds that an expression takes to change

State = tuple[int, int, int, bool]
"""What a face shows: the emotion before, the emotion now, how many steps from one to the other, eyes shut or not."""


@dataclass(frozen=True, eq=False, kw_only=True)
class _People:
    """An image with people.

    Attributes:
        image: (h, w) uint8 grey.
        boxes: (n, 4) float32: x, y, width, height of each face in pixels, as a detector would give it.
        landmarks: (n, 68, 2) float32, pixels of the image.
        labels: (n,) uint8, 0 to 6.
    """

    image: np.ndarray
    boxes: np.ndarray
    landmarks: np.ndarray
    labels: np.ndarray

    @property
    def emotions(self) -> list[str]:
        """The name of each person's emotion."""
        return [EMOTIONS[k] for k in self.labels]


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene(_People):
    """An image with people whose boxes do not overlap: ``image``, ``boxes``, ``landmarks``, ``labels``.

    Attributes:
        styles: who they are.
    """

    styles: tuple[Style, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Moment(_People):
    """One frame of a film, and the truth about it. Person i is the same person in every frame.

    ``image``, ``boxes``, ``landmarks`` as in a scene; ``labels`` while an emotion changes: the nearer one.

    Attributes:
        time: seconds since the film began.
        visible: (n,) float32, 0 to 1: the share of the face's box that no other person and no edge of the frame hides.
    """

    time: float
    visible: np.ndarray


def scene(n: int, size: tuple[int, int] = (640, 480), seed: int = 0, labels: np.ndarray | None = None) -> Scene:
    """Draw ``n`` people (0 or more) side by side and in rows, at random sizes and places. Lessons 00, 04.

    Args:
        n: how many. size: width and height of the image. seed: of everything. labels: (n,) 0..6, if they matter.

    Raises:
        CourseError: the image is too small for that many faces, or larger than 20 megapixels.
    """
    width, height = (int(v) for v in size)
    if n < 0 or width < 16 or height < 16 or width * height > _MAX_PIXELS:
        raise CourseError("A scene needs 0 or more people and a size from 16 x 16 pixels to 20 megapixels.")
    columns = max(range(1, max(n, 1) + 1), key=lambda c: min(width / c, height / -(-max(n, 1) // c)))
    rows = -(-max(n, 1) // columns)
    cell = min(width / columns, height / rows)
    if cell < 24:
        raise CourseError(f"{n} faces do not fit in {width} x {height} pixels: ask for fewer, or for a larger image.")
    rng = np.random.default_rng(seed)
    if n:
        landmarks, labels = load().sample(n, labels=labels, seed=rng)
    else:
        landmarks, labels = np.zeros((0, 68, 2), np.float32), np.zeros(0, np.uint8)
    pose, _ = split_pose(landmarks)
    canvas = background((height, width), _ground(rng), height / 48)
    places, boxes, styles = np.zeros_like(landmarks), np.zeros((n, 4), np.float32), []
    for i in range(n):
        row, column = divmod(i, columns)
        in_row = min(columns, n - row * columns)
        slack = np.array([width / in_row, height / rows])
        unit = cell / _CELL * rng.uniform(0.8, 1.0)
        free = np.maximum(slack - unit * _CELL, 0)
        middle = (np.array([column, row]) + 0.5) * slack + rng.uniform(-0.5, 0.5, 2) * free * 0.9
        eyes = middle - [0, 0.15 * unit]
        places[i] = (landmarks[i] - pose[i, :2]) * (unit / np.exp(pose[i, 2])) + eyes
        boxes[i] = _box(eyes, unit)
        styles.append(random_style(rng))
        paint(canvas, places[i], styles[-1])
    image = finish(canvas, Style(noise=3.0), 1.0, rng)
    return Scene(image=image, boxes=boxes, landmarks=places, labels=labels, styles=tuple(styles))


def _ground(rng: np.random.Generator) -> Style:
    """The style of a background."""
    return Style(texture=int(rng.integers(1 << 31)), background=float(rng.uniform(60, 200)))


def _box(eyes: np.ndarray, unit: float) -> list[float]:
    """Dlib's box about a face whose point between the eyes lies at ``eyes``, and whose eyes are ``unit`` apart."""
    side = BOX_SIDE * unit
    return [eyes[0] - side / 2, eyes[1] + BOX_DOWN * unit - side / 2, side, side]


def moving_scene(
    people: int | Sequence[Style],
    frames: int = 300,
    size: tuple[int, int] = (640, 480),
    seed: int = 0,
    *,
    rate: float = 30.0,
    speed: float = 1.0,
    blinks: bool = True,
    cross: bool = True,
) -> Iterator[Moment]:
    """Film people who walk to and fro, pass in front of one another, and change their expression every few seconds.
    Lesson 11.

    The nearer of two people is larger and hides the other. Faces stay inside the frame. The film is made frame by
    frame, while it is asked for; the same call gives the same frames.

    Args:
        people: how many (1 to 12), or their styles.
        frames: how many frames, 1 or more.
        size: width and height of a frame, pixels.
        seed: of everything.
        rate: frames a second.
        speed: 1 for a stroll, in which a face moves by its own width in about a second; 0 for people who stand still.
        blinks: whether they blink, 0.15 s every few seconds.
        cross: False keeps everybody in their own part of the frame, side by side, so that nobody is ever hidden.

    Raises:
        CourseError: numbers out of range, or a frame too small for the people.
    """
    styles = None if isinstance(people, int | np.integer) else list(people)
    n = int(people) if styles is None else len(styles)
    width, height = (int(v) for v in size)
    if not 1 <= n <= 12 or frames < 1 or not 64 <= min(width, height) <= max(width, height) <= 4096:
        raise CourseError("A film needs 1 to 12 people, 1 or more frames, and a size from 64 to 4096 pixels.")
    if not 1 <= rate <= 1000 or not 0 <= speed <= 10:
        raise CourseError("A film needs 1 to 1000 frames a second and a speed from 0 to 10.")
    rng = np.random.default_rng(seed)
    styles = styles or [replace(random_style(rng), blur=0.0, noise=0.0) for _ in range(n)]
    # Everybody has numbers of their own, so that a longer film begins as a shorter one does.
    seeds = rng.integers(1 << 62, size=(n, 3))
    # As large as the frame has room for; the farthest is a fifth smaller than the nearest, and stands higher up.
    units = min(height / 10, width / (4 + 2 * n)) * np.linspace(0.82, 1.0, n)
    heights = height * np.linspace(0.28 if n > 3 else 0.36, 0.46, n)
    edges = np.linspace(0, width - 1, n + 1)
    actors = []
    for i, (unit, middle) in enumerate(zip(units, heights, strict=True)):
        reach = 1.5 * unit
        span = (reach, width - 1 - reach) if cross else (edges[i] + reach, edges[i + 1] - reach)
        path = _path(unit, (middle, height), span, frames / rate, speed, np.random.default_rng(seeds[i, 2]))
        actors.append(_Actor(styles[i], unit, path, frames / rate, blinks, seeds[i, :2]))
    return _film(actors, frames, rate, (height, width), _ground(rng))


def _film(actors: list[_Actor], frames: int, rate: float, shape: tuple[int, int], ground: Style) -> Iterator[Moment]:
    wall = background(shape, ground, shape[0] / 48)
    for frame in range(frames):
        time = frame / rate
        canvas = wall.copy()
        covers, boxes, points = [], [], []
        for actor in actors:  # the farthest first
            eyes = actor.eyes_at(time)
            matrix = np.array([[1, 0, eyes[0]], [0, 1, eyes[1]]]) @ _about(actor.unit / _UNIT)
            grey, cover, landmarks = actor.cutout(actor.state_at(time))
            covers.append(_paste(canvas, (grey, cover), matrix))
            boxes.append(_box(eyes, actor.unit))
            points.append(landmarks @ matrix[:, :2].T + matrix[:, 2])
        boxes = np.array(boxes, np.float32)
        yield Moment(
            image=finish(canvas, Style(noise=2.0), 1.0, np.random.default_rng([ground.texture, frame])),
            time=time,
            boxes=boxes,
            landmarks=np.array(points, np.float32),
            labels=np.array([actor.label(time) for actor in actors], np.uint8),
            visible=_visible(boxes, covers, shape),
        )


class _Actor:
    """One person: where they are and what they show when, and the cut-outs of every state that has come up."""

    def __init__(
        self,
        style: Style,
        unit: float,
        path: tuple[np.ndarray, np.ndarray, np.ndarray],
        seconds: float,
        blinks: bool,
        seeds: np.ndarray,
    ):
        self.style, self.unit, self._path = style, unit, path
        rng = np.random.default_rng(seeds[0])
        self._cutouts: dict[State, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        kinds = rng.permutation(len(EMOTIONS_6))  # a few faces that come again, as a person's do
        labels = np.array([EMOTIONS.index(name) for name in EMOTIONS_6])
        sampled, _ = load().sample(labels=labels, seed=rng)
        pose, shape = split_pose(sampled)
        pose[:] = (*_EYES, np.log(_UNIT), 0.0)
        # One person's bones stay the same: only part of the way from the common mean is each face's own.
        shape = shape.mean(0) + 0.75 * (shape - shape.mean(0))
        self._faces = join_pose(pose, shape)
        starts = [0.0]
        while starts[-1] < seconds:
            starts.append(starts[-1] + rng.uniform(2.0, 5.0))
        self._starts = np.array(starts)
        self._kinds = np.array([kinds[i % 4] for i in range(len(starts))])
        self._labels = np.array([EMOTIONS.index(EMOTIONS_6[k]) for k in self._kinds], np.uint8)
        times = np.random.default_rng(seeds[1]).uniform(2.0, 6.0, max(1, int(seconds)))
        self._blinks = np.cumsum(times) if blinks else np.empty(0)

    def eyes_at(self, time: float) -> np.ndarray:
        """(2,) where the point between the eyes is, in pixels of the frame."""
        times, x, y = self._path
        return np.array([np.interp(time, times, x), np.interp(time, times, y)])

    def label(self, time: float) -> int:
        """The emotion shown, 0 to 6; while it changes, the nearer one."""
        at = int(np.searchsorted(self._starts, time, side="right")) - 1
        late = at > 0 and time - self._starts[at] < _CHANGE / 2
        return int(self._labels[at - 1 if late else at])

    def state_at(self, time: float) -> State:
        at = int(np.searchsorted(self._starts, time, side="right")) - 1
        step = min(_STEPS, int((time - self._starts[at]) / _CHANGE * _STEPS)) if at else _STEPS
        before, now = int(self._kinds[max(at - 1, 0)]), int(self._kinds[at])
        shut = bool(((time >= self._blinks) & (time < self._blinks + 0.15)).any())
        return now if step == _STEPS else before, now, step, shut

    def landmarks(self, state: State) -> np.ndarray:
        """(68, 2) float32 in pixels of the cut-out."""
        before, now, step, shut = state
        points = self._faces[before] + (self._faces[now] - self._faces[before]) * (step / _STEPS)
        return set_eyes(points, 0.05) if shut else points

    def cutout(self, state: State) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The person alone, (h, w) float32 grey on black; how much of each pixel they cover, 0 to 1; the landmarks."""
        if state not in self._cutouts:
            black, white = (np.full(_SIZE[::-1], tone, np.float32) for tone in (0, 255))
            points = self.landmarks(state)
            paint(black, points, self.style)
            paint(white, points, self.style)
            self._cutouts[state] = black, np.clip(1 - (white - black) / 255, 0, 1), points.astype(np.float64)
        return self._cutouts[state]


def _about(scale: float) -> np.ndarray:
    """(3, 3): from pixels of the cut-out to pixels about the point between the eyes."""
    return np.array([[scale, 0, -scale * _EYES[0]], [0, scale, -scale * _EYES[1]], [0, 0, 1]])


def _path(
    unit: float,
    heights: tuple[float, float],
    span: tuple[float, float],
    seconds: float,
    speed: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, x and y of the point between the eyes: from place to place, slower at each end, with a bob of the head."""
    middle, height = heights
    low, high = span[0], max(span)  # where there is no room to move, everybody stands still
    bob, start = rng.uniform(0.3, 0.6), rng.random()
    pace = max(speed, 1e-6) * BOX_SIDE * unit  # pixels a second
    places, times = [rng.uniform(low, high)], [0.0]
    seconds += 1  # so that how the film ends changes nothing in it
    while times[-1] <= seconds:
        there = rng.uniform(low, high)
        if abs(there - places[-1]) < 0.3 * (high - low):
            continue  # too small a step
        times.append(times[-1] + 0.1 + abs(there - places[-1]) / pace)
        places.append(there)
        times.append(times[-1] + rng.uniform(0.2, 1.0))  # stands still
        places.append(there)
    t = np.arange(0, seconds, 0.02)
    x = np.interp(t, times, places) if speed else np.full(len(t), places[0])
    kernel = np.hanning(21) / np.hanning(21).sum()  # 0.4 s, so that nobody starts or stops at once
    x = np.convolve(np.pad(x, 10, mode="edge"), kernel, mode="valid")
    y = middle + 0.25 * speed * unit * np.sin(2 * np.pi * (t * bob + start))
    return t, x, np.clip(y, 1.8 * unit, height - 2.2 * unit)


def _paste(
    canvas: np.ndarray, cutout: tuple[np.ndarray, np.ndarray], matrix: np.ndarray
) -> tuple[np.ndarray, slice, slice]:
    """Put a cut-out on the canvas, in place; returns how much it covers, and of which rows and columns."""
    import cv2

    height, width = canvas.shape
    corners = np.array([[0, 0, 1], [_SIZE[0], _SIZE[1], 1]]) @ matrix.T
    left, top = np.floor(np.maximum(corners[0], 0)).astype(int)
    right = int(min(np.ceil(corners[1, 0]), width))
    if left >= right or top >= height:
        return np.zeros((0, 0), np.float32), slice(0, 0), slice(0, 0)
    moved = matrix.copy()
    moved[:, 2] -= (left, top)
    size = (right - left, height - top)
    grey, cover = (cv2.warpAffine(layer, moved, size, borderMode=cv2.BORDER_REPLICATE) for layer in cutout)
    rows, columns = slice(top, height), slice(left, right)
    part = canvas[rows, columns]
    part *= 1 - cover
    part += grey
    return cover, rows, columns


def _visible(boxes: np.ndarray, covers: list, shape: tuple[int, int]) -> np.ndarray:
    """The share of each box that is in the frame and not hidden by those in front of it."""
    hidden = np.zeros(shape, bool)
    shares = np.zeros(len(boxes), np.float32)
    for i in range(len(boxes) - 1, -1, -1):
        x, y, w, h = boxes[i]
        left, top, right, bottom = (int(np.rint(v)) for v in (x, y, x + w, y + h))
        seen = ~hidden[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        shares[i] = seen.sum() / max(1, (right - left) * (bottom - top))
        cover, rows, columns = covers[i]
        hidden[rows, columns] |= cover > 0.5
    return shares
