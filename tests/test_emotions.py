"""Labels, cues and action units."""

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
