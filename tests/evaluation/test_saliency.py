"""Maps of where a model looks: at what it was built to look at."""

import dataclasses

import numpy as np
import pytest

from emocourse import plots, twin
from emocourse.backend import keras
from emocourse.emotions import EMOTIONS, EMOTIONS_6
from emocourse.errors import CourseError
from emocourse.evaluation import saliency
from emocourse.models import architectures as models
from emocourse.models import weights

POINTS = np.zeros((2, 68, 2), np.float32)


def bright(side: int):
    """A model of known weights: a bright place speaks for happiness, a dark one for sadness, of any picture's size."""
    layers = keras.layers
    inputs = keras.Input((None, None, 1))
    hidden = layers.AveragePooling2D(side)(inputs)
    hidden = layers.GlobalAveragePooling2D(name="mean")(layers.Conv2D(2, 1, name="signs")(hidden))
    outputs = layers.Dense(7, "softmax", name="emotions")(hidden)
    model = keras.Model(inputs, outputs)
    model.get_layer("signs").set_weights([np.array([[[[1.0, -1.0]]]], np.float32), np.array([0.0, 1.0], np.float32)])
    kernel = np.zeros((2, 7), np.float32)
    kernel[0, 3], kernel[1, 4] = 9, 9
    model.get_layer("emotions").set_weights([kernel, np.zeros(7, np.float32)])
    return weights.Classifier(
        "tiny", model, EMOTIONS, lambda images, landmarks: images[..., None].astype(np.float32) / 255
    )


@pytest.fixture
def images():
    """A dark picture with a bright square at the top right, and one with it at the bottom left."""
    made = np.full((2, 48, 48), 30, np.uint8)
    made[0, 4:16, 30:44] = 250
    made[1, 30:44, 4:16] = 250
    return made


def test_activation_maps_point_at_what_speaks_for_the_emotion(images):
    maps = saliency.activation_maps(bright(4), images, "happiness")
    assert maps.shape == (2, 48, 48) and maps.dtype == np.float32 and maps.min() >= 0
    np.testing.assert_allclose(maps.max(axis=(1, 2)), 1, atol=1e-6)
    inside = [(maps[0, 4:16, 30:44].mean(), maps[0].mean()), (maps[1, 30:44, 4:16].mean(), maps[1].mean())]
    assert all(square > 3 * whole for square, whole in inside)
    other = saliency.activation_maps(bright(4), images, "sadness")
    assert other[0, 8:12, 34:40].mean() < 0.2 < other[0].mean()
    assert not saliency.activation_maps(bright(4), images, "fear").any()


def test_without_an_emotion_it_is_the_models_own(images):
    classifier = bright(4)
    said = EMOTIONS[classifier.probabilities(images, POINTS)[0].argmax()]
    np.testing.assert_array_equal(
        saliency.activation_maps(classifier, images)[0], saliency.activation_maps(classifier, images, said)[0]
    )


@pytest.mark.parametrize("name", ["tiny", "vgg16"])
def test_the_courses_models_have_maps(name, images):
    architecture = models.ARCHITECTURES[name]
    classifier = weights.Classifier(name, architecture.build(7), EMOTIONS, architecture.preprocess_input)
    assert saliency.activation_maps(classifier, images).shape == (2, 48, 48)


def test_what_has_no_maps_is_said(images):
    slides = weights.Classifier("slides", models.slides_cnn(), EMOTIONS_6, models.binary_input)
    with pytest.raises(CourseError, match="use tiny, main or vgg16"):
        saliency.activation_maps(slides, images)
    six = dataclasses.replace(bright(4), emotions=EMOTIONS_6)
    with pytest.raises(CourseError, match="knows no disgust"):
        saliency.activation_maps(six, images, "disgust")


def test_figure(images):
    maps = saliency.activation_maps(bright(4), images, "happiness")
    figure = plots.attention(images, maps, ["one", "two"])
    assert "one: most in the top right; two: most in the bottom left" in figure.alt_text
    nothing = plots.attention(images, np.zeros_like(maps))
    assert "nothing speaks for it" in nothing.alt_text
    with pytest.raises(CourseError, match="of its own size"):
        plots.attention(images, maps[:, :20])
    face = twin.draw_many(twin.load().sample(1, seed=0)[0], seed=0)
    assert plots.attention(face, np.ones((1, 48, 48))).alt_text
