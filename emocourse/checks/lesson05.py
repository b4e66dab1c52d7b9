"""Exercises of lesson 05, how a network learns."""

import functools

import numpy as np

from . import Case, Choice, Function, Judge, Words, exercise, expect

# --- 5.1 the slope of a curve -----------------------------------------------------------------------------------------


def slope(f, w, h=1e-4):
    """The slope of f at w, measured from w - h to w + h."""
    return (f(w + h) - f(w - h)) / (2 * h)


def cube(w):
    """A curve whose slope from both sides differs from that of one side."""
    return w**3


def falling(w):
    """A straight line downhill."""
    return 4 - 2.5 * w


def level(w):
    """No slope anywhere."""
    return 7.0


CURVES = [
    Case("the cube of w", cube, 2.0, 0.5),
    Case("the cube of w and another h", cube, -1.0, 0.25, kind="uneven"),
    Case("a line that falls", falling, 3.0, 0.125, kind="order", want=-2.5),
    Case("a level line", level, 1.0, 0.5, kind="edge", want=0),
    Case("the cube of w, without an h", cube, 1.0, kind="default"),
    Case("a weight of NumPy's", cube, np.float64(0.5), 0.5, kind="dtype"),
]

exercise("5.1", Function(
    slope, CURVES, tolerance=1e-4,
    mistakes=[
        ("the run is from w - h to w + h: that is two h", ("(2 * h)", "h")),
        ("this is on one side only: go h to both sides of w", "(f(w + h) - f(w)) / h", "(f(w) - f(w - h)) / h"),
        ("the sign is wrong: take what is on the right minus what is on the left", "(f(w - h) - f(w + h)) / (2 * h)"),
        ("this is the rise only: divide it by the run", "f(w + h) - f(w - h)"),
        ("mind the order: / 2 * h divides by two and then multiplies by h", "(f(w + h) - f(w - h)) / 2 * h"),
        ("without brackets only the last term is divided", "f(w + h) - f(w - h) / (2 * h)"),
        ("use the h that your function is given, and no number of your own",
         "(f(w + 1e-4) - f(w - 1e-4)) / 2e-4", "(f(w + 1e-5) - f(w - 1e-5)) / 2e-5"),
        ("this is the run over the rise: turn it round", "2 * h / (f(w + h) - f(w - h) or 1e9)"),
        ("a slope can be negative: no abs", "abs(f(w + h) - f(w - h)) / (2 * h)"),
        ("go a whole h to each side, and not half of it", "(f(w + h / 2) - f(w - h / 2)) / h"),
        ("this is the height of the curve: how much does it change?", "f(w)", "(f(w + h) + f(w - h)) / 2"),
    ],
    also_right=["(f(w + h) - f(w - h)) / ((w + h) - (w - h))", "((f(w + h) - f(w)) / h + (f(w) - f(w - h)) / h) / 2"],
))  # fmt: skip


# --- 5.2 gradient descent ---------------------------------------------------------------------------------------------


def descend(slope_at, w, rate, steps):
    """Every weight visited: the start, then one after each step against the slope."""
    visited = [w]
    for _ in range(steps):
        w = w - rate * slope_at(w)
        visited.append(w)
    return visited


def valley(w):
    """Slope of (w - 3) squared."""
    return 2 * (w - 3)


def hill(w):
    """A slope that is the steeper the further to the right."""
    return w * w


