"""Landmarks over several boxes: nearer the truth and less dependent on the box than those of one."""

import numpy as np
import pytest

from emocourse import twin
from emocourse.faces import detection as detectors
from emocourse.faces import landmarks


@pytest.fixture(scope="module")
def drawn():
    """12 drawn faces: images (12, 48, 48) and where their landmarks really are (12, 68, 2)."""
    points, _ = twin.load().sample(12, seed=3)
    return twin.draw_many(points, seed=3), points


def distance(one, other):
    return np.linalg.norm(one - other, axis=-1).mean()


def test_one_box_is_find(drawn):
    for given, found in zip(landmarks.find(drawn[0][0]), landmarks.find_jittered(drawn[0][0], 1), strict=True):
        np.testing.assert_array_equal(given, found)


def test_several_boxes_are_nearer_the_truth(drawn):
    errors = {
        boxes: np.mean(
            [distance(landmarks.find_jittered(image, boxes)[0], truth) for image, truth in zip(*drawn, strict=True)]
        )
        for boxes in (1, 2, 12)
    }
    assert max(errors[2], errors[12]) < 0.95 * errors[1]


def test_the_box_matters_less(drawn):
    moved = {"one": [], "steady": []}
    for image in drawn[0]:
        (x, y, w, h), _, _ = detectors.best_box(image)
        near, far = (x, y, w, h), (x + 1.5, y - 1.5, w * 1.05, h * 1.05)
        moved["one"].append(distance(landmarks.predict(image, near), landmarks.predict(image, far)))
        moved["steady"].append(
            distance(landmarks.predict_jittered(image, near), landmarks.predict_jittered(image, far))
        )
    assert np.mean(moved["steady"]) < 0.6 * np.mean(moved["one"])


def test_the_mirrored_image_has_the_mirrored_landmarks(drawn):
    one, several = [], []
    for image in drawn[0]:
        other = np.ascontiguousarray(image[:, ::-1])
        one.append(distance(landmarks.mirror(landmarks.find(image)[0]), landmarks.find(other)[0]))
        several.append(distance(landmarks.mirror(landmarks.find_jittered(image)[0]), landmarks.find_jittered(other)[0]))
    assert np.mean(several) < 0.6 * np.mean(one)


@pytest.mark.parametrize("boxes", [2, 3, 12])
def test_so_many_boxes_are_predicted_in(boxes, drawn, monkeypatch):
    boxes_seen = []

    def predict(scaled, box, *place):
        boxes_seen.append(box)
        return drawn[1][0] + len(boxes_seen)

    monkeypatch.setattr(landmarks, "predict_prepared", predict)
    monkeypatch.setattr(landmarks, "mirror", lambda points: points)
    found = landmarks.predict_jittered(drawn[0][0], (4.0, 5.0, 40.0, 41.0), boxes)
    assert len(set(boxes_seen)) >= boxes - 1 and len(boxes_seen) == boxes
    np.testing.assert_allclose(found, drawn[1][0] + (boxes + 1) / 2, rtol=1e-5)


def test_what_was_detected_does_not_change(drawn):
    for image in [*drawn[0][:4], np.full((48, 48), 90, np.uint8)]:
        _, detected, score, box = landmarks.find(image)
        points, detected_too, score_too, box_too = landmarks.find_jittered(image, 2)
        assert (detected, score) == (detected_too, score_too)
        assert not detected or box == box_too
        assert points.dtype == np.float32 and points.shape == (68, 2) and np.isfinite(points).all()


WHOLE = detectors.whole_image_box(48)


@pytest.mark.parametrize(
    ("score", "mirrored_score", "expected"),
    [
        (None, None, "whole"),
        (-0.5, None, "own"),
        (None, -0.5, "mirrored"),
        (-0.4, -0.5, "own"),
        (-0.5, -0.4, "mirrored"),
        (-0.21, 0.3, "mirrored"),
    ],
)
def test_the_box_where_nothing_is_detected(score, mirrored_score, expected, monkeypatch):
    image = np.zeros((48, 48), np.uint8)
    image[:, :10] = 200  # so that it differs from its mirror image
    enlarged, box = detectors.enlarge(image), (20.0, 22.0, 60.0, 62.0)

    def run_hog(image, threshold):
        assert threshold in (-0.5, -0.6)
        value = score if np.array_equal(image, enlarged) else mirrored_score
        return [(box, value)] if value is not None and value > threshold else []

    monkeypatch.setattr(detectors, "run_hog", run_hog)
    x, y, w, h = detectors.map_back(box, 2, 2, 6)
    known = {"whole": WHOLE, "own": (x, y, w, h), "mirrored": (47 - x - w, y, w, h)}
    np.testing.assert_allclose(landmarks.find_jittered(image)[3], known[expected])


@pytest.mark.parametrize("image", [np.zeros((48, 47), np.uint8), np.zeros((48, 48), np.float32), None])
def test_other_images_are_refused(image):
    with pytest.raises(ValueError, match="48, 48"):
        landmarks.predict_jittered(image, WHOLE)


@pytest.mark.parametrize("boxes", [0, 13, -1])
def test_other_numbers_are_refused(boxes):
    with pytest.raises(ValueError, match="1 to 12"):
        landmarks.find_jittered(np.zeros((48, 48), np.uint8), boxes)
