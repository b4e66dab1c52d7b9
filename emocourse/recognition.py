"""A photo in, its people and their emotions out: the slides' steps 1 to 7 and the model, for any image.

A model learns from FER2013's framing, so a face found in a photo is cut out in the same one (``faces.crop_square``).
"""

import dataclasses
from typing import Any

import numpy as np

from .faces import detection as faces
from .faces import landmarks
from .files import images
from .models.architectures import SIDE, center_crop
from .models.weights import Classifier

_CLEAR = 0.5
"""HOG score of a face that stands upright: faces on their head reach 0.3, where they are found at all."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """What was read from one face.

    Attributes:
        box: (x, y, w, h) of the face in pixels of the photo as its file has it (turned upright by its EXIF).
        score: the detector's score; higher is surer.
        landmarks: (68, 2) float32, in the same pixels.
        binary: (48, 48, 1) float32, the binary image that the slides' network sees.
        seen: what this classifier sees: ``binary``, or for one that looks at pixels the (44, 44) uint8 grey image.
        emotion: the most probable emotion.
        probabilities: probability of each emotion, 0 to 1, summing to 1.
        rotated: by how many degrees the face is turned clockwise in the photo: 0, 90, 180 or 270.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: np.ndarray
    binary: np.ndarray
    seen: np.ndarray
    emotion: str
    probabilities: dict[str, float]
    rotated: int = 0

    def as_json(self) -> dict[str, Any]:
        """The face as `emocourse predict --json` prints it: box in whole pixels, emotion, probabilities; and
        "rotated", degrees, where it does not stand upright."""
        shown = {
            "box": [round(value) for value in self.box],
            "emotion": self.emotion,
            "probabilities": {name: round(value, 4) for name, value in self.probabilities.items()},
        }
        return shown | ({"rotated": self.rotated} if self.rotated else {})


@dataclasses.dataclass(frozen=True)
class Found:
    """A face of a photo, cut out and with its landmarks, but not yet read.

    Attributes:
        face: its box and score.
        square: left, top and side of what was cut out, in pixels of the photo.
        crop: (48, 48) uint8, the face as the models see it.
        landmarks: (68, 2) float32, pixels of the crop.
        rotated: by how many degrees the face was turned clockwise in the photo as it was given. Box and square are in
            pixels of the photo turned upright.
        size: width and height of the photo as it was given; (0, 0) where nothing was turned.
        scale: how many pixels of the photo's file lie along the side of one here: over 1 where the file has more than
            ``images.MAX_PIXELS``. Face, square and size are in the pixels of here.
    """

    face: faces.Face
    square: tuple[int, int, int]
    crop: np.ndarray
    landmarks: np.ndarray
    rotated: int = 0
    size: tuple[int, int] = (0, 0)
    scale: int = 1


def recognise(
    source: Any,
    classifier: Classifier,
    *,
    detector: str = "hog",
    threshold: float | None = None,
    num_jitters: int | None = None,
) -> list[Reading]:
    """Find every face of an image and read its emotion. Lesson 00.

    Args:
        source: anything that ``images.read`` takes: a path, bytes, a Pillow image or an array.
        classifier: a model of ``weights.load``.
        detector: "hog" (dlib) or "haar" (OpenCV).
        threshold: lowest detector score; None takes the detector's own.
        num_jitters: landmarks are the mean over so many boxes, 1 to 12; None takes as many as the model was trained
            with.

    Returns:
        One reading a face, largest face first; an empty list where no face is found.

    Raises:
        CourseError: the image cannot be read, or there is no such detector.
    """
    found = find(source, detector=detector, threshold=threshold)
    return classify(found, classifier, num_jitters or classifier.num_jitters)


