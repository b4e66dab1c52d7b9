"""Broken and hostile pictures: each ends in one sentence, none in a traceback, a hang or a full memory."""

import io
import os
import socket
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from emocourse.errors import CourseError
from emocourse.files import images


def encoded(form: str, mode: str = "RGB", size=(40, 30), **options) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(stream, form, **options)
    return stream.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes = b"", extra: bytes = b"", depth: int = 8, colour: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", pixels or zlib.compress(bytes(height and 1)))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def zeros(megabytes: int) -> bytes:
    """Zeros, packed some hundredfold."""
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


def cut(content: bytes, share: float = 0.5) -> bytes:
    return content[: int(len(content) * share)]


def patched(content: bytes, old: bytes, new: bytes) -> bytes:
    assert content.count(old) >= 1
    return content.replace(old, new, 1)


def bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def tiff(**tags: int) -> bytes:
    """A TIFF of nothing but these numbered tags (t256=width and so on)."""
    entries = sorted((int(name[1:]), value) for name, value in tags.items())
    body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\x00" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", 0)


def webp(width: int, height: int) -> bytes:
    """An extended WebP of this canvas with one small picture that is not there."""
    canvas = struct.pack("<I", 0) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"VP8X" + struct.pack("<I", 10) + canvas + b"VP8 " + struct.pack("<I", 4) + bytes(4)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


JPEG, PNG = encoded("JPEG"), encoded("PNG")
DEFLATED = encoded("TIFF", compression="tiff_adobe_deflate")
JPEG_SIZE = struct.pack(">HH", 30, 40)
NAN = np.full((4, 4), np.nan)
BOMB = zeros(300)

FILES = {
    "empty": b"",
    "one byte": b"\x89",
    "zeros": bytes(5000),
    "noise": np.random.default_rng(1).bytes(5000),
    "text": b"Ceci n'est pas une photo. " * 50,
    "CSV": b"emotion,pixels,Usage\n0,70 80 82,Training\n",
    "HTML of a page that was not found": b"<!DOCTYPE html><html><body>404</body></html>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "PostScript that would start Ghostscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
    "PDF": b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n",
    "zip": b"PK\x05\x06" + bytes(18),
    "JPEG 2000, a format outside the list": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(200),
    "ICO, a format outside the list": encoded("ICO", size=(32, 32)),
    "PCX, a format outside the list": encoded("PCX"),
    "HEIC": b"\x00\x00\x00\x18ftypheic" + bytes(100),
    "PNG signature alone": PNG[:8],
    "PNG cut in its pixels": cut(PNG),
    "PNG with no pixels": png(10, 10, b"\x00"),
    "PNG with a wrong checksum": patched(PNG, PNG[16:24], struct.pack(">II", 41, 30)),
    "PNG with damaged pixels": png(10, 10, b"\x78\x9c" + b"\xff" * 40),
    "PNG of zero width": png(0, 10),
    "PNG of impossible depth": png(10, 10, depth=77),
    "PNG of 4 gigapixels": png(65535, 65535, zeros(4)),
    "PNG of 2 billion pixels a side": png(2**31 - 1, 2**31 - 1),
    "PNG just over the limit": png(22001, 10000, zeros(1)),
    "PNG with a text bomb": png(1, 1, extra=chunk(b"zTXt", b"a\0\0" + BOMB), pixels=zlib.compress(b"\0\0")),
    "PNG with an endless chunk": PNG[:33] + struct.pack(">I", 0x7FFFFFFF) + b"tEXt" + bytes(50),
    "JPEG signature alone": b"\xff\xd8\xff",
    "JPEG cut in its header": JPEG[:60],
    "JPEG cut in its pixels": cut(JPEG, 0.8),
    "JPEG of 4 gigapixels": patched(JPEG, JPEG_SIZE, b"\xff\xff\xff\xff"),
    "JPEG of zero height": patched(JPEG, JPEG_SIZE, struct.pack(">HH", 0, 40)),
    "JPEG without tables": JPEG[:2] + JPEG[JPEG.index(b"\xff\xc0") :][:100],
    "GIF cut": cut(encoded("GIF")),
    "GIF without a picture": b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0, 0, 0) + b";",
    "GIF of 4 gigapixels": patched(encoded("GIF"), struct.pack("<HH", 40, 30), b"\xff\xff\xff\xff"),
    "BMP cut": cut(encoded("BMP")),
    "BMP of 4 gigapixels": bmp(65535, 65535),
    "BMP of negative width": bmp(-5, 5),
    "TIFF cut": encoded("TIFF")[:200],
    "TIFF without tags": b"II*\x00\x08\x00\x00\x00\x00\x00",
    "TIFF whose first directory lies outside": b"II*\x00\xff\xff\xff\x7f",
    "TIFF of 16 quintillion pixels": tiff(t256=2**32 - 1, t257=2**32 - 1, t258=8, t259=1, t262=1, t273=8, t278=1),
    "TIFF of 4 gigapixels": tiff(t256=65535, t257=65535, t258=8, t259=1, t262=1, t273=8, t278=65535, t279=1),
    "TIFF with a damaged deflate stream": patched(DEFLATED, b"\x78", b"\xff"),
    "TIFF of floats beyond 1": encoded("TIFF", mode="F"),
    "WebP cut": cut(encoded("WEBP")),
    "WebP of 268 megapixels": webp(16383, 16383),
    "WebP of 45 megapixels, more than fits": webp(9000, 5000),
    "TIFF of 180 megapixels": tiff(t256=18000, t257=10000, t258=8, t259=1, t262=2, t273=8, t277=3, t278=1, t279=1),
    "PPM cut": cut(encoded("PPM")),
    "PPM of 4 gigapixels": b"P6 65535 65535 255\n",
    "PPM with a letter in its size": b"P6 4x 4 255\n" + bytes(48),
    "PPM of negative size": b"P6 -4 4 255\n" + bytes(48),
    "PFM of NaN": b"Pf\n2 2\n-1.0\n" + np.full(4, np.nan, np.float32).tobytes(),
}

