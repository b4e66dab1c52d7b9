"""Exercises of lesson 04: each check against the stub, right answers, and the mistakes that students make."""

import numpy as np
import pytest

from emocourse import checks, metrics
from emocourse.faces import landmarks


def stub(*_):
    raise NotImplementedError("Exercise 3.x: write the body")


def nothing(*_):
    pass


# --- 3.1 ---


def luma(c, weights=(0.299, 0.587, 0.114)):
    return np.rint(c @ np.array(weights)).astype(np.uint8)


def luma_in_bytes(c):
    weights = np.array([77, 150, 29], np.uint8)
    return ((c * weights).sum(axis=2, dtype=np.uint8)).astype(np.uint8)


# --- 3.2 ---


def cut(image, left, top, side):
    rows = np.clip(np.arange(top, top + side), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(left, left + side), 0, image.shape[1] - 1)
    return image[np.ix_(rows, columns)]


def cut_by_padding(image, left, top, side):
    padded = np.pad(image, 50, mode="edge")
    return padded[top + 50 : top + 50 + side, left + 50 : left + 50 + side]


def cut_by_slice(image, left, top, side):
    return image[top : top + side, left : left + side]


def cut_clipped_slice(image, left, top, side):
    return image[max(top, 0) : top + side, max(left, 0) : left + side]


def cut_swapped(image, left, top, side):
    return cut(image, top, left, side)


def cut_with_zeros(image, left, top, side):
    padded = np.pad(image, 50)
    return padded[top + 50 : top + 50 + side, left + 50 : left + 50 + side]


def cut_wrapped(image, left, top, side):
    return image[np.arange(top, top + side) % image.shape[0]][:, np.arange(left, left + side) % image.shape[1]]


def cut_without_clip(image, left, top, side):
    return image[np.ix_(np.arange(top, top + side), np.arange(left, left + side))]


def cut_moved_back(image, left, top, side):
    height, width = image.shape
    return cut(image, max(0, min(left, width - side)), max(0, min(top, height - side)), side)


# --- 3.3 ---


