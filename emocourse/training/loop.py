"""Training runs: progress, history, a checkpoint after every epoch of a second and more, and going on after a stop.

A run lives in a folder: ``checkpoint.npz`` after the first epoch, ``weights.safetensors`` when it is done. This is a
loop of our own, and not Keras' ``fit``, for two things that ``fit`` does not give: a run that was killed goes on to the
same bits, and validation sees the running mean of the weights (EMA), statistics of batch normalisation included.
"""

import contextlib
import dataclasses
import hashlib
import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ..backend import accelerator, keras
from ..dataset.ferplus import Votes
from ..dataset.splits import Dataset, Split
from ..emotions import label_set
from ..errors import CourseError
from ..files import arrays as npz
from ..files import store as files
from ..models import architectures as models
from ..models import weights
from . import batches, gpu
from .batches import PRECISIONS, Batches, fastest_precision
from .recipes import RECIPES, Recipe

# --- The file that a training run goes on from ------------------------------------------------------------------------

HISTORY = ("accuracy", "loss", "val_accuracy", "val_loss", "seconds")
"""What is recorded of each epoch."""

_MAX_BYTES = 1 << 30

CHECKPOINT_SECONDS = 1.0
"""Epochs shorter than this share a checkpoint."""


@dataclasses.dataclass
class Checkpoint:
    """Everything that the rest of a run depends on.

    Attributes:
        settings: the recipe, the seed and what identifies the data.
        precision: "float32" or "bfloat16".
        history: {name: one number an epoch}.
        state: the learner's weights, random states and optimiser.
        best: the weights of the best epoch so far, where the recipe keeps them; else empty.
        average: the running mean of the weights, where the recipe keeps one; else empty.
    """

    settings: dict[str, Any]
    precision: str
    history: dict[str, list[float]]
    state: list[np.ndarray]
    best: list[np.ndarray] = dataclasses.field(default_factory=list)
    average: list[np.ndarray] = dataclasses.field(default_factory=list)


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, atomically: a kill leaves the one before."""
    arrays = {f"{key}{i}": array for key, name in _LISTS.items() for i, array in enumerate(getattr(checkpoint, name))}
    meta = {name: getattr(checkpoint, name) for name in ("settings", "precision", "history")}
    with files.atomic_write(path) as stream:
        np.savez(stream, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), **arrays)


_LISTS = {"v": "state", "b": "best", "a": "average"}


def read(path: Path, settings: dict[str, Any], defaults: dict[str, Any]) -> Checkpoint | None:
    """The checkpoint to go on from, or None when there is none.

    Args:
        path: the file.
        settings: of the run that is asked for.
        defaults: settings that a checkpoint of an earlier version may lack, with what they then were.

    Raises:
        CourseError: it is damaged, or of another run.
    """
    if not os.path.lexists(path):
        return None
    damaged = f"{path} is damaged: delete it and start the run again."
    arrays = npz.read(path, _MAX_BYTES, damaged)
    try:
        meta = json.loads(arrays.pop("meta").tobytes())
        stored, precision, history = meta["settings"], meta["precision"], meta["history"]
        lists = {key: [arrays.pop(f"{key}{i}") for i in range(sum(k[0] == key for k in arrays))] for key in _LISTS}
        epochs = {len(history[key]) for key in HISTORY}
        if not isinstance(stored, dict) or precision not in PRECISIONS or len(epochs) != 1 or arrays:
            raise ValueError("not what write() writes")
    except (ValueError, KeyError, TypeError, RecursionError, IndexError) as error:
        raise CourseError(damaged) from error
    stored = defaults | stored
    # Where nothing else depends on the number of epochs, more of them is the same run going on.
    free = {"calibrate", "start_share"} | ({"epochs"} if settings["schedule"] == "constant" else set())
    differing = ", ".join(key for key in settings if key not in free and stored.get(key) != settings[key])
    if differing or set(stored) != set(settings):
        raise CourseError(f"{path.parent} holds a run with another {differing}: choose another folder for this one.")
    return Checkpoint(stored, precision, history, *lists.values())


__all__ = ["HISTORY", "PRECISIONS", "RECIPES", "Recipe", "Run", "fastest_precision", "train"]


@dataclasses.dataclass
class Run:
    """A finished run.

    Attributes:
        classifier: the trained model, as it is read back from the half-precision ``weights`` file.
        history: per epoch: "accuracy", "loss" (training, with dropout and augmentation on), "val_accuracy", "val_loss"
            (with the averaged weights, where the recipe keeps them, and before a ``start_share``), "seconds".
        settings: the recipe, the seed, the precision, the number of parameters and what identifies the data.
        weights: path of the weights file.
    """

    classifier: weights.Classifier
    history: dict[str, list[float]]
    settings: dict[str, Any]
    weights: Path


def train(
    recipe: Recipe,
    data: Dataset,
    folder: str | os.PathLike,
    *,
    seed: int = 0,
    precision: str = "auto",
    votes: Votes | None = None,
    progress: bool = True,
) -> Run:
    """Train a model on ``data.train``, watched on ``data.validation``; go on if ``folder`` holds a part of this run.

    Args:
        recipe: what to train; see ``RECIPES``.
        data: the dataset; disgust is left out when the model has six classes.
        folder: where the run is kept.
        seed: decides the first weights, the order of the images, the augmentation and the dropout.
        precision: "float32", "bfloat16", or "auto": whichever this processor computes faster. The weights, the
            optimiser and the softmax are float32 in any case.
        votes: FER+'s on ``data.train``, for a recipe with a share for them.
        progress: show a progress bar.

    Returns:
        The run, with the weights of the last epoch, or of the best on validation where the recipe has patience; where
        it has a ``start_share``, with the mean of these and those that it began with. On one machine the same arguments
        give the same numbers, interrupted or not.

    Raises:
        CourseError: the folder holds another run, no image to train on, or none of the votes that the recipe asks for.
    """
    folder = Path(folder)
    emotions = label_set(models.ARCHITECTURES[recipe.model].classes)
    train_split, validation = (data.split(name).matching(emotions) for name in ("train", "validation"))
    teacher = batches.load_teacher(recipe, emotions)
    start = batches.load_start(recipe, emotions)
    check_votes(recipe)
    if recipe.votes and (votes is None or len(votes) != len(train_split)):
        raise CourseError("This recipe learns from FER+'s votes too: give those on the training images, or votes=0.")
    settings = dataclasses.asdict(recipe) | {"seed": seed}
    settings["data"] = _fingerprint(train_split, recipe, votes, teacher, start)
    found = read(folder / "checkpoint.npz", settings, _DEFAULTS)
    if found is not None:
        precision = found.precision
    elif precision == "auto":
        precision = fastest_precision()
    done = len(found.history["loss"]) if found else 0
    network, learner = batches.build(recipe, len(emotions), seed, precision, done, start)
    state = Checkpoint(settings, precision, {key: [] for key in HISTORY}, [])
    if found is not None:
        if done > recipe.epochs:
            raise CourseError(
                f"{folder} holds a run of {done} epochs: ask for that many or more, or choose another folder."
            )
        _restore(_state_variables(network, learner), found.state, folder)
        state = dataclasses.replace(found, settings=settings)
    average = batches.EMA(network, recipe.ema) if recipe.ema else None
    if found is not None and average:
        average.arrays = _like(average.arrays, found.average, folder)
    kept = average.swapped_in if average else contextlib.nullcontext

    device = None
    if gpu.supports(recipe, teacher):
        device = gpu.EpochRunner(recipe, network, average, train_split, validation, teacher, seed, precision)
    source, check = Batches(recipe, train_split, True, teacher, votes), Batches(recipe, validation, training=False)
    steps, written = math.ceil(len(source) / recipe.batch), 0.0
    apart = gpu.CHECKPOINT_SECONDS if device else CHECKPOINT_SECONDS
    with tqdm(
        total=recipe.epochs * steps, initial=len(state.history["loss"]) * steps,
        desc="Training", unit=" steps", disable=not progress,
    ) as bar:  # fmt: skip
        while not _done(recipe, state.history):
            epoch = len(state.history["loss"])
            if epoch and epoch == recipe.frozen_epochs:
                batches.compile_for(recipe, network, learner, epoch)
            if device:
                numbers = device.run(epoch)
                bar.update(steps)
            else:
                numbers = _epoch(recipe, learner, average, source, check, seed, epoch, bar)
            for key, value in numbers.items():
                state.history[key].append(value)
            bar.set_postfix_str(
                f"epoch {epoch + 1}: {numbers['accuracy']:.1%} train, {numbers['val_accuracy']:.1%} validation",
                refresh=False,
            )
            if recipe.patience and _best_epoch(state.history) == epoch:
                with kept():
                    state.best = batches.arrays(network.weights)
            if time.monotonic() - written < apart and not _done(recipe, state.history):
                continue
            written = time.monotonic()
            if device:
                device.copy_to_model()
            state.state = batches.arrays(_state_variables(network, learner))
            state.average = average.arrays if average else []
            write(folder / "checkpoint.npz", state)
    path = folder / weights.RUN_FILE
    with kept():
        if recipe.patience:
            batches.assign(network.weights, _like(batches.arrays(network.weights), state.best, folder))
        if start and recipe.start_share:
            batches.assign(network.weights, _between(network.weights, start.model.weights, recipe.start_share))
        weights.save(network, path, recipe.model)
    if recipe.calibrate:
        weights.calibrate(path, validation)
    settings |= {"precision": precision, "parameters": network.count_params(), "dataset": data.name}
    settings |= {"backend": keras.backend.backend(), "accelerator": accelerator()}
    return Run(weights.load(path), state.history, settings, path)


_DEFAULTS = {
    field.name: field.default for field in dataclasses.fields(Recipe) if field.default is not dataclasses.MISSING
}


def _epoch(
    recipe: Recipe,
    learner: keras.Model,
    average: batches.EMA | None,
    source: Batches,
    check: Batches,
    seed: int,
    epoch: int,
    bar: tqdm,
) -> dict[str, float]:
    """Train for one epoch, measure on validation; returns the numbers of ``HISTORY``."""
    started = time.perf_counter()
    order = np.random.default_rng((seed, epoch)).permutation(len(source))
    rng = np.random.default_rng((seed, epoch, 1))  # the augmentation's own: the order stays, whatever it draws
    steps = math.ceil(len(order) / recipe.batch)

    def before(number: int) -> None:
        if recipe.schedule != "constant" or recipe.frozen_epochs:
            learner.optimizer.learning_rate.assign(batches.learning_rate(recipe, epoch * steps + number, steps))

    def after(number: int) -> None:
        if average:
            average.update(epoch * steps + number)
        bar.update()

    seen = run_pass(learner.train_on_batch, source, order, recipe.batch, rng, before, after)
    with average.swapped_in() if average else contextlib.nullcontext():
        held = run_pass(learner.test_on_batch, check, np.arange(len(check)), max(recipe.batch, 500), rng)
    return {
        **seen,
        "val_accuracy": held["accuracy"],
        "val_loss": held["loss"],
        "seconds": time.perf_counter() - started,
    }


def run_pass(
    step: Callable[..., dict[str, float]],
    source: Batches,
    order: np.ndarray,
    batch: int,
    rng: np.random.Generator,
    before: Callable[[int], None] = lambda number: None,
    after: Callable[[int], None] = lambda number: None,
) -> dict[str, float]:
    """One pass over images in the given order; returns the mean loss and accuracy.

    A plain loop over ``train_on_batch``: with ``fit``, TensorFlow's own pipeline for batches made in Python hung now
    and then on two cores, and making a batch here takes a hundredth of the time of a step.

    Args:
        step: the learner's ``train_on_batch`` or ``test_on_batch``.
        source: where the images come from.
        order: (n,) indices into them.
        batch: images a step.
        rng: the augmentation's.
        before, after: called with the step's number before and after each step.
    """
    loss = right = 0.0
    for number, start in enumerate(range(0, len(order), batch)):
        images = order[start : start + batch]
        inputs, labels = source.batch(images, rng)
        before(number)
        step.__self__.reset_metrics()
        logs = step(inputs, labels, return_dict=True)
        loss += float(logs["loss"]) * len(images)
        right += float(logs["accuracy"]) * len(images)
        after(number)
    return {"accuracy": right / len(order), "loss": loss / len(order)}


def _best_epoch(history: dict[str, list[float]]) -> int:
    """The first of the epochs that did best on validation."""
    return int(np.argmax(history["val_accuracy"]))


def _done(recipe: Recipe, history: dict[str, list[float]]) -> bool:
    epochs = len(history["loss"])
    waited = epochs - 1 - _best_epoch(history) if epochs else 0
    return epochs >= recipe.epochs or bool(recipe.patience and waited >= recipe.patience)


def _state_variables(network: keras.Model, learner: keras.Model) -> list[Any]:
    """All that the next epoch depends on: weights, dropout's random states, the optimiser's moments and step."""
    return [*network.variables, *learner.optimizer.variables]


def _restore(variables: list[Any], arrays: list[np.ndarray], folder: Path) -> None:
    if [v.dtype for v in variables] != [a.dtype.name for a in arrays]:
        raise CourseError(f"{folder} holds a checkpoint of another model: choose another folder.")
    batches.assign(variables, _like(variables, arrays, folder))


def _like(own: list[Any], arrays: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    """Copies of a checkpoint's arrays, if they have the shapes of our own."""
    if [tuple(array.shape) for array in own] != [array.shape for array in arrays]:
        raise CourseError(f"{folder} holds a checkpoint of another model: choose another folder.")
    return [array.copy() for array in arrays]


