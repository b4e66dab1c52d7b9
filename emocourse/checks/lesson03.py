"""Exercises of lesson 03, whose labels?"""

import numpy as np

from . import Case, Choice, Function, Judge, Words, exercise, expect
from .helpers import same

# --- 3.1 exact copies -------------------------------------------------------------------------------------------------


def find_copies(images):
    """Groups of two or more places of identical images."""
    places = {}
    for place, image in enumerate(images):
        places.setdefault(image.tobytes(), []).append(place)
    return [group for group in places.values() if len(group) > 1]


def grouped(images, key=lambda image: image.tobytes()):
    """Groups by another key."""
    places = {}
    for place, image in enumerate(images):
        places.setdefault(key(image), []).append(place)
    return [group for group in places.values() if len(group) > 1]


def noise(n, groups=(), side=6):
    """Images of noise in which those of a group are the same."""
    images = np.random.default_rng(n).integers(0, 256, (n, side, side), dtype=np.uint8)
    for first, *others in groups:
        images[others] = images[first]
    return images


def tricky():
    """Pairs that look the same to careless eyes, and some that are."""
    images = noise(40, [(0, 39), (3, 17, 28), (5, 6)], side=40)
    images[11] = images[10][::-1]  # the same greys, elsewhere
    images[21] = images[20]
    images[21, 4, 3] ^= 1  # one pixel, by one
    return images


def same_from(k, images):
    """Places from k on of the images that are the same as that at k."""
    return [j for j in range(k, len(images)) if (images[j] == images[k]).all()]


def in_order(groups):
    """Groups as sorted lists in order; a dictionary as it is."""
    return groups if isinstance(groups, dict) else sorted(sorted(int(place) for place in group) for group in groups)


def unhashable(images):
    """An array as a key."""
    return list({image: [k] for k, image in enumerate(images)}.values())


exercise("3.1", Function(
    find_copies,
    cases=[
        Case("40 images, copies at 0 and 39, at 3, 17 and 28, at 5 and 6, and none at 10 and 11 or 20 and 21",
         tricky()),
        Case("six images, all different", noise(6), kind="absent", want=[]),
        Case("five images that are all the same", noise(5, [range(5)]), kind="edge", want=[[0, 1, 2, 3, 4]]),
        Case("copies of two images in turn, of type int64", noise(4, [(0, 2), (1, 3)]).astype(np.int64), kind="dtype",
             want=[[0, 2], [1, 3]]),
        Case("two images, the same", noise(2, [(0, 1)]), kind="edge"),
    ],
    tidy=in_order,
    mistakes=[
        ("an array cannot be a key of a dictionary: image.tobytes() gives its bytes, which can", unhashable),
        ("two images with the same sum need not be the same: compare all pixels and their places",
         "grouped(images, lambda image: float(image.sum()))", "grouped(images, lambda image: float(image.mean()))",
         "grouped(images, lambda image: np.sort(image.ravel()).tobytes())"),
        ("images that differ in one pixel are not the same (and str leaves out the middle of a large array)",
         "grouped(images, lambda image: image[:4].tobytes())", "grouped(images, str)"),
        ("no group is ever found: does a copy join the list that is there, or start it anew?", "[]"),
        ("an image without a copy is no group: leave out groups of one", (" if len(group) > 1", ""), ("> 1", ">= 1")),
        ("groups of three count too: two *or more*", ("> 1", "== 2")),
        ("a group has two images or more, not three", ("> 1", "> 2")),
        ("one image that is there three times is one group of three, not two pairs",
         "[[group[0], k] for group in grouped(images) for k in group[1:]]",
         "[[i, j] for i in range(len(images)) for j in range(i) if np.array_equal(images[i], images[j])]"),
        ("a place belongs to one group only: skip images whose group you already have",
         "[g for k in range(len(images)) if len(g := same_from(k, images)) > 1]"),
        ("copies can be anywhere, not only next to each other",
         "[[i, i + 1] for i in range(len(images) - 1) if (images[i] == images[i + 1]).all()]",
         "[group for group in grouped(images) if group[-1] - group[0] == len(group) - 1]"),
        ("the first image of a group belongs to it, too", "[group[1:] for group in grouped(images)]"),
        ("places begin with 0", ("enumerate(images)", "enumerate(images, 1)")),
    ],
    signs=[(lambda got, want: isinstance(got, dict), "give the groups alone: the values of your dictionary that are "
            "long enough", "{k: group for k, group in enumerate(grouped(images))}"),
           (lambda got, want: np.ndim(got[0]) == 0, "a list of lists is wanted, one for each group: yours is one list",
            "[k for group in grouped(images) for k in group]", "[len(group) for group in grouped(images)]")],
    also_right=[
        ("places.setdefault(image.tobytes(), []).append(place)",
         "places[image.tobytes()] = (*places.get(image.tobytes(), ()), place)"),
        "[np.array(group) for group in grouped(images, lambda image: tuple(image.ravel().tolist()))][::-1]",
        "grouped(images, lambda image: tuple(int(grey) for grey in image.flat))",
        "[set(np.flatnonzero((images == image).all(axis=(1, 2))).tolist()) for k, image in enumerate(images) "
        "if (images == image).all(axis=(1, 2)).sum() > 1 and not (images[:k] == image).all(axis=(1, 2)).any()]",
    ],
))  # fmt: skip


