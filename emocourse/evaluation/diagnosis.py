"""Short trainings, measured on training and validation: what lesson 07 does its experiments with."""

import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..dataset.splits import Dataset
from ..errors import CourseError
from ..metrics import wilson_interval
from ..training.recipes import Recipe
from .reports import evaluate


@dataclasses.dataclass(frozen=True)
class Measured:
    """A run and how good it is.

    Attributes:
        history: as :class:`emocourse.training.Run` has it.
        train, validation: reports of the finished network (:func:`emocourse.evaluation.report`).
        classifier: the finished network (:class:`emocourse.models.weights.Classifier`).
    """

    history: dict[str, list[float]]
    train: dict[str, Any]
    validation: dict[str, Any]
    classifier: Any


def train_and_measure(recipe: Recipe, data: Dataset, seed: int = 0) -> Measured:
    """Train in a folder that is thrown away, then measure the finished network on training and validation.
    Lesson 07."""
    from ..training import loop as training

    with tempfile.TemporaryDirectory() as folder:
        run = training.train(recipe, data, folder, seed=seed, precision="float32", progress=False)
    reports = (evaluate(run.classifier, split).report for split in (data.train, data.validation))
    return Measured(run.history, *reports, run.classifier)


def shortened(data: Dataset, n: int | np.ndarray) -> Dataset:
    """The dataset with only some training images: the first ``n``, or those at the indices ``n``. Lesson 07."""
    chosen = np.arange(n) if np.ndim(n) == 0 else np.asarray(n)
    if not len(chosen) or chosen.max() >= len(data.train):
        raise CourseError(f"{data.name} has {len(data.train)} training images: choose from 1 to that many.")
    return dataclasses.replace(data, train=data.train.take(chosen))


def interval_of_mean(reports: Sequence[Mapping[str, Any]]) -> tuple[float, float, float]:
    """Mean accuracy of several runs on the same images, and its 95 % interval as measured on so many images. Lesson 07.

    The images are the same for each run, so runs do not add images: n stays what it is.
    """
    mean = float(np.mean([one["accuracy"] for one in reports]))
    n = reports[0]["n"]
    return mean, *wilson_interval(round(mean * n), n)
