"""From a photo to emotions: faces at their places, landmarks in the photo's pixels, the framing of the training set."""

import io

import numpy as np
import pytest
from PIL import Image

from emocourse import recognition, twin
from emocourse.emotions import EMOTIONS_6, label_set
from emocourse.errors import CourseError
from emocourse.faces import landmarks
from emocourse.files import images
from emocourse.models import architectures as models
from emocourse.models import weights


@pytest.fixture(scope="module")
def classifier():
    """A network that has learnt nothing: what is tested here is what it is given."""
    return weights.Classifier("slides", models.slides_cnn(), EMOTIONS_6, models.binary_input)


@pytest.fixture(scope="module")
def scene():
    return twin.scene(3, size=(700, 500), seed=4)


def overlap(a, b):
    """Intersection over union of two boxes."""
    left, top = max(a[0], b[0]), max(a[1], b[1])
    right, bottom = min(a[0] + a[2], b[0] + b[2]), min(a[1] + a[3], b[1] + b[3])
    shared = max(0, right - left) * max(0, bottom - top)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def test_every_person_of_a_scene_is_found_once_at_the_right_place(classifier, scene):
    people = recognition.recognise(scene.image, classifier)
    assert len(people) == len(scene.boxes)
    matches = [int(np.argmax([overlap(person.box, box) for box in scene.boxes])) for person in people]
    assert sorted(matches) == list(range(len(scene.boxes)))
    for person, k in zip(people, matches, strict=True):
        eye_distance = np.linalg.norm(scene.landmarks[k][36:42].mean(0) - scene.landmarks[k][42:48].mean(0))
        error = np.linalg.norm(person.landmarks - scene.landmarks[k], axis=1)[landmarks.INNER].mean()
        assert error < 0.12 * eye_distance


@pytest.mark.parametrize("form, orientation, turns", [("PNG", 1, 0), ("JPEG", 6, 0), ("JPEG", 1, 1), ("PNG", 1, 2)])
def test_boxes_of_a_reduced_photo_are_in_its_own_pixels(classifier, scene, form, orientation, turns, monkeypatch):
    """Tried with a lower limit; `orientation` is the camera's word on how it was held, `turns` are unsaid."""
    photo = Image.fromarray(np.rot90(np.kron(scene.image, np.ones((3, 3), np.uint8)), turns))
    stored = photo.transpose(Image.Transpose.ROTATE_90) if orientation == 6 else photo
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    stored.save(file, form, exif=exif)
    monkeypatch.setattr(images, "MAX_PIXELS", photo.width * photo.height // 4)
    monkeypatch.setattr(images, "_BLOCK_PIXELS", 100_000)
    small, scale = images.read_scaled(file.getvalue())
    assert scale == 2 and small.shape == (photo.height // 2, photo.width // 2)
    people = recognition.classify(recognition.find(file.getvalue(), turned=True), classifier)
    assert len(people) == len(scene.boxes) and {person.rotated for person in people} == {-90 * turns % 360}
    middles = scene.landmarks[:, landmarks.INNER].mean(1)
    true = [(3 * box, 3 * middle) for box, middle in zip(np.array(scene.boxes), middles, strict=True)]
    for turned in range(turns):  # counter-clockwise
        high = (photo.height, photo.width)[(turns - turned) % 2 == 0]
        true = [((y, high - x - w, h, w), (v, high - u)) for (x, y, w, h), (u, v) in true]
    for person in people:
        box, middle = max(true, key=lambda one: overlap(person.box, one[0]))
        assert overlap(person.box, box) > 0.5
        assert np.linalg.norm(person.landmarks[landmarks.INNER].mean(0) - middle) < 0.05 * box[2]


def test_largest_face_first(classifier, scene):
    areas = [person.box[2] * person.box[3] for person in recognition.recognise(scene.image, classifier)]
    assert areas == sorted(areas, reverse=True)


def test_a_reading_agrees_with_itself(classifier, scene):
    for person in recognition.recognise(scene.image, classifier):
        assert list(person.probabilities) == list(EMOTIONS_6)
        assert sum(person.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert person.probabilities[person.emotion] == max(person.probabilities.values())
        assert person.binary.shape == (48, 48, 1) and 30 < person.binary.sum() <= 51
        shown = person.as_json()
        assert set(shown) == {"box", "emotion", "probabilities"}
        assert all(isinstance(value, int) for value in shown["box"])


def test_the_network_sees_a_face_of_a_photo_as_it_saw_its_training_images(classifier):
    """A FER2013-like image, enlarged into a photo, must give nearly the binary image that it gave itself."""
    points, _ = twin.load().sample(12, emotion="neutral", seed=8)
    near = []
    for i, face in enumerate(points):
        small = twin.draw(face, side=48, seed=i)
        expected, detected, _, _ = landmarks.find(small)
        people = recognition.recognise(twin.draw(face, side=384, seed=i), classifier)
        if not detected or not people:
            continue
        seen = np.argwhere(people[0].binary[..., 0])[:, ::-1]
        inner = landmarks.inner(expected)
        near.append(np.median(np.linalg.norm(inner[:, None] - seen[None], axis=-1).min(1)))
    assert len(near) >= 8
    assert np.median(near) < 2.5


def test_no_face_is_an_empty_list(classifier):
    assert recognition.recognise(np.full((200, 300), 90, np.uint8), classifier) == []
    assert recognition.recognise(np.zeros((1, 1), np.uint8), classifier) == []


def test_colour_is_the_same_as_grey(classifier, scene):
    colour = np.repeat(scene.image[..., None], 3, axis=2)
    grey = [person.box for person in recognition.recognise(scene.image, classifier)]
    assert [person.box for person in recognition.recognise(colour, classifier)] == grey


def test_haar_finds_them_too(classifier, scene):
    people = recognition.recognise(scene.image, classifier, detector="haar")
    assert any(overlap(person.box, box) > 0.4 for person in people for box in scene.boxes)


def test_unreadable(classifier, tmp_path):
    (tmp_path / "photo.png").write_bytes(b"no image")
    with pytest.raises(CourseError, match=r"photo\.png"):
        recognition.recognise(tmp_path / "photo.png", classifier)


@pytest.mark.parametrize(("boxes", "used"), [(None, 12), (1, 0), (3, 3)])
def test_a_model_of_landmarks_gets_those_of_several_boxes(boxes, used, monkeypatch):
    points, _ = twin.load().sample(1, seed=8)
    photo = twin.draw_many(points, seed=8)[0]
    seen, real = [], landmarks.predict_jittered
    monkeypatch.setattr(landmarks, "predict_jittered", lambda *given: seen.append(given[-1]) or real(*given))
    classifier = weights.Classifier("geometry", models.geometry(), EMOTIONS_6, models.geometry_input)
    (reading,) = recognition.recognise(photo, classifier, num_jitters=boxes)
    assert seen == ([used] if used else [])
    assert np.linalg.norm(reading.landmarks - points[0], axis=1).mean() < 2


@pytest.mark.parametrize("name", ["slides", "tiny"])
def test_what_the_network_sees(name):
    photo = twin.scene(1, size=(640, 480), seed=3).image
    entry = models.ARCHITECTURES[name]
    model = weights.Classifier(name, entry.build(entry.classes), label_set(entry.classes), entry.preprocess_input)
    found = recognition.find(photo)
    person = recognition.classify(found, model)[0]
    if entry.pixels:
        assert person.seen.dtype == np.uint8 and np.array_equal(person.seen, found[0].crop[2:46, 2:46])
    else:
        assert np.array_equal(person.seen, person.binary)
