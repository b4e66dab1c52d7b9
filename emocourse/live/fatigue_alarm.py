"""PERCLOS, yawns and the alarm; see :mod:`emocourse.live.drowsiness`."""

import math
from collections import deque

from .fatigue_settings import Settings


class Share:
    """PERCLOS: seconds closed over seconds seen, within a sliding window."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._parts: deque[tuple[float, float, float]] = deque()  # end, seconds seen, seconds closed
        self._trail: deque[tuple[float, float]] = deque()  # the newest frames, as read
        self._before: tuple[float, float] | None = None  # the last frame that was counted, cleaned
        self._seen = self._closed = 0.0

    def add(self, time: float, openness: float) -> None:
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


class Mouth:
    """Yawns."""

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
        while self._times and self._times[0] <= time - self.settings.yawns_window:
            self._times.popleft()
        return len(self._times)


class Alarm:
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
