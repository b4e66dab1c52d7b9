"""Checks of lesson 01: the right answer, the stub, and wrong answers with the hint that each must get."""

import numpy as np
import pytest

from emocourse import checks
from emocourse.emotions import ACTION_UNITS
from emocourse.faces import action_units

FEAR = {1: 1.0, 2: 1.0, 4: 1.0, 5: 1.0, 7: 1.0, 20: 1.0}


def without(*numbers, **extra):
    return {k: v for k, v in FEAR.items() if k not in numbers} | {int(k[2:]): v for k, v in extra.items()}


def stub(*_):
    raise NotImplementedError("Exercise 1.9: write the body")


def eyes(landmarks):
    return np.hypot(*(landmarks[42:48].mean(0) - landmarks[36:42].mean(0)))


def lift(landmarks, amount):
    moved = landmarks.copy()
    moved[[48, 54], 1] -= amount * eyes(landmarks)
    return moved


def lift_down(landmarks, amount):
    return lift(landmarks, -amount)


def lift_in_place(landmarks, amount):
    landmarks[[48, 54], 1] -= amount * eyes(landmarks)
    return landmarks


def lift_pixels(landmarks, amount):
    moved = landmarks.copy()
    moved[[48, 54], 1] -= amount
    return moved


def lift_x(landmarks, amount):
    moved = landmarks.copy()
    moved[[48, 54], 0] -= amount * eyes(landmarks)
    return moved


def lift_one(landmarks, amount):
    moved = landmarks.copy()
    moved[48, 1] -= amount * eyes(landmarks)
    return moved


def lift_all(landmarks, amount):
    return landmarks - np.float32([0, amount * eyes(landmarks)])


def lift_counted_from_one(landmarks, amount):
    moved = landmarks.copy()
    moved[[49, 55], 1] -= amount * eyes(landmarks)
    return moved


def lift_and_forget(landmarks, amount):
    lift(landmarks, amount)


def telling(read, landmarks, emotion):
    return max(ACTION_UNITS, key=lambda n: read(action_units.move(landmarks, {n: 1.0}))[emotion])


def telling_least(read, landmarks, emotion):
    return min(ACTION_UNITS, key=lambda n: read(action_units.move(landmarks, {n: 1.0}))[emotion])


def telling_probability(read, landmarks, emotion):
    return max(read(action_units.move(landmarks, {n: 1.0}))[emotion] for n in ACTION_UNITS)


def telling_place(read, landmarks, emotion):
    return int(np.argmax([read(action_units.move(landmarks, {n: 1.0}))[emotion] for n in ACTION_UNITS]))


def telling_anger(read, landmarks, emotion):
    return telling(read, landmarks, "anger")


def telling_piled_up(read, landmarks, emotion):
    best, most = None, -1.0
    for number in ACTION_UNITS:
        landmarks = action_units.move(landmarks, {number: 1.0})
        if read(landmarks)[emotion] > most:
            best, most = number, read(landmarks)[emotion]
    return best


def telling_batch(read, landmarks, emotion):
    return max(ACTION_UNITS, key=lambda n: read(action_units.move(landmarks, {n: 1.0})[None])[emotion])


def rate(says, truth):
    return says[truth].mean(), says[~truth].mean()


def gain(heights, truth, t):
    return (heights[truth] > t).mean() - (heights[~truth] > t).mean()


def best(heights, truth, candidates):
    return candidates[int(np.argmax([gain(heights, truth, t) for t in candidates]))]


GOOD_REPLY = """A camera sees how a face looks and not what somebody feels. People smile when they are polite, and they
are angry without a scowl. It also differs from culture to culture, and with the situation. And I would ask on which
photos
the accuracy was measured, who labelled them, and how many there were."""

