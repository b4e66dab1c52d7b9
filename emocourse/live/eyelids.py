"""Lids and mouth of one person over time: blinks, closures, PERCLOS, yawns, and the alarm over them.

What is measured, and its sources, stand in :mod:`emocourse.live.drowsiness`; the thresholds in :class:`Settings`.
"""

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Settings:
    """Every threshold of a ``Monitor``. Openness: 0 as in the person's blinks, 1 as in the first seconds.

    Attributes:
        calibration: seconds in which the face must have been seen before anything is counted.
        open_quantile: of the EARs seen in these seconds, the one that stands for open eyes: above the middle, so that
            blinks do not lower it, and not the highest, which is noise.
        wider: calibration begins again where the eyes rest so many times wider open: they were narrowed before.
        closed_share: EAR of closed eyes as a share of open ones, until the person's blinks are known. dlib's landmarks
            never close an eye fully; this is the median over drawn people.
        rest: seconds over which the lids' present resting level, and the landmarks' noise, are taken.
        noise: a blink goes at least so many standard deviations of the noise below the resting lids.
        pause: seconds for which the lids must be up again; before, it is one dip, in which the landmarks flickered.
        slip: lids that were down so many seconds before and after were down in between: nobody looks up for so short a
            time, but landmarks slip.
        longest_dip: seconds for which the lids may be down to show what closed eyes look like to the landmarks.
        closed_quantile: of the lowest EARs of the last thirty such dips, the one that stands for closed eyes: below the
            middle, since some dips were seen between two frames only.
        closed_most: closed eyes read at most this share of open ones; above, they cannot be told apart.
        closed: openness up to which the lids cover 80 % of the eye (P80).
        reopened: openness at which closed eyes are open again: lids that hang low are not closed.
        closed_mean: mean openness up to which a long closure is one, and not lids that hang low.
        longest_blink: seconds that a blink spends below half-way; what lasts longer is no blink (Caffier et al., 2003).
        window: seconds over which PERCLOS is taken (Wierwille et al., 1994).
        perclos_on, perclos_off: the alarm's thresholds. Published ones lie between 0.10 and 0.20.
        perclos_seen: seconds of the window in which the face must have been seen for this alarm.
        long_closure: seconds of closed eyes at once that raise the alarm: at 100 km/h, 1.5 s are 42 m.
        yawn_on, yawn_off: mouth ratio at which a yawn begins and ends (0.5 to 0.65 in the literature).
        yawn_time: seconds for which it must last. yawn_share: share of the frames in which the mouth must be as wide.
        yawn_longest: seconds for which a wide mouth explains narrow eyes, which are then taken as open: the landmarks
            read them as nearly closed. It is also the time within which a second yawn is still the first.
        yawns_on, yawns_off, yawns_window: so many yawns within so many seconds raise the alarm, and so many keep it. No
            study fixes this number: it is this course's choice.
        hold: seconds for which an alarm stays at least.
        gap: seconds without a frame, or without the face, after which nothing is assumed of the time between.
        blink_rate: frames a second from which blinks are counted: at fewer, many fall between two frames.
        blinkless: seconds within which the lids must have been seen to close twice for a judgement: people who are
            awake blink 4 to 20 times a minute. Where they do not, the landmarks do not follow the lids.
        blink_depth: share of the open EAR below which it must have gone. Through dlib's landmarks, drawn eyes that stay
            closed tremble to 0.66 and, once in minutes, below; nearly all blinks of open ones go further down.
    """

    calibration: float = 8.0
    open_quantile: float = 0.65
    wider: float = 1.3
    closed_share: float = 0.45
    rest: float = 10.0
    noise: float = 3.5
    pause: float = 0.2
    slip: float = 0.17
    longest_dip: float = 1.5
    closed_quantile: float = 0.3
    closed_most: float = 0.8
    closed: float = 0.2
    reopened: float = 0.27
    closed_mean: float = 0.12
    longest_blink: float = 0.5
    window: float = 60.0
    perclos_on: float = 0.15
    perclos_off: float = 0.10
    perclos_seen: float = 30.0
    long_closure: float = 1.5
    yawn_on: float = 0.5
    yawn_off: float = 0.4
    yawn_time: float = 1.5
    yawn_share: float = 0.75
    yawn_longest: float = 8.0
    yawns_on: int = 3
    yawns_off: int = 1
    yawns_window: float = 180.0
    hold: float = 3.0
    gap: float = 0.5
    blink_rate: float = 8.0
    blinkless: float = 60.0
    blink_depth: float = 0.65


