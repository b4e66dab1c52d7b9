"""Films of drawn people: what they say of themselves is true."""

import itertools

import numpy as np
import pytest

from emocourse.emotions import EMOTIONS
from emocourse.errors import CourseError
from emocourse.faces import landmarks
from emocourse.twin.scenes import moving_scene


def test_a_film_and_what_it_says_of_itself():
    moments = list(moving_scene(3, 40, seed=2, rate=10))
    assert [moment.time for moment in moments] == pytest.approx(np.arange(40) / 10)
    for moment in moments:
        assert moment.image.shape == (480, 640) and moment.image.dtype == np.uint8
        assert moment.boxes.shape == (3, 4) and moment.landmarks.shape == (3, 68, 2)
        assert ((moment.visible >= 0) & (moment.visible <= 1)).all() and moment.visible[-1] == 1
        assert moment.emotions == [EMOTIONS[k] for k in moment.labels]
        inside = moment.landmarks >= moment.boxes[:, None, :2] - 0.5 * moment.boxes[:, None, 2:]
        assert inside.all() and moment.boxes[:, 0].min() > 0 and moment.boxes[:, 1].min() > 0
    steps = np.abs(np.diff([moment.boxes[:, 0] for moment in moments], axis=0))
    assert 0 < steps.max() < 0.3 * moments[0].boxes[:, 2].min()
    assert len({tuple(moment.labels) for moment in moments}) > 1, "nobody changes their expression"


def test_the_landmarks_lie_where_the_predictor_finds_them():
    for moment in itertools.islice(moving_scene(1, 60, seed=6, speed=0.5, blinks=False), 0, 60, 20):
        found = landmarks.predict(moment.image, tuple(map(float, moment.boxes[0])))
        apart = np.linalg.norm(landmarks.inner(found) - landmarks.inner(moment.landmarks[0]), axis=1)
        assert np.median(apart) < 0.05 * moment.boxes[0, 2]


def test_a_longer_film_begins_as_a_shorter_one_and_the_same_call_gives_the_same():
    short, long = (list(itertools.islice(moving_scene(2, frames, (320, 240), seed=4), 8)) for frames in (8, 500))
    for a, b in zip(short, long, strict=True):
        assert np.array_equal(a.image, b.image) and np.array_equal(a.boxes, b.boxes)
    other = next(moving_scene(2, 8, (320, 240), seed=5))
    assert not np.array_equal(other.image, short[0].image)


def test_people_cross_unless_they_are_told_not_to():
    least = [
        min(moment.visible.min() for moment in moving_scene(4, 30, seed=1, rate=3, cross=cross))  # ten seconds
        for cross in (True, False)
    ]
    assert least[0] < 0.3 and least[1] == 1


def test_eyes_are_shut_for_a_moment():
    heights = []
    for moment in moving_scene(1, 240, (320, 240), seed=3, speed=0):
        eye = moment.landmarks[0, 36:42]
        heights.append((eye[[4, 5], 1] - eye[[1, 2], 1]).mean() / (eye[3, 0] - eye[0, 0]))
    shut = np.array(heights) < 0.25 * np.median(heights)
    assert 4 <= shut.sum() <= 30


@pytest.mark.parametrize(
    "arguments",
    [(0,), (13,), (2, 0), (2, 9, (32, 480)), (2, 9, (640, 9000))],
)
def test_numbers_out_of_range_are_one_sentence(arguments):
    with pytest.raises(CourseError, match="film needs"):
        moving_scene(*arguments)
    with pytest.raises(CourseError, match="film needs"):
        moving_scene(2, rate=0)
