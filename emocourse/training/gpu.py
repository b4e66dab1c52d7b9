"""Training on a GPU: whole epochs in one compiled program.

A small network's step takes a GPU about as long as Python takes to ask for it, and preparing its images on the
processor takes longer still. So where Keras runs on JAX, and a model reads images alone, everything stays on the
device: the images, what :mod:`emocourse.dataset.augmentation` does with them, the steps, the running mean of the
weights. Recipes mean the same here; which images are mirrored, cropped or mixed is drawn by another generator, so the
numbers of a run differ from those of the plain loop as those of two seeds do.
"""

import functools
import math
import time
from typing import Any

import numpy as np

from ..backend import keras
from ..dataset.augmentation import SIDE, Augmentation
from ..dataset.splits import Split
from ..models import architectures as models
from . import batches
from .recipes import Recipe

# What :mod:`emocourse.dataset.augmentation` does to images, in JAX: part of the compiled program below.


def augment(images: Any, how: Augmentation, key: Any) -> Any:
    """As :func:`emocourse.dataset.augmentation.augment`, for images alone.

    Args:
        images: (n, 48, 48) uint8.
        how: what may change.
        key: JAX's; decides what does.

    Returns:
        (n, side, side) float32, whole numbers from 0 to 255.
    """
    import jax
    from jax import numpy as jnp

    n, side = len(images), how.crop or SIDE
    keys = jax.random.split(key, 8)
    if how.moves:
        mirrored = jax.random.bernoulli(keys[0], 0.5, (n,)) & how.mirror
        moved = jax.random.bernoulli(keys[1], 0.5, (n,))
        angle = moved * jnp.radians(jax.random.uniform(keys[2], (n,), minval=-how.rotation, maxval=how.rotation))
        size = 1 + moved * jax.random.uniform(keys[3], (n,), minval=-how.zoom, maxval=how.zoom)
        shift = jax.random.randint(keys[4], (n, 2), 0, SIDE - side + 1) - (SIDE - side) / 2
        shift += moved[:, None] * jax.random.uniform(keys[5], (n, 2), minval=-how.shift, maxval=how.shift)
        images = _move(images, mirrored, angle, size, shift, side)
    images = images.astype(jnp.float32)
    return _erase(images, how.erasing, keys[6]) if how.erasing else images


def _move(images: Any, mirrored: Any, angle: Any, size: Any, shift: Any, side: int) -> Any:
    """The images under the maps of ``augmentation.affine_maps``, read backwards, with its mirrored edges."""
    from jax import numpy as jnp

    n = len(images)
    grid = jnp.arange(side) - (side - 1) / 2
    x, y = (grid[None, None, :] - shift[:, 0, None, None]), (grid[None, :, None] - shift[:, 1, None, None])
    cos, sin = (f(angle)[:, None, None] / size[:, None, None] for f in (jnp.cos, jnp.sin))
    from_x = jnp.where(mirrored, -1, 1)[:, None, None] * (cos * x + sin * y) + (SIDE - 1) / 2
    from_y = cos * y - sin * x + (SIDE - 1) / 2
    left, top = jnp.floor(from_x), jnp.floor(from_y)
    flat = images.reshape(n, -1)

    def at(row: Any, column: Any) -> Any:
        inside = [(SIDE - 1) - jnp.abs((SIDE - 1) - jnp.abs(part.astype(jnp.int32))) for part in (row, column)]
        index = jnp.clip(inside[0], 0, SIDE - 1) * SIDE + jnp.clip(inside[1], 0, SIDE - 1)
        return jnp.take_along_axis(flat, index.reshape(n, -1), axis=1).reshape(n, side, side).astype(jnp.float32)

    right, below = from_x - left, from_y - top
    upper = (1 - right) * at(top, left) + right * at(top, left + 1)
    lower = (1 - right) * at(top + 1, left) + right * at(top + 1, left + 1)
    return jnp.round((1 - below) * upper + below * lower)


