"""Exercises of lesson 07, diagnosing overfitting."""

import dataclasses
import re

import numpy as np

from ..dataset.augmentation import Augmentation
from ..evaluation.diagnosis import REMEDIES, half_width, turning_point
from ..evaluation.diagnosis import early_stop as right_stop
from ..evaluation.diagnosis import images_needed as right_number
from ..evaluation.diagnosis import most_confused as right_pair
from ..training.recipes import Recipe
from . import NotYet, exercise, expect
from .helpers import array, function, same


def _two(given, what):
    expect(given is not None, "your function gives nothing back: it needs a return")
    expect(isinstance(given, (tuple, list, np.ndarray)) and len(given) == 2, f"give two things back: {what}")
    return given


# --- 5.1 curves -------------------------------------------------------------------------------------------------------

_HISTORIES = (
    {
        "accuracy": [0.30, 0.41, 0.50, 0.58, 0.66, 0.75],
        "val_accuracy": [0.33, 0.40, 0.44, 0.43, 0.46, 0.42],
        "loss": [1.7, 1.5, 1.3, 1.1, 0.9, 0.7],
        "val_loss": [1.6, 1.5, 1.42, 1.48, 1.6, 1.9],
    },
    {
        "accuracy": [0.30, 0.35, 0.38],
        "val_accuracy": [0.34, 0.37, 0.41],
        "loss": [1.7, 1.6, 1.5],
        "val_loss": [1.65, 1.55, 1.45],
    },
    {
        "accuracy": [0.30, 0.55, 0.70, 0.91],
        "val_accuracy": [0.31, 0.30, 0.35, 0.33],
        "loss": [1.7, 1.2, 0.6, 0.4],
        "val_loss": [1.6, 1.7, 2.0, 2.4],
    },
)


@exercise("7.1")
def read_curves(answer):
    """Turning point of the validation loss, and the gap in accuracy at the end."""
    function(answer)
    for history in _HISTORIES:
        turn, gap = _two(answer({key: list(values) for key, values in history.items()}), "an epoch, and a gap")
        right, last = turning_point(history), len(history["loss"])
        told = f"with the validation losses {history['val_loss']}, "
        others = {
            int(np.argmax(history["val_loss"])) + 1: "that is the highest loss, not the lowest",
            right - 1: "you count epochs from 0; people count from 1",
            last: "you took the last epoch, or the lowest training loss: which of the two losses turns?",
            int(np.argmax(history["val_accuracy"])) + 1: "that is the epoch of the best accuracy. Take the loss",
        }
        expect(np.ndim(turn) == 0, f"{told}the turning point is one epoch, and you gave {turn!r:.60}")
        expect(turn == right or turn not in others, f"{told}you gave {turn}: {others.get(turn)}")
        expect(turn == right, f"{told}you gave {turn!r:.40} as the turning point. Find the lowest by eye first")
        accuracy, validation = np.array(history["accuracy"]), np.array(history["val_accuracy"])
        wanted = accuracy[-1] - validation[-1]
        expect(np.ndim(gap) == 0, "the gap is one number: that of the last epoch")
        if np.isclose(gap, wanted):
            continue
        told = f"the training accuracies end at {accuracy[-1]}, those of validation at {validation[-1]}; "
        expect(not np.isclose(gap, abs(wanted)), f"{told}the gap can be negative as well: do not drop its sign")
        expect(not np.isclose(gap, -wanted), f"{told}the gap is training minus validation: yours has the wrong sign")
        expect(not np.isclose(gap, 100 * wanted), f"{told}give the gap as a share, not in points")
        expect(
            not np.isclose(gap, (accuracy - validation)[right - 1]),
            f"{told}you gave the gap at the turning point; that of the last epoch is wanted",
        )
        expect(
            not np.isclose(gap, accuracy.max() - validation.max()),
            f"{told}you compare the best epoch of each; both numbers must be of the last epoch",
        )
        expect(
            not np.isclose(gap, history["val_loss"][-1] - history["loss"][-1]),
            f"{told}this is the difference of the losses; accuracies are wanted",
        )
        expect(False, f"{told}and you gave a gap of {float(gap):.3f}")


