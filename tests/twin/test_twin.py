"""The landmark twin: sampling, drawing, scenes, fitting, and dlib's view of the drawn faces."""

import dataclasses

import numpy as np
import pytest

from course_tools import twin_check, twin_fit
from emocourse import twin
from emocourse.emotions import EMOTIONS
from emocourse.errors import CourseError
from emocourse.faces import detection as faces
from emocourse.faces import landmarks
from emocourse.twin.shape import is_plausible, join_pose, split_pose
from emocourse.twin.style import BEARDS, GLASSES, HAIR


@pytest.fixture(scope="module")
def shipped() -> twin.Twin:
    return twin.load()


@pytest.fixture(scope="module")
def many(shipped) -> tuple[np.ndarray, np.ndarray]:
    return shipped.sample(700, labels=np.arange(700) % 7, seed=1)


def test_samples_are_labelled_plausible_and_repeatable(shipped, many):
    points, labels = many
    assert points.shape == (700, 68, 2) and points.dtype == np.float32
    assert labels.dtype == np.uint8 and (labels == np.arange(700) % 7).all()
    assert is_plausible(points).all()
    again, _ = shipped.sample(labels=labels, seed=1)
    np.testing.assert_array_equal(points, again)
    assert np.abs(shipped.sample(labels=labels, seed=2)[0] - points).max() > 1


def test_labels_follow_the_imbalance_of_fer2013(shipped):
    _, labels = shipped.sample(3000, seed=3)
    shares = np.bincount(labels, minlength=7) / len(labels)
    np.testing.assert_allclose(shares, shipped.priors, atol=0.03)
    assert shipped.counts.sum() == 28709 and shipped.counts.argmin() == EMOTIONS.index("disgust")
    assert set(shipped.sample(20, "fear", seed=1)[1]) == {2} and set(shipped.sample(20, 6, seed=1)[1]) == {6}
    assert shipped.sample(0)[0].shape == (0, 68, 2)


def test_emotions_look_like_themselves(shipped, many):
    points, labels = many
    shape = landmarks.aligned(points)
    opening = shape[:, 66, 1] - shape[:, 62, 1]
    corners = shape[:, 57, 1] - shape[:, [48, 54], 1].mean(1)
    by_emotion = {name: (opening[labels == k].mean(), corners[labels == k].mean()) for k, name in enumerate(EMOTIONS)}
    assert max(by_emotion, key=lambda name: by_emotion[name][0]) == "surprise"
    assert by_emotion["happiness"][1] > by_emotion["sadness"][1] + 0.05
    # The twin overlaps as the real data do: far from chance, far from perfect.
    right = (shipped.posterior(points).argmax(1) == labels).mean()
    assert 0.35 < right < 0.8


def test_mean_faces_are_symmetric_and_differ(shipped):
    means = np.stack([shipped.mean(name) for name in EMOTIONS])
    np.testing.assert_allclose(means[:, landmarks.MIRROR] * [-1, 1] + [47, 0], means, atol=1e-3)
    assert is_plausible(means).all()
    assert np.abs(means[3] - means[6]).max() > 1


def test_missed_faces_differ_from_found_ones(shipped):
    found, _ = shipped.sample(300, seed=4)
    missed, labels = shipped.sample(300, seed=4, missed=1.0)
    assert len(labels) == 300 and is_plausible(missed).mean() < 0.95
    assert split_pose(missed)[1].std(0).mean() > split_pose(found)[1].std(0).mean()


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"n": -1},
        {"n": 3, "emotion": "joy"},
        {"n": 3, "emotion": 7},
        {"n": 3, "labels": [1, 2]},
        {"labels": [7]},
        {"labels": [[1]]},
        {"n": 3, "missed": 1.5},
    ],
)
def test_bad_requests_are_refused(shipped, arguments):
    with pytest.raises(CourseError):
        shipped.sample(**arguments)


def test_pose_and_shape_come_together_again(many):
    points, _ = many
    pose, shape = split_pose(points)
    np.testing.assert_allclose(join_pose(pose, shape), points, atol=1e-3)
    np.testing.assert_allclose(shape, landmarks.aligned(points), atol=1e-4)


def test_crossed_contours_are_not_plausible(shipped):
    good = shipped.mean("surprise")
    assert is_plausible(good[None])[0]
    for upper, lower in (
        ([61, 62, 63], [67, 66, 65]),
        ([37, 38], [41, 40]),
        ([43, 44], [47, 46]),
        ([19], [37]),
        ([33], [51]),
    ):
        bad = good.copy()
        bad[upper], bad[lower] = good[lower], good[upper]
        assert not is_plausible(bad[None])[0], (upper, lower)