# --- 3.2 groups that disagree -----------------------------------------------------------------------------------------


def disagreeing(groups, values):
    """The groups whose images have more than one value."""
    return [group for group in groups if len({values[place] for place in group}) > 1]


GROUPS = [[0, 5], [1, 7, 9], [2, 3], [4, 8, 11], [6, 10], [12, 13, 14]]
LABELS = np.array([3, 0, 5, 6, 2, 3, 4, 0, 2, 0, 4, 1, 5, 6, 5], np.uint8)
HOME = np.array([*["train"] * 7, "test", "train", "train", "test", "test", "train", "test", "train"])

exercise("3.2", Function(
    disagreeing,
    cases=[
        Case("six groups and their labels", GROUPS, LABELS, want=[[2, 3], [4, 8, 11], [12, 13, 14]]),
        Case("six groups and their splits", GROUPS, HOME, kind="dtype"),
        Case("groups in another order", GROUPS[::-1], LABELS, kind="order"),
        Case("no group that disagrees", [[0, 5], [1, 7]], LABELS, kind="absent", want=[]),
        Case("no groups", [], LABELS, kind="empty", want=[]),
        Case("three images with three labels", [[0, 1, 2]], LABELS, kind="edge", want=[[0, 1, 2]]),
    ],
    tidy=in_order,
    mistakes=[
        ("those are the groups that agree: give the others", ("> 1", "== 1")),
        ("in a group of three, two may agree and one not: look at all its images",
         "[g for g in groups if values[g[0]] != values[g[-1]]]", "[g for g in groups if values[g[0]] != values[g[1]]]"),
        ("not all images of a group need to differ: one that differs is enough", ("> 1", "== len(group)")),
        ("give the groups themselves, not the values in them",
         "[[values[k] for k in g] for g in groups if len({values[k] for k in g}) > 1]"),
        ("give where the images stand, not the places of the groups in the list",
         "[k for k, g in enumerate(groups) if len({values[p] for p in g}) > 1]"),
        ("compare the `values` that are given, not places", ("{values[place] for place in group}", "set(group)")),
        ("values can be texts, too, such as the splits, and texts have no spread: ask whether two are equal",
         "[g for g in groups if np.std(values[g]) > 0]", "[g for g in groups if np.ptp(values[g]) > 0]"),
        ("the return stands in the loop", ("return [", "for g in groups:\n        return [", "groups if", "[g] if")),
        ("give the whole group, not only the images that differ from the first",
         "[[k for k in g if values[k] != values[g[0]]] for g in groups if len({values[k] for k in g}) > 1]"),
    ],
    also_right=["[g for g in groups if len(np.unique(values[g])) > 1]",
    "[g for g in groups if any(values[k] != values[g[0]] for k in g)]",
                "list(filter(lambda g: not (values[g] == values[g][0]).all(), groups))"],
))  # fmt: skip