def find(
    source: Any,
    *,
    detector: str = "hog",
    threshold: float | None = None,
    smallest: float | None = None,
    turned: bool = False,
) -> list[Found]:
    """The first half of :func:`recognise`, which needs no model: every face of a photo, with its landmarks.

    Args:
        source, detector, threshold: as for :func:`recognise`.
        smallest: width in pixels of the smallest faces to look for; None takes ``faces.smallest_in``.
        turned: where no face stands clearly upright, look also for sure ones that lie on the side or stand on their
            head, and take the way up in which a face is surest. Takes four times as long on such a photo.
    """
    photo, scale = images.read_scaled(source)
    smallest = smallest or faces.smallest_in(photo.shape)

    def look(rotated: int) -> list[Found]:
        upright = np.ascontiguousarray(np.rot90(photo, rotated // 90))  # counter-clockwise
        lowest = faces.SURE if rotated and detector == "hog" and threshold is None else threshold
        found = faces.detect(upright, detector=detector, threshold=lowest, smallest=smallest)
        size = photo.shape[::-1] if rotated else (0, 0)
        people = [cut_out(upright, face) for face in found]
        return [dataclasses.replace(one, rotated=rotated, size=size, scale=scale) for one in people]

    def surest(people: list[Found]) -> float:
        return max((one.face.score for one in people), default=-np.inf)

    people = look(0)
    if turned and (not people or (detector == "hog" and surest(people) < _CLEAR)):
        people = max((people, *map(look, (90, 270, 180))), key=surest)
    return people


def cut_out(photo: np.ndarray, face: faces.Face) -> Found:
    """A face as the models see it, with the landmarks that they know it by.

    Args:
        photo: (H, W) uint8 grey.
        face: where it is.

    Raises:
        ValueError: not a grey uint8 image, or a box without size, outside the image or far larger than it.
    """
    square = faces.crop_square(face.box)
    crop = faces.crop(photo, face.box, side=SIDE)
    return Found(face, square, crop, landmarks.predict(crop, _in_crop(face.box, square)))


def classify(found: list[Found], classifier: Classifier, num_jitters: int = 1) -> list[Reading]:
    """The second half of :func:`recognise`: the emotion of each face that :func:`find` found.

    Args:
        found: the faces.
        classifier: a model of ``weights.load``.
        num_jitters: 1 takes the landmarks as they were found; more average them over so many boxes
            (:mod:`emocourse.faces.landmarks`), 1.3 ms each.
    """
    if not found:
        return []
    if num_jitters > 1:
        points = np.stack(
            [landmarks.predict_jittered(one.crop, _in_crop(one.face.box, one.square), num_jitters) for one in found]
        )
    else:
        points = np.stack([one.landmarks for one in found])
    probabilities = classifier.probabilities(np.stack([one.crop for one in found]), points)
    binary = landmarks.binary_image(points)
    seen = center_crop(np.stack([one.crop for one in found])) if classifier.pixels else binary
    return [
        Reading(
            box=_box_in_file(one),
            score=one.face.score,
            landmarks=_enlarged(_turned_back(_in_photo(one.landmarks, one.square), one), one.scale),
            binary=binary[i],
            seen=seen[i],
            emotion=classifier.emotions[int(probabilities[i].argmax())],
            probabilities=dict(zip(classifier.emotions, map(float, probabilities[i]), strict=True)),
            rotated=one.rotated,
        )
        for i, one in enumerate(found)
    ]


def _in_crop(box: faces.Box, square: tuple[int, int, int]) -> faces.Box:
    """A box of the photo in pixels of the 48×48 crop (pixel centres at whole numbers in both)."""
    left, top, side = square
    scale = SIDE / side
    x, y, w, h = box
    return (x - left + 0.5) * scale - 0.5, (y - top + 0.5) * scale - 0.5, w * scale, h * scale


def _in_photo(points: np.ndarray, square: tuple[int, int, int]) -> np.ndarray:
    """Landmarks of the 48×48 crop in pixels of the photo."""
    left, top, side = square
    return ((points + 0.5) * (side / SIDE) - 0.5 + np.array([left, top])).astype(np.float32)


def _turned_back(points: np.ndarray, found: Found) -> np.ndarray:
    """Points of a photo that was turned upright, in pixels of the photo as it was given."""
    if not found.rotated:
        return points
    x, y = points[..., 0], points[..., 1]
    right, bottom = found.size[0] - 1, found.size[1] - 1
    ways = {90: (right - y, x), 180: (right - x, bottom - y), 270: (y, bottom - x)}
    return np.stack(ways[found.rotated], -1)


def _enlarged(points: np.ndarray, scale: int) -> np.ndarray:
    """Points of a photo that was reduced, in pixels of its file."""
    return (points + np.float32(0.5)) * np.float32(scale) - np.float32(0.5) if scale > 1 else points


def _box_in_file(found: Found) -> faces.Box:
    if not found.rotated and found.scale == 1:
        return found.face.box
    x, y, w, h = found.face.box
    corners = _enlarged(_turned_back(np.array([(x, y), (x + w, y + h)]), found), found.scale)
    left, top = corners.min(0)
    right, bottom = corners.max(0)
    return float(left), float(top), float(right - left), float(bottom - top)