exercise("5.2", Function(
    descend,
    cases=[
        Case("a valley whose lowest point is 3", valley, 0.0, 0.25, 3, want=[0.0, 1.5, 2.25, 2.625]),
        Case("another slope and rate", hill, 2.0, 0.125, 2, kind="uneven"),
        Case("a start on the right", valley, 5.0, 0.5, 1, kind="order", want=[5.0, 3.0]),
        Case("no steps", valley, 1.0, 0.5, 0, kind="empty", want=[1.0]),
        Case("a rate that is too large", valley, 2.0, 2.0, 2, kind="edge", want=[2.0, 6.0, -6.0]),
        Case("a start at the lowest point", valley, 3.0, 0.25, 2, kind="edge", want=[3.0, 3.0, 3.0]),
        Case("a weight of NumPy's", valley, np.float64(1.0), 0.25, 1, kind="dtype"),
    ],
    mistakes=[
        ("you walk uphill: go against the slope", ("w - rate", "w + rate")),
        ("the start belongs into the list, too", ("visited = [w]", "visited = []")),
        ("the weight after the last step is missing", ("w = w - rate * slope_at(w)\n        visited.append(w)",
                                                       "visited.append(w)\n        w = w - rate * slope_at(w)",
                                                       "visited = [w]", "visited = []")),
        ("you take a step too many", ("range(steps)", "range(steps + 1)")),
        ("you take a step too few", ("range(steps)", "range(steps - 1)")),
        ("the learning rate is missing", ("rate * slope_at", "slope_at")),
        ("the slope is different at each place: ask for it again at every step",
         ("rate * slope_at(w)", "rate * slope_at(visited[0])")),
        ("each step starts where the last one ended, and not at the start again",
         ("w = w - rate", "w = visited[0] - rate"), ("w = w - rate * slope_at(w)\n        visited.append(w)",
                                                     "visited.append(w - rate * slope_at(w))")),
        ("the return stands inside the loop: it ends after one step", ("    return visited", "        return visited")),
        ("keep the weights: your list holds something else", ("visited.append(w)", "visited.append(slope_at(w))")),
        ("the list of all weights is wanted, and not only the last", ("return visited", "return w")),
        ("the sign of the slope says where down is: no abs", ("rate * slope_at(w)", "rate * abs(slope_at(w))")),
        ("take all the steps, also where they are small or lead nowhere", ("w = w - rate * slope_at(w)\n",
         "if abs(rate * slope_at(w)) < 0.01:\n            break\n        w = w - rate * slope_at(w)\n")),
        ("the learning rate stays the same at every step", ("rate * slope_at(w)", "rate / len(visited) * slope_at(w)")),
        ("the step depends on how steep it is, not only on the direction",
         ("rate * slope_at(w)", "rate * (1 if slope_at(w) > 0 else -1 if slope_at(w) < 0 else 0)")),
    ],
    signs=[(lambda got, want: len(got) == len(want) + 1 and got[0] == got[1],
            "the start is in your list twice", ("visited = [w]", "visited = [w, w]"))],
))  # fmt: skip


# --- 5.3 which learning rate? -----------------------------------------------------------------------------------------

SMALL = "too small, it would fall at every step, only slowly"
LARGE = "with one that is far too large, the loss would grow from step to step"
JUMPS = "it doesn't fall steadily, and doesn't blow up either: look at how it goes up and down"
RIGHT = "a good rate brings the loss down in a few steps, and then little changes"

exercise("5.3", Choice("rates", {
    "first": {"A": True, "B": "1.80 to 1.74 in twelve epochs is hardly a fall: what would larger steps do?",
              "C": f"it goes down at every step: {JUMPS}", "D": f"the loss falls: {LARGE}"},
    "second": {"A": SMALL, "B": RIGHT, "C": f"it is beyond jumping: {LARGE}", "D": True},
    "third": {"A": "most of the fall is over after three epochs: nothing slow about it", "B": True,
              "C": "it falls and then stays low: nothing jumps", "D": f"the loss falls: {LARGE}"},
    "fourth": {"A": SMALL, "B": f"it is still at 1.5 and never settles. {RIGHT}", "C": True,
               "D": "it comes back down each time: the steps overshoot, but they do not run away"},
}))  # fmt: skip


# --- 5.4 softmax and cross-entropy ------------------------------------------------------------------------------------


def softmax(scores):
    """Probabilities (n, classes) from scores (n, classes): each row sums to 1."""
    scores = np.asarray(scores, float)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def naive(scores, off=0):
    """A softmax that runs over: the same is taken off all scores."""
    with np.errstate(all="ignore"):
        powers = np.exp(np.asarray(scores, float) - off)
        return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(p, labels):
    """Mean of minus the logarithm of the probability that the right label got."""
    p = np.asarray(p)
    return -np.log(p[np.arange(len(labels)), labels]).mean()


P = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.7, 0.2, 0.1]])
LABELS = np.array([1, 1, 0, 0])

