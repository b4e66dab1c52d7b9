"""Exercises of lesson 04, from faces to binary images."""

import contextlib
import functools

import numpy as np

from .. import metrics
from ..emotions import EMOTIONS
from . import Case, Choice, Function, Words, exercise
from .values import difference

RNG = np.random.default_rng


def near(most, share=1.0, **options):
    """A comparison of arrays whose numbers may be up to ``most`` apart, in at most ``share`` of the places."""

    def compare(got, want):
        text = difference(got, want, **options)
        with contextlib.suppress(TypeError, ValueError):  # what is not numbers is no nearer
            apart = np.abs(np.subtract(np.asarray(got, float), np.asarray(want, float)))
            if (
                text
                and np.shape(got) == np.shape(want)
                and apart.max(initial=0) <= most
                and (apart > 1e-6).mean() <= share
            ):
                return difference(np.asarray(want, np.asarray(got).dtype), want, **options)
        return text

    return compare


# --- 4.1 grey ---------------------------------------------------------------------------------------------------------


def to_grey(colour):
    """Luma of ITU-R 601."""
    red, green, blue = colour[..., 0], colour[..., 1], colour[..., 2]
    return np.rint(0.299 * red + 0.587 * green + 0.114 * blue).astype(np.uint8)


def in_bytes(colour):
    """Luma with weights of 256ths, in bytes that run over."""
    with np.errstate(over="ignore"):
        return (colour * np.array([77, 150, 29], np.uint8)).sum(axis=2, dtype=np.uint8)


def by_opencv(colour):
    """The library's line."""
    import cv2

    return cv2.cvtColor(np.ascontiguousarray(colour), cv2.COLOR_RGB2GRAY)


exercise("4.1", Function(
    to_grey,
    cases=[
        Case("a colour image of 30 rows and 40 columns", RNG(31).integers(0, 256, (30, 40, 3), dtype=np.uint8)),
        Case("one white pixel", np.full((1, 1, 3), 255, np.uint8), kind="edge", want=[[255]]),
        Case("a red, a green and a blue pixel", np.uint8(255 * np.eye(3)[None]), want=[[76, 150, 29]], kind="order"),
        Case("a black image", np.zeros((3, 2, 3), np.uint8), kind="edge"),
    ],
    compare=near(1, 0.05, dtype="uint8"),
    mistakes=[
        ("all three colours count the same in your grey; to the eye, green is brighter than red and blue",
         "np.rint(colour.mean(axis=2)).astype(np.uint8)", "colour.mean(axis=2).astype(np.uint8)",
         "(colour.sum(axis=2) // 3).astype(np.uint8)"),
        ("red and blue have changed places: the order of the last axis is red, green, blue",
         "to_grey(colour[..., ::-1])"),
        ("many greys are too dark: making a byte of 76.9 cuts it to 76. Round first, and once, at the end",
         ("np.rint(", "("), "sum((w * colour[..., k]).astype(np.uint8) for k, w in enumerate((0.299, 0.587, 0.114)))"),
        ("round once, after adding: three rounded numbers add up to too much or too little",
         "np.rint(colour * np.array([0.299, 0.587, 0.114])).sum(axis=2).astype(np.uint8)"),
        ("the products run over: they do not fit into a byte", in_bytes),
        ("these weights belong to another standard; take those of the text", ("0.299", "0.2126", "0.587", "0.7152",
         "0.114",
         "0.0722")),
        ("each colour has its own weight: 0.299 is red's, 0.587 green's, and 0.114 blue's",
         "to_grey(colour[..., [0, 2, 1]])", "to_grey(colour[..., [1, 0, 2]])"),
        ("one number a pixel is wanted: add the three products up",
         "np.rint(colour * np.array([0.299, 0.587, 0.114])).astype(np.uint8)"),
        ("this is the brightest of the three colours", "colour.max(axis=2)"),
    ],
    signs=[(lambda got, want: got.dtype.kind == "f" and np.abs(got - want).max() <= 1 and (got % 1).any(),
            "the numbers are nearly right, but not whole: round them, and make bytes of them",
            "colour @ np.array([0.299, 0.587, 0.114])"),
           (lambda got, want: 0 < got.max() <= 1 < want.max(), "greys run from 0 to 255, and not to 1",
            "to_grey(colour) / 255", "to_grey(colour) // 128")],
    also_right=["(0.299 * colour[..., 0] + 0.587 * colour[..., 1] + 0.114 * colour[..., 2] + 0.5).astype(np.uint8)",
                "np.round(colour @ np.array([0.299, 0.587, 0.114])).astype('uint8')",
                "np.uint8(np.round(np.average(colour, axis=-1, weights=[0.299, 0.587, 0.114])))",
                "((colour.astype(int) @ [299, 587, 114] + 500) // 1000).astype(np.uint8)",
                by_opencv],
))  # fmt: skip