def _erase(images: Any, share: float, key: Any) -> Any:
    import jax
    from jax import numpy as jnp

    n, side = images.shape[:2]
    keys = jax.random.split(key, 6)
    erased = jax.random.bernoulli(keys[0], share, (n,))
    area = jax.random.uniform(keys[1], (n,), minval=0.02, maxval=0.2) * side * side
    ratio = jnp.exp(jax.random.uniform(keys[2], (n,), minval=jnp.log(0.3), maxval=jnp.log(1 / 0.3)))
    inside = True
    for k, (part, axis) in enumerate(((ratio, 1), (1 / ratio, 2))):
        length = jnp.clip(jnp.round(jnp.sqrt(area * part)), 1, side)
        first = jnp.floor(jax.random.uniform(keys[3 + k], (n,)) * (side - length + 1))
        places = jnp.expand_dims(jnp.arange(side), (0, 3 - axis))
        first, length = (jnp.expand_dims(value, (1, 2)) for value in (first, length))
        inside &= (places >= first) & (places < first + length)
    noise = jax.random.randint(keys[5], images.shape, 0, 256).astype(images.dtype)
    return jnp.where(inside & erased[:, None, None], noise, images)


def mixup_cutmix(inputs: Any, shares: Any, mixup: float, cutmix: float, key: Any) -> tuple[Any, Any]:
    """As :func:`emocourse.dataset.augmentation.mixup_cutmix`, for one input (b, h, w, channels)."""
    import jax
    from jax import numpy as jnp

    keys = jax.random.split(key, 6)
    other = jax.random.permutation(keys[0], len(shares))
    pasted = jax.random.bernoulli(keys[1], 0.5 if mixup else 1.0) & bool(cutmix)
    blended = jax.random.beta(keys[2], mixup, mixup) if mixup else 1.0
    keep = jax.random.beta(keys[3], cutmix, cutmix) if cutmix else 1.0
    inside = True
    for k, axis in enumerate((1, 2)):
        length = inputs.shape[axis]
        half, middle = length * jnp.sqrt(1 - keep) / 2, length * jax.random.uniform(keys[4 + k])
        first, end = (jnp.round(jnp.clip(place, 0, length)) for place in (middle - half, middle + half))
        places = jnp.expand_dims(jnp.arange(length), (0, 3 - axis, 3))
        inside &= (places >= first) & (places < end)
    kept = jnp.where(pasted, 1 - jnp.mean(inside), blended)
    new = jnp.where(pasted, jnp.where(inside, inputs[other], inputs), kept * inputs + (1 - kept) * inputs[other])
    return new.astype(inputs.dtype), kept * shares + (1 - kept) * shares[other]


CHECKPOINT_SECONDS = 20
"""An epoch may take less than writing it down: epochs together shorter than this share a checkpoint."""


def supports(recipe: Recipe, teacher: Any) -> bool:
    """Whether a run can be trained here: Keras on JAX, a model of images alone, taught by such at every step, and
    neither stages, patience nor votes."""
    architecture = models.ARCHITECTURES[recipe.model]
    taught_by = (teacher.members or (teacher,)) if teacher else ()
    return (
        keras.backend.backend() == "jax"
        and architecture.pixels
        and not architecture.landmarks
        and not recipe.frozen_epochs
        and not (teacher and recipe.ask_teacher_once)
        and not recipe.patience
        and not recipe.votes
        and all(member.preprocess_input is architecture.preprocess_input for member in taught_by)
    )


