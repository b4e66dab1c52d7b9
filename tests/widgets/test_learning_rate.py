"""The learning-rate explorer without a browser: what it says of too small, right and too large."""

import re

import numpy as np
import pytest
from at_once import set_from_threads

from emocourse.errors import CourseError
from emocourse.widgets import LearningRateExplorer


def valley(w):
    return (w - 0.5) ** 2 + 1


def two_valleys(w):
    return 0.3 * (w**2 - 1) ** 2 + 0.15 * w + 0.4


def walk(curve, w, rate, steps):
    visited = [w]
    for _ in range(steps):
        w = w - rate * (curve(w + 1e-4) - curve(w - 1e-4)) / 2e-4
        visited.append(w)
    return visited


@pytest.fixture
def explorer():
    return LearningRateExplorer({"valley": valley, "two <valleys>": two_valleys}, walk)


@pytest.mark.parametrize(
    ("curve", "rate", "start", "steps", "said"),
    [
        ("valley", 0.01, -1.5, 10, "still on its way"),
        ("valley", 0.3, -1.5, 10, "It has arrived"),
        ("valley", 0.95, -1.5, 10, "jumps from one side to the other"),
        ("valley", 1.1, -1.5, 10, "Diverging"),
        ("valley", 1.5, -1.5, 40, "Diverging"),
        ("valley", 0.01, 0.5, 1, "It has arrived"),
        ("two <valleys>", 0.1, 1.5, 40, "another valley"),
        ("two <valleys>", 0.1, -1.5, 40, "It has arrived"),
        ("two <valleys>", 1.5, 2.0, 40, "Diverging"),
    ],
)
def test_it_says_what_the_learning_rate_does(explorer, curve, rate, start, steps, said):
    explorer.curve.value = curve
    explorer.rate.value, explorer.start.value, explorer.steps.value = rate, start, steps
    assert said in explorer.words.value and 'role="status"' in explorer.words.value
    assert np.isfinite(explorer.path()).all()
    alt = re.search(r'alt="([^"]*)"', explorer.image.value)[1]
    assert f"learning rate {rate:g}" in alt and "<" not in alt


def test_sliders_and_fields_agree_and_have_names(explorer):
    explorer.rate_slider.value, explorer.steps.value = 0.25, 7
    assert explorer.rate.value == 0.25 and explorer.steps_slider.value == 7 and len(explorer.path()) == 8
    names = [control.description for control in (explorer.curve, explorer.rate, explorer.start, explorer.steps)]
    assert all(names) and len(set(names)) == len(names)


def test_a_static_image_where_no_kernel_runs(explorer):
    page = explorer._repr_mimebundle_()["text/html"]
    assert "still on its way" in page and re.search(r'<img [^>]*alt="valley: learning rate 0.05', page)
    assert repr(explorer) == "Learning-rate explorer: run this cell in JupyterLab to use it"


@pytest.mark.parametrize("bad", [lambda *_: None, lambda *_: [], lambda *_: ["x"], lambda *_: 1 / 0])
def test_a_walk_that_gives_no_weights_is_said(bad):
    explorer = LearningRateExplorer({"valley": valley}, bad)
    assert 'role="alert"' in explorer.words.value and not explorer.image.value


@pytest.mark.parametrize(
    ("curves", "options"),
    [({}, {}), ({"a": valley}, {"rate": 9}), ({"a": valley}, {"start": 5}), ({"a": valley}, {"span": (1, 1)})],
)
def test_one_sentence_for_what_cannot_be_explored(curves, options):
    with pytest.raises(CourseError, match=r"\.$"):
        LearningRateExplorer(curves, walk, **options)


def test_changes_from_many_threads_end_with_the_newest(explorer):
    set_from_threads(explorer.steps, "value", range(1, 9))
    explorer.steps.value = 3
    assert "loss 3.7" in explorer.image.value or "3 steps" in explorer.image.value
