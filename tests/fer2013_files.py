"""Small FER2013 files for the tests: random noise in the real layouts, no images of anybody."""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np

USAGES = ("Training", "PublicTest", "PrivateTest")
HEADER = "emotion,pixels,Usage"


def random_images(n: int, seed: int = 0) -> np.ndarray:
    """(n, 48, 48) uint8 noise; the first image also holds 0 and 255."""
    noise = np.random.default_rng(seed).integers(0, 256, (n, 48, 48), dtype=np.uint8)
    noise[0, 0, :2] = 0, 255
    return noise


def numbers(image: np.ndarray) -> str:
    return " ".join(map(str, image.ravel()))


def row(label: object = 3, pixels: str | None = None, usage: str = "Training", seed: int = 0) -> str:
    return f"{label},{numbers(random_images(1, seed)[0]) if pixels is None else pixels},{usage}"


def csv_text(images: np.ndarray, labels: list[int], usages: list[str], layout: str = "fer2013") -> str:
    if layout == "icml":
        lines = [f"{k},{usage},{numbers(image)}" for image, k, usage in zip(images, labels, usages, strict=True)]
        return "\n".join(["emotion, Usage, pixels", *lines]) + "\n"
    lines = [f"{k},{numbers(image)},{usage}" for image, k, usage in zip(images, labels, usages, strict=True)]
    return "\n".join([HEADER, *lines]) + "\n"


def good_text(n: int = 9) -> str:
    return csv_text(random_images(n), [i % 7 for i in range(n)], [USAGES[i * 3 // n] for i in range(n)])


def png(image: np.ndarray) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return out.getvalue()


def zip_bytes(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tar_bytes(members: dict[str, bytes | str], mode: str = "w:gz", extra: tuple[tarfile.TarInfo, ...] = ()) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for info in extra:
            archive.addfile(info)
        for name, data in members.items():
            data = data.encode() if isinstance(data, str) else data
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def image_names(split_names: tuple[str, ...] = ("train", "test"), per_class: int = 2) -> list[str]:
    classes = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
    return [f"{split}/{name}/im{i}.png" for split in split_names for name in classes for i in range(per_class)]


def write_folder(root: Path, names: list[str] | None = None) -> dict[str, np.ndarray]:
    """Write an image folder, and give every name's image."""
    names = image_names() if names is None else names
    made = dict(zip(names, random_images(len(names)), strict=True))
    for name, image in made.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(image))
    return made