exercise("5.4",
    Function(softmax, cases=[
        Case("two rows", np.array([[0.0, np.log(3.0)], [2.0, 1.0]])),
        Case("one row", np.array([[1.0, 2.0, 0.5]]), kind="edge"),
        Case("three classes and four faces", np.array([[0.0, 1, 2], [3, 1, 0], [-1, -2, -3], [5, 5, 5]]), kind="tie"),
        Case("as many faces as classes", np.array([[0.0, 1, 2], [3, 1, 0], [-1, -2, -1.5]]), kind="uneven"),
        Case("whole numbers", np.array([[0, 1], [2, 0]]), kind="dtype"),
        Case("scores of 1,000", np.array([[1000.0, 999.0], [0.0, 1.0]]), kind="edge"),
        Case("scores of -1,000", np.array([[-1000.0, -1001.0], [0.0, 0.5]]), kind="edge"),
    ], mistakes=[
        ("you divide by the sum of all faces: each row must add up to 1 by itself",
         ("powers.sum(axis=1, keepdims=True)", "powers.sum()"),
         "(lambda e: e / e.sum())(np.exp(scores - np.max(scores)))"),
        ("you add up the columns: each row is a face, and must add up to 1",
         ("powers.sum(axis=1, keepdims=True)", "powers.sum(axis=0)"), "naive(np.transpose(scores), np.max(scores)).T"),
        ("subtract the largest score of each row: one of all rows is too much for the others",
         "naive(scores, np.max(scores))"),
        ("e to the power of 1,000 is too much for a computer: subtract the largest score of each row first",
         naive),
        ("subtract the largest score of the row, not of the column", "naive(scores, np.max(scores, axis=0))"),
        ("raise e to the power of each score, and no other number", ("np.exp(", "np.exp2(")),
        ("subtract the largest score, and do not divide by it", (" - scores.max(", " / scores.max(")),
        ("cut off at a limit, 1000 and 999 become equal: subtract the largest", "naive(np.clip(scores, -500, 500))"),
        ("use powers of e: scores themselves are no shares, also where none is negative",
         "np.asarray(scores, float) / (np.sum(scores, axis=1, keepdims=True) + 1e-9)",
         "(lambda s: s / (s.sum(axis=1, keepdims=True) + 1e-9))(scores - np.min(scores, axis=1, keepdims=True))"),
        ("these are not shares yet: divide by their sum", ("powers / powers.sum(axis=1, keepdims=True)", "powers")),
        ("keepdims=True is missing from the sum: without it, the sums of rows meet the columns",
         "(lambda e: e / (e.sum(axis=1) if e.shape[0] == e.shape[1] else e.sum(axis=1, keepdims=True)))("
         "np.exp(scores - np.max(scores, axis=1, keepdims=True)))"),
    ], also_right=[
        "np.stack([np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in np.asarray(scores, float)])",
        "1 / np.exp(np.clip(np.asarray(scores, float)[:, None, :] - np.asarray(scores, float)[:, :, None], -700, 700))"
        ".sum(axis=2)",
    ]),
    Function(cross_entropy, cases=[
        Case("four faces", P, LABELS),
        Case("one face that got one half", P[:1], np.array([0]), kind="edge", want=np.log(2)),
        Case("other labels, one of them absent", P, np.array([2, 0, 2, 0]), kind="absent"),
        Case("probabilities of float32, bytes as labels", P.astype(np.float32), LABELS.astype(np.uint8), kind="dtype"),
        Case("as many faces as classes", P[:3], np.array([0, 1, 1]), kind="uneven"),
        Case("a sure and right answer", np.array([[1.0, 0.0]]), np.array([0]), kind="edge", want=0),
    ], mistakes=[
        ("the minus sign is missing: a probability is below 1, and its logarithm below 0", ("-np.log", "np.log")),
        ("this adds the losses up: take their mean", (".mean()", ".sum()")),
        ("one number for all faces is wanted: take the mean", (".mean()", "")),
        ("the logarithm of the mean is not the mean of the logarithms",
         "-np.log(p[np.arange(len(labels)), labels].mean())"),
        ("take the probability of the right label, and not the largest one", "-np.log(p.max(axis=1)).mean()"),
        ("take the right label's probability only: you use those of all classes", "-np.log(p + 1e-300).mean()"),
        ("this picks every face with every label: index with two arrays, np.arange(len(labels)) and labels",
         "-np.log(np.maximum(p[:, labels], 1e-300)).mean()"),
        ("p[labels] picks whole rows: index with two arrays, np.arange(len(labels)) and labels",
         "-np.log(np.maximum(p[labels], 1e-12)).mean()"),
        ("divide by the number of faces, and not by that of all probabilities",
         "-np.log(p[np.arange(len(labels)), labels]).sum() / p.size"),
        ("weigh by what is right, and not by what the network believes: take the label's probability",
         "-np.sum(p * np.log(np.maximum(p, 1e-12)))", "-np.sum(p * np.log(np.maximum(p, 1e-12)), axis=1).mean()"),
        ("this is how far from 1 the probability is: the loss is minus its logarithm",
         "(1 - p[np.arange(len(labels)), labels]).mean()", "((1 - p[np.arange(len(labels)), labels]) ** 2).mean()",
         "((p - np.eye(p.shape[1])[labels]) ** 2).mean()"),
        ("the natural logarithm is meant: np.log", "-np.log2(p[np.arange(len(labels)), labels]).mean()",
         "-np.log10(p[np.arange(len(labels)), labels]).mean()"),
    ], also_right=[
        "sum(-np.log(row[label]) for row, label in zip(p, labels)) / len(labels)",
        "-np.log((p * np.eye(p.shape[1])[labels]).sum(axis=1)).mean()",
        "-np.mean(np.log(np.take_along_axis(p, labels[:, None].astype(int), axis=1)))",
    ]),
)  # fmt: skip


