"""The McNemar explorer without a browser: the numbers are the test's own, words, figure, fallback, threads."""

import html
import re

import pytest
from at_once import set_from_threads
from scipy.stats import binomtest

from emocourse import metrics
from emocourse.errors import CourseError
from emocourse.widgets import McNemarExplorer


@pytest.fixture
def explorer():
    return McNemarExplorer()


def alt(explorer) -> str:
    return re.search(r'alt="([^"]*)"', explorer.image.value)[1]


@pytest.mark.parametrize(
    ("only_a", "only_b", "images", "said"),
    [
        (4, 14, 1000, "p = 0.0309. On 1,000 images b is better by +1.0 points"),
        (14, 4, 1000, "tells them apart: a is better"),
        (4, 14, 10_000, "p = 0.0309. On 10,000 images b is better by +0.1 points"),
        (0, 0, 200, "p = 1.0000"),
        (7, 7, 200, "can't tell the two apart"),
        (5, 0, 200, "p = 0.0625"),
        (0, 6, 200, "p = 0.0312"),
        (100, 0, 200, "p < 0.0001"),
    ],
)
def test_the_words_say_what_the_counts_mean(explorer, only_a, only_b, images, said):
    explorer.only_a.value, explorer.only_b.value, explorer.images.value = only_a, only_b, images
    words = html.unescape(explorer.words.value)
    assert said in words and 'role="status"' in words
    test, (gain, low, high) = explorer.result()
    assert (test.only_a, test.only_b, test.both + test.neither) == (only_a, only_b, images - only_a - only_b)
    if only_a + only_b:
        assert test.p_value == pytest.approx(binomtest(only_a, only_a + only_b).pvalue)
    assert gain == pytest.approx((only_b - only_a) / images) and low <= gain <= high
    assert f"{only_a + only_b} throws" in alt(explorer) and f"together {metrics.percent(test.p_value, 2)}" in alt(
        explorer
    )


def test_sliders_and_fields_agree_and_have_names(explorer):
    explorer.only_a_slider.value, explorer.only_b.value, explorer.images_slider.value = 9, 3, 500
    assert (explorer.only_a.value, explorer.only_b_slider.value, explorer.images.value) == (9, 3, 500)
    assert "Only a is right on 9 images, only b on 3" in explorer.words.value
    names = [field.description for field in (explorer.only_a, explorer.only_b, explorer.images)]
    assert names == ["only a is right", "only b is right", "images in all"]


def test_a_static_image_where_no_kernel_runs(explorer):
    page = explorer._repr_mimebundle_()["text/html"]
    assert "p = 0.0309" in page and re.search(r'<img [^>]*alt="If each image were a thrown coin. Bars', page)
    assert repr(explorer) == "McNemar explorer: run this cell in JupyterLab to use it"


@pytest.mark.parametrize("bad", [{"only_a": -1}, {"only_b": 101}, {"images": 199}])
def test_one_sentence_for_what_cannot_be_explored(bad):
    with pytest.raises(CourseError, match=r"The counts go from 0 to 100, and the images from 200 to 10,000\.$"):
        McNemarExplorer(**bad)


def test_a_mistake_in_the_callback_is_shown(explorer, monkeypatch):
    monkeypatch.setattr("emocourse.widgets.mcnemar.coins", lambda *_: 1 / 0)
    explorer.only_a.value = 20
    assert 'role="alert"' in explorer.words.value and not explorer.image.value


def test_changes_from_many_threads_end_with_the_newest(explorer):
    set_from_threads(explorer.only_b, "value", range(20, 26))
    explorer.only_b.value = 40
    assert "only b on 40" in explorer.words.value and "44 throws" in alt(explorer)