class BlinkDetector:
    """The person's open and closed EAR, and from them openness, blinks and closures."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.calibrated = False
        self.blinks = 0
        self.time, self.openness = -math.inf, math.nan
        self.closed_since: float | None = None
        self._up_since: float | None = None
        self._down, self._frames = 0.0, 0  # sum of the openness since the eyes closed, and over how many frames
        self._open = self._closed = math.nan
        self._ear = math.nan
        self._shut: deque[float] = deque(maxlen=2)  # when the lids were last seen to close far and open again
        self._recent: deque[tuple[float, float, float]] = deque()
        self._bottoms: deque[float] = deque(maxlen=30)
        self._three: deque[float] = deque(maxlen=3)
        self._dip: _Dip | None = None

    def calibrate(self, seen: list[tuple[float, float]]) -> bool:
        """Take the EARs of open eyes from the times and EARs so far, once they are enough; whether they were."""
        s = self.settings
        times = np.array([t for t, _ in seen])
        watched = np.minimum(np.diff(times), s.gap).sum()
        if watched >= s.calibration:
            self._begin(float(np.quantile([e for _, e in seen], s.open_quantile)))
            self.calibrated = True
        return self.calibrated

    def _begin(self, opened: float) -> None:
        """Take an EAR for open eyes, and for closed ones the usual share of it until blinks tell more."""
        self._open, self._closed = opened, self.settings.closed_share * opened
        self._shut.clear()
        self._bottoms.clear()
        self._bottoms.extend([self._closed] * 2)

    def follow(self, time: float, ear: float, yawning: bool) -> None:
        """Take one frame."""
        s = self.settings
        if yawning:
            self.closed_since = self._dip = None
            self._three.clear()
        if time - self.time > s.gap:
            self.closed_since = self._dip = None
            self._ear = math.nan
            self._three.clear()
        if not yawning:
            self._follow_dip(time, ear)
        self.time, self._ear = time, ear
        self.openness = (ear - self._closed) / (self._open - self._closed)
        self._three.append(1.0 if yawning else self.openness)
        steady = sorted(self._three)[len(self._three) // 2]
        if steady <= s.closed and self.closed_since is None:
            self.closed_since, self._down, self._frames = time, 0.0, 0
        self._down, self._frames = self._down + self.openness, self._frames + 1
        if self.openness < s.reopened and not yawning:
            self._up_since = None
        elif self._up_since is None:
            self._up_since = time
        elif time - self._up_since >= s.slip:
            self.closed_since = None

    def followed(self, time: float) -> bool:
        """Whether the landmarks have been seen to follow the lids of late."""
        return len(self._shut) == 2 and time - self._shut[0] <= self.settings.blinkless

    def closed_for(self, time: float) -> float:
        """Seconds since the eyes closed; 0 where they are open, or hang so low that they were taken for closed."""
        if self.closed_since is None or self._down > self.settings.closed_mean * self._frames:
            return 0.0
        return time - self.closed_since

    def _follow_dip(self, time: float, ear: float) -> None:
        """Count the dips that are blinks, and learn from them what closed eyes look like."""
        s = self.settings
        half, back = self._levels(time, ear)
        if ear < half:
            if self._dip is None:
                self._dip = _Dip(_crossing(self.time, self._ear, time, ear, half))
            self._dip.ears.append(ear)
            self._dip.end = None
        elif self._dip is not None and self._dip.end is None and ear >= back:
            self._dip.end = _crossing(self.time, self._ear, time, ear, back)
        elif self._dip is not None and self._dip.end is not None and time - self._dip.end > s.pause:
            lasted = self._dip.end - self._dip.start
            if min(self._dip.ears) < s.blink_depth * self._open:
                self._shut.append(self._dip.end)
            self.blinks += lasted <= s.longest_blink
            if lasted <= s.longest_dip:
                self._bottoms.append(float(np.quantile(self._dip.ears, s.closed_quantile)))
                self._closed = min(float(np.median(self._bottoms)), s.closed_most * self._open)
            self._dip = None

    def _levels(self, time: float, ear: float) -> tuple[float, float]:
        """The EAR half-way between closed eyes and the lids as they rest now, and well below the landmarks' noise; and
        the EAR, half-way from there to the resting lids, at which a dip is over."""
        s = self.settings
        self._recent.append((time, ear, abs(ear - self._ear)))
        while self._recent[0][0] < time - s.rest:
            self._recent.popleft()
        ears = sorted(ear for _, ear, _ in self._recent)
        rest = ears[int(s.open_quantile * (len(ears) - 1))]
        if rest > s.wider * self._open:
            self._begin(rest)
        # From frame to frame, so that it is noise and not a slow change; blinks are too few to change the median much.
        steps = sorted(step for *_, step in self._recent if math.isfinite(step))
        noise = steps[len(steps) // 2] / 0.954 if steps else 0.0
        rest = max(rest, (self._open + self._closed) / 2)
        half = min((rest + self._closed) / 2, rest - s.noise * noise)
        return half, (half + rest) / 2


@dataclass
class _Dip:
    """Lids less than half open: since when, until when (None while it lasts), and the EARs."""

    start: float
    end: float | None = None
    ears: list[float] = field(default_factory=list)


def _crossing(start: float, before: float, end: float, after: float, level: float) -> float:
    """When a line from one frame to the next passes a level; the later frame's time where it does not."""
    if not math.isfinite(start) or not math.isfinite(before) or before == after:
        return end
    return start + (end - start) * min(max((level - before) / (after - before), 0.0), 1.0)


