"""Exercises of lesson 10, an honest comparison."""

import math

import numpy as np

from ..metrics import mcnemar  # noqa: F401  used in the table
from . import Case, Choice, Function, Words, exercise

# --- 10.1 McNemar's test ----------------------------------------------------------------------------------------------


def compare(labels, a, b):
    """(images on which only a is right, those on which only b is right, the two-sided exact p-value)."""
    labels, a, b = np.asarray(labels), np.asarray(a), np.asarray(b)
    only_a = int(((a == labels) & (b != labels)).sum())
    only_b = int(((a != labels) & (b == labels)).sum())
    n, fewer = only_a + only_b, min(only_a, only_b)
    tail = sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n
    return only_a, only_b, min(1.0, 2 * tail)


def answers(words, both, only_a, only_b, neither, kind="usual"):
    """A case with these counts. Where both are wrong they often name different emotions, which must not count."""
    rng = np.random.default_rng(both + only_a)
    labels = rng.integers(0, 6, both + only_a + only_b + neither)
    groups = np.repeat([0, 1, 2, 3], [both, only_a, only_b, neither])
    a, b = labels.copy(), labels.copy()
    a[groups >= 2] = (labels[groups >= 2] + 1) % 6
    b[groups % 2 == 1] = (labels[groups % 2 == 1] + 2) % 6
    order = rng.permutation(len(labels))
    told = f"{words} ({both} right by both, {only_a} by a alone, {only_b} by b alone, {neither} by neither)"
    return Case(told, labels[order], a[order], b[order], kind=kind)


def as_numpy(labels, a, b):
    """The right formula on NumPy's whole numbers, which have 64 bits: 2**n becomes 0."""
    only_a, only_b = ((a == labels) & (b != labels)).sum(), ((a != labels) & (b == labels)).sum()
    n, fewer = only_a + only_b, min(only_a, only_b)
    with np.errstate(all="ignore"):
        return only_a, only_b, min(1.0, 2 * (np.float64(sum(math.comb(n, k) for k in range(fewer + 1))) / 2**n))


def by_chi_square(labels, a, b, less=0):
    """McNemar's own approximation, good for large counts only; with Yates' correction where ``less`` is 1."""
    from scipy.stats import chi2

    only_a, only_b, _ = compare(labels, a, b)
    return only_a, only_b, float(chi2.sf(max(0, abs(only_a - only_b) - less) ** 2 / max(1, only_a + only_b), 1))


TAIL = "sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n"
COUNTS = [answers("a weaker than b", 60, 4, 14, 22), answers("a better than b", 30, 21, 9, 5, "order")]
exercise("10.1", Function(compare, cases=lambda: [
    *COUNTS, answers("as many on each side", 10, 6, 6, 3, "tie"), answers("many images", 400, 90, 131, 79, "uneven"),
    answers("never only one right", 8, 0, 0, 2, "empty"), answers("b never alone", 5, 7, 0, 4, "absent"),
    answers("one image more", 9, 3, 4, 1, "edge")
], tolerance=1e-6, tidy=lambda got: tuple(got) if isinstance(got, list | np.ndarray) else got, mistakes=[
    ("2**n is larger than NumPy's 64 bits can hold: make the counts Python's own with int(...)", as_numpy),
    ("that's the chi-square approximation, for large counts: add up the coins' chances exactly", by_chi_square,
     "by_chi_square(labels, a, b, 1)"),
    ("that's one side only: a might just as well have been the better one", ("2 * tail", "tail")),
    ("a chance is at most 1: where the counts are equal, twice the sum is more", ("min(1.0, 2 * tail)", "2 * tail")),
    ("the count itself belongs to the sum: range ends before its last number", ("range(fewer + 1)", "range(fewer)")),
    ("that's the chance of exactly these counts: add those of all that are more uneven",
     (TAIL, "math.comb(n, fewer) / 2**n"), (TAIL, "math.comb(n, fewer) / 2**n", "2 * tail", "tail")),
    ("n is the number of images on which only one is right, not of all images",
     ("n, fewer = only_a + only_b", "n, fewer = len(labels)"),
     ("n, fewer = only_a + only_b", "n, fewer = int(((a == labels) | (b == labels)).sum())")),
    ("sum from 0 to the smaller of the two counts", ("min(only_a, only_b)", "max(only_a, only_b)")),
    ("now a's count is the smaller, now b's", ("min(only_a, only_b)", "only_a"), ("min(only_a, only_b)", "only_b")),
    ("that's the chance that it does not happen", ("min(1.0, 2 * tail)", "1 - min(1.0, 2 * tail)")),
    ("your two counts have changed places", ("return only_a, only_b", "return only_b, only_a")),
    ("you count where the models agree; what matters is where only one is right",
     ("(a == labels) & (b != labels)",
      "(a == labels) & (b == labels)", "(a != labels) & (b == labels)", "(a != labels) & (b != labels)")),
    ("you count all that a and b get right: leave out what both do", ("(a == labels) & (b != labels)", "a == labels",
     "(a != labels) & (b == labels)", "b == labels")),
    ("you count where the predictions differ, also where both are wrong",
     ("(a != labels) & (b == labels)", "(a != labels) & (a != b)"),
     ("(a == labels) & (b != labels)", "(a != b) & (b != labels)",
      "(a != labels) & (b == labels)", "(a != b) & (a != labels)")),
    ("three things are wanted: the two counts and the p-value",
     ("return only_a, only_b, min(1.0, 2 * tail)", "return min(1.0, 2 * tail)")),
], signs=[(lambda got, want: got[0] == want[0] and got[1] != want[1],
           "the first count is right; the second is of images on which b is right, and a isn't",
           "(compare(labels, a, b)[0], 0, 1.0)")],
   otherwise="Try 1 against 3 on paper: 5 + 5 of the 16 rows of heads and tails.",
   also_right=["(lambda found: (found.only_a, found.only_b, found.p_value))(mcnemar(labels, a, b))"]))  # fmt: skip


