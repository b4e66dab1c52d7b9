"""Exercises 3.5 and 3.6 of lesson 03: binary images of one face, and of many."""

import numpy as np

from ..faces import landmarks as lm
from . import NotYet, exercise, expect
from .helpers import array, function, same, steps


def _faces(n: int, seed: int) -> np.ndarray:
    """(n, 68, 2) points inside the picture, none halfway between two pixels, more to the left than to the right."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers((2, 12), (30, 46), (n, 68, 2))
    return (pixels + rng.choice((-0.4, -0.2, 0.3, 0.4), (n, 68, 2))).astype(np.float32)


def _place(points: np.ndarray, rounding=np.rint) -> np.ndarray:
    """(k, 2) points as a (48, 48, 1) picture; those outside are left out."""
    image = np.zeros((48, 48, 1), np.float32)
    pixels = rounding(points).astype(int)
    x, y = pixels[((pixels >= 0) & (pixels < 48)).all(axis=1)].T
    image[y, x] = 1
    return image


def _expect_binary(given: np.ndarray, shape: tuple[int, ...]) -> None:
    expect(given.shape != shape[:-1], f"the shape is {given.shape}: the network wants a last axis of 1, {shape}")
    expect(given.shape == shape, f"the shape must be {shape}, not {given.shape}")
    expect(given.max(initial=0) != 255, "your white is 255: a normalised picture holds 0 and 1")
    expect(given.max(initial=0) <= 1, "a pixel with two landmarks became 2: it is either marked or not")
    expect(given.mean() < 0.5, "nearly all of your picture is 1: start with zeros, and mark only the landmarks")
    expect(given.dtype == np.float32, f"the type is {given.dtype}: the network computes with float32")


def _expect_right(given: np.ndarray, points: np.ndarray) -> None:
    """``given`` (48, 48, 1) against the picture of (51, 2) inside points, with the usual slips by name."""
    expect(given.any(), "your picture is empty")
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


@exercise("3.5")
def binary(answer):
    """51 points become a (48, 48, 1) picture of zeros and ones."""
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
    for tried, what in ((edge, "near the edge"), (outside, "outside the picture")):
        try:
            given = array(answer(tried.copy()), "the binary image")
        except IndexError as error:
            hint = f"with landmarks {what} your code stops ({error}): leave out the points that fall outside"
            raise NotYet(hint) from error
        pixels = np.rint(tried).astype(int)
        expect(
            not same(given, _at(pixels.clip(0, 47))) or tried is edge,
            "points outside the picture are pushed onto its edge: leave them out instead",
        )
        expect(
            not same(given, _at(pixels[(pixels < 48).all(axis=1)])) or tried is edge,
            "points left of or above the picture come out at its other side: the index -1 means the last row or column",
        )
        expect(
            same(given, _place(tried)),
            f"points {what} come out wrong: round first, then ask whether the pixel is one of 0 to 47",
        )


def _at(pixels: np.ndarray) -> np.ndarray:
    image = np.zeros((48, 48, 1), np.float32)
    image[pixels[:, 1], pixels[:, 0]] = 1
    return image


@exercise("3.6")
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
        "every picture shows the points of all faces: each point needs the number of its own face as first index",
    )
    jaw = np.stack([_place(face) for face in points])
    expect(not same(given, jaw), "the jaw is in your pictures: drop the outline of each face first")
    for one, face in zip(given, inner, strict=True):
        _expect_right(one, face)
    points[0, 17:20] = (-2.3, 5.2), (50.3, 7.2), (8.2, 70.3)
    try:
        given = answer(points.copy())
        none = answer(points[:0].copy())
    except (IndexError, ValueError) as error:
        hint = f"with points outside the picture, or with no faces at all, your code stops ({error})"
        raise NotYet(hint) from error
    expect(same(given, lm.binary_image(points)), "points outside the picture come out wrong: leave them out")
    expect(none.shape == (0, 48, 48, 1), f"no faces must give the shape (0, 48, 48, 1), not {none.shape}")
    few, many = (steps(answer, np.repeat(points, times, axis=0)) for times in (1, 20))
    expect(
        many < 5 * few,
        f"right, but for twenty times as many faces your code takes {many} steps instead of {few}: let NumPy go "
        "through the faces, with arrays of indices",
    )
