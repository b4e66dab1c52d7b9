"""Exercises of lesson 02, FER2013."""

import numpy as np

from ..emotions import EMOTIONS, INFO
from . import Case, Choice, Function, Judge, Words, exercise, expect
from .helpers import drawn

# --- 2.1 a row of the CSV ---------------------------------------------------------------------------------------------


def read_row(line):
    """The label, the image (48, 48) uint8 and the usage of one line."""
    label, pixels, usage = line.strip().split(",")
    image = np.array(pixels.split(), dtype=np.uint8).reshape(48, 48)
    return int(label), image, usage


def row(label, usage, end="", greys=256):
    """A line of the file with an image of noise."""
    image = np.random.default_rng(label).integers(0, greys, 48 * 48)
    return f"{label},{' '.join(map(str, image))},{usage}{end}"


exercise("2.1", Function(
    read_row,
    cases=[
        Case("a row with a line break at its end", row(4, "Training", "\n")),
        Case("a row without a line break", row(0, "PublicTest"), kind="edge"),
        Case("a black image", row(6, "PrivateTest", "\n", greys=1), kind="edge"),
    ],
    dtype="uint8",
    mistakes=[
        ("the usage keeps its line break: strip() removes it", (".strip()", "")),
        ("slicing off the last character loses a letter where the line ends without a break", ("line.strip()",
         "line[:-1]")),
        ("the label is still text: int() makes it a number", ("int(label)", "label")),
        ("your image is one long row of 2,304 numbers: reshape it", (".reshape(48, 48)", "")),
        ("your image lies on its side: the file goes row by row, from the top", (".reshape(48, 48)",
         ".reshape(48, 48).T"), (".reshape(48, 48)", '.reshape(48, 48, order="F")')),
        ("give back the label, the image and the usage, in this order", ("int(label), image, usage",
         "image, int(label), usage"),
         ("int(label), image, usage", "image, int(label)"), ("int(label), image, usage", "int(label), usage, image")),
        ("the numbers are right, but their type is", ("np.uint8", "int"), ("np.uint8", "float")),
    ],
    signs=[
        (lambda got, want: np.shape(got[1]) == (2304,), "your image is one long row of 2,304 numbers: reshape it",
         (".reshape(48, 48)", "", "np.uint8", "int")),
        (lambda got, want: np.asarray(got[1]).dtype.kind in "US", "the pixels are still text: give np.array a dtype",
         (", dtype=np.uint8", "")),
        (lambda got, want: got[1].min() < 0, "int8 ends at 127, and brighter greys run over: uint8 goes up to 255",
         ("np.array(pixels.split(), dtype=np.uint8)", "np.array(pixels.split(), int).astype(np.int8)")),
        (lambda got, want: got[1].dtype.kind == "f" and got[1].max() <= 1, "don't scale the greys: they stay 0 to 255",
         ("return int(label), image", "return int(label), image / 255")),
    ],
    also_right=[
        ("np.array(pixels.split(), dtype=np.uint8)", "np.array([int(word) for word in pixels.split()], np.uint8)"),
        ("line.strip()", "line.rstrip()"),
        ("int(label), image, usage", "[np.uint8(label), image, usage]"),
    ],
))  # fmt: skip


# --- 2.2 mean images --------------------------------------------------------------------------------------------------


def mean_images(images, labels):
    """The mean image of each of the seven emotions, (7, H, W); zeros for one that nobody shows."""
    means = np.zeros((7, *images.shape[1:]))
    for k in range(7):
        chosen = images[labels == k]
        if len(chosen) > 0:
            means[k] = chosen.mean(axis=0)
    return means


def bright(labels, side=6, dtype=np.uint8):
    """Images of noise in which all greys are bright, and their labels."""
    labels = np.array(labels, dtype)
    return np.random.default_rng(len(labels)).integers(100, 256, (len(labels), side, side), dtype=np.uint8), labels


