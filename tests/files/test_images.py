"""Every kind of image that can be read gives the right grey and colour bytes."""

import io

import numpy as np
import pytest
from PIL import Image, features

from emocourse.errors import CourseError
from emocourse.files import images


def gradient(height=24, width=36) -> np.ndarray:
    """A grey image that no turn or mirroring leaves alone."""
    y, x = np.mgrid[:height, :width]
    return (40 + 4 * x + 2 * y).astype(np.uint8)


def coloured(height=24, width=36) -> np.ndarray:
    grey = gradient(height, width)
    return np.stack([grey, 255 - grey, np.full_like(grey, 90)], -1)


def luma(rgb: np.ndarray) -> np.ndarray:
    return rgb @ [0.299, 0.587, 0.114]


def file_bytes(image: Image.Image, form: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


GREY, RGB = gradient(), coloured()
ALPHA = np.full(GREY.shape, 255, np.uint8)
ALPHA[:, :10] = 0
WHITE_LEFT = np.where(ALPHA == 0, 255, GREY)


def image_cases() -> dict[str, tuple[bytes, np.ndarray, float]]:
    """name: (file, expected grey, how far a pixel may be off)."""
    grey, rgb = Image.fromarray(GREY), Image.fromarray(RGB)
    rgba = Image.fromarray(np.dstack([RGB, ALPHA]))
    white_left = luma(np.where(ALPHA[..., None] == 0, 255, RGB))
    palette = grey.quantize(16)
    see_through = grey.quantize(4)
    see_through.info["transparency"] = see_through.getpixel((0, 0))
    gone = np.asarray(see_through) == see_through.getpixel((0, 0))
    animation = io.BytesIO()
    grey.save(animation, "GIF", save_all=True, append_images=[Image.new("L", grey.size, 0)])
    sixteen = Image.fromarray(GREY.astype(np.uint16) * 257)
    return {
        "grey PNG": (file_bytes(grey, "PNG"), GREY, 0),
        "grey and alpha PNG": (file_bytes(Image.fromarray(np.dstack([GREY, ALPHA]), "LA"), "PNG"), WHITE_LEFT, 0),
        "colour PNG": (file_bytes(rgb, "PNG"), luma(RGB), 0.51),
        "alpha PNG": (file_bytes(rgba, "PNG"), white_left, 0.51),
        "palette PNG": (file_bytes(palette, "PNG"), np.asarray(palette.convert("L")), 0),
        "see-through palette PNG": (
            file_bytes(see_through, "PNG", transparency=see_through.info["transparency"]),
            np.where(gone, 255, np.asarray(see_through.convert("RGB").convert("L"))),
            0,
        ),
        "one-bit PNG": (file_bytes(Image.fromarray(GREY > 120), "PNG"), np.where(GREY > 120, 255, 0), 0),
        "16-bit PNG": (file_bytes(sixteen, "PNG"), GREY, 0),
        "16-bit TIFF": (file_bytes(sixteen, "TIFF"), GREY, 0),
        "16-bit PPM": (file_bytes(sixteen, "PPM"), GREY, 0),
        "float TIFF": (file_bytes(Image.fromarray(GREY.astype(np.float32) / 255), "TIFF"), GREY, 0),
        "packed TIFF": (file_bytes(rgb, "TIFF", compression="tiff_deflate"), luma(RGB), 0.51),
        "grey JPEG": (file_bytes(grey, "JPEG", quality=95), GREY, 6),
        "colour JPEG": (file_bytes(rgb, "JPEG", quality=95), luma(RGB), 6),
        "progressive JPEG": (file_bytes(rgb, "JPEG", quality=95, progressive=True), luma(RGB), 6),
        "CMYK JPEG": (file_bytes(rgb.convert("CMYK"), "JPEG", quality=95), luma(RGB), 6),
        "CMYK TIFF": (file_bytes(rgb.convert("CMYK"), "TIFF"), luma(RGB), 2),
        "YCbCr TIFF": (file_bytes(rgb.convert("YCbCr"), "TIFF"), luma(RGB), 2),
        "WebP": (file_bytes(rgb, "WEBP", lossless=True), luma(RGB), 0.51),
        "alpha WebP": (file_bytes(rgba, "WEBP", lossless=True, exact=True), white_left, 0.51),
        "BMP": (file_bytes(rgb, "BMP"), luma(RGB), 0.51),
        "one-bit BMP": (file_bytes(Image.fromarray(GREY > 120), "BMP"), np.where(GREY > 120, 255, 0), 0),
        "PPM": (file_bytes(rgb, "PPM"), luma(RGB), 0.51),
        "PGM": (file_bytes(grey, "PPM"), GREY, 0),
        "GIF": (file_bytes(grey, "GIF"), GREY, 0),
        "animated GIF, first image": (animation.getvalue(), GREY, 0),
        "animated PNG, first image": (
            file_bytes(grey, "PNG", save_all=True, append_images=[Image.new("L", grey.size)]),
            GREY,
            0,
        ),
        "one pixel": (file_bytes(Image.new("L", (1, 1), 77), "PNG"), np.array([[77]]), 0),
    }


IMAGES = image_cases()


def check(result: np.ndarray, expected: np.ndarray, off: float) -> None:
    assert result.dtype == np.uint8
    assert result.flags.c_contiguous
    assert result.shape == expected.shape
    assert np.abs(result.astype(float) - expected).max() <= off


@pytest.mark.parametrize("name", IMAGES)
def test_files(name, tmp_path):
    content, expected, off = IMAGES[name]
    path = tmp_path / "image with a misleading ending.txt"
    path.write_bytes(content)
    check(images.read(path), expected, off)
    colour = images.read_colour(str(path))
    assert colour.dtype == np.uint8 and colour.flags.c_contiguous and colour.shape == (*expected.shape, 3)
    check(np.rint(luma(colour)).astype(np.uint8), expected, off + 1)


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview, io.BytesIO])
def test_bytes_and_open_files(wrap):
    check(images.read(wrap(IMAGES["grey PNG"][0])), GREY, 0)


