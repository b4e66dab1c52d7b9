"""Exercises of lesson 08, better inputs."""

import functools

import numpy as np

from .. import twin
from ..faces import landmarks
from ..from_scratch.cnn import receptive_field
from ..metrics import mcnemar
from . import Case, Choice, Function, Judge, Words, exercise, expect

MIRROR = landmarks.MIRROR

# --- 8.1 align by the eyes --------------------------------------------------------------------------------------------


def align(points):
    """Landmarks (68, 2) with the middle of the eyes at (0, 0), the eyes level and 1 apart: a new array (68, 2)."""
    points = np.asarray(points, float)
    left, right = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    middle = (left + right) / 2
    across = right - left
    length = np.hypot(across[0], across[1])
    u = across / length
    v = np.array([-u[1], u[0]])
    centred = (points - middle) / length
    return np.stack([centred @ u, centred @ v], axis=1)


def distance(points, a, b):
    """Distance between the points with the numbers a and b of landmarks (68, 2), in eye distances: a number."""
    points = np.asarray(points, float)
    eyes = points[42:48].mean(axis=0) - points[36:42].mean(axis=0)
    return np.linalg.norm(points[a] - points[b]) / np.linalg.norm(eyes)


def moved(emotion, degrees=0.0, size=1.0, shift=(0.0, 0.0)):
    """The mean face of an emotion, turned, scaled and moved."""
    angle = np.radians(degrees)
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (twin.load().mean(emotion) @ turn.T + shift).astype(np.float32)


def faces():
    """Faces that lie tilted, large and off the middle, and one that is level from the start."""
    return [
        Case("a face tilted by 20° and twice as large", moved("happiness", 20, 2.0, (30, 5))),
        Case("a small face tilted the other way", moved("fear", -35, 0.7, (-4, 60)), kind="order"),
        Case("a face that is nearly level", moved("anger", 0, 1, (0, 0)), kind="edge"),
        Case("a face that lies on its side", moved("neutral", 90, 1, (50, 0)), kind="edge"),
        Case("a large face", moved("surprise", 12, 5)),
    ]


def measured():
    """Faces with two numbers each; the ways differ across and down, and a may be larger than b."""
    numbers = ((48, 54), (21, 39), (66, 62), (8, 8), (31, 35))
    return [Case(f"{c.words}, points {a} and {b}", c.args[0], a, b, kind=c.kind)
            for c, (a, b) in zip(faces(), numbers, strict=True)]  # fmt: skip


