"""Each option of a recipe, alone and with all others: it does what it says, and a run goes on exactly where it was."""

import dataclasses

import numpy as np
import pytest

from emocourse import metrics, twin
from emocourse.backend import keras
from emocourse.dataset import ferplus
from emocourse.dataset import splits as dataset
from emocourse.errors import CourseError
from emocourse.models import architectures as models
from emocourse.models import weights
from emocourse.models.architectures import pixel_input
from emocourse.training import batches
from emocourse.training import loop as training


def micro(classes: int = 7, dropout: float = 0.0) -> keras.Model:
    """The smallest network with everything that a run has to keep: normalisation, dropout, two inputs."""
    layers = keras.layers
    pixels, points = keras.Input((None, None, 1)), keras.Input((68, 2))
    hidden = layers.Conv2D(8, 5, strides=4, use_bias=False, name="conv")(pixels)
    hidden = layers.ReLU(name="relu")(layers.BatchNormalization(momentum=0.9, name="norm")(hidden))
    hidden = layers.GlobalMaxPooling2D(name="pool")(hidden)
    hidden = layers.Concatenate(name="both")([hidden, layers.Flatten(name="flat")(points)])
    hidden = layers.Dropout(dropout, name="dropout")(hidden)
    return keras.Model([pixels, points], layers.Dense(classes, "softmax", name="out", dtype="float32")(hidden))


def both(images, landmarks):
    return pixel_input(images), (landmarks / 24 - 1).astype(np.float32)


@pytest.fixture(autouse=True)
def architecture(monkeypatch):
    monkeypatch.setitem(models.ARCHITECTURES, "micro", models.Architecture(micro, 7, "both", both))


@pytest.fixture(scope="module")
def data():
    def split(n, seed):
        points, labels = twin.load().sample(n, seed=seed)
        return dataset.Split(
            twin.draw_many(points, seed=seed), points, labels.astype(np.uint8), np.ones(n, bool), np.arange(n)
        )

    return dataset.Dataset("twin", split(96, 0), split(40, 1), split(0, 2))


RECIPE = training.Recipe("micro", epochs=3, batch=24, learning_rate=0.01)
EVERYTHING = {
    "optimiser": "sgd", "weight_decay": 0.01, "schedule": "cosine", "warmup": 1, "dropout": 0.3, "ema": 0.9,
    "label_smoothing": 0.1, "mixup": 0.3, "cutmix": 1.0, "crop": 40, "mirror": True, "rotation": 10.0, "shift": 2.0,
    "zoom": 0.1, "erasing": 0.3, "patience": 2,
}  # fmt: skip
ALONE = [{name: value} for name, value in EVERYTHING.items() if name != "warmup"]
ALONE += [{"schedule": "one-cycle"}, {"optimiser": "adamw", "weight_decay": 0.1}]


def run(recipe, data, folder, **options):
    return training.train(recipe, data, folder, precision="float32", progress=False, **options)


