"""Action units on landmarks: each one's direction, sides, strengths, any pose, lids and lips that meet."""

import numpy as np
import pytest

from emocourse import twin
from emocourse.emotions import ACTION_UNITS, INFO
from emocourse.errors import CourseError
from emocourse.faces import action_units as au
from emocourse.faces import landmarks

NEUTRAL = twin.load().mean("neutral")


def turned(points, angle=0.3, scale=3.0, shift=(40.0, -7.0)):
    c, s = np.cos(angle), np.sin(angle)
    return ((points @ np.array([[c, s], [-s, c]])) * scale + shift).astype(np.float32)


# unit, distance of landmarks.distances, and whether it must grow (+1) or shrink (-1)
DIRECTIONS = [
    (1, "left_brow_inner_height", +1),
    (2, "right_brow_outer_height", +1),
    (4, "left_brow_inner_height", -1),
    (4, "brow_gap", -1),
    (5, "left_eye_openness", +1),
    (5, "right_upper_lid_height", +1),
    (6, "left_eye_openness", -1),
    (7, "right_eye_openness", -1),
    (9, "nose_length", -1),
    (9, "left_eye_to_nostril", -1),
    (10, "nose_to_upper_lip", -1),
    (10, "mouth_opening", +1),
    (12, "mouth_width", +1),
    (12, "left_mouth_corner_height", +1),
    (14, "mouth_width", +1),
    (15, "right_mouth_corner_height", -1),
    (16, "mouth_opening", +1),
    (16, "nose_to_lower_lip", +1),
    (20, "mouth_width", +1),
    (20, "left_mouth_corner_height", -1),
    (23, "mouth_width", -1),
    (23, "upper_lip_thickness", -1),
    (26, "mouth_opening", +1),
    (26, "mouth_height", +1),
    (43, "left_eye_openness", -1),
]


@pytest.mark.parametrize(("number", "name", "sign"), DIRECTIONS)
def test_direction(number, name, sign):
    column = landmarks.DISTANCE_NAMES.index(name)
    before, after = (landmarks.distances(face)[column] for face in (NEUTRAL, au.move(NEUTRAL, {number: 1.0})))
    assert sign * (after - before) > 0.005, (before, after)


def test_every_unit_has_a_direction_tested():
    assert {number for number, *_ in DIRECTIONS} == set(ACTION_UNITS)


@pytest.mark.parametrize("number", ACTION_UNITS)
def test_units_are_symmetric_and_small(number):
    field = au.displacement(number)
    assert field.shape == (68, 2) and field.dtype == np.float32
    assert np.allclose(field[landmarks.MIRROR] * [-1, 1], field, atol=1e-7)
    longest = np.hypot(*field.T).max()
    assert 0.02 < longest < 0.3
    assert (np.hypot(*field[[36, 39, 42, 45]].T) < 1e-6).all(), "corners of the eyes hold the face's frame"


@pytest.mark.parametrize("number", ACTION_UNITS)
def test_sides_add_up(number):
    left, right = au.displacement(number, "left"), au.displacement(number, "right")
    assert np.allclose(left + right, au.displacement(number))
    assert np.allclose(left[landmarks.MIRROR] * [-1, 1], right)
    assert np.abs(left).sum() > 0


def test_one_side_leaves_the_other_alone():
    step = au.move(NEUTRAL, {12: 1.0}, side="right") - NEUTRAL
    assert np.abs(step[[48, 49, 59, 60]]).max() == 0 and step[54, 0] > 1 and step[54, 1] < -1


def test_a_displacement_is_the_callers_own():
    au.displacement(12)[:] = 5
    assert np.abs(au.displacement(12)).max() < 0.3


@pytest.mark.parametrize("emotion", INFO)
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_prototypes_are_faces(emotion, strength):
    face = au.express(NEUTRAL, emotion, strength)
    assert face.dtype == np.float32
    # A dropped jaw reaches out of the average face's frame, so the face is looked at a little higher up.
    assert twin.is_plausible(face[None] - np.float32([0, 2]))[0]
    if emotion == "neutral":
        assert np.array_equal(face, NEUTRAL)


def test_prototype_is_the_emotions_own():
    assert au.prototype("surprise") == {1: 1.0, 2: 1.0, 5: 1.0, 26: 1.0}
    assert au.prototype("neutral") == {}


@pytest.mark.parametrize("units", [{12: 0.7}, {26: 1.0, 1: 0.3}, {43: 1.0, 7: 1.0}, dict.fromkeys(ACTION_UNITS, 1.0)])
def test_units_turn_and_grow_with_the_face(units):
    assert np.allclose(au.move(turned(NEUTRAL), units), turned(au.move(NEUTRAL, units)), atol=2e-3)


def test_strengths_are_linear_and_units_add_up():
    half, full = (au.move(NEUTRAL, {12: s}) - NEUTRAL for s in (0.5, 1.0))
    assert np.allclose(2 * half, full, atol=1e-4)
    both = au.move(NEUTRAL, {1: 1.0, 12: 1.0})
    assert np.allclose(both - NEUTRAL, full + au.move(NEUTRAL, {1: 1.0}) - NEUTRAL, atol=1e-4)


def test_a_batch_is_moved_face_by_face():
    faces = np.stack([NEUTRAL, turned(NEUTRAL)])
    assert np.allclose(au.move(faces, {26: 1.0})[1], au.move(faces[1], {26: 1.0}))


def test_the_given_face_is_not_changed():
    before = NEUTRAL.copy()
    au.move(NEUTRAL, {26: 1.0, 43: 1.0})
    assert np.array_equal(NEUTRAL, before)


@pytest.mark.parametrize("units", [{43: 1.0}, {43: 1.0, 6: 1.0, 7: 1.0}, dict.fromkeys(ACTION_UNITS, 1.0)])
def test_lids_and_lips_never_cross(units):
    for face in (NEUTRAL, *twin.load().sample(40, seed=3)[0]):
        q = landmarks.aligned(au.move(face, units))
        before = landmarks.aligned(face)
        for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46), (61, 67), (62, 66), (63, 65)):
            least = min(0, before[lower, 1] - before[upper, 1])
            assert q[lower, 1] - q[upper, 1] >= least - 1e-3


def test_closed_eyes_are_nearly_closed():
    openness = landmarks.DISTANCE_NAMES.index("left_eye_openness")
    assert landmarks.distances(au.move(NEUTRAL, {43: 1.0}))[openness] < 0.03


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: au.move(NEUTRAL, {3: 1.0}), "no action unit 3"),
        (lambda: au.move(NEUTRAL, {12: 1.5}), "between 0 and 1"),
        (lambda: au.move(NEUTRAL, {12: -0.1}), "between 0 and 1"),
        (lambda: au.move(NEUTRAL, {12: float("nan")}), "between 0 and 1"),
        (lambda: au.move(NEUTRAL, {12: 1.0}, side="up"), "no side 'up'"),
        (lambda: au.move(NEUTRAL[:51], {12: 1.0}), "68 finite"),
        (lambda: au.move(NEUTRAL * np.nan, {12: 1.0}), "68 finite"),
        (lambda: au.express(NEUTRAL, "joy"), "no emotion"),
    ],
)
def test_one_sentence_for_what_cannot_be_moved(call, words):
    with pytest.raises(CourseError, match=words):
        call()