ARRAYS = {
    "empty": np.zeros((0, 5), np.uint8),
    "no columns": np.zeros((5, 0, 3), np.uint8),
    "a number": np.array(5),
    "a line": np.zeros(10, np.uint8),
    "a batch": np.zeros((2, 48, 48, 3), np.uint8),
    "channels first": np.zeros((3, 48, 48), np.uint8),
    "five channels": np.zeros((8, 8, 5), np.uint8),
    "no channel": np.zeros((8, 8, 0), np.uint8),
    "NaN": NAN,
    "one NaN in colour": np.where(np.arange(48).reshape(4, 4, 3) == 7, np.nan, 0.5),
    "infinity": np.full((4, 4), np.inf),
    "float 0 to 255": np.full((4, 4), 128.0),
    "float below 0": np.full((4, 4), -0.5),
    "integers above 255": np.full((4, 4), 256),
    "integers below 0": np.full((4, 4), -1, np.int8),
    "complex": np.zeros((4, 4), complex),
    "text": np.full((4, 4), "grey"),
    "objects": np.full((4, 4), None),
    "dates": np.zeros((4, 4), "datetime64[s]"),
    "records": np.zeros((4, 4), [("r", "u1"), ("g", "u1")]),
    "a terapixel that takes one byte": np.broadcast_to(np.uint8(0), (1_000_000, 1_000_000)),
}


class Exploding:
    """An open file that fails, or gives something else."""

    def __init__(self, answer):
        self.answer = answer

    def read(self, size=-1):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class BadArray:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("on another device")


OTHERS = {
    "None": None,
    "a number": 5,
    "a list": [[1, 2], [3, 4]],
    "an array's type": np.ndarray,
    "text for a path that does not exist": "nowhere/portrait.png",
    "an empty path": "",
    "a path that is not Unicode": os.fsdecode(b"nowhere/\xff\xfe.png"),
    "a path with a NUL": "a\0b.png",
    "a path that is far too long": "a" * 10_000,
    "a file opened as text": io.StringIO("text"),
    "an open file that fails": Exploding(OSError("cable pulled")),
    "an open file that gives nothing": Exploding(None),
    "an array on another device": BadArray(),
    "too many bytes": bytes(images.MAX_BYTES + 1),
    "an open file without end": Exploding(bytes(images.MAX_BYTES + 1)),
    "a closed file": None,  # made in the test
    "a Pillow picture that is too large": Image.new("1", (8001, 5000)),
    "a Pillow picture without pixels": Image.new("L", (0, 5)),
    "a Pillow picture of floats beyond 1": Image.new("F", (4, 4), 2),
    "a Pillow picture that was closed": None,
}


def one_sentence(source) -> str:
    with pytest.raises(CourseError) as caught:
        images.read(source)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and len(text) > 20
    with pytest.raises(CourseError) as again:
        images.read_colour(source)
    assert type(again.value) is CourseError
    return text


