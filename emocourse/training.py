"""Training runs: recipes, progress, history, a checkpoint after every epoch, and going on where a run stopped.

A run lives in a folder: ``checkpoint.npz`` after the first epoch, ``weights.npz`` when it is done.
"""

import dataclasses
import hashlib
import json
import math
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from . import files, models
from .backend import keras
from .dataset import Dataset, Split
from .errors import CourseError
from .patches import PatchTable, SharedPatches

PRECISIONS = ("float32", "bfloat16")


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


RECIPES = {
    # Epochs and batch size are the slides'. They do not name the optimiser: Adam with Keras' own rate is our choice.
    "slides": Recipe("slides", epochs=50, batch=500),
}


class Batches(keras.utils.PyDataset):
    """Batches of one epoch, in the order of ``order``: the inputs of ``SharedPatches`` and the labels."""

    def __init__(self, table: PatchTable, labels: np.ndarray, order: np.ndarray, batch: int):
        super().__init__()
        self._table, self._labels, self._order, self._batch = table, labels.astype(np.int32), order, batch

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._batch)

    def __getitem__(self, index: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        pictures = self._order[index * self._batch : (index + 1) * self._batch]
        return self._table.batch(pictures), self._labels[pictures]


@dataclasses.dataclass
class Run:
    """A finished run.

    Attributes:
        classifier: the trained model, as it is read back from the half-precision ``weights`` file.
        history: per epoch: "accuracy", "loss" (training, with dropout on), "val_accuracy", "val_loss", "seconds".
        settings: the recipe, the seed, the precision, the number of parameters and what identifies the data.
        weights: path of the weights file.
    """

    classifier: models.Classifier
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
    if models.ARCHITECTURES[recipe.model].classes == 6:
        data = data.without_disgust()
    train_split, validation = data.split("train"), data.split("validation")
    settings = dataclasses.asdict(recipe) | {"seed": seed, "data": _fingerprint(train_split)}
    state = _read_checkpoint(folder / "checkpoint.npz", settings)
    if state is not None:
        precision = state["precision"]
    elif precision == "auto":
        precision = fastest_precision()
    network, learner = _build(recipe, train_split, seed, precision)
    history: dict[str, list[float]] = {key: [] for key in ("accuracy", "loss", "val_accuracy", "val_loss", "seconds")}
    if state is not None:
        history = state["history"]
        _restore(learner, state["arrays"], folder)

    table, check = PatchTable.of(train_split.binary_images()), PatchTable.of(validation.binary_images())
    check_batches = Batches(check, validation.labels, np.arange(len(validation)), recipe.batch)
    steps = math.ceil(len(train_split) / recipe.batch)
    with _Bar(recipe.epochs, steps, len(history["loss"]), history, progress) as bar:
        for epoch in range(len(history["loss"]), recipe.epochs):
            started = time.perf_counter()
            order = np.random.default_rng((seed, epoch)).permutation(len(train_split))
            batches = Batches(table, train_split.labels, order, recipe.batch)
            seen = learner.fit(
                batches, epochs=epoch + 1, initial_epoch=epoch, shuffle=False, verbose=0, callbacks=[bar]
            )
            held = learner.evaluate(check_batches, verbose=0, return_dict=True)
            for key in ("accuracy", "loss"):
                history[key].append(float(seen.history[key][0]))
                history[f"val_{key}"].append(float(held[key]))
            history["seconds"].append(time.perf_counter() - started)
            _write_checkpoint(folder / "checkpoint.npz", learner, settings, precision, history)
    weights = folder / "weights.npz"
    models.save(network, weights, recipe.model)
    settings |= {"precision": precision, "parameters": network.count_params(), "dataset": data.name}
    return Run(models.load(weights), history, settings, weights)


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
    if not path.exists():
        return None
    damaged = f"{path} is damaged: delete it and start the run again."
    try:
        with np.load(path, allow_pickle=False) as archive:
            meta = json.loads(archive["meta"].tobytes())
            arrays = [archive[f"v{i}"] for i in range(len(archive.files) - 1)]
        stored, precision, history = meta["settings"], meta["precision"], meta["history"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zipfile.zlib.error) as error:
        raise CourseError(damaged) from error
    # More epochs of the same run is the same run going on.
    if {**stored, "epochs": 0} != {**settings, "epochs": 0}:
        differing = ", ".join(key for key in settings if key != "epochs" and stored.get(key) != settings[key])
        raise CourseError(f"{path.parent} holds a run with another {differing}: choose another folder for this one.")
    return {"arrays": arrays, "precision": precision, "history": history}


def _restore(learner: keras.Model, arrays: list[np.ndarray], folder: Path) -> None:
    variables = _state_variables(learner)
    if [tuple(v.shape) for v in variables] != [a.shape for a in arrays]:
        raise CourseError(f"{folder} holds a checkpoint of another model: choose another folder.")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _fingerprint(split: Split) -> str:
    """16 hex digits that change when what is trained on changes."""
    return hashlib.sha256(split.landmarks.tobytes() + split.labels.tobytes()).hexdigest()[:16]


class _Bar(keras.callbacks.Callback):
    """One bar over all epochs; beside it the last finished epoch's accuracies."""

    def __init__(self, epochs: int, steps: int, done: int, history: dict[str, list[float]], progress: bool):
        super().__init__()
        from tqdm.auto import tqdm

        self._history = history
        self._bar = tqdm(
            total=epochs * steps, initial=done * steps, unit=" steps", desc="Training", disable=not progress
        )

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._bar.update()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if self._history["loss"]:
            shown = f"{self._history['accuracy'][-1]:.1%} train, {self._history['val_accuracy'][-1]:.1%} validation"
            self._bar.set_postfix_str(f"epoch {epoch}: {shown}", refresh=False)