def test_pillow_images_are_left_alone():
    with Image.open(io.BytesIO(IMAGES["alpha PNG"][0])) as image:
        check(images.read(image), IMAGES["alpha PNG"][1], 0.51)
        assert image.mode == "RGBA"  # still open, still itself
        assert image.getpixel((20, 3))[:3] == tuple(RGB[3, 20])
    check(images.read(Image.fromarray(GREY)), GREY, 0)
    check(images.read(Image.new("P", (3, 2))), np.zeros((2, 3)), 0)


ORIENTED = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.T,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", ORIENTED)
@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_exif_orientation(orientation, form):
    """The file holds the upright image turned the other way, as a camera stores it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}, "JPEG": {"quality": 95}}[form]
    content = file_bytes(Image.fromarray(GREY), form, exif=exif, **options)
    check(images.read(content), ORIENTED[orientation](GREY), 6 if form == "JPEG" else 1)
    check(images.read(Image.open(io.BytesIO(content))), ORIENTED[orientation](GREY), 6 if form == "JPEG" else 1)


def test_unknown_orientation_is_ignored():
    exif = Image.Exif()
    exif[0x0112] = 77
    check(images.read(file_bytes(Image.fromarray(GREY), "PNG", exif=exif)), GREY, 0)


ARRAYS = {
    "uint8": (GREY, GREY),
    "(H, W, 1)": (GREY[..., None], GREY),
    "grey and alpha": (np.dstack([GREY, ALPHA]), WHITE_LEFT),
    "RGB": (RGB, luma(RGB)),
    "RGBA": (np.dstack([RGB, ALPHA]), luma(np.where(ALPHA[..., None] == 0, 255, RGB))),
    "half transparent": (
        np.dstack([RGB, np.full(GREY.shape, 128, np.uint8)]),
        luma((RGB * 128.0 + 255 * 127) / 255),
    ),
    "bool": (GREY > 120, np.where(GREY > 120, 255, 0)),
    "uint16": (GREY.astype(np.uint16) * 257, GREY),
    "big-endian uint16": (GREY.astype(">u2") * 257, GREY),
    "int64": (GREY.astype(np.int64), GREY),
    "float32": (GREY.astype(np.float32) / 255, GREY),
    "float16": (np.array([[0, 0.5, 1]], np.float16), np.array([[0, 128, 255]])),
    "float64 with rounding errors": (np.array([[-1e-9, 1 + 1e-9]]), np.array([[0, 255]])),
    "float RGB": (RGB / 255, luma(RGB)),
    "float RGBA": (np.dstack([RGB, ALPHA]) / 255, luma(np.where(ALPHA[..., None] == 0, 255, RGB))),
    "negative strides": (GREY[::-1, ::-1], GREY[::-1, ::-1]),
    "every second pixel": (GREY[::2, ::2], GREY[::2, ::2]),
    "Fortran order": (np.asfortranarray(RGB), luma(RGB)),
    "broadcast": (np.broadcast_to(np.uint8(9), (5, 7)), np.full((5, 7), 9)),
    "read-only": (np.frombuffer(GREY.tobytes(), np.uint8).reshape(GREY.shape), GREY),
    "one pixel": (np.array([[200]], np.uint8), np.array([[200]])),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name):
    array, expected = ARRAYS[name]
    before = array.copy()
    result = images.read(array)
    check(result, expected, 1 if array.ndim == 3 and array.shape[2] > 2 else 0)
    assert not np.shares_memory(result, array)
    assert np.array_equal(array, before)
    assert images.read_colour(array).shape == (*expected.shape, 3)


def test_colour_keeps_the_channels_in_order():
    assert np.array_equal(images.read_colour(RGB), RGB)
    assert np.array_equal(images.read_colour(IMAGES["colour PNG"][0]), RGB)


def test_files_and_arrays_give_the_same_grey():
    assert np.array_equal(images.read(IMAGES["colour PNG"][0]), images.read(RGB))


LARGE = {
    "PNG, grey": ("L", "PNG", {}, 0),
    "PNG, colour": ("RGB", "PNG", {"compress_level": 1}, 1),
    "PNG, palette": ("P", "PNG", {}, 0),
    "PNG, one bit": ("1", "PNG", {}, 0),
    "PNG, 16 bits": ("I;16", "PNG", {"compress_level": 1}, 1),
    "JPEG": ("L", "JPEG", {"quality": 90}, 4),
    "JPEG, progressive": ("RGB", "JPEG", {"quality": 90, "progressive": True}, 5),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_photos_are_reduced(name, monkeypatch):
    """The same as reading it whole and averaging; tried with a lower limit, so that it takes no minutes."""
    mode, form, options, off = LARGE[name]
    grey = Image.fromarray(np.tile(GREY, (10, 10)))  # 240×360
    image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    exif = Image.Exif()
    exif[0x0112] = 6
    content = file_bytes(image, form, exif=exif, **options)
    whole = images.read(content)
    assert whole.shape == (360, 240)
    for limit, factor in ((90_000, 1), (80_000, 2), (20_000, 3), (9_000, 4)):
        if form == "JPEG" and factor == 3:
            factor = 4
        monkeypatch.setattr(images, "MAX_PIXELS", limit)
        monkeypatch.setattr(images, "_BLOCK_PIXELS", 5000)
        blocks = np.rint(whole.reshape(360 // factor, factor, 240 // factor, factor).mean((1, 3)))
        check(images.read(content), blocks, off if factor > 1 else 0)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_sides_that_the_factor_does_not_divide(form, monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 300)
    monkeypatch.setattr(images, "_BLOCK_PIXELS", 50)
    assert images.read(file_bytes(Image.fromarray(GREY[:23, :35]), form)).shape == (12, 18)


@pytest.mark.parametrize(
    "content, what",
    [
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"), (b"\xff\x0a" + bytes(50), "JPEG XL"), (b"%PDF-1.7\n", "PDF"),
        (b"\0\0\0\x18ftypcrx " + bytes(40), "raw"), (b'<?xml version="1.0"?>\n<svg/>', "SVG"), (b"<svg/>", "SVG"),
        (b"\n<!DOCTYPE html><html></html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)  # fmt: skip
def test_what_is_no_photo_is_named(content, what):
    with pytest.raises(CourseError, match=f"is .*{what}"):
        images.read(content)


def test_a_large_pillow_image_is_refused(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 100)
    with pytest.raises(CourseError, match="too many pixels"):
        images.read(Image.fromarray(GREY))


def test_pillows_own_limit_is_left_as_it_was():
    before = Image.MAX_IMAGE_PIXELS
    images.read(IMAGES["grey PNG"][0])
    assert Image.MAX_IMAGE_PIXELS == before > 0


def test_avif():
    if not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    check(images.read(file_bytes(Image.fromarray(RGB), "AVIF", quality=95)), luma(RGB), 8)


def test_heic():
    pytest.importorskip("pillow_heif").register_heif_opener()
    check(images.read(file_bytes(Image.fromarray(RGB), "HEIF", quality=95)), luma(RGB), 8)


def test_many_blocks_of_rows_are_one_image():
    wide = np.tile(GREY, (60, 60)).astype(np.float32) / 255  # 3.1 million pixels: several blocks
    check(images.read(wide), np.tile(GREY, (60, 60)), 0)


def test_what_has_an_array_is_an_array():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return GREY

    check(images.read(Tensor()), GREY, 0)


@pytest.mark.parametrize(("size", "shape"), [(48, (48, 48)), ((10, 5), (5, 10)), (1, (1, 1)), (np.int64(7), (7, 7))])
def test_resize(size, shape):
    assert images.resize(GREY, size).shape == shape
    assert images.resize(RGB, size).shape == (*shape, 3)


def test_resize_averages_when_it_shrinks():
    checked = (np.indices((40, 40)).sum(0) % 2 * 255).astype(np.uint8)
    assert np.ptp(images.resize(checked, 10)) <= 1


@pytest.mark.parametrize("size", [0, -3, (0, 5), (100_000, 100_000)])
def test_resize_refuses_impossible_sizes(size):
    with pytest.raises(ValueError, match="pixels"):
        images.resize(GREY, size)


@pytest.mark.parametrize("array", [GREY.astype(float), GREY[:0], np.zeros((3, 3, 4), np.uint8), np.zeros(4, np.uint8)])
def test_resize_refuses_what_is_no_image(array):
    with pytest.raises(ValueError, match="uint8"):
        images.resize(array, 8)


def test_errors_name_the_file(tmp_path):
    path = tmp_path / "portrait.png"
    path.write_text("not an image")
    with pytest.raises(CourseError, match=r"portrait\.png"):
        images.read(path)