# --- 4.2 detect -------------------------------------------------------------------------------------------------------


@functools.lru_cache(128)
def _found(grey, shape, times):
    from ..faces import detection

    return detection._hog()(np.frombuffer(grey, np.uint8).reshape(shape), times)


def detector(grey, times=0):
    """dlib's detector, which remembers what it has looked at."""
    return _found(grey.tobytes(), grey.shape, times)


def detect(grey):
    """Boxes (x, y, width, height) of the faces in a grey image, the largest first."""
    found = [(r.left(), r.top(), r.width(), r.height()) for r in detector(grey, 1)]
    return sorted(found, key=lambda box: box[2] * box[3], reverse=True)


@functools.cache
def photos():
    """Drawn photos: two small faces, three of which the largest is not the surest, a tall one, and none."""
    from ..twin import scenes

    return [
        scenes.scene(n, size=size, seed=seed).image
        for n, size, seed in ((2, (260, 140), 9), (3, (420, 330), 13), (1, (200, 300), 3), (0, (200, 120), 5))
    ]


exercise("4.2", Function(
    detect,
    cases=lambda: [
        Case("a drawn photo with three faces", photos()[1], kind="order"),
        Case("a drawn photo with two small faces", photos()[0], kind="edge"),
        Case("a drawn photo with one face", photos()[2]),
        Case("a drawn photo without a face", photos()[3], kind="absent", want=[]),
    ],
    mistakes=[
        ("right() is the last column inside: the width is one more, and width() gives it",
         ("r.width(), r.height()", "r.right() - r.left(), r.bottom() - r.top()")),
        ("you give right and bottom in place of width and height", ("r.width(), r.height()", "r.right(), r.bottom()")),
        ("small faces are missing: let the detector double the image first", ("detector(grey, 1)", "detector(grey)")),
        ("the image is doubled once, not twice", ("detector(grey, 1)", "detector(grey, 2)")),
        ("the largest comes first, not the smallest", ("reverse=True", "reverse=False")),
        ("dlib's order is by score, the surest first; the largest face is to come first", ("return sorted(found, "
         "key=lambda box: box[2] * box[3], reverse=True)", "return found")),
        ("you sort by x, the first number of a box: sort by size", ("key=lambda box: box[2] * box[3], ", ""),
         ("key=lambda box: box[2] * box[3], reverse=True", "")),
        ("x and y have changed places: left() is x, and top() is y", ("r.left(), r.top()", "r.top(), r.left()")),
        ("a list of all faces is wanted, and not only the largest", "detect(grey)[:1]"),
        ("a list of boxes is wanted, also where there is one face only", "detect(grey)[0] if detect(grey) else []"),
        ("no face gives an empty list", "detect(grey) or None"),
        ("the corner is wanted, and not the middle of the box", ("r.left(), r.top()", "r.center().x, r.center().y")),
    ],
    # What dlib's own objects would show does not reach another process: no row.
    signs=[(lambda got, want: hasattr(got[0], "left"), "these are dlib's own rectangles: make four numbers of each")],
    also_right=["[[r.left(), r.top(), r.width(), r.height()] for r in "
                 "sorted(detector(grey, 1), key=lambda r: -r.area())]"],
))  # fmt: skip


# --- 4.3 intersection over union --------------------------------------------------------------------------------------


def iou(a, b):
    """Intersection over union of two boxes (x, y, width, height), 0 to 1."""
    ax, ay, aw, ah = a
    bx, by, bw, bh = b
    width = max(0, min(ax + aw, bx + bw) - max(ax, bx))
    height = max(0, min(ay + ah, by + bh) - max(ay, by))
    shared = width * height
    return shared / (aw * ah + bw * bh - shared)


ACROSS, DOWN = "max(0, min(ax + aw, bx + bw) - max(ax, bx))", "max(0, min(ay + ah, by + bh) - max(ay, by))"
LAST = "return shared / (aw * ah + bw * bh - shared)"

