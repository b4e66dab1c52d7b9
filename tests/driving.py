"""Drives filmed, read by dlib, watched by a monitor, and compared with what really happened."""

from dataclasses import dataclass

import numpy as np

from emocourse.faces import landmarks
from emocourse.live import drowsiness
from emocourse.twin import driver as twin_drive
from emocourse.twin.driver import Schedule

SURELY = 0.17
"""True PERCLOS at which the alarm (from 0.15) must come, since PERCLOS is measured to within 0.02 ..."""

SURELY_NOT = 0.13
"""... and below which it must not."""


@dataclass(frozen=True)
class Drive:
    """A schedule, and what the monitor said in each of its frames."""

    schedule: Schedule
    states: list[drowsiness.State]

    @property
    def times(self) -> np.ndarray:
        return np.array([state.time for state in self.states])

    def perclos_errors(self) -> tuple[float, float]:
        """The largest error of PERCLOS at the end of a minute, and in any frame after the first minute."""
        true = np.interp(self.times, self.schedule.times, self.schedule.perclos())
        error = np.abs(np.array([state.perclos for state in self.states]) - true)
        ends = [int(np.argmax(self.times >= 60 * k - 0.5)) for k in range(1, round(self.schedule.seconds / 60) + 1)]
        return float(error[ends].max()), float(error[self.times >= 60].max())

    def blinks(self) -> tuple[int, int]:
        """Counted and true."""
        return self.states[-1].blinks, len(self.schedule.blinks)

    def conditions(self) -> list[tuple[str, float, float]]:
        """Every reason that there truly was for an alarm: which, from when to when."""
        schedule = self.schedule
        high = (schedule.perclos() >= SURELY) & (schedule.times >= 40)
        found = [("perclos", *span) for span in spans(schedule.times, high)]
        found += [("eyes closed", start + 1.5, start + length) for start, length in schedule.closures if length >= 2]
        ends = [start + length for start, length in schedule.yawns]
        third = [end for first, end in zip(ends, ends[2:], strict=False) if end - first < 170][:1]
        return found + [("yawns", end - 3, end) for end in third]

    def missed(self) -> list[tuple[str, float, float]]:
        """The conditions that raised no alarm of their own reason, at the latest a second after they ended."""
        return [
            (reason, start, end)
            for reason, start, end in self.conditions()
            if not any(reason in state.reasons for state in self.states if start <= state.time <= end + 1)
        ]

    def false(self) -> list[tuple[str, float]]:
        """The alarms that came without their condition: reason and time."""
        schedule, found = self.schedule, []
        long = [(at, at + length + 1) for at, length in schedule.closures if length > 1.5]
        for reason in ("perclos", "eyes closed", "yawns"):
            for start, _ in spans(self.times, np.array([reason in state.reasons for state in self.states])):
                near = np.abs(schedule.times - start) <= 2
                right = {
                    "perclos": schedule.perclos()[near].max() >= SURELY_NOT,
                    "eyes closed": any(at <= start <= end for at, end in long),
                    "yawns": sum(start - 185 < t < start for t, _ in schedule.yawns) >= 3,
                }
                found += [] if right[reason] else [(reason, start)]
        return found


def spans(times: np.ndarray, on: np.ndarray) -> list[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]])))
    return [(float(times[a]), float(times[b - 1])) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def watch(schedule: Schedule, seed: int, fps: float) -> Drive:
    """Film a drive of its own person, find the landmarks in every image with dlib, and watch them."""
    monitor, states = drowsiness.Monitor(), []
    for frame in twin_drive.film(schedule, twin_drive.random_driver(seed), fps, seed):
        points = None if frame.box is None else landmarks.predict(frame.image, frame.box)
        states.append(monitor.update(points, frame.time))
    return Drive(schedule, states)
