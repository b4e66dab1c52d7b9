"""Why is a model no better? Curves, confusion, remedies one at a time, and learning curves: the tools of lesson 07."""

import dataclasses
import itertools
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..dataset.splits import Dataset
from ..errors import CourseError
from ..metrics import wilson, wilson_interval
from ..training.recipes import Recipe
from .reports import evaluate

REMEDIES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "dropout": {"dropout": 0.5},
    "weight decay": {"weight_decay": 1.0},
    "augmentation": {"mirror": True, "rotation": 10.0, "shift": 2.0, "zoom": 0.08},
    "early stopping": {"patience": 8},
}
"""What each remedy against overfitting changes in a recipe that has none."""


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


def one_at_a_time(train: Callable[[Recipe, int], Any], base: Recipe, seeds: Sequence[int]) -> dict[str, list[Any]]:
    """Train the base recipe, and the same with one remedy switched on, each with the same seeds.

    Args:
        train: called with a recipe and a seed; what it gives back is collected.
        base: the recipe without remedies.
        seeds: of every recipe's runs.

    Returns:
        {remedy: [result of each seed]}, "nothing" first.
    """
    recipes = {name: base.but(**changes) for name, changes in REMEDIES.items()}
    return {name: [train(recipe, seed) for seed in seeds] for name, recipe in recipes.items()}


def learning_curve(
    train: Callable[[np.ndarray, int], Any], n: int, sizes: Sequence[int], seeds: Sequence[int]
) -> dict[int, list[Any]]:
    """Train on more and more images, drawn by lot; with one seed, the smaller sets lie inside the larger ones.

    Args:
        train: called with the indices of the training images to use, and a seed; its results are collected.
        n: number of training images there are.
        sizes: numbers of images to train on, each at most ``n``.
        seeds: each draws other images.

    Returns:
        {size: [result of each seed]}.
    """
    if not sizes or min(sizes) < 1 or max(sizes) > n:
        raise CourseError(f"Of {n} images one can train on 1 to {n}: choose such sizes.")
    curve: dict[int, list[Any]] = {size: [] for size in sizes}
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(n)
        for size in sizes:
            curve[size].append(train(order[:size], seed))
    return curve


def turning_point(history: Mapping[str, Sequence[float]]) -> int:
    """The epoch, counted from 1, whose validation loss is the lowest; of equal ones the first."""
    return int(np.argmin(history["val_loss"])) + 1


def early_stop(losses: Sequence[float], patience: int) -> tuple[int, int]:
    """When early stopping would have ended a run.

    Args:
        losses: validation loss of each epoch.
        patience: epochs in a row, at least 1, that may pass without a loss below the lowest so far.

    Returns:
        The last epoch trained, and the epoch whose weights are kept, both counted from 1.
    """
    if not len(losses) or patience < 1:
        raise CourseError("Early stopping needs at least one epoch, and a patience of 1 or more: correct them.")
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best == patience:
            break
    return epoch + 1, best + 1


def half_width(share: float, n: int) -> float:
    """Half the width of Wilson's 95 % interval of a share measured on ``n`` images, 0 to 0.5."""
    return float(wilson(share, n, 1.96)[1])


def images_needed(share: float, half: float) -> int:
    """The fewest images on which a share has a 95 % interval (Wilson) of at most ± ``half``; both 0 to 1."""
    if not 0 <= share <= 1 or not 1e-4 <= half < 1:
        raise CourseError("A share lies between 0 and 1, and half an interval between 0.0001 and 1: correct them.")
    low, high = 0, 1  # the width falls with n
    while half_width(share, high) > half:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if half_width(share, middle) > half else (low, middle)
    return high


def most_confused(matrix: Any) -> tuple[int, int]:
    """The two classes that are taken for each other most: largest sum of both shares; the smaller number first.

    Args:
        matrix: (k, k) counts, rows labels, columns predictions; no row is empty.
    """
    matrix = np.asarray(matrix)
    shares = matrix / matrix.sum(axis=1, keepdims=True)
    pairs = list(itertools.combinations(range(len(matrix)), 2))
    return max(pairs, key=lambda pair: shares[pair] + shares[pair[::-1]])


def interval_of_mean(reports: Sequence[Mapping[str, Any]]) -> tuple[float, float, float]:
    """Mean accuracy of several runs on the same images, and its 95 % interval as measured on so many images. Lesson 07.

    The images are the same for each run, so runs do not add images: n stays what it is.
    """
    mean = float(np.mean([one["accuracy"] for one in reports]))
    n = reports[0]["n"]
    return mean, *wilson_interval(round(mean * n), n)