def check_votes(recipe: Recipe) -> None:
    """Refuse a share for votes in a recipe whose model leaves out one of the emotions that they are for."""
    if recipe.votes and models.ARCHITECTURES[recipe.model].classes != 7:
        raise CourseError(f"FER+'s votes are for seven emotions, and {recipe.model} learns six: leave votes out.")


def _between(ours: list[Any], theirs: list[Any], share: float) -> list[np.ndarray]:
    """Means of two networks' weights, with this share for the second's."""
    pairs = zip(batches.arrays(ours), batches.arrays(theirs), strict=True)
    return [(1 - share) * own + share * other for own, other in pairs]


def _fingerprint(split: Split, recipe: Recipe, votes: Votes | None, *models_used: weights.Classifier | None) -> str:
    """16 hex digits that change when what is trained on changes."""
    architecture = models.ARCHITECTURES[recipe.model]
    content = hashlib.sha256()
    if architecture.landmarks:
        content.update(split.landmarks.tobytes())
    content.update(split.labels.tobytes())
    if architecture.pixels:
        content.update(split.images.tobytes())
    if recipe.votes:  # and not what is made of them, whose last digits depend on the processor
        content.update(votes.counts.tobytes())
    for model in models_used:
        batches.identify(content, model)
    return content.hexdigest()[:16]
