"""Boxes and emotions drawn onto a photo, crisp at any size."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..emotions import INFO
from ..errors import CourseError

_GROUND, _WORDS, _PLAIN = (17, 17, 17), (255, 255, 255), "#ffffff"
_SMALLEST_TEXT = 9


def annotate(picture: np.ndarray, faces: Iterable[Any]) -> np.ndarray:
    """Draw a box around each face and write its emotion beside it.

    The words stand white on a dark ground, so they are legible on any picture; the box is in the emotion's colour
    between dark lines. Lines and letters grow with the picture; words stay inside it and off other words where there is
    room, and are left out where the picture is too small for legible ones.

    Args:
        picture: (H, W, 3) or (H, W) uint8; it is not changed.
        faces: things with ``box`` (x, y, w, h in pixels) and, where known, ``emotion`` and ``probabilities``
            ({emotion: probability}): a :class:`~emocourse.recognition.Reading` or a :class:`~emocourse.faces.Face`.

    Returns:
        (H, W, 3) uint8.

    Raises:
        CourseError: the picture is not one.
    """
    from PIL import Image, ImageDraw

    picture = np.asarray(picture)
    if picture.dtype != np.uint8 or picture.size == 0 or not (picture.ndim == 2 or picture.shape[2:] == (3,)):
        raise CourseError(
            f"A picture to draw on is uint8, (H, W) or (H, W, 3), but this is {picture.dtype} of shape {picture.shape}."
        )
    image = Image.fromarray(picture).convert("RGB")
    pencil = ImageDraw.Draw(image)
    width, height = image.size
    line = max(1, round(min(width, height) / 180))
    faces = list(faces)
    for face in faces:
        _box(pencil, face.box, line, _colour(face))
    taken: list[tuple[int, int, int, int]] = []
    for face in faces:
        words = _words(face)
        if words:
            _label(pencil, face.box, words, line, _colour(face), taken)
    return np.asarray(image)


def _words(face: Any) -> str:
    emotion = getattr(face, "emotion", None)
    if not emotion:
        return ""
    probability = (getattr(face, "probabilities", None) or {}).get(emotion)
    return emotion if probability is None else f"{emotion} {100 * probability:.0f} %"


def _colour(face: Any) -> str:
    known = INFO.get(getattr(face, "emotion", None) or "")
    return known.colour if known else _PLAIN


def _box(pencil: Any, box: tuple[float, float, float, float], line: int, colour: str) -> None:
    """Three frames, dark, coloured, pale, so that one shows on any ground; a box is cut at the picture's edge."""
    x, y, w, h = (float(value) for value in box)
    edges = np.array([x, y, x + max(w, 1) - 1, y + max(h, 1) - 1]).round().astype(int)
    outward = np.array([-1, -1, 1, 1])
    thin = max(1, line // 2)
    limit = np.array(pencil.im.size) - 1
    for grow, thickness, paint in ((line + thin, thin, _GROUND), (line, line, colour), (0, thin, _WORDS)):
        around = line + thin - grow
        left, top, right, bottom = np.clip(edges + outward * grow, around, np.tile(limit - around, 2)).tolist()
        if right - left >= 2 * thickness and bottom - top >= 2 * thickness:
            pencil.rectangle((left, top, right, bottom), outline=paint, width=thickness)


def _label(
    pencil: Any,
    box: tuple[float, float, float, float],
    words: str,
    line: int,
    colour: str,
    taken: list[tuple[int, int, int, int]],
) -> None:
    """Write ``words`` above the box, below it, or inside it, whichever is inside the picture and off ``taken``."""
    from PIL import ImageFont

    width, height = pencil.im.size
    x, y, w, h = (float(value) for value in box)
    size = max(12, round(min(width, height) / 26), round(min(w / 7, height / 14)))
    while True:
        font = ImageFont.load_default(size)
        left, top, right, bottom = pencil.textbbox((0, 0), words, font=font)
        pad, bar = max(2, size // 4), max(3, size // 3)
        wide, high = right - left + 2 * pad + bar, bottom - top + 2 * pad
        if wide <= width and high <= height:
            break
        if size <= _SMALLEST_TEXT:
            return
        size = max(_SMALLEST_TEXT, size * 4 // 5)
    gap = 2 * line
    at_x = round(min(max(x - gap, 0), width - wide))
    wishes = (y - gap - high, y + h + gap, y + gap, y + h - gap - high)
    places = [(at_x, round(min(max(wish, 0), height - high))) for wish in wishes]
    fits = [0 <= wish <= height - high for wish in wishes]
    free = [not any(_overlap((*place, wide, high), other) for other in taken) for place in places]
    best = max(range(len(places)), key=lambda k: (free[k] and fits[k], free[k], fits[k], -k))
    px, py = places[best]
    taken.append((px, py, wide, high))
    pencil.rectangle((px, py, px + wide - 1, py + high - 1), fill=_GROUND)
    pencil.rectangle((px, py, px + bar - 1, py + high - 1), fill=colour)
    pencil.text((px + bar + pad - left, py + pad - top), words, font=font, fill=_WORDS)


def _overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
