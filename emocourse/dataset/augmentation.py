"""Images and landmarks, changed a little each time they are seen: crops, mirror, rotation, shift, zoom, erasing.

Everything that moves pixels is one affine map an image, so the landmarks move with them exactly, and an image is
interpolated once. The test-time views of an image are made here too.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from ..errors import CourseError
from ..faces.landmarks import MIRROR

SIDE = 48
CROP = 44
"""Side of the crops at test time, in pixels."""


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How far images may be changed; the defaults change nothing.

    Rotation, shift and zoom happen to half of the images: the others stay sharp, as images are at test time.

    Attributes:
        crop: side of a square cut out at a random place, pixels; 0 keeps the whole image.
        mirror: whether left and right change places in half of the images (the landmarks' numbers too).
        rotation: largest angle either way, degrees.
        shift: largest shift along x and y either way, pixels.
        zoom: largest change of size either way, as a share.
        erasing: share of the images in which a random rectangle (2 to 20 % of the area) becomes noise (Zhong et al.
            2020).
    """

    crop: int = 0
    mirror: bool = False
    rotation: float = 0.0
    shift: float = 0.0
    zoom: float = 0.0
    erasing: float = 0.0

    def check(self) -> None:
        """Raise a CourseError when a value is outside its range."""
        ranges = {"crop": (8, SIDE), "rotation": (0, 180), "shift": (0, SIDE), "zoom": (0, 0.9), "erasing": (0, 1)}
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if value and not low <= value <= high:
                raise CourseError(f"The recipe's {name} is {value}: choose from {low} to {high}, or 0 for none.")

    @property
    def moves(self) -> bool:
        """Whether anything but pixels' values changes."""
        return bool(self.crop or self.mirror or self.rotation or self.shift or self.zoom)

    def __bool__(self) -> bool:
        return self.moves or bool(self.erasing)