class EpochRunner:
    """A network in training whose state lies on the device, from ``__init__`` to ``copy_to_model``.

    Args:
        recipe, seed: of the run.
        network: built and compiled by ``batches.build``, filled with the state to go on from.
        average: the running mean of its weights, where the recipe keeps one.
        train, validation: the images.
        teacher: what ``batches.load_teacher`` gave.
        precision: "float32" or "bfloat16"; what the teacher computes in too.
    """

    def __init__(
        self, recipe: Recipe, network: Any, average: batches.EMA | None, train: Split, validation: Split,
        teacher: Any, seed: int, precision: str,
    ) -> None:  # fmt: skip
        import jax
        from jax import numpy as jnp

        self.recipe, self.network, self.average, self.seed = recipe, network, average, seed
        self.images, self.labels = jnp.asarray(train.images), jnp.asarray(train.labels.astype(np.int32))
        self.steps = math.ceil(len(train) / recipe.batch)
        optimiser = network.optimizer
        self.rate = [variable.path for variable in optimiser.variables].index(optimiser.learning_rate.path)
        self.state = [
            [jnp.copy(variable.value) for variable in variables]  # copies: the compiled step gives its inputs away
            for variables in (network.trainable_variables, network.non_trainable_variables, optimiser.variables)
        ]
        self.mean = [[jnp.copy(value) for value in values] for values in self.state[:2]]
        if average:
            known = dict(zip(map(id, network.weights), average.arrays, strict=True))
            for place, variables in zip(self.mean, (network.trainable_variables, network.non_trainable_variables),
                                        strict=True):  # fmt: skip
                place[:] = [
                    jnp.asarray(known[id(variable)]) if id(variable) in known else value
                    for variable, value in zip(variables, place, strict=True)
                ]
        asked = _Teacher(teacher, precision) if teacher else None
        self.taught = asked.state() if asked else []
        step = functools.partial(_step, recipe, network, self.rate, asked, len(train.emotions))
        self._epoch = jax.jit(functools.partial(_scan, step), donate_argnums=(0, 1))
        self._measure = jax.jit(
            functools.partial(_measured, network, models.ARCHITECTURES[recipe.model].preprocess_input)
        )
        self._held = _padded(validation, max(recipe.batch, 500))

    def run(self, epoch: int) -> dict[str, float]:
        """Train for one epoch, measure on validation; returns the numbers of ``loop.HISTORY``."""
        import jax

        started = time.perf_counter()
        first = epoch * self.steps
        order = np.random.default_rng((self.seed, epoch)).permutation(len(self.labels))
        order = np.resize(order, (self.steps, self.recipe.batch))  # the last batch is filled from the beginning
        numbers = range(first, first + self.steps)
        rates = np.float32([batches.learning_rate(self.recipe, k, self.steps) for k in numbers])
        keeps = np.float32([batches.ema_decay(self.recipe.ema, k) for k in numbers])
        keys = jax.random.split(jax.random.fold_in(jax.random.key(self.seed), epoch), self.steps)
        self.state, self.mean, losses, right = self._epoch(
            self.state, self.mean, (order, rates, keeps, keys), self.images, self.labels, self.taught
        )
        weights = self.mean if self.average else self.state[:2]
        held = [self._measure(weights, *part) for part in self._held]
        loss, found, n = np.sum([[float(value) for value in part] for part in held], axis=0)
        return {
            "accuracy": float(np.mean(right)),
            "loss": float(np.mean(losses)),
            "val_accuracy": float(found / n),
            "val_loss": float(loss / n),
            "seconds": time.perf_counter() - started,
        }

    def copy_to_model(self) -> None:
        """Give the state to the network, its optimiser and the running mean, which then can be written down."""
        variables = (
            self.network.trainable_variables, self.network.non_trainable_variables, self.network.optimizer.variables,
        )  # fmt: skip
        for places, values in zip(variables, self.state, strict=True):
            batches.assign(places, [np.asarray(value) for value in values])
        if self.average:
            known = {
                id(variable): np.array(value)
                for places, values in zip(variables, self.mean, strict=False)
                for variable, value in zip(places, values, strict=True)
            }
            self.average.arrays = [known[id(weight)] for weight in self.network.weights]


class _Teacher:
    """A classifier to be asked within a compiled program; it must read what the student reads."""

    def __init__(self, classifier: Any, precision: str) -> None:
        self.networks, self.temperature = [], classifier.temperature
        with batches.policy(precision):
            for member in classifier.members or (classifier,):
                network = models.ARCHITECTURES[member.name].build(len(member.emotions))
                network.set_weights(member.model.get_weights())
                self.networks.append((network, member.temperature if classifier.members else 1.0))

    def state(self) -> list[Any]:
        """What the networks learnt: handed over at each call, since constants in a program slow its compiler down."""
        return [
            [[v.value for v in part] for part in (network.trainable_variables, network.non_trainable_variables)]
            for network, _ in self.networks
        ]

    def ask(self, state: list[Any], inputs: Any) -> Any:
        """(b, classes) probabilities."""
        from jax import numpy as jnp

        answers = [
            _tempered(network.stateless_call(*part, inputs, training=False)[0], temperature)
            for (network, temperature), part in zip(self.networks, state, strict=True)
        ]
        return _tempered(jnp.mean(jnp.stack(answers), axis=0), self.temperature)


