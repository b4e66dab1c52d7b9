"""Landmarks are found where they are, and the binary image, the aligned shape and the distances are what they say."""

import importlib.util
import math
import types
from functools import cache

import numpy as np
import pytest

from emocourse import twin
from emocourse.errors import CourseError
from emocourse.faces import detection as faces
from emocourse.faces import landmarks
from emocourse.files import images


@cache
def astronaut() -> np.ndarray:
    return images.read(pytest.importorskip("skimage.data").astronaut())


@cache
def shape() -> np.ndarray:
    """Landmarks of a real, symmetric enough face in its 512×512 image."""
    return landmarks.predict(astronaut(), faces.detect(astronaut())[0].box)


def small(side=48) -> np.ndarray:
    return images.resize(astronaut()[60:200, 150:290], side)


def turned(points: np.ndarray, degrees: float, scale: float, move) -> np.ndarray:
    a = np.deg2rad(degrees)
    return points @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) * scale + move


def test_landmarks_of_a_portrait():
    points = shape()
    assert points.shape == (68, 2) and points.dtype == np.float32
    # Read off the image by eye: pupils, corners of the mouth, chin.
    assert np.abs(points[36:42].mean(0) - [203, 101]).max() < 4
    assert np.abs(points[42:48].mean(0) - [246, 103]).max() < 4
    assert np.abs(points[[48, 54]] - [[203, 140], [247, 140]]).max() < 4
    assert np.abs(points[8] - [224, 178]).max() < 4
    brows, eyes, nose, mouth = (points[part, 1].mean() for part in (slice(17, 27), slice(36, 48), 30, slice(48, 68)))
    assert brows < eyes < nose < mouth


@pytest.mark.parametrize("side", [140, 300, 1000, 2048])
def test_landmarks_do_not_depend_on_the_size(side):
    box = (29, 21, 88, 88)
    s = side / 140
    scaled = landmarks.predict(small(side), tuple(v * s + (s - 1) / 2 if i < 2 else v * s for i, v in enumerate(box)))
    expected = (shape() - [150, 60] + 0.5) * s - 0.5
    assert np.linalg.norm(scaled - expected, axis=1).mean() < 3 * s


def test_find_is_predict_in_the_best_box():
    points, detected, score, box = landmarks.find(small())
    assert detected
    assert (box, score, detected) == faces.best_box(small())
    assert np.array_equal(points, landmarks.predict(small(), box))
    assert points.dtype == np.float32


def test_find_takes_the_steps_one_by_one():
    """The same numbers from dlib and OpenCV alone: pad, enlarge, detect, predict, map back to pixel centres."""
    import cv2
    import dlib

    enlarged = cv2.resize(
        cv2.copyMakeBorder(small(), 6, 6, 6, 6, cv2.BORDER_REPLICATE), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC
    )
    rectangles, scores, _ = dlib.get_frontal_face_detector().run(enlarged, 0, -0.5)
    best = int(np.argmax(scores))
    parts = dlib.shape_predictor(str(landmarks.model_path()))(enlarged, rectangles[best]).parts()
    expected = (np.array([(p.x, p.y) for p in parts], np.float32) + 0.5) / 2 - 0.5 - 6
    points, _, score, _ = landmarks.find(small())
    assert score == scores[best]
    assert np.array_equal(points, expected)


def test_find_without_a_face_uses_the_whole_image():
    import cv2
    import dlib

    flat = np.full((48, 48), 128, np.uint8)
    points, detected, score, box = landmarks.find(flat)
    assert not detected and score == -9 and box == (2.5, 5.0, 43.0, 42.5)
    enlarged = cv2.copyMakeBorder(cv2.resize(flat, (96, 96)), 12, 12, 12, 12, cv2.BORDER_REPLICATE)
    parts = dlib.shape_predictor(str(landmarks.model_path()))(enlarged, dlib.rectangle(17, 22, 103, 107)).parts()
    assert np.array_equal(points, (np.array([(p.x, p.y) for p in parts], np.float32) + 0.5) / 2 - 6.5)
    # The predictor's mean face, spread over the image.
    assert points[:, 0].min() < 8 and points[:, 0].max() > 40 and points[8, 1] > 40


@pytest.mark.parametrize("image", [np.zeros((48, 47), np.uint8), np.zeros((48, 48)), np.zeros((48, 48, 1), np.uint8)])
def test_find_wants_48_by_48(image):
    with pytest.raises(ValueError, match="48"):
        landmarks.find(image)


def test_inner_drops_the_outline():
    numbered = np.arange(2 * 68 * 2, dtype=np.float32).reshape(2, 68, 2)
    assert np.array_equal(landmarks.inner(numbered), numbered[:, 17:])
    assert len(range(*landmarks.OUTLINE.indices(68))) + len(range(*landmarks.INNER.indices(68))) == 68


