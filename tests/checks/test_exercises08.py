"""Exercises of lesson 08: each check with the stub, right answers, and wrong ones whose hint names the mistake."""

from collections import Counter
from math import comb

import numpy as np
import pytest

from emocourse import checks
from emocourse.evaluation import comparison
from emocourse.faces import landmarks
from emocourse.from_scratch import cnn as layers
from emocourse.metrics import mcnemar


def stub(*_):
    raise NotImplementedError("Exercise 6.x: write the body")


def nothing(*_):
    return None


# --- 6.1 --------------------------------------------------------------------------------------------------------------


def aligned(points, turn=1, scale=True, origin=None, up=1):
    left, right = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    across = right - left
    length = np.hypot(*across)
    u = across / length if turn else np.array([1.0, 0.0])
    v = np.array([-u[1], u[0]])
    if turn < 0:
        u, v = np.array([u[0], -u[1]]), np.array([u[1], u[0]])
    centred = points - ((left + right) / 2 if origin is None else origin(points))
    centred = centred / (length if scale else 1)
    return np.stack([centred @ u, up * (centred @ v)], axis=1)


def aligned_in_place(points):
    points -= (points[36:42].mean(axis=0) + points[42:48].mean(axis=0)) / 2
    return aligned(points)


def eyes(points):
    return np.linalg.norm(points[42:48].mean(axis=0) - points[36:42].mean(axis=0))


def apart(points, a, b):
    return np.hypot(*(aligned(points)[a] - aligned(points)[b]))


def apart_in_pixels_first(points, a, b):
    return np.linalg.norm(points[a] - points[b]) / eyes(points)


# --- 6.2 --------------------------------------------------------------------------------------------------------------


def mirrored(image, points, numbers=True, move=True, last=1, flip=np.fliplr, side=1, axis=0):
    moved = points[landmarks.MIRROR] if numbers else points.copy()
    if move:
        moved[:, axis] = image.shape[side] - last - moved[:, axis]
    return flip(image), moved


def mirrored_in_place(image, points):
    points[:, 0] = image.shape[1] - 1 - points[:, 0]
    return image[:, ::-1], points[landmarks.MIRROR]


def reversed_numbers(image, points):
    turned, moved = mirrored(image, points)
    return turned, moved[::-1]


# --- 6.3 --------------------------------------------------------------------------------------------------------------


def field(given, start=1, minus=1, early=False, strides=True):
    side, apart = start, 1
    for window, stride in given:
        if early:
            apart *= stride
        side += (window - minus) * apart
        if strides and not early:
            apart *= stride
    return side


def backwards(given):
    side = 1
    for window, stride in reversed(given):
        side = (side - 1) * stride + window
    return side


# --- 6.4 --------------------------------------------------------------------------------------------------------------


def learning(given, words, size=np.prod, bias=None, chosen=lambda name, words: name.startswith(words)):
    return sum(int(size(shape)) for name, shapes in given if chosen(name, words) for shape in shapes[:bias])


# --- 6.5 --------------------------------------------------------------------------------------------------------------


def votes(parts):
    return np.mean([np.eye(part.shape[1])[part.argmax(axis=1)] for part in parts], axis=0)


def product(parts):
    values = np.prod(parts, axis=0)
    return values / values.sum(axis=1, keepdims=True)


def added_in_place(parts):
    for part in parts[1:]:
        parts[0] += part
    return parts[0] / len(parts)


# --- 6.6 --------------------------------------------------------------------------------------------------------------


def by_hand(labels, a, b, sides=2, most=1.0, last=1, first=0, n=None, larger=False):
    only_a, only_b = int(((a == labels) & (b != labels)).sum()), int(((a != labels) & (b == labels)).sum())
    n = n(labels) if n else only_a + only_b
    fewer = (max if larger else min)(only_a, only_b)
    start = fewer if first else 0
    tail = sum(comb(n, k) for k in range(start, fewer + last)) / 2**n
    return only_a, only_b, min(most, sides * tail)


def counting(one, two):
    return lambda labels, a, b: (int(one(labels, a, b).sum()), int(two(labels, a, b).sum()), 0.5)


def predictions_differ(labels, a, b):
    return int(((a == labels) & (a != b)).sum()), int(((a != labels) & (a != b)).sum()), 0.5


# --- 6.7 --------------------------------------------------------------------------------------------------------------


def chosen(validation, test, by=lambda v, t: v.mean(axis=1).argmax(), factor=1, plus=0):
    k = int(by(validation, test))
    return k + plus, factor * validation[k].mean(), factor * test[k].mean()