def blocks(image, factor):
    height, width = image.shape
    return image.reshape(height // factor, factor, width // factor, factor)


def shrink(image, factor):
    return np.rint(blocks(image, factor).mean(axis=(1, 3))).astype(np.uint8)


def shrink_by_loops(image, factor):
    small = np.zeros((image.shape[0] // factor, image.shape[1] // factor), np.uint8)
    for i, j in np.ndindex(small.shape):
        small[i, j] = round(float(image[i * factor : (i + 1) * factor, j * factor : (j + 1) * factor].mean()))
    return small


def shrink_shuffled(image, factor):
    height, width = image.shape
    return np.rint(image.reshape(height // factor, width // factor, factor, factor).mean(axis=(2, 3))).astype(np.uint8)


# --- 3.5 and 3.6 ---


def binary(points, rounding=np.rint, value=1, order="yx", dtype=np.float32, shape=(48, 48, 1)):
    image = np.zeros(shape, dtype)
    for x, y in rounding(points).astype(int):
        if 0 <= x < 48 and 0 <= y < 48:
            image[(y, x) if order == "yx" else (x, y)] = value
    return image


def binary_without_test(points):
    image = np.zeros((48, 48, 1), np.float32)
    x, y = np.rint(points).astype(int).T
    image[y, x] = 1
    return image


def binary_negative(points):
    points = np.rint(points).astype(int)
    points = points[(points < 48).all(axis=1)]
    return binary_without_test(points)


def binary_clipped(points):
    return binary_without_test(np.clip(points, 0, 47))


def binary_tested_first(points):
    return binary(points[((points >= 0) & (points <= 47)).all(axis=1)])


def binary_counted(points):
    image = np.zeros((48, 48, 1), np.float32)
    for x, y in np.rint(points).astype(int):
        image[y, x] += 1
    return image


def batch_everywhere(points):
    images = np.zeros((len(points), 48, 48, 1), np.float32)
    pixels = np.rint(points[:, 17:]).astype(int)
    images[:, pixels[..., 1], pixels[..., 0]] = 1
    return images


def batch(points, start=17, order=(1, 0), rounding=np.rint):
    pixels = rounding(points[:, start:]).astype(int)
    face = np.broadcast_to(np.arange(len(pixels))[:, None], pixels.shape[:2])
    inside = ((pixels >= 0) & (pixels < 48)).all(axis=2)
    images = np.zeros((len(pixels), 48, 48, 1), np.float32)
    images[face[inside], pixels[inside, order[0]], pixels[inside, order[1]]] = 1
    return images


def batch_point_by_point(points):
    """A loop over the 51 points of a face is as long for many faces as for few."""
    images = np.zeros((len(points), 48, 48, 1), np.float32)
    for k in range(17, 68):
        x, y = np.rint(points[:, k]).astype(int).T
        inside = (x >= 0) & (x < 48) & (y >= 0) & (y < 48)
        images[np.flatnonzero(inside), y[inside], x[inside]] = 1
    return images


def batch_by_loop(points):
    images = np.zeros((len(points), 48, 48, 1), np.float32)
    for image, face in zip(images, points, strict=True):
        image[:] = binary(face[17:])
    return images


def batch_without_test(points):
    pixels = np.rint(points[:, 17:]).astype(int)
    images = np.zeros((len(points), 48, 48, 1), np.float32)
    images[np.arange(len(points))[:, None], pixels[..., 1], pixels[..., 0]] = 1
    return images


# --- 3.7 ---


def table(labels, detected, names):
    made = {}
    for k, name in enumerate(names):
        mine = detected[labels == k]
        made[name] = (mine.mean(), *metrics.wilson_interval(int(mine.sum()), len(mine)))
    return made


def table_of(share, interval=lambda part, n, found, every: metrics.wilson_interval(part, n)):
    def answer(labels, detected, names):
        made = {}
        for k, name in enumerate(names):
            part, n = int(detected[labels == k].sum()), int((labels == k).sum())
            found, every = int(detected.sum()), len(labels)
            made[name] = (share(part, n, found, every), *interval(part, n, found, every))
        return made

    return answer


def share(part, n, found, every):
    return part / n


# --- 3.8 ---

KEPT = {
    "eyebrows raised": True,
    "crow's feet wrinkles": False,
    "mouth open": True,
    "pushed up cheeks": False,
    "losing focus in the eyes": False,
    "lip corners pulled down": True,
    "a hand over the mouth": False,
    "how sure the detector was": False,
}

REPLY = (
    "How many images had no landmarks, and of which emotions were they? Whoever leaves out the hard ones gets a "
    "better number. On all images I expect a lower accuracy, with its interval."
)

# number, answer, state, a part of the hint
CASES = [
    ("4.1", stub, "not started", ""),
    ("4.1", luma, "correct", ""),
    (
        "4.1",
        lambda c: (0.299 * c[..., 0] + 0.587 * c[..., 1] + 0.114 * c[..., 2] + 0.5).astype(np.uint8),
        "correct",
        "",
    ),
    ("4.1", nothing, "not yet", "needs a return"),
    ("4.1", 0.299, "not yet", "calls your function"),
    ("4.1", lambda c: c.tolist(), "not yet", "NumPy array"),
    ("4.1", lambda c: c.mean(axis=2).astype(np.uint8), "not yet", "count the same"),
    ("4.1", lambda c: luma(c[..., ::-1]), "not yet", "red and blue"),
    ("4.1", lambda c: (c @ np.array([0.299, 0.587, 0.114])).astype(np.uint8), "not yet", "Round first"),
    ("4.1", lambda c: c @ np.array([0.299, 0.587, 0.114]), "not yet", "float64"),
    ("4.1", lambda c: (c * np.array([0.299, 0.587, 0.114])).astype(np.uint8), "not yet", "one number a pixel"),
    ("4.1", luma_in_bytes, "not yet", "white pixel"),
    ("4.1", lambda c: luma(c).T, "not yet", "(30, 40)"),
    ("4.1", lambda c: luma(c, (0.2126, 0.7152, 0.0722)), "not yet", "by hand"),
    ("4.2", stub, "not started", ""),
    ("4.2", cut, "correct", ""),
    ("4.2", cut_by_padding, "correct", ""),
    ("4.2", cut_by_slice, "not yet", "begins below 0"),
    ("4.2", cut_clipped_slice, "not yet", "A slice stops at the border"),
    ("4.2", cut_swapped, "not yet", "left and top have changed places"),
    ("4.2", lambda *a: cut(*a).T, "not yet", "left and top have changed places"),
    ("4.2", cut_with_zeros, "not yet", "zeros outside"),
    ("4.2", cut_wrapped, "not yet", "opposite side"),
    ("4.2", cut_without_clip, "not yet", "opposite side"),
    ("4.2", cut_moved_back, "not yet", "moved the square back"),
    ("4.2", lambda p, left, top, side: cut(p, left, top, side + 1), "not yet", "one pixel too large"),
    ("4.2", lambda p, left, top, side: cut(p, left + 1, top, side), "not yet", "one pixel off"),
    ("4.2", nothing, "not yet", "needs a return"),
    ("4.3", stub, "not started", ""),
    ("4.3", shrink, "correct", ""),
    ("4.3", shrink_by_loops, "correct", ""),
    ("4.3", lambda p, f: p[::f, ::f], "not yet", "forget the others"),
    ("4.3", lambda p, f: p[f // 2 :: f, f // 2 :: f], "not yet", "forget the others"),
    ("4.3", lambda p, f: blocks(p, f).max(axis=(1, 3)), "not yet", "brightest"),
    ("4.3", lambda p, f: blocks(p, f).mean(axis=(1, 3)).astype(np.uint8), "not yet", "Round first"),
    ("4.3", lambda p, f: blocks(p, f).mean(axis=(1, 3)), "not yet", "float64"),
    ("4.3", lambda p, f: shrink(p, f).T, "not yet", "changed places"),
    ("4.3", lambda p, f: blocks(p, f).sum(axis=(1, 3), dtype=np.uint8) // f**2, "not yet", "run over"),
    ("4.3", shrink_shuffled, "not yet", "row by row"),
    ("4.3", lambda p, f: blocks(p, f).mean(axis=1), "not yet", "has the shape"),
    ("4.4", stub, "not started", ""),
    ("4.4", lambda p: p[17:], "correct", ""),
    ("4.4", lambda p: np.delete(p, np.arange(17), axis=0), "correct", ""),
    ("4.4", lambda p: p, "not yet", "the jaw too"),
    ("4.4", lambda p: p[:51], "not yet", "wrong end"),
    ("4.4", lambda p: p[:17], "not yet", "wrong end"),
    ("4.4", lambda p: p[16:], "not yet", "one jaw point is left"),
    ("4.4", lambda p: p[18:], "not yet", "one point too many"),
    ("4.4", lambda p: p[:, 17:], "not yet", "first axis"),
    ("4.4", lambda p: p[:16:-1], "not yet", "in their order"),
    ("4.5", stub, "not started", ""),
    ("4.5", binary, "correct", ""),
    ("4.5", lambda p: binary(p, order="xy"), "not yet", "x and y have changed places"),
    ("4.5", lambda p: binary(p, rounding=np.floor), "not yet", "cut off, not rounded"),
    ("4.5", lambda p: binary(p, rounding=np.ceil), "not yet", "rounded up"),
    ("4.5", lambda p: binary(p - 1), "not yet", "one pixel off"),
    ("4.5", lambda p: binary(p, value=255), "not yet", "255"),
    ("4.5", lambda p: binary(p, dtype=np.uint8), "not yet", "uint8"),
    ("4.5", lambda p: binary(p, shape=(48, 48)), "not yet", "last axis of 1"),
    ("4.5", lambda p: binary(p)[None], "not yet", "(48, 48, 1)"),
    ("4.5", lambda p: 1 - binary(p), "not yet", "nearly all"),
    ("4.5", lambda p: np.zeros((48, 48, 1), np.float32), "not yet", "empty"),
    ("4.5", binary_counted, "not yet", "became 2"),
    ("4.5", binary_without_test, "not yet", "outside the image your code stops"),
    ("4.5", binary_negative, "not yet", "other side"),
    ("4.5", binary_clipped, "not yet", "pushed onto its edge"),
    ("4.5", binary_tested_first, "not yet", "round first"),
    ("4.5", lambda p: binary(p[5:]), "not yet", "should be 1"),
    ("4.6", stub, "not started", ""),
    ("4.6", batch, "correct", ""),
    ("4.6", batch_point_by_point, "correct", ""),
    ("4.6", landmarks.binary_image, "correct", ""),
    ("4.6", batch_everywhere, "not yet", "points of all faces"),
    ("4.6", lambda p: batch(p, start=0), "not yet", "jaw"),
    ("4.6", lambda p: batch(p, order=(0, 1)), "not yet", "x and y have changed places"),
    ("4.6", lambda p: batch(p, rounding=np.floor), "not yet", "cut off, not rounded"),
    ("4.6", lambda p: batch(p)[0], "not yet", "(5, 48, 48, 1)"),
    ("4.6", lambda p: batch(p)[..., 0], "not yet", "last axis of 1"),
    ("4.6", batch_by_loop, "not yet", "go through the faces"),
    ("4.6", lambda p: np.stack([binary(one[17:]) for one in p]), "not yet", "no faces at all"),
    ("4.6", batch_without_test, "not yet", "outside the image"),
    ("4.7", stub, "not started", ""),
    ("4.7", table, "correct", ""),
    ("4.7", table_of(share), "correct", ""),
    ("4.7", table_of(lambda part, n, found, every: part / every), "not yet", "divide by the anger faces"),
    ("4.7", table_of(lambda part, n, found, every: part / found), "not yet", "how many of the found faces"),
    ("4.7", table_of(lambda part, n, found, every: 1 - part / n), "not yet", "not found"),
    ("4.7", table_of(lambda part, n, found, every: 100 * part / n), "not yet", "not per cent"),
    (
        "4.7",
        table_of(share, lambda part, n, found, every: metrics.wilson_interval(found, every)),
        "not yet",
        "all faces together",
    ),
    (
        "4.7",
        table_of(share, lambda part, n, found, every: metrics.wilson_interval(part, every)),
        "not yet",
        "does not hold",
    ),
    (
        "4.7",
        table_of(share, lambda part, n, found, every: (part / n - 0.1, part / n + 0.1)),
        "not yet",
        "takes two counts",
    ),
    ("4.7", lambda *a: list(table(*a).values()), "not yet", "a dictionary is wanted"),
    ("4.7", lambda *a: {name: row[0] for name, row in table(*a).items()}, "not yet", "three numbers"),
    ("4.7", lambda *a: dict(enumerate(table(*a).values())), "not yet", "names of the emotions"),
    ("4.8", (..., ...), "not started", ""),
    ("4.8", (KEPT, ...), "not started", ""),
    ("4.8", (dict.fromkeys(KEPT, ...), REPLY), "not started", ""),
    ("4.8", (KEPT, REPLY), "correct", ""),
    ("4.8", (KEPT | {"crow's feet wrinkles": True}, REPLY), "not yet", "shades of the skin"),
    ("4.8", (KEPT | {"a hand over the mouth": True}, REPLY), "not yet", "leave points out"),
    ("4.8", (KEPT | {"mouth open": False}, REPLY), "not yet", "inner line"),
    ("4.8", (KEPT | {"mouth open": "yes"}, REPLY), "not yet", "True or False"),
    ("4.8", (list(KEPT), REPLY), "not yet", "a dictionary is wanted"),
    ("4.8", ({"mouth open": True}, REPLY), "not yet", "copy the cues"),
    ("4.8", (KEPT, 60), "not yet", "text between quotation marks"),
    ("4.8", (KEPT, "What is the accuracy on all images?"), "not yet", "at least 25 words"),
    ("4.8", (KEPT, "no landmarks on all images " * 6), "not yet", "again and again"),
    ("4.8", (KEPT, REPLY.replace("had no landmarks", "were there").replace("leaves out", "takes")), "not yet", "ask"),
    ("4.8", (KEPT, REPLY.replace("On all images", "Next time")), "not yet", "which other accuracy"),
]


@pytest.mark.parametrize(("number", "answer", "state", "hint"), CASES)
def test_verdict(number, answer, state, hint):
    verdict = checks.examine(number, *(answer if isinstance(answer, tuple) else (answer,)))
    assert (verdict.state, bool(verdict.hint)) == (state, state == "not yet"), verdict
    assert hint in verdict.hint


def test_every_cue_has_a_hint_of_its_own():
    hints = {cue: checks.examine("4.8", KEPT | {cue: not value}, REPLY).hint for cue, value in KEPT.items()}
    assert all(cue in hint for cue, hint in hints.items()) and len(set(hints.values())) == len(KEPT)


def test_the_exercises_are_those_of_the_lesson():
    assert checks.numbers(4) == [f"4.{k}" for k in range(1, 9)]


def test_the_loop_check_leaves_a_debugger_alone():
    import sys

    def trace(frame, event, argument):
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        checks.examine("4.6", batch)
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)