@pytest.mark.parametrize("wrong", [np.zeros((51, 2)), np.zeros((68, 3)), np.zeros(136), np.full((68, 2), "a")])
@pytest.mark.parametrize("function", ["inner", "mirror", "aligned", "distances", "binary_image"])
def test_only_68_landmarks_are_taken(function, wrong):
    with pytest.raises(ValueError, match="68"):
        getattr(landmarks, function)(wrong)


def test_mirroring_twice_gives_the_landmarks_back():
    assert np.array_equal(landmarks.MIRROR[landmarks.MIRROR], np.arange(68))
    points = np.random.default_rng(0).uniform(0, 47, (5, 68, 2)).astype(np.float32)
    assert np.allclose(landmarks.mirror(landmarks.mirror(points)), points, atol=1e-5)


def test_mirrored_landmarks_are_those_of_the_mirrored_image():
    found = landmarks.find(np.ascontiguousarray(small()[:, ::-1]))[0]
    assert np.linalg.norm(landmarks.mirror(landmarks.find(small())[0]) - found, axis=1).mean() < 1


def test_mirrored_binary_image():
    points = landmarks.find(small())[0]
    binary = landmarks.binary_image(landmarks.mirror(points))
    assert np.array_equal(binary, landmarks.binary_image(points)[:, ::-1])


def test_landmarks_in_a_crop_lie_on_the_same_spot():
    square = (150, 60, 140)
    assert np.allclose(landmarks.in_crop([[150, 60]] * 68, square, 140), 0)
    assert np.allclose(landmarks.in_crop([[149.5, 59.5]] * 68, square), -0.5)  # the corner stays the corner
    assert np.allclose(landmarks.in_crop([[289.5, 199.5]] * 68, square), 47.5)


def test_aligned_is_level_centred_and_of_unit_eye_distance():
    points = landmarks.aligned(shape())
    left, right = points[36:42].mean(0), points[42:48].mean(0)
    assert np.allclose(left, [-0.5, 0], atol=1e-5)
    assert np.allclose(right, [0.5, 0], atol=1e-5)
    assert points.dtype == np.float32
    assert points[8, 1] > 1  # the chin stays below


@pytest.mark.parametrize("degrees", [0, 17, -45, 90, 180])
def test_aligned_and_distances_ignore_place_size_and_tilt(degrees):
    moved = turned(shape().astype(float), degrees, 0.37, [5, -80])
    assert np.allclose(landmarks.aligned(moved), landmarks.aligned(shape()), atol=1e-4)
    assert np.allclose(landmarks.distances(moved), landmarks.distances(shape()), atol=1e-4)


def test_aligned_takes_batches_and_coincident_eyes():
    batch = np.stack([shape(), np.zeros((68, 2), np.float32)])[None]
    result = landmarks.aligned(batch)
    assert result.shape == (1, 2, 68, 2)
    assert np.isfinite(result).all() and (result[0, 1] == 0).all()
    assert np.array_equal(result[0, 0], landmarks.aligned(shape()))


def column(points: np.ndarray, name: str) -> float:
    return float(landmarks.distances(points)[landmarks.DISTANCE_NAMES.index(name)])


def moved(which, dx=0.0, dy=0.0) -> np.ndarray:
    """The portrait's landmarks, some of them moved in units of the eye distance (x right, y down)."""
    points = landmarks.aligned(shape()).copy()
    points[list(which)] += [dx, dy]
    return points


@pytest.mark.parametrize(
    ("name", "points", "dx", "dy", "change"),
    [
        ("left_brow_inner_height", [21], 0, -0.1, 0.1),
        ("right_brow_outer_height", [26], 0, -0.1, 0.1),
        ("nose_to_upper_lip", [51], 0, 0.1, 0.1),
        ("nose_to_lower_lip", [57], 0, 0.1, 0.1),
        ("left_mouth_corner_height", [48], 0, -0.1, 0.1),
        ("right_mouth_corner_height", [54], 0, -0.1, 0.1),
        ("left_mouth_corner_to_upper_lip", [48], 0, 0.1, -0.1),
        ("left_eye_to_nostril", [31], 0, 0.1, 0.1),
    ],
)
def test_heights_rise_with_what_rises(name, points, dx, dy, change):
    assert column(moved(points, dx, dy), name) - column(moved([]), name) == pytest.approx(change, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("brow_gap", (21, 22)),
        ("mouth_width", (48, 54)),
        ("mouth_height", (51, 57)),
        ("mouth_opening", (62, 66)),
        ("nose_width", (31, 35)),
        ("nose_length", (27, 33)),
    ],
)
def test_lengths(name, ends):
    a, b = shape()[list(ends)].astype(float)
    eyes = np.linalg.norm(shape()[36:42].mean(0) - shape()[42:48].mean(0))
    assert column(shape(), name) == pytest.approx(np.linalg.norm(a - b) / eyes, rel=1e-4)


