"""Why do the slides' 75 and 55 % not come out? Their network on FER2013, with one thing at a time done otherwise.

The slides leave open how landmarks were drawn and found, which faces were counted, how the data was split, and how the
network was trained. ``python -m course_tools.reference.reproduction`` gives each reading its run that the course's
record does not hold, and adds it there, for :func:`emocourse.results.read_reproduction`. It takes hours on two cores,
and goes on where it was stopped.
"""

import argparse
import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import binary_dilation, generate_binary_structure

from emocourse import dataset
from emocourse.dataset.splits import Dataset, Split
from emocourse.faces import detection, landmarks, preprocessing
from emocourse.files.store import write_json
from emocourse.results import records, reproduction
from emocourse.training import loop
from emocourse.training.recipes import RECIPES, Recipe

COMMAND = "python -m course_tools.reference.reproduction"

EPOCHS = 25
"""Of each run: in the base, the training accuracy passes the slides' 75 % just before the last."""

_LINES = (
    range(17, 22), range(22, 27), range(27, 31), range(31, 36), (*range(36, 42), 36), (*range(42, 48), 42),
    (*range(48, 60), 48), (*range(60, 68), 60),
)  # fmt: skip


class Thick(Split):
    """Images of landmarks whose dots have radius 1: each with its four neighbours."""

    def binary_images(self) -> np.ndarray:
        cross = generate_binary_structure(2, 1)[None, :, :, None]
        return binary_dilation(super().binary_images(), cross).astype(np.float32)


class Joined(Split):
    """Images of landmarks that lines of one pixel join to brows, nose, eyes and lips."""

    def binary_images(self) -> np.ndarray:
        import cv2

        images = np.zeros((len(self), 48, 48, 1), np.float32)
        for image, points in zip(images, np.rint(self.landmarks.clip(-48, 96)).astype(np.int32), strict=True):
            cv2.polylines(image, [points[list(line)] for line in _LINES], False, 1.0)
        return images


def drawn_as(kind: type[Split]) -> Callable[[Dataset], Dataset]:
    """The data, with its landmarks drawn in another way."""
    return lambda data: _each(data, lambda split: kind(**vars(split)))


def detected_only(data: Dataset) -> Dataset:
    """The data without faces that the detector did not find, in training and in validation."""
    return _each(data, lambda split: split.take(split.detected))


def enlarged(times: int) -> Callable[[Dataset], Dataset]:
    """The data with landmarks found on images so many times as large; the course enlarges them to twice their size."""
    return lambda data: _each(data, lambda split: dataclasses.replace(split, landmarks=_found(split.images, times)))


def _found(images: np.ndarray, times: int) -> np.ndarray:
    border = detection.border_of(images.shape[1:])
    points = np.empty((len(images), 68, 2), np.float32)
    for i, box in enumerate(preprocessing.preprocess(images).boxes):
        large, *_ = detection.prepare(images[i], times, border)
        points[i] = landmarks.predict_prepared(large, tuple(map(float, box)), times, -border, -border)
    return points


def random_split(data: Dataset) -> Dataset:
    """Training and validation images together, split again at random, as large as before: duplicates fall apart."""
    both = [np.concatenate(pair) for pair in zip(_columns(data.train), _columns(data.validation), strict=True)]
    order = np.random.default_rng(0).permutation(len(both[0]))
    parts = np.split(order, [len(data.train)])
    train, validation = (Split(*(column[part] for column in both), data.train.emotions) for part in parts)
    return dataclasses.replace(data, train=train, validation=validation)


def _columns(split: Split) -> list[np.ndarray]:
    return [getattr(split, field.name) for field in dataclasses.fields(Split) if field.name != "emotions"]


def _each(data: Dataset, change: Callable[[Split], Split]) -> Dataset:
    return dataclasses.replace(data, train=change(data.train), validation=change(data.validation))


def _same(data: Dataset) -> Dataset:
    return data


