"""Drawn faces that are hard to find: turned, dark, blurred; the truth about them stays known."""

import numpy as np
import pytest

from emocourse import twin
from emocourse.errors import CourseError
from emocourse.evaluation import detection as coverage
from emocourse.faces import detection as faces
from emocourse.faces import landmarks
from emocourse.twin import hard_faces as trouble


@pytest.fixture(scope="module")
def mean():
    return twin.load().mean("neutral")


@pytest.fixture(scope="module")
def hard():
    return trouble.draw_hard_faces(50, seed=1)


def test_turning_by_nothing_changes_nothing_inside(mean):
    assert np.abs(landmarks.inner(trouble.turned(mean, 0)) - landmarks.inner(mean)).max() < 1e-3


def test_the_nose_goes_where_the_head_turns_and_the_far_side_narrows(mean):
    for degrees, sign in ((30, 1), (-30, -1)):
        moved = trouble.turned(mean, degrees)
        assert sign * (moved[30, 0] - mean[30, 0]) > 2
        left, right = (np.ptp(moved[eye, 0]) for eye in (slice(36, 42), slice(42, 48)))
        assert sign * (left - right) > 1  # the eye on the far side is foreshortened
        outline = moved[:17, 0]
        assert outline.min() < moved[17:, 0].min() and outline.max() > moved[17:, 0].max() - 2


def test_turning_left_mirrors_turning_right(mean):
    left = landmarks.mirror(trouble.turned(mean, -25))
    assert np.abs(left - trouble.turned(landmarks.mirror(mean), 25)).max() < 1e-3


@pytest.mark.parametrize("degrees", [51, -90, np.nan])
def test_heads_turn_only_so_far(mean, degrees):
    with pytest.raises(CourseError, match="-50 to 50"):
        trouble.turned(mean, degrees)


def test_darkness_and_blur(mean):
    plain = twin.draw(mean, seed=2)
    dark = trouble.darkened(plain, 0.1)
    assert dark.dtype == np.uint8 and dark.mean() == pytest.approx(0.1 * plain.mean(), abs=1)
    assert np.array_equal(dark, trouble.darkened(plain, 0.1))
    soft = trouble.blurred(plain, 2)
    assert soft.std() < plain.std() and soft.mean() == pytest.approx(plain.mean(), abs=2)
    unchanged = trouble.blurred(plain, 0)
    assert np.array_equal(unchanged, plain) and unchanged is not plain
    for make in (lambda: trouble.darkened(plain, 1.1), lambda: trouble.blurred(plain, -1)):
        with pytest.raises(CourseError):
            make()


def test_more_trouble_lowers_the_score(mean):
    style = twin.random_style(np.random.default_rng(5))
    plain = twin.draw(mean, style=style)
    rows = (
        [twin.draw(trouble.turned(mean, angle), style=style) for angle in (0, 50)],
        [trouble.darkened(plain, light) for light in (0.8, 0.02)],
        [trouble.blurred(plain, radius) for radius in (0, 4)],
    )
    for easy, difficult in rows:
        scores, _ = landmarks.scores_and_landmarks(np.stack([easy, difficult]))
        assert scores[0] >= faces.HOG_THRESHOLD > scores[1]


def test_hard_faces(hard):
    assert hard.images.shape == (50, 48, 48) and hard.images.dtype == np.uint8
    assert hard.truth.shape == hard.found.shape == (50, 68, 2)
    assert np.bincount(hard.troubles).tolist() == [10] * 5
    again = trouble.draw_hard_faces(50, seed=1)
    assert np.array_equal(hard.images, again.images) and np.array_equal(hard.scores, again.scores)
    assert not np.array_equal(hard.images, trouble.draw_hard_faces(50, seed=2).images)
    error = np.hypot(*(hard.found[3, 17:] - hard.truth[3, 17:]).T).mean()
    assert hard.errors[3] == pytest.approx(error, rel=1e-5)
    assert np.array_equal(hard.wrong, hard.errors >= 2)


def test_trouble_is_trouble_and_the_easy_ones_are_found(hard):
    found = hard.scores >= faces.HOG_THRESHOLD
    easy = hard.troubles == 0
    assert found[easy].mean() >= 0.9 > found[~easy].mean()
    assert hard.errors[found].mean() < hard.errors[~found].mean()
    assert hard.wrong.any() and not hard.wrong.all()


@pytest.mark.parametrize("n", [0, -1, 5001])
def test_number_of_hard_faces(n):
    with pytest.raises(CourseError, match="1 to 5,000"):
        trouble.draw_hard_faces(n)


def test_what_lesson_03_says_of_its_hard_faces():
    """Haar finds more of the hands, HOG more in the dark; a quarter or more have wrong landmarks there; scores warn."""
    hard = trouble.draw_hard_faces(200)
    for name, better in (("hand", "haar"), ("darkness", "hog")):
        mine = hard.troubles == trouble.TROUBLES.index(name)
        hog = (hard.scores[mine] >= faces.HOG_THRESHOLD).sum()
        haar = sum(bool(faces.detect(image, detector="haar")) for image in hard.images[mine])
        assert (haar > hog) == (better == "haar") and haar != hog, name
        assert hard.wrong[mine].mean() >= 0.25
    curves = coverage.tradeoff(hard.scores, hard.wrong)
    assert curves.wrong[0].value > 2 * curves.wrong[curves.thresholds.index(0.4)].value
    assert not hard.wrong[hard.troubles == 0].any()
