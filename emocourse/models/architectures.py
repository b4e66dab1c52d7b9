"""Every architecture of the course, a function each, as backend-neutral Keras 3.

Importing this module is light; Keras loads when the first model is built. Weights are ``weights.py``'s.
"""

import dataclasses
import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import twin
from ..dataset.augmentation import CROP, SIDE
from ..emotions import label_set
from ..errors import CourseError
from ..faces import landmarks
from ..faces.landmarks import DISTANCE_NAMES, aligned, binary_image, distances, inner
from .efficientnet import TRUNK as LITE0_TRUNK
from .efficientnet import lite0, load_lite0_imagenet

if TYPE_CHECKING:
    import keras

# --- The networks that look at pixels: ``tiny``, ``main``, ``vgg16`` --------------------------------------------------


def center_crop(images: np.ndarray) -> np.ndarray:
    """The middle 44×44 pixels of 48×48 images (n, 48, 48); images of another size as they are.

    Networks are trained on crops of that size. Shown the whole image they do worse: at its edges stands what they
    never saw there.
    """
    border = (SIDE - CROP) // 2
    return images[:, border:-border, border:-border] if images.shape[1:] == (SIDE, SIDE) else images


def pixel_input(images: np.ndarray, landmarks: np.ndarray | None = None) -> np.ndarray:
    """Images (n, h, w) uint8, of 48×48 their ``center_crop``, as (n, h, w, 1) float32, each with mean 0 and deviation
    1. Lesson 09.

    So a dark or a pale image looks the same as a well exposed one. Landmarks are not looked at. JAX's arrays do too.
    """
    pixels = center_crop(images).astype(np.float32)
    pixels = pixels - pixels.mean(axis=(1, 2), keepdims=True)
    spread = pixels.std(axis=(1, 2), keepdims=True).clip(1.0)  # a grey level: an even image stays even
    return (pixels / spread)[..., None]


def vgg16_input(images: np.ndarray, landmarks: np.ndarray | None = None) -> np.ndarray:
    """Images (n, h, w) uint8 as VGG16 was trained on: (n, h, w, 3) float32, blue, green, red less ImageNet's means.

    Of 48×48 images their ``center_crop`` is taken.
    The three channels of a grey image are equal before that.
    """
    means = np.array([103.939, 116.779, 123.68], np.float32)
    return center_crop(images).astype(np.float32)[..., None] - means


def tiny(classes: int = 7, dropout: float = 0.1) -> "keras.Model":
    """A small residual network, made for processors: 0.19 million parameters.

    19.5 million multiplications for a 44×44 image. The image is halved early and channels are few, since on a
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

    Made for transfer learning: ``load_imagenet`` fills the convolutions with what they learnt on ImageNet's
    photographs, and the recipe trains the new layer alone before it touches them. Here with random weights.

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


def load_imagenet(model: "keras.Model", source: str | os.PathLike = "imagenet") -> None:
    """Fill a ``vgg16``'s convolutions with weights trained on ImageNet.

    Args:
        model: built by ``vgg16``.
        source: "imagenet", which Keras downloads once (59 MB) and checks by its MD5, or a file that Keras' own
            ``save_weights`` wrote.

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


# --- The network that looks at landmarks alone, ``geometry`` ----------------------------------------------------------

FEATURES = 68 * 2 + len(DISTANCE_NAMES)
"""Numbers that ``geometry_input`` makes of a face."""

_UNIT = 20  # pixels between the eyes of a FER2013 face, so that the numbers are about pixels of a 48×48 image


