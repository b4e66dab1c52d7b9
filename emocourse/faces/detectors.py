"""The two face detectors under :mod:`emocourse.faces`, the sizes a picture is tried at, and the way back to its pixels.

A picture goes to a detector in one or more *attempts*, each a scale and a border. The border repeats the picture's edge
pixels, because HOG wants some background around a face.
"""

import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

Box = tuple[float, float, float, float]
Found = list[tuple[Box, float]]

SMALL_SIDE = 128
"""Pictures up to this longer side are taken to be filled by one face."""

SMALL_SCALE = 2
"""How many times a 48×48 picture is enlarged."""

_HOG_PIXELS = 512 * 512  # smaller pictures are enlarged towards this, at most twice: about 20 ms of detection
_MOST_PIXELS = 2048 * 2048  # bound of every attempt: about a third of a second
_HAAR_SIDE = 640
# dlib's box of a face inside Haar's, in units of Haar's width: medians over 1,363 FER2013 faces that both found.
_HAAR_TO_HOG = (0.022, 0.121, 0.935)


def border_of(shape: tuple[int, ...]) -> int:
    """Width of the border, in pixels of the picture: an eighth of its shorter side, 6 at 48×48."""
    return round(min(shape) * 6 / 48)


def hog_attempts(shape: tuple[int, ...], max_side: int, upsample: int | None) -> Iterator[tuple[float, int]]:
    """Scale and border, in pixels of the picture, of each attempt with HOG, in order."""
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
        yield min(1.0, 320 / longest), border  # a face that fills the picture
        yield min(2 * first, most), 0  # faces under 80 pixels


def haar_attempts(shape: tuple[int, ...], max_side: int, upsample: int | None) -> Iterator[tuple[float, int]]:
    """As :func:`hog_attempts`, for the cascade: it sees faces from 24 pixels up, so only small pictures grow."""
    longest, most = max(shape), (_MOST_PIXELS / (shape[0] * shape[1])) ** 0.5
    border = border_of(shape)
    fit = min(1.0, min(max_side, _HAAR_SIDE) / longest)
    if upsample is not None:
        yield min(fit * 2**upsample, most), border
    elif longest <= SMALL_SIDE:
        yield min(4.0, max(2.0, 96 / longest)), border
    else:
        yield fit, 0
        yield fit, border


def prepare(image: np.ndarray, scale: float, border: int) -> tuple[np.ndarray, float, float]:
    """The picture with its border, resized; and the true factors across and down, after rounding to whole pixels."""
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
    """A box of a prepared picture, in pixels of the picture itself."""
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
    boxes, _, scores = _haar().detectMultiScale3(image, 1.1, 4, minSize=(30, 30), outputRejectLevels=True)
    dx, dy, size = _HAAR_TO_HOG
    found = [
        ((float(x + dx * w), float(y + dy * w), float(size * w), float(size * w)), float(score))
        for (x, y, w, _), score in zip(np.reshape(boxes, (-1, 4)), np.ravel(scores), strict=True)
        if score >= threshold
    ]
    return sorted(found, key=lambda face: -face[1])


def has_haar() -> bool:
    """Whether this OpenCV can run the cascade: 5.0 dropped both the class and the file."""
    return _haar() is not None


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
    """OpenCV's frontal cascade, one for each thread; None where there is none."""
    if not hasattr(_thread, "haar"):
        import cv2

        _thread.haar = None
        if hasattr(cv2, "CascadeClassifier") and hasattr(cv2, "data"):
            path = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
            cascade = cv2.CascadeClassifier(str(path)) if path.is_file() else None
            _thread.haar = None if cascade is None or cascade.empty() else cascade
    return _thread.haar