# --- 5.2 how many images --------------------------------------------------------------------------------------------

_Z = 1.96


def _fewest(width, half, last=60_000):
    """The fewest images for which ``width(n)`` is at most ``half``."""
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if width(middle) > half else (low, middle)
    return high


def _wrong_numbers(share, half, right):
    """{number: the mistake that leads to it}."""

    def own(n):
        return half_width(share, n)

    return {
        _fewest(lambda n: 2 * own(n), half): "that is for an interval whose *whole* width is this. ± counts to one "
        "side only",
        _fewest(lambda n: own(n) / 2, half): "that is for an interval twice as wide: ± counts to each side",
        right - 1: f"with {right - 1} images the interval is still too wide, by a little",
        right + 1: "one image fewer would do: when does your search stop?",
        _fewest(lambda n: _Z * np.sqrt(share * (1 - share) / n), half): "that is the textbook's z · √(p(1-p)/n). Take "
        "Wilson's",
        _fewest(lambda n: half_width(0.5, n), half): "that would do for any share. For this one, fewer are enough",
        _fewest(lambda n: own(n) * 2.576 / _Z, half): "your z is not that of 95 %: it is 1.96",
    }


@exercise("7.2")
def images_needed(answer):
    """The fewest images for an interval of a given half width."""
    function(answer)
    for share, half in ((0.55, 0.03), (0.98, 0.04), (0.5, 0.05), (0.55, 0.02), (0.0, 0.05)):
        given, right = answer(share, half), right_number(share, half)
        told = f"for a share of {share} and ± {half}, "
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(np.ndim(given) == 0 and isinstance(given, (int, float, np.number)), "give one number back")
        if given == right:
            continue
        wrong = _wrong_numbers(share, half, right)
        near = [hint for n, hint in wrong.items() if n == given]
        expect(not near, f"{told}you gave {given}: {near[0] if near else ''}")
        expect(float(given).is_integer(), f"{told}you gave {given}: images come as whole numbers")
        expect(
            given > 1 or right <= 1,
            f"{told}you gave {given}. Are your p and half shares, both from 0 to 1? And which way does your search go?",
        )
        expect(False, f"{told}you gave {given}; there, half the width is {half_width(share, max(1, int(given))):.4f}")


# --- 5.3 the confusion matrix -----------------------------------------------------------------------------------------

_LABELS = np.repeat([0, 1, 2, 3], [6, 12, 5, 9])
_SAID = np.array([0, 0, 0, 1, 1, 3, *[1] * 7, 0, 2, 2, 3, 3, 2, 2, 0, 0, 0, 3, 3, 3, 3, 1, 1, 1, 1, 2])


@exercise("7.3")
def confusion(count, recalls):
    """Counts with labels in rows; the share of each row that is on the diagonal."""
    function(count)
    function(recalls)
    order = np.random.default_rng(53).permutation(len(_LABELS))
    for labels, said, classes in ((_LABELS[order], _SAID[order], 4), (_LABELS[order], _SAID[order], 5)):
        given = array(count(labels.copy(), said.copy(), classes), "the matrix")
        right = np.zeros((classes, classes), int)
        np.add.at(right, (labels, said), 1)
        expect(given.ndim == 2, f"your matrix has the shape {given.shape}: it needs rows and columns")
        expect(
            given.shape == right.shape or classes == 4,
            "a class that no image has still needs its row and its column: how many there are, `classes` says",
        )
        expect(given.shape == right.shape, f"your matrix has the shape {given.shape}, for {classes} classes")
        expect(not same(given, right.T), "the axes are swapped: rows are labels, columns what the network said")
        expect(not same(given, right > 0), "you write 1 where there should be a count: add to what is there")
        expect(
            not (given.sum() <= 1.001 * classes and given.max() <= 1),
            "these are shares. The matrix holds counts; the shares come after",
        )
        expect(
            given.sum() == len(labels),
            f"your matrix counts {given.sum()} images, and there are {len(labels)}",
        )
        expect(same(given, right), "some counts are wrong. Try three images, and fill the matrix in by hand")
    try:
        for matrix in (right[:4, :4], right, np.array([[8, 2], [30, 10]])):
            _recalls(recalls, matrix)
    except NotImplementedError as error:
        raise NotYet("count_confusions is right. Now write recalls") from error


