"""Every architecture of the course, a function each, as backend-neutral Keras 3.

Importing this module is light; Keras loads when the first model is built. Weights are ``weights.py``'s.
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from . import steady
from .landmarks import binary_image, inner
from .models_fusion import TRUNKS, from_its_parts, fusion, fusion_input
from .models_landmarks import geometry, geometry_input
from .models_lite0 import TRUNK, from_imagenet, lite0
from .models_pixels import imagenet, main, pixel_input, tiny, vgg16, vgg16_input
from .models_pixels import middle as middle

if TYPE_CHECKING:
    import keras

SIDE = 48
"""Side of every input picture in pixels, as on the slides."""


def slides_cnn(classes: int = 6, dropout: float = 0.2) -> "keras.Sequential":
    """The CNN of the slides: six convolutions in three blocks with max pooling, two dense layers, softmax.

    Its summary is the slides' layer table line for line, and with six classes it has 1,913,926 parameters.

    Args:
        classes: size of the softmax; the slides use six (FER2013 without disgust).
        dropout: rate of each of the four dropout layers; the slides use 0.2.

    Returns:
        An uncompiled model from (n, 48, 48, 1) float32 binary images, 0 or 1, to (n, classes) probabilities.

    Source: the slides, "Our model".
    """
    from .backend import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1)),
            layers.Conv2D(64, 3, activation="relu", name="conv2d"),
            layers.Conv2D(64, 3, activation="relu", name="conv2d_1"),
            layers.MaxPooling2D(name="max_pooling2d"),
            layers.Dropout(dropout, name="dropout"),
            layers.Conv2D(64, 3, activation="relu", name="conv2d_2"),
            layers.Conv2D(64, 3, activation="relu", name="conv2d_3"),
            layers.MaxPooling2D(name="max_pooling2d_1"),
            layers.Dropout(dropout, name="dropout_1"),
            layers.Conv2D(128, 3, activation="relu", name="conv2d_4"),
            layers.Conv2D(128, 3, activation="relu", name="conv2d_5"),
            layers.MaxPooling2D(name="max_pooling2d_2"),
            layers.Flatten(name="flatten"),
            layers.Dense(1024, activation="relu", name="dense"),
            layers.Dropout(dropout, name="dropout_2"),
            layers.Dense(1024, activation="relu", name="dense_1"),
            layers.Dropout(dropout, name="dropout_3"),
            layers.Dense(classes, activation="softmax", name="dense_2", dtype="float32"),
        ],
        name="sequential",
    )


def binary_input(images: np.ndarray | None, landmarks: np.ndarray) -> np.ndarray:
    """Binary images (n, 48, 48, 1) float32 of (n, 68, 2) landmarks; the pictures themselves are not looked at."""
    return binary_image(landmarks, SIDE)


def points(classes: int = 6, dropout: float = 0.0) -> "keras.Sequential":
    """Two dense layers over the inner landmarks' coordinates: learns 300 faces nearly by heart within seconds.

    It is there to be diagnosed (lesson 05), not to be good: nothing in it knows that a face may be moved or turned.

    Args:
        classes: size of the softmax.
        dropout: rate after each of the two layers.

    Returns:
        An uncompiled model from (n, 102) float32 ``points_input`` to (n, classes) probabilities; 93,702 parameters
        with six classes.
    """
    from .backend import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((102,)),
            layers.Dense(256, activation="relu", name="dense"),
            layers.Dropout(dropout, name="dropout"),
            layers.Dense(256, activation="relu", name="dense_1"),
            layers.Dropout(dropout, name="dropout_1"),
            layers.Dense(classes, activation="softmax", name="dense_2", dtype="float32"),
        ],
        name="points",
    )


def points_input(images: np.ndarray | None, landmarks: np.ndarray) -> np.ndarray:
    """The inner landmarks of (n, 68, 2) as (n, 102) float32: x, y, x, y, … from the middle, in units of 8 pixels.

    The pictures themselves are not looked at.
    """
    return ((inner(landmarks) - SIDE / 2) / 8).reshape(len(landmarks), -1).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class Architecture:
    """One entry of ``ARCHITECTURES``: how a model is built and what it reads.

    Attributes:
        build: function that takes the number of classes (and the option ``dropout``) and returns the uncompiled Keras
            model.
        classes: number of emotions it is trained on, 6 or 7.
        input: what it reads, in words ("binary image").
        prepare: (n, h, w) uint8 pictures and (n, 68, 2) landmarks to the model's input array, or a tuple of several.
        pixels: whether ``prepare`` looks at the pictures; else it may get None for them.
        landmarks: whether it looks at the landmarks; else it may get None for them.
        pretrain: fills a new model with weights learnt elsewhere, where the recipe asks for them.
        base: how the names of the layers begin that ``pretrain`` fills and the recipe's first epochs leave alone.
        boxes: boxes that its landmarks are the mean over (:mod:`emocourse.steady`), in training and unless told else.
        binary: whether it is the slides' network over binary images, which :mod:`emocourse.patches` trains faster.
    """

    build: Callable[..., "keras.Model"]
    classes: int
    input: str
    prepare: Callable[[np.ndarray | None, np.ndarray | None], np.ndarray | tuple[np.ndarray, ...]]
    pixels: bool = True
    landmarks: bool = True
    boxes: int = 1
    binary: bool = False
    pretrain: Callable[["keras.Model"], None] | None = None
    base: str | tuple[str, ...] = ""


ARCHITECTURES: dict[str, Architecture] = {
    "slides": Architecture(slides_cnn, 6, "binary image", binary_input, pixels=False, binary=True),
    "geometry": Architecture(geometry, 6, "landmarks", geometry_input, pixels=False, boxes=steady.BOXES),
    "points": Architecture(points, 6, "landmarks", points_input, pixels=False),
    "tiny": Architecture(tiny, 7, "pixels", pixel_input, landmarks=False),
    "main": Architecture(main, 7, "pixels", pixel_input, landmarks=False),
    "vgg16": Architecture(vgg16, 7, "pixels", vgg16_input, landmarks=False, pretrain=imagenet, base="block"),
    "lite0": Architecture(lite0, 7, "pixels", pixel_input, landmarks=False, pretrain=from_imagenet, base=TRUNK),
    "fusion": Architecture(
        fusion, 7, "pixels and landmarks", fusion_input, boxes=steady.BOXES, pretrain=from_its_parts, base=TRUNKS
    ),
}