exercise("2.2", Function(
    mean_images,
    cases=[
        Case("all seven emotions, in mixed order", *bright([3, 0, 6, 3, 1, 2, 5, 4, 3, 0, 6]), kind="uneven"),
        Case("nobody disgusted, nobody neutral", *bright([3, 0, 3, 2, 5, 4, 2, 2]), kind="absent"),
        Case("happiness only, images of 4 × 4", *bright([3, 3, 3], 4, np.int64), kind="absent"),
    ],
    mistakes=[
        ("an emotion that nobody shows has no mean (NumPy says nan): leave its image black",
         ("if len(chosen) > 0:\n            means", "means")),
        ("there are seven emotions, also where one has no images",
         "np.stack([images[labels == k].mean(axis=0) for k in np.unique(labels)])",
         ("(7, *", "(labels.max() + 1, *", "range(7)", "range(labels.max() + 1)")),
        ("that is one grey for a whole image: average over the images only, with axis=0", (".mean(axis=0)", ".mean()"),
         "[images[labels == k].mean(axis=(1, 2)) for k in range(7)]"),
        ("you average along the wrong axis: the images are axis 0", (".mean(axis=0)", ".mean(axis=1)[0]"),
         (".mean(axis=0)", ".mean(axis=2)[0]")),
        ("every emotion gets the mean of all images: choose its own with the mask labels == k",
         ("images[labels == k]", "images")),
        ("divide by the number of images of that emotion, not by that of all", ("chosen.mean(axis=0)",
         "chosen.sum(axis=0) / len(images)")),
        ("that is the sum; a mean is divided by the number of images", ("chosen.mean(axis=0)", "chosen.sum(axis=0)")),
        ("that is the median", ("chosen.mean(axis=0)", "np.median(chosen, axis=0)")),
        ("the greys overflow: bytes end at 255, so add up as floats", ("chosen.mean(axis=0)",
         "chosen.sum(axis=0, dtype=np.uint8) / len(chosen)")),
        ("keep the fractions: a mean of bytes is no byte", ("return means", "return means.astype(np.uint8)"),
         ("return means", "return means.round()")),
        ("give all seven back: the return stands inside the loop", ("    return means", "        return means")),
    ],
    also_right=[
        "np.array([images[labels == k].mean(axis=0) if k in labels else np.zeros(images.shape[1:]) for k in range(7)])",
        "[images[labels == k].astype(float).sum(axis=0) / max(1, (labels == k).sum()) for k in range(7)]",
        ("means[k] = chosen.mean(axis=0)", "means[k] = np.average(chosen, axis=0)"),
    ],
))  # fmt: skip


# --- 2.3 counts and imbalance -----------------------------------------------------------------------------------------


def count_emotions(labels):
    """{name of emotion: number of images}, all seven."""
    return {name: int((labels == k).sum()) for k, name in enumerate(EMOTIONS)}


def imbalance(counts):
    """How many times the commonest outnumbers the rarest."""
    return max(counts.values()) / min(counts.values())


def named(*numbers):
    """Counts of the first few emotions."""
    return dict(zip(EMOTIONS, numbers, strict=False))