def _recalls(answer, matrix):
    kept = matrix.copy()
    with np.errstate(all="ignore"):
        given = array(answer(kept), "the recalls")
        rows, columns, on = matrix.sum(axis=1), matrix.sum(axis=0), np.diag(matrix)
        expect((kept == matrix).all(), "recalls changes the matrix that it is given: make new arrays")
        expect(given.shape != matrix.shape, "recalls gives a whole matrix back: only the diagonal of the shares is it")
        expect(given.shape == on.shape, f"recalls must give one share for each class, not the shape {given.shape}")
        right = on / np.maximum(rows, 1)
        if np.allclose(given, right):
            return
        expect(
            not np.isnan(given).any(),
            "a class without images gives nan, because 0 / 0 has no value: its recall should be 0",
        )
        expect(
            not np.allclose(given, on / np.maximum(columns, 1)),
            "you divide by the sums of the columns: that is the precision. Which sum counts the images of a label?",
        )
        expect(not np.allclose(given, on / matrix.sum()), "you divide by the number of all images; take each row's")
        expect(not np.allclose(given, 100 * right), "give shares from 0 to 1, not per cent")
        expect(False, f"of {matrix.tolist()}, your recalls are {np.round(given, 3).tolist()}")


# --- 5.4 the pair -----------------------------------------------------------------------------------------------------

_MATRICES = (
    # The largest sum of shares, single share, sum of counts, single count, sum of shares of columns, and the smallest
    # sum of shares are six different pairs.
    np.array([[124, 36, 9, 39], [90, 181, 25, 100], [44, 96, 86, 36], [54, 2, 58, 75]]),
    np.array([[5, 5, 0, 0], [1, 7, 1, 1], [0, 2, 5, 4], [0, 1, 4, 6]]),
    np.array([[30, 2, 3], [4, 90, 30], [6, 1, 5]]),
)


@exercise("7.4")
def most_confused(answer):
    """The two classes with the largest sum of both shares."""
    function(answer)
    for matrix in _MATRICES:
        kept = matrix.copy()
        given = _two(answer(kept), "the numbers of two classes")
        expect((kept == matrix).all(), "your function changes the matrix that it is given: work on a copy")
        expect(all(np.ndim(one) == 0 for one in given), "give the numbers of the two classes back, such as (0, 2)")
        expect(not any(isinstance(one, str) for one in given), "give the classes' numbers back, not their names")
        pair = tuple(sorted(int(one) for one in given))
        expect(pair[0] != pair[1], "a class cannot be confused with itself: leave out the diagonal")
        if pair == right_pair(matrix):
            continue
        told = f"of {matrix.tolist()}, you gave {pair}: "
        off = matrix * (1 - np.eye(len(matrix)))
        rows, columns = off / matrix.sum(axis=1, keepdims=True), off / matrix.sum(axis=0, keepdims=True)
        for shares, hint in (
            (rows, "the largest share in one direction. Add up both directions"),
            (off + off.T, "they have the most mistakes, but also more images. Compare shares"),
            (off, "the largest count of all. Compare shares, and both directions together"),
            (columns + columns.T, "you divide by the columns' sums. A label's images are those of its row"),
            (-np.where(np.eye(len(matrix)) > 0, 9, rows + rows.T), "they are confused least"),
        ):
            i, j = np.unravel_index(shares.argmax(), shares.shape)
            expect(pair != tuple(sorted((int(i), int(j)))), told + hint)
        expect(False, f"{told}for each pair, write down both shares and their sum")


