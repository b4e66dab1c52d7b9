"""The small tools of lesson 11."""

import numpy as np
import pytest

from emocourse.errors import CourseError
from emocourse.from_scratch import video as stream


@pytest.mark.parametrize(
    "other, share",
    [((0, 0, 10, 10), 1), ((5, 0, 10, 10), 50 / 150), ((10, 0, 5, 5), 0), ((20, 20, 5, 5), 0), ((2, 2, 5, 5), 0.25)],
)
def test_iou(other, share):
    assert stream.iou((0, 0, 10, 10), other) == pytest.approx(share) == stream.iou(other, (0, 0, 10, 10))


def test_the_best_pair_comes_first():
    before = [(0, 0, 10, 10), (8, 0, 10, 10)]
    assert stream.match(before, [(5, 0, 10, 10)]) == {0: 1}
    assert stream.match(before, [(7, 0, 10, 10), (1, 0, 10, 10)]) == {0: 1, 1: 0}
    assert stream.match(before, [(40, 0, 10, 10)]) == {} == stream.match([], before)
    assert stream.match(before, [(3, 0, 10, 10)], least=0.8) == {}


def test_identity_is_the_share_of_a_persons_own_number():
    boxes = [(0, 0, 10, 10), (50, 0, 10, 10)]
    truth, visible = [np.array(boxes, float)] * 4, [np.ones(2)] * 3 + [np.array([1, 0.2])]
    share, given = stream.identity([boxes] * 4, [[1, 2], [1, 2], [2, 1], [1, 3]], truth, visible)
    assert share == (3 + 2) / 7 and given == 3
    assert stream.identity([boxes, boxes, [], boxes], [[1, 2], [1, 2], [], [1, 2]], truth, visible)[0] == 5 / 7
    with pytest.raises(CourseError):
        stream.identity([[]], [[]], [truth[0]], [np.zeros(2)])


def test_smoothing_depends_on_time_and_not_on_the_rate_of_frames():
    for fps in (5, 30, 100):
        times = np.arange(0, 3, 1 / fps)
        out = stream.smooth(times, (times > 0).astype(float), 0.5)
        np.testing.assert_allclose(out, 1 - np.exp(-times / 0.5), atol=1e-9)
    both = stream.smooth(times, np.stack([times, 1 - times], 1), 0.2)
    np.testing.assert_allclose(both.sum(1), 1)


def test_smoothing_is_late_and_calm():
    times = np.arange(0, 6.1, 0.1)
    assert stream.lag(times, 1.0) == pytest.approx(np.log(2) - 0.05, abs=0.01)  # from the middle between two frames
    assert stream.lag(times, 0.2) < stream.lag(times, 0.5) < stream.lag(times, 2.0)
    assert stream.flicker(np.arange(5) * 0.5, ["a", "b", None, None, "a"]) == 60 * 3 / 2