exercise(
    "2.3",
    Function(
        count_emotions,
        cases=[
            Case("nobody disgusted", np.random.default_rng(1).permutation(np.repeat([3, 6, 4, 0, 5, 2], [9, 7, 6, 5,
             4, 3])).astype(np.uint8), kind="absent"),
            Case("nobody neutral", np.array([5, 1, 1, 0, 2, 3, 4, 4, 4]), kind="absent"),
            Case("all seven", np.array([6, 6, 0, 5, 1, 4, 2, 3, 3, 6, 1], np.uint8), kind="uneven"),
            Case("no images at all", np.array([], np.uint8), kind="empty"),
        ],
        mistakes=[
            ("an emotion that nobody shows still stands in the dictionary, with 0",
             "{EMOTIONS[k]: int((labels == k).sum()) for k in np.unique(labels)}"),
            ("bincount stops at the largest label that occurs: minlength=7 makes it go on",
             "dict(zip(EMOTIONS, np.bincount(labels).tolist()))"),
            ("unique leaves out what does not occur, and so all names after it are shifted",
             "dict(zip(EMOTIONS, np.unique(labels, return_counts=True)[1].tolist()))"),
            ("the keys are numbers: EMOTIONS[k] is the name of label k", ("{name: int", "{k: int"),
             "{int(k): int((labels == k).sum()) for k in np.unique(labels)}"),
            ("a dictionary is wanted: {name: number, …}", ("{name: int((labels == k).sum())",
             "[int((labels == k).sum())", "(EMOTIONS)}", "(EMOTIONS)]")),
            ("these are shares; count the images", ("int((labels == k).sum())",
             "(labels == k).sum() / max(1, len(labels))")),
            ("labels begin with 0, not with 1", ("labels == k", "labels == k + 1"), ("enumerate(EMOTIONS)",
             "enumerate(EMOTIONS, 1)")),
            ("len counts all entries of a mask, also where it is False: add it up", ("int((labels == k).sum())",
             "len(labels == k)")),
            ("you add up the labels themselves: count how often each occurs", ("(labels == k).sum()",
             "labels[labels == k].sum()")),
        ],
        also_right=["dict(zip(EMOTIONS, np.bincount(labels, minlength=7)))",
        "{EMOTIONS[k]: labels.tolist().count(k) for k in range(7)}"],
    ),
    Function(
        imbalance,
        cases=[
            Case("three emotions", named(100, 20, 50)),
            Case("four emotions", named(7, 211, 30, 70), kind="order"),
            Case("two that are equal", named(4, 4), kind="tie"),
            Case("the rarest first", named(8, 16, 24, 20), kind="order"),
        ],
        mistakes=[
            ("turn it round, so that it says how many *times* more", ("max(counts.values()) / min(counts.values())",
             "min(counts.values()) / max(counts.values())")),
            ("that is a difference; a ratio is wanted", ("/", "-")),
            ("compare the commonest with the rarest, not with the mean, the middle or the sum",
             ("min(counts.values())", "np.mean(list(counts.values()))"),
             ("min(counts.values())", "sum(counts.values())"), ("min(counts.values())",
              "np.median(list(counts.values()))")),
            ("a ratio need not be a whole number", ("/", "//"), "round(max(counts.values()) / min(counts.values()))"),
            ("the first and the last, in the dictionary or the alphabet, are not the commonest and the rarest",
             "list(counts.values())[0] / list(counts.values())[-1]",
             "list(counts.values())[-1] / list(counts.values())[0]", "counts[max(counts)] / counts[min(counts)]"),
            ("max(counts) compares names: ask for counts.values()", "max(counts) / min(counts)"),
        ],
        also_right=["sorted(counts.values())[-1] / sorted(counts.values())[0]",
        "np.max(list(counts.values())) / np.min(list(counts.values()))"],
    ),
)  # fmt: skip


# --- 2.4 a bar chart --------------------------------------------------------------------------------------------------


def draw_counts(counts):
    """Bars of the counts, on axes of their own."""
    from matplotlib import pyplot as plt

    _, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    ax.bar(list(counts), list(counts.values()), color=[INFO[name].colour for name in counts])
    ax.set_ylabel("images")
    return ax


def chart(answer):
    """Look at what the function draws for two dictionaries."""
    for counts in (named(400, 44, 409, 720, 483, 317, 496), dict(reversed(named(7, 0, 3, 12, 0, 1, 2).items()))):
        seen = drawn(answer(dict(counts)))
        expect(seen is not None, "your function gives nothing back: end it with return ax")
        expect(
            isinstance(seen, dict) and "bars" in seen, "give back ax, the axes that you have drawn on, and nothing else"
        )
        bars, sizes, names = seen["bars"], sorted(counts.values()), list(counts)
        expect(bars, "there are no bars on your axes: ax.bar(names, heights) draws them")
        expect(
            len(bars) == len(counts),
            f"there are {len(bars)} bars, for {len(counts)} emotions: draw one for each count, on axes of your own",
        )
        sized = sorted(size for _, size in bars)
        total = sum(sizes)
        expect(not np.allclose(sized, np.array(sizes) / total), "your bars show shares: draw the counts")
        swapped = all(name.lstrip("-").isdigit() for name, _ in bars)
        expect(not swapped or np.allclose(sized, sizes), "hand ax.bar the names first, then the heights")
        expect(
            np.allclose(sized, sizes),
            f"the bars should be {sizes} long in some order; yours are "
            f"{[round(size, 3) for size in sized]}. Draw the counts that your function is given",
        )
        known = [name in names for name, _ in bars]
        expect(all(known), "no name is to be read below some bars: hand ax.bar the names first, then the heights")
        wrong = [name for name, size in bars if size != counts[name]]
        expect(
            not wrong,
            f"the bar of {', '.join(wrong)} has another emotion's count: names and numbers must stay together",
        )
        expect(seen["from_zero"], "the axis does not begin at 0, so a bar twice as long is not twice as many")
        expect(seen["label"], 'what do the numbers count? Say it with ax.set_ylabel("images"); for barh, set_xlabel')


def sketch(draw, label="images", give=lambda fig, ax, made: ax):
    """A function that draws with ``draw(ax, names, heights)``."""

    def draw_counts(counts):
        from matplotlib import pyplot as plt

        fig, ax = plt.subplots()
        made = draw(ax, list(counts), list(counts.values()))
        ax.set(ylabel=label)
        return give(fig, ax, made)

    return draw_counts


