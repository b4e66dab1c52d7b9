"""The 68 landmarks of a face, and what the course makes of them: aligned shape, distances, binary image.

Landmarks are float32 arrays (..., 68, 2), x then y, in pixels of the image they were found in; x = 0 is the centre of
the first column. They come from dlib's shape predictor (Kazemi and Sullivan, 2014, an ensemble of regression trees),
trained on the iBUG 300-W faces in the 68-point scheme of Multi-PIE. "Left" and "right" are sides of the image, not of
the person.
"""

import functools
import importlib.util
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CourseError
from ..files import store as files
from ..files.native import load_by_path
from . import detection as detectors
from .detection import Box

OUTLINE = slice(0, 17)
"""Jaw line, from the image's left ear to its right; the slides drop it ("not enough information")."""

INNER = slice(17, 68)
"""The 51 inner landmarks: brows 17-26, nose 27-35, eyes 36-47, mouth 48-67."""

_LEFT_EYE, _RIGHT_EYE = tuple(range(36, 42)), tuple(range(42, 48))

MIRROR = np.array(
    [
        *range(16, -1, -1),  # outline
        *range(26, 16, -1),  # brows
        *(27, 28, 29, 30, 35, 34, 33, 32, 31),  # nose
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # eyes
        *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),  # outer lip line
        *(64, 63, 62, 61, 60, 67, 66, 65),  # inner lip line
    ]
)
"""(68,) which landmark takes each one's place when the face is mirrored."""
MIRROR.flags.writeable = False

MODEL_BYTES = 99_693_937
MODEL_SHA256 = "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f"
"""Size and SHA-256 of shape_predictor_68_face_landmarks.dat."""

_STEP_ENDS = (
    *(824, 6_640_797, 13_281_037, 19_921_127, 26_560_932, 33_200_631, 39_839_988, 46_479_386, 53_118_341),
    *(59_757_356, 66_396_353, 73_035_110, 79_674_478, 86_313_477, 92_952_070, 99_590_943),
)
"""Where in that file the trees of the first step begin, and where those of each step end."""

LOWEST = -1.0
"""Lowest detector score that :func:`scores_and_landmarks` asks for."""

_REINSTALL = "run pip install --force-reinstall --no-deps face_recognition_models==0.3.0."


def model_path(verify: bool = False) -> Path:
    """Where dlib's 68-landmark model lies: inside the package face_recognition_models. Lesson 04.

    The package is found but never imported: its import needs pkg_resources, which setuptools has dropped.

    Args:
        verify: also compare the file's SHA-256, which takes about 0.1 s; its size is always compared.

    Raises:
        CourseError: the package or its file is missing, or the file is not the expected one.
    """
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.origin:
        raise CourseError("The landmark model is not installed: run pip install face_recognition_models==0.3.0.")
    path = Path(spec.origin).parent / "models" / "shape_predictor_68_face_landmarks.dat"
    if not path.is_file():
        raise CourseError(f"The landmark model {path} is missing: {_REINSTALL}")
    if path.stat().st_size != MODEL_BYTES or (verify and files.sha256(path) != MODEL_SHA256):
        raise CourseError(f"The landmark model {path} is damaged: {_REINSTALL}")
    return path


def early_predictor(steps: int) -> Any:
    """dlib's shape predictor cut short: its mean face, and only the first of its 15 steps. Lesson 04.

    The file holds the mean face, the number of steps, and then each step's trees; so it can be cut between two steps.

    Args:
        steps: 0 to 15.

    Returns:
        A ``dlib.shape_predictor``.

    Raises:
        CourseError: another number of steps, or the landmark model is missing or damaged.
    """
    import dlib

    if steps not in range(len(_STEP_ENDS)):
        raise CourseError(f"The predictor has {len(_STEP_ENDS) - 1} steps, so {steps} of them cannot be taken.")
    with open(model_path(verify=True), "rb") as model, tempfile.TemporaryDirectory() as folder:
        head = model.read(_STEP_ENDS[0])[:-1] + bytes([steps])
        content = head + model.read(_STEP_ENDS[steps] - _STEP_ENDS[0])
        model.seek(_STEP_ENDS[-1])
        path = Path(folder) / "predictor.dat"
        path.write_bytes(content + model.read())
        return load_by_path(dlib.shape_predictor, path)