def test_distances_have_names_and_batches():
    names = landmarks.DISTANCE_NAMES
    assert len(set(names)) == len(names) >= 20
    batch = np.stack([shape()] * 6).reshape(2, 3, 68, 2)
    result = landmarks.distances(batch)
    assert result.shape == (2, 3, len(names)) and result.dtype == np.float32
    assert np.array_equal(result[1, 2], landmarks.distances(shape()))


def test_distances_of_the_mirrored_face_swap_left_and_right():
    there, back = landmarks.distances(shape()), landmarks.distances(landmarks.mirror(shape(), 512))
    for i, name in enumerate(landmarks.DISTANCE_NAMES):
        swap = {"left": "right", "right": "left"}
        other = "_".join([swap.get(word, word) for word in name.split("_", 1)])
        assert there[i] == pytest.approx(back[landmarks.DISTANCE_NAMES.index(other)], abs=1e-4), name


def test_distances_do_not_use_the_outline():
    points = shape().copy()
    points[landmarks.OUTLINE] += 50
    assert np.array_equal(landmarks.distances(points), landmarks.distances(shape()))


def test_binary_image_holds_one_pixel_for_each_inner_landmark():
    points = np.full((68, 2), -100.0, np.float32)
    points[17:22] = [[3, 5], [3.4, 5.4], [47, 0], [0.6, 46.7], [47.49, 47.49]]
    points[0] = [20, 20]  # outline: not drawn
    binary = landmarks.binary_image(points)
    assert binary.shape == (48, 48, 1) and binary.dtype == np.float32
    assert sorted(zip(*np.nonzero(binary[..., 0]), strict=True)) == [(0, 47), (5, 3), (47, 1), (47, 47)]
    assert set(np.unique(binary)) == {0, 1}


@pytest.mark.parametrize("value", [-0.51, 47.5, 48, np.nan, np.inf, -np.inf, 1e30])
def test_landmarks_outside_the_image_are_left_out(value):
    points = np.full((68, 2), 10.0)
    points[17:, 0] = value
    assert landmarks.binary_image(points).sum() == 0


def test_binary_images_of_a_batch_are_those_of_each():
    points = np.random.default_rng(0).uniform(-4, 52, (50, 68, 2)).astype(np.float32)
    batch = landmarks.binary_image(points)
    assert batch.shape == (50, 48, 48, 1)
    for i in range(50):
        expected = np.zeros((48, 48), np.float32)
        for x, y in np.rint(points[i, 17:]):
            if 0 <= x < 48 and 0 <= y < 48:
                expected[int(y), int(x)] = 1
        assert np.array_equal(batch[i, ..., 0], expected)
        assert np.array_equal(landmarks.binary_image(points[i]), batch[i])
    assert landmarks.binary_image(points[:0]).shape == (0, 48, 48, 1)
    assert landmarks.binary_image(points, side=96).shape == (50, 96, 96, 1)


def test_the_model_is_the_expected_file():
    assert landmarks.model_path(verify=True).stat().st_size == landmarks.MODEL_BYTES


def fake_package(tmp_path, monkeypatch, content: bytes | None) -> None:
    origin = tmp_path / "face_recognition_models" / "__init__.py"
    (origin.parent / "models").mkdir(parents=True)
    if content is not None:
        (origin.parent / "models" / "shape_predictor_68_face_landmarks.dat").write_bytes(content)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: types.SimpleNamespace(origin=str(origin)))


def test_no_model_package(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CourseError, match="pip install face_recognition_models"):
        landmarks.model_path()


@pytest.mark.parametrize(("content", "word"), [(None, "missing"), (b"", "damaged"), (b"<html>404</html>", "damaged")])
def test_a_missing_or_damaged_model(content, word, tmp_path, monkeypatch):
    fake_package(tmp_path, monkeypatch, content)
    with pytest.raises(CourseError, match=word):
        landmarks.model_path()


def test_a_model_of_the_right_size_that_is_none(tmp_path, monkeypatch):
    fake_package(tmp_path, monkeypatch, b"\xff" * 4096)
    monkeypatch.setattr(landmarks, "MODEL_BYTES", 4096)
    assert landmarks.model_path()
    with pytest.raises(CourseError, match="damaged"):
        landmarks.model_path(verify=True)
    with pytest.raises(CourseError, match="damaged"):
        landmarks._predictor.__wrapped__()


