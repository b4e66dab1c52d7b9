"""The threshold explorer without a browser: keyboard names, words, figures, fallback, threads."""

import threading

import ipywidgets
import numpy as np
import pytest

from course_tools.authoring.execution import WIDGET_VIEW
from emocourse.errors import CourseError
from emocourse.twin.hard_faces import HardFaces, draw_hard_faces
from emocourse.widgets import threshold as room
from emocourse.widgets.threshold import ThresholdExplorer


@pytest.fixture(scope="module")
def hard():
    return draw_hard_faces(40)


@pytest.fixture
def explorer(hard):
    return ThresholdExplorer(hard)


def test_begins_with_the_courses_threshold_and_says_what_it_gives(explorer, hard):
    assert explorer.threshold == -0.2
    kept = hard.scores >= -0.2
    first, second, *others = explorer.sentences()
    assert first.startswith(f"Coverage: {kept.sum()} of 40 faces are kept, ") and "95 % interval" in first
    assert second.startswith(f"Wrong landmarks: {hard.wrong[kept].sum()} of {kept.sum()} faces kept")
    assert not others
    assert first in explorer.words.value and 'aria-live="polite"' in explorer.words.value


@pytest.mark.parametrize(("value", "word", "sign"), [(-0.8, "Gained", 1), (0.8, "Lost", -1)])
def test_moving_says_what_is_gained_or_lost(explorer, hard, value, word, sign):
    before = explorer.image.value
    explorer.set(value)
    change = sign * int((hard.scores >= value).sum() - (hard.scores >= -0.2).sum())
    assert change > 0 and f"{word} against -0.2: {change} faces" in explorer.words.value
    assert explorer.image.value != before and f"threshold {value:+.1f}" in explorer.image.value.lower()
    explorer.reset.click()
    assert explorer.threshold == -0.2 and explorer.image.value == before


def test_slider_and_field_move_together_and_stay_in_range(explorer):
    explorer.slider.value = 0.5
    assert explorer.field.value == explorer.threshold == 0.5
    explorer.field.value = 7
    assert explorer.threshold == 1.0
    explorer.field.value = -7
    assert explorer.threshold == -0.8


def test_every_control_can_be_reached_and_has_a_name(explorer):
    controls = [explorer.field, explorer.slider, explorer.reset]
    assert all(not control.disabled and control.tabbable is not False for control in controls)
    assert explorer.field.description == explorer.slider.tooltip == "detection threshold"
    assert explorer.reset.description == "the course's, -0.2"


def test_the_figure_has_alt_text(explorer):
    explorer.set(0.3)
    assert 'alt="Faces around the threshold. Curves' in explorer.image.value
    assert "threshold +0.3" in explorer.image.value


def test_each_figure_is_drawn_once(explorer, monkeypatch):
    drawn = []
    original = room.threshold_sheet
    monkeypatch.setattr(room, "threshold_sheet", lambda *a, **k: drawn.append(a[1]) or original(*a, **k))
    for value in (0.1, 0.2, 0.1, 0.2):
        explorer.set(value)
    assert drawn == [0.1, 0.2]


def test_a_page_without_a_kernel_has_the_image_and_the_words(explorer):
    bundle = explorer._repr_mimebundle_()
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle
    assert WIDGET_VIEW in bundle
    assert "<img" in bundle["text/html"] and "Coverage: " in bundle["text/html"]
    assert "Threshold explorer" in repr(explorer)


def test_a_mistake_in_the_callback_is_shown(explorer, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("no <ink> left")

    monkeypatch.setattr(room, "threshold_sheet", broken)
    explorer.set(0.7)
    assert 'role="alert"' in explorer.words.value and "no &lt;ink&gt; left" in explorer.words.value


def test_threads(explorer):
    values = [-0.8, -0.3, 0.2, 0.7, 1.0]
    threads = [threading.Thread(target=explorer.set, args=(value,)) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    explorer.set(0.4)
    assert explorer.sentences()[0] in explorer.words.value and "threshold +0.4" in explorer.image.value


def test_refuses_no_faces_and_thresholds_out_of_range(hard):
    none = HardFaces(*(getattr(hard, name)[:0] for name in HardFaces.__dataclass_fields__))
    for make in (lambda: ThresholdExplorer(none), lambda: ThresholdExplorer(hard, 3.0)):
        with pytest.raises(CourseError, match=r"-0.8 to 1.0"):
            make()


def test_it_is_a_widget_with_no_state_of_its_own_but_its_controls(explorer):
    assert isinstance(explorer, ipywidgets.VBox) and len(explorer.children) == 3
    assert np.isfinite(explorer.field.value)
