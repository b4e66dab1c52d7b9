"""Exercises of lesson 03: each check with the stub, right answers, and wrong ones whose hint names the mistake."""

from collections import Counter

import numpy as np
import pytest

from emocourse import checks
from emocourse.dataset import duplicates as copies
from emocourse.dataset import fer2013
from emocourse.dataset.ferplus import Votes
from emocourse.dataset.ferplus import one_against_others as package_against_others


def stub(*_):
    raise NotImplementedError("Exercise 2.x: write the body")


def nothing(*_):
    return None


# --- 3.1 --------------------------------------------------------------------------------------------------------------


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


# --- 3.2 --------------------------------------------------------------------------------------------------------------


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


# --- 3.3 --------------------------------------------------------------------------------------------------------------


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
    ("3.1", (stub, stub), "not started", ""),
    ("3.1", (grouped, stub), "not yet", "Now write disagreeing"),
    ("3.1", (grouped, differing), "correct", ""),
    ("3.1", (fer2013.duplicate_groups, differing), "correct", ""),
    ("3.1", (lambda x: grouped(x, key=lambda image: image), differing), "not yet", "tobytes"),
    ("3.1", (lambda x: grouped(x, key=lambda image: int(image.sum())), differing), "not yet", "same sum"),
    ("3.1", (lambda x: grouped(x, key=lambda image: image[:40].tobytes()), differing), "not yet", "one pixel"),
    ("3.1", (lambda x: grouped(x, least=1), differing), "not yet", "groups of one"),
    ("3.1", (pairs_only, differing), "not yet", "three times"),
    ("3.1", (neighbours, differing), "not yet", "anywhere"),
    ("3.1", (lambda x: len(grouped(x)), differing), "not yet", "list of groups"),
    ("3.1", (lambda x: {g[0]: g for g in grouped(x)}, differing), "not yet", "dictionary"),
    ("3.1", (lambda x: grouped(x)[1:], differing), "not yet", "missing"),
    ("3.1", (grouped, agreeing), "not yet", "the other groups"),
    ("3.1", (grouped, ends_only), "not yet", "group of three"),
    ("3.1", (grouped, firsts_only), "not yet", "group of three"),
    ("3.1", (grouped, all_differ), "not yet", "one that differs is enough"),
    ("3.1", (grouped, lambda g, v: [[v[p] for p in one] for one in differing(g, v)]), "not yet", "no group"),
    ("3.1", (grouped, lambda g, v: [len({v[p] for p in one}) > 1 for one in g]), "not yet", "True and False"),
    ("3.1", (grouped, lambda g, v: len(differing(g, v))), "not yet", "list of groups"),
    ("3.2", (stub,), "not started", ""),
    ("3.2", (experiment,), "correct", ""),
    ("3.2", (copies.leaky_accuracy,), "correct", ""),
    ("3.2", (variant(add=True),), "not yet", "has grown"),
    ("3.2", (variant(drop_leaked=True),), "not yet", "shrunk"),
    ("3.2", (variant(in_place=True),), "not yet", "copy them first"),
    ("3.2", (variant(no_leak=True),), "not yet", "none of them"),
    ("3.2", (variant(no_labels=True),), "not yet", "without their labels"),
    ("3.2", (variant(twice=True),), "not yet", "replace=False"),
    ("3.2", (variant(of_train=True),), "not yet", "share of the training images"),
    ("3.2", (variant(first=True),), "not yet", "by lot"),
    ("3.2", (variant(together=True),), "not yet", "stand together"),
    ("3.2", (variant(one_seed=True),), "not yet", "by lot"),
    ("3.2", (variant(no_seed=True),), "not yet", "twice the same seed"),
    ("3.2", (variant(ask_leaked=True),), "not yet", "ask about all 40"),
    ("3.2", (variant(rest=True),), "not yet", "did not leak"),
    ("3.2", (variant(leaked_only=True),), "not yet", "leaked images alone"),
    ("3.2", (variant(scale=100),), "not yet", "per cent"),
    ("3.2", (variant(number=True),), "not yet", "how many are right"),
    ("3.2", (lambda *given: 0.5,), "not yet", "never asks"),
    ("3.2", (lambda *given: print(end="") if experiment(*given) else None,), "not yet", "return"),
    ("3.3", (stub,), "not started", ""),
    ("3.3", (against,), "correct", ""),
    ("3.3", (lambda c: package_against_others(Votes(np.pad(c, ((0, 0), (0, 10 - c.shape[1]))), c, c)),), "correct", ""),
    ("3.3", (lambda c: against(c, less=0),), "not yet", "still among the others"),
    ("3.3", (lambda c: (c.max(axis=1) / c.sum(axis=1)).mean(),), "not yet", "still among the others"),
    ("3.3", (lambda c: against(c, tie=lambda sharing: 1),), "not yet", "counts as one half"),
    ("3.3", (lambda c: against(c, tie=lambda sharing: sharing == 1),), "not yet", "still counts in part"),
    ("3.3", (lambda c: 100 * against(c),), "not yet", "from 0 to 1"),
    ("3.3", (lambda c: against(c) * c.sum(),), "not yet", "what share of all"),
    ("3.3", (lambda c: against(c, copy=False),), "not yet", "copy a row"),
    ("3.3", (lambda c: c.max(axis=1) / c.sum(axis=1),), "not yet", "one number"),
    ("3.3", (lambda c: (c.max(axis=1) == c.sum(axis=1)).mean(),), "not yet", "on paper"),
    ("3.4", (..., ...), "not started", ""),
    ("3.4", (HUMAN, ...), "not started", ""),
    ("3.4", (HUMAN, PEOPLE), "correct", ""),
    ("3.4", (HUMAN, HUMAN), "not yet", "both texts are the same"),
    ("3.4", ("Yes, a human is better.", PEOPLE), "not yet", "at least 30 words"),
    ("3.4", ("better " * 40, PEOPLE), "not yet", "again and again"),
    ("3.4", (HUMAN.replace("same", "right").replace("fair comparison", "contest"), PEOPLE), "not yet", "be the same"),
    ("3.4", (PEOPLE.replace("I", "the same"), PEOPLE), "not yet", "labels"),
    ("3.4", (HUMAN, HUMAN + " And more could be said about it."), "not yet", "would have asked"),
    ("3.4", (HUMAN, "We should have asked them first. " + HUMAN), "not yet", "one group"),
    ("3.4", (HUMAN, 65), "not yet", "quotation marks"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answers", "state", "hint"), CASES)
def test_verdict(number, answers, state, hint):
    verdict = checks.examine(number, *answers)
    assert (verdict.state, bool(verdict.hint)) == (state, state == "not yet"), verdict
    assert hint in verdict.hint and "\n" not in str(verdict)


def test_every_exercise_meets_its_stub_a_right_answer_and_three_wrong_ones():
    for number in checks.numbers(3):
        states = Counter(state for n, _, state, _ in CASES if n == number)
        assert states["not started"] and states["correct"] and states["not yet"] >= 3, number
