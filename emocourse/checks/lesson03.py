"""Exercises of lesson 03, whose labels?"""

import re

import numpy as np

from . import NotYet, exercise, expect
from .helpers import function, same

# --- 3.1 exact copies, and groups that disagree -----------------------------------------------------------------------


def _images_with_copies():
    """Noise with three groups of copies, and pairs that only look the same to careless eyes."""
    rng = np.random.default_rng(24)
    images = rng.integers(0, 256, (40, 48, 48), dtype=np.uint8)
    groups = [[0, 39], [3, 17, 28], [5, 6]]
    for first, *others in groups:
        images[others] = images[first]
    images[11] = images[10].ravel()[::-1].reshape(48, 48)  # the same greys, elsewhere
    images[21] = images[20]
    images[21, 40, 7] ^= 1  # one pixel, by one
    return images, groups


def _find_copies(answer):
    function(answer)
    images, groups = _images_with_copies()
    try:
        given = answer(images.copy())
    except TypeError as error:
        if "unhashable" in str(error):
            hint = "an array cannot be a key of a dictionary: image.tobytes() gives its bytes, which can"
            raise NotYet(hint) from error
        raise
    expect(given is not None, "your function gives nothing back: it needs a return")
    if isinstance(given, dict):
        raise NotYet("give back the groups alone, as a list: the values of your dictionary, or some of them")
    expect(isinstance(given, (list, tuple)), "give back a list of groups, not a number or an array")
    expect(
        all(isinstance(group, (list, tuple)) for group in given),
        "each group must be a list of places, such as [0, 39], also where it has only two",
    )
    found = [sorted(int(place) for place in group) for group in given]
    expect(all(len(group) > 1 for group in found), "an image without a copy is no group: leave out groups of one")
    expect(
        not any({10, 11} <= set(group) for group in found),
        "images 10 and 11 have the same sum, and yet they differ: compare all pixels and their places",
    )
    expect(
        not any({20, 21} <= set(group) for group in found),
        "images 20 and 21 differ, if only in one pixel: exact copies are wanted",
    )
    expect(
        not any(len(group) == 2 and set(group) < {3, 17, 28} for group in found),
        "one image is there three times, at 3, 17 and 28: that is one group of three",
    )
    missing = [group for group in groups if group not in sorted(found)]
    expect(
        not missing or missing != [[0, 39], [3, 17, 28]],
        "you find copies only where they follow each other: they can be anywhere",
    )
    expect(not missing, f"a group is missing or incomplete: {missing[0] if missing else ''}")
    expect(len(found) == len(groups), "some of your groups are there twice, or hold images that differ")


_GROUPS = [[0, 5], [1, 7, 9], [2, 3], [4, 8, 11], [6, 10], [12, 13, 14]]
_VALUES = (
    # name, a value an image, the groups in which they differ
    ("labels", np.array([3, 0, 5, 6, 2, 3, 4, 0, 2, 0, 4, 1, 5, 6, 5], np.uint8), [[2, 3], [4, 8, 11], [12, 13, 14]]),
    (
        "splits",
        np.array([*["train"] * 7, "test", "train", "train", "test", "test", "train", "test", "train"]),
        [[1, 7, 9], [4, 8, 11], [6, 10], [12, 13, 14]],
    ),
)


def _disagreeing(answer):
    for name, values, right in _VALUES:
        given = answer([list(group) for group in _GROUPS], values.copy())
        expect(given is not None, "disagreeing gives nothing back: it needs a return")
        expect(
            isinstance(given, (list, tuple)),
            f"disagreeing must give a list of groups back, not a {type(given).__name__}",
        )
        expect(
            all(isinstance(group, (list, tuple)) for group in given),
            f"disagreeing must give the groups themselves back, not their {name}, nor True and False",
        )
        found = [[int(place) for place in group] for group in given]
        if found == right:
            continue
        expect(
            found != [group for group in _GROUPS if group not in right],
            f"disagreeing gives exactly the other groups: those whose {name} are all the same",
        )
        ends = ([group for group in right if values[group[0]] != values[group[i]]] for i in (1, -1))
        expect(
            found not in list(ends),
            "disagreeing misses a group of three, in which two agree and one does not: look at all its images",
        )
        every = [group for group in right if len(set(values[group].tolist())) == len(group)]
        expect(found != every, "disagreeing asks that all images of a group differ: one that differs is enough")
        expect(
            all(group in _GROUPS for group in found),
            "disagreeing gives something back that is no group: the numbers in a group say where its images stand",
        )
        expect(False, f"disagreeing gives {found} for the groups {_GROUPS}, whose {name} are {values.tolist()}")


@exercise("3.1")
def copies_and_conflicts(find_copies, disagreeing):
    """Groups of places of identical images; those groups with more than one value."""
    function(find_copies)
    function(disagreeing)
    _find_copies(find_copies)
    try:
        _disagreeing(disagreeing)
    except NotImplementedError as error:
        raise NotYet("find_copies is right. Now write disagreeing") from error


# --- 3.2 an experiment ------------------------------------------------------------------------------------------------

