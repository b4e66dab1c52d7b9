"""The drawn hand: it covers what it says, leaves the rest alone, and needs sound arguments."""

import numpy as np
import pytest

from emocourse import twin
from emocourse.errors import CourseError
from emocourse.twin import hard_faces as twin_hand

LANDMARKS, _ = twin.load().sample(4, seed=5)
POINTS = {"mouth": slice(48, 68), "eye": slice(42, 48), "cheek": slice(2, 3)}


@pytest.mark.parametrize("side", [48, 144])
@pytest.mark.parametrize("place", twin_hand.PLACES)
def test_the_hand_covers_its_place(place: str, side: int) -> None:
    for k, points in enumerate(LANDMARKS):
        image = twin.draw(points, side=side, seed=k)
        before = image.copy()
        covered = twin_hand.cover(image, points, place)
        assert (covered.dtype, covered.shape) == (np.uint8, (side, side))
        assert np.array_equal(image, before)
        changed = np.abs(covered.astype(int) - image) > 0
        x, y = np.clip(np.rint((points[POINTS[place]] + 0.5) * side / 48 - 0.5), 0, side - 1).astype(int).T
        assert changed[y, x].mean() > 0.5
        assert 0.05 < changed.mean() < 0.75


def test_what_the_hand_does_not_touch_stays() -> None:
    image = twin.draw(LANDMARKS[0], seed=0)
    assert np.array_equal(twin_hand.cover(image, LANDMARKS[0], "mouth")[:10], image[:10])
    small, large = (twin_hand.cover(image, LANDMARKS[0], "mouth", size) != image for size in (0.5, 1.2))
    assert small.sum() < large.sum()


@pytest.mark.parametrize(
    ("image", "points", "place"),
    [
        (np.zeros((48, 48), np.uint8), LANDMARKS[0], "ear"),
        (np.zeros((48, 40), np.uint8), LANDMARKS[0], "mouth"),
        (np.zeros((48, 48), np.float32), LANDMARKS[0], "mouth"),
        (np.zeros((48, 48), np.uint8), LANDMARKS[0][:51], "mouth"),
        (np.zeros((48, 48), np.uint8), LANDMARKS[0] * np.nan, "mouth"),
    ],
)
def test_what_cannot_be_covered(image: np.ndarray, points: np.ndarray, place: str) -> None:
    with pytest.raises(CourseError):
        twin_hand.cover(image, points, place)
