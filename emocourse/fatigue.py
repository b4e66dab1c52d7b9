"""Tired drivers: how open eyes and mouth are, blinks, yawns, PERCLOS, and an alarm, from the 68 landmarks over time.

Fatigue is not an emotion (Recital 18 of Regulation (EU) 2024/1689 says so): nothing here looks at an expression, only
at how long lids and lips stay apart. The pieces and their sources:

- the *eye aspect ratio* (EAR), the height of the open eye over its width: Soukupová and Čech (2016), "Real-time eye
  blink detection using facial landmarks", Computer Vision Winter Workshop;
- *PERCLOS* P80, the share of a minute in which the lids cover at least 80 % of the eye: Wierwille, Ellsworth et al.
  (1994), "Research on vehicle-based driver status/performance monitoring", US DOT HS 808 247; as an alarm: Dinges and
  Grace (1998), US FHWA-MCRT-98-006;
- *blinks* last 0.1 to 0.4 s, and closures beyond 0.5 s are no longer blinks: Caffier, Erdmann and Ullsperger (2003),
  European Journal of Applied Physiology 89, doi 10.1007/s00421-003-0807-5;
- *yawns* last about 6 s with the mouth wide open: Provine (1986), Ethology 72, doi
  10.1111/j.1439-0310.1986.tb00611.x; the mouth's ratio as their sign: Abtahi, Hariri and Shirmohammadi (2011), IEEE
  I2MTC, doi 10.1109/IMTC.2011.5944101.

EARs of open eyes differ from person to person by more than a factor of two, so every threshold is relative to the
person; and what dlib's landmarks say of a closed eye differs as much, so it is learnt from the person's own blinks.
"""

import math
from collections import deque
from dataclasses import asdict, dataclass

import numpy as np

from .landmarks import INNER, inner

_EYES = np.array([range(36, 42), range(42, 48)]) - INNER.start
_MOUTH = np.arange(48, 68) - INNER.start


def eye_aspect_ratio(landmarks: np.ndarray) -> np.ndarray:
    """Height of the open eyes over their width, the mean of both eyes: about 0.3 open, 0.1 to 0.2 closed.

    (|p2 - p6| + |p3 - p5|) / (2 |p1 - p4|), with p1 to p6 the six landmarks of an eye (Soukupová and Čech, 2016). It
    does not change when the face is moved, enlarged or tilted.

    Args:
        landmarks: (..., 68, 2) in any pixels.

    Returns:
        (...) float64; NaN where an eye has no width.

    Raises:
        ValueError: another shape, or no numbers.
    """
    eyes = inner(landmarks).astype(np.float64)[..., _EYES, :]
    return _ratio((_length(eyes, 1, 5) + _length(eyes, 2, 4)) / 2, _length(eyes, 0, 3)).mean(-1)


def mouth_aspect_ratio(landmarks: np.ndarray) -> np.ndarray:
    """Height of the opening between the lips over its width: about 0 closed, to 0.4 in speech, 0.6 and more in yawns.

    The mean of three heights of the inner lip line (61-67, 62-66, 63-65) over its width (60-64).

    Args:
        landmarks: (..., 68, 2) in any pixels.

    Returns:
        (...) float64; NaN where the mouth has no width.

    Raises:
        ValueError: another shape, or no numbers.
    """
    mouth = inner(landmarks).astype(np.float64)[..., _MOUTH, :]
    heights = _length(mouth, 13, 19) + _length(mouth, 14, 18) + _length(mouth, 15, 17)
    return _ratio(heights / 3, _length(mouth, 12, 16))