def test_eyes_close_and_mouths_open(many):
    points, _ = many
    np.testing.assert_array_equal(twin.set_eyes(points, 1.0), points)
    closed = twin.set_eyes(points, 0.0)
    np.testing.assert_allclose(closed[:, [37, 38, 43, 44]], closed[:, [41, 40, 47, 46]], atol=1e-4)
    still = np.r_[0:37, 39:40, 42, 45, 48:68]
    np.testing.assert_array_equal(closed[:, still], points[:, still])
    half = np.linalg.norm(np.subtract(*twin.set_eyes(points, 0.5)[:, [37, 41]].transpose(1, 0, 2)), axis=1)
    np.testing.assert_allclose(half, 0.5 * np.linalg.norm(points[:, 37] - points[:, 41], axis=1), rtol=1e-3)
    np.testing.assert_allclose(twin.set_mouth(points, 0.0), points, atol=1e-4)
    neutral = points[0]
    yawn = twin.set_mouth(neutral, 1.0)
    assert yawn.shape == (68, 2)
    unit = np.exp(split_pose(neutral[None])[0][0, 2])
    gap = np.linalg.norm(yawn[66] - yawn[62]) - np.linalg.norm(neutral[66] - neutral[62])
    assert 0.6 < gap / unit < 1.0
    for bad in (-0.1, 2.1):
        with pytest.raises(CourseError):
            twin.set_eyes(points, bad)
    with pytest.raises(CourseError):
        twin.set_mouth(np.zeros((67, 2)), 0.5)


@pytest.mark.parametrize("side", [8, 31, 48, 96, 192, 1100])
def test_faces_are_drawn_at_any_size(many, side):
    image = twin.draw(many[0][0], side, seed=5)
    assert image.shape == (side, side) and image.dtype == np.uint8 and image.std() > 5
    np.testing.assert_array_equal(image, twin.draw(many[0][0], side, seed=5))


def test_every_style_draws_on_every_face(many):
    base = twin.Style()
    drawn = {}
    for field, values in (
        ("hair", HAIR),
        ("beard", BEARDS),
        ("glasses", GLASSES),
        ("age", (0.0, 1.0)),
        ("skin", (90.0, 220.0)),
    ):
        for value in values:
            drawn[field, value] = twin.draw(many[0][6], 96, style=dataclasses.replace(base, **{field: value})).tobytes()
    assert len(set(drawn.values())) == len(drawn) - 2  # the base's own hair, beard and glasses are one image
    styles = [twin.random_style(np.random.default_rng(i)) for i in range(300)]
    assert {s.hair for s in styles} == set(HAIR) and {s.beard for s in styles} == set(BEARDS)
    assert 0.02 < np.mean([s.glasses != "none" for s in styles]) < 0.3


def test_a_style_keeps_the_person_while_the_face_moves(shipped):
    style = twin.random_style(np.random.default_rng(2))
    neutral, happy = (twin.draw(shipped.mean(name), 96, style=style).astype(int) for name in ("neutral", "happiness"))
    other = twin.draw(shipped.mean("neutral"), 96, seed=9).astype(int)
    assert 0 < np.abs(neutral - happy).mean() < np.abs(neutral - other).mean()


def test_draw_many_draws_each_face_by_itself(many):
    together = twin.draw_many(many[0][:6], seed=4)
    assert together.shape == (6, 48, 48) and together.dtype == np.uint8
    np.testing.assert_array_equal(together[:3], twin.draw_many(many[0][:3], seed=4))
    assert twin.draw_many(many[0][:0]).shape == (0, 48, 48)
    assert together.mean((1, 2)).std() > 5


@pytest.mark.parametrize(
    ("points", "side"),
    [
        (np.zeros((67, 2)), 48),
        (np.full((68, 2), np.nan), 48),
        (np.full((68, 2), 1e9), 48),
        ("face", 48),
        (np.zeros((68, 2)), 7),
        (np.zeros((68, 2)), 5000),
    ],
)
def test_what_is_no_face_is_refused(points, side):
    with pytest.raises(CourseError):
        twin.draw(points, side)


@pytest.mark.parametrize(
    "points", [np.zeros((68, 2)), np.full((68, 2), -9e4), np.random.default_rng(0).normal(24, 300, (68, 2))]
)
def test_wild_landmarks_still_give_a_image(points):
    """A student's slider may ask for anything."""
    assert twin.draw(points, 48).shape == (48, 48)