exercise("4.3", Function(
    iou,
    cases=[
        Case("the second box to the right and below", (0, 0, 4, 4), (2, 2, 4, 4), want=4 / 28),
        Case("the second box to the left and above", (5, 6, 4, 3), (2, 4, 4, 4), kind="order"),
        Case("one box inside the other", (0, 0, 10, 6), (2, 1, 4, 3), kind="edge", want=0.2),
        Case("the first box inside the second", (3, 2, 2, 2), (1, 1, 8, 5), kind="edge"),
        Case("two crossing boxes", (0, 3, 9, 2), (3, 0, 2, 8), kind="order"),
        Case("the same box twice", (3, 4, 5, 7), (3, 4, 5, 7), kind="tie", want=1),
        Case("boxes apart both ways", (0, 0, 2, 3), (5, 7, 4, 2), kind="absent", want=0),
        Case("boxes side by side, apart", (0, 0, 3, 5), (6, 1, 3, 5), kind="absent", want=0),
        Case("boxes above each other, apart", (1, 8, 6, 2), (0, 0, 6, 5), kind="absent", want=0),
        Case("boxes that touch at an edge", (0, 0, 3, 4), (3, 0, 2, 4), kind="edge", want=0),
        Case("boxes of fractions, as an array", np.array([0.5, 0.25, 2, 1.5], np.float32), (1.25, 0.5, 2.5, 1),
        kind="dtype"),
        Case("boxes at negative places, as lists", [-5, -4, 6, 6], [-2, -6, 7, 5], kind="list"),
    ],
    mistakes=[
        ("the shared part is in both areas, so you count it twice: take it away once", (" - shared)", ")")),
        ("boxes that lie apart have a negative width and height, whose product is no overlap: stop both at 0",
         (ACROSS, ACROSS[7:-1], DOWN, DOWN[7:-1]),
         (ACROSS, ACROSS[7:-1], DOWN, DOWN[7:-1], "width * height", "max(0, width * height)")),
        ("boxes side by side, apart: their shared width is negative; stop it at 0", (ACROSS, ACROSS[7:-1])),
        ("boxes above each other, apart: their shared height is negative; stop it at 0", (DOWN, DOWN[7:-1])),
        ("abs makes an overlap of a gap: a negative width or height means that nothing is shared",
         (ACROSS, f"abs({ACROSS[7:-1]})", DOWN, f"abs({DOWN[7:-1]})")),
        ("you take it for granted that the second box lies to the right and below",
         (ACROSS, "max(0, ax + aw - bx)", DOWN, "max(0, ay + ah - by)"),
         (ACROSS, "max(0, min(aw, ax + aw - bx))", DOWN, "max(0, min(ah, ay + ah - by))")),
        ("a box is (x, y, width, height): your code takes the last two for the right and bottom edges",
         (ACROSS, "max(0, min(aw, bw) - max(ax, bx))", DOWN, "max(0, min(ah, bh) - max(ay, by))"),
         lambda a, b: iou((*a[:2], a[2] - a[0], a[3] - a[1]), (*b[:2], b[2] - b[0], b[3] - b[1]))),
        ("you divide by the area of one box: divide by what both cover together",
         (LAST, "return shared / (aw * ah)"), (LAST, "return shared / (bw * bh)"),
         (LAST, "return shared / min(aw * ah, bw * bh)"), (LAST, "return shared / max(aw * ah, bw * bh)")),
        ("you divide by the box around both: divide by what the two cover", (LAST,
         "return shared / ((max(ax + aw, bx + bw)"
         " - min(ax, bx)) * (max(ay + ah, by + bh) - min(ay, by)))")),
        ("you divide by half the sum of both areas (Dice's measure): divide by what the two cover",
         (LAST, "return 2 * shared / (aw * ah + bw * bh)")),
        ("this is the shared area: divide it by the area that both cover", (LAST, "return shared")),
        ("per cent: a number from 0 to 1 is wanted", (LAST, "return 100 * shared / (aw * ah + bw * bh - shared)")),
        ("the shared part is not the smaller width by the smaller height: it depends on where the boxes lie",
         (ACROSS, "min(aw, bw)", DOWN, "min(ah, bh)")),
        ("the lower edge is y + height, not y + width", ("ay + ah, by + bh", "ay + aw, by + bw"),
         "iou((*a[:3], a[2]), (*b[:3], b[2]))", "iou((*a[:2], a[3], a[2]), (*b[:2], b[3], b[2]))"),
        ("columns and rows both count: multiply two lengths", "iou((a[0], 0, a[2], 1), (b[0], 0, b[2], 1))"),
        ("nothing needs adding to widths and heights here", (") - max(ax, bx))", ") - max(ax, bx) + 1)",
         ") - max(ay, by))", ") - max(ay, by) + 1)"), (") - max(ax, bx))", ") - max(ax, bx) + 1)", ") - max(ay, by))",
         ") - max(ay, by) + 1)", "aw * ah + bw * bh", "(aw + 1) * (ah + 1) + (bw + 1) * (bh + 1)")),
        ("the shared part begins at the larger of the two left edges, and ends at the smaller of the right ones",
         ("min(ax + aw, bx + bw) - max(ax, bx)", "max(ax + aw, bx + bw) - min(ax, bx)",
          "min(ay + ah, by + bh) - max(ay, by)", "max(ay + ah, by + bh) - min(ay, by)")),
        ("do not round, and divide with /, not with //", "round(iou(a, b))", "(iou(a, b) + 1e-9) // 1",
         "round(iou(a, b), 2)", "round(iou(a, b), 1)"),
    ],
    also_right=["(lambda s: s / (a[2] * a[3] + b[2] * b[3] - s))(np.clip(np.minimum(np.add(a[:2], a[2:]), "
                "np.add(b[:2], "
                "b[2:])) - np.maximum(a[:2], b[:2]), 0, None).prod())",
                ("max(0, min(ax + aw, bx + bw) - max(ax, bx))", "(min(ax + aw, bx + bw) - max(ax, bx)) * "
                 "(ax < bx + bw and bx < ax + aw and ay < by + bh and by < ay + ah)")],
))  # fmt: skip


