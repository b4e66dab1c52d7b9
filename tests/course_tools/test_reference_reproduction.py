"""The readings of the slides: what each changes, and that they are trained and kept."""

from types import SimpleNamespace

import numpy as np
import pytest

from course_tools.reference import reproduction as study
from emocourse import dataset
from emocourse.errors import CourseError
from emocourse.results import reproduction
from emocourse.training.recipes import RECIPES


@pytest.fixture(scope="module")
def drawn():
    """40 drawn faces and 20 more; every fourth counts as not detected."""
    data = dataset.load("twin", sizes={"train": 40, "validation": 20, "test": 0}, workers=1, progress=False)
    for split in (data.train, data.validation):
        split.detected[::4] = False
    return data.without_disgust()


def test_each_way_to_draw_adds_pixels_around_the_same_dots(drawn):
    dots = drawn.train.binary_images()
    for kind in (study.Thick, study.Joined):
        images = study.drawn_as(kind)(drawn).train.take(np.arange(5)).binary_images()
        assert images.shape == (5, 48, 48, 1) and images.dtype == np.float32 and set(np.unique(images)) == {0, 1}
        assert (images >= dots[:5]).all() and images.sum() > 1.5 * dots[:5].sum()


def test_detected_only(drawn):
    data = study.detected_only(drawn)
    assert data.train.coverage == data.validation.coverage == 1
    assert len(data.train) == drawn.train.detected.sum() and len(data.test) == len(drawn.test)


@pytest.mark.parametrize("times", [1, 4])
def test_landmarks_of_larger_images_come_back_in_pixels_of_the_small_one(drawn, times):
    data = study.enlarged(times)(drawn)
    far = np.abs(data.train.landmarks - drawn.train.landmarks)[drawn.train.detected].mean(axis=(1, 2))
    assert 0.05 < np.median(far) < 2


def test_twice_as_large_is_what_the_course_does(drawn):
    np.testing.assert_array_equal(study.enlarged(2)(drawn).train.landmarks, drawn.train.landmarks)


def test_a_random_split_mixes_and_loses_nobody(drawn):
    data = study.random_split(drawn)
    assert (len(data.train), len(data.validation)) == (len(drawn.train), len(drawn.validation))
    before, after = (
        {image.tobytes() for split in (d.train, d.validation) for image in split.images} for d in (drawn, data)
    )
    moved = {image.tobytes() for image in data.validation.images} - {i.tobytes() for i in drawn.validation.images}
    assert before == after and moved


def test_rows_are_trained_and_kept(drawn, tmp_path):
    kept = []
    made = study.measure(drawn, tmp_path, ["dots joined by lines"], [0, 1], epochs=1, keep=lambda m: kept.append(1))
    assert [(run["name"], run["seed"]) for run in made["runs"]] == [
        ("dots joined by lines", 0),
        ("dots joined by lines", 1),
    ]
    assert len(kept) == 2 and study.measure(drawn, tmp_path, ["dots joined by lines"], [0, 1], epochs=1) == made
    assert "not in 1 epochs" in reproduction.reproduction_table(made)
    more = study.measure(drawn, tmp_path, ["batches of 100"], [0], epochs=1, before=made["runs"])
    assert [(run["name"][:5], run["seed"]) for run in more["runs"]] == [("dots ", 0), ("batch", 0), ("dots ", 1)]
    assert more["runs"][::2] == made["runs"]
    for wrong in ([made["runs"][0]] * 2, [made["runs"][0], made["runs"][1] | {"n": 1}]):
        with pytest.raises(CourseError, match="a run twice, or seeds of one reading on different images"):
            reproduction.check(made | {"runs": wrong}, "The record")
    made["runs"][0]["history"]["accuracy"][0] = 5
    with pytest.raises(CourseError, match=r"runs.0.history.accuracy.0 is wrong"):
        reproduction.check(made, "The record")
    made["runs"][0]["history"] |= {"accuracy": [0.5], "val_loss": [1.0, 1.0]}
    with pytest.raises(CourseError, match="one number an epoch"):
        reproduction.check(made, "The record")


def test_the_base_is_the_leaderboards_own_run_where_it_is_the_same():
    recipe, fer2013 = RECIPES["slides"].but(epochs=25), SimpleNamespace(name="fer2013", validation=range(3533))
    record = study.leaderboards_own(recipe, fer2013, 0)
    history, machine = record["history"], record["machine"]
    assert machine == reproduction.read_reproduction()["runs"][0]["machine"]
    assert len(history["loss"]) >= 25 and history["accuracy"][0] < history["accuracy"][24]
    assert study.leaderboards_own(recipe, fer2013, 7) is None
    assert study.leaderboards_own(recipe.but(batch=100), fer2013, 0) is None
    assert study.leaderboards_own(recipe.but(epochs=51), fer2013, 0) is None
    assert study.leaderboards_own(recipe, SimpleNamespace(name="fer2013", validation=range(10)), 0) is None
    assert study.leaderboards_own(recipe, SimpleNamespace(name="twin", validation=range(3533)), 0) is None


def test_the_table_says_where_training_passes_the_slides_accuracy():
    curves = {"accuracy": [0.5, 0.76, 0.9], "val_accuracy": [0.5, 0.48, 0.46], "val_loss": [1.3, 1.2, 2.0]}
    runs = [
        {"name": reproduction.BASE, "seed": seed, "n": 3534, "n_train": 28273, "history": curves} for seed in (0, 1)
    ]
    row = reproduction.reproduction_table({"epochs": 3, "runs": runs}).splitlines()[-1]
    assert "epoch 2, 2 | 48.0 % (46.3 % to 49.6 %) | 48.0 % (46.3 % to 49.6 %) | 46.0 %" in row and "90.0 %" in row
