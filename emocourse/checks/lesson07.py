"""Exercises of lesson 07, diagnosing overfitting."""

import itertools
import math
from typing import Any

import numpy as np

from . import Case, Choice, Function, Judge, NotYet, Words, exercise, expect

# --- 7.1 curves -------------------------------------------------------------------------------------------------------


def read_curves(history):
    """Turning point of the validation loss, counted from 1, and the gap in accuracy after the last epoch."""
    accuracy, validation, losses = history["accuracy"], history["val_accuracy"], history["val_loss"]
    return int(np.argmin(losses)) + 1, accuracy[-1] - validation[-1]


def curves(accuracy, val_accuracy, loss, val_loss):
    """A history as Keras has it."""
    return {"accuracy": accuracy, "val_accuracy": val_accuracy, "loss": loss, "val_loss": val_loss}


RISES_FIRST = curves([0.3, 0.41, 0.5, 0.58, 0.66, 0.75], [0.33, 0.40, 0.44, 0.47, 0.46, 0.42],
                     [1.7, 1.5, 1.3, 1.1, 1.0, 0.7], [1.6, 1.55, 1.58, 1.42, 1.6, 1.9])  # fmt: skip
FALLS = curves([0.30, 0.35, 0.38], [0.34, 0.37, 0.41], [1.7, 1.6, 1.5], [1.65, 1.55, 1.45])
OVERFITS = curves([0.3, 0.55, 0.93, 0.91], [0.31, 0.3, 0.35, 0.33], [1.7, 1.2, 0.6, 0.4], [1.6, 1.7, 2.0, 2.4])
EQUAL = curves([0.3, 0.5, 0.6, 0.7], [0.3, 0.33, 0.34, 0.4], [1.7, 1.4, 1.2, 1.1], [1.6, 1.4, 1.4, 1.9])
TURN, GAP = "int(np.argmin(losses)) + 1", "accuracy[-1] - validation[-1]"

exercise("7.1", Function(read_curves, cases=[
    Case("a loss that rises once and then falls lower", RISES_FIRST, kind="order", want=(4, 0.33)),
    Case("a loss that only falls", FALLS, kind="edge", want=(3, -0.03)),
    Case("a loss that only rises", OVERFITS, kind="edge", want=(1, 0.58)),
    Case("two epochs with the same lowest loss: the first counts", EQUAL, kind="tie", want=(2, 0.3)),
], mistakes=[
    ("you count epochs from 0, people from 1", (TURN, "int(np.argmin(losses))")),
    ("that is the highest loss, not the lowest", ("argmin", "argmax")),
    ("that is the lowest loss itself: in which epoch was it?", (TURN, "min(losses)")),
    ("you take the lowest training loss, which falls to the end: it is the validation loss that turns",
     ("argmin(losses)", "argmin(history['loss'])")),
    ("that is the epoch of the best validation accuracy: take the lowest validation loss",
     ("argmin(losses)", "argmax(validation)")),
    ("that is the epoch before the first rise, and a loss may fall again: take the lowest of all",
     (TURN, "next((k for k in range(1, len(losses)) if losses[k] > losses[k - 1]), len(losses))")),
    ("of two epochs with the same loss, take the first", (TURN, "len(losses) - int(np.argmin(losses[::-1]))")),
    ("the epoch is the right one, but the gap has the wrong sign: training minus validation",
     (GAP, "validation[-1] - accuracy[-1]")),
    ("the gap can be negative as well: keep its sign", (GAP, f"abs({GAP})")),
    ("the gap is a share here, not points", (GAP, f"100 * ({GAP})")),
    ("that is the gap at the turning point: the gap of the last epoch is wanted",
     (GAP, "accuracy[int(np.argmin(losses))] - validation[int(np.argmin(losses))]")),
    ("you compare the best epoch of each curve: both numbers are those of the last epoch",
     (GAP, "max(accuracy) - max(validation)")),
    ("that is the difference of the losses: the gap is one of accuracies", (GAP,
     "losses[-1] - history['loss'][-1]")),
    ("two things are wanted, in this order: the turning point, and the gap",
     (f"return {TURN}, {GAP}", f"return {GAP}, {TURN}")),
], signs=[(lambda got, want: np.ndim(got) == 0 and float(got) == want[0], "the turning point is right; the gap is "
        "missing: return both", ("+ 1, accuracy[-1] - validation[-1]", "+ 1"))],
   also_right=["(min(range(len(history['val_loss'])), key=lambda k: history['val_loss'][k]) + 1, "
               "history['accuracy'][-1] - history['val_accuracy'][-1])"]))  # fmt: skip