def best_numbers(validation, test):
    return int(validation.mean(axis=1).argmax()), validation.mean(axis=1).max(), test.mean(axis=1).max()


def swapped(validation, test):
    k, seen, held = chosen(validation, test)
    return k, held, seen


def average(validation, test):
    return (*chosen(validation, test)[:2], test.mean())


# --- 6.8 --------------------------------------------------------------------------------------------------------------

BECAUSE = """
On the same images it is right more often than the network of the slides, and McNemar's test gives a small p-value,
so this is hardly luck. It also is fast enough for a webcam on a laptop, and its file is small, which matters.
"""
FAILS = """
In dark rooms, or with a hand before the mouth, the detector finds no face. I would film such scenes myself, and count.
"""


CASES = [
    ("8.1", (stub, apart), "not started", ""),
    ("8.1", (aligned, apart), "correct", ""),
    ("8.1", (landmarks.aligned, apart), "correct", ""),
    ("8.1", (nothing, apart), "not yet", "return"),
    ("8.1", (lambda p: aligned(p, turn=0), apart), "not yet", "not level"),
    ("8.1", (lambda p: aligned(p, turn=-1), apart), "not yet", "wrong way"),
    ("8.1", (lambda p: aligned(p, scale=False), apart), "not yet", "is not 1"),
    ("8.1", (lambda p: aligned(p, turn=0, scale=False), apart), "not yet", "only the place"),
    ("8.1", (lambda p: aligned(p, origin=lambda q: q[36:42].mean(axis=0)), apart), "not yet", "left eye"),
    ("8.1", (lambda p: aligned(p, origin=lambda q: q.mean(axis=0)), apart), "not yet", "all 68"),
    ("8.1", (lambda p: aligned(p, origin=lambda q: 0), apart), "not yet", "position is still there"),
    ("8.1", (lambda p: aligned(p, up=-1), apart), "not yet", "on its head"),
    ("8.1", (lambda p: aligned(p)[17:], apart), "not yet", "(51, 2)"),
    ("8.1", (lambda p: aligned(p).astype(int), apart), "not yet", "fraction"),
    ("8.1", (aligned_in_place, apart), "not yet", "changes the landmarks"),
    ("8.1", (aligned, stub), "not started", ""),
    ("8.1", (aligned, apart_in_pixels_first), "correct", ""),
    ("8.1", (aligned, nothing), "not yet", "needs a return"),
    ("8.1", (aligned, lambda p, a, b: np.hypot(*(p[a] - p[b]))), "not yet", "in pixels"),
    ("8.1", (aligned, lambda p, a, b: apart(p, a, b) ** 2), "not yet", "root"),
    ("8.1", (aligned, lambda p, a, b: np.abs(aligned(p)[a] - aligned(p)[b]).sum()), "not yet", "straight line"),
    ("8.1", (aligned, lambda p, a, b: abs(aligned(p)[a, 0] - aligned(p)[b, 0])), "not yet", "across only"),
    ("8.1", (aligned, lambda p, a, b: abs(aligned(p)[a, 1] - aligned(p)[b, 1])), "not yet", "down only"),
    ("8.1", (aligned, lambda p, a, b: apart_in_pixels_first(aligned(p), a, b) / eyes(p)), "not yet", "twice"),
    ("8.1", (aligned, lambda p, a, b: -apart(p, a, b)), "not yet", "below 0"),
    ("8.1", (aligned, lambda p, a, b: apart(p, a + 1, b)), "not yet", "should be"),
    ("8.1", (aligned, lambda p, a, b: aligned(p)[a] - aligned(p)[b]), "not yet", "an array"),
    ("8.1", (aligned, lambda p, a, b: "far"), "not yet", "str"),
    ("8.2", (stub,), "not started", ""),
    ("8.2", (mirrored,), "correct", ""),
    ("8.2", (lambda i, p: (i[:, ::-1], landmarks.mirror(p, i.shape[1])),), "correct", ""),
    ("8.2", (nothing,), "not yet", "return"),
    ("8.2", (lambda i, p: mirrored(i, p)[1],), "not yet", "two things"),
    ("8.2", (lambda i, p: mirrored(i, p, numbers=False),), "not yet", "old numbers"),
    ("8.2", (lambda i, p: mirrored(i, p, move=False),), "not yet", "have not moved"),
    ("8.2", (lambda i, p: mirrored(i, p, numbers=False, move=False),), "not yet", "where they were"),
    ("8.2", (lambda i, p: mirrored(i, p, last=0),), "not yet", "one pixel too far right"),
    ("8.2", (lambda i, p: mirrored(i, p, last=0, numbers=False),), "not yet", "still have their old numbers"),
    ("8.2", (lambda i, p: mirrored(i, p, side=0),), "not yet", "by the height"),
    ("8.2", (lambda i, p: mirrored(i, p, numbers=False, axis=1, side=0),), "not yet", "mirrored y"),
    ("8.2", (lambda i, p: mirrored(i, p, flip=np.flipud),), "not yet", "on its head"),
    ("8.2", (lambda i, p: mirrored(i, p, flip=np.copy),), "not yet", "not mirrored"),
    ("8.2", (lambda i, p: mirrored(i, p, flip=lambda j: np.rot90(j, 2)),), "not yet", "turned by half"),
    ("8.2", (mirrored_in_place,), "not yet", "work on copies"),
    ("8.2", (reversed_numbers,), "not yet", "simply reversed"),
    ("8.3", (stub,), "not started", ""),
    ("8.3", (field,), "correct", ""),
    ("8.3", (backwards,), "correct", ""),
    ("8.3", (layers.receptive_field,), "correct", ""),
    ("8.3", (nothing,), "not yet", "return"),
    ("8.3", (lambda given: field(given) ** 2,), "not yet", "an area"),
    ("8.3", (lambda given: field(given, start=0),), "not yet", "sees one pixel"),
    ("8.3", (lambda given: field(given, minus=0),), "not yet", "seen before"),
    ("8.3", (lambda given: sum(window for window, _ in given),), "not yet", "overlap"),
    ("8.3", (lambda given: field(given, strides=False),), "not yet", "two pixels apart"),
    ("8.3", (lambda given: field(given, early=True),), "not yet", "what comes after it"),
    ("8.3", (lambda given: [field(given)],), "not yet", "one number"),
    ("8.4", (stub,), "not started", ""),
    ("8.4", (learning,), "correct", ""),
    ("8.4", (nothing,), "not yet", "return"),
    ("8.4", (lambda g, w: learning(g, w, chosen=lambda *_: True),), "not yet", "every parameter"),
    ("8.4", (lambda g, w: learning(g, w, chosen=lambda n, w: not n.startswith(w)),), "not yet", "the others that"),
    ("8.4", (lambda g, w: learning(g, w, bias=1),), "not yet", "biases"),
    ("8.4", (lambda g, w: learning(g, w, size=sum),), "not yet", "product"),
    ("8.4", (lambda g, w: learning(g, w, chosen=lambda n, w: n in w),), "not yet", "begins with it"),
    ("8.4", (lambda g, w: sum(bool(s) for n, s in g if n.startswith(w)),), "not yet", "how many layers"),
    ("8.4", (lambda g, w: [learning(g, w)],), "not yet", "one number"),
    ("8.5", (stub,), "not started", ""),
    ("8.5", (lambda parts: np.stack(parts).mean(axis=0),), "correct", ""),
    ("8.5", (lambda parts: sum(parts) / len(parts),), "correct", ""),
    ("8.5", (nothing,), "not yet", "return"),
    ("8.5", (votes,), "not yet", "votes"),
    ("8.5", (lambda parts: sum(parts),), "not yet", "number of models"),
    ("8.5", (lambda parts: np.prod(parts, axis=0),), "not yet", "forbids"),
    ("8.5", (product,), "not yet", "made to add up"),
    ("8.5", (lambda parts: np.max(parts, axis=0),), "not yet", "the largest"),
    ("8.5", (lambda parts: np.median(parts, axis=0),), "not yet", ""),
    ("8.5", (lambda parts: np.mean(parts, axis=0).argmax(axis=1),), "not yet", "one number an image"),
    ("8.5", (lambda parts: np.mean(parts, axis=1),), "not yet", "over images"),
    ("8.5", (lambda parts: np.mean(parts, axis=2),), "not yet", "over classes"),
    ("8.5", (lambda parts: parts[0],), "not yet", "the first model"),
    ("8.5", (lambda parts: parts[-1],), "not yet", "the last model"),
    ("8.5", (added_in_place,), "not yet", "changes what the models said"),
    ("8.6", (stub,), "not started", ""),
    ("8.6", (by_hand,), "correct", ""),
    ("8.6", (lambda y, a, b: (mcnemar(y, a, b).only_a, mcnemar(y, a, b).only_b, mcnemar(y, a, b).p_value),),
     "correct", ""),
    ("8.6", (nothing,), "not yet", "return"),
    ("8.6", (lambda *given: by_hand(*given)[2],), "not yet", "three things"),
    ("8.6", (lambda *given: by_hand(*given, sides=1),), "not yet", "one side only"),
    ("8.6", (lambda *given: by_hand(*given, most=9),), "not yet", "at most 1"),
    ("8.6", (lambda *given: by_hand(*given, last=0),), "not yet", "belongs to the sum"),
    ("8.6", (lambda *given: by_hand(*given, sides=1, first=1),), "not yet", "exactly this count"),
    ("8.6", (lambda *given: by_hand(*given, first=1),), "not yet", "exactly these counts"),
    ("8.6", (lambda *given: by_hand(*given, n=len),), "not yet", "only one is right"),
    ("8.6", (lambda *given: by_hand(*given, larger=True),), "not yet", "smaller of the two"),
    ("8.6", (lambda y, a, b: (*by_hand(y, a, b)[:2], 1 - by_hand(y, a, b)[2]),), "not yet", "does not happen"),
    ("8.6", (lambda y, a, b: by_hand(y, b, a),), "not yet", "changed places"),
    ("8.6", (counting(lambda y, a, b: (a == y) & (b == y), lambda y, a, b: (a != y) & (b != y)),), "not yet", "agree"),
    ("8.6", (counting(lambda y, a, b: a == y, lambda y, a, b: b == y),), "not yet", "leave out what both do"),
    ("8.6", (predictions_differ,), "not yet", "predictions differ"),
    ("8.7", (stub,), "not started", ""),
    ("8.7", (chosen,), "correct", ""),
    ("8.7", (comparison.best_on,), "correct", ""),
    ("8.7", (nothing,), "not yet", "return"),
    ("8.7", (lambda v, t: chosen(v, t, by=lambda v, t: t.mean(axis=1).argmax()),), "not yet", "tests nothing"),
    ("8.7", (lambda v, t: chosen(v, t, by=lambda v, t: np.hstack([v, t]).mean(axis=1).argmax()),), "not yet", "test"),
    ("8.7", (lambda v, t: chosen(v, t, by=lambda v, t: v.mean(axis=1).argmin()),), "not yet", "model"),
    ("8.7", (lambda v, t: chosen(v, t, factor=100),), "not yet", "per cent"),
    ("8.7", (lambda v, t: chosen(v, t, plus=1),), "not yet", ""),
    ("8.7", (best_numbers,), "not yet", "of another model"),
    ("8.7", (swapped,), "not yet", "changed places"),
    ("8.7", (average,), "not yet", "mean of all models"),
    ("8.7", (lambda v, t: chosen(v, t)[1:],), "not yet", "three things"),
    ("8.8", (..., ..., ...), "not started", ""),
    ("8.8", ("geometry", ..., ...), "not started", ""),
    ("8.8", ("geometry", BECAUSE, FAILS), "correct", ""),
    ("8.8", ("main", BECAUSE, FAILS), "correct", ""),
    ("8.8", ("resnet", BECAUSE, FAILS), "not yet", "none of the course's models"),
    ("8.8", (3, BECAUSE, FAILS), "not yet", "quotation marks"),
    ("8.8", ("tiny", "It is the best.", FAILS), "not yet", "at least 30 words"),
    ("8.8", ("tiny", "accurate " * 40, FAILS), "not yet", "again and again"),
    ("8.8", ("tiny", BECAUSE, BECAUSE), "not yet", "different questions"),
    ("8.8", ("tiny", BECAUSE, "I think that it will never ever go wrong in any of all these lessons that we had."),
     "not yet", "kind of image"),
    ("8.8", ("tiny", BECAUSE.partition("It also")[0] + "I liked the way in which it was built, so I took it here.",
             FAILS), "not yet", "what it costs"),
    ("8.8", ("tiny", BECAUSE, 7), "not yet", "quotation marks"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answers", "state", "hint"), CASES)
def test_verdict(number, answers, state, hint):
    verdict = checks.examine(number, *answers)
    assert (verdict.state, bool(verdict.hint)) == (state, state == "not yet"), verdict
    assert hint in verdict.hint and "\n" not in str(verdict)


def test_every_exercise_meets_its_stub_a_right_answer_and_three_wrong_ones():
    for number in checks.numbers(8):
        states = Counter(state for n, _, state, _ in CASES if n == number)
        assert states["not started"] and states["correct"] and states["not yet"] >= 3, number
