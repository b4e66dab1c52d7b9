"""Exercises of lesson 02: each check with the stub, right answers, and wrong ones whose hint names the mistake."""

from collections import Counter

import numpy as np
import pytest

from emocourse import checks
from emocourse.dataset import duplicates as copies
from emocourse.dataset import fer2013
from emocourse.dataset.ferplus import Votes
from emocourse.dataset.ferplus import one_against_others as package_against_others
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


# --- 2.5 --------------------------------------------------------------------------------------------------------------


def grouped(images, key=lambda image: image.tobytes(), least=2):
    places = {}
    for place, image in enumerate(images):
        places.setdefault(key(image), []).append(place)
    return [group for group in places.values() if len(group) >= least]


def pairs_only(images):
    groups = grouped(images)
    return [[group[0], other] for group in groups for other in group[1:]]


def neighbours(images):
    return [[i, i + 1] for i in range(len(images) - 1) if (images[i] == images[i + 1]).all()]


def differing(groups, values):
    return [group for group in groups if len({values[place] for place in group}) > 1]


def ends_only(groups, values):
    return [group for group in groups if values[group[0]] != values[group[-1]]]


def firsts_only(groups, values):
    return [group for group in groups if values[group[0]] != values[group[1]]]


def all_differ(groups, values):
    return [group for group in groups if len({values[place] for place in group}) == len(group)]


def agreeing(groups, values):
    return [group for group in groups if len({values[place] for place in group}) == 1]


# --- 2.6 --------------------------------------------------------------------------------------------------------------


def experiment(model, train, test, share, seed, **how):
    rng = np.random.default_rng(None if how.get("no_seed") else 0 if how.get("one_seed") else seed)
    images, labels = train if how.get("in_place") else (train[0].copy(), train[1].copy())
    n = round(share * len(labels if how.get("of_train") else test[1])) * (not how.get("no_leak"))
    n = min(n, len(test[1]))
    leaked = rng.choice(len(test[1]), n, replace=bool(how.get("twice")))
    replaced = np.arange(n) if how.get("together") else rng.choice(len(labels), n, replace=False)
    if how.get("first"):
        leaked = np.arange(n)
    if how.get("add"):
        images, labels = np.concatenate([images, test[0][leaked]]), np.concatenate([labels, test[1][leaked]])
    else:
        images[replaced] = test[0][leaked]
        if not how.get("no_labels"):
            labels[replaced] = test[1][leaked]
    if how.get("ask_leaked") and n:
        return np.mean(model(images, labels, test[0][leaked]) == test[1][leaked])
    if how.get("drop_leaked"):
        images, labels = images[: len(images) - n], labels[: len(labels) - n]
    hits = model(images, labels, test[0]) == test[1]
    if how.get("rest"):
        hits = np.delete(hits, leaked) if n < len(hits) else hits
    if how.get("leaked_only") and n:
        hits = hits[leaked]
    return how.get("scale", 1) * (hits.sum() if how.get("number") else hits.mean())


def variant(**how):
    return lambda *given: experiment(*given, **how)


# --- 2.7 --------------------------------------------------------------------------------------------------------------


def against(counts, less=1, tie=lambda sharing: 1 / sharing, copy=True):
    met = 0.0
    for line in counts:
        for choice in np.flatnonzero(line):
            others = line.astype(int) if copy else line
            others[choice] -= less
            first = others == others.max()
            met += line[choice] * tie(first.sum()) * first[choice]
    return met / counts.sum()


