"""The convolution explorer without a browser: what it computes, shows and says when its controls change."""

import re
import threading

import numpy as np
import pytest

from emocourse.errors import CourseError
from emocourse.from_scratch import cnn as layers
from emocourse.widgets.convolution import OWN, ConvolutionExplorer

IMAGE = np.arange(48).reshape(6, 8).astype(np.uint8) * 5
BINARY = np.zeros((10, 9, 1), np.float32)
BINARY[4, 5] = 1


@pytest.fixture
def explorer():
    return ConvolutionExplorer({"ramp": IMAGE, "dots": BINARY})


def numbers(explorer):
    """The three tables as arrays."""
    tables = re.findall(r"<table.*?</table>", explorer.view.value)
    return [np.array(re.findall(r"<td[^>]*>([^<]*)</td>", table), float).reshape(3, 3) for table in tables]


def test_window_times_kernel_is_products_and_their_sum_is_said(explorer):
    explorer.row.value, explorer.column.value = 2, 3
    window, kernel, products = numbers(explorer)
    np.testing.assert_allclose(window, IMAGE[2:5, 3:6] / 255, atol=0.006)
    np.testing.assert_array_equal(kernel, layers.KERNELS["vertical edges"])
    np.testing.assert_allclose(products, window * kernel, atol=0.02)
    right = layers.convolve(IMAGE / 255, kernel)[2, 3]
    assert f"At row 2, column 3 the products add up to <b>{right:.2f}</b>" in explorer.view.value


def test_images_kernels_and_places_have_words_for_those_who_do_not_see_them(explorer):
    alts = re.findall(r'alt="([^"]*)"', explorer.view.value)
    assert len(alts) == 2 and "row 0, column 0" in alts[0] and "orange below 0" in alts[1]
    assert 'role="status"' in explorer.view.value
    assert explorer.view.value.count("<caption") == 3
    controls = [explorer.image, explorer.kernel, explorer.row, explorer.column, explorer.back, explorer.forward]
    names = [control.description for control in controls + explorer.entries]
    assert all(names) and len(set(names)) == len(names)


def test_stepping_goes_row_by_row_and_stops_at_both_ends(explorer):
    explorer.back.click()
    assert (explorer.row.value, explorer.column.value) == (0, 0)
    for _ in range(6):
        explorer.forward.click()
    assert (explorer.row.value, explorer.column.value) == (1, 0)
    explorer.step(1000)
    assert (explorer.row.value, explorer.column.value) == (3, 5)
    explorer.step(-1)
    assert (explorer.row.value, explorer.column.value) == (3, 4)


def test_sliders_and_fields_agree(explorer):
    explorer.row_slider.value = 3
    assert explorer.row.value == 3
    explorer.column.value = 4
    assert explorer.column_slider.value == 4


def test_another_image_keeps_the_window_inside(explorer):
    explorer.image.value = "dots"
    assert (explorer.row.max, explorer.column.max) == (7, 6)
    explorer.row.value, explorer.column.value = 7, 6
    explorer.image.value = "ramp"
    assert (explorer.row.value, explorer.column.value, explorer.row_slider.max) == (3, 5, 3)
    assert "ramp, 6 × 8" in explorer.view.value and "output so far, 4 × 6" in explorer.view.value


def test_presets_fill_the_nine_fields_and_typing_makes_it_ones_own(explorer):
    explorer.kernel.value = "blur"
    assert [entry.value for entry in explorer.entries] == [0.111] * 9
    assert explorer.kernel.value == "blur"
    explorer.entries[4].value = 5
    assert explorer.kernel.value == OWN
    assert numbers(explorer)[1][1, 1] == 5
    explorer.kernel.value = "blur"
    assert explorer.entries[4].value == 0.111


def test_a_kernel_by_name_or_numbers(explorer):
    explorer.set_kernel("outline")
    np.testing.assert_array_equal(explorer.values()[1], layers.KERNELS["outline"])
    explorer.set_kernel(np.arange(9).reshape(3, 3))
    np.testing.assert_array_equal(explorer.values()[1], np.arange(9).reshape(3, 3))
    assert explorer.kernel.value == OWN


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e9])
def test_a_number_that_cannot_be_computed_with_is_said(explorer, value):
    explorer.entries[0].value = value
    assert 'role="alert"' in explorer.view.value
    explorer.entries[0].value = 1
    assert 'role="alert"' not in explorer.view.value


def test_a_static_image_where_no_kernel_runs(explorer):
    explorer.step(5)
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    alt = re.search(r'alt="([^"]*)"', bundle["text/html"])[1]
    assert "around row 0, column 5" in alt and 'src="data:image/png;base64,' in bundle["text/html"]
    assert repr(explorer) == "Convolution explorer: run this cell in JupyterLab to use it"


def test_changes_from_many_threads_end_with_the_newest(explorer):
    threads = [threading.Thread(target=explorer.step) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    explorer.row.value, explorer.column.value = 1, 2
    assert "At row 1, column 2" in explorer.view.value


@pytest.mark.parametrize(
    ("images", "options"),
    [
        ({}, {}),
        ({"a": np.zeros((2, 9))}, {}),
        ({"a": np.zeros((9, 300))}, {}),
        ({"a": np.zeros((9, 9, 3))}, {}),
        ({"a": np.full((9, 9), np.nan)}, {}),
        ({"a": IMAGE}, {"kernel": "no such"}),
    ],
)
def test_one_sentence_for_what_cannot_be_explored(images, options):
    with pytest.raises(CourseError, match=r"\.$"):
        ConvolutionExplorer(images, **options)


def test_names_of_images_are_text():
    assert "<script>" not in ConvolutionExplorer({"<script>": IMAGE}).view.value