# --- 3.3 an experiment ------------------------------------------------------------------------------------------------


def leaky_accuracy(model, train, test, share, seed):
    """Accuracy on the test images when a share of them has got into training."""
    rng = np.random.default_rng(seed)
    images, labels = train[0].copy(), train[1].copy()
    n = round(share * len(test[1]))
    leaked = rng.choice(len(test[1]), n, replace=False)
    replaced = rng.choice(len(labels), n, replace=False)
    images[replaced], labels[replaced] = test[0][leaked], test[1][leaked]
    return np.mean(model(images, labels, test[0]) == test[1])


N_TRAIN, N_TEST = 60, 40


class Spy:
    """A model that notes what it is given, and answers at random."""

    def __init__(self):
        self.calls, self.answers = [], []

    def __call__(self, train_images, train_labels, images):
        self.calls.append(tuple(np.array(given) for given in (train_images, train_labels, images)))
        self.answers.append(np.random.default_rng(len(self.calls)).integers(0, 7, len(images)))
        return self.answers[-1].copy()

    def heard(self):
        """What it was asked last, and answered; a test set asked for in pieces, with one training set, is one."""
        images, labels, asked = self.calls[-1]
        pieces = [call[2] for call in self.calls if same(call[0], images) and same(call[1], labels)]
        if len(pieces) == len(self.answers) and sum(map(len, pieces)) == N_TEST:
            return images, labels, np.concatenate(pieces), np.concatenate(self.answers)
        return images, labels, asked, self.answers[-1]


def experiment(answer):
    """Look at what the model is given, and at what of its answers is counted."""
    rng = np.random.default_rng(26)
    images = rng.integers(0, 256, (N_TRAIN + N_TEST, 8, 8), dtype=np.uint8)
    labels = np.sort(rng.integers(0, 7, N_TRAIN + N_TEST)).astype(np.uint8)
    order = rng.permutation(len(labels))
    mine, theirs = np.sort(order[:N_TRAIN]), np.sort(order[N_TRAIN:])
    train, test = (images[mine], labels[mine]), (images[theirs], labels[theirs])
    leaked = {}
    for share, seed in ((0.25, 0), (0.0, 0), (0.25, 1), (0.25, 0), (1.0, 0)):
        leaked.setdefault((share, seed), []).append(one_leak(answer, train, test, share, seed))
    first, second = leaked[0.25, 0]
    expect(first == second, "the same seed gave two different leaks: np.random.default_rng(seed) repeats them")
    expect(
        first != leaked[0.25, 1][0],
        "two different seeds leak the same test images. These are sorted by label, so choose at random, by the seed",
    )