# --- 5.5 p minus one-hot ----------------------------------------------------------------------------------------------


def gradients(X, p, labels):
    """Gradients of the mean loss by W (inputs, classes) and by b (classes,)."""
    error = np.array(p, float)
    error[np.arange(len(labels)), labels] -= 1
    error = error / len(labels)
    return np.asarray(X).T @ error, error.sum(axis=0)


_RNG = np.random.default_rng(5)
INPUTS = _RNG.normal(size=(4, 2)).round(1)
ONE = np.array([[2.0, -1.0]])

exercise("5.5", Function(
    gradients,
    cases=[
        Case("one face", ONE, np.array([[0.5, 0.3, 0.2]]), np.array([0]),
             want=(np.array([[-1.0, 0.6, 0.4], [0.5, -0.3, -0.2]]), np.array([-0.5, 0.3, 0.2]))),
        Case("four faces", INPUTS, P, LABELS, kind="uneven"),
        Case("a label that nobody has", INPUTS, P, np.array([2, 0, 2, 0]), kind="absent"),
        Case("float32, bytes as labels", INPUTS.astype(np.float32), P.astype(np.float32), LABELS.astype(np.uint8),
             kind="dtype"),
        Case("a face that is right for sure", ONE, np.array([[0.0, 1.0]]), np.array([1]), kind="edge",
             want=(np.zeros((2, 2)), np.zeros(2))),
        Case("as many faces as inputs and classes", np.array([[1.0, 2], [3, -1]]), np.array([[0.9, 0.1], [0.4, 0.6]]),
             np.array([1, 1]), kind="edge"),
    ],
    tolerance=1e-4, keeps="your function changes p, which is still needed: work on a copy, p.copy()",
    mistakes=[
        ("the loss is a mean, so the gradient is one too: divide by the number of faces",
         ("error / len(labels)", "error")),
        ("it is the other way round: p minus one-hot. With your sign, the loss grows", ("error / len(labels)",
                                                                                     "-error / len(labels)")),
        ("the gradient of b is a sum over faces, since the division is done; a mean divides once more",
         ("error.sum(axis=0)", "error.mean(axis=0)")),
        ("one number a class is wanted for b: sum over the faces, axis=0", ("error.sum(axis=0)", "error.sum()"),
         ("error.sum(axis=0)", "error.sum(axis=1)")),
        ("subtract 1 where the right label is: this is p alone",
         ("error[np.arange(len(labels)), labels] -= 1", "pass")),
        ("subtract 1 where the right label is, and do not add it", ("-= 1", "+= 1")),
        ("the wrong labels have a slope, too: p itself; only for the right one is it p - 1",
         ("error / len(labels)", "error * np.eye(len(error[0]))[labels] / len(labels)")),
        ("the gradient of W has W's shape, (inputs, classes): X.T @ error",
         ("np.asarray(X).T @ error", "error.T @ np.asarray(X)")),
        ("error[:, labels] takes those columns of every face: index with np.arange(len(labels)) and labels",
         ("error[np.arange(len(labels)), labels]", "error[:, labels]")),
        ("divide by the number of faces, and not of classes or inputs", ("/ len(labels)", "/ error.shape[1]"),
         ("/ len(labels)", "/ error.size"),
         ("np.asarray(X).T @ error", "np.asarray(X).T @ error * len(X) / X.shape[1]")),
        ("divide the other gradient by the number of faces as well: both belong to the mean loss",
         ("error.sum(axis=0)", "error.sum(axis=0) * len(labels)"),
         ("np.asarray(X).T @ error", "np.asarray(X).T @ error * len(labels)")),
        ("two gradients are wanted, first that of W, then that of b",
         ("np.asarray(X).T @ error, error.sum(axis=0)", "error.sum(axis=0), np.asarray(X).T @ error"),
         ("np.asarray(X).T @ error, error.sum(axis=0)", "np.asarray(X).T @ error")),
    ],
    also_right=["(lambda e: (X.T @ e, e.sum(0)))((p - np.eye(p.shape[1])[labels]) / len(X))",
                "(lambda e: ((X[:, :, None] * e[:, None, :]).mean(0), e.mean(0)))(p - np.eye(p.shape[1])[labels])"],
))  # fmt: skip


