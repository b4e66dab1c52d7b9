"""Looking for what a camera's image may leave behind: in files, in whatever form, and on the network."""

import base64
import binascii
import io
import ipaddress
import os
import re
import threading
from pathlib import Path

import numpy as np
import psutil
from PIL import Image, ImageFile

SIZE = (640, 480)
_BLOCK = 8  # px: JPEG's own blocks, so that the pattern survives encoding
_ROWS = (8, 472)  # rows of the pattern: the first and the last blocks but one
_MAGIC = re.compile(rb"\xff\xd8\xff[\xdb\xe0-\xef]|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)
_BASE64 = re.compile(rb"(?:/9j/|iVBORw0KGgo|UklGR)[A-Za-z0-9+/\\n=]{60,}")
_LARGEST = 16 << 20


def pattern() -> np.ndarray:
    """The distinctive pattern: black and white blocks by chance, (640,) uint8, to be laid over rows of an image."""
    bits = np.random.default_rng(20240613).integers(0, 2, SIZE[0] // _BLOCK)
    return np.repeat(bits * 255, _BLOCK).astype(np.uint8)


def lay_over(image: np.ndarray) -> np.ndarray:
    """The image (480, 640) with the pattern as a bar at its top and at its foot."""
    marked = image.copy()
    for row in _ROWS:
        marked[row - _BLOCK : row + _BLOCK] = pattern()
    return marked


_WANTED = (pattern()[160:480] > 127).astype(np.uint8).tobytes()


def has_pixels(data: bytes) -> bool:
    """Whether a row of the pattern stands in the data as bytes, floats aside: grey, RGB, RGBA, in any order."""
    bits = (np.frombuffer(data, np.uint8) > 127).view(np.uint8)
    return any(_WANTED in bits[start::step].tobytes() for step in (1, 3, 4) for start in range(step))


def images_in(data: bytes) -> list[Image.Image]:
    """Every JPEG, PNG and WebP file in the data, as bytes or as base64, as far as it can be decoded."""
    files = [data[match.start() :] for match in _MAGIC.finditer(data)]
    for match in _BASE64.finditer(data):
        text = match.group().replace(b"\\n", b"")
        try:
            files.append(base64.b64decode(text[: len(text) // 4 * 4]))
        except binascii.Error:
            continue
    found = []
    ImageFile.LOAD_TRUNCATED_IMAGES, before = True, ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        for file in files:
            try:
                image = Image.open(io.BytesIO(file), formats=("JPEG", "PNG", "WEBP"))
                image.load()
            except Exception:  # bytes that look like the beginning of an image, and are none
                continue
            found.append(image)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
    return found


def shows_pattern(image: Image.Image) -> bool:
    """Whether an image is one of the camera's: of any size, mirrored or not."""
    grey = np.asarray(image.convert("L").resize(SIZE))
    wanted = pattern() > 127
    for row in (*_ROWS, 0, SIZE[1] - 1):
        seen = grey[row] > 127
        if max((seen == wanted).mean(), (seen[::-1] == wanted).mean()) > 0.9:
            return True
    return False


def changed_files(folders: list[Path], since: float) -> list[Path]:
    """Files that were written after a moment (of ``time.time``), links not followed."""
    found = set()
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                path = Path(place) / name
                try:
                    status = path.lstat()
                except OSError:
                    continue
                if path.is_file() and not path.is_symlink() and max(status.st_mtime, status.st_ctime) >= since:
                    found.add(path)
    return sorted(found)


def read(path: Path) -> bytes:
    """A file's bytes, the first 16 MiB; none where it has gone or may not be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(_LARGEST)
    except OSError:
        return b""


class SocketWatch:
    """Notes where this process and all below it are connected to, some times a second, while the block runs.

    Attributes:
        inside, outside: the addresses seen: of this machine's loopback, and all others.
    """

    def __enter__(self):
        self.inside, self.outside = set(), set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.look()
            if self._over.wait(0.25):
                return

    def look(self) -> None:
        """Look once."""
        here = psutil.Process()
        for process in [here, *here.children(recursive=True)]:
            try:
                connections = process.net_connections(kind="inet")
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            for connection in connections:
                if connection.raddr:
                    place = ipaddress.ip_address(connection.raddr.ip.split("%")[0])
                    place = getattr(place, "ipv4_mapped", None) or place
                    (self.inside if place.is_loopback else self.outside).add((process.name(), str(place)))
