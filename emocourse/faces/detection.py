"""Find faces in a grey image of any size, and cut them out.

The default detector is dlib's: histograms of oriented gradients (HOG) and a linear classifier (Dalal and Triggs, 2005;
King, 2015, arXiv 1502.00046). OpenCV's Haar cascade (Viola and Jones, 2001) is the other one that the slides name.

Coordinates follow the pixel-centre convention: x = 0 is the centre of the first column. A box (x, y, w, h) reaches from
the centre of its first pixel to the centre of its last; w and h are the distances between these centres.
"""

import math
import pickle
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import CourseError
from ..files.native import load_by_path

# The two face detectors under :mod:`emocourse.faces`, the sizes an image is tried at, and the way back to its
# pixels.
# An image goes to a detector in one or more *attempts*, each a scale and a border. The border repeats the image's
# edge pixels, because HOG wants some background around a face.

Box = tuple[float, float, float, float]
Found = list[tuple[Box, float]]

SMALL_SIDE = 128
"""Images up to this longer side are taken to be filled by one face."""

SMALL_SCALE = 2
"""How many times a 48×48 image is enlarged."""

_HOG_PIXELS = 512 * 512  # smaller images are enlarged towards this, at most twice: about 20 ms of detection
_MOST_PIXELS = 2048 * 2048  # bound of the first attempts: about a third of a second
_MOST_FINE_PIXELS = 8192 * 8192  # bound of the search for small faces: about 6 s
HOG_SIDE = 80
"""Width in pixels of the smallest face that HOG sees."""

_HAAR_SIDE, _HAAR_FACE = 640, 30
# dlib's box of a face inside Haar's, in units of Haar's width: medians over 1,363 FER2013 faces that both found.
_HAAR_TO_HOG = (0.022, 0.121, 0.935)


def border_of(shape: tuple[int, ...]) -> int:
    """Width of the border, in pixels of the image: an eighth of its shorter side, 6 at 48×48."""
    return round(min(shape) * 6 / 48)


def hog_attempts(
    shape: tuple[int, ...], max_side: int, upsample: int | None, smallest: float | None
) -> Iterator[tuple[float, int]]:
    """Scale and border, in pixels of the image, of each attempt with HOG, in order."""
    longest, most = max(shape), (_MOST_PIXELS / (shape[0] * shape[1])) ** 0.5
    border = border_of(shape)
    fit = min(1.0, max_side / longest)
    if upsample is not None:
        yield min(fit * 2**upsample, most), border
    elif longest <= SMALL_SIDE:
        scale = min(4.0, max(2.0, 96 / longest))
        yield scale, border
        yield 2 * scale, border
    else:
        first = fit if fit < 1 else min(2.0, max(1.0, (_HOG_PIXELS / (shape[0] * shape[1])) ** 0.5))
        first = min(first, most)
        yield first, 0
        yield min(1.0, 320 / longest), border  # a face that fills the image
        if smallest is None:
            yield min(2 * first, most), 0  # faces under 80 pixels


def haar_attempts(
    shape: tuple[int, ...], max_side: int, upsample: int | None, smallest: float | None
) -> Iterator[tuple[float, int]]:
    """As :func:`hog_attempts`, for the cascade: it sees faces from 30 pixels up, so only small images grow."""
    longest, most = max(shape), (_MOST_PIXELS / (shape[0] * shape[1])) ** 0.5
    border = border_of(shape)
    fit = min(1.0, min(max_side, _HAAR_SIDE) / longest)
    if upsample is not None:
        yield min(fit * 2**upsample, most), border
    elif longest <= SMALL_SIDE:
        yield min(4.0, max(2.0, 96 / longest)), border
    else:
        if smallest is not None:
            fit = max(fit, min(4.0, _HAAR_FACE / smallest, most))
        yield fit, 0
        yield fit, border


def smallest_in(shape: tuple[int, ...]) -> float:
    """Width in pixels of the smallest faces that are worth a search in a photo of this shape, for :func:`detect`.

    40, or 1/48 of the longer side where that is more: 83 in 12 megapixels. A panorama counts as no longer than twice
    as wide as high with as many pixels. Looking for them takes HOG about 0.08 s for each megapixel in which they are 80
    pixels wide: on one core 0.1 s for 640×480 and 0.9 s for 4000×3000.
    """
    longer = min(max(shape), math.sqrt(2 * shape[0] * shape[1]))
    return max(40.0, longer / 48)