# --- 5.6 batches, and an epoch ----------------------------------------------------------------------------------------


def batches(n, size, seed):
    """The numbers 0 to n - 1 in random order, cut into arrays of `size`; the last may be shorter."""
    order = np.random.default_rng(seed).permutation(n)
    return [order[start : start + size] for start in range(0, n, size)]


def look_at_batches(answer):
    """All faces once, shuffled, in pieces of the size asked for, the same again for the same seed."""
    found = {}
    for n, size in ((10, 3), (12, 4), (5, 8), (40, 16), (7, 1)):
        given = answer(n, size, 3)
        expect(given is not None, "batches gives nothing back: is there a return?")
        try:
            parts = [np.asarray(part) for part in given]
        except TypeError:
            expect(False, "batches must give a list back, an array of places for each batch")
        told = f"for {n} faces in batches of {size}"
        expect(parts and all(part.ndim == 1 for part in parts), f"{told}, give a list of one-dimensional arrays back")
        expect(all(part.dtype.kind in "iu" for part in parts), f"{told}, your arrays hold no whole numbers")
        got = [len(part) for part in parts]
        runs = size > 1 and all(np.array_equal(part, part[:1] + np.arange(len(part))) for part in parts)
        places = np.concatenate(parts)
        want = [size] * (n // size) + [n % size] * bool(n % size)
        expect(got != want[:-1] or not n % size, f"{told}, the last short batch is missing: every face takes part")
        expect(len(got) != size or len(want) == size, f"{told}, you make {size} batches: each should hold {size}")
        expect(not runs or (np.diff(places) < 0).any(), "the faces come in their old order: shuffle them first")
        expect(not runs, "you shuffle the batches, but each holds neighbours: shuffle, then cut")
        expect(0 not in got, f"{told}, one of your batches is empty")
        twice = len(set(places.tolist())) < len(places)
        expect(not twice, f"{told}, a place comes twice in an epoch: shuffle once, and do not draw each batch anew")
        expect(sorted(places.tolist()) == list(range(n)), f"{told}, the places must be 0 to {n - 1}, each of them once")
        expect(got == want, f"{told}, your batches have the sizes {got}; expected {want}")
        found[n] = places
    again, other = (np.concatenate([np.asarray(part) for part in answer(40, 16, seed)]) for seed in (3, 4))
    expect(again.tolist() == found[40].tolist(), "the same seed gave two orders: np.random.default_rng(seed)")
    expect(other.tolist() != again.tolist(), "two seeds give the same order: use the seed that your function is given")


def one_epoch(W, b, X, labels, parts, rate):
    """W and b after one step of gradient descent for each batch in `parts`."""
    for part in parts:
        p = softmax(X[part] @ W + b)
        dW, db = gradients(X[part], p, labels[part])
        W, b = W - rate * dW, b - rate * db
    return W, b


def _shuffled(n, size, seed):
    return np.random.default_rng(seed).permutation(n)


FACES = _RNG.normal(size=(7, 2)).round(1)
NAMES = np.array([0, 2, 1, 2, 2, 0, 1])
W0, B0 = _RNG.normal(size=(2, 3)).round(1), np.array([0.5, -0.25, 0.0])
ORDER = [np.array([6, 1, 3]), np.array([0, 5, 2]), np.array([4])]
NO_B = "b has to learn as well as W"

exercise("5.6",
    Judge("batches", look_at_batches, right=batches, function=True, mistakes=[
        ("the last short batch is missing", lambda n, size, seed: np.split(_shuffled(n, size, seed)[: n // size * size],
         max(1, n // size))),
        ("in their old order", lambda n, size, seed: [np.arange(n)[k : k + size] for k in range(0, n, size)]),
        ("a place comes twice", lambda n, size, seed: [np.random.default_rng(seed + k).integers(0, n, min(size, n - k))
                                                       for k in range(0, n, size)]),
        ("the same seed gave two orders", lambda n, size, seed: batches(n, size, None)),
        ("two seeds give the same order", lambda n, size, seed: batches(n, size, 0)),
        ("you make 3 batches", lambda n, size, seed: np.array_split(_shuffled(n, size, seed), size)),
        ("each holds neighbours", lambda n, size, seed: [np.arange(n)[k * size : k * size + size]
            for k in np.random.default_rng(seed).permutation(-(-n // size))]),
        ("the places must be 0 to 9", lambda n, size, seed: [part + 1 for part in batches(n, size, seed)]),
        ("give a list of one-dimensional arrays", lambda n, size, seed: _shuffled(n, size, seed)),
        ("one of your batches is empty", lambda n, size, seed: [*batches(n, size, seed), np.arange(0)]),
    ], also_right=[
        lambda n, size, seed: np.split(_shuffled(n, size, seed), range(size, n, size)),
        lambda n, size, seed: [part.tolist() for part in batches(n, size, seed)],
    ]),
    Function(one_epoch, cases=[
        Case("three batches, the last of one face", W0, B0, FACES, NAMES, ORDER, 0.5),
        Case("all faces in one batch", W0, B0, FACES, NAMES, [np.arange(7)], 0.1, kind="edge"),
        Case("other batches", W0, B0, FACES, NAMES, [np.array([2, 0]), np.array([3, 1]), np.array([6, 4, 5])], 1.0,
             kind="order"),
        Case("a start at 0", np.zeros((2, 3)), np.zeros(3), FACES, NAMES, ORDER, 0.25, kind="tie"),
        Case("no batch at all", W0, B0, FACES, NAMES, [], 0.5, kind="empty", want=(W0, B0)),
    ], tolerance=1e-4, keeps="your function changes the W or b that it is given: write W = W - …, and not W -= …",
       mistakes=[
        ("you walk uphill: subtract the gradient", ("W - rate", "W + rate", "b - rate", "b + rate")),
        (f"{NO_B}: it is as you were given it", ("b - rate * db", "b")),
        ("the step is outside the loop: only the last batch counts",
         ("W, b = W - rate * dW, b - rate * db\n    return W, b", "pass\n    return W - rate * dW, b - rate * db")),
        ("the return is inside the loop: only the first batch is used",
         ("    return W, b", "        break\n    return W, b")),
        ("use the faces of this batch only: you take all of them at every step",
         ("X[part]", "X", "labels[part]", "labels")),
        ("the learning rate is missing", ("rate * dW", "dW", "rate * db", "db")),
        ("b is missing from the scores: X @ W + b", ("X[part] @ W + b", "X[part] @ W")),
        ("the scores must become probabilities: softmax", ("softmax(X[part] @ W + b)", "X[part] @ W + b")),
        ("take a step after each batch, and ask for new probabilities then: W and b have changed",
         ("for part in parts:", "before = softmax(X @ W + b)\n    for part in parts:",
          "softmax(X[part] @ W + b)", "before[part]")),
        ("gradients has divided by the number of faces already",
         ("rate * dW", "rate * dW / len(part)", "rate * db", "rate * db / len(part)")),
        ("take this batch's labels, labels[part]: yours belong to others", ("labels[part]", "labels[: len(part)]")),
        ("both gradients belong to the old W and b: work out both before you change one",
         ("W, b = W - rate * dW, b - rate * db", "W = W - rate * dW\n"
          "        b = b - rate * gradients(X[part], softmax(X[part] @ W + b), labels[part])[1]")),
        ("both are wanted, W and b", ("return W, b", "return W")),
    ]),
)  # fmt: skip


# --- 5.7 momentum -----------------------------------------------------------------------------------------------------


def momentum_step(w, velocity, gradient, rate, beta):
    """The weights and the velocity after one step."""
    velocity = beta * velocity - rate * gradient
    return w + velocity, velocity


exercise("5.7", Function(
    momentum_step,
    cases=[
        Case("a start at rest", 2.0, 0.0, 4.0, 0.25, 0.5, want=(1.0, -1.0)),
        Case("a velocity from before", 2.0, -1.0, 4.0, 0.25, 0.5, kind="usual", want=(0.5, -1.5)),
        Case("against the velocity", 1.0, 2.0, 3.0, 0.5, 0.75, kind="order"),
        Case("level ground", 1.0, 2.0, 0.0, 0.5, 0.9, kind="edge", want=(2.8, 1.8)),
        Case("no momentum", 1.0, 2.0, 3.0, 0.5, 0.0, kind="edge", want=(-0.5, -1.5)),
        Case("two weights", np.array([1.0, 2.0]), np.array([0.5, -0.5]), np.array([2.0, 0.5]), 0.5, 0.9, kind="uneven"),
    ],
    keeps="your function changes the arrays that it is given: write velocity = …, and not velocity -= …",
    mistakes=[
        ("you walk uphill: the gradient counts with a minus", ("- rate * gradient", "+ rate * gradient")),
        ("beta shrinks the old velocity: it is missing", ("beta * velocity", "velocity")),
        ("this is plain gradient descent: the old velocity is missing", ("beta * velocity - rate", "-rate")),
        ("the learning rate is missing", ("rate * gradient", "gradient")),
        ("move by the new velocity, and not by the old one",
         "(w + velocity, beta * velocity - rate * gradient)"),
        ("the new weight first, then the velocity", ("w + velocity, velocity", "velocity, w + velocity")),
        ("the velocity is added to the weight: the minus is in it already", ("w + velocity", "w - velocity")),
        ("the rate has been used already: add the velocity as it is", ("w + velocity", "w + rate * velocity")),
        ("here the velocity holds the learning rate and the minus: velocity = beta * velocity - rate * gradient",
         "(w - rate * (beta * velocity + gradient), beta * velocity + gradient)",
         "(w + rate * (beta * velocity - gradient), beta * velocity - gradient)",
         "(w - rate * (beta * velocity + (1 - beta) * gradient), beta * velocity + (1 - beta) * gradient)"),
        ("move by the new velocity: beta belongs into the step as well",
         "(w + velocity - rate * gradient, beta * velocity - rate * gradient)"),
        ("beta belongs to the old velocity only",
         ("beta * velocity - rate * gradient", "beta * (velocity - rate * gradient)")),
        ("beta goes with the old velocity, rate with the gradient", "momentum_step(w, velocity, gradient, beta, rate)",
         ("beta * velocity - rate * gradient", "rate * (beta * velocity - gradient)")),
        ("this is an average, with 1 - beta; here the gradient counts in full",
         ("- rate * gradient", "- (1 - beta) * rate * gradient")),
        ("give the new velocity back, since the next step needs it",
         "(w + beta * velocity - rate * gradient, velocity)"),
        ("both are wanted, the weight and the velocity", ("return w + velocity, velocity", "return w + velocity")),
    ],
    also_right=["(w + (v := np.multiply(beta, velocity) - np.multiply(rate, gradient)), v)",
                "[w - rate * gradient + beta * velocity, -(rate * gradient - beta * velocity)]"],
))  # fmt: skip


# --- 5.8 beat the plan ------------------------------------------------------------------------------------------------

PLAN = {"rate": 0.01, "size": 256, "epochs": 4, "beta": 0.0}
LIMITS = {"rate": (1e-6, 100), "size": (1, 6000), "epochs": (1, 40), "beta": (0, 0.999)}
MARGIN = 0.08  # several times what another sample of faces changes


@functools.cache
def other_faces():
    """Distances and labels of faces of the twin that nobody has seen: (X, labels, X to measure on, their labels)."""
    from .. import twin
    from ..faces import landmarks

    points, labels = twin.load().sample(3000, seed=55)
    keep = labels != 1  # without disgust
    X, labels = landmarks.distances(points[keep]), labels[keep].astype(int)
    X, labels = (X - X.mean(axis=0)) / X.std(axis=0), labels - (labels > 1)
    half = len(X) * 2 // 3
    return X[:half], labels[:half], X[half:], labels[half:]


@functools.cache
def loss_of(rate, size, epochs, beta):
    """Loss on faces that were not trained on, after training by a plan."""
    X, labels, unseen, truth = other_faces()
    weights = np.zeros((X.shape[1] + 1, 6))
    X, unseen = (np.hstack([part, np.ones((len(part), 1))]) for part in (X, unseen))
    velocity = np.zeros_like(weights)
    with np.errstate(all="ignore"):
        for epoch in range(epochs):
            for part in batches(len(X), size, epoch):
                gradient = gradients(X[part], softmax(X[part] @ weights), labels[part])[0]
                weights, velocity = momentum_step(weights, velocity, gradient, rate, beta)
        loss = cross_entropy(np.clip(softmax(unseen @ weights), 1e-12, 1), truth)
    return float(loss) if np.isfinite(loss) else np.inf


def beats(plan):
    """Exactly one entry of the plan differs, and on other faces it gives a clearly lower loss."""
    expect(isinstance(plan, dict) and set(plan) == set(PLAN), f"a plan is a dictionary with {', '.join(PLAN)}")
    for key, (low, high) in LIMITS.items():
        value = plan[key]
        plain = isinstance(value, int | float | np.number) and not isinstance(value, bool) and low <= value <= high
        expect(plain, f"{key} is a number from {low:g} to {high:g}")
        expect(key in ("rate", "beta") or float(value) == int(value), f"{key} is a whole number")
    changed = [key for key in PLAN if not np.isclose(float(plan[key]), PLAN[key], rtol=1e-9)]
    expect(changed, "this is still the old plan: change one number of it")
    expect(len(changed) == 1, f"you change {' and '.join(changed)} at once: which of them helped? Change one only")
    old, new = (loss_of(float(p["rate"]), int(p["size"]), int(p["epochs"]), float(p["beta"])) for p in (PLAN, plan))
    told = f"on other faces, the old plan reaches a loss of {old:.2f}, and yours {new:.2f}"
    expect(new < 1e9, f"{told}: it diverges")
    expect(new < old + MARGIN / 4, f"{told}: that is worse. Was the change in the right direction?")
    expect(new < old - MARGIN, f"{told}: that is hardly a difference. Go further")


exercise("5.8",
    Judge("plan", beats, right={**PLAN, "rate": 0.1}, mistakes=[
        ("still the old plan", PLAN),
        ("you change rate and epochs at once", {**PLAN, "rate": 0.1, "epochs": 20}),
        ("that is worse", {**PLAN, "rate": 0.001}, {**PLAN, "size": 2000}, {**PLAN, "rate": 20.0}),
        ("hardly a difference", {**PLAN, "rate": 0.0105}),
        ("a plan is a dictionary", 0.1, {"rate": 0.1}),
        ("rate is a number", {**PLAN, "rate": "0.1"}, {**PLAN, "rate": -0.1}),
        ("size is a whole number", {**PLAN, "size": 31.5}),
        ("beta is a number", {**PLAN, "beta": 1.5}),
    ], also_right=[{**PLAN, "size": 16}, {**PLAN, "epochs": 40}, {**PLAN, "beta": 0.95}]),
    Words("report",
          "I changed the learning rate from 0.01 to 0.1 and nothing else, because the loss was still falling after "
          "four epochs. I expected a lower loss after the same number of steps. The loss fell from about 1.5 to "
          "1.2 and the accuracy rose by several points. Its interval no longer reaches the old accuracy. With 10 it "
          "would jump.",
          ["names the one thing that was changed, and what was expected before it was run",
           "gives both results, the old and the new, in numbers, on faces that were not trained on",
           "sets the difference against the interval, or says that it may be luck"], least=20),
)  # fmt: skip
