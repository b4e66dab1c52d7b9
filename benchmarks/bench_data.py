"""Making and reading images: drawing the twin; reading FER2013 fresh, from the cache, and as one might at first."""

import csv
import os
import tempfile
from pathlib import Path

import numpy as np
from measure import Row, against, alternate, duration, rate
from sources import is_real, random_images

from emocourse import twin
from emocourse.dataset import fer2013

NAME = "data"


def run(tiny: bool) -> list[Row]:
    """Seconds for 2,000 drawn faces, rows a second for a FER2013 file, seconds for the whole real one."""
    n, rounds = (20, 1) if tiny else (2000, 5)
    points, _ = twin.load().sample(n, seed=0)
    drawing = alternate({"draw": lambda: twin.draw_many(points, side=48)}, rounds)["draw"]
    rows = [duration(NAME, f"{n:,} twin faces drawn at 48×48", drawing, note="one core")]
    return rows + _reading(n, rounds) + (_whole(rounds) if is_real() and not tiny else [])


def write(images: np.ndarray, path: Path) -> Path:
    """A FER2013 file of these images, all of the training split."""
    lines = [f"{i % 7},{' '.join(map(str, image.ravel()))},Training" for i, image in enumerate(images)]
    path.write_text("\n".join(["emotion,pixels,Usage", *lines]) + "\n")
    return path


def naive_split(path: Path) -> np.ndarray:
    """A row at a time through Python's own numbers; checks nothing."""
    with path.open() as stream:
        rows = [[int(value) for value in row["pixels"].split()] for row in csv.DictReader(stream)]
    return np.array(rows, np.uint8).reshape(-1, 48, 48)


def naive_loadtxt(path: Path) -> np.ndarray:
    """All rows through numpy.loadtxt; checks nothing."""
    with path.open() as stream:
        next(stream)
        lines = [line.split(",")[1] for line in stream]
    return np.loadtxt(lines, dtype=np.uint8).reshape(-1, 48, 48)


def _reading(n: int, rounds: int) -> list[Row]:
    images, source = random_images(n)
    n, before = len(images), os.environ.get("EMOCOURSE_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        path = write(images, Path(folder) / "fer2013.csv")
        os.environ["EMOCOURSE_CACHE"] = folder
        try:
            works = {
                "csv.DictReader and int()": lambda: naive_split(path),
                "numpy.loadtxt": lambda: naive_loadtxt(path),
                "fer2013.read, fresh": lambda: fer2013.read(path, progress=False, cache=False),
                "fer2013.read, from the cache": lambda: fer2013.read(path, progress=False),
            }
            taken = alternate(works, rounds)
        finally:
            os.environ.pop("EMOCOURSE_CACHE")
            if before is not None:
                os.environ["EMOCOURSE_CACHE"] = before
    rows = [rate(NAME, what, "rows/s", n, seconds) for what, seconds in taken.items()]
    return [rate(NAME, rows[0].what, "rows/s", n, taken[rows[0].what], note=f"{n:,} rows of {source}")] + [
        against(row, rows[0]) for row in rows[1:]
    ]


def _whole(rounds: int) -> list[Row]:
    works = {
        "the whole FER2013, fresh": lambda: fer2013.read(progress=False, cache=False),
        "the whole FER2013, from the cache": lambda: fer2013.read(progress=False),
    }
    taken = alternate(works, min(rounds, 3))
    n = len(fer2013.read(progress=False))
    return [duration(NAME, what, seconds, note=f"{n:,} rows") for what, seconds in taken.items()]
