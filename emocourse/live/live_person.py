"""One person of a film as they are known now, and how badly a face that is found fits them."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..faces.detection import Face
from ..faces.detectors import Box
from .appearance import SAME, Look, bones, difference

SMALLEST = 16.0
"""Width in pixels below which a face is given up."""

_USUAL = np.array([-2.08, -1.34, 4.09, 4.08])  # dlib's box from the bones: medians over drawn faces
_CONFIRMED = 1.0  # seconds for which a face that looks as before need not be confirmed by the detector


@dataclasses.dataclass(eq=False)
class Track:
    """One person, as they are known now.

    Attributes:
        id: the same for the same person; never given twice.
        points: (68, 2) float32, the landmarks in pixels of the frame.
        box: where a detector would put the face.
        score: the detector's score when it last saw the face.
        seen: time at which the face was last followed; since: at which the person was first seen.
        found: time at which the detector last confirmed it.
        lost: the face is hidden or gone.
        shown: it is believed to be a person.
        doubtful: to be looked for by the detector soon; strange: for its look, so that it is not shown meanwhile.
        differs: how different from that they looked last.
        missed: how often the detector looked and did not find it, since it last did; checked: when it last looked.
        look: how they look; usual: how their box lies about their bones.
        velocity: (2,) pixels a second.
    """

    id: int
    points: np.ndarray
    box: Box
    score: float
    seen: float
    since: float
    found: float
    look: Look
    usual: np.ndarray = dataclasses.field(default_factory=_USUAL.copy)
    lost: bool = False
    shown: bool = False
    doubtful: bool = False
    strange: bool = False
    differs: float = 0.0
    missed: int = 0
    checked: float = -np.inf
    velocity: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(2))

    def __post_init__(self) -> None:
        self.be_sure()

    def be_sure(self) -> None:
        """Remember that the person was here: whoever hides them may carry the landmarks away before they are lost."""
        self._sure = self.box, self.seen, self.velocity.copy()

    def lose(self) -> None:
        """The face is hidden or gone; where it was is where it was last for sure."""
        self.lost = True
        self.box, self.seen, self.velocity = self._sure

    def expected(self, time: float) -> Box:
        """Where the face should be at a time: straight on, for a third of a second at most."""
        x, y, w, h = self.box
        dx, dy = self.velocity * min(max(time - self.seen, 0.0), 1 / 3)
        return x + dx, y + dy, w, h

    def calibrate(self, face: Face, points: np.ndarray) -> None:
        """Take over from a detected face how its box lies about its bones: little by little, as boxes come in steps."""
        centre, spread = bones(points)
        x, y, w, h = face.box
        now = np.array([x - centre[0], y - centre[1], w, h]) / max(spread, 1e-9)
        self.usual = 0.8 * self.usual + 0.2 * np.clip(now, _USUAL - 1, _USUAL + 1)

    def boxed(self, points: np.ndarray) -> Box:
        """The box about landmarks, as a detector would put it about this person."""
        centre, spread = bones(points)
        x, y, w, h = self.usual * spread
        return float(centre[0] + x), float(centre[1] + y), float(w), float(h)


def to_be_checked(track: Track, time: float) -> bool:
    """Whether the detector should look for a person: at once if they look strange, else now and then."""
    if track.strange or not track.shown:
        return True
    return (track.doubtful or time - track.found > _CONFIRMED) and time - track.checked > 0.1


def cost(look: Look, box: Box, track: Track, time: float, whole: bool) -> float:
    """How badly a face with this look and box fits a person; infinite where it cannot be them.

    Args:
        whole: nobody may hide a part of the face.
    """
    if track.lost:
        # A face that is half hidden looks like nobody, so like anybody.
        return cost_again(look, box, track, time, SAME if whole else 0.6 * SAME)
    expected = track.expected(time)
    away, grown = moved(expected, box)
    differs = difference(look, track.look)
    passed = time - track.seen
    # One who looks different must be just where they were, or it is somebody who comes up beside them.
    if away > 0.3 + 3 * passed or grown > 0.5 or differs > (2 * SAME if away < 0.15 + passed else SAME):
        return np.inf
    return differs + 0.4 * away + 0.2 * grown


def cost_again(look: Look, box: Box, track: Track, time: float, alike: float) -> float:
    """How badly a face that comes up fits one who was lost; infinite where it cannot be them."""
    hidden = max(0.0, time - track.seen)
    away, grown = moved(track.expected(time), box)
    differs = difference(look, track.look)
    reach = 0.5 + 2 * hidden  # in widths of a face: people who hurry
    if away > reach or grown > 0.4 + 0.3 * hidden or differs > alike:
        return np.inf
    return differs + 0.3 * away / reach + 0.1


def moved(before: Box, now: Box) -> tuple[float, float]:
    """How far a box has moved, in widths, and how much it has grown or shrunk, as a logarithm."""
    (x, y, w, h), width = np.subtract(now, before), max(before[2], 1e-9)
    return float(np.hypot(x + w / 2, y + h / 2)) / width, abs(float(np.log(max(now[2], 1e-9) / width)))


def plausible(box: Box, expected: Box) -> bool:
    """Whether a face may have come from where it was expected to this box since the last frame."""
    if not np.isfinite(box).all() or min(box[2:]) < SMALLEST:
        return False
    away, grown = moved(expected, box)
    return away < 0.6 and grown < 0.5
