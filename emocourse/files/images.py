"""Read any picture, and check it: a file, bytes, a Pillow picture or an array becomes a grey or colour array of bytes.

Files are decoded by Pillow, and only the common formats of photographs. A picture's size is checked before its pixels
are decoded, so that a small file cannot fill the memory.
"""

import contextlib
import os
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..backend import silent_stderr
from ..errors import CourseError

MAX_BYTES = 64 << 20
"""Largest picture file, in bytes: 64 MiB."""

MAX_PIXELS = 40_000_000
"""Largest picture, in pixels."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
"""The file formats that are read, by Pillow's names; none of them can start another program."""

_READABLE = "PNG, JPEG, WebP, BMP, GIF, TIFF or PPM"
_BLOCK_PIXELS = 1 << 20  # pictures are converted in blocks of rows of about this size, to keep the memory small
_ORIENTATION = 0x0112  # EXIF tag
_NEAR = 1e-6  # how far floats may stray out of 0 to 1 by rounding


def read(source: Any) -> np.ndarray:
    """Read a picture as grey.

    Colour becomes luma by ITU-R 601 (0.299 R + 0.587 G + 0.114 B), as in Pillow. Transparent parts show white. Pictures
    that a camera stored sideways (EXIF) are turned upright. Of an animation, the first picture counts.

    Args:
        source: a path (str or Path); the bytes of a file; an open binary file; a Pillow picture; or an array: (H, W),
            (H, W, 1), grey and alpha (H, W, 2), RGB (H, W, 3) or RGBA (H, W, 4). Arrays hold bools; uint8; uint16 from
            0 to 65535; other integers from 0 to 255; or floats from 0 to 1.

    Returns:
        (H, W) uint8, C-contiguous, never sharing memory with the source.

    Raises:
        CourseError: it cannot be read, is damaged, empty, too large, of no known kind, or its numbers are out of range.
    """
    picture = _read(source)
    if picture.ndim == 2:
        return picture
    from PIL import Image

    return np.array(Image.fromarray(picture).convert("L"))


def read_colour(source: Any) -> np.ndarray:
    """Read a picture in colour, with the same checks as :func:`read`; a grey picture has three equal channels.

    Returns:
        (H, W, 3) uint8 RGB, C-contiguous, never sharing memory with the source.

    Raises:
        CourseError: as :func:`read`.
    """
    picture = _read(source)
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)


