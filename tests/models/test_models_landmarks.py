"""The model that looks at landmarks alone: what it reads, its size, and that it learns."""

import dataclasses

import numpy as np
import pytest

from emocourse import twin
from emocourse.backend import keras
from emocourse.dataset import splits as dataset
from emocourse.faces import landmarks
from emocourse.models import architectures as models
from emocourse.models import weights
from emocourse.training import loop as training


@pytest.fixture(scope="module")
def points():
    return twin.load().sample(20, seed=2)[0]


def test_the_input_is_the_shape_alone(points):
    shape = models.geometry_input(None, points)
    assert shape.shape == (20, 166) and shape.dtype == np.float32
    angle = np.radians(20)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (3 * points @ turn + [100, -7]).astype(np.float32)
    np.testing.assert_allclose(models.geometry_input(None, moved), shape, atol=1e-3)
    np.testing.assert_allclose(shape[:, :136].reshape(-1, 68, 2), 20 * landmarks.aligned(points), atol=1e-4)
    np.testing.assert_allclose(shape[:, 136:], 20 * landmarks.distances(points), atol=1e-4)


def test_every_point_but_the_tilt_reaches_the_model(points):
    shape = models.geometry_input(None, points[:1])
    for k in range(68):
        other = points[:1].copy()
        other[0, k, 1] += 1
        assert np.abs(models.geometry_input(None, other) - shape).max() > 0.1


@pytest.mark.parametrize("classes", [6, 7])
def test_its_size(classes):
    model = models.geometry(classes)
    assert model.count_params() <= models.slides_cnn(classes).count_params() / 10
    assert model.count_params() == 181_772 + 193 * classes
    assert all(layer.compute_dtype == "float32" for layer in model.layers)


def test_it_is_float32_whatever_the_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = models.geometry()
    finally:
        keras.config.set_dtype_policy("float32")
    assert {layer.compute_dtype for layer in model.layers if layer.weights} == {"float32"}


def test_it_learns_from_landmarks(tmp_path):
    data = dataset.load("twin", sizes={"train": 300, "validation": 60, "test": 0}, seed=1, workers=1, progress=False)
    recipe = training.RECIPES["geometry"].but(epochs=12, batch=60, ema=0.8, warmup=1)
    run = training.train(recipe, data, tmp_path, progress=False)
    split = data.train.without_disgust()
    right = run.classifier.probabilities(split.images, split.landmarks).argmax(1) == split.labels
    assert right.mean() > 0.5 > 1.5 * np.bincount(split.labels).max() / len(split)
    blind = dataclasses.replace(split, images=np.zeros_like(split.images))
    np.testing.assert_array_equal(
        run.classifier.probabilities(split.images, split.landmarks),
        weights.load(run.weights).probabilities(blind.images, blind.landmarks),
    )