def predict(image: np.ndarray, box: Box) -> np.ndarray:
    """The 68 landmarks of the face in a box. Lessons 08, 12.

    Images up to 128 pixels, and boxes under 64, are enlarged first, and the image's edge is continued outwards: the
    predictor was trained on faces larger than that, with their surroundings.

    Args:
        image: (H, W) uint8 grey.
        box: (x, y, w, h) as a detector gives it.

    Returns:
        (68, 2) float32, pixels of ``image``; points may lie outside it.

    Raises:
        ValueError: not a grey uint8 image, or a box without size or far outside the image.
        CourseError: the landmark model is missing or damaged.
    """
    scaled, scale, left, top = detectors.surroundings(image, box)
    return predict_prepared(scaled, box, scale, left, top)


def find(image48: np.ndarray) -> tuple[np.ndarray, bool, float, Box]:
    """The slides' steps for one image of one face: detect, else take the whole image as box; then the 68 landmarks.
    Lesson 08.

    Args:
        image48: (48, 48) uint8 grey.

    Returns:
        The landmarks, (68, 2) float32 in pixels of the image; whether the face was detected; the detector's score;
        the box.

    Raises:
        ValueError: another shape or dtype.
        CourseError: the landmark model is missing or damaged.
    """
    enlarged = detectors.enlarge(image48)
    box, score, detected = detectors.best_box_enlarged(enlarged)
    return predict_prepared(enlarged, box, 2, -6, -6), detected, score, box