def prepare(image: np.ndarray, scale: float, border: int) -> tuple[np.ndarray, float, float]:
    """The image with its border, resized; and the true factors across and down, after rounding to whole pixels."""
    import cv2

    if border:
        image = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE)
    height, width = image.shape
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    if (new_width, new_height) != (width, height):
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        image = cv2.resize(image, (new_width, new_height), interpolation=method)
    return np.ascontiguousarray(image), new_width / width, new_height / height


def map_back(box: Box, fx: float, fy: float, border: int) -> Box:
    """A box of a prepared image, in pixels of the image itself."""
    x, y, w, h = box
    return (x + 0.5) / fx - 0.5 - border, (y + 0.5) / fy - 0.5 - border, w / fx, h / fy


def run_hog(image: np.ndarray, threshold: float) -> Found:
    """Boxes and scores of dlib's detector, in pixels of ``image``, best score first."""
    rectangles, scores, _ = _hog().run(image, 0, threshold)
    found = [
        ((float(r.left()), float(r.top()), float(r.right() - r.left()), float(r.bottom() - r.top())), float(score))
        for r, score in zip(rectangles, scores, strict=True)
    ]
    return sorted(found, key=lambda face: -face[1])


def run_haar(image: np.ndarray, threshold: float) -> Found:
    """As :func:`run_hog`, by the cascade. Its boxes are moved to where dlib puts them: dlib's landmarks expect that."""
    boxes, _, scores = _haar().detectMultiScale3(
        image, 1.1, 4, minSize=(_HAAR_FACE, _HAAR_FACE), outputRejectLevels=True
    )
    dx, dy, size = _HAAR_TO_HOG
    found = [
        ((float(x + dx * w), float(y + dy * w), float(size * w), float(size * w)), float(score))
        for (x, y, w, _), score in zip(np.reshape(boxes, (-1, 4)), np.ravel(scores), strict=True)
        if score >= threshold
    ]
    return sorted(found, key=lambda face: -face[1])


_thread = threading.local()
_hog_lock = threading.Lock()
_hog_state: bytes | None = None


def _hog():
    """dlib's detector, one for each thread because it keeps its working memory; the first takes half a second."""
    global _hog_state
    detector = getattr(_thread, "hog", None)
    if detector is None:
        import dlib

        with _hog_lock:
            if _hog_state is None:
                _hog_state = pickle.dumps(dlib.get_frontal_face_detector())
        # Our own bytes of a moment ago, never a file: the one way to copy a detector in a millisecond.
        detector = _thread.hog = pickle.loads(_hog_state)
    return detector


def _haar():
    """OpenCV's frontal cascade, one for each thread.

    Raises:
        CourseError: this OpenCV has none, or its file cannot be read.
    """
    if not hasattr(_thread, "haar"):
        import cv2

        try:
            path = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
            _thread.haar = load_by_path(cv2.CascadeClassifier, path)
        except CourseError:
            raise
        except Exception as error:  # OpenCV's own, or that of an OpenCV without cascades
            raise CourseError(
                f"OpenCV {cv2.__version__} has no Haar cascade that can be read: install opencv-python-headless 4.13 "
                "or 4.14 again, or take the detector hog."
            ) from error
    return _thread.haar


HOG_THRESHOLD = -0.2
"""Lowest HOG score at which a face in a 48×48 image, or any small one, counts as detected.

Chosen on FER2013's Training and PublicTest: 84.0 % of the 32,298 images reach it. When the mirrored image was
detected afresh, the inner landmarks came out more than 3 pixels elsewhere on 1.7 % of them; on 13 % of the band from
-0.2 to -0.1, but 19 % of the next lower band, 29 % and 40 % of the two after that, and 93 % where nothing was found.
"""

PHOTO_THRESHOLD = 0.0
"""Lowest HOG score in larger images, which have more background to be mistaken for a face; dlib's own threshold."""

