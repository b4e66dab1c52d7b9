"""Reading the emotion of one photo: the work itself, the whole command, and what importing costs."""

import dataclasses
import tempfile
from pathlib import Path

import numpy as np
from measure import Row, alternate, duration, python
from PIL import Image

from emocourse import recognition, twin
from emocourse.errors import CourseError
from emocourse.faces import detection as faces
from emocourse.faces import landmarks
from emocourse.models import architectures as models
from emocourse.models import weights

NAME = "predict"


def photo() -> tuple[np.ndarray, str]:
    """scikit-image's public-domain portrait, 512×512, or a drawn scene where that is not installed."""
    try:
        from skimage import data
    except ImportError:
        return twin.scene(1, size=(512, 512), seed=1).image, "a drawn face, 512×512"
    return data.astronaut(), "astronaut, 512×512"


def run(tiny: bool) -> list[Row]:
    """Times of the parts after loading, then of whole processes in turns with ``import tensorflow`` alone."""
    rounds, processes = (2, 1) if tiny else (50, 7)
    image, name = photo()
    with tempfile.TemporaryDirectory() as folder:
        path, model = Path(folder) / "photo.png", "slides"
        Image.fromarray(image).save(path)
        try:
            classifier = weights.load(model)
        except CourseError:  # before weights are shipped: untrained ones take the same time
            model = str(Path(folder) / "untrained.safetensors")
            weights.save(models.slides_cnn(), model, "slides")
            classifier = weights.load(model)
        rows = _work(image, name, classifier, rounds)
        return rows + _processes(path, model, processes)


def _work(image: np.ndarray, name: str, classifier: weights.Classifier, rounds: int) -> list[Row]:
    from emocourse.files import images

    grey = images.read(image)
    found = recognition.find(grey)
    works = {
        "the work itself: detect, landmarks, classify": lambda: recognition.recognise(grey, classifier),
        "  detect": lambda: faces.detect(grey),
        "  landmarks of a face": lambda: landmarks.predict(found[0].crop, (4, 8, 38, 38)),
        "  classify": lambda: recognition.classify(found, classifier),
    }
    taken = alternate(works, rounds)
    return [duration(NAME, what, taken[what], "ms", note=name if what in list(works)[:1] else "") for what in works]


def _processes(path: Path, model: str, rounds: int) -> list[Row]:
    works = {
        "python -c 'import tensorflow'": python("-c", "import tensorflow"),
        "emocourse predict PHOTO --json": python("-m", "emocourse", "predict", str(path), "--model", model, "--json"),
        "python -c pass": python("-c", "pass"),
        "python -c 'import emocourse'": python("-c", "import emocourse"),
    }
    taken = alternate(works, rounds)
    rows = {what: duration(NAME, what, seconds) for what, seconds in taken.items()}
    names = list(works)
    for what, alone in ((names[1], names[0]), (names[3], names[2])):
        above = rows[what].median - rows[alone].median
        rows[what] = dataclasses.replace(rows[what], note=f"{above:+.3f} s on {alone}")
    return list(rows.values())
