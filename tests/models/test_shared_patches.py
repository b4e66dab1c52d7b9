"""Shared patches compute what the plain network computes: outputs, and gradients of every weight."""

import numpy as np
import pytest

from emocourse import twin
from emocourse.backend import keras
from emocourse.faces.landmarks import binary_image
from emocourse.models import architectures as models
from emocourse.models import shared_patches as patches


@pytest.fixture(scope="module")
def binary():
    points, _ = twin.load().sample(40, seed=3)
    drawn = binary_image(points)
    drawn[0] = 0  # an empty image
    drawn[1, :6] = 1  # dots up to the edges
    drawn[2, -6:, :, 0] = np.random.default_rng(0).integers(0, 2, (6, 48))
    return drawn


def test_patch_codes_read_the_pixels_row_by_row():
    image = np.zeros((1, 4, 4), np.uint8)
    image[0, 1, 2] = 1
    codes = patches.patch_codes(image, 3, 1)
    assert codes.shape == (1, 2, 2)
    assert codes[0].tolist() == [[1 << 5, 1 << 4], [1 << 2, 1 << 1]]


def test_sub_codes_are_the_codes_of_the_smaller_patches(binary):
    flat = binary[..., 0]
    sixes = patches.patch_codes(flat, 6, 2)
    fives = patches.patch_codes(flat, 5, 1)
    expected = np.stack([fives[:, i : i + 43 : 2, j : j + 43 : 2] for i in (0, 1) for j in (0, 1)], -1)
    np.testing.assert_array_equal(patches.sub_codes(sixes.ravel(), 6, 5), expected.reshape(-1, 4))


def test_the_table_does_not_depend_on_the_chunk(binary):
    one, many = patches.PatchTable.of(binary), patches.PatchTable.of(binary, chunk=7)
    for name in ("places", "fours", "nines"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name))


def test_a_batch_holds_only_its_own_patches(binary):
    table = patches.PatchTable.of(binary)
    places, fours, nines = table.batch(np.array([0]))  # the empty image: one patch on every level
    assert places.max() == 0 and not fours[:1].any() and not nines[:1].any()
    assert len(fours) % 8192 == 0 and len(nines) % 8192 == 0


def test_same_output_as_the_plain_network(binary):
    network = models.slides_cnn()
    _random_biases(network)
    images = np.array([5, 0, 1, 2, 39, 5])
    shared = patches.SharedPatches(network)(patches.PatchTable.of(binary).batch(images))
    plain = network(binary[images])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(shared), keras.ops.convert_to_numpy(plain), atol=2e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="gradients are taken with TensorFlow's tape")
def test_same_gradients_as_the_plain_network(binary):
    import tensorflow as tf

    keras.utils.set_random_seed(0)  # where two numbers of a pool are nearly the same, the other may be the larger one
    network = models.slides_cnn(dropout=0)
    _random_biases(network)
    labels = np.arange(len(binary)) % 6
    loss = keras.losses.SparseCategoricalCrossentropy()

    def gradients(model, inputs):
        with tf.GradientTape() as tape:
            value = loss(labels, model(inputs, training=True))
        return [g.numpy() for g in tape.gradient(value, network.trainable_variables)]

    plain = gradients(network, binary)
    shared = gradients(patches.SharedPatches(network), patches.PatchTable.of(binary).batch(np.arange(len(binary))))
    for variable, a, b in zip(network.trainable_variables, plain, shared, strict=True):
        assert np.abs(a).max() > 0, variable.path
        np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-4 * np.abs(a).max(), err_msg=variable.path)


def _random_biases(network):
    """Zero biases would hide a bias that is left out, and give ties that pooling may break either way."""
    rng = np.random.default_rng(1)
    for layer in network.layers:
        if layer.weights:
            layer.bias.assign(rng.normal(0, 0.1, layer.bias.shape))