# --- 7.2 how many images --------------------------------------------------------------------------------------------


def images_needed(share, half):
    """The fewest images on which a share has a 95 % interval (Wilson's) of at most ± half."""
    z, n = 1.96, 1
    while z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) > half:
        n += 1
    return n


WILSON = "z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))"

exercise("7.2", Function(images_needed, cases=[
    Case("55 % and ± 3 points", 0.55, 0.03),
    Case("98 % and ± 4 points", 0.98, 0.04, kind="uneven"),
    Case("45 % and ± 0.9 points", 0.45, 0.009),
    Case("a share of 0", 0.0, 0.05, kind="edge"),
    Case("a half width that one image has", 0.5, 0.5, kind="edge", want=1),
], mistakes=[
    ("± counts to one side only, and yours is for an interval whose *whole* width is this: it asks for too many",
     ("while z", "while 2 * z")),
    ("± counts to each side: your interval is twice as wide as it may be", ("> half", "> 2 * half")),
    ("one image fewer would do as well: when does your search stop?", ("return n", "return n + 1")),
    ("with so many, the interval is still a little too wide: when does your search stop?",
     ("return n", "return max(1, n - 1)")),
    ("that is the textbook's z · √(p (1 − p) / n), whose width is 0 for a share of 0: take Wilson's formula",
     (WILSON, "z * math.sqrt(share * (1 - share) / n)"),
     "math.ceil(1.96**2 * share * (1 - share) / half**2)", "round(1.96**2 * share * (1 - share) / half**2)",
     "1.96**2 * share * (1 - share) / half**2"),
    ("that would do for any share: use `share`, with which fewer are enough", ("share * (1 - share)", "0.25")),
    ("your z isn't that of 95 %: it is 1.96", ("1.96", "2.576"), ("1.96", "1.645"), ("1.96", "2")),
    ("look at the brackets: z² / (4 n²) stands *under* the root",
     (" + z**2 / (4 * n**2)) > half", ") + z**2 / (4 * n**2) > half")),
    ("the root is missing", ("math.sqrt", "")),
    ("a part of Wilson's formula is missing: z² / n below the line, or z² / (4 n²) under the root",
     (" / (1 + z**2 / n)", ""), (" + z**2 / (4 * n**2)", "")),
    ("`half` is a share, from 0 to 1, and no per cent", ("> half", "> 100 * half")),
    ("look at the squares: z² / n and z² / (4 n²)", ("(4 * n**2)", "(4 * n)"), ("1 + z**2 / n", "1 + z / n")),
], signs=[
    (lambda got, want: 0 < got - want < 100, "that is enough, but not the fewest: try each whole number",
     ("n += 1", "n += 10"), ("z, n = 1.96, 1", "z, n = 1.96, 10", "n += 1", "n += 10")),
], also_right=[
    "next(n for n in range(1, 10**6) if (lambda z: WILSON)(1.96) <= half)".replace("WILSON", WILSON),
], otherwise="Images come as whole numbers, and both arguments are shares, from 0 to 1."))  # fmt: skip

# --- 7.3 the confusion matrix -----------------------------------------------------------------------------------------


def count_confusions(labels, predicted, classes):
    """Counts (classes, classes): rows are labels, columns predictions."""
    matrix = np.zeros((classes, classes), int)
    for label, answer in zip(labels, predicted, strict=True):
        matrix[label, answer] += 1
    return matrix


def recalls(matrix):
    """Of each class the share that was found; 0 of one without images."""
    totals = np.asarray(matrix).sum(axis=1)
    return np.diag(matrix) / np.maximum(totals, 1)


