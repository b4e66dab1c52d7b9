"""How much of its accuracy does a model keep when images get worse? Blur, noise, dark, JPEG, rotation, occlusion."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from ..dataset.augmentation import affine_maps, move_images
from ..dataset.splits import Split
from ..models.architectures import ARCHITECTURES
from ..models.classifier import Classifier
from .reports import accuracy_of, evaluate

EYES, MOUTH = slice(36, 48), slice(48, 68)
"""The landmarks that an occlusion covers."""


def blur(images: np.ndarray, landmarks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gaussian blur with a standard deviation of 1.5 pixels."""
    import cv2

    return np.stack([cv2.GaussianBlur(image, (0, 0), 1.5) for image in images])


def noise(images: np.ndarray, landmarks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise with a standard deviation of 20 grey levels."""
    return _bytes(images + rng.normal(0, 20, images.shape))


def dark(images: np.ndarray, landmarks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A fifth of the light, and the noise of a camera then: a standard deviation of 3 grey levels."""
    return _bytes(images * 0.2 + rng.normal(0, 3, images.shape))


def jpeg(images: np.ndarray, landmarks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """JPEG of quality 10, written and read again."""
    import cv2

    packed = (cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 10])[1] for image in images)
    return np.stack([cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) for content in packed])


def turned(degrees: float) -> Callable[..., np.ndarray]:
    """Rotation about the centre, clockwise; the corners are filled with the image mirrored at its edge."""

    def turn(images: np.ndarray, landmarks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        n = len(images)
        maps = affine_maps(np.zeros(n, bool), np.full(n, np.radians(degrees)), np.ones(n), np.zeros((n, 2)), 48)
        return move_images(images, maps, 48)

    return turn


def covered(points: slice, margin: int = 2) -> Callable[..., np.ndarray]:
    """The box around some landmarks, ``margin`` pixels wider on each side, in the image's mean grey."""

    def cover(images: np.ndarray, landmarks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        result = images.copy()
        low = np.clip(np.floor(landmarks[:, points].min(1)) - margin, 0, 48).astype(int)
        high = np.clip(np.ceil(landmarks[:, points].max(1)) + margin + 1, 0, 48).astype(int)
        for image, (left, top), (right, bottom) in zip(result, low, high, strict=True):
            image[top:bottom, left:right] = round(float(image.mean()))
        return result

    return cover


CONDITIONS: dict[str, Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]] = {
    "blur": blur,
    "noise": noise,
    "dark": dark,
    "JPEG": jpeg,
    "rotated +15°": turned(15),
    "rotated -15°": turned(-15),
    "eyes covered": covered(EYES),
    "mouth covered": covered(MOUTH),
}
"""What is done to (n, 48, 48) uint8 images with (n, 68, 2) landmarks, by name."""


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def measure_robustness(
    classifier: Classifier, split: Split, *, tta: bool = False, boxes: int = 1, seed: int = 0,
    workers: int | None = None, progress: bool = False,
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """Accuracy on a split under each of ``CONDITIONS``.

    A model that looks at landmarks gets those that are found in the worse image, as it would in real life.

    Args:
        classifier: the model.
        split: images with the labels of its emotions (``Split.matching``).
        tta: with test-time augmentation.
        boxes: boxes that landmarks are the mean over (:mod:`emocourse.faces.landmarks`).
        seed: of the noise.
        workers, progress: of the search for landmarks.

    Returns:
        {condition: {"accuracy", "ci95"}}, the interval Wilson's, on all images.
    """
    from ..faces.preprocessing import preprocess

    found = {}
    for name, change in CONDITIONS.items():
        images = change(split.images, split.landmarks, np.random.default_rng(seed))
        landmarks = split.landmarks
        if _reads_landmarks(classifier):
            landmarks = preprocess(images, boxes=boxes, workers=workers, progress=progress).landmarks
        worse = dataclasses.replace(split, images=images, landmarks=landmarks)
        found[name] = accuracy_of(evaluate(classifier, worse, tta=tta).report)
    return found


def _reads_landmarks(classifier: Classifier) -> bool:
    parts = classifier.members or (classifier,)
    return any(part.name not in ARCHITECTURES or ARCHITECTURES[part.name].landmarks for part in parts)
