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
Whoever has not been seen to blink is therefore not judged: their eyes may have been closed from the first frame on, or
lie behind glasses. Nor is anybody judged by frames that lie further apart than a closure lasts.
"""

import math
from collections import deque
from dataclasses import asdict, dataclass, replace

import numpy as np

from ..faces.landmarks import eye_aspect_ratio, mouth_aspect_ratio
from .eyelids import Alarm, BlinkDetector, PerclosWindow, Settings, YawnDetector

__all__ = ["Monitor", "Settings", "State"]

NOT_SEEN = "the face is not seen"
APART = "the frames are too far apart"
CALIBRATING = "calibrating"
NO_BLINK = "no blinks seen: the eyes may be closed since the start, behind glasses, or badly read"
"""Why somebody cannot be judged: see :class:`State`."""


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
        blinks_counted: whether the frames follow fast enough for ``blinks`` to mean something.
        problem: why it cannot be judged whether the person is drowsy, or None where it can: :data:`NOT_SEEN`,
            :data:`APART`, :data:`CALIBRATING` or :data:`NO_BLINK`. No alarm then does not mean that they are awake.
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
    blinks_counted: bool = False
    problem: str | None = NOT_SEEN

    def as_json(self) -> dict[str, object]:
        """Plain values for JSON: None for NaN, and for blinks that are not counted."""
        blinks = self.blinks if self.blinks_counted else None
        values = asdict(self) | {"reasons": list(self.reasons), "blinks": blinks}
        return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in values.items()}


class Monitor:
    """Watches one person's eyes and mouth, frame by frame, at any frame rate from about 10 a second up. Lesson 12.

    The first seconds calibrate it: a high quantile of their EARs stands for open eyes, whatever their shape, and a
    blink or two do no harm. What was seen meanwhile is counted afterwards.

    Args:
        settings: the thresholds.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._lids = BlinkDetector(self.settings)
        self._window = PerclosWindow(self.settings)
        self._mouth = YawnDetector(self.settings)
        self._alarm = Alarm(self.settings)
        self._recent: deque[tuple[float, float]] = deque(maxlen=3)
        self._waiting: list[tuple[float, float, float]] = []
        self._times: deque[float] = deque(maxlen=31)  # of the last frames, no gap between them

    def update(self, landmarks: np.ndarray | None, time: float) -> State:
        """Take one frame.

        Args:
            landmarks: (68, 2) in any pixels; None where the face was not seen.
            time: of the frame in seconds, not before the last one's.

        Raises:
            ValueError: landmarks of another shape, or a time that is not a number or runs backwards.
        """
        last = self._times[-1] if self._times else -math.inf
        if not math.isfinite(time) or time < last:
            raise ValueError(f"The times of frames must be finite and must not fall, but {time} follows {last}.")
        self._apart = math.isfinite(last) and time - last > self.settings.gap
        if self._apart:
            self._times.clear()
        self._times.append(time)
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
        self._mouth.follow(time, mar)
        self._lids.follow(time, ear, self._mouth.yawning)
        self._window.add(time, 1.0 if self._mouth.yawning else self._lids.openness)

    def _state(self, time: float, ear: float, mar: float) -> State:
        lids, seen = self._lids, math.isfinite(ear)
        lasts = self._times[-1] - self._times[0]
        state = State(
            time,
            seen,
            ear,
            mar,
            blinks_counted=len(self._times) > 1 and (len(self._times) - 1) >= (self.settings.blink_rate - 0.05) * lasts,
            problem=self._problem(time, seen),
        )
        if not lids.calibrated:
            return state
        perclos, watched = self._window.at(time)
        lost = time - lids.time > self.settings.gap
        lasting = 0.0 if lost else lids.closed_for(time)
        reasons = self._alarm.at(time, perclos, watched, lasting, self._mouth.recent(time))
        return replace(
            state,
            openness=min(max(lids.openness, 0.0), 1.0) if seen else math.nan,
            closed=lids.closed_since is not None and not lost,
            perclos=perclos,
            blinks=lids.blinks,
            yawns=self._mouth.yawns,
            calibrated=True,
            alarm=bool(reasons),
            reasons=reasons,
            problem=None if reasons else state.problem,
        )

    def _problem(self, time: float, seen: bool) -> str | None:
        if not seen:
            return NOT_SEEN
        if self._apart:
            return APART
        if not self._lids.calibrated:
            return CALIBRATING
        return None if self._lids.followed(time) else NO_BLINK
