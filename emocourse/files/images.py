"""Read any image, and check it: a file, bytes, a Pillow image or an array becomes a grey or colour array of bytes.

Files are decoded by Pillow, and only the common formats of photographs. An image's size is checked before its pixels
are decoded, so that a small file cannot fill the memory.
"""

import contextlib
import functools
import io
import math
import os
import re
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..backend import silent_stderr
from ..errors import CourseError
from .store import open_regular, show

MAX_BYTES = 64 << 20
"""Largest image file, in bytes: 64 MiB."""

MAX_PIXELS = 40_000_000
"""Largest image, in pixels. A file with more comes reduced by a whole number."""

MAX_FILE_PIXELS = 220_000_000
"""Largest image in a file, in pixels: phones take 200 million."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
"""The file formats that are always read, by Pillow's names; none of them can start another program."""

_READABLE = "PNG, JPEG, WebP, BMP, GIF, TIFF or PPM"
_UNREAD = {
    re.compile(rb".{4}ftyp(hei|hev|mif|msf)", re.DOTALL): "is a HEIC photo, as phones take them: "
    'pip install "emocourse[heif]", or save it as PNG or JPEG',
    re.compile(rb".{4}ftypavi", re.DOTALL): "is an AVIF image, which Pillow reads from 11.3 on: "
    "update Pillow, or save it as PNG or JPEG",
    re.compile(rb"(\0\0\0\x0cJXL |\xff\x0a)"): "is a JPEG XL image: save it as PNG or JPEG",
    re.compile(rb".{4}ftypcrx|FUJIFILMCCD-RAW", re.DOTALL): "is a camera's raw file: save it as PNG or JPEG",
    re.compile(rb"%PDF"): "is a PDF: save the image in it as PNG or JPEG",
    re.compile(rb"\s*(<\?xml[^>]*>\s*)?<svg", re.IGNORECASE): "is a drawing (SVG): save it as PNG or JPEG",
    re.compile(rb"\s*<(!doctype )?html", re.IGNORECASE): "is a web page: download the image itself",
    re.compile(rb"version https://git-lfs"): "is only Git LFS's note of a file: run `git lfs pull`",
}  # what to say of a file by how it begins
_MAX_MEMORY = 640 << 20  # bytes that a decoder may take
_DECODER_BYTES = {"JPEG": 3, "WEBP": 16, "AVIF": 9, "HEIF": 8}  # what it takes for a pixel, where it keeps copies
_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2}  # what Pillow's own images take; all others 4
_BLOCK_PIXELS = 1 << 20  # images are converted in blocks of rows of about this size, to keep the memory small
_NEAR = 1e-6  # how far floats may stray out of 0 to 1 by rounding


def read(source: Any) -> np.ndarray:
    """Read an image as grey. Lesson 00.

    Colour becomes luma by ITU-R 601 (0.299 R + 0.587 G + 0.114 B), as in Pillow. Transparent parts show white. Images
    that a camera stored sideways (EXIF) are turned upright. Of an animation, the first image counts. A file of more
    than :data:`MAX_PIXELS` comes reduced by 2, 3, 4 …, decoded in bounded memory.

    Args:
        source: a path (str or Path); the bytes of a file; an open binary file; a Pillow image; or an array: (H, W),
            (H, W, 1), grey and alpha (H, W, 2), RGB (H, W, 3) or RGBA (H, W, 4). Arrays hold bools; uint8; uint16 from
            0 to 65535; other integers from 0 to 255; or floats from 0 to 1.

    Returns:
        (H, W) uint8, C-contiguous, never sharing memory with the source.

    Raises:
        CourseError: it cannot be read, is damaged, empty, too large, of no known kind, or its numbers are out of range.
    """
    return read_scaled(source)[0]


def read_scaled(source: Any) -> tuple[np.ndarray, int]:
    """As :func:`read`, and how many pixels of the image as it was given lie along the side of one that is returned.

    Returns:
        (H, W) uint8; and 1, or 2, 3, 4 … where the image has more than :data:`MAX_PIXELS` and came reduced.
    """
    image, scale = _read(source)
    if image.ndim == 2:
        return image, scale
    from PIL import Image

    return np.array(Image.fromarray(image).convert("L")), scale


