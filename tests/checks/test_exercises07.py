"""Exercises of lesson 07: each check with the stub, right answers, and wrong ones whose hint names the mistake."""

from collections import Counter

import numpy as np
import pytest

from emocourse import checks, metrics
from emocourse.evaluation import diagnosis
from emocourse.evaluation.diagnosis import half_width


def stub(*_):
    raise NotImplementedError("Exercise 5.x: write the body")


def nothing(*_):
    return None


# --- 5.1 --------------------------------------------------------------------------------------------------------------


def curves(
    h, best=lambda h: int(np.argmin(h["val_loss"])) + 1, gap=lambda h: h["accuracy"][-1] - h["val_accuracy"][-1]
):
    return best(h), gap(h)


def gap_at_the_turn(h):
    k = int(np.argmin(h["val_loss"]))
    return h["accuracy"][k] - h["val_accuracy"][k]


# --- 5.2 --------------------------------------------------------------------------------------------------------------


def needed(share, half, width=half_width, stop=lambda found, half: found <= half):
    n = 1
    while not stop(width(share, n), half):
        n += 1
    return n


def textbook(share, n):
    return 1.96 * np.sqrt(share * (1 - share) / n)


# --- 5.3 --------------------------------------------------------------------------------------------------------------


def matrix(labels, said, classes):
    return metrics.confusion(labels, said, classes)


def shares(counts):
    return np.diag(counts) / np.maximum(counts.sum(axis=1), 1)


def precisions(counts):
    return np.diag(counts) / np.maximum(counts.sum(axis=0), 1)


def in_place(counts):
    result = shares(counts)
    counts[:] = 0
    return result


# --- 5.4 --------------------------------------------------------------------------------------------------------------


def pair(counts, divide=lambda m: m / m.sum(axis=1, keepdims=True), both=lambda m: m + m.T, diagonal=-1):
    rates = both(divide(counts.astype(float)))
    np.fill_diagonal(rates, diagonal)
    a, b = np.unravel_index(rates.argmax(), rates.shape)
    return int(a), int(b)


# --- 5.5 --------------------------------------------------------------------------------------------------------------


def stop(losses, patience, better=lambda new, best, before: new < best, reset=True, late=0):
    best = waited = 0
    for epoch, loss in enumerate(losses):
        if epoch == 0 or better(loss, losses[best], losses[epoch - 1]):
            best, waited = epoch, 0 if reset else waited
        else:
            waited += 1
        if waited >= patience + late:
            break
    return epoch + 1, best + 1


def prophet(losses, patience):
    return stop(losses, patience)[0], int(np.argmin(losses)) + 1


# --- 5.6 --------------------------------------------------------------------------------------------------------------


def plan(train, base, seeds, seed_of=lambda seed, name: seed, start=None, **changes):
    options = {**diagnosis.REMEDIES, **changes}
    base = start or base
    return {
        name: [train(base.but(**what), seed_of(seed, name)) for seed in seeds]
        for name, what in options.items()
        if what is not None
    }


def planned(**how):
    return lambda train, base, seeds: plan(train, base, seeds, **how)


def added_up(train, base, seeds):
    result = {}
    for name, what in diagnosis.REMEDIES.items():
        base = base.but(**what)
        result[name] = [train(base, seed) for seed in seeds]
    return result


def without_results(train, base, seeds):
    plan(train, base, seeds)
    return dict.fromkeys(diagnosis.REMEDIES, base)


WEIGHT_DECAY, EARLY_STOPPING = "weight decay", "early stopping"

# --- 5.7 --------------------------------------------------------------------------------------------------------------


def grow(train, n, sizes, seeds, draw=None, key=lambda size: size, seed_of=lambda seed: seed):
    draw = draw or (lambda n, size, seed: np.random.default_rng(seed).permutation(n)[:size])
    return {key(size): [train(draw(n, size, seed), seed_of(seed)) for seed in seeds] for size in sizes}


def grown(**how):
    return lambda *given: grow(*given, **how)


def drawn(function):
    return grown(draw=lambda n, size, seed: function(np.random.default_rng(seed), n, size))


