"""Engines that stand in for the true one: the same calls, and faults on request; also imported by tests' kernels."""

import threading
import time
from types import SimpleNamespace

import numpy as np

from emocourse import twin
from emocourse.emotions import EMOTIONS_6
from emocourse.faces import landmarks


class FakeEngine:
    """Finds ``people`` faces that circle about, whatever the frame shows.

    Attributes:
        pause: seconds that a step takes.
        fault: an exception that every step raises.
        unsure: whether nobody's emotion is sure.
        steps, resets: how often each was called.
        most: how many steps ran at the same time at most.
        seen: (height, width) of the frames.
    """

    def __init__(self, people=1, pause=0.0, fault=None, unsure=False, tired=False):
        self.people, self.pause, self.fault, self.unsure, self.tired = people, pause, fault, unsure, tired
        self.steps = self.resets = self.most = 0
        self.seen = set()
        self._inside = 0
        self._guard = threading.Lock()
        self._shapes = [twin.load().mean(name) for name in EMOTIONS_6]

    def reset(self):
        self.resets += 1

    def step(self, frame, moment):
        with self._guard:
            self._inside += 1
            self.most = max(self.most, self._inside)
        try:
            assert frame.dtype == np.uint8 and frame.ndim in (2, 3)
            self.seen.add(frame.shape[:2])
            time.sleep(self.pause)
            if self.fault is not None:
                raise self.fault
            return [self._person(k, *frame.shape[:2], moment) for k in range(self.people)]
        finally:
            with self._guard:
                self.steps += 1
                self._inside -= 1

    def _person(self, k, height, width, moment):
        side = min(height, width / self.people) * 0.55
        x = (k + 0.5) * width / self.people - side / 2 + 0.06 * side * np.sin(2 * moment + k)
        y = 0.55 * height - side / 2 + 0.05 * side * np.cos(2 * moment + k)
        mood = int(moment / 4 + 2 * k) % 6
        points = (self._shapes[mood] * (side / 48) + [x, y]).astype(np.float32)
        other = (1 - 0.72) / 5
        probabilities = {name: 0.72 if j == mood else other for j, name in enumerate(EMOTIONS_6)}
        sure = not self.unsure and not (self.people > 1 and k == 1 and moment % 8 > 6)
        return SimpleNamespace(
            id=k + 1,
            box=(x, y, side, side),
            landmarks=points,
            seen=landmarks.binary_image(self._shapes[mood]),
            probabilities=probabilities,
            emotion=EMOTIONS_6[mood] if sure else None,
            probability=0.72,
            score=1.0,
            drowsiness=self._state() if self.tired else None,
        )

    def _state(self):
        return SimpleNamespace(
            calibrated=True,
            openness=0.2,
            perclos=0.31,
            blinks=9,
            yawns=2,
            alarm=True,
            reasons=("perclos",),
            problem=None,
            blinks_counted=True,
        )
