"""Both datasets through one call, as three splits."""

import csv

import numpy as np
import pytest

from emocourse import twin
from emocourse.dataset import splits as dataset
from emocourse.emotions import EMOTIONS, EMOTIONS_6
from emocourse.errors import CourseError

SIZES = {"train": 40, "validation": 20, "test": 10}


@pytest.fixture(scope="module")
def drawn():
    return dataset.load("twin", sizes=SIZES, workers=1, progress=False)


def test_the_twin_has_three_splits(drawn):
    assert [len(drawn.split(name)) for name in SIZES] == [40, 20, 10]
    train = drawn.train
    assert train.images.shape == (40, 48, 48) and train.images.dtype == np.uint8
    assert train.landmarks.shape == (40, 68, 2) and train.landmarks.dtype == np.float32
    assert train.labels.dtype == np.uint8 and train.detected.dtype == bool
    assert train.emotions == EMOTIONS
    assert sum(train.counts().values()) == 40


def test_splits_share_no_face(drawn):
    seen = {image.tobytes() for name in SIZES for image in drawn.split(name).images}
    assert len(seen) == 70


def test_splits_share_no_landmarks_either(monkeypatch, tmp_path):
    """The same face in another light would be as bad as the same image."""
    given = []

    def draw_many(points, **options):
        given.append(points)
        return np.zeros((len(points), 48, 48), np.uint8)

    monkeypatch.setenv("EMOCOURSE_CACHE", str(tmp_path))
    monkeypatch.setattr(twin, "draw_many", draw_many)
    dataset.draw_twin(dict.fromkeys(SIZES, 20), seed=0, progress=False)
    assert len({face.tobytes() for points in given for face in points}) == 60


def test_a_split_does_not_depend_on_another_splits_size(drawn):
    other = dataset.load("twin", sizes={**SIZES, "train": 5}, workers=1, progress=False)
    np.testing.assert_array_equal(other.test.images, drawn.test.images)


def test_seed(drawn):
    other = dataset.load("twin", sizes=SIZES, seed=1, workers=1, progress=False)
    assert not np.array_equal(other.train.images, drawn.train.images)


def test_binary_images(drawn):
    binary = drawn.train.binary_images()
    assert binary.shape == (40, 48, 48, 1) and binary.dtype == np.float32
    assert set(np.unique(binary)) == {0.0, 1.0}
    assert binary.sum((1, 2, 3)).max() <= 51


def test_without_disgust(drawn):
    six = drawn.without_disgust()
    kept = drawn.train.labels != EMOTIONS.index("disgust")
    assert six.train.emotions == EMOTIONS_6 and len(six.train) == kept.sum()
    names = [EMOTIONS[k] for k in drawn.train.labels[kept]]
    assert [EMOTIONS_6[k] for k in six.train.labels] == names
    assert six.without_disgust().train is six.train


def test_matching(drawn):
    assert drawn.train.matching(EMOTIONS) is drawn.train
    assert drawn.train.matching(EMOTIONS_6).emotions == EMOTIONS_6


@pytest.mark.parametrize("wrong", ["mnist", "", "TWIN"])
def test_unknown_dataset(wrong):
    with pytest.raises(CourseError, match="no dataset"):
        dataset.load(wrong)


@pytest.mark.parametrize("sizes", [{"train": -1}, {"holdout": 5}, {"train": 10**9}])
def test_wrong_sizes(sizes):
    with pytest.raises(CourseError, match="Sizes"):
        dataset.load("twin", sizes=sizes)


def test_split_names(drawn):
    with pytest.raises(CourseError, match="train, validation or test"):
        drawn.split("holdout")


def test_fer2013_from_a_file(tmp_path, drawn):
    path = tmp_path / "fer2013.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["emotion", "pixels", "Usage"])
        for i, usage in enumerate(["Training", "Training", "PublicTest"]):
            image = drawn.train.images[i]
            writer.writerow([drawn.train.labels[i], " ".join(map(str, image.ravel())), usage])
    data = dataset.open_data(str(path), workers=1, progress=False)
    assert (len(data.train), len(data.validation), len(data.test)) == (2, 1, 0)
    np.testing.assert_array_equal(data.train.images, drawn.train.images[:2])
    np.testing.assert_array_equal(data.train.landmarks, drawn.train.landmarks[:2])  # the same preprocessing
    assert data.validation.rows.tolist() == [4]  # the CSV's line
    with pytest.raises(CourseError, match="no test images"):
        data.split("test")


def test_the_drawn_set_comes_from_the_cache_the_second_time(drawn, monkeypatch):
    monkeypatch.setattr(twin, "draw_many", lambda *args, **kwargs: pytest.fail("drawn again"))
    again = dataset.load("twin", sizes=SIZES, workers=1, progress=False)
    np.testing.assert_array_equal(again.train.images, drawn.train.images)
