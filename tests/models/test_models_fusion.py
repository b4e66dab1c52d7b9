"""The model of pixels and landmarks: it begins as the product of its two parts, and then learns."""

import numpy as np
import pytest

from emocourse.backend import keras
from emocourse.dataset import splits as dataset
from emocourse.emotions import EMOTIONS, EMOTIONS_6
from emocourse.models import architectures as models
from emocourse.models import weights
from emocourse.training import loop as training


@pytest.fixture(scope="module")
def faces():
    sizes = {"train": 60, "validation": 30, "test": 0}
    return dataset.load("twin", sizes=sizes, seed=4, workers=1, progress=False)


@pytest.fixture
def parts(monkeypatch, tmp_path):
    """A tiny and a geometry with random weights, read back as if they shipped."""
    made = {}
    for name, temperature in (("tiny", 1.0), ("geometry", 2.0)):
        keras.utils.set_random_seed(len(name))
        model = models.ARCHITECTURES[name].build(models.ARCHITECTURES[name].classes)
        for variable in model.trainable_variables:  # also the zeros, so that no layer may be left out unseen
            if len(variable.shape) < 2:
                variable.assign(variable + np.random.default_rng(1).normal(0, 0.1, variable.shape))
        weights.save(model, tmp_path / f"{name}.safetensors", name, temperature)
        made[name] = weights.load(tmp_path / f"{name}.safetensors")
    load = weights.load
    monkeypatch.setattr(weights, "load", lambda source: made.get(source) or load(source))
    return made


@pytest.mark.parametrize(("classes", "emotions"), [(6, EMOTIONS_6), (7, EMOTIONS)])
def test_it_begins_as_the_product_of_its_parts(classes, emotions, parts, faces):
    model = models.fusion(classes)
    models.fill_from_parts(model, *map(weights.load, models.ARCHITECTURES["fusion"].parts))
    split = faces.validation
    both = model.predict_on_batch(models.fusion_input(split.images, split.landmarks))
    of_pixels = parts["tiny"].probabilities(split.images, split.landmarks)
    of_shape = parts["geometry"].probabilities(split.images, split.landmarks)
    expected = np.stack([of_pixels[:, EMOTIONS.index(name)] for name in emotions], 1)
    for k, name in enumerate(emotions):
        if name in EMOTIONS_6:
            expected[:, k] *= of_shape[:, EMOTIONS_6.index(name)]
    if classes == 7:  # geometry does not speak of disgust: its softmax divides the others alone
        logits = keras.Model(model.inputs, model.get_layer("both").output).predict_on_batch(
            models.fusion_input(split.images, split.landmarks)
        )
        kernel, bias = model.get_layer("emotions").get_weights()
        assert (kernel[-192:, EMOTIONS.index("disgust")] == 0).all() and (kernel[:-192] != 0).any(0).all()
        powers = np.exp(logits @ kernel + bias)
        np.testing.assert_allclose(both, powers / powers.sum(1, keepdims=True), atol=1e-4)
        keep = [EMOTIONS.index(name) for name in EMOTIONS_6]
        both, expected = both[:, keep], expected[:, keep]
    np.testing.assert_allclose(both / both.sum(1, keepdims=True), expected / expected.sum(1, keepdims=True), atol=2e-4)
    assert np.ptp(both, axis=0).max() > 0.01


def test_the_softmax_learns_before_the_rest(parts, faces, tmp_path):
    recipe = training.RECIPES["fusion"].but(epochs=1, frozen_epochs=1, batch=30, ema=0.0, learning_rate=0.05)
    recipe = recipe.set(["calibrate=false"])
    one = training.train(recipe, faces, tmp_path / "one", precision="float32", progress=False).classifier.model
    trunk = [layer.name for layer in one.layers if layer.name.startswith(models.ARCHITECTURES["fusion"].backbone)]
    begun = models.fusion()
    models.fill_from_parts(begun, *map(weights.load, models.ARCHITECTURES["fusion"].parts))

    def moved(model, names):
        return [n for n in names for a, b in zip(model.get_layer(n).get_weights(), begun.get_layer(n).get_weights(),
                strict=True) if np.abs(a - b).max() > 2e-3 * max(1, np.abs(b).max())]  # fmt: skip

    assert not moved(one, trunk) and moved(one, ["emotions"])
    two = training.train(
        recipe.but(epochs=3, fine_tuning=0.2), faces, tmp_path / "three", precision="float32", progress=False
    ).classifier.model
    assert {"stem_conv", "shape_in"} <= set(moved(two, trunk))
    assert not moved(two, ["standardise"])


def test_without_the_parts_it_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(weights, "_shipped_path", lambda name: None)
    weights._load_shipped.cache_clear()
    with pytest.raises(weights.CourseError, match="No weights of tiny ship"):
        models.fill_from_parts(models.fusion(), *map(weights.load, models.ARCHITECTURES["fusion"].parts))


def test_it_is_small_enough():
    assert 2 * models.fusion().count_params() < 4_000_000