LABELS = np.random.default_rng(53).permutation(np.repeat([0, 1, 2, 3], [6, 12, 5, 9]))
SAID = np.where(np.random.default_rng(5).random(32) < 0.6, LABELS, np.arange(32) % 4)
COUNTS = count_confusions(LABELS, SAID, 4)
ABSENT = np.array([[8, 2, 1], [0, 0, 0], [30, 10, 5]])

exercise("7.3",
    Function(
        count_confusions,
        cases=[
            Case("32 images of four classes", LABELS, SAID, 4, kind="uneven"),
            Case("a fifth class that no image has", LABELS, SAID, 5, kind="absent"),
            Case("labels of one byte", LABELS, SAID, 4, kind="dtype").cast("uint8"),
            Case("a class that is never said", np.array([0, 0, 1, 2]), np.array([0, 2, 2, 2]), 3, kind="edge"),
        ],
        mistakes=[
            ("rows and columns are swapped: rows are labels, columns what the network said",
             ("matrix[label, answer]", "matrix[answer, label]")),
            ("you write a 1 where there should be a count: add to what is there, once for each image (`matrix[labels, "
             "predicted] += 1` counts a pair once, however often it comes)", ("+= 1", "= 1")),
            ("these are shares: the matrix holds counts, the shares come after",
             ("return matrix", "return matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)"),
             ("return matrix", "return matrix / max(len(labels), 1)")),
            ("a class that no image has still needs its row and its column: `classes` says how many there are",
             ("np.zeros((classes, classes), int)", "np.zeros((max(labels, default=0) + 1,) * 2, int)"),
             ("matrix = ", "classes = len(set(labels) | set(predicted)); matrix = ")),
            ("you count only the right answers: the others belong beside the diagonal",
             ("matrix[label, answer] += 1", "matrix[label, label] += label == answer")),
            ("labels count from 0 already: take nothing off", ("[label, answer]", "[int(label) - 1, int(answer) - 1]")),
            ("the first image is left out", ("zip(labels, predicted, strict=True)", "zip(labels[1:], predicted[1:])")),
        ],
        also_right=["np.histogram2d(labels, predicted, bins=classes, range=[[0, classes]] * 2)[0]",
                    "np.bincount(np.asarray(labels, int) * classes + np.asarray(predicted, int), "
                    "minlength=classes**2).reshape(classes, classes)"],
    ),
    Function(
        recalls,
        cases=[
            Case("32 images of four classes", COUNTS, kind="uneven"),
            Case("a class without images", ABSENT, kind="absent", want=[8 / 11, 0, 1 / 9]),
            Case("two classes", np.array([[8, 2], [30, 10]])),
            Case("one class that is always missed", np.array([[0, 3], [1, 5]]), kind="edge"),
        ],
        mistakes=[
            ("a class without images gives nan, because 0 / 0 has no value: its recall is to be 0",
             ("np.maximum(totals, 1)", "np.where(totals, totals, np.nan)")),
            ("you divide by the sums of the columns, which gives the precision: which sum counts the images of a "
             "label?",
             ("axis=1", "axis=0")),
            ("you divide by the number of all images: take those of each row",
             ("np.maximum(totals, 1)", "totals.sum()")),
            ("// cuts a share off to a whole number: divide with /", (" / ", " // ")),
            ("give shares from 0 to 1, not per cent", ("return np.diag", "return 100 * np.diag")),
            ("a whole matrix comes back: the recalls are only the diagonal of the shares",
             ("np.diag(matrix) / np.maximum(totals, 1)", "np.asarray(matrix) / np.maximum(totals, 1)[:, np.newaxis]")),
            ("that is one number, the accuracy: a recall for each class is wanted",
             "np.trace(matrix) / np.sum(matrix)"),
            ("your + 1 makes each row larger than it is: put it where the sum is 0 only",
             ("np.maximum(totals, 1)", "(totals + 1)")),
        ],
        also_right=["[row[k] / sum(row) if sum(row) else 0.0 for k, row in enumerate(matrix)]"],
    ),
)  # fmt: skip