class PerclosWindow:
    """PERCLOS: seconds closed over seconds seen, within a sliding window."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._parts: deque[tuple[float, float, float]] = deque()  # end, seconds seen, seconds closed
        self._trail: deque[tuple[float, float]] = deque()  # the newest frames, as read
        self._before: tuple[float, float] | None = None  # the last frame that was counted, cleaned
        self._seen = self._closed = 0.0

    def add(self, time: float, openness: float) -> None:
        """Take one frame's openness: 0 closed, 1 open."""
        s = self.settings
        if self._trail and time - self._trail[-1][0] > s.gap:
            self._trail.clear()
            self._before = None
        self._trail.append((time, openness))
        # Counted a moment late: only what follows shows whether the landmarks slipped.
        for at, value in [frame for frame in self._trail if self._before is None or frame[0] > self._before[0]]:
            if time - at < s.slip:
                break
            earlier = min((o for t, o in self._trail if 0 < at - t <= s.slip), default=value)
            later = min((o for t, o in self._trail if 0 < t - at <= s.slip), default=value)
            slipped = max(earlier, later) <= 0.75 * s.closed  # not lids that hang low and tremble
            self._count(at, min(value, max(earlier, later)) if slipped else value)
            while at - self._trail[0][0] > s.slip:
                self._trail.popleft()

    def _count(self, end: float, after: float) -> None:
        if self._before is not None:
            start, before = self._before
            # Between two frames the lids are taken to move evenly.
            low, high = min(before, after), max(before, after)
            level = self.settings.closed
            share = float(high <= level) if high - low < 1e-9 else min(max((level - low) / (high - low), 0.0), 1.0)
            self._parts.append((end, end - start, share * (end - start)))
            self._seen += end - start
            self._closed += share * (end - start)
        self._before = end, after

    def at(self, time: float) -> tuple[float, float]:
        """PERCLOS and the seconds it rests on."""
        while self._parts and self._parts[0][0] <= time - self.settings.window:
            _, seen, closed = self._parts.popleft()
            self._seen -= seen
            self._closed -= closed
        if not self._parts:
            self._seen = self._closed = 0.0
            return 0.0, 0.0
        return min(max(self._closed / self._seen, 0.0), 1.0), self._seen


class YawnDetector:
    """Yawns: the mouth wide open for long, unlike in speech."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.yawns = 0
        self.yawning = False
        self._since: float | None = None
        self._counted = False
        self._frames = [0, 0]  # narrower than a yawn, and as wide
        self._time = self._wide = -math.inf
        self._times: deque[float] = deque()

    def follow(self, time: float, mar: float) -> None:
        """Take one frame's mouth ratio."""
        s = self.settings
        if time - self._time > s.gap:
            self._since = None
        self._time = time
        if mar >= s.yawn_off:
            self._wide = time
        elif time - self._wide > s.gap:  # for less long, it may be a slip of the landmarks
            self._since = None
        if mar >= s.yawn_on and self._since is None:
            self._since, self._counted, self._frames = time, False, [0, 0]
        if self._since is not None:
            self._frames[mar >= s.yawn_on] += 1
        # Speech opens the mouth as wide, but again and again.
        narrow, wide = self._frames
        steady = self._since is not None and wide >= s.yawn_share * (narrow + wide)
        self.yawning = steady and time - self._since <= s.yawn_longest
        apart = not self._times or time - self._times[-1] >= s.yawn_longest  # nearer, it is the same yawn
        if steady and not self._counted and apart and time - self._since >= s.yawn_time:
            self.yawns += 1
            self._counted = True
            self._times.append(time)

    def recent(self, time: float) -> int:
        """Yawns within the last ``yawns_window`` seconds."""
        while self._times and self._times[0] <= time - self.settings.yawns_window:
            self._times.popleft()
        return len(self._times)


class Alarm:
    """Reasons that come at one threshold and go at another, and stay for a while."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._since: dict[str, float] = {}

    def at(self, time: float, perclos: float, watched: float, lasting: float, yawns: int) -> tuple[str, ...]:
        """The reasons that hold.

        Args:
            time: of the frame, in seconds.
            perclos: share, 0 to 1; watched: the seconds that it rests on.
            lasting: seconds for which the eyes have been closed.
            yawns: within the last ``yawns_window`` seconds.
        """
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
