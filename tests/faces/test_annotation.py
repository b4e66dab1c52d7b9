"""Boxes and emotions drawn on photos."""

from types import SimpleNamespace

import numpy as np
import pytest

from emocourse.emotions import INFO
from emocourse.errors import CourseError
from emocourse.faces.annotation import annotate


def reading(box, emotion="happiness", probability=0.873):
    return SimpleNamespace(box=box, emotion=emotion, probabilities={emotion: probability, "other": 1 - probability})


@pytest.mark.parametrize("ground", [0, 128, 255])
@pytest.mark.parametrize("size", [(240, 320), (1080, 1920), (400, 90)])
def test_annotate_draws_box_and_words_that_can_be_read(ground, size):
    photo = np.full((*size, 3), ground, np.uint8)
    h, w = size
    box = (w * 0.3, h * 0.3, w * 0.4, h * 0.4)
    drawn = annotate(photo, [reading(box)])
    assert drawn.shape == photo.shape and drawn.dtype == np.uint8 and (photo == ground).all()
    changed = (drawn != photo).any(axis=2)
    inside = changed[int(h * 0.4) : int(h * 0.6), int(w * 0.4) : int(w * 0.6)]
    assert changed.mean() > 0.003 and not inside.any()  # the face itself stays as it was
    colour = np.array([int(INFO["happiness"].colour[k : k + 2], 16) for k in (1, 3, 5)])
    assert (drawn == colour).all(axis=2).any()
    # words: white on the dark ground, small ones softened
    above = drawn[: int(h * 0.3)]
    assert (above == 17).all(axis=2).sum() > 100 and (above > 180).all(axis=2).sum() > 20


@pytest.mark.parametrize("corner", [(0, 0), (-30, -30), (600, 440), (0, 200), (601, 0), (300, 470), (570, 430)])
def test_annotate_keeps_the_words_inside(corner):
    photo = np.full((480, 640, 3), 255, np.uint8)
    here, middle = (annotate(photo, [reading((*at, 60, 60), "surprise", 1.0)]) for at in (corner, (320, 240)))
    # As much dark ground and as much of the words as in the middle, where there is room on all sides, but for the box.
    ground = [(drawn == 17).all(axis=2).sum() for drawn in (here, middle)]
    assert ground[0] >= 0.9 * ground[1]


def test_annotate_writes_inside_a_box_that_fills_the_picture():
    drawn = annotate(np.full((480, 640, 3), 255, np.uint8), [reading((0, 0, 640, 480), "surprise", 1.0)])
    assert (drawn[:60, :300] == 17).all(axis=2).sum() > 1000


def test_annotate_keeps_words_off_each_other():
    photo = np.full((480, 640, 3), 255, np.uint8)
    one = annotate(photo, [reading((200, 200, 100, 100))])
    two = annotate(photo, [reading((200, 200, 100, 100)), reading((210, 205, 100, 100))])
    ground = [(picture == 17).all(axis=2).sum() for picture in (one, two)]
    assert ground[1] > 1.7 * ground[0]


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (2, 3), (12, 12), (48, 48), (3000, 20)])
@pytest.mark.parametrize("colour", [False, True])
def test_annotate_takes_any_size_and_box(size, colour):
    photo = np.zeros((*size, 3) if colour else size, np.uint8)
    boxes = [(0, 0, *size), (-5.5, -7, 30, 31), (2, 2, 0, 0), (1e6, 1e6, 9, 9), (-1e6, -1e6, 9, 9)]
    drawn = annotate(photo, [reading(box) for box in boxes])
    assert drawn.shape == (*size, 3)


def test_annotate_without_emotion_or_faces():
    photo = np.random.default_rng(0).integers(0, 256, (100, 100), dtype=np.uint8)
    assert (annotate(photo, []) == photo[..., None]).all()
    drawn = annotate(photo, [SimpleNamespace(box=(20, 20, 50, 50))])
    assert (drawn[20:70, 20] == 255).all() and (drawn[30:60, 30:60] == photo[30:60, 30:60, None]).all()
    assert (annotate(photo, [reading((20, 20, 50, 50))]) == annotate(photo, [reading((20, 20, 50, 50))])).all()


@pytest.mark.parametrize("photo", [np.zeros((5, 5)), np.zeros((5, 5, 4), np.uint8), np.zeros((0, 5), np.uint8)])
def test_annotate_refuses_what_is_no_picture(photo):
    with pytest.raises(CourseError, match="uint8"):
        annotate(photo, [])
