"""Transfer learning: what is taken over, what is new, and what learns."""

import numpy as np
import pytest

from emocourse.dataset.splits import Split
from emocourse.emotions import EMOTIONS
from emocourse.errors import CourseError
from emocourse.from_scratch.cnn import receptive_field
from emocourse.models import transfer, weights


def split(n):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(7, dtype=np.uint8), n))
    k = len(labels)
    return Split(
        np.zeros((k, 48, 48), np.uint8), np.zeros((k, 68, 2), np.float32), labels, np.ones(k, bool), np.arange(k)
    )


def test_few_of_each():
    few = transfer.few_of_each(split(5), 2)
    assert few.counts() == dict.fromkeys(EMOTIONS, 2)
    assert (np.diff(few.rows) > 0).all()
    assert (few.rows == transfer.few_of_each(split(5), 2).rows).all()
    assert (few.rows != transfer.few_of_each(split(5), 2, seed=1).rows).any()
    for n in (0, 6):
        with pytest.raises(CourseError, match="There are 5 images"):
            transfer.few_of_each(split(5), n)


def test_the_learnt_layers_are_kept_and_the_softmax_is_new():
    trained = weights.load("slides").model
    before = [weight.copy() for weight in trained.get_weights()]
    network, other = (transfer.with_new_softmax("slides", 7, keep=keep) for keep in (True, False))
    assert network.output_shape == (None, 7)
    for layer in network.layers[:-1]:
        learnt, new = trained.get_layer(layer.name).get_weights(), other.get_layer(layer.name).get_weights()
        assert all(map(np.array_equal, layer.get_weights(), learnt))
        assert not learnt or not np.array_equal(new[0], learnt[0])
    again = transfer.with_new_softmax("slides", 7)
    assert np.array_equal(again.layers[-1].get_weights()[0], network.layers[-1].get_weights()[0])

    for layer in network.layers[:-1]:
        layer.trainable = False
    images = (np.random.default_rng(1).random((8, 48, 48, 1)) < 0.02).astype(np.float32)
    network.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    network.fit(images, np.arange(8) % 7, epochs=2, verbose=0)
    frozen, learnt = network.get_layer("conv2d").get_weights()[0], trained.get_layer("conv2d").get_weights()[0]
    assert np.array_equal(frozen, learnt)
    assert all(map(np.array_equal, trained.get_weights(), before))


def test_an_ensemble_has_no_layers_to_take_over():
    one = weights.load("slides")
    several = weights.Classifier("ensemble", None, one.emotions, None, members=(one, one))
    with pytest.raises(CourseError, match="not one network"):
        transfer.with_new_softmax(several, 7)


def test_receptive_field():
    assert [receptive_field([(3, 1)] * k) for k in range(4)] == [1, 3, 5, 7]
    assert receptive_field([(3, 1), (3, 1), (2, 2)] * 3) == 36
    # By counting: which pixels of a row change what comes out of windows of 3 by 2, then 2 by 2?
    seen = {2 * k + j for k in range(2) for j in range(3)}
    assert receptive_field([(3, 2), (2, 2)]) == len(seen)
    with pytest.raises(CourseError):
        receptive_field([(3, 0)])
