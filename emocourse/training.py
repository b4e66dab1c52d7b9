"""Training runs: recipes, progress, history, a checkpoint after every epoch, and going on where a run stopped.

A run lives in a folder: ``checkpoint.npz`` after the first epoch, ``weights.npz`` when it is done.
"""

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

from . import files, models, npz, weights
from .backend import keras
from .dataset import Dataset, Split
from .emotions import label_set
from .errors import CourseError
from .patches import PatchTable, SharedPatches

PRECISIONS = ("float32", "bfloat16")
HISTORY = ("accuracy", "loss", "val_accuracy", "val_loss", "seconds")
"""What is recorded of each epoch."""

_MAX_CHECKPOINT_BYTES = 1 << 30


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a reference run is made of.

    Attributes:
        model: name in ``models.ARCHITECTURES``.
        epochs: passes over the training pictures.
        batch: pictures a step.
        learning_rate: of the Adam optimiser (Kingma and Ba 2015), constant.
    """

    model: str
    epochs: int
    batch: int
    learning_rate: float = 1e-3

    def but(self, **changes: float | None) -> "Recipe":
        """The recipe with some values changed; None leaves a value as it is."""
        return dataclasses.replace(self, **{key: value for key, value in changes.items() if value is not None})


RECIPES = {
    # Epochs and batch size are the slides'. They do not name the optimiser: Adam with Keras' own rate is our choice.
    "slides": Recipe("slides", epochs=50, batch=500),
}


@dataclasses.dataclass
class Run:
    """A finished run.

    Attributes:
        classifier: the trained model, as it is read back from the half-precision ``weights`` file.
        history: per epoch: "accuracy", "loss" (training, with dropout on), "val_accuracy", "val_loss", "seconds".
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
    progress: bool = True,
) -> Run:
    """Train a model on ``data.train``, watched on ``data.validation``; go on if ``folder`` holds a part of this run.

    Args:
        recipe: what to train; see ``RECIPES``.
        data: the dataset; disgust is left out when the model has six classes.
        folder: where the run is kept.
        seed: decides the first weights, the order of the pictures and the dropout.
        precision: "float32", "bfloat16", or "auto": whichever this processor computes faster. The weights, the
            optimiser and the softmax are float32 in any case.
        progress: show a progress bar.

    Returns:
        The run. On one machine the same arguments give the same numbers, interrupted or not.

    Raises:
        CourseError: the folder holds another run, or no picture to train on.
    """
    folder = Path(folder)
    emotions = label_set(models.ARCHITECTURES[recipe.model].classes)
    train_split, validation = (data.split(name).matching(emotions) for name in ("train", "validation"))
    settings = dataclasses.asdict(recipe) | {"seed": seed, "data": _fingerprint(train_split)}
    state = _read_checkpoint(folder / "checkpoint.npz", settings)
    if state is not None:
        precision = state["precision"]
    elif precision == "auto":
        precision = fastest_precision()
    network, learner = _build(recipe, train_split, seed, precision)
    history: dict[str, list[float]] = {key: [] for key in HISTORY}
    if state is not None:
        history = state["history"]
        if len(history["loss"]) > recipe.epochs:
            raise CourseError(
                f"{folder} holds a run of {len(history['loss'])} epochs: ask for that many or more, or choose another "
                "folder."
            )
        _restore(learner, state["arrays"], folder)

    table, check = PatchTable.of(train_split.binary_images()), PatchTable.of(validation.binary_images())
    n, n_check = len(train_split), len(validation)
    with tqdm(
        total=recipe.epochs * math.ceil(n / recipe.batch), initial=len(history["loss"]) * math.ceil(n / recipe.batch),
        desc="Training", unit=" steps", disable=not progress,
    ) as bar:  # fmt: skip
        for epoch in range(len(history["loss"]), recipe.epochs):
            started = time.perf_counter()
            order = np.random.default_rng((seed, epoch)).permutation(n)
            seen = _pass(learner.train_on_batch, table, train_split.labels, order, recipe.batch, bar)
            held = _pass(learner.test_on_batch, check, validation.labels, np.arange(n_check), recipe.batch)
            history = _longer(history, {**seen, "val_accuracy": held["accuracy"], "val_loss": held["loss"]})
            history["seconds"].append(time.perf_counter() - started)
            _write_checkpoint(folder / "checkpoint.npz", learner, settings, precision, history)
            bar.set_postfix_str(
                f"epoch {epoch + 1}: {seen['accuracy']:.1%} train, {held['accuracy']:.1%} validation", refresh=False
            )
    path = folder / "weights.npz"
    weights.save(network, path, recipe.model)
    settings |= {"precision": precision, "parameters": network.count_params(), "dataset": data.name}
    return Run(weights.load(path), history, settings, path)