def one_leak(answer, train, test, share, seed):
    """Run the experiment once, look at everything, and return the places of the test images that leaked."""
    told = f"with a share of {share:g} of {N_TEST} test images"
    spy = Spy()
    given_train, given_test = tuple(a.copy() for a in train), tuple(a.copy() for a in test)
    value = answer(spy, given_train, given_test, share, seed)
    expect(value is not None, "your function gives nothing back: it needs a return")
    expect(spy.calls, "your function never asks the model: call model(images, labels, test images)")
    images, labels, asked, predicted = spy.heard()
    intact = all(same(a, b) for a, b in zip((*given_train, *given_test), (*train, *test), strict=True))
    expect(intact, "your function changes what it is given, so the next run starts from changed data: copy them first")
    expect(
        images.shape[1:] == (8, 8) and len(images) == len(labels),
        f"the model gets {len(images)} training images, but {len(labels)} labels",
    )
    expect(
        len(images) <= N_TRAIN,
        f"{told}, the training set has grown from {N_TRAIN} to {len(images)} images. Then two things differ: "
        "the leak, and the size",
    )
    expect(len(images) == N_TRAIN, f"the training set has shrunk from {N_TRAIN} to {len(images)} images")
    expect(
        same(asked, test[0]),
        f"the model is asked about {len(asked)} images; ask about all {N_TEST} test images, as they are, in order",
    )
    place = {image.tobytes(): i for i, image in enumerate(test[0])}
    now = [
        (place[image.tobytes()], int(label))
        for image, label in zip(images, labels, strict=True)
        if image.tobytes() in place
    ]
    n, wanted = len({i for i, _ in now}), round(share * N_TEST)
    expect(n or not wanted, f"{told}, none of them is among the training images that the model gets")
    expect(n == len(now), f"{told}, some leaked twice: choice draws with replacement unless it is told replace=False")
    expect(n != round(share * N_TRAIN) or n == wanted, f"{told}, {n} leaked: that is the share of the training images")
    expect(n == wanted, f"{told}, {n} of them leaked, and {wanted} should have")
    expect(
        all(test[1][i] == label for i, label in now),
        "images leaked without their labels: a copied image must bring its own label with it",
    )
    there = {image.tobytes() for image in images}
    gone = [i for i, image in enumerate(train[0]) if image.tobytes() not in there]
    expect(len(gone) == wanted, "some training images are there twice, or are neither old nor leaked")
    expect(
        not wanted or gone[-1] - gone[0] != wanted - 1 or wanted == 1,
        "the training images that had to go all stand together. They are sorted by label: choose at random, too",
    )
    fraction(value, predicted, test[1], [i for i, _ in now], told)
    return sorted(i for i, _ in now)


def fraction(value, predicted, truth, leaked, told):
    """What the accuracy was measured on."""
    expect(np.ndim(value) == 0 and not isinstance(value, str), "give one number back, the accuracy")
    hits = predicted == truth
    if np.isclose(float(value), hits.mean()):
        return
    rest = np.setdiff1d(np.arange(len(truth)), leaked)
    for other, hint in (
        (100 * hits.mean(), "give a share from 0 to 1, not per cent"),
        (hits.sum(), "that is how many are right: what share is it?"),
        (1 - hits.mean(), "that is the share of mistakes: the accuracy is wanted"),
        (
            hits[rest].mean() if len(rest) else -1,
            "you measure on the images that did not leak. The question is what the whole test set seems to say",
        ),
        (hits[leaked].mean() if leaked else -1, "you measure on the leaked images alone: take the whole test set"),
    ):
        expect(not np.isclose(float(value), other), hint)
    expect(False, f"{told}, {hits.sum()} of {len(truth)} answers were right, and you gave {float(value):.3f}")


COPIES = "images, labels = train[0].copy(), train[1].copy()"
SWAP = "images[replaced], labels[replaced] = test[0][leaked], test[1][leaked]"
LAST = "return np.mean(model(images, labels, test[0]) == test[1])"
ADD = "images, labels = np.concatenate([images, test[0][leaked]]), np.concatenate([labels, test[1][leaked]])"


def changed(*texts):
    """The right function with pieces of its source replaced."""
    return Function(leaky_accuracy, ()).build(texts)