def test_real_faces_are_found_and_their_landmarks_hold(fer2013_path):
    """Coverage, and the evidence for HOG_THRESHOLD: landmarks of the mirrored image, detected afresh, agree."""
    from emocourse.dataset import fer2013

    data = fer2013.read(fer2013_path, progress=False)
    images = data.images[data.split != "test"][::32]
    found = [landmarks.find(image) for image in images]
    detected = np.array([one[1] for one in found])
    assert detected.mean() >= 0.80
    apart = []
    for image, one in zip(images[detected], [one[0] for one in found if one[1]], strict=True):
        mirrored, again, _, _ = landmarks.find(np.ascontiguousarray(image[:, ::-1]))
        gap = np.linalg.norm(landmarks.inner(landmarks.mirror(mirrored) - one), axis=1).mean()
        apart.append(gap if again else np.inf)
    assert np.median(apart) < 0.5
    assert np.mean(np.array(apart) > 3) < 0.05


# --- eyes and mouth --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    return twin.load().mean("neutral")


def test_ratios_follow_their_formulas():
    points = np.zeros((68, 2))
    for first in (36, 42):
        points[first : first + 6] = [(0, 0), (2, -3), (4, -3), (6, 0), (4, 1), (2, 1)]
    points[60:68] = [(0, 0), (2, -1), (4, -2), (6, -1), (8, 0), (6, 1), (4, 2), (2, 1)]
    assert landmarks.eye_aspect_ratio(points) == pytest.approx(4 / 6)
    assert landmarks.mouth_aspect_ratio(points) == pytest.approx((2 + 4 + 2) / 3 / 8)
    points[37:39, 1] = -1  # the left eye alone: (2/6 + 4/6) / 2
    assert landmarks.eye_aspect_ratio(points) == pytest.approx(0.5)


def test_ratios_do_not_change_with_place_size_and_tilt_and_take_batches(face):
    turn = np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    batch = np.stack([[face, face @ turn.T], [3 * face + 70, face - 9]])
    for ratio in (landmarks.eye_aspect_ratio, landmarks.mouth_aspect_ratio):
        assert ratio(batch).shape == (2, 2)
        np.testing.assert_allclose(ratio(batch), ratio(face), rtol=1e-4)
    assert landmarks.eye_aspect_ratio(twin.set_eyes(face, 0)) < 0.1 * landmarks.eye_aspect_ratio(face)
    assert landmarks.mouth_aspect_ratio(twin.set_mouth(face, 1)) > 0.6 > 0.4 > landmarks.mouth_aspect_ratio(face)


@pytest.mark.parametrize("bad", [np.zeros((67, 2)), np.zeros(136), np.full((68, 2), "x")])
def test_ratios_refuse_what_is_not_landmarks(bad):
    for ratio in (landmarks.eye_aspect_ratio, landmarks.mouth_aspect_ratio):
        with pytest.raises(ValueError, match="68, 2"):
            ratio(bad)


def test_eyes_of_one_point_have_no_ratio():
    assert math.isnan(landmarks.eye_aspect_ratio(np.zeros((68, 2))))


# --- landmarks below the detector's threshold ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn():
    points, _ = twin.load().sample(labels=np.arange(7), seed=3)
    return twin.draw_many(points, seed=3)


def test_scores_and_landmarks_agree_with_find_where_the_face_is_detected(drawn):
    scores, points = landmarks.scores_and_landmarks(drawn)
    for image, score, found in zip(drawn, scores, points, strict=True):
        expected, detected, expected_score, _ = landmarks.find(image)
        assert detected == (score >= faces.HOG_THRESHOLD)
        if detected:
            assert np.array_equal(found, expected) and score == np.float32(expected_score)


def test_scores_and_landmarks_of_an_image_of_nothing():
    scores, points = landmarks.scores_and_landmarks(np.full((1, 48, 48), 128, np.uint8))
    assert scores[0] == -9 and points.shape == (1, 68, 2)


def test_the_early_predictor_goes_from_the_mean_face_to_the_whole_predictor():
    import dlib

    image = twin.draw(twin.load().mean("surprise"), side=240, seed=4)
    rectangle = dlib.rectangle(30, 45, 200, 215)

    def points(predictor, image):
        return np.array([(part.x, part.y) for part in predictor(image, rectangle).parts()])

    mean, first, last = (points(landmarks.early_predictor(k), image) for k in (0, 1, 15))
    assert (mean == points(landmarks.early_predictor(0), 255 - image)).all()  # it has not looked at the image yet
    assert (last == points(landmarks._predictor(), image)).all()
    assert 0 < np.abs(first - last).mean() < np.abs(mean - last).mean()
    with pytest.raises(CourseError, match="15 steps"):
        landmarks.early_predictor(16)
