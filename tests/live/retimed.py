"""Films whose frames stand at given times: OpenCV writes an even film, and the times in its container are changed."""

import struct
from pathlib import Path

import cv2
import numpy as np

_IN_MP4 = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def write(path: Path, images: list[np.ndarray], rate: float) -> Path:
    """An even film of (H, W, 3) uint8 images, in the container that the path's ending names."""
    height, width = images[0].shape[:2]
    codec = "MJPG" if path.suffix in (".avi", ".mkv") else "mp4v"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), rate, (width, height))
    assert writer.isOpened()
    for image in images:
        writer.write(image)
    writer.release()
    return path


def retime_mp4(path: Path, milliseconds: list[int]) -> None:
    """Let frame i last ``milliseconds[i]``, as in a phone's film."""
    path.write_bytes(_boxes(path.read_bytes(), milliseconds))


def _boxes(data: bytes, lasts: list[int]) -> bytes:
    out, at = b"", 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + size]
        if kind in _IN_MP4:
            body = _boxes(body, lasts)
        elif kind == b"stts":
            body = struct.pack(">II", 0, len(lasts)) + b"".join(struct.pack(">II", 1, value) for value in lasts)
        elif kind in (b"mvhd", b"mdhd"):
            body = body[:12] + struct.pack(">II", 1000, sum(lasts)) + body[20:]
        elif kind == b"tkhd":
            body = body[:20] + struct.pack(">I", sum(lasts)) + body[24:]
        if kind != b"edts":  # the edit list would cut the film to its old length
            out += struct.pack(">I4s", len(body) + 8, kind) + body
        at += size
    return out


def retime_mkv(path: Path, times: list[int]) -> None:
    """Let frame i stand at ``times[i]`` milliseconds, under 32 s, while the file goes on to claim its old rate."""
    data, frame = bytearray(path.read_bytes()), 0
    at = data.index(b"\x1f\x43\xb6\x75")  # the first cluster
    _, at = _size(data, at + 4)
    while frame < len(times):
        kind = data[at]
        if data[at : at + 4] == b"\x1f\x43\xb6\x75":  # a further cluster
            _, at = _size(data, at + 4)
            continue
        length, body = _size(data, at + 1)
        if kind == 0xE7:
            start = int.from_bytes(data[body : body + length], "big")
        elif kind == 0xA3:
            data[body + 1 : body + 3] = struct.pack(">h", times[frame] - start)
            frame += 1
        at = body + length
    path.write_bytes(data)


def _size(data: bytes, at: int) -> tuple[int, int]:
    """A number of EBML's variable length, and where what it counts begins."""
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], "big") & ((1 << 7 * length) - 1)
    return value, at + length