def augment(
    images: np.ndarray | None, landmarks: np.ndarray | None, how: Augmentation, rng: np.random.Generator
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Images and their landmarks, changed at random.

    Args:
        images: (n, 48, 48) uint8, or None where nobody looks at them.
        landmarks: (n, 68, 2) float32, pixels of those images, or None.
        how: what may change.
        rng: decides what does; the same generator state gives the same images.

    Returns:
        images (n, side, side) uint8 with the crop's side, landmarks (n, 68, 2) float32 in its pixels. New arrays.
    """
    n = len(images if images is not None else landmarks)
    side = how.crop or SIDE
    mirrored = rng.random(n) < 0.5 if how.mirror else np.zeros(n, bool)
    moved = rng.random(n) < 0.5
    maps = affine_maps(
        mirrored,
        angle=moved * np.radians(rng.uniform(-how.rotation, how.rotation, n)),
        size=1 + moved * rng.uniform(-how.zoom, how.zoom, n),
        # Whole pixels for the crop: without rotation and zoom nothing is then interpolated.
        shift=rng.integers(0, SIDE - side, (n, 2), endpoint=True) - (SIDE - side) / 2
        + moved[:, None] * rng.uniform(-how.shift, how.shift, (n, 2)),
        side=side,
    )  # fmt: skip
    if landmarks is not None:
        landmarks = move_landmarks(landmarks, maps, mirrored)
    if images is not None:
        images = move_images(images, maps, side) if how.moves else images.copy()
        if how.erasing:
            _erase(images, how.erasing, rng)
    return images, landmarks


def affine_maps(mirrored: np.ndarray, angle: np.ndarray, size: np.ndarray, shift: np.ndarray, side: int) -> np.ndarray:
    """(n, 2, 3) float64 maps from a 48×48 image's pixels to those of one of ``side``, about their centres.

    Args:
        mirrored: (n,) bool.
        angle: (n,) radians, clockwise as y points down.
        size: (n,) factors.
        shift: (n, 2) pixels that the content moves to the right and down, after all else.
    """
    cos, sin = size * np.cos(angle), size * np.sin(angle)
    flip = np.where(mirrored, -1.0, 1.0)
    turn = np.stack([np.stack([cos * flip, -sin], -1), np.stack([sin * flip, cos], -1)], 1)
    move = (side - 1) / 2 + shift - turn @ np.full(2, (SIDE - 1) / 2)
    return np.concatenate([turn, move[:, :, None]], axis=2)


def move_landmarks(landmarks: np.ndarray, maps: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
    """(n, 68, 2) float32 landmarks under (n, 2, 3) maps; the points of mirrored faces (n,) change their numbers."""
    moved = landmarks @ maps[:, :, :2].transpose(0, 2, 1) + maps[:, None, :, 2]
    return np.where(mirrored[:, None, None], moved[:, MIRROR], moved).astype(np.float32)


def move_images(images: np.ndarray, maps: np.ndarray, side: int) -> np.ndarray:
    """(n, side, side) uint8 images under (n, 2, 3) maps; what lies outside is the image mirrored at its edge."""
    import cv2

    moved = np.empty((len(images), side, side), np.uint8)
    for image, matrix, target in zip(images, maps, moved, strict=True):
        cv2.warpAffine(image, matrix, (side, side), target, cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101)
    return moved


def _erase(images: np.ndarray, share: float, rng: np.random.Generator) -> None:
    side = images.shape[1]
    for k in np.flatnonzero(rng.random(len(images)) < share):
        area, ratio = rng.uniform(0.02, 0.2) * side * side, np.exp(rng.uniform(np.log(0.3), np.log(1 / 0.3)))
        h, w = (min(side, max(1, round(np.sqrt(area * r)))) for r in (ratio, 1 / ratio))
        top, left = rng.integers(0, side - h, endpoint=True), rng.integers(0, side - w, endpoint=True)
        images[k, top : top + h, left : left + w] = rng.integers(0, 256, (h, w), np.uint8)


def mixup_cutmix(
    inputs: tuple[np.ndarray, ...], labels: np.ndarray, mixup: float, cutmix: float, rng: np.random.Generator
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """A batch mixed with itself in another order, and its labels in the same shares; one share for the whole batch.

    Args:
        inputs: the model's inputs, float32, each with b rows.
        labels: (b, classes) float32.
        mixup, cutmix: parameters of the Beta distributions, 0 for off; with both, each is taken in half of the batches.

    Returns:
        New inputs and labels. Mixup mixes every input. Cutmix pastes a rectangle into inputs (b, h, w, channels) and
        leaves others as they are.
    """
    other = rng.permutation(len(labels))
    paste = cutmix > 0 and (mixup <= 0 or rng.random() < 0.5)
    keep = float(rng.beta(cutmix, cutmix) if paste else rng.beta(mixup, mixup))
    if not paste:
        result = tuple((keep * part + (1 - keep) * part[other]).astype(part.dtype) for part in inputs)
    else:
        h, w = next(part.shape[1:3] for part in inputs if part.ndim == 4)
        (top, bottom), (left, right) = _rand_bbox(h, keep, rng), _rand_bbox(w, keep, rng)
        keep = 1 - (bottom - top) * (right - left) / (h * w)
        result = tuple(part.copy() if part.ndim == 4 else part for part in inputs)
        for new, part in zip(result, inputs, strict=True):
            if part.ndim == 4:
                new[:, top:bottom, left:right] = part[other, top:bottom, left:right]
    return result, (keep * labels + (1 - keep) * labels[other]).astype(np.float32)


def _rand_bbox(length: int, keep: float, rng: np.random.Generator) -> tuple[int, int]:
    """Ends of a stretch of sqrt(1 - keep) of the length about a random place, cut off at the edges."""
    half, middle = length * np.sqrt(1 - keep) / 2, rng.uniform(0, length)
    return round(max(0, middle - half)), round(min(length, middle + half))


def tta_views(images: np.ndarray, landmarks: np.ndarray, crops: bool = True) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The test-time views of images: nine 44×44 crops, each as it is and mirrored, with the landmarks to match.

    Args:
        images: (n, 48, 48) uint8; ``landmarks``: (n, 68, 2) float32.
        crops: False gives the whole image and its mirror alone.

    Yields:
        18 times images (n, 44, 44) uint8 and landmarks (n, 68, 2) float32 in their pixels; or 2 times (n, 48, 48).
    """
    n, side = len(images), CROP if crops else SIDE
    steps = sorted({-(SIDE - side) // 2, 0, (SIDE - side) // 2})
    for mirrored in (False, True):
        for dy in steps:
            for dx in steps:
                flags = np.full(n, mirrored)
                maps = affine_maps(flags, np.zeros(n), np.ones(n), np.tile((dx, dy), (n, 1)), side)
                yield move_images(images, maps, side), move_landmarks(landmarks, maps, flags)