# --- 7.4 the pair -----------------------------------------------------------------------------------------------------


def most_confused(matrix):
    """The two classes with the largest sum of both shares."""
    rates = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    both = rates + rates.T
    np.fill_diagonal(both, -1)
    return tuple(int(k) for k in np.unravel_index(both.argmax(), both.shape))


def pair(got):
    """The two numbers, smaller first."""
    return tuple(sorted(int(one) for one in got))


# In some of them, each wrong way leads to another pair than the right one.
MATRICES = (
    np.array([[124, 36, 9, 39], [90, 181, 25, 100], [44, 96, 86, 36], [54, 2, 58, 75]]),
    np.array([[5, 5, 0, 0], [1, 7, 1, 1], [0, 2, 5, 4], [0, 1, 4, 6]]),
    np.array([[30, 2, 3], [4, 90, 30], [6, 1, 5]]),
    np.array(
        [[297, 12, 38, 22, 18], [117, 174, 93, 21, 45], [66, 78, 176, 90, 87], [2, 62, 46, 29, 70], [46, 8, 36, 16, 52]]
    ),
    np.array(
        [[191, 2, 22, 74, 0], [76, 69, 2, 74, 62], [87, 30, 262, 9, 75], [19, 25, 11, 154, 21], [46, 48, 50, 50, 172]]
    ),
)
RATES, BOTH = "np.maximum(matrix.sum(axis=1, keepdims=True), 1)", "rates + rates.T"
exercise("7.4", Function(most_confused, tidy=pair, cases=[
    Case(f"a matrix of {len(m)} classes, number {k}", m, kind="edge" if k else "uneven") for k, m in enumerate(MATRICES)
], mistakes=[
    ("a class cannot be confused with itself: leave out the diagonal",
     ("fill_diagonal(both, -1)", "fill_diagonal(both, 9)")),
    ("that is the largest share in one direction: add up both directions", (BOTH, "rates.copy()"),
     (BOTH, "np.maximum(rates, rates.T)")),
    ("they have the most mistakes, but also more images: compare shares, not counts", (RATES, "1.0")),
    ("that is the largest count of all: compare shares, and both directions together",
     (RATES, "1.0", BOTH, "rates.copy()")),
    ("you divide by the sums of the columns: the images of a label are those of its row", ("axis=1", "axis=0")),
    ("you divide each column, not each row, by the sums of the rows: `keepdims=True` makes them a column",
     (", keepdims=True", "")),
    ("classes are numbered from 0", ("int(k) for", "int(k) + 1 for")),
    ("they are confused least", (BOTH, "-(rates + rates.T)", "fill_diagonal(both, -1)", "fill_diagonal(both, -9)")),
    ("the smaller of the two shares is not what is asked: their sum is", (BOTH, "np.minimum(rates, rates.T)")),
    ("you multiply the two shares: the definition adds them", (BOTH, "rates * rates.T")),
    ("you divide by each row's *mistakes*: the share is of all images with that label",
     (RATES, "np.maximum(matrix.sum(axis=1, keepdims=True) - np.diag(matrix)[:, np.newaxis], 1)")),
    ("you divide both counts together by both rows together: each count has a share of its own row, then add the two",
     (BOTH, "(matrix + matrix.T) / np.maximum(matrix.sum(axis=1, keepdims=True) + matrix.sum(axis=1), 1)")),
    ("you subtract the two shares: add them", (BOTH, "np.abs(rates - rates.T)")),
], signs=[
    (lambda got, want: len(got) == 2 and got[0] == got[1],
     "a class cannot be confused with itself: leave out the diagonal", "(0, 0)"),
    (lambda got, want: any(isinstance(one, str) for one in got),
     "give the classes' numbers back, not their names", "('fear', 'neutral')"),
    (lambda got, want: np.ndim(got) == 0, "two numbers are wanted: np.unravel_index makes them of argmax's one", "3"),
], also_right=["max(((a, b) for a in range(len(matrix)) for b in range(a)), key=lambda p: matrix[p] / "
               "max(matrix[p[0]].sum(), 1) + matrix[p[::-1]] / max(matrix[p[1]].sum(), 1))"]))  # fmt: skip

