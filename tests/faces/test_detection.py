"""Faces are found at their place in images of any size, none twice, and cut out as FER2013 frames them."""

import pickle
import subprocess
import sys
import threading
from functools import cache

import numpy as np
import pytest

from emocourse import twin
from emocourse.errors import CourseError
from emocourse.faces import detection as detectors
from emocourse.files import images

# Of the portrait in scikit-image, 512×512; each detector's own box lies within a few pixels.
ASTRONAUT_BOX = (179.0, 81.0, 88.0, 88.0)


@cache
def astronaut() -> np.ndarray:
    return images.read(pytest.importorskip("skimage.data").astronaut())


def overlap(a, b) -> float:
    """Intersection over union."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(0.0, w) * max(0.0, h)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


@pytest.mark.parametrize("detector", ["hog", "haar"])
def test_a_portrait(detector):
    (face,) = detectors.detect(astronaut(), detector=detector)
    assert overlap(face.box, ASTRONAUT_BOX) > 0.85
    assert face.detector == detector
    assert face.score > 1


@pytest.mark.parametrize("side", [128, 160, 200, 300, 400, 700, 1024, 2000])
def test_a_portrait_of_any_size(side):
    found = detectors.detect(images.resize(astronaut(), side))
    s = side / 512
    expected = tuple(v * s + (s - 1) / 2 if i < 2 else v * s for i, v in enumerate(ASTRONAUT_BOX))
    assert overlap(max(found, key=lambda face: face.score).box, expected) > 0.7


@pytest.mark.parametrize("side", [24, 30, 48, 64, 100, 128, 129, 256, 640])
def test_a_face_that_fills_the_image(side):
    found = detectors.detect(images.resize(astronaut()[60:200, 150:290], side))
    assert len(found) == 1
    s = side / 140
    assert overlap(found[0].box, ((29.5 * s) - 0.5, (21.5 * s) - 0.5, 88 * s, 88 * s)) > 0.6


def test_a_panorama_hides_no_faces():
    """A face of a fortieth of its length is as large as one in a photo that is as high."""
    wide = np.full((900, 6400), 128, np.uint8)
    wide[200:680, 3000:3640] = twin.scene(2, size=(640, 480), seed=4).image
    assert detectors.smallest_in(wide.shape) < 80 and detectors.smallest_in((3000, 4000)) == 4000 / 48
    assert len(detectors.detect(wide, smallest=detectors.smallest_in(wide.shape))) == 2


def test_twenty_megapixels():
    image = np.full((3648, 5472), 128, np.uint8)
    image[:, 1000 : 1000 + 3648] = images.resize(astronaut(), 3648)
    (face,) = detectors.detect(image)
    s = 3648 / 512
    assert overlap(face.box, (1000 + 179 * s, 81 * s, 88 * s, 88 * s)) > 0.7


@pytest.mark.parametrize("detector", ["hog", "haar"])
@pytest.mark.parametrize(
    "shape",
    [(1, 1), (1, 5000), (7, 9), (8, 8), (9, 300), (48, 48), (130, 20_000), (8, 1_000_000), (600, 800)],
)
def test_images_without_a_face(detector, shape):
    flat = np.full(shape, 128, np.uint8)
    assert detectors.detect(flat, detector=detector) == []
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert detectors.detect(noise, detector=detector) == []


def test_several_people_largest_first():
    twin_scene = pytest.importorskip("emocourse.twin.scenes")
    scene = twin_scene.scene(4, size=(800, 600), seed=3)
    found = detectors.detect(scene.image)
    assert len(found) == 4
    areas = [face.box[2] * face.box[3] for face in found]
    assert areas == sorted(areas, reverse=True)
    for box in scene.boxes:
        assert sum(overlap(box, face.box) > 0.5 for face in found) == 1


def test_boxes_move_with_the_image():
    """Eight pixels are a whole HOG cell, so the same box must come out, moved."""
    image = astronaut()[:300, :400]
    moved = np.pad(image, ((16, 0), (24, 0)), mode="edge")
    (before,) = detectors.detect(image, upsample=0)
    (after,) = detectors.detect(moved, upsample=0)
    assert np.abs(np.array(after.box) - before.box - [24, 16, 0, 0]).max() <= 3


def test_the_way_back_is_exact():
    """A box of an enlarged and bordered image, back in the image's own pixel centres."""
    scaled, fx, fy = detectors.prepare(np.zeros((48, 48), np.uint8), 2, 6)
    assert scaled.shape == (120, 120) and fx == fy == 2
    # The first pixel of the image covers the columns 12 and 13 of the enlarged one: its centre lies at 12.5.
    assert detectors.map_back((12.5, 12.5, 94.0, 94.0), fx, fy, 6) == (0, 0, 47, 47)


def test_beside_a_sure_face_doubtful_ones_are_left_out():
    """At this size a patch of the astronaut's suit scores 0.03 or so."""
    image = images.resize(astronaut(), 256)
    (face,) = detectors.detect(image)
    assert face.score >= detectors.SURE
    assert len(detectors.detect(image, threshold=-0.1)) > 1