TURN = "the face is turned the wrong way: look at the sign in v. A tilted face is now tilted twice as much"
exercise("8.1",
    Function(align, cases=faces, tolerance=1e-3, mistakes=[
        ("the eyes aren't level yet: the tilt has to be taken out as well",
         ("[centred @ u, centred @ v]", "list(centred.T)")),
        (TURN, ("v = np.array([-u[1], u[0]])", "u, v = np.array([u[0], -u[1]]), np.array([u[1], u[0]])")),
        ("your v points up instead of down, so the face stands on its head", ("[-u[1], u[0]]", "[u[1], -u[0]]")),
        ("the distance between the eyes isn't 1: divide by what it is",
         ("(points - middle) / length", "points - middle")),
        ("only the position is taken out so far: tilt and size are still there",
         ("(points - middle) / length", "points - middle", "[centred @ u, centred @ v]", "list(centred.T)")),
        ("your (0, 0) is one of the eyes; it should be halfway between them", ("(left + right) / 2", "left"),
         ("(left + right) / 2", "right")),
        ("your (0, 0) is the middle of all 68 landmarks; the middle of the eyes is wanted",
         ("(left + right) / 2", "points.mean(axis=0)")),
        ("the position is still in it: subtract the point halfway between the eyes", ("points - middle", "points")),
        ("the size comes out squared: divide u by the length, and everything else once more",
         ("u = across / length", "u = across / length**2")),
        ("x and y have changed places", ("[centred @ u, centred @ v]", "[centred @ v, centred @ u]")),
        ("left and right have changed places", ("right - left", "left - right")),
        ("an eye is the mean of all six of its landmarks", ("points[36:42].mean(axis=0), points[42:48].mean(axis=0)",
         "points[36], points[45]"), ("points[36:42].mean(axis=0), points[42:48].mean(axis=0)",
         "(points[36] + points[39]) / 2, (points[42] + points[45]) / 2")),
        ("the slice 36:41 leaves out landmark 41: the end of a slice isn't in it",
         ("36:42", "36:41", "42:48", "42:47")),
    ], otherwise="Move first, then turn, then divide; and do it to all 68 landmarks.",
       also_right=[lambda points: landmarks.aligned(np.asarray(points, np.float32))]),
    Function(distance, cases=measured, tolerance=1e-3, mistakes=[
        ("your distance is in pixels: divide by that of the eyes, so that it stays the same however large the face is",
         "np.linalg.norm(points[a] - points[b])"),
        ("you divide by the eye distance twice: once is enough",
         ("/ np.linalg.norm(eyes)", "/ np.linalg.norm(eyes) ** 2")),
        ("the eye distance is that of the eyes' centres, not of their outer corners",
         ("points[42:48].mean(axis=0) - points[36:42].mean(axis=0)", "points[45] - points[36]")),
        ("your distance is squared: the root is missing", "((align(points)[a] - align(points)[b]) ** 2).sum()"),
        ("you add the way across and the way down; the distance is the straight line (Pythagoras)",
         "np.abs(align(points)[a] - align(points)[b]).sum()"),
        ("that's the way across only", "abs(align(points)[a, 0] - align(points)[b, 0])"),
        ("that's the way down only", "abs(align(points)[a, 1] - align(points)[b, 1])"),
        ("that's an arrow, across and down; its length is wanted", "align(points)[a] - align(points)[b]"),
        ("a distance is never below 0", "-np.linalg.norm(align(points)[a] - align(points)[b])"),
        ("points are numbered from 0: a is the number itself",
         "np.linalg.norm(align(points)[a - 1] - align(points)[b - 1])"),
    ], also_right=["np.hypot(*(align(points)[a] - align(points)[b]))",
    "np.sqrt(((align(points)[a] - align(points)[b]) ** 2).sum())"]),
)  # fmt: skip


# --- 8.2 steady landmarks ---------------------------------------------------------------------------------------------


def steady(predict, image, box, shifts):
    """The mean of the landmarks that `predict(image, box)` finds in the box moved by each (right, down) of shifts."""
    x, y, w, h = box
    found = [predict(image, (x + right, y + down, w, h)) for right, down in shifts]
    return np.mean(found, axis=0)


def trembling(image, box):
    """A predictor whose landmarks depend on the box in a way that shows each mistake. It stands in for dlib's."""
    x, y, w, h = box
    numbers = np.arange(68)[:, None]
    brightness = float(np.asarray(image, float).mean())
    return numbers * [1.0, 0.5] + [x + 0.1 * y + 0.01 * w, y + 0.2 * x * x + 0.03 * h] + brightness


