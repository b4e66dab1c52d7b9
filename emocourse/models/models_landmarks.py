"""The network that looks at landmarks alone, ``geometry``. The door to it is :mod:`emocourse.models`."""

import functools
from typing import TYPE_CHECKING

import numpy as np

from ..faces.landmarks import DISTANCE_NAMES, aligned, distances
from ..twin import model as twin

if TYPE_CHECKING:
    import keras

FEATURES = 68 * 2 + len(DISTANCE_NAMES)
"""Numbers that ``geometry_input`` makes of a face."""

_UNIT = 20  # pixels between the eyes of a FER2013 face, so that the numbers are about pixels of a 48×48 picture


def geometry_input(images: np.ndarray | None, landmarks: np.ndarray) -> np.ndarray:
    """Shape of faces: all 68 landmarks aligned by the eyes, and the distances between some; no picture is looked at.

    Args:
        images: not used.
        landmarks: (n, 68, 2) numbers, in pixels of any picture.

    Returns:
        (n, 166) float32 in twentieths of the distance between the eyes. Moving, enlarging or tilting a face changes
        nothing.
    """
    points = aligned(landmarks)
    return np.concatenate([points.reshape(len(points), -1), distances(points)], axis=1) * np.float32(_UNIT)


@functools.cache
def _usual() -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of each feature over the twin's faces, to standardise by; kept with a model's weights."""
    shape = geometry_input(None, twin.load().sample(500, seed=0)[0])
    return shape.mean(axis=0), shape.var(axis=0)


def geometry_trunk(features, dropout: float):
    """The layers of ``geometry`` before its softmax, from (n, 166) to (n, 192); ``fusion`` has them too."""
    from ..backend import keras

    layers, width = keras.layers, 192

    # float32 whatever the policy: coordinates need more digits than bfloat16 has, and dense layers gain little by it.
    def dense(hidden, name: str, activation: str | None = None):
        return layers.Dense(width, activation=activation, dtype="float32", name=f"shape_{name}")(hidden)

    def normalised(hidden, name: str):
        return layers.LayerNormalization(dtype="float32", name=f"shape_{name}_norm")(hidden)

    # Not trainable: it then standardises by these numbers, and not by every batch's own, whose noise costs accuracy.
    mean, variance = _usual()
    hidden = layers.BatchNormalization(
        center=False, scale=False, trainable=False, dtype="float32", name="standardise",
        moving_mean_initializer=keras.initializers.Constant(mean),
        moving_variance_initializer=keras.initializers.Constant(variance),
    )(features)  # fmt: skip
    hidden = dense(hidden, "in")
    for k in range(2):
        step = dense(normalised(hidden, f"{k}"), f"{k}_out", "gelu")
        step = dense(layers.Dropout(dropout, dtype="float32", name=f"shape_{k}_dropout")(step), f"{k}_back")
        hidden = layers.Add(dtype="float32", name=f"shape_{k}_add")([hidden, step])
    return layers.Dropout(dropout, dtype="float32", name="shape_dropout")(normalised(hidden, "end"))


def geometry(classes: int = 6, dropout: float = 0.3) -> "keras.Model":
    """A residual network of dense layers over the shape of a face: a tenth of the parameters of the slides' network.

    Args:
        classes: size of the softmax.
        dropout: rate in each block and before the softmax.

    Returns:
        An uncompiled model from (n, 166) float32 ``geometry_input`` to (n, classes) probabilities.
    """
    from ..backend import keras

    inputs = keras.Input((FEATURES,), name="shape")
    hidden = geometry_trunk(inputs, dropout)
    outputs = keras.layers.Dense(classes, activation="softmax", dtype="float32", name="emotions")(hidden)
    return keras.Model(inputs, outputs, name="geometry")
