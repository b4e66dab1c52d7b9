"""Exercises of lesson 00, start here."""

import functools
from typing import Any

import numpy as np

from . import exercise, expect

# The right name is never first, last, least likely or at an end of the alphabet: so each wrong way is seen, and named.
READINGS = (
    ({"surprise": 0.2, "fear": 0.45, "anger": 0.15, "neutral": 0.05, "sadness": 0.15}, "fear"),
    ({"fear": 0.1, "neutral": 0.05, "happiness": 0.6, "surprise": 0.1, "anger": 0.15}, "happiness"),
    ({"neutral": 0.25, "anger": 0.15, "fear": 0.05, "sadness": 0.35, "surprise": 0.2}, "sadness"),
)


@exercise("0.1")
def most_likely(answer):
    """The name with the largest probability."""
    expect(callable(answer), "keep the line that starts with def: the check calls your function")
    for reading, right in READINGS:
        given = answer(dict(reading))
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(
            not isinstance(given, (int, float)),
            "your function gives a number back; the answer is the name of an emotion, a key of the dictionary",
        )
        expect(isinstance(given, str), f"your function gives a {type(given).__name__} back; one name is wanted")
        expect(given in reading, f"{given!r} is not one of the emotions in {reading}")
        expect(given != min(reading, key=reading.get), f"for {reading} you chose the least likely one")
        expect(
            given == right,
            f"for {reading} you chose {given!r}. Compare the probabilities, not the names or their order",
        )


@functools.cache
def question() -> np.ndarray:
    """The binary image that exercise 0.2 is about, (48, 48, 1): made here, since what a student hands in can be any."""
    from .. import recognition
    from ..faces import landmarks
    from ..twin.scenes import scene

    largest = recognition.find(scene(4, size=(640, 640), seed=0).image)[0]
    return landmarks.binary_image(largest.landmarks)


@exercise("0.2")
def dots(binary, answer):
    """How many pixels of the lesson's binary image are 1. ``binary`` is the student's copy of it, and not believed."""
    expect(
        isinstance(answer, (int, float, np.number)) and not isinstance(answer, bool),
        f"one number is wanted, and yours is a {type(answer).__name__}",
    )
    right = question()
    if answer == right.sum():
        return
    expect(answer != right.size, "this counts every pixel; count those that are 1")
    expect(answer != len(right), "this is the number of rows; count the pixels that are 1")
    expect(answer != right.size - right.sum(), "these are the zeros; count the ones")
    expect(
        np.array_equal(binary, right),
        "binary is not the image of the largest face: run the cells above again, as they were handed out",
    )
    expect(False, f"{answer} is not what a count of the ones gives; what are zeros and ones added up?")


STEPS = "CGEAFDB"
# A step, one that must come before it, and why.
BEFORE = (
    ("G", "C", "the face cannot be cut out before it is found"),
    ("E", "G", "the image that is shrunk is the one that was cut out"),
    ("A", "E", "the landmarks are looked for in the small image of the face"),
    ("F", "A", "the outline is some of the landmarks, which have to be found first"),
    ("D", "F", "only 51 landmarks are marked: something was left out before"),
    ("B", "D", "the network sees nothing but the image with the dots"),
)


@exercise("0.3")
def order(answer):
    """The steps from an image to an emotion."""
    expect(isinstance(answer, (list, tuple, str)), f"a list of letters is wanted, not a {type(answer).__name__}")
    given = [str(letter).strip().upper() for letter in answer]
    unknown = sorted(set(given) - set(STEPS))
    expect(not unknown, f"there is no step {unknown[0] if unknown else ''}: use the letters A to G")
    expect(len(given) == len(set(given)), "a letter comes twice")
    expect(len(given) == len(STEPS), f"there are {len(STEPS)} steps, and you have {len(given)}")
    for later, earlier, reason in BEFORE:
        expect(given.index(earlier) < given.index(later), f"look at step {later} again: {reason}")


# Probabilities, the limit, and the right answer: well above, exactly at, just below.
LIMITS = (
    ({"anger": 0.15, "sadness": 0.7, "neutral": 0.15}, 0.5, "sadness"),
    ({"fear": 0.25, "surprise": 0.5, "anger": 0.25}, 0.5, "surprise"),
    ({"fear": 0.375, "anger": 0.25, "neutral": 0.25, "sadness": 0.125}, 0.4, None),
    ({"happiness": 0.25, "neutral": 0.75}, 0.8, None),
)


@exercise("0.4")
def sure_enough(answer):
    """The most likely emotion, or None below a limit."""
    expect(callable(answer), "keep the line that starts with def: the check calls your function")
    given: list[Any] = [answer(dict(reading), least) for reading, least, _ in LIMITS]
    expect(any(one is not None for one in given), "your function gives nothing back, whatever it is asked")
    for (reading, least, right), one in zip(LIMITS, given, strict=True):
        asked = f"for {reading} and least={least}"
        if right is None:
            expect(one != "None", "None is a value of its own in Python, without quotation marks")
            expect(one is None, f"{asked} the largest probability is too small, but you answered {one!r}")
        elif least == max(reading.values()):
            expect(one is not None, f"{asked} you were not sure enough; 'at least' includes the limit itself")
        expect(right is None or one is not None, f"{asked} you gave None; compare the largest probability only")
        expect(one == right, f"{asked} you answered {one!r}, which is not the most likely one")
