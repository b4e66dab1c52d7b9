"""Lesson 07's tools: reading curves, remedies one at a time, learning curves; and the small network that overfits."""

import dataclasses

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


def test_a_remedy_changes_what_it_names_and_nothing_else():
    wanted = {
        "dropout": {"dropout"},
        "weight decay": {"weight_decay"},
        "early stopping": {"patience"},
        "nothing": set(),
    }
    wanted["augmentation"] = {"mirror", "rotation", "shift", "zoom"}
    fields = [field.name for field in dataclasses.fields(BASE)]
    for name, changes in diagnosis.REMEDIES.items():
        recipe = BASE.but(**changes)
        assert {f for f in fields if getattr(recipe, f) != getattr(BASE, f)} == wanted[name]
    assert not BASE.augmentation and not (BASE.dropout or BASE.weight_decay or BASE.patience or BASE.ema)


def test_each_remedy_is_run_with_each_seed():
    found = diagnosis.one_at_a_time(lambda recipe, seed: (recipe, seed), BASE, (3, 5))
    assert list(found) == ["nothing", "dropout", "weight decay", "augmentation", "early stopping"]
    assert found["nothing"] == [(BASE, 3), (BASE, 5)]
    assert found["dropout"] == [(BASE.but(dropout=0.5), 3), (BASE.but(dropout=0.5), 5)]


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


def test_a_learning_curve_adds_images():
    found = diagnosis.learning_curve(lambda chosen, seed: (set(chosen.tolist()), seed), 50, (5, 20, 50), (1, 2))
    for k, seed in enumerate((1, 2)):
        small, middle, every = (found[size][k][0] for size in (5, 20, 50))
        assert small < middle < every == set(range(50)) and (len(small), len(middle)) == (5, 20)
        assert {found[size][k][1] for size in found} == {seed}
    assert found[20][0][0] != found[20][1][0]
    for sizes in ((), (0,), (51,)):
        with pytest.raises(CourseError, match="1 to 50"):
            diagnosis.learning_curve(print, 50, sizes, (1,))


def test_the_turning_point():
    assert diagnosis.turning_point({"val_loss": [3, 2, 2, 4]}) == 2
    assert diagnosis.turning_point({"val_loss": [3]}) == 1


@pytest.mark.parametrize(
    ("losses", "patience", "found"),
    [
        ([5, 4, 3, 6, 7, 1], 2, (5, 3)),
        ([5, 4, 3, 6, 7, 1], 3, (6, 6)),
        ([1, 2, 3], 1, (2, 1)),
        ([3, 2, 1], 1, (3, 3)),
        ([2, 2, 2, 2], 2, (3, 1)),
        ([4, 3, 3.5, 2, 2.5, 2.2, 2.1, 1], 3, (7, 4)),
        ([2.0], 4, (1, 1)),
    ],
)
def test_early_stopping(losses, patience, found):
    assert diagnosis.early_stop(losses, patience) == found


def test_early_stopping_needs_epochs_and_patience():
    for losses, patience in (([], 1), ([1.0], 0)):
        with pytest.raises(CourseError, match="patience of 1 or more"):
            diagnosis.early_stop(losses, patience)


@pytest.mark.parametrize(("share", "half"), [(0.55, 0.01), (0.98, 0.04), (0.0, 0.05), (1.0, 0.01), (0.5, 0.4)])
def test_the_fewest_images_for_an_interval(share, half):
    n = diagnosis.images_needed(share, half)
    assert diagnosis.half_width(share, n) <= half
    assert n == 1 or diagnosis.half_width(share, n - 1) > half


def test_the_width_is_that_of_the_interval():
    low, high = metrics.wilson_interval(55, 100)
    assert diagnosis.half_width(0.55, 100) == pytest.approx((high - low) / 2, rel=1e-4)
    for share, half in ((1.1, 0.01), (0.5, 0), (0.5, 1)):
        with pytest.raises(CourseError):
            diagnosis.images_needed(share, half)


def test_the_pair_most_confused():
    assert diagnosis.most_confused([[30, 2, 3], [4, 90, 30], [6, 1, 5]]) == (0, 2)
    assert diagnosis.most_confused(np.array([[9, 1], [1, 9]])) == (0, 1)


def test_seeds_add_no_images():
    reports = [{"accuracy": share, "n": 200} for share in (0.4, 0.5)]
    assert diagnosis.interval_of_mean(reports) == (0.45, *metrics.wilson_interval(90, 200))