SURE = 0.15
"""HOG score of a sure face in a larger image: beside one, faces that score less are left out, as mostly false."""

HAAR_THRESHOLD = 1.0
"""Lowest score of the Haar cascade's last stage; all but 0.6 % of the faces it finds in FER2013 reach it."""

MAX_SIDE = 1280
"""Longer side, in pixels, to which large images are reduced before detection."""

_MOST_CROPPED = 1 << 28  # pixels of a square before it is resized; only huge boxes around huge images come near


@dataclass(frozen=True)
class Face:
    """A face that a detector found.

    Attributes:
        box: (x, y, w, h) in pixels of the image; may reach beyond its edges.
        score: the detector's own score, higher is surer; comparable only within one detector.
        detector: "hog" or "haar".
    """

    box: Box
    score: float
    detector: str


def detect(
    image: np.ndarray,
    detector: str = "hog",
    threshold: float | None = None,
    max_side: int = MAX_SIDE,
    upsample: int | None = None,
    smallest: float | None = None,
) -> list[Face]:
    """Find the faces in an image. Lesson 11.

    dlib's HOG sees faces from about 80 pixels up. Small images are therefore enlarged, up to twice; and where nothing
    is found, the image is tried again with a border (for a face that fills it) and then at twice the size (for small
    faces). With ``smallest``, small faces are looked for beside large ones too.

    Args:
        image: (H, W) uint8 grey.
        detector: "hog", or "haar" for OpenCV's cascade.
        threshold: lowest score to keep; None takes HOG_THRESHOLD for images up to 128 pixels, PHOTO_THRESHOLD (beside
            a sure face, SURE) above, or HAAR_THRESHOLD.
        max_side: longer side to which larger images are reduced before detection.
        upsample: None for the automatic attempts above; 0, 1 or 2 for one attempt, enlarged that many times by two.
        smallest: width in pixels, 20 or more, of the smallest faces to look for in an image over 128 pixels, for
            example :func:`smallest_in`; at most 64 megapixels are searched. None looks no further once it found one.

    Returns:
        The faces, largest first, none twice; an empty list where there is none.

    Raises:
        ValueError: not a grey uint8 image, or an unknown detector, upsample, max_side or smallest.
        CourseError: this OpenCV cannot read its cascade; 5.0 dropped it.
    """
    _check(image)
    if detector not in ("hog", "haar"):
        raise ValueError(f"There is no detector {detector!r}: use 'hog' or 'haar'.")
    if upsample not in (None, 0, 1, 2):
        raise ValueError("upsample must be None, 0, 1 or 2.")
    if max_side < HOG_SIDE:
        raise ValueError("max_side must be at least 80 pixels, the smallest face that HOG sees.")
    if smallest is not None and not smallest >= 20:
        raise ValueError("smallest must be at least 20 pixels: smaller faces cannot be told from other things.")
    if min(image.shape) < 8:
        return []  # no detector can see a face of a few pixels
    attempts = (haar_attempts if detector == "haar" else hog_attempts)(image.shape, max_side, upsample, smallest)
    found, coarse = [], 0.0
    for scale, border in attempts:
        found, coarse = _search(image, detector, threshold, scale, border), max(coarse, scale)
        if found:
            break
    if detector == "hog" and smallest is not None and upsample is None and max(image.shape) > SMALL_SIDE:
        fine = min(4.0, HOG_SIDE / smallest, (_MOST_FINE_PIXELS / image.size) ** 0.5)
        if fine > coarse:
            more = _search(image, detector, SURE if found and threshold is None else threshold, fine, 0)
            found += [face for face in more if not any(_share(face.box, one.box) > 0.5 for one in found)]
    return sorted(found, key=lambda face: -face.box[2] * face.box[3])


def _search(image: np.ndarray, detector: str, threshold: float | None, scale: float, border: int) -> list[Face]:
    """The faces that a detector sees at one scale, none twice."""
    small = max(image.shape) <= SMALL_SIDE
    usual = HAAR_THRESHOLD if detector == "haar" else HOG_THRESHOLD if small else PHOTO_THRESHOLD
    scaled, fx, fy = prepare(image, scale, border)
    run = run_haar if detector == "haar" else run_hog
    found = [
        Face(map_back(box, fx, fy, border), score, detector)
        for box, score in run(scaled, usual if threshold is None else threshold)
    ]
    # What lies mostly in the border is the smear of the image's edge, not a face.
    found = without_duplicates([face for face in found if _inside(face.box, image.shape)])
    if threshold is None and detector == "hog" and not small:
        found = [face for face in found if face.score >= SURE] or found
    return found


