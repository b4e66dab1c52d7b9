"""Exercises of lesson 00, start here."""

import functools

import numpy as np

from ..emotions import EMOTIONS, EMOTIONS_6  # noqa: F401  mistakes that are written as texts take them
from . import Case, Function, Value, exercise, expect

# --- 0.1 the likeliest emotion ----------------------------------------------------------------------------------------


def most_likely(probabilities):
    """The name of the emotion with the largest probability."""
    return max(probabilities, key=probabilities.get)


NAME = "give the name back, a key of the dictionary, not a number"

# The right name is never first, last, least likely or at an end of the alphabet: so each wrong way is seen, and named.
exercise("0.1", Function(
    most_likely,
    cases=[
        Case("a face full of fear", {"surprise": 0.2, "fear": 0.45, "anger": 0.15, "neutral": 0.05, "sadness": 0.15}),
        Case("six emotions", {"fear": 0.1, "neutral": 0.05, "happiness": 0.6, "surprise": 0.1, "anger": 0.15}),
        Case("a close call", {"neutral": 0.25, "anger": 0.15, "fear": 0.05, "sadness": 0.35, "surprise": 0.2},
             kind="order", want="sadness"),
        Case("NumPy's numbers", {"happiness": np.float32(0.2), "disgust": np.float32(0.75), "fear": np.float32(0.05)},
             kind="dtype"),
        Case("a face that is surely one thing", {"surprise": 0.0, "neutral": 1.0, "anger": 0.0}, kind="edge"),
    ],
    mistakes=[
        ("you compare the names, in the order of the alphabet: compare the probabilities", "max(probabilities)",
         "sorted(probabilities)[-1]"),
        ("you chose the first name in the dictionary: compare the probabilities", "next(iter(probabilities))"),
        ("you chose the last name in the dictionary. In a loop, remember the largest probability so far, too",
         "list(probabilities)[-1]", "[name for name, p in probabilities.items() if p > 0][-1]"),
        ("the largest need not be above one half: compare the probabilities with each other",
         "next((name for name, p in probabilities.items() if p > 0.5), None)"),
        ("the place in this dictionary is not the place in any other list: take a key of the dictionary itself",
         "EMOTIONS[list(probabilities.values()).index(max(probabilities.values()))]",
         "EMOTIONS_6[list(probabilities.values()).index(max(probabilities.values()))]"),
        ("you chose the least likely one", ("max(", "min("), "sorted(probabilities, key=probabilities.get)[0]"),
        (f"this is the largest probability: {NAME}", "max(probabilities.values())"),
        (f"this is the place of the largest probability: {NAME}",
         "list(probabilities.values()).index(max(probabilities.values()))"),
        ("this is a pair, compared by its name: only the name is wanted", "max(probabilities.items())"),
        ("this is a pair: only the name is wanted", "max(probabilities.items(), key=lambda pair: pair[1])",
         "max((p, name) for name, p in probabilities.items())"),
    ],
    signs=[(lambda got, want: got == [want] or got == (want,), "the name is right, but it is in a list",
            "[max(probabilities, key=probabilities.get)]")],
    also_right=["sorted(probabilities, key=probabilities.get)[-1]",
                "max((p, name) for name, p in probabilities.items())[1]"],
))  # fmt: skip


# --- 0.2 how many dots ------------------------------------------------------------------------------------------------


@functools.cache
def question() -> np.ndarray:
    """The binary image that exercise 0.2 is about, (48, 48, 1): made here, since what a student hands in can be any."""
    from .. import recognition
    from ..faces import landmarks
    from ..twin.scenes import scene

    largest = recognition.find(scene(4, size=(640, 640), seed=33).image)[0]
    return landmarks.binary_image(largest.landmarks)


exercise("0.2",
    Value("binary", lambda: question(), given=True, mistakes=[("not the image of the largest face", 0,
          lambda: np.roll(question(), 1, 0))],
          compare=lambda got, want: "" if np.array_equal(got, want) else "not the image of the largest face: run the "
          "cells above again, as they were handed out"),
    Value("dots", lambda: question().sum(), mistakes=[
        ("this counts every pixel; count those that are 1", lambda: question().size),
        ("this is the number of rows; count the pixels that are 1", 48),
        ("these are the zeros; count the ones", lambda: (question() == 0).sum()),
        ("68 landmarks were found; count the dots in the image", 68),
        ("51 landmarks were kept, but some share a pixel: let Python count the pixels", 51),
        ("one number is wanted: add up the whole image", lambda: question().sum(axis=0), lambda: question().sum(1),
         lambda: question().sum(axis=(0, 1)), lambda: question() == 1),
        ("np.nonzero gives the places, an array for each axis: how long is one of them?",
         lambda: len(np.nonzero(question()))),
        ("this is the share of ones; count them", lambda: question().mean()),
    ], otherwise="What are zeros and ones added up?",
       also_right=[lambda: int(np.count_nonzero(question())), lambda: float(question().sum())]),
)  # fmt: skip