# --- 4.4 cut and resize -----------------------------------------------------------------------------------------------


def cut(image, left, top, side, place=np.clip):
    """A square that may reach over the border; outside, the nearest pixel is repeated."""
    height, width = image.shape
    rows = place(np.arange(top, top + side), 0, height - 1)
    columns = place(np.arange(left, left + side), 0, width - 1)
    return image[np.ix_(rows, columns)]


def from_the_end(k, low, high):
    """What indexing makes of negative numbers; beyond the end, the last."""
    return np.where(k < 0, k + high + 1, np.minimum(k, high)).clip(0, high)


def moved_back(image, left, top, side):
    """A square pushed into the image."""
    height, width = image.shape
    return cut(image, max(0, min(left, width - side)), max(0, min(top, height - side)), side)


def padded(image, left, top, side, **options):
    """The square out of an image with a wide border."""
    wide = np.pad(image, 60, **options)
    return wide[top + 60 : top + 60 + side, left + 60 : left + 60 + side]


def to_48(square):
    """A grey square image as (48, 48) uint8."""
    import cv2

    method = cv2.INTER_AREA if len(square) > 48 else cv2.INTER_CUBIC
    return cv2.resize(square, (48, 48), interpolation=method)


IMAGE = (np.arange(1, 13 * 20 + 1).reshape(13, 20) * 97 % 251 + 1).astype(np.uint8)
ORDER = "left and top have changed places: the first index of an array is the row, which is y"

exercise(
    "4.4",
    Function(
        cut,
        cases=[
            Case("a square inside", IMAGE, 3, 5, 6),
            Case("a square over the left edge", IMAGE, -4, 5, 8, kind="edge"),
            Case("a square over the top edge", IMAGE, 3, -2, 7, kind="edge"),
            Case("a square over the right edge", IMAGE, 15, 4, 9, kind="edge"),
            Case("a square over the bottom edge", IMAGE, 4, 9, 8, kind="edge"),
            Case("a square larger than the image", IMAGE, -3, -5, 30, kind="edge"),
            Case("a square outside the image", IMAGE, 22, 14, 4, kind="absent"),
            Case("a single pixel", IMAGE, 19, 12, 1, kind="edge", want=IMAGE[12:, 19:]),
        ],
        mistakes=[
            ("a slice stops at the border, or finds nothing where it begins below 0: the square must be whole",
             "image[top : top + side, left : left + side]",
             "image[max(top, 0) : top + side, max(left, 0) : left + side]"),
            (ORDER, "cut(image, top, left, side)"),
            ("rows and columns are paired one by one: np.ix_ picks every row with every column",
             ("np.ix_(rows, columns)", "rows, columns")),
            ("you moved the square's start into the image; push each row and column number into it instead",
             "cut(image, max(left, 0), max(top, 0), side)"),
            ("outside the image you left zeros: repeat its nearest pixel", lambda *a: padded(*a)),
            ("the opposite side shows up outside the image: repeat the nearest pixel", lambda *a: padded(*a,
             mode="wrap")),
            ("the opposite side shows up: the index -1 means the last row or column",
             lambda *a: cut(*a, place=from_the_end)),
            ("outside the image you mirror it: repeat its nearest pixel", lambda *a: padded(*a, mode="reflect"),
             lambda *a: padded(*a, mode="symmetric")),
            ("you moved the square back into the image: then the face is no longer in its middle", moved_back),
            ("your cut-out is one pixel too large: where does it end?", "cut(image, left, top, side + 1)"),
            ("your cut-out is one pixel too small: where does it end?", "cut(image, left, top, side - 1)"),
            ("your cut-out lies one pixel off: the first pixel is in column `left` and row `top`",
             "cut(image, left + 1, top + 1, side)", "cut(image, left - 1, top - 1, side)"),
            ("left and top are the first pixel's, not the middle's",
             "cut(image, left - side // 2, top - side // 2, side)"),
            ("the last row and column are height - 1 and width - 1", ("height - 1", "height - 2", "width - 1",
             "width - 2"), ("height - 1", "height", "width - 1", "width")),
            ("a shape is (height, width): rows end at image.shape[0] - 1, and columns at image.shape[1] - 1",
             ("height, width = image.shape", "width, height = image.shape"), ("width - 1", "height - 1"),
             ("height - 1", "width - 1")),
        ],
        also_right=[lambda *a: padded(*a, mode="edge"),
                    "image[np.arange(top, top + side).clip(0, image.shape[0] - 1)][:, np.arange(left, left + side)"
                    ".clip(0, image.shape[1] - 1)]",
                    "np.array([[image[min(max(y, 0), image.shape[0] - 1), min(max(x, 0), image.shape[1] - 1)] "
                    "for x in range(left, left + side)] for y in range(top, top + side)])"],
    ),
    Function(
        to_48,
        cases=[
            Case("a square of 120 pixels", RNG(44).integers(0, 256, (120, 120), dtype=np.uint8)),
            Case("a square of 97 pixels", RNG(45).integers(0, 256, (97, 97), dtype=np.uint8), kind="edge"),
            Case("a square of 30 pixels", RNG(46).integers(0, 256, (30, 30), dtype=np.uint8), kind="order"),
            Case("a square of 48 pixels", RNG(47).integers(0, 256, (48, 48), dtype=np.uint8), kind="edge"),
        ],
        compare=near(1, dtype="uint8"),
        mistakes=[
            ("this is cv2.resize's default, INTER_LINEAR, which skips pixels: name the way with interpolation=…",
             (", interpolation=method", "")),
            ("this picks single pixels: fine lines vanish", ("interpolation=method",
             "interpolation=cv2.INTER_NEAREST")),
            ("larger squares are right; smaller ones need INTER_CUBIC", ("else cv2.INTER_CUBIC",
             "else cv2.INTER_AREA")),
            ("smaller squares are right; larger ones need INTER_AREA", ("cv2.INTER_AREA if", "cv2.INTER_CUBIC if")),
            ("the other way round: INTER_AREA is for squares larger than 48", ("> 48", "< 48")),
            ("the size is (48, 48)", ("(48, 48)", "(46, 46)"), ("(48, 48)", "(96, 96)")),
            ("resize, do not cut: the whole square must be in the image", "cut(square, 0, 0, 48)",
             "cut(square, len(square) // 2 - 24, len(square) // 2 - 24, 48)"),
        ],
        signs=[(lambda got, want: 0 < got.max() <= 1, "an image stays uint8, 0 to 255", "to_48(square) / 255")],
        also_right=[("> 48", ">= 48"), "to_48(square.copy())"],
    ),
)  # fmt: skip


