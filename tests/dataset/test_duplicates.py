"""Exact copies: the truth of planted ones is what the audit finds; what remembering them is worth."""

import dataclasses

import numpy as np
import pytest

from emocourse.dataset import duplicates as copies
from emocourse.dataset import fer2013
from emocourse.dataset.splits import Dataset, Split
from emocourse.errors import CourseError


def clean(sizes: tuple[int, int, int] = (600, 200, 200), seed: int = 0) -> fer2013.Fer2013:
    rng = np.random.default_rng(seed)

    def part(n: int) -> Split:
        images = rng.integers(0, 256, (n, 48, 48), dtype=np.uint8)
        labels = rng.integers(0, 7, n).astype(np.uint8)
        return Split(images, np.zeros((n, 68, 2), np.float32), labels, np.ones(n, bool), np.arange(n, dtype=np.int32))

    return copies.as_table(Dataset("noise", *map(part, sizes)))


def test_together_keeps_the_order_of_the_splits() -> None:
    data = clean((3, 2, 0))
    assert data.split.tolist() == ["train"] * 3 + ["validation"] * 2
    assert data.images.shape == (5, 48, 48) and data.rows.tolist() == [0, 1, 2, 0, 1]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("counts", [(40, 12, 15), (30, 30, 30), (10, 0, 0), (0, 0, 0), (9, 9, 0)])
def test_the_audit_finds_exactly_what_was_planted(seed: int, counts: tuple[int, int, int]) -> None:
    data = clean()
    before = data.images.copy(), data.labels.copy()
    planted = copies.plant_duplicates(data, *counts, seed=seed)
    found = fer2013.audit(planted.data)
    assert (found["duplicate_groups"], found["conflicting_groups"], found["cross_split_groups"]) == counts
    assert (len(planted.groups), len(planted.conflicting), len(planted.crossing)) == counts
    assert [tuple(group) for group in fer2013.duplicate_groups(planted.data.images)] == list(planted.groups)
    assert {len(group) for group in planted.groups} <= {2, 3}
    for group in planted.groups:
        assert (len(set(planted.data.labels[list(group)].tolist())) > 1) == (group in planted.conflicting)
        assert (len(set(planted.data.split[list(group)].tolist())) > 1) == (group in planted.crossing)
    assert np.array_equal(data.images, before[0]) and np.array_equal(data.labels, before[1])
    assert planted.data.labels.max() <= 6 and (planted.data.split == data.split).all()


def test_the_same_seed_soils_the_same_places() -> None:
    first, second, other = (copies.plant_duplicates(clean(), 20, 5, 5, seed=seed) for seed in (3, 3, 4))
    assert first.groups == second.groups != other.groups
    assert np.array_equal(first.data.images, second.data.images)


def test_two_splits_are_enough() -> None:
    assert len(copies.plant_duplicates(clean((300, 60, 0)), 30, 5, 20).crossing) == 20


@pytest.mark.parametrize(
    ("data", "counts", "says"),
    [
        (clean(), (10, 11, 0), "no more conflicts"),
        (clean(), (10, 0, 11), "no more conflicts"),
        (clean(), (10, -1, 0), "no more conflicts"),
        (clean((60, 0, 0)), (11, 0, 0), "a group for six images"),
        (clean((60, 0, 0)), (5, 0, 1), "two splits"),
        (copies.plant_duplicates(clean(), 5, 0, 0).data, (5, 0, 0), "copies among them already"),
        (clean((400, 3, 0)), (60, 0, 20), "too few images"),
    ],
)
def test_what_cannot_be_planted(data: fer2013.Fer2013, counts: tuple[int, int, int], says: str) -> None:
    with pytest.raises(CourseError, match=says):
        copies.plant_duplicates(data, *counts)


def test_what_memory_is_worth() -> None:
    data = clean((6, 4, 2))
    images, labels = data.images.copy(), data.labels.copy()
    images[[6, 7, 10]] = images[[0, 1, 1]]
    labels[[0, 1, 6, 7, 10]] = 3, 4, 3, 5, 4
    soiled = dataclasses.replace(data, images=images, labels=labels)
    assert copies.train_test_overlap(soiled, "validation") == (2, 1)
    assert copies.train_test_overlap(soiled, "test") == (1, 1)
    with pytest.raises(CourseError, match="themselves"):
        copies.train_test_overlap(soiled, "train")


def test_the_nearest_image_answers() -> None:
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (700, 48, 48), dtype=np.uint8)
    labels = np.arange(700) % 7
    asked = np.concatenate([images[::-1], images[:1] ^ 1])
    assert copies.nearest(images, labels, asked).tolist() == [*labels[::-1], labels[0]]
    assert copies.nearest(images, labels, images[:0]).shape == (0,)
    # All but black and all but white: the sums are largest there, and one grey level must still tell two apart.
    bright = np.full((2, 48, 48), 255, np.uint8)
    bright[1, 0, 0] = 254
    assert copies.nearest(bright, np.array([4, 5]), bright[::-1]).tolist() == [5, 4]