def resize(image: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Resize a picture: by pixel area when it shrinks, cubic when it grows.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        size: the new side of a square picture, or (width, height), in pixels.

    Returns:
        (height, width) or (height, width, 3) uint8.

    Raises:
        ValueError: another shape or dtype, or a size below 1 or over MAX_PIXELS.
    """
    import cv2

    if image.dtype != np.uint8 or not image.size or (image.ndim != 2 and image.shape[2:] != (3,)):
        raise ValueError(f"The picture must be (H, W) or (H, W, 3) uint8, not {image.dtype} {image.shape}.")
    width, height = (size, size) if isinstance(size, int | np.integer) else size
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise ValueError(f"A picture can have 1 to {MAX_PIXELS:,} pixels, not {width}×{height}.")
    shrinks = width * height < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(image), (int(width), int(height)), interpolation=method)


def _read(source: Any) -> np.ndarray:
    """(H, W) or (H, W, 3) uint8."""
    if isinstance(source, str | os.PathLike):
        return _decode(_file_bytes(source), os.fspath(source))
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(source, "The picture")
    from PIL import Image

    if isinstance(source, Image.Image):
        return _guarded(lambda: _from_pillow(source, "The picture"), "The picture")
    if isinstance(source, np.ndarray) or (hasattr(source, "__array__") and not isinstance(source, type)):
        try:
            array = np.asarray(source)
        except Exception as error:
            raise CourseError("This object cannot be made an array: give a path, bytes or a NumPy array.") from error
        return _from_array(array, "The array")
    if hasattr(source, "read"):
        name = getattr(source, "name", None)
        try:
            content = source.read(MAX_BYTES + 1)
        except Exception as error:
            raise CourseError(f"The open file cannot be read ({error}): open a picture with mode 'rb'.") from error
        if not isinstance(content, bytes):
            raise CourseError("The open file gives text: open the picture with mode 'rb'.")
        return _decode(content, name if isinstance(name, str) else "The picture")
    raise CourseError(f"A picture cannot be read from {type(source).__name__}: give a path, bytes or a NumPy array.")


def _file_bytes(source: str | os.PathLike) -> bytes:
    name = os.fspath(source)
    try:
        path = Path(name if isinstance(name, str) else os.fsdecode(name))
        status = path.stat()
        # Asked before opening: opening a named pipe waits for ever, and a device never ends.
        if stat.S_ISDIR(status.st_mode):
            raise CourseError(f"{path} is a folder: give the path of a picture in it.")
        if not stat.S_ISREG(status.st_mode):
            raise CourseError(f"{path} is a pipe or a device: give the path of a picture file.")
        if status.st_size > MAX_BYTES:
            raise CourseError(f"{path} has more than {MAX_BYTES >> 20} MiB: save the picture smaller.")
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise CourseError(f"{path} does not exist: check the path.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CourseError(f"{name!r} cannot be read ({reason}): check the path and its permissions.") from error


def _decode(content: bytes | bytearray | memoryview, name: str) -> np.ndarray:
    """The picture in the bytes of a file."""
    from io import BytesIO

    from PIL import Image

    size = memoryview(content).nbytes
    if not size:
        raise CourseError(f"{name} is empty: give a picture.")
    if size > MAX_BYTES:
        raise CourseError(f"{name} has more than {MAX_BYTES >> 20} MiB: save the picture smaller.")

    def decode() -> np.ndarray:
        with contextlib.ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")  # Pillow's remarks on size and metadata; the size is checked below
            picture = stack.enter_context(Image.open(BytesIO(content), formats=FORMATS))
            if picture.format == "TIFF":
                # libtiff prints what is wrong with a file; the user gets one sentence instead.
                stack.enter_context(silent_stderr())
            return _from_pillow(picture, name)

    return _guarded(decode, name)


def _guarded(decode, name: str) -> np.ndarray:
    """Run a decoder over data that may be broken in any way; whatever it raises becomes one sentence."""
    from PIL import Image

    try:
        return decode()
    except CourseError:
        raise
    except Image.DecompressionBombError as error:
        raise CourseError(_too_large(name)) from error
    except Image.UnidentifiedImageError as error:
        raise CourseError(
            f"{name} is damaged, or not a kind of picture that is read here: give {_READABLE}."
        ) from error
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        raise CourseError(f"{name} is damaged or of a rare kind: save it again as PNG or JPEG.") from error


def _too_large(name: str, width: int = 0, height: int = 0) -> str:
    size = f"{width}×{height}, " if width else ""
    return f"{name} has too many pixels ({size}more than {MAX_PIXELS // 1_000_000} million): save it smaller."


def _check_size(width: int, height: int, name: str) -> None:
    if width < 1 or height < 1:
        raise CourseError(f"{name} has no pixels ({width}×{height}): give a picture.")
    if width * height > MAX_PIXELS:
        raise CourseError(_too_large(name, width, height))


def _from_pillow(picture, name: str) -> np.ndarray:
    _check_size(*picture.size, name)
    picture.load()
    from_file = picture.format
    picture = _upright(picture)
    if picture.mode == "I" and from_file in ("PNG", "PPM"):
        return _from_array(np.asarray(picture).astype(np.uint16), name)  # Pillow's way to hold 16 bits
    if picture.mode.startswith("I") or picture.mode == "F":
        return _from_array(np.asarray(picture), name)
    if picture.has_transparency_data:
        mode = "LA" if picture.mode in ("LA", "La") else "RGBA"
    else:
        mode = "L" if picture.mode in ("1", "L") else "RGB"
    width, height = picture.size
    out = np.empty((height, width) if mode in ("L", "LA") else (height, width, 3), np.uint8)
    for rows in _blocks(height, width):
        strip = picture.crop((0, rows.start, width, min(rows.stop, height)))
        out[rows] = _from_array(np.asarray(strip.convert(mode)), name)
    return out


def _upright(picture):
    """Turn a picture as its EXIF says. Broken EXIF is no reason to refuse a sound picture."""
    from PIL import Image

    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    try:
        turn = turns.get(picture.getexif().get(_ORIENTATION))
    except Exception:
        turn = None
    return picture if turn is None else picture.transpose(turn)


def _from_array(array: np.ndarray, name: str) -> np.ndarray:
    """(H, W) or (H, W, 3) uint8 of any array that can be a picture."""
    if array.dtype.kind not in "buif":
        raise CourseError(f"{name} holds {array.dtype}, not numbers: give bool, uint8, uint16 or float from 0 to 1.")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 2, 3, 4)):
        raise CourseError(f"{name} has the shape {array.shape}: a picture is (H, W), (H, W, 3) or (H, W, 4).")
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


def _blocks(height: int, width: int) -> Iterator[slice]:
    step = max(1, _BLOCK_PIXELS // width)
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