def on_its_side(ax, names, heights):
    """Horizontal bars."""
    ax.barh(names, heights)
    ax.set_xlabel("number of images")


def by_ticks(ax, names, heights):
    """Bars at numbers, names written by hand, the tallest first."""
    order = np.argsort(heights)[::-1]
    ax.bar(range(len(names)), np.array(heights)[order])
    ax.set_xticks(range(len(names)), np.array(names)[order], rotation=30)


def cut(ax, names, heights):
    """An axis that begins at the smallest count."""
    ax.bar(names, heights)
    ax.set_ylim(max(1, min(heights)), max(heights) + 1)


def pyplot_style(counts):
    """As many tutorials do it."""
    from matplotlib import pyplot as plt

    plt.bar(counts.keys(), counts.values())
    plt.ylabel("Count")
    return plt.gca()


def bars(ax, names, heights):
    """Plain bars."""
    return ax.bar(names, heights)


exercise("2.4", Judge(
    "draw_counts", chart, draw_counts, function=True,
    also_right=[sketch(bars), sketch(on_its_side, ""), sketch(by_ticks), pyplot_style],
    mistakes=[
        ("end it with return ax", sketch(bars, give=lambda *_: None)),
        ("give back ax, the axes", sketch(bars, give=lambda fig, ax, made: fig), sketch(bars, give=lambda fig, ax,
         made: made), sketch(bars, give=lambda fig, ax, made: (fig, ax)), lambda counts: counts),
        ("there are no bars", sketch(lambda ax, names, heights: ax.plot(names, heights))),
        ("1 bars, for 7 emotions", sketch(lambda ax, names, heights: ax.bar(names[:1], heights[:1]))),
        ("your bars show shares", sketch(lambda ax, names, heights: ax.bar(names, np.array(heights) / sum(heights)))),
        ("the names first, then", sketch(lambda ax, names, heights: ax.bar([f"{n}" for n in heights],
         range(len(names))))),
        ("that your function is given", sketch(lambda ax, names, heights: ax.bar(names, [400, 44, 409, 720, 483, 317,
         496])), sketch(lambda ax, names, heights: ax.bar(names, [1] * len(names)))),
        ("no name is to be read", sketch(lambda ax, names, heights: ax.bar(range(len(names)), heights))),
        ("has another emotion's count", sketch(lambda ax, names, heights: ax.bar(names, sorted(heights))),
         sketch(lambda ax, names, heights: ax.bar(sorted(names), heights)),
         sketch(lambda ax, names, heights: ax.bar(EMOTIONS, heights))),
        ("the axis does not begin at 0", sketch(cut)),
        ("what do the numbers count", sketch(bars, "")),
    ],
), Words(
    "alt",
    "Bar chart of FER2013's training images by emotion. Happiness is by far the commonest with 7,215 images. The "
    "others have 3,000 to 5,000 each, except disgust: with 436 its bar can hardly be seen.",
    ["says what kind of chart it is and what is counted",
    "names the longest and the shortest bar, with a number or a ratio",
     "says what follows, and leaves out what does not matter, such as colours"],
    least=10,
))  # fmt: skip


# --- 2.5 without disgust ----------------------------------------------------------------------------------------------


def drop_disgust(images, labels):
    """Images and labels without label 1, in order, renumbered 0 to 5."""
    keep = labels != 1
    left = labels[keep]
    return images[keep], np.where(left > 1, left - 1, left)