def _pass(
    step: Callable[..., dict[str, float]],
    table: PatchTable,
    labels: np.ndarray,
    order: np.ndarray,
    batch: int,
    bar: tqdm | None = None,
) -> dict[str, float]:
    """One pass over pictures in the given order; returns the mean loss and accuracy.

    A plain loop over ``train_on_batch``: with ``fit``, TensorFlow's own pipeline for batches made in Python hung now
    and then on two cores, and making a batch here takes a hundredth of the time of a step.
    """
    loss = right = 0.0
    for start in range(0, len(order), batch):
        pictures = order[start : start + batch]
        step.__self__.reset_metrics()
        logs = step(table.batch(pictures), labels[pictures].astype(np.int32), return_dict=True)
        loss += float(logs["loss"]) * len(pictures)
        right += float(logs["accuracy"]) * len(pictures)
        if bar is not None:
            bar.update()
    return {"accuracy": right / len(order), "loss": loss / len(order)}


def _longer(history: dict[str, list[float]], epoch: dict[str, float]) -> dict[str, list[float]]:
    return {key: [*values, epoch[key]] if key in epoch else values for key, values in history.items()}


def _build(recipe: Recipe, split: Split, seed: int, precision: str) -> tuple[keras.Model, keras.Model]:
    """The network, and the model over shared patches that trains it, compiled."""
    if precision not in PRECISIONS:
        raise CourseError(f"There is no precision named {precision}: use auto, {' or '.join(PRECISIONS)}.")
    keras.utils.set_random_seed(seed)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32" if precision == "float32" else "mixed_bfloat16")
    try:
        network = models.ARCHITECTURES[recipe.model].build(len(split.emotions))
    finally:
        keras.config.set_dtype_policy(before)
    learner = SharedPatches(network)
    optimiser = keras.optimizers.Adam(recipe.learning_rate)
    learner.compile(optimiser, "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    optimiser.build(learner.trainable_variables)
    return network, learner


def fastest_precision(trials: int = 5) -> str:
    """ "bfloat16" where this processor convolves clearly faster in it than in float32, else "float32".

    Measured, not looked up: a processor may have bfloat16 instructions that are no faster than its float32 ones.
    """
    ops = keras.ops
    times = {}
    for precision in PRECISIONS:
        pictures, kernel = ops.ones((64, 22, 22, 64), precision), ops.ones((3, 3, 64, 64), precision)
        taken = []
        for _ in range(trials):
            started = time.perf_counter()
            np.asarray(ops.convert_to_numpy(ops.cast(ops.conv(pictures, kernel), "float32")))
            taken.append(time.perf_counter() - started)
        times[precision] = min(taken)
    return "bfloat16" if times["bfloat16"] * 1.3 < times["float32"] else "float32"


def _state_variables(learner: keras.Model) -> list[Any]:
    """All that the next epoch depends on: weights, dropout's random states, the optimiser's moments and step."""
    return [*learner.network.variables, *learner.optimizer.variables]


def _write_checkpoint(path: Path, learner: keras.Model, settings: dict, precision: str, history: dict) -> None:
    arrays = {f"v{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(_state_variables(learner))}
    meta = json.dumps({"settings": settings, "precision": precision, "history": history})
    with files.atomic_write(path) as stream:
        np.savez(stream, meta=np.frombuffer(meta.encode(), np.uint8), **arrays)


def _read_checkpoint(path: Path, settings: dict) -> dict[str, Any] | None:
    """The state to go on from, or None when there is none."""
    if not os.path.lexists(path):
        return None
    damaged = f"{path} is damaged: delete it and start the run again."
    arrays = npz.read(path, _MAX_CHECKPOINT_BYTES, damaged)
    try:
        meta = json.loads(arrays.pop("meta").tobytes())
        stored, precision, history = meta["settings"], meta["precision"], meta["history"]
        arrays = [arrays[f"v{i}"] for i in range(len(arrays))]
        epochs = {len(history[key]) for key in HISTORY}
        if not isinstance(stored, dict) or precision not in PRECISIONS or len(epochs) != 1:
            raise ValueError("not what _write_checkpoint writes")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CourseError(damaged) from error
    # More epochs of the same run is the same run going on.
    if {**stored, "epochs": 0} != {**settings, "epochs": 0}:
        differing = ", ".join(key for key in settings if key != "epochs" and stored.get(key) != settings[key])
        raise CourseError(f"{path.parent} holds a run with another {differing}: choose another folder for this one.")
    return {"arrays": arrays, "precision": precision, "history": history}


def _restore(learner: keras.Model, arrays: list[np.ndarray], folder: Path) -> None:
    variables = _state_variables(learner)
    if [(tuple(v.shape), v.dtype) for v in variables] != [(a.shape, a.dtype.name) for a in arrays]:
        raise CourseError(f"{folder} holds a checkpoint of another model: choose another folder.")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _fingerprint(split: Split) -> str:
    """16 hex digits that change when what is trained on changes."""
    return hashlib.sha256(split.landmarks.tobytes() + split.labels.tobytes()).hexdigest()[:16]