def read_colour(source: Any) -> np.ndarray:
    """Read an image in colour, with the same checks as :func:`read`; a grey image has three equal channels.

    Returns:
        (H, W, 3) uint8 RGB, C-contiguous, never sharing memory with the source.

    Raises:
        CourseError: as :func:`read`.
    """
    image, _ = _read(source)
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def resize(image: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Resize an image: by pixel area when it shrinks, cubic when it grows.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        size: the new side of a square image, or (width, height), in pixels.

    Returns:
        (height, width) or (height, width, 3) uint8.

    Raises:
        ValueError: another shape or dtype, or a size below 1 or over MAX_PIXELS.
    """
    import cv2

    if image.dtype != np.uint8 or not image.size or (image.ndim != 2 and image.shape[2:] != (3,)):
        raise ValueError(f"The image must be (H, W) or (H, W, 3) uint8, not {image.dtype} {image.shape}.")
    width, height = (size, size) if isinstance(size, int | np.integer) else size
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise ValueError(f"An image can have 1 to {MAX_PIXELS:,} pixels, not {width}×{height}.")
    shrinks = width * height < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(image), (int(width), int(height)), interpolation=method)


def _read(source: Any) -> tuple[np.ndarray, int]:
    """(H, W) or (H, W, 3) uint8, and by how much it was reduced."""
    from PIL import Image, ImageOps

    name = "The image"
    if isinstance(source, str | os.PathLike):
        path = Path(os.fsdecode(source))
        name = show(path)
        if not os.path.lexists(path):
            raise CourseError(f"{name} does not exist: check the path.")
        with open_regular(path) as file:
            source = _content(file, name)
    elif hasattr(source, "read"):
        name = source.name if isinstance(getattr(source, "name", None), str) else name
        source = _content(source, name)
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(source, name)
    if isinstance(source, Image.Image):
        _check_size(*source.size, name)
        with _one_sentence(name):
            try:
                source = ImageOps.exif_transpose(source)
            except Exception:  # broken EXIF, or no image any more, of which the rest says what is wrong
                source.load()
            return _from_pillow(source, name), 1
    if isinstance(source, np.ndarray) or (hasattr(source, "__array__") and not isinstance(source, type)):
        try:
            array = np.asarray(source)
        except Exception as error:
            raise CourseError("This object cannot be made an array: give a path, bytes or a NumPy array.") from error
        return _from_array(array, "The array"), 1
    raise CourseError(f"An image cannot be read from {type(source).__name__}: give a path, bytes or a NumPy array.")


def _content(file: Any, name: str) -> bytes:
    """At most one byte more than is read."""
    try:
        content = file.read(MAX_BYTES + 1)
    except Exception as error:
        raise CourseError(f"{name} cannot be read ({show(error)}): open an image with mode 'rb'.") from error
    if not isinstance(content, bytes):
        raise CourseError(f"{name} gives text: open the image with mode 'rb'.")
    return content


def _decode(content: bytes | bytearray | memoryview, name: str) -> tuple[np.ndarray, int]:
    """The image in the bytes of a file, reduced where it has more than :data:`MAX_PIXELS`, and by how much."""
    from PIL import ImageOps

    size = memoryview(content).nbytes
    if not size:
        raise CourseError(f"{name} is empty: give an image.")
    if size > MAX_BYTES:
        raise CourseError(f"{name} has more than {MAX_BYTES >> 20} MiB: save the image smaller.")

    with _one_sentence(name, content), _opened(content) as image, contextlib.ExitStack() as stack:
        _check_memory(image, name)
        longer = max(image.size)
        if image.format == "JPEG":  # decoded at a half, a quarter or an eighth of its size, never whole
            factor = 1 << (_reduction(image.size) - 1).bit_length()
            image.draft(None, (image.width // factor, image.height // factor))
        if image.format == "TIFF":  # libtiff prints what is wrong with a file; the user gets one sentence instead
            stack.enter_context(silent_stderr())
        image.load()
        with contextlib.suppress(Exception):  # broken EXIF is no reason to refuse a sound image
            ImageOps.exif_transpose(image, in_place=True)
        array = _from_pillow(image, name)
    return array, round(longer / max(array.shape[:2]))


_limit_lock = threading.Lock()


@contextlib.contextmanager
def _opened(content: bytes | bytearray | memoryview) -> Iterator[Any]:
    """A Pillow image of which only the header has been read, whatever size it claims."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on size and metadata; the size is checked here
        with _limit_lock:  # Pillow's own limit is one for the whole process
            before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            try:
                image = Image.open(io.BytesIO(content), formats=_formats())
            finally:
                Image.MAX_IMAGE_PIXELS = before
        with image:
            yield image


@functools.cache
def _formats() -> tuple[str, ...]:
    from PIL import features

    formats = FORMATS
    if "avif" in features.modules and features.check("avif"):
        formats += ("AVIF",)
    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
        formats += ("HEIF",)
    return formats


@contextlib.contextmanager
def _one_sentence(name: str, content: bytes | bytearray | memoryview = b"") -> Iterator[None]:
    """Whatever a decoder raises over data that may be broken in any way becomes one sentence."""
    from PIL import UnidentifiedImageError

    try:
        yield
    except CourseError:
        raise
    except UnidentifiedImageError as error:
        head = bytes(content[:200])
        what = next((what for kind, what in _UNREAD.items() if kind.match(head)), None)
        raise CourseError(
            f"{name} {what or f'is damaged, or not a kind of image that is read here: give {_READABLE}'}."
        ) from error
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        raise CourseError(f"{name} is damaged or of a rare kind: save it again as PNG or JPEG.") from error


def _check_memory(image: Any, name: str) -> None:
    width, height = image.size
    _check_size(width, height, name, MAX_FILE_PIXELS)
    each = _DECODER_BYTES.get(image.format) or _MODE_BYTES.get(image.mode, 4)
    if image.format == "JPEG" and not image.info.get("progressive"):
        each = 0  # row by row; a progressive one keeps the whole image's coefficients
    if width * height * each > _MAX_MEMORY:
        raise CourseError(_too_large(name, width, height, _MAX_MEMORY // each))


def _too_large(name: str, width: int, height: int, limit: int) -> str:
    return f"{name} has too many pixels ({width}×{height}, more than {limit // 1_000_000} million): save it smaller."


def _check_size(width: int, height: int, name: str, limit: int | None = None) -> None:
    limit = MAX_PIXELS if limit is None else limit
    if width < 1 or height < 1:
        raise CourseError(f"{name} has no pixels ({width}×{height}): give an image.")
    if width * height > limit:
        raise CourseError(_too_large(name, width, height, limit))


def _reduction(size: tuple[int, int]) -> int:
    """By how much the sides must shrink for at most :data:`MAX_PIXELS`; 1 where they need not."""
    factor = 1
    while math.ceil(size[0] / factor) * math.ceil(size[1] / factor) > MAX_PIXELS:
        factor += 1
    return factor


def _from_pillow(image: Any, name: str) -> np.ndarray:
    """(H, W) or (H, W, 3) uint8 of a Pillow image, converted and reduced a few rows at a time."""
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        mode = image.mode
    elif image.has_transparency_data:
        mode = "LA" if image.mode in ("LA", "La") else "RGBA"
    else:
        mode = "L" if image.mode in ("1", "L") else "RGB"
    sixteen_bits = mode == "I" and image.format in ("PNG", "PPM")  # Pillow's way to hold them
    (width, height), factor = image.size, _reduction(image.size)
    _check_size(width, height, name, MAX_FILE_PIXELS)
    small = math.ceil(height / factor), math.ceil(width / factor)
    out = np.empty(small if mode[0] in "LIF" else (*small, 3), np.uint8)
    for rows in _blocks(height, width, factor):
        strip = image.crop((0, rows.start, width, min(rows.stop, height)))
        array = np.asarray(strip.convert(mode))
        array = _from_array(array.astype(np.uint16) if sixteen_bits else array, name)
        if factor > 1:
            array = np.asarray(Image.fromarray(array).reduce(factor))
        out[rows.start // factor :][: len(array)] = array
    return out


def _from_array(array: np.ndarray, name: str) -> np.ndarray:
    """(H, W) or (H, W, 3) uint8 of any array that can be an image."""
    if array.dtype.kind not in "buif":
        raise CourseError(f"{name} holds {array.dtype}, not numbers: give bool, uint8, uint16 or float from 0 to 1.")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 2, 3, 4)):
        raise CourseError(f"{name} has the shape {array.shape}: an image is (H, W), (H, W, 3) or (H, W, 4).")
    _check_size(array.shape[1], array.shape[0], name)
    channels = 1 if array.ndim == 2 else array.shape[2]
    height, width = array.shape[:2]
    out = np.empty((height, width) if channels < 3 else (height, width, 3), np.uint8)
    for rows in _blocks(height, width):
        block = _to_bytes(array[rows], name)
        if channels in (2, 4):
            opacity = block[..., -1:].astype(np.uint16)
            block = ((block[..., :-1] * opacity + 255 * (255 - opacity) + 127) // 255).astype(np.uint8)
        out[rows] = block.reshape(out[rows].shape)
    return out


def _blocks(height: int, width: int, multiple: int = 1) -> Iterator[slice]:
    step = max(1, _BLOCK_PIXELS // width // multiple) * multiple
    return (slice(start, start + step) for start in range(0, height, step))


def _to_bytes(block: np.ndarray, name: str) -> np.ndarray:
    """uint8 of numbers in their kind's range."""
    if block.dtype == np.uint8:
        return block
    if block.dtype.kind == "b":
        return block.astype(np.uint8) * np.uint8(255)
    if block.dtype.kind == "u" and block.dtype.itemsize == 2:
        return ((block.astype(np.uint32) + 128) // 257).astype(np.uint8)
    low, high = block.min(), block.max()
    if block.dtype.kind == "f":
        if not (np.isfinite(low) and np.isfinite(high)):
            raise CourseError(f"{name} holds NaN or infinite numbers: replace them first, as with numpy.nan_to_num.")
        if low < -_NEAR or high > 1 + _NEAR:
            raise CourseError(f"{name} holds floats from {low:.4g} to {high:.4g}: scale them to 0 to 1 first.")
        return np.rint(np.clip(block, 0, 1) * np.float32(255)).astype(np.uint8)
    if low < 0 or high > 255:
        raise CourseError(f"{name} holds integers from {low} to {high}: scale them to 0 to 255 first.")
    return block.astype(np.uint8)