VARIANTS: dict[str, tuple[Callable[[Dataset], Dataset], dict[str, Any]]] = {
    reproduction.BASE: (_same, {}),
    "detected faces only": (detected_only, {}),
    "a random split": (random_split, {}),
    "dots of radius 1": (drawn_as(Thick), {}),
    "dots joined by lines": (drawn_as(Joined), {}),
    "landmarks found at 48×48": (enlarged(1), {}),
    "landmarks found at 192×192": (enlarged(4), {}),
    "batches of 100": (_same, {"batch": 100}),
    "a tenth of the learning rate": (_same, {"learning_rate": 1e-4}),
    "lines, detected, random split": (lambda data: drawn_as(Joined)(detected_only(random_split(data))), {}),
}
"""What is done otherwise: to the data, and to the recipe of ``slides``. The last one changes three things at once."""


def measure(
    data: Dataset, folder: Path, names: Sequence[str], seeds: Sequence[int], epochs: int = EPOCHS,
    before: Sequence[Mapping[str, Any]] = (), keep: Callable[[dict[str, Any]], None] = lambda made: None,
) -> dict[str, Any]:  # fmt: skip
    """Train every reading, or go on where it stopped; returns the record that ``reproduction.check`` accepts.

    Args:
        data: the dataset.
        folder: where the runs are kept, a folder each.
        names, seeds, epochs: which rows of ``VARIANTS``, and how often and how long each is trained.
        before: the runs of an earlier record, which stay; what is trained now takes the place of the same row.
        keep: is given the record after each run.
    """
    data = data.without_disgust()
    runs = {(run["name"], run["seed"]): dict(run) for run in before if run["name"] in VARIANTS}
    made = {"format": 1, "data": data.name, "command": COMMAND, "epochs": epochs, "runs": list(runs.values())}
    for seed in seeds:
        for name, (change, options) in VARIANTS.items():
            if name not in names:
                continue
            changed = change(data)
            recipe = RECIPES["slides"].but(epochs=epochs, **options)
            done = leaderboards_own(recipe, changed, seed) if name == reproduction.BASE else None
            if done is None:
                place = folder / re.sub(r"\W+", "-", f"{name} {seed}")
                trained = loop.train(recipe, changed, place, seed=seed, precision="float32")
                done = {"history": trained.history, **records.stamp()}
            run = {"name": name, "seed": seed, "n": len(changed.validation), "n_train": len(changed.train)}
            run |= {key: done[key] for key in ("date", "versions", "machine")}
            curves = {key: [round(value, 4) for value in done["history"][key][:epochs]] for key in reproduction.CURVES}
            runs[name, seed] = run | {"history": curves}
            made["runs"] = sorted(runs.values(), key=lambda run: (run["seed"], list(VARIANTS).index(run["name"])))
            reproduction.check(made, "The new record")
            keep(made)
    return made


def leaderboards_own(recipe: Recipe, data: Dataset, seed: int) -> dict[str, Any] | None:
    """The shipped record whose run is this one, with as many epochs or more; None without such a record.

    The learning rate of ``slides`` is constant, so the first epochs of a longer run are the shorter run.
    """
    same = dataclasses.asdict(recipe) | {"seed": seed, "precision": "float32", "dataset": data.name}
    del same["epochs"]
    for record in records.read_all():
        settings = dataclasses.asdict(RECIPES["slides"]) | record["settings"]  # an old record lacks newer options
        if not same.items() <= settings.items() or record["reports"]["validation"]["n"] != len(data.validation):
            continue
        if len(record["history"]["loss"]) >= recipe.epochs:
            return record
    return None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", help="a row to train (default: all that the record lacks)")
    parser.add_argument("--seeds", type=int, default=1, help="how many of them (default: %(default)s)")
    asked = parser.parse_args()
    target = reproduction.path_of(records.folder(), "fer2013")
    target.parent.mkdir(exist_ok=True)
    held = reproduction.read_reproduction()["runs"] if target.exists() else []
    for seed in range(asked.seeds):
        missing = [name for name in VARIANTS if (name, seed) not in {(run["name"], run["seed"]) for run in held}]
        held = measure(
            dataset.load("fer2013"), Path("runs") / "reproduction", asked.only or missing, [seed], before=held,
            keep=lambda made: write_json(target, made),
        )["runs"]  # fmt: skip