@pytest.mark.parametrize("name", FILES)
def test_files(name, tmp_path, capfd):
    path = tmp_path / "portrait.png"
    path.write_bytes(FILES[name])
    assert "portrait.png" in one_sentence(path)
    one_sentence(FILES[name])
    # Not a word from the decoders' own C code either.
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name):
    assert "The array" in one_sentence(ARRAYS[name])


@pytest.mark.parametrize("name", OTHERS)
def test_other_things(name):
    source = OTHERS[name]
    if name == "a closed file":
        source = io.BytesIO(PNG)
        source.close()
    if name == "a Pillow picture that was closed":
        source = Image.open(io.BytesIO(PNG))
        source.close()
    one_sentence(source)


def test_a_folder(tmp_path):
    assert "folder" in one_sentence(tmp_path)


def test_a_file_that_is_too_large(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as stream:
        stream.truncate(images.MAX_BYTES + 1)  # a hole: no disk is filled
    assert "64 MiB" in one_sentence(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_that_nobody_writes_to(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert "pipe" in one_sentence(tmp_path / "pipe.png")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no such sockets")
def test_a_socket(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's name must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.png")
        assert "device" in one_sentence(tmp_path / "s.png")


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="this system has no /dev/zero")
def test_a_device_without_end():
    assert "device" in one_sentence("/dev/zero")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root and Windows may read every file")
def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "secret.png"
    path.write_bytes(PNG)
    path.chmod(0)
    assert "permission" in one_sentence(path).lower()


def test_a_link_to_itself(tmp_path):
    link = tmp_path / "loop.png"
    try:
        link.symlink_to(link)
    except OSError:
        pytest.skip("links cannot be made here")
    assert "loop.png" in one_sentence(link)


MEMORY = [name for name in FILES if any(word in name for word in ("giga", "mega", "billion", "bomb", "limit", "quint"))]


# Not resource.getrusage: its peak is handed down by the process that started this one.
PEAK_KILOBYTES = "int(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="peak memory is read from /proc")
def test_bombs_stay_small_in_memory(tmp_path):
    assert len(MEMORY) >= 9
    for number, name in enumerate(MEMORY):
        (tmp_path / f"{number}.png").write_bytes(FILES[name])
    code = (
        "import pathlib, sys\n"
        "from emocourse.files import images\n"
        "from emocourse.errors import CourseError\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
        "    try: images.read(path)\n"
        "    except CourseError: continue\n"
        "    sys.exit(f'{path} was read')\n"
        f"print({PEAK_KILOBYTES})\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 300_000


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="peak memory is read from /proc")
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_twenty_megapixels_are_read_in_little_memory(mode, tmp_path):
    path = tmp_path / "large.tiff"
    Image.new(mode, (5472, 3648), "grey").save(path, compression="tiff_adobe_deflate")
    code = (
        "from emocourse.files import images\n"
        f"assert images.read({str(path)!r}).shape == (3648, 5472)\n"
        f"print({PEAK_KILOBYTES})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 500_000


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="peak memory is read from /proc")
@pytest.mark.parametrize(("form", "size"), [("PNG", (8064, 6048)), ("JPEG", (12000, 9000))])
def test_large_photos_are_reduced_in_little_memory(form, size, tmp_path):
    path = tmp_path / "large"
    Image.new("RGB" if form == "JPEG" else "1", size).save(path, form)
    code = (
        "from emocourse.files import images\n"
        f"shape = images.read({str(path)!r}).shape\n"
        f"assert shape == ({size[1]} // 2, {size[0]} // 2), shape\n"
        f"print({PEAK_KILOBYTES})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 400_000


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif"])
def test_photos_of_phones_are_named_as_what_they_are(brand, monkeypatch):
    monkeypatch.setattr(images, "_formats", lambda: images.FORMATS)
    assert ("AVIF" if brand == b"avif" else "HEIC") in one_sentence(b"\0\0\0\x18ftyp" + brand + bytes(100))


def test_metadata_bombs_do_not_stop_a_sound_picture_or_end_in_one_sentence():
    """A colour profile that unpacks to 300 MB: whether it is skipped or refused, it must not be unpacked."""
    bomb = png(1, 1, zlib.compress(b"\0\x50"), extra=chunk(b"iCCP", b"p\0\0" + BOMB))
    try:
        assert images.read(bomb).tolist() == [[0x50]]
    except CourseError as error:
        assert str(error).endswith(".")


def test_a_picture_with_broken_exif_is_still_read():
    sound = encoded("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xff" * 40)
    assert images.read(sound).shape == (30, 40)
