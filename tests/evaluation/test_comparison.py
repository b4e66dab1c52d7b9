"""Two models and a third: the counts, and the figure that shows them."""

import numpy as np
import pytest

from emocourse import plots
from emocourse.errors import CourseError
from emocourse.evaluation import comparison

#                    both both only a  only a  only b  neither
LABELS = np.array([0, 1, 2, 0, 1, 2])
PREDICTED = {
    "landmarks": np.array([0, 1, 2, 0, 0, 0]),
    "pixels": np.array([0, 1, 0, 1, 1, 1]),
    "fusion": np.array([0, 0, 2, 1, 1, 2]),
}


def test_who_is_right():
    found = comparison.who_is_right(LABELS, PREDICTED)
    assert found["groups"] == {
        "both": {"n": 2, "share": 0.5},
        "only_a": {"n": 2, "share": 0.5},
        "only_b": {"n": 1, "share": 1.0},
        "neither": {"n": 1, "share": 1.0},
    }
    assert (found["n"], found["models"]) == (6, ["landmarks", "pixels", "fusion"])
    assert found["accuracy"] == {"landmarks": 4 / 6, "pixels": 3 / 6, "fusion": 4 / 6}
    # fusion alone right on 2, landmarks alone on 2; fusion alone on 2, pixels alone on 1: too few to tell
    assert found["p_value"] == {"landmarks": 1.0, "pixels": 1.0}


def test_a_better_third_has_a_small_p_value():
    labels = np.zeros(100, int)
    a, b = np.repeat([0, 1], [60, 40]), np.repeat([1, 0], [60, 40])
    found = comparison.who_is_right(labels, {"a": a, "b": b, "third": labels})
    assert found["p_value"]["a"] == pytest.approx(2 * 0.5**40)
    assert found["p_value"]["b"] == pytest.approx(2 * 0.5**60)
    assert found["groups"]["neither"] == {"n": 0, "share": None}


@pytest.mark.parametrize(
    ("labels", "predicted", "words"),
    [
        (LABELS, {"a": LABELS, "b": LABELS}, "2 were given"),
        (LABELS, {**PREDICTED, "more": LABELS}, "4 were given"),
        (LABELS[:5], PREDICTED, "5"),
        ([], {name: [] for name in PREDICTED}, "empty"),
    ],
)
def test_what_cannot_be_compared(labels, predicted, words):
    with pytest.raises(CourseError, match=words):
        comparison.who_is_right(labels, predicted)


def test_disgust_is_left_out():
    seven = np.array([[0.1, 0.5, 0.1, 0.1, 0.1, 0.1, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]], np.float32)
    six = comparison.without_disgust(seven)
    np.testing.assert_allclose(six[0], [0.2, 0.2, 0.2, 0.2, 0.2, 0.0], atol=1e-6)
    assert np.isfinite(six).all()
    with pytest.raises(CourseError, match="7 columns"):
        comparison.without_disgust(six)


def test_the_figure_says_what_it_shows():
    names = ["anger", "fear", "neutral"]
    figure = plots.two_and_both(LABELS, PREDICTED, names)
    bars = [bar.get_width() for bar in figure.axes[0].patches]
    assert bars == [2, 1, 2, 1, 1, 1, 1, 1]  # each group, then what fusion gets right of it
    assert "only landmarks is right: 2 images, fusion right in 50.0 %" in figure.alt_text
    assert "pixels 50.0 % of all, anger 50 %, fear 100 % and neutral 0 %" in figure.alt_text
    assert [text.get_text() for text in figure.axes[1].get_yticklabels()] == names
    found = {line.get_label(): line.get_xdata() for line in figure.axes[1].lines if line.get_linestyle() == "None"}
    np.testing.assert_allclose(found["fusion"], [0.5, 0.5, 1.0])


def test_the_figure_without_some_groups_and_classes():
    labels = np.zeros(10, int)
    figure = plots.two_and_both(labels, {"a": labels, "b": labels, "both": labels}, ["anger", "fear"])
    assert "neither is right: 0 images." in figure.alt_text
    assert "fear" not in figure.alt_text