# --- 5.5 early stopping -----------------------------------------------------------------------------------------------

_RUNS = (
    ([5, 4, 3, 6, 7, 1], 2, "the example"),
    ([5, 4, 3, 6, 7, 1], 3, "the example with a patience of 3"),
    ([3.0, 2.0, 1.5, 1.2], 2, "losses that only fall"),
    ([1.0, 2.0, 3.0, 4.0], 1, "losses that only rise"),
    ([3, 2, 2, 2, 1], 2, "losses that stay equal"),
    ([4, 3, 3.5, 2, 2.5, 2.2, 2.1, 1], 3, "a loss that recovers once"),
    ([2.0], 4, "a single epoch"),
)


@exercise("7.5")
def early_stop(answer):
    """Last epoch trained, and epoch kept."""
    function(answer)
    for losses, patience, what in _RUNS:
        last, kept = _two(answer(list(losses), patience), "the last epoch that is trained, and the one that is kept")
        right_last, right_kept = right_stop(losses, patience)
        told = f"{what} ({losses}, patience {patience}): "
        if (last, kept) == (right_last, right_kept):
            continue
        expect((last, kept) != (right_kept, right_last), f"{told}you gave the two the wrong way round")
        expect((last, kept) != (right_last - 1, right_kept - 1), f"{told}you count epochs from 0; people count from 1")
        expect(last <= len(losses), f"{told}you gave {last} as the last epoch, but there are only {len(losses)}")
        expect(
            what != "losses that stay equal" or kept <= right_kept,
            f"{told}a loss that is only equal to the lowest is not better, so patience goes on running out",
        )
        expect(
            what != "a loss that recovers once",
            f"{told}you gave {last} and {kept}. Does the waiting begin anew after each new lowest loss? Is each loss "
            "compared with the lowest so far, and not with the one before?",
        )
        expect(kept <= last, f"{told}you keep epoch {kept}, which is never trained. One cannot look into the future")
        expect(
            kept != last or right_kept == right_last,
            f"{told}you keep the last epoch. Which one had the lowest loss until then?",
        )
        expect(last != right_last + 1, f"{told}training goes on one epoch too long: count on your fingers")
        expect(last != right_last - 1, f"{told}training ends one epoch too early: count on your fingers")
        expect(False, f"{told}you gave {last} and {kept}. Go through the epochs one by one, on paper")


# --- Exercises 7.6 to 7.8 of lesson 07: two experiments, and what their numbers mean, in words ------------------------

# --- 5.6 one at a time ------------------------------------------------------------------------------------------------

_AUGMENTATION = {field.name for field in dataclasses.fields(Augmentation)}
_ALLOWED = {
    "nothing": set(),
    "dropout": {"dropout"},
    "weight decay": {"weight_decay"},
    "augmentation": _AUGMENTATION,
    "early stopping": {"patience"},
}


def _changes(recipe, base):
    """The names of the options in which two recipes differ."""
    return {f.name for f in dataclasses.fields(base) if getattr(recipe, f.name) != getattr(base, f.name)}


