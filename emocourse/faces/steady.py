"""Landmarks that tremble less: the mean of what the predictor says in several boxes, and in the mirrored picture.

Move a box by a pixel or two and dlib's landmarks move too, by half a pixel of a 48×48 picture: as much as a brow does.
Over several boxes such errors average out. The mean also shows where the face really is, so the last third of the
boxes is laid around it, which helps most where no detector found the face.
"""

import numpy as np

from . import detection as faces
from . import detectors, landmarks
from .detection import Box

BOXES = 12
"""Boxes that the course's landmark models were trained with; the most there are. Each costs about 1.3 ms."""

_SCALE = 4  # twice that of landmarks.find: dlib rounds landmarks to whole pixels of the enlarged picture
_NEAR = -0.6  # a box of a lower HOG score is no better than the whole picture

# Shift right and down in shares of the box, size as a factor, and whether it is the mirrored picture.
_FIRST = (
    (0, 0, 1, False), (0, 0, 1, True), (0.06, 0, 1, False), (-0.06, 0, 1, True),
    (0, 0.06, 1, False), (0, -0.06, 1, True), (0, 0, 0.9, False), (0, 0, 1.1, True),
)  # fmt: skip
_THEN = ((0, 0, 1, False), (0, 0, 1, True), (0.03, 0.03, 0.93, False), (-0.03, -0.03, 1.07, True))

# Where HOG's box lies about its landmarks, in units of their spread (root mean square distance from their mean): how
# far its centre is below theirs, and its side. Medians over the detected faces of FER2013's Training and PublicTest.
_BELOW, _SIDE = -0.13269189, 2.7749314


def find(image48: np.ndarray, boxes: int = BOXES) -> tuple[np.ndarray, bool, float, Box]:
    """As :func:`emocourse.faces.landmarks.find`, with the landmarks of :func:`steady`.

    Where no face is detected, the mirrored picture is tried too, then a lower score, before the whole picture.

    Args:
        image48: (48, 48) uint8 grey.
        boxes: 1 to 12; with 1 it is exactly :func:`emocourse.faces.landmarks.find`.

    Returns:
        The landmarks, (68, 2) float32 in pixels of the picture; whether the face was detected in the picture as it is;
        the detector's score; the first box.

    Raises:
        ValueError: another shape, dtype or number of boxes.
        CourseError: the landmark model is missing or damaged.
    """
    _check_number(boxes)
    if boxes == 1:
        return landmarks.find(image48)
    box, score, detected = faces.best_box(image48)
    if not detected:
        box = _near_box(image48)
    return steady(image48, box, boxes), detected, score, box


def steady(image48: np.ndarray, box: Box, boxes: int = BOXES) -> np.ndarray:
    """The mean landmarks over several boxes around one, half of them in the mirrored picture.

    Args:
        image48: (48, 48) uint8 grey.
        box: (x, y, w, h) of the face in it.
        boxes: how many, 1 to 12.

    Returns:
        (68, 2) float32, pixels of the picture; points may lie outside it.

    Raises:
        ValueError: another shape, dtype or number of boxes.
        CourseError: the landmark model is missing or damaged.
    """
    _check_number(boxes)
    views = [_enlarged(image48), _enlarged(image48[:, ::-1])]
    then = boxes // 3
    points = [_one(views, box, how) for how in _FIRST[: boxes - then]]
    if then:
        mean = np.mean(points, axis=0)
        centre = mean.mean(axis=0)
        spread = float(np.sqrt(((mean - centre) ** 2).sum(-1).mean()))
        side = _SIDE * spread
        around = (float(centre[0]) - side / 2, float(centre[1]) + _BELOW * spread - side / 2, side, side)
        points += [_one(views, around, how) for how in _THEN[:then]]
    return np.mean(points, axis=0)


def _one(views: list[np.ndarray], box: Box, how: tuple[float, float, float, bool]) -> np.ndarray:
    """Landmarks in a box that was moved and resized; ``views`` are the enlarged picture and its mirror image."""
    right, down, factor, mirrored = how
    x, y, w, h = box
    centre_x, centre_y = x + w / 2 + right * w, y + h / 2 + down * h
    w, h = w * factor, h * factor
    moved = (centre_x - w / 2, centre_y - h / 2, w, h)
    border = detectors.border_of((48, 48))
    if not mirrored:
        return landmarks.predict_prepared(views[0], moved, _SCALE, -border, -border)
    return landmarks.mirror(landmarks.predict_prepared(views[1], _mirrored(moved), _SCALE, -border, -border))


def _mirrored(box: Box) -> Box:
    x, y, w, h = box
    return 47 - x - w, y, w, h


def _near_box(image48: np.ndarray) -> Box:
    """The box for a picture in which nothing was detected: from its mirror image, else of a near miss, else all."""
    best = []
    for picture in (image48, np.ascontiguousarray(image48[:, ::-1])):
        found = detectors.run_hog(faces.enlarge(picture), _NEAR)
        best.append(found[0] if found else (None, -np.inf))
    mirrored = best[1][1] >= faces.HOG_THRESHOLD or best[1][1] > best[0][1]
    box = best[int(mirrored)][0]
    if box is None:
        return faces.whole_picture_box(48)
    box = detectors.map_back(box, detectors.SMALL_SCALE, detectors.SMALL_SCALE, detectors.border_of((48, 48)))
    return _mirrored(box) if mirrored else box


def _enlarged(image48: np.ndarray) -> np.ndarray:
    if not isinstance(image48, np.ndarray) or image48.shape != (48, 48) or image48.dtype != np.uint8:
        raise ValueError("The picture must be (48, 48) uint8: crop and resize it first.")
    return detectors.prepare(np.ascontiguousarray(image48), _SCALE, detectors.border_of((48, 48)))[0]


def _check_number(boxes: int) -> None:
    if not 1 <= boxes <= BOXES:
        raise ValueError(f"There are 1 to {BOXES} boxes, not {boxes}.")