def whole_image_box(side: int = 48) -> Box:
    """The box that serves for a square image in which no detector found the face: (2.5, 5, 43, 42.5) at 48 pixels."""
    s = side / 48
    return (3.0 * s - 0.5, 5.5 * s - 0.5, 43.0 * s, 42.5 * s)


def best_box(image48: np.ndarray) -> tuple[Box, float, bool]:
    """The box of the one face in a 48×48 image: six replicated pixels around it, twice as large, the best HOG score.

    Args:
        image48: (48, 48) uint8 grey.

    Returns:
        The box; its score (-9 where HOG found nothing at all); and whether that reaches HOG_THRESHOLD. If not, the box
        is the whole image's.

    Raises:
        ValueError: another shape or dtype.
    """
    return best_box_enlarged(enlarge(image48))


def best_box_enlarged(enlarged: np.ndarray) -> tuple[Box, float, bool]:
    """As :func:`best_box`, for a 48×48 image that has been through :func:`enlarge`."""
    found = run_hog(enlarged, HOG_THRESHOLD - 0.3)  # so that near misses get their score too
    box, score = found[0] if found else (None, -9.0)
    if score < HOG_THRESHOLD:
        return whole_image_box(48), score, False
    return (
        map_back(box, SMALL_SCALE, SMALL_SCALE, border_of((48, 48))),
        score,
        True,
    )


def enlarge(image48: np.ndarray) -> np.ndarray:
    """A 48×48 image with 6 replicated pixels around it, enlarged twice (cubic), for HOG and landmarks: (120, 120)."""
    if not isinstance(image48, np.ndarray) or image48.shape != (48, 48) or image48.dtype != np.uint8:
        raise ValueError("The image must be (48, 48) uint8: crop and resize it first.")
    return prepare(image48, SMALL_SCALE, border_of(image48.shape))[0]


def crop_square(box: Box, margin: float = 0.06, lift: float = 0.11) -> tuple[int, int, int]:
    """The square to cut out around a face, in whole pixels: its left, top and side. Lesson 00.

    The defaults frame a dlib box as FER2013 frames its faces: 12 % wider than the box, and 11 % of the box's width
    further up (medians over the detected images), so that a model trained on FER2013 sees a photo's faces as it knows
    them.

    Args:
        box: (x, y, w, h) of the face.
        margin: what is added on each side, as a share of the larger of w and h.
        lift: how far the square's centre lies above the box's, as the same kind of share.

    Raises:
        ValueError: the box has no size, or is not finite; or a margin or lift out of range.
    """
    x, y, w, h = _check_box(box)
    size = max(w, h)
    if not -0.5 < margin <= 10 or not abs(lift) <= 10:
        raise ValueError(
            f"A margin must lie between -0.5 and 10 and a lift between -10 and 10, not {margin} and {lift}."
        )
    side = max(1, round((size + 1) * (1 + 2 * margin)))
    centre_x, centre_y = x + w / 2, y + h / 2 - lift * size
    return round(centre_x - (side - 1) / 2), round(centre_y - (side - 1) / 2), side


def crop(image: np.ndarray, box: Box, margin: float = 0.06, side: int = 48, lift: float = 0.11) -> np.ndarray:
    """Cut a face out as a square image; where the square leaves the image, its edge pixels are repeated. Lesson 00.

    Args:
        image: (H, W) uint8 grey.
        box: (x, y, w, h) of the face; ``margin`` and ``lift`` as in :func:`crop_square`.
        side: side of the result, in pixels.

    Returns:
        (side, side) uint8.

    Raises:
        ValueError: not a grey uint8 image, or a box without size, outside the image or far larger than it.
    """
    import cv2

    _check(image)
    _check_box(box, image)
    left, top, size = crop_square(box, margin, lift)
    if size > 4 * max(image.shape) or size * size > _MOST_CROPPED:
        raise ValueError(f"A square of {size} pixels around the box {tuple(box)} is too large for this image.")
    square = _window(image, left, top, size, size)
    if size == side:
        return np.ascontiguousarray(square)
    return cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA if size > side else cv2.INTER_CUBIC)