@exercise("7.6")
def one_at_a_time(answer):
    """Five recipes that differ from the base in one remedy, each with all seeds."""
    function(answer)
    # Not the lesson's own recipe and seeds: who writes those into the function is found out.
    for base, seeds in ((Recipe("points", epochs=7, batch=20, dropout=0.0), (3, 8)), (Recipe("points", 5, 10), (4,))):
        calls = []

        def train(recipe, seed, calls=calls):
            calls.append((recipe, seed))
            return f"result {len(calls)}"

        given = answer(train, base, list(seeds))
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(isinstance(given, dict), f"give a dictionary back, not a {type(given).__name__}")
        expect(
            "nothing" in given, 'the case without a remedy is missing: what would you compare with? Call it "nothing"'
        )
        missing = [name for name in REMEDIES if name not in given]
        expect(not missing, f"{', '.join(missing)} is missing from your dictionary (or has another name)")
        extra = [name for name in given if name not in REMEDIES]
        expect(not extra, f"your dictionary has {extra}: only the five cases are asked for")
        expect(calls, "your function never calls train(recipe, seed)")
        expect(
            all(isinstance(recipe, Recipe) for recipe, _ in calls),
            "train needs a recipe first and a seed second: base.but(...) gives a recipe",
        )
        made = {f"result {k + 1}": call for k, call in enumerate(calls)}
        for name, results in given.items():
            results = list(results) if isinstance(results, (list, tuple)) else [results]
            expect(
                all(isinstance(one, str) and one in made for one in results),
                f"{name}: collect what train gives back, in a list with one result for each seed",
            )
            _case(name, [made[one] for one in results], base, seeds)
        expect(
            len(calls) == len(REMEDIES) * len(seeds),
            f"train is called {len(calls)} times; {len(REMEDIES)} cases with {len(seeds)} seeds need "
            f"{len(REMEDIES) * len(seeds)}",
        )


def _case(name, runs, base, seeds):
    used = [seed for _, seed in runs]
    expect(
        sorted(used) == sorted(seeds),
        f"{name} is run with the seeds {used}, and the seeds asked for are {list(seeds)}. With other seeds, two things "
        "differ: the remedy, and luck",
    )
    recipe = runs[0][0]
    expect(all(other == recipe for other, _ in runs), f"{name}: the recipe is not the same with each seed")
    changed = _changes(recipe, base)
    strange = changed - set().union(*_ALLOWED.values())
    expect(
        not strange,
        f"{name} also changes {', '.join(sorted(strange))}. Begin each recipe with base, and leave all else alone",
    )
    more = changed - _ALLOWED[name]
    expect(
        not more or name != "nothing",
        f'"nothing" changes {", ".join(sorted(more))}: it is the base itself',
    )
    expect(
        not more,
        f"{name} switches on {', '.join(sorted(more))} as well. If it helps, which of them did it?",
    )
    expect(changed or name == "nothing", f"{name} changes nothing: its recipe is the base")
    values = {option: getattr(recipe, option) for option in changed}
    expect(
        not {"rotation", "shift", "zoom"} & changed or all(value for value in values.values()),
        f"{name}: one of the options is 0",
    )
    expect(
        changed != {"erasing"},
        "erasing paints over pixels, and this network looks at none: choose another kind of augmentation",
    )
    expect(
        name != "dropout" or 0.05 <= recipe.dropout <= 0.9,
        f"a dropout of {values.get('dropout')} does next to nothing, or leaves next to nothing: take something between",
    )
    expect(
        name != "weight decay" or recipe.weight_decay >= 0.05,
        f"a weight decay of {values.get('weight_decay')} times the learning rate is too small to see: choose it larger",
    )


# --- 5.7 a learning curve ---------------------------------------------------------------------------------------------

_N = 90
_SIZES, _SEEDS = (10, 40, 90), (2, 5)


def _curve(answer):
    """Run the student's plan; returns {(size, seed): indices}."""
    calls = []

    def train(chosen, seed):
        calls.append((chosen, seed))
        return f"result {len(calls)}"

    given = answer(train, _N, list(_SIZES), list(_SEEDS))
    expect(given is not None, "your function gives nothing back: it needs a return")
    expect(isinstance(given, dict), f"give a dictionary back, not a {type(given).__name__}")
    expect(calls, "your function never calls train(chosen, seed)")
    expect(
        sorted(given, key=str) == sorted(_SIZES, key=str),
        f"the keys of your dictionary are {list(given)!r:.80}; they should be the sizes {list(_SIZES)}",
    )
    made, runs = {f"result {k + 1}": call for k, call in enumerate(calls)}, {}
    for size, results in given.items():
        results = list(results) if isinstance(results, (list, tuple)) else [results]
        expect(
            all(isinstance(one, str) and one in made for one in results),
            f"size {size}: collect what train gives back, in a list with one result for each seed",
        )
        used = [made[one][1] for one in results]
        expect(
            sorted(used) == sorted(_SEEDS), f"size {size} is trained with the seeds {used}, asked for: {list(_SEEDS)}"
        )
        for one in results:
            chosen, seed = made[one]
            expect(np.ndim(chosen) == 1, "chosen must be an array of numbers of images, not how many there are")
            chosen = np.asarray(chosen)
            expect(chosen.dtype.kind in "iu", "chosen must hold the numbers of images, as whole numbers")
            told = f"for the size {size}, "
            expect(len(chosen) == size, f"{told}{len(chosen)} images are chosen")
            outside = [k for k in chosen.tolist() if not 0 <= k < _N]
            expect(not outside, f"{told}image {outside[0] if outside else 0} is chosen: there are {_N}, from 0")
            expect(
                len(np.unique(chosen)) == size,
                f"{told}some image is chosen twice, so there are fewer than {size} different ones: draw without "
                "putting back",
            )
            runs[size, seed] = frozenset(chosen.tolist())
    return runs


