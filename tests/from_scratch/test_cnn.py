"""The layers in numpy: small cases by hand, the same as Keras on random ones, and what they refuse."""

import numpy as np
import pytest

from emocourse.backend import keras
from emocourse.errors import CourseError
from emocourse.from_scratch import cnn as layers

RNG = np.random.default_rng(0)


def test_convolve_by_hand():
    image = np.arange(12).reshape(3, 4)
    assert layers.convolve(image, [[0, 1], [-1, 0]]).tolist() == [[-3, -3, -3], [-3, -3, -3]]
    assert layers.convolve(image, [[1, 0, 0], [0, 0, 0], [0, 0, 0]]).tolist() == [[0, 1]]


@pytest.mark.parametrize("window", [1, 2, 3, 5])
def test_convolution_is_that_of_keras(window):
    image, kernel = RNG.normal(size=(9, 7)).astype("float32"), RNG.normal(size=(window, window)).astype("float32")
    given = layers.relu(layers.convolve(image, kernel))
    layer = keras.layers.Conv2D(1, window, activation="relu")
    layer.build((None, 9, 7, 1))
    layer.kernel.assign(kernel[:, :, None, None])
    right = keras.ops.convert_to_numpy(layer(image[None, :, :, None]))[0, :, :, 0]
    np.testing.assert_allclose(given, right, atol=1e-5)


@pytest.mark.parametrize("temperature", [0.5, 1, 3])
def test_softmax_is_that_of_keras(temperature):
    scores = RNG.normal(size=(4, 6)).astype("float32")
    right = keras.ops.convert_to_numpy(keras.ops.softmax(scores / temperature, axis=-1))
    np.testing.assert_allclose(layers.softmax(scores, temperature), right, atol=1e-6)


def test_softmax_of_huge_scores():
    given = layers.softmax([[1000.0, 999.0], [-1e6, -1e6]])
    np.testing.assert_allclose(given, [[0.7310586, 0.2689414], [0.5, 0.5]], atol=1e-6)


def test_cross_entropy():
    probabilities = np.array([[1.0, 0.0], [0.5, 0.5], [1.0, 0.0]])
    np.testing.assert_allclose(layers.cross_entropy(probabilities, [0, 1, 1]), [0, np.log(2), 16.118], atol=1e-3)
    np.testing.assert_allclose(layers.cross_entropy(np.full((1, 6), 1 / 6), [3]), 1.79176, atol=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: layers.convolve(np.ones((2, 2)), np.ones((3, 3))),
        lambda: layers.convolve(np.ones((4, 4, 1)), np.ones((3, 3))),
        lambda: layers.convolve(np.ones((4, 4)), np.ones((0, 3))),
        lambda: layers.softmax([1.0], 0),
        lambda: layers.softmax([1.0], float("inf")),
        lambda: layers.softmax([1.0], float("nan")),
    ],
)
def test_one_sentence_for_what_cannot_be_computed(wrong):
    with pytest.raises(CourseError, match=r"\.$"):
        wrong()


def test_receptive_field():
    assert [layers.receptive_field([(3, 1)] * k) for k in range(4)] == [1, 3, 5, 7]
    assert layers.receptive_field([(3, 1), (3, 1), (2, 2)] * 3) == 36
    # By counting: which pixels of a row change what comes out of windows of 3 by 2, then 2 by 2?
    seen = {2 * k + j for k in range(2) for j in range(3)}
    assert layers.receptive_field([(3, 2), (2, 2)]) == len(seen)
    with pytest.raises(CourseError):
        layers.receptive_field([(3, 0)])
