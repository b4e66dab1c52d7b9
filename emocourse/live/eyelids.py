"""The lids of one person over time: how open they are, blinks and closures; see :mod:`emocourse.live.drowsiness`."""

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from .fatigue_settings import Settings


class Lids:
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
        self._recent: deque[tuple[float, float, float]] = deque()
        self._bottoms: deque[float] = deque(maxlen=30)
        self._three: deque[float] = deque(maxlen=3)
        self._dip: _Dip | None = None

    def calibrate(self, seen: list[tuple[float, float]]) -> bool:
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
        self._bottoms.clear()
        self._bottoms.extend([self._closed] * 2)

    def follow(self, time: float, ear: float, yawning: bool) -> None:
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