# --- 4.5 landmarks ----------------------------------------------------------------------------------------------------


class Dlib:
    """What the right answer needs of dlib, which is loaded late."""

    @staticmethod
    def rectangle(*edges):
        """A rectangle of left, top, right, bottom."""
        import dlib as library

        return library.rectangle(*edges)


dlib = Dlib


def predictor(image, rectangle):
    """dlib's shape predictor."""
    from ..faces import landmarks

    return landmarks._predictor()(image, rectangle)


def predict(image, box):
    """The 68 landmarks of the face in a box (x, y, width, height): (68, 2) float32, x then y."""
    x, y, w, h = box
    shape = predictor(image, dlib.rectangle(x, y, x + w, y + h))
    return np.array([(part.x, part.y) for part in shape.parts()], np.float32)


def over_the_edge():
    """A photo without its left side, and the box of the face that loses its ear."""
    x, y, w, h = detect(photos()[2])[0]
    return photos()[2][:, x + 12 :].copy(), (-12, y, w, h)


def near_points(got, want):
    """Points may be a pixel or two off: there are two ways to count a width."""
    text = difference(got, want)
    with contextlib.suppress(TypeError, ValueError):
        apart = np.abs(np.subtract(got, want, dtype=float))
        if text and np.shape(got) == np.shape(want) and apart.mean() < 1 and not (apart % 1).any():
            return ""
    return text


EDGES = "dlib.rectangle(x, y, x + w, y + h)"

