"""Exercises of lesson 06, beating the slides."""

import numpy as np

from ..faces import landmarks
from ..from_scratch import cnn as layers
from ..twin import model as twin
from . import (
    exercise,
    expect,
    lesson06_comparing,  # noqa: F401  exercises 6.5 to 6.8
)
from .helpers import array, function, same

# --- 6.1 align by the eyes --------------------------------------------------------------------------------------------


def _faces():
    """Faces that lie tilted, large and off the middle."""
    for emotion, degrees, size, shift in (("happiness", 20, 2.0, (30, 5)), ("fear", -35, 0.7, (-4, 60))):
        angle = np.radians(degrees)
        turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        yield (twin.load().mean(emotion) @ turn.T + shift).astype(np.float32)


def _moved(points, angle=1.0, scale=True, origin=None):
    """The right answer, or with one step done otherwise."""
    left, right = points[36:42].mean(0), points[42:48].mean(0)
    across = right - left
    turn = angle * np.arctan2(across[1], across[0])
    centre = (left + right) / 2 if origin is None else origin(points, left, right)
    x, y = (points - centre).T / (np.hypot(*across) if scale else 1)
    return np.stack([np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x], -1)


@exercise("6.1")
def align(answer, distance):
    """Landmarks with the point between the eyes at (0, 0), the eyes level and 1 apart; distances in that measure."""
    function(answer)
    function(distance)
    _aligned(answer)
    for points in _faces():
        eyes = np.hypot(*(points[42:48].mean(0) - points[36:42].mean(0)))
        for a, b in ((48, 54), (62, 66), (21, 39)):
            _distance(distance(points.copy(), a, b), landmarks.aligned(points)[a] - landmarks.aligned(points)[b], eyes)


def _distance(given, way, eyes):
    """The length of ``way``, in eye distances; ``eyes`` is one eye distance in pixels."""
    expect(given is not None, "distance gives nothing back: it needs a return")
    expect(
        isinstance(given, (int, float, np.number)),
        f"distance should give one number back, and not {'an array' if np.ndim(given) else type(given).__name__}",
    )
    right = np.hypot(*way)
    for wrong, hint in (
        (right * eyes, "your distance is in pixels: in eye distances it stays the same, however large the face is"),
        (right / eyes, "your distance is divided by that of the eyes twice: once is enough"),
        (right**2, "your distance is squared: the root is missing"),
        (abs(way).sum(), "you add the ways across and down; the distance is the straight line (Pythagoras)"),
        (abs(way[0]), "your distance is the way across only"),
        (abs(way[1]), "your distance is the way down only"),
    ):
        expect(not np.isclose(given, wrong, atol=1e-4) or np.isclose(right, wrong, atol=1e-3), hint)
    expect(given >= 0, "a distance is never below 0")
    expect(np.isclose(given, right, atol=1e-3), f"a distance should be {right:.3f} eye distances; yours is {given:.3f}")


