"""Exercises of lesson 04, from faces to binary images."""

import re

import numpy as np

from ..emotions import EMOTIONS
from ..faces import landmarks as lm
from ..metrics import wilson_interval
from . import NotYet, exercise, expect
from .helpers import array, function, same, steps

# --- 3.1 grey ---------------------------------------------------------------------------------------------------------


@exercise("4.1")
def to_grey(answer):
    """Luma of ITU-R 601."""
    function(answer)
    colour = np.random.default_rng(31).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    grey = array(answer(colour.copy()), "the grey image")
    expect(grey.ndim != 3, f"your image has the shape {grey.shape}: one number a pixel is wanted, not one a colour")
    expect(grey.shape == (30, 40), f"a colour image of shape (30, 40, 3) must become (30, 40), not {grey.shape}")
    exact = colour @ np.array([0.299, 0.587, 0.114])
    near = np.abs(grey.astype(float) - exact).max()
    expect(
        grey.dtype == np.uint8 or near > 1,
        f"the numbers are right, but their type is {grey.dtype}: images of the course are uint8, 0 to 255",
    )
    plain = np.abs(grey.astype(float) - colour.mean(axis=2)).max()
    expect(plain > 1, "all three colours count the same in your grey; to the eye, green is brighter than red and blue")
    swapped = np.abs(grey.astype(float) - colour[..., ::-1] @ np.array([0.299, 0.587, 0.114])).max()
    expect(swapped > 1, "red and blue have changed places: the order of the last axis is red, green, blue")
    white = array(answer(np.full((2, 2, 3), 255, np.uint8)), "the grey image")
    expect(
        (white >= 254).all(),
        f"a white pixel comes out as {white.flat[0]}: do the weights add up to 1, and do the products fit into uint8?",
    )
    expect(near <= 1, "some greys are wrong. Work out one pixel by hand and compare")
    expect(
        (grey == np.rint(exact)).mean() > 0.95 and (white == 255).all(),
        "many greys are one too dark: making bytes of 76.9 cuts it to 76. Round first",
    )


# --- 3.2 crop ---------------------------------------------------------------------------------------------------------

# left, top, side: inside, over each border, and over a corner
_SQUARES = ((3, 5, 6), (-4, 5, 8), (3, -2, 7), (15, 4, 9), (4, 9, 8), (-3, -5, 30))


def _cut(image, left, top, side, place=np.clip):
    rows, columns = np.arange(top, top + side), np.arange(left, left + side)
    return image[np.ix_(place(rows, 0, image.shape[0] - 1), place(columns, 0, image.shape[1] - 1))]


