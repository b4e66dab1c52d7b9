"""Who is who in a film: faces followed from frame to frame by their landmarks, and known again after they were hidden.

Between two searches no detector runs: a face is where its last landmarks and its motion put it, and the landmark
predictor, started there, finds it again in a millisecond. What the predictor cannot say is whether there is a face at
all, so every track's appearance is compared with the person's own, and a track that looks different, or that a search
did not confirm, is checked by the detector. A lost person is remembered for some seconds. Sightings are associated with
tracks by the assignment of least total cost (Kuhn 1955, *The Hungarian method*), in which place, size and appearance
count, under a gate; re-identification is the same with a wider reach.
"""

from __future__ import annotations

import dataclasses
import enum

import numpy as np

from ..faces import detection as faces
from ..faces import landmarks
from ..faces.detection import Box, Face
from . import search
from .appearance import SAME, Appearance, Exposure, appearance_of, difference, overlap, rigid_points

SMALLEST = 16.0
"""Width in pixels below which a face is given up."""

GATE = 0.9
"""Cost above which a sighting is associated with no track, so that nobody moves up to make room for somebody new."""

_USUAL = np.array([-2.08, -1.34, 4.09, 4.08])  # dlib's box from the rigid points: medians over drawn faces
_CONFIRMED = 1.0  # seconds for which a face that looks as before need not be confirmed by the detector
_BELIEVED = 0.5  # score from which a new face is confirmed at once; below, when it is found a second time
_CHECKS = 2  # people who are checked by the detector in one frame
_PATIENCE = 2.0  # seconds for which a face that looks as before may go unconfirmed: a head that turns and comes back
_HIDDEN = 0.5  # and near somebody else, who more likely hides it and carries its landmarks away
_GAP = 0.25  # seconds between frames from which nobody is where their motion puts them


class State(enum.Enum):
    """What is believed of a track::

                     found a second time,
                     or with a high score                looks different, or a search did not see it
        new ──► TENTATIVE ──────────────► CONFIRMED ───────────────────────────────────────► DOUBTFUL
                    │                       ▲    ▲                 found                          │
                    │ not found             │    └────────────────────────────────────────────────┤
                    ▼                       │ found again, by appearance and place                │ not found
                 removed                    └─────────────────────────── LOST ◄───────────────────┘
                                                                          │ after ``keep`` seconds
                                                                          ▼
                                                                        removed

    A track is in the tracker's answer while it is confirmed, and while it is doubtful and still looks like the person.
    """

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    DOUBTFUL = "doubtful"
    LOST = "lost"


@dataclasses.dataclass(eq=False)
class Track:
    """One person, as they are known now.

    Attributes:
        id: the same for the same person; never given twice.
        points: (68, 2) float32, the landmarks in pixels of the frame.
        box: where a detector would put the face.
        score: the detector's score when it last saw the face.
        seen: time at which the face was last followed; since: at which the person was first seen.
        found: time at which the detector last found it; checked: at which it was last asked to.
        appearance: how they look; usual: how their box lies about their rigid points.
        state: see :class:`State`.
        differs: how different from their appearance they looked last; alike: whether that is little enough.
        misses: how often the detector looked and did not find it, since it last did.
        velocity: (2,) pixels a second.
    """

    id: int
    points: np.ndarray
    box: Box
    score: float
    seen: float
    since: float
    found: float
    appearance: Appearance
    usual: np.ndarray = dataclasses.field(default_factory=_USUAL.copy)
    state: State = State.TENTATIVE
    differs: float = 0.0
    alike: bool = True
    misses: int = 0
    checked: float = -np.inf
    velocity: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(2))

    def __post_init__(self) -> None:
        self.confirm()

    @property
    def lost(self) -> bool:
        return self.state is State.LOST

    @property
    def tentative(self) -> bool:
        return self.state is State.TENTATIVE

    @property
    def shown(self) -> bool:
        """Whether it is in the tracker's answer."""
        return self.state is State.CONFIRMED or (self.state is State.DOUBTFUL and self.alike)

    def confirm(self) -> None:
        """Remember that the person was here: whoever hides them may carry the landmarks away before they are lost."""
        self._confirmed = self.box, self.seen, self.velocity.copy()

    def doubt(self) -> None:
        """A confirmed track becomes doubtful; a tentative one is doubted anyway."""
        if self.state is State.CONFIRMED:
            self.state = State.DOUBTFUL

    def lose(self) -> None:
        """The face is hidden or gone; where it was is where it was last for sure."""
        self.state = State.LOST
        self.box, self.seen, self.velocity = self._confirmed

    def expected(self, time: float) -> Box:
        """Where the face should be at a time: straight on, for a third of a second at most."""
        x, y, w, h = self.box
        dx, dy = self.velocity * min(max(time - self.seen, 0.0), 1 / 3)
        return x + dx, y + dy, w, h

    def calibrate(self, face: Face, points: np.ndarray) -> None:
        """Take over from a detection how its box lies about its rigid points: slowly, since boxes come in steps."""
        centre, spread = rigid_points(points)
        x, y, w, h = face.box
        now = np.array([x - centre[0], y - centre[1], w, h]) / max(spread, 1e-9)
        self.usual = 0.8 * self.usual + 0.2 * np.clip(now, _USUAL - 1, _USUAL + 1)

    def boxed(self, points: np.ndarray) -> Box:
        """The box about landmarks, as a detector would put it about this person."""
        centre, spread = rigid_points(points)
        x, y, w, h = (float(value) for value in self.usual * spread)
        return float(centre[0]) + x, float(centre[1]) + y, w, h

    def move(self, points: np.ndarray, box: Box, time: float) -> None:
        """Take the landmarks and the box of another frame."""
        (x, y, w, h), before, passed = box, self.box, time - self.seen
        if 0 < passed < 0.5:
            step = np.array([x + w / 2 - before[0] - before[2] / 2, y + h / 2 - before[1] - before[3] / 2]) / passed
            self.velocity = 0.6 * self.velocity + 0.4 * step
        else:
            self.velocity = np.zeros(2)
        self.points, self.box, self.seen = points, box, time

    def to_be_checked(self, time: float) -> bool:
        """Whether the detector should look for the person: at once if they look different, else now and then."""
        if self.tentative or not self.alike:
            return True
        due = self.state is State.DOUBTFUL or time - self.found > _CONFIRMED
        return due and time - self.checked > 0.1


