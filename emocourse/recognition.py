"""A photo in, its people and their emotions out: the slides' steps 1 to 7 and the model, for any picture.

A model learns from FER2013's framing, so a face found in a photo is cut out in the same one (``faces.crop_square``).
"""

import dataclasses
from typing import Any

import numpy as np

from . import faces, images, landmarks
from .models import SIDE
from .weights import Classifier


@dataclasses.dataclass(frozen=True)
class Reading:
    """What was read from one face.

    Attributes:
        box: (x, y, w, h) of the face in pixels of the photo.
        score: the detector's score; higher is surer.
        landmarks: (68, 2) float32, pixels of the photo.
        binary: (48, 48, 1) float32, the binary image that the slides' network sees.
        emotion: the most probable emotion.
        probabilities: probability of each emotion, 0 to 1, summing to 1.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: np.ndarray
    binary: np.ndarray
    emotion: str
    probabilities: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """The face as `emocourse predict --json` prints it: box in whole pixels, emotion, probabilities."""
        return {
            "box": [round(value) for value in self.box],
            "emotion": self.emotion,
            "probabilities": {name: round(value, 4) for name, value in self.probabilities.items()},
        }


def recognise(
    source: Any, classifier: Classifier, *, detector: str = "hog", threshold: float | None = None
) -> list[Reading]:
    """Find every face of a picture and read its emotion.

    Args:
        source: anything that ``images.read`` takes: a path, bytes, a Pillow image or an array.
        classifier: a model of ``weights.load``.
        detector: "hog" (dlib) or "haar" (OpenCV).
        threshold: lowest detector score; None takes the detector's own.

    Returns:
        One reading a face, largest face first; an empty list where no face is found.

    Raises:
        CourseError: the picture cannot be read, or there is no such detector.
    """
    photo = images.read(source)
    found = faces.detect(photo, detector=detector, threshold=threshold)
    if not found:
        return []
    squares = [faces.crop_square(face.box) for face in found]
    crops = np.stack([faces.crop(photo, face.box, side=SIDE) for face in found])
    points = np.stack(
        [
            landmarks.predict(crop, _in_crop(face.box, square))
            for crop, face, square in zip(crops, found, squares, strict=True)
        ]
    )
    probabilities = classifier.probabilities(crops, points)
    binary = landmarks.binary_image(points)
    return [
        Reading(
            box=face.box,
            score=face.score,
            landmarks=_in_photo(points[i], squares[i]),
            binary=binary[i],
            emotion=classifier.emotions[int(probabilities[i].argmax())],
            probabilities=dict(zip(classifier.emotions, map(float, probabilities[i]), strict=True)),
        )
        for i, face in enumerate(found)
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
