"""The networks that look at pixels: ``tiny``, ``main``, ``vgg16``. The door to them is :mod:`emocourse.models`."""

import os
from typing import TYPE_CHECKING

import numpy as np

from ..dataset.augmentation import CROP, SIDE
from ..errors import CourseError

if TYPE_CHECKING:
    import keras


def middle(images: np.ndarray) -> np.ndarray:
    """The middle 44×44 pixels of 48×48 pictures (n, 48, 48); pictures of another size as they are.

    Networks are trained on crops of that size. Shown the whole picture they do worse: at its edges stands what they
    never saw there.
    """
    border = (SIDE - CROP) // 2
    return images[:, border:-border, border:-border] if images.shape[1:] == (SIDE, SIDE) else images


def pixel_input(images: np.ndarray, landmarks: np.ndarray | None = None) -> np.ndarray:
    """Pictures (n, h, w) uint8, of 48×48 their ``middle``, as (n, h, w, 1) float32, each with mean 0 and deviation 1.

    So a dark or a pale picture looks the same as a well exposed one. Landmarks are not looked at. JAX's arrays do too.
    """
    pixels = middle(images).astype(np.float32)
    pixels = pixels - pixels.mean(axis=(1, 2), keepdims=True)
    spread = pixels.std(axis=(1, 2), keepdims=True).clip(1.0)  # a grey level: an even picture stays even
    return (pixels / spread)[..., None]


def vgg16_input(images: np.ndarray, landmarks: np.ndarray | None = None) -> np.ndarray:
    """Pictures (n, h, w) uint8 as VGG16 was trained on: (n, h, w, 3) float32, blue, green, red less ImageNet's means.

    Of 48×48 pictures their ``middle`` is taken.
    The three channels of a grey picture are equal before that.
    """
    means = np.array([103.939, 116.779, 123.68], np.float32)
    return middle(images).astype(np.float32)[..., None] - means


def tiny(classes: int = 7, dropout: float = 0.1) -> "keras.Model":
    """A small residual network, made for processors: 0.19 million parameters.

    19.5 million multiplications for a 44×44 picture. The picture is halved early and channels are few, since on a
    processor plain 3×3 convolutions on small maps are fast, and separable ones are not.

    Args:
        classes: size of the softmax.
        dropout: rate before the last layer.

    Returns:
        An uncompiled model from (n, h, w, 1) float32 ``pixel_input``, of any size from 16×16 on, to (n, classes)
        probabilities.
    """
    return _residual("tiny", 16, ((32, 1), (56, 2), (80, 1)), classes, dropout)


def main(classes: int = 7, dropout: float = 0.3) -> "keras.Model":
    """The same network as ``tiny``, wider and deeper: 3.2 million parameters.

    Args:
        classes: size of the softmax.
        dropout: rate before the last layer.

    Returns:
        As ``tiny``.
    """
    return _residual("main", 32, ((96, 2), (160, 3), (256, 3)), classes, dropout)


def _residual(name: str, stem: int, blocks: tuple[tuple[int, int], ...], classes: int, dropout: float) -> "keras.Model":
    """Convolution, then blocks (filters, repeats): halve, widen, and add a convolution's output ``repeats`` times.

    A block's name says its filters, so every variable's path is its own. The idea of adding is He et al. (2016).
    """
    from ..backend import keras

    layers = keras.layers
    inputs = keras.Input((None, None, 1), name="pixels")
    hidden = _conv(inputs, stem, "stem")
    for filters, repeats in blocks:
        block = f"c{filters}"
        hidden = layers.MaxPooling2D(name=f"{block}_pool")(hidden)
        hidden = _conv(hidden, filters, f"{block}_in")
        for k in range(repeats):
            step = _conv(hidden, filters, f"{block}_{k}", relu=False)
            hidden = layers.ReLU(name=f"{block}_{k}_relu")(layers.Add(name=f"{block}_{k}_add")([hidden, step]))
    return _finish(name, inputs, hidden, classes, dropout)


def _conv(hidden, filters: int, name: str, relu: bool = True):
    """3×3 convolution, batch normalisation (which makes a bias useless), and ReLU.

    Without the ReLU it is what a block adds, and begins as nothing (Goyal et al. 2017): so depth does no harm at first.
    """
    from ..backend import keras

    layers = keras.layers
    hidden = layers.Conv2D(
        filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv"
    )(hidden)
    gamma = "ones" if relu else "zeros"
    hidden = layers.BatchNormalization(momentum=0.9, gamma_initializer=gamma, name=f"{name}_norm")(hidden)
    return layers.ReLU(name=f"{name}_relu")(hidden) if relu else hidden


def _finish(name: str, inputs, hidden, classes: int, dropout: float) -> "keras.Model":
    """Mean over places, dropout, softmax."""
    from ..backend import keras

    layers = keras.layers
    hidden = layers.GlobalAveragePooling2D(name="mean")(hidden)
    hidden = layers.Dropout(dropout, name="dropout")(hidden)
    outputs = layers.Dense(classes, activation="softmax", name="emotions", dtype="float32")(hidden)
    return keras.Model(inputs, outputs, name=name)


def vgg16(classes: int = 7, dropout: float = 0.5) -> "keras.Model":
    """VGG16's thirteen convolutions (Simonyan and Zisserman 2015), a mean over places, and a new softmax.

    Made for transfer learning: ``imagenet`` fills the convolutions with what they learnt on ImageNet's photographs, and
    the recipe trains the new layer alone before it touches them. Here with random weights.

    Args:
        classes: size of the softmax.
        dropout: rate before the last layer.

    Returns:
        An uncompiled model from (n, h, w, 3) float32 ``vgg16_input``, of any size from 32×32 on, to (n, classes)
        probabilities.
    """
    from ..backend import keras

    inputs = keras.Input((None, None, 3), name="pixels")
    base = keras.applications.VGG16(include_top=False, weights=None, input_tensor=inputs)
    return _finish("vgg16", inputs, base.output, classes, dropout)


def imagenet(model: "keras.Model", source: str | os.PathLike = "imagenet") -> None:
    """Fill a ``vgg16``'s convolutions with weights trained on ImageNet.

    Args:
        model: built by ``vgg16``.
        source: "imagenet", which Keras downloads once (58 MB), or a file that Keras' own ``save_weights`` wrote.

    Raises:
        CourseError: they cannot be downloaded or read.
    """
    from ..backend import keras

    try:
        trained = keras.applications.VGG16(include_top=False, weights=os.fspath(source))
    except Exception as error:  # Keras raises a bare Exception for a failed download, and many kinds for a bad file
        raise CourseError(
            f"The ImageNet weights of VGG16 cannot be had ({type(error).__name__}): Keras downloads them once, so "
            "connect to the internet and run this again."
        ) from error
    for layer in trained.layers:
        if layer.weights:
            model.get_layer(layer.name).set_weights(layer.get_weights())
