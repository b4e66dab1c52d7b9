"""Exercises of lesson 02, FER2013."""

import numpy as np

from ..emotions import EMOTIONS
from ..metrics import wilson_interval
from . import exercise, expect
from .helpers import array, function, same

# --- 2.1 a row of the CSV ---------------------------------------------------------------------------------------------


@exercise("2.1")
def read_row(answer):
    """Label, image and usage of one line, with and without a line break at its end."""
    function(answer)
    rng = np.random.default_rng(21)
    for label, usage, end in ((4, "Training", ""), (0, "PublicTest", "\n"), (6, "PrivateTest", "\r\n")):
        image = rng.integers(0, 256, (48, 48), dtype=np.uint8)
        given = answer(f"{label},{' '.join(map(str, image.ravel()))},{usage}{end}")
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(
            isinstance(given, (tuple, list)) and len(given) == 3,
            "give back three things with commas between them: the label, the image and the usage",
        )
        expect(not isinstance(given[0], str), f"the label {given[0]!r} is still text: make it a whole number")
        expect(given[0] == label, f"the label of this row is {label}, and you gave {given[0]!r:.40}")
        _image(given[1], image)
        expect(isinstance(given[2], str), f"the usage is a word such as 'Training', not a {type(given[2]).__name__}")
        expect(
            given[2] == usage,
            f"the usage comes out as {given[2]!r:.40}. A line from a file ends with a line break; strip() removes it"
            if given[2].strip() == usage
            else f"the usage of this row is {usage!r}, and you gave {given[2]!r:.40}",
        )


def _image(given, right):
    given = array(given, "the image")
    expect(given.dtype.kind in "iuf", "the pixels are still text: each word must become a number")
    expect(given.shape != (48 * 48,), "your image is one long row of 2,304 numbers: reshape it")
    expect(given.shape == (48, 48), f"your image has the shape {given.shape}; it should be (48, 48)")
    expect(not same(given, right.T), "your image lies on its side: the file goes row by row, from the top")
    expect(same(given, right), "some pixels are wrong: compare the first ones with the text, one by one")
    expect(given.dtype == np.uint8, f"the numbers are right, but their type is {given.dtype}: images are uint8")


# --- 2.2 counts and imbalance -----------------------------------------------------------------------------------------

_LABELS = np.repeat([3, 6, 4, 0, 5, 2], [9, 7, 6, 5, 4, 3])  # nobody shows disgust


@exercise("2.2")
def count_emotions(counter, ratio):
    """Images of each emotion by name, and how many times the commonest outnumbers the rarest."""
    function(counter)
    function(ratio)
    labels = np.random.default_rng(22).permutation(_LABELS).astype(np.uint8)
    counts = counter(labels.copy())
    expect(counts is not None, "count_emotions gives nothing back: it needs a return")
    expect(isinstance(counts, dict), f"count_emotions gives a {type(counts).__name__} back; a dictionary is wanted")
    expect(
        all(isinstance(key, str) for key in counts),
        "the keys of your dictionary are numbers: EMOTIONS[k] is the name of label k",
    )
    right = {name: int((labels == k).sum()) for k, name in enumerate(EMOTIONS)}
    expect(set(counts) <= set(EMOTIONS), f"some keys are no emotions: {sorted(set(counts) - set(EMOTIONS))}")
    expect("disgust" in counts, "an emotion that nobody shows is missing from your dictionary: it should have a 0")
    expect(set(counts) == set(EMOTIONS), f"emotions are missing: {sorted(set(EMOTIONS) - set(counts))}")
    shares = all(0 <= counts[name] <= 1 for name in EMOTIONS)
    expect(not shares, "these are shares; count the images")
    by_alphabet = dict(zip(sorted(EMOTIONS), right.values(), strict=True))
    expect(counts != by_alphabet, "your names are in the order of the alphabet; FER2013 has an order of its own")
    wrong = [name for name in EMOTIONS if counts[name] != right[name]]
    expect(not wrong, f"the count of {', '.join(wrong)} is wrong. Try a list of three labels, and count by hand")
    for numbers in ((100, 20, 50), (7, 211, 30, 70), (4, 4)):
        _ratio(ratio(dict(zip(EMOTIONS, numbers, strict=False))), numbers)