def test_threshold_and_upsample():
    assert detectors.detect(astronaut(), threshold=50) == []
    assert len(detectors.detect(astronaut(), threshold=-1)) > 1
    small = images.resize(astronaut(), 200)
    assert detectors.detect(small, upsample=0) == []  # a face of 35 pixels
    assert len(detectors.detect(small, upsample=2, threshold=0.5)) == 1


@pytest.mark.parametrize(
    "options", [{"detector": "cnn"}, {"upsample": 3}, {"upsample": -1}, {"max_side": 10}], ids=lambda o: str(o)
)
def test_unknown_options(options):
    with pytest.raises(ValueError, match=r"must|detector"):
        detectors.detect(np.zeros((64, 64), np.uint8), **options)


@pytest.mark.parametrize(
    "image",
    [np.zeros((9, 9, 3), np.uint8), np.zeros((9, 9)), np.zeros((0, 9), np.uint8), [[1]], None],
    ids=["colour", "float", "empty", "list", "none"],
)
def test_only_grey_bytes_are_searched(image):
    for call in (
        lambda: detectors.detect(image),
        lambda: detectors.crop(image, (0, 0, 5, 5)),
        lambda: detectors.best_box(image),
    ):
        with pytest.raises(ValueError, match="uint8"):
            call()


def test_a_view_with_strides():
    padded = np.zeros((520, 600), np.uint8)
    padded[4:516, 60:572] = astronaut()[:, ::-1]
    (face,) = detectors.detect(padded[4:516, 60:572][:, ::-1])
    assert overlap(face.box, ASTRONAUT_BOX) > 0.85


def test_a_missing_haar_is_said(monkeypatch):
    """It never becomes HOG silently."""
    import cv2

    monkeypatch.delattr(cv2, "CascadeClassifier")
    monkeypatch.setattr(detectors, "_thread", threading.local())
    with pytest.raises(CourseError, match="no Haar cascade that can be read"):
        detectors.detect(astronaut(), detector="haar")


def test_a_missing_haar_file_is_said(monkeypatch, tmp_path):
    import cv2

    monkeypatch.setattr(cv2.data, "haarcascades", str(tmp_path) + "/")
    monkeypatch.setattr(detectors, "_thread", threading.local())
    with pytest.raises(CourseError, match="install opencv-python-headless"):
        detectors.detect(astronaut(), detector="haar")


def group(width: int, height: int, small: int, large: int) -> tuple[np.ndarray, np.ndarray]:
    """One large drawn face in front of small ones, all these sides in pixels; and the boxes of all."""
    from emocourse import twin

    places = [(10, height - large - 10, large)]
    columns = range(large + 30, width - small, round(1.2 * small))
    places += [(x, y, small) for y in (20, 20 + round(1.2 * small)) for x in columns][:12]
    points, _ = twin.load().sample(len(places), seed=1)
    image = np.full((height, width), 120, np.uint8)
    for k, (x, y, side) in enumerate(places):
        image[y : y + side, x : x + side] = twin.draw(points[k], side=side, seed=k)
    return image, np.array([(x + 0.05 * side, y + 0.11 * side, 0.9 * side, 0.89 * side) for x, y, side in places])


@pytest.mark.parametrize(
    ("width", "height", "small", "large"), [(640, 480, 50, 260), (1280, 960, 48, 420), (4000, 3000, 110, 1400)]
)
def test_small_faces_beside_a_large_one(width, height, small, large):
    """A selfie before a group."""
    image, boxes = group(width, height, small, large)
    near = detectors.detect(image)
    found = detectors.detect(image, smallest=detectors.smallest_in(image.shape))
    assert found[0] == near[0] and len(near) < len(found) / 2, "what was found before is found as before"
    assert sum(any(overlap(box, face.box) > 0.3 for face in found) for box in boxes) >= len(boxes) - 1
    assert all(any(overlap(box, face.box) > 0.3 for box in boxes) for face in found)


def test_smallest_says_how_far_to_look():
    image, boxes = group(1280, 960, 30, 420)
    counts = [len(detectors.detect(image, smallest=smallest)) for smallest in (400, 40, 24)]
    assert counts[0] == 1 and counts[2] > counts[1] and counts[2] >= len(boxes) - 2
    with pytest.raises(ValueError, match="at least 20"):
        detectors.detect(image, smallest=float("nan"))


def test_the_portrait_has_one_face_at_every_scale():
    (face,) = detectors.detect(astronaut(), smallest=40)
    assert face == detectors.detect(astronaut())[0]


def test_threads_find_what_one_thread_finds():
    photos = [images.resize(astronaut(), side) for side in (300, 310, 320, 330, 340, 350)]
    expected = [detectors.detect(photo) for photo in photos]
    results = [None] * len(photos)

    def work(i):
        results[i] = [detectors.detect(photos[i]) for _ in range(3)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(photos))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[value] * 3 for value in expected]