def cost(appearance: Appearance, box: Box, track: Track, time: float, whole: bool) -> float:
    """How badly a face with this appearance and box fits a track; infinite where it cannot be that person.

    Args:
        whole: nobody may hide a part of the face.
    """
    if track.lost:
        # A face that is half hidden looks like nobody, so like anybody.
        return reid_cost(appearance, box, track, time, SAME if whole else 0.6 * SAME)
    away, grown = moved(track.expected(time), box)
    differs = difference(appearance, track.appearance)
    passed = time - track.seen
    # One who looks different must be just where they were, or it is somebody who comes up beside them.
    if away > 0.3 + 3 * passed or grown > 0.5 or differs > (2 * SAME if away < 0.15 + passed else SAME):
        return np.inf
    return differs + 0.4 * away + 0.2 * grown


def reid_cost(appearance: Appearance, box: Box, track: Track, time: float, alike: float) -> float:
    """How badly a face that comes up fits one who was lost; infinite where it cannot be them.

    Args:
        alike: largest difference of the appearances.
    """
    hidden = max(0.0, time - track.seen)
    away, grown = moved(track.expected(time), box)
    differs = difference(appearance, track.appearance)
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


@dataclasses.dataclass(frozen=True, eq=False)
class _Sighting:
    """A face that the detector found in this frame."""

    face: Face
    points: np.ndarray
    appearance: Appearance