exercise("3.3", Judge(
    "leaky_accuracy", experiment, leaky_accuracy, function=True,
    also_right=[
        changed("n = round(share * len(test[1]))", "n = int(share * len(test[1]) + 0.5)"),
        changed("rng.choice(len(test[1]), n, replace=False)", "rng.permutation(len(test[1]))[:n]",
        "rng.choice(len(labels), n, replace=False)", "rng.permutation(len(labels))[:n]"),
        changed(COPIES,
        "keep = rng.permutation(len(train[1]))[round(share * len(test[1])):]\n    "
         "images, labels = train[0][keep], train[1][keep]",
                "replaced = rng.choice(len(labels), n, replace=False)\n", "\n", SWAP, ADD),
        changed("model(images, labels, test[0])", "[model(images, labels, image[None])[0] for image in test[0]]"),
    ],
    mistakes=[
        ("has grown", changed(SWAP, ADD)),
        ("has shrunk", changed(LAST,
         f"images, labels = images[: len(images) - n], labels[: len(labels) - n]\n    {LAST}")),
        ("copy them first", changed(COPIES, "images, labels = train")),
        ("none of them", changed(SWAP, "pass")),
        ("without their labels", changed(SWAP, "images[replaced] = test[0][leaked]")),
        ("replace=False", changed("rng.choice(len(test[1]), n, replace=False)", "rng.choice(len(test[1]), n)")),
        ("share of the training images", changed("len(test[1]))", "len(labels))", "rng.choice(len(test[1]), n,",
         "rng.choice(len(test[1]), min(n, 40),", "rng.choice(len(labels), n,", "rng.choice(len(labels), min(n, 40),")),
        ("at random, by the seed", changed("rng.choice(len(test[1]), n, replace=False)", "np.arange(n)"),
         changed("default_rng(seed)", "default_rng(0)")),
        ("stand together", changed("rng.choice(len(labels), n, replace=False)", "np.arange(n)")),
        ("the same seed gave two", changed("default_rng(seed)", "default_rng()")),
        ("ask about all 40", changed(LAST,
         "if n:\n        return np.mean(model(images, labels, test[0][leaked]) == test[1][leaked])\n    " + LAST)),
        ("did not leak", changed(LAST, "hits = model(images, labels, test[0]) == test[1]\n    "
         "return np.delete(hits, leaked).mean() if n < 40 else hits.mean()")),
        ("leaked images alone", changed(LAST,
         "hits = model(images, labels, test[0]) == test[1]\n    return hits[leaked].mean() if n else hits.mean()")),
        ("per cent", changed("return np.mean", "return 100 * np.mean")),
        ("how many are right", changed("np.mean", "np.sum")),
        ("share of mistakes", changed(" == test[1])", " != test[1])")),
        ("never asks", lambda *_: 0.5),
        ("return", changed("return np", "np")),
        ("one number", changed("return np.mean(model", "return (model")),
    ],
))  # fmt: skip


# --- 3.4 do the voters give the label? --------------------------------------------------------------------------------


def label_agreement(table, emotions, choices):
    """How often the voters' majority is the label, and of how many images that have a majority."""
    decided = [j for j, choice in enumerate(choices) if choice != "no majority"]
    n = table[:, decided].sum()
    agreed = sum(table[i, choices.index(emotion)] for i, emotion in enumerate(emotions))
    return agreed / n, n


def decided(table, choices):
    """How many images have a majority."""
    return int(table.sum() - table[:, choices.index("no majority")].sum())


def right_share(table, emotions, choices):
    """The share alone; 0 where there are no images."""
    return label_agreement(table, emotions, choices)[0] if table.any() else 0.0


CHOICES = ["neutral", "happiness", "fear", "contempt", "no majority"]

