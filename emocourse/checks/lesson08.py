"""Exercises of lesson 08, beating the slides."""

import re
from math import comb

import numpy as np

from .. import twin
from ..evaluation.comparison import best_on
from ..faces import landmarks
from ..from_scratch import cnn as layers
from ..metrics import mcnemar
from . import exercise, expect
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


@exercise("8.1")
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


@exercise("8.2")
def mirror(answer):
    """A mirrored image and its landmarks, renumbered."""
    function(answer)
    rng = np.random.default_rng(62)
    for height, width in ((48, 48), (50, 64)):
        image = rng.integers(0, 256, (height, width), np.uint8)
        points = twin.load().mean("anger").astype(np.float32) + np.float32(0.25)
        before = image.copy(), points.copy()
        given = answer(image, points)
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(isinstance(given, (tuple, list)) and len(given) == 2, "give back two things: image and landmarks")
        expect(
            same(image, before[0]) and same(points, before[1]),
            "your function changes what it is given: work on copies, or the next epoch starts from mirrored faces",
        )
        turned, moved = array(given[0], "the image"), array(given[1], "the landmarks")
        expect(not same(turned, image), "the image is not mirrored")
        expect(not same(turned, image[::-1]), "the image stands on its head: rows come first, then columns")
        expect(not same(turned, image[::-1, ::-1]), "the image is turned by half: only left and right change places")
        expect(same(turned, image[:, ::-1]), "the image is not the mirrored one: which axis runs from left to right?")
        expect(moved.shape == (68, 2), f"the landmarks have the shape {moved.shape}; it should be (68, 2)")
        right = landmarks.mirror(points, width)
        if np.allclose(moved, right, atol=1e-4):
            continue
        flipped = points * [-1, 1] + [width - 1, 0]
        for wrong, hint in (
            (points, "the landmarks are where they were: they must move with the image"),
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
                "you mirrored by the height of the image: left to right is width",
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


@exercise("8.3")
def receptive_field(answer):
    """Side of the part of an image that one number depends on."""
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


@exercise("8.4")
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


# --- Exercises 8.5 to 8.8 of lesson 08: models together, against each other, and one for a purpose --------------------

# --- 6.5 an ensemble --------------------------------------------------------------------------------------------------


@exercise("8.5")
def ensemble(answer):
    """The mean of several models' probabilities."""
    function(answer)
    rng = np.random.default_rng(65)
    for models, images, classes in ((2, 5, 3), (3, 3, 3), (5, 4, 6)):
        parts = list(rng.dirichlet(np.full(classes, 0.6), (models, images)).astype(np.float32))
        kept = [part.copy() for part in parts]
        given = array(answer(parts), "the ensemble's probabilities")
        expect(
            len(parts) == models and all(map(same, parts, kept)), "your function changes what the models said: copy it"
        )
        right = np.mean(kept, axis=0)
        told = f"{models} models, {images} images, {classes} classes: "
        votes = np.mean([np.eye(classes)[part.argmax(1)] for part in kept], axis=0)
        product = np.prod(kept, axis=0)
        if given.shape == right.shape and np.allclose(given, right, atol=1e-5):
            continue
        expect(
            given.shape != (images,),
            f"{told}one number an image came out. Give all its probabilities back: the choice comes later",
        )
        expect(
            given.shape != (models, images) or models == classes,
            f"{told}the shape is {given.shape}: you took the mean over classes, which is always the same",
        )
        expect(
            given.shape != (models, classes) or models == images,
            f"{told}the shape is {given.shape}: you took the mean over images, and not over models",
        )
        expect(given.shape == right.shape, f"{told}the shape is {given.shape}; it should be {right.shape}")
        for wrong, hint in (
            (np.sum(kept, axis=0), "the rows add up to the number of models: a mean is wanted"),
            (votes, "those are shares of votes: a model that hesitates should count less than one that is sure"),
            (product, "that is the product. Its rows do not add up to 1, and one model with a 0 forbids a class"),
            (product / product.sum(1, keepdims=True), "that is a product made to add up to 1; take the mean"),
            (np.max(kept, axis=0), "that is the largest of what the models say; its rows add up to more than 1"),
            (np.median(kept, axis=0), "that is the median; its rows need not add up to 1"),
            (kept[0], "that is the first model alone"),
            (kept[-1], "that is the last model alone: does your loop begin anew each time?"),
            (np.mean(kept, axis=1), "the mean runs over images: which axis holds the models?"),
            (np.mean(kept, axis=2), "the mean runs over classes: which axis holds the models?"),
        ):
            expect(wrong.shape != given.shape or not np.allclose(given, wrong, atol=1e-5), f"{told}{hint}")
        expect(False, f"{told}the numbers are wrong. Try two models, one image and two classes on paper")


# --- 6.6 McNemar's test -----------------------------------------------------------------------------------------------


def _tail(few, n):
    """Chance of ``few`` or fewer heads in n throws."""
    return sum(comb(n, k) for k in range(few + 1)) / 2**n


_COUNTS = ((60, 4, 14, 22), (30, 21, 9, 5), (10, 6, 6, 3), (400, 90, 131, 79), (8, 0, 0, 2))


@exercise("8.6")
def compare(answer):
    """The two discordant counts and the exact two-sided p-value."""
    function(answer)
    rng = np.random.default_rng(66)
    for both, only_a, only_b, neither in (
        (60, 4, 14, 22),
        (30, 21, 9, 5),
        (10, 6, 6, 3),
        (400, 90, 131, 79),
        (8, 0, 0, 2),
    ):
        labels = rng.integers(0, 6, both + only_a + only_b + neither)
        groups = np.repeat([0, 1, 2, 3], [both, only_a, only_b, neither])
        # Where both are wrong they often name different emotions, which must not count.
        a, b = labels.copy(), labels.copy()
        a[groups >= 2] = (labels[groups >= 2] + 1) % 6
        b[(groups == 1) | (groups == 3)] = (labels[(groups == 1) | (groups == 3)] + 2) % 6
        order = rng.permutation(len(labels))
        given = answer(labels[order], a[order], b[order])
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(
            isinstance(given, (tuple, list, np.ndarray)) and len(given) == 3,
            "give back three things: the two counts, and the p-value",
        )
        one, two, p = (float(number) for number in given)
        n, few = only_a + only_b, min(only_a, only_b)
        differ = int((a != b).sum())
        told = f"with {both} right by both, {only_a} by a alone, {only_b} by b alone and {neither} by neither, "
        expect((one, two) != (both, neither) or (both, neither) == (only_a, only_b),
               f"{told}you count where the models agree: what matters is where only one is right")  # fmt: skip
        expect((one, two) != (both + only_a, both + only_b),
               f"{told}you count all that a and b get right: leave out what both do")  # fmt: skip
        expect((one, two) != (only_b, only_a) or only_a == only_b, f"{told}your two counts have changed places")
        expect(differ == n or one + two != differ,
               f"{told}you count where the predictions differ, also where both are wrong")  # fmt: skip
        expect((one, two) == (only_a, only_b), f"{told}your counts are {one:g} and {two:g}: where is only one right?")
        right = mcnemar(labels, a, b).p_value
        if np.isclose(p, right, rtol=1e-6, atol=1e-12):
            continue
        expect(p <= 1, f"{told}your p-value is {p:.3f}: a chance is at most 1")
        point = comb(n, few) / 2**n
        for wrong, hint in (
            (_tail(few, n), "that is one side only: model a might as well have been the better one"),
            (point, "that is the chance of exactly this count: add those of all that are more extreme"),
            (2 * point, "that is the chance of exactly these counts: add those of all that are more extreme"),
            (2 * (_tail(few, n) - point), "the count itself belongs to the sum: range ends before its last number"),
            (1 - right, "that is the chance that it does not happen"),
            (min(1, 2 * _tail(few, len(labels))), "n is the number of images on which only one is right"),
            (min(1, 2 * _tail(max(only_a, only_b), n)), "sum from 0 to the smaller of the two counts"),
        ):
            expect(not np.isclose(p, wrong, rtol=1e-6, atol=1e-12), f"{told}p is {p:.4f}: {hint}")
        expect(False, f"{told}p is {p:.4g}. Try 1 against 3 on paper: 5 of the 16 rows of heads and tails, times 2")


# --- 6.7 choose honestly ----------------------------------------------------------------------------------------------


@exercise("8.7")
def choose(answer):
    """The best model on validation, its accuracy there, and its accuracy on test."""
    function(answer)
    rng = np.random.default_rng(67)
    for models, n_validation, n_test in ((4, 40, 60), (6, 200, 100), (3, 30, 30)):
        while True:  # until every mistake shows
            validation, test = rng.random((models, n_validation)) < 0.6, rng.random((models, n_test)) < 0.6
            shares, others = validation.mean(1), test.mean(1)
            if len({*shares, *others}) == 2 * models and shares.argmax() != others.argmax():
                break
        given = answer(validation.copy(), test.copy())
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(
            isinstance(given, (tuple, list, np.ndarray)) and len(given) == 3,
            "give back three things: which model, its accuracy on validation, and its accuracy on test",
        )
        best, seen, held = given
        right = best_on(validation, test)
        expect(np.ndim(best) == 0 and float(best).is_integer(), "the first thing is a model's number, 0 for the first")
        expect(max(seen, held) <= 1, "give accuracies from 0 to 1, not counts and not per cent")
        expect(best != others.argmax(), "you chose the model by its test images: then the test tests nothing")
        both = np.concatenate([validation, test], axis=1).mean(1).argmax()
        expect(best == right[0] or best != both, "you chose on both splits together: the test must not take part")
        expect(best != right[0] + 1, "models are numbered from 0")
        expect(best != shares.argmin(), "that is the worst model on validation")
        expect(best == right[0], f"model {right[0]} is right most often on validation, and you chose {best}")
        expect(not (np.isclose(seen, right[2]) and np.isclose(held, right[1])), "the two accuracies changed places")
        expect(np.isclose(seen, right[1]), f"on validation, the model has {right[1]:.3f}, and you gave {seen:.3f}")
        expect(not np.isclose(held, others.max()), "that is the best accuracy on test, but of another model")
        expect(not np.isclose(held, others.mean()), "that is the mean of all models on test: one was chosen")
        expect(np.isclose(held, right[2]), f"on test, the chosen model has {right[2]:.3f}, and you gave {held:.3f}")


# --- 6.8 in words -----------------------------------------------------------------------------------------------------

_MODELS = ("slides", "geometry", "tiny", "main", "fusion", "ensemble", "vgg16")
_REASONS = (
    (r"accura|percent|per cent|%|right|wrong|mistake", "how good it is"),
    (r"interval|mcnemar|p-value|\bp\b|significan|\bn\b|pictures|images|sure", "how certain that is"),
    (r"\b(fast|slow|time|milli|second|frame|parameter|memory|byte|cost|file|comput|laptop)", "what it costs"),
)
_FAILS = (
    r"\b(dark|hand|cover|occlu|tilt|turn|blur|nois|light|detect|landmark|glasses|profile|side|beard|mask|far|small)"
)


@exercise("8.8")
def in_words(model, because, fails):
    """A model for the demo, reasons, and where it will fail. A program cannot judge an argument; it looks for one."""
    expect(isinstance(model, str), 'model is a name between quotation marks, such as "slides"')
    expect(model in _MODELS, f"{model!r:.40} is none of the course's models: {', '.join(_MODELS)}")
    for name, text, least in (("because", because, 30), ("fails", fails, 15)):
        expect(isinstance(text, str), f"{name} must be text between quotation marks, not a {type(text).__name__}")
        words = re.findall(r"[^\W\d_]+", text.lower())
        expect(len(words) >= least, f"{name} has {len(words)} words. Write some sentences, at least {least} words")
        expect(len(set(words)) >= least // 2, f"{name} says the same words again and again: make an argument of it")
    expect(because.strip() != fails.strip(), "both texts are the same, but they answer different questions")
    for pattern, what in _REASONS:
        expect(re.search(pattern, because.lower()), f"because does not say {what}: a model is chosen by that too")
    expect(re.search(_FAILS, fails.lower()), "fails should name a kind of image: think of light, hands, the detector")