def scores_and_landmarks(images: np.ndarray, progress: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The best detector score and the landmarks of 48×48 images, however low the score. Lessons 02, 04.

    :func:`find` gives up at HOG_THRESHOLD and takes the whole image as box. This goes down to :data:`LOWEST`, to see
    what lower thresholds would let in.

    Args:
        images: (n, 48, 48) uint8 grey.
        progress: show a progress bar.

    Returns:
        scores (n,) float32, -9 below :data:`LOWEST`; landmarks (n, 68, 2) float32, in the whole image's box there.

    Raises:
        CourseError: the landmark model is missing or damaged.
    """
    from tqdm.auto import tqdm

    scores, points = np.full(len(images), -9.0, np.float32), np.empty((len(images), 68, 2), np.float32)
    border, scale = detectors.border_of((48, 48)), detectors.SMALL_SCALE
    for i, image in enumerate(tqdm(images, desc="Finding faces", unit=" images", disable=not progress)):
        found = detectors.run_hog(detectors.enlarge(image), LOWEST)
        box = detectors.whole_image_box()
        if found:
            box, scores[i] = detectors.map_back(found[0][0], scale, scale, border), found[0][1]
        points[i] = predict(image, box)
    return scores, points


def inner(landmarks: np.ndarray) -> np.ndarray:
    """The landmarks without the outline: (..., 68, 2) to (..., 51, 2)."""
    return _checked(landmarks)[..., INNER, :]


def mirror(landmarks: np.ndarray, side: int = 48) -> np.ndarray:
    """The landmarks of the mirrored image, numbered as a face's landmarks always are.

    Args:
        landmarks: (..., 68, 2).
        side: width of the image in pixels.

    Returns:
        An array of the same shape, float32. Mirroring twice gives the landmarks back.
    """
    mirrored = _checked(landmarks)[..., MIRROR, :].astype(np.float32)
    mirrored[..., 0] = side - 1 - mirrored[..., 0]
    return mirrored


def in_crop(landmarks: np.ndarray, square: tuple[int, int, int], side: int = 48) -> np.ndarray:
    """Landmarks of a photo in pixels of a face cut out of it. Lesson 00.

    Args:
        landmarks: (..., 68, 2), pixels of the photo.
        square: left, top and side of what was cut out, from :func:`emocourse.faces.crop_square`.
        side: side to which it was resized.

    Returns:
        An array of the same shape, float32.
    """
    left, top, size = square
    return ((_checked(landmarks) - np.array([left, top]) + 0.5) * (side / size) - 0.5).astype(np.float32)


def aligned(landmarks: np.ndarray) -> np.ndarray:
    """Take position, size and tilt out: what is left is the face's shape. Lessons 09, 10.

    An eye's centre is the mean of its six landmarks. The point halfway between the eyes becomes (0, 0), the line
    between them horizontal, their distance 1. x still points right and y down.

    Args:
        landmarks: (..., 68, 2) in any pixels.

    Returns:
        An array of the same shape, float32. Where both eyes fall on one point, the size and tilt are left as they are.
    """
    points = _checked(landmarks).astype(np.float64)
    left, right = points[..., _LEFT_EYE, :].mean(-2), points[..., _RIGHT_EYE, :].mean(-2)
    across = right - left
    distance = np.hypot(across[..., 0], across[..., 1])
    usable = distance > 1e-9
    scale = np.where(usable, distance, 1.0)
    cos = np.where(usable, across[..., 0] / scale, 1.0)[..., None] / scale[..., None]
    sin = np.where(usable, across[..., 1] / scale, 0.0)[..., None] / scale[..., None]
    x, y = np.moveaxis(points - ((left + right) / 2)[..., None, :], -1, 0)
    return np.stack([cos * x + sin * y, cos * y - sin * x], -1).astype(np.float32)


_LENGTH, _HEIGHT = "length", "height"
# name: (kind, landmarks of one end, landmarks of the other). An end is the mean of its landmarks. A length is the
# distance between the ends; a height is how far the first lies above the second in the level face.
_DISTANCES: dict[str, tuple[str, tuple[int, ...], tuple[int, ...]]] = {
    "left_brow_outer_height": (_HEIGHT, (17,), _LEFT_EYE),
    "left_brow_middle_height": (_HEIGHT, (19,), _LEFT_EYE),
    "left_brow_inner_height": (_HEIGHT, (21,), _LEFT_EYE),
    "right_brow_inner_height": (_HEIGHT, (22,), _RIGHT_EYE),
    "right_brow_middle_height": (_HEIGHT, (24,), _RIGHT_EYE),
    "right_brow_outer_height": (_HEIGHT, (26,), _RIGHT_EYE),
    "brow_gap": (_LENGTH, (21,), (22,)),
    "left_eye_width": (_LENGTH, (36,), (39,)),
    "right_eye_width": (_LENGTH, (42,), (45,)),
    "left_eye_openness": (_LENGTH, (37, 38), (40, 41)),
    "right_eye_openness": (_LENGTH, (43, 44), (46, 47)),
    "left_upper_lid_height": (_HEIGHT, (37, 38), (36, 39)),
    "right_upper_lid_height": (_HEIGHT, (43, 44), (42, 45)),
    "nose_length": (_LENGTH, (27,), (33,)),
    "nose_width": (_LENGTH, (31,), (35,)),
    "left_eye_to_nostril": (_HEIGHT, _LEFT_EYE, (31,)),
    "right_eye_to_nostril": (_HEIGHT, _RIGHT_EYE, (35,)),
    "nose_to_upper_lip": (_HEIGHT, (33,), (51,)),
    "nose_to_lower_lip": (_HEIGHT, (33,), (57,)),
    "mouth_width": (_LENGTH, (48,), (54,)),
    "mouth_height": (_LENGTH, (51,), (57,)),
    "mouth_opening": (_LENGTH, (62,), (66,)),
    "upper_lip_thickness": (_LENGTH, (50, 51, 52), (61, 62, 63)),
    "lower_lip_thickness": (_LENGTH, (65, 66, 67), (56, 57, 58)),
    "left_mouth_corner_height": (_HEIGHT, (48,), (51, 57)),
    "right_mouth_corner_height": (_HEIGHT, (54,), (51, 57)),
    "left_mouth_corner_to_upper_lip": (_HEIGHT, (48,), (51,)),
    "right_mouth_corner_to_upper_lip": (_HEIGHT, (54,), (51,)),
    "left_mouth_corner_to_eye": (_LENGTH, (48,), _LEFT_EYE),
    "right_mouth_corner_to_eye": (_LENGTH, (54,), _RIGHT_EYE),
}

DISTANCE_NAMES = tuple(_DISTANCES)
"""What each column of :func:`distances` measures, in order."""


def distances(landmarks: np.ndarray) -> np.ndarray:
    """Distances of the face, one for each of :data:`DISTANCE_NAMES`, in units of the distance between the eyes.
    Lessons 01, 05, 08, 10.

    The slides' further work: "landmarks with distance data". They do not change when the face is moved, enlarged or
    tilted, and none uses the outline. Heights are signed: a brow's height is how far it lies above the centre of its
    eye, a mouth corner's how far above the middle of the mouth, more in a smile, less in a sad mouth.

    Args:
        landmarks: (..., 68, 2) in any pixels.

    Returns:
        (..., D) float32, D = len(DISTANCE_NAMES).
    """
    points = aligned(landmarks)
    columns = []
    for kind, one, other in _DISTANCES.values():
        difference = points[..., one, :].mean(-2) - points[..., other, :].mean(-2)
        columns.append(np.hypot(difference[..., 0], difference[..., 1]) if kind == _LENGTH else -difference[..., 1])
    return np.stack(columns, -1)


def eye_aspect_ratio(landmarks: np.ndarray) -> np.ndarray:
    """Height of the open eyes over their width, the mean of both eyes: about 0.3 open, 0.1 to 0.2 closed.

    (|p2 - p6| + |p3 - p5|) / (2 |p1 - p4|), with p1 to p6 the six landmarks of an eye (Soukupová and Čech, 2016). It
    does not change when the face is moved, enlarged or tilted.

    Args:
        landmarks: (..., 68, 2) in any pixels.

    Returns:
        (...) float64; NaN where an eye has no width.

    Raises:
        ValueError: another shape, or no numbers.
    """
    eyes = _checked(landmarks).astype(np.float64)[..., (_LEFT_EYE, _RIGHT_EYE), :]
    return _ratio((_length(eyes, 1, 5) + _length(eyes, 2, 4)) / 2, _length(eyes, 0, 3)).mean(-1)


def mouth_aspect_ratio(landmarks: np.ndarray) -> np.ndarray:
    """Height of the opening between the lips over its width: about 0 closed, to 0.4 in speech, 0.6 and more in yawns.

    The mean of three heights of the inner lip line (61-67, 62-66, 63-65) over its width (60-64).

    Args:
        landmarks: (..., 68, 2) in any pixels.

    Returns:
        (...) float64; NaN where the mouth has no width.

    Raises:
        ValueError: another shape, or no numbers.
    """
    mouth = _checked(landmarks).astype(np.float64)[..., 48:, :]
    heights = _length(mouth, 13, 19) + _length(mouth, 14, 18) + _length(mouth, 15, 17)
    return _ratio(heights / 3, _length(mouth, 12, 16))


def _length(points: np.ndarray, one: int, other: int) -> np.ndarray:
    difference = points[..., one, :] - points[..., other, :]
    return np.hypot(difference[..., 0], difference[..., 1])


def _ratio(height: np.ndarray, width: np.ndarray) -> np.ndarray:
    return np.where(width > 1e-9, height / np.where(width > 1e-9, width, 1.0), np.nan)


def binary_image(landmarks: np.ndarray, side: int = 48) -> np.ndarray:
    """The slides' network input: black, with one white pixel at each inner landmark. Lessons 01, 06.

    A landmark is rounded to the nearest pixel; one that falls outside the image is left out; two may share a pixel.

    Args:
        landmarks: (68, 2) or (n, 68, 2), pixels of an image of ``side`` pixels.
        side: side of the image.

    Returns:
        (side, side, 1) or (n, side, side, 1) float32, exactly 0 or 1.
    """
    points = inner(landmarks)
    batch = points.reshape(-1, 51, 2)
    # Compared before they become integers, so that NaN and huge numbers fall outside and not somewhere in the image.
    inside = ((batch >= -0.5) & (batch < side - 0.5)).all(-1)
    pixels = np.clip(np.rint(np.where(inside[..., None], batch, 0)), 0, side - 1).astype(np.int64)
    place = (np.arange(len(batch))[:, None] * side + pixels[..., 1]) * side + pixels[..., 0]
    image = np.zeros((*points.shape[:-2], side, side, 1), np.float32)
    image.reshape(-1)[place[inside]] = 1
    return image


def load_models() -> None:
    """Load the detector and the landmark predictor now (about a second), so that the first face is as fast as the next.

    May run in a thread of its own while something else loads.

    Raises:
        CourseError: the landmark model is missing or damaged.
    """
    detectors.best_box(np.zeros((48, 48), np.uint8))
    _predictor()


@functools.cache
def _predictor():
    """dlib's predictor, one for the process: predicting changes nothing in it, so threads share it."""
    import dlib

    path = model_path()
    try:
        return load_by_path(dlib.shape_predictor, path)
    except RuntimeError as error:
        raise CourseError(f"The landmark model {path} is damaged: {_REINSTALL}") from error


def predict_prepared(scaled: np.ndarray, box: Box, scale: float, left: int, top: int) -> np.ndarray:
    """As :func:`predict`, from what :func:`emocourse.faces.surroundings` makes of an image.

    Args:
        scaled: (h, w) uint8, the part of the image that starts at ``left``, ``top``, enlarged ``scale`` times.
        box: in pixels of the image itself.
    """
    import dlib

    x, y, w, h = box
    ends = ((x, left), (y, top), (x + w, left), (y + h, top))
    # dlib's rectangles are whole pixels. A detected box maps back to exactly the detector's own.
    rectangle = dlib.rectangle(*(int(np.floor((value - start + 0.5) * scale - 0.5 + 1e-6)) for value, start in ends))
    parts = _predictor()(scaled, rectangle).parts()
    points = np.array([(point.x, point.y) for point in parts], np.float32)
    return (points + 0.5) / np.float32(scale) - 0.5 + np.array([left, top], np.float32)


def _checked(landmarks: np.ndarray) -> np.ndarray:
    landmarks = np.asarray(landmarks)
    if landmarks.shape[-2:] != (68, 2) or landmarks.dtype.kind not in "fiu":
        raise ValueError(f"Landmarks must be numbers of shape (..., 68, 2), not {landmarks.dtype} {landmarks.shape}.")
    return landmarks


# --- Landmarks that tremble less: the mean of what the predictor says in several boxes, and in the mirrored image ---
# Move a box by a pixel or two and dlib's landmarks move too, by half a pixel of a 48×48 image: as much as a brow
# does. Over several boxes such errors average out. The mean also shows where the face really is, so the last third of
# the boxes is laid around it, which helps most where no detector found the face.

MAX_JITTERS = 12
"""Boxes that the course's landmark models were trained with; the most there are. Each costs about 1.3 ms."""

_SCALE = 4  # twice that of landmarks.find: dlib rounds landmarks to whole pixels of the enlarged image
_NEAR = -0.6  # a box of a lower HOG score is no better than the whole image

# Shift right and down in shares of the box, size as a factor, and whether it is the mirrored image.
_FIRST = (
    (0, 0, 1, False), (0, 0, 1, True), (0.06, 0, 1, False), (-0.06, 0, 1, True),
    (0, 0.06, 1, False), (0, -0.06, 1, True), (0, 0, 0.9, False), (0, 0, 1.1, True),
)  # fmt: skip
_THEN = ((0, 0, 1, False), (0, 0, 1, True), (0.03, 0.03, 0.93, False), (-0.03, -0.03, 1.07, True))

# Where HOG's box lies about its landmarks, in units of their spread (root mean square distance from their mean): how
# far its centre is below theirs, and its side. Medians over the detected faces of FER2013's Training and PublicTest.
_BELOW, _SIDE = -0.13269189, 2.7749314


def find_jittered(image48: np.ndarray, num_jitters: int = MAX_JITTERS) -> tuple[np.ndarray, bool, float, Box]:
    """As :func:`emocourse.faces.landmarks.find`, with the landmarks of :func:`steady`.

    Where no face is detected, the mirrored image is tried too, then a lower score, before the whole image.

    Args:
        image48: (48, 48) uint8 grey.
        num_jitters: boxes that are tried, 1 to 12; with 1 it is exactly :func:`emocourse.faces.landmarks.find`.

    Returns:
        The landmarks, (68, 2) float32 in pixels of the image; whether the face was detected in the image as it is;
        the detector's score; the first box.

    Raises:
        ValueError: another shape, dtype or number of boxes.
        CourseError: the landmark model is missing or damaged.
    """
    _check_number(num_jitters)
    if num_jitters == 1:
        return find(image48)
    box, score, detected = detectors.best_box(image48)
    if not detected:
        box = _near_box(image48)
    return predict_jittered(image48, box, num_jitters), detected, score, box


def predict_jittered(image48: np.ndarray, box: Box, num_jitters: int = MAX_JITTERS) -> np.ndarray:
    """The mean landmarks over several boxes around one, half of them in the mirrored image.

    Args:
        image48: (48, 48) uint8 grey.
        box: (x, y, w, h) of the face in it.
        num_jitters: how many, 1 to 12.

    Returns:
        (68, 2) float32, pixels of the image; points may lie outside it.

    Raises:
        ValueError: another shape, dtype or number of boxes.
        CourseError: the landmark model is missing or damaged.
    """
    _check_number(num_jitters)
    views = [_enlarged(image48), _enlarged(image48[:, ::-1])]
    then = num_jitters // 3
    points = [_one(views, box, how) for how in _FIRST[: num_jitters - then]]
    if then:
        mean = np.mean(points, axis=0)
        centre = mean.mean(axis=0)
        spread = float(np.sqrt(((mean - centre) ** 2).sum(-1).mean()))
        side = _SIDE * spread
        around = (float(centre[0]) - side / 2, float(centre[1]) + _BELOW * spread - side / 2, side, side)
        points += [_one(views, around, how) for how in _THEN[:then]]
    return np.mean(points, axis=0)


def _one(views: list[np.ndarray], box: Box, how: tuple[float, float, float, bool]) -> np.ndarray:
    """Landmarks in a box that was moved and resized; ``views`` are the enlarged image and its mirror image."""
    right, down, factor, mirrored = how
    x, y, w, h = box
    centre_x, centre_y = x + w / 2 + right * w, y + h / 2 + down * h
    w, h = w * factor, h * factor
    moved = (centre_x - w / 2, centre_y - h / 2, w, h)
    border = detectors.border_of((48, 48))
    if not mirrored:
        return predict_prepared(views[0], moved, _SCALE, -border, -border)
    return mirror(predict_prepared(views[1], _mirrored(moved), _SCALE, -border, -border))


def _mirrored(box: Box) -> Box:
    x, y, w, h = box
    return 47 - x - w, y, w, h


def _near_box(image48: np.ndarray) -> Box:
    """The box for an image in which nothing was detected: from its mirror image, else of a near miss, else all."""
    best = []
    for image in (image48, np.ascontiguousarray(image48[:, ::-1])):
        found = detectors.run_hog(detectors.enlarge(image), _NEAR)
        best.append(found[0] if found else (None, -np.inf))
    mirrored = best[1][1] >= detectors.HOG_THRESHOLD or best[1][1] > best[0][1]
    box = best[int(mirrored)][0]
    if box is None:
        return detectors.whole_image_box(48)
    box = detectors.map_back(box, detectors.SMALL_SCALE, detectors.SMALL_SCALE, detectors.border_of((48, 48)))
    return _mirrored(box) if mirrored else box


def _enlarged(image48: np.ndarray) -> np.ndarray:
    if not isinstance(image48, np.ndarray) or image48.shape != (48, 48) or image48.dtype != np.uint8:
        raise ValueError("The image must be (48, 48) uint8: crop and resize it first.")
    return detectors.prepare(np.ascontiguousarray(image48), _SCALE, detectors.border_of((48, 48)))[0]


def _check_number(num_jitters: int) -> None:
    if not 1 <= num_jitters <= MAX_JITTERS:
        raise ValueError(f"There are 1 to {MAX_JITTERS} boxes, not {num_jitters}.")
