"""Lesson 11's exercises, each with right answers, the stub, and wrong ones."""

import numpy as np
import pytest

from emocourse import checks
from emocourse.checks.lesson11 import BANNED
from emocourse.faces import landmarks
from emocourse.from_scratch import video as stream


def stub(*_):
    raise NotImplementedError("Exercise 11.0: write the body")


# --- 7.1 --------------------------------------------------------------------------------------------------------------


def shared(a, b, clip=True):
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0, across) * max(0, down) if clip else across * down


def area(box):
    return box[2] * box[3]


def corners(a, b):
    part = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    sizes = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return part / (sum(sizes) - part) if sum(sizes) - part else 0


def unclipped(a, b):
    part = shared(a, b, clip=False)
    return part / (area(a) + area(b) - part)


# --- 7.2 --------------------------------------------------------------------------------------------------------------


def in_order(before, now, least=0.3):
    matched = {}
    for j, box in enumerate(now):
        for i in sorted(range(len(before)), key=lambda i: -stream.iou(before[i], box)):
            if i not in matched.values() and stream.iou(before[i], box) >= least:
                matched[j] = i
                break
    return matched


def each_its_best(before, now, least=0.3):
    best = {j: max(range(len(before)), key=lambda i: stream.iou(before[i], b)) for j, b in enumerate(now) if before}
    return {j: i for j, i in best.items() if stream.iou(before[i], now[j]) >= least}


# --- 7.3 --------------------------------------------------------------------------------------------------------------


def smoothed(times, values, share, last=None):
    out = np.array(values, float)
    for i in range(1, len(out)):
        before = out[i - 1] if last is None else values[i - 1]
        out[i] = before + share(times, i) * (out[i] - before)
    return out


# --- 7.4 --------------------------------------------------------------------------------------------------------------


def ear(points, first=(36, 42), factor=2, pairs=((1, 5), (2, 4)), length=np.linalg.norm):
    ratios = []
    for start in first:
        p = points[start : start + 6]
        ratios.append(sum(length(p[i] - p[j]) for i, j in pairs) / (factor * length(p[0] - p[3])))
    return np.mean(ratios)


def straight(points):
    eyes = [points[36:42], points[42:48]]
    tall = [abs(p[1] - p[5])[1] + abs(p[2] - p[4])[1] for p in eyes]
    return np.mean([h / (2 * abs(p[0] - p[3])[0]) for h, p in zip(tall, eyes, strict=True)])


# --- 7.5 --------------------------------------------------------------------------------------------------------------


def share_closed(times, openness, window=60, level=0.2, unseen=False, inside=True, by_time=True, shift=0):
    lasts = np.diff(times) if by_time else np.ones(len(times) - 1)
    part = openness[shift : len(openness) - 1 + shift]
    counts = (times[:-1] >= times[-1] - window) | (not inside)
    seen = counts & (np.isfinite(part) | unseen)
    return lasts[counts & (part <= level)].sum() / lasts[seen].sum()


# --- 7.6 --------------------------------------------------------------------------------------------------------------


def alarms(values, on, off, start="at", stop="below"):
    alarm, out = False, []
    for v in values:
        if v >= on if start == "at" else v > on:
            alarm = True
        elif v < off if stop == "below" else v <= off:
            alarm = False
        out.append(alarm)
    return out


# --- 7.7 --------------------------------------------------------------------------------------------------------------


def chosen(values, drowsy, thresholds, most, key=lambda false, missed: missed, rate=None, default=None):
    best = []
    for t in thresholds:
        false, missed = stream.alarm_rates(values, drowsy, t)
        if (false if rate is None else rate(values >= t, drowsy)) <= most:
            best.append((key(false, missed), t))
    return min(best)[1] if best else default


def first_that_fits(values, drowsy, thresholds, most):
    return next((t for t in thresholds if stream.alarm_rates(values, drowsy, t)[0] <= most), None)


WHY = "Fatigue is a physical state, not an emotion. Boredom is inferred as an emotion, in a school with its pupils."


def but(**changes):
    cases = list(BANNED)
    return {case: changes.get(f"c{k}", BANNED[case]) for k, case in enumerate(cases)}


