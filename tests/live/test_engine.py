"""The engine of the live demo: what it says of a frame, and what it makes of frames and numbers that are none."""

import numpy as np
import pytest

from emocourse import recognition, twin
from emocourse.emotions import EMOTIONS_6
from emocourse.faces import landmarks
from emocourse.live import engine as live
from emocourse.models import architectures as models
from emocourse.models import weights


@pytest.fixture(scope="module")
def classifier():
    """A network that has learnt nothing: what is tested here is what it is given."""
    return weights.Classifier("slides", models.slides_cnn(), EMOTIONS_6, models.binary_input)


@pytest.fixture(scope="module")
def scene():
    return twin.scene(3, size=(640, 480), seed=4)


def test_the_first_frame_is_read_as_a_photo_is(classifier, scene):
    people = live.Engine(classifier, unsure=0).step(scene.image, 0.0)
    photo = recognition.recognise(scene.image, classifier)
    assert len(people) == len(photo) == 3
    for person in people:
        nearest = min(photo, key=lambda face: np.abs(np.subtract(face.box, person.box)).max())
        assert np.abs(np.subtract(nearest.box, person.box)).max() < 0.15 * person.box[2]
        apart = np.linalg.norm(person.landmarks - nearest.landmarks, axis=1)[landmarks.INNER]
        assert np.median(apart) < 0.04 * person.box[2]


def test_a_person_agrees_with_themselves(classifier, scene):
    for person in live.Engine(classifier, unsure=0).step(scene.image, 0.0):
        assert person.landmarks.shape == (68, 2) and person.landmarks.dtype == np.float32
        assert person.binary.shape == (48, 48, 1) and person.binary.dtype == np.float32
        assert list(person.probabilities) == list(EMOTIONS_6)
        assert sum(person.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert person.probability == max(person.probabilities.values()) == person.probabilities[person.emotion]
        assert person.drowsiness is None
        shown = person.as_json()
        assert shown["id"] == person.id and all(isinstance(value, int) for value in shown["box"])


def test_below_unsure_no_emotion_is_named(classifier, scene):
    assert {person.emotion for person in live.Engine(classifier, unsure=1.0).step(scene.image, 0.0)} == {None}


def test_probabilities_are_smoothed_by_time_and_not_by_frames(scene):
    """After one time constant a new reading has 63 % of the say, however many frames that took."""

    class Changing(weights.Classifier):
        answer = 0

        def probabilities(self, images, landmarks, batch=500):
            return np.tile(np.eye(6, dtype=np.float32)[self.answer], (len(landmarks), 1))

    shares = {}
    for rate in (10, 40):
        classifier = Changing("slides", None, EMOTIONS_6, models.binary_input)
        engine = live.Engine(classifier, smoothing=0.5, read_every=0)
        engine.step(scene.image, 0.0)
        classifier.answer = 1
        for i in range(1, rate // 2 + 1):
            people = engine.step(scene.image, i / rate)
        shares[rate] = [person.probabilities[EMOTIONS_6[1]] for person in people]
    assert np.allclose(shares[10], 1 - np.exp(-1), atol=1e-4) and np.allclose(shares[40], 1 - np.exp(-1), atol=1e-4)


def test_one_call_of_the_model_for_all_and_not_for_every_frame(classifier, scene, monkeypatch):
    calls = []
    told = recognition.classify
    monkeypatch.setattr(recognition, "classify", lambda found, *more: calls.append(len(found)) or told(found, *more))
    engine = live.Engine(classifier, read_every=0.1)
    for i in range(7):
        assert len(engine.step(scene.image, i / 30)) == 3
    assert calls == [3, 3, 3]


def test_most_frames_see_no_detector(classifier, scene, monkeypatch):
    from emocourse.live import search as live_search

    calls = []
    told = live_search.detect_in
    monkeypatch.setattr(live_search, "detect_in", lambda *arguments: calls.append(1) or told(*arguments))
    engine = live.Engine(classifier, read_every=10)
    for i in range(60):
        engine.step(scene.image, i / 30)
    assert 1 <= len(calls) <= 20


def test_drowsiness_is_watched_for_each_person(classifier, scene):
    engine = live.Engine(classifier, drowsiness=True, read_every=10)
    for i in range(3):
        people = engine.step(scene.image, i / 30)
    assert len(people) == 3 and all(0 < person.drowsiness.ear < 1 for person in people)
    assert people[0].as_json()["drowsiness"]["seen"] is True


def test_colour_is_followed_as_grey_is(classifier, scene):
    engines = live.Engine(classifier), live.Engine(classifier)
    colour = np.repeat(scene.image[..., None], 3, axis=2)
    for i in range(3):
        one, two = engines[0].step(scene.image, i / 30), engines[1].step(colour, i / 30)
        assert [person.box for person in one] == [person.box for person in two] and len(one) == 3


def test_reset_forgets_everybody_but_gives_no_number_twice(classifier, scene):
    engine = live.Engine(classifier)
    first = {person.id for person in engine.step(scene.image, 100.0)}
    engine.reset()
    assert not first & {person.id for person in engine.step(scene.image, 0.0)}


ODD = {
    "black": np.zeros((480, 640, 3), np.uint8),
    "one pixel": np.zeros((1, 1), np.uint8),
    "a line": np.full((1, 5000), 200, np.uint8),
    "a column": np.full((3000, 2, 3), 9, np.uint8),
    "noise": np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8),
    "not contiguous": np.zeros((480, 640, 3), np.uint8)[::2, ::3, ::-1],
}


def test_odd_frames_between_good_ones_break_nothing(classifier, scene):
    engine = live.Engine(classifier)
    for i, frame in enumerate(ODD.values()):
        engine.step(scene.image, 2.0 * i)
        assert engine.step(frame, 2.0 * i + 0.01) == []
    assert len(engine.step(scene.image, 100.0)) == 3


WRONG = {
    "a list": [[0, 0]],
    "floats": np.zeros((48, 48)),
    "NaN": np.full((48, 48, 3), np.nan),
    "wide": np.zeros((48, 48), np.uint16),
    "alpha": np.zeros((48, 48, 4), np.uint8),
    "empty": np.zeros((0, 48, 3), np.uint8),
    "text": "frame.png",
    "nothing": None,
    "huge": np.broadcast_to(np.uint8(0), (20_000, 20_000, 3)),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_frame_is_refused(kind, classifier):
    with pytest.raises(ValueError, match=r"frame must"):
        live.Engine(classifier).step(WRONG[kind], 0.0)


@pytest.mark.parametrize("time", [float("nan"), float("inf"), 0.9])
def test_times_that_fall_or_are_none_are_refused(time, classifier):
    engine = live.Engine(classifier)
    engine.step(ODD["black"], 1.0)
    with pytest.raises(ValueError, match="must not fall"):
        engine.step(ODD["black"], time)
    engine.step(ODD["black"], 1.0)


@pytest.mark.parametrize(
    "options", [{"detect_every": 0}, {"unsure": 1.1}, {"smoothing": -1}, {"keep": float("nan")}, {"read_every": -0.1}]
)
def test_numbers_out_of_range_are_refused(options):
    with pytest.raises(ValueError):
        live.Engine(**options)


def test_no_tensorflow_before_there_is_a_face(run_python):
    code = "import sys, numpy as np; from emocourse import live; e = live.Engine(); "
    code += "e.step(np.zeros((48, 64), np.uint8), 0.0); print('tensorflow' in sys.modules)"
    assert run_python(code).strip() == "False"
