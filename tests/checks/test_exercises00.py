"""The checks of lesson 00: its stubs, right answers, and wrong ones with the hint that each must give."""

import numpy as np
import pytest

from emocourse import checks
from emocourse.checks.lesson00 import question

BINARY = question()
OTHER = np.zeros((48, 48, 1), np.float32)
OTHER[10:17, 10:17] = 1  # 49 dots


def stub(*_):
    raise NotImplementedError("Exercise 0.4: write the body of sure_enough")


def right(probabilities, least):
    best = max(probabilities, key=probabilities.get)
    return best if probabilities[best] >= least else None


def above(probabilities, least):
    best = max(probabilities, key=probabilities.get)
    return best if probabilities[best] > least else None


def any_below(probabilities, least):
    return None if min(probabilities.values()) < least else max(probabilities, key=probabilities.get)


def always(probabilities, least):
    return max(probabilities, key=probabilities.get)


def quoted(probabilities, least):
    return right(probabilities, least) or "None"


def first(probabilities, least):
    return next(iter(probabilities)) if max(probabilities.values()) >= least else None


def forgets(probabilities, least):
    right(probabilities, least)


# number, answers, state, a part of the hint
CASES = [
    ("0.2", (BINARY, ...), "not started", ""),
    ("0.2", (BINARY, int(BINARY.sum())), "correct", ""),
    ("0.2", (OTHER, 49), "not yet", "not the image of the largest face"),
    ("0.2", (0, 0), "not yet", "not the image of the largest face"),
    ("0.2", (BINARY, BINARY.sum()), "correct", ""),
    ("0.2", (BINARY, int(np.count_nonzero(BINARY))), "correct", ""),
    ("0.2", (BINARY, BINARY.size), "not yet", "every pixel"),
    ("0.2", (BINARY, len(BINARY)), "not yet", "rows"),
    ("0.2", (BINARY, int((BINARY == 0).sum())), "not yet", "zeros"),
    ("0.2", (BINARY, BINARY.sum(axis=0)), "not yet", "one number"),
    ("0.2", (BINARY, 45), "not yet", "added up"),
    ("0.3", (...,), "not started", ""),
    ("0.3", (list("CGEAFDB"),), "correct", ""),
    ("0.3", ("cgeafdb",), "correct", ""),
    ("0.3", (list("CGAEFDB"),), "not yet", "step A"),
    ("0.3", (list("GCEAFDB"),), "not yet", "step G"),
    ("0.3", (list("CGEADFB"),), "not yet", "step D"),
    ("0.3", (list("CGEAFBD"),), "not yet", "step B"),
    ("0.3", (list("CGEAFD"),), "not yet", "7 steps"),
    ("0.3", (list("CGEAFDBB"),), "not yet", "twice"),
    ("0.3", (["find the face"],), "not yet", "A to G"),
    ("0.3", (7,), "not yet", "a list"),
    ("0.4", (stub,), "not started", ""),
    ("0.4", (right,), "correct", ""),
    ("0.4", (above,), "not yet", "includes the limit"),
    ("0.4", (any_below,), "not yet", "gives nothing back"),
    ("0.4", (always,), "not yet", "too small"),
    ("0.4", (quoted,), "not yet", "quotation marks"),
    ("0.4", (first,), "not yet", "not the most likely one"),
    ("0.4", (forgets,), "not yet", "gives nothing back"),
    ("0.4", ("sadness",), "not yet", "calls your function"),
]


@pytest.mark.parametrize(("number", "answers", "state", "hint"), CASES)
def test_verdict(number, answers, state, hint):
    verdict = checks.examine(number, *answers)
    assert (verdict.state, bool(verdict.hint)) == (state, state == "not yet"), verdict
    assert hint in verdict.hint