exercise("3.4", Function(
    label_agreement,
    cases=[
        Case("three emotions", np.array([[5, 1, 60, 4, 10], [2, 90, 3, 1, 4], [70, 6, 8, 2, 14]]), ["fear",
         "happiness", "neutral"], CHOICES, kind="order"),
        Case("a single emotion", np.array([[7, 80, 1, 2, 10]]), ["happiness"], CHOICES, kind="edge"),
        Case("an emotion that no image has", np.array([[0, 0, 0, 0, 0], [11, 4, 0, 1, 4]]), ["fear", "neutral"],
         CHOICES, kind="absent"),
        Case("the column of those without a majority first", np.array([[9, 3, 5, 30, 4], [2, 25, 8, 6, 1]]), ["anger",
         "fear"], ["no majority", "fear", "unknown", "anger", "NF"], kind="order"),
        Case("three emotions with uneven numbers, of type int32", np.array([[50, 200, 9, 0, 30], [250, 7, 90, 3, 1],
         [250, 0, 90, 40, 20]], np.int32), ["happiness", "neutral", "fear"], CHOICES, kind="dtype"),
    ],
    mistakes=[
        ("rows and columns are in different orders: look for each emotion's column by its name",
         ("choices.index(emotion)", "i"), "(np.trace(table) / decided(table, choices), decided(table, choices))"),
        ("images without a majority do not count: leave their column out of n",
         ("decided = [j for j, choice in enumerate(choices) if choice != \"no majority\"]", "decided = slice(None)"),
         ("agreed / n, n", "agreed / n, table.sum()")),
        ("that is the share that disagrees: turn it round", ("agreed / n, n", "1 - agreed / n, n")),
        ("a majority for contempt or for another choice without a label counts as a disagreement, and belongs to n",
         ('if choice != "no majority"', "if choice in emotions"), ("choice != ", "choice not in 'NF unknown' + ")),
        ("the column without a majority need not be the last: look for its name",
         ("decided = [j for j, choice in enumerate(choices) if choice != \"no majority\"]", "decided = slice(-1)")),
        ("that is what happened in most images of a label: count where the majority *is* the label",
         ("table[i, choices.index(emotion)]", "table[i].max()")),
        ("a share from 0 to 1 is wanted, not per cent", ("agreed / n, n", "100 * agreed / n, n")),
        ("give the share first, then n", ("agreed / n, n", "n, agreed / n")),
        ("the share is wanted, and not how many agree", ("agreed / n, n", "agreed, n")),
        ("n is of all images with a majority, and not of those that agree", ("agreed / n, n", "agreed / n, agreed")),
        ("average over images, not over emotions: common emotions count for more",
         "(np.mean([right_share(table[k : k + 1], emotions[k : k + 1], choices) for k in range(len(table))]), "
         "decided(table, choices))"),
        ("give both back: the share, and n", ("agreed / n, n", "agreed / n")),
    ],
    also_right=[
        "(sum(int(table[i, choices.index(e)]) for i, e in enumerate(emotions)) / decided(table, choices), "
        "decided(table, choices))",
        ("table[i, choices.index(emotion)] for i, emotion in enumerate(emotions)",
         "row[choices.index(name)] for row, name in zip(table.tolist(), emotions)"),
    ],
))  # fmt: skip


# --- 3.5 one against the others ---------------------------------------------------------------------------------------


def one_against_others(counts):
    """Share of votes that are the majority of the others; ties count in parts."""
    agreed = 0.0
    for row in counts:
        for choice in np.flatnonzero(row):
            others = row.copy()
            others[choice] -= 1
            first = others == others.max()
            if first[choice]:
                agreed += row[choice] / first.sum()
    return agreed / counts.sum()


def ballots(*rows, dtype=np.int64):
    """Counts of votes."""
    return np.array(rows, dtype)