@exercise("4.2")
def cut(answer):
    """A square that may reach over the border; outside, the nearest pixel is repeated."""
    function(answer)
    image = np.arange(1, 13 * 20 + 1).reshape(13, 20).astype(np.uint16)
    image = (image * 97 % 251 + 1).astype(np.uint8)
    for left, top, side in _SQUARES:
        where = f"for left = {left}, top = {top} and side = {side}"
        inside = left >= 0 and top >= 0 and left + side <= 20 and top + side <= 13
        try:
            given = array(answer(image.copy(), left, top, side), "the cut-out")
        except IndexError as error:
            hint = f"{where} your code asks for a pixel that is not there ({error}): keep the numbers within the image"
            raise NotYet(hint) from error
        right = _cut(image, left, top, side)
        if same(given, right):
            continue
        expect(given.shape != (side + 1, side + 1), f"{where} your cut-out is one pixel too large: where does it end?")
        if not inside:
            expect(
                given.shape == (side, side),
                f"{where} your cut-out has the shape {given.shape}. A slice stops at the border, or finds nothing "
                "when it begins below 0; the square must be whole",
            )
            expect(
                not ((given == 0) & (right != 0)).any(),
                f"{where} you left zeros outside the image: repeat the pixels of its border instead",
            )
            wrapped = _cut(image, left, top, side, place=lambda i, low, high: i % (high + 1))
            expect(
                not same(given, wrapped) and not same(given, _cut(image, left, top, side, place=_from_the_end)),
                f"{where} pixels of the opposite side show up: the index -1 means the last row or column",
            )
        expect(given.shape == (side, side), f"{where} the shape must be ({side}, {side}), not {given.shape}")
        expect(
            not same(given, _cut(image, top, left, side)) and not same(given, right.T),
            "left and top have changed places: the first index of an array is the row, which is y",
        )
        moved = [_cut(image, left + dx, top + dy, side) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        expect(not any(same(given, other) for other in moved), f"{where} your cut-out lies one pixel off")
        kept = [max(0, min(left, 20 - side)), max(0, min(top, 13 - side))]
        expect(
            inside or not same(given, _cut(image, *kept, side)),
            f"{where} you moved the square back into the image: then the face is no longer in its middle",
        )
        expect(False, f"{where} other pixels are wanted. Try it with a small image made by np.arange")


def _from_the_end(i, low, high):
    """What fancy indexing makes of negative numbers; beyond the end, the last."""
    return np.where(i < 0, i + high + 1, np.minimum(i, high)).clip(0, high)


# --- 3.3 shrink -------------------------------------------------------------------------------------------------------


@exercise("4.3")
def shrink(answer):
    """The mean of each block of factor × factor pixels. Odd factors: no mean lies halfway between two bytes."""
    function(answer)
    for factor, shape in ((3, (12, 21)), (5, (20, 10))):
        image = np.random.default_rng(33).integers(0, 256, shape, dtype=np.uint8)
        height, width = shape[0] // factor, shape[1] // factor
        given = array(answer(image.copy(), factor), "the small image")
        expect(given.shape != (width, height), "rows and columns have changed places in your small image")
        expect(
            given.shape == (height, width),
            f"{shape[1]}×{shape[0]} pixels shrunk by {factor} are {width}×{height}, shape ({height}, {width}); yours "
            f"has the shape {given.shape}",
        )
        blocks = image.reshape(height, factor, width, factor).astype(float)
        exact = blocks.mean(axis=(1, 3))
        picks = blocks.transpose(0, 2, 1, 3).reshape(height, width, -1)
        expect(
            not any(same(given, picks[..., k]) for k in range(factor**2)),
            "you keep one pixel of each block and forget the others: then fine lines vanish, or become coarse ones",
        )
        expect(not same(given, blocks.max(axis=(1, 3))), "you take the brightest pixel of each block, not the mean")
        wrong = image.reshape(height, factor, width, factor).transpose(0, 2, 1, 3).sum(axis=(2, 3), dtype=np.uint8)
        expect(
            not same(given, wrong // factor**2) and not same(given, (wrong / factor**2).astype(np.uint8)),
            "the sums run over: a sum of several uint8 does not fit into uint8",
        )
        off = np.abs(given.astype(float) - exact)
        strange = image.reshape(height, width, factor, factor).mean(axis=(2, 3))
        expect(
            np.abs(given.astype(float) - strange).max() > 1,
            "reshape did not make the blocks you think: in memory, an image lies row by row, so split the height into "
            "two axes and the width into two axes, in this order",
        )
        expect(off.max() <= 1, "some of the numbers are no mean of their block. Try an image that np.arange makes")
        expect(
            given.dtype == np.uint8,
            f"the numbers are right, but their type is {given.dtype}: an image stays uint8",
        )
        expect(
            (given == np.rint(exact)).all(),
            "some pixels are one too dark: making bytes of 76.9 cuts it to 76. Round first",
        )


# --- 3.4 outline ------------------------------------------------------------------------------------------------------


@exercise("4.4")
def without_outline(answer):
    """Points 17 to 67."""
    function(answer)
    points = np.stack([np.arange(68), 100 + np.arange(68)], axis=1).astype(np.float32)
    given = array(answer(points.copy()), "the set of points")
    expect(given.shape != (68, 2), "all 68 points are still there, the jaw too")
    expect(
        given.ndim == 2 and given.shape[-1] == 2,
        f"your points have the shape {given.shape}: cut along the first axis, and leave x and y alone",
    )
    numbers = given[:, 0].astype(int)
    expect(
        not len(numbers) or numbers[0] != 0,
        "your points begin with number 0, which is the jaw at the left ear: the wrong end is gone",
    )
    expect(
        len(numbers) != 52 or numbers[0] != 16,
        "one jaw point is left, number 16: the outline has 17 points, and counting starts at 0",
    )
    expect(len(numbers) != 50, "one point too many is gone: the outline is numbers 0 to 16, and 17 begins a brow")
    expect(same(given, points[17:]), f"51 points are wanted, numbers 17 to 67 in their order; you have {len(given)}")


# --- 3.7 coverage -----------------------------------------------------------------------------------------------------


@exercise("4.7")
def coverage_by_emotion(answer):
    """{emotion: (share, low, high)} with Wilson's interval."""
    function(answer)
    rng = np.random.default_rng(37)
    labels = rng.permutation(np.repeat(np.arange(7), (40, 8, 60, 90, 70, 30, 50))).astype(np.uint8)
    found = rng.random(len(labels)) < np.array([0.8, 0.9, 0.7, 0.95, 0.5, 0.85, 0.75])[labels]
    given = answer(labels.copy(), found.copy(), EMOTIONS)
    expect(given is not None, "your function gives nothing back: it needs a return")
    expect(isinstance(given, dict), f"your function gives a {type(given).__name__} back; a dictionary is wanted")
    expect(
        list(given) == list(EMOTIONS), f"the keys must be the names of the emotions, in their order, not {list(given)}"
    )
    for k, name in enumerate(EMOTIONS):
        n, part = int((labels == k).sum()), int(found[labels == k].sum())
        try:
            value, low, high = (float(v) for v in given[name])
        except (TypeError, ValueError) as error:
            raise NotYet(f"the value of {name!r} must be three numbers: share, low and high") from error
        low_right, high_right = wilson_interval(part, n)
        expect(value <= 1, f"the share of {name} is {value:.4g}: give shares from 0 to 1, not per cent or counts")
        expect(
            abs(value - part / len(labels)) > 1e-9,
            f"you divide the {name} faces that were found by all faces of all emotions: divide by the {name} faces",
        )
        expect(
            abs(value - part / found.sum()) > 1e-9,
            f"that is how many of the found faces are {name}; asked is how many of the {name} faces were found",
        )
        expect(abs(value - (1 - part / n)) > 1e-9, f"that is the share of {name} faces that were not found")
        expect(abs(value - part / n) < 1e-9, f"the share of {name} should be {part} of {n}, but yours is {value:.4f}")
        whole = wilson_interval(int(found.sum()), len(labels))
        expect(
            abs(low - whole[0]) > 1e-9,
            f"the interval of {name} is that of all faces together: count the {name} faces only",
        )
        expect(
            low <= value <= high,
            f"the interval of {name}, {low:.3f} to {high:.3f}, does not hold its share {value:.3f}",
        )
        expect(
            abs(low - low_right) < 1e-9 and abs(high - high_right) < 1e-9,
            f"the interval of {name} is not that of {part} found among {n}: wilson_interval takes two counts, first "
            "how many were found, then how many there are",
        )


# --- 3.8 what is left -------------------------------------------------------------------------------------------------

_LOOK = {
    "eyebrows raised": "points 17 to 26 lie on the brows; where do they go when the brows rise?",
    "crow's feet wrinkles": "wrinkles are shades of the skin. Does any of the 68 points lie on one?",
    "mouth open": "the lips have an inner line too, points 60 to 67",
    "pushed up cheeks": "is there a point on a cheek?",
    "losing focus in the eyes": "which points lie on the pupils?",
    "lip corners pulled down": "points 48 and 54 are the corners of the mouth",
    "a hand over the mouth": "what does the predictor do where it sees a hand: does it leave points out?",
    "how sure the detector was": "which of the 2,304 numbers of a binary image would tell the score?",
}
_KEPT = ("eyebrows raised", "mouth open", "lip corners pulled down")
_LEFT_OUT = (
    r"\b(coverage|undetected|missing|missed|excluded?|without|fail\w*|skip\w*|drop\w*|ignor\w*)\b"
    r"|\b(left|leav\w+) (\w+ )?out\b"
    r"|\b(no|not|never|nothing) (a )?(\w+ )?(faces?|landmarks|found|detected)|\bn[o']t (be )?(found|detected)"
)
_EVERYONE = r"\b(all|every\w*|whole|entire|total|overall|altogether)\b"


@exercise("4.8")
def kept(answer, reply):
    """Which cues can still be seen in a binary image; and what an accuracy on detected faces leaves out."""
    expect(isinstance(answer, dict), f"a dictionary is wanted, {{cue: True or False}}, not a {type(answer).__name__}")
    missing = [cue for cue in _LOOK if cue not in answer]
    expect(not missing, f"there is no answer for {missing[0] if missing else ''!r}: copy the cues from the list above")
    expect(len(answer) == len(_LOOK), "there are more cues in your dictionary than in the list")
    open_ones = [cue for cue, value in answer.items() if value is ...]
    if open_ones:
        raise NotImplementedError
    for cue, hint in _LOOK.items():
        value = answer[cue]
        expect(isinstance(value, (bool, np.bool_)), f"the answer for {cue!r} must be True or False")
        expect(bool(value) == (cue in _KEPT), f"look at {cue!r} again: {hint}")
    expect(isinstance(reply, str), f"reply must be text between quotation marks, not a {type(reply).__name__}")
    words = re.findall(r"[^\W\d_]+", reply.lower())
    expect(len(words) >= 25, f"reply has {len(words)} words. Write some sentences, at least 25 words")
    expect(len(set(words)) >= 15, "reply says the same words again and again: make an argument of it")
    for pattern, hint in (
        (_LEFT_OUT, "reply should ask about the images that are not in this number"),
        (_EVERYONE, "reply should say which other accuracy is wanted, on which images, and what you expect of it"),
    ):
        expect(re.search(pattern, reply.lower()), hint)


# --- Exercises 4.5 and 4.6 of lesson 04: binary images of one face, and of many ---------------------------------------


def _faces(n: int, seed: int) -> np.ndarray:
    """(n, 68, 2) points inside the image, none halfway between two pixels, more to the left than to the right."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers((2, 12), (30, 46), (n, 68, 2))
    return (pixels + rng.choice((-0.4, -0.2, 0.3, 0.4), (n, 68, 2))).astype(np.float32)


def _place(points: np.ndarray, rounding=np.rint) -> np.ndarray:
    """(k, 2) points as a (48, 48, 1) image; those outside are left out."""
    image = np.zeros((48, 48, 1), np.float32)
    pixels = rounding(points).astype(int)
    x, y = pixels[((pixels >= 0) & (pixels < 48)).all(axis=1)].T
    image[y, x] = 1
    return image


def _expect_binary(given: np.ndarray, shape: tuple[int, ...]) -> None:
    expect(given.shape != shape[:-1], f"the shape is {given.shape}: the network wants a last axis of 1, {shape}")
    expect(given.shape == shape, f"the shape must be {shape}, not {given.shape}")
    expect(given.max(initial=0) != 255, "your white is 255: a normalised image holds 0 and 1")
    expect(given.max(initial=0) <= 1, "a pixel with two landmarks became 2: it is either marked or not")
    expect(given.mean() < 0.5, "nearly all of your image is 1: start with zeros, and mark only the landmarks")
    expect(given.dtype == np.float32, f"the type is {given.dtype}: the network computes with float32")


def _expect_right(given: np.ndarray, points: np.ndarray) -> None:
    """``given`` (48, 48, 1) against the image of (51, 2) inside points, with the usual slips by name."""
    expect(given.any(), "your image is empty")
    expect(
        not same(given, _place(points[:, ::-1])),
        "x and y have changed places: the first index of an array is the row, which is y",
    )
    expect(
        not same(given, _place(points, np.floor)),
        "your points are cut off, not rounded: int() and astype(int) make 30 of 30.6, whose nearest pixel is 31",
    )
    expect(not same(given, _place(points, np.ceil)), "your points are rounded up, not to the nearest pixel")
    moved = [_place(points + np.array([dx, dy])) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if (dx, dy) != (0, 0)]
    expect(
        not any(same(given, other) for other in moved),
        "all points lie one pixel off: the centre of the first pixel is 0, so nothing needs adding or taking away",
    )
    right = _place(points)
    missing, extra = int(((right == 1) & (given == 0)).sum()), int(((right == 0) & (given == 1)).sum())
    expect(same(given, right), f"{missing} pixels that should be 1 are 0, and {extra} are 1 that should be 0")


@exercise("4.5")
def binary(answer):
    """51 points become a (48, 48, 1) image of zeros and ones."""
    function(answer)
    points = _faces(1, 35)[0, 17:]
    points[1] = points[0]  # two on one pixel
    given = array(answer(points.copy()), "the binary image")
    _expect_binary(given, (48, 48, 1))
    _expect_right(given, points)
    edge = points.copy()
    edge[:4] = (-0.4, 20.3), (47.4, 21.3), (22.3, -0.3), (23.3, 47.3)
    outside = edge.copy()
    outside[4:10] = (-1.3, 5.2), (-3.2, 6.2), (48.3, 7.2), (8.2, -2.3), (9.2, 60.3), (47.8, 3.2)
    for tried, what in ((edge, "near the edge"), (outside, "outside the image")):
        try:
            given = array(answer(tried.copy()), "the binary image")
        except IndexError as error:
            hint = f"with landmarks {what} your code stops ({error}): leave out the points that fall outside"
            raise NotYet(hint) from error
        pixels = np.rint(tried).astype(int)
        expect(
            not same(given, _at(pixels.clip(0, 47))) or tried is edge,
            "points outside the image are pushed onto its edge: leave them out instead",
        )
        expect(
            not same(given, _at(pixels[(pixels < 48).all(axis=1)])) or tried is edge,
            "points left of or above the image come out at its other side: the index -1 means the last row or column",
        )
        expect(
            same(given, _place(tried)),
            f"points {what} come out wrong: round first, then ask whether the pixel is one of 0 to 47",
        )


def _at(pixels: np.ndarray) -> np.ndarray:
    image = np.zeros((48, 48, 1), np.float32)
    image[pixels[:, 1], pixels[:, 0]] = 1
    return image


@exercise("4.6")
def binary_images(answer):
    """(n, 68, 2) landmarks become (n, 48, 48, 1), without a loop over the faces."""
    function(answer)
    points = _faces(5, 36)
    given = array(answer(points.copy()), "the batch")
    _expect_binary(given, (5, 48, 48, 1))
    inner = points[:, 17:]
    everywhere = np.stack([_place(inner.reshape(-1, 2))] * 5)
    expect(
        not same(given, everywhere),
        "every image shows the points of all faces: each point needs the number of its own face as first index",
    )
    jaw = np.stack([_place(face) for face in points])
    expect(not same(given, jaw), "the jaw is in your images: drop the outline of each face first")
    for one, face in zip(given, inner, strict=True):
        _expect_right(one, face)
    points[0, 17:20] = (-2.3, 5.2), (50.3, 7.2), (8.2, 70.3)
    try:
        given = answer(points.copy())
        none = answer(points[:0].copy())
    except (IndexError, ValueError) as error:
        hint = f"with points outside the image, or with no faces at all, your code stops ({error})"
        raise NotYet(hint) from error
    expect(same(given, lm.binary_image(points)), "points outside the image come out wrong: leave them out")
    expect(none.shape == (0, 48, 48, 1), f"no faces must give the shape (0, 48, 48, 1), not {none.shape}")
    few, many = (steps(answer, np.repeat(points, times, axis=0)) for times in (1, 20))
    expect(
        many < 5 * few,
        f"right, but for twenty times as many faces your code takes {many} steps instead of {few}: let NumPy go "
        "through the faces, with arrays of indices",
    )