# --- 7.5 early stopping -----------------------------------------------------------------------------------------------


def early_stop(losses, patience):
    """Last epoch trained, and epoch kept, both counted from 1."""
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch == 0 or loss < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited >= patience:
            break
    return epoch + 1, best + 1


RECOVERS = "Does the waiting begin anew after each new lowest loss"
exercise("7.5", Function(early_stop, cases=[
    Case("the example", [5, 4, 3, 6, 7, 1], 2, want=(5, 3)),
    Case("the example with a patience of 3", [5, 4, 3, 6, 7, 1], 3, want=(6, 6)),
    Case("losses that only fall", [3.0, 2.0, 1.5, 1.2], 2, kind="edge"),
    Case("losses that only rise", [1.0, 2.0, 3.0, 4.0], 1, kind="edge", want=(2, 1)),
    Case("losses that stay equal", [3, 2, 2, 2, 1], 2, kind="tie", want=(4, 2)),
    Case("a loss that recovers several times", [4, 3, 3.5, 2, 2.5, 2.2, 2.1, 1], 3, kind="order", want=(7, 4)),
    Case("a single epoch", [2.0], 4, kind="edge", want=(1, 1)),
    Case("a lowest loss near the end", [2.0, 1.0, 1.5, 0.5, 0.75, 0.7], 2, want=(6, 4)),
], mistakes=[
    ("the two are the wrong way round: first the last epoch trained, then the one kept",
     ("return epoch + 1, best + 1", "return best + 1, epoch + 1")),
    ("you count epochs from 0, people from 1", ("return epoch + 1, best + 1", "return epoch, best")),
    ("training goes on one epoch too long: it ends as soon as `patience` epochs in a row were no better",
     (">= patience", "> patience")),
    ("training ends one epoch too early: `patience` epochs in a row may pass", (">= patience", ">= patience - 1")),
    ("a loss that is only *equal* to the lowest is not better, so patience goes on running out", ("loss < l",
     "loss <= l")),
    ("compare each loss with the lowest so far, and not with the one before", ("losses[best]:",
     "losses[epoch - 1]:")),
    (f"{RECOVERS}?", ("best, waited = epoch, 0", "best = epoch")),
    ("training never ends early: stop when patience runs out", ("waited >= patience", "False")),
    ("the first epoch is the best so far: nothing has been waited for yet", ("epoch == 0 or ", "")),
    ("the epoch kept is counted from 1 as well", ("best + 1", "best")),
    ("an epoch is wanted, not its loss", ("best + 1", "losses[best]")),
    ("you keep the last epoch: which one had the lowest loss until then?", ("best + 1", "epoch + 1")),
    ("you keep an epoch that is never trained: nobody can look into the future",
     ("best + 1", "int(np.argmin(losses)) + 1")),
    ("you keep the last epoch but `patience`: where patience never runs out, that isn't the best one",
     ("best + 1", "max(1, epoch + 1 - patience)")),
], also_right=[(">= patience", "== patience"), ("if waited >= patience", "if epoch - best >= patience")],
   otherwise="Go through the epochs one by one, on paper."))  # fmt: skip

# --- 7.6 one at a time ------------------------------------------------------------------------------------------------

PLANS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "dropout": {"dropout": 0.5},
    "weight decay": {"weight_decay": 1.0},
    "augmentation": {"mirror": True, "rotation": 10.0, "shift": 2.0},
    "early stopping": {"patience": 8},
}
OWN = {name: set(options) for name, options in PLANS.items()} | {
    "augmentation": {"mirror", "rotation", "shift", "zoom"}
}
LIMITS = {
    "dropout": (0.05, 0.9, "take a share that does something and leaves something"),
    "weight_decay": (0.05, 1, "it's multiplied by the learning rate, so take 0.05 or more, and at most 1"),
    "rotation": (1, 45, "in degrees: take something from 1 to 45"),
    "shift": (0.2, 8, "in pixels of a face of 48: take something from 0.2 to 8"),
    "zoom": (0.01, 0.4, "a share: take something from 0.01 to 0.4"),
    "patience": (1, 30, "take a whole number of epochs, of which there are 60"),
    "mirror": (1, 1, "True mirrors half of the faces"),
}