# --- 10.2 several tests -----------------------------------------------------------------------------------------------


def starred(p_values, level=0.05):
    """Which of several tests count: a list of bools, by Bonferroni's rule."""
    return [bool(p < level / len(p_values)) for p in p_values]


def by_holm(p_values, level=0.05):
    """Holm's rule, which goes on with one test fewer after each that counts."""
    order, counts = sorted(range(len(p_values)), key=lambda k: p_values[k]), [False] * len(p_values)
    for done, k in enumerate(order):
        if p_values[k] >= level / (len(order) - done):
            break
        counts[k] = True
    return counts


exercise("10.2", Function(starred, cases=[
    Case("three tests", [0.04, 0.001, 0.3], want=[False, True, False]),
    Case("one test", [0.04], kind="edge", want=[True]),
    Case("none", [], kind="empty", want=[]),
    Case("a p-value exactly at the limit", [0.0125, 0.012, 0.5, 0.9], kind="tie", want=[False, True, False, False]),
    Case("another level", [0.004, 0.0004], level=0.001, kind="uneven"),
    Case("the small ones first", [0.002, 0.02, 0.024, 0.2], kind="order"),
    Case("all of them small", [0.0001, 0.0002], kind="edge"),
    Case("one that is small only by itself", [0.3, 0.04, 0.4], kind="uneven", want=[False, False, False]),
    Case("two that fall just short", [0.001, 0.02, 0.03], kind="uneven", want=[True, False, False]),
    Case("one just above the level", [0.06, 0.001], kind="edge", want=[False, True]),
], mistakes=[
    ("each is compared with 0.05: with several tests the limit is divided by how many there are",
     ("level / len(p_values)", "level")),
    ("below the limit, and not at it", ("p < ", "p <= ")),
    ("your level is always 0.05: use level", ("level / len(p_values)", "0.05 / len(p_values)")),
    ("divide by how many tests there are, as the list says", ("len(p_values)", "6"),
     ("len(p_values)", "max(1, len(p_values) - 1)")),
    ("the limit gets smaller with more tests: divide, don't multiply",
     ("level / len(p_values)", "level * len(p_values)")),
    ("it's the other way round: a small p-value counts", ("p < ", "p > ")),
    ("these are the p-values that pass; say of each test whether it does",
     "[p for p in p_values if p < level / len(p_values)]"),
    ("how many pass isn't asked: say of each test whether it does", "sum(p < level / len(p_values) for p in p_values)"),
    ("that's Holm's rule, a good one; Bonferroni's compares each with level / m", by_holm),
    ("the number of tests is all of them, not only the small ones",
     "[p < level / max(1, sum(q < level for q in p_values)) for p in p_values]"),
], also_right=["np.asarray(p_values) * len(p_values) < level",
"[p * len(p_values) < level for p in p_values]"]))  # fmt: skip


