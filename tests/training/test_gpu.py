"""Whole epochs on a device mean what the plain loop means: tried where JAX is installed, in processes of their own."""

import importlib.util
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="whole epochs on a device need JAX: pip install jax"
)

BEGIN = """
import sys
import numpy as np
import jax
from emocourse import dataset, models, training, twin
from emocourse.backend import keras
from emocourse.dataset import augmentation
from emocourse.models import pixel_input, weights
from emocourse.training import gpu

def micro(classes=7, dropout=0.0):
    layers = keras.layers
    pixels = keras.Input((None, None, 1))
    hidden = layers.Conv2D(8, 5, strides=2, use_bias=False, name="conv")(pixels)
    hidden = layers.ReLU(name="relu")(layers.BatchNormalization(momentum=0.9, name="norm")(hidden))
    hidden = layers.Dropout(dropout, name="dropout")(layers.GlobalAveragePooling2D(name="pool")(hidden))
    return keras.Model(pixels, layers.Dense(classes, "softmax", name="out", dtype="float32")(hidden))

models.ARCHITECTURES["micro"] = models.Architecture(micro, 7, "pixels", pixel_input, landmarks=False)

def split(n, seed):
    points, labels = twin.load().sample(n, seed=seed)
    images = twin.draw_many(points, seed=seed)
    return dataset.Split(images, points, labels.astype(np.uint8), np.ones(n, bool), np.arange(n))

data = dataset.Dataset("twin", split(96, 0), split(41, 1), split(0, 2))
recipe = training.Recipe("micro", epochs=3, batch=24, learning_rate=0.05)

def run(recipe, name, **options):
    return training.train(recipe, data, f"{sys.argv[1]}/{name}", precision="float32", progress=False, **options)
"""