def geometry_input(images: np.ndarray | None, landmarks: np.ndarray) -> np.ndarray:
    """Shape of faces: all 68 landmarks aligned by the eyes, and the distances between some; no image is looked at.

    Args:
        images: not used.
        landmarks: (n, 68, 2) numbers, in pixels of any image.

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


# --- The network that looks at pixels and at landmarks, ``fusion`` ----------------------------------------------------

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


def fill_from_parts(model: "keras.Model", *parts: Any) -> None:
    """Fill a ``fusion`` with a trained ``tiny`` and a trained ``geometry``, softmax layers included.

    The softmax begins as the product of what the two say, which is right where they err independently. An emotion that
    one of them does not know is left to the other.

    Args:
        model: built by ``fusion``.
        parts: the :class:`emocourse.models.classifier.Classifier` of each of the two, in this order.
    """
    emotions = label_set(model.output_shape[-1])
    kernels, biases = [], np.zeros(len(emotions), np.float32)
    for part in parts:
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
    from ..backend import keras

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
    """Binary images (n, 48, 48, 1) float32 of (n, 68, 2) landmarks; the images themselves are not looked at."""
    return binary_image(landmarks, SIDE)


def points(classes: int = 6, dropout: float = 0.0) -> "keras.Sequential":
    """Two dense layers over the inner landmarks' coordinates: learns 300 faces nearly by heart within seconds.

    It is there to be diagnosed (lesson 07), not to be good: nothing in it knows that a face may be moved or turned.

    Args:
        classes: size of the softmax.
        dropout: rate after each of the two layers.

    Returns:
        An uncompiled model from (n, 102) float32 ``points_input`` to (n, classes) probabilities; 93,702 parameters
        with six classes.
    """
    from ..backend import keras

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

    The images themselves are not looked at.
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
        preprocess_input: (n, h, w) uint8 images and (n, 68, 2) landmarks to the model's input array, or a tuple of
            several.
        pixels: whether ``preprocess_input`` looks at the images; else it may get None for them.
        landmarks: whether it looks at the landmarks; else it may get None for them.
        pretrain: fills a new model with weights learnt elsewhere, where the recipe asks for them; called with the model
            and the trained ``parts``.
        parts: names of the trained models that ``pretrain`` begins with.
        backbone: how the names of the layers begin that ``pretrain`` fills and the recipe's first epochs leave alone.
        num_jitters: boxes that its landmarks are the mean over (:mod:`emocourse.faces.landmarks`), in training and
            unless told else.
        binary: whether it is the slides' network over binary images, which :mod:`emocourse.models.shared_patches`
            trains faster.
    """

    build: Callable[..., "keras.Model"]
    classes: int
    input: str
    preprocess_input: Callable[[np.ndarray | None, np.ndarray | None], np.ndarray | tuple[np.ndarray, ...]]
    pixels: bool = True
    landmarks: bool = True
    num_jitters: int = 1
    binary: bool = False
    pretrain: Callable[..., None] | None = None
    parts: tuple[str, ...] = ()
    backbone: str | tuple[str, ...] = ""


ARCHITECTURES: dict[str, Architecture] = {
    "slides": Architecture(slides_cnn, 6, "binary image", binary_input, pixels=False, binary=True),
    "geometry": Architecture(geometry, 6, "landmarks", geometry_input, pixels=False, num_jitters=landmarks.MAX_JITTERS),
    "points": Architecture(points, 6, "landmarks", points_input, pixels=False),
    "tiny": Architecture(tiny, 7, "pixels", pixel_input, landmarks=False),
    "main": Architecture(main, 7, "pixels", pixel_input, landmarks=False),
    "vgg16": Architecture(vgg16, 7, "pixels", vgg16_input, landmarks=False, pretrain=load_imagenet, backbone="block"),
    "lite0": Architecture(
        lite0, 7, "pixels", pixel_input, landmarks=False, pretrain=load_lite0_imagenet, backbone=LITE0_TRUNK
    ),
    "fusion": Architecture(
        fusion,
        7,
        "pixels and landmarks",
        fusion_input,
        num_jitters=landmarks.MAX_JITTERS,
        pretrain=fill_from_parts,
        parts=("tiny", "geometry"),
        backbone=TRUNKS,
    ),
}
