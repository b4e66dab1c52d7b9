"""Augmentation: images and landmarks move together, nothing moves that should not, and a seed decides it all."""

import numpy as np
import pytest

from emocourse import twin
from emocourse.dataset import augmentation
from emocourse.dataset.augmentation import Augmentation, augment
from emocourse.faces.landmarks import mirror


@pytest.fixture(scope="module")
def faces():
    points, _ = twin.load().sample(12, seed=5)
    return twin.draw_many(points, seed=5), points


@pytest.fixture(scope="module")
def dots():
    """Images of one bright dot, and "landmarks" that are all where the dot is."""
    rng = np.random.default_rng(0)
    places = rng.uniform(14, 33, (60, 2)).astype(np.float32)
    y, x = np.mgrid[:48, :48]
    distance = (x - places[:, :1, None]) ** 2 + (y - places[:, 1:, None]) ** 2
    return (255 * np.exp(-distance / 4)).astype(np.uint8), np.repeat(places[:, None], 68, axis=1)


ALL = {"crop": 40, "mirror": True, "rotation": 25.0, "shift": 3.0, "zoom": 0.15}


@pytest.mark.parametrize("options", [{name: value} for name, value in ALL.items()] + [ALL])
def test_landmarks_stay_on_what_they_mark(dots, options):
    images, points = dots
    moved, marks = augment(images, points, Augmentation(**options), np.random.default_rng(1))
    side = options.get("crop", 48)
    assert moved.shape == (60, side, side) and moved.dtype == np.uint8 and marks.dtype == np.float32
    y, x = np.mgrid[:side, :side]
    weight = moved.astype(float) / moved.sum(axis=(1, 2), keepdims=True)
    centres = np.stack([(weight * x).sum(axis=(1, 2)), (weight * y).sum(axis=(1, 2))], 1)
    np.testing.assert_allclose(marks[:, 0], centres, atol=0.35)
    assert np.abs(marks - points + (48 - side) / 2).max() > 0.5  # it did move


def test_a_mirrored_face_is_the_landmarks_mirrored(faces):
    images, points = faces
    moved, marks = augment(images, points, Augmentation(mirror=True), np.random.default_rng(2))
    flipped = (moved == images[:, :, ::-1]).all(axis=(1, 2))
    assert 0 < flipped.sum() < len(images)
    np.testing.assert_array_equal(moved[~flipped], images[~flipped])
    np.testing.assert_allclose(marks[flipped], mirror(points[flipped]), atol=1e-4)
    np.testing.assert_allclose(marks[~flipped], points[~flipped], atol=1e-4)


def test_a_crop_is_cut_and_not_interpolated(faces):
    images, _ = faces
    cut, none = augment(images, None, Augmentation(crop=44), np.random.default_rng(3))
    assert none is None
    places = [
        [(i, j) for i in range(5) for j in range(5) if (image[i : i + 44, j : j + 44] == part).all()]
        for image, part in zip(images, cut, strict=True)
    ]
    assert all(len(found) == 1 for found in places) and len({found[0] for found in places}) > 4


def test_half_of_the_images_stay_sharp(faces):
    images = np.repeat(faces[0], 20, axis=0)
    turned, _ = augment(images, None, Augmentation(rotation=20), np.random.default_rng(4))
    same = (turned == images).all(axis=(1, 2)).mean()
    assert 0.35 < same < 0.65


def test_erasing_changes_one_rectangle(faces):
    images = np.repeat(faces[0], 20, axis=0)
    erased, _ = augment(images, None, Augmentation(erasing=0.5), np.random.default_rng(4))
    hit = 0
    for before, after in zip(images, erased, strict=True):
        rows, columns = np.nonzero(before != after)
        if len(rows):
            hit += 1
            box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
            assert 0.005 < box / 48**2 < 0.25 and len(rows) > 0.9 * box
    assert 0.35 < hit / len(images) < 0.65
    np.testing.assert_array_equal(images, np.repeat(faces[0], 20, axis=0))  # what was given stays as it was


def test_the_seed_decides(faces):
    how = Augmentation(**ALL, erasing=0.5)
    one, two, other = (augment(*faces, how, np.random.default_rng(seed)) for seed in (7, 7, 8))
    for a, b, c in zip(one, two, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a != c).any()


def test_landmarks_move_alike_with_and_without_images(faces):
    how = Augmentation(**ALL)
    _, with_images = augment(*faces, how, np.random.default_rng(9))
    _, alone = augment(None, faces[1], how, np.random.default_rng(9))
    np.testing.assert_array_equal(with_images, alone)


@pytest.mark.parametrize(("mixup", "cutmix"), [(0.4, 0.0), (0.0, 1.0)])
def test_mixing_shares_the_labels_as_the_images(mixup, cutmix):
    given = np.zeros((8, 10, 12, 1), np.float32) + np.arange(8, dtype=np.float32)[:, None, None, None]
    points = np.arange(8, dtype=np.float32)[:, None] * np.ones((8, 4), np.float32)
    labels = np.eye(8, dtype=np.float32)
    for seed in range(20):
        (images, marks), shares = augmentation.mixup_cutmix(
            (given, points), labels, mixup, cutmix, np.random.default_rng(seed)
        )
        np.testing.assert_allclose(images.mean(axis=(1, 2, 3)), shares @ np.arange(8), atol=1e-4)
        np.testing.assert_allclose(shares.sum(1), 1, atol=1e-5)
        if cutmix:
            np.testing.assert_array_equal(marks, points)
            assert set(np.unique(images)) <= set(range(8))
        else:
            np.testing.assert_allclose(marks[:, 0], shares @ np.arange(8), atol=1e-4)


def test_views_are_nine_crops_and_their_mirrors(faces):
    images, points = faces
    made = list(augmentation.tta_views(images, points))
    assert len(made) == 18
    crops = [images[:, i : i + 44, j : j + 44] for i in (0, 2, 4) for j in (0, 2, 4)]
    for crop in crops:
        assert any((view == crop).all() for view, _ in made)
        assert any((view == crop[:, :, ::-1]).all() for view, _ in made)
    middle = [marks for view, marks in made if (view == images[:, 2:46, 2:46]).all()]
    np.testing.assert_allclose(middle[0], points - 2, atol=1e-4)