DIFFER = (
    "On 990 images each interval is about three points to either side, and these overlap widely, so it may well be "
    "chance. Train each with several seeds, and compare the answers on the same images one by one."
)
TOLD = (
    "You know it by the gap of twenty points between the two splits. Please add on how many images the number was "
    "measured, its interval, and the baseline of the commonest emotion. Then try augmentation, alone at first."
)

CASES = [
    ("7.1", (stub,), "not started", ""),
    ("7.1", (curves,), "correct", ""),
    ("7.1", (lambda h: curves(h, lambda h: h["val_loss"].index(min(h["val_loss"])) + 1),), "correct", ""),
    ("7.1", (lambda h: curves(h, lambda h: int(np.argmin(h["val_loss"]))),), "not yet", "from 0"),
    ("7.1", (lambda h: curves(h, lambda h: int(np.argmin(h["loss"])) + 1),), "not yet", "which of the two losses"),
    ("7.1", (lambda h: curves(h, lambda h: int(np.argmax(h["val_accuracy"])) + 1),), "not yet", "best accuracy"),
    ("7.1", (lambda h: curves(h, gap=lambda h: h["val_accuracy"][-1] - h["accuracy"][-1]),), "not yet", "wrong sign"),
    ("7.1", (lambda h: curves(h, gap=lambda h: abs(h["accuracy"][-1] - h["val_accuracy"][-1])),), "not yet", "drop"),
    ("7.1", (lambda h: curves(h, gap=lambda h: 100 * curves(h)[1]),), "not yet", "not in points"),
    ("7.1", (lambda h: curves(h, gap=gap_at_the_turn),), "not yet", "turning point"),
    ("7.1", (lambda h: curves(h, gap=lambda h: max(h["accuracy"]) - max(h["val_accuracy"])),), "not yet", "last epoch"),
    ("7.1", (lambda h: curves(h, gap=lambda h: h["val_loss"][-1] - h["loss"][-1]),), "not yet", "losses"),
    ("7.1", (lambda h: curves(h)[0],), "not yet", "two things"),
    ("7.1", (nothing,), "not yet", "return"),
    ("7.2", (stub,), "not started", ""),
    ("7.2", (needed,), "correct", ""),
    ("7.2", (diagnosis.images_needed,), "correct", ""),
    ("7.2", (lambda p, h: needed(p, h / 2),), "not yet", "one side only"),
    ("7.2", (lambda p, h: needed(p, 2 * h),), "not yet", "each side"),
    ("7.2", (lambda p, h: needed(p, h) - 1,), "not yet", "still too wide"),
    ("7.2", (lambda p, h: needed(p, h) + 1,), "not yet", "one image fewer"),
    ("7.2", (lambda p, h: needed(p, h, textbook),), "not yet", "textbook"),
    ("7.2", (lambda p, h: needed(0.5, h),), "not yet", "for any share"),
    ("7.2", (lambda p, h: needed(p, h, lambda p, n: half_width(p, n) * 2.576 / 1.96),), "not yet", "1.96"),
    ("7.2", (lambda p, h: needed(p, 100 * h),), "not yet", "shares"),
    ("7.2", (lambda p, h: needed(p, h) + 0.5,), "not yet", "whole numbers"),
    ("7.2", (nothing,), "not yet", "return"),
    ("7.3", (stub, stub), "not started", ""),
    ("7.3", (matrix, stub), "not yet", "Now write recalls"),
    ("7.3", (matrix, shares), "correct", ""),
    ("7.3", (lambda a, b, k: matrix(b, a, k), shares), "not yet", "swapped"),
    ("7.3", (lambda a, b, k: (matrix(a, b, k) > 0).astype(int), shares), "not yet", "add to what is there"),
    ("7.3", (lambda a, b, k: matrix(a, b, k) / 40, shares), "not yet", "shares"),
    ("7.3", (lambda a, b, k: matrix(a, b, max(a) + 1), shares), "not yet", "`classes` says"),
    ("7.3", (lambda a, b, k: matrix(a[1:], b[1:], k), shares), "not yet", "counts 31"),
    ("7.3", (lambda a, b, k: matrix(a, b, k)[::-1], shares), "not yet", "by hand"),
    ("7.3", (lambda a, b, k: matrix(a, b, k).tolist(), shares), "not yet", "NumPy array"),
    ("7.3", (matrix, precisions), "not yet", "precision"),
    ("7.3", (matrix, lambda m: np.diag(m) / m.sum(axis=1)), "not yet", "nan"),
    ("7.3", (matrix, lambda m: np.diag(m) / m.sum()), "not yet", "number of all images"),
    ("7.3", (matrix, lambda m: 100 * shares(m)), "not yet", "per cent"),
    ("7.3", (matrix, lambda m: m / np.maximum(m.sum(axis=1, keepdims=True), 1)), "not yet", "whole matrix"),
    ("7.3", (matrix, lambda m: shares(m).mean() * np.ones(1)), "not yet", "one share for each class"),
    ("7.3", (matrix, in_place), "not yet", "changes the matrix"),
    ("7.4", (stub,), "not started", ""),
    ("7.4", (pair,), "correct", ""),
    ("7.4", (lambda m: pair(m)[::-1],), "correct", ""),
    ("7.4", (diagnosis.most_confused,), "correct", ""),
    ("7.4", (lambda m: pair(m, diagonal=9),), "not yet", "itself"),
    ("7.4", (lambda m: pair(m, divide=lambda m: m),), "not yet", "more images"),
    ("7.4", (lambda m: pair(m, both=lambda m: m.copy()),), "not yet", "both directions"),
    ("7.4", (lambda m: pair(m, divide=lambda m: m, both=lambda m: m.copy()),), "not yet", "largest count"),
    ("7.4", (lambda m: pair(m, divide=lambda m: m / m.sum(axis=0)),), "not yet", "columns"),
    ("7.4", (lambda m: pair(m, both=lambda m: -m - m.T, diagonal=-9),), "not yet", "least"),
    ("7.4", (lambda m: ("neutral", "fear"),), "not yet", "numbers"),
    ("7.4", (lambda m: 0.3,), "not yet", "two things"),
    ("7.5", (stub,), "not started", ""),
    ("7.5", (stop,), "correct", ""),
    ("7.5", (diagnosis.early_stop,), "correct", ""),
    ("7.5", (lambda x, p: stop(x, p)[::-1],), "not yet", "wrong way round"),
    ("7.5", (lambda x, p: tuple(k - 1 for k in stop(x, p)),), "not yet", "from 0"),
    ("7.5", (lambda x, p: stop(x, p, late=1),), "not yet", "never trained|too long|only 6|last epoch"),
    ("7.5", (lambda x, p: stop(x, p, late=-1),), "not yet", "too early"),
    ("7.5", (prophet,), "not yet", "future"),
    ("7.5", (lambda x, p: (stop(x, p)[0],) * 2,), "not yet", "keep the last epoch"),
    ("7.5", (lambda x, p: stop(x, p, lambda new, best, before: new <= best),), "not yet", "only equal"),
    ("7.5", (lambda x, p: stop(x, p, lambda new, best, before: new < before),), "not yet", "one before"),
    ("7.5", (lambda x, p: stop(x, p, reset=False),), "not yet", "begin anew"),
    ("7.5", (lambda x, p: stop(x, p)[0],), "not yet", "two things"),
    ("7.6", (stub,), "not started", ""),
    ("7.6", (plan,), "correct", ""),
    ("7.6", (diagnosis.one_at_a_time,), "correct", ""),
    ("7.6", (planned(augmentation={"mirror": True}),), "correct", ""),
    ("7.6", (planned(nothing=None),), "not yet", "compare with"),
    ("7.6", (planned(dropout=None),), "not yet", "dropout is missing"),
    ("7.6", (added_up,), "not yet", "as well"),
    ("7.6", (planned(dropout={"dropout": 0.5, "mirror": True}),), "not yet", "which of them"),
    ("7.6", (planned(dropout={"dropout": 0.5, "epochs": 90}),), "not yet", "also changes epochs"),
    ("7.6", (planned(nothing={"dropout": 0.2}),), "not yet", "the base itself"),
    ("7.6", (planned(start=diagnosis.Recipe("points", 60, 100)),), "not yet", "Begin each recipe with base"),
    ("7.6", (planned(dropout={}),), "not yet", "changes nothing"),
    ("7.6", (planned(dropout={"dropout": 0.01}),), "not yet", "next to nothing"),
    ("7.6", (planned(**{WEIGHT_DECAY: {"weight_decay": 1e-4}}),), "not yet", "too small"),
    ("7.6", (planned(augmentation={"erasing": 0.5}),), "not yet", "paints over pixels"),
    ("7.6", (planned(seed_of=lambda seed, name: len(name)),), "not yet", "luck"),
    ("7.6", (lambda t, b, s: plan(t, b, s[:1]),), "not yet", "is run with the seeds"),
    ("7.6", (without_results,), "not yet", "what train gives back"),
    ("7.6", (lambda t, b, s: dict.fromkeys(diagnosis.REMEDIES, 0),), "not yet", "never calls"),
    ("7.6", (lambda t, b, s: [],), "not yet", "dictionary"),
    ("7.7", (stub,), "not started", ""),
    ("7.7", (grow,), "correct", ""),
    ("7.7", (diagnosis.learning_curve,), "correct", ""),
    ("7.7", (grown(draw=lambda n, size, seed: np.arange(size)),), "not yet", "stand together"),
    ("7.7", (drawn(lambda rng, n, size: rng.integers(0, n, size)),), "not yet", "twice"),
    ("7.7", (drawn(lambda rng, n, size: rng.choice(n, size, replace=False)),), "not yet", "not among"),
    ("7.7", (drawn(lambda rng, n, size: rng.permutation(n)[:size] + 1),), "not yet", "from 0"),
    ("7.7", (drawn(lambda rng, n, size: rng.permutation(size)),), "not yet", "stand together"),
    ("7.7", (grown(draw=lambda n, size, _: np.random.default_rng(0).permutation(n)[:size]),), "not yet", "draw anew"),
    ("7.7", (grown(draw=lambda n, size, seed: np.random.permutation(n)[:size]),), "not yet", "not among"),
    ("7.7", (grown(seed_of=lambda seed: 0),), "not yet", "trained with the seeds"),
    ("7.7", (lambda t, n, sizes, seeds: grow(t, n, sizes, seeds[:1]),), "not yet", "trained with the seeds"),
    ("7.7", (grown(key=str),), "not yet", "keys"),
    ("7.7", (lambda t, n, sizes, seeds: {s: [t(s, k) for k in seeds] for s in sizes},), "not yet", "array of numbers"),
    ("7.7", (grown(draw=lambda n, size, seed: np.arange(n) < size),), "not yet", "numbers of images"),
    ("7.7", (nothing,), "not yet", "return"),
    ("7.8", (..., ...), "not started", ""),
    ("7.8", (DIFFER, ...), "not started", ""),
    ("7.8", (DIFFER, TOLD), "correct", ""),
    ("7.8", (DIFFER, DIFFER), "not yet", "both texts are the same"),
    ("7.8", ("No, chance.", TOLD), "not yet", "at least 30 words"),
    ("7.8", ("chance " * 40, TOLD), "not yet", "again and again"),
    ("7.8", (TOLD.replace("interval", "x"), DIFFER), "not yet", "can be off"),
    ("7.8", (TOLD, DIFFER), "not yet", "find out"),
    ("7.8", (DIFFER, TOLD.replace("augmentation", "harder")), "not yet", "remedy"),
    ("7.8", (DIFFER, TOLD.replace("gap", "sum")), "not yet", "which two numbers"),
    ("7.8", (DIFFER, 55), "not yet", "quotation marks"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answers", "state", "hint"), CASES)
def test_verdict(number, answers, state, hint):
    verdict = checks.examine(number, *answers)
    assert (verdict.state, bool(verdict.hint)) == (state, state == "not yet"), verdict
    assert any(part in verdict.hint for part in hint.split("|")) and "\n" not in str(verdict)


def test_every_exercise_meets_its_stub_a_right_answer_and_three_wrong_ones():
    for number in checks.numbers(7):
        states = Counter(state for n, _, state, _ in CASES if n == number)
        assert states["not started"] and states["correct"] and states["not yet"] >= 3, number
