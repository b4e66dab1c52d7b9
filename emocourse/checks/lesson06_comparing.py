"""Exercises 6.5 to 6.8 of lesson 06: models together, against each other, and one for a purpose."""

import re
from math import comb

import numpy as np

from ..evaluation.comparison import best_on
from ..metrics import mcnemar
from . import exercise, expect
from .helpers import array, function, same

# --- 6.5 an ensemble --------------------------------------------------------------------------------------------------


@exercise("6.5")
def ensemble(answer):
    """The mean of several models' probabilities."""
    function(answer)
    rng = np.random.default_rng(65)
    for models, pictures, classes in ((2, 5, 3), (3, 3, 3), (5, 4, 6)):
        parts = list(rng.dirichlet(np.full(classes, 0.6), (models, pictures)).astype(np.float32))
        kept = [part.copy() for part in parts]
        given = array(answer(parts), "the ensemble's probabilities")
        expect(
            len(parts) == models and all(map(same, parts, kept)), "your function changes what the models said: copy it"
        )
        right = np.mean(kept, axis=0)
        told = f"{models} models, {pictures} pictures, {classes} classes: "
        votes = np.mean([np.eye(classes)[part.argmax(1)] for part in kept], axis=0)
        product = np.prod(kept, axis=0)
        if given.shape == right.shape and np.allclose(given, right, atol=1e-5):
            continue
        expect(
            given.shape != (pictures,),
            f"{told}one number a picture came out. Give all its probabilities back: the choice comes later",
        )
        expect(
            given.shape != (models, pictures) or models == classes,
            f"{told}the shape is {given.shape}: you took the mean over classes, which is always the same",
        )
        expect(
            given.shape != (models, classes) or models == pictures,
            f"{told}the shape is {given.shape}: you took the mean over pictures, and not over models",
        )
        expect(given.shape == right.shape, f"{told}the shape is {given.shape}; it should be {right.shape}")
        for wrong, hint in (
            (np.sum(kept, axis=0), "the rows add up to the number of models: a mean is wanted"),
            (votes, "those are shares of votes: a model that hesitates should count less than one that is sure"),
            (product, "that is the product. Its rows do not add up to 1, and one model with a 0 forbids a class"),
            (product / product.sum(1, keepdims=True), "that is a product made to add up to 1; take the mean"),
            (np.max(kept, axis=0), "that is the largest of what the models say; its rows add up to more than 1"),
            (np.median(kept, axis=0), "that is the median; its rows need not add up to 1"),
            (kept[0], "that is the first model alone"),
            (kept[-1], "that is the last model alone: does your loop begin anew each time?"),
            (np.mean(kept, axis=1), "the mean runs over pictures: which axis holds the models?"),
            (np.mean(kept, axis=2), "the mean runs over classes: which axis holds the models?"),
        ):
            expect(wrong.shape != given.shape or not np.allclose(given, wrong, atol=1e-5), f"{told}{hint}")
        expect(False, f"{told}the numbers are wrong. Try two models, one picture and two classes on paper")


# --- 6.6 McNemar's test -----------------------------------------------------------------------------------------------


def _tail(few, n):
    """Chance of ``few`` or fewer heads in n throws."""
    return sum(comb(n, k) for k in range(few + 1)) / 2**n


_COUNTS = ((60, 4, 14, 22), (30, 21, 9, 5), (10, 6, 6, 3), (400, 90, 131, 79), (8, 0, 0, 2))


@exercise("6.6")
def compare(answer):
    """The two discordant counts and the exact two-sided p-value."""
    function(answer)
    rng = np.random.default_rng(66)
    for both, only_a, only_b, neither in (
        (60, 4, 14, 22),
        (30, 21, 9, 5),
        (10, 6, 6, 3),
        (400, 90, 131, 79),
        (8, 0, 0, 2),
    ):
        labels = rng.integers(0, 6, both + only_a + only_b + neither)
        groups = np.repeat([0, 1, 2, 3], [both, only_a, only_b, neither])
        # Where both are wrong they often name different emotions, which must not count.
        a, b = labels.copy(), labels.copy()
        a[groups >= 2] = (labels[groups >= 2] + 1) % 6
        b[(groups == 1) | (groups == 3)] = (labels[(groups == 1) | (groups == 3)] + 2) % 6
        order = rng.permutation(len(labels))
        given = answer(labels[order], a[order], b[order])
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(
            isinstance(given, (tuple, list, np.ndarray)) and len(given) == 3,
            "give back three things: the two counts, and the p-value",
        )
        one, two, p = (float(number) for number in given)
        n, few = only_a + only_b, min(only_a, only_b)
        differ = int((a != b).sum())
        told = f"with {both} right by both, {only_a} by a alone, {only_b} by b alone and {neither} by neither, "
        expect((one, two) != (both, neither) or (both, neither) == (only_a, only_b),
               f"{told}you count where the models agree: what matters is where only one is right")  # fmt: skip
        expect((one, two) != (both + only_a, both + only_b),
               f"{told}you count all that a and b get right: leave out what both do")  # fmt: skip
        expect((one, two) != (only_b, only_a) or only_a == only_b, f"{told}your two counts have changed places")
        expect(differ == n or one + two != differ,
               f"{told}you count where the predictions differ, also where both are wrong")  # fmt: skip
        expect((one, two) == (only_a, only_b), f"{told}your counts are {one:g} and {two:g}: where is only one right?")
        right = mcnemar(labels, a, b).p_value
        if np.isclose(p, right, rtol=1e-6, atol=1e-12):
            continue
        expect(p <= 1, f"{told}your p-value is {p:.3f}: a chance is at most 1")
        point = comb(n, few) / 2**n
        for wrong, hint in (
            (_tail(few, n), "that is one side only: model a might as well have been the better one"),
            (point, "that is the chance of exactly this count: add those of all that are more extreme"),
            (2 * point, "that is the chance of exactly these counts: add those of all that are more extreme"),
            (2 * (_tail(few, n) - point), "the count itself belongs to the sum: range ends before its last number"),
            (1 - right, "that is the chance that it does not happen"),
            (min(1, 2 * _tail(few, len(labels))), "n is the number of pictures on which only one is right"),
            (min(1, 2 * _tail(max(only_a, only_b), n)), "sum from 0 to the smaller of the two counts"),
        ):
            expect(not np.isclose(p, wrong, rtol=1e-6, atol=1e-12), f"{told}p is {p:.4f}: {hint}")
        expect(False, f"{told}p is {p:.4g}. Try 1 against 3 on paper: 5 of the 16 rows of heads and tails, times 2")


