"""The architectures: the slides' CNN with its layer table line for line, and the networks that look at pixels."""

import re

import numpy as np
import pytest

from emocourse.backend import keras
from emocourse.errors import CourseError
from emocourse.models import architectures as models

# The table on the slide "Our model", copied from it: layer, output shape, parameters.
SLIDE = """
conv2d (Conv2D)	(None, 46, 46, 64)	640
conv2d_1 (Conv2D)	(None, 44, 44, 64)	36928
max_pooling2d (MaxPooling2D)	(None, 22, 22, 64)	0
dropout (Dropout)	(None, 22, 22, 64)	0
conv2d_2 (Conv2D)	(None, 20, 20, 64)	36928
conv2d_3 (Conv2D)	(None, 18, 18, 64)	36928
max_pooling2d_1 (MaxPooling2D)	(None, 9, 9, 64)	0
dropout_1 (Dropout)	(None, 9, 9, 64)	0
conv2d_4 (Conv2D)	(None, 7, 7, 128)	73856
conv2d_5 (Conv2D)	(None, 5, 5, 128)	147584
max_pooling2d_2 (MaxPooling2D)	(None, 2, 2, 128)	0
flatten (Flatten)	(None, 512)	0
dense (Dense)	(None, 1024)	525312
dropout_2 (Dropout)	(None, 1024)	0
dense_1 (Dense)	(None, 1024)	1049600
dropout_3 (Dropout)	(None, 1024)	0
dense_2 (Dense)	(None, 6)	6150
"""


def rows_of_summary(model):
    lines = []
    model.summary(print_fn=lines.append)
    table = "\n".join(lines)
    rows = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in re.split("[│┃|]", line) if cell.strip()]
        if len(cells) == 3 and "(" in cells[0] and cells[1].startswith("("):
            rows.append((cells[0], cells[1], cells[2].replace(",", "")))
    return rows, table


def test_the_summary_is_the_slides_table_line_for_line():
    rows, table = rows_of_summary(models.slides_cnn())
    assert rows == [tuple(line.split("\t")) for line in SLIDE.strip().splitlines()]
    assert "Total params: 1,913,926" in table
    assert 'Model: "sequential"' in table


def test_it_stays_the_same_when_built_again():
    # Keras numbers names of layers by how many were made before; ours are given.
    assert rows_of_summary(models.slides_cnn())[0] == rows_of_summary(models.slides_cnn())[0]


def test_dropout_and_activations_are_the_slides():
    model = models.slides_cnn()
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [0.2] * 4
    weighted = [layer for layer in model.layers if layer.weights]
    assert [layer.activation.__name__ for layer in weighted] == ["relu"] * 8 + ["softmax"]


def test_output_is_a_probability_distribution():
    model = models.slides_cnn()
    binary = (np.random.default_rng(0).random((5, 48, 48, 1)) < 0.02).astype(np.float32)
    probabilities = keras.ops.convert_to_numpy(model(binary))
    assert probabilities.shape == (5, 6)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)
    assert (probabilities >= 0).all()


@pytest.mark.parametrize("classes", [6, 7])
def test_only_the_last_layer_depends_on_the_classes(classes):
    assert models.slides_cnn(classes).count_params() == 1_907_776 + classes * 1025


def test_importing_models_does_not_load_keras(run_python):
    run_python("import sys, emocourse.models; assert not {'keras', 'tensorflow', 'cv2', 'dlib'} & set(sys.modules)")


def test_names_are_documented():
    for architecture in models.ARCHITECTURES.values():
        assert architecture.build.__doc__ and architecture.input
        assert architecture.pixels or architecture.landmarks


LIMITS = {"tiny": 200_000, "main": 4_000_000}


@pytest.mark.parametrize("name", ["tiny", "main", "vgg16"])
def test_pixel_models(name):
    architecture = models.ARCHITECTURES[name]
    model = architecture.build(7)
    assert model.count_params() <= LIMITS.get(name, 15_000_000)
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48), np.uint8)
    for side in (48, 44):
        probabilities = keras.ops.convert_to_numpy(model(architecture.preprocess_input(images[:, :side, :side], None)))
        assert probabilities.shape == (3, 7)
        np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)
    assert np.abs(probabilities[0] - probabilities[1]).max() > 1e-6  # it does look


def test_pixels_are_read_alike_in_any_light():
    image = np.random.default_rng(0).integers(0, 100, (1, 48, 48)).astype(np.uint8)
    one, bright = models.pixel_input(image), models.pixel_input(image * 2 + 30)
    assert one.shape == (1, 44, 44, 1) and one.dtype == np.float32
    np.testing.assert_allclose(one, bright, atol=1e-4)
    assert abs(one.mean()) < 1e-5 and abs(one.std() - 1) < 1e-4
    assert not models.pixel_input(np.full((1, 48, 48), 9, np.uint8)).any()  # and nothing is made of nothing


@pytest.mark.parametrize("prepare", [models.pixel_input, models.vgg16_input])
def test_the_middle_of_a_whole_image_is_read(prepare):
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 48), np.uint8)
    np.testing.assert_array_equal(prepare(images), prepare(images[:, 2:46, 2:46]))
    assert prepare(images[:, :40, :36]).shape[1:3] == (40, 36)  # of another size, all of it


def test_vgg16_takes_over_trained_convolutions(tmp_path):
    keras.utils.set_random_seed(5)
    trained = keras.applications.VGG16(include_top=False, weights=None)
    trained.save_weights(tmp_path / "made.weights.h5")
    model = models.vgg16()
    head = model.get_layer("emotions").get_weights()[0].copy()
    models.load_imagenet(model, tmp_path / "made.weights.h5")
    for layer in trained.layers[1:]:
        for a, b in zip(layer.get_weights(), model.get_layer(layer.name).get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(model.get_layer("emotions").get_weights()[0], head)


def test_vgg16_input_is_what_keras_makes_of_a_grey_image():
    grey = np.random.default_rng(0).integers(0, 256, (2, 48, 48), np.uint8)
    colour = np.repeat(grey[..., None], 3, axis=3).astype(np.float32)
    expected = keras.applications.vgg16.preprocess_input(colour)
    np.testing.assert_allclose(models.vgg16_input(grey[:, 2:46, 2:46]), expected[:, 2:46, 2:46], atol=1e-4)


def test_imagenet_weights_that_cannot_be_had(tmp_path):
    (tmp_path / "broken.weights.h5").write_bytes(b"not weights")
    with pytest.raises(CourseError, match="ImageNet weights of VGG16 cannot be had"):
        models.load_imagenet(models.vgg16(), tmp_path / "broken.weights.h5")