# number, answer, state, a part of the hint
CASES = [
    ("1.1", ..., "not started", ""),
    ("1.1", FEAR, "correct", ""),
    ("1.1", without(AU26=1.0), "correct", ""),
    ("1.1", dict.fromkeys(FEAR, 1), "correct", ""),
    ("1.1", without(4), "not yet", "not pulled together"),
    ("1.1", without(20, AU12=1.0), "not yet", "AU12 pulls the lip corners up"),
    ("1.1", without(7, AU6=1.0), "not yet", "lid tightener"),
    ("1.1", without(5), "not yet", "upper eyelids are not raised"),
    ("1.1", without(1), "not yet", "inner ends"),
    ("1.1", without(AU9=1.0), "not yet", "asks for AU9"),
    ("1.1", without(AU3=1.0), "not yet", "no AU3"),
    ("1.1", without(4, AU4=100), "not yet", "strength of AU4 is 100"),
    ("1.1", {f"AU{k}": v for k, v in FEAR.items()}, "not yet", "whole numbers"),
    ("1.1", [1, 2, 4, 5, 7, 20], "not yet", "a list"),
    ("1.2", stub, "not started", ""),
    ("1.2", lift, "correct", ""),
    ("1.2", lift_down, "not yet", "y grows downwards"),
    ("1.2", lift_in_place, "not yet", "work on a copy"),
    ("1.2", lift_pixels, "not yet", "so many pixels"),
    ("1.2", lift_x, "not yet", "sideways"),
    ("1.2", lift_one, "not yet", "only one"),
    ("1.2", lift_all, "not yet", "only 48 and 54"),
    ("1.2", lift_counted_from_one, "not yet", "did not move"),
    ("1.2", lift_and_forget, "not yet", "needs a return"),
    ("1.2", lambda landmarks, amount: lift(landmarks, amount / 2), "not yet", "should go 2 pixels"),
    ("1.2", lambda landmarks, amount: lift(landmarks, amount)[[48, 54]], "not yet", "all 68 points"),
    ("1.3", stub, "not started", ""),
    ("1.3", telling, "correct", ""),
    ("1.3", telling_least, "not yet", "least probable"),
    ("1.3", telling_probability, "not yet", "gives a probability back"),
    ("1.3", telling_place, "not yet", "its place in the list"),
    ("1.3", telling_anger, "not yet", "look up the emotion"),
    ("1.3", telling_piled_up, "not yet", "same face"),
    ("1.3", telling_batch, "not yet", "one face"),
    ("1.3", lambda read, landmarks, emotion: "AU9", "not yet", "a unit's number"),
    ("1.4", stub, "not started", ""),
    ("1.4", rate, "correct", ""),
    ("1.4", lambda says, truth: list(rate(says, truth)), "correct", ""),
    ("1.4", lambda says, truth: rate(says, truth)[::-1], "not yet", "wrong order"),
    ("1.4", lambda says, truth: (truth[says].mean(), says[~truth].mean()), "not yet", "the rule calls happy"),
    ("1.4", lambda says, truth: ((says & truth).mean(), (says & ~truth).mean()), "not yet", "share of all faces"),
    ("1.4", lambda says, truth: ((says == truth).mean(), says[~truth].mean()), "not yet", "is the accuracy"),
    ("1.4", lambda says, truth: (says[truth].mean(), (says & ~truth).mean()), "not yet", "wrong denominator"),
    ("1.4", lambda says, truth: (says[truth].mean(), (~says)[truth].mean()), "not yet", "missed"),
    ("1.4", lambda says, truth: (says[truth].sum(), says[~truth].sum()), "not yet", "counts or per cent"),
    ("1.4", lambda says, truth: says[truth].mean(), "not yet", "two numbers"),
    ("1.5", stub, "not started", ""),
    ("1.5", best, "correct", ""),
    ("1.5", lambda h, y, c: max(c, key=lambda t: gain(h, y, t)), "correct", ""),
    ("1.5", lambda h, y, c: c[np.argmax([((h > t) == y).mean() for t in c])], "not yet", "best accuracy"),
    ("1.5", lambda h, y, c: int(np.argmax([gain(h, y, t) for t in c])), "not yet", "the place"),
    ("1.5", lambda h, y, c: max(gain(h, y, t) for t in c), "not yet", "the difference itself"),
    ("1.5", lambda h, y, c: c[np.argmax([(h[y] > t).mean() for t in c])], "not yet", "lowest candidate"),
    ("1.5", lambda h, y, c: c[np.argmin([(h[~y] > t).mean() for t in c])], "not yet", "hardly a hit"),
    ("1.5", lambda h, y, c: c[np.argmin([gain(h, y, t) for t in c])], "not yet", "smallest difference"),
    ("1.5", lambda h, y, c: float(h[y].mean()), "not yet", "not one of the candidates"),
    ("1.5", lambda h, y, c: np.array([gain(h, y, t) for t in c]), "not yet", "one threshold"),
    ("1.5", lambda h, y, c: best(h, y, c) + c[1] - c[0], "not yet", "another candidate reaches"),
    ("1.6", ..., "not started", ""),
    ("1.6", {"a": "basic", "b": "critics", "c": "critics", "d": "basic", "e": "critics"}, "correct", ""),
    ("1.6", dict.fromkeys("abcde", "basic"), "not yet", "statement b"),
    ("1.6", dict.fromkeys("abcde", "critics"), "not yet", "statement a"),
    ("1.6", {"a": "basic"}, "not yet", "statement b has no answer"),
    ("1.6", {"a": "Ekman", "b": "x", "c": "x", "d": "x", "e": "x"}, "not yet", '"basic" or "critics"'),
    ("1.6", ["basic", "critics"], "not yet", "write a dictionary"),
    ("1.7", ..., "not started", ""),
    ("1.7", GOOD_REPLY, "correct", ""),
    ("1.7", "No, it does not.", "not yet", "at least 40"),
    ("1.7", "", "not yet", "empty"),
    ("1.7", ["a", "list"], "not yet", "a list"),
    ("1.7", "A camera is not enough here, I think. " * 8, "not yet", "repeats"),
    ("1.7", GOOD_REPLY.replace("feels", "wants"), "not yet", "what a person feels"),
    (
        "1.7",
        GOOD_REPLY.replace("It also differs from culture to culture, and with the situation.", "I do not believe it."),
        "not yet",
        "the same for all people",
    ),
    (
        "1.7",
        GOOD_REPLY.split("And I would")[0] + "So I would not buy your camera, whatever you may promise me about it.",
        "not yet",
        "the number 95",
    ),
]


@pytest.mark.parametrize(("number", "answer", "state", "hint"), CASES)
def test_verdict(number, answer, state, hint):
    verdict = checks.examine(number, answer)
    assert (verdict.state, bool(verdict.hint)) == (state, state == "not yet"), verdict
    assert hint in verdict.hint, verdict


def test_no_hint_gives_the_answer_away():
    hints = " ".join(checks.examine(*case[:2]).hint for case in CASES)
    for secret in ("np.argmax", "landmarks[", "says[", "-=", "{1:", "1, 2, 4, 5, 7"):
        assert secret not in hints
