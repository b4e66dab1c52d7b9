"""Weights files of every architecture, ensembles, test-time augmentation, calibration."""

import dataclasses

import numpy as np
import pytest

from emocourse import metrics, twin
from emocourse.backend import keras
from emocourse.dataset import augmentation
from emocourse.dataset import splits as dataset
from emocourse.errors import CourseError
from emocourse.models import architectures as models
from emocourse.models import weights


@pytest.fixture(scope="module")
def split():
    points, labels = twin.load().sample(30, seed=11)
    images = twin.draw_many(points, seed=11)
    return dataset.Split(images, points, labels.astype(np.uint8), np.ones(30, bool), np.arange(30))


def randomised(name: str, seed: int) -> keras.Model:
    """A model of which no weight is what a fresh one would have: statistics of normalisation too."""
    model, rng = models.ARCHITECTURES[name].build(models.ARCHITECTURES[name].classes), np.random.default_rng(seed)
    for variable in model.weights:
        noise = rng.standard_normal(variable.shape)
        if len(variable.shape) > 1:
            variable.assign(noise / np.sqrt(np.prod(variable.shape[:-1])))
        else:
            variable.assign(0.1 * noise + any(word in variable.path for word in ("gamma", "variance")))
    return model


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Weights files of two seeds of tiny, and their classifiers."""
    folder = tmp_path_factory.mktemp("members")
    for seed in (0, 1):
        weights.save(randomised("tiny", seed), folder / f"{seed}.safetensors", "tiny", temperature=1.0 + seed)
    return [weights.load(folder / f"{seed}.safetensors") for seed in (0, 1)]


@pytest.mark.parametrize("name", models.ARCHITECTURES)
def test_every_architecture_goes_through_its_file(name, tmp_path):
    model = randomised(name, 3)
    assert len(weights.variables_by_path(model)) == len(model.weights)
    weights.save(model, tmp_path / "model.safetensors", name)
    read = weights.load(tmp_path / "model.safetensors")
    assert read.name == name and read.parameters == model.count_params()
    assert (tmp_path / "model.safetensors").stat().st_size < 2.1 * model.count_params() + 40_000
    for a, b in zip(model.weights, read.model.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(a).astype(np.float16).astype(np.float32), np.asarray(b))


def test_two_variables_of_one_path_are_not_lost():
    layers = keras.layers
    inner = [keras.Sequential([keras.Input((2,)), layers.Dense(2, name="dense")], name=name) for name in "ab"]
    both = keras.Sequential([keras.Input((2,)), *inner])
    with pytest.raises(ValueError, match="share a path"):
        weights.variables_by_path(both)


def test_an_ensemble_is_the_mean_of_its_members(three, split, tmp_path):
    weights.save_ensemble(three, tmp_path / "ensemble.safetensors")
    ensemble = weights.load(tmp_path / "ensemble.safetensors")
    assert ensemble.name == "ensemble" and ensemble.parameters == 2 * three[0].parameters
    found = ensemble.probabilities(split.images, split.landmarks, batch=7)
    single = [member.probabilities(split.images, split.landmarks) for member in three]
    np.testing.assert_allclose(found, np.mean(single, axis=0), atol=1e-5)
    assert np.abs(single[0] - single[1]).max() > 0.05


@pytest.mark.parametrize("count", [1, 6])
def test_an_ensemble_has_two_to_five_members(count, three, tmp_path):
    with pytest.raises(CourseError, match="two to 5"):
        weights.save_ensemble(three[:1] * count, tmp_path / "ensemble.safetensors")


def test_members_agree_on_the_emotions(three, tmp_path):
    other = dataclasses.replace(three[1], emotions=three[1].emotions[:6])
    with pytest.raises(CourseError, match="same emotions"):
        weights.save_ensemble([three[0], other], tmp_path / "ensemble.safetensors")


def test_test_time_augmentation_is_the_mean_over_views(three, split):
    classifier = dataclasses.replace(three[0], temperature=1.0)
    found = classifier.probabilities(split.images, split.landmarks, batch=8, tta=True)
    seen = [classifier.probabilities(*view) for view in augmentation.tta_views(split.images, split.landmarks)]
    np.testing.assert_allclose(found, np.mean(seen, axis=0), atol=1e-5)
    mirrored = classifier.probabilities(split.images[:, :, ::-1], split.landmarks, tta=True)
    np.testing.assert_allclose(found, mirrored, atol=1e-5)
    assert np.abs(found - classifier.probabilities(split.images, split.landmarks)).max() > 1e-3


def test_landmarks_have_two_views(split, tmp_path):
    weights.save(models.slides_cnn(), tmp_path / "slides.safetensors", "slides")
    classifier = weights.load(tmp_path / "slides.safetensors")
    found = classifier.probabilities(split.images, split.landmarks, tta=True)
    seen = list(augmentation.tta_views(split.images, split.landmarks, crops=False))
    assert len(seen) == 2
    np.testing.assert_array_equal(seen[0][0], split.images)
    np.testing.assert_allclose(seen[0][1], split.landmarks, atol=1e-4)
    np.testing.assert_allclose(found, np.mean([classifier.probabilities(*view) for view in seen], axis=0), atol=1e-5)


@pytest.mark.parametrize("kind", ["single", "ensemble"])
def test_calibration_is_kept_in_the_file(kind, three, split, tmp_path):
    path = tmp_path / "model.safetensors"
    if kind == "single":
        weights.save(three[0].model, path, "tiny", temperature=7.0)
    else:
        weights.save_ensemble(three, path, temperature=7.0)
    temperature = weights.calibrate(path, split)
    read = weights.load(path)
    assert read.temperature == temperature != 7.0
    plain = dataclasses.replace(read, temperature=1.0).probabilities(split.images, split.landmarks)
    assert temperature == pytest.approx(metrics.fit_temperature(split.labels, plain), rel=1e-3)


def test_a_model_that_does_not_ship_is_named(monkeypatch):
    monkeypatch.setattr(weights, "_shipped_path", lambda name: None)
    weights._load_shipped.cache_clear()
    with pytest.raises(CourseError, match="No weights of main ship"):
        weights.load("main")