# --- 0.3 the order of the steps ---------------------------------------------------------------------------------------

STEPS = "CGEAFDB"
# A step, one that must come before it, why, and an answer that has it wrong.
BEFORE = (
    ("G", "C", "the face cannot be cut out before it is found", "GCEAFDB"),
    ("E", "G", "the image that is shrunk is the one that was cut out", "CEGAFDB"),
    ("A", "E", "the landmarks are looked for in the small image of the face", "CGAEFDB"),
    ("F", "A", "the outline is some of the landmarks, which have to be found first", "CGEFADB"),
    ("D", "F", "only 51 landmarks are marked: something was left out before", "CGEADFB"),
    ("B", "D", "the network sees nothing but the image with the dots", "CGEAFBD"),
)


def letters(answer):
    """The letters of an answer, a text or a list, in capitals."""
    expect(
        isinstance(answer, list | tuple | str | np.ndarray),
        f"a list of letters is wanted, not a {type(answer).__name__}",
    )
    given = [str(letter).strip().upper() for letter in answer]
    unknown = sorted(set(given) - set(STEPS))
    expect(not unknown, f"there is no step {unknown[0] if unknown else ''}: use the letters A to G")
    expect(len(given) == len(set(given)), "a letter comes twice")
    expect(len(given) == len(STEPS), f"there are {len(STEPS)} steps, and you have {len(given)}")
    return given


def early(later, earlier):
    """Whether a step comes before one that it needs."""
    return lambda got, want: got.index(later) < got.index(earlier)


exercise("0.3", Value(
    "order", list(STEPS), tidy=letters, also_right=["cgeafdb", tuple(STEPS), np.array(list(STEPS))],
    mistakes=[("a list of letters", 7), ("there is no step", ["find the face"]), ("comes twice", "CGEAFDBB"),
              ("7 steps", "CGE")],
    signs=[(early(later, first), f"look at step {later} again: {why}", list(wrong))
           for later, first, why, wrong in BEFORE],
))  # fmt: skip


# --- 0.4 sure enough? -------------------------------------------------------------------------------------------------


def sure_enough(probabilities, least):
    """The most likely emotion, or None if its probability is below the limit."""
    best = max(probabilities, key=probabilities.get)
    return best if probabilities[best] >= least else None


exercise("0.4", Function(
    sure_enough,
    cases=[
        Case("one well above the limit", {"anger": 0.15, "sadness": 0.7, "neutral": 0.15}, 0.5, want="sadness"),
        Case("one exactly at the limit", {"fear": 0.25, "surprise": 0.5, "anger": 0.25}, 0.5, kind="edge"),
        Case("all below the limit", {"fear": 0.375, "anger": 0.25, "neutral": 0.25, "sadness": 0.125}, 0.4,
             kind="absent"),
        Case("one just below the limit", {"happiness": 0.25, "neutral": 0.75}, 0.8, kind="edge", want=None),
        Case("one far below the limit", {"neutral": 0.25, "anger": 0.5, "fear": 0.25}, 0.9, kind="edge", want=None),
        Case("two above the limit, the first not the likeliest", {"anger": 0.35, "fear": 0.25, "sadness": 0.4}, 0.3,
             kind="order", want="sadness"),
        Case("no limit", {"anger": 0.25, "neutral": 0.45, "fear": 0.3}, 0, kind="edge"),
    ],
    mistakes=[
        ("'at least' includes the limit itself", (">=", ">")),
        ("an emotion below the limit is no reason to say None: compare the largest probability only",
         "None if min(probabilities.values()) < least else max(probabilities, key=probabilities.get)",
         "next(iter(probabilities)) if next(iter(probabilities.values())) >= least else None"),
        ("say None where even the largest probability is too small", "max(probabilities, key=probabilities.get)"),
        ("None is a value of its own in Python, without quotation marks", ("else None", "else 'None'")),
        ("None is wanted where it is not sure, and not an empty text", ("else None", "else ''")),
        ("None is wanted where it is not sure, and not False", ("else None", "else False")),
        ("the first emotion over the limit need not be the likeliest",
         "next((name for name, p in probabilities.items() if p >= least), None)"),
        ("your function gives the first emotion, and not the likeliest",
         "next(iter(probabilities)) if max(probabilities.values()) >= least else None"),
        ("the name is wanted, and not its probability", ("return best if", "return probabilities[best] if")),
        ("it is the other way round: None is for what is not sure", (">=", "<")),
        ("your limit is always 0.5: use `least`", (">= least", ">= 0.5")),
        ("compare the probability as it is, and not rounded",
         ("probabilities[best] >=", "round(probabilities[best], 1) >=")),
        ("compare the largest probability itself, not its lead over the second",
         ("probabilities[best] >=", "np.ptp(sorted(probabilities.values())[-2:]) >=")),
    ],
    also_right=["(lambda p, name: name if p >= least else None)(*max((p, n) for n, p in probabilities.items()))"],
))  # fmt: skip
