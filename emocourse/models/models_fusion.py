"""The network that looks at pixels and at landmarks, ``fusion``. The door to it is :mod:`emocourse.models`."""

from typing import TYPE_CHECKING

import numpy as np

from ..emotions import label_set
from .models_landmarks import geometry, geometry_input
from .models_pixels import pixel_input, tiny

if TYPE_CHECKING:
    import keras

TRUNKS = ("stem", "c32", "c56", "c80", "shape_")
"""How the names of the layers begin that ``fusion`` shares with ``tiny`` and ``geometry``."""


def fusion_input(images: np.ndarray, landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both models' inputs: (n, h, w, 1) float32 ``pixel_input`` and (n, 166) float32 ``geometry_input``."""
    return pixel_input(images), geometry_input(None, landmarks)


def fusion(classes: int = 7, dropout: float = 0.2) -> "keras.Model":
    """``tiny`` and ``geometry`` side by side, without their softmax layers, and one softmax over both.

    Args:
        classes: size of the softmax.
        dropout: rate before the softmax.

    Returns:
        An uncompiled model from ``fusion_input`` to (n, classes) probabilities.
    """
    from ..backend import keras

    layers = keras.layers
    pixels, shape = tiny(classes), geometry(classes)
    ends = [pixels.get_layer("mean").output, shape.get_layer("shape_end_norm").output]
    hidden = layers.Concatenate(dtype="float32", name="both")(ends)
    hidden = layers.Dropout(dropout, dtype="float32", name="dropout")(hidden)
    outputs = layers.Dense(classes, activation="softmax", name="emotions", dtype="float32")(hidden)
    return keras.Model([pixels.inputs[0], shape.inputs[0]], outputs, name="fusion")


def from_its_parts(model: "keras.Model") -> None:
    """Fill a ``fusion`` with the ``tiny`` and the ``geometry`` that ship, softmax layers included.

    The softmax begins as the product of what the two say, which is right where they err independently. An emotion that
    one of them does not know is left to the other.

    Args:
        model: built by ``fusion``.

    Raises:
        CourseError: one of the two does not ship, or its weights are damaged.
    """
    from . import weights  # here, since that room loads models of this one

    emotions = label_set(model.output_shape[-1])
    kernels, biases = [], np.zeros(len(emotions), np.float32)
    for name in ("tiny", "geometry"):
        part = weights.load(name)
        for layer in part.model.layers:
            if layer.weights and layer.name != "emotions":
                model.get_layer(layer.name).set_weights(layer.get_weights())
        kernel, bias = part.model.get_layer("emotions").get_weights()
        known = [k for k, emotion in enumerate(emotions) if emotion in part.emotions]
        columns = [part.emotions.index(emotions[k]) for k in known]
        kernels.append(np.zeros((len(kernel), len(emotions)), np.float32))
        kernels[-1][:, known] = kernel[:, columns] / part.temperature
        biases[known] += bias[columns] / part.temperature
    model.get_layer("emotions").set_weights([np.concatenate(kernels), biases])