def _window(image: np.ndarray, left: int, top: int, width: int, height: int) -> np.ndarray:
    """A rectangle that may reach beyond the image; what lies outside repeats the nearest pixel."""
    if left >= 0 and top >= 0 and left + width <= image.shape[1] and top + height <= image.shape[0]:
        return image[top : top + height, left : left + width]
    rows = np.clip(np.arange(top, top + height), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(left, left + width), 0, image.shape[1] - 1)
    # Rows before columns: both at once, as by np.ix_, takes some times as long.
    return image[rows, columns[0] : columns[-1] + 1].take(columns - columns[0], axis=1)


def _check(image: np.ndarray) -> None:
    if not isinstance(image, np.ndarray) or image.ndim != 2 or image.dtype != np.uint8 or not image.size:
        raise ValueError("The image must be grey, (H, W) uint8: get it from images.read.")


def surroundings(image: np.ndarray, box: Box) -> tuple[np.ndarray, int, int, int]:
    """What the landmark predictor needs of an image: the box and half its size around it, enlarged if small.

    Args:
        image: (H, W) uint8 grey. Of images up to 128 pixels, the whole is taken.
        box: (x, y, w, h) of the face.

    Returns:
        That part, (h, w) uint8, its edge continued by up to an eighth of the image; how many times it was enlarged
        (1, 2 or 4); and its left and top in pixels of the image, both negative where it begins in the continued edge.

    Raises:
        ValueError: not a grey uint8 image, or a box without size or outside the image.
    """
    _check(image)
    x, y, w, h = _check_box(box, image)
    scale = 4 if w < 24 else SMALL_SCALE if w < 64 or max(image.shape) <= SMALL_SIDE else 1
    border = border_of(image.shape)
    left, top, right, bottom = -border, -border, image.shape[1] + border, image.shape[0] + border
    if max(image.shape) > SMALL_SIDE:
        left, top = max(left, int(np.floor(x - w / 2))), max(top, int(np.floor(y - h / 2)))
        right, bottom = min(right, int(np.ceil(x + 1.5 * w))), min(bottom, int(np.ceil(y + 1.5 * h)))
    part = _window(image, left, top, right - left, bottom - top)
    return prepare(part, scale, 0)[0], scale, left, top


def _check_box(box: Box, image: np.ndarray | None = None) -> Box:
    x, y, w, h = (float(v) for v in box)
    if not (np.abs((x, y, w, h)) < 1e8).all() or w <= 0 or h <= 0:
        raise ValueError(f"A box needs finite numbers and a positive width and height, not {tuple(box)}.")
    if image is None:
        return x, y, w, h
    height, width = image.shape
    if x > width - 1 or y > height - 1 or x + w < 0 or y + h < 0:
        raise ValueError(f"The box {tuple(box)} lies outside the image of {width}×{height} pixels.")
    return x, y, w, h


def _inside(box: Box, shape: tuple[int, ...]) -> bool:
    x, y, w, h = box
    seen = max(0.0, min(x + w, shape[1] - 1) - max(x, 0.0)) * max(0.0, min(y + h, shape[0] - 1) - max(y, 0.0))
    return seen >= 0.5 * w * h


def without_duplicates(faces: list[Face]) -> list[Face]:
    """Of boxes that share more than half of the smaller one, the one with the best score (non-maximum suppression)."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if not any(_share(face.box, other.box) > 0.5 for other in kept):
            kept.append(face)
    return kept


def _share(one: Box, other: Box) -> float:
    """How much of the smaller box lies in the other, 0 to 1."""
    (x, y, w, h), (ox, oy, ow, oh) = one, other
    shared = max(0.0, min(x + w, ox + ow) - max(x, ox)) * max(0.0, min(y + h, oy + oh) - max(y, oy))
    return shared / min(w * h, ow * oh)