# --- 6.7 choose honestly ----------------------------------------------------------------------------------------------


@exercise("6.7")
def choose(answer):
    """The best model on validation, its accuracy there, and its accuracy on test."""
    function(answer)
    rng = np.random.default_rng(67)
    for models, n_validation, n_test in ((4, 40, 60), (6, 200, 100), (3, 30, 30)):
        while True:  # until every mistake shows
            validation, test = rng.random((models, n_validation)) < 0.6, rng.random((models, n_test)) < 0.6
            shares, others = validation.mean(1), test.mean(1)
            if len({*shares, *others}) == 2 * models and shares.argmax() != others.argmax():
                break
        given = answer(validation.copy(), test.copy())
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(
            isinstance(given, (tuple, list, np.ndarray)) and len(given) == 3,
            "give back three things: which model, its accuracy on validation, and its accuracy on test",
        )
        best, seen, held = given
        right = best_on(validation, test)
        expect(np.ndim(best) == 0 and float(best).is_integer(), "the first thing is a model's number, 0 for the first")
        expect(max(seen, held) <= 1, "give accuracies from 0 to 1, not counts and not per cent")
        expect(best != others.argmax(), "you chose the model by its test pictures: then the test tests nothing")
        both = np.concatenate([validation, test], axis=1).mean(1).argmax()
        expect(best == right[0] or best != both, "you chose on both splits together: the test must not take part")
        expect(best != right[0] + 1, "models are numbered from 0")
        expect(best != shares.argmin(), "that is the worst model on validation")
        expect(best == right[0], f"model {right[0]} is right most often on validation, and you chose {best}")
        expect(not (np.isclose(seen, right[2]) and np.isclose(held, right[1])), "the two accuracies changed places")
        expect(np.isclose(seen, right[1]), f"on validation, the model has {right[1]:.3f}, and you gave {seen:.3f}")
        expect(not np.isclose(held, others.max()), "that is the best accuracy on test, but of another model")
        expect(not np.isclose(held, others.mean()), "that is the mean of all models on test: one was chosen")
        expect(np.isclose(held, right[2]), f"on test, the chosen model has {right[2]:.3f}, and you gave {held:.3f}")


# --- 6.8 in words -----------------------------------------------------------------------------------------------------

_MODELS = ("slides", "geometry", "tiny", "main", "fusion", "ensemble", "vgg16")
_REASONS = (
    (r"accura|percent|per cent|%|right|wrong|mistake", "how good it is"),
    (r"interval|mcnemar|p-value|\bp\b|significan|\bn\b|pictures|sure", "how certain that is"),
    (r"\b(fast|slow|time|milli|second|frame|parameter|memory|byte|cost|file|comput|laptop)", "what it costs"),
)
_FAILS = (
    r"\b(dark|hand|cover|occlu|tilt|turn|blur|nois|light|detect|landmark|glasses|profile|side|beard|mask|far|small)"
)


@exercise("6.8")
def in_words(model, because, fails):
    """A model for the demo, reasons, and where it will fail. A program cannot judge an argument; it looks for one."""
    expect(isinstance(model, str), 'model is a name between quotation marks, such as "slides"')
    expect(model in _MODELS, f"{model!r:.40} is none of the course's models: {', '.join(_MODELS)}")
    for name, text, least in (("because", because, 30), ("fails", fails, 15)):
        expect(isinstance(text, str), f"{name} must be text between quotation marks, not a {type(text).__name__}")
        words = re.findall(r"[^\W\d_]+", text.lower())
        expect(len(words) >= least, f"{name} has {len(words)} words. Write some sentences, at least {least} words")
        expect(len(set(words)) >= least // 2, f"{name} says the same words again and again: make an argument of it")
    expect(because.strip() != fails.strip(), "both texts are the same, but they answer different questions")
    for pattern, what in _REASONS:
        expect(re.search(pattern, because.lower()), f"because does not say {what}: a model is chosen by that too")
    expect(re.search(_FAILS, fails.lower()), "fails should name a kind of picture: think of light, hands, the detector")