_N_TRAIN, _N_TEST = 60, 40


class _Spy:
    """A model that notes what it is given, and answers by lot."""

    def __init__(self):
        self.calls = []

    def __call__(self, train_images, train_labels, images):
        self.calls.append(tuple(np.array(given) for given in (train_images, train_labels, images)))
        return np.random.default_rng(len(self.calls)).integers(0, 7, len(images))


@exercise("3.2")
def leaky_accuracy(answer):
    """What the model is given, and what of its answers is counted."""
    function(answer)
    rng = np.random.default_rng(26)
    images = rng.integers(0, 256, (_N_TRAIN + _N_TEST, 48, 48), dtype=np.uint8)
    labels = np.sort(rng.integers(0, 7, _N_TRAIN + _N_TEST)).astype(np.uint8)
    order = rng.permutation(len(labels))
    mine, theirs = np.sort(order[:_N_TRAIN]), np.sort(order[_N_TRAIN:])
    train, test = (images[mine], labels[mine]), (images[theirs], labels[theirs])
    leaked = {}
    for share, seed in ((0.25, 0), (0.0, 0), (0.25, 1), (0.25, 0), (1.0, 0)):
        leaked.setdefault((share, seed), []).append(_one_leak(answer, train, test, share, seed))
    first, second = leaked[0.25, 0]
    expect(first == second, "twice the same seed gave two different leaks: np.random.default_rng(seed) repeats them")
    expect(
        first != leaked[0.25, 1][0],
        "two different seeds leak the same test images. These are sorted by label, so choose by lot",
    )


def _one_leak(answer, train, test, share, seed):
    """Run the experiment once, look at everything, and return the places of the test images that leaked."""
    told = f"with a share of {share:g} of {_N_TEST} test images"
    spy = _Spy()
    given_train, given_test = tuple(a.copy() for a in train), tuple(a.copy() for a in test)
    value = answer(spy, given_train, given_test, share, seed)
    expect(value is not None, "your function gives nothing back: it needs a return")
    expect(spy.calls, "your function never asks the model: call model(images, labels, test images)")
    images, labels, asked = spy.calls[-1]
    intact = all(same(a, b) for a, b in zip((*given_train, *given_test), (*train, *test), strict=True))
    expect(intact, "your function changes the arrays it is given, so that the next run begins soiled: copy them first")
    expect(len(images) == len(labels), f"the model gets {len(images)} training images, but {len(labels)} labels")
    expect(
        len(images) <= _N_TRAIN,
        f"{told}, the training set has grown from {_N_TRAIN} to {len(images)} images. Then two things differ: the "
        "leak, and the size",
    )
    expect(len(images) == _N_TRAIN, f"the training set has shrunk from {_N_TRAIN} to {len(images)} images")
    expect(
        same(asked, test[0]),
        f"the model is asked about {len(asked)} images; ask about all {_N_TEST} test images, in their order",
    )
    place = {image.tobytes(): i for i, image in enumerate(test[0])}
    now = [
        (place[image.tobytes()], int(label))
        for image, label in zip(images, labels, strict=True)
        if image.tobytes() in place
    ]
    n, wanted = len({i for i, _ in now}), round(share * _N_TEST)
    expect(n or not wanted, f"{told}, none of them is among the training images that the model gets")
    expect(
        n == len(now),
        f"{told}, some leaked twice: choice draws with replacement unless it is told replace=False",
    )
    expect(n != round(share * _N_TRAIN) or n == wanted, f"{told}, {n} leaked: that is the share of the training images")
    expect(n == wanted, f"{told}, {n} of them leaked, and {wanted} should have")
    expect(
        all(test[1][i] == label for i, label in now),
        "images leaked without their labels: a copied image must bring its own label with it",
    )
    there = {image.tobytes() for image in images}
    gone = [i for i, image in enumerate(train[0]) if image.tobytes() not in there]
    expect(len(gone) == wanted, "some training images are there twice, or are neither old nor leaked")
    expect(
        not wanted > 0 or gone[-1] - gone[0] != wanted - 1,
        "the training images that had to go all stand together. They are sorted by label: choose these by lot, too",
    )
    _fraction(value, np.random.default_rng(len(spy.calls)).integers(0, 7, _N_TEST), test[1], [i for i, _ in now], told)
    return sorted(i for i, _ in now)


def _fraction(value, predicted, truth, leaked, told):
    expect(np.ndim(value) == 0, "give one number back, the accuracy")
    hits = predicted == truth
    right = hits.mean()
    rest = np.setdiff1d(np.arange(len(truth)), leaked)
    expect(np.isclose(value, right) or not np.isclose(value, 100 * right), "give a share from 0 to 1, not per cent")
    expect(
        np.isclose(value, right) or not np.isclose(value, hits.sum()), "that is how many are right: what share is it?"
    )
    expect(
        np.isclose(value, right) or not len(rest) or not np.isclose(value, hits[rest].mean()),
        "you measure on the images that did not leak. The question is what the whole test set seems to say",
    )
    expect(
        np.isclose(value, right) or not leaked or not np.isclose(value, hits[leaked].mean()),
        "you measure on the leaked images alone: take the whole test set",
    )
    expect(
        np.isclose(value, right), f"{told}, {hits.sum()} of {len(truth)} answers were right, and you gave {value:.3f}"
    )