# number, answers, state, a part of the hint
CASES = [
    ("11.1", (stub,), "not started", ""),
    ("11.1", (stream.iou,), "correct", ""),
    ("11.1", (lambda a, b: shared(a, b) / (area(a) + area(b) - shared(a, b)),), "correct", ""),
    ("11.1", (lambda a, b: shared(a, b) / (area(a) + area(b)),), "not yet", "count it once"),
    ("11.1", (lambda a, b: shared(a, b) / min(area(a), area(b)),), "not yet", "area of one box"),
    ("11.1", (lambda a, b: shared(a, b) / max(area(a), area(b)),), "not yet", "area of one box"),
    ("11.1", (unclipped,), "not yet", "share nothing"),
    ("11.1", (corners,), "not yet", "width and height"),
    ("11.1", (lambda a, b: float(a == b),), "not yet", "and yours is"),
    ("11.1", (lambda a, b: None,), "not yet", "needs a return"),
    ("11.1", (0.5,), "not yet", "calls your function"),
    ("11.2", (stub,), "not started", ""),
    ("11.2", (stream.match,), "correct", ""),
    ("11.2", (in_order,), "not yet", "largest IoU of *all* pairs"),
    ("11.2", (each_its_best,), "not yet", "goes on in two boxes"),
    ("11.2", (lambda b, n, least=0.3: {i: j for j, i in stream.match(b, n, least).items()},), "not yet", "wrong way"),
    ("11.2", (lambda b, n, least=0.3: stream.match(b, n, 0.01),), "not yet", "below `least`"),
    ("11.2", (lambda b, n, least=0.3: dict(list(stream.match(b, n, least).items())[:1]),), "not yet", "pairs"),
    ("11.2", (lambda b, n, least=0.3: list(stream.match(b, n, least)),), "not yet", "not a dictionary"),
    ("11.2", (lambda b, n, least=0.3: None,), "not yet", "needs a return"),
    ("11.3", (stub,), "not started", ""),
    ("11.3", (stream.smooth,), "correct", ""),
    ("11.3", (lambda t, v, c: smoothed(t, v, lambda t, i: np.exp(-(t[i] - t[i - 1]) / c)),), "not yet", "*new* value"),
    ("11.3", (lambda t, v, c: smoothed(t, v, lambda t, i: 1 - np.exp(-0.1 / c)),), "not yet", "same for each frame"),
    ("11.3", (lambda t, v, c: smoothed(t, v, lambda t, i: 1 - np.exp(-t[i] / c)),), "not yet", "since the beginning"),
    ("11.3", (lambda t, v, c: smoothed(t, v, lambda t, i: min((t[i] - t[i - 1]) / c, 1)),), "not yet", "dt / constant"),
    (
        "11.3",
        (lambda t, v, c: smoothed(t, v, lambda t, i: 1 - np.exp(-(t[i] - t[i - 1]) / c), "raw"),),
        "not yet",
        "last *raw* one",
    ),
    ("11.3", (lambda t, v, c: np.array(v, float),), "not yet", "nothing is smoothed"),
    ("11.3", (lambda t, v, c: stream.smooth(t, v, 2 * c),), "not yet", "by hand"),
    ("11.3", (lambda t, v, c: None,), "not yet", "needs a return"),
    ("11.4", (stub,), "not started", ""),
    ("11.4", (ear,), "correct", ""),
    ("11.4", (landmarks.eye_aspect_ratio,), "correct", ""),
    ("11.4", (lambda p: ear(p, first=(36,)),), "not yet", "left eye only"),
    ("11.4", (lambda p: ear(p, first=(42,)),), "not yet", "right eye only"),
    ("11.4", (lambda p: ear(p, first=(37, 43)),), "not yet", "off by one"),
    ("11.4", (lambda p: ear(p, factor=1),), "not yet", "Is the 2"),
    ("11.4", (lambda p: ear(p, pairs=((1, 4), (2, 5))),), "not yet", "lies below p2"),
    ("11.4", (straight,), "not yet", "tilted"),
    ("11.4", (lambda p: ear(p) ** 2,), "not yet", "go through the formula"),
    ("11.4", (lambda p: print(end=""),), "not yet", "needs a return"),
    ("11.5", (stub,), "not started", ""),
    ("11.5", (stream.perclos,), "correct", ""),
    ("11.5", (share_closed,), "correct", ""),
    ("11.5", (lambda t, o, w=60: share_closed(t, o, w, by_time=False),), "not yet", "count frames"),
    ("11.5", (lambda t, o, w=60: share_closed(t, o, w, level=0.19),), "not yet", "0.2 counts"),
    ("11.5", (lambda t, o, w=60: share_closed(t, o, w, unseen=True),), "not yet", "unseen time"),
    ("11.5", (lambda t, o, w=60: share_closed(t, o, w, inside=False),), "not yet", "last seconds"),
    ("11.5", (lambda t, o, w=60: share_closed(t, o, w, shift=1),), "not yet", "until the next one"),
    ("11.5", (lambda t, o, w=60: 1 - share_closed(t, o, w),), "not yet", "eyes were open"),
    ("11.5", (lambda t, o, w=60: float(np.mean(o)),), "not yet", "for how long it stands"),
    ("11.5", (lambda t, o, w=60: None,), "not yet", "needs a return"),
    ("11.6", (stub,), "not started", ""),
    ("11.6", (stream.hysteresis,), "correct", ""),
    ("11.6", (alarms,), "correct", ""),
    ("11.6", (lambda v, on, off: v >= on,), "not yet", "It has to stay"),
    ("11.6", (lambda v, on, off: v >= off,), "not yet", "0.12 does not raise"),
    ("11.6", (lambda v, on, off: alarms(v, on, off, start="above"),), "not yet", "exactly `on`"),
    ("11.6", (lambda v, on, off: alarms(v, on, off, stop="at"),), "not yet", "exactly `off`"),
    ("11.6", (lambda v, on, off: alarms(v, on, -1),), "not yet", "Yours stays"),
    ("11.6", (lambda v, on, off: alarms(v, 0.15, 0.1),), "not yet", "numbers of your own"),
    ("11.6", (lambda v, on, off: True,), "not yet", "answers back"),
    ("11.6", (lambda v, on, off: None,), "not yet", "needs a return"),
    ("11.7", (stub,), "not started", ""),
    ("11.7", (stream.choose_threshold,), "correct", ""),
    ("11.7", (chosen,), "correct", ""),
    ("11.7", (lambda v, d, t, m: chosen(v, d, t, m, lambda false, missed: false),), "not yet", "quietest"),
    ("11.7", (first_that_fits,), "not yet", "misses"),
    (
        "11.7",
        (lambda v, d, t, m: chosen(v, d, t, m, rate=lambda a, d: np.mean(a & ~d)),),
        "not yet",
        "not by all frames",
    ),
    ("11.7", (lambda v, d, t, m: min(t),), "not yet", "your choice has"),
    ("11.7", (lambda v, d, t, m: chosen(v, d, t, m, default=0),), "not yet", "give None back"),
    ("11.7", (lambda v, d, t, m: 0.15,), "not yet", "none of the thresholds"),
    ("11.7", (lambda v, d, t, m: None,), "not yet", "a threshold qualifies"),
    ("11.8", (..., WHY), "not started", ""),
    ("11.8", (BANNED, ...), "not started", ""),
    ("11.8", (BANNED, WHY), "correct", ""),
    ("11.8", (but(c0=False), WHY), "not yet", "is boredom a feeling"),
    ("11.8", (but(c2=True), WHY), "not yet", "Recital 18"),
    ("11.8", (but(c3=True), WHY), "not yet", "two places"),
    ("11.8", (but(c4=False), WHY), "not yet", "working life"),
    ("11.8", (but(c1="yes"), WHY), "not yet", "True or False"),
    ("11.8", ({"a school": True}, WHY), "not yet", "missing"),
    ("11.8", ({**BANNED, "a dog": True}, WHY), "not yet", "none of the cases"),
    ("11.8", ([True, False], WHY), "not yet", "dictionary"),
    ("11.8", (BANNED, "One is banned"), "not yet", "full sentence"),
    (
        "11.8",
        (BANNED, "The one at school guesses at an emotion of the pupils, and that is not what the law wants there"),
        "not yet",
        "driver's alarm",
    ),
    (
        "11.8",
        (BANNED, "Being tired is a physical state of the body, and the alarm serves the safety of all on the road"),
        "not yet",
        "other camera",
    ),
    ("11.8", (BANNED, 18), "not yet", "quotation marks"),
]


@pytest.mark.parametrize(("number", "answers", "state", "hint"), CASES)
def test_verdict(number, answers, state, hint):
    verdict = checks.examine(number, *answers)
    assert (verdict.state, bool(verdict.hint)) == (state, state == "not yet"), verdict
    assert hint in verdict.hint and "\n" not in str(verdict)


def test_no_hint_gives_the_answer():
    for number, answers, state, _ in CASES:
        if state == "not yet" and number == "11.8":
            hint = checks.examine(number, *answers).hint
            assert "banned" not in hint.replace("banned is a dictionary", "")
