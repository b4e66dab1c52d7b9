"""What the layers of a convolutional network compute, in plain numpy: slow, short, and to be read.

Lesson 06 takes the slides' network apart with these; :mod:`emocourse.models` builds the same layers in Keras.
"""

import math
from collections.abc import Sequence

import numpy as np

from ..errors import CourseError

KERNELS: dict[str, np.ndarray] = {
    "vertical edges": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32),
    "horizontal edges": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], np.float32),
    "outline": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], np.float32),
    "blur": np.full((3, 3), 1 / 9, np.float32),
    "unchanged": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], np.float32),
}
"""Well-known 3×3 kernels by what they find or do. The first two are Sobel's."""


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """One kernel over one image, as ``Conv2D`` computes it: no flipping of the kernel, no padding, step 1. Lesson 06.

    Mathematicians call this a cross-correlation; in deep learning it is "convolution".

    Args:
        image: (H, W) numbers.
        kernel: (h, w) numbers, h ≤ H and w ≤ W.

    Returns:
        (H - h + 1, W - w + 1) float32: at each place the sum of the products of kernel and window.

    Raises:
        CourseError: another number of axes, or a kernel that is larger than the image.
    """
    image, kernel = np.asarray(image, np.float32), np.asarray(kernel, np.float32)
    if image.ndim != 2 or kernel.ndim != 2 or not kernel.size or (np.array(kernel.shape) > image.shape).any():
        raise CourseError(
            f"A kernel of shape {kernel.shape} does not fit into an image of shape {image.shape}: "
            "both need two axes, and the kernel must not be larger."
        )
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijkl,kl->ij", windows, kernel)


def relu(values: np.ndarray) -> np.ndarray:
    """The values with everything below 0 set to 0: an array of the same shape. Lesson 06."""
    return np.maximum(values, 0)


def receptive_field(layers: Sequence[tuple[int, int]]) -> int:
    """How many pixels along a side one number that comes out of the last layer depends on.

    Args:
        layers: (window, stride) of each convolution or pooling, first to last.

    Raises:
        CourseError: a number is below 1.
    """
    if any(window < 1 or stride < 1 for window, stride in layers):
        raise CourseError("Windows and strides are whole numbers from 1 on: correct the layers.")
    field, step = 1, 1
    for window, stride in layers:
        field += (window - 1) * step
        step *= stride
    return field


def softmax(scores: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Scores to probabilities, along the last axis.

    Args:
        scores: (..., classes) finite numbers; adding the same number to all of a row changes nothing.
        temperature: scores are divided by it, above 0: below 1 the probabilities move apart, above 1 together.

    Returns:
        (..., classes) float64, each row from 0 to 1 with sum 1.
    """
    if not temperature > 0 or math.isinf(temperature):
        raise CourseError(f"The temperature must be above 0 and finite, and is not {temperature}.")
    scaled = np.asarray(scores, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))  # the largest exponent is 0: nothing overflows
    return powers / powers.sum(axis=-1, keepdims=True)


def cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The loss of each image: minus the logarithm of the probability that its right label got. Lesson 06.

    Args:
        probabilities: (n, classes), rows sum to 1.
        labels: (n,) whole numbers.

    Returns:
        (n,) float64, from 0 (certain and right) upwards; a probability of 0 counts as 1e-7, as in Keras.
    """
    right = np.asarray(probabilities, np.float64)[np.arange(len(labels)), labels]
    return -np.log(np.clip(right, 1e-7, 1))