def _ratio(given, numbers):
    expect(given is not None, "imbalance gives nothing back: it needs a return")
    expect(isinstance(given, (int, float, np.number)), "imbalance must give one number back")
    right = max(numbers) / min(numbers)
    if np.isclose(given, right):
        return
    told = f"for the counts {list(numbers)} you gave {given:.4g}"
    expect(not np.isclose(given, 1 / right), f"{told}: turn it round, so that it says how many *times* more")
    expect(not np.isclose(given, max(numbers) - min(numbers)), f"{told}: that is a difference; a ratio is wanted")
    expect(
        not np.isclose(given, max(numbers) / np.mean(numbers)) and not np.isclose(given, max(numbers) / sum(numbers)),
        f"{told}: compare the commonest with the rarest, not with the mean or the sum",
    )
    expect(not np.isclose(given, right // 1), f"{told}: a ratio need not be a whole number")
    expect(False, f"{told}. Which two of the counts matter?")


# --- 2.3 without disgust ----------------------------------------------------------------------------------------------


@exercise("2.3")
def drop_disgust(answer):
    """Images and labels without label 1, in order, renumbered 0 to 5."""
    function(answer)
    labels = np.array([6, 1, 0, 3, 2, 1, 5, 4, 0, 6, 2], np.uint8)
    images = np.random.default_rng(23).integers(0, 256, (len(labels), 48, 48), dtype=np.uint8)
    keep = labels != 1
    right = np.array([5, 0, 2, 1, 4, 3, 0, 5, 1])
    kept = images.copy(), labels.copy()
    given = answer(images, labels)
    expect(given is not None, "your function gives nothing back: it needs a return")
    expect(isinstance(given, (tuple, list)) and len(given) == 2, "give back two things: the images and the labels")
    expect(
        same(images, kept[0]) and same(labels, kept[1]),
        "your function changes the arrays that it is given: make new ones",
    )
    new_images, new = array(given[0], "the images"), array(given[1], "the labels")
    expect(new_images.ndim == 3, "the first thing to give back is the images, the second the labels")
    expect(len(new_images) != len(images), "the images of disgust are still there: only their labels are gone")
    dropped = [k for k in range(7) if k != 1 and same(new_images, images[labels != k])]
    expect(not dropped, f"you dropped label {dropped[0] if dropped else ''}. Which number has disgust in EMOTIONS?")
    expect(same(new_images, images[~keep]) is False, "you kept disgust, and dropped all the others")
    expect(
        same(np.sort(new_images, axis=0), np.sort(images[keep], axis=0)),
        f"of {len(labels)} images, {keep.sum()} are not disgust; {len(new_images)} of yours, or others, came back",
    )
    expect(same(new_images, images[keep]), "the images are not in their old order any more")
    expect(len(new) == len(right), f"there are {len(new)} labels for {len(right)} images")
    expect(not same(new, labels[keep]), f"the labels are not renumbered: {_listed(labels[keep])} must run from 0 to 5")
    expect(
        not (same(new, labels[keep] - 1) or same(new, labels[keep].astype(int) - 1)),
        f"every label went down by one, and anger, 0, became {new.min() if new.min() < 0 else new.max()}. Which labels "
        "lie above the gap?",
    )
    expect(
        same(new, right), f"the labels {_listed(labels[keep])} became {_listed(new)}: list by hand what each becomes"
    )
    expect(new.dtype.kind in "iu", f"the labels are right, but of type {new.dtype}: labels are whole numbers")


def _listed(labels):
    return ", ".join(map(str, labels.tolist()))


# --- 2.4 the majority baseline ----------------------------------------------------------------------------------------


@exercise("2.4")
def baseline(answer):
    """Accuracy of always answering the commonest training label, with its Wilson interval."""
    function(answer)
    for train_n, test_n in (((30, 10, 20), (9, 33, 18)), ((5, 40, 9), (3, 2, 1)), ((8, 3, 1), (0, 11, 9))):
        train, test = (np.random.default_rng(24).permutation(np.repeat([2, 3, 5], n)) for n in (train_n, test_n))
        given = answer(train.copy(), test.copy())
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(
            isinstance(given, (tuple, list, np.ndarray)) and len(given) == 3,
            "give back three numbers: the accuracy, and the lower and the upper end of its interval",
        )
        accuracy, low, high = (float(number) for number in given)
        k, n = test_n[int(np.argmax(train_n))], len(test)
        told = f"with {k} of {n} right, "
        expect(max(given) <= 1.5, "give shares from 0 to 1, not per cent")
        others = max(test_n) / n
        expect(
            np.isclose(accuracy, k / n) or not np.isclose(accuracy, others),
            "you chose the commonest label of the images that you test on. A baseline must be chosen in training too",
        )
        expect(
            np.isclose(accuracy, k / n) or not np.isclose(accuracy, max(train_n) / len(train)),
            "this is the accuracy on the training images: measure it on the others",
        )
        expect(np.isclose(accuracy, k / n), f"the accuracy should be {k} of {n}, and you gave {accuracy:.3f}")
        _interval(low, high, k, n, told, len(train))


def _interval(low, high, k, n, told, n_train):
    right = wilson_interval(k, n)
    if np.allclose((low, high), right, atol=5e-4):
        return
    p = k / n
    expect(low <= high, f"{told}the lower end of your interval is above the upper one")
    half = 1.959964 * np.sqrt(p * (1 - p) / n)
    expect(
        not np.allclose((low, high), (p - half, p + half), atol=5e-4),
        f"{told}your interval runs from {low:.3f} to {high:.3f}: the textbook's p ± 1.96 √(p(1-p)/n), which "
        "leaves 0 to 1 and fails for few images. Take Wilson's",
    )
    for level in (0.9, 0.99, 0.6827):
        expect(
            not np.allclose((low, high), wilson_interval(k, n, level), atol=5e-4),
            f"{told}this is the interval for {level:.0%}; 95 % has z = 1.96",
        )
    expect(
        not np.allclose((low, high), wilson_interval(round(p * n_train), n_train), atol=0.01),
        f"{told}the interval is that of {n_train} images: which n was the accuracy measured on?",
    )
    expect(
        not np.isclose((high - low) / 2, right[1] - p, atol=5e-4) or not np.isclose((high + low) / 2, p, atol=5e-4),
        f"{told}the middle of your interval is the accuracy itself: Wilson's middle lies closer to one half",
    )
    expect(False, f"{told}your interval runs from {low:.4f} to {high:.4f}. Go through the formula term by term")
