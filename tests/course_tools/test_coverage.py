"""Coverage of a dataset is measured as the record that ships was."""

import json

import numpy as np
import pytest

from course_tools.reference import coverage
from emocourse import evaluation, twin
from emocourse.dataset import splits as dataset


@pytest.fixture(scope="module")
def drawn():
    points, _ = twin.load().sample(labels=np.arange(7), seed=3)
    return twin.draw_many(points, seed=3)


def test_mirror_distances_are_small_on_good_faces_and_large_on_noise(drawn):
    _, apart = coverage.mirror_distances(drawn)
    noise = np.random.default_rng(0).integers(0, 256, (4, 48, 48), dtype=np.uint8)
    _, lost = coverage.mirror_distances(noise)
    assert np.median(apart) < 1 < np.median(lost)


def test_such_a_record_is_measured(tmp_path, drawn):
    split = dataset.Split(
        drawn, np.zeros((7, 68, 2), np.float32), np.arange(7, dtype=np.uint8), np.arange(7) > 1, np.arange(7)
    )
    record = coverage.measure(dataset.Dataset("twin", split, split, split.take([])), tmp_path / "twin.json")
    assert json.loads((tmp_path / "twin.json").read_text()) == record
    assert set(record["emotions"]) == {"train", "validation"}
    assert record["emotions"]["train"]["anger"] == [0, 1] and record["emotions"]["train"]["neutral"] == [1, 1]
    assert sum(record["mirror"]["n"]) == 7 and evaluation.recorded_tradeoff(record).coverage[0].n == 7
    assert list(record) == list(evaluation.recorded_coverage())
