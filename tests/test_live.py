"""The engine of the live demo: what it says of a frame, and what it makes of frames and numbers that are none."""

import numpy as np
import pytest

from emocourse import landmarks, live, models, recognition, twin, weights
from emocourse.emotions import EMOTIONS_6


@pytest.fixture(scope="module")
def classifier():
    """A network that has learnt nothing: what is tested here is what it is given."""
    return weights.Classifier("slides", models.slides_cnn(), EMOTIONS_6, models.binary_input)


@pytest.fixture(scope="module")
def scene():
    return twin.scene(3, size=(640, 480), seed=4)


def test_the_first_frame_is_read_as_a_photo_is(classifier, scene):
    people = live.Engine(classifier, unsure=0).step(scene.image, 0.0)
    photo = recognition.recognise(scene.image, classifier)
    assert len(people) == len(photo) == 3
    for person in people:
        nearest = min(photo, key=lambda face: np.abs(np.subtract(face.box, person.box)).max())
        assert np.abs(np.subtract(nearest.box, person.box)).max() < 0.15 * person.box[2]
        apart = np.linalg.norm(person.landmarks - nearest.landmarks, axis=1)[landmarks.INNER]
        assert np.median(apart) < 0.04 * person.box[2]


def test_a_person_agrees_with_themselves(classifier, scene):
    for person in live.Engine(classifier, unsure=0).step(scene.image, 0.0):
        assert person.landmarks.shape == (68, 2) and person.landmarks.dtype == np.float32
        assert person.binary.shape == (48, 48, 1) and person.binary.dtype == np.float32
        assert list(person.probabilities) == list(EMOTIONS_6)
        assert sum(person.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert person.probability == max(person.probabilities.values()) == person.probabilities[person.emotion]
        assert person.drowsiness is None
        shown = person.as_json()
        assert shown["id"] == person.id and all(isinstance(value, int) for value in shown["box"])


def test_below_unsure_no_emotion_is_named(classifier, scene):
    assert {person.emotion for person in live.Engine(classifier, unsure=1.0).step(scene.image, 0.0)} == {None}
