"""Exercises of lesson 02: each check with the stub, right answers, and wrong ones whose hint names the mistake."""

from collections import Counter

import numpy as np
import pytest

from emocourse import checks
from emocourse.emotions import EMOTIONS, to_six
from emocourse.metrics import majority, wilson_interval


def stub(*_):
    raise NotImplementedError("Exercise 2.x: write the body")


def nothing(*_):
    return None


# --- 2.1 --------------------------------------------------------------------------------------------------------------


def row(line, strip=True, label=int, image=lambda p: p, kind=np.uint8):
    number, pixels, usage = (line.strip() if strip else line).split(",")
    return label(number), image(np.array(pixels.split(), dtype=kind).reshape(48, 48)), usage


# --- 2.2 --------------------------------------------------------------------------------------------------------------


def count(labels):
    return {name: int((labels == k).sum()) for k, name in enumerate(EMOTIONS)}


def ratio(counts):
    return max(counts.values()) / min(counts.values())


# --- 2.3 --------------------------------------------------------------------------------------------------------------


def dropped(images, labels, label=1, renumber=lambda left: np.where(left > 1, left - 1, left)):
    keep = labels != label
    return images[keep], renumber(labels[keep])


def in_place(images, labels):
    keep = labels != 1
    labels[labels > 1] -= 1
    return images[keep], labels[keep]


# --- 2.4 --------------------------------------------------------------------------------------------------------------


def baseline(train, labels, level=0.95):
    _, share = majority(train, labels)
    return share, *wilson_interval(round(share * len(labels)), len(labels), level)


def by_hand(train, labels):
    n, z = len(labels), 1.96
    p = np.mean(labels == np.bincount(train).argmax())
    middle, half = (p + z * z / (2 * n)) / (1 + z * z / n), np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    half *= z / (1 + z * z / n)
    return p, middle - half, middle + half


def textbook(train, labels):
    p = baseline(train, labels)[0]
    half = 1.96 * np.sqrt(p * (1 - p) / len(labels))
    return p, p - half, p + half


def around_p(train, labels):
    p, _, high = baseline(train, labels)
    return p, p - (high - p), high


def wrong_n(train, labels):
    p = baseline(train, labels)[0]
    return p, *wilson_interval(round(p * len(train)), len(train))


CASES = [
    ("2.1", (stub,), "not started", ""),
    ("2.1", (row,), "correct", ""),
    ("2.1", (lambda line: row(line, strip=False),), "not yet", "line break"),
    ("2.1", (lambda line: row(line, label=str),), "not yet", "still text"),
    ("2.1", (lambda line: row(line, image=np.ravel),), "not yet", "one long row"),
    ("2.1", (lambda line: row(line, image=np.transpose),), "not yet", "on its side"),
    ("2.1", (lambda line: row(line, kind=np.int64),), "not yet", "uint8"),
    ("2.1", (lambda line: row(line, label=lambda text: int(text) + 1),), "not yet", "the label of this row"),
    ("2.1", (lambda line: row(line)[:2],), "not yet", "three things"),
    ("2.1", (nothing,), "not yet", "return"),
    ("2.2", (stub, stub), "not started", ""),
    ("2.2", (count, stub), "not started", ""),
    ("2.2", (count, ratio), "correct", ""),
    ("2.2", (lambda x: dict(Counter(EMOTIONS[k] for k in x)), ratio), "not yet", "should have a 0"),
    ("2.2", (lambda x: dict(Counter(x.tolist())), ratio), "not yet", "keys"),
    ("2.2", (lambda x: np.bincount(x, minlength=7), ratio), "not yet", "dictionary"),
    ("2.2", (lambda x: {k: n / len(x) for k, n in count(x).items()}, ratio), "not yet", "shares"),
    ("2.2", (lambda x: dict(zip(sorted(EMOTIONS), count(x).values(), strict=True)), ratio), "not yet", "alphabet"),
    ("2.2", (lambda x: count(x[1:]), ratio), "not yet", "is wrong"),
    ("2.2", (count, lambda c: 1 / ratio(c)), "not yet", "turn it round"),
    ("2.2", (count, lambda c: max(c.values()) - min(c.values())), "not yet", "difference"),
    ("2.2", (count, lambda c: max(c.values()) / sum(c.values())), "not yet", "rarest"),
    ("2.2", (count, lambda c: max(c.values()) // min(c.values())), "not yet", "whole number"),
    ("2.3", (stub,), "not started", ""),
    ("2.3", (dropped,), "correct", ""),
    ("2.3", (lambda i, x: (i[x != 1], to_six(x)[0]),), "correct", ""),
    ("2.3", (lambda i, x: dropped(i, x, renumber=lambda left: left),), "not yet", "not renumbered"),
    ("2.3", (lambda i, x: dropped(i, x, renumber=lambda left: left - 1),), "not yet", "became 255"),
    ("2.3", (lambda i, x: dropped(i, x, renumber=lambda left: left.astype(int) - 1),), "not yet", "became -1"),
    ("2.3", (lambda i, x: dropped(i, x, label=2),), "not yet", "you dropped label 2"),
    ("2.3", (lambda i, x: dropped(i, x, renumber=lambda left: np.sort(to_six(left)[0])),), "not yet", "by hand"),
    ("2.3", (lambda i, x: dropped(i, x, renumber=lambda left: to_six(left)[0] / 1),), "not yet", "whole numbers"),
    ("2.3", (lambda i, x: (i, dropped(i, x)[1]),), "not yet", "still there"),
    ("2.3", (lambda i, x: dropped(i, x)[::-1],), "not yet", "the first thing"),
    ("2.3", (lambda i, x: (i[x == 1], x[x == 1]),), "not yet", "dropped all the others"),
    ("2.3", (lambda i, x: (dropped(i, x)[0][::-1], dropped(i, x)[1]),), "not yet", "old order"),
    ("2.3", (in_place,), "not yet", "changes the arrays"),
    ("2.3", (lambda i, x: dropped(i, x)[0],), "not yet", "two things"),
    ("2.4", (stub,), "not started", ""),
    ("2.4", (baseline,), "correct", ""),
    ("2.4", (by_hand,), "correct", ""),
    ("2.4", (lambda t, x: baseline(x, x),), "not yet", "chosen in training"),
    ("2.4", (lambda t, x: baseline(t, t),), "not yet", "on the training images"),
    ("2.4", (textbook,), "not yet", "textbook"),
    ("2.4", (around_p,), "not yet", "middle"),
    ("2.4", (wrong_n,), "not yet", "which n"),
    ("2.4", (lambda t, x: baseline(t, x, 0.99),), "not yet", "99%"),
    ("2.4", (lambda t, x: [100 * share for share in baseline(t, x)],), "not yet", "per cent"),
    ("2.4", (lambda t, x: baseline(t, x)[0],), "not yet", "three numbers"),
    ("2.4", (lambda t, x: (lambda p, low, high: (p, high, low))(*baseline(t, x)),), "not yet", "above the upper"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answers", "state", "hint"), CASES)
def test_verdict(number, answers, state, hint):
    verdict = checks.examine(number, *answers)
    assert (verdict.state, bool(verdict.hint)) == (state, state == "not yet"), verdict
    assert hint in verdict.hint and "\n" not in str(verdict)


def test_every_exercise_meets_its_stub_a_right_answer_and_three_wrong_ones():
    for number in checks.numbers(2):
        states = Counter(state for n, _, state, _ in CASES if n == number)
        assert states["not started"] and states["correct"] and states["not yet"] >= 3, number