HUMAN = (
    "A fair comparison needs the same images, the same classes and the same input for both, with intervals beside "
    "the numbers. Since voters often disagree, and their majority with the label, an error may be the label's."
)
PEOPLE = (
    "The search engine finds stars and models more often than old people or children, and words in English bring "
    "images from few countries. I would have asked each for permission, and then what they really felt just then."
)

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
    ("2.5", (stub, stub), "not started", ""),
    ("2.5", (grouped, stub), "not yet", "Now write disagreeing"),
    ("2.5", (grouped, differing), "correct", ""),
    ("2.5", (fer2013.duplicate_groups, differing), "correct", ""),
    ("2.5", (lambda x: grouped(x, key=lambda image: image), differing), "not yet", "tobytes"),
    ("2.5", (lambda x: grouped(x, key=lambda image: int(image.sum())), differing), "not yet", "same sum"),
    ("2.5", (lambda x: grouped(x, key=lambda image: image[:40].tobytes()), differing), "not yet", "one pixel"),
    ("2.5", (lambda x: grouped(x, least=1), differing), "not yet", "groups of one"),
    ("2.5", (pairs_only, differing), "not yet", "three times"),
    ("2.5", (neighbours, differing), "not yet", "anywhere"),
    ("2.5", (lambda x: len(grouped(x)), differing), "not yet", "list of groups"),
    ("2.5", (lambda x: {g[0]: g for g in grouped(x)}, differing), "not yet", "dictionary"),
    ("2.5", (lambda x: grouped(x)[1:], differing), "not yet", "missing"),
    ("2.5", (grouped, agreeing), "not yet", "the other groups"),
    ("2.5", (grouped, ends_only), "not yet", "group of three"),
    ("2.5", (grouped, firsts_only), "not yet", "group of three"),
    ("2.5", (grouped, all_differ), "not yet", "one that differs is enough"),
    ("2.5", (grouped, lambda g, v: [[v[p] for p in one] for one in differing(g, v)]), "not yet", "no group"),
    ("2.5", (grouped, lambda g, v: [len({v[p] for p in one}) > 1 for one in g]), "not yet", "True and False"),
    ("2.5", (grouped, lambda g, v: len(differing(g, v))), "not yet", "list of groups"),
    ("2.6", (stub,), "not started", ""),
    ("2.6", (experiment,), "correct", ""),
    ("2.6", (copies.leaky_accuracy,), "correct", ""),
    ("2.6", (variant(add=True),), "not yet", "has grown"),
    ("2.6", (variant(drop_leaked=True),), "not yet", "shrunk"),
    ("2.6", (variant(in_place=True),), "not yet", "copy them first"),
    ("2.6", (variant(no_leak=True),), "not yet", "none of them"),
    ("2.6", (variant(no_labels=True),), "not yet", "without their labels"),
    ("2.6", (variant(twice=True),), "not yet", "replace=False"),
    ("2.6", (variant(of_train=True),), "not yet", "share of the training images"),
    ("2.6", (variant(first=True),), "not yet", "by lot"),
    ("2.6", (variant(together=True),), "not yet", "stand together"),
    ("2.6", (variant(one_seed=True),), "not yet", "by lot"),
    ("2.6", (variant(no_seed=True),), "not yet", "twice the same seed"),
    ("2.6", (variant(ask_leaked=True),), "not yet", "ask about all 40"),
    ("2.6", (variant(rest=True),), "not yet", "did not leak"),
    ("2.6", (variant(leaked_only=True),), "not yet", "leaked images alone"),
    ("2.6", (variant(scale=100),), "not yet", "per cent"),
    ("2.6", (variant(number=True),), "not yet", "how many are right"),
    ("2.6", (lambda *given: 0.5,), "not yet", "never asks"),
    ("2.6", (lambda *given: print(end="") if experiment(*given) else None,), "not yet", "return"),
    ("2.7", (stub,), "not started", ""),
    ("2.7", (against,), "correct", ""),
    ("2.7", (lambda c: package_against_others(Votes(np.pad(c, ((0, 0), (0, 10 - c.shape[1]))), c, c)),), "correct", ""),
    ("2.7", (lambda c: against(c, less=0),), "not yet", "still among the others"),
    ("2.7", (lambda c: (c.max(axis=1) / c.sum(axis=1)).mean(),), "not yet", "still among the others"),
    ("2.7", (lambda c: against(c, tie=lambda sharing: 1),), "not yet", "counts as one half"),
    ("2.7", (lambda c: against(c, tie=lambda sharing: sharing == 1),), "not yet", "still counts in part"),
    ("2.7", (lambda c: 100 * against(c),), "not yet", "from 0 to 1"),
    ("2.7", (lambda c: against(c) * c.sum(),), "not yet", "what share of all"),
    ("2.7", (lambda c: against(c, copy=False),), "not yet", "copy a row"),
    ("2.7", (lambda c: c.max(axis=1) / c.sum(axis=1),), "not yet", "one number"),
    ("2.7", (lambda c: (c.max(axis=1) == c.sum(axis=1)).mean(),), "not yet", "on paper"),
    ("2.8", (..., ...), "not started", ""),
    ("2.8", (HUMAN, ...), "not started", ""),
    ("2.8", (HUMAN, PEOPLE), "correct", ""),
    ("2.8", (HUMAN, HUMAN), "not yet", "both texts are the same"),
    ("2.8", ("Yes, a human is better.", PEOPLE), "not yet", "at least 30 words"),
    ("2.8", ("better " * 40, PEOPLE), "not yet", "again and again"),
    ("2.8", (HUMAN.replace("same", "right").replace("fair comparison", "contest"), PEOPLE), "not yet", "be the same"),
    ("2.8", (PEOPLE.replace("I", "the same"), PEOPLE), "not yet", "labels"),
    ("2.8", (HUMAN, HUMAN + " And more could be said about it."), "not yet", "would have asked"),
    ("2.8", (HUMAN, "We should have asked them first. " + HUMAN), "not yet", "one group"),
    ("2.8", (HUMAN, 65), "not yet", "quotation marks"),
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