# --- 10.3 choose honestly ---------------------------------------------------------------------------------------------


def choose(validation, test):
    """(number of the model that is best on validation, its accuracy there, its accuracy on test)."""
    validation, test = np.asarray(validation), np.asarray(test)
    shares = validation.mean(axis=1)
    chosen = int(np.argmax(shares))
    return chosen, shares[chosen], test[chosen].mean()


def tables():
    """Tables of right and wrong in which the best on validation, on test and on both together differ; one tie."""
    rng, found = np.random.default_rng(103), []
    for words, models, n, m, kind in (("four models", 4, 40, 60, "usual"), ("six models and fewer test images", 6, 200,
    100, "uneven"),
                                      ("as many images as models", 5, 5, 5, "edge")):  # fmt: skip
        while True:
            validation, test = rng.random((models, n)) < 0.6, rng.random((models, m)) < 0.6
            shares, others = validation.mean(1), test.mean(1)
            both = np.hstack([validation, test]).mean(1)
            if len({int(shares.argmax()), int(others.argmax()), int(both.argmax())}) == 3 or kind == "edge":
                break
        found.append(Case(words, validation, test, kind=kind))
    tie = np.array([[0, 1, 1, 0], [1, 1, 1, 0], [1, 0, 1, 1]], bool)
    return [*found, Case("two equally good models", tie, ~tie[:, :3], kind="tie")]


PICK = "int(np.argmax(shares))"
exercise("10.3", Function(choose, cases=tables, mistakes=[
    ("you chose the model by its test images: then the test tests nothing",
     (PICK, "int(np.argmax(test.mean(axis=1)))")),
    ("you chose on both splits together: the test must not take part",
     (PICK, "int(np.argmax(np.hstack([validation, test]).mean(axis=1)))"),
     (PICK, "int(np.argmax(shares + test.mean(axis=1)))")),
    ("argmax of the whole table finds one image: take each row's mean first",
     (PICK, "int(np.argmax(validation)) // validation.shape[1]")),
    ("that's the worst model on validation", ("np.argmax(shares)", "np.argmin(shares)")),
    ("models are numbered from 0", ("return chosen,", "return chosen + 1,")),
    ("of equally good models take the first", (PICK, "int(np.flatnonzero(shares == shares.max())[-1])")),
    ("the two accuracies have changed places",
     ("shares[chosen], test[chosen].mean()", "test[chosen].mean(), shares[chosen]")),
    ("that's the best accuracy on test, but of another model", ("test[chosen].mean()", "test.mean(axis=1).max()")),
    ("that's the mean of all models on test: one was chosen", ("test[chosen].mean()", "test.mean()")),
    ("give shares from 0 to 1, not per cent",
     ("shares[chosen], test[chosen].mean()", "100 * shares[chosen], 100 * test[chosen].mean()")),
    ("give shares from 0 to 1, not counts",
     ("shares[chosen], test[chosen].mean()", "validation[chosen].sum(), test[chosen].sum()")),
    ("a row is a model: take the mean along axis 1",
     ("validation.mean(axis=1)", "validation[:, : len(validation)].mean(axis=0)"),
     "(lambda k: (k, validation[:, k].mean(), test[:, k].mean()))(int(validation.mean(axis=0).argmax()))"),
    ("divide what is right on test by the number of *test* images",
     ("test[chosen].mean()", "test[chosen].sum() / validation.shape[1]")),
]))  # fmt: skip


# --- 10.5 a class activation map --------------------------------------------------------------------------------------


def activation_map(features, weights):
    """What speaks for an emotion, (h, w), 0 to 1, out of feature maps (h, w, c) and the emotion's weights (c,)."""
    total = (np.asarray(features) * np.asarray(weights)).sum(axis=2)
    total = np.maximum(total, 0)
    return total / total.max() if total.max() > 0 else total


def maps():
    """Feature maps that aren't square, with weights of both signs, and one where nothing speaks for the emotion."""
    rng = np.random.default_rng(105)
    usual = Case("maps of 5 × 7", rng.random((5, 7, 3)), np.array([1.0, -0.7, 0.4]))
    return [
        usual,
        Case("as many rows as columns and maps", rng.random((4, 4, 4)), rng.normal(size=4), kind="edge"),
        Case("weights all below 0", rng.random((3, 4, 2)) + 0.1, np.array([-1.0, -0.5]), kind="absent"),
        Case("weights all above 0", rng.random((3, 5, 2)) + 0.2, np.array([0.8, 0.5]), kind="edge"),
        Case("large numbers", 50 * rng.normal(size=(2, 3, 5)), rng.normal(size=5), kind="uneven"),
        Case("more that speaks against than for", rng.random((3, 4, 2)), np.array([0.5, -1.0]), kind="uneven"),
    ]


