"""The networks that look at pixels: ``tiny``, ``main``, ``vgg16``. The door to them is :mod:`emocourse.models`."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


def pixel_input(images: np.ndarray, landmarks: np.ndarray | None = None) -> np.ndarray:
    """Pictures (n, h, w) uint8 as (n, h, w, 1) float32, each with mean 0 and standard deviation 1.

    So a dark or a pale picture looks the same as a well exposed one. Landmarks are not looked at.
    """
    pixels = images.astype(np.float32)
    pixels -= pixels.mean(axis=(1, 2), keepdims=True)
    pixels /= np.maximum(pixels.std(axis=(1, 2), keepdims=True), 1.0)  # a grey level: an even picture stays even
    return pixels[..., None]


def _conv(hidden, filters: int, name: str, size: int = 3, relu: bool = True):
    """Convolution, batch normalisation (which makes a bias useless), and ReLU."""
    from .backend import keras

    layers = keras.layers
    hidden = layers.Conv2D(
        filters, size, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv"
    )(hidden)
    hidden = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(hidden)
    return layers.ReLU(name=f"{name}_relu")(hidden) if relu else hidden


def tiny(classes: int = 7, dropout: float = 0.1) -> "keras.Model":
    """A small residual network, made for processors: 19.5 million multiplications for a 44×44 picture.

    The picture is halved early and channels are few, since on a processor plain 3×3 convolutions on small maps are fast
    and separable ones are not. Any size of picture from 16×16 on will do: it ends with a mean over places.

    Args:
        classes: size of the softmax.
        dropout: rate before the last layer.

    Returns:
        An uncompiled model from (n, h, w, 1) float32 ``pixel_input`` to (n, classes) probabilities.
    """
    from .backend import keras

    layers = keras.layers
    inputs = keras.Input((None, None, 1), name="pixels")
    hidden = _conv(inputs, 16, "stem")
    for filters, repeats in ((32, 1), (56, 2), (80, 1)):
        block = f"c{filters}"
        hidden = layers.MaxPooling2D(name=f"{block}_pool")(hidden)
        hidden = _conv(hidden, filters, f"{block}_in")
        for k in range(repeats):
            step = _conv(hidden, filters, f"{block}_{k}", relu=False)
            hidden = layers.ReLU(name=f"{block}_{k}_relu")(layers.Add(name=f"{block}_{k}_add")([hidden, step]))
    hidden = layers.GlobalAveragePooling2D(name="mean")(hidden)
    hidden = layers.Dropout(dropout, name="dropout")(hidden)
    outputs = layers.Dense(classes, activation="softmax", name="emotions", dtype="float32")(hidden)
    return keras.Model(inputs, outputs, name="tiny")