# --- Exercises 2.7 and 2.8 of lesson 02: how far people agree, and what follows from it, in words ---------------------

# --- 3.3 one against the others ---------------------------------------------------------------------------------------

# rows of counts, what they try
_VOTES = (
    (((7, 3),), "the example"),
    (((10, 0, 0), (0, 0, 10)), "voters who all agree"),
    (((5, 5, 0),), "five against five"),
    (((2, 1, 0), (0, 3, 0)), "three voters"),
    (((4, 3, 3, 0),), "four, three and three"),
    (((1, 1, 1, 1),), "four voters with four opinions"),
    (((6, 2, 1, 1), (0, 5, 4, 1), (3, 3, 3, 1), (0, 0, 10, 0)), "four images"),
)


def _met(counts, less=1, tie=lambda sharing: 1 / sharing):
    """Agreement of each voter with the ``less`` fewer others."""
    agreed = 0.0
    for row in counts:
        for choice in np.flatnonzero(row):
            others = row.astype(float)
            others[choice] -= less
            first = others == others.max()
            agreed += row[choice] * tie(first.sum()) * first[choice]
    return agreed / counts.sum()


@exercise("3.3")
def one_against_others(answer):
    """Share of votes that are the majority of the others; ties count in parts."""
    function(answer)
    for rows, what in _VOTES:
        counts = np.array(rows, np.uint8)
        given = answer(counts)
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(
            (counts == rows).all(),
            "your function changes the counts it is given: copy a row before you take a vote away",
        )
        expect(np.ndim(given) == 0, "give one number back, over all votes on all images")
        given, right = float(given), _met(counts)
        told = f"for {what}, {[list(row) for row in rows]}, "
        if np.isclose(given, right):
            continue
        expect(not np.isclose(given, 100 * right), f"{told}you give {given:.4g}: a share from 0 to 1 is wanted")
        expect(
            not np.isclose(given, right * counts.sum()), f"{told}you count {given:.4g} votes: what share of all is it?"
        )
        expect(
            not np.isclose(given, right * counts.sum() / len(counts)),
            f"{told}you divide by the number of images: divide by the number of votes",
        )
        expect(
            not np.isclose(given, _met(counts, tie=lambda sharing: 1)),
            f"{told}you give {given:.3f}: where two choices share the first place, meeting one counts as one half",
        )
        expect(
            not np.isclose(given, _met(counts, tie=lambda sharing: sharing == 1)),
            f"{told}you give {given:.3f}: where choices share the first place, meeting one still counts in part",
        )
        expect(
            not np.isclose(given, _met(counts, less=0))
            and not np.isclose(given, (counts.max(axis=1) / counts.sum(axis=1)).mean()),
            f"{told}you give {given:.3f}: the voter is still among the others. Take one vote away first",
        )
        expect(False, f"{told}you give {given:.3f}. Go through the first row voter by voter, on paper")


# --- 3.4 in words -----------------------------------------------------------------------------------------------------

_SAME = r"\b(same|equal|identical|alike|fair|compar\w*)\b"
_ABOUT_LABELS = r"\b(label|agree|disagree|vote|voter|majorit|truth)\w*"
_ASKED = r"\b(ask|permi|consent|know|knew|told|inform|allow)\w*"
_GROUPS_OF_PEOPLE = (
    r"\b(age|aged|old|older|elder|child|children|young|bab|women|woman|men|man|gender|sex|skin|black|asian|white|"
    r"african|ethnic|countr|cultur|region|relig|headscar|hijab|veil|disab|disfigur|paraly|scar|beard|glasses|"
    r"language|continent|celebrit|actor|star|poor|rich|wester|nationalit|race|racial)\w*"
)


@exercise("3.4")
def in_words(human, people):
    """Two short texts. A program cannot judge an argument: this one looks whether there is one to talk about."""
    for name, text in (("human", human), ("people", people)):
        expect(isinstance(text, str), f"{name} must be text between quotation marks, not a {type(text).__name__}")
        words = re.findall(r"[^\W\d_]+", text.lower())
        expect(len(words) >= 30, f"{name} has {len(words)} words. Write some sentences, at least 30 words")
        expect(len(set(words)) >= 18, f"{name} says the same words again and again: make an argument of it")
    expect(human.strip() != people.strip(), "both texts are the same, but they answer different questions")
    for text, pattern, hint in (
        (human, _SAME, "human should say what would have to be the same, for a human and a network to be compared"),
        (
            human,
            _ABOUT_LABELS,
            "human should say what people's agreement tells about the labels that both are measured by",
        ),
        (people, _ASKED, "people should say what you would have asked those in the images"),
        (people, _GROUPS_OF_PEOPLE, "people should name at least one group of people who may be rare or misread"),
    ):
        expect(re.search(pattern, text.lower()), hint)