exercise("2.5", Function(
    drop_disgust,
    cases=[
        Case("eleven images", *bright([6, 1, 0, 3, 2, 1, 5, 4, 0, 6, 2]), kind="order"),
        Case("nobody disgusted", *bright([2, 0, 6], 4), kind="absent"),
        Case("a single image that stays", *bright([1, 6, 1], 4), kind="edge"),
        Case("disgust at both ends, labels int64", *bright([1, 4, 0, 5, 1], 4, np.int64), kind="dtype"),
    ],
    dtype="int",
    keeps="your function changes the arrays that it is given: work on copies",
    mistakes=[
        ("the labels are not renumbered: without disgust they must run from 0 to 5",
         ("np.where(left > 1, left - 1, left)", "left")),
        ("every label went down by one, and anger, 0, fell off the end: which labels lie above the gap?",
         ("np.where(left > 1, left - 1, left)", "left - 1"),
         ("np.where(left > 1, left - 1, left)", "left.astype(int) - 1")),
        ("you dropped fear: which number has disgust in EMOTIONS?", ("!= 1", "!= 2", "left > 1", "left > 2")),
        ("you dropped anger: which number has disgust in EMOTIONS?", ("!= 1", "!= 0", "left > 1", "left > 0"),
         ("labels != 1", "labels > 1")),
        ("you renumber first, and then fear is 1, too: drop disgust by its old number",
         "(images[drop(labels) != 1], drop(labels)[drop(labels) != 1])"),
        ("all images should stay in their order: choose them with one mask, and not label by label",
         "(images[labels != 1][np.argsort(labels[labels != 1], kind='stable')], np.sort(drop(labels[labels != 1])))"),
        ("you kept disgust, and dropped all the others", ("!= 1", "== 1")),
        ("the images of disgust are still there: only their labels are gone", ("images[keep]", "images")),
        ("disgust has become anger: leave out its images and labels", "(images, np.where(labels > 1, labels - 1, 0))"),
        ("give back the images first, then the labels", ("images[keep], np.where(left > 1, left - 1, left)",
         "np.where(left > 1, left - 1, left), images[keep]")),
        ("unique numbers only what occurs: where an emotion is absent, all after it are shifted",
         ("np.where(left > 1, left - 1, left)", "np.unique(left, return_inverse=True)[1]")),
        ("the labels are sorted, and no longer belong to their images",
         ("return images[keep], np.where(left > 1, left - 1, left)",
          "return images[keep], np.sort(np.where(left > 1, left - 1, left))")),
    ],
    also_right=[
        ("np.where(left > 1, left - 1, left)", "left - (left > 1)"),
        ("np.where(left > 1, left - 1, left)", "np.array([0, 0, 1, 2, 3, 4, 5])[left]"),
        "(np.delete(images, np.flatnonzero(labels == 1), axis=0), drop(np.delete(labels, np.where(labels == 1)[0])))",
    ],
))  # fmt: skip


def drop(labels):
    """Renumbered labels."""
    return np.where(labels > 1, labels - 1, labels)


# --- 2.6 the majority baseline ----------------------------------------------------------------------------------------


def majority_baseline(train_labels, labels):
    """Accuracy of always answering the commonest training label, with its Wilson interval."""
    answer = np.bincount(train_labels).argmax()
    n, z = len(labels), 1.96
    p = np.mean(labels == answer)
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, middle - half, middle + half


def halves(train, test, kinds=(2, 3, 5)):
    """Labels in mixed order, so many of each kind in training and in the other images."""
    return (np.random.default_rng(24).permutation(np.repeat(kinds, n)) for n in (train, test))