exercise("4.5", Function(
    predict,
    cases=lambda: [
        Case("a face at the right of a drawn photo", photos()[1], detect(photos()[1])[0], kind="order"),
        Case("a face elsewhere in it", photos()[1], detect(photos()[1])[1], kind="order"),
        Case("a face in a tall photo", photos()[2], detect(photos()[2])[0]),
        Case("a box that reaches over the edge", *over_the_edge(), kind="edge"),
        Case("a small face, its box as a list", photos()[0], list(detect(photos()[0])[0]), kind="list"),
    ],
    compare=near_points,
    mistakes=[
        ("dlib wants left, top, right and bottom: right is x + w, and bottom is y + h", (EDGES,
         "dlib.rectangle(x, y, w, h)")),
        ("dlib wants left, top, right and bottom, in this order", (EDGES, "dlib.rectangle(x, x + w, y, y + h)"),
         (EDGES, "dlib.rectangle(y, x, y + h, x + w)")),
        ("you look in the whole image: use the box", (EDGES, "dlib.rectangle(0, 0, image.shape[1], image.shape[0])")),
        ("you look for a face again, and may find another: use the box", "predict(image, (detect(image) or [box])[0])"),
        ("each row is x, then y: yours are the other way round", ("part.x, part.y", "part.y, part.x")),
        ("give the landmarks in pixels of the image, not of the box", ("part.x, part.y", "part.x - x, part.y - y")),
        ("dlib counts from a pixel's centre, as we do: nothing needs adding", "predict(image, box) + 0.5"),
        ("all 68 points are wanted here; the outline is dropped later", "predict(image, box)[17:]"),
    ],
    signs=[(lambda got, want: hasattr(got[0], "x"), "these are dlib's own points: take x and y of each")],
    also_right=[(EDGES, "dlib.rectangle(x, y, x + w - 1, y + h - 1)"), (", np.float32)", ")"),
                ("return np.array([(part.x, part.y) for part in shape.parts()], np.float32)",
                 "return [[shape.part(k).x, shape.part(k).y] for k in range(68)]")],
))  # fmt: skip


# --- 4.6 binary image -------------------------------------------------------------------------------------------------


def binary(points):
    """A (48, 48, 1) float32 image of landmarks (68, 2): 1 at each inner one, else 0."""
    image = np.zeros((48, 48, 1), np.float32)
    for x, y in np.rint(points[17:]).astype(int):
        if 0 <= x < 48 and 0 <= y < 48:
            image[y, x, 0] = 1
    return image


def some_points(seed, changed=()):
    """(68, 2) points inside the image, none halfway between pixels; ``changed``: {number: (x, y)}."""
    rng = RNG(seed)
    points = rng.integers((2, 12), (30, 46), (68, 2)) + rng.choice((-0.4, -0.2, 0.3, 0.4), (68, 2))
    points[[20, 66]] = points[[19, 65]]  # two on one pixel
    for number, place in dict(changed).items():
        points[number] = place
    return points.astype(np.float32)


AT_EDGES = {17: (-0.4, 20.3), 30: (47.4, 21.3), 40: (22.3, -0.3), 67: (23.3, 47.3)}
OUTSIDE = {22: (-1.3, 5.2), 25: (-3.2, 6.2), 35: (48.3, 7.2), 45: (8.2, -2.3), 55: (9.2, 60.3), 67: (47.8, 3.2)}
TEST = "if 0 <= x < 48 and 0 <= y < 48:"


def on_the_edge(points):
    """Points outside the image pushed onto its edge."""
    return binary(np.clip(points, 0, 47))


def no_lower_test(points):
    """Points left of and above the image come out at its other side."""
    image = np.zeros((48, 48, 1), np.float32)
    for x, y in np.rint(points[17:]).astype(int):
        if x < 48 and y < 48:
            image[y, x] = 1
    return image


def at_once(points):
    """Without a loop."""
    x, y = np.round(points[17:]).astype(int).T
    inside = (x >= 0) & (x <= 47) & (y >= 0) & (y <= 47)
    image = np.zeros((48, 48), np.float32)
    image[y[inside], x[inside]] = 1
    return image[..., np.newaxis]


