"""Preprocessing: the same numbers whatever the number of workers, from the cache, and after an interruption."""

import numpy as np
import pytest

from emocourse import twin
from emocourse.errors import CourseError
from emocourse.faces import detection as faces
from emocourse.faces import landmarks, preprocessing
from emocourse.files import store as files


@pytest.fixture(scope="module")
def images():
    points, _ = twin.load().sample(30, seed=5)
    drawn = twin.draw_many(points, seed=5)
    drawn[7] = 128  # nothing to detect
    return drawn


@pytest.fixture
def small_chunks(monkeypatch, tmp_path):
    monkeypatch.setattr(preprocessing, "CHUNK", 8)
    monkeypatch.setenv("EMOCOURSE_CACHE", str(tmp_path))
    return tmp_path


def same(a, b):
    return all(
        np.array_equal(getattr(a, name), getattr(b, name)) for name in ("landmarks", "detected", "scores", "boxes")
    )


def test_it_is_find_for_every_image(images):
    found = preprocessing.preprocess(images, workers=1, progress=False, cache=False)
    for i in (0, 7, 29):
        points, detected, score, box = landmarks.find(images[i])
        np.testing.assert_array_equal(found.landmarks[i], points)
        assert (found.detected[i], found.scores[i]) == (detected, np.float32(score))
        np.testing.assert_array_equal(found.boxes[i], np.float32(box))
    assert not found.detected[7]
    np.testing.assert_allclose(found.boxes[7], faces.whole_image_box(48))
    assert found.landmarks.dtype == np.float32 and found.landmarks.shape == (30, 68, 2)


def test_workers_change_nothing(images, small_chunks):
    alone = preprocessing.preprocess(images, workers=1, progress=False, cache=False)
    assert same(alone, preprocessing.preprocess(images, workers=2, progress=False, cache=False))


def test_the_cache_answers_the_second_time(images, small_chunks, monkeypatch):
    first = preprocessing.preprocess(images, workers=1, progress=False)
    monkeypatch.setattr(preprocessing, "_find_chunk", lambda *_: pytest.fail("worked again"))
    assert same(first, preprocessing.preprocess(images, workers=1, progress=False))
    assert [p.suffix for p in (small_chunks / "landmarks").iterdir()] == [".npz"]  # the chunks were tidied up


def test_several_boxes_are_steady_and_kept_apart(images, small_chunks):
    one = preprocessing.preprocess(images[:9], workers=1, progress=False)
    several = preprocessing.preprocess(images[:9], num_jitters=3, workers=1, progress=False)
    assert same(several, preprocessing.preprocess(images[:9], num_jitters=3, workers=2, progress=False, cache=False))
    np.testing.assert_array_equal(several.landmarks[7], landmarks.find_jittered(images[7], 3)[0])
    assert (several.landmarks != one.landmarks).any((1, 2)).all()
    np.testing.assert_array_equal(several.detected, one.detected)
    assert same(one, preprocessing.preprocess(images[:9], workers=1, progress=False))


@pytest.mark.parametrize("boxes", [0, 13])
def test_other_numbers_of_boxes_are_refused(boxes, images):
    with pytest.raises(CourseError, match=f"1 to 12 boxes, not {boxes}"):
        preprocessing.preprocess(images, num_jitters=boxes)


def test_other_images_are_not_answered_from_the_cache(images, small_chunks):
    first = preprocessing.preprocess(images, workers=1, progress=False)
    other = images.copy()
    other[0] = other[1]
    assert not same(first, preprocessing.preprocess(other, workers=1, progress=False))


def test_an_interrupted_run_goes_on(images, small_chunks, monkeypatch):
    expected = preprocessing.preprocess(images, workers=1, progress=False, cache=False)
    real, done = preprocessing._find_chunk, []

    def stops_at_the_third(images, boxes):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(len(images))
        return real(images, boxes)

    monkeypatch.setattr(preprocessing, "_find_chunk", stops_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        preprocessing.preprocess(images, workers=1, progress=False)
    went_on = []
    monkeypatch.setattr(
        preprocessing, "_find_chunk", lambda part, boxes: (went_on.append(len(part)), real(part, boxes))[1]
    )
    assert same(expected, preprocessing.preprocess(images, workers=1, progress=False))
    assert (done, went_on) == ([8, 8], [8, 6])


def test_a_damaged_cache_is_made_again(images, small_chunks):
    first = preprocessing.preprocess(images, workers=1, progress=False)
    (stored,) = (small_chunks / "landmarks").glob("*.npz")
    for damage in (b"", b"not a zip", stored.read_bytes()[:-200]):
        stored.write_bytes(damage)
        assert same(first, preprocessing.preprocess(images, workers=1, progress=False))


def test_no_images():
    found = preprocessing.preprocess(np.empty((0, 48, 48), np.uint8), progress=False)
    assert found.landmarks.shape == (0, 68, 2)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((2, 48, 47), np.uint8), np.zeros((48, 48), np.uint8), np.zeros((2, 48, 48), np.float32)],
    ids=["shape", "one image", "float"],
)
def test_wrong_arrays(wrong):
    with pytest.raises(CourseError, match="48, 48"):
        preprocessing.preprocess(wrong, progress=False)


def test_a_dead_worker_is_one_sentence(images, small_chunks, monkeypatch):
    class Broken:
        def __init__(self, *args, **kwargs): ...

        def submit(self, *args):
            raise preprocessing.concurrent.futures.process.BrokenProcessPool("died")

        def shutdown(self, **kwargs): ...

    monkeypatch.setattr(preprocessing.concurrent.futures, "ProcessPoolExecutor", Broken)
    with pytest.raises(CourseError, match="fewer workers"):
        preprocessing.preprocess(images, workers=2, progress=False)


def test_the_real_images(fer2013_path):
    """Coverage on a sample of Training, and the framing that photos are cut out in."""
    from emocourse.dataset import fer2013

    data = fer2013.read(fer2013_path, progress=False)
    sample = np.flatnonzero(data.split == "train")[:: max(1, len(data) // 1500)]
    found = preprocessing.preprocess(data.images[sample], progress=False)
    assert 0.80 <= found.detected.mean() <= 0.90
    x, y, w, h = np.median(found.boxes[found.detected], axis=0)
    left, top, side = faces.crop_square((x, y, w, h))
    assert abs(left) <= 2 and abs(top) <= 2 and abs(side - 48) <= 2
    assert files.cache_dir().exists()