@dataclass(frozen=True)
class Settings:
    """Every threshold of a :class:`Monitor`. Openness: 0 as in the person's blinks, 1 as in the first seconds.

    Attributes:
        calibration: seconds in which the face must have been seen before anything is counted.
        open_quantile: of the EARs seen in these seconds, the one that stands for open eyes: above the middle, so that
            blinks do not lower it, and not the highest, which is noise.
        closed_share: EAR of closed eyes as a share of open ones, until the person's blinks are known. dlib's landmarks
            never close an eye fully; this is the median over drawn people.
        dip, longest_dip: an EAR below this share of the open one, for so many seconds at most, shows what closed eyes
            look like: it is what a blink looks like to the landmarks.
        closed_quantile: of the lowest EARs of the last forty such dips, the one that stands for closed eyes: below the
            middle, since some dips are half a blink, or were seen between two frames.
        closed: openness up to which the lids cover 80 % of the eye (P80).
        reopened: openness at which closed eyes are open again.
        blink: openness below which a blink must go, and must come back from: half-way.
        longest_blink: seconds below ``blink``; what lasts longer is a long closure (Caffier et al., 2003).
        window: seconds over which PERCLOS is taken (Wierwille et al., 1994).
        perclos_on, perclos_off: the alarm's thresholds. Published ones lie between 0.10 and 0.20.
        perclos_seen: seconds of the window in which the face must have been seen for this alarm.
        long_closure: seconds of closed eyes at once that raise the alarm: at 100 km/h, 1.5 s are 42 m.
        yawn_on, yawn_off: mouth ratio at which a yawn begins and ends (0.5 to 0.65 in the literature).
        yawn_time: seconds for which it must last.
        yawns_on, yawns_off, yawns_window: so many yawns within so many seconds raise the alarm, and so many keep it. No
            study fixes this number: it is this course's choice.
        hold: seconds for which an alarm stays at least.
        gap: seconds without a frame, or without the face, after which nothing is assumed of the time between.
    """

    calibration: float = 8.0
    open_quantile: float = 0.65
    closed_share: float = 0.45
    dip: float = 0.8
    longest_dip: float = 1.0
    closed_quantile: float = 0.3
    closed: float = 0.2
    reopened: float = 0.4
    blink: float = 0.5
    longest_blink: float = 0.5
    window: float = 60.0
    perclos_on: float = 0.15
    perclos_off: float = 0.10
    perclos_seen: float = 30.0
    long_closure: float = 1.5
    yawn_on: float = 0.5
    yawn_off: float = 0.4
    yawn_time: float = 1.5
    yawns_on: int = 3
    yawns_off: int = 1
    yawns_window: float = 180.0
    hold: float = 3.0
    gap: float = 0.5