exercise("4.6", Function(
    binary,
    cases=[
        Case("landmarks inside the image", some_points(1)),
        Case("landmarks near its edges", some_points(2, AT_EDGES), kind="edge"),
        Case("some landmarks outside the image", some_points(3, OUTSIDE), kind="edge"),
        Case("all landmarks outside the image", some_points(4) + 60, kind="absent"),
        Case("landmarks in float64", some_points(5).astype(np.float64), kind="dtype"),
        Case("all landmarks on one pixel", np.full((68, 2), 20.2), kind="tie"),
    ],
    dtype="float32",
    mistakes=[
        ("x and y have changed places: the first index of an array is the row, which is y", ("[y, x, 0]", "[x, y, 0]"),
         "binary(points[:, ::-1])"),
        ("all 68 points are drawn: drop the outline, numbers 0 to 16", ("points[17:]", "points")),
        ("the outline is the first 17 points, and not the last", ("points[17:]", "points[:51]")),
        ("one point of the outline is left, number 16: counting starts at 0", ("points[17:]", "points[16:]")),
        ("one point too many is gone: 17 begins a brow", ("points[17:]", "points[18:]")),
        ("you kept the outline and dropped the others", ("points[17:]", "points[:17]")),
        ("your points are cut off, not rounded: int() makes 30 of 30.6, whose nearest pixel is 31",
         ("np.rint(points[17:])", "points[17:]"), ("np.rint", "np.floor")),
        ("round to the nearest pixel, and not always up", ("np.rint", "np.ceil")),
        ("all points lie one pixel off: 0 is the centre of the first pixel, so nothing needs adding or taking away",
         "binary(points - 1)", "binary(points + 1)"),
        ("your white is 255: a normalised image holds 0 and 1", ("= 1", "= 255")),
        ("a pixel with two landmarks became 2 or more: it is either marked or not", ("= 1", "+= 1")),
        ("start with zeros, and mark the landmarks with 1", "1 - binary(points)", ("np.zeros", "np.ones")),
        ("points outside the image are pushed onto its edge: leave them out", on_the_edge),
        ("points left of or above the image come out at its other side: the index -1 means the last row or column",
         no_lower_test),
        ("row and column 47 belong to the image: its pixels are numbered 0 to 47", ("x < 48 and 0 <= y < 48",
         "x < 47 and "
         "0 <= y < 47")),
        ("row and column 0 belong to the image", (TEST, "if 0 < x < 48 and 0 < y < 48:")),
        ("points near the edge are lost: round first, then ask whether the pixel is one of 0 to 47",
         lambda points: binary(np.where((points >= 0) & (points <= 47), points, -9))),
        ("your function returns inside the loop, after its first point", ("image[y, x, 0] = 1", "image[y, x, 0] = 1\n"
         "        return image")),
        ("the network wants a last axis of 1: (48, 48, 1)", "binary(points)[..., 0]", "binary(points)[None, ..., 0]"),
    ],
    otherwise="Try it with three points of your own.",
    also_right=[at_once, ("np.rint", "np.round"), ("image[y, x, 0]", "image[y, x]"),
                ("for x, y in np.rint(points[17:]).astype(int):",
                 "for x, y in [(round(float(a)), round(float(b))) for a, b in "
                 "points[17:]]:")],
))  # fmt: skip


# --- 4.7 coverage -----------------------------------------------------------------------------------------------------


def coverage_by_emotion(labels, detected, names):
    """{emotion: (share, low, high)} with Wilson's interval."""
    table = {}
    for number, name in enumerate(names):
        mine = detected[labels == number]
        if len(mine):
            table[name] = (mine.mean(), *metrics.wilson_interval(int(mine.sum()), len(mine)))
    return table


def of(share, interval=None):
    """A table with other shares, or another interval; both get (found, n, found of all, n of all)."""

    def answer(labels, detected, names):
        made = {}
        for k, name in enumerate(names):
            counts = int(detected[labels == k].sum()), int((labels == k).sum()), int(detected.sum()), len(labels)
            if counts[1]:
                made[name] = (
                    share(*counts),
                    *(interval or (lambda part, n, *_: metrics.wilson_interval(part, n)))(*counts),
                )
        return made

    return answer


def share(part, n, *_):
    """The right share."""
    return part / n


def wald(part, n, *_):
    """The interval of the normal curve."""
    half = 1.96 * (part / n * (1 - part / n) / n) ** 0.5
    return part / n - half, part / n + half


def drawn(sizes, rates, seed):
    """Labels and what was found, for so many images of each emotion."""
    labels = RNG(seed).permutation(np.repeat(np.arange(len(sizes)), sizes)).astype(np.uint8)
    return labels, RNG(seed + 1).random(len(labels)) < np.array(rates)[labels]


SEVEN = drawn((40, 8, 60, 90, 70, 30, 50), (0.8, 0.9, 0.7, 0.95, 0.5, 0.85, 0.75), 37)
EIGHT = drawn((9, 4, 8, 7, 5, 6, 3, 10), (0.5, 0.75, 0.6, 0.9, 0.8, 0.5, 0.7, 0.4), 41)
THREE = drawn((12, 0, 30), (0.5, 0.5, 0.8), 39)

