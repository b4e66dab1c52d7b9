"""Short trainings for lesson 07, and the small network that overfits."""

import numpy as np
import pytest

from emocourse import metrics
from emocourse.dataset.splits import Dataset, Split
from emocourse.emotions import EMOTIONS_6
from emocourse.errors import CourseError
from emocourse.evaluation import diagnosis
from emocourse.faces import landmarks
from emocourse.models import architectures as models
from emocourse.training import recipes

BASE = recipes.RECIPES["points"]


def some(n, seed):
    """Faces whose emotion moves the mouth, with much noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 6, n).astype(np.uint8)
    points = rng.normal(24, 6, (n, 68, 2)).astype(np.float32)
    points[:, 48:, 1] += 2 * labels[:, None]
    images = np.zeros((n, 48, 48), np.uint8)
    return Split(images, points, labels, np.ones(n, bool), np.arange(n, dtype=np.int32), EMOTIONS_6)


@pytest.fixture(scope="module")
def data():
    return Dataset("twin", some(60, 0), some(40, 1), some(10, 2))


def test_a_run_overfits_and_is_the_same_again(data, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    recipe = BASE.but(epochs=12, batch=20)
    first, second = (diagnosis.train_and_measure(recipe, data, seed=4) for _ in range(2))
    assert list(tmp_path.iterdir()) == []
    assert first.train == second.train and first.validation == second.validation
    assert len(first.history["loss"]) == 12
    assert (first.train["n"], first.validation["n"]) == (60, 40)
    assert first.train["accuracy"] > first.validation["accuracy"] + 0.2
    assert first.classifier.name == "points" and first.classifier.emotions == EMOTIONS_6
    other = diagnosis.train_and_measure(recipe, data, seed=5)
    assert other.history["loss"] != first.history["loss"]


def test_the_network_reads_inner_landmarks_from_the_middle(data):
    points = data.train.landmarks
    inputs = models.points_input(None, points)
    assert inputs.shape == (60, 102) and inputs.dtype == np.float32
    assert inputs[7, :2] == pytest.approx((landmarks.inner(points)[7, 0] - 24) / 8)
    moved = points.copy()
    moved[:, :17] += 5  # the outline
    assert (models.points_input(None, moved) == inputs).all()
    network = models.points()
    assert network.count_params() == 102 * 256 + 256 + 256 * 256 + 256 + 256 * 6 + 6 == 93_702
    rates = [layer.rate for layer in models.points(dropout=0.3).layers if type(layer).__name__ == "Dropout"]
    assert rates == [0.3, 0.3]


def test_fewer_images(data):
    few = diagnosis.shortened(data, 7)
    assert (few.train.labels == data.train.labels[:7]).all() and few.validation is data.validation
    chosen = np.array([5, 2, 40])
    assert (diagnosis.shortened(data, chosen).train.rows == chosen).all()
    for wrong in (0, 61, np.array([60])):
        with pytest.raises(CourseError, match="60 training images"):
            diagnosis.shortened(data, wrong)


def test_seeds_add_no_images():
    reports = [{"accuracy": share, "n": 200} for share in (0.4, 0.5)]
    assert diagnosis.interval_of_mean(reports) == (0.45, *metrics.wilson_interval(90, 200))