@dataclass(frozen=True)
class State:
    """What is known of a person at one moment.

    Attributes:
        time: of the frame, in seconds.
        seen: whether the face was seen in it.
        ear, mar: of this frame; NaN when the face was not seen.
        openness: 0 (closed) to 1 (as open as this person's eyes usually are); NaN when not seen or not calibrated.
        closed: whether the eyes are closed.
        perclos: share (0 to 1) of the last minute, as far as the face was seen, in which the eyes were at least 80 %
            closed; 0 until calibrated.
        blinks, yawns: how many so far.
        calibrated: whether the person's own eyes are known yet. Until then there are no counts and no alarm.
        alarm: whether any reason holds.
        reasons: of "eyes closed", "perclos" and "yawns", those that hold.
    """

    time: float
    seen: bool = False
    ear: float = math.nan
    mar: float = math.nan
    openness: float = math.nan
    closed: bool = False
    perclos: float = 0.0
    blinks: int = 0
    yawns: int = 0
    calibrated: bool = False
    alarm: bool = False
    reasons: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Plain values for JSON: None for NaN."""
        values = asdict(self) | {"reasons": list(self.reasons)}
        return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in values.items()}


class Monitor:
    """Watches one person's eyes and mouth, frame by frame, at any frame rate from about 10 a second up.

    The first seconds calibrate it: a high quantile of their EARs stands for open eyes, whatever their shape, and a
    blink or two do no harm. What was seen meanwhile is counted afterwards.

    Args:
        settings: the thresholds.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._lids = _Lids(self.settings)
        self._share = _Share(self.settings)
        self._mouth = _Mouth(self.settings)
        self._alarm = _Alarm(self.settings)
        self._recent: deque[tuple[float, float]] = deque(maxlen=3)
        self._waiting: list[tuple[float, float, float]] = []
        self._last = -math.inf

    def update(self, landmarks: np.ndarray | None, time: float) -> State:
        """Take one frame.

        Args:
            landmarks: (68, 2) in any pixels; None where the face was not seen.
            time: of the frame in seconds, not before the last one's.

        Raises:
            ValueError: landmarks of another shape, or a time that is not a number or runs backwards.
        """
        if not math.isfinite(time) or time < self._last:
            raise ValueError(f"The times of frames must be finite and must not fall, but {time} follows {self._last}.")
        self._last = time
        ear = mar = math.nan
        if landmarks is not None:
            if np.shape(landmarks) != (68, 2):
                raise ValueError(f"Landmarks must have the shape (68, 2), not {np.shape(landmarks)}.")
            ear, mar = float(eye_aspect_ratio(landmarks)), float(mouth_aspect_ratio(landmarks))
        if not (math.isfinite(ear) and math.isfinite(mar)):
            self._recent.clear()
            return self._state(time, math.nan, math.nan)
        smooth = self._smooth(time, ear)
        if self._lids.calibrated:
            self._count(time, smooth, mar)
        else:
            self._waiting.append((time, smooth, mar))
            if self._lids.calibrate([(t, e) for t, e, _ in self._waiting]):
                for earlier in self._waiting:
                    self._count(*earlier)
                self._waiting.clear()
        return self._state(time, ear, mar)

    def _smooth(self, time: float, ear: float) -> float:
        """The median of three frames where they follow so fast that no blink fits between them."""
        self._recent.append((time, ear))
        if len(self._recent) == 3 and time - self._recent[0][0] <= 0.1:
            return sorted(value for _, value in self._recent)[1]
        return ear

    def _count(self, time: float, ear: float, mar: float) -> None:
        before = self._lids.time, self._lids.openness
        self._lids.follow(time, ear)
        self._share.add(*before, time, self._lids.openness)
        self._mouth.follow(time, mar)

    def _state(self, time: float, ear: float, mar: float) -> State:
        lids, seen = self._lids, math.isfinite(ear)
        if not lids.calibrated:
            return State(time, seen, ear, mar)
        perclos, watched = self._share.at(time)
        lost = time - lids.time > self.settings.gap
        closed = lids.closed_since is not None and not lost
        lasting = time - lids.closed_since if closed else 0.0
        reasons = self._alarm.at(time, perclos, watched, lasting, self._mouth.recent(time))
        openness = float(np.clip(lids.openness, 0, 1)) if seen else math.nan
        return State(
            time,
            seen,
            ear,
            mar,
            openness,
            closed,
            perclos,
            lids.blinks,
            self._mouth.yawns,
            True,
            bool(reasons),
            reasons,
        )


class _Lids:
    """The person's open and closed EAR, and from them openness, blinks and closures."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.calibrated = False
        self.blinks = 0
        self.time, self.openness = -math.inf, math.nan
        self.closed_since: float | None = None
        self._open = self._closed = math.nan
        self._bottoms: deque[float] = deque(maxlen=40)
        self._dip: tuple[float, float] | None = None  # since when, and the lowest EAR
        self._below: float | None = None  # since when the lids are less than half open

    def calibrate(self, seen: list[tuple[float, float]]) -> bool:
        s = self.settings
        times = np.array([t for t, _ in seen])
        watched = np.minimum(np.diff(times), s.gap).sum()
        if watched >= s.calibration:
            self._open = float(np.quantile([e for _, e in seen], s.open_quantile))
            self._bottoms.extend([s.closed_share * self._open] * 3)
            self._closed = s.closed_share * self._open
            self.calibrated = True
        return self.calibrated

    def follow(self, time: float, ear: float) -> None:
        s = self.settings
        if time - self.time > s.gap:
            self.closed_since = self._dip = self._below = None
        self._learn(time, ear)
        before, earlier = self.openness, self.time
        self.openness = (ear - self._closed) / (self._open - self._closed)
        self.time = time
        if self.openness <= s.closed and self.closed_since is None:
            self.closed_since = time
        elif self.openness >= s.reopened:
            self.closed_since = None
        if self.openness < s.blink and self._below is None:
            self._below = _crossing(earlier, before, time, self.openness, s.blink)
        elif self.openness >= s.blink and self._below is not None:
            if _crossing(earlier, before, time, self.openness, s.blink) - self._below <= s.longest_blink:
                self.blinks += 1
            self._below = None

    def _learn(self, time: float, ear: float) -> None:
        """What closed eyes look like: the bottoms of the person's own short dips."""
        s = self.settings
        if ear < s.dip * self._open:
            since, lowest = self._dip or (time, ear)
            self._dip = since, min(lowest, ear)
        elif self._dip is not None:
            since, lowest = self._dip
            if time - since <= s.longest_dip:
                self._bottoms.append(lowest)
                level = float(np.quantile(self._bottoms, s.closed_quantile))
                self._closed = min(level, s.dip * self._open)
            self._dip = None


