"""Exercises 2.5 and 2.6 of lesson 02: copies, conflicts, and what a leak is worth."""

import numpy as np

from . import NotYet, exercise, expect
from .helpers import function, same

# --- 2.5 exact copies, and groups that disagree -----------------------------------------------------------------------


def _pictures_with_copies():
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
    images, groups = _pictures_with_copies()
    try:
        given = answer(images.copy())
    except TypeError as error:
        if "unhashable" in str(error):
            hint = "an array cannot be a key of a dictionary: picture.tobytes() gives its bytes, which can"
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
    expect(all(len(group) > 1 for group in found), "a picture without a copy is no group: leave out groups of one")
    expect(
        not any({10, 11} <= set(group) for group in found),
        "pictures 10 and 11 have the same sum, and yet they differ: compare all pixels and their places",
    )
    expect(
        not any({20, 21} <= set(group) for group in found),
        "pictures 20 and 21 differ, if only in one pixel: exact copies are wanted",
    )
    expect(
        not any(len(group) == 2 and set(group) < {3, 17, 28} for group in found),
        "one picture is there three times, at 3, 17 and 28: that is one group of three",
    )
    missing = [group for group in groups if group not in sorted(found)]
    expect(
        not missing or missing != [[0, 39], [3, 17, 28]],
        "you find copies only where they follow each other: they can be anywhere",
    )
    expect(not missing, f"a group is missing or incomplete: {missing[0] if missing else ''}")
    expect(len(found) == len(groups), "some of your groups are there twice, or hold pictures that differ")


_GROUPS = [[0, 5], [1, 7, 9], [2, 3], [4, 8, 11], [6, 10], [12, 13, 14]]
_VALUES = (
    # name, a value a picture, the groups in which they differ
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
            "disagreeing misses a group of three, in which two agree and one does not: look at all its pictures",
        )
        every = [group for group in right if len(set(values[group].tolist())) == len(group)]
        expect(found != every, "disagreeing asks that all pictures of a group differ: one that differs is enough")
        expect(
            all(group in _GROUPS for group in found),
            "disagreeing gives something back that is no group: the numbers in a group say where its pictures stand",
        )
        expect(False, f"disagreeing gives {found} for the groups {_GROUPS}, whose {name} are {values.tolist()}")


@exercise("2.5")
def copies_and_conflicts(find_copies, disagreeing):
    """Groups of places of identical pictures; those groups with more than one value."""
    function(find_copies)
    function(disagreeing)
    _find_copies(find_copies)
    try:
        _disagreeing(disagreeing)
    except NotImplementedError as error:
        raise NotYet("find_copies is right. Now write disagreeing") from error


# --- 2.6 an experiment ------------------------------------------------------------------------------------------------

_N_TRAIN, _N_TEST = 60, 40


class _Spy:
    """A model that notes what it is given, and answers by lot."""

    def __init__(self):
        self.calls = []

    def __call__(self, train_images, train_labels, images):
        self.calls.append(tuple(np.array(given) for given in (train_images, train_labels, images)))
        return np.random.default_rng(len(self.calls)).integers(0, 7, len(images))


@exercise("2.6")
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
        "two different seeds leak the same test pictures. These are sorted by label, so choose by lot",
    )


def _one_leak(answer, train, test, share, seed):
    """Run the experiment once, look at everything, and return the places of the test pictures that leaked."""
    told = f"with a share of {share:g} of {_N_TEST} test pictures"
    spy = _Spy()
    given_train, given_test = tuple(a.copy() for a in train), tuple(a.copy() for a in test)
    value = answer(spy, given_train, given_test, share, seed)
    expect(value is not None, "your function gives nothing back: it needs a return")
    expect(spy.calls, "your function never asks the model: call model(images, labels, test images)")
    images, labels, asked = spy.calls[-1]
    intact = all(same(a, b) for a, b in zip((*given_train, *given_test), (*train, *test), strict=True))
    expect(intact, "your function changes the arrays it is given, so that the next run begins soiled: copy them first")
    expect(len(images) == len(labels), f"the model gets {len(images)} training pictures, but {len(labels)} labels")
    expect(
        len(images) <= _N_TRAIN,
        f"{told}, the training set has grown from {_N_TRAIN} to {len(images)} pictures. Then two things differ: the "
        "leak, and the size",
    )
    expect(len(images) == _N_TRAIN, f"the training set has shrunk from {_N_TRAIN} to {len(images)} pictures")
    expect(
        same(asked, test[0]),
        f"the model is asked about {len(asked)} pictures; ask about all {_N_TEST} test pictures, in their order",
    )
    place = {image.tobytes(): i for i, image in enumerate(test[0])}
    now = [
        (place[image.tobytes()], int(label))
        for image, label in zip(images, labels, strict=True)
        if image.tobytes() in place
    ]
    n, wanted = len({i for i, _ in now}), round(share * _N_TEST)
    expect(n or not wanted, f"{told}, none of them is among the training pictures that the model gets")
    expect(
        n == len(now),
        f"{told}, some leaked twice: choice draws with replacement unless it is told replace=False",
    )
    expect(
        n != round(share * _N_TRAIN) or n == wanted, f"{told}, {n} leaked: that is the share of the training pictures"
    )
    expect(n == wanted, f"{told}, {n} of them leaked, and {wanted} should have")
    expect(
        all(test[1][i] == label for i, label in now),
        "pictures leaked without their labels: a copied picture must bring its own label with it",
    )
    there = {image.tobytes() for image in images}
    gone = [i for i, image in enumerate(train[0]) if image.tobytes() not in there]
    expect(len(gone) == wanted, "some training pictures are there twice, or are neither old nor leaked")
    expect(
        not wanted > 0 or gone[-1] - gone[0] != wanted - 1,
        "the training pictures that had to go all stand together. They are sorted by label: choose these by lot, too",
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
        "you measure on the pictures that did not leak. The question is what the whole test set seems to say",
    )
    expect(
        np.isclose(value, right) or not leaked or not np.isclose(value, hits[leaked].mean()),
        "you measure on the leaked pictures alone: take the whole test set",
    )
    expect(
        np.isclose(value, right), f"{told}, {hits.sum()} of {len(truth)} answers were right, and you gave {value:.3f}"
    )
