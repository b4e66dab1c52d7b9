"""Training runs: they learn, say what they did, go on where they stopped, and refuse another run's folder."""

import dataclasses

import numpy as np
import pytest

from emocourse import twin
from emocourse.dataset import splits as dataset
from emocourse.errors import CourseError
from emocourse.training import loop as training

RECIPE = training.Recipe("slides", epochs=2, batch=50)


@pytest.fixture(scope="module")
def data():
    """120 drawn faces without images: training on binary images looks at landmarks only."""

    def split(n, seed):
        points, labels = twin.load().sample(n, seed=seed)
        return dataset.Split(
            np.zeros((n, 48, 48), np.uint8), points, labels.astype(np.uint8), np.ones(n, bool), np.arange(n)
        )

    return dataset.Dataset("twin", split(120, 0), split(60, 1), split(0, 2))


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    return training.train(RECIPE, data, tmp_path_factory.mktemp("whole"), precision="float32", progress=False)


def test_a_run_says_what_it_did(whole, data):
    assert {len(values) for values in whole.history.values()} == {2}
    assert set(whole.history) == {"accuracy", "loss", "val_accuracy", "val_loss", "seconds"}
    assert whole.settings["parameters"] == 1_913_926
    assert whole.settings["precision"] == "float32"
    assert whole.weights.stat().st_size < 4_000_000


def test_history_is_measured_on_the_right_split(whole, data):
    validation = data.validation.without_disgust()
    predicted = whole.classifier.probabilities(validation.images, validation.landmarks).argmax(1)
    # The weights on disk are rounded to half precision, so one image may fall differently.
    assert abs((predicted == validation.labels).mean() - whole.history["val_accuracy"][-1]) <= 1.5 / len(validation)


def test_the_same_command_gives_the_same_numbers_interrupted_or_not(whole, data, tmp_path):
    first = dataclasses.replace(RECIPE, epochs=1)
    training.train(first, data, tmp_path, precision="float32", progress=False)
    again = training.train(RECIPE, data, tmp_path, precision="float32", progress=False)
    for key in ("accuracy", "loss", "val_accuracy", "val_loss"):
        assert again.history[key] == whole.history[key], key
    for a, b in zip(again.classifier.model.get_weights(), whole.classifier.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_another_seed_gives_another_run(whole, data, tmp_path):
    other = training.train(
        dataclasses.replace(RECIPE, epochs=1), data, tmp_path, seed=1, precision="float32", progress=False
    )
    assert other.history["loss"][0] != whole.history["loss"][0]


def test_it_can_learn_twenty_faces_by_heart(data, tmp_path):
    few = dataclasses.replace(data, train=data.train.take(np.arange(20)), validation=data.validation.take(np.arange(5)))
    recipe = training.Recipe("slides", epochs=120, batch=20)  # 60 reach 0.85 to 1, after the processor
    run = training.train(recipe, few, tmp_path, precision="float32", progress=False)
    train = few.train.without_disgust()
    predicted = run.classifier.probabilities(train.images, train.landmarks).argmax(1)
    assert (predicted == train.labels).mean() > 0.9


@pytest.mark.parametrize(
    ("change", "word"),
    [({"seed": 1}, "seed"), ({"recipe": dataclasses.replace(RECIPE, batch=30)}, "batch")],
)
def test_a_folder_with_another_run_is_refused(data, tmp_path, change, word):
    arguments = {"recipe": dataclasses.replace(RECIPE, epochs=1), "data": data, "folder": tmp_path}
    training.train(**arguments, precision="float32", progress=False)
    with pytest.raises(CourseError, match=f"another {word}"):
        training.train(**{**arguments, **change}, progress=False)


def test_other_data_in_the_same_folder_is_refused(data, tmp_path):
    one = dataclasses.replace(RECIPE, epochs=1)
    training.train(one, data, tmp_path, precision="float32", progress=False)
    with pytest.raises(CourseError, match="another data"):
        training.train(one, dataclasses.replace(data, train=data.train.take(np.arange(50))), tmp_path, progress=False)


def test_a_damaged_checkpoint_is_refused_and_kept(data, tmp_path):
    (tmp_path / "checkpoint.npz").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(CourseError, match="damaged"):
        training.train(RECIPE, data, tmp_path, progress=False)
    assert (tmp_path / "checkpoint.npz").read_bytes().startswith(b"PK")


def test_no_images_to_train_on(data, tmp_path):
    with pytest.raises(CourseError, match="no train images"):
        training.train(RECIPE, dataclasses.replace(data, train=data.test), tmp_path, progress=False)


def test_unknown_precision(data, tmp_path):
    with pytest.raises(CourseError, match="precision"):
        training.train(RECIPE, data, tmp_path, precision="int4", progress=False)


def test_bfloat16_trains_and_its_softmax_is_float32(data, tmp_path):
    run = training.train(dataclasses.replace(RECIPE, epochs=1), data, tmp_path, precision="bfloat16", progress=False)
    assert np.isfinite(run.history["loss"][0])
    assert run.classifier.model.layers[0].compute_dtype == "float32"  # read back for use


def test_the_precision_is_measured():
    assert training.fastest_precision(trials=1) in training.PRECISIONS