class _Share:
    """PERCLOS: seconds closed over seconds seen, within a sliding window."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._parts: deque[tuple[float, float, float]] = deque()  # end, seconds seen, seconds closed
        self._seen = self._closed = 0.0

    def add(self, start: float, before: float, end: float, after: float) -> None:
        s = self.settings
        length = end - start
        if not 0 < length <= s.gap:
            return
        # Between two frames the lids are taken to move evenly.
        low, high = min(before, after), max(before, after)
        share = float(high <= s.closed) if high - low < 1e-9 else float(np.clip((s.closed - low) / (high - low), 0, 1))
        self._parts.append((end, length, share * length))
        self._seen += length
        self._closed += share * length

    def at(self, time: float) -> tuple[float, float]:
        """PERCLOS and the seconds it rests on."""
        while self._parts and self._parts[0][0] <= time - self.settings.window:
            _, seen, closed = self._parts.popleft()
            self._seen -= seen
            self._closed -= closed
        if not self._parts:
            self._seen = self._closed = 0.0
            return 0.0, 0.0
        return float(np.clip(self._closed / self._seen, 0, 1)), self._seen


class _Mouth:
    """Yawns."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.yawns = 0
        self._since: float | None = None
        self._counted = False
        self._time = -math.inf
        self._times: deque[float] = deque()

    def follow(self, time: float, mar: float) -> None:
        s = self.settings
        if time - self._time > s.gap or mar < s.yawn_off:
            self._since, self._counted = None, False
        self._time = time
        if mar >= s.yawn_on and self._since is None:
            self._since = time
        if self._since is not None and not self._counted and time - self._since >= s.yawn_time:
            self.yawns += 1
            self._counted = True
            self._times.append(time)

    def recent(self, time: float) -> int:
        while self._times and self._times[0] <= time - self.settings.yawns_window:
            self._times.popleft()
        return len(self._times)


class _Alarm:
    """Reasons that come at one threshold and go at another, and stay for a while."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._since: dict[str, float] = {}

    def at(self, time: float, perclos: float, watched: float, lasting: float, yawns: int) -> tuple[str, ...]:
        s = self.settings
        rules = {  # reason: (comes, may go)
            "eyes closed": (lasting >= s.long_closure, lasting == 0),
            "perclos": (perclos >= s.perclos_on and watched >= s.perclos_seen, perclos < s.perclos_off),
            "yawns": (yawns >= s.yawns_on, yawns <= s.yawns_off),
        }
        for reason, (comes, goes) in rules.items():
            if comes:
                self._since.setdefault(reason, time)
            elif goes and reason in self._since and time - self._since[reason] >= s.hold:
                del self._since[reason]
        return tuple(reason for reason in rules if reason in self._since)


def _crossing(start: float, before: float, end: float, after: float, level: float) -> float:
    """When a line from one frame to the next passes a level; the later frame's time where it does not."""
    if not math.isfinite(start) or not math.isfinite(before) or before == after:
        return end
    return start + (end - start) * min(max((level - before) / (after - before), 0.0), 1.0)


def _length(points: np.ndarray, one: int, other: int) -> np.ndarray:
    difference = points[..., one, :] - points[..., other, :]
    return np.hypot(difference[..., 0], difference[..., 1])


def _ratio(height: np.ndarray, width: np.ndarray) -> np.ndarray:
    return np.where(width > 1e-9, height / np.where(width > 1e-9, width, 1.0), np.nan)