exercise("4.7", Function(
    coverage_by_emotion,
    cases=[
        Case("seven emotions", *SEVEN, EMOTIONS),
        Case("three emotions, one without images", *THREE, ("surprise", "anger", "neutral"), kind="absent"),
        Case("one emotion, always found", np.zeros(6, int), np.ones(6, bool), ["fear"], kind="edge"),
        Case("one emotion, never found", np.zeros(4, int), np.zeros(4, bool), ["fear"], kind="edge"),
        Case("eight emotions", *EIGHT, (*EMOTIONS, "contempt"), kind="order"),
        Case("unequal counts", np.array([1, 0, 1, 1, 1]), np.array([True, True, False, True, True]), ["x", "y"],
        kind="uneven"),
    ],
    mistakes=[
        ("you divide by all images of all emotions: divide by those of the emotion", of(lambda part, n, found,
         every: part / every), of(lambda part, n, found, every: part / every, lambda part, n, found, every:
         metrics.wilson_interval(part, every))),
        ("after an emotion without images, names and labels are out of step", lambda labels, detected, names:
         coverage_by_emotion(np.unique(labels, return_inverse=True)[1], detected, names)),
        ("this is how many of the found faces show the emotion; asked is how many of the emotion's faces were found",
         of(lambda part, n, found, every: part / max(found, 1)),
         of(lambda part, n, found, every: part / max(found, 1), lambda part, n, found, every: metrics.wilson_interval(
            part, max(found, 1)))),
        ("this is the share that was not found", of(lambda part, n, *_: 1 - part / n),
         of(lambda part, n, *_: 1 - part / n, lambda part, n, *_: metrics.wilson_interval(n - part, n))),
        ("per cent: give shares from 0 to 1", of(lambda part, n, *_: 100 * part / n)),
        ("this is the count of found faces: divide it by how many there are", of(lambda part, *_: part)),
        ("the interval is that of all emotions together: count the emotion's own images",
         of(share, lambda part, n, found, every: metrics.wilson_interval(found, every))),
        ("the interval takes the emotion's own number of images, and not that of all",
         of(share, lambda part, n, found, every: metrics.wilson_interval(part, every))),
        ("this is not Wilson's interval: it can leave 0 to 1, and has no width where all were found", of(share, wald)),
        ("this is the width, or half of it: low and high are wanted as shares", of(share, lambda part, n, *_: (
            part / n - metrics.wilson_interval(part, n)[0], metrics.wilson_interval(part, n)[1] - part / n))),
        ("leave out emotions without images only: where no face was found, the share is 0", lambda labels,
         detected, names: {k: v for k, v in coverage_by_emotion(labels, detected, names).items() if v[0]}),
        ("an emotion without images is left out", lambda labels, detected, names: dict.fromkeys(names, (0, 0,
         0)) | coverage_by_emotion(labels, detected, names)),
        ("the keys are the names, not the labels", lambda labels, detected, names: {
            names.index(name): row for name, row in coverage_by_emotion(labels, detected, list(names)).items()} if
            isinstance(names, list) else {list(names).index(k): v for k, v in coverage_by_emotion(labels, detected,
            names).items()}),
        ("each value is three numbers: share, low and high",
         "{name: row[0] for name, row in coverage_by_emotion(labels, detected, names).items()}",
         "{name: row[1:] for name, row in coverage_by_emotion(labels, detected, names).items()}",
         "{name: (row[0], row[1:]) for name, row in coverage_by_emotion(labels, detected, names).items()}"),
        ("wilson_interval takes two counts: first how many were found, then how many there are",
         of(share, lambda part, n, *_: metrics.wilson_interval(part / n, n))),
        ("do not round", of(lambda part, n, *_: round(part / n, 2))),
    ],
    also_right=[of(share), lambda labels, detected, names: {
        name: [np.mean(detected[labels == k]), *metrics.wilson_interval(np.sum(detected[labels == k]),
        np.sum(labels == k))]
        for k, name in enumerate(names) if k in labels}],
))  # fmt: skip


# --- 4.8 what is left -------------------------------------------------------------------------------------------------


def visible(hint):
    """A cue that a binary image keeps."""
    return {True: True, False: hint}


def lost(hint):
    """A cue that it loses."""
    return {True: hint, False: True}


exercise("4.8",
    Choice("kept", {
        "eyebrows raised": visible("points 17 to 26 lie on the brows; where do they go when the brows rise?"),
        "crow's feet wrinkles": lost("wrinkles are shades of the skin. Does any of the 68 points lie on one?"),
        "mouth open": visible("the lips have an inner line too, points 60 to 67"),
        "pushed up cheeks": lost("is there a point on a cheek?"),
        "losing focus in the eyes": lost("which points lie on the pupils?"),
        "lip corners pulled down": visible("points 48 and 54 are the corners of the mouth"),
        "a hand over the mouth": lost("what does the predictor do where it sees a hand: does it leave points out?"),
        "how sure the detector was": lost("which of the 2,304 numbers of a binary image would tell the score?"),
    }),
    Choice("expected", {
        "A": "a large sample does not help where it is one-sided: are the images left out like the others?",
        "B": True,
        "C": "that would mean that the system is never right on the 16, and it answers there too",
        "D": "the model stays the same; it is only asked about more images, and harder ones",
    }),
    Words("reply",
          "In how many images did you find no landmarks, and of which emotions? Those are the hard ones, so I expect "
          "that the accuracy on all images is lower. How large is n, and on which data was the threshold chosen?",
          ["asks how many images were left out (the coverage), and of which emotions",
           "says that those are the hard ones, so that the accuracy on all images is likely lower",
           "asks for the accuracy on all images, with n and an interval",
           "may ask how and on which data the threshold was chosen"], least=15),
)  # fmt: skip
