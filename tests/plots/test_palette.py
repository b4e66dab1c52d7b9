"""The course's colours, for every colour vision; and palettes that the gate must stop."""

import re

import numpy as np
import pytest
from gates import palette

from emocourse.emotions import INFO
from emocourse.plots import base as plots_base


@pytest.mark.parametrize(
    ("p", "q", "expected"),
    [  # pairs 1, 7, 17 and 25 of Sharma, Wu and Dalal's table 1
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ],
)
def test_the_colour_difference_itself(p, q, expected):
    assert palette.ciede2000(p, q) == pytest.approx(expected, abs=1e-4)


def test_the_model_of_colour_vision_itself():
    """Greys look the same to everybody; a red and a green that differ do not, without one of the long-wave cones."""
    for matrix in palette.VISION.values():
        assert np.asarray(matrix) @ np.ones(3) == pytest.approx(np.ones(3), abs=1e-5)
    red, green = (palette.to_linear(colour) for colour in ("#ff0000", "#7a7a00"))
    seen = {name: [palette.to_lab(np.asarray(m) @ c) for c in (red, green)] for name, m in palette.VISION.items()}
    assert palette.ciede2000(*seen["deuteranopia"]) < 15 < palette.ciede2000(*seen["common"])


def test_emotions_are_told_apart_with_any_colour_vision():
    assert palette.problems({name: info.colour for name, info in INFO.items() if name != "contempt"}) == []


def test_contempt_too_for_those_who_see_it_beside_the_others():
    """It comes in the explorer only, never in a chart: told apart by 15 in CIELAB's own distance."""
    for vision, matrix in palette.VISION.items():
        seen = [palette.to_lab(np.asarray(matrix) @ palette.to_linear(info.colour)) for info in INFO.values()]
        assert min(np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]) >= 15, vision


def test_two_series_are_told_apart():
    assert palette.problems(dict(zip("ab", plots_base.SERIES, strict=True))) == []


# palettes that look fine to most, and what is said about them
BAD = [
    ({"hit": "#d62728", "miss": "#2ca02c"}, "with deuteranopia vision"),  # matplotlib's red and green
    ({"hit": "#a00000", "miss": "#4a4410"}, "with protanopia vision"),  # to some, dark red is dark olive
    ({"hit": "#00797a", "miss": "#0064b0"}, "with tritanopia vision"),  # a green and a blue
    ({"hit": "#0b5fa5", "miss": "#0b5fa6"}, "with common vision"),
    ({"hit": "#0b5fa5", "miss": "#ffd92f"}, "miss has a contrast of 1."),  # yellow on white
]


@pytest.mark.parametrize(("colours", "sentence"), BAD, ids=[sentence for _, sentence in BAD])
def test_a_bad_palette_is_stopped(colours, sentence):
    found = palette.problems(colours)
    assert any(sentence in problem for problem in found), found


def test_ink_is_legible_and_each_emotion_has_its_own_marker_and_hatch():
    paper = palette.to_linear(plots_base.PAPER)
    for colour in (plots_base.INK, plots_base.SOFT, *plots_base.SERIES):
        assert palette.contrast(palette.to_linear(colour), paper) >= 4.5  # these are text too
    for info in INFO.values():
        assert re.fullmatch("#[0-9a-f]{6}", info.colour)
        ink = plots_base.legible_on([int(info.colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
        assert palette.contrast(palette.to_linear(info.colour), palette.to_linear(ink)) >= 4.5
    for attribute in ("colour", "marker", "hatch"):
        assert len({getattr(info, attribute) for info in INFO.values()}) == len(INFO)