def test_scene_knows_its_people():
    scene = twin.scene(5, (700, 420), seed=3)
    assert scene.image.shape == (420, 700) and scene.image.dtype == np.uint8
    assert scene.boxes.shape == (5, 4) and scene.landmarks.shape == (5, 68, 2) and len(scene.emotions) == 5
    x, y, w, h = scene.boxes.T
    assert (x >= 0).all() and (y >= 0).all() and (x + w <= 699).all() and (y + h <= 419).all()
    for i in range(5):
        for j in range(i):
            apart = x[i] + w[i] < x[j] or x[j] + w[j] < x[i] or y[i] + h[i] < y[j] or y[j] + h[j] < y[i]
            assert apart, (i, j)
    np.testing.assert_array_equal(scene.image, twin.scene(5, (700, 420), seed=3).image)
    wanted = np.array([3, 5])
    assert (twin.scene(2, (320, 200), seed=1, labels=wanted).labels == wanted).all()
    assert twin.scene(0, (64, 64)).boxes.shape == (0, 4)
    for n, size in ((-1, (64, 64)), (50, (64, 64)), (1, (4, 4)), (1, (10**5, 10**5))):
        with pytest.raises(CourseError):
            twin.scene(n, size)


def test_dlib_finds_the_people_of_a_scene():
    found = total = 0
    for seed in range(2):
        scene = twin.scene(4, (800, 500), seed=seed)
        centres = scene.boxes[:, :2] + scene.boxes[:, 2:] / 2
        for centre, size in zip(centres, scene.boxes[:, 2], strict=True):
            hits = [face.box for face in faces.detect(scene.image)]
            near = [b for b in hits if np.hypot(b[0] + b[2] / 2 - centre[0], b[1] + b[3] / 2 - centre[1]) < 0.25 * size]
            found += bool(near)
            total += 1
    assert found >= total - 1


def test_dlib_finds_drawn_faces_and_their_landmarks(shipped):
    points, _ = shipped.sample(40, seed=8)
    value = twin_check.detection(points, seed=8, progress=False)
    assert value["detected"] >= 0.95 and value["error"] < 0.75 and value["error_inner"] < 0.6


def test_a_fit_learns_and_comes_back_from_its_file(shipped, tmp_path):
    points, labels = shipped.sample(labels=np.arange(700) % 7, seed=6)
    detected = np.arange(700) % 5 > 0
    options = {"axes": 40, "modelled": 12, "read": 16, "components": 2, "networks": 1}
    fitted = twin_fit.fit(points, labels, seed=1, detected=detected, **options)
    fitted.save(tmp_path / "twin.npz")
    read = twin.load(tmp_path / "twin.npz")
    new, kinds = read.sample(300, seed=2)
    assert is_plausible(new).all()
    np.testing.assert_allclose(new.mean(0), points[detected].mean(0), atol=1.5)
    assert (read.posterior(points).argmax(1) == labels).mean() > 0.35
    same = twin_fit.fit(points, labels, seed=1, detected=detected, **options)
    np.testing.assert_array_equal(fitted.means, same.means)
    np.testing.assert_array_equal(fitted.net, same.net)
    classify = twin_check.learn(read, n=1000)
    probabilities = classify(new[kinds != 1])
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)


def test_fit_wants_every_emotion():
    with pytest.raises(CourseError, match="seven emotions"):
        twin_fit.fit(np.zeros((100, 68, 2)), np.zeros(100, int))


def test_parameters_say_where_they_come_from(shipped):
    from emocourse.files.store import data_path, read_json, sha256

    record = read_json(data_path("twin", "twin.json"))
    assert record["sha256"] == sha256(data_path("twin", "twin.npz"))
    assert record["split"] == "train" and record["n"] == shipped.counts.sum() and record["numbers"] == shipped.size
    assert data_path("twin", "twin.npz").stat().st_size < 1 << 20


def _other(path, **arrays):
    np.savez(path, **arrays)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no archive at all"),
        lambda path: path.write_bytes(b"PK\x03\x04 cut off"),
        lambda path: _other(path, counts=np.zeros(7)),
        lambda path: np.savez(path, **{f.name: np.array([{}], object) for f in dataclasses.fields(twin.Twin)}),
        lambda path: np.savez(path, **{f.name: np.zeros((2, 3)) for f in dataclasses.fields(twin.Twin)}),
        lambda path: path.write_bytes(bytes(5 << 20)),
        lambda path: path.mkdir(),
        lambda path: None,
    ],
    ids=["empty", "text", "cut", "other arrays", "pickle", "wrong shapes", "huge", "folder", "absent"],
)
def test_what_holds_no_twin_is_refused(tmp_path, write):
    path = tmp_path / "twin.npz"
    write(path)
    with pytest.raises(CourseError) as error:
        twin.load(path)
    assert "twin.npz" in str(error.value)