exercise("3.5", Function(
    one_against_others,
    cases=[
        Case("the example", ballots((7, 3)), want=0.7),
        Case("voters who all agree", ballots((10, 0, 0), (0, 0, 10)), kind="edge", want=1),
        Case("five against five", ballots((5, 5, 0)), kind="tie", want=0),
        Case("three voters", ballots((2, 1, 0), (0, 3, 0)), kind="tie"),
        Case("three other voters", ballots((1, 0, 2)), kind="tie"),
        Case("four, three and three", ballots((4, 3, 3, 0)), kind="tie"),
        Case("four voters with four opinions", ballots((1, 1, 1, 1)), kind="tie", want=0),
        Case("five, four and one", ballots((5, 4, 1)), kind="tie"),
        Case("a sure image with few voters and an unsure one with many", ballots((3, 0, 0), (4, 3, 2)), kind="uneven"),
        Case("four images of type uint8", ballots((6, 2, 1, 1), (0, 5, 4, 1), (3, 3, 3, 1), (4, 2, 2, 2),
         dtype=np.uint8), kind="dtype"),
    ],
    keeps="your function changes the counts that it is given: copy a row before you take a vote away",
    mistakes=[
        ("the voter is still among the others: take one vote away first", ("others[choice] -= 1", "pass"),
         "(counts.max(axis=1) / counts.sum(axis=1)).mean()"),
        ("copy a row before you take a vote away: without it, each voter is gone for good", ("row.copy()", "row")),
        ("where two choices share the first place, meeting one of them counts as one half, of three as one third",
         ("row[choice] / first.sum()", "row[choice]"), ("/ first.sum()", "/ min(2, first.sum())")),
        ("where choices share the first place, meeting one of them still counts in part", ("if first[choice]:",
         "if first[choice] and first.sum() == 1:")),
        ("the first place can be less than half", ("if first[choice]:", "if 2 * int(others[choice]) > others.sum():")),
        ("argmax sees only the first of those that share the first place",
         ("if first[choice]:", "if others.argmax() == choice:", "row[choice] / first.sum()", "row[choice]")),
        ("each choice has as many voters as the row says: all of them count", ("agreed += row[choice] / first.sum()",
         "agreed += 1 / first.sum()"),
         ("row[choice] / first.sum()", "1 / first.sum()", "counts.sum()", "np.count_nonzero(counts)")),
        ("a share from 0 to 1 is wanted, not per cent", ("return agreed", "return 100 * agreed")),
        ("you count the votes: what share of all votes is it?", ("return agreed / counts.sum()", "return agreed")),
        ("divide by the number of votes, not of images", ("counts.sum()", "len(counts)"),
         ("counts.sum()", "(10 * len(counts))")),
        ("average over all votes: images with more voters count for more",
         "np.mean([right(counts[k : k + 1]) for k in range(len(counts))])"),
        ("this is how often two voters agree: one voter meets what *most* of the others chose, or does not",
         "np.mean((counts * (counts - 1.0)).sum(axis=1) / (counts.sum(axis=1) * (counts.sum(axis=1) - 1.0)))",
         "(counts * (counts - 1.0)).sum() / (counts.sum(axis=1) * (counts.sum(axis=1) - 1.0)).sum()"),
        ("one number is wanted, for all votes on all images", "counts.max(axis=1) / counts.sum(axis=1)"),
        ("take away one vote, not all votes for that choice", ("others[choice] -= 1", "others[choice] = 0")),
        ("the return stands inside the loop: only the first image counts", ("    return agreed / counts.sum()",
         "        return agreed / row.sum()")),
    ],
    also_right=["sum(sum(n * (n - 1 == max(o)) / o.count(max(o)) for n, o in ((int(n), [int(m) - (i == j) "
                "for j, m in enumerate(row)]) for i, n in enumerate(row)) if n) for row in counts) / int(counts.sum())",
                ("others = row.copy()\n            others[choice] -= 1",
                 "others = row - np.eye(len(row), dtype=row.dtype)[choice]")],
))  # fmt: skip
right = one_against_others

# --- 3.6 can a human really do better? --------------------------------------------------------------------------------

exercise("3.6", Choice("choices", {
    "gap": {
        "A": "both are means of finite samples, on different images, inputs and classes: a gap alone shows nothing",
        "B": "people may still do better: the two numbers were not measured on the same task",
        "C": True,
    },
    "ferplus": {
        "A": "read what FER+ accuracies are measured on: another truth, and only images on which people agree",
        "B": "the network may be good; but two accuracies with different truths and different images are no contest",
        "C": True,
    },
    "ceiling": {
        "A": "a network can learn the habits of those who gave the labels, which voters never saw",
        "B": True,
        "C": "voters' agreement with the label is no law of nature: training on the labels teaches their habits, too",
    },
    "claim": {
        "A": "leaked images make any network look good: first ask what it was trained on",
        "B": "it may be honest, but the burden is on the claim: can anybody else reproduce it?",
        "C": True,
    },
}), Words(
    "human",
    "Perhaps, but 55 and 65 per cent don't prove it. For a fair contest both must get the same images, the same "
    "input (dots or the whole photo) and the same six classes, and we need the intervals. One voter often disagrees "
    "with the others, and where the voters' majority contradicts the label, being wrong may mean that the label is.",
    ["says what would have to be the same: images, input, classes, and whose truth", "asks for intervals",
     "says what people's agreement tells about the labels that both are measured by"],
    least=15,
))  # fmt: skip
