"""Coverage by emotion, the threshold's trade-off, the mirror test, and the record that ships."""

import numpy as np
import pytest

from emocourse.emotions import EMOTIONS
from emocourse.errors import CourseError
from emocourse.evaluation import detection as coverage
from emocourse.faces import detection as faces
from emocourse.metrics import wilson_interval


def test_by_emotion_counts_each_emotion_by_itself():
    labels = np.array([0, 0, 0, 0, 4, 4, 6])
    detected = np.array([1, 1, 1, 0, 0, 1, 0], bool)
    table = coverage.coverage_by_emotion(labels, detected)
    assert list(table) == ["anger", "sadness", "neutral"]  # those without images are left out
    assert [(one.part, one.n, one.value) for one in table.values()] == [(3, 4, 0.75), (1, 2, 0.5), (0, 1, 0.0)]
    assert (table["anger"].low, table["anger"].high) == wilson_interval(3, 4)


@pytest.mark.parametrize(("labels", "detected"), [([0, 9], [True, False]), ([0], [0.5]), ([0, 1], [True]), ([], [])])
def test_by_emotion_refuses_what_is_no_detection(labels, detected):
    with pytest.raises(CourseError):
        coverage.coverage_by_emotion(labels, detected)


def test_tradeoff():
    curves = coverage.tradeoff([-0.5, -0.2, 0.3, 0.3], [True, False, True, False], (-0.6, -0.2, 0.0, 1.0))
    assert [one.part for one in curves.coverage] == [4, 3, 2, 0]
    assert [one and (one.part, one.n) for one in curves.wrong] == [(2, 4), (1, 3), (1, 2), None]


def test_tradeoff_keeps_a_score_at_the_threshold_in_single_precision_too():
    curves = coverage.tradeoff(np.float32([0.25, -0.5]), [False, False], (0.25,))
    assert curves.coverage[0].part == 1


@pytest.mark.parametrize("scores", [[], [np.nan], [[0.1]]])
def test_tradeoff_refuses_what_is_no_score(scores):
    with pytest.raises(CourseError, match="Scores"):
        coverage.tradeoff(scores, [True] * len(scores))


def test_the_record_that_ships():
    record = coverage.recorded_coverage()
    assert record["threshold"] == faces.HOG_THRESHOLD
    for split, n in (("train", 28709), ("validation", 3589)):
        table = record["emotions"][split]
        assert list(table) == list(EMOTIONS) and sum(counts[1] for counts in table.values()) == n
        assert all(0 < part <= count for part, count in table.values())
    curves = coverage.recorded_tradeoff(record)
    assert curves.thresholds == coverage.STEPS
    here = curves.thresholds.index(faces.HOG_THRESHOLD)
    found = sum(part for part, _ in record["emotions"]["validation"].values())
    assert curves.coverage[here].n == 3589 and curves.coverage[here].part == found
    shares = [one.value for one in curves.coverage]
    assert shares == sorted(shares, reverse=True)
    assert curves.wrong[0].value > 4 * curves.wrong[-1].value


def test_what_the_lesson_says_of_the_record():
    """Lesson 04: sad faces are found least, about 73 of 100 against 90 happy ones, with intervals far apart.

    And between -0.2 and -0.8 about one new face in seven fails the mirror test.
    """
    real = {
        name: coverage.proportion(*counts) for name, counts in coverage.recorded_coverage()["emotions"]["train"].items()
    }
    lowest = min(real, key=lambda name: real[name].value)
    assert lowest == "sadness" and round(100 * real["sadness"].value) in (72, 73)
    assert round(100 * real["happiness"].value) == 90
    assert all(real["sadness"].high < one.low for name, one in real.items() if name != "sadness")
    curves = coverage.recorded_tradeoff(coverage.recorded_coverage())
    bad, kept = {}, {}
    for threshold in (1.0, 0.4, -0.2, -0.8):
        k = curves.thresholds.index(threshold)
        bad[threshold], kept[threshold] = curves.wrong[k].part, curves.coverage[k].part
    new = [(bad[b] - bad[a]) / (kept[b] - kept[a]) for a, b in ((1.0, 0.4), (0.4, -0.2), (-0.2, -0.8))]
    assert new == sorted(new) and round(1 / new[-1]) == 7