def options_fit(name: str, options: Any) -> None:
    """Each option exists and is strong enough to see, and not so strong that nothing is left."""
    expect(isinstance(options, dict), f"{name}: a dictionary of options is wanted, such as {{'dropout': 0.3}}")
    for option, value in options.items():
        if value is ...:
            raise NotYet(f"{name}: {option} is still open")
        expect(option in LIMITS, f"{name}: there is no option {option!r}; there are {', '.join(LIMITS)}")
        low, high, why = LIMITS[option]
        number = isinstance(value, int | float | np.number) and isinstance(value, bool) == (option == "mirror")
        expect(number and low <= value <= high, f"{name}: {option}={value!r:.30} won't show anything: {why}")
        expect(option != "patience" or float(value).is_integer(), f"{name}: patience={value!r} is no whole number")


def one_at_a_time(plans: Any) -> None:
    """Five plans, of which each but the first has one option of its own."""
    expect(isinstance(plans, dict), "plans is a dictionary: of each name, a dictionary of options")
    expect("nothing" in plans, 'the case without a remedy is missing: what would you compare with? Call it "nothing"')
    missing = [name for name in PLANS if name not in plans]
    expect(not missing, f"{', '.join(missing)} is missing, or has another name")
    extra = [str(name) for name in plans if name not in PLANS]
    expect(not extra, f"{', '.join(extra)}: only the five names of the list are asked for")
    for name, options in plans.items():
        options_fit(name, options)
        if name == "nothing":
            expect(not options, '"nothing" changes something: leave its dictionary empty')
            continue
        expect(options, f"{name} changes nothing: give its option a value")
        others = ", ".join(sorted(set(options) & set(LIMITS) - OWN[name]))
        expect(not others, f"{name} switches on {others}, another remedy: which of them helps, then?")


def but(**changes: Any) -> dict[str, dict[str, Any]]:
    """The plans with some of them changed; None leaves one out."""
    changed = {**PLANS, **{name.replace("_", " "): options for name, options in changes.items()}}
    return {name: options for name, options in changed.items() if options is not None}


exercise("7.6", Judge(
    "plans", one_at_a_time, right=PLANS,
    mistakes=[
        ("what would you compare with", but(nothing=None)),
        ("dropout is missing", but(dropout=None)),
        ("only the five names", but(everything={"dropout": 0.5})),
        ("leave its dictionary empty", but(nothing={"dropout": 0.2})),
        ("changes nothing", but(dropout={})),
        ("which of them helps", but(augmentation={"mirror": True, "dropout": 0.5}), but(weight_decay={"dropout": 0.5})),
        ("there is no option", but(dropout={"rate": 0.5})),
        ("won't show anything", but(dropout={"dropout": 0.001}), but(dropout={"dropout": 50}),
         but(augmentation={"shift": "1"}),
         but(weight_decay={"weight_decay": 1e-4}), but(early_stopping={"patience": 0})),
        ("no whole number", but(early_stopping={"patience": 2.5})),
        ("still open", but(augmentation={"mirror": ...})),
        ("a dictionary of options", but(dropout=0.5)),
        ("plans is a dictionary", 5),
    ],
    also_right=[but(dropout={"dropout": np.float32(0.25)}, early_stopping={"patience": 10.0}),
        dict(reversed(PLANS.items()))],
), Choice("why_same_seeds", {
    "A": "no: a seed doesn't make a network better or worse on purpose; it decides first weights and order",
    "B": True,
    "C": "no: three runs on the same validation images are still the same images, so n stays what it is",
}))  # fmt: skip


# --- 7.7 a learning curve ---------------------------------------------------------------------------------------------


