"""Copies planted at known places: the truth is what the audit finds."""

import numpy as np
import pytest

from emocourse import fer2013, planting
from emocourse.dataset import Dataset, Split
from emocourse.errors import CourseError


def clean(sizes: tuple[int, int, int] = (600, 200, 200), seed: int = 0) -> fer2013.Fer2013:
    rng = np.random.default_rng(seed)

    def part(n: int) -> Split:
        images = rng.integers(0, 256, (n, 48, 48), dtype=np.uint8)
        labels = rng.integers(0, 7, n).astype(np.uint8)
        return Split(images, np.zeros((n, 68, 2), np.float32), labels, np.ones(n, bool), np.arange(n, dtype=np.int32))

    return planting.together(Dataset("noise", *map(part, sizes)))


def test_together_keeps_the_order_of_the_splits() -> None:
    data = clean((3, 2, 0))
    assert data.split.tolist() == ["train"] * 3 + ["validation"] * 2
    assert data.images.shape == (5, 48, 48) and data.rows.tolist() == [0, 1, 2, 0, 1]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("counts", [(40, 12, 15), (30, 30, 30), (10, 0, 0), (0, 0, 0), (9, 9, 0)])
def test_the_audit_finds_exactly_what_was_planted(seed: int, counts: tuple[int, int, int]) -> None:
    data = clean()
    before = data.images.copy(), data.labels.copy()
    planted = planting.plant(data, *counts, seed=seed)
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
    first, second, other = (planting.plant(clean(), 20, 5, 5, seed=seed) for seed in (3, 3, 4))
    assert first.groups == second.groups != other.groups
    assert np.array_equal(first.data.images, second.data.images)


def test_two_splits_are_enough() -> None:
    assert len(planting.plant(clean((300, 60, 0)), 30, 5, 20).crossing) == 20


@pytest.mark.parametrize(
    ("data", "counts", "says"),
    [
        (clean(), (10, 11, 0), "no more conflicts"),
        (clean(), (10, 0, 11), "no more conflicts"),
        (clean(), (10, -1, 0), "no more conflicts"),
        (clean((60, 0, 0)), (11, 0, 0), "a group for six pictures"),
        (clean((60, 0, 0)), (5, 0, 1), "two splits"),
        (planting.plant(clean(), 5, 0, 0).data, (5, 0, 0), "copies among them already"),
        (clean((400, 3, 0)), (60, 0, 20), "too few pictures"),
    ],
)
def test_what_cannot_be_planted(data: fer2013.Fer2013, counts: tuple[int, int, int], says: str) -> None:
    with pytest.raises(CourseError, match=says):
        planting.plant(data, *counts)