def boxes():
    """Shifts that are no square, one alone, and uneven ones."""
    image = np.arange(48 * 48, dtype=np.uint8).reshape(48, 48)
    return [
        Case("five boxes", trembling, image, (8, 9, 30, 31), [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]),
        Case("one box, not moved", trembling, image, (5, 6, 40, 38), [(0, 0)], kind="edge"),
        Case("two boxes that lie to one side", trembling, image // 2, (3, 7, 20, 25), [(2, 1), (4, 0)], kind="uneven"),
        Case("three boxes of another size", trembling, image, (8, 2, 30, 33), [(0, 0), (3, -2), (1, 5)], kind="order"),
    ]


exercise("8.2", Function(steady, cases=boxes, mistakes=[
    ("that's the box as it was, without a shift: move it by each shift", "predict(image, box)"),
    ("only one of the boxes is used: predict in each, keep what is found, then take the mean",
     ("np.mean(found, axis=0)", "found[0]"), ("np.mean(found, axis=0)", "found[-1]")),
    ("moving a box leaves its width and height as they are", ("w, h))", "w + right, h + down))")),
    ("right belongs to x and down to y: they've changed places", ("x + right, y + down", "x + down, y + right")),
    ("a move to the right makes x larger", ("x + right, y + down", "x - right, y - down")),
    ("that's the sum: a mean is wanted", ("np.mean(found, axis=0)", "np.sum(found, axis=0)")),
    ("the box as it was counts only where shifts have (0, 0)", ("in shifts]", "in [(0, 0), *shifts]]")),
    ("that's the median: a mean is wanted", ("np.mean(found, axis=0)", "np.median(found, axis=0)")),
    ("the mean runs over the landmarks; it should run over the boxes", ("axis=0", "axis=1")),
    ("one number came out: take the mean over the boxes only, with axis=0",
     ("np.mean(found, axis=0)", "np.mean(found)")),
    ("you average the boxes and predict once; predict in each box, and average the landmarks",
     ("in shifts]", "in [np.mean(shifts, axis=0)]]")),
    ("each box is moved from the one before; move each from the first",
     ("in shifts]", "in np.cumsum(shifts, axis=0)]")),
    ("that's what was found in all boxes: take their mean", ("np.mean(found, axis=0)", "np.array(found)")),
    ("landmarks are places in the image, however the box was moved: don't move them back",
     ("w, h))", "w, h)) - np.array([right, down])")),
], also_right=["sum(predict(image, (box[0] + a, box[1] + b, *box[2:])) for a, b in shifts) / len(shifts)"],
))  # fmt: skip


# --- 8.3 mirror a face ------------------------------------------------------------------------------------------------


def mirror(image, points):
    """The mirrored image (height, width), and its landmarks (68, 2), numbered as a face's landmarks always are."""
    image, points = np.asarray(image), np.asarray(points)
    moved = points[MIRROR]
    moved[:, 0] = image.shape[1] - 1 - moved[:, 0]
    return image[:, ::-1], moved


def to_mirror():
    """Images that are no square, one with an even and one with an odd width."""
    rng = np.random.default_rng(8)
    face = moved("anger") + np.float32(0.25)
    return [
        Case("a face of 48 × 48", rng.integers(0, 256, (48, 48), np.uint8), face),
        Case("an image wider than high", rng.integers(0, 256, (50, 64), np.uint8), moved("fear", 15), kind="uneven"),
        Case("an odd width", rng.integers(0, 256, (40, 33), np.uint8), moved("happiness"), kind="edge"),
    ]


POINTS = "moved[:, 0] = image.shape[1] - 1 - moved[:, 0]"
exercise("8.3", Function(mirror, cases=to_mirror, tolerance=1e-4, mistakes=[
    ("the points are in the right places with their old numbers: the left eye has become the right one",
     ("points[MIRROR]", "points.copy()")),
    ("the numbers are swapped, but the points haven't moved", (POINTS, "pass")),
    ("the landmarks are where they were: they must move with the image", ("points[MIRROR]", "points", POINTS, "pass")),
    ("all points lie one pixel too far right: columns count from 0 to width - 1", ("shape[1] - 1 -", "shape[1] -")),
    ("the points lie one pixel too far right, and still have their old numbers",
     ("points[MIRROR]", "points.copy()", "shape[1] - 1 -", "shape[1] -")),
    ("you mirror by the height of the image: left to right is width", ("image.shape[1]", "image.shape[0]")),
    ("your width is always 48: take it from the image", ("image.shape[1]", "48")),
    ("you mirror y; from left to right runs x", (POINTS, "moved[:, 1] = image.shape[0] - 1 - moved[:, 1]"),
     (POINTS, "moved[:, 1] = image.shape[1] - 1 - moved[:, 1]")),
    ("with a point's number, both its x and its y change places",
     ("points[MIRROR]", "points.copy()", "- moved[:, 0]", "- points[MIRROR][:, 0]")),
    ("landmarks may lie between pixels: don't round them", ("points[MIRROR]", "points[MIRROR].astype(int)")),
    ("x became negative: the last column is width - 1", (POINTS, "moved[:, 0] = -moved[:, 0]")),
    ("the numbers are simply reversed, from 67 to 0; MIRROR says which point takes whose place",
     ("points[MIRROR]", "points[::-1].copy()")),
    ("x and y have changed places", (", moved\n", ", moved[:, ::-1]\n")),
    ("the image isn't mirrored", ("image[:, ::-1]", "image")),
    ("the image stands on its head: rows come first, then columns", ("image[:, ::-1]", "image[::-1]")),
    ("the image is turned by half; only left and right change places", ("image[:, ::-1]", "image[::-1, ::-1]")),
    ("the two have changed places: give the image first, then the landmarks",
     ("image[:, ::-1], moved", "moved, image[:, ::-1]")),
    ("that's the image alone: give back two things, image and landmarks", "image[:, ::-1]"),
    ("these are the landmarks alone: give back two things, image and landmarks", ("image[:, ::-1], moved", "moved")),
], keeps="your function changes what it is given: work on copies, or the next epoch starts from mirrored faces",
   otherwise="Follow number 36, the outer corner of the left eye, through your code.",
   also_right=["(np.fliplr(image), landmarks.mirror(np.asarray(points, np.float32), image.shape[1]))"]))  # fmt: skip


# --- 8.4 receptive field ----------------------------------------------------------------------------------------------


def field(layers):
    """The width of the receptive field after `layers`, a list of (window, stride), first to last."""
    width, apart = 1, 1
    for window, stride in layers:
        width += (window - 1) * apart
        apart *= stride
    return width


exercise("8.4", Function(field, name="receptive_field", cases=[
    Case("one convolution of 3 × 3", [(3, 1)], want=3),
    Case("no layer at all", [], kind="empty", want=1),
    Case("two convolutions of 3 × 3", [(3, 1), (3, 1)], want=5),
    Case("two convolutions and a pooling", [(3, 1), (3, 1), (2, 2)], want=6),
    Case("two such blocks", [(3, 1), (3, 1), (2, 2)] * 2, want=16),
    Case("strides of 2, 3 and 2", [(5, 2), (3, 3), (2, 2), (3, 1)], kind="uneven"),
    Case("the same in another order", [(3, 1), (2, 2), (3, 3), (5, 2)], kind="order"),
    Case("windows of one pixel", [(1, 1), (1, 2), (3, 1)], kind="edge"),
], mistakes=[
    ("that's an area; the width is wanted", ("return width", "return width**2")),
    ("one too few: without any layer, a number sees one pixel", ("width, apart = 1, 1", "width, apart = 0, 1")),
    ("a window adds fewer pixels than it is wide: one of them was seen before", ("window - 1", "window")),
    ("go from the first layer to the last: a stride moves apart what comes after", ("in layers", "in layers[::-1]")),
    ("the width grows by pixels; a stride doesn't multiply it",
     ("width += (window - 1) * apart", "width = width * stride + window - 1")),
    ("windows overlap: their sum counts pixels twice", "sum(window for window, _ in layers)"),
    ("after a stride of 2, neighbours are two pixels apart: keep that number too", ("apart *= stride", "pass")),
    ("strides multiply: after two poolings neighbours are 4 pixels apart", ("apart *= stride", "apart = stride")),
    ("strides multiply; you add them", ("apart *= stride", "apart += stride - 1")),
    ("a layer's stride moves what comes after it apart, not its own window",
     ("        width += (window - 1) * apart\n        apart *= stride",
      "        apart *= stride\n        width += (window - 1) * apart")),
    ("that is how far apart neighbours are; how much each sees is wanted", ("return width", "return apart")),
    ("only the last layer counts with you: add what each one adds",
     ("width += (window - 1) * apart", "width = window * apart")),
    ("a layer is (window, stride), in this order", ("window, stride in", "stride, window in")),
    ("return after the loop, not in it", ("    return width", "        return width\n    return 1")),
], otherwise="Draw a row of boxes, and go from the last layer back to the first.",
   also_right=[receptive_field,
   "functools.reduce(lambda w, layer: (w - 1) * layer[1] + layer[0], reversed(list(layers)), 1)"]))  # fmt: skip


# --- 8.5 one change at a time -----------------------------------------------------------------------------------------

SAME = "that much is the same on both sides: compare the lines word by word"
exercise("8.5",
    Choice("verdicts", {
        "first": {"A": "the network is the same on both sides", "B": "both learn for 20 epochs of 2,000 faces",
                  "C": True, "D": "both are measured on all validation faces"},
        "second": {"A": True, "B": SAME, "C": "no: count how many words differ between the two lines", "D": SAME},
        "third": {"A": SAME, "B": True, "D": SAME,
                  "C": "no: twice the faces in as many epochs are twice as many steps"},
        "fourth": {"A": SAME, "B": SAME, "C": "no: one of them is asked about the easier faces only", "D": True},
    }),
    Words("plan",
          "I'd train the same network once with and once without mirrored faces, for as many steps and with the same "
          "seeds. I'd measure both on all validation faces, and count those on which only one of them is right.",
          ["names the one thing that changes", "says what stays: network, steps, seeds, the faces to measure on",
           "says how the two are compared"], least=20),
)  # fmt: skip


# --- 8.6 the open task ------------------------------------------------------------------------------------------------


@functools.cache
def task():
    """Landmarks (900, 68, 2) of the twin and their labels: 600 to learn from, 300 to measure on."""
    points, names = twin.load().sample(900, seed=86)
    return np.asarray(points, np.float32), np.unique(names, return_inverse=True)[1]


def features(answer, points):
    """What the student's function makes of faces: (n, d) finite numbers, a row a face."""
    given = answer(points.copy())
    expect(given is not None, "your function gives nothing back: it needs a return")
    try:
        rows = np.asarray(given, float)
    except (TypeError, ValueError):
        rows = np.array("text")
    expect(rows.dtype.kind == "f", "your function should give an array of numbers, one row a face")
    expect(rows.ndim == 2, f"what you give back has {rows.ndim} axes; make it (faces, numbers), for instance with "
           ".reshape(len(points), -1)")  # fmt: skip
    expect(len(rows) == len(points), f"{len(points)} faces went in and {len(rows)} rows came out: one row a face")
    expect(1 <= rows.shape[1] <= 3000, f"{rows.shape[1]} numbers a face: keep to 3,000 or fewer")
    expect(np.isfinite(rows).all(), "some of your numbers are NaN or infinite: do you divide by 0?")
    return rows


def right_answers(train, test, labels):
    """What a plain softmax layer says of the second half, after it has learnt from the first."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scale = StandardScaler().fit(train)
    model = LogisticRegression(C=0.03, max_iter=200).fit(scale.transform(train), labels[: len(train)])
    return model.predict(scale.transform(test))


@functools.cache
def by_dots():
    """What the slides' dots alone give: the answers to beat."""
    dots = np.stack([landmarks.binary_image(points) for points in task()[0]]).reshape(900, -1)
    return right_answers(dots[:600], dots[600:], task()[1])


def better(answer):
    """Runs it: numbers of 900 faces, a softmax layer that learns from 600 of them, McNemar's test on the others."""
    points, labels = task()
    train, test = features(answer, points[:600]), features(answer, points[600:])
    expect(train.shape[1] == test.shape[1], "the number of columns depends on how many faces there are: it must be "
           "the same for each face")  # fmt: skip
    alone = features(answer, points[600:607])
    expect(np.allclose(alone, test[:7], atol=1e-3), "a face gets other numbers when other faces stand beside it: use "
           "what belongs to the face itself, and no mean over all of them. (The course does the scaling.)")  # fmt: skip
    mine = right_answers(train, test, labels)
    found = mcnemar(labels[600:], by_dots(), mine)
    shares = f"yours {np.mean(mine == labels[600:]):.0%}, dots {np.mean(by_dots() == labels[600:]):.0%} of 300 faces"
    expect(found.only_b > found.only_a, f"a softmax layer does no better on your numbers than on dots: {shares}")
    expect(found.p_value < 0.05, f"better than on dots, but it may be chance ({shares}, p = {found.p_value:.2f}): what "
           "else do you know about faces?")  # fmt: skip


def my_input(points):
    """Numbers (n, d) for landmarks (n, 68, 2): what a network should know about each face."""
    points = np.asarray(points, np.float32)
    aligned = landmarks.aligned(points).reshape(len(points), -1)
    return np.concatenate([aligned, landmarks.distances(points)], axis=1)


exercise("8.6", Judge("my_input", better, my_input, function=True, mistakes=[
    ("one row a face", lambda points: np.zeros((3, 4))),
    ("make it (faces, numbers)", lambda points: points, lambda points: 5),
    ("on dots", lambda points: np.ones((len(points), 2))),
    ("on dots", lambda points: np.stack([landmarks.binary_image(p) for p in points]).reshape(len(points), -1)),
    ("other faces stand beside it", lambda points: my_input(points) - my_input(points).mean(axis=0)),
    ("NaN or infinite", lambda points: my_input(points) * np.nan),
    ("must be the same for each face", lambda points: np.eye(len(points))),
    ("an array of numbers", lambda points: "features", lambda points: [[1], [2, 3]]),
    ("nothing back", lambda points: None),
    ("keep to 3,000", lambda points: np.zeros((len(points), 4000))),
], also_right=[lambda points: landmarks.aligned(np.asarray(points, np.float32)).reshape(len(points), -1).tolist(),
               lambda points: landmarks.distances(np.asarray(points, np.float32))]))  # fmt: skip