class Tracker:
    """Follows the people of a film. Frames must come in the order of their times.

    Args:
        detect_every: frames from one search for new faces to the next.
        keep: seconds for which a lost person is remembered.
    """

    def __init__(self, detect_every: int = 15, keep: float = 10.0):
        self.detect_every, self.keep = detect_every, keep
        self._next_id = 1
        self.reset()

    def reset(self) -> None:
        """Forget everybody. Numbers of people go on, so that nobody gets the number of somebody else."""
        self.tracks: list[Track] = []
        self._exposure = Exposure()
        self._shape: tuple[int, int] | None = None
        self._wait = 0
        self._time = -np.inf

    def step(self, grey: np.ndarray, colour: np.ndarray | None, time: float) -> list[Track]:
        """The people in a frame, in the order in which they were first seen.

        Args:
            grey: (H, W) uint8.
            colour: the same frame, (H, W, 3) uint8, where there is colour.
            time: seconds.
        """
        first = self._shape != grey.shape[:2]
        if first:  # another camera, or one that was turned: no place means what it meant
            for track in list(self.tracks):
                self._lose(track)
            self._shape = grey.shape[:2]
            self._rounds = search.Rounds(self._shape)
        self._gain = self._exposure.gain(grey)
        gap, self._time = time - self._time, time
        keep = max(self.keep, 3 * gap) if np.isfinite(gap) else self.keep  # where frames are minutes apart
        self.tracks = [track for track in self.tracks if time - track.seen <= keep]
        regions, checked = self._where(grey, time, first, gap)
        found = [face for region in regions for face in search.detect_in(grey, region)]
        if first and not found:
            for region in (search.near(self._shape), *search.parts(self._shape)):
                found += search.detect_in(grey, region)
        associated = self._associate(self._sightings(grey, colour, found), time, first)
        for track in self._live():
            if track not in associated:
                self._follow(track, grey, colour, time)
                self._unconfirmed(track, regions, track in checked, time)
        self._one_face_each()
        self._reidentify(time)
        return [track for track in self.tracks if track.shown]

    def _live(self) -> list[Track]:
        return [track for track in self.tracks if not track.lost]

    def _lose(self, track: Track) -> None:
        if track.tentative:
            self.tracks.remove(track)
        track.lose()

    def _where(self, grey: np.ndarray, time: float, first: bool, gap: float) -> tuple[list[search.Region], list[Track]]:
        """Where the detector looks in this frame, and whom it checks."""
        live = self._live()
        if first:
            self._wait = self.detect_every
            return [search.whole(self._shape)], []
        self._wait -= 1
        if self._wait <= 0 or not live or gap > _GAP:
            crowded = any(self._crowded(track.box, track) for track in live)
            self._wait = -(-self.detect_every // 2) if crowded else self.detect_every
            region = self._rounds.next(grey, time, [track.box for track in live], crowded)
            if gap > _GAP:  # there is time to look everywhere, and need
                return [search.whole(self._shape), *([region] if region else [])], []
            if region is not None:
                return [region], []
        asked = [track for track in live if track.to_be_checked(time)]
        if not asked:  # somebody who was hidden may be there again
            gone = [track for track in self.tracks if track.lost and time - track.seen < 4]
            asked = sorted(gone, key=lambda track: track.checked)[:1]
        asked = sorted(asked, key=lambda track: track.checked)[:_CHECKS]
        regions = []
        for track in asked:
            track.checked = time
            grow = 0.8 + 0.4 * min(time - track.seen, 1) if track.lost else 0.45
            regions.append(search.around(self._shape, track.expected(time), grow))
        return [region for region in regions if region], asked

    def _sightings(self, grey: np.ndarray, colour: np.ndarray | None, found: list[Face]) -> list[_Sighting]:
        sightings = []
        for face in faces.without_duplicates(found):
            points = _predict(grey, face.box)
            appearance = None if points is None else appearance_of(grey, colour, points, self._gain)
            if appearance is not None:
                sightings.append(_Sighting(face, points, appearance))
        return sightings

    def _associate(self, sightings: list[_Sighting], time: float, first: bool) -> set[Track]:
        """Give each sighting to the person it shows, known or new; returns the people who were found."""
        from scipy.optimize import linear_sum_assignment

        if not sightings:
            return set()
        tracks, associated = list(self.tracks), set()
        costs = np.full((len(sightings), len(tracks)), np.inf)
        for row, sighting in enumerate(sightings):
            whole = sighting.face.score >= faces.SURE and not self._crowded(sighting.face.box)
            costs[row] = [cost(sighting.appearance, sighting.face.box, track, time, whole) for track in tracks]
            followed = np.array([not track.lost for track in tracks], bool)
            if np.isfinite(costs[row, followed]).any():  # a face that is being followed is not one that comes up
                costs[row, ~followed] = np.inf
        left = dict(enumerate(sightings))
        for row, column in zip(*linear_sum_assignment(np.minimum(costs, GATE)), strict=True):
            if costs[row, column] < GATE:
                self._found(tracks[column], left.pop(row), time)
                associated.add(tracks[column])
        for sighting in left.values():
            hides = any(overlap(sighting.face.box, track.box) > 0.4 for track in self._live())
            if sighting.face.score >= faces.PHOTO_THRESHOLD and not hides:
                associated.add(self._new(sighting, time, first))
        return associated

    def _new(self, sighting: _Sighting, time: float, first: bool) -> Track:
        face, points = sighting.face, sighting.points
        track = Track(self._next_id, points, face.box, face.score, time, time, time, sighting.appearance)
        for _ in range(3):
            track.calibrate(face, points)
        if face.score >= (faces.SURE if first else _BELIEVED) and not self._may_be_known(track, time):
            track.state = State.CONFIRMED
        self._next_id += 1
        self.tracks.append(track)
        return track

    def _found(self, track: Track, sighting: _Sighting, time: float) -> None:
        """The detector found a known person."""
        again = track.lost
        track.differs = difference(sighting.appearance, track.appearance)
        track.calibrate(sighting.face, sighting.points)
        track.move(sighting.points, track.boxed(sighting.points), time)
        if again:
            track.velocity[:] = 0
        if track.tentative or not self._crowded(track.box, track):
            track.appearance = track.appearance.mixed(sighting.appearance, 0.7 if track.tentative else 0.2)
        track.score, track.found, track.misses, track.alike = sighting.face.score, time, 0, True
        sure = track.score >= faces.PHOTO_THRESHOLD
        if not track.tentative or (sure and (time - track.since > 0.5 or not self._may_be_known(track, time))):
            track.state = State.CONFIRMED
        track.confirm()

    def _follow(self, track: Track, grey: np.ndarray, colour: np.ndarray | None, time: float) -> None:
        """Find a person's landmarks again where they should be, and see whether it still is that person."""
        expected = track.expected(time)
        points = _predict(grey, expected)
        now = None if points is None else appearance_of(grey, colour, points, self._gain)
        box = None if now is None else track.boxed(points)
        if box is None or not plausible(box, expected):
            self._lose(track)
            return
        track.move(points, box, time)
        track.differs = difference(now, track.appearance)
        crowded = self._crowded(box, track)
        track.alike = track.differs <= (SAME if crowded else 2 * SAME)
        if track.differs > SAME:
            track.doubt()
        if track.differs < 0.6 * SAME:
            track.confirm()
        if track.differs < SAME and not crowded:
            track.appearance = track.appearance.mixed(now, 0.02)
        elif track.tentative:  # what was seen of them so far may have been somebody else's ear
            track.appearance = track.appearance.mixed(now, 0.3)

    def _crowded(self, box: Box, track: Track | None = None) -> bool:
        """Whether the face of a person, other than ``track``, is so near that it may hide a part of this one."""
        x, y, w, h = box
        wide = (x - 0.15 * w, y - 0.15 * h, 1.3 * w, 1.3 * h)
        return any(other is not track and overlap(other.box, wide) > 0 for other in self._live())

    def _may_be_known(self, track: Track, time: float) -> bool:
        """Whether a new face comes out from behind somebody: it may be one who was lost, not wholly seen yet."""
        if not self._crowded(track.box, track):
            return False
        for other in self.tracks:
            if other.lost:
                away = np.hypot(other.box[0] - track.box[0], other.box[1] - track.box[1]) / track.box[2]
                if away < 1 + 2 * (time - other.seen) and difference(other.appearance, track.appearance) < 2 * SAME:
                    return True
        return False

    def _unconfirmed(self, track: Track, regions: list[search.Region], asked: bool, time: float) -> None:
        """The detector did not report a person's face, perhaps because it did not look there."""
        if not asked:
            if any(region.sees(track.box) for region in regions):
                track.doubt()
            return
        track.misses += 1
        patience = _HIDDEN if self._crowded(track.box, track) else _PATIENCE
        patient = track.shown and time - track.found < patience
        if not track.lost and not patient and (track.misses >= 2 or track.tentative):
            self._lose(track)

    def _reidentify(self, time: float) -> None:
        """Somebody new who turns out to look like one who was lost, once more of them is seen, is that person."""
        for track in self._live():
            unseen = track.tentative and track.found == track.since
            if time - track.since > 1.0 or track.state is State.DOUBTFUL or unseen:
                continue
            gone = [other for other in self.tracks if other.lost and other.since < track.since]
            costs = [reid_cost(track.appearance, track.box, other, track.since, 0.9 * SAME) for other in gone]
            if costs and min(costs) < np.inf:
                known = gone[int(np.argmin(costs))]
                track.id, track.since, track.state = known.id, known.since, State.CONFIRMED
                self.tracks.remove(known)

    def _one_face_each(self) -> None:
        """Of two people followed onto one face, the one who looks less like it is hidden behind the other."""
        live = self._live()
        centres = [rigid_points(track.points)[0] for track in live] if len(live) > 1 else []
        for i, one in enumerate(live):
            for j in range(i + 1, len(live)):
                other = live[j]
                apart = np.linalg.norm(centres[i] - centres[j])
                if not (one.lost or other.lost) and apart <= 0.3 * min(one.box[2], other.box[2]):
                    self._lose(max(one, other, key=lambda track: track.differs))


def _predict(grey: np.ndarray, box: Box) -> np.ndarray | None:
    """Landmarks in a box; None where there can be none."""
    if not np.isfinite(box).all() or min(box[2:]) < SMALLEST or max(box[2:]) > 4 * max(grey.shape):
        return None
    try:
        return landmarks.predict(grey, box)
    except ValueError:  # outside the frame
        return None