@exercise("7.7")
def learning_curve(answer):
    """Nested random subsets, one order a seed."""
    function(answer)
    runs = _curve(answer)
    small, middle = _SIZES[:2]
    for size in (small, middle):
        for seed in _SEEDS:
            chosen = sorted(runs[size, seed])
            expect(
                chosen[-1] - chosen[0] != size - 1,
                f"the {size} images all stand together in the dataset. It may be sorted: draw by lot",
            )
        expect(
            runs[size, _SEEDS[0]] != runs[size, _SEEDS[1]],
            f"two seeds choose the same {size} images: let each seed draw anew",
        )
    for seed in _SEEDS:
        expect(
            runs[small, seed] <= runs[middle, seed],
            f"with seed {seed}, the {small} images are not among the {middle}. From one size to the next, images "
            "should only be added",
        )
    expect(runs == _curve(answer), "called twice, your function chooses other images: default_rng(seed) repeats them")


# --- 5.8 in words -----------------------------------------------------------------------------------------------------

_CHANCE = r"\b(interval|overlap|chance|luck|lucky|noise|random|uncertain|significan|coincidence|apart)\w*"
_DO = (
    r"\b(seed|again|repeat|several|(?:more|same) (?:pictures|images)|picture by picture|image by image|mcnemar|paired|"
    r"pair|larger|runs)\w*"
)
_GAP = r"\b(gap|differen|unseen|new|by heart|memor|difference between|lower|higher|better in training|75)\w*"
_ADD = r"\b(interval|baseline|majority|how many|number of|classes|always|chance|n =|seed|confusion|recall|disgust)\w*"
_TRY = (
    r"\b(dropout|decay|augment|stop|early|mirror|rotat|smaller network|more data|more (?:pictures|images)|more faces|"
    r"regulari[sz]|fewer parameters|smaller model|flip)\w*"
)


@exercise("7.8")
def in_words(differ, told):
    """Two short texts. A program cannot judge an argument: this one looks whether there is one to talk about."""
    for name, text in (("differ", differ), ("told", told)):
        expect(isinstance(text, str), f"{name} must be text between quotation marks, not a {type(text).__name__}")
        words = re.findall(r"[^\W\d_]+", text.lower())
        expect(len(words) >= 30, f"{name} has {len(words)} words. Write some sentences, at least 30 words")
        expect(len(set(words)) >= 18, f"{name} says the same words again and again: make an argument of it")
    expect(differ.strip() != told.strip(), "both texts are the same, but they answer different questions")
    for text, pattern, hint in (
        (differ, _CHANCE, "differ should say how far a number measured on 990 images can be off"),
        (differ, _DO, "differ should say what your friend could do to find out"),
        (told, _GAP, "told should say how one knows that the network overfits: which two numbers?"),
        (told, _ADD, "told should name something that the number 55 % needs beside it"),
        (told, _TRY, "told should name at least one remedy to try first"),
    ):
        expect(re.search(pattern, text.lower()), hint)
