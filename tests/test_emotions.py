"""Labels, cues, action units, and whether eight colours, markers and hatches can be told apart."""

import re

import numpy as np
import pytest

from emocourse import emotions
from emocourse.emotions import ACTION_UNITS, EMOTIONS, EMOTIONS_6, INFO


def test_label_order_is_that_of_fer2013():
    assert EMOTIONS == ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
    assert EMOTIONS_6 == ("anger", "fear", "happiness", "sadness", "surprise", "neutral")
    assert emotions.label_set(7) == EMOTIONS
    assert emotions.label_set(6) == EMOTIONS_6
    assert tuple(INFO) == (*EMOTIONS, "contempt")


@pytest.mark.parametrize("classes", [0, 5, 8])
def test_other_label_sets_are_refused(classes):
    with pytest.raises(ValueError, match="6 and 7"):
        emotions.label_set(classes)


def test_to_six_keeps_the_names():
    labels = np.array([0, 1, 2, 3, 4, 5, 6, 1, 3], np.uint8)
    six, keep = emotions.to_six(labels)
    assert six.dtype == np.uint8
    assert keep.tolist() == [True, False, True, True, True, True, True, False, True]
    assert [EMOTIONS_6[i] for i in six] == [EMOTIONS[i] for i in labels[keep]]


def test_to_six_takes_nothing():
    six, keep = emotions.to_six(np.zeros(0, np.uint8))
    assert six.shape == keep.shape == (0,)


@pytest.mark.parametrize("labels", [[7], [-1], [0.5], ["anger"]])
def test_to_six_refuses_what_is_no_label(labels):
    with pytest.raises(ValueError, match="0 to 6"):
        emotions.to_six(np.array(labels))


@pytest.mark.parametrize(
    ("name", "units", "cues"),
    [
        ("anger", (4, 5, 7, 23), 3),
        ("disgust", (9, 15, 16), 2),
        ("fear", (1, 2, 4, 5, 7, 20, 26), 4),
        ("happiness", (6, 12), 3),
        ("sadness", (1, 4, 15), 3),
        ("surprise", (1, 2, 5, 26), 3),
        ("neutral", (), 0),
        ("contempt", (12, 14), 1),
    ],
)
def test_prototypes_and_cues(name, units, cues):
    info = INFO[name]
    assert info.name == name
    assert info.action_units == units
    assert len(info.cues) == cues
    assert info.one_sided == (name == "contempt")
    assert set(units) | {unit for cue in info.cues for unit in cue.action_units} <= set(ACTION_UNITS)


def test_every_action_unit_is_used_and_filed_under_its_number():
    used = {u for info in INFO.values() for u in info.action_units}
    used |= {u for info in INFO.values() for cue in info.cues for u in cue.action_units}
    assert used == set(ACTION_UNITS)
    assert all(number == unit.number and unit.name and unit.muscle for number, unit in ACTION_UNITS.items())


def test_action_units_in_words():
    assert INFO["happiness"].describe_action_units() == "AU6 cheek raiser + AU12 lip corner puller"
    assert INFO["contempt"].describe_action_units().startswith("one side only: AU12")
    assert INFO["neutral"].describe_action_units() == "no action units"


@pytest.mark.parametrize("attribute", ["colour", "marker", "hatch"])
def test_each_emotion_is_drawn_in_its_own_way(attribute):
    values = [getattr(info, attribute) for info in INFO.values()]
    assert len(set(values)) == len(values)


# How dichromats see linear RGB: Machado, Oliveira and Fernandes (2009), severity 1.
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    x = np.clip(rgb, 0, 1) @ XYZ.T / [0.95047, 1, 1.08883]
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISION)
def test_all_eight_colours_differ_for_every_vision(vision):
    seen = [lab(np.asarray(VISION[vision]) @ linear(info.colour)) for info in INFO.values()]
    distances = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(distances) >= 15  # 2 to 3 is the least that an eye notices


@pytest.mark.parametrize("name", INFO)
def test_colours_stand_out_on_white(name):
    assert re.fullmatch("#[0-9a-f]{6}", INFO[name].colour)
    assert 1.05 / (XYZ[1] @ linear(INFO[name].colour) + 0.05) >= 3  # WCAG 2.2, 1.4.11