def _aligned(answer):
    for points in _faces():
        before = points.copy()
        given = array(answer(points), "the aligned landmarks")
        expect(same(points, before), "your function changes the landmarks that it is given: make new ones")
        expect(given.shape == (68, 2), f"the aligned landmarks have the shape {given.shape}; it should be (68, 2)")
        expect(given.dtype.kind == "f", f"your numbers are of type {given.dtype}: coordinates need a fraction")
        if np.allclose(given, landmarks.aligned(points), atol=1e-3):
            continue
        for wrong, hint in (
            (_moved(points, angle=0), "the eyes are not level yet: the tilt has to be taken out as well"),
            (_moved(points, angle=-1), "the face is turned the wrong way: now it is tilted twice as much"),
            (_moved(points, scale=False), "the distance between the eyes is not 1: divide by what it is"),
            (_moved(points, angle=0, scale=False), "only the place is taken out so far: tilt and size are still there"),
            (
                _moved(points, origin=lambda p, left, right: left),
                "your (0, 0) is the left eye; it should be between the eyes",
            ),
            (_moved(points, origin=lambda p, left, right: p.mean(0)), "your (0, 0) is the middle of all 68 landmarks"),
            (
                _moved(points, origin=lambda p, left, right: 0),
                "position is still there: take the point between the eyes away",
            ),
            (_moved(points) * [1, -1], "your face stands on its head: y must still point down"),
        ):
            expect(not np.allclose(given, wrong, atol=1e-3), hint)
        left, right = given[36:42].mean(0), given[42:48].mean(0)
        middle = (left + right) / 2
        expect(np.allclose(middle, 0, atol=1e-3), f"the point between the eyes became {middle.round(2)}, not (0, 0)")
        expect(abs(left[1] - right[1]) < 1e-3, "the eyes are not level: one lies higher than the other")
        expect(right[0] > left[0], "left and right have changed places")
        expect(abs(right[0] - left[0] - 1) < 1e-3, f"the eyes are {right[0] - left[0]:.2f} apart, and not 1")
        expect(False, "the eyes are right, but not the rest: all landmarks must be moved in the same way")


# --- 6.2 mirror a face ------------------------------------------------------------------------------------------------


@exercise("6.2")
def mirror(answer):
    """A mirrored picture and its landmarks, renumbered."""
    function(answer)
    rng = np.random.default_rng(62)
    for height, width in ((48, 48), (50, 64)):
        picture = rng.integers(0, 256, (height, width), np.uint8)
        points = twin.load().mean("anger").astype(np.float32) + np.float32(0.25)
        before = picture.copy(), points.copy()
        given = answer(picture, points)
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(isinstance(given, (tuple, list)) and len(given) == 2, "give back two things: picture and landmarks")
        expect(
            same(picture, before[0]) and same(points, before[1]),
            "your function changes what it is given: work on copies, or the next epoch starts from mirrored faces",
        )
        image, moved = array(given[0], "the picture"), array(given[1], "the landmarks")
        expect(not same(image, picture), "the picture is not mirrored")
        expect(not same(image, picture[::-1]), "the picture stands on its head: rows come first, then columns")
        expect(not same(image, picture[::-1, ::-1]), "the picture is turned by half: only left and right change places")
        expect(
            same(image, picture[:, ::-1]), "the picture is not the mirrored one: which axis runs from left to right?"
        )
        expect(moved.shape == (68, 2), f"the landmarks have the shape {moved.shape}; it should be (68, 2)")
        right = landmarks.mirror(points, width)
        if np.allclose(moved, right, atol=1e-4):
            continue
        flipped = points * [-1, 1] + [width - 1, 0]
        for wrong, hint in (
            (points, "the landmarks are where they were: they must move with the picture"),
            (
                flipped,
                "the points are in the right places with their old numbers: the left eye must become the right one",
            ),
            (points[landmarks.MIRROR], "the numbers are swapped, but the points have not moved"),
            (right + np.array([1, 0]), "all points lie one pixel too far right: columns count from 0 to width - 1"),
            (flipped + np.array([1, 0]), "the points lie one pixel too far right, and still have their old numbers"),
            (points * [1, -1] + [0, height - 1], "you mirrored y: from left to right runs x"),
            (
                landmarks.mirror(points, height),
                "you mirrored by the height of the picture: left to right is width",
            ),
            (right[::-1], "the numbers are simply reversed, from 67 to 0: MIRROR says which point takes whose place"),
            (right[:, ::-1], "x and y have changed places"),
        ):
            expect(not np.allclose(moved, wrong, atol=1e-4), hint)
        expect(False, "the landmarks are wrong: follow number 36, the outer corner of the left eye, through your code")


# --- 6.3 receptive field ----------------------------------------------------------------------------------------------


