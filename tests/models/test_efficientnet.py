"""EfficientNet-Lite0: its layers, the weights that ship, what learns when, and the layers that are computed faster."""

import collections
import dataclasses
import hashlib
import importlib.util
import pickle

import cv2
import numpy as np
import pytest

from emocourse import models, training
from emocourse.backend import keras
from emocourse.dataset import Split
from emocourse.errors import CourseError
from emocourse.files import store as files
from emocourse.metrics import apply_temperature
from emocourse.models import efficientnet, weights
from emocourse.training import batches

# Made by the original's own code on PyTorch, with its weights in half precision, from ``pattern()``: the means over
# places of the first of 1280 features, and the mean of all.
REFERENCE = [0.42822, 0, 0, 0, 0.61126, 0.7912, 0, 3.8698, 0, 0, 1.07549, 0]
REFERENCE_MEAN = 0.92607


def pattern(channels=3, side=64):
    """(1, side, side, channels) float32 waves, from -1 to 1: the same on every machine, and nobody's image."""
    y, x = np.mgrid[:side, :side]
    waves = [np.sin(x / (3 + k)) * np.cos(y / (5 - k)) for k in range(channels)]
    return np.stack(waves, -1)[None].astype(np.float32)


@pytest.fixture(scope="module")
def colour():
    """The network as ImageNet taught it, without its last layer: three channels to (n, h / 32, w / 32, 1280)."""
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, efficientnet.backbone(inputs))
    efficientnet.load_lite0_imagenet(model)
    return model


@pytest.fixture(scope="module")
def learnt():
    model = models.lite0()
    efficientnet.load_lite0_imagenet(model)
    return model


def test_the_file_is_small_and_is_the_one_that_was_converted():
    path = files.data_path(*efficientnet.FILE)
    assert path.stat().st_size < 7_000_000
    assert hashlib.sha256(path.read_bytes()).hexdigest() == efficientnet.SHA256
    arrays = efficientnet.read_backbone()
    # The original has 4,652,008 parameters, 1,281,000 of them in its last layer; the rest are running statistics.
    counted = sum(a.size for name, a in arrays.items() if "moving" not in name)
    assert counted == 4_652_008 - 1_281_000 and len(arrays) == 245
    assert all(a.dtype == np.float32 and np.isfinite(a).all() for a in arrays.values())


def test_it_ships_with_its_licence_and_provenance(root):
    licence = (root / "data" / "backbones" / "LICENSE").read_text(encoding="utf-8")
    assert "Copyright (c) 2020, ML Illustrated" in licence and "END OF TERMS AND CONDITIONS" in licence
    assert efficientnet.SHA256 in (root / "data" / "README.md").read_text(encoding="utf-8")


def test_it_is_the_networks_own_shape(colour, learnt):
    assert colour.count_params() == 3_413_024
    assert learnt.count_params() == 3_413_024 - 2 * 9 * 32 + 1280 * 7 + 7
    assert colour.output_shape == (None, None, None, 1280)
    for side, out in ((64, 2), (88, 3), (224, 7)):
        assert colour.compute_output_shape((1, side, side, 3)) == (1, out, out, 1280)
    depthwise = [layer for layer in colour.layers if layer.name.endswith("depth_conv")]
    assert [layer.kernel_size[0] for layer in depthwise] == [3] * 3 + [5] * 2 + [3] * 3 + [5] * 7 + [3]
    assert [k for k, layer in enumerate(depthwise) if layer.strides == (2, 2)] == [1, 3, 5, 11]


def test_it_says_what_it_said_when_it_was_compared_with_the_original(colour):
    features = colour.predict_on_batch(pattern()).mean(axis=(1, 2))[0]
    assert features.min() >= 0
    np.testing.assert_allclose(features[:12], REFERENCE, atol=1e-4)
    assert features.mean() == pytest.approx(REFERENCE_MEAN, abs=1e-5)