@pytest.fixture
def on_jax(tmp_path, root, monkeypatch):
    """Run lines of Python on JAX; the test fails with their output unless they end well."""
    monkeypatch.setenv("KERAS_BACKEND", "jax")

    def run(code: str) -> None:
        done = subprocess.run(
            [sys.executable, "-c", BEGIN + code, tmp_path], capture_output=True, text=True, cwd=root, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test_the_same_numbers_as_the_plain_loop(on_jax):
    on_jax("""
recipe = recipe.but(optimiser="sgd", weight_decay=0.05, schedule="cosine", warmup=1, label_smoothing=0.1, ema=0.9)
device = run(recipe, "device")
gpu.supports = lambda *_: False
plain = run(recipe, "plain")
for key in ("accuracy", "loss", "val_accuracy", "val_loss"):
    np.testing.assert_allclose(device.history[key], plain.history[key], rtol=2e-3, err_msg=key)
for one, other in zip(device.classifier.model.weights, plain.classifier.model.weights, strict=True):
    np.testing.assert_allclose(np.array(one), np.array(other), atol=2e-3, err_msg=one.path)
""")


def test_a_teacher_says_the_same_in_both(on_jax):
    on_jax("""
first = [run(recipe, f"first{seed}", seed=seed) for seed in (1, 2)]
weights.save_ensemble([r.classifier for r in first], f"{sys.argv[1]}/both.safetensors", temperature=1.7)
for teacher in (first[0].weights, f"{sys.argv[1]}/both.safetensors"):
    taught = recipe.but(teacher=str(teacher), distillation=0.7, optimiser="sgd")
    supports = gpu.supports
    device = run(taught, f"device{teacher}".replace("/", "-"))
    gpu.supports = lambda *_: False
    plain = run(taught, f"plain{teacher}".replace("/", "-"))
    gpu.supports = supports
    np.testing.assert_allclose(device.history["loss"], plain.history["loss"], rtol=2e-3)
""")


def test_a_run_goes_on_where_it_was(on_jax):
    on_jax("""
recipe = recipe.but(epochs=4, optimiser="sgd", schedule="cosine", dropout=0.3, ema=0.9, mixup=0.3, cutmix=1.0, crop=40,
                    mirror=True, rotation=10.0, shift=2.0, zoom=0.1, erasing=0.3)
whole = run(recipe, "whole")
gpu.CHECKPOINT_SECONDS = 0
real = gpu.EpochRunner.run
def killed(self, epoch):
    if epoch == 2:
        raise KeyboardInterrupt
    return real(self, epoch)
gpu.EpochRunner.run = killed
try:
    run(recipe, "parts")
except KeyboardInterrupt:
    pass
gpu.EpochRunner.run = real
again = run(recipe, "parts")
for key in ("accuracy", "loss", "val_accuracy", "val_loss"):
    assert again.history[key] == whole.history[key], key
for one, other in zip(again.classifier.model.weights, whole.classifier.model.weights, strict=True):
    np.testing.assert_array_equal(np.array(one), np.array(other))
assert whole.settings["accelerator"] is None and whole.settings["backend"] == "jax"
""")


def test_images_are_moved_as_opencv_moves_them(on_jax):
    on_jax("""
rng, n, side = np.random.default_rng(0), 40, 44
images = data.train.images[:n]
flags, angle, size = rng.random(n) < 0.5, np.radians(rng.uniform(-15, 15, n)), rng.uniform(0.9, 1.1, n)
shift = rng.uniform(-3, 3, (n, 2))
maps = augmentation.affine_maps(flags, angle, size, shift, side)
there = augmentation.move_images(images, maps, side).astype(float)
here = np.array(gpu._move(*map(jax.numpy.asarray, (images, flags, angle, size, shift)), side))
assert np.abs(here - there).mean() < 0.5 and np.quantile(np.abs(here - there), 0.99) < 6
cropped = augmentation.Augmentation(crop=44, mirror=True)
moved = np.array(gpu.augment(images, cropped, jax.random.key(0)))
for image, new in zip(images, moved, strict=True):
    windows = [p[y : y + 44, x : x + 44] for p in (image, image[:, ::-1]) for y in range(5) for x in range(5)]
    assert any((window == new).all() for window in windows)
assert (np.array(gpu.augment(images, augmentation.Augmentation(), jax.random.key(0))) == images).all()
""")


def test_erased_and_mixed_images(on_jax):
    on_jax("""
grey = np.full((400, 48, 48), 300, np.float32)
erased = np.array(gpu._erase(jax.numpy.asarray(grey), 0.25, jax.random.key(0))) != 300
touched = erased.any(axis=(1, 2))
assert 0.17 < touched.mean() < 0.33 and 0.015 < erased[touched].mean() < 0.2
for one in erased[touched]:
    rows, columns = one.any(1), one.any(0)
    assert one.sum() == rows.sum() * columns.sum() and np.ptp(np.flatnonzero(rows)) + 1 == rows.sum()
inputs = np.repeat(np.arange(8.0, dtype=np.float32), 44 * 44).reshape(8, 44, 44, 1)
shares = np.eye(8, dtype=np.float32)
for seed in range(20):
    for mixup, cutmix in ((0.3, 0), (0, 1.0), (0.3, 1.0)):
        given = map(jax.numpy.asarray, (inputs, shares))
        new, label = gpu.mixup_cutmix(*given, mixup, cutmix, jax.random.key(seed))
        np.testing.assert_allclose(np.array(new).mean((1, 2, 3)), np.array(label) @ np.arange(8), atol=1e-4)
        np.testing.assert_allclose(np.array(label).sum(1), 1, atol=1e-6)
        values = {len(np.unique(image)) for image in np.array(new)}
        assert values <= ({1, 2} if cutmix else {1})
""")


def test_a_teacher_that_reads_something_else_is_left_to_the_plain_loop(on_jax):
    on_jax("""
first = run(recipe, "first").classifier
assert gpu.supports(recipe, None) and gpu.supports(recipe, first)
other = models.Classifier("micro", first.model, first.emotions, lambda images, landmarks: pixel_input(images))
assert not gpu.supports(recipe, other)
both = models.Classifier("ensemble", None, first.emotions, None, members=(first, other))
assert not gpu.supports(recipe, both)
""")