def _field(layers_, start=1, early=False, strides=True, minus=1):
    field, step = start, 1
    for window, stride in layers_:
        step *= stride if early and strides else 1
        field += (window - minus) * step
        step *= stride if strides and not early else 1
    return field


@exercise("6.3")
def receptive_field(answer):
    """Side of the part of a picture that one number depends on."""
    function(answer)
    cases = (
        ([(3, 1)], "one convolution of 3 × 3"),
        ([(3, 1), (3, 1)], "two convolutions of 3 × 3"),
        ([(3, 1), (3, 1), (2, 2)], "two convolutions and a pooling"),
        ([(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2)], "two such blocks"),
        ([(5, 2), (3, 3), (2, 2), (3, 1)], "strides of 2, 3 and 2"),
    )
    for given_layers, what in cases:
        given = answer(list(given_layers))
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(isinstance(given, (int, float, np.number)), "one number is wanted: the side in pixels")
        right = layers.receptive_field(given_layers)
        if given == right:
            continue
        told = f"for {what}, {given_layers}, you give {given:g}"
        for wrong, hint in (
            (right**2, "that is an area; the side is wanted"),
            (_field(given_layers, start=0), "one less than it should be: without any layer, a number sees one pixel"),
            (_field(given_layers, minus=0), "a window adds fewer pixels than it is wide: one of them was seen before"),
            (sum(window for window, _ in given_layers), "the windows overlap: their sum counts pixels twice"),
            (_field(given_layers, strides=False), "after a stride of 2, neighbours are two pixels apart"),
            (_field(given_layers, early=True), "a layer's stride moves apart what comes after it, not its own window"),
        ):
            expect(given != wrong, f"{told}: {hint}")
        expect(False, f"{told}. Draw a row of boxes, and go from the last layer back to the first")


# --- 6.4 parameters that learn ----------------------------------------------------------------------------------------

_LAYERS = [
    ("block1_conv1", [(3, 3, 3, 8), (8,)]),
    ("block1_pool", []),
    ("block2_conv1", [(3, 3, 8, 16), (16,)]),
    ("block2_conv2", [(3, 3, 16, 16), (16,)]),
    ("mean", []),
    ("emotions", [(16, 7), (7,)]),
]


@exercise("6.4")
def learning_parameters(answer):
    """Parameters in layers whose names begin with one of some words."""
    function(answer)
    for learning in (("emotions",), ("emotions", "block2"), ("emotions", "block1", "block2"), ()):
        given = answer([(name, list(shapes)) for name, shapes in _LAYERS], learning)
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(isinstance(given, (int, float, np.number)), "one number is wanted: the parameters that learn")
        chosen = [shapes for name, shapes in _LAYERS if name.startswith(learning)]
        others = [shapes for name, shapes in _LAYERS if not name.startswith(learning)]
        exactly = [shapes for name, shapes in _LAYERS if name in learning]
        right = _count(chosen)
        if given == right:
            continue
        told = f"with learning = {learning}, you count {given:,.0f}"
        for wrong, hint in (
            (_count(_all()), "that is every parameter, also of the layers that are frozen"),
            (_count(others), "that is what the frozen layers hold: it is the others that learn"),
            (_count([shapes[:1] for shapes in chosen]), "the biases learn as well as the kernels"),
            (sum(sum(shape) for shapes in chosen for shape in shapes), "a kernel of 3 × 3 × 8 × 16 has their product"),
            (_count(exactly), "'block2' stands for every layer whose name begins with it"),
            (_count(chosen[:1]), "only the first of the layers that learn is counted: return after the loop"),
            (sum(map(bool, chosen)), "that is how many layers learn: count their parameters"),
        ):
            expect(given != wrong, f"{told}: {hint}")
        expect(False, f"{told}. Print name and shapes, and count the softmax by hand")


def _all():
    return [shapes for _, shapes in _LAYERS]


def _count(shapes):
    return int(sum(np.prod(shape) for part in shapes for shape in part))