exercise("2.6", Function(
    majority_baseline,
    cases=[
        Case("60 training and 61 other images", *halves((30, 10, 20), (9, 34, 18)), kind="uneven"),
        Case("54 training and 6 other images", *halves((5, 40, 9), (3, 2, 1)), kind="uneven"),
        Case("none right of 20", *halves((8, 3, 1), (0, 11, 9)), kind="absent"),
        Case("all right of 7", *halves((2, 9, 4), (0, 7, 0)), kind="edge"),
        Case("two labels equally common in training", *halves((4, 9, 9), (5, 6, 14)), kind="tie"),
        Case("labels of type uint8", *(labels.astype(np.uint8) for labels in halves((150, 140, 130), (40, 260, 50))),
         kind="dtype"),
    ],
    tolerance=3e-4,
    mistakes=[
        ("you chose the commonest label of the images that you test on: a baseline, too, must be chosen in training",
         ("np.bincount(train_labels)", "np.bincount(labels)")),
        ("accuracy and interval are those of the training images: measure on the others",
         ("len(labels)", "len(train_labels)", "labels == answer", "train_labels == answer")),
        ("the accuracy is that of the training images: measure on the others", ("np.mean(labels == answer)",
         "np.mean(train_labels == answer)")),
        ("give shares from 0 to 1, not per cent", ("return p, middle - half, middle + half",
         "return 100 * p, 100 * (middle - half), 100 * (middle + half)")),
        ("which n? The accuracy was measured on the other images, not on the training images", ("len(labels)",
         "len(train_labels)")),
        ("that is the textbook's p ± 1.96 √(p (1 - p) / n): write Wilson's, with its own middle and its longer root",
         ("middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)", "middle = p",
          "z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))", "z * np.sqrt(p * (1 - p) / n)")),
        ("95 % has z = 1.96: yours is another", ("1.96", "1.645"), ("1.96", "2.576"), ("1.96", "2"), ("1.96", "1"),
         ("1.96", "0.95")),
        ("brackets: z**2 / 2 * n is (z² / 2) · n, and z**2 / 4 * n**2 is (z² / 4) · n²",
         ("z**2 / (2 * n)", "z**2 / 2 * n"), ("z**2 / (4 * n**2)", "z**2 / 4 * n**2"),
         ("z**2 / (2 * n)", "z**2 / 2 * n", "z**2 / (4 * n**2)", "z**2 / 4 * n**2")),
        ("brackets: the whole sum in the middle is divided by 1 + z² / n", ("(p + z**2 / (2 * n)) / (1 + z**2 / n)",
         "p + z**2 / (2 * n) / (1 + z**2 / n)"), ("(p + z**2 / (2 * n)) / (1 + z**2 / n)", "p + z**2 / (2 * n)")),
        ("the width is Wilson's, but p is not in the middle of his interval: take his middle for both ends",
         ("p, middle - half, middle + half", "p, p - half, p + half")),
        ("p is the accuracy, and not the middle of Wilson's interval", ("return p", "return middle")),
        ("before the root stands z / (1 + z² / n), not z alone", ("z / (1 + z**2 / n) * np.sqrt", "z * np.sqrt")),
        ("both terms under the root are divided: p (1 - p) by n, z² by 4 n²", ("p * (1 - p) / n", "p * (1 - p)")),
        ("the root is missing", ("np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))",
         "(p * (1 - p) / n + z**2 / (4 * n**2))")),
        ("in the last term n is squared, too", ("4 * n**2", "4 * n")),
        ("the lower end comes first, then the upper", ("p, middle - half, middle + half",
         "p, middle + half, middle - half")),
        ("give back three numbers: the accuracy, and both ends of its interval",
         "np.mean(labels == np.bincount(train_labels).argmax())"),
        ("the ends are wanted, not half the width", ("p, middle - half, middle + half", "p, half, half"),
         ("p, middle - half, middle + half", "p, -half, half")),
        ("of two that are equally common, take the smaller label, as argmax does",
         ("np.bincount(train_labels).argmax()", "6 - np.bincount(train_labels, minlength=7)[::-1].argmax()")),
        ("yours is a place or a count, and no label: count the labels with bincount, and take argmax of the counts",
         ("np.bincount(train_labels).argmax()", "train_labels.argmax()"), (").argmax()", ").max()")),
        ("the largest label is not the commonest", ("np.bincount(train_labels).argmax()", "train_labels.max()")),
    ],
    also_right=[
        ("np.bincount(train_labels).argmax()",
         "max(sorted(set(train_labels.tolist())), key=train_labels.tolist().count)"),
        ("1.96", "1.959964"),
        ("return p, middle - half, middle + half",
         "return np.array([p, max(0, middle - half), min(1, middle + half)])"),
    ],
))  # fmt: skip


# --- 2.7 what to ask of a dataset -------------------------------------------------------------------------------------

exercise("2.7", Choice("choices", {
    "label": {
        "A": "nobody asked the people in the images, so nobody knows what they felt",
        "B": True,
        "C": "nobody coded action units here; read again what people did with the images that a search engine found",
        "D": "those are FER+'s votes, three years later, for the same images: lesson 03 compares them with the labels",
    },
    "better": {
        "A": "57 is more than 55, but six emotions are easier than seven: look at the two baselines",
        "B": "seven emotions are harder, but by how much? Look at the baselines and the intervals",
        "C": True,
    },
    "app": {
        "A": "read its licence: AffectNet is for research, and a professor signs for it",
        "B": "read its terms: RAF-DB is for non-commercial research",
        "C": "a download gives you no right to the faces in it: those who put it online had not taken the photos",
        "D": True,
    },
}), Words(
    "people",
    "The images are what a search engine finds for English words: stars, stock photos, played feelings. Old people, "
    "small children or people with a headscarf may be rare, and nobody counted. A model will make more mistakes on "
    "them, and no figure here would show it. I would have asked everyone for permission, and what they felt: only "
    "they know.",
    ["names a group that may be rare or misread, and says why", "says what follows for a model's mistakes",
     "would have asked for consent, and for what the person felt"],
    least=15,
))  # fmt: skip