def _tempered(probabilities: Any, temperature: float) -> Any:
    """As :func:`emocourse.metrics.apply_temperature`."""
    powers = probabilities.clip(1e-7, 1) ** (1 / temperature)
    return powers / powers.sum(axis=-1, keepdims=True)


def _scan(step: Any, state: Any, mean: Any, each: Any, images: Any, labels: Any, taught: Any) -> Any:
    import jax

    def one(carry: Any, now: Any) -> Any:
        return step(*carry, now, images, labels, taught)

    (state, mean), (losses, right) = jax.lax.scan(one, (state, mean), each)
    return state, mean, losses, right


def _step(
    recipe: Recipe, network: Any, rate: int, teacher: _Teacher | None, classes: int,
    state: Any, mean: Any, now: Any, images: Any, labels: Any, taught: Any,
) -> Any:  # fmt: skip
    """One step of training, to be traced: returns the new state and mean, the loss, and the share that was right."""
    import jax
    from jax import numpy as jnp

    chosen, learning_rate, keep, key = now
    moved, mixing = jax.random.split(key)
    prepare = models.ARCHITECTURES[recipe.model].preprocess_input
    inputs = prepare(augment(images[chosen], recipe.augmentation, moved), None)
    shares = jax.nn.one_hot(labels[chosen], classes)
    shares = (1 - recipe.label_smoothing) * shares + recipe.label_smoothing / classes
    if teacher:
        shares = (1 - recipe.distillation) * shares + recipe.distillation * teacher.ask(taught, inputs)
    if recipe.mixup or recipe.cutmix:
        inputs, shares = mixup_cutmix(inputs, shares, recipe.mixup, recipe.cutmix, mixing)

    def loss(trainable: Any, other: Any) -> Any:
        answer, other = network.stateless_call(trainable, other, inputs, training=True)
        return jnp.mean(keras.losses.categorical_crossentropy(shares, answer)), (answer, other)

    (value, (answer, other)), gradients = jax.value_and_grad(loss, has_aux=True)(state[0], state[1])
    optimiser = list(state[2])
    optimiser[rate] = learning_rate
    trainable, optimiser = network.optimizer.stateless_apply(optimiser, gradients, state[0])
    state = [trainable, other, optimiser]
    mean = jax.tree.map(
        lambda old, new: keep * old + (1 - keep) * new if jnp.issubdtype(old.dtype, jnp.floating) else new,
        mean, state[:2],
    )  # fmt: skip
    right = jnp.mean(answer.argmax(-1) == shares.argmax(-1))
    return (state, mean), (value, right)


def _measured(network: Any, prepare: Any, weights: Any, images: Any, labels: Any, counts: Any) -> Any:
    """Of images as they are: summed loss, how many are right, how many count."""
    import jax
    from jax import numpy as jnp

    answer, _ = network.stateless_call(*weights, prepare(images, None), training=False)
    losses = keras.losses.categorical_crossentropy(jax.nn.one_hot(labels, answer.shape[-1]), answer)
    right = answer.argmax(-1) == labels
    return jnp.sum(losses * counts), jnp.sum(right * counts), jnp.sum(counts)


def _padded(split: Split, batch: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """A split in batches of one size, so that one program serves all: images, labels, and 1 where they count."""
    parts = []
    for start in range(0, len(split), batch):
        rows = np.arange(start, start + batch)
        counts = (rows < len(split)).astype(np.float32)
        rows = np.minimum(rows, len(split) - 1)
        parts.append((split.images[rows], split.labels[rows].astype(np.int32), counts))
    return parts