def test_one_channel_is_three_equal_ones(colour, learnt):
    """``lite0`` sees what the network of colours sees of a grey image enlarged twice, at half its spread."""
    grey = pattern(1, 44)
    enlarged = cv2.resize(0.5 * grey[0, :, :, 0], (88, 88), interpolation=cv2.INTER_LINEAR)
    expected = colour.predict_on_batch(np.repeat(enlarged[None, :, :, None], 3, axis=-1)).mean(axis=(1, 2))
    features = keras.Model(learnt.input, learnt.get_layer("mean").output)
    np.testing.assert_allclose(features.predict_on_batch(grey), expected, atol=1e-4)


def test_faces_of_any_size_become_probabilities(learnt):
    for side in (16, 44, 48):
        out = learnt.predict_on_batch(pattern(1, side))
        assert out.shape == (1, 7) and out.dtype == np.float32
        assert out.sum() == pytest.approx(1, abs=1e-5)


def test_another_file_is_refused(tmp_path):
    content = bytearray(files.data_path(*efficientnet.FILE).read_bytes())
    content[-1] ^= 1
    for name, made in {"changed": content, "short": content[:1000], "empty": b""}.items():
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(made)
        with pytest.raises(CourseError, match="not the file of weights that ships"):
            efficientnet.read_backbone(path)
    with pytest.raises(CourseError, match="cannot be read"):
        efficientnet.read_backbone(tmp_path / "missing.safetensors")
    with pytest.raises(CourseError, match="cannot be read"):
        efficientnet.read_backbone(tmp_path)


def test_a_trained_one_survives_half_precision(learnt, tmp_path):
    weights.save(learnt, tmp_path / "weights.safetensors", "lite0", temperature=1.5)
    assert (tmp_path / "weights.safetensors").stat().st_size < 7_000_000
    read = weights.load(tmp_path / "weights.safetensors")
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48), np.uint8)
    said = read.probabilities(images, np.zeros((3, 68, 2), np.float32))
    before = apply_temperature(learnt.predict_on_batch(models.pixel_input(images)), 1.5)
    np.testing.assert_allclose(said, before, atol=5e-3)


RECIPE = training.RECIPES["lite0"]


def test_first_the_softmax_learns_and_then_all():
    frozen, _ = batches.build(RECIPE, 7, 0, "float32")
    assert [v.path.split("/")[-2] for v in frozen.trainable_variables] == ["emotions", "emotions"]
    assert np.array_equal(frozen.get_layer("head_conv").kernel, efficientnet.read_backbone()["head_conv/kernel"])
    statistics = frozen.get_layer("block3_depth_norm").moving_mean
    before = np.array(statistics)
    frozen(pattern(1, 44), training=True)
    np.testing.assert_array_equal(statistics, before)

    batches.compile_for(RECIPE, frozen, frozen, 1)
    assert len(frozen.trainable_variables) == 49 + 2 * 49 + 2  # kernels, scales and shifts, and the softmax
    frozen(pattern(1, 44), training=True)
    assert not np.array_equal(statistics, before)


def test_the_rate_begins_anew_when_all_layers_learn():
    rates = [batches.learning_rate(RECIPE, step, 10) for step in range(RECIPE.epochs * 10)]
    assert rates[:10] == [RECIPE.learning_rate] * 10
    assert rates[10] == pytest.approx(RECIPE.learning_rate / 10) and max(rates[10:]) == RECIPE.learning_rate
    assert rates[20:] == sorted(rates[20:], reverse=True) and rates[-1] < RECIPE.learning_rate / 100


# --- layers that are computed faster ----------------------------------------------------------------------------------


def outcomes(layer, shape, values, seed, **options):
    """A layer's outputs, the gradients of its inputs and weights, and its weights afterwards."""
    import tensorflow as tf

    rng = np.random.default_rng(seed)
    inputs, target = (tf.constant(rng.normal(size=shape).astype(np.float32)) for _ in range(2))
    layer.build(shape)
    layer.set_weights(values)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, **options)
        total = tf.reduce_sum(outputs * target)
    gradients = tape.gradient(total, [inputs, *(variable.value for variable in layer.trainable_variables)])
    return [np.asarray(value) for value in (outputs, *gradients, *layer.get_weights())]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="other backends compute Keras' own layers")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("trainable", [True, False])