def learning_curve(train, n, sizes, seeds):
    """{size: [result of each seed]}: random images, the smaller sets inside the larger ones."""
    curve = {size: [] for size in sizes}
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(n)
        for size in sizes:
            curve[size].append(train(order[:size], seed))
    return curve


N, SIZES, SEEDS = 120, (10, 40, 90), (2, 5)


def _runs(answer: Any) -> dict[tuple[int, int], frozenset]:
    """Run the student's plan; returns {(size, seed): indices}."""
    calls: list[tuple[Any, Any]] = []

    def train(chosen: Any, seed: Any) -> tuple[float, float]:
        expect(np.ndim(seed) == 0, "train takes the numbers of the images first, and then the seed")
        calls.append((chosen, seed))
        return 0.5 ** len(calls), 0.3 ** len(calls)

    given = answer(train, N, list(SIZES), list(SEEDS))
    expect(given is not None, "your function gives nothing back: it needs a return")
    expect(isinstance(given, dict), f"give a dictionary back, not a {type(given).__name__}")
    expect(calls, "your function never calls train(chosen, seed)")
    keys = {int(key) if isinstance(key, int | np.integer) else key for key in given}
    expect(keys == set(SIZES),
           f"the keys of your dictionary are {list(given)!r:.80}: they should be the sizes {list(SIZES)}")  # fmt: skip
    made, runs = {(0.5**k, 0.3**k): call for k, call in enumerate(calls, 1)}, {}
    for size, results in given.items():
        results = [tuple(one) if np.ndim(one) == 1 else () for one in results] if np.ndim(results) == 2 else [()]
        expect(all(one in made for one in results),
               f"size {size}: collect what train gives back, in a list with one result for each seed")  # fmt: skip
        used = [made[one][1] for one in results]
        expect(used == list(SEEDS), f"size {size} is trained with the seeds {used!r:.60}, asked for, in this order: "
               f"{list(SEEDS)}")  # fmt: skip
        runs |= {(int(size), made[one][1]): _chosen(int(size), made[one][0]) for one in results}
    return runs


def _chosen(size: int, chosen: Any) -> frozenset:
    expect(np.ndim(chosen) == 1, "chosen must be an array of numbers of images, not how many there are")
    chosen, told = np.asarray(chosen), f"for the size {size}, "
    expect(chosen.dtype.kind in "iu", "chosen must hold the numbers of images, as whole numbers")
    expect(len(chosen) == size, f"{told}{len(chosen)} images are chosen")
    outside = [k for k in chosen.tolist() if not 0 <= k < N]
    expect(not outside, f"{told}image {outside[0] if outside else 0} is chosen: there are {N}, numbered from 0")
    expect(len(set(chosen.tolist())) == size, f"{told}some image is chosen twice: draw without putting back")
    return frozenset(chosen.tolist())


def judge_curve(answer: Any) -> None:
    """Nested random subsets, one order a seed."""
    runs = _runs(answer)
    small, middle = SIZES[:2]
    for size in (small, middle):
        for seed in SEEDS:
            chosen = sorted(runs[size, seed])
            expect(chosen[-1] - chosen[0] != size - 1, f"the {size} images all stand together in the dataset, which "
                   "may be sorted: choose them at random, among all")  # fmt: skip
            expect(max(runs[SIZES[-1], seed]) >= SIZES[-1], f"of {N} images you choose among the first {SIZES[-1]} "
                   "only: there are `n`")  # fmt: skip
        expect(
            runs[size, SEEDS[0]] != runs[size, SEEDS[1]], f"two seeds choose the same {size} images: let each draw anew"
        )
    for seed in SEEDS:
        expect(runs[small, seed] <= runs[middle, seed], f"with seed {seed}, the {small} images are not among the "
               f"{middle}: from one size to the next, images should only be added")  # fmt: skip
    expect(runs == _runs(answer), "called twice, your function chooses other images: default_rng(seed) repeats them")


def grown(draw: Any, key: Any = lambda size: size, seed_of: Any = lambda seed: seed, count: Any = len) -> Any:
    """A learning curve whose images are drawn in another way."""

    def curve(train, n, sizes, seeds):  # fmt: skip
        kept = seeds[: count(seeds)]
        return {key(s): [train(draw(np.random.default_rng(k), n, s), seed_of(k)) for k in kept] for s in sizes}

    return curve