@pytest.fixture(scope="module")
def plain(data, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(models.ARCHITECTURES, "micro", models.Architecture(micro, 7, "both", both))
        return run(RECIPE, data, tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("option", ALONE, ids=str)
def test_each_option_alone_changes_the_run(option, data, plain, tmp_path):
    changed = run(RECIPE.but(**option), data, tmp_path)
    assert np.isfinite(changed.history["loss"]).all() and changed.settings["model"] == "micro"
    if option != {"patience": 2}:  # which only says when to stop, and what to keep
        weights = (r.classifier.model.get_weights() for r in (plain, changed))
        assert any((a != b).any() for a, b in zip(*weights, strict=True))
    for key, value in option.items():
        assert changed.settings[key] == value


class KilledError(Exception):
    pass


def test_interrupted_with_everything_on_it_is_the_same_run(data, tmp_path, monkeypatch):
    recipe = RECIPE.but(**EVERYTHING)
    whole = run(recipe, data, tmp_path / "whole")
    real, calls = training._epoch, []

    def epoch(*arguments):
        calls.append(1)
        if len(calls) % 2 == 0:
            raise KilledError
        return real(*arguments)

    monkeypatch.setattr(training, "_epoch", epoch)
    while True:
        try:
            again = run(recipe, data, tmp_path / "again")
        except KilledError:
            continue
        break
    assert len(calls) == 5  # killed twice
    for key in ("accuracy", "loss", "val_accuracy", "val_loss"):
        assert again.history[key] == whole.history[key], key
    for a, b in zip(again.classifier.model.get_weights(), whole.classifier.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_history_is_that_of_the_averaged_weights(data, tmp_path):
    made = run(RECIPE.but(ema=0.9), data, tmp_path)
    predicted = made.classifier.probabilities(data.validation.images, data.validation.landmarks).argmax(1)
    assert abs((predicted == data.validation.labels).mean() - made.history["val_accuracy"][-1]) <= 1.5 / 40


def test_early_stopping_keeps_the_best_epoch(data, tmp_path):
    made = run(RECIPE.but(epochs=40, patience=3, learning_rate=0.05), data, tmp_path)
    accuracies = made.history["val_accuracy"]
    best = int(np.argmax(accuracies))
    assert len(accuracies) == best + 4 < 40
    predicted = made.classifier.probabilities(data.validation.images, data.validation.landmarks).argmax(1)
    assert abs((predicted == data.validation.labels).mean() - accuracies[best]) <= 1.5 / 40
    again = run(RECIPE.but(epochs=40, patience=3, learning_rate=0.05), data, tmp_path)  # a finished run stays finished
    assert again.history == made.history


def test_a_schedule_ends_with_its_epochs(data, tmp_path):
    run(RECIPE.but(schedule="cosine", epochs=1), data, tmp_path)
    with pytest.raises(CourseError, match="another epochs"):
        run(RECIPE.but(schedule="cosine", epochs=2), data, tmp_path)


def test_other_images_are_other_data(data, tmp_path):
    run(RECIPE.but(epochs=1), data, tmp_path)
    inverted = dataclasses.replace(data.train, images=255 - data.train.images)
    with pytest.raises(CourseError, match="another data"):
        run(RECIPE.but(epochs=1), dataclasses.replace(data, train=inverted), tmp_path)


def test_weight_decay_spares_biases_and_normalisation(data):
    recipe = RECIPE.but(weight_decay=0.5, optimiser="sgd")
    network, learner = batches.build(recipe, 7, 0, "float32")
    for variable in network.trainable_variables:
        variable.assign(keras.ops.ones_like(variable))
    # Without gradients, whatever changes is decay.
    learner.optimizer.apply([keras.ops.zeros_like(v) for v in network.trainable_variables], network.trainable_variables)
    decayed = [float(keras.ops.min(variable)) < 1 for variable in network.trainable_variables]
    assert decayed == [len(variable.shape) > 1 for variable in network.trainable_variables] and True in decayed


def test_the_slides_network_takes_moved_landmarks(data, tmp_path):
    recipe = training.Recipe("slides", epochs=1, batch=48, mirror=True, rotation=5.0, erasing=0.0)
    assert np.isfinite(run(recipe, data, tmp_path / "moved").history["loss"]).all()
    six = data.train.without_disgust()
    source = batches.Batches(recipe, six, training=True)
    (places, fours, nines), labels = source.batch(np.arange(10), np.random.default_rng(0))
    assert places.shape == (10, 484) and (labels == six.labels[:10]).all() and len(fours) and len(nines)
    assert np.isfinite(run(recipe.but(mixup=0.2), data, tmp_path / "mixed").history["loss"]).all()


def test_cutmix_needs_images(data, tmp_path):
    with pytest.raises(CourseError, match="Cutmix"):
        run(training.Recipe("slides", epochs=1, batch=48, cutmix=1.0), data, tmp_path)


def test_validation_is_never_changed(data):
    recipe = RECIPE.but(**EVERYTHING)
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    (images, points), labels = batches.Batches(recipe, data.validation, training=False).batch(np.arange(9), rng)
    assert rng.bit_generator.state == before
    np.testing.assert_array_equal(images, pixel_input(data.validation.images[:9]))
    np.testing.assert_array_equal(labels.argmax(1), data.validation.labels[:9])
    assert set(np.unique(labels)) == {0, 1}
    np.testing.assert_array_equal(points, (data.validation.landmarks[:9] / 24 - 1).astype(np.float32))


def pretrained(model: keras.Model) -> None:
    model.get_layer("conv").set_weights([np.full((5, 5, 1, 8), 0.125, np.float32)])


@pytest.fixture
def transfer(monkeypatch):
    entry = models.Architecture(micro, 7, "both", both, pretrain=pretrained, backbone="conv")
    monkeypatch.setitem(models.ARCHITECTURES, "micro", entry)
    return RECIPE.but(pretrained=True, frozen_epochs=2, epochs=4, fine_tuning=0.1, optimiser="sgd")


def kernel(run):
    return run.classifier.model.get_layer("conv").get_weights()[0]


def test_transfer_trains_the_new_layers_first(transfer, data, tmp_path):
    frozen = run(transfer.but(epochs=2), data, tmp_path / "frozen")
    assert (kernel(frozen) == 0.125).all() and frozen.history["loss"][1] != frozen.history["loss"][0]
    assert (kernel(run(transfer, data, tmp_path / "tuned")) != 0.125).any()
    rates = [batches.learning_rate(transfer, step, 10) for step in range(40)]
    assert rates[:20] == [0.01] * 20 and rates[20:] == pytest.approx([0.001] * 20)
    falling = [batches.learning_rate(transfer.but(schedule="cosine"), step, 10) for step in range(40)]
    assert falling[:21] == rates[:21] and falling[20:] == sorted(falling[20:], reverse=True) and falling[-1] < 1e-5


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_transfer_goes_on_in_the_right_stage(stop, transfer, data, tmp_path):
    whole = run(transfer, data, tmp_path / "whole")
    run(transfer.but(epochs=stop), data, tmp_path / "parts")
    again = run(transfer, data, tmp_path / "parts")
    assert again.history["loss"] == whole.history["loss"]
    np.testing.assert_array_equal(kernel(again), kernel(whole))


def test_nothing_to_begin_with(data, tmp_path):
    with pytest.raises(CourseError, match="no weights to begin slides with"):
        run(training.Recipe("slides", epochs=1, batch=48, pretrained=True), data, tmp_path)


def test_a_calibrated_run_knows_its_temperature(data, tmp_path):
    made = run(RECIPE.but(calibrate=True), data, tmp_path)
    plain = dataclasses.replace(made.classifier, temperature=1.0)
    probabilities = plain.probabilities(data.validation.images, data.validation.landmarks)
    fitted = metrics.fit_temperature(data.validation.labels, probabilities)
    assert made.classifier.temperature == pytest.approx(fitted, rel=1e-3) and fitted != 1
    assert run(RECIPE, data, tmp_path).classifier.temperature == 1  # and it is the same run without


def test_a_teacher_is_part_of_the_labels(data, plain, tmp_path):
    recipe = RECIPE.but(teacher=str(plain.weights), distillation=0.25)
    rows = np.arange(10)
    teacher = batches.load_teacher(recipe, data.train.emotions)
    _, labels = batches.Batches(recipe, data.train, True, teacher).batch(rows, np.random.default_rng(0))
    said = plain.classifier.probabilities(data.train.images[:10], data.train.landmarks[:10])
    np.testing.assert_allclose(labels, 0.75 * np.eye(7)[data.train.labels[:10]] + 0.25 * said, atol=1e-5)
    _, own = batches.Batches(recipe, data.validation, False).batch(rows, np.random.default_rng(0))
    np.testing.assert_array_equal(own, np.eye(7)[data.validation.labels[:10]])
    assert batches.load_teacher(RECIPE, data.train.emotions) is None
    made = run(recipe, data, tmp_path)
    assert made.history["loss"] != plain.history["loss"]


def test_a_teacher_sees_the_image_as_the_student_does(data, plain):
    recipe = RECIPE.but(teacher=str(plain.weights), distillation=1.0, crop=40, mirror=True, rotation=10.0)
    source = batches.Batches(recipe, data.train, True, batches.load_teacher(recipe, data.train.emotions))
    inputs, labels = source.batch(np.arange(10), np.random.default_rng(0))
    assert inputs[0].shape == (10, 40, 40, 1)
    answers = plain.classifier.model.predict_on_batch(inputs)
    np.testing.assert_allclose(labels, metrics.apply_temperature(answers, plain.classifier.temperature), atol=1e-5)


def test_a_teacher_of_other_emotions_is_refused(data, plain, tmp_path):
    recipe = training.Recipe("slides", epochs=1, batch=48, teacher=str(plain.weights))
    with pytest.raises(CourseError, match="teacher knows 7 emotions"):
        run(recipe, data, tmp_path)


def test_another_teacher_is_another_run(data, plain, tmp_path):
    teacher = tmp_path / "teacher.safetensors"
    teacher.write_bytes(plain.weights.read_bytes())
    recipe = RECIPE.but(epochs=1, teacher=str(teacher))
    run(recipe, data, tmp_path / "run")
    weights.save(plain.classifier.model, teacher, "micro", temperature=3.0)
    with pytest.raises(CourseError, match="another data"):
        run(recipe, data, tmp_path / "run")


def some_votes(n: int, seed: int = 0) -> ferplus.Votes:
    counts = np.random.default_rng(seed).multinomial(10, np.ones(10) / 10, n).astype(np.uint8)
    return ferplus.Votes(counts, np.full(n, "train"), np.full(n, ""))


def test_votes_are_part_of_the_labels(data, plain, tmp_path):
    recipe, votes = RECIPE.but(votes=0.4, label_smoothing=0.1), some_votes(96)
    told = ferplus.label_shares(data.train.labels, votes)
    rows = np.arange(10)
    _, labels = batches.Batches(recipe, data.train, True, votes=votes).batch(rows, np.random.default_rng(0))
    smooth = 0.9 * np.eye(7)[data.train.labels[:10]] + 0.1 / 7
    np.testing.assert_allclose(labels, 0.6 * smooth + 0.4 * told[:10], atol=1e-6)
    _, own = batches.Batches(recipe, data.validation, False).batch(rows, np.random.default_rng(0))
    np.testing.assert_array_equal(own, np.eye(7)[data.validation.labels[:10]])
    taught = recipe.but(teacher=str(plain.weights), distillation=0.25)
    teacher = batches.load_teacher(taught, data.train.emotions)
    _, both_told = batches.Batches(taught, data.train, True, teacher, votes).batch(rows, np.random.default_rng(0))
    said = plain.classifier.probabilities(data.train.images[:10], data.train.landmarks[:10])
    np.testing.assert_allclose(both_told, 0.75 * labels + 0.25 * said, atol=1e-5)

    made = run(recipe, data, tmp_path / "whole", votes=votes)
    assert made.settings["votes"] == 0.4 and made.history["loss"] != plain.history["loss"]
    run(recipe.but(epochs=2), data, tmp_path / "stopped", votes=votes)
    again = run(recipe, data, tmp_path / "stopped", votes=votes)
    assert [again.history[key] for key in ("loss", "val_loss")] == [made.history[key] for key in ("loss", "val_loss")]
    with pytest.raises(CourseError, match="another data"):
        run(recipe, data, tmp_path / "stopped", votes=some_votes(96, seed=1))


def test_votes_that_are_missing_or_do_not_fit_are_refused(data, tmp_path):
    for changes, votes, said in (
        ({}, None, "give those on the training images"),
        ({}, some_votes(95), "give those on the training images"),
        ({"model": "slides"}, some_votes(96), "slides learns six"),
    ):
        with pytest.raises(CourseError, match=said):
            run(RECIPE.but(votes=0.4, **changes), data, tmp_path, votes=votes)
    assert not list(tmp_path.iterdir())


def test_a_run_begins_with_the_weights_that_it_is_given(data, plain, tmp_path):
    recipe = RECIPE.but(start=str(plain.weights))
    network, _ = batches.build(recipe, 7, 0, "float32", start=batches.load_start(recipe, data.train.emotions))
    for own, given in zip(network.get_weights(), plain.classifier.model.get_weights(), strict=True):
        np.testing.assert_array_equal(own, given)
    made = run(recipe, data, tmp_path / "whole")
    assert made.settings["start"] == str(plain.weights) and made.history["loss"][0] < plain.history["loss"][0]
    run(recipe.but(epochs=2), data, tmp_path / "stopped")
    again = run(recipe, data, tmp_path / "stopped")
    assert [again.history[key] for key in ("loss", "val_loss")] == [made.history[key] for key in ("loss", "val_loss")]


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_finished_weights_between_where_a_run_began_and_ended(data, plain, tmp_path, ema):
    recipe = RECIPE.but(start=str(plain.weights), ema=ema)
    ended = run(recipe, data, tmp_path).classifier.model.get_weights()
    made = run(recipe.but(start_share=0.25), data, tmp_path)  # of the finished run: nothing is trained again
    assert len(made.history["loss"]) == recipe.epochs and made.settings["start_share"] == 0.25
    began = plain.classifier.model.get_weights()
    for own, end, first in zip(made.classifier.model.get_weights(), ended, began, strict=True):
        np.testing.assert_allclose(own, 0.75 * end + 0.25 * first, atol=2e-3)  # half precision
    again = run(recipe, data, tmp_path).classifier.model.get_weights()
    assert all(np.array_equal(*pair) for pair in zip(again, ended, strict=True))


def test_weights_to_begin_with_that_do_not_fit_are_refused(data, plain, tmp_path):
    for model, changes, said in (
        ("slides", {"start": "main"}, "slides can't begin with the weights of main for 7 emotions"),
        ("main", {"start": "ensemble"}, "name weights of main for 7"),
        ("micro", {"start": "nobody"}, "There is no model"),
        ("fusion", {"start": "fusion", "pretrained": True}, "leave pretrained or start out"),
        ("micro", {"start_share": 0.5}, "give start, or start_share=0"),
    ):
        with pytest.raises(CourseError, match=said):
            run(training.Recipe(model, epochs=1, batch=48, **changes), data, tmp_path)
    assert not list(tmp_path.iterdir())


def test_other_weights_to_begin_with_are_another_run(data, plain, tmp_path):
    start = tmp_path / "start.safetensors"
    start.write_bytes(plain.weights.read_bytes())
    recipe = RECIPE.but(epochs=1, start=str(start))
    run(recipe, data, tmp_path / "run")
    weights.save(micro(), start, "micro")
    with pytest.raises(CourseError, match="another data"):
        run(recipe, data, tmp_path / "run")


def test_the_mean_of_weights_follows_them():
    network = micro()
    average = batches.EMA(network, 0.99)
    variable = network.weights[0]

    def step(number, value):
        variable.assign(np.full(variable.shape, value, np.float32))
        average.update(number)
        return float(average.arrays[0].mean())

    assert step(0, 5.0) == 5  # the first weights are forgotten at once
    assert 5 < step(1, 7.0) < 7
    means = [step(number, 1.0) for number in range(2, 2000)]
    assert means == sorted(means, reverse=True) and means[-1] == pytest.approx(1, abs=1e-3)
    late = [step(number, 2.0) for number in range(2000, 2200)]
    assert late[99] == pytest.approx(2 - 0.99**100, abs=0.04)  # the decay is a step's, however seldom it is computed
    with average.swapped_in():
        assert float(np.asarray(network.weights[0]).mean()) == pytest.approx(late[-1])
    assert float(np.asarray(network.weights[0]).mean()) == 2