def test_normalisation_is_that_of_keras(training, trainable):
    from emocourse.models.efficientnet_layers import Normalisation

    rng, made = np.random.default_rng(1), []
    values = [rng.uniform(0.5, 2, 10).astype(np.float32) for _ in range(4)]
    for kind in (Normalisation, keras.layers.BatchNormalization):
        layer = kind(momentum=0.9, epsilon=1e-3, trainable=trainable)
        made.append(outcomes(layer, (5, 6, 4, 10), values, 2, training=training))
    for mine, theirs in zip(*made, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4)
    assert np.array_equal(made[0][-2], values[2]) != (training and trainable)  # the running mean


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="other backends compute Keras' own layers")
@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("places", [(3, 3), (6, 4), (1, 1)])
def test_small_depthwise_is_that_of_keras(size, places):
    from emocourse.models.efficientnet_layers import SmallDepthwise

    values = [np.random.default_rng(3).normal(size=(size, size, 10, 1)).astype(np.float32)]
    kinds = (SmallDepthwise, keras.layers.DepthwiseConv2D)
    made = [outcomes(kind(size, padding="same", use_bias=False), (5, *places, 10), values, 4) for kind in kinds]
    for mine, theirs in zip(*made, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4)


# --- a teacher who is asked once --------------------------------------------------------------------------------------


@dataclasses.dataclass
class Teacher:
    """Answers with the grey level of the left edge, and counts how often it was asked."""

    emotions: tuple = ("one", "two")
    temperature: float = 1.0
    members: tuple = ()
    name: str = "teacher"
    asked: int = 0
    bias: float = 0.0

    @property
    def model(self):
        return self

    def get_weights(self):
        return [np.float32([self.bias])]

    def probabilities(self, images, landmarks):
        self.asked += 1
        left = images[:, :, 0].mean(axis=1).astype(np.float32) / 255
        return np.stack([left, 1 - left], axis=1)


def test_a_teacher_is_asked_once_about_each_image_and_its_mirror():
    images = np.zeros((4, 48, 48), np.uint8)
    images[1, :, :24], images[2, :, 24:], images[3] = 255, 255, 255
    split = Split(images, np.zeros((4, 68, 2), np.float32), np.zeros(4, np.uint8), np.ones(4, bool), np.arange(4))
    teacher = Teacher()
    said = batches.ask_once(teacher, split)
    assert said.dtype == np.float32
    np.testing.assert_allclose(said[:, 0], [0, 0.5, 0.5, 1])
    assert teacher.asked == 2
    np.testing.assert_array_equal(batches.ask_once(teacher, split), said)
    assert teacher.asked == 2  # the second time the cache answered
    batches.ask_once(Teacher(bias=1.0), split)
    recipe = dataclasses.replace(RECIPE, teacher="x", distillation=1.0, mixup=0.0)
    seven = Teacher(tuple(split.emotions))
    seven.probabilities = lambda images, landmarks: np.eye(7, dtype=np.float32)[np.arange(len(images)) % 7]
    source = batches.Batches(recipe, split, True, seven)
    _, labels = source.batch(np.array([2, 0]), np.random.default_rng(0))
    np.testing.assert_array_equal(labels, np.eye(7, dtype=np.float32)[[2, 0]])


# --- the converter ----------------------------------------------------------------------------------------------------


class Code:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize("place", [0, 2, 3])
def test_the_converter_runs_no_code_of_the_file(place, root, tmp_path):
    spec = importlib.util.spec_from_file_location("convert", root / "course_tools" / "reference" / "convert_lite0.py")
    convert = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(convert)
    parts = [0x1950A86A20F9469CFC6C, 1001, {}, collections.OrderedDict(), []]
    path, trace = tmp_path / "x.pth", tmp_path / "trace"
    path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts))
    assert convert.read_pth(path) == {}
    parts[place] = Code(str(trace))
    path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts))
    with pytest.raises(pickle.UnpicklingError, match="no weights need"):
        convert.read_pth(path)
    assert not trace.exists()