def test_no_face_is_found_twice():
    one, same, other = ((10, 10, 50, 50), (12, 11, 52, 52), (70, 10, 50, 50))
    kept = detectors.without_duplicates(
        [detectors.Face(box, s, "hog") for box, s in ((one, 1.0), (same, 2.0), (other, 0.5))]
    )
    assert [face.box for face in kept] == [same, other]


def test_a_face_can_be_sent_to_another_process():
    face = detectors.Face((1.0, 2.0, 3.0, 4.0), 0.5, "hog")
    assert pickle.loads(pickle.dumps(face)) == face


def small_face() -> np.ndarray:
    return images.resize(astronaut()[60:200, 150:290], 48)


def test_best_box_of_a_small_image():
    box, score, detected = detectors.best_box(small_face())
    assert detected and score > detectors.HOG_THRESHOLD
    (face,) = detectors.detect(small_face())
    assert face.box == box and face.score == score


def test_the_whole_image_serves_where_there_is_no_face():
    box, score, detected = detectors.best_box(np.full((48, 48), 90, np.uint8))
    assert (box, score, detected) == ((2.5, 5.0, 43.0, 42.5), -9.0, False)
    assert detectors.whole_image_box(96) == (5.5, 10.5, 86.0, 85.0)  # the same place in an image twice as large


def test_a_near_miss_keeps_its_score(monkeypatch):
    score = detectors.best_box(small_face())[1]
    monkeypatch.setattr(detectors, "HOG_THRESHOLD", score + 0.1)
    assert detectors.best_box(small_face()) == (detectors.whole_image_box(), score, False)


def test_crop_frames_as_documented():
    assert detectors.crop_square((10, 20, 49, 49), margin=0, lift=0) == (10, 20, 50)
    left, top, side = detectors.crop_square((100, 200, 99, 99), margin=0.1, lift=0.2)
    assert side == 120
    assert (left + 59.5, top + 59.5) == pytest.approx((149.5, 249.5 - 0.2 * 99), abs=0.5)


def test_a_fer2013_face_is_framed_as_it_came():
    """The median dlib box of FER2013's faces asks for nearly the whole 48×48 image back."""
    left, top, side = detectors.crop_square((1.75, 6.75, 43.0, 43.0))
    assert abs(left) <= 1 and abs(top) <= 1 and abs(side - 48) <= 1


def test_crop_takes_the_right_pixels():
    image = np.arange(100 * 120, dtype=np.uint32).reshape(100, 120).astype(np.uint8)
    assert np.array_equal(
        detectors.crop(image, (30, 40, 19, 19), margin=0, lift=0, side=20),
        image[40:60, 30:50],
    )


def test_crop_repeats_the_edge():
    image = np.zeros((40, 40), np.uint8)
    image[:, 0] = 200
    cut = detectors.crop(image, (-10, 10, 19, 19), margin=0, lift=0, side=20)
    assert (cut[:, :11] == 200).all() and (cut[:, 11:] == 0).all()


@pytest.mark.parametrize("side", [1, 20, 48, 224])
@pytest.mark.parametrize("box", [(0, 0, 1, 1), (5, 5, 20, 30), (-30, -30, 60, 60), (30.4, 2.7, 80.1, 79.9)])
def test_crop_always_has_its_size(box, side):
    cut = detectors.crop(np.random.default_rng(0).integers(0, 256, (60, 70), np.uint8), box, side=side)
    assert cut.shape == (side, side) and cut.dtype == np.uint8 and cut.flags.c_contiguous


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 0, 5),
        (0, 0, 5, -1),
        (np.nan, 0, 5, 5),
        (0, np.inf, 5, 5),
        (0, 0, 1e300, 1e300),
        (0, 0, 1e7, 1e7),
        (100, 0, 5, 5),
        (-20, 0, 5, 5),
        (0, 61, 5, 5),
    ],
)
def test_impossible_boxes(box):
    from emocourse.faces import landmarks

    image = np.zeros((60, 70), np.uint8)
    with pytest.raises(ValueError, match="box"):
        detectors.crop(image, box)
    if box != (0, 0, 1e7, 1e7):  # the predictor looks at no more than the image
        with pytest.raises(ValueError, match="box"):
            landmarks.predict(image, box)


@pytest.mark.parametrize("options", [{"margin": -0.5}, {"margin": np.nan}, {"margin": 1e9}, {"lift": np.inf}])
def test_impossible_margins(options):
    with pytest.raises(ValueError, match="margin"):
        detectors.crop_square((0, 0, 10, 10), **options)


def test_importing_loads_no_library():
    code = "import sys, emocourse.faces, emocourse.faces.landmarks, emocourse.files.images, emocourse.emotions\n"
    code += "print([name for name in ('cv2', 'dlib', 'PIL', 'tensorflow', 'matplotlib') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