def nested(rng, n, size):
    """The first of one order."""
    return rng.permutation(n)[:size]


SHIFTS = itertools.count(1)
"""Another number at each call, as an order without a seed has another order."""

exercise("7.7", Judge(
    "learning_curve", judge_curve, right=learning_curve, function=True,
    mistakes=[
        ("stand together", grown(lambda rng, n, size: np.arange(size)),
         grown(lambda rng, n, size: rng.permutation(size))),
        ("there are `n`", grown(lambda rng, n, size: nested(rng, 90, size))),
        ("chosen twice", grown(lambda rng, n, size: rng.integers(0, n, size))),
        ("are not among", grown(lambda rng, n, size: rng.choice(n, size, replace=False))),
        ("numbered from 0", grown(lambda rng, n, size: rng.permutation(n)[:size] + 1)),
        ("draw anew", grown(lambda rng, n, size: nested(np.random.default_rng(0), n, size))),
        ("default_rng(seed) repeats", lambda train, n, sizes, seeds: learning_curve(
            lambda chosen, seed: train((chosen + shift) % n, seed), n, sizes, seeds)
         if (shift := next(SHIFTS)) else None),
        ("trained with the seeds", grown(nested, seed_of=lambda seed: 0), grown(nested, count=lambda seeds: 1)),
        ("the keys of your dictionary", grown(nested, key=str)),
        ("an array of numbers", grown(lambda rng, n, size: size)),
        ("and then the seed", lambda train, *rest: learning_curve(lambda chosen, seed: train(seed, chosen), *rest)),
        ("as whole numbers", grown(lambda rng, n, size: np.arange(n) < size)),
        ("images are chosen", grown(lambda rng, n, size: rng.permutation(n)[: size - 1])),
        ("what train gives back", lambda *given: dict.fromkeys(learning_curve(*given), 0),
         lambda *given: {size: np.mean(results, axis=0) for size, results in learning_curve(*given).items()}),
        ("stopped with IndexError", lambda *_: [][0]),
        ("needs a return", lambda *_: None),
        ("a dictionary back", lambda *_: [1]),
    ],
    also_right=[grown(nested), grown(lambda rng, n, size: list(nested(rng, n, size)))],
))  # fmt: skip

# --- 7.8 a plan of one's own ------------------------------------------------------------------------------------------


def own_plan(plan: Any) -> None:
    """Options that are known, at least one."""
    expect(isinstance(plan, dict), "my_plan is a dictionary of options, such as {'dropout': 0.3, 'shift': 1}")
    expect(plan, "my_plan is empty, and that is the case without a remedy: try something")
    options_fit("my_plan", plan)


exercise("7.8",
    Judge("my_plan", own_plan, right={"dropout": 0.5, "mirror": True}, also_right=[{"patience": 4}], mistakes=[
        ("try something", {}), ("there is no option", {"jitter": 1}), ("won't show anything", {"dropout": 1.0}),
        ("is a dictionary", [0.5]), ("still open", {"shift": ...}),
    ]),
    Choice("not_reproduced", {
        "A": "no: at the epoch where ours has 75 % in training, it has 48.1 % on validation, so stopping there isn't "
         "enough",
        "B": True,
        "C": "no: 55 % ± 1.6 points doesn't reach 48.2 ± 1.6, so it isn't the chance of one sample",
        "D": "no: both are measured on six classes",
    }),
    Words(
        "told",
        "The gap between 75 % in training and 55 % on new images shows that you overfit. Please add the number of "
        "images, the 95 % interval, and whether faces without a detection were counted, and say which split chose "
        "the epoch. I'd look at the validation loss, stop early, then try one remedy at a time with three seeds.",
        ["names the two numbers that show the overfit", "asks for n, the interval, the coverage or the split",
         "proposes one remedy, tried alone, with seeds and a baseline",
         "doesn't call 75 % in training a result about faces"],
        least=15,
    ),
)  # fmt: skip