exercise("10.5", Function(activation_map, cases=maps, mistakes=[
    ("each map counts by its weight: multiply first", (" * np.asarray(weights)", "")),
    ("places that speak against the emotion should be 0, not negative", ("total = np.maximum(total, 0)", "pass")),
    ("you cut off before adding: what speaks against the emotion in one map counts against the others",
     ("(np.asarray(features) * np.asarray(weights)).sum(axis=2)",
      "np.maximum(np.asarray(features) * np.asarray(weights), 0).sum(axis=2)")),
    ("strength is wanted with its sign: no absolute values", ("np.maximum(total, 0)", "np.abs(total)")),
    ("divide by the largest, so that the strongest place is 1",
     ("total / total.max() if total.max() > 0 else total", "total"),
     ("total / total.max() if total.max() > 0 else total", "np.minimum(total, 1)")),
    ("divide by the largest of what speaks *for* the emotion: cut off what is below 0 first",
     ("total = np.maximum(total, 0)", "most = np.abs(total).max()\n    total = np.maximum(total, 0)",
      "total / total.max() if", "total / most if")),
    ("divide by the largest, not by the sum", ("total / total.max()", "total / total.sum()")),
    ("where nothing speaks for the emotion, the largest is 0: don't divide by it (0/0 is NaN)",
     ("total / total.max() if total.max() > 0 else total",
      "np.divide(total, total.max(), out=np.full_like(total, np.nan), where=total.max() > 0)")),
    ("the sum runs over the maps, the last axis", ("sum(axis=2)", "sum(axis=0)")),
    ("the lowest place needn't be 0: don't subtract the smallest number",
     ("    return ", "    total = total - total.min()\n    return "),
     ("total = np.maximum(total, 0)", "total = total - total.min()")),
    ("that's the mean of the maps: one number a map", ("sum(axis=2)", "mean(axis=(0, 1))")),
], also_right=["(lambda t: t / (t.max() or 1))(np.maximum(np.asarray(features) @ np.asarray(weights), 0))"],
))  # fmt: skip


# --- 10.4 read a table ------------------------------------------------------------------------------------------------

exercise("10.4", Choice("reading", {
    "one-cycle": {
        "A": "look at the column 'while training': it has the highest of all", "B": True,
        "C": "one seed can't prove that; and the row also changes the learning rate",
    },
    "cutmix": {
        "A": "it learns from mixed images, so its training accuracy says little: look at PublicTest",
        "B": "it's above 'nothing'; read the sign again",
        "C": True,
    },
    "weight decay": {
        "A": "one run of one seed isn't that much evidence: would you bet on a second run?", "B": True,
        "C": "its training accuracy is as high as that of 'nothing', so it did learn",
    },
    "the whole recipe": {
        "A": "add the gains of the rows: they'd make far more than the whole has",
        "B": "two points above crops alone, with overlapping intervals: not a clear win",
        "C": True,
    },
}))  # fmt: skip


# --- 10.6 what may be said --------------------------------------------------------------------------------------------

exercise("10.6",
    Choice("claim", {
        "A": "a p-value says how surprising the counts are if neither is better; it isn't the chance that b is better",
        "B": "'no difference found' isn't 'no difference': the interval still holds several points either way",
        "C": True,
        "D": "trying again until a star appears is choosing on the test; the next star is luck",
        "E": "overlapping intervals don't decide it: both models answered about the same images",
    }),
    Words("because",
          "I'd take geometry: the demo has to find landmarks anyway, so it costs about a millisecond a face. On the "
          "same images it's right more often than the slides' network, and McNemar's test says that this is hardly "
          "luck. It will fail where the detector fails: in the dark, with a hand before the mouth. I'd film such "
          "scenes and count.",
          ["says how good the model is, on which images, and how many", "says how certain that is: an interval or a "
           "test", "says what it costs", "names images on which it will fail, and how to find out"], least=30),
)  # fmt: skip
