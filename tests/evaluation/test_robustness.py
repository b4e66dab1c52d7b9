"""Worse pictures: each condition does what its name says, and landmark models get the worse picture's landmarks."""

import numpy as np
import pytest

from emocourse import twin
from emocourse.dataset import splits as dataset
from emocourse.evaluation import robustness
from emocourse.evaluation.robustness import CONDITIONS
from emocourse.faces import preprocessing
from emocourse.models import weights
from emocourse.models.architectures import ARCHITECTURES, pixel_input

EMOTIONS = ("dark", "bright")


@pytest.fixture(scope="module")
def split():
    points, labels = twin.load().sample(24, seed=2)
    pictures = twin.draw_many(points, seed=2)
    return dataset.Split(pictures, points, labels.astype(np.uint8), np.ones(24, bool), np.arange(24))


def changed(name, split):
    return CONDITIONS[name](split.images, split.landmarks, np.random.default_rng(0)).astype(float)


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_gives_pictures_and_spares_the_originals(name, split):
    before = split.images.copy()
    worse = CONDITIONS[name](split.images, split.landmarks, np.random.default_rng(0))
    assert worse.shape == split.images.shape and worse.dtype == np.uint8
    assert (worse != split.images).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(split.images, before)


def detail(images):
    return np.abs(np.diff(images.astype(float), axis=2)).mean()


def test_each_condition_does_what_its_name_says(split):
    plain = split.images.astype(float)
    assert detail(changed("blur", split)) < 0.6 * detail(plain) < 0.6 * detail(changed("noise", split))
    assert changed("dark", split).mean() == pytest.approx(0.2 * plain.mean(), rel=0.05)
    jpeg = np.abs(changed("JPEG", split) - plain)
    assert 1 < jpeg.mean() < 20
    right, left = changed("rotated +15°", split), changed("rotated -15°", split)
    middle = slice(14, 34)
    assert np.abs(right - left)[:, middle, middle].mean() > np.abs(right - plain)[:, middle, middle].mean() > 1
    # Clockwise: what lies above the centre goes to the right.
    dot = np.zeros((1, 48, 48), np.uint8)
    dot[0, 9:12, 23:25] = 255
    turned = CONDITIONS["rotated +15°"](dot, None, None)[0]
    assert (turned.sum(0) @ np.arange(48)) / turned.sum() > 25


@pytest.mark.parametrize(("name", "points"), [("eyes covered", slice(36, 48)), ("mouth covered", slice(48, 68))])
def test_covered_parts_are_even_and_the_rest_is_as_before(name, points, split):
    worse = changed(name, split)
    for before, after, marks in zip(split.images, worse, split.landmarks, strict=True):
        x, y = np.clip(np.rint(marks[points]), 0, 47).astype(int).T
        assert len(np.unique(after[y, x])) == 1
        rows, columns = np.nonzero(before != after)
        assert rows.min() >= y.min() - 4 and rows.max() <= y.max() + 4
        assert columns.min() >= x.min() - 4 and columns.max() <= x.max() + 4


class Mean:
    """Says how bright a picture is."""

    def predict_on_batch(self, pixels):
        bright = (pixels.reshape(len(pixels), -1).mean(1) > 0.3).astype(np.float32)
        return np.stack([1 - bright, bright], 1)


def test_accuracy_under_each_condition(split):
    classifier = weights.Classifier("tiny", Mean(), EMOTIONS, lambda images, landmarks: images[..., None] / 255.0)
    bright = (split.images.reshape(24, -1).mean(1) > 0.3 * 255).astype(np.uint8)
    assert bright.any()
    labelled = dataset.Split(split.images, split.landmarks, bright, split.detected, split.rows, EMOTIONS)
    found = robustness.measure_robustness(classifier, labelled)
    assert set(found) == set(CONDITIONS)
    assert found["dark"]["accuracy"] == pytest.approx(1 - bright.mean())  # all look dark then
    assert found["blur"]["accuracy"] > 0.9
    for row in found.values():
        assert row["ci95"][0] <= row["accuracy"] <= row["ci95"][1]


def test_landmark_models_see_the_landmarks_of_the_worse_picture(split, monkeypatch):
    searched = []

    def preprocess(images, **_):
        searched.append(images)
        return preprocessing.Preprocessed(split.landmarks + 1, split.detected, None, None)

    monkeypatch.setattr(preprocessing, "preprocess", preprocess)
    seen = []

    def prepare(images, landmarks):
        seen.append(landmarks)
        return pixel_input(images)

    classifier = weights.Classifier("slides", Mean(), EMOTIONS, prepare)
    assert ARCHITECTURES["slides"].landmarks
    two = dataset.Split(split.images, split.landmarks, split.labels % 2, split.detected, split.rows, EMOTIONS)
    robustness.measure_robustness(classifier, two)
    assert len(searched) == len(CONDITIONS) and all((points == split.landmarks + 1).all() for points in seen)
